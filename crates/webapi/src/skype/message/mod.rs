//! Messages: what one says, how it is sent, and how a viewer gets it. (Section 5.)

mod activity;
mod call;
mod card;
mod content;
mod location;
mod object;
mod people;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

pub use self::activity::{Activity, What};
pub use self::call::{CallState, Part, PartList};
pub use self::card::{Button, Card};
pub use self::content::{Content, Wording};
pub use self::location::Location;
pub use self::object::{ObjectKind, UriObject};
pub use self::people::{Person, read_people, write_people};

use super::id::Mri;
use super::link::Links;
use super::text::Edited;
use super::{ask, loose, time, wire};

/// Bytes that a message may carry beside what it says.
pub const MAX_HINTS: usize = 2_048;

ask! {
    /// `POST …/messages`, and `PUT …/messages/{id}`.
    pub struct NewMessage {
        /// What it says; absent, `null` and empty are the same.
        #[serde(deserialize_with = "loose::text")]
        pub content: Option<String>,
        /// What kind of content that is.
        #[serde(deserialize_with = "loose::text")]
        pub messagetype: Option<String>,
        /// `text`.
        #[serde(deserialize_with = "loose::text")]
        pub contenttype: Option<String>,
        /// What the sender calls it: text, or a number.
        #[serde(deserialize_with = "loose::text")]
        pub clientmessageid: Option<String>,
        /// It is an edit of the message that the sender called so.
        #[serde(deserialize_with = "loose::text")]
        pub skypeeditedid: Option<String>,
        /// What the sender calls themselves; never believed.
        #[serde(deserialize_with = "loose::text")]
        pub imdisplayname: Option<String>,
        /// How many letters at the beginning are the sender's name: text, or a number.
        #[serde(deserialize_with = "loose::text")]
        pub skypeemoteoffset: Option<String>,
        /// Everything else, given back to programs of this dialect.
        #[serde(flatten)]
        pub more: BTreeMap<String, Value>,
    }
}

impl NewMessage {
    /// What it says.
    #[must_use]
    pub fn read(&self) -> Content {
        let kind = self.messagetype.as_deref().unwrap_or("Text");
        Content::read(kind, self.content.as_deref().unwrap_or_default())
    }

    /// Whether it takes a message away: an edit that says nothing.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.edits().is_some() && self.content.as_deref().unwrap_or_default().is_empty()
    }

    /// The sender's own name of the message that it edits.
    #[must_use]
    pub fn edits(&self) -> Option<&str> {
        self.skypeeditedid.as_deref().filter(|id| !id.is_empty())
    }

    /// What a tree does not hold.
    #[must_use]
    pub fn hints(&self) -> Hints {
        const OURS: [&str; 14] = [
            "id",
            "version",
            "type",
            "composetime",
            "originalarrivaltime",
            "from",
            "conversationLink",
            "isactive",
            "threadtopic",
            "ackrequired",
            "skypeguid",
            "conversationid",
            "properties",
            "resourceLink",
        ];
        let more = self
            .more
            .iter()
            .filter(|(key, value)| !OURS.contains(&key.as_str()) && !value.is_null());
        Hints {
            emote: self.skypeemoteoffset.clone(),
            more: more
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        }
    }
}

/// What a message carries that no tree holds; only programs of this dialect see it again.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Hints {
    /// `skypeemoteoffset`, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emote: Option<String>,
    /// Keys that we do not know.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub more: BTreeMap<String, Value>,
}

impl Hints {
    /// As bytes for the hub: at most [`MAX_HINTS`], else only the offset; empty if there is nothing.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        if *self == Self::default() {
            return Vec::new();
        }
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        if bytes.len() <= MAX_HINTS {
            return bytes;
        }
        let less = Self {
            emote: self.emote.clone().filter(|offset| offset.len() <= 16),
            more: BTreeMap::new(),
        };
        if less == Self::default() {
            Vec::new()
        } else {
            serde_json::to_vec(&less).unwrap_or_default()
        }
    }

    /// Of bytes that this door has given; of any others, nothing.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }
}

