use std::f32::consts::TAU;
use std::io::Cursor;

use proptest::prelude::*;

use super::*;

/// A file of `seconds` of a 440 Hz tone at half scale.
fn tone(rate: u32, channels: u16, bits: u16, format: hound::SampleFormat, seconds: f32) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: bits,
        sample_format: format,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut wav = hound::WavWriter::new(&mut bytes, spec).expect("header");
    for n in 0..(rate as f32 * seconds) as u32 {
        let value = 0.5 * (TAU * 440.0 * n as f32 / rate as f32).sin();
        for _ in 0..channels {
            match format {
                hound::SampleFormat::Float => wav.write_sample(value).expect("sample"),
                hound::SampleFormat::Int => {
                    wav.write_sample((f64::from(value) * ((1i64 << (bits - 1)) - 1) as f64) as i32)
                        .expect("sample");
                }
            }
        }
    }
    wav.finalize().expect("end");
    bytes.into_inner()
}

/// The share of the energy that is not the 440 Hz tone, in dB.
fn residue_db(samples: &[f32]) -> f32 {
    let (mut sin, mut cos) = (0.0f64, 0.0f64);
    let phase = |n: usize| f64::from(TAU) * 440.0 * n as f64 / 48_000.0;
    for (n, &s) in samples.iter().enumerate() {
        sin += f64::from(s) * phase(n).sin();
        cos += f64::from(s) * phase(n).cos();
    }
    let (a, b) = (
        2.0 * sin / samples.len() as f64,
        2.0 * cos / samples.len() as f64,
    );
    let (mut tone, mut rest) = (0.0, 0.0);
    for (n, &s) in samples.iter().enumerate() {
        let model = a * phase(n).sin() + b * phase(n).cos();
        tone += model * model;
        rest += (f64::from(s) - model) * (f64::from(s) - model);
    }
    (10.0 * (rest / tone).log10()) as f32
}

#[test]
fn every_usual_format_becomes_the_same_48_khz_tone() {
    use hound::SampleFormat::{Float, Int};
    for (rate, channels, bits, format) in [
        (8_000, 1, 16, Int),
        (11_025, 2, 16, Int),
        (16_000, 1, 8, Int),
        (22_050, 1, 16, Int),
        (44_100, 2, 24, Int),
        (48_000, 1, 16, Int),
        (48_000, 2, 32, Float),
        (96_000, 1, 32, Int),
        (192_000, 2, 32, Float),
    ] {
        let samples = decode(&tone(rate, channels, bits, format, 1.5), 60).expect("a good file");
        let wrong = (samples.len() as i64 - 72_000).abs();
        assert!(wrong <= 48, "{rate} Hz: {} samples", samples.len());
        let middle = &samples[4_800..62_400];
        let limit = if bits == 8 { -38.0 } else { -60.0 };
        let residue = residue_db(middle);
        assert!(
            residue < limit,
            "{rate} Hz {bits} bit: residue {residue} dB"
        );
    }
}

#[test]
fn what_is_written_reads_back_exactly() {
    let mut bytes = Cursor::new(Vec::new());
    let samples: Vec<f32> = (0..100_000)
        .map(|n| crate::pcm::from_i16((n * 7 % 60_000 - 30_000) as i16))
        .collect();
    let mut writer = WavWriter::new(&mut bytes).expect("header");
    for part in samples.chunks(777) {
        writer.write(part).expect("samples");
    }
    writer.finish().expect("end");
    assert_eq!(decode(bytes.get_ref(), 60).expect("own file"), samples);
}

#[test]
fn bad_files_get_a_reason() {
    let good = tone(16_000, 1, 16, hound::SampleFormat::Int, 0.5);
    assert!(matches!(decode(b"", 1), Err(WavError::Truncated)));
    assert!(matches!(
        decode(b"ID3\x03 certainly an mp3 file", 1),
        Err(WavError::Malformed(_))
    ));
    assert!(matches!(decode(&good[..30], 1), Err(WavError::Truncated)));
    assert!(matches!(
        decode(&good[..good.len() - 2_000], 60),
        Err(WavError::Truncated)
    ));
    let mut five = tone(16_000, 2, 16, hound::SampleFormat::Int, 0.1);
    five[22] = 5; // channels
    five[28..32].copy_from_slice(&(16_000u32 * 10).to_le_bytes());
    five[32] = 10; // block size
    assert!(matches!(
        decode(&five, 1),
        Err(WavError::Channels(_) | WavError::Malformed(_))
    ));
    let mut slow = good.clone();
    slow[24..28].copy_from_slice(&10u32.to_le_bytes());
    slow[28..32].copy_from_slice(&20u32.to_le_bytes());
    assert!(matches!(
        decode(&slow, 1),
        Err(WavError::Rate(10) | WavError::Malformed(_))
    ));
    let mut alaw = good;
    alaw[20] = 6;
    assert!(decode(&alaw, 1).is_err());
}

proptest! {
    #[test]
    fn rubbish_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = decode(&bytes, 1);
    }

    #[test]
    fn a_damaged_file_never_panics(at in 0usize..120, value: u8, cut in 0usize..4_000) {
        let mut bytes = tone(11_025, 2, 16, hound::SampleFormat::Int, 0.05);
        bytes[at] = value;
        bytes.truncate(bytes.len().saturating_sub(cut).max(at + 1));
        let _ = decode(&bytes, 1);
    }
}
