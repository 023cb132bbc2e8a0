//! What a message says: a closed tree. Text never becomes mark-up; each door renders.

#![allow(
    missing_docs,
    reason = "the fields of a tree speak by their names and types"
)]

mod clean;
mod walk;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::clean::clean_text;
pub(crate) use self::clean::is_emoticon;
use self::clean::{Counted, clean_blocks};
use self::walk::{attribute_blocks, blocks_words, each_inline, each_inline_mut, each_quote};
use super::Role;
use crate::error::{Error, Kind};
use crate::id::{AccountId, CallKey, MessageId, ObjectId};

/// Bytes that a body may hold, as it is stored.
pub const MAX_BODY_BYTES: usize = 32 * 1024;
/// Code points that a body may hold.
pub const MAX_BODY_CHARS: usize = 20_000;
/// How deep blocks and marks may be nested.
pub const MAX_DEPTH: usize = 8;
/// How many blocks, items and parts a body may hold.
pub const MAX_NODES: usize = 20_000;
/// How many people one message may mention.
pub const MAX_MENTIONS: usize = 50;
/// How many messages one message may quote by name.
pub const MAX_QUOTES: usize = 20;
/// Code points of a name in a mention.
const MAX_MENTION_NAME: usize = 80;
/// Letters of an emoticon's name.
pub(crate) const MAX_EMOTICON: usize = 32;
/// Bytes of a link's address.
const MAX_HREF: usize = 2_048;
/// Bytes that words, marks and links may take together, as they are stored.
const MAX_TREE_BYTES: usize = 4 * MAX_BODY_BYTES;

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Words.
    Text(Rich),
    /// Files and pictures, with words.
    Objects(Vec<ObjectId>, Rich),
    /// People to add.
    Contacts(Vec<AccountId>),
    /// A place: latitude and longitude in millionths of a degree, with words.
    Location { lat: i64, lon: i64, words: Rich },
    /// Shakes the window.
    Nudge,
    /// A call took place.
    Call(#[serde(with = "call_key")] CallKey),
    /// A line of the system.
    System(SystemLine),
    /// Structured data (JSON, at most 16 KiB) with words for doors that do not know it.
    Card { json: String, words: Rich },
    /// What only doors of one kind can show; the others show `plain`.
    Foreign {
        door: String,
        kind: String,
        bytes: Vec<u8>,
        plain: Rich,
    },
}

/// A tree of blocks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rich(pub Vec<Block>);

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// Somebody's words.
    Quote {
        author: Option<AccountId>,
        message: Option<MessageId>,
        blocks: Vec<Self>,
    },
    /// Program text.
    Code(String),
    /// A list.
    List {
        ordered: bool,
        items: Vec<Vec<Self>>,
    },
}

/// A part of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// Letters as they are.
    Text(String),
    /// Bold.
    Bold(Vec<Self>),
    /// Italic.
    Italic(Vec<Self>),
    /// Struck through.
    Strike(Vec<Self>),
    /// Fixed width.
    Mono(String),
    /// A link: `http`, `https`, `mailto`, `tel`.
    Link { href: String, inline: Vec<Self> },
    /// Somebody is named; `None` means everybody.
    Mention {
        account: Option<AccountId>,
        name: String,
    },
    /// A small picture by name.
    Emoticon(String),
    /// A new line.
    Break,
}

/// Lines of the system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemLine {
    /// The two became contacts.
    BecameContacts,
    /// A group was made, with this title.
    Created(String),
    /// It is called so from now on.
    Titled(String),
    /// It has another picture from now on, or none (`false`).
    Pictured(bool),
    /// Who posts, or who adds, is different now.
    Ruled,
    /// Newcomers see what was said before them from now on, or do not any more.
    Disclosed(bool),
    /// People may come by a link from now on, or may not any more.
    Joinable(bool),
    /// These were added.
    Added(Vec<AccountId>),
    /// The author came by a link.
    Joined,
    /// The author left.
    Left,
    /// These were removed.
    Removed(Vec<AccountId>),
    /// These were removed, and may not come back.
    Banned(Vec<AccountId>),
    /// These may come back.
    Unbanned(Vec<AccountId>),
    /// These have this role now.
    Ranked(Vec<AccountId>, Role),
    /// The last owner left: this one is owner now.
    Inherited(AccountId),
}

impl SystemLine {
    /// Whom it names, besides its author.
    #[must_use]
    pub fn people(&self) -> &[AccountId] {
        match self {
            Self::Added(people)
            | Self::Removed(people)
            | Self::Banned(people)
            | Self::Unbanned(people)
            | Self::Ranked(people, _) => people,
            Self::Inherited(account) => std::slice::from_ref(account),
            Self::BecameContacts
            | Self::Created(_)
            | Self::Titled(_)
            | Self::Pictured(_)
            | Self::Ruled
            | Self::Disclosed(_)
            | Self::Joinable(_)
            | Self::Joined
            | Self::Left => &[],
        }
    }
}