wire! {
    /// A message as a viewer gets it, in an event or on a page. No key is ever `null`.
    pub struct Message {
        /// Its stamp: digits, in ms, rising strictly within its conversation.
        pub id: String,
        /// Its stamp, or that of its last edit.
        pub version: String,
        /// `Message`.
        #[serde(rename = "type")]
        pub kind: String,
        /// See [`Content`].
        pub messagetype: String,
        /// `text`.
        pub contenttype: String,
        /// What it says; empty if it was taken away.
        pub content: String,
        /// What the sender calls it; absent on an edit.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub clientmessageid: Option<String>,
        /// On an edit: what the sender called the message.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub skypeeditedid: Option<String>,
        /// Text, since skypeweb reads text.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub skypeemoteoffset: Option<String>,
        /// Which call it is about.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub skypeguid: Option<String>,
        /// What the sender is called.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub imdisplayname: Option<String>,
        /// When it was written, with ms.
        pub composetime: String,
        /// When it came, with ms.
        pub originalarrivaltime: String,
        /// The sender as a contact.
        pub from: String,
        /// Where, as the viewer sees it.
        #[serde(rename = "conversationLink")]
        pub conversation_link: String,
        /// Whether it is the conversation's newest.
        pub isactive: bool,
        /// What the thread is called.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub threadtopic: Option<String>,
        /// Where a program may say that it has handled it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub ackrequired: Option<String>,
        /// Keys that the sender wrote and we do not know.
        #[serde(flatten)]
        pub more: BTreeMap<String, Value>,
    }

    /// The answer of a send.
    pub struct Sent {
        /// A number, in ms.
        #[serde(rename = "OriginalArrivalTime")]
        pub original_arrival_time: i64,
    }

    /// The answer of a `PUT` of a message.
    pub struct Edit {
        /// A number, in ms.
        pub edittime: i64,
    }

    /// The answer of a `DELETE` of a message.
    pub struct Deletion {
        /// A number, in ms.
        pub deletetime: i64,
    }
}

/// A message, before it is put into words for somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts<'a> {
    /// Its stamp in ms, which is its id.
    pub stamp: i64,
    /// When it was written, in ms.
    pub composed: i64,
    /// Whom it is from; what became of a thread is from the thread.
    pub from: Mri,
    /// What they are called.
    pub name: Option<String>,
    /// Where, as the viewer sees it: the other one, or the thread.
    pub conversation: Mri,
    /// What it says.
    pub content: &'a Content,
    /// What the sender's program calls it.
    pub client: Option<String>,
    /// When it was edited or taken away, in ms.
    pub edited: Option<i64>,
    /// It was taken away.
    pub deleted: bool,
    /// What it carries beside.
    pub hints: Hints,
    /// What the thread is called.
    pub topic: Option<String>,
    /// The 32 digits of the call that it is about.
    pub call: Option<String>,
}

impl Message {
    /// As a viewer gets it. `wording` says what people are called.
    #[must_use]
    pub fn new(links: &Links, facts: Facts<'_>, wording: Wording<'_>) -> Self {
        let by = facts.from.name.clone();
        let edited = facts
            .edited
            .filter(|_| !facts.deleted)
            .map(|at| Edited { at, by: &by });
        let (messagetype, content) = facts.content.write(wording, edited);
        let changed = facts.edited.is_some() || facts.deleted;
        let stamp = facts.stamp.to_string();
        // One that the sender gave no name is edited by its id.
        let client = facts.client.unwrap_or_else(|| stamp.clone());
        let original = |value: Option<String>| value.filter(|_| !changed);
        Self {
            version: facts
                .edited
                .map_or_else(|| stamp.clone(), |at| at.max(facts.stamp).to_string()),
            kind: "Message".to_owned(),
            messagetype,
            contenttype: "text".to_owned(),
            content: if facts.deleted {
                String::new()
            } else {
                content
            },
            clientmessageid: (!changed).then(|| client.clone()),
            skypeeditedid: changed.then_some(client),
            skypeemoteoffset: original(facts.hints.emote),
            skypeguid: facts.call,
            imdisplayname: facts.name,
            composetime: time::millis(facts.composed),
            originalarrivaltime: time::millis(facts.stamp),
            from: links.contact(&facts.from),
            conversation_link: links.conversation(&facts.conversation),
            isactive: true,
            threadtopic: facts.topic,
            ackrequired: Some(links.ack(facts.stamp)),
            more: if facts.deleted {
                BTreeMap::new()
            } else {
                facts.hints.more
            },
            id: stamp,
        }
    }

    /// That somebody is typing, or no longer is. It is kept nowhere; `at` in ms serves as its id.
    #[must_use]
    pub fn typing(links: &Links, from: &Mri, conversation: &Mri, typing: bool, at: i64) -> Self {
        let content = Content::Typing(typing);
        let facts = Facts {
            stamp: at,
            composed: at,
            from: from.clone(),
            name: None,
            conversation: conversation.clone(),
            content: &content,
            client: None,
            edited: None,
            deleted: false,
            hints: Hints::default(),
            topic: None,
            call: None,
        };
        Self {
            ackrequired: None,
            ..Self::new(links, facts, Wording::default())
        }
    }
}
