//! What people write, as mark-up of this dialect and as a tree.
//!
//! Reading never fails. An element counts if it is allowed and its end comes inside the same parent; whatever else looks like
//! one is letters. So is all of `Text`, which is never mark-up. Writing escapes once.
//!
//! In a tree that was read here an account is named by its [`Mri`] and a quoted message by a [`Source`];
//! [`content::rename`](crate::content::rename) turns both into the ids of another door.
//!
//! ```
//! use webapi::skype::text;
//!
//! let tree = text::read_rich(r#"<b raw_pre="*" raw_post="*">1 &lt; 2</b> <script>x</script>"#);
//! let names = |_: &webapi::skype::Mri| None;
//! let written = text::write_rich(&tree, &names, None);
//! assert_eq!(written, r#"<b raw_pre="*" raw_post="*">1 &lt; 2</b> &lt;script&gt;x&lt;/script&gt;"#);
//! ```

mod emoticon;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use self::emoticon::{
    all as emoticons, ours as emoticon_from_skype, theirs as emoticon_to_skype,
};
pub use self::read::{read_plain, read_rich};
pub use self::write::{Edited, write_rich};

use super::id::Mri;
use super::markup::{self, Token};
use crate::content::Block;
use crate::skein::MessageId;

/// How deep marks and quotes are nested in a tree that was read; what is deeper keeps its letters alone.
pub const MAX_DEPTH: usize = 8;
/// Code points of the name in a mention.
pub(super) const MAX_MENTION_NAME: usize = 80;
/// Letters of an emoticon's name.
pub(super) const MAX_EMOTICON: usize = 32;
/// Bytes of a link's address.
pub(super) const MAX_HREF: usize = 2_048;

/// Which message a quote is of, as far as this dialect says it: its conversation, and its time in ms, or in whole seconds
/// where no more was said. In a tree it stands as [`MessageId`], written `CONVERSATION/TIME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where, as the writer saw it: for a conversation of two that is the other one.
    pub conversation: Mri,
    /// When.
    pub at: Stamp,
}

/// A message's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// In ms: it is the message's id.
    Exact(i64),
    /// In seconds: any message of that second.
    Second(i64),
}

/// From here on a number is one of ms: in seconds it would lie in the year 5138.
const FIRST_MS: i64 = 100_000_000_000;

impl Source {
    /// What a tree holds.
    #[must_use]
    pub fn read(id: &MessageId) -> Option<Self> {
        let (conversation, at) = id.0.rsplit_once('/')?;
        let at: i64 = at.parse().ok().filter(|at| *at >= 0)?;
        Some(Self {
            conversation: Mri::parse(conversation)?,
            at: if at < FIRST_MS {
                Stamp::Second(at)
            } else {
                Stamp::Exact(at)
            },
        })
    }

    /// As a tree holds it.
    #[must_use]
    pub fn id(&self) -> MessageId {
        let at = match self.at {
            Stamp::Exact(at) | Stamp::Second(at) => at,
        };
        MessageId(format!("{}/{at}", self.conversation))
    }

    /// In whole seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        match self.at {
            Stamp::Exact(at) => at.div_euclid(1_000),
            Stamp::Second(at) => at,
        }
    }
}

/// Text as it stands between tags: escaped once.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    markup::escape(text, &mut out);
    out
}

/// The letters of mark-up that this module does not read, such as a card's: all that stands between tags, and the names of
/// contacts.
#[must_use]
pub fn bare_words(content: &str) -> String {
    let mut out = String::new();
    for token in markup::tokens(content) {
        match token {
            Token::Text(text) => out.push_str(&markup::decoded(text)),
            Token::Open(tag) if tag.is("c") => {
                if !out.is_empty() {
                    out.push_str(", ");
                }
                let name = tag
                    .attribute("f")
                    .or_else(|| tag.attribute("s"))
                    .or_else(|| tag.attribute("p"));
                out.push_str(&name.unwrap_or_default());
            }
            Token::Open(_) | Token::Close(_) => {}
        }
    }
    out
}

/// Whether there is anything to see in a tree.
#[must_use]
pub fn is_empty(blocks: &[Block]) -> bool {
    blocks.is_empty()
}
