//! What one client sends as a number another sends as text: reading that forgives it, and the rules for bodies.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Text, also where it came as a number or as `true`; `null` and absence are `None`.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(as_text(&Value::deserialize(from)?))
}

/// A value as text: of a text, a number or a truth value; `None` for the rest.
#[must_use]
pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A truth value, also where it came as text: `true` in any case and `1` are true.
pub(super) fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(text(from)?.map(|text| is_true(&text)))
}

/// Whether text says yes.
#[must_use]
pub fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text == "1"
}

/// A whole number, also where it came as text; what is none is `None`.
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(text(from)?.and_then(|text| text.trim().parse().ok()))
}

/// A list whose members may be missing or `null`.
pub(super) fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// What was sent is no JSON of the shape that is asked here.
#[derive(Debug, thiserror::Error)]
#[error("the body is not what is asked here: {0}")]
pub struct BadBody(#[from] serde_json::Error);

/// A body of JSON, whatever its content type says; an empty one is `{}`. Some old programs write keys without quotation marks, as
/// in their own language: what is no JSON otherwise is read so.
pub fn json<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, BadBody> {
    let body = match body.trim_ascii() {
        b"" => b"{}",
        body => body,
    };
    match serde_json::from_slice(body) {
        Err(error) if error.is_syntax() => {
            let quoted = with_quoted_keys(body).ok_or(error)?;
            Ok(serde_json::from_slice(&quoted)?)
        }
        read => Ok(read?),
    }
}

/// The same text with quotation marks around bare keys (`{clientmessageid: "1"}`); `None` where there are none. A bare key is a
/// name of letters, digits, `_` and `$` between `{` or `,` and a colon. It is read once, from the left.
fn with_quoted_keys(body: &[u8]) -> Option<Vec<u8>> {
    let is_of_a_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
    let mut out = Vec::with_capacity(body.len() + 64);
    let mut rest = body;
    let (mut is_key_next, mut found) = (false, false);
    while let Some(&byte) = rest.first() {
        let taken = if byte == b'"' {
            text_len(rest)
        } else if is_of_a_key(&byte) {
            rest.iter().take_while(|byte| is_of_a_key(byte)).count()
        } else {
            1
        };
        let (token, after) = rest.split_at(taken);
        let is_bare = is_of_a_key(&byte);
        if is_bare && is_key_next && after.trim_ascii_start().first() == Some(&b':') {
            found = true;
            out.push(b'"');
            out.extend_from_slice(token);
            out.push(b'"');
        } else {
            out.extend_from_slice(token);
        }
        if !byte.is_ascii_whitespace() {
            is_key_next = matches!(byte, b'{' | b',');
        }
        rest = after;
    }
    found.then_some(out)
}

/// How many bytes a text takes with its quotation marks; all, if it has no end.
fn text_len(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

/// The pairs of a form, decoded; at most 1,000 are looked at.
#[must_use]
pub fn form(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body)
        .take(1_000)
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .collect()
}

/// The pairs of a form that comes as its content type says: in parts, or encoded as [`form`].
#[must_use]
pub fn posted(kind: Option<&str>, body: &[u8]) -> Vec<(String, String)> {
    match kind.and_then(boundary) {
        Some(boundary) => parts(boundary, body),
        None => form(body),
    }
}

/// What stands between the parts, where a content type says that there are such (RFC 7578 §4.1).
fn boundary(kind: &str) -> Option<&str> {
    let (name, parameters) = kind.split_once(';')?;
    if !name.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let mut parameters = parameters.split(';').map(str::trim);
    let boundary = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("boundary")
            .then(|| value.trim_matches('"'))
    });
    boundary.filter(|boundary| !boundary.is_empty())
}

