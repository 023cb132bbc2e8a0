//! Threads: their members, their properties, and what is asked of them. (Sections 6.2 and 6.3.)

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::id::Mri;
use super::link::Links;
use super::{ask, loose, wire};

/// What a member may do. Outside of `roleupdate` it has a capital, and SkPy looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Role {
    /// Everything.
    Admin,
    /// Write, and what the thread lets everybody do.
    User,
}

impl Role {
    /// In any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "admin" => Some(Self::Admin),
            "user" => Some(Self::User),
            _ => None,
        }
    }

    /// As `roleupdate` writes it.
    #[must_use]
    pub fn in_activity(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::User => "user",
        }
    }
}

ask! {
    /// `POST /v1/threads`.
    pub struct NewThread {
        /// Who is in it; the maker is whether they are named or not.
        #[schema(default = json!([]))]
        #[serde(deserialize_with = "loose::list")]
        pub members: Vec<NewMember>,
        /// What it begins with: values come as text, truth values or numbers.
        pub properties: Option<BTreeMap<String, Value>>,
    }

    /// Somebody of a new thread, or new in one.
    pub struct NewMember {
        /// Who.
        pub id: String,
        /// See [`Role::parse`].
        #[serde(deserialize_with = "loose::text")]
        pub role: Option<String>,
    }

    /// `POST /v1/threads/{id}/members`.
    pub struct AddMembers {
        /// Who comes, or has another role.
        #[schema(default = json!([]))]
        #[serde(deserialize_with = "loose::list")]
        pub members: Vec<NewMember>,
    }

    /// `PUT /v1/threads/{id}/members/{mri}`; an empty body keeps the role that somebody has.
    pub struct PutMember {
        /// See [`Role::parse`].
        #[serde(deserialize_with = "loose::text")]
        pub role: Option<String>,
    }
}

impl NewThread {
    /// A property as text.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<String> {
        loose::as_text(self.properties.as_ref()?.get(name)?)
    }
}

/// Properties of a thread that a program may put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadProperty {
    /// `topic`: its title.
    Topic,
    /// `picture`: `URL@https://…`.
    Picture,
    /// `joiningenabled`: whether one may join by a link.
    JoiningEnabled,
    /// `historydisclosed`: whether newcomers see what was before them.
    HistoryDisclosed,
    /// `moderatedthread`: whether only admins change it.
    Moderated,
}

impl ThreadProperty {
    /// By its name, as `?name=` gives it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "topic" => Self::Topic,
            "picture" => Self::Picture,
            "joiningenabled" => Self::JoiningEnabled,
            "historydisclosed" => Self::HistoryDisclosed,
            "moderatedthread" => Self::Moderated,
            _ => return None,
        })
    }
}

wire! {
    /// A thread. `members` is always a list.
    pub struct Thread {
        /// Its id, `19:…`.
        pub id: String,
        /// `Thread`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Rises with every change.
        pub version: i64,
        /// Where its messages are.
        pub messages: String,
        /// What it is like.
        pub properties: ThreadDetails,
        /// Who is in it.
        pub members: Vec<ThreadMember>,
    }

    /// What a thread is like. Truth values are text.
    pub struct ThreadDetails {
        /// Its title; absent if it has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub topic: Option<String>,
        /// Who made it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub creator: Option<String>,
        /// When, in ms.
        pub createdat: String,
        /// `true` or `false`.
        pub joiningenabled: String,
        /// `true` or `false`.
        pub historydisclosed: String,
        /// `true` or `false`.
        pub moderatedthread: String,
        /// `URL@https://…`; absent if it has none.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub picture: Option<String>,
        /// What the viewer may do.
        pub capabilities: Vec<String>,
    }

    /// Somebody of a thread.
    pub struct ThreadMember {
        /// Who.
        pub id: String,
        /// `ThreadMember`.
        #[serde(rename = "type")]
        pub kind: String,
        /// With a capital.
        pub role: Role,
        /// Who, by their address; skypeweb cannot do without.
        #[serde(rename = "userLink")]
        pub user_link: String,
        /// Always empty.
        pub capabilities: Vec<String>,
        /// Always empty.
        #[serde(rename = "linkedMri")]
        pub linked_mri: String,
        /// Always empty.
        #[serde(rename = "userTile")]
        pub user_tile: String,
        /// What they are called.
        #[serde(rename = "friendlyName")]
        pub friendly_name: String,
        /// Always nought.
        pub cid: i64,
    }
}

