//! What may come from a forged address costs nothing and gains nothing.

use std::time::Duration;

use sansio::Machine;
use stun::{
    Attribute, Class, FiveTuple, Input, ListenerId, Message, MessageWriter, Method, Output,
    TransactionId,
};

use crate::rig::{Hand, Rig, config};

fn request(method: Method, attributes: &[Attribute<'_>]) -> Vec<u8> {
    let mut writer = MessageWriter::new(Class::Request, method, TransactionId::new([8; 12]));
    for attribute in attributes {
        writer.attribute(attribute);
    }
    writer.finish()
}

#[test]
fn unauthenticated_answers_are_as_small_as_can_be() {
    let mut rig = Rig::new(stun::AllocationsConfig {
        software: Some("a long name of a program".to_owned()),
        ..config()
    });
    let from = Hand::ann("198.51.100.1:5000").tuple;
    for (bytes, most) in [
        (request(Method::Binding, &[]), 1.7),
        (
            request(Method::Allocate, &[Attribute::RequestedTransport(17)]),
            3.0,
        ),
    ] {
        let asked = bytes.len() as f64;
        let answer = rig.input(Input::Datagram { from, bytes }).remove(0).1;
        let gain = answer.len() as f64 / asked;
        assert!(gain < most, "{gain}");
        let message = Message::decode(&answer).expect("a good answer");
        assert!(
            !message
                .attributes()
                .any(|a| matches!(a, Attribute::Software(_)))
        );
    }
}

#[test]
fn makes_the_unauthenticated_path_free_of_state_and_of_gain() {
    let mut rig = Rig::new(config());
    let bytes = request(Method::Allocate, &[Attribute::RequestedTransport(17)]);
    let (mut bytes_in, mut bytes_out) = (0, 0);
    // 100,000 requests from 5,000 addresses within 10 seconds.
    for number in 0..100_000_u32 {
        let ip = 0xC612_0000 + number % 5_000;
        let client = (
            std::net::Ipv4Addr::from_bits(ip),
            (1024 + number % 60_000) as u16,
        )
            .into();
        let from = FiveTuple {
            listener: ListenerId(0),
            client,
        };
        bytes_in += bytes.len();
        for (_, answer) in rig.input(Input::Datagram {
            from,
            bytes: bytes.clone(),
        }) {
            bytes_out += answer.len();
        }
        if number % 100 == 0 {
            rig.clock.advance(Duration::from_millis(10));
        }
    }
    assert!((bytes_out as f64) < 3.0 * bytes_in as f64);
    assert_eq!(rig.relay.live_allocations(), 0);
    assert_eq!(
        rig.relay.poll_timeout(),
        None,
        "nothing is remembered, so nothing expires"
    );
    // 5,000 a second "from" one address, whatever the port: a hundred at once, then fifty a second.
    let mut answers = 0;
    for number in 0..10_000_u16 {
        let client = (std::net::Ipv4Addr::new(198, 51, 100, 66), 1024 + number).into();
        let from = FiveTuple {
            listener: ListenerId(0),
            client,
        };
        answers += rig
            .input(Input::Datagram {
                from,
                bytes: bytes.clone(),
            })
            .len();
        if number % 5 == 0 {
            rig.clock.advance(Duration::from_millis(1));
        }
    }
    assert!(
        (190..=202).contains(&answers),
        "{answers} answers in two seconds"
    );
    // A real client elsewhere signs in meanwhile.
    assert_eq!(Hand::ann("198.51.100.1:5000").allocate(&mut rig).code(), 0);
}

#[test]
fn who_has_authenticated_is_not_counted() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    for _ in 0..1_000 {
        assert_eq!(hand.permit(&mut rig, "198.51.100.9:9"), 0);
    }
}

#[test]
fn binding_answers_with_the_address_it_sees() {
    let mut rig = Rig::new(config());
    for from in ["198.51.100.1:5000", "[2001:db8:1::1]:5000"] {
        let from = Hand::ann(from).tuple;
        let bytes = request(Method::Binding, &[]);
        let answer = rig.input(Input::Datagram { from, bytes }).remove(0).1;
        let message = Message::decode(&answer).expect("a good answer");
        assert_eq!(message.class(), Class::Success);
        assert_eq!(
            message.attributes().collect::<Vec<_>>(),
            [Attribute::XorMappedAddress(from.client)]
        );
    }
}

#[test]
fn a_classic_client_without_cookie_gets_mapped_address() {
    let mut rig = Rig::new(config());
    let from = Hand::ann("198.51.100.1:5000").tuple;
    // RFC 3489 §9.3: a request with CHANGE-REQUEST, no flag set; 128 bits of transaction id.
    let mut bytes = vec![0, 1, 0, 8];
    bytes.extend_from_slice(&[0x5A; 16]);
    bytes.extend_from_slice(&[0, 3, 0, 4, 0, 0, 0, 0]);
    let answer = rig
        .input(Input::Datagram {
            from,
            bytes: bytes.clone(),
        })
        .remove(0)
        .1;
    assert_eq!(answer[..2], [1, 1]);
    assert_eq!(answer[4..20], [0x5A; 16]);
    // MAPPED-ADDRESS 198.51.100.1:5000, not XORed.
    assert_eq!(
        answer[20..],
        [0, 1, 0, 8, 0, 1, 0x13, 0x88, 198, 51, 100, 1]
    );
    // An answer from another address or port cannot be had, and that is said.
    bytes[27] = 6;
    let answer = rig.input(Input::Datagram { from, bytes }).remove(0).1;
    let message = Message::decode(&answer).expect("a good answer");
    assert_eq!(message.error_code(), Some(420));
    // Anything else without a cookie is not for us.
    let mut allocate = vec![0, 3, 0, 0];
    allocate.extend_from_slice(&[0x5A; 16]);
    assert!(
        rig.input(Input::Datagram {
            from,
            bytes: allocate
        })
        .is_empty()
    );
}

#[test]
fn a_fingerprint_is_answered_with_a_fingerprint() {
    let mut rig = Rig::new(config());
    let from = Hand::ann("198.51.100.1:5000").tuple;
    let writer = MessageWriter::new(Class::Request, Method::Binding, TransactionId::new([8; 12]));
    let bytes = writer.finish_with_fingerprint();
    let answer = rig.input(Input::Datagram { from, bytes }).remove(0).1;
    assert!(
        Message::decode(&answer)
            .expect("a good answer")
            .has_fingerprint()
    );
}

#[test]
fn a_check_for_nobody_is_not_answered() {
    let mut rig = Rig::new(config());
    let from = Hand::ann("198.51.100.1:5000").tuple;
    let bytes = request(Method::Binding, &[Attribute::Username("gone:peer")]);
    rig.relay
        .handle(rig.clock.now(), Input::Datagram { from, bytes })
        .expect("infallible");
    assert_eq!(rig.relay.poll_output(), None::<Output>);
}
