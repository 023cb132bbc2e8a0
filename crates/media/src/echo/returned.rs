//! Whether the greeting comes back: the caller's loudspeaker in the caller's microphone.
//!
//! While `echo` speaks the caller listens. What comes in then and rises and falls as the greeting did is the greeting.

use crate::levels::{FLOOR_DBFS, rms_dbfs};
use crate::pcm::{FRAME_TIME, Frame};

/// Frames looked at: longer than every greeting.
const MAX_FRAMES: usize = 1_000;

/// The longest way there and back, in frames: 1.2 s.
const MAX_LAG: usize = 60;

/// From this correlation on it is the same.
const ALIKE: f64 = 0.7;

/// Quieter than this nobody hears it, in dBFS.
const FAINT: f32 = -60.0;

/// The greeting, come back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Returned {
    /// How much quieter than it was said, in dB.
    pub below_db: f32,
    /// How much later, in ms: there, through the air, and back.
    pub delay_ms: f32,
}

/// Amplitudes of the frames that were said and heard.
#[derive(Debug, Clone, Default)]
pub(super) struct Compared {
    said: Vec<f64>,
    heard: Vec<f64>,
}

impl Compared {
    /// These 20 ms were said while those were heard.
    pub(super) fn note(&mut self, said: &Frame, heard: &Frame) {
        if self.said.len() < MAX_FRAMES {
            self.said.push(amplitude(said));
            self.heard.push(amplitude(heard));
        }
    }

    /// The greeting in what was heard, if it is there.
    pub(super) fn found(&self) -> Option<Returned> {
        let longest = MAX_LAG.min(self.said.len().saturating_sub(100));
        let (lag, alike) = (0..longest)
            .map(|lag| (lag, correlation(&self.said, &self.heard[lag..])))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let level = |frames: &[f64]| {
            let power = frames.iter().map(|a| a * a).sum::<f64>() / frames.len() as f64;
            crate::levels::power_dbfs(power)
        };
        let (said, heard) = (
            level(&self.said[..self.said.len() - lag]),
            level(&self.heard[lag..]),
        );
        (alike >= ALIKE && heard > FAINT).then(|| Returned {
            below_db: (said - heard).max(0.0),
            delay_ms: (FRAME_TIME * lag as u32).as_secs_f32() * 1_000.0,
        })
    }
}

fn amplitude(frame: &Frame) -> f64 {
    let level = rms_dbfs(frame);
    if level <= FLOOR_DBFS {
        0.0
    } else {
        10f64.powf(f64::from(level) / 20.0)
    }
}

/// Pearson's, over what both have.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let mean = |x: &[f64]| x.iter().sum::<f64>() / n as f64;
    let (of_a, of_b) = (mean(a), mean(b));
    let (mut both, mut own_a, mut own_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        both += (a - of_a) * (b - of_b);
        own_a += (a - of_a) * (a - of_a);
        own_b += (b - of_b) * (b - of_b);
    }
    let scale = (own_a * own_b).sqrt();
    if scale > 0.0 { both / scale } else { 0.0 }
}
