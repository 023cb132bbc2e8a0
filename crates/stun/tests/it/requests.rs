//! The right answer to every request, and to every nonce.

use stun::{Attribute, Class, Input, Key, MessageWriter, Method, PasswordAlgorithm, TransactionId};

use crate::rig::{Hand, REALM, Rig, config};

#[test]
fn an_allocation_is_made_with_its_addresses_and_lifetime() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    let answer = hand.allocate(&mut rig);
    assert_eq!(answer.code(), 0);
    let message = answer.message();
    message.verify(&hand.key()).expect("signed");
    assert_eq!(message.mapped_address(), Some(hand.tuple.client));
    assert_eq!(message.lifetime(), Some(600));
    // Advertised outside, bound inside: a 1:1 NAT.
    let relayed = answer.relayed()[0];
    assert_eq!(relayed.ip().to_string(), "203.0.113.5");
    let bound = *rig.sockets.values().next().expect("a socket");
    assert_eq!(
        (bound.ip().to_string().as_str(), bound.port()),
        ("10.0.0.5", relayed.port())
    );
    assert!((49_152..=65_535).contains(&relayed.port()));
}

#[test]
fn the_same_allocate_again_gets_the_same_answer_and_another_one_a_mismatch() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.permit(&mut rig, "198.51.100.9:9"); // learns a nonce
    let request = hand.write(Method::Allocate, &[Attribute::RequestedTransport(17)]);
    let first = hand.ask_raw(&mut rig, request.clone()).expect("an answer");
    rig.wait(5);
    let second = hand.ask_raw(&mut rig, request).expect("an answer");
    assert_eq!((first.code(), second.code()), (0, 0));
    assert_eq!(first.relayed(), second.relayed());
    assert_eq!(second.message().lifetime(), Some(595));
    assert_eq!(hand.allocate(&mut rig).code(), 437);
    assert_eq!(rig.relay.live_allocations(), 1);
}

#[test]
fn lifetimes_are_what_is_asked_within_bounds() {
    let mut rig = Rig::new(config());
    for (port, asked, got) in [
        (1, None, 600),
        (2, Some(1), 600),
        (3, Some(1800), 1800),
        (4, Some(u32::MAX), 3600),
    ] {
        let mut hand = Hand::ann(&format!("198.51.100.1:{port}"));
        let wish: Vec<_> = asked.map(Attribute::Lifetime).into_iter().collect();
        let answer = hand.allocate_with(&mut rig, &wish);
        assert_eq!(answer.message().lifetime(), Some(got));
        let seconds = asked.unwrap_or(600);
        assert_eq!(
            hand.refresh(&mut rig, seconds).message().lifetime(),
            Some(got)
        );
    }
}

#[test]
fn requests_without_what_they_need_are_bad() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    assert_eq!(hand.ask(&mut rig, Method::Allocate, &[]).code(), 400);
    let tcp = [Attribute::RequestedTransport(6)];
    assert_eq!(hand.ask(&mut rig, Method::Allocate, &tcp).code(), 442);
    let unknown = Attribute::RequestedAddressFamily(None);
    assert_eq!(hand.allocate_with(&mut rig, &[unknown]).code(), 440);
    for method in [
        Method::Refresh,
        Method::CreatePermission,
        Method::ChannelBind,
    ] {
        assert_eq!(hand.ask(&mut rig, method, &[]).code(), 437, "{method:?}");
    }
    assert_eq!(hand.allocate(&mut rig).code(), 0);
    assert_eq!(
        hand.ask(&mut rig, Method::CreatePermission, &[]).code(),
        400
    );
    assert_eq!(hand.ask(&mut rig, Method::ChannelBind, &[]).code(), 400);
    let only_number = [Attribute::ChannelNumber(0x4000)];
    assert_eq!(
        hand.ask(&mut rig, Method::ChannelBind, &only_number).code(),
        400
    );
}

#[test]
fn what_we_do_not_know_but_would_have_to_is_named() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    let strange = Attribute::Unknown {
        number: 0x7777,
        value: &[1],
    };
    let optional = Attribute::Unknown {
        number: 0xC777,
        value: &[1],
    };
    let answer = hand.allocate_with(&mut rig, &[strange, Attribute::DontFragment]);
    assert_eq!(answer.code(), 420);
    let named = Attribute::UnknownAttributes(&[0x77, 0x77, 0x00, 0x1A]);
    assert!(answer.message().attributes().any(|a| a == named));
    assert_eq!(hand.allocate_with(&mut rig, &[optional]).code(), 0);
}

#[test]
fn dont_fragment_is_known_when_the_shell_can() {
    let mut can = config();
    can.dont_fragment = true;
    let mut rig = Rig::new(can);
    let mut hand = Hand::ann("198.51.100.1:5000");
    assert_eq!(
        hand.allocate_with(&mut rig, &[Attribute::DontFragment])
            .code(),
        0
    );
}

