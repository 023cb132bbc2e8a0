//! Rich text of Skype's web generation: whatever comes is read, what was written of it is read alike, and nothing that is
//! not allowed is left in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use webapi::skype::text::{bare_words, read_plain, read_rich, write_rich};

fuzz_target!(|data: &[u8]| {
    let content = String::from_utf8_lossy(data);
    let names = |_: &webapi::skype::Mri| None;
    let write = |tree: &[_]| write_rich(tree, &names, None);

    let written = write(&read_rich(&content));
    let tree = read_rich(&written);
    let again = write(&tree);
    assert_eq!(read_rich(&again), tree);
    assert_eq!(bare_words(&again), bare_words(&written));
    let small = again.to_ascii_lowercase();
    for element in ["<script", "<img", "<iframe", "<object", "<a href=\"javascript"] {
        assert!(!small.contains(element), "{again}");
    }

    // Letters are never mark-up: what is written of them has no tag.
    let plain = write(&read_plain(&content));
    assert!(!plain.contains('<'), "{plain}");
});
