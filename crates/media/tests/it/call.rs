//! Two peers: set-up, sound, loss, a way that is lost, the end.

use std::time::Duration;

use media::peer::{Input, Output, Peer};
use media::report::Kind;
use media::session::{Config, Failure, IceCredentials, Limits, LocalCandidate, Phase, State};
use sansio::Machine;
use sansio::sim::{Clock, LinkConfig};

use crate::world::{End, World, address, amplitude, heard, peer, tone};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn two(link: LinkConfig, seed: u64) -> World<Peer, Peer> {
    let clock = Clock::new();
    let (a, b) = (peer(&clock, false), peer(&clock, false));
    World::new(clock, a, b, link, seed)
}

/// Keep both talking, each with a tone of its own, for `seconds`.
fn talk(world: &mut World<Peer, Peer>, seconds: usize) {
    let (high, low) = (tone(700.0, 1.0), tone(400.0, 1.0));
    for _ in 0..seconds {
        assert_eq!(world.a.play(&high), 48_000);
        assert_eq!(world.b.play(&low), 48_000);
        world.run_for(Duration::from_secs(1));
    }
}

#[test]
fn two_peers_connect_and_hear_each_other() {
    let mut world = two(LinkConfig::delayed(ms(25)), 1);
    world.negotiate(false);
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
    let set_up = world.clock.elapsed();
    assert!(set_up < ms(600), "set up in {set_up:?}");
    talk(&mut world, 5);
    for (said, own, other) in [(&world.a_said, 700.0, 400.0), (&world.b_said, 400.0, 700.0)] {
        let sound = heard(said);
        let middle = &sound[96_000..192_000];
        assert!(
            amplitude(middle, other) > 0.2,
            "hears the other: {}",
            amplitude(middle, other)
        );
        assert!(
            amplitude(middle, own) < 0.01,
            "and not itself: {}",
            amplitude(middle, own)
        );
    }
}

