//! Published messages, byte for byte.

use std::path::Path;

use stun::{
    Attribute, ChannelData, Class, FrameStream, Key, Message, Method, PasswordAlgorithm, user_hash,
};

/// A file of `tests/vectors`: lines that begin with # tell the source, the rest is hex.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name);
    let text = std::fs::read_to_string(&path).expect("a vector");
    let digits: String = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.chars().filter(|c| !c.is_whitespace()))
        .collect();
    hex::decode(digits).expect("hex")
}

const SHORT_TERM: &str = "VOkJxbRl1RmTxUk/WvJxBt";
const USER: &str = "マトリックス";

#[test]
fn rfc5769_sample_request() {
    let bytes = vector("rfc5769-2.1-request.hex");
    let message = Message::decode(&bytes).expect("a good message");
    assert_eq!(
        (message.class(), message.method()),
        (Class::Request, Method::Binding)
    );
    assert!(message.has_fingerprint());
    message
        .verify(&Key::short_term(SHORT_TERM))
        .expect("good integrity");
    assert!(message.verify(&Key::short_term("another")).is_err());
    let attributes: Vec<_> = message.attributes().collect();
    assert_eq!(
        attributes,
        [
            Attribute::Software("STUN test client"),
            Attribute::Priority(0x6e00_01ff),
            Attribute::IceControlled(0x932f_f9b1_5126_3b36),
            Attribute::Username("evtj:h6vY"),
        ]
    );
}

#[test]
fn rfc5769_sample_responses() {
    for (name, mapped) in [
        ("rfc5769-2.2-response-ipv4.hex", "192.0.2.1:32853"),
        (
            "rfc5769-2.3-response-ipv6.hex",
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ] {
        let bytes = vector(name);
        let message = Message::decode(&bytes).expect("a good message");
        assert_eq!(message.class(), Class::Success);
        assert!(message.has_fingerprint());
        message
            .verify(&Key::short_term(SHORT_TERM))
            .expect("good integrity");
        assert_eq!(
            message.mapped_address(),
            Some(mapped.parse().expect("an address"))
        );
    }
}

#[test]
fn rfc5769_long_term_request() {
    let bytes = vector("rfc5769-2.4-request-long-term.hex");
    let message = Message::decode(&bytes).expect("a good message");
    assert_eq!(message.username(), Some(USER));
    assert_eq!(message.nonce(), Some("f//499k954d6OL34oL9FSTvy64sA"));
    let realm = message.realm().expect("a realm");
    let key = Key::long_term(PasswordAlgorithm::Md5, USER, realm, "TheMatrIX");
    message.verify(&key).expect("good integrity");
}

#[test]
fn rfc8489_request_with_the_longer_hash_and_no_name() {
    let bytes = vector("rfc8489-b.1-request-sha256.hex");
    let message = Message::decode(&bytes).expect("a good message");
    assert!(message.has_sha256());
    let realm = message.realm().expect("a realm");
    assert_eq!(realm, "example.org");
    let key = Key::long_term(PasswordAlgorithm::Sha256, USER, realm, "TheMatrIX");
    message.verify(&key).expect("good integrity");
    let attributes: Vec<_> = message.attributes().collect();
    assert!(attributes.contains(&Attribute::UserHash(user_hash(USER, realm))));
    assert!(attributes.contains(&Attribute::PasswordAlgorithm(Some(
        PasswordAlgorithm::Sha256
    ))));
}

#[test]
fn one_wrong_bit_anywhere_is_noticed() {
    let good = vector("rfc5769-2.1-request.hex");
    let fingerprint = good.len() - 8;
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        // Without its number the fingerprint is an attribute like any other, and nothing vouches for the message.
        let unnoticed = Message::decode(&bad).is_ok_and(|message| message.has_fingerprint());
        assert!(!unnoticed, "bit {bit}");
        if !(fingerprint..fingerprint + 2).contains(&(bit / 8)) {
            assert!(Message::decode(&bad).is_err(), "bit {bit}");
        }
    }
}

/// Every vector, and whatever fuzzing has found worth keeping, through every decoder.
#[test]
fn vectors_and_corpus_panic_nowhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(root.join("tests/vectors")).expect("vectors") {
        let name = entry.expect("an entry").file_name();
        inputs.push(vector(name.to_str().expect("a plain name")));
    }
    for target in ["stun_decode", "stun_frames", "stun_allocations"] {
        let corpus = root.join("../../fuzz/corpus").join(target);
        for entry in std::fs::read_dir(&corpus).into_iter().flatten() {
            inputs.push(std::fs::read(entry.expect("an entry").path()).expect("a file"));
        }
    }
    assert!(inputs.len() >= 5);
    for input in &inputs {
        let _ = Message::decode(input).map(|message| message.attributes().count());
        let _ = ChannelData::decode(input);
        let mut stream = FrameStream::new(4096);
        stream.push(input);
        while let Ok(Some(_)) = stream.next_frame() {}
    }
}
