//! Recordings of somebody who speaks, and of what goes wrong with microphones. Made here, the same every time.

use std::f32::consts::TAU;

use media::opus::{Decoder, Encoder};
use media::pcm::FRAME_SAMPLES;
use media::voice::{Ear, Voice};

const RATE: f32 = 48_000.0;

/// Chance that is the same every time (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// 0 to 1.
    pub(crate) fn roll(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.roll()
    }

    /// Noise of this level, in dBFS.
    pub(crate) fn noise(&mut self, samples: usize, level: f32) -> Vec<f32> {
        // An even distribution from −a to a has the power a²/3.
        let size = gain(level) * 3f32.sqrt();
        (0..samples)
            .map(|_| size * (2.0 * self.roll() - 1.0))
            .collect()
    }
}

pub(crate) fn gain(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

/// Something that a vocoder of the 1930s might say: syllables of gliding harmonics with two resonances, hissing between,
/// stops, and a breath after each sentence. Scaled to this active level, in a quiet room.
pub(crate) fn speech(seconds: f32, level: f32, seed: u64) -> Vec<f32> {
    let mut dice = Dice(seed);
    let total = (seconds * RATE) as usize;
    let mut sound = vec![0.0f32; 9_600];
    let (mut phase, mut pitch) = (0.0f32, dice.between(95.0, 190.0));
    while sound.len() < total {
        for _ in 0..(4.0 + 5.0 * dice.roll()) as usize {
            if dice.roll() < 0.4 {
                let hiss = dice.between(0.06, 0.12);
                let noise = dice.noise((hiss * RATE) as usize, -30.0);
                let shape = |n: usize| (TAU / 2.0 * n as f32 / (hiss * RATE)).sin();
                sound.extend(noise.iter().enumerate().map(|(n, s)| s * shape(n)));
            }
            let length = dice.between(0.12, 0.28);
            let (low, high) = (dice.between(300.0, 800.0), dice.between(900.0, 2_400.0));
            let (loud, aim) = (gain(dice.between(-9.0, 0.0)), dice.between(90.0, 200.0));
            let mut sizes = [(0.0f32, 0.0f32, 0.0f32); 30];
            for n in 0..(length * RATE) as usize {
                if n % 480 == 0 {
                    // The resonances stand still; the harmonics glide through them.
                    let near = |f: f32, of: f32| 1.0 / (1.0 + ((f - of) / 120.0).powi(2));
                    for (h, size) in (1..).zip(&mut sizes) {
                        let f = pitch * h as f32;
                        let loud = 0.15 / h as f32 + near(f, low) + 0.5 * near(f, high);
                        let (sin, cos) = ((h * h) as f32).sin_cos();
                        *size = (if f < 4_500.0 { loud } else { 0.0 }, sin, cos);
                    }
                }
                let t = n as f32 / RATE;
                pitch += (aim - pitch) * 0.000_06;
                phase = (phase + pitch / RATE).fract();
                let (sin, cos) = (TAU * phase).sin_cos();
                let (mut x, mut y, mut voice) = (1.0f32, 0.0f32, 0.0f32);
                for (size, of_sin, of_cos) in &sizes {
                    (x, y) = (x * cos - y * sin, x * sin + y * cos);
                    voice += size * (y * of_cos + x * of_sin);
                }
                // It swells at once and dies away like a room.
                let swell = (t / 0.02).min(1.0) * (-(t - length + 0.05).max(0.0) / 0.011).exp();
                sound.push(0.1 * loud * voice * swell);
            }
            if dice.roll() < 0.3 {
                let stop = dice.between(0.05, 0.09);
                sound.extend(vec![0.0; (stop * RATE) as usize]);
            }
        }
        let breath = dice.between(0.35, 0.8);
        sound.extend(vec![0.0; (breath * RATE) as usize]);
    }
    sound.truncate(total);
    let by = gain(level - heard(&sound).level_dbfs);
    let room = dice.noise(total, -76.0);
    sound
        .iter()
        .zip(room)
        .map(|(s, noise)| s * by + noise)
        .collect()
}

pub(crate) fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// What a converter makes of it.
pub(crate) fn limited(sound: &[f32]) -> Vec<f32> {
    sound.iter().map(|s| s.clamp(-1.0, 1.0)).collect()
}

/// The mains: lines at multiples of 50 or 60 Hz, of this level together.
pub(crate) fn hum(samples: usize, mains: f32, level: f32) -> Vec<f32> {
    let lines = [(1.0, 0.6), (2.0, 1.0), (3.0, 0.5), (4.0, 0.3), (5.0, 0.2)];
    let power: f32 = lines.iter().map(|(_, a): &(f32, f32)| a * a / 2.0).sum();
    let size = gain(level) / power.sqrt();
    (0..samples)
        .map(|n| {
            let t = n as f32 / RATE;
            size * lines
                .iter()
                .map(|(h, a)| a * (TAU * mains * h * t).sin())
                .sum::<f32>()
        })
        .collect()
}

/// Everything a second time.
pub(crate) fn repeated(sound: &[f32], after: f32, share: f32) -> Vec<f32> {
    let lag = (after * RATE) as usize;
    (0..sound.len())
        .map(|n| {
            sound[n]
                + if n >= lag {
                    share * sound[n - lag]
                } else {
                    0.0
                }
        })
        .collect()
}

/// Pieces cut out: so long, one after so long, in s.
pub(crate) fn cut(sound: &[f32], length: f32, every: f32) -> Vec<f32> {
    let at = |n: usize| (n as f32 / RATE) % every;
    sound
        .iter()
        .enumerate()
        .map(|(n, s)| if at(n) < length { 0.0 } else { *s })
        .collect()
}

/// What our codec makes of it.
pub(crate) fn coded(sound: &[f32]) -> Vec<f32> {
    let (mut encoder, mut decoder) = (Encoder::new().expect("opus"), Decoder::new().expect("opus"));
    let mut out = Vec::new();
    for frame in sound.as_chunks::<FRAME_SAMPLES>().0 {
        let packet = encoder.encode(frame).expect("encoded");
        out.extend_from_slice(decoder.decode(&packet).expect("decoded"));
    }
    out
}

/// What an ear finds in it.
pub(crate) fn heard(sound: &[f32]) -> Voice {
    let mut ear = Ear::new();
    for frame in sound.as_chunks::<FRAME_SAMPLES>().0 {
        ear.hear(frame);
    }
    ear.voice()
}
