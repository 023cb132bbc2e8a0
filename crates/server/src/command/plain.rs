//! Text for a terminal. A server may be anybody's, and what it says is shown to whoever asked it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with its control characters as they are written in programs, but for ends of lines and tabs: a terminal obeys none
/// of them.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    escaped(text, is_obeyed, |plain, c| plain.extend(c.escape_default()))
}

/// JSON, in which the control characters that it allows are escaped too (RFC 8259 §7).
pub(super) fn json(text: &str) -> Cow<'_, str> {
    escaped(text, char::is_control, |json, c| {
        let _ = write!(json, "\\u{:04x}", u32::from(c));
    })
}

fn escaped(
    text: &str,
    is_escaped: impl Fn(char) -> bool,
    escape: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        if is_escaped(c) {
            escape(&mut all, c);
        } else {
            all.push(c);
        }
    }
    Cow::Owned(all)
}

#[cfg(test)]
mod tests {
    use super::{json, plain};

    #[test]
    fn json_stays_json() {
        let said = "a\u{1b}[2J\u{7f}\u{9b}1m\nã";
        let text = serde_json::to_string(said).expect("text");
        let written = json(&text);
        assert!(!written.contains(char::is_control), "{written:?}");
        assert_eq!(plain(&written), written, "nothing more to do");
        let read: String = serde_json::from_str(&written).expect("JSON");
        assert_eq!(read, said);
    }

    #[test]
    fn a_terminal_obeys_nothing_that_a_server_says() {
        assert_eq!(plain("Anã:\n\tyes 👍🏽"), "Anã:\n\tyes 👍🏽");
        assert_eq!(
            plain("\u{1b}]0;x\u{7}\u{1b}[2J\r\u{9b}1m"),
            "\\u{1b}]0;x\\u{7}\\u{1b}[2J\\r\\u{9b}1m"
        );
    }
}
