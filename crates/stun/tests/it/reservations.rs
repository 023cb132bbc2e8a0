//! Even ports, reserved ports, no ports.

use proptest::prelude::*;
use stun::{Attribute, Family};

use crate::rig::{Answer, Hand, Rig, config};

const EVEN_AND_NEXT: Attribute<'static> = Attribute::EvenPort { reserve_next: true };
const EVEN: Attribute<'static> = Attribute::EvenPort {
    reserve_next: false,
};

fn reserve() -> (Rig, Answer) {
    let mut rig = Rig::new(config());
    let answer = Hand::ann("198.51.100.1:5000").allocate_with(&mut rig, &[EVEN_AND_NEXT]);
    assert_eq!(answer.code(), 0);
    // What is kept is a number; that it can be had was tried.
    assert_eq!(rig.sockets.len(), 1);
    (rig, answer)
}

#[test]
fn a_reserved_port_goes_to_whom_the_token_was_given_once() {
    let (mut rig, answer) = reserve();
    let first = answer.relayed()[0];
    assert_eq!(first.port() % 2, 0);
    let token = Attribute::ReservationToken(answer.token().expect("a token"));
    let mut second = Hand::ann("198.51.100.1:5001");
    let got = second.allocate_with(&mut rig, &[token]);
    assert_eq!((got.code(), got.relayed()[0].port()), (0, first.port() + 1));
    let again = Hand::ann("198.51.100.1:5002").allocate_with(&mut rig, &[token]);
    assert_eq!(again.code(), 508);
    assert_eq!(rig.sockets.len(), 2);
    // The taken one works like any other.
    assert_eq!(second.permit(&mut rig, "198.51.100.9:9"), 0);
    assert!(second.send(&mut rig, "198.51.100.9:9", b"x").is_ok());
    rig.wait(31); // the reservation's timer must not hurt it
    assert_eq!(second.refresh(&mut rig, 600).code(), 0);
}

#[test]
fn who_reserves_and_lets_go_again_and_again_leaves_no_socket_behind() {
    let mut rig = Rig::new(config());
    for _ in 0..50 {
        let mut hand = Hand::ann("198.51.100.1:5000");
        let answer = hand.allocate_with(&mut rig, &[EVEN_AND_NEXT]);
        assert_eq!(answer.code(), 0);
        assert_eq!(hand.refresh(&mut rig, 0).code(), 0);
    }
    assert_eq!(rig.sockets.len(), 0);
}

#[test]
fn a_reserved_port_that_another_program_took_meanwhile_is_no_other_port() {
    let (mut rig, answer) = reserve();
    let port = answer.relayed()[0].port() + 1;
    let token = Attribute::ReservationToken(answer.token().expect("a token"));
    rig.taken = vec![port];
    let mut second = Hand::ann("198.51.100.1:5001");
    assert_eq!(second.allocate_with(&mut rig, &[token]).code(), 508);
    assert_eq!(rig.sockets.len(), 1);
    // The token is used up.
    rig.taken.clear();
    assert_eq!(second.allocate_with(&mut rig, &[token]).code(), 508);
    assert_eq!(second.allocate(&mut rig).code(), 0);
}

#[test]
fn late_and_random_tokens_have_no_port() {
    let (mut rig, answer) = reserve();
    let token = Attribute::ReservationToken(answer.token().expect("a token"));
    rig.wait(30);
    assert_eq!(rig.sockets.len(), 1);
    let mut late = Hand::ann("198.51.100.1:5001");
    assert_eq!(late.allocate_with(&mut rig, &[token]).code(), 508);
    let random = Attribute::ReservationToken([7; 8]);
    assert_eq!(late.allocate_with(&mut rig, &[random]).code(), 508);
    assert_eq!(rig.relay.live_allocations(), 1);
}

#[test]
fn a_token_is_good_until_its_time_is_over() {
    let (mut rig, answer) = reserve();
    let token = Attribute::ReservationToken(answer.token().expect("a token"));
    rig.wait(29);
    let mut second = Hand::ann("198.51.100.1:5001");
    assert_eq!(second.allocate_with(&mut rig, &[token]).code(), 0);
}

