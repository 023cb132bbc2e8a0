//! From mark-up to a tree.

use super::super::id::Mri;
use super::super::markup::{Tag, Token, decoded, tokens};
use super::{MAX_DEPTH, MAX_EMOTICON, MAX_HREF, MAX_MENTION_NAME, Source, Stamp, emoticon};
use crate::content::{Block, Inline};
use crate::skein::{AccountId, MessageId};

/// A message of type `Text`: letters, escaped once. Nothing in it is mark-up.
#[must_use]
pub fn read_plain(content: &str) -> Vec<Block> {
    let mut pieces = Pieces::default();
    pieces.letters(&decoded(content));
    blocks(pieces.0)
}

/// A message of type `RichText`.
#[must_use]
pub fn read_rich(content: &str) -> Vec<Block> {
    let mut reader = Reader::default();
    for token in tokens(content) {
        match token {
            Token::Text(text) => reader.top().letters(&decoded(text)),
            Token::Open(tag) => reader.open(tag),
            Token::Close(tag) => reader.close(tag),
        }
    }
    blocks(reader.finish().0)
}

/// What has been read of a paragraph, or of what will be divided into blocks.
#[derive(Debug)]
enum Piece {
    Inline(Inline),
    /// Of fixed width; `block` if it is program text rather than a word.
    Fixed {
        text: String,
        block: bool,
    },
    Block(Block),
}

#[derive(Debug, Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    /// Letters with their line feeds, joined to letters before them.
    fn letters(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.0.push(Piece::Inline(Inline::Break));
            }
            if line.is_empty() {
                continue;
            }
            match self.0.last_mut() {
                Some(Piece::Inline(Inline::Text { text })) => text.push_str(line),
                _ => self.inline(Inline::Text {
                    text: line.to_owned(),
                }),
            }
        }
    }

    fn inline(&mut self, part: Inline) {
        self.0.push(Piece::Inline(part));
    }

    /// What another has read, in its place; letters are joined.
    fn append(&mut self, other: Self) {
        for piece in other.0 {
            match (self.0.last_mut(), piece) {
                (
                    Some(Piece::Inline(Inline::Text { text })),
                    Piece::Inline(Inline::Text { text: more }),
                ) => text.push_str(&more),
                (_, piece) => self.0.push(piece),
            }
        }
    }

    /// The letters alone.
    fn words(&self) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Inline(part) => words_inline(std::slice::from_ref(part), &mut out),
                Piece::Fixed { text, .. } => out.push_str(text),
                Piece::Block(block) => words_block(block, &mut out),
            }
        }
        out
    }
}

fn words_block(block: &Block, out: &mut String) {
    match block {
        Block::Paragraph { inline } => words_inline(inline, out),
        Block::Code { text } => out.push_str(text),
        Block::Quote { blocks, .. } => blocks.iter().for_each(|block| words_block(block, out)),
        Block::List { items, .. } => items
            .iter()
            .flatten()
            .for_each(|block| words_block(block, out)),
    }
}

fn words_inline(parts: &[Inline], out: &mut String) {
    for part in parts {
        match part {
            Inline::Text { text } | Inline::Mono { text } => out.push_str(text),
            Inline::Bold { inline }
            | Inline::Italic { inline }
            | Inline::Strike { inline }
            | Inline::Link { inline, .. } => words_inline(inline, out),
            Inline::Mention { name, .. } => out.push_str(name),
            Inline::Emoticon { name } => out.push_str(&format!("({name})")),
            Inline::Break => out.push('\n'),
        }
    }
}

/// Elements that mean something.
#[derive(Debug)]
enum Kind {
    Bold,
    Italic,
    Strike,
    Fixed {
        block: bool,
    },
    Link {
        href: String,
    },
    Emoticon {
        name: String,
    },
    Mention {
        account: Option<AccountId>,
    },
    Quote {
        author: Option<AccountId>,
        message: Option<MessageId>,
    },
    /// Its letters are kept, and nothing else of it.
    Plain,
    /// It is taken away with all that is in it.
    Gone,
}

impl Kind {
    /// Whether what is in it lies one deeper in the tree.
    fn is_a_level(&self) -> bool {
        matches!(
            self,
            Self::Bold | Self::Italic | Self::Strike | Self::Link { .. } | Self::Quote { .. }
        )
    }
}

#[derive(Debug)]
struct Frame<'a> {
    tag: Tag<'a>,
    /// Which element, as [`ELEMENTS`] counts them.
    element: usize,
    kind: Kind,
    depth: usize,
    inside: Pieces,
}

/// Elements by all their names.
const ELEMENTS: [&[&str]; 11] = [
    &["b", "strong"],
    &["i", "em"],
    &["s", "strike", "del"],
    &["pre", "code"],
    &["a"],
    &["ss"],
    &["at"],
    &["quote"],
    &["font", "span", "u", "flag"],
    &["legacyquote"],
    &["e_m"],
];

