//! Registrations, subscriptions and what is asked of an endpoint. (Sections 3.1 to 3.4.)

use serde::Deserialize;

use super::event::EventMessage;
use super::id::Mri;
use super::{ask, loose, wire};

/// Most contacts that one subscription may name; what goes beyond is left out.
pub const MAX_WATCHED: usize = 2_000;

ask! {
    /// `POST /v1/users/ME/endpoints`, and `PUT …/endpoints/{id}`.
    pub struct NewEndpoint {
        /// `Agent`, or `Agent,readReceipts`.
        #[serde(rename = "endpointFeatures", deserialize_with = "loose::text")]
        pub endpoint_features: Option<String>,
    }

    /// `POST …/endpoints/{id}/active`.
    pub struct Active {
        /// For how many seconds it counts as looked at.
        #[serde(deserialize_with = "loose::number")]
        pub timeout: Option<i64>,
    }

    /// `POST …/subscriptions`, and `PUT …/subscriptions/0?name=interestedResources`.
    pub struct Subscribe {
        /// What to hear of.
        #[serde(rename = "interestedResources", deserialize_with = "loose::list")]
        pub interested_resources: Vec<String>,
        /// `raw`, as all programs ask.
        #[serde(deserialize_with = "loose::text")]
        pub template: Option<String>,
        /// `httpLongPoll`, in any case.
        #[serde(rename = "channelType", deserialize_with = "loose::text")]
        pub channel_type: Option<String>,
    }

    /// `POST /v1/users/ME/contacts`: whose presence to watch; it changes no list of contacts.
    pub struct Watch {
        /// Whom.
        #[schema(default = json!([]))]
        #[serde(deserialize_with = "loose::list")]
        pub contacts: Vec<Watched>,
    }

    /// Somebody to watch.
    pub struct Watched {
        /// Who; an unknown spelling is nobody.
        pub id: String,
    }
}

/// What an endpoint wants to hear of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interests {
    /// `NewMessage`.
    pub messages: bool,
    /// `ConversationUpdate`.
    pub conversations: bool,
    /// `ThreadUpdate`.
    pub threads: bool,
    /// Presence of all contacts, and one's own.
    pub all_contacts: bool,
    /// Presence of these, besides; at most [`MAX_WATCHED`].
    pub contacts: Vec<Mri>,
}

impl Interests {
    /// Reads the resources that a program named; unknown ones are passed over.
    #[must_use]
    pub fn read(resources: &[String]) -> Self {
        let mut all = Self::default();
        for resource in resources {
            let path = super::id::percent_decoded(resource);
            let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
            match parts.as_slice() {
                ["v1", "users", _, "conversations", _, "messages"] => all.messages = true,
                ["v1", "users", _, "conversations", _, "properties"] => all.conversations = true,
                ["v1", "threads", ..] => all.threads = true,
                ["v1", "users", _, "contacts", who] if who.eq_ignore_ascii_case("ALL") => {
                    all.all_contacts = true;
                }
                ["v1", "users", _, "contacts", who] if all.contacts.len() < MAX_WATCHED => {
                    all.contacts.extend(Mri::parse(who));
                }
                _ => {}
            }
        }
        all
    }

    /// Whether presence of `who` is wanted, if they are a contact.
    #[must_use]
    pub fn watches(&self, who: &Mri) -> bool {
        self.all_contacts || self.contacts.contains(who)
    }
}

wire! {
    /// `GET /v1/users/ME/properties`. skypeweb learns here who it is.
    pub struct OwnProperties {
        /// The name, without a prefix.
        #[serde(rename = "primaryMemberName")]
        pub primary_member_name: String,
        /// The same.
        #[serde(rename = "skypeName")]
        pub skype_name: String,
    }

    /// One of one's endpoints, in a list.
    pub struct EndpointEntry {
        /// Which, with braces.
        pub id: String,
        /// What it said when it registered.
        #[serde(rename = "endpointFeatures")]
        pub endpoint_features: String,
        /// What it calls itself.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub epname: Option<String>,
    }

    /// The answer of a poll: `{}` where nothing happened, never an empty body, never `null`.
    #[derive(Default)]
    pub struct Poll {
        /// What happened.
        #[serde(rename = "eventMessages", skip_serializing_if = "Vec::is_empty")]
        pub event_messages: Vec<EventMessage>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interests_are_read_in_every_spelling() {
        let said = r#"{"interestedResources":["/v1/users/ME/conversations/ALL/properties",
            "/v1/users/ME/conversations/ALL/messages","/v1/users/ME/contacts/ALL","/v1/threads/ALL",
            "/v1/users/ME/contacts/8%3ABob","/v1/users/ME/contacts/nobody","/v2/other"],
            "template":"raw","channelType":"httpLongPoll","conversationType":2047}"#;
        let asked: Subscribe = loose::json(said.as_bytes()).expect("a subscription");
        let read = Interests::read(&asked.interested_resources);
        let bob = Mri::skype("bob");
        let all = Interests {
            messages: true,
            conversations: true,
            threads: true,
            all_contacts: true,
            contacts: vec![bob.clone()],
        };
        assert_eq!(read, all);
        let few = Interests {
            all_contacts: false,
            ..all
        };
        assert!(few.watches(&bob) && !few.watches(&Mri::skype("carol")));
        let none: Subscribe = loose::json(b" ").expect("an empty body is an empty object");
        assert_eq!(
            Interests::read(&none.interested_resources),
            Interests::default()
        );
        let null: Subscribe =
            loose::json(br#"{"interestedResources":null}"#).expect("null is nothing");
        assert!(null.interested_resources.is_empty());
    }

    #[test]
    fn nothing_new_is_an_empty_object() {
        let empty = serde_json::to_string(&Poll::default()).expect("plain data");
        assert_eq!(empty, "{}");
    }
}
