//! Bytes that somebody says are a picture: cleaned or refused, and what was cleaned once stays as it is.
#![no_main]

use backend::blobs::{Raster, clean};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some(raster) = Raster::of(bytes) else {
        return;
    };
    // Few pixels, so that the parts are tried and not the decoders.
    let Ok(kept) = clean(bytes, raster, 10_000) else {
        return;
    };
    let again = clean(&kept.bytes, Raster::of(&kept.bytes).expect("a picture"), 10_000);
    let again = again.expect("it was a picture");
    assert_eq!((again.width, again.height), (kept.width, kept.height));
    assert_eq!(again.bytes, kept.bytes);
});
