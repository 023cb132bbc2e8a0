//! What a tree may hold: depth, parts, people and links are bounded, and letters that deceive are taken out.

use super::{
    Block, Inline, MAX_DEPTH, MAX_EMOTICON, MAX_HREF, MAX_MENTION_NAME, MAX_MENTIONS, MAX_NODES,
};
use crate::error::{Error, Kind};

fn too_deep() -> Error {
    Error::invalid(
        "text_too_deep",
        format!("a message is nested at most {MAX_DEPTH} deep"),
    )
}

/// What a tree has held so far.
#[derive(Default)]
pub(super) struct Counted {
    nodes: usize,
    mentions: usize,
}

impl Counted {
    fn nodes(&mut self, more: usize) -> Result<(), Error> {
        self.nodes += more;
        bounded(self.nodes, MAX_NODES, "text_parts", "parts")
    }

    fn mention(&mut self) -> Result<(), Error> {
        self.mentions += 1;
        bounded(
            self.mentions,
            MAX_MENTIONS,
            "mentions",
            "mentions of people",
        )
    }
}

fn bounded(count: usize, most: usize, code: &'static str, what: &str) -> Result<(), Error> {
    if count <= most {
        return Ok(());
    }
    let message = format!("a message holds up to {most} {what}");
    Err(Error::new(Kind::TooLarge, code, message).with_limit(most as u64))
}

pub(super) fn clean_blocks(
    blocks: &mut [Block],
    depth: usize,
    counted: &mut Counted,
) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    counted.nodes(blocks.len())?;
    for block in blocks {
        match block {
            Block::Paragraph(inline) => clean_inline(inline, depth, counted)?,
            Block::Quote { blocks, .. } => clean_blocks(blocks, depth + 1, counted)?,
            Block::Code(text) => *text = clean_text(text, true),
            Block::List { items, .. } => {
                counted.nodes(items.len())?;
                for item in items {
                    clean_blocks(item, depth + 1, counted)?;
                }
            }
        }
    }
    Ok(())
}

fn clean_inline(inline: &mut [Inline], depth: usize, counted: &mut Counted) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    counted.nodes(inline.len())?;
    for part in inline {
        match part {
            Inline::Text(text) | Inline::Mono(text) => *text = clean_text(text, false),
            Inline::Emoticon(name) if is_emoticon(name) => {}
            Inline::Emoticon(name) => {
                *part = Inline::Text(clean_text(&format!(":{name}:"), false));
            }
            Inline::Bold(inner) | Inline::Italic(inner) | Inline::Strike(inner) => {
                clean_inline(inner, depth + 1, counted)?;
            }
            Inline::Link { href, inline } => {
                if !leads_somewhere(href) {
                    let message = format!(
                        "a link leads to http, https, mailto or tel and has up to {MAX_HREF} bytes"
                    );
                    return Err(Error::invalid("link_refused", message));
                }
                clean_inline(inline, depth + 1, counted)?;
            }
            Inline::Mention { name, .. } => {
                counted.mention()?;
                *name = clean_text(name, false)
                    .chars()
                    .take(MAX_MENTION_NAME)
                    .collect();
            }
            Inline::Break => {}
        }
    }
    Ok(())
}

/// Whether an emoticon may be called so.
pub(crate) fn is_emoticon(name: &str) -> bool {
    (1..=MAX_EMOTICON).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-'))
}

/// Whether a link may have this address: a scheme that opens a page, a mailbox or a telephone, something behind it, and
/// nothing that is not seen.
pub(super) fn leads_somewhere(href: &str) -> bool {
    let unseen = |c: char| c.is_whitespace() || c.is_control();
    if href.len() > MAX_HREF || href.chars().any(unseen) || clean_text(href, false) != href {
        return false;
    }
    let Some((scheme, rest)) = href.split_once(':') else {
        return false;
    };
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => rest
            .strip_prefix("//")
            .is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#'])),
        "mailto" | "tel" => !rest.is_empty(),
        _ => false,
    }
}

/// Without control characters (line feed and tab stay where `lines`; a tab always stays) and without characters that
/// turn the direction of what follows.
#[must_use]
pub fn clean_text(text: &str, lines: bool) -> String {
    text.chars()
        .filter(|&c| match c {
            '\t' => true,
            '\n' => lines,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => false,
            c => !c.is_control(),
        })
        .collect()
}
