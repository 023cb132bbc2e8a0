//! Tokens and ids in headers and paths: read or refused, and what we write of them is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use webapi::skype::conversation::Horizon;
use webapi::skype::tokens::{self, Presented, Skypetoken};
use webapi::skype::{AsmId, EndpointId, ThreadId, lock_and_key};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let some = Some(text);
    let presented = Presented { skypetoken: None, authorization: some, authentication: some, cookie: some };
    if let Some(token) = presented.token() {
        assert!((1..=tokens::MAX_TOKEN).contains(&token.len()));
    }
    if let Some(token) = Skypetoken::read(text) {
        assert_eq!(Skypetoken::read(&token.write()), Some(token));
    }
    if let Some(found) = tokens::registration(text) {
        assert!(!found.token.contains(';'));
        if let Some(bytes) = tokens::registration_bytes(found.token) {
            assert_eq!(tokens::registration_token(&bytes), found.token);
        }
    }
    if let Some(bytes) = tokens::security_bytes(text).filter(|bytes| bytes.len() < 3_000) {
        assert_eq!(tokens::security_bytes(&tokens::security_token(&bytes)), Some(bytes));
    }
    if let Some(id) = EndpointId::parse(text) {
        assert_eq!(EndpointId::parse(&id.to_string()), Some(id));
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
    let _right = lock_and_key::is_right(text);
});
