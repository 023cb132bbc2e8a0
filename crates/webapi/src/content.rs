//! The content tree, which all dialects share: what people write is a tree of allowed elements, never mark-up.
//!
//! In a tree of [`skein`](crate::skein) an account is named by its id. In a tree that [`skype::text`](crate::skype::text)
//! has read it is named by its MRI and a quoted message by [`skype::Source`](crate::skype::Source); [`rename`] turns the one into
//! the other.

#![allow(
    clippy::use_self,
    reason = "the generated schema names each type by its name"
)]

use std::collections::BTreeSet;

use crate::skein::{AccountId, MessageId, wire};

wire! {
    /// A block of text.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Block {
        /// A paragraph.
        Paragraph {
            /// Its parts.
            inline: Vec<Inline>,
        },
        /// Somebody's words.
        Quote {
            /// Whose, if known; the server says it, by `message`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            author: Option<AccountId>,
            /// From which message, if known: one that the writer may see, else it is left out.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            message: Option<MessageId>,
            /// The words.
            #[schema(no_recursion)]
            blocks: Vec<Block>,
        },
        /// Program text.
        Code {
            /// The text, with its line feeds.
            text: String,
        },
        /// A list.
        List {
            /// Numbered or not.
            ordered: bool,
            /// Each item is a row of blocks.
            #[schema(no_recursion)]
            items: Vec<Vec<Block>>,
        },
    }

    /// A part of a paragraph.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Inline {
        /// Letters as they are.
        Text {
            /// The letters.
            text: String,
        },
        /// Bold.
        Bold {
            /// What is bold.
            #[schema(no_recursion)]
            inline: Vec<Inline>,
        },
        /// Italic.
        Italic {
            /// What is italic.
            #[schema(no_recursion)]
            inline: Vec<Inline>,
        },
        /// Struck through.
        Strike {
            /// What is struck through.
            #[schema(no_recursion)]
            inline: Vec<Inline>,
        },
        /// Fixed width.
        Mono {
            /// The letters.
            text: String,
        },
        /// A link: `http`, `https`, `mailto` or `tel`.
        Link {
            /// Where to.
            href: String,
            /// What is shown.
            #[schema(no_recursion)]
            inline: Vec<Inline>,
        },
        /// Somebody of the conversation is named; anybody else becomes plain letters.
        Mention {
            /// Who; absent means everybody.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            account: Option<AccountId>,
            /// The name as it was written.
            name: String,
        },
        /// A small picture by name.
        Emoticon {
            /// Its name, without colons.
            name: String,
        },
        /// A new line inside the paragraph.
        Break,
    }
}

/// Every account that a tree names, in mentions and as authors of quotes, each once.
#[must_use]
pub fn accounts(blocks: &[Block]) -> BTreeSet<AccountId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&[Block]> = vec![blocks];
    while let Some(blocks) = open.pop() {
        for block in blocks {
            match block {
                Block::Paragraph { inline } => accounts_inline(inline, &mut found),
                Block::Quote { author, blocks, .. } => {
                    found.extend(author.clone());
                    open.push(blocks);
                }
                Block::Code { .. } => {}
                Block::List { items, .. } => open.extend(items.iter().map(Vec::as_slice)),
            }
        }
    }
    found
}

fn accounts_inline(inline: &[Inline], found: &mut BTreeSet<AccountId>) {
    let mut open = vec![inline];
    while let Some(parts) = open.pop() {
        for part in parts {
            match part {
                Inline::Bold { inline }
                | Inline::Italic { inline }
                | Inline::Strike { inline }
                | Inline::Link { inline, .. } => open.push(inline),
                Inline::Mention { account, .. } => found.extend(account.clone()),
                Inline::Text { .. }
                | Inline::Mono { .. }
                | Inline::Emoticon { .. }
                | Inline::Break => {}
            }
        }
    }
}

/// Every message that a tree quotes, and by whom it says that it is; each pair once.
#[must_use]
pub fn quotes(blocks: &[Block]) -> BTreeSet<(MessageId, Option<AccountId>)> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&[Block]> = vec![blocks];
    while let Some(blocks) = open.pop() {
        for block in blocks {
            match block {
                Block::Quote {
                    author,
                    message,
                    blocks,
                } => {
                    found.extend(message.clone().map(|of| (of, author.clone())));
                    open.push(blocks);
                }
                Block::List { items, .. } => open.extend(items.iter().map(Vec::as_slice)),
                Block::Paragraph { .. } | Block::Code { .. } => {}
            }
        }
    }
    found
}

/// Names accounts and messages otherwise. A mention of an account that `account` does not know becomes plain letters; a
/// quote keeps its words and loses what is not known of it; `message` hears also whom it names as author, as it was written.
pub fn rename(
    blocks: &mut [Block],
    account: &dyn Fn(&AccountId) -> Option<AccountId>,
    message: &dyn Fn(&MessageId, Option<&AccountId>) -> Option<MessageId>,
) {
    for block in blocks {
        match block {
            Block::Paragraph { inline } => rename_inline(inline, account),
            Block::Quote {
                author,
                message: of,
                blocks,
            } => {
                *of = of.as_ref().and_then(|of| message(of, author.as_ref()));
                *author = author.as_ref().and_then(account);
                rename(blocks, account, message);
            }
            Block::Code { .. } => {}
            Block::List { items, .. } => {
                for item in items {
                    rename(item, account, message);
                }
            }
        }
    }
}

fn rename_inline(inline: &mut [Inline], account: &dyn Fn(&AccountId) -> Option<AccountId>) {
    for part in inline {
        match part {
            Inline::Bold { inline }
            | Inline::Italic { inline }
            | Inline::Strike { inline }
            | Inline::Link { inline, .. } => rename_inline(inline, account),
            Inline::Mention {
                account: Some(of),
                name,
            } => match account(of) {
                Some(known) => *of = known,
                None => {
                    *part = Inline::Text {
                        text: std::mem::take(name),
                    };
                }
            },
            Inline::Mention { account: None, .. }
            | Inline::Text { .. }
            | Inline::Mono { .. }
            | Inline::Emoticon { .. }
            | Inline::Break => {}
        }
    }
}
