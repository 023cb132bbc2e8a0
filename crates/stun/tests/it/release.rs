//! What is given back is free at once, and everybody pays for oneself.

use std::time::Duration;

use stun::{Credentials, Input};

use crate::rig::{Hand, Rig, SECRET, UNIX, config};

#[test]
fn gives_an_allocation_back_the_moment_it_is_released() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    let first = hand.allocate(&mut rig).relayed()[0];
    assert_eq!(rig.sockets.len(), 1);
    let released = hand.refresh(&mut rig, 0);
    assert_eq!(
        (released.code(), released.message().lifetime()),
        (0, Some(0))
    );
    assert_eq!((rig.relay.live_allocations(), rig.sockets.len()), (0, 0));
    let second = hand.allocate(&mut rig);
    assert_eq!(second.code(), 0);
    assert!(!rig.relay.is_relayed(first) || second.relayed()[0] == first);
    assert_eq!(rig.sockets.len(), 1);
}

#[test]
fn the_quota_counts_each_owner_alone_and_a_closed_connection_frees_at_once() {
    let mut config = config();
    config.limits.allocations_per_owner = 2;
    let mut rig = Rig::new(config);
    let mut anns: Vec<_> = (1..=3)
        .map(|n| Hand::ann(&format!("198.51.100.1:500{n}")))
        .collect();
    assert_eq!(anns[0].allocate(&mut rig).code(), 0);
    assert_eq!(anns[1].allocate(&mut rig).code(), 0);
    assert_eq!(Hand::bob("198.51.100.1:6000").allocate(&mut rig).code(), 0);
    assert_eq!(anns[2].allocate(&mut rig).code(), 486);
    rig.input(Input::Gone(anns[0].tuple));
    assert_eq!(anns[2].allocate(&mut rig).code(), 0);
    assert_eq!(rig.relay.live_allocations(), 3);
    // Running out counts like giving back.
    rig.wait(600);
    assert_eq!((rig.relay.live_allocations(), rig.sockets.len()), (0, 0));
    assert_eq!(anns[0].allocate(&mut rig).code(), 0);
}

#[test]
fn the_relay_as_a_whole_has_a_bound() {
    let mut config = config();
    config.limits.allocations = 2;
    let mut rig = Rig::new(config);
    assert_eq!(Hand::ann("198.51.100.1:1").allocate(&mut rig).code(), 0);
    assert_eq!(Hand::bob("198.51.100.1:2").allocate(&mut rig).code(), 0);
    assert_eq!(Hand::ann("198.51.100.1:3").allocate(&mut rig).code(), 508);
}

fn issued(name: &str, at: Duration) -> Hand {
    let expires = at + Duration::from_secs(24 * 3600);
    let made = Credentials::issue(SECRET, name, expires);
    let port = 1024
        + name
            .bytes()
            .fold(0u16, |sum, b| sum.wrapping_mul(31) + u16::from(b))
            / 2;
    Hand::new(
        &format!("198.51.100.1:{port}"),
        &made.username,
        &made.password,
    )
}

#[test]
fn time_limited_names_work_until_their_time_and_a_running_call_goes_on() {
    let mut rig = Rig::new(config());
    let made = Credentials::issue(SECRET, "ann/1/7", UNIX + Duration::from_secs(100));
    let mut hand = Hand::new("198.51.100.1:5000", &made.username, &made.password);
    assert_eq!(hand.allocate(&mut rig).code(), 0);
    let forged = Credentials::issue(
        b"another secret",
        "ann/1/7",
        UNIX + Duration::from_secs(100),
    );
    let mut forger = Hand::new("198.51.100.1:5001", &forged.username, &forged.password);
    assert_eq!(forger.allocate(&mut rig).code(), 401);
    rig.wait(101);
    assert_eq!(hand.refresh(&mut rig, 600).code(), 0);
    assert_eq!(hand.refresh(&mut rig, 0).code(), 0);
    assert_eq!(hand.allocate(&mut rig).code(), 401);
}

#[test]
fn ending_a_call_or_a_device_frees_what_it_has_and_refuses_its_old_names() {
    let mut rig = Rig::new(config());
    let (mut call_7, mut call_8, mut other) = (
        issued("ann/1/7", UNIX),
        issued("ann/1/8", UNIX),
        issued("ann/2/9", UNIX),
    );
    for hand in [&mut call_7, &mut call_8, &mut other] {
        assert_eq!(hand.allocate(&mut rig).code(), 0);
    }
    rig.wait(10);
    rig.input(Input::EndUser("ann/1/7".to_owned()));
    assert_eq!((rig.relay.live_allocations(), rig.sockets.len()), (2, 2));
    assert_eq!(call_7.allocate(&mut rig).code(), 401);
    assert_eq!(call_8.refresh(&mut rig, 600).code(), 0);
    rig.input(Input::EndUser("ann/1".to_owned()));
    assert_eq!(rig.relay.live_allocations(), 1);
    assert_eq!(call_8.allocate(&mut rig).code(), 401);
    assert_eq!(other.refresh(&mut rig, 600).code(), 0);
    // What is issued afterwards is good, also for the same name.
    rig.wait(10);
    let mut later = issued("ann/1", UNIX + Duration::from_secs(20));
    assert_eq!(later.allocate(&mut rig).code(), 0);
}
