use super::*;
use crate::pcm::SILENCE;
use crate::test_sound::{sine, speechlike};

fn heard(samples: &[f32]) -> Voice {
    let mut ear = Ear::new();
    for frame in samples.as_chunks::<FRAME_SAMPLES>().0 {
        ear.hear(frame);
    }
    ear.voice()
}

#[test]
fn silence_a_steady_tone_and_a_voice_are_told_apart() {
    let silence = heard(&[0.0; 96_000]);
    assert!(!silence.speaks && silence.activity == 0.0);
    assert_eq!(
        (silence.level_dbfs, silence.noise_dbfs),
        (FLOOR_DBFS, FLOOR_DBFS)
    );
    let tone = heard([sine(500.0, 0.1); 100].as_flattened());
    assert!(
        !tone.speaks && (tone.level_dbfs - -23.0).abs() < 0.1,
        "{tone:?}"
    );
    let voice = heard(&speechlike(5.0));
    assert!(voice.speaks && voice.activity > 0.5, "{voice:?}");
    assert!(!Ear::new().voice().speaks);
}

#[test]
fn the_noise_of_the_pauses_is_measured_in_its_band() {
    // 100 Hz lies under the telephone's band, 1,000 Hz in it.
    for (frequency, band) in [(100.0, -66.0), (1_000.0, -53.0)] {
        let mut samples = speechlike(5.0);
        let noise = sine(frequency, 0.003_16);
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample = if n / 48_000 % 2 == 0 { *sample } else { 0.0 } + noise[n % FRAME_SAMPLES];
        }
        let voice = heard(&samples);
        assert!((voice.noise_dbfs - -53.0).abs() < 0.5, "{voice:?}");
        assert!(
            (voice.band_noise_dbfs - band).abs() < 2.0,
            "{frequency} Hz: {voice:?}"
        );
        assert!(voice.above_noise() > 25.0, "{voice:?}");
    }
}

#[test]
fn a_mouth_that_never_shuts_is_heard_for_a_minute() {
    let (mut ear, frame) = (Ear::new(), sine(300.0, 0.1));
    for n in 0..MAX_FRAMES + 5_000 {
        ear.hear(if n < MAX_FRAMES { &frame } else { &SILENCE });
    }
    assert_eq!(ear.levels.len(), MAX_FRAMES);
    assert!((ear.voice().level_dbfs - -23.0).abs() < 0.1);
}

#[test]
fn a_pause_is_no_gap_and_a_gap_is_no_pause() {
    let voice = speechlike(5.0);
    assert_eq!((heard(&voice).gaps, heard(&voice).missing), (0, 0.0));
    // 40 ms cut out in the middle of ten syllables of 217 ms, and a whole second between two of them.
    let syllable = 48_000.0 / 2.3;
    let cut: Vec<f32> = voice
        .iter()
        .enumerate()
        .map(|(n, s)| {
            let (which, within) = ((n as f32 / syllable) as u32, n as f32 % syllable);
            let out = which < 10 && (4_000.0..5_920.0).contains(&within);
            if out { 0.0 } else { *s }
        })
        .collect();
    let found = heard(&cut);
    assert_eq!(found.gaps, 10, "{found:?}");
    assert!((0.05..0.15).contains(&found.missing), "{found:?}");
}
