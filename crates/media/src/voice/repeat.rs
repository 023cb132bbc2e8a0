//! Everything a second time: an echo in the recording itself, found by its cepstrum.
//!
//! A copy that comes *d* later puts a ripple of the period 1/*d* on the spectrum, the same in every window whatever is
//! said. The mean of the windows' logarithms keeps the ripple and wears off the words; its transform has a peak at *d*,
//! as high as the copy is strong.

use super::spectrum::{Fourier, RATE, hann};

/// Samples in a window: 1.4 s; the next begins in its middle.
const WINDOW: usize = 16_384;

/// Copies that are looked for, in samples: 50 to 600 ms. Sooner is the room, and the voice's own pitch.
const LAGS: std::ops::Range<usize> = 600..7_200;

/// Where speech has its power, as places in the spectrum: 300 to 4,500 Hz.
const BAND: std::ops::Range<usize> = 410..6_144;

/// What is wider than this in the spectrum is voice, not ripple, in places: some 47 Hz.
const WIDE: usize = 32;

/// A copy is at least this strong, as a share of the amplitude.
const LEAST: f32 = 0.12;

/// And stands out of everything else by this factor.
const STANDS: f32 = 7.0;

/// The lowest power that counts in a window, as a share of its mean.
const FLOOR: f32 = 1e-6;

/// Quieter windows say nothing, as mean power per place.
const QUIET: f32 = 1e-3;

/// A copy of everything that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeat {
    /// How much later it comes, in ms.
    pub delay_ms: f32,
    /// How much quieter, in dB.
    pub below_db: f32,
}

/// Sums up logarithms of spectra.
#[derive(Debug, Clone)]
pub(super) struct Cepstrum {
    fourier: Fourier,
    waiting: Vec<f32>,
    sum: Vec<f32>,
    windows: u32,
}

impl Cepstrum {
    pub(super) fn new() -> Self {
        Self {
            fourier: Fourier::new(WINDOW),
            waiting: Vec::with_capacity(WINDOW),
            sum: vec![0.0; WINDOW / 2],
            windows: 0,
        }
    }

    pub(super) fn hear(&mut self, sample: f32) {
        self.waiting.push(sample);
        if self.waiting.len() < WINDOW {
            return;
        }
        let powers = self.fourier.powers(&self.waiting);
        let mean = powers[BAND].iter().sum::<f32>() / BAND.len() as f32;
        if mean > QUIET {
            for (sum, power) in self.sum.iter_mut().zip(powers) {
                *sum += (power + FLOOR * mean).ln();
            }
            self.windows += 1;
        }
        self.waiting.drain(..WINDOW / 2);
    }

    /// The strongest copy, if there is one.
    pub(super) fn found(&self) -> Option<Repeat> {
        // Of two or three windows the words have not worn off.
        if self.windows < 4 {
            return None;
        }
        let (lag, height, typical) = self.peak();
        (height >= LEAST && height >= STANDS * typical).then(|| Repeat {
            delay_ms: lag as f32 * 1_000.0 / RATE,
            below_db: -20.0 * height.min(1.0).log10(),
        })
    }

    /// Where the cepstrum is highest, how high, and how high it is elsewhere.
    pub(super) fn peak(&self) -> (usize, f32, f32) {
        let mean: Vec<f32> = self
            .sum
            .iter()
            .map(|sum| sum / self.windows.max(1) as f32)
            .collect();
        // Running sums make the mean of what is around each place cheap.
        let mut sums = vec![0.0f64];
        for value in &mean {
            sums.push(sums[sums.len() - 1] + f64::from(*value));
        }
        let mut values = vec![(0.0f32, 0.0f32); WINDOW];
        let mut weight = 0.0;
        for at in BAND {
            let around = (sums[at + WIDE] - sums[at - WIDE]) / (2 * WIDE) as f64;
            let share = hann(at - BAND.start, BAND.len());
            values[at].0 = (mean[at] - around as f32) * share;
            weight += share;
        }
        self.fourier.run(&mut values);
        let cepstrum: Vec<f32> = values[..LAGS.end + 1]
            .iter()
            .map(|(re, _)| re / weight)
            .collect();
        // A copy that falls between two samples has its height in both.
        let height = |lag: usize| {
            let squares = [lag - 1, lag, lag + 1].map(|at| cepstrum[at].max(0.0).powi(2));
            squares.iter().sum::<f32>().sqrt()
        };
        let best = LAGS
            .max_by(|a, b| cepstrum[*a].total_cmp(&cepstrum[*b]))
            .unwrap_or(LAGS.start);
        let mut sizes: Vec<f32> = LAGS.map(|lag| cepstrum[lag].abs()).collect();
        sizes.sort_by(f32::total_cmp);
        (best, height(best), sizes[sizes.len() / 2])
    }
}
