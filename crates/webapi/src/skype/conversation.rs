//! Conversations, their properties, and pages of them and of their messages. (Sections 5.5, 6.1 and 6.4.)

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::id::Mri;
use super::link::Links;
use super::message::Message;
use super::wire;

/// Conversations or messages on a page when nothing is asked.
pub const PAGE: usize = 30;
/// Most of them on a page.
pub const MAX_PAGE: usize = 200;
/// Longest value of a property that is kept, in bytes.
pub const MAX_PROPERTY: usize = 1_024;

wire! {
    /// A conversation as one of its members sees it.
    pub struct Conversation {
        /// The other one, or the thread.
        pub id: String,
        /// `Conversation`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Rises with every change.
        pub version: i64,
        /// The other one as a contact, or the thread.
        #[serde(rename = "targetLink")]
        pub target_link: String,
        /// Where its messages are.
        pub messages: String,
        /// One's own properties: text, whatever it means; never `null`.
        pub properties: BTreeMap<String, String>,
        /// Of a thread, and then always: SkPy takes a conversation without it to be one of two.
        #[serde(rename = "threadProperties", skip_serializing_if = "Option::is_none")]
        pub thread_properties: Option<ThreadProperties>,
        /// What was said last.
        #[serde(rename = "lastMessage")]
        pub last_message: LastMessage,
    }

    /// What a thread's conversation tells of the thread: all of it text.
    #[derive(Default)]
    pub struct ThreadProperties {
        /// Its title.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub topic: Option<String>,
        /// When one joined, in ms.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub lastjoinat: Option<String>,
        /// When one left, in ms.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub lastleaveat: Option<String>,
        /// Rises with every change.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub version: Option<String>,
        /// How many are in it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub membercount: Option<String>,
    }

    /// A page of conversations, the newest activity first.
    pub struct Conversations {
        /// They.
        pub conversations: Vec<Conversation>,
        /// How to go on; absent rather than `null`.
        #[serde(rename = "_metadata", skip_serializing_if = "Option::is_none")]
        pub metadata: Option<Metadata>,
    }

    /// A page of messages, the newest first.
    pub struct Messages {
        /// They.
        pub messages: Vec<Message>,
        /// How to go on; absent rather than `null`.
        #[serde(rename = "_metadata", skip_serializing_if = "Option::is_none")]
        pub metadata: Option<Metadata>,
    }

    /// How to go on after a page.
    #[derive(Default)]
    pub struct Metadata {
        /// How many there are on this page.
        #[serde(rename = "totalCount", skip_serializing_if = "Option::is_none")]
        pub total_count: Option<usize>,
        /// Where newer ones are.
        #[serde(rename = "forwardLink", skip_serializing_if = "Option::is_none")]
        pub forward_link: Option<String>,
        /// Where older ones are; absent when there are none.
        #[serde(rename = "backwardLink", skip_serializing_if = "Option::is_none")]
        pub backward_link: Option<String>,
        /// Where newer ones come first and older ones after them.
        #[serde(rename = "syncState", skip_serializing_if = "Option::is_none")]
        pub sync_state: Option<String>,
    }

    /// `GET /v1/threads/{id}/consumptionhorizons`: how far each member has read.
    pub struct ConsumptionHorizons {
        /// The thread.
        pub id: String,
        /// Rises with every change.
        pub version: String,
        /// One for each who has read.
        pub consumptionhorizons: Vec<MemberHorizon>,
    }

    /// How far one has read.
    pub struct MemberHorizon {
        /// Who.
        pub id: String,
        /// See [`Horizon`].
        pub consumptionhorizon: String,
    }
}

/// What was said last, or `{}`.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum LastMessage {
    /// This.
    Message(Box<Message>),
    /// Nothing that one may see.
    Nothing {},
}

impl Conversation {
    /// A conversation of two (`id` is the other one) or a thread's, by its id.
    #[must_use]
    pub fn new(links: &Links, id: &Mri, version: i64, last: Option<Message>) -> Self {
        let target_link = match id.network {
            super::Network::Thread => links.thread(id),
            _ => links.contact(id),
        };
        Self {
            id: id.to_string(),
            kind: "Conversation".to_owned(),
            version,
            target_link,
            messages: links.messages(id),
            properties: BTreeMap::new(),
            thread_properties: None,
            last_message: last.map_or(LastMessage::Nothing {}, |last| {
                LastMessage::Message(Box::new(last))
            }),
        }
    }

    /// With one more property.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }
}

/// Properties of a conversation that a program may put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OwnProperty {
    /// `alerts`: `false` mutes.
    Alerts,
    /// `alertmatches`: words that alert although it is muted.
    AlertMatches,
    /// `favorite`.
    Favorite,
    /// `consumptionhorizon`: see [`Horizon`].
    ConsumptionHorizon,
    /// `clearedat`: what is older is hidden.
    ClearedAt,
}

