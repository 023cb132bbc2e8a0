//! The score of the sound test, and its advice: over recordings that go through the codec, as they would in a call.

use std::sync::LazyLock;

use media::echo::{Advice, Cause, SoundCheck, Source};
use media::peer::Peer;
use media::report::Measurements;
use media::session::Config;
use media::voice::Voice;
use proptest::prelude::*;

use crate::recordings::{Dice, coded, cut, gain, heard, hum, limited, mixed, repeated, speech};

const SECONDS: f32 = 6.0;

/// A good way through the network.
fn good_network() -> Measurements {
    static GOOD: LazyLock<Measurements> = LazyLock::new(|| {
        #[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
        let now = std::time::Instant::now();
        let mut rng = sansio::rng::seeded(1);
        let mut peer = Peer::new(now, Config::default(), &mut rng).expect("a peer");
        let mut measured = peer.measurements();
        measured.rtt_ms = Some(30.0);
        measured.audio.received = 1_000;
        measured.audio.sent = 1_000;
        measured.audio.far_lost = Some(0);
        measured.audio.jitter_ms = 3.0;
        measured.audio.delay_ms = 45.0;
        measured
    });
    GOOD.clone()
}

fn check(sound: &[f32], source: Source) -> SoundCheck {
    SoundCheck::new(heard(&coded(sound)), None, &good_network(), source)
}

fn opinion(check: &SoundCheck) -> f64 {
    check.score.as_ref().expect("a score").opinion
}

fn plain() -> Vec<f32> {
    static PLAIN: LazyLock<Vec<f32>> = LazyLock::new(|| speech(SECONDS, -24.0, 7));
    PLAIN.clone()
}

#[test]
fn the_advice_is_right_for_what_goes_wrong_with_microphones() {
    let none = Source::default();
    let samples = (SECONDS * 48_000.0) as usize;
    let loud: Vec<f32> = plain()
        .iter()
        .map(|s| s * gain(11.0))
        .map(|s| 0.9 * (s / 0.9_f32).tanh())
        .collect();
    let torn: Vec<f32> = limited(&plain().iter().map(|s| s * gain(24.0)).collect::<Vec<_>>());
    let noise = |level| Dice(3).noise(samples, level);
    let offset: Vec<f32> = noise(-58.0).iter().map(|s| s + 0.05).collect();
    let halved: Vec<f32> = plain().iter().map(|s| s / 2.0).collect();
    let one_sided = Source {
        one_sided: true,
        ..none
    };
    let monitor = Source {
        monitor: true,
        ..none
    };
    let muted = Source {
        muted: true,
        ..none
    };
    for (name, sound, source, want) in [
        ("good", plain(), none, vec![Advice::Good]),
        (
            "quiet",
            plain().iter().map(|s| s * gain(-22.0)).collect(),
            none,
            vec![Advice::Quiet],
        ),
        ("loud", loud, none, vec![Advice::Loud]),
        ("clipped", torn, none, vec![Advice::Clipped]),
        (
            "noisy",
            mixed(&plain(), &noise(-40.0)),
            none,
            vec![Advice::Noisy],
        ),
        ("silent", vec![0.0; samples], none, vec![Advice::Silent]),
        (
            "hum 50",
            mixed(&plain(), &hum(samples, 50.0, -42.0)),
            none,
            vec![Advice::Hum],
        ),
        (
            "hum 60",
            mixed(&plain(), &hum(samples, 60.0, -42.0)),
            none,
            vec![Advice::Hum],
        ),
        (
            "echoing",
            repeated(&plain(), 0.22, 0.4),
            none,
            vec![Advice::Echoing],
        ),
        (
            "choppy",
            cut(&plain(), 0.06, 0.31),
            none,
            vec![Advice::Choppy],
        ),
        ("one-sided", halved, one_sided, vec![Advice::OneSided]),
        ("wrong device", offset, none, vec![Advice::Device]),
        (
            "what the machine plays",
            plain(),
            monitor,
            vec![Advice::Device],
        ),
        ("muted", vec![0.0; samples], muted, vec![Advice::Muted]),
    ] {
        let check = check(&sound, source);
        assert_eq!(check.advice, want, "{name}: {check:#?}");
        let speaks = !matches!(want[0], Advice::Silent | Advice::Muted) && name != "wrong device";
        assert_eq!(check.score.is_some(), speaks, "{name}");
        if let Some(score) = &check.score {
            let fine = matches!(
                name,
                "good" | "loud" | "one-sided" | "what the machine plays"
            );
            assert_eq!(score.opinion > 4.0, fine, "{name}: {score:?}");
        }
    }
}

#[test]
fn the_hum_is_named_with_its_mains_and_the_echo_with_its_delay() {
    let samples = (SECONDS * 48_000.0) as usize;
    for mains in [50, 60] {
        let sound = mixed(&plain(), &hum(samples, mains as f32, -42.0));
        let found = heard(&coded(&sound)).hum.expect("a hum");
        assert_eq!(found.mains_hz, mains);
        assert!((found.level_dbfs - -43.0).abs() < 4.0, "{found:?}");
    }
    for after in [0.12, 0.22, 0.4] {
        let found = heard(&coded(&repeated(&plain(), after, 0.4)))
            .repeat
            .expect("an echo");
        assert!((found.delay_ms - after * 1_000.0).abs() < 2.0, "{found:?}");
        assert!((6.0..14.0).contains(&found.below_db), "{found:?}");
    }
}