impl ThreadMember {
    /// Somebody with this role.
    #[must_use]
    pub fn new(links: &Links, who: &Mri, role: Role, name: &str) -> Self {
        Self {
            id: who.to_string(),
            kind: "ThreadMember".to_owned(),
            role,
            user_link: links.user(who),
            capabilities: Vec::new(),
            linked_mri: String::new(),
            user_tile: String::new(),
            friendly_name: name.to_owned(),
            cid: 0,
        }
    }
}

/// What a thread is like, before it is put into words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadFacts {
    /// Its title.
    pub topic: Option<String>,
    /// Who made it.
    pub creator: Option<Mri>,
    /// When, in ms.
    pub created: i64,
    /// Whether one may join by a link.
    pub joining: bool,
    /// Whether newcomers see what was before them.
    pub history: bool,
    /// Whether only admins change it.
    pub moderated: bool,
    /// The address of its picture.
    pub picture: Option<String>,
    /// Whether the viewer may change it and its members.
    pub may_change: bool,
}

impl Thread {
    /// A thread with these members.
    #[must_use]
    pub fn new(
        links: &Links,
        id: &Mri,
        version: i64,
        facts: ThreadFacts,
        members: Vec<ThreadMember>,
    ) -> Self {
        let may = ["AddMember", "ChangeTopic", "ChangePicture"];
        let always = ["EditMsg", "SendText", "SendContacts", "SendMediaMsg"];
        let capabilities = may.iter().filter(|_| facts.may_change).chain(&always);
        Self {
            id: id.to_string(),
            kind: "Thread".to_owned(),
            version,
            messages: links.messages(id),
            properties: ThreadDetails {
                topic: facts.topic,
                creator: facts.creator.map(|who| who.to_string()),
                createdat: facts.created.to_string(),
                joiningenabled: facts.joining.to_string(),
                historydisclosed: facts.history.to_string(),
                moderatedthread: facts.moderated.to_string(),
                picture: facts.picture.map(|url| format!("URL@{url}")),
                capabilities: capabilities.map(|name| (*name).to_owned()).collect(),
            },
            members,
        }
    }
}

/// Which thread and which member a path means: skype-http gives the two the wrong way round.
#[must_use]
pub fn member_path<'a>(thread: &'a str, member: &'a str) -> (&'a str, &'a str) {
    let is_thread = |text: &str| super::id::percent_decoded(text).starts_with("19:");
    if !is_thread(thread) && is_thread(member) {
        (member, thread)
    } else {
        (thread, member)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_as_the_sheet_has_it() {
        let links = Links::new("https://gw.example");
        let (alice, id) = (
            Mri::skype("alice"),
            Mri::parse("19:0011@thread.skype").expect("a thread"),
        );
        let facts = ThreadFacts {
            topic: Some("Plans".into()),
            creator: Some(alice.clone()),
            created: 1_714_557_000_000,
            ..ThreadFacts::default()
        };
        let members = vec![ThreadMember::new(&links, &alice, Role::Admin, "")];
        let thread =
            serde_json::to_value(Thread::new(&links, &id, 5, facts, members)).expect("plain data");
        assert_eq!(thread["properties"]["joiningenabled"], "false");
        assert_eq!(thread["properties"]["createdat"], "1714557000000");
        assert_eq!(thread["members"][0]["role"], "Admin");
        assert_eq!(
            thread["members"][0]["userLink"],
            "https://gw.example/v1/users/8:alice"
        );
        assert!(thread["properties"].get("picture").is_none());
    }

    #[test]
    fn what_is_asked_is_forgiven_its_form() {
        let body = br#"{"members":[{"id":"8:alice","role":"Admin"},{"id":"8:bob"}],
            "properties":{"moderatedthread":false,"topic":"x"}}"#;
        let asked: NewThread = loose::json(body).expect("a thread");
        assert_eq!(asked.members.len(), 2);
        assert_eq!(asked.property("moderatedthread").as_deref(), Some("false"));
        assert_eq!(asked.property("picture"), None);
        let put: PutMember = loose::json(b"{}").expect("an empty one");
        assert_eq!(put.role, None);
        assert_eq!(
            member_path("8%3Abob", "19%3Ax%40thread.skype"),
            ("19%3Ax%40thread.skype", "8%3Abob")
        );
        assert_eq!(
            member_path("19:x@thread.skype", "8:bob"),
            ("19:x@thread.skype", "8:bob")
        );
    }
}
