//! A recording as Opus packets in a file: `SKOP`, version 1, then for each 20 ms a length (16 bits, big-endian) and
//! the packet.

use crate::opus;
use crate::pcm::FRAME_SAMPLES;

/// What such a file begins with.
const MAGIC: &[u8; 5] = b"SKOP\x01";

/// The most packets in a file: one minute.
pub const MAX_PACKETS: usize = 3_000;

/// What is wrong with a file of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketsError {
    /// It does not begin as it should.
    #[error("not a file of Opus packets")]
    Magic,
    /// It ends within a packet.
    #[error("the file is cut short")]
    Truncated,
    /// One of the packets is not 20 ms of Opus.
    #[error("packet {0} is not 20 ms of Opus")]
    Packet(usize),
    /// It holds more than a minute.
    #[error("more than {MAX_PACKETS} packets")]
    TooLong,
}

/// The packets of a file.
///
/// # Errors
/// [`PacketsError`] says what is wrong with it.
pub fn decode(bytes: &[u8]) -> Result<Vec<&[u8]>, PacketsError> {
    let mut rest = bytes.strip_prefix(MAGIC).ok_or(PacketsError::Magic)?;
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let (length, after) = rest
            .split_first_chunk::<2>()
            .ok_or(PacketsError::Truncated)?;
        let (packet, after) = after
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(PacketsError::Truncated)?;
        if opus::samples_in(packet) != Some(FRAME_SAMPLES) {
            return Err(PacketsError::Packet(packets.len()));
        }
        if packets.len() == MAX_PACKETS {
            return Err(PacketsError::TooLong);
        }
        packets.push(packet);
        rest = after;
    }
    Ok(packets)
}

/// A file of packets.
///
/// # Errors
/// [`PacketsError`] when [`decode`] would refuse it.
pub fn encode<T: AsRef<[u8]>>(packets: &[T]) -> Result<Vec<u8>, PacketsError> {
    let mut bytes = MAGIC.to_vec();
    for (n, packet) in packets.iter().enumerate() {
        let packet = packet.as_ref();
        let length = u16::try_from(packet.len()).map_err(|_| PacketsError::Packet(n))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(packet);
    }
    decode(&bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        assert_eq!(decode(b"OggS"), Err(PacketsError::Magic));
        assert_eq!(decode(b"SKOP\x01"), Ok(vec![]));
        assert_eq!(decode(b"SKOP\x01\x00"), Err(PacketsError::Truncated));
        assert_eq!(decode(b"SKOP\x01\x00\x05ab"), Err(PacketsError::Truncated));
        assert_eq!(decode(b"SKOP\x01\x00\x00"), Err(PacketsError::Packet(0)));
        let many = vec![[0x08u8, 0]; MAX_PACKETS + 1];
        assert_eq!(encode(&many), Err(PacketsError::TooLong));
    }

    proptest! {
        #[test]
        fn packets_survive_the_file(bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..20)) {
            // 0x08: 20 ms of SILK, one frame.
            let packets: Vec<Vec<u8>> = bodies.into_iter().map(|body| [vec![0x08], body].concat()).collect();
            let bytes = encode(&packets).expect("20 ms each");
            prop_assert_eq!(decode(&bytes).expect("own file"), packets);
        }

        #[test]
        fn rubbish_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(&bytes);
            let _ = decode(&[MAGIC, &bytes[..]].concat());
        }
    }
}
