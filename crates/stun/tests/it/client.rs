//! The TURN and Binding clients against our relay, over a network that loses and delays.

use std::time::Duration;

use sansio::Machine;
use sansio::sim::{LinkConfig, NatConfig, Network, Realm};
use stun::{
    BindingClient, BindingError, BindingInput, BindingOutput, Class, Message, MessageWriter,
    TurnInput, TurnOutput,
};

use crate::rig::address;
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
const PEER: &str = "198.51.100.9:9000";

fn lossy() -> LinkConfig {
    let jitter = Duration::from_millis(20);
    LinkConfig {
        loss: 0.1,
        jitter,
        ..LinkConfig::delayed(Duration::from_millis(30))
    }
}

#[test]
fn an_allocation_with_a_channel_lives_for_hours_over_a_lossy_network() {
    for seed in 1..=5 {
        println!("seed {seed}");
        let mut world = World::new(seed, lossy());
        let peer = world.add_peer("198.51.100.9");
        let ann = world.add_client("203.0.113.1", "ann", "north");
        world.tell(ann, TurnInput::Bind(address(PEER)));
        world.run(30 * SECOND);
        let relayed = world.relayed(ann);
        let said = world.said(ann);
        assert!(matches!(said[0], TurnOutput::Allocated { .. }), "{said:?}");
        assert!(
            said.contains(&TurnOutput::Permitted(address(PEER).ip())),
            "{said:?}"
        );
        assert!(said.contains(&TurnOutput::Bound(address(PEER))), "{said:?}");
        // Three hours: 18 refreshes, 45 permissions, 20 channel binds, 3 nonces.
        for _ in 0..180 {
            world.run(60 * SECOND);
            world.tell(
                ann,
                TurnInput::Send {
                    peer: address(PEER),
                    data: b"minute".to_vec(),
                },
            );
            world
                .net
                .send(peer, address(PEER), relayed, b"back".to_vec());
        }
        world.run(SECOND);
        assert_eq!(world.relayed(ann), relayed);
        assert_eq!(world.relay.live_allocations(), 1);
        let (there, back) = (world.arrived.len(), world.said(ann).len());
        assert!(
            (130..180).contains(&there),
            "{there} of 180 arrived at 10 % loss each way"
        );
        assert!((130..180).contains(&back), "{back} of 180 came back");
        assert!(
            world
                .arrived
                .iter()
                .all(|d| d.from == relayed && d.bytes == b"minute")
        );
    }
}

#[test]
fn closing_gives_the_allocation_back() {
    let mut world = World::new(1, LinkConfig::delayed(Duration::from_millis(10)));
    let ann = world.add_client("203.0.113.1", "ann", "north");
    world.run(SECOND);
    assert_eq!(world.relay.live_allocations(), 1);
    world.tell(ann, TurnInput::Close);
    world.run(SECOND);
    assert_eq!(world.relay.live_allocations(), 0);
    assert_eq!(world.said(ann).last(), Some(&TurnOutput::Closed));
    assert!(world.clients[ann].machine.is_ended());
    assert_eq!(world.clients[ann].machine.poll_timeout(), None);
}

#[test]
fn closing_before_the_answer_came_leaves_nothing_behind() {
    for millis in [1, 15, 35, 50, 60, 80] {
        let mut world = World::new(1, LinkConfig::delayed(Duration::from_millis(10)));
        let ann = world.add_client("203.0.113.1", "ann", "north");
        world.run(Duration::from_millis(millis));
        world.tell(ann, TurnInput::Close);
        world.run(60 * SECOND);
        assert_eq!(
            world.relay.live_allocations(),
            0,
            "closed after {millis} ms"
        );
        assert_eq!(
            world.said(ann).last(),
            Some(&TurnOutput::Closed),
            "closed after {millis} ms"
        );
    }
}

#[test]
fn two_clients_behind_symmetric_nats_meet_on_the_relay() {
    let mut world = World::new(1, LinkConfig::delayed(Duration::from_millis(10)));
    let ann = world.add_client("203.0.113.1", "ann", "north");
    let bob = world.add_client("203.0.113.2", "bob", "south");
    world.run(SECOND);
    let (a, b) = (world.relayed(ann), world.relayed(bob));
    world.tell(ann, TurnInput::Permit(b.ip()));
    world.tell(bob, TurnInput::Bind(a));
    world.run(SECOND);
    world.said(ann);
    world.said(bob);
    world.tell(
        ann,
        TurnInput::Send {
            peer: b,
            data: b"by indication".to_vec(),
        },
    );
    world.tell(
        bob,
        TurnInput::Send {
            peer: a,
            data: b"by channel".to_vec(),
        },
    );
    world.run(SECOND);
    let data = |peer, data: &[u8]| TurnOutput::Data {
        peer,
        data: data.to_vec(),
    };
    assert_eq!(world.said(bob), [data(a, b"by indication")]);
    assert_eq!(world.said(ann), [data(b, b"by channel")]);
}

