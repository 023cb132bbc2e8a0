//! Spectra of the lower band: 12 kHz hold everything that is looked for.

use std::f32::consts::PI;

use crate::pcm::{FRAME_SAMPLES, Frame, SAMPLE_RATE};

/// How many samples become one.
const FACTOR: usize = 4;

/// Samples in a second after that.
pub(super) const RATE: f32 = (SAMPLE_RATE as usize / FACTOR) as f32;

/// Taps of the low-pass.
const TAPS: usize = 48;

/// From 48 kHz to 12 kHz.
#[derive(Debug, Clone)]
pub(super) struct Decimator {
    taps: [f32; TAPS],
    /// The last samples of the frame before.
    past: [f32; TAPS],
}

impl Decimator {
    pub(super) fn new() -> Self {
        // A windowed sinc that lets 5 kHz through.
        let mut taps = std::array::from_fn(|n| {
            let t = n as f32 - (TAPS - 1) as f32 / 2.0;
            let x = PI * t * 2.0 * 5_000.0 / SAMPLE_RATE as f32;
            x.sin() / x * hann(n, TAPS)
        });
        let sum: f32 = taps.iter().sum();
        taps.iter_mut().for_each(|tap| *tap /= sum);
        Self {
            taps,
            past: [0.0; TAPS],
        }
    }

    /// What 20 ms become.
    pub(super) fn take(&mut self, frame: &Frame) -> [f32; FRAME_SAMPLES / FACTOR] {
        let mut line = [0.0; TAPS + FRAME_SAMPLES];
        line[..TAPS].copy_from_slice(&self.past);
        line[TAPS..].copy_from_slice(frame);
        self.past.copy_from_slice(&frame[FRAME_SAMPLES - TAPS..]);
        std::array::from_fn(|n| {
            let at = &line[n * FACTOR + FACTOR..][..TAPS];
            self.taps
                .iter()
                .zip(at)
                .map(|(tap, sample)| tap * sample)
                .sum()
        })
    }
}

/// Lets a band of the 12 kHz through: a high-pass and a low-pass of the second order (Butterworth).
#[derive(Debug, Clone)]
pub(super) struct Band {
    passes: [Biquad; 2],
}

#[derive(Debug, Clone, Copy, Default)]
struct Biquad {
    b: [f32; 3],
    a: [f32; 2],
    past: [f32; 2],
}

impl Band {
    /// From `low` to `high`, in Hz.
    pub(super) fn new(low: f32, high: f32) -> Self {
        let made = |frequency: f32, sign: f32| {
            let (sin, cos) = (2.0 * PI * frequency / RATE).sin_cos();
            let slope = sin * std::f32::consts::FRAC_1_SQRT_2;
            let (whole, edge) = (1.0 + slope, 1.0 + sign * cos);
            Biquad {
                b: [edge / 2.0, -sign * edge, edge / 2.0].map(|b| b / whole),
                a: [-2.0 * cos / whole, (1.0 - slope) / whole],
                past: [0.0; 2],
            }
        };
        Self {
            passes: [made(low, 1.0), made(high, -1.0)],
        }
    }

    pub(super) fn take<const N: usize>(&mut self, mut samples: [f32; N]) -> [f32; N] {
        for pass in &mut self.passes {
            for sample in &mut samples {
                let x = *sample;
                let y = pass.b[0] * x + pass.past[0];
                pass.past[0] = pass.b[1] * x - pass.a[0] * y + pass.past[1];
                pass.past[1] = pass.b[2] * x - pass.a[1] * y;
                *sample = y;
            }
        }
        samples
    }
}

/// Hann's window of so many samples.
pub(super) fn hann(n: usize, of: usize) -> f32 {
    0.5 - 0.5 * (2.0 * PI * (n as f32 + 0.5) / of as f32).cos()
}

/// The discrete Fourier transform of a power of two of complex values, in place.
#[derive(Debug, Clone)]
pub(super) struct Fourier {
    twiddles: Vec<(f32, f32)>,
}

