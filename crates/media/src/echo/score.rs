//! From what was measured to an estimated mean opinion, by the E-model ([`crate::emodel`], ITU-T G.107).
//!
//! | of the model | here |
//! |---|---|
//! | SLR | 8 dB where the active speech level is −26 dBFS, and a dB more for each dB below (measured) |
//! | Nc | what is in the pauses, in the telephone's band, +6.15 dB from dBFS to dBm0 (measured; no finer weighting) |
//! | Q | from the share of clipped speech: with amplitudes as Laplace has them, so much of the power is lost (estimated) |
//! | TELR | 10 dB (SLR + RLR) and how much quieter the greeting came back (measured, if it did) |
//! | WEPL, Tr | the copy of everything in the recording (measured, if there is one) |
//! | T, Ta | half of the round trip, a frame, the codec's look-ahead, our jitter buffer (measured, the far buffer unknown) |
//! | Ppl, BurstR | the worst of: lost here, lost there, made up here (measured; decision 0015 for Bpl) |
//! | all else | the standard's defaults |
//!
//! Speech that was cut out before it was sent counts as a loss that nothing conceals.

use crate::emodel::Connection;
use crate::voice::Voice;

use super::advice::Network;
use super::returned::Returned;

/// Nominal active speech level, in dBFS.
const NOMINAL: f64 = -26.0;

/// A full-scale sine is −3.01 dBFS, and 3.14 dBm0 (ITU-T G.711).
const DBM0: f64 = 6.15;

/// One frame, and what Opus looks ahead, in ms.
const CODING: f64 = 26.5;

/// What takes from a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Speech too quiet, or too loud.
    Level,
    /// Noise or hum under the voice.
    Noise,
    /// Cut off at full scale.
    Clipping,
    /// An echo, to either side.
    Echo,
    /// Cut out before it was sent.
    Gaps,
    /// Lost on the way.
    Loss,
    /// Late.
    Delay,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Level,
        Self::Noise,
        Self::Clipping,
        Self::Echo,
        Self::Gaps,
        Self::Loss,
        Self::Delay,
    ];

    /// The word it is known by in messages and catalogues.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Level => "level",
            Self::Noise => "noise",
            Self::Clipping => "clipping",
            Self::Echo => "echo",
            Self::Gaps => "gaps",
            Self::Loss => "loss",
            Self::Delay => "delay",
        }
    }
}

/// The name of the method, as it stands beside every score.
pub const METHOD: &str = "ITU-T G.107";

/// An estimate of what people would say of the sound, and what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Mean opinion, 1 to 4.5 (MOS-CQE of ITU-T P.800.1).
    pub opinion: f64,
    /// Rating R, 0 to 100.
    pub rating: f64,
    /// What each cause would take from a perfect score if it were alone, the dearest first. They do not add up.
    pub costs: Vec<(Cause, f64)>,
}

impl Score {
    pub(super) fn new(voice: &Voice, network: &Network, returned: Option<Returned>) -> Self {
        let of = connection(voice, network, returned);
        let perfect = Connection::default().opinion();
        let mut costs: Vec<(Cause, f64)> = Cause::ALL
            .map(|cause| (cause, (perfect - only(cause, &of).opinion()).max(0.0)))
            .to_vec();
        costs.sort_by(|a, b| b.1.total_cmp(&a.1));
        Self {
            opinion: of.opinion(),
            rating: of.rating(),
            costs,
        }
    }

    /// What this cause would take if it were alone.
    #[must_use]
    pub fn cost(&self, cause: Cause) -> f64 {
        let found = self.costs.iter().find(|(one, _)| *one == cause);
        found.map_or(0.0, |(_, cost)| *cost)
    }
}

fn connection(voice: &Voice, network: &Network, returned: Option<Returned>) -> Connection {
    let of = Connection::default();
    let delay = returned.map_or(network.delay_ms, |back| {
        network.delay_ms.max(f64::from(back.delay_ms) / 2.0)
    });
    let distortion = 10f64.powf(-of.distortion / 10.0) + f64::from(voice.clipped);
    let below = |db: f32| f64::from(db).max(5.0);
    Connection {
        send_loudness: of.send_loudness + NOMINAL - f64::from(voice.level_dbfs),
        noise: (f64::from(voice.band_noise_dbfs) + DBM0).max(of.noise),
        distortion: -10.0 * distortion.log10(),
        talker_echo: returned.map_or(of.talker_echo, |back| {
            (f64::from(back.below_db) + 10.0).min(of.talker_echo)
        }),
        listener_echo: voice
            .repeat
            .map_or(of.listener_echo, |copy| below(copy.below_db)),
        listener_echo_delay: voice
            .repeat
            .map_or(2.0 * delay, |copy| f64::from(copy.delay_ms)),
        delay,
        packet_loss: network.worst_loss(),
        burst_ratio: network.burst_ratio,
        missing: f64::from(voice.missing),
    }
}

/// A connection with nothing wrong but this.
fn only(cause: Cause, with: &Connection) -> Connection {
    let of = Connection::default();
    match cause {
        Cause::Level => Connection {
            send_loudness: with.send_loudness,
            ..of
        },
        Cause::Noise => Connection {
            noise: with.noise,
            ..of
        },
        Cause::Clipping => Connection {
            distortion: with.distortion,
            ..of
        },
        Cause::Echo => Connection {
            talker_echo: with.talker_echo,
            listener_echo: with.listener_echo,
            listener_echo_delay: if with.listener_echo < of.listener_echo {
                with.listener_echo_delay
            } else {
                0.0
            },
            // An echo hurts by its delay; the delay itself has its own line.
            delay: if with.talker_echo < of.talker_echo {
                with.delay.min(100.0)
            } else {
                0.0
            },
            ..of
        },
        Cause::Gaps => Connection {
            missing: with.missing,
            ..of
        },
        Cause::Loss => Connection {
            packet_loss: with.packet_loss,
            burst_ratio: with.burst_ratio,
            ..of
        },
        Cause::Delay => Connection {
            delay: with.delay,
            listener_echo_delay: 2.0 * with.delay,
            ..of
        },
    }
}

/// One way from mouth to ear, as far as this end knows it, in ms.
pub(super) fn one_way(rtt_ms: Option<f64>, buffer_ms: f64) -> f64 {
    rtt_ms.unwrap_or(0.0) / 2.0 + buffer_ms + CODING
}
