//! Bytes to types and back: STUN messages, their attributes, ChannelData, and frames in a stream.

mod address;
mod attribute;
mod channel_data;
mod integrity;
mod message;
mod stream;
mod writer;

pub use attribute::{Attribute, Family, PasswordAlgorithm, PasswordAlgorithmList, attribute_type};
pub use channel_data::{
    CHANNEL_HEADER, ChannelData, MAX_CHANNEL, MAX_OLD_CHANNEL, MIN_CHANNEL, channel_header,
    is_channel,
};
pub use integrity::{Key, user_hash};
pub use message::{Class, HEADER, MAGIC_COOKIE, Message, Method, TransactionId};
pub use stream::{Frame, FrameStream, pad_frame};
pub use writer::MessageWriter;

pub(crate) use address::write_xor_address;
pub(crate) use attribute::address_length;

/// What a first byte announces when one UDP port carries everything (RFC 7983 §7, RFC 8656 §12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 0 to 3: STUN and TURN control.
    Stun,
    /// 20 to 63: DTLS.
    Dtls,
    /// 64 to 79: ChannelData.
    ChannelData,
    /// 128 to 191: RTP and RTCP.
    Rtp,
    /// Everything else, the empty datagram included.
    Other,
}

impl Kind {
    /// What `datagram` is by its first byte.
    #[must_use]
    pub fn of(datagram: &[u8]) -> Self {
        match datagram.first() {
            Some(0..=3) => Self::Stun,
            Some(20..=63) => Self::Dtls,
            Some(64..=79) => Self::ChannelData,
            Some(128..=191) => Self::Rtp,
            _ => Self::Other,
        }
    }
}