#[test]
fn another_user_on_the_same_5_tuple_has_wrong_credentials() {
    let mut rig = Rig::new(config());
    let mut ann = Hand::ann("198.51.100.1:5000");
    let mut bob = Hand::bob("198.51.100.1:5000");
    ann.allocate(&mut rig);
    assert_eq!(bob.refresh(&mut rig, 0).code(), 441);
    assert_eq!(bob.permit(&mut rig, "198.51.100.9:9"), 441);
    assert_eq!(bob.allocate(&mut rig).code(), 437);
    assert_eq!(ann.refresh(&mut rig, 600).code(), 0);
}

#[test]
fn who_is_unknown_or_signs_wrongly_is_challenged() {
    let mut rig = Rig::new(config());
    for (name, password) in [
        ("eve", "north"),
        ("ann", "wrong"),
        ("1:x", "x"),
        ("9999999999:x", "x"),
    ] {
        let mut hand = Hand::new("198.51.100.1:5000", name, password);
        let answer = hand.allocate(&mut rig);
        assert_eq!(answer.code(), 401, "{name}");
        assert!(!answer.message().has_integrity());
        assert_eq!(answer.message().realm(), Some(REALM));
        assert!(answer.message().nonce().is_some());
    }
    assert_eq!(rig.relay.live_allocations(), 0);
    // Integrity without the rest is a bad request.
    let id = TransactionId::new([1; 12]);
    let mut writer = MessageWriter::new(Class::Request, Method::Allocate, id);
    writer.integrity(&Key::short_term("x"));
    let mut hand = Hand::ann("198.51.100.1:5000");
    assert_eq!(
        hand.ask_raw(&mut rig, writer.finish())
            .expect("an answer")
            .code(),
        400
    );
}

#[test]
fn stale_forged_and_stolen_nonces_are_replaced() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    let good = hand.nonce.clone();
    let refresh = [Attribute::Lifetime(3600)];
    let code = |hand: &mut Hand, rig: &mut Rig| {
        let bytes = hand.write(Method::Refresh, &refresh);
        hand.ask_raw(rig, bytes).expect("an answer").code()
    };
    assert_eq!(code(&mut hand, &mut rig), 0);
    for forged in [
        "x",
        "AAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        &good[1..],
    ] {
        forged.clone_into(&mut hand.nonce);
        assert_eq!(code(&mut hand, &mut rig), 438, "{forged}");
    }
    // A nonce is for the address it was given to.
    let mut elsewhere = Hand::ann("198.51.100.2:5000");
    elsewhere.nonce.clone_from(&good);
    assert_eq!(code(&mut elsewhere, &mut rig), 438);
    hand.nonce.clone_from(&good);
    rig.wait(3599);
    assert_eq!(code(&mut hand, &mut rig), 0);
    rig.wait(1);
    assert_eq!(code(&mut hand, &mut rig), 438);
    assert_eq!(hand.refresh(&mut rig, 600).code(), 0); // asks again with the new one
}

#[test]
fn the_longer_hash_is_answered_with_the_longer_hash() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.permit(&mut rig, "198.51.100.9:9");
    let key = Key::long_term(PasswordAlgorithm::Sha256, "ann", REALM, "north");
    let id = TransactionId::new([9; 12]);
    let mut writer = MessageWriter::new(Class::Request, Method::Allocate, id);
    writer
        .attribute(&Attribute::RequestedTransport(17))
        .attribute(&Attribute::Username("ann"))
        .attribute(&Attribute::Realm(REALM))
        .attribute(&Attribute::Nonce(&hand.nonce))
        .attribute(&Attribute::PasswordAlgorithm(Some(
            PasswordAlgorithm::Sha256,
        )))
        .integrity_sha256(&key);
    let answer = hand.ask_raw(&mut rig, writer.finish()).expect("an answer");
    assert_eq!(answer.code(), 0);
    assert!(answer.message().has_sha256());
    answer
        .message()
        .verify(&key)
        .expect("signed with the same key");
}

#[test]
fn answers_and_indications_are_not_answered() {
    let mut rig = Rig::new(config());
    let hand = Hand::ann("198.51.100.1:5000");
    for class in [Class::Indication, Class::Success, Class::Error] {
        for method in [Method::Binding, Method::Allocate, Method::Refresh] {
            let id = TransactionId::new([1; 12]);
            let bytes = MessageWriter::new(class, method, id).finish();
            assert!(
                rig.input(Input::Datagram {
                    from: hand.tuple,
                    bytes
                })
                .is_empty()
            );
        }
    }
}
