use super::*;
use crate::levels::rms_dbfs;
use crate::test_sound::{sine, speechlike};

#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
fn begin() -> Instant {
    Instant::now()
}

/// Drive a sound test with what `speak` says while in each phase; what came of it.
fn run(
    language: Language,
    mut speak: impl FnMut(TestPhase, usize) -> Frame,
) -> (Vec<(usize, Output)>, Vec<Frame>) {
    let mut test = SoundTest::new(language).expect("sound test");
    let (mut events, mut said) = (Vec::new(), Vec::new());
    for tick in 0..5_000 {
        let frame = speak(test.phase(), tick);
        let Ok(()) = test.handle(begin(), Heard(Box::new(frame)));
        while let Some(output) = test.poll_output() {
            match output {
                Output::Say(frame) => said.push(*frame),
                other => events.push((tick, other)),
            }
        }
        if matches!(test.step, Step::Over) {
            break;
        }
    }
    (events, said)
}

#[test]
fn it_greets_listens_ten_seconds_plays_back_and_hangs_up() {
    let voice = speechlike(10.5);
    let mut spoken = voice.as_chunks::<960>().0.iter();
    let (events, said) = run(Language::English, |phase, _| match phase {
        TestPhase::Listening => *spoken.next().expect("ten and a half seconds"),
        _ => sine(1_000.0, 0.3),
    });
    let kinds: Vec<_> = events.iter().map(|(_, event)| event.clone()).collect();
    let [
        Output::Phase(TestPhase::Greeting),
        Output::Phase(TestPhase::Listening),
        Output::Phase(TestPhase::Playing),
        Output::Phase(TestPhase::Done),
        Output::Recorded(voice_of, None),
        Output::HangUp,
    ] = &kinds[..]
    else {
        panic!("{kinds:?}");
    };
    assert!(
        voice_of.speaks && (-40.0..-10.0).contains(&voice_of.level_dbfs),
        "{voice_of:?}"
    );
    let (listening, playing, done) = (events[1].0, events[2].0, events[3].0);
    assert_eq!(playing - listening, 525, "ten seconds and a little grace");
    assert!(
        rms_dbfs(said[..listening].as_flattened()) > -35.0,
        "the greeting can be heard"
    );
    // What was said in the phase, and only that, comes back, sample for sample.
    assert_eq!(
        said[playing + 1..=playing + 525].as_flattened(),
        &voice[..525 * 960]
    );
    assert_eq!(done - playing, 526);
    assert!(said[done..].iter().all(|frame| *frame == SILENCE));
}

#[test]
fn silence_is_recorded_as_silence() {
    let (events, _) = run(Language::PortuguesePortugal, |_, _| SILENCE);
    let voice = events.iter().find_map(|(_, event)| match event {
        Output::Recorded(voice, None) => Some(*voice),
        _ => None,
    });
    assert!(!voice.expect("recorded").speaks);
}
