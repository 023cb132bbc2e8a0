//! Which `messagetype` says what: the one table. (Section 5.3.)

use super::super::id::Mri;
use super::super::text::{self, Edited};
use super::{
    Activity, Card, Location, ObjectKind, PartList, Person, UriObject, read_people, write_people,
};
use crate::content::{Block, Inline};

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// `Text`, `RichText`: words. They are always written as `RichText`.
    Words(Vec<Block>),
    /// `RichText/UriObject`, `RichText/Media_…`: a file, a picture, a sound, a film.
    Object(UriObject),
    /// `RichText/Contacts`: people to add.
    People(Vec<Person>),
    /// `RichText/Location`: a place.
    Location(Location),
    /// `RichText/Media_Card`: words with buttons.
    Card(Card),
    /// `Event/Call`: a call began, ended, or was missed.
    Call(PartList),
    /// `ThreadActivity/…`: what became of a thread.
    Activity(Activity),
    /// `Control/Typing`, `Control/ClearTyping`.
    Typing(bool),
    /// Another `Control/…` or `Signal/…`: it passes by and is not kept.
    Passing,
    /// What we do not know, in words where it has any.
    Unknown {
        /// Its `messagetype`.
        kind: String,
        /// The letters of it.
        words: Vec<Block>,
    },
}

/// What people are called, for mark-up that says it.
#[derive(Clone, Copy)]
pub struct Wording<'a> {
    /// A person's display name.
    pub names: &'a dyn Fn(&Mri) -> Option<String>,
}

impl Default for Wording<'_> {
    fn default() -> Self {
        Self { names: &|_| None }
    }
}

impl std::fmt::Debug for Wording<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wording")
    }
}

impl Content {
    /// Reads what a program sends. It never fails: what is not what it claims to be is words.
    #[must_use]
    pub fn read(messagetype: &str, content: &str) -> Self {
        let rich = || Self::Words(text::read_rich(content));
        match messagetype {
            "Text" | "" => Self::Words(text::read_plain(content)),
            // Older programs put files into plain rich text.
            "RichText" => match UriObject::read(content)
                .filter(|_| content.trim_start().starts_with("<URIObject"))
            {
                Some(object) => Self::Object(object),
                None => rich(),
            },
            "RichText/UriObject"
            | "RichText/Media_GenericFile"
            | "RichText/Media_Video"
            | "RichText/Media_AudioMsg"
            | "RichText/Media_FlikMsg"
            | "RichText/Files" => UriObject::read(content).map_or_else(rich, Self::Object),
            "RichText/Contacts" => match read_people(content) {
                people if people.is_empty() => rich(),
                people => Self::People(people),
            },
            "RichText/Location" => Location::read(content).map_or_else(rich, Self::Location),
            "RichText/Media_Card" => Card::read(content).map_or_else(rich, Self::Card),
            "Event/Call" => PartList::read(content).map_or(Self::Passing, Self::Call),
            "Control/Typing" => Self::Typing(true),
            "Control/ClearTyping" => Self::Typing(false),
            _ => Self::otherwise(messagetype, content),
        }
    }

    fn otherwise(messagetype: &str, content: &str) -> Self {
        let group = messagetype.split('/').next().unwrap_or_default();
        match group {
            "Control" | "Signal" => Self::Passing,
            "ThreadActivity" => {
                Activity::read(messagetype, content).map_or(Self::Passing, Self::Activity)
            }
            _ => {
                let text = text::bare_words(content);
                let words = if text.trim().is_empty() {
                    Vec::new()
                } else {
                    vec![paragraph(text)]
                };
                Self::Unknown {
                    kind: messagetype.chars().take(80).collect(),
                    words,
                }
            }
        }
    }

    /// Its `messagetype` and its content. `edited` adds the mark of an edit where there are words.
    #[must_use]
    pub fn write(&self, wording: Wording<'_>, edited: Option<Edited<'_>>) -> (String, String) {
        let (kind, content) = match self {
            Self::Words(blocks) | Self::Unknown { words: blocks, .. } => {
                ("RichText", text::write_rich(blocks, wording.names, edited))
            }
            Self::Object(object) => (object.kind.messagetype(), object.write()),
            Self::People(people) => ("RichText/Contacts", write_people(people)),
            Self::Location(location) => ("RichText/Location", location.write()),
            Self::Card(card) => ("RichText/Media_Card", card.write()),
            Self::Call(list) => ("Event/Call", list.write()),
            Self::Activity(activity) => return activity.write(),
            Self::Typing(true) => ("Control/Typing", String::new()),
            Self::Typing(false) => ("Control/ClearTyping", String::new()),
            Self::Passing => ("Control/LiveState", String::new()),
        };
        (kind.to_owned(), content)
    }

    /// Whether it belongs into a conversation's history.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !matches!(self, Self::Typing(_) | Self::Passing)
    }
}

/// Letters as a paragraph, with their line feeds.
pub(super) fn paragraph(text: String) -> Block {
    let mut inline = Vec::new();
    for (index, line) in text.trim().lines().enumerate() {
        if index > 0 {
            inline.push(Inline::Break);
        }
        if !line.is_empty() {
            inline.push(Inline::Text {
                text: line.to_owned(),
            });
        }
    }
    Block::Paragraph { inline }
}

impl ObjectKind {
    /// The `messagetype` of a message with such an object.
    #[must_use]
    pub fn messagetype(self) -> &'static str {
        match self {
            Self::File => "RichText/Media_GenericFile",
            Self::Picture => "RichText/UriObject",
            Self::Video => "RichText/Media_Video",
            Self::Audio => "RichText/Media_AudioMsg",
        }
    }
}
