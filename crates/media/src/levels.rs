//! How loud, how clean: levels in dBFS, clipping, noise floor, silence.

use crate::pcm::{FRAME_SAMPLES, Frame};

/// What digital silence measures as, in dBFS.
pub const FLOOR_DBFS: f32 = -100.0;

/// A frame quieter than this holds no speech, whatever the noise, in dBFS.
pub const SILENCE_DBFS: f32 = -55.0;

/// Samples at or above this amplitude count as clipped.
const CLIPPED: f32 = 0.995;

/// Speech stands out of the noise by at least this much, in dB.
const SPEECH_ABOVE_NOISE: f32 = 9.0;

/// Levels kept for the noise floor: one minute of frames, then every second one, and so on.
const MAX_LEVELS: usize = 3_000;

/// Root mean square in dBFS (0 = a full-scale square wave); [`FLOOR_DBFS`] for silence.
#[must_use]
pub fn rms_dbfs(samples: &[f32]) -> f32 {
    if samples.is_empty() {
        return FLOOR_DBFS;
    }
    let power = samples
        .iter()
        .map(|&s| f64::from(s) * f64::from(s))
        .sum::<f64>()
        / samples.len() as f64;
    power_dbfs(power)
}

/// The largest amplitude in dBFS.
#[must_use]
pub fn peak_dbfs(samples: &[f32]) -> f32 {
    let peak = samples.iter().fold(0.0f32, |peak, s| peak.max(s.abs()));
    power_dbfs(f64::from(peak) * f64::from(peak))
}

/// Whether a frame is so quiet that dropping or repeating it cannot be heard.
#[must_use]
pub fn is_silence(samples: &[f32]) -> bool {
    rms_dbfs(samples) < SILENCE_DBFS
}

pub(crate) fn power_dbfs(power: f64) -> f32 {
    if power <= 0.0 || !power.is_finite() {
        return FLOOR_DBFS;
    }
    ((10.0 * power.log10()) as f32).max(FLOOR_DBFS)
}

/// Listens to a recording and says what it was like. Bounded, whatever the length.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    frames: u64,
    clipped: u64,
    peak: f32,
    /// Level of every `stride`-th frame.
    levels: Vec<f32>,
    stride: u64,
}

/// What a [`Meter`] heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Mean level of the frames with speech, in dBFS; of all frames if none stands out.
    pub speech_dbfs: f32,
    /// Largest amplitude, in dBFS.
    pub peak_dbfs: f32,
    /// Level below which the quietest tenth lies, in dBFS.
    pub noise_dbfs: f32,
    /// Share of samples at full scale, 0 to 1.
    pub clipped: f32,
    /// Share of frames with speech, 0 to 1.
    pub active: f32,
}

impl Meter {
    /// An idle meter.
    #[must_use]
    pub fn new() -> Self {
        Self {
            stride: 1,
            ..Self::default()
        }
    }

    /// Listen to 20 ms.
    pub fn hear(&mut self, frame: &Frame) {
        if self.frames.is_multiple_of(self.stride.max(1)) {
            if self.levels.len() >= MAX_LEVELS {
                let mut keep = false;
                self.levels.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride = self.stride.max(1) * 2;
            }
            self.levels.push(rms_dbfs(frame));
        }
        self.frames += 1;
        for &sample in frame {
            let size = sample.abs();
            self.peak = self.peak.max(size);
            self.clipped += u64::from(size >= CLIPPED);
        }
    }

    /// What was heard so far.
    #[must_use]
    pub fn levels(&self) -> Levels {
        let mut sorted = self.levels.clone();
        sorted.sort_by(f32::total_cmp);
        let noise = sorted.get(sorted.len() / 10).copied().unwrap_or(FLOOR_DBFS);
        let threshold = (noise + SPEECH_ABOVE_NOISE).max(SILENCE_DBFS);
        let loud = &sorted[sorted.partition_point(|&l| l < threshold)..];
        // With nothing standing out (a steady tone, or nothing at all) the whole is what there is to judge.
        let judged = if loud.is_empty() { &sorted[..] } else { loud };
        let steady_sound = loud.is_empty() && noise >= SILENCE_DBFS;
        let total = (self.frames * FRAME_SAMPLES as u64).max(1);
        let share = if steady_sound {
            1.0
        } else {
            loud.len() as f32 / sorted.len().max(1) as f32
        };
        Levels {
            speech_dbfs: mean_power(judged),
            peak_dbfs: power_dbfs(f64::from(self.peak) * f64::from(self.peak)),
            noise_dbfs: noise,
            clipped: self.clipped as f32 / total as f32,
            active: share,
        }
    }
}

fn mean_power(levels: &[f32]) -> f32 {
    if levels.is_empty() {
        return FLOOR_DBFS;
    }
    power_dbfs(
        levels
            .iter()
            .map(|&l| 10f64.powf(f64::from(l) / 10.0))
            .sum::<f64>()
            / levels.len() as f64,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pcm::SILENCE;
    use crate::test_sound::sine;

    fn heard(frames: &[(Frame, usize)]) -> Levels {
        let mut meter = Meter::new();
        for (frame, times) in frames {
            for _ in 0..*times {
                meter.hear(frame);
            }
        }
        meter.levels()
    }

    #[test]
    fn a_half_scale_sine_measures_minus_nine() {
        let frame = sine(500.0, 0.5);
        assert!((rms_dbfs(&frame) - -9.03).abs() < 0.05);
        assert!((peak_dbfs(&frame) - -6.02).abs() < 0.05);
        assert_eq!(rms_dbfs(&SILENCE), FLOOR_DBFS);
        assert_eq!(rms_dbfs(&[]), FLOOR_DBFS);
        assert!(is_silence(&sine(500.0, 0.001)) && !is_silence(&frame));
    }

    #[test]
    fn speech_is_told_from_the_noise_around_it() {
        let levels = heard(&[(sine(300.0, 0.003), 100), (sine(300.0, 0.2), 50)]);
        assert!((levels.speech_dbfs - -17.0).abs() < 0.5, "{levels:?}");
        assert!((levels.noise_dbfs - -53.5).abs() < 0.5, "{levels:?}");
        assert!((levels.active - 1.0 / 3.0).abs() < 0.01, "{levels:?}");
        assert_eq!(levels.clipped, 0.0);
    }

    #[test]
    fn silence_and_a_steady_tone_are_told_apart() {
        assert_eq!(heard(&[(SILENCE, 50)]).active, 0.0);
        assert_eq!(heard(&[(sine(300.0, 0.1), 50)]).active, 1.0);
        assert_eq!(heard(&[]).speech_dbfs, FLOOR_DBFS);
    }

    #[test]
    fn clipping_is_counted() {
        let mut frame = SILENCE;
        frame[..96].fill(1.0);
        assert!((heard(&[(frame, 10)]).clipped - 0.1).abs() < 1e-6);
    }

    #[test]
    fn an_hour_of_sound_stays_bounded() {
        let mut meter = Meter::new();
        let frame = sine(300.0, 0.1);
        for _ in 0..180_000 {
            meter.hear(&frame);
        }
        assert!(meter.levels.len() <= MAX_LEVELS);
        assert!((meter.levels().speech_dbfs - -23.0).abs() < 0.2);
    }
}