impl OwnProperty {
    /// All of them with their names.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Alerts, "alerts"),
        (Self::AlertMatches, "alertmatches"),
        (Self::Favorite, "favorite"),
        (Self::ConsumptionHorizon, "consumptionhorizon"),
        (Self::ClearedAt, "clearedat"),
    ];

    /// By its name, as `?name=` gives it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, of)| *of == name)
            .map(|(property, _)| *property)
    }
}

/// The value of the property `name` in a body `{"name": value}`, as text whether it came as text, number or truth value;
/// `None` if it is not there or longer than [`MAX_PROPERTY`].
#[must_use]
pub fn property(name: &str, body: &Value) -> Option<String> {
    let value = super::loose::as_text(body.get(name)?)?;
    (value.len() <= MAX_PROPERTY).then_some(value)
}

/// How far somebody has read: `A;B;C`. What `A` and `C` are depends on the program: the arrival or the id of a message, and
/// the sender's own id of it. It is kept as it came; this only finds the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Horizon {
    /// The first part.
    pub first: String,
    /// When it was put, in ms.
    pub at: i64,
    /// The third part.
    pub third: String,
}

impl Horizon {
    /// Reads one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';');
        let (first, at, third) = (
            parts.next()?,
            parts.next()?,
            parts.next().unwrap_or_default(),
        );
        Some(Self {
            first: first.to_owned(),
            at: at.trim().parse().ok()?,
            third: third.to_owned(),
        })
    }

    /// One of our own: the message's stamp, when it was read, and the sender's id of the message.
    #[must_use]
    pub fn of(stamp: i64, at: i64, client: &str) -> Self {
        Self {
            first: stamp.to_string(),
            at,
            third: client.replace(';', ""),
        }
    }
}

impl std::fmt::Display for Horizon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{};{};{}", self.first, self.at, self.third)
    }
}

/// Which kinds of conversations are asked for, by `targetType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets {
    /// Of two people.
    pub people: bool,
    /// Threads.
    pub threads: bool,
    /// With bots.
    pub bots: bool,
}

impl Targets {
    /// Reads `Passport|Skype|Lync|Thread|…`; nothing at all means everything.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let names: Vec<&str> = text
            .split('|')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        let any =
            |wanted: &[&str]| names.is_empty() || names.iter().any(|name| wanted.contains(name));
        Self {
            people: any(&["Skype", "Passport", "Lync", "PSTN"]),
            threads: any(&["Thread"]),
            bots: any(&["Agent"]),
        }
    }
}

/// A page's size as it was asked: `pageSize`, within bounds.
#[must_use]
pub fn page_size(asked: Option<&str>) -> usize {
    asked
        .and_then(|text| text.parse().ok())
        .unwrap_or(PAGE)
        .clamp(1, MAX_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_conversation_has_no_nulls() {
        let links = Links::new("https://gw.example");
        let conversation =
            Conversation::new(&links, &Mri::skype("bob"), 7, None).with("alerts", "false");
        let json = serde_json::to_string(&conversation).expect("plain data");
        assert!(!json.contains("null"), "{json}");
        assert!(
            json.contains(r#""lastMessage":{}"#)
                && json.contains(r#""properties":{"alerts":"false"}"#),
            "{json}"
        );
        assert!(!json.contains("threadProperties"), "{json}");
    }

    #[test]
    fn properties_are_text_whatever_they_were() {
        for (body, value) in [
            (r#"{"alerts":"false"}"#, Some("false")),
            (r#"{"alerts":false}"#, Some("false")),
            (r#"{"alerts":1}"#, Some("1")),
            (r#"{"alerts":null}"#, None),
            (r#"{"other":"x"}"#, None),
        ] {
            let body = serde_json::from_str(body).expect("JSON");
            assert_eq!(property("alerts", &body).as_deref(), value);
        }
        assert_eq!(OwnProperty::named("alerts"), Some(OwnProperty::Alerts));
        assert_eq!(OwnProperty::named("other"), None);
    }

    #[test]
    fn marks_and_states_come_back() {
        let horizon = Horizon::of(1_714_557_600_123, 1_714_557_700_000, "a;1");
        assert_eq!(Horizon::parse(&horizon.to_string()), Some(horizon));
        assert_eq!(
            Horizon::parse("1;2"),
            Some(Horizon {
                first: "1".into(),
                at: 2,
                third: String::new()
            })
        );
        assert_eq!(Horizon::parse("1"), None);
    }

    #[test]
    fn targets_and_sizes_as_asked() {
        let all = Targets {
            people: true,
            threads: true,
            bots: true,
        };
        assert_eq!(Targets::read(""), all);
        assert_eq!(Targets::read("Passport|Skype|Lync|Thread|PSTN|Agent"), all);
        assert_eq!(
            Targets::read("Thread"),
            Targets {
                people: false,
                bots: false,
                ..all
            }
        );
        assert_eq!(
            [
                page_size(None),
                page_size(Some("0")),
                page_size(Some("9999")),
                page_size(Some("x"))
            ],
            [30, 1, 200, 30]
        );
    }
}
