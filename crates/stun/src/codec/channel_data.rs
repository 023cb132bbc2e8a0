//! ChannelData: four bytes of header before the peer's bytes (RFC 8656 §12.4).

use crate::error::ChannelDataError;

/// The lowest channel number (RFC 8656 §12).
pub const MIN_CHANNEL: u16 = 0x4000;
/// The highest channel number (RFC 8656 §12; 0x5000 and above are reserved).
pub const MAX_CHANNEL: u16 = 0x4FFF;
/// The highest channel number of RFC 5766 §11, which programs of its time still use.
pub const MAX_OLD_CHANNEL: u16 = 0x7FFF;
/// Length of the header in bytes.
pub const CHANNEL_HEADER: usize = 4;

/// Whether `number` can be bound.
#[must_use]
pub fn is_channel(number: u16) -> bool {
    (MIN_CHANNEL..=MAX_CHANNEL).contains(&number)
}

/// A ChannelData message in a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelData<'a> {
    /// The channel it is for, 0x4000 to 0x4FFF.
    pub channel: u16,
    /// The peer's bytes, without padding.
    pub data: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// Read a datagram. Over UDP padding is allowed and ignored, so bytes after the data are no error
    /// (RFC 8656 §12.5, §12.6).
    pub fn decode(datagram: &'a [u8]) -> Result<Self, ChannelDataError> {
        let message = Self::decode_old(datagram)?;
        if is_channel(message.channel) {
            Ok(message)
        } else {
            Err(ChannelDataError::NotAChannel)
        }
    }

    /// Read a datagram whose channel may be any number of RFC 5766; whether it is bound decides.
    pub fn decode_old(datagram: &'a [u8]) -> Result<Self, ChannelDataError> {
        let (header, rest) = datagram
            .split_first_chunk::<CHANNEL_HEADER>()
            .ok_or(ChannelDataError::TooShort)?;
        let channel = u16::from_be_bytes([header[0], header[1]]);
        if !(MIN_CHANNEL..=MAX_OLD_CHANNEL).contains(&channel) {
            return Err(ChannelDataError::NotAChannel);
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let data = rest.get(..length).ok_or(ChannelDataError::WrongLength)?;
        Ok(Self { channel, data })
    }

    /// Append it to `out`, unpadded as UDP allows; streams want [`pad_frame`](super::pad_frame) afterwards.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&channel_header(self.channel, self.data.len()));
        out.extend_from_slice(self.data);
    }
}

/// The header of a ChannelData message of `length` bytes.
#[must_use]
pub fn channel_header(channel: u16, length: usize) -> [u8; CHANNEL_HEADER] {
    let length = u16::try_from(length).expect("a datagram is shorter than 64 KiB");
    let ([a, b], [c, d]) = (channel.to_be_bytes(), length.to_be_bytes());
    [a, b, c, d]
}
