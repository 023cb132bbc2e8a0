//! Frames in a TCP or TLS stream, told apart by their own lengths (RFC 8656 §12.5; RFC 8489 §6.2.2).

use std::ops::Range;

use super::channel_data::CHANNEL_HEADER;
use super::message::HEADER;
use crate::error::StreamError;

/// A frame of a stream, without its padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A STUN message, header included.
    Stun(&'a [u8]),
    /// A ChannelData message, header included.
    ChannelData(&'a [u8]),
}

impl<'a> Frame<'a> {
    /// Its bytes, as they would stand in a datagram.
    #[must_use]
    pub fn bytes(self) -> &'a [u8] {
        match self {
            Self::Stun(bytes) | Self::ChannelData(bytes) => bytes,
        }
    }
}

/// Collects what reads return and gives back whole frames, however the stream was cut.
///
/// ```
/// use stun::{Frame, FrameStream};
///
/// let mut stream = FrameStream::new(2048);
/// stream.push(&[0x40, 0x01, 0x00, 0x02, b'h']);
/// assert_eq!(stream.next_frame(), Ok(None)); // more bytes are needed
/// stream.push(&[b'i', 0, 0]); // the padding belongs to the frame and is thrown away
/// assert_eq!(stream.next_frame(), Ok(Some(Frame::ChannelData(&[0x40, 0x01, 0x00, 0x02, b'h', b'i']))));
/// assert_eq!(stream.next_frame(), Ok(None));
/// ```
#[derive(Debug)]
pub struct FrameStream {
    buffer: Vec<u8>,
    taken: usize,
    max_frame: usize,
}

impl FrameStream {
    /// A stream that refuses frames longer than `max_frame` bytes. What it keeps is bounded by that and by one
    /// [`push`](Self::push), if all frames are taken after each.
    #[must_use]
    pub fn new(max_frame: usize) -> Self {
        Self {
            buffer: Vec::new(),
            taken: 0,
            max_frame,
        }
    }

    /// Append what one read returned.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame; `None` when more bytes are needed. After an error the stream cannot go on.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, StreamError> {
        let Some((is_stun, frame, padded)) = self.locate()? else {
            return Ok(None);
        };
        self.taken += padded;
        let bytes = &self.buffer[frame];
        Ok(Some(if is_stun {
            Frame::Stun(bytes)
        } else {
            Frame::ChannelData(bytes)
        }))
    }

    /// Bytes that wait for the rest of their frame.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len() - self.taken
    }

    fn locate(&self) -> Result<Option<(bool, Range<usize>, usize)>, StreamError> {
        let rest = &self.buffer[self.taken..];
        let Some(first) = rest.first() else {
            return Ok(None);
        };
        let header = match first >> 6 {
            0b00 => HEADER,
            0b01 => CHANNEL_HEADER,
            _ => return Err(StreamError::NotAFrame),
        };
        let Some(head) = rest.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = header + usize::from(u16::from_be_bytes([head[2], head[3]]));
        // STUN lengths are multiples of four by themselves; ChannelData is padded over TCP and TLS.
        let padded = length.next_multiple_of(4);
        if padded > self.max_frame {
            return Err(StreamError::TooLong(length));
        }
        if header == HEADER && padded != length {
            return Err(StreamError::NotAFrame);
        }
        let whole = rest.len() >= padded;
        Ok(whole.then(|| (header == HEADER, self.taken..self.taken + length, padded)))
    }
}

/// Pad what `out` holds to four bytes, as every frame in a stream has to be (RFC 8656 §12.5).
pub fn pad_frame(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the frames of the stream hold when it is cut as `cuts` says.
    fn frames(stream: &[u8], piece: usize) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let mut collector = FrameStream::new(4096);
        for bytes in stream.chunks(piece) {
            collector.push(bytes);
            while let Some(frame) = collector.next_frame().expect("a good stream") {
                all.push(frame.bytes().to_vec());
            }
        }
        assert_eq!(collector.waiting(), 0);
        all
    }

    #[test]
    fn frames_by_length_and_not_by_what_one_read_returned() {
        let mut stream = vec![0x40, 0x01, 0x00, 0x0D];
        stream.extend_from_slice(b"thirteen byte");
        stream.extend_from_slice(&[0xAA, 0xBB, 0xCC]); // padding may be anything
        let binding = [&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[9; 12]].concat();
        stream.extend_from_slice(&binding);
        stream.extend_from_slice(&[0x40, 0x01, 0x00, 0x0C]);
        stream.extend_from_slice(b"twelve bytes");
        stream.extend_from_slice(&[0x40, 0x01, 0x00, 0x00]);
        let whole = frames(&stream, stream.len());
        assert_eq!(whole.len(), 4);
        assert_eq!(&whole[0][4..], b"thirteen byte");
        assert_eq!(whole[1], binding);
        assert_eq!(&whole[2][4..], b"twelve bytes");
        assert_eq!(&whole[3][4..], b"");
        for piece in 1..stream.len() {
            assert_eq!(frames(&stream, piece), whole, "cut into pieces of {piece}");
        }
    }

    #[test]
    fn a_stream_of_rubbish_or_giants_ends() {
        let mut stream = FrameStream::new(1000);
        stream.push(&[0xFF]);
        assert_eq!(stream.next_frame(), Err(StreamError::NotAFrame));
        let mut stream = FrameStream::new(1000);
        stream.push(&[0x40, 0, 0xFF, 0xFF]);
        assert_eq!(stream.next_frame(), Err(StreamError::TooLong(65_539)));
        let mut stream = FrameStream::new(1000);
        stream.push(&[0x00, 0x01, 0x00, 0x03]);
        assert_eq!(stream.next_frame(), Err(StreamError::NotAFrame));
    }
}
