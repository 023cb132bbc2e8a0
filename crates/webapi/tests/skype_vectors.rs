//! The published vectors of the Skype-for-Web dialect: lock-and-key with its trace and both paddings, and the old password
//! hash.

use serde_json::Value;
use webapi::skype::lock_and_key::{Padding, answer, is_right};
use webapi::skype::{is_password_hash, password_hash};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/skype-web.json")).expect("a file of vectors")
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {of}"))
}

#[test]
fn every_lock_has_its_key() {
    let vectors = vectors();
    let all = vectors["vectors"].as_array().expect("a list");
    assert_eq!(all.len(), 15);
    for vector in all {
        let (time, response) = (text(vector, "time"), text(vector, "response"));
        for padding in [Padding::Minimal, Padding::ExtraBlock] {
            assert_eq!(answer(time, padding).as_deref(), Some(response), "{time}");
        }
        let header = text(vector, "header");
        assert!(is_right(header), "{header}");
        assert!(is_right(&header.replace("; ", ";").to_uppercase().replace(
            "APPID=MSMSGS@MSNMSGR.COM",
            "appId=msmsgs@msnmsgr.com"
        )));
        assert!(
            !is_right(&header.replacen(response, &response.replace('1', "2").replace('0', "3"), 1)),
            "{header}"
        );
    }
}

#[test]
fn both_paddings_are_answered() {
    let vectors = vectors();
    let mut differ = 0;
    for case in vectors["padding_edge_cases"]["cases"]
        .as_array()
        .expect("a list")
    {
        let time = text(case, "time");
        let (minimal, extra) = (
            answer(time, Padding::Minimal),
            answer(time, Padding::ExtraBlock),
        );
        assert_eq!(
            minimal.as_deref(),
            Some(text(case, "response_minimal_padding")),
            "{time}"
        );
        assert_eq!(
            extra.as_deref(),
            Some(text(case, "response_extra_block_padding")),
            "{time}"
        );
        differ += usize::from(minimal != extra);
        for response in [minimal, extra].into_iter().flatten() {
            assert!(is_right(&format!(
                "appId=msmsgs@msnmsgr.com; time={time}; lockAndKeyResponse={response}"
            )));
        }
    }
    assert_eq!(
        differ, 2,
        "the two ways of padding differ in two of the cases"
    );
}

#[test]
fn no_answer_to_what_is_no_time() {
    for time in ["", "-1", "1.5", "now", " 1", &"1".repeat(33)] {
        assert_eq!(answer(time, Padding::Minimal), None, "{time}");
    }
    for header in [
        "",
        "appId=msmsgs@msnmsgr.com; time=1400000000",
        "appId=other; time=1400000000; lockAndKeyResponse=3e1da1251b0bdaf9376a9e6902718c68",
    ] {
        assert!(!is_right(header), "{header}");
    }
}

#[test]
fn the_old_hash_of_a_password() {
    let vectors = vectors();
    let all = vectors["api_login_password_hash"]["vectors"]
        .as_array()
        .expect("a list");
    assert_eq!(all.len(), 3);
    for vector in all {
        let hash = password_hash(text(vector, "username"), text(vector, "password"));
        assert_eq!(hash, text(vector, "passwordHash"));
        assert!(is_password_hash(&hash));
    }
    assert!(!is_password_hash("c2hvcnQ="));
}