/// Parts with their names; what is no text, and a part without a name, is passed over.
fn parts(boundary: &str, body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let between = format!("--{boundary}");
    let part = |part: &str| {
        let (head, value) = part.split_once("\r\n\r\n")?;
        // `filename="` ends in the same letters.
        let mut before = head.split("name=\"");
        let mut begin = before.next()?;
        let name = before.find(|after| {
            let is_own = begin.ends_with([' ', ';', '\t']);
            begin = after;
            is_own
        })?;
        let (name, _) = name.split_once('"')?;
        let value = value.strip_suffix("\r\n").unwrap_or(value);
        Some((name.to_owned(), value.to_owned()))
    };
    text.split(between.as_str())
        .take(1_000)
        .filter_map(part)
        .collect()
}

/// Whether a body is JSON rather than a form, whatever its content type says.
#[must_use]
pub fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// A body of JSON or a form of plain keys, read as the same type.
pub fn json_or_form<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, BadBody> {
    if is_json(body) {
        return json(body);
    }
    let pairs = form(body)
        .into_iter()
        .map(|(key, value)| (key, Value::String(value)));
    Ok(serde_json::from_value(Value::Object(pairs.collect()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_without_quotation_marks_are_read_and_nothing_within_a_text_is_touched() {
        let read = |body: &str| json::<Value>(body.as_bytes());
        for (body, wanted) in [
            (
                r#"{clientmessageid:"1", content:"x"}"#,
                serde_json::json!({"clientmessageid": "1", "content": "x"}),
            ),
            (
                "{ $a_1 :\n[{b:true,c:null}, {\"d\":-1e5}] , 7:\"\"}",
                serde_json::json!({"$a_1": [{"b": true, "c": null}, {"d": -1e5}], "7": ""}),
            ),
            (
                r#"{content:"{a:1,b:2} \", c:3", "é,x:":"\\", e:"ü"}"#,
                serde_json::json!({"content": "{a:1,b:2} \", c:3", "é,x:": "\\", "e": "ü"}),
            ),
        ] {
            assert_eq!(read(body).expect(body), wanted);
        }
        for body in [
            "{a}", "{a:}", "{a:b}", "[a:1]", "a:1", "{:1}", "{a b:1}", "{-a:1}", "{é:1}", "{a:\"}",
            "{'a':1}", "{a:1", "{a:\"\\",
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_body_without_end_is_refused_in_one_pass() {
        for piece in ["{a:", "{a,", "{", "a", "\"", "\"\\"] {
            let body = piece.repeat(256 * 1024 / piece.len());
            assert!(json::<Value>(body.as_bytes()).is_err(), "{piece}");
        }
        let ends = format!("{{a{}:1}}", " ".repeat(100_000));
        assert!(json::<Value>(ends.as_bytes()).is_ok());
    }

    #[test]
    fn a_form_comes_in_parts_or_encoded_as_it_says() {
        let body = "--x y\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nalice\r\n\
            --x y\r\ncontent-disposition: form-data; filename=\"a\"; name=\"passwd\"\r\nContent-Type: text/plain\r\n\r\na\r\n\r\nb&=\r\n\
            --x y\r\n\r\nwithout a name\r\n--x y--\r\n";
        let wanted = [("login", "alice"), ("passwd", "a\r\n\r\nb&=")];
        let wanted = wanted.map(|(key, value)| (key.to_owned(), value.to_owned()));
        for kind in [
            "multipart/form-data; boundary=\"x y\"",
            "Multipart/Form-Data; charset=utf-8; BOUNDARY=x y",
        ] {
            assert_eq!(posted(Some(kind), body.as_bytes()), wanted, "{kind}");
        }
        for kind in [
            None,
            Some("application/x-www-form-urlencoded"),
            Some("multipart/form-data"),
            Some("multipart/form-data; boundary="),
        ] {
            assert_eq!(posted(kind, b"a=b+c"), [("a".to_owned(), "b c".to_owned())]);
        }
        let nothing = posted(Some("multipart/form-data; boundary=x"), b"\xff--x\r\n\r\n");
        assert!(nothing.is_empty());
    }
}
