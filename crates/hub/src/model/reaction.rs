//! What somebody may react with: one emoji as people see it, or the `:name:` of an emoticon.

use super::content::is_emoticon;

/// Reactions of one person to one message.
pub const MAX_REACTIONS_OF_ONE: usize = 8;
/// Different reactions to one message.
pub const MAX_REACTION_KEYS: usize = 50;
/// Bytes of a reaction: the longest family with skin tones has 41.
const MAX_REACTION_BYTES: usize = 64;

const JOINER: char = '\u{200d}';
const KEYCAP: char = '\u{20e3}';
const TAG_END: char = '\u{e007f}';

/// Whether somebody may react with this.
#[must_use]
pub fn is_reaction(key: &str) -> bool {
    if key.len() > MAX_REACTION_BYTES {
        return false;
    }
    match key
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'))
    {
        Some(name) => is_emoticon(name),
        None => is_one_emoji(key),
    }
}

/// The shape of an emoji sequence (UTS #51, ED-17): elements that are joined, or the two letters of a flag, or a keycap.
/// Which of them a font can draw changes every year and is not ours to know.
fn is_one_emoji(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    let Some(first) = rest.next() else {
        return false;
    };
    if is_flag_letter(first) {
        return rest.next().is_some_and(is_flag_letter) && rest.next().is_none();
    }
    if matches!(first, '0'..='9' | '#' | '*') {
        let _presentation = rest.next_if_eq(&'\u{fe0f}');
        return rest.next() == Some(KEYCAP) && rest.next().is_none();
    }
    let mut base = first;
    loop {
        if !is_pictograph(base) {
            return false;
        }
        let _presentation = rest.next_if(|c| matches!(c, '\u{fe0e}' | '\u{fe0f}'));
        let _skin = rest.next_if(|c| matches!(c, '\u{1f3fb}'..='\u{1f3ff}'));
        if rest.next_if(|c| is_tag(*c)).is_some() {
            while rest.next_if(|c| is_tag(*c)).is_some() {}
            if rest.next() != Some(TAG_END) {
                return false;
            }
        }
        match (rest.next(), rest.next()) {
            (None, _) => return true,
            (Some(JOINER), Some(next)) => base = next,
            _ => return false,
        }
    }
}

fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// The letters and digits of a flag of a region.
fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}')
}

/// The blocks in which `Extended_Pictographic` characters stand.
fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}'
        | '\u{2934}' | '\u{2935}' | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
        | '\u{1f000}'..='\u{1f1e5}' | '\u{1f200}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_or_one_name_is_a_reaction() {
        for key in [
            "👍",
            "👍🏽",
            "❤️",
            "❤",
            "👨‍👩‍👧‍👦",
            "🏳️‍🌈",
            "🇧🇷",
            "1️⃣",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "🧑🏻‍❤️‍💋‍🧑🏿",
            ":smile:",
            ":+1:",
        ] {
            assert!(is_reaction(key), "{key}");
        }
    }

    #[test]
    fn words_rows_of_emoji_and_marks_are_none() {
        for key in [
            "",
            "a",
            "ok",
            "1",
            "👍👍",
            "👍 ",
            "🇧",
            "🇧🇷🇵",
            "👍\u{200d}",
            "\u{200d}👍",
            "\u{fe0f}",
            "🏴\u{e0067}",
            ":",
            "::",
            ":a b:",
            ":<b>:",
            "\u{202e}👍",
        ] {
            assert!(!is_reaction(key), "{key:?}");
        }
        assert!(!is_reaction(&"👨‍".repeat(9)));
        assert!(!is_reaction(&format!(":{}:", "x".repeat(33))));
    }
}
