//! Speech that was cut out: a loud voice that falls silent at once and comes back at once, as loud.
//!
//! Before a *p* the voice dies away within some 20 ms, and what comes after it begins with a soft burst of air. What a
//! starved capture device or a gate cuts out lies anywhere, in the middle of vowels, and begins and ends within two
//! blocks of 5 ms; the codec's own ringing is heard in it, so silence is not asked for.

use crate::levels::rms_dbfs;
use crate::pcm::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// 5 ms.
const BLOCK: usize = FRAME_SAMPLES / 4;

/// Beside a gap there is a vowel: at most this far below the level of the speech, in dB.
const BESIDE: f32 = 7.0;

/// In a gap there is next to nothing: at least this far below the speech, in dB.
const INSIDE: f32 = 22.0;

/// Blocks in which a gap begins, and ends.
const EDGE: usize = 2;

/// Shorter is no gap, longer is a pause, in blocks: 15 to 200 ms.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=40;

/// Fewer gaps for each second of speech are what a clear speaker does now and then.
const OFTEN: f64 = 0.5;

/// Levels of the blocks, in dBFS.
#[derive(Debug, Clone, Default)]
pub(super) struct Gaps {
    levels: Vec<f32>,
}

/// What was cut out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) count: u32,
    blocks: usize,
}

impl Found {
    /// Nothing, unless it is more often than speakers do it themselves, in so many samples of speech.
    pub(super) fn beyond_chance(self, spoken: f64) -> Self {
        let seconds = spoken / f64::from(SAMPLE_RATE);
        if f64::from(self.count) < (OFTEN * seconds).max(2.0) {
            Self::default()
        } else {
            self
        }
    }

    /// Of so many samples of speech.
    pub(super) fn share(self, spoken: f64) -> f32 {
        ((self.blocks * BLOCK) as f64 / spoken.max(1.0)).min(1.0) as f32
    }
}

impl Gaps {
    pub(super) fn hear(&mut self, frame: &Frame) {
        self.levels.extend(frame.chunks(BLOCK).map(rms_dbfs));
    }

    /// The gaps in speech of this level.
    pub(super) fn found(&self, level: f32) -> Found {
        let (beside, inside) = (level - BESIDE, level - INSIDE);
        let is_speech = |range: std::ops::Range<usize>| {
            self.levels
                .get(range)
                .is_some_and(|levels| levels.iter().any(|&one| one >= beside))
        };
        let (mut found, mut at) = (Found::default(), 0);
        while at < self.levels.len() {
            let length = self.levels[at..]
                .iter()
                .take_while(|&&one| one < inside)
                .count();
            if LENGTH.contains(&length)
                && is_speech(at.saturating_sub(EDGE)..at)
                && is_speech(at + length..(at + length + EDGE).min(self.levels.len()))
            {
                found.count += 1;
                found.blocks += length;
            }
            at += length.max(1);
        }
        found
    }
}
