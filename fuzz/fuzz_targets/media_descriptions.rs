//! Candidates and descriptions of the other end are read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _candidate = media::session::decode_candidate(text);
    let _description = media::session::decode_description(text);
});
