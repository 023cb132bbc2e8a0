//! The hum of the mains: 50 or 60 Hz and their multiples, standing in the pauses.

use super::spectrum::{Fourier, RATE};
use crate::levels::power_dbfs;

/// Samples in a window: a third of a second, 3 Hz from one frequency to the next.
const WINDOW: usize = 4_096;

/// A line stands this much above what is beside it, as a factor.
const STANDS: f32 = 10.0;

/// Quieter hum bothers nobody, in dBFS.
const FAINT: f32 = -62.0;

/// How far apart a hum and everything that is in the pauses may be, in dB.
pub(super) const ALONE: f32 = 6.0;

/// Windows kept: as many as an [`super::Ear`] hears.
const MAX_WINDOWS: usize = 200;

/// Multiples that are looked at. 300 Hz belongs to both mains and tells nothing.
const MULTIPLES: [(u32, std::ops::RangeInclusive<u32>); 2] = [(50, 1..=5), (60, 1..=4)];

/// The lowest frequencies of a window are kept, up to 300 Hz and what is beside it.
const KEPT: usize = 112;

/// A hum that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hum {
    /// 50 or 60 Hz.
    pub mains_hz: u32,
    /// Of all its lines together, in dBFS.
    pub level_dbfs: f32,
}

/// Spectra of windows, and how much power each had.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    fourier: Fourier,
    waiting: Vec<f32>,
    windows: Vec<(f32, Vec<f32>)>,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            fourier: Fourier::new(WINDOW),
            waiting: Vec::with_capacity(WINDOW),
            windows: Vec::new(),
        }
    }

    pub(super) fn hear(&mut self, sample: f32) {
        self.waiting.push(sample);
        if self.waiting.len() < WINDOW {
            return;
        }
        if self.windows.len() < MAX_WINDOWS {
            let powers = self.fourier.powers(&self.waiting);
            let all = powers.iter().sum();
            self.windows.push((all, powers[..KEPT].to_vec()));
        }
        self.waiting.clear();
    }

    /// The mains, if it hums where it is quietest.
    pub(super) fn found(&self) -> Option<Hum> {
        let mut windows: Vec<_> = self.windows.iter().collect();
        windows.sort_by(|a, b| a.0.total_cmp(&b.0));
        windows.truncate(windows.len().div_ceil(3));
        if windows.is_empty() {
            return None;
        }
        let mean: Vec<f32> = (0..KEPT)
            .map(|n| {
                windows.iter().map(|(_, powers)| powers[n]).sum::<f32>() / windows.len() as f32
            })
            .collect();
        let hums = MULTIPLES.map(|(mains, multiples)| {
            let lines: Vec<f32> = multiples
                .filter_map(|n| line(&mean, (mains * n) as f32))
                .collect();
            let level = power_dbfs(f64::from(lines.iter().sum::<f32>()));
            // One line alone may be anything.
            (lines.len() >= 2 && level > FAINT).then_some(Hum {
                mains_hz: mains,
                level_dbfs: level,
            })
        });
        hums.into_iter()
            .flatten()
            .max_by(|a, b| a.level_dbfs.total_cmp(&b.level_dbfs))
    }
}

/// The power of a line at this frequency, if one stands there.
fn line(powers: &[f32], frequency: f32) -> Option<f32> {
    let at = (frequency * WINDOW as f32 / RATE).round() as usize;
    let beside = [at.saturating_sub(7)..at.saturating_sub(3), at + 4..at + 8];
    let floor: f32 = beside
        .into_iter()
        .flat_map(|range| &powers[range])
        .sum::<f32>()
        / 8.0;
    let peak = powers[at - 1..=at + 1]
        .iter()
        .fold(0.0f32, |peak, power| peak.max(*power));
    if peak < STANDS * floor.max(f32::MIN_POSITIVE) {
        return None;
    }
    // Parseval: a window of Hann lets three eighths of the power through.
    let sum: f32 = powers[at - 2..=at + 2].iter().sum();
    Some(2.0 * sum / (WINDOW as f32 * WINDOW as f32 * 0.375))
}
