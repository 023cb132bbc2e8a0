//! Who is there, and with what. (Section 8.)

use serde::{Deserialize, Serialize};

use super::id::{EndpointId, Mri};
use super::link::Links;
use super::{ask, loose, wire};

/// Whether somebody is there. SkPy knows these and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Status {
    /// There.
    Online,
    /// Away, back soon, out.
    Away,
    /// There, but not used.
    Idle,
    /// Not to be disturbed.
    Busy,
    /// There, and shown to others as offline.
    Hidden,
    /// Not there.
    Offline,
}

impl Status {
    /// By its name, in any case; richer states of other programs become the nearest.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "online" => Self::Online,
            "away" | "berightback" | "outtolunch" => Self::Away,
            "idle" => Self::Idle,
            "busy" | "donotdisturb" | "onthephone" => Self::Busy,
            "hidden" | "invisible" => Self::Hidden,
            "offline" => Self::Offline,
            _ => return None,
        })
    }

    /// `Online`, unless it is offline or hidden.
    #[must_use]
    pub fn availability(self) -> &'static str {
        match self {
            Self::Offline | Self::Hidden => "Offline",
            Self::Online | Self::Away | Self::Idle | Self::Busy => "Online",
        }
    }

    /// As others see it.
    #[must_use]
    pub fn to_others(self) -> Self {
        match self {
            Self::Hidden => Self::Offline,
            other => other,
        }
    }
}

ask! {
    /// `PUT /v1/users/ME/presenceDocs/messagingService`.
    pub struct SetPresence {
        /// See [`Status::parse`].
        #[serde(deserialize_with = "loose::text")]
        pub status: Option<String>,
    }

    /// `PUT …/endpoints/{id}/presenceDocs/messagingService`.
    pub struct SetEndpoint {
        /// What only oneself sees.
        #[schema(default = json!(null))]
        #[serde(rename = "privateInfo")]
        pub private_info: Option<PrivateAsked>,
        /// What contacts see.
        #[schema(default = json!(null))]
        #[serde(rename = "publicInfo")]
        pub public_info: Option<PublicAsked>,
    }

    /// What only oneself sees.
    pub struct PrivateAsked {
        /// What the machine is called.
        #[serde(deserialize_with = "loose::text")]
        pub epname: Option<String>,
    }

    /// What contacts see.
    pub struct PublicAsked {
        /// Joined with `|`.
        #[serde(deserialize_with = "loose::text")]
        pub capabilities: Option<String>,
        /// What kind of program: 1 web, 13 macOS, 14 Linux…
        #[serde(rename = "type", deserialize_with = "loose::text")]
        pub kind: Option<String>,
        /// The same under its other name.
        #[serde(deserialize_with = "loose::text")]
        pub typ: Option<String>,
        /// Which program.
        #[serde(rename = "skypeNameVersion", deserialize_with = "loose::text")]
        pub skype_name_version: Option<String>,
        /// An opaque word of it.
        #[serde(rename = "nodeInfo", deserialize_with = "loose::text")]
        pub node_info: Option<String>,
        /// Which version.
        #[serde(deserialize_with = "loose::text")]
        pub version: Option<String>,
    }
}

wire! {
    /// Somebody's presence. `status` and `capabilities` are always there; SkPy crashes without.
    pub struct UserPresence {
        /// `messagingService`.
        pub id: String,
        /// `UserPresenceDoc`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Whose, by its address.
        #[serde(rename = "selfLink")]
        pub self_link: String,
        /// `Online` or `Offline`.
        pub availability: String,
        /// Which state.
        pub status: Status,
        /// Joined with ` | `; may be empty.
        pub capabilities: String,
        /// When they were last seen, whole seconds.
        #[serde(rename = "lastSeenAt", skip_serializing_if = "Option::is_none")]
        pub last_seen_at: Option<String>,
        /// Always empty in events.
        #[serde(rename = "endpointPresenceDocLinks")]
        pub endpoint_presence_doc_links: Vec<String>,
        /// One's own endpoints, where they were asked for; absent rather than `null`.
        #[serde(rename = "endpointPresenceDocs", skip_serializing_if = "Option::is_none")]
        pub endpoint_presence_docs: Option<Vec<EndpointLink>>,
    }

    /// An endpoint by its address.
    pub struct EndpointLink {
        /// Absolute; SkPy takes the part after `endpoints/`.
        pub link: String,
    }

    /// What one endpoint says of itself.
    pub struct EndpointPresence {
        /// `messagingService`.
        pub id: String,
        /// `EndpointPresenceDoc`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Whose, by its address.
        #[serde(rename = "selfLink")]
        pub self_link: String,
        /// What contacts see.
        #[serde(rename = "publicInfo")]
        pub public_info: PublicInfo,
        /// What only its owner sees; empty for others.
        #[serde(rename = "privateInfo")]
        pub private_info: PrivateInfo,
    }

    /// What contacts see of an endpoint.
    pub struct PublicInfo {
        /// Joined with ` | `.
        pub capabilities: String,
        /// A number, as text.
        pub typ: String,
        /// Which program.
        #[serde(rename = "skypeNameVersion")]
        pub skype_name_version: String,
        /// An opaque word of it.
        #[serde(rename = "nodeInfo")]
        pub node_info: String,
        /// Which version.
        pub version: String,
    }

    /// What only its owner sees of an endpoint.
    pub struct PrivateInfo {
        /// What the machine is called.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub epname: Option<String>,
    }

    /// `GET …/contacts/ALL/presenceDocs/messagingService?cMri=…`.
    pub struct PresenceList {
        /// One for each that was asked.
        #[serde(rename = "Responses")]
        pub responses: Vec<PresenceEntry>,
    }

    /// One of those.
    pub struct PresenceEntry {
        /// Who.
        #[serde(rename = "Contact")]
        pub contact: String,
        /// 200, or 403 and 404 without a document.
        #[serde(rename = "Status")]
        pub status: u16,
        /// The document.
        #[serde(rename = "Payload", skip_serializing_if = "Option::is_none")]
        pub payload: Option<UserPresence>,
    }
}

