//! Which bytes of a thing are asked for (RFC 9110 §14.1.2), and whether it is known already (§13.1).

use std::ops::Range;

use axum::http::{HeaderMap, header};

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// All of it.
    Whole,
    /// These bytes; never empty.
    Bytes(Range<u64>),
    /// Bytes that there are not.
    Nowhere,
    /// Nothing: who asks has it.
    Known,
}

/// What these headers ask for of a thing of `size` bytes whose strong tag is `tag`. What cannot be understood, and several
/// ranges at once, ask for the whole.
#[must_use]
pub fn asked(headers: &HeaderMap, tag: &str, size: u64) -> Asked {
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*");
    if known {
        return Asked::Known;
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // §13.1.5: a range of another state of the thing is of no use.
    if headers.contains_key(header::IF_RANGE) && text(header::IF_RANGE) != Some(tag) {
        return Asked::Whole;
    }
    text(header::RANGE).map_or(Asked::Whole, |range| one(range, size))
}

fn one(range: &str, size: u64) -> Asked {
    let bounds = range
        .split_once('=')
        .filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
        .and_then(|(_, set)| set.trim().split_once('-'));
    let Some((first, last)) = bounds else {
        return Asked::Whole;
    };
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More than can be counted is more than there is.
        digits.then(|| text.parse().unwrap_or(u64::MAX))
    };
    let range = match (number(first), number(last), first, last) {
        (Some(first), Some(last), ..) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None, _, "") => first..size,
        (None, Some(count), "", _) => size.saturating_sub(count)..size,
        _ => return Asked::Whole,
    };
    if range.is_empty() {
        Asked::Nowhere
    } else {
        Asked::Bytes(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(header::HeaderName, &str)]) -> Asked {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().expect("a value"));
        }
        asked(&headers, "\"abc\"", 100)
    }

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        let table = [
            ("bytes=0-0", Asked::Bytes(0..1)),
            ("bytes=10-19", Asked::Bytes(10..20)),
            ("bytes=90-", Asked::Bytes(90..100)),
            ("bytes=90-999", Asked::Bytes(90..100)),
            ("bytes=-10", Asked::Bytes(90..100)),
            ("bytes=-1000", Asked::Bytes(0..100)),
            ("Bytes= 5-9", Asked::Bytes(5..10)),
            ("bytes=0-99999999999999999999999", Asked::Bytes(0..100)),
            ("bytes=100-", Asked::Nowhere),
            ("bytes=100-200", Asked::Nowhere),
            ("bytes=-0", Asked::Nowhere),
            ("bytes=9-5", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=+1-5", Asked::Whole),
            ("lines=1-5", Asked::Whole),
            ("bytes", Asked::Whole),
        ];
        for (range, wanted) in table {
            assert_eq!(of(&[(header::RANGE, range)]), wanted, "{range}");
        }
        assert_eq!(of(&[]), Asked::Whole);
        assert_eq!(one("bytes=0-", 0), Asked::Nowhere);
    }

    #[test]
    fn what_is_known_is_not_sent_and_a_range_of_another_state_is_the_whole() {
        let none_match = header::IF_NONE_MATCH;
        for known in ["\"abc\"", "\"x\", W/\"abc\"", "*"] {
            assert_eq!(of(&[(none_match.clone(), known)]), Asked::Known, "{known}");
        }
        assert_eq!(of(&[(none_match, "\"abcd\"")]), Asked::Whole);
        let ranged = |tag| of(&[(header::RANGE, "bytes=1-2"), (header::IF_RANGE, tag)]);
        assert_eq!(ranged("\"abc\""), Asked::Bytes(1..3));
        assert_eq!(ranged("\"old\""), Asked::Whole);
        assert_eq!(ranged("W/\"abc\""), Asked::Whole);
    }
}
