//! Several machines that are one relay to the world.

use std::net::SocketAddr;

use stun::{Attribute, Dropped, Flow, ListenerId, Out, Shard, Verdict};

use crate::rig::{Hand, Rig, address, config};

/// Two machines of one group, with these ports and quotas.
fn two(change: impl Fn(&mut stun::AllocationsConfig)) -> (Rig, Rig) {
    let mut rigs = Shard::group(2).into_iter().map(|shard| {
        let mut config = stun::AllocationsConfig { shard, ..config() };
        change(&mut config);
        Rig::new(config)
    });
    let first = rigs.next().expect("two");
    (first, rigs.next().expect("two"))
}

/// Ann in the first, Bob in the second, and their relayed addresses.
fn apart() -> (Rig, Hand, SocketAddr, Rig, Hand, SocketAddr) {
    let (mut first, mut second) = two(|_| {});
    let (mut ann, mut bob) = (Hand::ann("198.51.100.1:1"), Hand::bob("198.51.100.2:2"));
    let a = ann.allocate(&mut first).relayed()[0];
    let b = bob.allocate(&mut second).relayed()[0];
    (first, ann, a, second, bob, b)
}

#[test]
fn two_shards_never_own_one_port() {
    let (mut first, mut second) = two(|config| config.ports = 50_000..=50_005);
    let mut ports = Vec::new();
    for number in 0..8 {
        let rig = if number % 2 == 0 {
            &mut first
        } else {
            &mut second
        };
        let mut hand = Hand::ann(&format!("198.51.100.1:{}", 5000 + number));
        let answer = hand.allocate(rig);
        assert_eq!(answer.code(), if number < 6 { 0 } else { 508 });
        ports.extend(answer.relayed().iter().map(SocketAddr::port));
    }
    ports.sort_unstable();
    assert_eq!(ports, [50_000, 50_001, 50_002, 50_003, 50_004, 50_005]);
    // What one gives back the other may have.
    Hand::ann("198.51.100.1:5000").refresh(&mut first, 0);
    let mut late = Hand::ann("198.51.100.1:6001");
    assert_eq!(late.allocate(&mut second).code(), 0);
}

#[test]
fn a_token_is_good_at_every_shard_once_and_for_its_time() {
    const KEEP: Attribute<'static> = Attribute::EvenPort { reserve_next: true };
    let (mut first, mut second) = two(|config| config.ports = 50_000..=50_003);
    let mut ann = Hand::ann("198.51.100.1:1");
    let given = ann.allocate_with(&mut first, &[KEEP]);
    let (port, token) = (given.relayed()[0].port(), given.token().expect("a token"));
    let token = [Attribute::ReservationToken(token)];
    let mut other = Hand::ann("198.51.100.1:2");
    let got = other.allocate_with(&mut second, &token);
    assert_eq!((got.code(), got.relayed()[0].port()), (0, port + 1));
    for rig in [&mut first, &mut second] {
        assert_eq!(
            Hand::ann("198.51.100.1:3")
                .allocate_with(rig, &token)
                .code(),
            508
        );
    }
    // It is the second one's now: neither the time of the token nor the end of who got it ends it.
    first.wait(31);
    second.wait(31);
    assert_eq!(ann.refresh(&mut first, 0).code(), 0);
    assert_eq!(other.permit(&mut second, "198.51.100.9:9"), 0);
    assert!(other.send(&mut second, "198.51.100.9:9", b"x").is_ok());
    assert_eq!(other.refresh(&mut second, 0).code(), 0);

    // One that nobody brings in time, and one whose giver has gone: all four ports are free again.
    let late = ann
        .allocate_with(&mut first, &[KEEP])
        .token()
        .expect("a token");
    first.wait(30);
    second.wait(30);
    let late = [Attribute::ReservationToken(late)];
    assert_eq!(
        Hand::ann("198.51.100.1:4")
            .allocate_with(&mut second, &late)
            .code(),
        508
    );
    let mut bob = Hand::bob("198.51.100.2:1");
    let gone = bob
        .allocate_with(&mut second, &[KEEP])
        .token()
        .expect("a token");
    assert_eq!(bob.refresh(&mut second, 0).code(), 0);
    let gone = [Attribute::ReservationToken(gone)];
    assert_eq!(
        Hand::bob("198.51.100.2:2")
            .allocate_with(&mut first, &gone)
            .code(),
        508
    );
    assert_eq!(ann.refresh(&mut first, 0).code(), 0);
    for port in 5..9 {
        assert_eq!(
            Hand::ann(&format!("198.51.100.1:{port}"))
                .allocate(&mut first)
                .code(),
            0
        );
    }
}