#[test]
fn contradictory_wishes_are_bad_requests() {
    let (mut rig, answer) = reserve();
    let token = Attribute::ReservationToken(answer.token().expect("a token"));
    let requested = Attribute::RequestedAddressFamily(Some(Family::Ipv4));
    let additional = Attribute::AdditionalAddressFamily(Some(Family::Ipv6));
    let mut hand = Hand::bob("198.51.100.2:5000");
    for wishes in [
        &[token, EVEN][..],
        &[token, requested],
        &[token, additional],
        &[requested, additional],
        &[EVEN_AND_NEXT, additional],
        &[Attribute::AdditionalAddressFamily(Some(Family::Ipv4))],
        &[Attribute::AdditionalAddressFamily(None)],
    ] {
        assert_eq!(
            hand.allocate_with(&mut rig, wishes).code(),
            400,
            "{wishes:?}"
        );
    }
}

#[test]
fn ports_that_do_not_fit_are_insufficient_capacity_and_cost_nobody_a_port() {
    let mut odd = config();
    odd.ports = 50_001..=50_001;
    let mut rig = Rig::new(odd);
    let mut hand = Hand::ann("198.51.100.1:5000");
    assert_eq!(hand.allocate_with(&mut rig, &[EVEN]).code(), 508);
    assert_eq!(hand.allocate_with(&mut rig, &[EVEN_AND_NEXT]).code(), 508);
    assert_eq!(hand.allocate(&mut rig).relayed()[0].port(), 50_001);
    assert_eq!(
        Hand::bob("198.51.100.1:5001").allocate(&mut rig).code(),
        508
    );
    assert_eq!(rig.relay.live_allocations(), 1);
    assert_eq!(hand.refresh(&mut rig, 600).code(), 0);
}

#[test]
fn an_even_port_that_somebody_has_is_not_taken_from_them() {
    let mut two = config();
    two.ports = 50_000..=50_001;
    let mut rig = Rig::new(two);
    let mut bob = Hand::bob("198.51.100.2:5000");
    assert_eq!(
        bob.allocate_with(&mut rig, &[EVEN]).relayed()[0].port(),
        50_000
    );
    let mut ann = Hand::ann("198.51.100.1:5000");
    for wish in [EVEN, EVEN_AND_NEXT] {
        assert_eq!(ann.allocate_with(&mut rig, &[wish]).code(), 508);
    }
    assert_eq!(bob.refresh(&mut rig, 600).code(), 0);
    assert_eq!(bob.permit(&mut rig, "198.51.100.9:9"), 0);
    assert!(bob.send(&mut rig, "198.51.100.9:9", b"x").is_ok());
    assert_eq!(ann.allocate(&mut rig).relayed()[0].port(), 50_001);
}

#[test]
fn a_port_that_another_program_has_is_passed_over() {
    let mut few = config();
    few.ports = 50_000..=50_003;
    let mut rig = Rig::new(few);
    rig.taken = vec![50_000, 50_001, 50_003];
    let mut hand = Hand::ann("198.51.100.1:5000");
    assert_eq!(hand.allocate(&mut rig).relayed()[0].port(), 50_002);
    assert_eq!(
        Hand::bob("198.51.100.1:5001").allocate(&mut rig).code(),
        508
    );
    hand.refresh(&mut rig, 0);
    // A pair needs both: 50002 alone is no help, and is given back.
    assert_eq!(hand.allocate_with(&mut rig, &[EVEN_AND_NEXT]).code(), 508);
    assert_eq!((rig.sockets.len(), rig.relay.live_allocations()), (0, 0));
    assert_eq!(
        hand.allocate_with(&mut rig, &[EVEN]).relayed()[0].port(),
        50_002
    );
}

