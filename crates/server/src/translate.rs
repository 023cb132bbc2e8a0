//! What every door translates alike: the tree of a message, between the hub and the dialects.

use hub::Error;
use hub::id::NotAnId;
use hub::model::{Block, Inline, Rich};
use webapi::skein as api;

/// How deep a tree may be before the hub looks at it; keeps this recursion short. The hub's own limit is lower.
const MAX_DEPTH: usize = 32;

/// An id that was made by this server, or a clear answer.
pub(crate) fn id<T: std::str::FromStr<Err = NotAnId>>(what: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::not_found(what))
}

/// A tree, for any door.
pub(crate) fn blocks(rich: &Rich) -> Vec<api::Block> {
    rich.0.iter().map(block).collect()
}

fn block(of: &Block) -> api::Block {
    match of {
        Block::Paragraph(parts) => api::Block::Paragraph {
            inline: inlines(parts),
        },
        Block::Quote {
            author,
            message,
            blocks,
        } => api::Block::Quote {
            author: author.map(|id| id.to_string().into()),
            message: message.map(|id| id.to_string().into()),
            blocks: blocks.iter().map(block).collect(),
        },
        Block::Code(text) => api::Block::Code { text: text.clone() },
        Block::List { ordered, items } => api::Block::List {
            ordered: *ordered,
            items: items
                .iter()
                .map(|item| item.iter().map(block).collect())
                .collect(),
        },
    }
}

fn inlines(parts: &[Inline]) -> Vec<api::Inline> {
    parts.iter().map(inline).collect()
}

fn inline(of: &Inline) -> api::Inline {
    match of {
        Inline::Text(text) => api::Inline::Text { text: text.clone() },
        Inline::Bold(parts) => api::Inline::Bold {
            inline: inlines(parts),
        },
        Inline::Italic(parts) => api::Inline::Italic {
            inline: inlines(parts),
        },
        Inline::Strike(parts) => api::Inline::Strike {
            inline: inlines(parts),
        },
        Inline::Mono(text) => api::Inline::Mono { text: text.clone() },
        Inline::Link { href, inline } => api::Inline::Link {
            href: href.clone(),
            inline: inlines(inline),
        },
        Inline::Mention { account, name } => api::Inline::Mention {
            account: account.map(|id| id.to_string().into()),
            name: name.clone(),
        },
        Inline::Emoticon(name) => api::Inline::Emoticon { name: name.clone() },
        Inline::Break => api::Inline::Break,
    }
}

/// A tree as some door's program sent it.
pub(crate) fn rich(sent: Vec<api::Block>) -> Result<Rich, Error> {
    blocks_in(sent, 0).map(Rich)
}

fn too_deep() -> Error {
    Error::invalid("text_too_deep", "this text is nested too deeply")
}

fn blocks_in(sent: Vec<api::Block>, depth: usize) -> Result<Vec<Block>, Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    sent.into_iter()
        .map(|each| block_in(each, depth + 1))
        .collect()
}

fn block_in(block: api::Block, depth: usize) -> Result<Block, Error> {
    Ok(match block {
        api::Block::Paragraph { inline: sent } => Block::Paragraph(inlines_in(sent, depth)?),
        api::Block::Quote {
            author,
            message,
            blocks: sent,
        } => Block::Quote {
            author: author.map(|of| id("account", &of.0)).transpose()?,
            message: message.map(|of| id("message", &of.0)).transpose()?,
            blocks: blocks_in(sent, depth)?,
        },
        api::Block::Code { text } => Block::Code(text),
        api::Block::List { ordered, items } => Block::List {
            ordered,
            items: items
                .into_iter()
                .map(|item| blocks_in(item, depth))
                .collect::<Result<_, _>>()?,
        },
    })
}

fn inlines_in(sent: Vec<api::Inline>, depth: usize) -> Result<Vec<Inline>, Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    sent.into_iter()
        .map(|each| inline_in(each, depth + 1))
        .collect()
}

fn inline_in(inline: api::Inline, depth: usize) -> Result<Inline, Error> {
    Ok(match inline {
        api::Inline::Text { text } => Inline::Text(text),
        api::Inline::Bold { inline } => Inline::Bold(inlines_in(inline, depth)?),
        api::Inline::Italic { inline } => Inline::Italic(inlines_in(inline, depth)?),
        api::Inline::Strike { inline } => Inline::Strike(inlines_in(inline, depth)?),
        api::Inline::Mono { text } => Inline::Mono(text),
        api::Inline::Link { href, inline } => Inline::Link {
            href,
            inline: inlines_in(inline, depth)?,
        },
        api::Inline::Mention { account, name } => Inline::Mention {
            account: account.map(|of| id("account", &of.0)).transpose()?,
            name,
        },
        api::Inline::Emoticon { name } => Inline::Emoticon(name),
        api::Inline::Break => Inline::Break,
    })
}
