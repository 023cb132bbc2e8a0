//! The jitter buffer: packets come when they like, sound goes out every 20 ms.
//!
//! Works on RTP media time, not on packet numbers. [`Playout::insert`] takes a packet at any moment,
//! [`Playout::pull`] gives the next 20 ms, always. In between:
//!
//! - packets are put in order, duplicates and late ones are counted and left out;
//! - the delay follows the network: as short as the last seconds allow, between 40 and 400 ms;
//! - a hole is filled from the redundancy in the packet after it, else it is concealed, and a long one fades out;
//! - delay that is too long or too short (also from clocks that run apart) is put right in silence only, where
//!   20 ms more or less cannot be heard; only a delay that ran away altogether is cut at once;
//! - numbers wrap around, time stamps jump, a sender starts anew: the stream goes on.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use media::{jitter::{Packet, Playout}, opus::Encoder, pcm::SILENCE};
//!
//! # #[allow(clippy::disallowed_methods, reason = "an example has to begin somewhere")]
//! let mut now = Instant::now();
//! let (mut encoder, mut playout) = (Encoder::new()?, Playout::new()?);
//! for n in 0..50u16 {
//!     let payload = encoder.encode(&SILENCE)?.into();
//!     playout.insert(now, Packet { ssrc: 1, sequence: n, timestamp: u32::from(n) * 960, payload });
//!     now += Duration::from_millis(20);
//!     let _heard = playout.pull(now);
//! }
//! assert_eq!(playout.stats().received, 50);
//! # Ok::<(), media::opus::OpusError>(())
//! ```

mod buffer;
mod delay;
mod playout;

use std::sync::Arc;
use std::time::Duration;

pub use playout::Playout;

use crate::pcm;

/// One RTP packet with Opus inside, its header already read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Who sends; another value means another stream.
    pub ssrc: u32,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP time stamp, 48 kHz.
    pub timestamp: u32,
    /// The Opus packet.
    pub payload: Arc<[u8]>,
}

/// What the jitter buffer saw and did since the call began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Packets that came and were no duplicates.
    pub received: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Packets that came after their moment had passed.
    pub late: u64,
    /// Packets that were not there at their moment; those counted as `late` among them.
    pub missing: u64,
    /// How often packets were missing, whatever their number.
    pub losses: u64,
    /// Of the missing ones, those whose sound was recovered from the packet after them.
    pub recovered: u64,
    /// Packets that were no Opus, or too far from everything else.
    pub malformed: u64,
    /// Times the stream began anew: another sender, or time stamps that jumped.
    pub restarts: u64,
    /// Packets thrown away because too many waited.
    pub overflow: u64,
    /// Samples of sound given out since the first packet was played.
    pub played_samples: u64,
    /// Samples among them that were guessed.
    pub concealed_samples: u64,
    /// Samples left out to shorten the delay.
    pub dropped_samples: u64,
    /// Samples added to lengthen the delay.
    pub stretched_samples: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1).
    pub jitter: Duration,
    /// How long the last packet waited here, measured from the fastest way through the network.
    pub delay: Duration,
    /// How long packets ought to wait here.
    pub target: Duration,
}

impl Stats {
    /// Packets that never came.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.missing.saturating_sub(self.late)
    }

    /// Share of the packets that never came, 0 to 1.
    #[must_use]
    pub fn loss(&self) -> f32 {
        share(self.lost(), self.received + self.lost())
    }

    /// Share of the sound that was guessed, 0 to 1.
    #[must_use]
    pub fn concealment(&self) -> f32 {
        share(self.concealed_samples, self.played_samples)
    }

    /// How much longer losses were than those of chance at this rate (BurstR of ITU-T G.107), 1 and more.
    #[must_use]
    pub fn burst_ratio(&self) -> f32 {
        let mean = self.missing.max(1) as f32 / self.losses.max(1) as f32;
        (mean * (1.0 - share(self.missing, self.received + self.lost()))).max(1.0)
    }

    /// How much sound was guessed.
    #[must_use]
    pub fn concealed(&self) -> Duration {
        pcm::time_of(self.concealed_samples)
    }
}

fn share(part: u64, whole: u64) -> f32 {
    if whole == 0 {
        0.0
    } else {
        (part as f64 / whole as f64) as f32
    }
}

#[cfg(test)]
mod tests;