#[test]
fn an_internal_peer_is_refused_and_the_rest_goes_on() {
    let mut world = World::new(1, LinkConfig::delayed(Duration::from_millis(10)));
    let peer = world.add_peer("198.51.100.9");
    let ann = world.add_client("203.0.113.1", "ann", "north");
    world.tell(ann, TurnInput::Permit("127.0.0.1".parse().expect("ip")));
    world.tell(ann, TurnInput::Permit("::1".parse().expect("ip")));
    world.tell(ann, TurnInput::Permit(address(PEER).ip()));
    world.run(SECOND);
    let said = world.said(ann);
    assert!(said.contains(&TurnOutput::Refused("127.0.0.1".parse().expect("ip"), 403)));
    assert!(said.contains(&TurnOutput::Refused("::1".parse().expect("ip"), 443)));
    world
        .net
        .send(peer, address(PEER), world.relayed(ann), b"hi".to_vec());
    world.tell(
        ann,
        TurnInput::Send {
            peer: address("127.0.0.1:7"),
            data: b"x".to_vec(),
        },
    );
    world.run(SECOND);
    assert_eq!(
        world.said(ann),
        [TurnOutput::Data {
            peer: address(PEER),
            data: b"hi".to_vec()
        }]
    );
    assert_eq!(
        world.relay.counters().dropped.iter().sum::<u64>(),
        0,
        "nothing in vain"
    );
}

#[test]
fn our_address_is_learned_through_a_nat_and_loss() {
    let mut net = Network::new(4);
    let server = address("192.0.2.1:3478");
    let host = net.add_host(Realm::INTERNET, server.ip(), LinkConfig::default());
    let outside = "203.0.113.1".parse().expect("ip");
    let bad = LinkConfig {
        loss: 0.5,
        ..LinkConfig::delayed(Duration::from_millis(20))
    };
    let home = net.add_nat(Realm::INTERNET, outside, NatConfig::HOME, bad);
    let local = address("10.0.0.2:5000");
    let laptop = net.add_host(home, local.ip(), LinkConfig::default());
    let mut client = BindingClient::new(net.now(), server, &mut sansio::rng::seeded(1));
    let learned = loop {
        match client.poll_output() {
            Some(BindingOutput::Transmit { to, bytes }) => net.send(laptop, local, to, bytes),
            Some(BindingOutput::Done(result)) => break result.expect("an address"),
            None => {
                let due = client.poll_timeout().expect("it waits");
                match net.step(due) {
                    None => client
                        .handle(net.now(), BindingInput::Timeout)
                        .expect("infallible"),
                    Some(at_server) if at_server.host == host => {
                        let asked = Message::decode(&at_server.bytes).expect("a request");
                        let mut writer =
                            MessageWriter::new(Class::Success, asked.method(), asked.id());
                        writer.attribute(&stun::Attribute::XorMappedAddress(at_server.from));
                        net.send(host, server, at_server.from, writer.finish());
                    }
                    Some(answer) => {
                        let input = BindingInput::Datagram {
                            from: answer.from,
                            bytes: answer.bytes,
                        };
                        client.handle(net.now(), input).expect("infallible");
                    }
                }
            }
        }
    };
    assert_eq!(learned.ip(), outside);
}

#[test]
fn a_silent_server_is_asked_seven_times_and_given_up_after_39_and_a_half_seconds() {
    let mut clock = sansio::sim::Clock::new();
    let server = address("192.0.2.1:3478");
    let mut client = BindingClient::new(clock.now(), server, &mut sansio::rng::seeded(1));
    let mut sent = Vec::new();
    let end = loop {
        match client.poll_output() {
            Some(BindingOutput::Transmit { .. }) => sent.push(clock.elapsed().as_millis()),
            Some(BindingOutput::Done(result)) => break result,
            None => {
                clock.advance_to(client.poll_timeout().expect("it waits"));
                client
                    .handle(clock.now(), BindingInput::Timeout)
                    .expect("infallible");
            }
        }
    };
    // RFC 8489 §6.2.1, its own example.
    assert_eq!(sent, [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    assert_eq!(clock.elapsed(), Duration::from_millis(39_500));
    assert_eq!(end, Err(BindingError::TimedOut));
}