#[test]
fn both_families_can_be_had_at_once_and_given_back_one_by_one() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    let both = Attribute::AdditionalAddressFamily(Some(Family::Ipv6));
    let relayed = hand.allocate_with(&mut rig, &[both]).relayed();
    assert!(relayed.len() == 2 && relayed[0].is_ipv4() && relayed[1].is_ipv6());
    for peer in ["198.51.100.9:9", "[2001:db8:9::9]:9"] {
        assert_eq!(hand.permit(&mut rig, peer), 0);
        assert!(hand.send(&mut rig, peer, b"x").is_ok());
        assert!(rig.peer_sends(peer, b"x").is_ok());
    }
    let only_v6 = [
        Attribute::Lifetime(0),
        Attribute::RequestedAddressFamily(Some(Family::Ipv6)),
    ];
    assert_eq!(
        hand.ask(&mut rig, stun::Method::Refresh, &only_v6).code(),
        0
    );
    assert_eq!(hand.permit(&mut rig, "[2001:db8:9::9]:9"), 443);
    assert!(hand.send(&mut rig, "198.51.100.9:9", b"x").is_ok());
    assert_eq!(
        hand.ask(&mut rig, stun::Method::Refresh, &only_v6).code(),
        443
    );
    assert_eq!(hand.refresh(&mut rig, 0).code(), 0);
    assert!(rig.sockets.is_empty());
}

#[test]
fn a_second_family_that_cannot_be_had_is_told_and_the_first_is_given() {
    let mut one = config();
    one.relays.truncate(1);
    let mut rig = Rig::new(one);
    let mut hand = Hand::ann("198.51.100.1:5000");
    let both = Attribute::AdditionalAddressFamily(Some(Family::Ipv6));
    let answer = hand.allocate_with(&mut rig, &[both]);
    assert_eq!((answer.code(), answer.relayed().len()), (0, 1));
    let failed = |a| {
        matches!(
            a,
            Attribute::AddressErrorCode {
                family: Some(Family::Ipv6),
                code: 440,
                ..
            }
        )
    };
    assert!(answer.message().attributes().any(failed));
    let only_v6 = Attribute::RequestedAddressFamily(Some(Family::Ipv6));
    assert_eq!(
        Hand::bob("198.51.100.1:1")
            .allocate_with(&mut rig, &[only_v6])
            .code(),
        440
    );
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Allocate(usize, u8),
    Free(usize),
    Wait(u64),
}

fn some_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0usize..8, 0u8..4).prop_map(|(who, what)| Step::Allocate(who, what)),
        (0usize..8).prop_map(Step::Free),
        (1u64..40).prop_map(Step::Wait),
    ]
}

proptest! {
    /// The rig asserts at every opening that nobody has that port.
    #[test]
    fn a_port_is_never_owned_twice(steps in prop::collection::vec(some_step(), 1..60)) {
        let mut eight = config();
        eight.ports = 50_000..=50_007;
        let mut rig = Rig::new(eight);
        let mut hands: Vec<_> =
            (0..8).map(|n| Hand::ann(&format!("198.51.100.1:{}", 5000 + n))).collect();
        let mut tokens = Vec::new();
        for step in steps {
            match step {
                Step::Allocate(who, what) => {
                    let wish = match what {
                        0 => vec![],
                        1 => vec![EVEN],
                        2 => vec![EVEN_AND_NEXT],
                        _ => tokens.pop().map(Attribute::ReservationToken).into_iter().collect(),
                    };
                    let answer = hands[who].allocate_with(&mut rig, &wish);
                    prop_assert!([0, 437, 508].contains(&answer.code()), "{}", answer.code());
                    tokens.extend(answer.token());
                    for relayed in answer.relayed() {
                        prop_assert!((50_000..=50_007).contains(&relayed.port()));
                    }
                }
                Step::Free(who) => {
                    hands[who].refresh(&mut rig, 0);
                }
                Step::Wait(seconds) => rig.wait(seconds),
            }
        }
        for hand in &mut hands {
            hand.refresh(&mut rig, 0);
        }
        rig.wait(31);
        prop_assert_eq!((rig.sockets.len(), rig.relay.live_allocations()), (0, 0));
        // Nothing leaked: all eight can be had again.
        for hand in &mut hands {
            prop_assert_eq!(hand.allocate(&mut rig).code(), 0);
        }
    }
}
