//! Candidates that come early, late, twice, broken or for another generation (RFC 8838).

use std::time::Duration;

use media::peer::Peer;
use media::report::Kind;
use media::session::{CandidateText, LocalCandidate, State, Verdict};
use sansio::sim::{Clock, LinkConfig};

use crate::world::{World, address, host, peer};

fn two(seed: u64) -> World<Peer, Peer> {
    let clock = Clock::new();
    let (a, b) = (peer(&clock, false), peer(&clock, false));
    World::new(
        clock,
        a,
        b,
        LinkConfig::delayed(Duration::from_millis(20)),
        seed,
    )
}

fn text(candidate: &str) -> CandidateText {
    CandidateText {
        candidate: candidate.to_owned(),
        ..CandidateText::default()
    }
}

/// The worst a peer may send; none of it may matter.
fn bad_ones() -> Vec<(CandidateText, Verdict)> {
    vec![
        (text(""), Verdict::End),
        (
            text("candidate:1 1 udp 2113937151 0c1d-77aa.local 51111 typ host"),
            Verdict::Unresolvable,
        ),
        (
            text("candidate:1 1 tcp 1 10.0.0.2 9 typ host tcptype active"),
            Verdict::Unusable,
        ),
        (text("candidate:garbage"), Verdict::Malformed),
        (text("candidate:1 1 udp 1 10.0.0.2"), Verdict::Malformed),
        (
            CandidateText {
                mid: Some("nowhere".into()),
                ..text("candidate:1 1 udp 1 10.0.0.7 7 typ host")
            },
            Verdict::UnknownMid,
        ),
        (
            CandidateText {
                ufrag: Some("future".into()),
                ..text("candidate:1 1 udp 1 10.0.0.8 8 typ host")
            },
            Verdict::Kept,
        ),
    ]
}

#[test]
fn all_candidates_before_the_offer_are_kept_and_used() {
    let mut world = two(21);
    let now = world.clock.now();
    // `b` is behind a door that only opens outward: it has no candidate of its own to tell, so only what `a`
    // trickled can bring them together.
    world
        .b
        .session()
        .add_local_candidate(now, host("10.0.0.2:5000"))
        .expect("address");
    let offer = world.a.session().create_offer(now, false).expect("offer");
    let candidate = world
        .a
        .session()
        .add_local_candidate(now, host("10.0.0.1:4000"))
        .expect("address")
        .expect("new");
    assert_eq!(candidate.ufrag.as_deref(), Some(world.a.session().ufrag()));
    for (bad, want) in bad_ones() {
        let verdict = world.b.session().add_remote_candidate(now, &bad);
        assert!(
            verdict == want || verdict == Verdict::Kept,
            "{bad:?}: {verdict:?}"
        );
    }
    assert_eq!(
        world.b.session().add_remote_candidate(now, &candidate),
        Verdict::Kept
    );
    let answer = world.b.session().accept_offer(now, &offer).expect("answer");
    let answer: String = answer
        .lines()
        .filter(|l| !l.starts_with("a=candidate"))
        .map(|l| format!("{l}\r\n"))
        .collect();
    world
        .a
        .session()
        .accept_answer(now, &answer)
        .expect("agreement");
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
    let report = world.a.measurements();
    assert_eq!(
        report.path().expect("a path").remote_kind,
        Kind::Prflx,
        "found by its check alone"
    );
}

#[test]
fn the_first_candidate_may_come_after_twenty_seconds() {
    let mut world = two(22);
    let now = world.clock.now();
    let offer = world.a.session().create_offer(now, false).expect("offer");
    let answer = world.b.session().accept_offer(now, &offer).expect("answer");
    world
        .a
        .session()
        .accept_answer(now, &answer)
        .expect("agreement");
    world.run_for(Duration::from_secs(20));
    assert_eq!(world.a.session().state(), State::Connecting);
    let now = world.clock.now();
    let from_a = world
        .a
        .session()
        .add_local_candidate(now, host("10.0.0.1:4000"))
        .expect("address")
        .expect("new");
    let from_b = world
        .b
        .session()
        .add_local_candidate(now, host("10.0.0.2:5000"))
        .expect("address")
        .expect("new");
    for _ in 0..3 {
        world.b.session().add_remote_candidate(now, &from_a);
        world.a.session().add_remote_candidate(now, &from_b);
    }
    assert_eq!(
        world.b.session().add_remote_candidate(now, &from_a),
        Verdict::Duplicate
    );
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
}

