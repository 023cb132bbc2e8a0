//! What the sound test found, and what to do about it.

use serde::{Deserialize, Serialize};

use crate::levels::{Levels, SILENCE_DBFS};
use crate::report::Measurements;

/// What was measured in a sound test. Words for it are found where the reader's language is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SoundCheck {
    /// How loud the caller spoke, in dBFS.
    pub level_dbfs: f32,
    /// The loudest moment, in dBFS.
    pub peak_dbfs: f32,
    /// The noise between the words, in dBFS.
    pub noise_dbfs: f32,
    /// Share of samples at full scale, 0 to 1.
    pub clipped: f32,
    /// Share of the time with speech, 0 to 1.
    pub active: f32,
    /// Share of packets lost from the caller to `echo`, 0 to 1.
    pub loss: f64,
    /// Share of packets lost from `echo` to the caller, if the caller's side said so, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub far_loss: Option<f64>,
    /// Jitter from the caller to `echo`, in ms.
    pub jitter_ms: f64,
    /// Round trip, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f64>,
    /// Share of the sound that was guessed, 0 to 1.
    pub concealment: f64,
    /// What to do, the most useful first; never empty.
    pub advice: Vec<Advice>,
}

/// One finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Advice {
    /// Nothing was heard: wrong microphone, or muted.
    Silent,
    /// The caller is hard to hear.
    Quiet,
    /// The caller is too loud; the sound is torn.
    Clipped,
    /// Much noise around the caller.
    Noisy,
    /// Packets get lost.
    Lossy,
    /// Packets come unevenly.
    Jittery,
    /// The way is long.
    Slow,
    /// All is well.
    Good,
}

impl Advice {
    /// The word it is known by in messages and catalogues.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Quiet => "quiet",
            Self::Clipped => "clipped",
            Self::Noisy => "noisy",
            Self::Lossy => "lossy",
            Self::Jittery => "jittery",
            Self::Slow => "slow",
            Self::Good => "good",
        }
    }
}

/// Below this share of speech nothing was said.
const LEAST_ACTIVE: f32 = 0.02;

/// Speech below this is hard to hear, in dBFS. A close microphone gives −30 to −18.
const QUIET_DBFS: f32 = -38.0;

/// More clipped samples than this can be heard.
const MOST_CLIPPED: f32 = 0.001;

/// Speech has to stand out of the noise by this much, in dB.
const LEAST_ABOVE_NOISE: f32 = 15.0;

/// Noise below this bothers nobody, in dBFS.
const FAINT_NOISE_DBFS: f32 = -50.0;

/// More loss than this is heard in spite of redundancy.
const MOST_LOSS: f64 = 0.03;

/// More jitter than this makes the delay long, in ms.
const MOST_JITTER: f64 = 30.0;

/// A round trip above this makes people talk at the same time, in ms (ITU-T G.114: 150 ms each way).
const MOST_RTT: f64 = 300.0;

impl SoundCheck {
    /// Judge a recording and the network it came over.
    #[must_use]
    pub fn new(levels: &Levels, measured: &Measurements) -> Self {
        let far_loss = match (measured.audio.far_lost, measured.audio.sent) {
            (Some(lost), sent @ 1..) => Some((lost as f64 / sent as f64).min(1.0)),
            _ => measured.audio.far_loss,
        };
        let mut check = Self {
            level_dbfs: levels.speech_dbfs,
            peak_dbfs: levels.peak_dbfs,
            noise_dbfs: levels.noise_dbfs,
            clipped: levels.clipped,
            active: levels.active,
            loss: measured.audio.loss,
            far_loss,
            jitter_ms: measured.audio.jitter_ms,
            rtt_ms: measured.rtt_ms,
            concealment: measured.audio.concealment,
            advice: Vec::new(),
        };
        check.advice = check.judge();
        check
    }

    fn judge(&self) -> Vec<Advice> {
        let silent = self.active < LEAST_ACTIVE || self.level_dbfs < SILENCE_DBFS;
        let above_noise = self.level_dbfs - self.noise_dbfs;
        // A microphone that gives nothing says nothing about quietness or noise.
        let noisy = above_noise < LEAST_ABOVE_NOISE
            && self.noise_dbfs > FAINT_NOISE_DBFS
            && self.active < 0.99;
        let findings = [
            (Advice::Silent, silent),
            (Advice::Clipped, self.clipped > MOST_CLIPPED),
            (Advice::Quiet, !silent && self.level_dbfs < QUIET_DBFS),
            (
                Advice::Lossy,
                self.loss.max(self.far_loss.unwrap_or(0.0)) > MOST_LOSS,
            ),
            (Advice::Noisy, !silent && noisy),
            (Advice::Jittery, self.jitter_ms > MOST_JITTER),
            (Advice::Slow, self.rtt_ms.is_some_and(|rtt| rtt > MOST_RTT)),
        ];
        let mut advice: Vec<Advice> = findings
            .iter()
            .filter(|(_, found)| *found)
            .map(|(a, _)| *a)
            .collect();
        if advice.is_empty() {
            advice.push(Advice::Good);
        }
        advice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> SoundCheck {
        SoundCheck {
            level_dbfs: -24.0,
            peak_dbfs: -6.0,
            noise_dbfs: -65.0,
            clipped: 0.0,
            active: 0.6,
            loss: 0.0,
            far_loss: Some(0.0),
            jitter_ms: 2.0,
            rtt_ms: Some(30.0),
            concealment: 0.0,
            advice: vec![],
        }
    }

    #[test]
    fn each_weakness_gets_its_advice() {
        for (check, want) in [
            (good(), vec![Advice::Good]),
            (
                SoundCheck {
                    level_dbfs: -100.0,
                    noise_dbfs: -100.0,
                    active: 0.0,
                    ..good()
                },
                vec![Advice::Silent],
            ),
            (
                SoundCheck {
                    level_dbfs: -42.0,
                    ..good()
                },
                vec![Advice::Quiet],
            ),
            (
                SoundCheck {
                    clipped: 0.01,
                    ..good()
                },
                vec![Advice::Clipped],
            ),
            (
                SoundCheck {
                    noise_dbfs: -36.0,
                    ..good()
                },
                vec![Advice::Noisy],
            ),
            (
                SoundCheck {
                    loss: 0.05,
                    ..good()
                },
                vec![Advice::Lossy],
            ),
            (
                SoundCheck {
                    far_loss: Some(0.2),
                    ..good()
                },
                vec![Advice::Lossy],
            ),
            (
                SoundCheck {
                    jitter_ms: 45.0,
                    rtt_ms: Some(700.0),
                    ..good()
                },
                vec![Advice::Jittery, Advice::Slow],
            ),
        ] {
            assert_eq!(check.judge(), want, "{check:?}");
        }
    }
}
