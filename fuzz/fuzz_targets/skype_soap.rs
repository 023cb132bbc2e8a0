//! SOAP envelopes and forms of the sign-in: read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use webapi::skype::{pages, soap};

fuzz_target!(|data: &[u8]| {
    if let Ok(asked) = soap::read(data) {
        assert!(!asked.username.trim().is_empty());
        assert!(asked.username.len() <= 1_024 && asked.password.len() <= 1_024);
    }
    let _parts = pages::Form::read(Some("multipart/form-data; boundary=x"), data);
    let form = pages::Form::read(None, data);
    if let Some(ppft) = form.ppft {
        let _bytes = pages::ppft_bytes(&ppft);
    }
});