#[test]
fn bad_candidates_and_names_never_end_a_call() {
    let mut world = two(23);
    world.negotiate(false);
    let now = world.clock.now();
    for (bad, want) in bad_ones() {
        assert_eq!(
            world.a.session().add_remote_candidate(now, &bad),
            want,
            "{bad:?}"
        );
    }
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
    let now = world.clock.now();
    for (bad, _) in bad_ones() {
        world.a.session().add_remote_candidate(now, &bad);
        world.b.session().add_remote_candidate(now, &bad);
    }
    world.run_for(Duration::from_secs(3));
    assert!(world.connected());
}

#[test]
fn a_description_with_only_an_mdns_name_still_connects() {
    let mut world = two(24);
    let now = world.clock.now();
    world
        .a
        .session()
        .add_local_candidate(now, host("10.0.0.1:4000"))
        .expect("address");
    world
        .b
        .session()
        .add_local_candidate(now, host("10.0.0.2:5000"))
        .expect("address");
    let offer = world.a.session().create_offer(now, false).expect("offer");
    let hidden = offer.replace("10.0.0.1 4000", "6f9c0f5e-2f3b.local 4000");
    assert_ne!(offer, hidden);
    let answer = world
        .b
        .session()
        .accept_offer(now, &hidden)
        .expect("answer");
    world
        .a
        .session()
        .accept_answer(now, &answer)
        .expect("agreement");
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
}

#[test]
fn a_server_behind_an_address_translation_is_reached_by_its_public_address() {
    let mut world = two(25);
    // The public address leads to the private one, as in a cloud.
    let (public, private) = (address("203.0.113.5:5000"), address("10.0.0.2:5000"));
    let now = world.clock.now();
    let b = world.b.session();
    let candidate = b.add_local_candidate(
        now,
        LocalCandidate::ServerReflexive {
            address: public,
            base: private,
        },
    );
    let candidate = candidate.expect("address").expect("new");
    assert!(
        candidate.candidate.contains("203.0.113.5 5000")
            && !candidate.candidate.contains("10.0.0.2")
    );
    world
        .a
        .session()
        .add_local_candidate(now, host("10.0.0.1:4000"))
        .expect("address");
    let offer = world.a.session().create_offer(now, false).expect("offer");
    let answer = world.b.session().accept_offer(now, &offer).expect("answer");
    assert!(
        !answer.contains("10.0.0.2"),
        "the private address stays private: {answer}"
    );
    world
        .a
        .session()
        .accept_answer(now, &answer)
        .expect("agreement");
    let connected = world.run(Duration::from_secs(5), |world| {
        // The translation, both ways.
        let now = world.clock.now();
        world.drain();
        let mut through = Vec::new();
        for link in &mut world.links {
            while let Some(datagram) = link.receive(now + Duration::from_secs(1)) {
                through.push(datagram);
            }
        }
        for mut datagram in through {
            use crate::world::End;
            if datagram.destination == public {
                datagram.destination = private;
                world.b.datagram(now, datagram);
            } else if datagram.source == private {
                datagram.source = public;
                world.a.datagram(now, datagram);
            }
        }
        world.connected()
    });
    assert!(connected, "{:?}", world.a.session().pairs());
    let report = world.b.measurements();
    assert_eq!(report.path().expect("a path").local_kind, Kind::Srflx);
}

#[test]
fn relayed_addresses_are_named_as_the_source_of_what_goes_through_them() {
    let mut world = two(26);
    let now = world.clock.now();
    let (relay, socket) = (address("198.51.100.1:49152"), address("10.0.0.1:4000"));
    world.addresses[0] = vec![relay];
    world
        .a
        .session()
        .add_local_candidate(
            now,
            LocalCandidate::Relayed {
                address: relay,
                local: socket,
            },
        )
        .expect("ok");
    world
        .b
        .session()
        .add_local_candidate(now, host("10.0.0.2:5000"))
        .expect("address");
    let offer = world.a.session().create_offer(now, false).expect("offer");
    let answer = world.b.session().accept_offer(now, &offer).expect("answer");
    world
        .a
        .session()
        .accept_answer(now, &answer)
        .expect("agreement");
    assert!(
        world.run(Duration::from_secs(5), World::connected),
        "connected"
    );
    let report = world.a.measurements();
    let path = report.path().expect("a path");
    assert_eq!((path.local, path.local_kind), (relay, Kind::Relay));
    let other = world.b.measurements();
    assert_eq!(other.path().expect("a path").remote_kind, Kind::Relay);
}
