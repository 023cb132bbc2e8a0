//! A STUN message is read or refused, and what was read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stun::{Key, Message, MessageWriter};

fuzz_target!(|data: &[u8]| {
    let Ok(message) = Message::decode(data) else { return };
    let _ = message.verify(&Key::short_term("secret"));
    let _ = (message.mapped_address(), message.data(), message.username(), message.error_code());
    let attributes: Vec<_> = message.attributes().collect();
    if message.id().is_classic() {
        return; // the writer writes a cookie of its own only for ids of today's kind
    }
    let mut writer = MessageWriter::new(message.class(), message.method(), message.id());
    for attribute in &attributes {
        writer.attribute(attribute);
    }
    let bytes = writer.finish();
    let again = Message::decode(&bytes).expect("what we write can be read");
    assert!(again.attributes().eq(attributes));
});
