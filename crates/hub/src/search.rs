//! Words as they are found: folded once, here, so that both stores find alike.
//!
//! A text is decomposed (NFKD, UAX #15), marks that combine are dropped, letters are lowercased; what is left between
//! other characters is a word. Letters of scripts that write without spaces are a word each.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

/// Code points of a word that count: two longer ones that begin alike are found by one another.
const WORD: usize = 32;
/// Different words of one message that are found: a body has room for no more than this many short ones.
const MOST_WORDS: usize = 10_000;
/// Words of a question.
pub const MAX_ASKED: usize = 8;

/// The different words of a text.
#[must_use]
pub fn words(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut word = String::new();
    for c in folded(text) {
        if !c.is_alphanumeric() {
            finish(&mut found, &mut word);
        } else if stands_alone(c) {
            finish(&mut found, &mut word);
            word.push(c);
            finish(&mut found, &mut word);
        } else {
            word.push(c);
        }
    }
    finish(&mut found, &mut word);
    found
}

/// The words of a question, at most [`MAX_ASKED`]; none if it asks for nothing that could be found.
#[must_use]
pub fn asked(question: &str) -> Vec<String> {
    let mut words: Vec<String> = words(question).into_iter().collect();
    // The longest say most.
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    words.truncate(MAX_ASKED);
    words
}

/// Whether a text has, for each of these, a word that begins so.
#[must_use]
pub fn has_all(text: &str, asked: &[String]) -> bool {
    let words = words(text);
    asked.iter().all(|begin| {
        words
            .range(begin.clone()..)
            .next()
            .is_some_and(|word| word.starts_with(begin.as_str()))
    })
}

fn finish(found: &mut BTreeSet<String>, word: &mut String) {
    if word.is_empty() {
        return;
    }
    if let Some((end, _)) = word.char_indices().nth(WORD) {
        word.truncate(end);
    }
    if found.len() < MOST_WORDS {
        found.insert(std::mem::take(word));
    }
    word.clear();
}

fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkd()
        .filter(|c| canonical_combining_class(*c) == 0)
        .flat_map(char::to_lowercase)
        // What lowercasing has taken apart (U+0130).
        .filter(|c| canonical_combining_class(*c) == 0)
        .flat_map(plain)
}

/// Letters that no decomposition takes apart, as people type them who have no such key.
fn plain(c: char) -> impl Iterator<Item = char> {
    let (first, second) = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'þ' => ('t', Some('h')),
        'ø' => ('o', None),
        'đ' | 'ð' => ('d', None),
        'ł' => ('l', None),
        'ħ' => ('h', None),
        'ı' => ('i', None),
        'ς' => ('σ', None),
        c => (c, None),
    };
    std::iter::once(first).chain(second)
}

/// Ideographs, kana, Thai, Lao, Khmer and Burmese letters.
fn stands_alone(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        words(text).into_iter().collect()
    }

    #[test]
    fn case_and_accents_do_not_count() {
        for (text, word) in [
            ("São", "sao"),
            ("SA\u{303}O", "sao"),
            ("Straße", "strasse"),
            ("ŒUVRE", "oeuvre"),
            ("Łódź", "lodz"),
            ("Ærøskøbing", "aeroskobing"),
            ("İstanbul", "istanbul"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("ЙОД", "иод"),
            ("ﬁne", "fine"),
            ("ＡＢＣ１", "abc1"),
            ("שָׁלוֹם", "שלום"),
            ("مَرْحَبًا", "مرحبا"),
        ] {
            assert_eq!(list(text), [word], "{text}");
        }
    }

    #[test]
    fn words_end_where_letters_end() {
        assert_eq!(
            list("It's 5.5 km—to:Évora/east_side\n(really)"),
            [
                "5", "east", "evora", "it", "km", "really", "s", "side", "to"
            ]
        );
        assert_eq!(list("東京へ"), ["へ", "京", "東"]);
        assert_eq!(
            list("हिन्दी"),
            list("हिन्दी "),
            "vowels of a syllable belong to its word"
        );
        assert_eq!(list(" \u{1f986}!?"), Vec::<String>::new());
        let long = "x".repeat(40);
        assert_eq!(list(&long), [&long[..WORD]]);
    }

    #[test]
    fn a_question_finds_beginnings_of_words() {
        let text = "The geese fly to Évora";
        for (question, found) in [
            ("geese", true),
            ("GEE", true),
            ("evo fly", true),
            ("evora swans", false),
            ("ora", false),
            ("geeses", false),
        ] {
            assert_eq!(has_all(text, &asked(question)), found, "{question}");
        }
        assert!(asked("?! \u{1f986}").is_empty());
        assert_eq!(asked("a b c d e f g h i jj").len(), MAX_ASKED);
        assert_eq!(asked("a b c d e f g h i jj")[0], "jj");
    }
}
