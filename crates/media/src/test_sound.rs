//! Sounds for unit tests.

use std::f32::consts::TAU;

use crate::pcm::{FRAME_SAMPLES, Frame};

/// 20 ms of a sine; 50 Hz multiples join without a step.
pub(crate) fn sine(frequency: f32, amplitude: f32) -> Frame {
    std::array::from_fn(|n| amplitude * (TAU * frequency * n as f32 / 48_000.0).sin())
}

/// Something with the ups and downs of speech: gliding harmonics in syllables, with pauses.
pub(crate) fn speechlike(seconds: f32) -> Vec<f32> {
    let total = (seconds * 48_000.0) as usize / FRAME_SAMPLES * FRAME_SAMPLES;
    let mut phase = 0.0f32;
    (0..total)
        .map(|n| {
            let t = n as f32 / 48_000.0;
            let pitch = 120.0 + 30.0 * (TAU * 0.7 * t).sin() + 10.0 * (TAU * 3.1 * t).sin();
            phase = (phase + pitch / 48_000.0).fract();
            let syllable = (TAU * 2.3 * t).sin().max(0.0).sqrt();
            let bright = 0.5 + 0.5 * (TAU * 1.3 * t).sin();
            let voice: f32 = (1..=24)
                .map(|h| (TAU * phase * h as f32).sin() / (h as f32).powf(1.0 + bright))
                .sum();
            0.15 * syllable * voice
        })
        .collect()
}
