//! From a tree to mark-up.

use std::fmt::Write as _;

use super::super::id::Mri;
use super::super::markup::{attribute, escape, in_attribute};
use super::super::time;
use super::read::{is_emoticon, leads_somewhere};
use super::{Source, emoticon};
use crate::content::{Block, Inline};
use crate::skein::{AccountId, MessageId};

/// That a message was edited, for the mark at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edited<'a> {
    /// When, in ms.
    pub at: i64,
    /// By whom: a Skype name without its network.
    pub by: &'a str,
}

/// A message of type `RichText`, escaped once. `names` says what somebody is called, for quotes. The mark of an edited
/// message stands at its end and is written with an end tag of its own, since SkPy takes away no other.
#[must_use]
pub fn write_rich(
    blocks: &[Block],
    names: &dyn Fn(&Mri) -> Option<String>,
    edited: Option<Edited<'_>>,
) -> String {
    let mut writer = Writer {
        out: String::new(),
        names,
    };
    writer.blocks(blocks, "");
    if let Some(Edited { at, by }) = edited {
        let (seconds, by) = (at.div_euclid(1_000), in_attribute(by));
        let _ = write!(
            writer.out,
            r#"<e_m ts="{seconds}" ts_ms="{at}" a="{by}" t="61"></e_m>"#
        );
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    names: &'a dyn Fn(&Mri) -> Option<String>,
}

impl Writer<'_> {
    /// Blocks with an empty line between them. A quote ends with one of its own. `indent` stands in front of lines of a list
    /// in a list.
    fn blocks(&mut self, blocks: &[Block], indent: &str) {
        for (index, block) in blocks.iter().enumerate() {
            let after_quote =
                index > 0 && matches!(blocks.get(index - 1), Some(Block::Quote { .. }));
            if index > 0 && !after_quote {
                self.out.push_str("\n\n");
            }
            match block {
                Block::Paragraph { inline } => self.inline(inline),
                Block::Code { text } => {
                    self.out
                        .push_str(r#"<pre raw_pre="{code}" raw_post="{code}">"#);
                    escape(text, &mut self.out);
                    self.out.push_str("</pre>");
                }
                Block::Quote {
                    author,
                    message,
                    blocks,
                } => self.quote(author.as_ref(), message.as_ref(), blocks),
                Block::List { ordered, items } => self.list(*ordered, items, indent),
            }
        }
    }

    fn quote(&mut self, author: Option<&AccountId>, message: Option<&MessageId>, blocks: &[Block]) {
        let author = author.and_then(|author| Mri::parse(&author.0));
        let source = message.and_then(Source::read);
        let name = author
            .as_ref()
            .map(|who| (self.names)(who).unwrap_or_else(|| who.name.clone()));
        self.out.push_str("<quote");
        if let Some(who) = &author {
            // Skype names stand here without their network.
            let id = who.person().map_or_else(|| who.to_string(), str::to_owned);
            let _ = write!(self.out, r#" author="{}""#, in_attribute(&id));
        }
        if let Some(name) = &name {
            let _ = write!(self.out, r#" authorname="{}""#, in_attribute(name));
        }
        if let Some(source) = &source {
            let conversation = in_attribute(&source.conversation.to_string());
            let _ = write!(
                self.out,
                r#" conversation="{conversation}" timestamp="{}""#,
                source.seconds()
            );
            if let super::Stamp::Exact(at) = source.at {
                let _ = write!(self.out, r#" messageid="{at}""#);
            }
        }
        self.out.push_str("><legacyquote>");
        if let Some(source) = &source {
            let _ = write!(
                self.out,
                "[{}] ",
                time::of_day(source.seconds().saturating_mul(1_000))
            );
        }
        if let Some(name) = &name {
            escape(name, &mut self.out);
            self.out.push_str(": ");
        }
        self.out.push_str("</legacyquote>");
        self.blocks(blocks, "");
        self.out
            .push_str("<legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote>");
    }

    /// Lists have no element: every item is a line of its own.
    fn list(&mut self, ordered: bool, items: &[Vec<Block>], indent: &str) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.push('\n');
            }
            self.out.push_str(indent);
            let _ = match ordered {
                true => write!(self.out, "{}. ", index + 1),
                false => write!(self.out, "• "),
            };
            for (at, block) in item.iter().enumerate() {
                if at > 0 {
                    self.out.push('\n');
                }
                let deeper = format!("{indent}   ");
                self.blocks(std::slice::from_ref(block), &deeper);
            }
        }
    }

    fn inline(&mut self, parts: &[Inline]) {
        for part in parts {
            match part {
                Inline::Text { text } => escape(text, &mut self.out),
                Inline::Bold { inline } => {
                    self.mark(r#"<b raw_pre="*" raw_post="*">"#, inline, "</b>")
                }
                Inline::Italic { inline } => {
                    self.mark(r#"<i raw_pre="_" raw_post="_">"#, inline, "</i>")
                }
                Inline::Strike { inline } => {
                    self.mark(r#"<s raw_pre="~" raw_post="~">"#, inline, "</s>")
                }
                Inline::Mono { text } => {
                    self.out.push_str(r#"<pre raw_pre="!! ">"#);
                    escape(&text.replace('\n', " "), &mut self.out);
                    self.out.push_str("</pre>");
                }
                Inline::Link { href, inline } if leads_somewhere(href) => {
                    self.out.push_str(r#"<a href=""#);
                    attribute(href, &mut self.out);
                    self.mark(r#"">"#, inline, "</a>");
                }
                Inline::Link { inline, .. } => self.inline(inline),
                Inline::Mention { account, name } => self.mention(account.as_ref(), name),
                Inline::Emoticon { name } => self.emoticon(name),
                Inline::Break => self.out.push('\n'),
            }
        }
    }

    fn mark(&mut self, open: &str, inline: &[Inline], close: &str) {
        self.out.push_str(open);
        self.inline(inline);
        self.out.push_str(close);
    }

    fn mention(&mut self, account: Option<&AccountId>, name: &str) {
        let id = match account {
            None => Some("*".to_owned()),
            Some(account) => Mri::parse(&account.0).map(|who| who.to_string()),
        };
        match id {
            Some(id) => {
                let _ = write!(self.out, r#"<at id="{}">"#, in_attribute(&id));
                escape(name, &mut self.out);
                self.out.push_str("</at>");
            }
            None => escape(name, &mut self.out),
        }
    }

    /// By the name that this dialect has for it. One whose name means another picture here is spelt out.
    fn emoticon(&mut self, name: &str) {
        match emoticon::theirs(name) {
            Some((id, shortcut)) if is_emoticon(id) => {
                let _ = write!(self.out, r#"<ss type="{id}">"#);
                escape(&shortcut, &mut self.out);
                self.out.push_str("</ss>");
            }
            _ => {
                let _ = write!(self.out, ":{name}:");
            }
        }
    }
}
