//! Writing STUN messages.

use super::attribute::{Attribute, attribute_type as ty};
use super::integrity::{Key, fingerprint};
use super::message::{Class, HEADER, Method, TransactionId, type_number};

/// Writes one message: attributes first, then integrity, then fingerprint.
///
/// ```
/// use stun::{Attribute, Class, Message, MessageWriter, Method, TransactionId};
///
/// let mut writer = MessageWriter::new(Class::Request, Method::Binding, TransactionId::new([7; 12]));
/// writer.attribute(&Attribute::Software("skein"));
/// let bytes = writer.finish_with_fingerprint();
/// assert!(Message::decode(&bytes).expect("just written").has_fingerprint());
/// ```
#[derive(Debug)]
pub struct MessageWriter {
    bytes: Vec<u8>,
    id: TransactionId,
}

impl MessageWriter {
    /// Begin a message.
    #[must_use]
    pub fn new(class: Class, method: Method, id: TransactionId) -> Self {
        let mut bytes = Vec::with_capacity(128);
        bytes.extend_from_slice(&type_number(class, method).to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(id.as_bytes());
        Self { bytes, id }
    }

    /// Append `attribute`.
    ///
    /// # Panics
    /// If the message would become longer than 64 KiB; callers write what fits a datagram.
    pub fn attribute(&mut self, attribute: &Attribute<'_>) -> &mut Self {
        let id = self.id;
        self.append(attribute.number(), |out| {
            attribute.encode(out, id.as_bytes())
        })
    }

    /// Append MESSAGE-INTEGRITY (RFC 8489 §14.5).
    pub fn integrity(&mut self, key: &Key) -> &mut Self {
        self.set_length(4 + 20);
        let tag = key.sha1(&[&self.bytes]);
        self.append(ty::MESSAGE_INTEGRITY, |out| out.extend_from_slice(&tag))
    }

    /// Append MESSAGE-INTEGRITY-SHA256, not truncated (RFC 8489 §14.6).
    pub fn integrity_sha256(&mut self, key: &Key) -> &mut Self {
        self.set_length(4 + 32);
        let tag = key.sha256(&[&self.bytes]);
        self.append(ty::MESSAGE_INTEGRITY_SHA256, |out| {
            out.extend_from_slice(&tag)
        })
    }

    /// The finished message.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    /// The finished message with FINGERPRINT at its end (RFC 8489 §14.7).
    #[must_use]
    pub fn finish_with_fingerprint(mut self) -> Vec<u8> {
        self.set_length(4 + 4);
        let crc = fingerprint(&[&self.bytes]);
        self.append(ty::FINGERPRINT, |out| {
            out.extend_from_slice(&crc.to_be_bytes())
        });
        self.bytes
    }

    fn append(&mut self, number: u16, value: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self.bytes.extend_from_slice(&[0, 0]);
        value(&mut self.bytes);
        let length = u16::try_from(self.bytes.len() - at - 4).expect("a value fits a datagram");
        self.bytes[at + 2..at + 4].copy_from_slice(&length.to_be_bytes());
        // Lengths do not count the padding, which is zero (RFC 8489 §14).
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.set_length(0);
        self
    }

    /// The header's length as if `more` bytes followed.
    fn set_length(&mut self, more: usize) {
        let length =
            u16::try_from(self.bytes.len() - HEADER + more).expect("a message fits a datagram");
        self.bytes[2..4].copy_from_slice(&length.to_be_bytes());
    }
}
