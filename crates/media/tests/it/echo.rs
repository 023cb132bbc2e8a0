//! A whole call with `echo`, from the first check to the good-bye.

use std::time::Duration;

use media::echo::{Advice, CallInput, CallOutput, EchoCall, Language, SoundCheck, TestPhase};
use media::peer::Peer;
use media::session::{Config, State};
use sansio::Machine;
use sansio::sim::{Clock, LinkConfig};

use crate::world::{World, amplitude, heard, peer, tone};

fn call(link: LinkConfig, seed: u64) -> World<Peer, EchoCall> {
    let clock = Clock::new();
    let a = peer(&clock, false);
    let b = EchoCall::new(
        clock.now(),
        Config::default(),
        Language::PortugueseBrazil,
        &mut sansio::rng::seeded(2),
    );
    let mut world = World::new(clock, a, b.expect("echo"), link, seed);
    world.negotiate(false);
    world
}

fn phase_at(world: &World<Peer, EchoCall>, wanted: TestPhase) -> Option<Duration> {
    world
        .b_said
        .iter()
        .find(|(_, event)| matches!(event, CallOutput::Phase(p) if *p == wanted))
        .map(|(at, _)| *at)
}

fn result(world: &World<Peer, EchoCall>) -> Option<&SoundCheck> {
    world.b_said.iter().find_map(|(_, event)| match event {
        CallOutput::Result(check) => Some(&**check),
        _ => None,
    })
}

/// Say ten seconds of a tone (or nothing) when asked to, until `echo` hangs up.
fn converse(world: &mut World<Peer, EchoCall>, voice: &[f32]) {
    let mut said = 0;
    let ended = world.run(Duration::from_secs(60), |world| {
        if phase_at(world, TestPhase::Listening).is_some() {
            said += world.a.play(&voice[said..]);
        }
        world
            .b_said
            .iter()
            .any(|(_, event)| matches!(event, CallOutput::HangUp))
    });
    assert!(ended, "echo hangs up");
    world
        .b
        .handle(world.clock.now(), CallInput::Close)
        .expect("close");
    let closed = world.run(Duration::from_secs(3), |w| {
        w.a.session().state() == State::Closed
    });
    assert!(closed, "the caller sees the end");
}

#[test]
fn echo_plays_back_what_was_said_and_says_that_all_is_well() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(25)), 41);
    converse(&mut world, &tone(500.0, 10.0));
    let [greeting, listening, playing, done] = [
        TestPhase::Greeting,
        TestPhase::Listening,
        TestPhase::Playing,
        TestPhase::Done,
    ]
    .map(|phase| phase_at(&world, phase).expect("announced"));
    assert!(greeting < Duration::from_secs(1), "{greeting:?}");
    let listened = playing - listening;
    assert!(
        listened >= Duration::from_secs(10) && listened < Duration::from_secs(11),
        "{listened:?}"
    );
    let played = done - playing;
    assert!(
        played >= Duration::from_secs(10) && played < Duration::from_secs(11),
        "{played:?}"
    );
    let sound = heard(&world.a_said);
    let second = |at: Duration, after: f32| {
        let begin = ((at.as_secs_f32() + after) * 48_000.0) as usize;
        &sound[begin..begin + 48_000]
    };
    assert!(
        amplitude(second(listening, 5.0), 500.0) < 0.01,
        "nothing is returned while echo listens"
    );
    assert!(
        amplitude(second(playing, 5.0), 500.0) > 0.2,
        "then all of it is"
    );
    let check = result(&world).expect("a result");
    assert_eq!(check.advice, [Advice::Good], "{check:?}");
    assert!((-16.0..-14.0).contains(&check.level_dbfs), "{check:?}");
    let rtt = check.rtt_ms.expect("a round trip");
    assert!((49.0..60.0).contains(&rtt), "{check:?}");
    assert_eq!((check.loss, check.far_loss), (0.0, Some(0.0)), "{check:?}");
}

#[test]
fn a_dead_microphone_and_a_bad_network_are_named() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(25)), 42);
    converse(&mut world, &[]);
    assert_eq!(result(&world).expect("a result").advice, [Advice::Silent]);

    let bad = LinkConfig {
        loss: 0.12,
        ..LinkConfig::delayed(Duration::from_millis(250))
    };
    let mut world = call(bad, 43);
    // Short faint sounds, with silence between them.
    let voice: Vec<f32> = (0..25)
        .flat_map(|_| [tone(500.0, 0.2), vec![0.0; 9_600]].concat())
        .collect();
    converse(
        &mut world,
        &voice.iter().map(|s| s * 0.05).collect::<Vec<_>>(),
    );
    let check = result(&world).expect("a result");
    assert_eq!(
        check.advice,
        [Advice::Quiet, Advice::Lossy, Advice::Slow],
        "{check:?}"
    );
}

#[test]
fn hanging_up_in_the_greeting_ends_it() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(25)), 44);
    world.run_for(Duration::from_secs(4));
    world
        .a
        .handle(world.clock.now(), media::peer::Input::Close)
        .expect("close");
    assert!(world.run(Duration::from_secs(3), |w| w.b.session().state()
        == State::Closed));
    assert!(phase_at(&world, TestPhase::Listening).is_none() && result(&world).is_none());
}