#[test]
fn a_quota_is_one_over_all_shards() {
    let (mut first, mut second) = two(|config| {
        config.limits.allocations_per_owner = 2;
        config.limits.allocations = 3;
    });
    let ann = |port: u16| Hand::ann(&format!("198.51.100.1:{port}"));
    let bob = |port: u16| Hand::bob(&format!("198.51.100.2:{port}"));
    let mut one = ann(1);
    assert_eq!(one.allocate(&mut first).code(), 0);
    assert_eq!(ann(2).allocate(&mut second).code(), 0);
    assert_eq!(ann(3).allocate(&mut first).code(), 486);
    assert_eq!(ann(4).allocate(&mut second).code(), 486);
    assert_eq!(bob(5).allocate(&mut second).code(), 0);
    assert_eq!(bob(6).allocate(&mut first).code(), 508);
    assert_eq!(one.refresh(&mut first, 0).code(), 0);
    assert_eq!(ann(7).allocate(&mut second).code(), 0);
}

#[test]
fn a_short_cut_across_shards_asks_both_sides() {
    let (mut first, mut ann, a, mut second, mut bob, b) = apart();
    let (ann_sees, bob_sees) = (b.to_string(), a.to_string());
    let unasked = ann.send(&mut first, &ann_sees, b"x");
    assert_eq!(unasked, Err(Verdict::Drop(Dropped::NoPermission)));
    assert_eq!(ann.bind(&mut first, 0x4001, &ann_sees), 0);
    let sent = ann
        .send_channel(&mut first, 0x4001, b"hello")
        .expect("handed over");
    let want = Out::Shard {
        place: 1,
        source: a,
    };
    assert_eq!(
        (sent.out, sent.to, &sent.bytes[..]),
        (want, b, &b"hello"[..])
    );
    // Whoever sends counts nothing; the one who delivers does.
    assert_eq!(first.relay.counters().relayed_packets, 0);
    let cross = Flow::Shard { from: a, to: b };
    let deaf = second.data(cross, b"hello");
    assert_eq!(deaf, Err(Verdict::Drop(Dropped::NoPermission)));
    assert_eq!(bob.bind(&mut second, 0x4002, &bob_sees), 0);
    let got = second.data(cross, b"hello").expect("delivered");
    assert_eq!(
        (got.out, got.to),
        (Out::Client(ListenerId(0)), bob.tuple.client)
    );
    assert_eq!(got.bytes, [&[0x40, 0x02, 0, 5][..], b"hello"].concat());
    let counters = second.relay.counters();
    assert_eq!((counters.relayed_packets, counters.inside_packets), (1, 1));
    // Bob leaves: his address is nobody's, here and there.
    bob.refresh(&mut second, 0);
    let late = second.data(cross, b"late");
    assert_eq!(late, Err(Verdict::Drop(Dropped::NoAllocation)));
    let gone = ann.send_channel(&mut first, 0x4001, b"late");
    assert_eq!(gone, Err(Verdict::Drop(Dropped::OwnAddress)));
}

#[test]
fn no_shard_is_a_way_to_other_ports_of_this_host() {
    let (mut first, mut ann, a, _second, _bob, b) = apart();
    for nobody in [SocketAddr::new(b.ip(), 7), address("203.0.113.5:3478")] {
        let text = nobody.to_string();
        assert_eq!(ann.permit(&mut first, &text), 0);
        let sent = ann.send(&mut first, &text, b"x");
        assert_eq!(sent, Err(Verdict::Drop(Dropped::OwnAddress)), "{nobody}");
    }
    assert_eq!(first.relay.sibling_of(b), Some(1));
    assert_eq!(first.relay.sibling_of(a), None);
}