#[derive(Debug, Default)]
struct Reader<'a> {
    ground: Pieces,
    open: Vec<Frame<'a>>,
    /// How many of each element are open, so that an end that belongs to nothing costs no search.
    count: [usize; ELEMENTS.len()],
}

impl<'a> Reader<'a> {
    fn top(&mut self) -> &mut Pieces {
        match self.open.last_mut() {
            Some(frame) => &mut frame.inside,
            None => &mut self.ground,
        }
    }

    fn open(&mut self, tag: Tag<'a>) {
        if tag.is("br") {
            return self.top().inline(Inline::Break);
        }
        let Some((element, kind)) = self.meaning(&tag) else {
            return self.top().letters(&decoded(tag.raw));
        };
        let depth = self.open.last().map_or(0, |frame| frame.depth);
        let kind = if kind.is_a_level() && depth >= MAX_DEPTH {
            Kind::Plain
        } else {
            kind
        };
        let depth = depth + usize::from(kind.is_a_level());
        let inside = Pieces::default();
        self.open.push(Frame {
            tag,
            element,
            kind,
            depth,
            inside,
        });
        if let Some(count) = self.count.get_mut(element) {
            *count += 1;
        }
        if tag.closed {
            self.end();
        }
    }

    /// What an element means; `None` if it is not allowed.
    fn meaning(&self, tag: &Tag<'a>) -> Option<(usize, Kind)> {
        let element = ELEMENTS
            .iter()
            .position(|names| names.iter().any(|name| tag.is(name)))?;
        let kind = match element {
            0 => Kind::Bold,
            1 => Kind::Italic,
            2 => Kind::Strike,
            3 => Kind::Fixed {
                block: tag.is("pre")
                    && !tag
                        .attribute("raw_pre")
                        .is_some_and(|before| before.starts_with("!!")),
            },
            4 if self.count[4] > 0 => Kind::Plain,
            4 => Kind::Link {
                href: tag
                    .attribute("href")
                    .map(|href| href.trim().to_owned())
                    .filter(|href| leads_somewhere(href))?,
            },
            5 => match tag.attribute("type").filter(|name| is_emoticon(name)) {
                Some(name) => Kind::Emoticon {
                    name: emoticon::ours(&name),
                },
                None => Kind::Plain,
            },
            6 => match tag.attribute("id").as_deref() {
                Some("*") => Kind::Mention { account: None },
                Some(id) => match Mri::parse(id) {
                    Some(who) => Kind::Mention {
                        account: Some(AccountId(who.to_string())),
                    },
                    None => Kind::Plain,
                },
                None => Kind::Plain,
            },
            7 => Kind::Quote {
                author: author(tag),
                message: source(tag).map(|source| source.id()),
            },
            8 => Kind::Plain,
            _ => Kind::Gone,
        };
        Some((element, kind))
    }

    fn close(&mut self, tag: Tag<'a>) {
        if tag.is("br") {
            return self.top().inline(Inline::Break);
        }
        let element = ELEMENTS
            .iter()
            .position(|names| names.iter().any(|name| tag.is(name)));
        let Some(element) =
            element.filter(|element| self.count.get(*element).is_some_and(|count| *count > 0))
        else {
            return self.top().letters(&decoded(tag.raw));
        };
        while self
            .open
            .last()
            .is_some_and(|frame| frame.element != element)
        {
            self.abandon();
        }
        self.end();
    }

    fn pop(&mut self) -> Option<Frame<'a>> {
        let frame = self.open.pop()?;
        if let Some(count) = self.count.get_mut(frame.element) {
            *count -= 1;
        }
        Some(frame)
    }

    /// The innermost element has no end: it was no element.
    fn abandon(&mut self) {
        let Some(frame) = self.pop() else { return };
        let top = self.top();
        if !matches!(frame.kind, Kind::Plain | Kind::Gone) {
            top.letters(&decoded(frame.tag.raw));
        }
        top.append(frame.inside);
    }

    /// The innermost element ends here.
    fn end(&mut self) {
        let Some(Frame { kind, inside, .. }) = self.pop() else {
            return;
        };
        let top = self.top();
        match kind {
            Kind::Bold => marked(top, inside, |inline| Inline::Bold { inline }),
            Kind::Italic => marked(top, inside, |inline| Inline::Italic { inline }),
            Kind::Strike => marked(top, inside, |inline| Inline::Strike { inline }),
            Kind::Link { href } => marked(top, inside, |inline| Inline::Link {
                href: href.clone(),
                inline,
            }),
            Kind::Fixed { block } => {
                let text = inside.words();
                if !text.is_empty() {
                    top.0.push(Piece::Fixed {
                        block: block || text.contains('\n'),
                        text,
                    });
                }
            }
            Kind::Emoticon { name } => top.inline(Inline::Emoticon { name }),
            Kind::Mention { account } => {
                let name: String = inside
                    .words()
                    .replace('\n', " ")
                    .chars()
                    .take(MAX_MENTION_NAME)
                    .collect();
                if !name.is_empty() {
                    top.inline(Inline::Mention { account, name });
                }
            }
            Kind::Quote { author, message } => {
                let blocks = blocks(inside.0);
                if !blocks.is_empty() {
                    top.0.push(Piece::Block(Block::Quote {
                        author,
                        message,
                        blocks,
                    }));
                }
            }
            Kind::Plain => top.append(inside),
            Kind::Gone => {}
        }
    }

    fn finish(mut self) -> Pieces {
        while !self.open.is_empty() {
            self.abandon();
        }
        self.ground
    }
}

