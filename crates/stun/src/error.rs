//! What can be wrong with a peer's bytes, and with what we are asked to write.

use thiserror::Error;

/// Why a datagram is not a STUN message we can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Shorter than the 20 bytes of a header.
    #[error("shorter than a header")]
    TooShort,
    /// The first two bits are not zero.
    #[error("not STUN")]
    NotStun,
    /// The header's length is not a multiple of four or not the length of the datagram.
    #[error("the length in the header is wrong")]
    WrongLength,
    /// Neither the magic cookie nor a classic Binding message.
    #[error("no magic cookie")]
    NoCookie,
    /// An attribute reaches beyond the message.
    #[error("attribute {0:#06x} reaches beyond the message")]
    AttributeTooLong(u16),
    /// An attribute's length is not one that its kind can have.
    #[error("attribute {0:#06x} has an impossible length")]
    AttributeLength(u16),
    /// An attribute's value makes no sense: an unknown address family, text that is not UTF-8.
    #[error("attribute {0:#06x} has an impossible value")]
    AttributeValue(u16),
    /// FINGERPRINT does not match, or is not the last attribute.
    #[error("wrong fingerprint")]
    Fingerprint,
    /// More attributes than any honest message has.
    #[error("too many attributes")]
    TooManyAttributes,
}

/// Why bytes are not a ChannelData message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ChannelDataError {
    /// Shorter than the four bytes of a header.
    #[error("shorter than a header")]
    TooShort,
    /// The number is outside 0x4000 to 0x4FFF (RFC 8656 §12).
    #[error("not a channel number")]
    NotAChannel,
    /// The length in the header reaches beyond the datagram.
    #[error("the length in the header is wrong")]
    WrongLength,
}

/// Why a stream of frames cannot go on: the connection has to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StreamError {
    /// The next byte starts neither a STUN nor a ChannelData message.
    #[error("neither STUN nor ChannelData")]
    NotAFrame,
    /// A frame announces more bytes than this stream allows.
    #[error("a frame of {0} bytes is too long")]
    TooLong(usize),
}

/// Why a message's integrity could not be confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IntegrityError {
    /// The message carries no such attribute.
    #[error("no integrity attribute")]
    Missing,
    /// The key does not fit the message.
    #[error("wrong integrity")]
    Wrong,
}