impl UserPresence {
    /// Somebody's presence; `status` as the viewer may know it.
    #[must_use]
    pub fn new(
        links: &Links,
        who: &Mri,
        status: Status,
        capabilities: &str,
        last_seen: Option<i64>,
    ) -> Self {
        Self {
            id: "messagingService".to_owned(),
            kind: "UserPresenceDoc".to_owned(),
            self_link: links.presence(who),
            availability: status.availability().to_owned(),
            status,
            capabilities: spaced(capabilities),
            last_seen_at: last_seen.map(super::time::seconds),
            endpoint_presence_doc_links: Vec::new(),
            endpoint_presence_docs: None,
        }
    }

    /// With one's own endpoints.
    #[must_use]
    pub fn expanded(mut self, links: &Links, who: &Mri, endpoints: &[EndpointId]) -> Self {
        let link = |endpoint: &EndpointId| EndpointLink {
            link: links.endpoint_presence(who, *endpoint),
        };
        self.endpoint_presence_docs = Some(endpoints.iter().map(link).collect());
        self
    }
}

impl EndpointPresence {
    /// What an endpoint said of itself, for its owner (`own`) or for a contact.
    #[must_use]
    pub fn new(
        links: &Links,
        who: &Mri,
        endpoint: EndpointId,
        said: &SetEndpoint,
        own: bool,
    ) -> Self {
        let public = said.public_info.clone().unwrap_or_default();
        let private = said.private_info.clone().unwrap_or_default();
        Self {
            id: "messagingService".to_owned(),
            kind: "EndpointPresenceDoc".to_owned(),
            self_link: links.endpoint_presence(who, endpoint),
            public_info: PublicInfo {
                capabilities: spaced(&public.capabilities.unwrap_or_default()),
                typ: public.typ.or(public.kind).unwrap_or_else(|| "1".to_owned()),
                skype_name_version: public.skype_name_version.unwrap_or_default(),
                node_info: public.node_info.unwrap_or_default(),
                version: public.version.unwrap_or_default(),
            },
            private_info: PrivateInfo {
                epname: private.epname.filter(|_| own),
            },
        }
    }
}

/// Capabilities come joined with `|` and go joined with ` | `.
fn spaced(capabilities: &str) -> String {
    let parts: Vec<&str> = capabilities
        .split('|')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_says_more_to_its_owner() {
        let said = br#"{"id":"messagingService","type":"EndpointPresenceDoc","selfLink":"uri","privateInfo":{"epname":"my-laptop"},
            "publicInfo":{"capabilities":"video|audio","type":1,"typ":1,"skypeNameVersion":"908/1.30.0.128/skype.com",
            "nodeInfo":"xx","version":"908/1.30.0.128"}}"#;
        let said: SetEndpoint = loose::json(said).expect("a document");
        let (links, who) = (Links::new("https://gw.example"), Mri::skype("alice"));
        let id = EndpointId([7; 16]);
        let own = EndpointPresence::new(&links, &who, id, &said, true);
        assert_eq!(own.private_info.epname.as_deref(), Some("my-laptop"));
        assert_eq!(own.public_info.capabilities, "video | audio");
        let other = serde_json::to_value(EndpointPresence::new(&links, &who, id, &said, false))
            .expect("plain data");
        assert_eq!(other["publicInfo"]["typ"], "1");
        assert_eq!(other["privateInfo"], serde_json::json!({}));
        let link = other["selfLink"].as_str().expect("text");
        assert_eq!(
            link.split('/').nth(7),
            Some(id.to_string().as_str()),
            "as SkPy takes it apart"
        );
    }

    #[test]
    fn presence_never_lacks_what_clients_need() {
        let links = Links::new("https://gw.example/");
        let bob = Mri::skype("bob");
        for status in ["Online", "Away", "Idle", "Busy", "Hidden", "Offline"] {
            let status = Status::parse(status).expect("a status");
            let shown = UserPresence::new(&links, &bob, status.to_others(), "", None);
            let shown = serde_json::to_value(shown).expect("plain data");
            assert_ne!(shown["status"], "Hidden");
            assert_eq!(
                shown["availability"] == "Offline",
                shown["status"] == "Offline"
            );
            assert_eq!(shown["capabilities"], "");
            assert!(
                shown.get("lastSeenAt").is_none() && shown.get("endpointPresenceDocs").is_none()
            );
            assert_eq!(
                shown["selfLink"],
                "https://gw.example/v1/users/8:bob/presenceDocs/messagingService"
            );
        }
        assert_eq!(Status::parse("DoNotDisturb"), Some(Status::Busy));
        assert_eq!(Status::parse("sleepy"), None);
    }
}
