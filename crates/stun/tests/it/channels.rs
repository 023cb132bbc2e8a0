//! Channels and permissions run out, whatever data flows.

use std::time::Duration;

use stun::{Dropped, Verdict};

use crate::rig::{Hand, Rig, SECRET, UNIX, config};

const P: &str = "198.51.100.9:9000";
const Q: &str = "198.51.100.8:8000";

/// Bound at 0, data every second, no refresh but the allocation's, until 601 s.
fn after_601_seconds() -> (Rig, Hand) {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    assert_eq!(hand.allocate(&mut rig).code(), 0);
    assert_eq!(hand.refresh(&mut rig, 3600).code(), 0);
    assert_eq!(hand.bind(&mut rig, 0x4000, P), 0);
    for second in 1..600 {
        rig.wait(1);
        hand.send_channel(&mut rig, 0x4000, b"tick")
            .unwrap_or_else(|e| panic!("{second}: {e:?}"));
    }
    rig.wait(2);
    (rig, hand)
}

#[test]
fn lets_channels_expire_and_takes_the_same_pair_up_again_at_once() {
    let (mut rig, mut hand) = after_601_seconds();
    let unbound = Err(Verdict::Drop(Dropped::NoChannel));
    assert_eq!(hand.send_channel(&mut rig, 0x4000, b"late"), unbound);
    assert_eq!(
        rig.peer_sends(P, b"late"),
        Err(Verdict::Drop(Dropped::NoPermission))
    );
    assert_eq!(hand.bind(&mut rig, 0x4000, P), 0);
    assert_eq!(
        hand.send_channel(&mut rig, 0x4000, b"again")
            .expect("relayed")
            .bytes,
        b"again"
    );
    let back = rig.peer_sends(P, b"too").expect("relayed");
    assert_eq!(back.bytes, [&[0x40, 0, 0, 3][..], b"too"].concat());
}

#[test]
fn another_pair_can_be_bound_once_the_old_one_ran_out() {
    let (mut rig, mut hand) = after_601_seconds();
    assert_eq!(hand.bind(&mut rig, 0x4000, Q), 0);
    let (mut rig, mut hand) = after_601_seconds();
    assert_eq!(hand.bind(&mut rig, 0x4001, P), 0);
    assert!(hand.send_channel(&mut rig, 0x4001, b"x").is_ok());
}

#[test]
fn a_bound_pair_is_not_broken_up() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    assert_eq!(hand.bind(&mut rig, 0x4000, P), 0);
    assert_eq!(hand.bind(&mut rig, 0x4000, Q), 400);
    assert_eq!(hand.bind(&mut rig, 0x4001, P), 400);
    assert_eq!(hand.bind(&mut rig, 0x4000, P), 0);
    assert_eq!(hand.bind(&mut rig, 0x4001, Q), 0);
}

#[test]
fn numbers_outside_the_range_are_bad_requests() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    for number in [0x0000, 0x3FFF, 0x5000, 0x7FFE, 0xFFFF] {
        assert_eq!(hand.bind(&mut rig, number, P), 400, "{number:#x}");
    }
    for number in [0x4000, 0x4FFF] {
        let mut hand = Hand::bob(&format!("198.51.100.1:{number}"));
        hand.allocate(&mut rig);
        assert_eq!(hand.bind(&mut rig, number, P), 0, "{number:#x}");
    }
}

#[test]
fn old_numbers_are_for_fixed_users_where_the_operator_lets_them() {
    let mut old = config();
    old.old_channels = true;
    let mut rig = Rig::new(old);
    let mut fixed = Hand::ann("198.51.100.1:5000");
    fixed.allocate(&mut rig);
    for (number, want) in [(0x3FFF, 400), (0x7FFF, 0), (0x8000, 400)] {
        assert_eq!(fixed.bind(&mut rig, number, P), want, "{number:#x}");
    }
    assert_eq!(
        fixed
            .send_channel(&mut rig, 0x7FFF, b"x")
            .expect("relayed")
            .bytes,
        b"x"
    );
    assert_eq!(
        rig.peer_sends(P, b"yz").expect("relayed").bytes,
        b"\x7F\xFF\x00\x02yz"
    );
    let made = stun::Credentials::issue(SECRET, "bob/1/7", UNIX + Duration::from_secs(600));
    let mut ours = Hand::new("198.51.100.1:5001", &made.username, &made.password);
    ours.allocate(&mut rig);
    assert_eq!(ours.bind(&mut rig, 0x5000, P), 400);
    assert_eq!(ours.bind(&mut rig, 0x4FFF, P), 0);
}

#[test]
fn a_permission_lasts_five_minutes_whatever_data_flows() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    assert!(hand.send(&mut rig, P, b"x").is_err());
    assert_eq!(hand.permit(&mut rig, P), 0);
    for _ in 0..299 {
        rig.wait(1);
        hand.send(&mut rig, P, b"x").expect("relayed");
        // Permissions are for addresses, not ports.
        rig.peer_sends("198.51.100.9:1", b"x").expect("relayed");
    }
    rig.wait(1);
    let gone = Verdict::Drop(Dropped::NoPermission);
    assert_eq!(hand.send(&mut rig, P, b"x"), Err(gone));
    assert_eq!(rig.peer_sends(P, b"x"), Err(gone));
}

#[test]
fn an_allocation_is_gone_after_its_lifetime_although_data_flows() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    rig.wait(300);
    assert_eq!(hand.bind(&mut rig, 0x4000, P), 0);
    rig.wait(299);
    assert!(hand.send_channel(&mut rig, 0x4000, b"x").is_ok());
    rig.wait(1);
    let gone = Err(Verdict::Drop(Dropped::NoAllocation));
    assert_eq!(hand.send_channel(&mut rig, 0x4000, b"x"), gone);
    assert!(rig.sockets.is_empty());
    assert_eq!(hand.permit(&mut rig, P), 437);
    assert_eq!(hand.refresh(&mut rig, 600).code(), 437);
}

#[test]
fn shortened_lifetimes_hold_on_the_fast_path_too() {
    let mut config = config();
    config.lifetimes.channel = Duration::from_secs(3);
    config.lifetimes.permission = Duration::from_secs(2);
    let mut rig = Rig::new(config);
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    hand.bind(&mut rig, 0x4000, P);
    rig.wait(2);
    assert!(hand.send_channel(&mut rig, 0x4000, b"x").is_ok());
    assert_eq!(
        rig.peer_sends(P, b"x"),
        Err(Verdict::Drop(Dropped::NoPermission))
    );
    rig.wait(1);
    assert!(hand.send_channel(&mut rig, 0x4000, b"x").is_err());
}

#[test]
fn channels_and_permissions_have_a_bound() {
    let mut config = config();
    config.limits.permissions = 3;
    config.limits.channels = 2;
    let mut rig = Rig::new(config);
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    assert_eq!(hand.bind(&mut rig, 0x4000, "198.51.100.10:1"), 0);
    assert_eq!(hand.bind(&mut rig, 0x4001, "198.51.100.11:1"), 0);
    assert_eq!(hand.bind(&mut rig, 0x4002, "198.51.100.12:1"), 508);
    assert_eq!(hand.permit(&mut rig, "198.51.100.12:1"), 0);
    assert_eq!(hand.permit(&mut rig, "198.51.100.13:1"), 508);
    assert_eq!(hand.permit(&mut rig, "198.51.100.12:1"), 0);
    rig.wait(300);
    assert_eq!(hand.permit(&mut rig, "198.51.100.13:1"), 0);
}
