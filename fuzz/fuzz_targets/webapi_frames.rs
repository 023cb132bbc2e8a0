//! What a client sends is read or refused, and what was read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use webapi::skein::{CallReport, ClientFrame, Command, ServerFrame, Signal};

fn round<T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug>(data: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(data) else { return };
    let Ok(written) = serde_json::to_vec(&read) else { return };
    let again: T = serde_json::from_slice(&written).expect("what we write can be read");
    assert_eq!(again, read);
}

fuzz_target!(|data: &[u8]| {
    round::<ClientFrame>(data);
    round::<Command>(data);
    round::<ServerFrame>(data);
    round::<Signal>(data);
    let _report = serde_json::from_slice::<CallReport>(data);
});
