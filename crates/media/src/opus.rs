//! Opus (RFC 6716, RFC 7587) at 48 kHz mono: 20 ms frames, in-band redundancy, concealment.

use ::opus as lib;

use crate::pcm::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// The longest packet we make; RFC 6716 §3.4 allows a frame 1,275 bytes.
const MAX_PACKET: usize = 1_275;

/// The longest time one packet may describe: 120 ms (RFC 6716 §2.1.4).
pub const MAX_PACKET_SAMPLES: usize = 5_760;

/// Bits per second we ask for: narrow enough for any link, PESQ 3.8 without loss.
pub const BITRATE: i32 = 32_000;

/// Why libopus refused.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpusError {
    /// The packet is no Opus packet.
    #[error("not an Opus packet: {0}")]
    Packet(String),
    /// libopus could not do its work (out of memory, a setting it does not know).
    #[error("libopus: {0}")]
    Library(String),
}

/// Sound in, packets out.
#[derive(Debug)]
pub struct Encoder {
    opus: lib::Encoder,
    expected_loss: i32,
}

impl Encoder {
    /// An encoder for a voice call: 32 kbit/s, complexity 9, in-band redundancy, no pauses in sending.
    ///
    /// # Errors
    /// [`OpusError::Library`] when libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        let made = || {
            let mut opus =
                lib::Encoder::new(SAMPLE_RATE, lib::Channels::Mono, lib::Application::Voip)?;
            opus.set_bitrate(lib::Bitrate::Bits(BITRATE))?;
            opus.set_complexity(9)?;
            opus.set_signal(lib::Signal::Voice)?;
            opus.set_inband_fec(true)?;
            opus.set_packet_loss_perc(DEFAULT_LOSS)?;
            opus.set_dtx(false)?;
            Ok(opus)
        };
        let opus = made().map_err(|e: lib::Error| OpusError::Library(e.to_string()))?;
        Ok(Self {
            opus,
            expected_loss: DEFAULT_LOSS,
        })
    }

    /// Encode 20 ms.
    ///
    /// # Errors
    /// [`OpusError::Library`]; does not happen with finite samples.
    pub fn encode(&mut self, frame: &Frame) -> Result<Vec<u8>, OpusError> {
        self.opus
            .encode_vec_float(frame, MAX_PACKET)
            .map_err(|e| OpusError::Library(e.to_string()))
    }

    /// Spend bits on redundancy for this share of lost packets (0 to 1), as the far side reports it.
    ///
    /// Never less than a little: the first lost packets of a call come before the first report.
    pub fn expect_loss(&mut self, share: f32) {
        let percent = ((share * 100.0).round() as i32).clamp(DEFAULT_LOSS, MAX_LOSS);
        if percent != self.expected_loss && self.opus.set_packet_loss_perc(percent).is_ok() {
            self.expected_loss = percent;
        }
    }
}

/// Expected loss before any report and the least afterwards, in percent.
const DEFAULT_LOSS: i32 = 5;

/// More than this makes the main signal suffer, in percent.
const MAX_LOSS: i32 = 30;

/// Packets in, sound out; also sound where packets are missing.
#[derive(Debug)]
pub struct Decoder {
    opus: lib::Decoder,
    buffer: Vec<f32>,
}

impl Decoder {
    /// A fresh decoder.
    ///
    /// # Errors
    /// [`OpusError::Library`] when libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        let opus = lib::Decoder::new(SAMPLE_RATE, lib::Channels::Mono)
            .map_err(|e| OpusError::Library(e.to_string()))?;
        Ok(Self {
            opus,
            buffer: vec![0.0; MAX_PACKET_SAMPLES],
        })
    }

    /// Forget what came before: another stream begins.
    pub fn reset(&mut self) {
        // The call fails only on a null state, which the constructor excludes.
        let _ = self.opus.reset_state();
    }

    /// Decode a packet into as many samples as it describes (2.5–120 ms).
    ///
    /// # Errors
    /// [`OpusError::Packet`] when the bytes are no Opus packet.
    pub fn decode(&mut self, packet: &[u8]) -> Result<&[f32], OpusError> {
        if packet.is_empty() {
            return Err(OpusError::Packet("empty".to_owned()));
        }
        self.run(packet, MAX_PACKET_SAMPLES, false)
    }

    /// The `samples` before `next`, from the redundancy inside `next`, or guessed when it carries none
    /// (RFC 6716 §2.1.7). `samples` is rounded up to 2.5 ms.
    ///
    /// # Errors
    /// [`OpusError::Packet`] when the bytes are no Opus packet.
    pub fn recover(&mut self, next: &[u8], samples: usize) -> Result<&[f32], OpusError> {
        if next.is_empty() {
            return Err(OpusError::Packet("empty".to_owned()));
        }
        self.run(next, whole(samples), true)
    }

    /// `samples` (rounded up to 2.5 ms) that continue what was heard last, guessed (RFC 6716 §4.4).
    ///
    /// # Errors
    /// [`OpusError::Library`]; does not happen.
    pub fn conceal(&mut self, samples: usize) -> Result<&[f32], OpusError> {
        self.run(&[], whole(samples), false)
    }

    fn run(&mut self, packet: &[u8], samples: usize, fec: bool) -> Result<&[f32], OpusError> {
        let made = self
            .opus
            .decode_float(packet, &mut self.buffer[..samples], fec)
            .map_err(|e| OpusError::Packet(e.to_string()))?;
        Ok(&self.buffer[..made.min(samples)])
    }
}