/// Whose words a quote has: `author` is a name with or without its network.
fn author(tag: &Tag<'_>) -> Option<AccountId> {
    let who = named(&tag.attribute("author")?)?;
    Some(AccountId(who.to_string()))
}

/// Somebody or something by a name with or without its network.
fn named(text: &str) -> Option<Mri> {
    Mri::parse(text).or_else(|| Mri::parse(&format!("8:{text}")))
}

/// Which message a quote is of: later programs say `messageid`, all say `timestamp` in seconds. SkPy names a conversation of two without
/// its network.
fn source(tag: &Tag<'_>) -> Option<Source> {
    let conversation = named(&tag.attribute("conversation")?)?;
    let number = |name| {
        tag.attribute(name)?
            .trim()
            .parse::<i64>()
            .ok()
            .filter(|at| *at >= 0)
    };
    let exact = number("messageid").map(Stamp::Exact);
    let at = exact.or_else(|| number("timestamp").map(Stamp::Second))?;
    let source = Source { conversation, at };
    // A number that means something else when it is read again is none of ours.
    (Source::read(&source.id()).as_ref() == Some(&source)).then_some(source)
}

/// Puts a mark around what is in a line, and lets blocks through.
fn marked(top: &mut Pieces, inside: Pieces, mark: impl Fn(Vec<Inline>) -> Inline) {
    let mut run = Vec::new();
    let flush = |run: &mut Vec<Inline>, top: &mut Pieces| {
        if !run.is_empty() {
            top.inline(mark(std::mem::take(run)));
        }
    };
    for piece in inside.0 {
        match piece {
            Piece::Inline(part) => run.push(part),
            Piece::Fixed { text, .. } if !text.contains('\n') => run.push(Inline::Mono { text }),
            piece @ (Piece::Fixed { .. } | Piece::Block(_)) => {
                flush(&mut run, top);
                top.0.push(piece);
            }
        }
    }
    flush(&mut run, top);
}

/// Divides what was read into blocks: an empty line ends a paragraph, and program text stands alone.
fn blocks(pieces: Vec<Piece>) -> Vec<Block> {
    let mut out = Vec::new();
    let mut line: Vec<Inline> = Vec::new();
    let mut pieces = pieces.into_iter().peekable();
    while let Some(piece) = pieces.next() {
        match piece {
            Piece::Inline(Inline::Break) if matches!(line.last(), Some(Inline::Break)) => {
                paragraph(&mut line, &mut out)
            }
            Piece::Inline(part) => line.push(part),
            Piece::Fixed { text, block } if block => {
                let many = text.contains('\n');
                let begins = line.iter().all(|part| matches!(part, Inline::Break));
                let ends = match pieces.peek() {
                    None | Some(Piece::Block(_) | Piece::Inline(Inline::Break)) => true,
                    Some(Piece::Fixed { block, .. }) => *block,
                    Some(Piece::Inline(_)) => false,
                };
                if many || (begins && ends) {
                    paragraph(&mut line, &mut out);
                    out.push(Block::Code { text });
                } else {
                    line.push(Inline::Mono { text });
                }
            }
            Piece::Fixed { text, .. } => line.push(Inline::Mono { text }),
            Piece::Block(block) => {
                paragraph(&mut line, &mut out);
                out.push(block);
            }
        }
    }
    paragraph(&mut line, &mut out);
    out
}

/// Ends a paragraph, without the line feeds at its ends.
fn paragraph(line: &mut Vec<Inline>, out: &mut Vec<Block>) {
    while matches!(line.last(), Some(Inline::Break)) {
        line.pop();
    }
    let begin = line
        .iter()
        .position(|part| !matches!(part, Inline::Break))
        .unwrap_or(line.len());
    let inline = line.split_off(begin);
    line.clear();
    if !inline.is_empty() {
        out.push(Block::Paragraph { inline });
    }
}

/// Whether an emoticon may be called so.
pub(super) fn is_emoticon(name: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'+' | b'-');
    (1..=MAX_EMOTICON).contains(&name.len()) && name.bytes().all(letter)
}

/// Whether a link may have this address: a scheme that opens a page, a mailbox or a telephone, something behind it, and
/// nothing that is not seen.
pub(super) fn leads_somewhere(href: &str) -> bool {
    let unseen = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if href.len() > MAX_HREF || href.chars().any(unseen) {
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
