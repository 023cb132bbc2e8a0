//! Account names: one canonical form decides uniqueness, look-up and every door.
//!
//! 3 to 32 of `a-z 0-9 . _ -`. Sign-in folds case and width (RFC 8265 §3.3, UsernameCaseMapped); everything else that
//! looks like a letter is refused rather than mapped, so that no two accounts can look alike.

use crate::error::Error;

/// What is the matter with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: it can be registered.
    Free,
    /// Somebody has it.
    Taken,
    /// It is kept for the server.
    Reserved,
    /// Under 3 characters.
    TooShort,
    /// Over 32 characters.
    TooLong,
    /// It holds a character that names do not have.
    Characters,
}

/// Shortest name.
pub const MIN: usize = 3;
/// Longest name.
pub const MAX: usize = 32;

/// Names that nobody can register: built-in accounts, and what people take for the operator.
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "all",
    "anonymous",
    "bot",
    "echo",
    "everyone",
    "guest",
    "help",
    "here",
    "info",
    "moderator",
    "nobody",
    "null",
    "operator",
    "postmaster",
    "root",
    "security",
    "self",
    "server",
    "skein",
    "support",
    "system",
    "undefined",
    "webmaster",
];

/// The canonical form of any spelling: full width becomes ASCII, capitals become small. Nothing else is mapped.
pub fn canonical(spelling: &str) -> Result<String, Verdict> {
    let spelling = spelling.trim_matches(' ');
    if spelling.chars().take(MAX + 1).count() > MAX {
        return Err(Verdict::TooLong);
    }
    let mut name = String::with_capacity(spelling.len());
    for c in spelling.chars() {
        let folded = match c {
            // Halfwidth and Fullwidth Forms, the ASCII part (UAX #11)
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            c => c,
        };
        match folded.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => name.push(c),
            _ => return Err(Verdict::Characters),
        }
    }
    if name.len() < MIN {
        return Err(Verdict::TooShort);
    }
    // A name of signs alone, or one that ends in a dot, reads badly in a sentence and in a link.
    let edges = [name.chars().next(), name.chars().last()];
    if edges.iter().flatten().any(|c| !c.is_ascii_alphanumeric()) {
        return Err(Verdict::Characters);
    }
    Ok(name)
}

/// Whether a canonical name is kept for the server. `live` and `8` begin Skype ids.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with("live.") || name.starts_with("guest-")
}

/// The refusal that a verdict stands for.
#[must_use]
pub fn refusal(verdict: Verdict) -> Error {
    match verdict {
        Verdict::Free | Verdict::Taken => Error::new(
            crate::Kind::Conflict,
            "name_taken",
            "this name is taken: try another",
        ),
        Verdict::Reserved => Error::invalid(
            "name_reserved",
            "this name is kept for the server: try another",
        ),
        Verdict::TooShort => Error::invalid(
            "name_short",
            format!("a name has at least {MIN} characters"),
        ),
        Verdict::TooLong => {
            Error::invalid("name_long", format!("a name has at most {MAX} characters"))
        }
        Verdict::Characters => Error::invalid(
            "name_characters",
            "a name has the letters a to z, the digits 0 to 9, and . _ - between them",
        ),
    }
}

/// A display name without control and direction characters, with single spaces, 1 to 64 code points.
pub fn display(text: &str) -> Result<String, Error> {
    let cleaned = crate::model::clean_text(text, false);
    let cleaned = cleaned.split_whitespace().collect::<Vec<_>>().join(" ");
    // A name that nobody can see is no name: fillers and zero-width characters do not count.
    let visible = cleaned.chars().any(|c| {
        !c.is_whitespace() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{ad}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180f}' | '\u{34f}')
    });
    let count = cleaned.chars().count();
    if !visible || count > MAX_DISPLAY || cleaned.len() > 4 * MAX_DISPLAY {
        return Err(Error::invalid(
            "display_invalid",
            format!("a display name has 1 to {MAX_DISPLAY} visible characters"),
        )
        .with_limit(MAX_DISPLAY as u64));
    }
    Ok(cleaned)
}

/// Longest display name, in code points.
pub const MAX_DISPLAY: usize = 64;

/// Names to offer when `name` is taken: itself with a small number.
pub fn suggestions(name: &str) -> impl Iterator<Item = String> + '_ {
    let stem: String = name.chars().take(MAX - 3).collect();
    (2..100).map(move |n| format!("{stem}{n}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_one_account() {
        for spelling in ["Ana", "ana", "ANA", "ａｎａ", " ana", "ana "] {
            assert_eq!(canonical(spelling).as_deref(), Ok("ana"), "{spelling}");
        }
        for spelling in [
            "josé",
            "jose\u{301}",
            "ﬁlip",
            "ana\u{200b}",
            "ana\u{200d}",
            "ana\u{fe0f}",
            "ana\u{ad}",
            "аna",
            "Straße",
            "İnci",
            "i\u{307}nci",
            "\u{3164}\u{3164}\u{3164}",
            "8:ana",
            "ana@x;{guid}",
            "an a",
            "ana.",
            ".ana",
            "---",
        ] {
            assert_eq!(canonical(spelling), Err(Verdict::Characters), "{spelling}");
        }
        assert_eq!(canonical("live:.cid.0"), Err(Verdict::Characters));
        assert_eq!(canonical(&"a".repeat(255)), Err(Verdict::TooLong));
        assert_eq!(canonical(&"a".repeat(256)), Err(Verdict::TooLong));
        assert_eq!(canonical("strasse").as_deref(), Ok("strasse"));
        assert_eq!(canonical("an"), Err(Verdict::TooShort));
        assert!(is_reserved("echo") && is_reserved("skein"));
    }

    #[test]
    fn a_display_name_can_be_seen() {
        assert_eq!(
            display("  Ada \u{202e}\n Sample ").as_deref(),
            Ok("Ada Sample")
        );
        for text in ["", "   ", "\u{3164}", "\u{200b}\u{200d}", "\u{202e}"] {
            assert_eq!(
                display(text).expect_err("invisible").code,
                "display_invalid",
                "{text:?}"
            );
        }
        assert!(display(&"x".repeat(65)).is_err());
    }
}
