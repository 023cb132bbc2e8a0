//! Names, display names and message trees: what is accepted is within its limits and stays as it is when cleaned again.
#![no_main]

use hub::model::{Body, MAX_BODY_CHARS, Rich};
use hub::name;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(rich) = serde_json::from_slice::<Rich>(data)
        && let Ok(cleaned) = rich.cleaned()
    {
        assert!(cleaned.words().chars().count() <= MAX_BODY_CHARS);
        assert_eq!(cleaned.clone().cleaned().as_ref(), Ok(&cleaned));
    }
    let _body = serde_json::from_slice::<Body>(data);
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(canonical) = name::canonical(text) {
        assert_eq!(name::canonical(&canonical).as_ref(), Ok(&canonical));
        assert!((name::MIN..=name::MAX).contains(&canonical.len()) && canonical.is_ascii());
    }
    if let Ok(display) = name::display(text) {
        assert_eq!(name::display(&display).as_ref(), Ok(&display));
    }
    if let Ok(cleaned) = Rich::plain(text).cleaned() {
        assert!(!cleaned.words().trim().is_empty());
    }
});
