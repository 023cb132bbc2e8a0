//! A stream gives the same frames however it is cut, and ChannelData never reaches beyond its datagram.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stun::error::StreamError;
use stun::{ChannelData, FrameStream};

fn frames(data: &[u8], piece: usize) -> (Vec<Vec<u8>>, Option<StreamError>) {
    let mut stream = FrameStream::new(1 << 12);
    let mut all = Vec::new();
    for bytes in data.chunks(piece) {
        stream.push(bytes);
        loop {
            match stream.next_frame() {
                Ok(Some(frame)) => all.push(frame.bytes().to_vec()),
                Ok(None) => break,
                Err(error) => return (all, Some(error)),
            }
        }
    }
    (all, None)
}

fuzz_target!(|data: &[u8]| {
    let _ = ChannelData::decode(data);
    let whole = frames(data, data.len().max(1));
    assert_eq!(frames(data, 1), whole);
    assert_eq!(frames(data, 7), whole);
});
