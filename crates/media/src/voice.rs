//! What a recording of somebody speaking is like: how loud, how clean, what else is in it.
//!
//! An [`Ear`] listens, 20 ms at a time and with bounded work for each, and says in the end what it found, as a
//! [`Voice`]. It judges what arrived, so it cannot tell a thin microphone from a thin voice; each part below says what
//! it rests on.

mod active;
mod gaps;
mod hum;
mod repeat;
mod spectrum;

use crate::levels::{FLOOR_DBFS, power_dbfs, rms_dbfs};
use crate::pcm::{FRAME_SAMPLES, Frame};

pub use hum::Hum;
pub use repeat::Repeat;

/// Frames that are listened to: one minute. What comes after changes nothing.
pub const MAX_FRAMES: usize = 3_000;

/// Below this nothing was said, whatever stands out, in dBFS.
const SILENCE: f32 = -60.0;

/// Below this there is no sound at all, only what a codec leaves of none, in dBFS.
const NOTHING: f32 = -85.0;

/// Speech comes and goes by at least this much, in dB; what is steadier is no voice.
const LIVELY: f32 = 6.0;

/// Amplitudes from here on are at full scale, as a codec gives them back: of what a converter cut off at 1 it puts six
/// tenths above this, and of what was loud and whole nearly nothing.
const FULL: f32 = 0.94;

/// The telephone's band in Hz: where noise lies under the words.
const BAND: (f32, f32) = (200.0, 3_400.0);

/// What a recording is like. Levels are in dBFS, 0 being a full-scale square wave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Voice {
    /// Whether somebody speaks in it: there is sound, and it comes and goes.
    pub speaks: bool,
    /// Active speech level (ITU-T P.56, method B); of everything where nobody speaks.
    pub level_dbfs: f32,
    /// Share of the time with speech in it (ITU-T P.56), 0 to 1.
    pub activity: f32,
    /// Largest amplitude.
    pub peak_dbfs: f32,
    /// Mean power of the quietest tenth: what is there in the pauses. Of everything where nobody speaks.
    pub noise_dbfs: f32,
    /// The same within the telephone's band.
    pub band_noise_dbfs: f32,
    /// Share of the speech at full scale, 0 to 1.
    pub clipped: f32,
    /// Share of the speech that was cut out, 0 to 1: silence that begins and ends as speech never does.
    pub missing: f32,
    /// How often it was cut out.
    pub gaps: u32,
    /// The mains, if it hums in the pauses.
    pub hum: Option<Hum>,
    /// Everything a second time, if it is there.
    pub repeat: Option<Repeat>,
}

impl Voice {
    /// Nothing is wrong with it.
    pub const PERFECT: Self = Self {
        speaks: true,
        level_dbfs: -26.0,
        activity: 0.5,
        peak_dbfs: -10.0,
        noise_dbfs: FLOOR_DBFS,
        band_noise_dbfs: FLOOR_DBFS,
        clipped: 0.0,
        missing: 0.0,
        gaps: 0,
        hum: None,
        repeat: None,
    };

    /// How far the speech stands above what is in the pauses, in dB.
    #[must_use]
    pub fn above_noise(&self) -> f32 {
        self.level_dbfs - self.noise_dbfs
    }
}

/// Listens to a recording.
#[derive(Debug, Clone)]
pub struct Ear {
    active: active::Active,
    gaps: gaps::Gaps,
    narrow: spectrum::Decimator,
    band: spectrum::Band,
    hum: hum::Lines,
    repeat: repeat::Cepstrum,
    /// Of each frame, in dBFS.
    levels: Vec<f32>,
    /// The same within the telephone's band.
    band_levels: Vec<f32>,
    peak: f32,
    full: u64,
}

impl Default for Ear {
    fn default() -> Self {
        Self::new()
    }
}

impl Ear {
    /// An ear that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            active: active::Active::new(),
            gaps: gaps::Gaps::default(),
            narrow: spectrum::Decimator::new(),
            band: spectrum::Band::new(BAND.0, BAND.1),
            hum: hum::Lines::new(),
            repeat: repeat::Cepstrum::new(),
            levels: Vec::new(),
            band_levels: Vec::new(),
            peak: 0.0,
            full: 0,
        }
    }

    /// Listen to 20 ms.
    pub fn hear(&mut self, frame: &Frame) {
        if self.levels.len() >= MAX_FRAMES {
            return;
        }
        self.levels.push(rms_dbfs(frame));
        self.active.hear(frame);
        self.gaps.hear(frame);
        for sample in frame {
            let size = sample.abs();
            self.peak = self.peak.max(size);
            self.full += u64::from(size >= FULL);
        }
        let narrow = self.narrow.take(frame);
        self.band_levels.push(rms_dbfs(&self.band.take(narrow)));
        for sample in narrow {
            self.hum.hear(sample);
            self.repeat.hear(sample);
        }
    }

    /// What was heard.
    #[must_use]
    pub fn voice(&self) -> Voice {
        // Before the first sound and after the last no microphone was open: that is no pause.
        let sounds = |level: &f32| *level > NOTHING;
        let first = self.levels.iter().position(sounds).unwrap_or(0);
        let end = self
            .levels
            .iter()
            .rposition(sounds)
            .map_or(0, |last| last + 1);
        let sorted = in_order(&self.levels[first..end.max(first)]);
        let at = |share: f32| {
            let last = sorted.len().saturating_sub(1) as f32;
            sorted
                .get((last * share) as usize)
                .copied()
                .unwrap_or(FLOOR_DBFS)
        };
        let (low, high) = (at(0.1), at(0.95));
        let speaks = high >= SILENCE && high - low >= LIVELY;
        let (level, activity) = self.active.level();
        let whole = mean_power(&sorted);
        let noise_of = |sorted: &[f32]| {
            let tenth = sorted.len().div_ceil(if speaks { 10 } else { 1 });
            mean_power(&sorted[..tenth])
        };
        let noise = noise_of(&sorted);
        // A hum never stops, so the pauses hold all of it, and little else. A voice has lines of its own.
        let hum = self
            .hum
            .found()
            .filter(|hum| (hum.level_dbfs - noise).abs() < hum::ALONE);
        let spoken = (self.levels.len() * FRAME_SAMPLES) as f64 * f64::from(activity);
        let gaps = if speaks {
            self.gaps.found(level).beyond_chance(spoken)
        } else {
            gaps::Found::default()
        };
        Voice {
            speaks,
            level_dbfs: if speaks { level } else { whole },
            activity: if speaks { activity } else { 0.0 },
            peak_dbfs: power_dbfs(f64::from(self.peak).powi(2)),
            noise_dbfs: noise,
            band_noise_dbfs: noise_of(&in_order(&self.band_levels[first..end.max(first)])),
            clipped: (self.full as f64 / spoken.max(1.0)).clamp(0.0, 1.0) as f32,
            missing: gaps.share(spoken),
            gaps: gaps.count,
            hum,
            repeat: self.repeat.found().filter(|_| speaks),
        }
    }
}

fn in_order(levels: &[f32]) -> Vec<f32> {
    let mut sorted = levels.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted
}

fn mean_power(levels: &[f32]) -> f32 {
    let power: f64 = levels
        .iter()
        .map(|&level| 10f64.powf(f64::from(level) / 10.0))
        .sum();
    power_dbfs(power / levels.len().max(1) as f64).max(FLOOR_DBFS)
}

#[cfg(test)]
mod tests;