#[test]
fn many_voices_are_good_and_none_of_them_is_blamed() {
    for seed in 100..106 {
        let level = -30.0 + (seed % 4) as f32 * 3.0;
        let check = check(&speech(SECONDS, level, seed), Source::default());
        assert_eq!(check.advice, [Advice::Good], "seed {seed}: {check:#?}");
        assert!(
            (check.voice.level_dbfs - level).abs() < 1.5,
            "seed {seed}: {:?}",
            check.voice
        );
    }
}

/// With everything else the same, more of one thing never makes the score better.
fn never_rises(name: &str, scores: &[f64]) -> Result<(), TestCaseError> {
    for pair in scores.windows(2) {
        // The codec spends its bits anew each time; a hundredth of a point is its noise.
        prop_assert!(pair[1] <= pair[0] + 0.02, "{name}: {scores:?}");
    }
    prop_assert!(
        scores[scores.len() - 1] < scores[0] - 0.5,
        "{name} costs nothing: {scores:?}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]
    #[test]
    fn the_score_falls_with_noise_and_with_level(seed in any::<u64>()) {
        let voice = speech(4.0, -26.0, seed);
        let noise = Dice(seed).noise(voice.len(), 0.0);
        let score = |sound: &[f32]| opinion(&check(sound, Source::default()));
        let noisy = [-70.0, -60.0, -52.0, -44.0, -36.0]
            .map(|level| score(&mixed(&voice, &noise.iter().map(|s| s * gain(level)).collect::<Vec<_>>())));
        never_rises("noise", &noisy)?;
        let by = |db: f32| voice.iter().map(|s| s * gain(db)).collect::<Vec<_>>();
        never_rises("too quiet", &[0.0, -6.0, -12.0, -18.0, -24.0].map(|db| score(&by(db))))?;
        never_rises("too loud", &[6.0, 12.0, 18.0, 24.0, 30.0].map(|db| score(&limited(&by(db)))))?;
    }
}

proptest! {
    #[test]
    fn the_score_falls_with_what_the_network_does(
        loss in 0.0..0.5f64, more in 0.0..0.5f64, rtt in 0.0..600.0f64, burst in 1.0..5.0f64,
    ) {
        let of = |change: &dyn Fn(&mut Measurements)| {
            let mut measured = good_network();
            change(&mut measured);
            opinion(&SoundCheck::new(Voice::PERFECT, None, &measured, Source::default()))
        };
        let lost = |share: f64| of(&|measured| measured.audio.loss = share);
        prop_assert!(lost(loss + more) <= lost(loss));
        let far = |share: f64| of(&|measured| measured.audio.far_lost = Some((share * 1_000.0) as u64));
        prop_assert!(far(loss + more) <= far(loss));
        let late = |share: f64| of(&|measured| measured.audio.concealment = share);
        prop_assert!(late(loss + more) <= late(loss));
        let long = |rtt: f64| of(&|measured| measured.rtt_ms = Some(rtt));
        prop_assert!(long(rtt + 1_000.0 * more) <= long(rtt));
        let bursts = |by: f64| of(&|measured| { measured.audio.loss = loss; measured.audio.burst_ratio = by });
        prop_assert!(bursts(burst + more) <= bursts(burst));
    }
}

#[test]
fn each_cause_has_its_cost_and_its_advice() {
    let of = |change: &dyn Fn(&mut Measurements)| {
        let mut measured = good_network();
        change(&mut measured);
        SoundCheck::new(Voice::PERFECT, None, &measured, Source::default())
    };
    let fine = of(&|_| ());
    assert_eq!(fine.advice, [Advice::Good]);
    assert!(opinion(&fine) > 4.3, "{fine:?}");
    for (name, cause, want, check) in [
        (
            "lost here",
            Cause::Loss,
            Advice::Lossy,
            of(&|m| m.audio.loss = 0.05),
        ),
        (
            "lost there",
            Cause::Loss,
            Advice::Lossy,
            of(&|m| m.audio.far_lost = Some(200)),
        ),
        (
            "too late",
            Cause::Loss,
            Advice::Lossy,
            of(&|m| m.audio.concealment = 0.1),
        ),
        (
            "a long way",
            Cause::Delay,
            Advice::Slow,
            of(&|m| m.rtt_ms = Some(700.0)),
        ),
    ] {
        let score = check.score.as_ref().expect("a score");
        assert_eq!(check.advice, [want], "{name}");
        assert_eq!(score.costs[0].0, cause, "{name}: {score:?}");
        assert!(
            score.costs[0].1 > 0.3 && score.costs[1].1 < 0.1,
            "{name}: {score:?}"
        );
    }
    let uneven = of(&|m| m.audio.jitter_ms = 45.0);
    assert_eq!(uneven.advice, [Advice::Jittery]);
}

#[test]
fn without_any_packet_the_way_is_blamed_and_not_the_microphone() {
    let mut measured = good_network();
    measured.audio.received = 0;
    let check = SoundCheck::new(heard(&[0.0; 480_000]), None, &measured, Source::default());
    assert_eq!(check.advice, [Advice::OneWay]);
    assert_eq!(check.score, None);
}
