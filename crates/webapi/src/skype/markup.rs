//! Reading mark-up as programs really write it, which is neither XML nor HTML: ampersands stand unescaped, names have any
//! case, elements overlap. Nothing here fails: what is no tag is text. Every byte is looked at a bounded number of times.

use std::borrow::Cow;

/// A piece of mark-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// Letters, with their entities.
    Text(&'a str),
    /// `<name …>` or `<name …/>`.
    Open(Tag<'a>),
    /// `</name>`.
    Close(Tag<'a>),
}

/// A tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// As it was written.
    pub(super) name: &'a str,
    /// All of it, from `<` to `>`.
    pub(super) raw: &'a str,
    /// What stands behind the name.
    rest: &'a str,
    /// It ends in `/>`.
    pub(super) closed: bool,
}

impl<'a> Tag<'a> {
    /// Whether it is called so, in any case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// An attribute's value, decoded; names are compared in any case.
    pub(super) fn attribute(&self, wanted: &str) -> Option<Cow<'a, str>> {
        let mut rest = self.rest;
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            let end = rest
                .find(|c: char| c == '=' || c.is_whitespace())
                .unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() && after.is_empty() {
                return None;
            }
            let after = after.trim_start();
            let Some(after) = after.strip_prefix('=') else {
                rest = after;
                continue;
            };
            let after = after.trim_start();
            let (value, after) = match after.chars().next() {
                Some(quote @ ('"' | '\'')) => {
                    let inner = &after[1..];
                    inner.split_once(quote).unwrap_or((inner, ""))
                }
                _ => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
            };
            if name.eq_ignore_ascii_case(wanted) {
                return Some(decoded(value));
            }
            rest = after;
        }
    }
}

/// The pieces of `content`, in their order; put together they are all of it.
pub(super) fn tokens(content: &str) -> Tokens<'_> {
    Tokens { rest: content }
}

#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        if let Some((token, rest)) = tag(self.rest) {
            self.rest = rest;
            return Some(token);
        }
        // Up to the next `<` that may begin a tag; the first character is no such one.
        let first = self.rest.chars().next().map_or(1, char::len_utf8);
        let end = self.rest[first..]
            .find('<')
            .map_or(self.rest.len(), |at| at + first);
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Token::Text(text))
    }
}

/// The tag that `text` begins with. A second `<` before its end means that it is none.
fn tag(text: &str) -> Option<(Token<'_>, &str)> {
    let inner = text.strip_prefix('<')?;
    let (closing, inner) = match inner.strip_prefix('/') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':');
    let (name, after) = inner.split_at(inner.find(|c| !part_of_name(c)).unwrap_or(inner.len()));
    if !after.starts_with(|c: char| c.is_whitespace() || matches!(c, '>' | '/')) {
        return None;
    }
    let mut quote = None;
    let mut previous = '\0';
    let mut end = None;
    for (at, c) in after.char_indices() {
        match (quote, c) {
            (_, '<') => return None,
            (None, '>') => {
                end = Some(at);
                break;
            }
            (None, '"' | '\'') if previous == '=' => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        if !c.is_whitespace() {
            previous = c;
        }
    }
    let end = end?;
    let (rest, after) = (&after[..end], &after[end + 1..]);
    let raw = &text[..text.len() - after.len()];
    let closed = rest.ends_with('/');
    let tag = Tag {
        name,
        raw,
        rest: rest.strip_suffix('/').unwrap_or(rest),
        closed,
    };
    let token = if closing {
        Token::Close(tag)
    } else {
        Token::Open(tag)
    };
    Some((token, after))
}

/// Longest entity between `&` and `;`, in bytes.
const LONGEST_ENTITY: usize = 9;

/// Text with its entities decoded once. An ampersand that begins none stays.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let window = rest
            .bytes()
            .take(LONGEST_ENTITY + 2)
            .position(|b| b == b';');
        match window.and_then(|end| Some((entity(rest.get(1..end)?)?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn entity(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let digits = |text: &str, radix| {
                let plain = text.chars().all(|c| c.is_digit(radix));
                u32::from_str_radix(text, radix).ok().filter(|_| plain)
            };
            let code = match number.strip_prefix(['x', 'X']) {
                Some(number) => digits(number, 16)?,
                None => digits(number, 10)?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    })
}

/// Text as it stands between tags: escaped once.
pub(super) fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
}

/// Text as it stands in an attribute's quotation marks.
pub(super) fn attribute(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}

/// Text as it stands in an attribute's quotation marks.
pub(super) fn in_attribute(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    attribute(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tags_are_found_as_programs_write_them() {
        let text = r#"a < b &amp; <URIObject uri="https://x/?a=1&b=2" Type='F"1'><Title/></URIObject><3 <b"#;
        let found: Vec<Token<'_>> = tokens(text).collect();
        let whole: String = found
            .iter()
            .map(|token| match token {
                Token::Text(text) => text,
                Token::Open(tag) | Token::Close(tag) => tag.raw,
            })
            .collect();
        assert_eq!(whole, text);
        let Some(Token::Open(object)) = found.iter().find(|t| matches!(t, Token::Open(_))) else {
            panic!("no tag in {found:?}")
        };
        assert!(object.is("uriobject"));
        assert_eq!(
            object.attribute("URI").as_deref(),
            Some("https://x/?a=1&b=2")
        );
        assert_eq!(object.attribute("type").as_deref(), Some("F\"1"));
        assert_eq!(object.attribute("a"), None);
        let names: Vec<&str> = found
            .iter()
            .filter_map(|t| match t {
                Token::Open(tag) | Token::Close(tag) => Some(tag.name),
                Token::Text(_) => None,
            })
            .collect();
        assert_eq!(names, ["URIObject", "Title", "URIObject"]);
    }

    #[test]
    fn entities_are_decoded_once() {
        for (text, read) in [
            (
                "&lt;b&gt; &amp;amp; &quot;&apos;&#39;&#x1F600;",
                "<b> &amp; \"''😀",
            ),
            (
                "a && b &; &nothing; &#0; &#xD800; &#-1; &lt",
                "a && b &; &nothing; &#0; &#xD800; &#-1; &lt",
            ),
        ] {
            assert_eq!(decoded(text), read);
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "([<>&;/=\"' a-zé]|<b>|</b>|&lt;){0,60}") {
            let whole: String = tokens(&text).map(|token| match token {
                Token::Text(text) => text,
                Token::Open(tag) | Token::Close(tag) => {
                    let _ = tag.attribute("a");
                    tag.raw
                }
            }).collect();
            prop_assert_eq!(&whole, &text);
        }

        #[test]
        fn what_is_escaped_is_decoded(text in any::<String>()) {
            let mut once = String::new();
            escape(&text, &mut once);
            prop_assert_eq!(decoded(&once), text.as_str());
            let attribute = in_attribute(&text);
            prop_assert_eq!(decoded(&attribute), text.as_str());
            let no_tag = tokens(&once).all(|token| matches!(token, Token::Text(_)));
            prop_assert!(no_tag);
        }
    }
}