#[test]
fn the_report_shows_the_phases_the_path_and_the_figures() {
    let mut world = two(LinkConfig::delayed(ms(25)), 2);
    world.negotiate(false);
    world.run(Duration::from_secs(5), World::connected);
    talk(&mut world, 6);
    let fingerprint = world.b.session().fingerprint();
    let report = world.a.measurements();
    let phases = report.phases;
    let order = [
        phases.local_description,
        phases.first_check_sent,
        phases.valid_pair,
        phases.nominated,
        phases.dtls,
        phases.first_audio_sent,
        phases.first_audio_received,
    ];
    assert!(order.iter().all(Option::is_some), "{phases:?}");
    assert!(order.is_sorted(), "{phases:?}");
    assert!(phases.first_video_received.is_none() && phases.ended.is_none());
    let path = report.path().expect("a path");
    assert_eq!(
        (path.local, path.remote),
        (address("10.0.0.1:4000"), address("10.0.0.2:5000"))
    );
    assert_eq!(
        (path.local_kind, path.remote_kind),
        (Kind::Host, Kind::Host)
    );
    let rtt = report.rtt_ms.expect("a round trip");
    assert!((49.0..56.0).contains(&rtt), "{rtt}");
    assert!(
        report.audio.sent >= 290 && report.audio.received >= 290,
        "{:?}",
        report.audio
    );
    assert_eq!(
        (report.audio.lost, report.audio.far_lost),
        (0, Some(0)),
        "{:?}",
        report.audio
    );
    assert_eq!(
        report.remote_fingerprint.as_deref(),
        Some(fingerprint.as_str())
    );
    let text = serde_json::to_string(&report).expect("plain data");
    assert!(
        text.starts_with(r#"{"format":1,"#) && !text.contains("first_video"),
        "{text}"
    );
    assert_eq!(
        serde_json::from_str::<media::report::Measurements>(&text).expect("reads back"),
        report
    );
}

#[test]
fn one_packet_in_twenty_lost_is_mostly_recovered() {
    let config = LinkConfig {
        loss: 0.05,
        jitter: ms(10),
        ..LinkConfig::delayed(ms(30))
    };
    let mut world = two(config, 5);
    world.negotiate(false);
    assert!(
        world.run(Duration::from_secs(10), World::connected),
        "connected in spite of loss"
    );
    talk(&mut world, 20);
    for peer in [&world.a, &world.b] {
        let stats = peer.stats();
        assert!((0.02..0.09).contains(&stats.loss()), "{stats:?}");
        assert!(
            stats.recovered * 10 >= stats.missing * 8,
            "four of five are recovered: {stats:?}"
        );
        assert!(stats.concealment() < 0.025, "{stats:?}");
        assert!(stats.delay < ms(160), "{stats:?}");
    }
    let far = world.a.measurements().audio.far_loss.expect("reports came");
    assert!(far < 0.25, "{far}");
}

#[test]
fn a_way_that_comes_back_carries_on_and_one_that_does_not_fails() {
    let mut world = two(LinkConfig::delayed(ms(20)), 3);
    world.negotiate(false);
    world.run(Duration::from_secs(5), World::connected);
    talk(&mut world, 2);
    let dead = LinkConfig {
        loss: 1.0,
        ..LinkConfig::delayed(ms(20))
    };
    for link in &mut world.links {
        link.set_config(dead);
    }
    let lost = world.run(Duration::from_secs(30), |w| {
        w.a.session().state() == State::Disconnected
    });
    assert!(lost, "the loss is noticed");
    for link in &mut world.links {
        link.set_config(LinkConfig::delayed(ms(20)));
    }
    assert!(
        world.run(Duration::from_secs(10), World::connected),
        "and it comes back"
    );
    talk(&mut world, 2);
    let sound = heard(&world.b_said);
    assert!(amplitude(&sound[sound.len() - 48_000..], 700.0) > 0.2);

    for link in &mut world.links {
        link.set_config(dead);
    }
    let failed = State::Failed(Failure::Lost);
    assert!(
        world.run(Duration::from_secs(60), |w| w.a.session().state() == failed),
        "{:?}",
        world.a
    );
    let at = world.a.session().phases().at(Phase::Ended);
    assert!(at.is_some());
    assert!(
        world.a.poll_timeout().is_none(),
        "a failed call has no clock"
    );
}

#[test]
fn a_call_without_a_way_fails_in_time() {
    let mut world = two(
        LinkConfig {
            loss: 1.0,
            ..LinkConfig::default()
        },
        4,
    );
    world.negotiate(false);
    world.run_for(Duration::from_secs(22));
    assert_eq!(world.a.session().state(), State::Connecting);
    world.run_for(Duration::from_secs(9));
    assert_eq!(world.a.session().state(), State::Failed(Failure::NoWay));
    assert_eq!(world.b.session().state(), State::Failed(Failure::NoWay));
    let pairs = world.a.session().pairs();
    assert!(
        pairs.len() == 1 && pairs[0].sent > 3 && pairs[0].answered == 0,
        "{pairs:?}"
    );
}

#[test]
fn hanging_up_reaches_the_other_side_at_once() {
    let mut world = two(LinkConfig::delayed(ms(20)), 6);
    world.negotiate(false);
    world.run(Duration::from_secs(5), World::connected);
    talk(&mut world, 1);
    let before = world.clock.elapsed();
    world
        .a
        .handle(world.clock.now(), Input::Close)
        .expect("close");
    let ended = world.run(Duration::from_secs(5), |w| {
        w.a.session().state() == State::Closed && w.b.session().state() == State::Closed
    });
    assert!(ended, "{:?} {:?}", world.a, world.b);
    assert!(world.clock.elapsed() - before < ms(700));
    let closed = |said: &crate::world::Events<Output>| {
        said.iter()
            .filter(|(_, e)| matches!(e, Output::State(State::Closed)))
            .count()
    };
    assert_eq!((closed(&world.a_said), closed(&world.b_said)), (1, 1));
    // After the end nothing is refused with a panic, and nothing comes any more.
    let now = world.clock.now();
    world.a.handle(now, Input::Close).expect("again");
    world
        .a
        .handle(now, Input::RequestKeyframe)
        .expect("harmless");
    assert!(world.a.session().create_offer(now, false).is_err());
}

#[test]
fn a_call_that_never_connected_closes_at_once() {
    let mut world = two(
        LinkConfig {
            loss: 1.0,
            ..LinkConfig::default()
        },
        13,
    );
    world.negotiate(false);
    world.run_for(Duration::from_secs(2));
    world
        .a
        .handle(world.clock.now(), Input::Close)
        .expect("close");
    assert!(
        world.run(ms(400), |w| w.a.session().state() == State::Closed),
        "{:?}",
        world.a
    );
    assert!(world.a.poll_timeout().is_none());
}

#[test]
fn descriptions_that_make_no_sense_are_refused_and_change_nothing() {
    let mut world = two(LinkConfig::delayed(ms(20)), 14);
    let now = world.clock.now();
    for bad in [
        "",
        "v=0",
        "not a description",
        "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:abcd\r\n",
    ] {
        assert!(world.b.session().accept_offer(now, bad).is_err(), "{bad}");
        assert!(world.a.session().accept_answer(now, bad).is_err(), "{bad}");
    }
    let offer = world.a.session().create_offer(now, false).expect("offer");
    assert!(world.a.session().accept_answer(now, "v=0").is_err());
    assert_eq!(world.a.session().state(), State::New);
    let without: String = offer
        .lines()
        .filter(|l| !l.starts_with("a=ice-pwd"))
        .map(|l| format!("{l}\r\n"))
        .collect();
    let mut other = peer(&world.clock, false);
    assert!(other.session().accept_offer(now, &without).is_err());
}

#[test]
fn a_wrong_certificate_is_refused() {
    let mut world = two(LinkConfig::delayed(ms(20)), 7);
    let now = world.clock.now();
    world
        .a
        .session()
        .add_local_candidate(now, LocalCandidate::Host(address("10.0.0.1:4000")))
        .expect("address");
    world
        .b
        .session()
        .add_local_candidate(now, LocalCandidate::Host(address("10.0.0.2:5000")))
        .expect("address");
    let offer = world.a.session().create_offer(now, false).expect("offer");
    let answer = world.b.session().accept_offer(now, &offer).expect("answer");
    let own = world.b.session().fingerprint();
    let (_, hex) = own.split_once(' ').expect("hash and digest");
    let flipped: String = hex
        .chars()
        .map(|c| {
            if c == 'A' {
                'B'
            } else if c == 'B' {
                'A'
            } else {
                c
            }
        })
        .collect();
    assert_ne!(hex, flipped);
    let forged = answer.replace(hex, &flipped);
    assert_ne!(
        answer, forged,
        "the answer carries the fingerprint: {answer}"
    );
    world
        .a
        .session()
        .accept_answer(now, &forged)
        .expect("reads well");
    world.run_for(Duration::from_secs(8));
    assert_eq!(world.a.session().state(), State::Failed(Failure::Dtls));
}

#[test]
fn sessions_on_one_port_are_told_apart_by_their_chosen_user_fragment() {
    let clock = Clock::new();
    let mut rng = sansio::rng::seeded(9);
    let mut with = |_| {
        let credentials = IceCredentials::generate(&mut rng);
        let config = Config {
            credentials: Some(credentials.clone()),
            ..Config::default()
        };
        (
            credentials,
            Peer::new(clock.now(), config, &mut sansio::rng::seeded(1)).expect("peer"),
        )
    };
    let [(credentials, b), (other, mut stranger)] = [with(0), with(1)];
    assert_ne!(credentials.ufrag, other.ufrag);
    let a = peer(&clock, false);
    let mut world = World::new(clock, a, b, LinkConfig::delayed(ms(20)), 8);
    assert_eq!(world.b.session().ufrag(), credentials.ufrag);
    world.negotiate(false);
    stranger
        .session()
        .add_local_candidate(
            world.clock.now(),
            LocalCandidate::Host(address("10.0.0.2:5000")),
        )
        .ok();
    // The first check of `a` belongs to `b` and not to the stranger on the same port.
    let mut first = None;
    world.run(Duration::from_secs(1), |w| {
        let now = w.clock.now();
        w.drain();
        first = first.take().or_else(|| w.links[0].next_arrival());
        first.is_some() && now > w.clock.at(ms(1))
    });
    let at = first.expect("a check is under way");
    world.clock.advance_to(at);
    let check = world.links[0].receive(at).expect("it arrives");
    assert!(
        world
            .b
            .accepts(check.source, check.destination, &check.bytes)
    );
    assert!(!stranger.accepts(check.source, check.destination, &check.bytes));
    assert!(!world.b.accepts(
        check.source,
        check.destination,
        b"\x80rubbish that is not for anyone"
    ));
}

#[test]
fn limits_can_be_set_and_a_sleeping_machine_skips_what_it_missed() {
    let clock = Clock::new();
    let config = Config {
        limits: Limits {
            connect: ms(500),
            lost: ms(500),
        },
        ..Config::default()
    };
    let a = Peer::new(clock.now(), config, &mut sansio::rng::seeded(1)).expect("peer");
    let b = peer(&clock, false);
    let mut world = World::new(clock, a, b, LinkConfig::delayed(ms(20)), 10);
    world.negotiate(false);
    world.run(Duration::from_secs(5), World::connected);
    talk(&mut world, 1);
    let before = world.a_said.len();
    world.clock.advance(Duration::from_secs(5));
    let now = world.clock.now();
    world.a.timeout(now);
    world.drain();
    let caught_up = world.a_said[before..]
        .iter()
        .filter(|(_, e)| matches!(e, Output::Heard(_)))
        .count();
    assert!(caught_up <= 11, "no flood of {caught_up} frames");
}

#[test]
fn rubbish_from_the_network_does_no_harm() {
    let mut world = two(LinkConfig::delayed(ms(20)), 11);
    world.negotiate(false);
    world.run(Duration::from_secs(5), World::connected);
    let (source, destination) = (address("10.0.0.2:5000"), address("10.0.0.1:4000"));
    let mut rng = sansio::rng::seeded(12);
    for n in 0..3_000u32 {
        use rand::RngExt;
        let mut bytes: Vec<u8> = (0..rng.random_range(0..200))
            .map(|_| rng.random())
            .collect();
        if let Some(first) = bytes.first_mut() {
            // STUN, DTLS, RTP and RTCP by turns (RFC 7983).
            *first = [0, 1, 22, 23, 128, 129, 200, 255][n as usize % 8];
        }
        let source = if n % 3 == 0 {
            address("192.0.2.9:1234")
        } else {
            source
        };
        world.a.datagram(
            world.clock.now(),
            crate::world::Datagram {
                source,
                destination,
                bytes: bytes.into(),
            },
        );
        world.drain();
    }
    talk(&mut world, 2);
    let sound = heard(&world.a_said);
    assert!(
        amplitude(&sound[sound.len() - 48_000..], 400.0) > 0.2,
        "the call goes on"
    );
    assert!(world.a.session().network().ignored > 0);
}
