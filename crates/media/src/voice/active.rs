//! The active speech level (ITU-T P.56, method B): the power of speech while there is speech.

use crate::levels::FLOOR_DBFS;
use crate::pcm::SAMPLE_RATE;

/// T: how slowly the envelope follows, in s.
const SMOOTHING: f64 = 0.03;

/// H: pauses shorter than this belong to the speech, in samples (0.2 s).
const HANGOVER: u32 = SAMPLE_RATE / 5;

/// M: the envelope of active speech is at most this far below its level, in dB.
const MARGIN: f64 = 15.9;

/// Thresholds, a factor of 2 apart, the highest at half of full scale.
const THRESHOLDS: usize = 15;

/// Counts, at each threshold, how long speech is active.
#[derive(Debug, Clone)]
pub(super) struct Active {
    samples: u64,
    energy: f64,
    /// p and q: the envelope, smoothed twice.
    envelope: (f64, f64),
    counts: [u64; THRESHOLDS],
    /// Samples since the envelope was above each threshold.
    below: [u32; THRESHOLDS],
}

fn threshold(at: usize) -> f64 {
    0.5f64.powi((THRESHOLDS - at) as i32)
}

impl Active {
    pub(super) fn new() -> Self {
        Self {
            samples: 0,
            energy: 0.0,
            envelope: (0.0, 0.0),
            counts: [0; THRESHOLDS],
            below: [HANGOVER; THRESHOLDS],
        }
    }

    pub(super) fn hear(&mut self, samples: &[f32]) {
        let g = (-1.0 / (SMOOTHING * f64::from(SAMPLE_RATE))).exp();
        let thresholds: [f64; THRESHOLDS] = std::array::from_fn(threshold);
        let (mut p, mut q) = self.envelope;
        for &sample in samples {
            let x = f64::from(sample);
            self.energy += x * x;
            p = g * p + (1.0 - g) * x.abs();
            q = g * q + (1.0 - g) * p;
            for (at, threshold) in thresholds.iter().enumerate() {
                if q >= *threshold {
                    self.below[at] = 0;
                } else if self.below[at] < HANGOVER {
                    self.below[at] += 1;
                } else {
                    // Nor at any higher one: those have been below for longer.
                    break;
                }
                self.counts[at] += 1;
            }
        }
        self.envelope = (p, q);
        self.samples += samples.len() as u64;
    }

    /// The active level in dBFS, and the share of the time that is active.
    pub(super) fn level(&self) -> (f32, f32) {
        let level_at = |at: usize| 10.0 * (self.energy / self.counts[at] as f64).log10();
        let over = |at: usize| level_at(at) - 20.0 * threshold(at).log10() - MARGIN;
        let (mut lower, silent) = (0, (FLOOR_DBFS, 0.0));
        if self.counts[0] == 0 || over(0) < 0.0 {
            return silent;
        }
        // The level lies between the two thresholds where it stands by the margin above one and not above the next.
        let level = loop {
            let upper = lower + 1;
            if upper == THRESHOLDS || self.counts[upper] == 0 {
                break level_at(lower);
            }
            if over(upper) <= 0.0 {
                let share = over(lower) / (over(lower) - over(upper));
                break level_at(lower) + share * (level_at(upper) - level_at(lower));
            }
            lower = upper;
        };
        let whole = 10.0 * (self.energy / self.samples as f64).log10();
        let activity = 10f64.powf((whole - level) / 10.0);
        (level as f32, activity.min(1.0) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_sound::{sine, speechlike};

    fn level(samples: &[f32]) -> (f32, f32) {
        let mut active = Active::new();
        active.hear(samples);
        active.level()
    }

    #[test]
    fn nothing_is_never_active() {
        for samples in [&[][..], &[0.0; 48_000]] {
            assert_eq!(level(samples), (FLOOR_DBFS, 0.0));
        }
    }

    #[test]
    fn a_steady_tone_is_active_all_the_time() {
        let tone = [sine(500.0, 0.5); 200];
        let (level, activity) = level(tone.as_flattened());
        assert!(
            (level - -9.03).abs() < 0.1 && activity > 0.99,
            "{level} {activity}"
        );
    }

    #[test]
    fn pauses_do_not_count_and_short_ones_belong_to_the_speech() {
        let voice = speechlike(4.0);
        let (alone, busy) = level(&voice);
        let spread: Vec<f32> = voice
            .chunks(48_000)
            .flat_map(|second| [second, &[0.0; 48_000]].concat())
            .collect();
        let (with_pauses, half) = level(&spread);
        assert!((alone - with_pauses).abs() < 1.0, "{alone} {with_pauses}");
        assert!(half < 0.72 * busy && half > 0.45 * busy, "{busy} {half}");
    }

    /// Ten seconds whose first six are a tone: the smoothing and the hangover are part of the figure.
    #[test]
    fn the_hangover_is_a_fifth_of_a_second() {
        let tone = [sine(400.0, 0.1); 300];
        let mut samples = tone.as_flattened().to_vec();
        samples.resize(480_000, 0.0);
        let (level, activity) = level(&samples);
        let hung = (6.0 + 0.2) / 10.0;
        assert!((activity - hung).abs() < 0.03, "{activity}");
        assert!((level - -23.1).abs() < 0.3, "{level}");
    }
}
