//! A whole call with `echo`, from the first check to the good-bye.

use std::time::Duration;

use media::echo::{Advice, CallInput, CallOutput, EchoCall, Language, SoundCheck, TestPhase};
use media::levels::rms_dbfs;
use media::peer::Peer;
use media::session::{Config, State};
use sansio::Machine;
use sansio::sim::{Clock, Link, LinkConfig};

use crate::recordings::{mixed, speech};
use crate::world::{World, heard, peer};

/// A call whose losses begin once both are connected: how often a handshake is lost is drawn by the DTLS library, by
/// numbers of its own.
fn call(link: LinkConfig, seed: u64) -> World<Peer, EchoCall> {
    let clock = Clock::new();
    let a = peer(&clock, false);
    let b = EchoCall::new(
        clock.now(),
        Config::default(),
        Language::PortugueseBrazil,
        &mut sansio::rng::seeded(2),
    );
    let clean = LinkConfig { loss: 0.0, ..link };
    let mut world = World::new(clock, a, b.expect("echo"), clean, seed);
    world.negotiate(false);
    if link.loss > 0.0 {
        let connected = world.run(Duration::from_secs(5), |w| {
            [w.a.session().state(), w.b.session().state()] == [State::Connected; 2]
        });
        assert!(connected, "nothing is in the way");
        world.links = [Link::new(link, seed), Link::new(link, seed ^ 0xffff)];
    }
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

/// Say this (or nothing) when asked to, until `echo` hangs up.
fn until_it_hangs_up(world: &mut World<Peer, EchoCall>, voice: &[f32]) {
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
}

/// The same, and the goodbye arrives: where packets are lost it may not, and the server's word counts.
fn converse(world: &mut World<Peer, EchoCall>, voice: &[f32]) {
    until_it_hangs_up(world, voice);
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
    let voice = speech(10.0, -22.0, 5);
    converse(&mut world, &voice);
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
        rms_dbfs(second(listening, 5.0)) < -60.0,
        "nothing is returned while echo listens"
    );
    // The jitter buffers hold it for a moment; over five seconds that is nothing.
    let said = rms_dbfs(&voice[2 * 48_000..7 * 48_000]);
    let begin = ((playing.as_secs_f32() + 2.0) * 48_000.0) as usize;
    let back = rms_dbfs(&sound[begin..begin + 5 * 48_000]);
    assert!(
        (said - back).abs() < 2.0,
        "then all of it is: {said} {back}"
    );
    let check = result(&world).expect("a result");
    assert_eq!(check.advice, [Advice::Good], "{check:?}");
    assert!(
        (-24.0..-20.0).contains(&check.voice.level_dbfs),
        "{check:?}"
    );
    let score = check.score.as_ref().expect("a score");
    assert!((4.1..4.5).contains(&score.opinion), "{check:?}");
    let rtt = check.network.rtt_ms.expect("a round trip");
    assert!((49.0..60.0).contains(&rtt), "{check:?}");
    assert_eq!(
        (check.network.loss, check.network.far_loss),
        (0.0, Some(0.0)),
        "{check:?}"
    );
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
    converse(&mut world, &speech(10.0, -44.0, 6));
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

#[test]
fn the_score_falls_with_the_packets_that_are_lost() {
    let voice = speech(10.0, -24.0, 8);
    let scores = [0.0, 0.06, 0.2].map(|loss| {
        let link = LinkConfig {
            loss,
            ..LinkConfig::delayed(Duration::from_millis(25))
        };
        let mut world = call(link, 46);
        until_it_hangs_up(&mut world, &voice);
        let check = result(&world).expect("a result");
        let lossy = check.advice.contains(&Advice::Lossy);
        assert_eq!(lossy, loss > 0.0, "{check:?}");
        check.score.as_ref().expect("a score").opinion
    });
    assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
    assert!(scores[0] - scores[2] > 1.0, "{scores:?}");
}

#[test]
fn a_loudspeaker_that_is_heard_in_the_microphone_is_named() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(25)), 47);
    let (voice, mut said, mut taken) = (speech(10.0, -24.0, 9), 0, 0);
    let ended = world.run(Duration::from_secs(60), |world| {
        // What the caller hears goes back into the microphone, a tenth as loud, and under the own voice.
        let heard: Vec<f32> = heard(&world.a_said[taken..])
            .iter()
            .map(|s| s * 0.1)
            .collect();
        taken = world.a_said.len();
        let listens = phase_at(world, TestPhase::Listening).is_some();
        let own = if listens {
            voice.get(said..).unwrap_or(&[])
        } else {
            &[]
        };
        let own = &own[..own.len().min(heard.len())];
        said += own.len();
        let mut both = mixed(&heard, own);
        both.extend_from_slice(&heard[both.len()..]);
        world.a.play(&both);
        world
            .b_said
            .iter()
            .any(|(_, event)| matches!(event, CallOutput::HangUp))
    });
    assert!(ended, "echo hangs up");
    let check = result(&world).expect("a result");
    let back = check.returned.expect("the greeting came back");
    assert!((16.0..24.0).contains(&back.below_db), "{back:?}");
    assert!((60.0..400.0).contains(&back.delay_ms), "{back:?}");
    assert_eq!(check.advice, [Advice::Echoing], "{check:?}");
}

#[test]
fn a_call_whose_sound_comes_through_one_way_only_says_so() {
    let mut world = call(LinkConfig::delayed(Duration::from_millis(25)), 48);
    // A firewall with an opinion: everything of the caller passes but its sound (RFC 7983: 128 to 191).
    let ended = world.run_through(
        Duration::from_secs(60),
        |datagram| !(128..192).contains(&datagram.bytes[0]),
        |world| {
            world
                .b_said
                .iter()
                .any(|(_, event)| matches!(event, CallOutput::HangUp))
        },
    );
    assert!(ended, "echo hangs up");
    assert_eq!(result(&world).expect("a result").advice, [Advice::OneWay]);
}
