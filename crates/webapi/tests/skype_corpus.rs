//! The seeds of the fuzz targets `skype_*` through their readers, and pieces of them put together by chance: the targets'
//! own demands, without a fuzzer.

use std::path::PathBuf;

use proptest::prelude::*;
use webapi::skype::conversation::Horizon;
use webapi::skype::message::{Content, MAX_HINTS, NewMessage, Wording};
use webapi::skype::text::{bare_words, read_plain, read_rich, write_rich};
use webapi::skype::tokens::{self, Presented, Skypetoken};
use webapi::skype::{AsmId, EndpointId, Mri, ThreadId, loose, pages, soap};

const KINDS: [&str; 8] = [
    "RichText",
    "RichText/UriObject",
    "RichText/Contacts",
    "RichText/Location",
    "RichText/Media_Card",
    "Event/Call",
    "ThreadActivity/RoleUpdate",
    "RichText/Sms",
];

fn seeds(target: &str) -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut all: Vec<_> = files.map(|file| file.expect("an entry").path()).collect();
    all.sort();
    all.iter()
        .map(|path| std::fs::read_to_string(path).expect("a seed of text"))
        .collect()
}

fn text(content: &str) {
    let write = |tree: &[_]| write_rich(tree, &|_| None, None);
    let written = write(&read_rich(content));
    let tree = read_rich(&written);
    let again = write(&tree);
    assert_eq!(read_rich(&again), tree, "{content}");
    assert_eq!(bare_words(&again), bare_words(&written), "{content}");
    let small = again.to_ascii_lowercase();
    for element in [
        "<script",
        "<img",
        "<iframe",
        "<object",
        "<a href=\"javascript",
    ] {
        assert!(!small.contains(element), "{content}: {again}");
    }
    assert!(!write(&read_plain(content)).contains('<'), "{content}");
}

fn object(content: &str) {
    for kind in KINDS {
        let (kind, written) = Content::read(kind, content).write(Wording::default(), None);
        let again = Content::read(&kind, &written);
        let (kind_again, written_again) = again.write(Wording::default(), None);
        assert_eq!(kind_again, kind, "{content}");
        assert_eq!(
            Content::read(&kind_again, &written_again),
            again,
            "{content}"
        );
    }
    if let Ok(message) = loose::json::<NewMessage>(content.as_bytes()) {
        assert!(message.hints().to_bytes().len() <= MAX_HINTS);
    }
    if let Some(who) = Mri::parse(content) {
        assert_eq!(Mri::parse(&who.to_string()), Some(who));
    }
}

fn token(text: &str) {
    let some = Some(text);
    let all = Presented {
        skypetoken: None,
        authorization: some,
        authentication: some,
        cookie: some,
    };
    assert!(
        all.token()
            .is_none_or(|token| (1..=tokens::MAX_TOKEN).contains(&token.len()))
    );
    if let Some(token) = Skypetoken::read(text) {
        assert_eq!(Skypetoken::read(&token.write()), Some(token));
    }
    if let Some(bytes) =
        tokens::registration(text).and_then(|found| tokens::registration_bytes(found.token))
    {
        assert!(text.contains(&tokens::registration_token(&bytes)));
    }
    if let Some(id) = EndpointId::parse(text) {
        assert_eq!(EndpointId::parse(&id.in_path()), Some(id));
    }
    if let Some(id) = ThreadId::parse(text) {
        assert_eq!(ThreadId::parse(&id.to_string()), Some(id));
    }
    if let Some(id) = AsmId::parse(text) {
        assert_eq!(AsmId::parse(&id.to_string()), Some(id));
    }
    if let Some(horizon) = Horizon::parse(text) {
        assert_eq!(Horizon::parse(&horizon.to_string()), Some(horizon));
    }
}

fn soap_or_form(body: &str) {
    if let Ok(asked) = soap::read(body.as_bytes()) {
        assert!(!asked.username.trim().is_empty() && asked.password.len() <= 1_024);
    }
    for kind in [None, Some("multipart/form-data; boundary=x")] {
        let _bytes = pages::Form::read(kind, body.as_bytes())
            .ppft
            .and_then(|ppft| pages::ppft_bytes(&ppft));
    }
}

#[test]
fn every_seed_is_read() {
    for target in ["skype_text", "skype_object", "skype_soap", "skype_token"] {
        let seeds = seeds(target);
        assert!(seeds.len() >= 3, "{target} has its seeds");
        for seed in &seeds {
            text(seed);
            object(seed);
            soap_or_form(seed);
            token(seed);
        }
    }
}

/// What the seeds are there for is really found in them.
#[test]
fn the_seeds_say_what_they_are_named_for() {
    let whole = |target: &str| seeds(target);
    assert!(
        whole("skype_soap")
            .iter()
            .any(|seed| soap::read(seed.as_bytes()).is_ok())
    );
    assert!(
        whole("skype_token")
            .iter()
            .any(|seed| Skypetoken::read(seed).is_some())
    );
    assert!(
        whole("skype_token")
            .iter()
            .any(|seed| EndpointId::parse(seed).is_some())
    );
    let kinds = |kind: &str, seed: &str| Content::read(kind, seed);
    assert!(
        whole("skype_object")
            .iter()
            .any(|seed| matches!(kinds("Event/Call", seed), Content::Call(_)))
    );
    assert!(
        whole("skype_object")
            .iter()
            .any(|seed| matches!(kinds("RichText/Media_Card", seed), Content::Card(_)))
    );
    assert!(
        whole("skype_object")
            .iter()
            .any(|seed| matches!(kinds("RichText/Location", seed), Content::Location(_)))
    );
}

/// Pieces of seeds, cut anywhere and put together.
fn spliced() -> impl Strategy<Value = String> {
    let all: Vec<String> = ["skype_text", "skype_object", "skype_soap", "skype_token"]
        .iter()
        .flat_map(|target| seeds(target))
        .collect();
    let piece = (
        0..all.len(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
    )
        .prop_map(move |(which, from, upto)| {
            let seed: Vec<char> = all[which].chars().collect();
            let (a, b) = (from.index(seed.len()), upto.index(seed.len() + 1));
            seed[a.min(b)..a.max(b)].iter().collect::<String>()
        });
    proptest::collection::vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn pieces_of_seeds_are_read(content in spliced()) {
        text(&content);
        object(&content);
        token(&content);
        soap_or_form(&content);
    }
}