impl Fourier {
    /// Of so many values, a power of two.
    pub(super) fn new(size: usize) -> Self {
        debug_assert!(size.is_power_of_two());
        let turn = |n: usize| (-2.0 * std::f64::consts::PI * n as f64 / size as f64).sin_cos();
        let twiddles = (0..size / 2)
            .map(|n| {
                let (sin, cos) = turn(n);
                (cos as f32, sin as f32)
            })
            .collect();
        Self { twiddles }
    }

    pub(super) fn size(&self) -> usize {
        self.twiddles.len() * 2
    }

    /// Transform `values`, as many as this was made for.
    pub(super) fn run(&self, values: &mut [(f32, f32)]) {
        let size = self.size();
        debug_assert_eq!(values.len(), size);
        let bits = size.trailing_zeros();
        for n in 0..size {
            let other = n.reverse_bits() >> (usize::BITS - bits);
            if n < other {
                values.swap(n, other);
            }
        }
        let mut half = 1;
        while half < size {
            let step = size / (2 * half);
            for block in values.chunks_exact_mut(2 * half) {
                let (low, high) = block.split_at_mut(half);
                for ((a, b), (cos, sin)) in low
                    .iter_mut()
                    .zip(high)
                    .zip(self.twiddles.iter().step_by(step))
                {
                    let turned = (b.0 * cos - b.1 * sin, b.0 * sin + b.1 * cos);
                    *b = (a.0 - turned.0, a.1 - turned.1);
                    *a = (a.0 + turned.0, a.1 + turned.1);
                }
            }
            half *= 2;
        }
    }

    /// The power at each frequency from 0 on, of samples under Hann's window.
    pub(super) fn powers(&self, samples: &[f32]) -> Vec<f32> {
        let size = self.size();
        let mut values: Vec<(f32, f32)> = samples
            .iter()
            .enumerate()
            .map(|(n, sample)| (sample * hann(n, size), 0.0))
            .collect();
        values.resize(size, (0.0, 0.0));
        self.run(&mut values);
        values[..size / 2]
            .iter()
            .map(|(re, im)| re * re + im * im)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_sound::sine;

    #[test]
    fn the_transform_finds_what_was_put_in() {
        let fourier = Fourier::new(64);
        let wave: Vec<f32> = (0..64)
            .map(|n| 3.0 * (2.0 * PI * 5.0 * n as f32 / 64.0).cos())
            .collect();
        let mut values: Vec<(f32, f32)> = wave.iter().map(|x| (*x, 0.0)).collect();
        fourier.run(&mut values);
        for (n, (re, im)) in values.iter().enumerate() {
            let want = if n == 5 || n == 59 { 96.0 } else { 0.0 };
            assert!(
                (re - want).abs() < 1e-3 && im.abs() < 1e-3,
                "{n}: {re} {im}"
            );
        }
    }

    #[test]
    fn a_band_lets_its_middle_through() {
        for (frequency, least, most) in [
            (50.0, 0.0, 0.03),
            (1_000.0, 0.34, 0.36),
            (5_800.0, 0.0, 0.03),
        ] {
            let mut band = Band::new(200.0, 3_400.0);
            let wave: [f32; 12_000] =
                std::array::from_fn(|n| 0.5 * (2.0 * PI * frequency * n as f32 / RATE).sin());
            let out = band.take(wave);
            let rms = (out[2_000..].iter().map(|s| s * s).sum::<f32>() / 10_000.0).sqrt();
            assert!((least..=most).contains(&rms), "{frequency} Hz: {rms}");
        }
    }

    #[test]
    fn the_lower_band_comes_through_and_the_upper_does_not() {
        for (frequency, want) in [
            (400.0, 0.35355),
            (3_000.0, 0.35355),
            (10_000.0, 0.0),
            (19_000.0, 0.0),
        ] {
            let (mut decimator, mut out) = (Decimator::new(), Vec::new());
            for _ in 0..20 {
                out.extend(decimator.take(&sine(frequency, 0.5)));
            }
            let power = out[240..].iter().map(|s| s * s).sum::<f32>() / (out.len() - 240) as f32;
            assert!(
                (power.sqrt() - want).abs() < 0.01,
                "{frequency} Hz: {}",
                power.sqrt()
            );
        }
    }
}