/// libopus conceals in steps of 2.5 ms.
fn whole(samples: usize) -> usize {
    samples.next_multiple_of(120).clamp(120, MAX_PACKET_SAMPLES)
}

/// How many samples at 48 kHz `packet` describes; `None` when it is no Opus packet.
#[must_use]
pub fn samples_in(packet: &[u8]) -> Option<usize> {
    if packet.is_empty() {
        return None;
    }
    lib::packet::get_nb_samples(packet, SAMPLE_RATE)
        .ok()
        .filter(|n| (1..=MAX_PACKET_SAMPLES).contains(n))
}

/// A decoder run over arbitrary packets, for fuzzing: each decoded, then used to recover and conceal.
pub fn decode(packets: &[&[u8]]) {
    let Ok(mut decoder) = Decoder::new() else {
        return;
    };
    for packet in packets {
        let samples = samples_in(packet);
        if let Ok(pcm) = decoder.decode(packet) {
            assert_eq!(
                Some(pcm.len()),
                samples,
                "the announced length is the decoded one"
            );
        }
        let _ = decoder.recover(packet, FRAME_SAMPLES);
        let _ = decoder.conceal(FRAME_SAMPLES);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::levels::rms_dbfs;
    use crate::test_sound::speechlike;

    #[test]
    fn a_lost_frame_is_recovered_from_the_next_packet() {
        let sound = speechlike(3.0);
        let mut encoder = Encoder::new().expect("encoder");
        encoder.expect_loss(0.2);
        let packets: Vec<Vec<u8>> = sound
            .as_chunks::<FRAME_SAMPLES>()
            .0
            .iter()
            .map(|f| encoder.encode(f).expect("packet"))
            .collect();
        let mut error = [0.0f32; 2];
        for (way, error) in error.iter_mut().enumerate() {
            let (mut clean, mut lossy) = (
                Decoder::new().expect("decoder"),
                Decoder::new().expect("decoder"),
            );
            for (n, packet) in packets.iter().enumerate() {
                let want = clean.decode(packet).expect("own packet").to_vec();
                if n % 10 == 5 {
                    let got = if way == 0 {
                        lossy
                            .recover(&packets[n + 1], FRAME_SAMPLES)
                            .expect("recovered")
                            .to_vec()
                    } else {
                        lossy.conceal(FRAME_SAMPLES).expect("concealed").to_vec()
                    };
                    assert_eq!(got.len(), FRAME_SAMPLES);
                    *error += want
                        .iter()
                        .zip(&got)
                        .map(|(a, b)| (a - b) * (a - b))
                        .sum::<f32>();
                } else {
                    lossy.decode(packet).expect("own packet");
                }
            }
        }
        assert!(
            error[0] < error[1] * 0.5,
            "redundancy {} against guessing {}",
            error[0],
            error[1]
        );
    }

    #[test]
    fn the_bitrate_is_what_was_asked_for() {
        let sound = speechlike(4.0);
        let mut encoder = Encoder::new().expect("encoder");
        let bytes: usize = sound
            .as_chunks::<FRAME_SAMPLES>()
            .0
            .iter()
            .map(|f| encoder.encode(f).expect("packet").len())
            .sum();
        let rate = bytes as f32 * 8.0 / 4.0;
        assert!((16_000.0..40_000.0).contains(&rate), "{rate} bit/s");
        assert!(rms_dbfs(&sound) > -40.0);
    }

    proptest! {
        #[test]
        fn arbitrary_packets_never_panic(
            packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..6)
        ) {
            decode(&packets.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
    }
}
