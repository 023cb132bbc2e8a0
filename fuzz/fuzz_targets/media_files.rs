//! Sound files, packets and recordings of others are read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _samples = media::wav::decode(data, 48_000);
    let _packets = media::echo::decode(data);
    media::opus::decode(&[data]);
});
