//! What is said to the echo, and how much of it comes back.

use std::path::Path;

/// Two notes that are neither in the greeting's tone nor harmonics of each other.
const LOW: f32 = 1_370.0;
const HIGH: f32 = 2_230.0;
/// What is said: which note, in frames of 20 ms.
const MELODY: [(Option<f32>, usize); 7] = [
    (Some(LOW), 40),
    (None, 15),
    (Some(HIGH), 30),
    (Some(LOW), 20),
    (None, 25),
    (Some(HIGH), 50),
    (Some(LOW), 30),
];
const FRAME: usize = 960;

/// 16 kHz, mono, 16 bits: not the rate of calls.
pub(super) fn melody() -> Vec<u8> {
    const RATE: usize = 16_000;
    let mut samples = Vec::new();
    for (note, frames) in MELODY {
        for n in 0..frames * RATE / 50 {
            let phase = |note: f32| (n as f32 * note * std::f32::consts::TAU / RATE as f32).sin();
            samples.push((note.map_or(0.0, phase) * 6_000.0) as i16);
        }
    }
    let bytes: Vec<u8> = samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + bytes.len() as u32).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&(RATE as u32).to_le_bytes());
    file.extend_from_slice(&(2 * RATE as u32).to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    file.extend(bytes);
    file
}

/// Which share of the melody's notes is found in a recording, in their order. A jitter buffer may stretch or shorten
/// silence, and a busy machine loses a frame here and there: neither is a different melody.
pub(super) fn likeness(path: &Path) -> f64 {
    let bytes = std::fs::read(path).expect("a recording");
    let samples = media::wav::decode(&bytes, 10_000_000).expect("a WAV file");
    assert!(
        samples.len() > 20 * 48_000,
        "a greeting, ten seconds, and the same again: {} samples",
        samples.len()
    );
    let heard: Vec<f32> = samples.chunks_exact(FRAME).filter_map(note_of).collect();
    let said = MELODY
        .iter()
        .flat_map(|(note, frames)| std::iter::repeat_n(*note, *frames));
    let said: Vec<f32> = said.flatten().collect();
    common(&heard, &said) as f64 / said.len() as f64
}

/// Length of the longest common subsequence.
fn common(heard: &[f32], said: &[f32]) -> usize {
    let mut row = vec![0_usize; said.len() + 1];
    for note in heard {
        let mut diagonal = 0;
        for (at, want) in said.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if note == want {
                diagonal + 1
            } else {
                above.max(row[at])
            };
            diagonal = above;
        }
    }
    row[said.len()]
}

/// The note of 20 ms, if one of the two stands out.
fn note_of(frame: &[f32]) -> Option<f32> {
    let energy: f32 = frame.iter().map(|sample| sample * sample).sum::<f32>();
    // Goertzel: how much of the frame is this one frequency, 0 to 1.
    let share = |note: f32| {
        let step = note * std::f32::consts::TAU / 48_000.0;
        let (mut sine, mut cosine) = (0.0_f32, 0.0_f32);
        for (n, sample) in frame.iter().enumerate() {
            sine += sample * (n as f32 * step).sin();
            cosine += sample * (n as f32 * step).cos();
        }
        (sine * sine + cosine * cosine) * 2.0 / (frame.len() as f32 * energy)
    };
    if energy < 0.01 {
        return None;
    }
    [LOW, HIGH].into_iter().find(|note| share(*note) > 0.6)
}
