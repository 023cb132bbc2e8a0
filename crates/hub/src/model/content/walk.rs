//! Walks over a tree.

use super::{Block, Inline};
use crate::id::{AccountId, MessageId};

pub(super) fn each_inline(blocks: &[Block], see: &mut impl FnMut(&Inline)) {
    fn parts(inline: &[Inline], see: &mut impl FnMut(&Inline)) {
        for part in inline {
            see(part);
            match part {
                Inline::Bold(inner)
                | Inline::Italic(inner)
                | Inline::Strike(inner)
                | Inline::Link { inline: inner, .. } => parts(inner, see),
                Inline::Text(_)
                | Inline::Mono(_)
                | Inline::Mention { .. }
                | Inline::Emoticon(_)
                | Inline::Break => {}
            }
        }
    }
    for block in blocks {
        match block {
            Block::Paragraph(inline) => parts(inline, see),
            Block::Quote { blocks, .. } => each_inline(blocks, see),
            Block::Code(_) => {}
            Block::List { items, .. } => items.iter().for_each(|item| each_inline(item, see)),
        }
    }
}

pub(super) fn each_inline_mut(blocks: &mut [Block], change: &mut impl FnMut(&mut Inline)) {
    fn parts(inline: &mut [Inline], change: &mut impl FnMut(&mut Inline)) {
        for part in inline {
            change(part);
            match part {
                Inline::Bold(inner)
                | Inline::Italic(inner)
                | Inline::Strike(inner)
                | Inline::Link { inline: inner, .. } => parts(inner, change),
                Inline::Text(_)
                | Inline::Mono(_)
                | Inline::Mention { .. }
                | Inline::Emoticon(_)
                | Inline::Break => {}
            }
        }
    }
    for block in blocks {
        match block {
            Block::Paragraph(inline) => parts(inline, change),
            Block::Quote { blocks, .. } => each_inline_mut(blocks, change),
            Block::Code(_) => {}
            Block::List { items, .. } => {
                items
                    .iter_mut()
                    .for_each(|item| each_inline_mut(item, change));
            }
        }
    }
}

pub(super) fn each_quote(blocks: &[Block], see: &mut impl FnMut(Option<MessageId>)) {
    for block in blocks {
        match block {
            Block::Quote {
                message, blocks, ..
            } => {
                see(*message);
                each_quote(blocks, see);
            }
            Block::List { items, .. } => items.iter().for_each(|item| each_quote(item, see)),
            Block::Paragraph(_) | Block::Code(_) => {}
        }
    }
}

pub(super) fn attribute_blocks(
    blocks: &mut [Block],
    author_of: &impl Fn(MessageId) -> Option<AccountId>,
) {
    for block in blocks {
        match block {
            Block::Quote {
                author,
                message,
                blocks,
            } => {
                *author = message.and_then(author_of);
                if author.is_none() {
                    *message = None;
                }
                attribute_blocks(blocks, author_of);
            }
            Block::List { items, .. } => {
                items
                    .iter_mut()
                    .for_each(|item| attribute_blocks(item, author_of));
            }
            Block::Paragraph(_) | Block::Code(_) => {}
        }
    }
}

pub(super) fn blocks_words(blocks: &[Block], out: &mut String) {
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        match block {
            Block::Paragraph(inline) => inline_words(inline, out),
            Block::Quote { blocks, .. } => blocks_words(blocks, out),
            Block::Code(text) => out.push_str(text),
            Block::List { items, .. } => items.iter().for_each(|item| blocks_words(item, out)),
        }
    }
}

fn inline_words(inline: &[Inline], out: &mut String) {
    for part in inline {
        match part {
            Inline::Text(text) | Inline::Mono(text) => out.push_str(text),
            Inline::Bold(inner)
            | Inline::Italic(inner)
            | Inline::Strike(inner)
            | Inline::Link { inline: inner, .. } => {
                inline_words(inner, out);
            }
            Inline::Mention { name, .. } => {
                out.push('@');
                out.push_str(name);
            }
            Inline::Emoticon(name) => {
                out.push(':');
                out.push_str(name);
                out.push(':');
            }
            Inline::Break => out.push('\n'),
        }
    }
}