impl Rich {
    /// Plain words: a blank line ends a paragraph, a line feed breaks it.
    #[must_use]
    pub fn plain(text: &str) -> Self {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let blocks = text
            .split("\n\n")
            .filter(|p| !p.trim_matches('\n').is_empty())
            .map(|paragraph| {
                let mut inline = Vec::new();
                for (index, line) in paragraph.trim_matches('\n').split('\n').enumerate() {
                    if index > 0 {
                        inline.push(Inline::Break);
                    }
                    if !line.is_empty() {
                        inline.push(Inline::Text(line.to_owned()));
                    }
                }
                Block::Paragraph(inline)
            });
        Self(blocks.collect())
    }

    /// The words alone, for doors without mark-up, search and previews.
    #[must_use]
    pub fn words(&self) -> String {
        let mut out = String::new();
        blocks_words(&self.0, &mut out);
        out
    }

    /// The tree with control and direction-override characters removed; refused if nothing is left, if it is nested
    /// too deep, or if a link leads elsewhere than to the web, a mailbox or a telephone.
    pub fn cleaned(mut self) -> Result<Self, Error> {
        clean_blocks(&mut self.0, 0, &mut Counted::default())?;
        let words = self.words();
        if words.trim().is_empty() {
            return Err(Error::invalid("text_empty", "write something first"));
        }
        let chars = words.chars().count();
        if chars > MAX_BODY_CHARS {
            let message =
                format!("a message holds up to {MAX_BODY_CHARS} characters; this one has {chars}");
            return Err(Error::new(Kind::TooLarge, "text_too_long", message)
                .with_limit(MAX_BODY_CHARS as u64));
        }
        if words.len() > MAX_BODY_BYTES {
            let message = format!(
                "a message holds up to {MAX_BODY_BYTES} bytes; this one has {}",
                words.len()
            );
            return Err(Error::new(Kind::TooLarge, "text_too_long", message)
                .with_limit(MAX_BODY_BYTES as u64));
        }
        // Marks and addresses, which are no words.
        let tree = serde_json::to_string(&self).map_or(usize::MAX, |json| json.len());
        if tree > MAX_TREE_BYTES {
            let message = format!(
                "words, marks and links take up to {MAX_TREE_BYTES} bytes together; these take {tree}"
            );
            return Err(
                Error::new(Kind::TooLarge, "text_marks", message).with_limit(MAX_TREE_BYTES as u64)
            );
        }
        Ok(self)
    }

    /// Everybody who is named, each once; `None` stands for all.
    #[must_use]
    pub fn mentions(&self) -> BTreeSet<Option<AccountId>> {
        let mut found = BTreeSet::new();
        each_inline(&self.0, &mut |part| {
            if let Inline::Mention { account, .. } = part {
                found.insert(*account);
            }
        });
        found
    }

    /// A mention of somebody (`None` = everybody) whom `known` does not know becomes the letters that were written.
    pub fn name_only(&mut self, known: impl Fn(Option<AccountId>) -> bool) {
        each_inline_mut(&mut self.0, &mut |part| {
            if let Inline::Mention { account, name } = part
                && !known(*account)
            {
                *part = Inline::Text(format!("@{name}"));
            }
        });
    }

    /// The messages that are quoted by name.
    #[must_use]
    pub fn quotes(&self) -> BTreeSet<MessageId> {
        let mut found = BTreeSet::new();
        each_quote(&self.0, &mut |message| found.extend(message));
        found
    }

    /// Every quote says whose words it holds as `author_of` knows it; one that `author_of` does not know holds nobody's.
    pub fn attribute(&mut self, author_of: impl Fn(MessageId) -> Option<AccountId>) {
        attribute_blocks(&mut self.0, &author_of);
    }
}

impl Body {
    /// The words alone.
    #[must_use]
    pub fn words(&self) -> String {
        self.rich().map(Rich::words).unwrap_or_default()
    }

    /// Its words as a tree, if it has any.
    #[must_use]
    pub fn rich(&self) -> Option<&Rich> {
        match self {
            Self::Text(rich)
            | Self::Objects(_, rich)
            | Self::Location { words: rich, .. }
            | Self::Card { words: rich, .. }
            | Self::Foreign { plain: rich, .. } => Some(rich),
            Self::Contacts(_) | Self::Nudge | Self::Call(_) | Self::System(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn rich_mut(&mut self) -> Option<&mut Rich> {
        match self {
            Self::Text(rich)
            | Self::Objects(_, rich)
            | Self::Location { words: rich, .. }
            | Self::Card { words: rich, .. }
            | Self::Foreign { plain: rich, .. } => Some(rich),
            Self::Contacts(_) | Self::Nudge | Self::Call(_) | Self::System(_) => None,
        }
    }

    /// Everybody who is named, each once; `None` stands for all.
    #[must_use]
    pub fn mentions(&self) -> BTreeSet<Option<AccountId>> {
        self.rich().map(Rich::mentions).unwrap_or_default()
    }
}

mod call_key {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::id::CallKey;

    pub(super) fn serialize<S: Serializer>(key: &CallKey, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(key)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<CallKey, D::Error> {
        String::deserialize(d)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
