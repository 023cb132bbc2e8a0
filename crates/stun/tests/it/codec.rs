//! What is written can be read, and what cannot be read harms nobody.

use std::net::SocketAddr;

use proptest::prelude::*;
use sansio::Machine;
use sansio::sim::Clock;
use stun::error::{ChannelDataError, DecodeError};
use stun::{
    Attribute, BindingClient, BindingInput, ChannelData, Class, Family, Input, Key, Message,
    MessageWriter, Method, PasswordAlgorithm, PasswordAlgorithmList, TransactionId,
};

use crate::rig::{Hand, Rig, address, config};
use crate::vectors::vector;

fn some_address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        (any::<[u8; 4]>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::from((ip, port))),
        (any::<[u8; 16]>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::from((ip, port))),
    ]
}

fn some_family() -> impl Strategy<Value = Option<Family>> {
    prop_oneof![
        Just(Some(Family::Ipv4)),
        Just(Some(Family::Ipv6)),
        Just(None)
    ]
}

/// Text and bytes for attributes that borrow.
#[derive(Debug, Clone)]
struct Material {
    text: String,
    bytes: Vec<u8>,
}

fn some_material() -> impl Strategy<Value = Material> {
    ("\\PC{1,40}", prop::collection::vec(any::<u8>(), 0..60))
        .prop_map(|(text, bytes)| Material { text, bytes })
}

/// A number for each variant, made into an attribute that borrows from the material.
fn attribute<'a>(
    kind: u8,
    m: &'a Material,
    at: SocketAddr,
    number: u64,
    family: Option<Family>,
) -> Attribute<'a> {
    let word = number as u32;
    let code = 300 + (number % 400) as u16;
    let even = &m.bytes[..m.bytes.len() & !1];
    match kind % 28 {
        0 => Attribute::MappedAddress(at),
        1 => Attribute::ChangeRequest(word),
        2 => Attribute::Username(&m.text),
        3 => Attribute::ErrorCode {
            code,
            reason: &m.text,
        },
        4 => Attribute::UnknownAttributes(even),
        5 => Attribute::ChannelNumber(number as u16),
        6 => Attribute::Lifetime(word),
        7 => Attribute::XorPeerAddress(at),
        8 => Attribute::Data(&m.bytes),
        9 => Attribute::Realm(&m.text),
        10 => Attribute::Nonce(&m.text),
        11 => Attribute::XorRelayedAddress(at),
        12 => Attribute::RequestedAddressFamily(family),
        13 => Attribute::EvenPort {
            reserve_next: word.is_multiple_of(2),
        },
        14 => Attribute::RequestedTransport(number as u8),
        15 => Attribute::DontFragment,
        16 => Attribute::PasswordAlgorithm(Some(PasswordAlgorithm::Sha256)),
        17 => Attribute::UserHash([number as u8; 32]),
        18 => Attribute::XorMappedAddress(at),
        19 => Attribute::ReservationToken(number.to_be_bytes()),
        20 => Attribute::AdditionalAddressFamily(family),
        21 => Attribute::AddressErrorCode {
            family,
            code,
            reason: &m.text,
        },
        22 => Attribute::PasswordAlgorithms(PasswordAlgorithmList(&[0, 2, 0, 0, 0, 1, 0, 0])),
        23 => Attribute::Icmp {
            kind: number as u8,
            code: 3,
            data: word,
        },
        24 => Attribute::Software(&m.text),
        25 => Attribute::IceControlling(number),
        26 => Attribute::UseCandidate,
        _ => Attribute::Unknown {
            number: 0xC000 | (number as u16 & 0xFFF),
            value: &m.bytes,
        },
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        id in any::<[u8; 12]>(),
        method in 0u16..0x1000,
        class in 0usize..4,
        parts in prop::collection::vec(
            (any::<u8>(), some_material(), some_address(), any::<u64>(), some_family()),
            0..12,
        ),
        password in "\\PC{0,20}",
        sha256 in any::<bool>(),
    ) {
        let class = [Class::Request, Class::Indication, Class::Success, Class::Error][class];
        let attributes: Vec<_> =
            parts.iter().map(|(kind, m, at, n, family)| attribute(*kind, m, *at, *n, *family)).collect();
        let key = Key::short_term(&password);
        let mut writer =
            MessageWriter::new(class, Method::Other(method), TransactionId::new(id));
        for attribute in &attributes {
            writer.attribute(attribute);
        }
        if sha256 { writer.integrity_sha256(&key) } else { writer.integrity(&key) };
        let bytes = writer.finish_with_fingerprint();
        let message = Message::decode(&bytes).expect("just written");
        prop_assert_eq!(message.class(), class);
        prop_assert_eq!(message.id(), TransactionId::new(id));
        prop_assert_eq!(message.attributes().collect::<Vec<_>>(), attributes);
        prop_assert!(message.verify(&key).is_ok());
        prop_assert!(message.has_fingerprint());
        // Whatever is cut off it, it is never taken for whole.
        for length in 0..bytes.len() {
            prop_assert!(Message::decode(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn channel_data_is_read_again(
        channel in 0x4000u16..0x5000,
        data in prop::collection::vec(any::<u8>(), 0..2000),
        padding in 0usize..4,
    ) {
        let mut bytes = Vec::new();
        ChannelData { channel, data: &data }.encode(&mut bytes);
        bytes.resize(bytes.len() + padding, 0xEE);
        prop_assert_eq!(ChannelData::decode(&bytes), Ok(ChannelData { channel, data: &data }));
    }

    #[test]
    fn rubbish_panics_nowhere(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Message::decode(&bytes).map(|message| message.attributes().count());
        let _ = ChannelData::decode(&bytes);
    }
}

/// The datagrams of the case "survive truncated STUN": prefixes, empty attributes, wrong families and lengths.
fn truncated() -> Vec<Vec<u8>> {
    let good = vector("rfc5769-2.1-request.hex");
    let mut all: Vec<Vec<u8>> = (0..good.len())
        .map(|length| good[..length].to_vec())
        .collect();
    let cookie = [
        0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ];
    let with = |kind: u16, length: u16, rest: &[u8]| {
        [
            &kind.to_be_bytes()[..],
            &length.to_be_bytes(),
            &cookie,
            rest,
        ]
        .concat()
    };
    all.push(with(0x0101, 4, &[0x00, 0x20, 0, 0])); // empty XOR-MAPPED-ADDRESS
    all.push(with(0x0113, 4, &[0x00, 0x09, 0, 0])); // empty ERROR-CODE
    all.push(with(0x0111, 8, &[0x00, 0x09, 0, 3, 0, 0, 4, 0]));
    all.push(with(0x0001, 4, &[0x00, 0x06, 0, 0])); // empty USERNAME
    for family in [0, 3, 255] {
        all.push(with(
            0x0101,
            12,
            &[0x00, 0x20, 0, 8, 0, family, 1, 2, 3, 4, 5, 6],
        ));
    }
    for length in [1, 2, 3, 65_535] {
        all.push(with(0x0001, length, &[]));
        all.push(with(0x0001, length, &[0; 8]));
    }
    all
}

#[test]
fn survives_truncated_stun() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    let server = address("192.0.2.1:3478");
    let clock = Clock::new();
    for bytes in truncated() {
        assert!(Message::decode(&bytes).is_err(), "{bytes:02x?}");
        // The relay, by its data path and its control path.
        let _ = rig.client_sends(hand.tuple, &bytes);
        let sent = rig.input(Input::Datagram {
            from: hand.tuple,
            bytes: bytes.clone(),
        });
        assert!(sent.is_empty(), "{bytes:02x?}");
        // A client that waits for an answer.
        let mut client = BindingClient::new(clock.now(), server, &mut sansio::rng::seeded(1));
        client.poll_output();
        let input = BindingInput::Datagram {
            from: server,
            bytes,
        };
        client.handle(clock.now(), input).expect("infallible");
        assert_eq!(client.poll_output(), None);
    }
    assert_eq!(rig.relay.live_allocations(), 1);
}

#[test]
fn a_length_that_no_value_can_have_is_an_error_by_the_table() {
    let mut writer =
        MessageWriter::new(Class::Request, Method::Binding, TransactionId::new([1; 12]));
    writer.attribute(&Attribute::Unknown {
        number: 0x000D,
        value: &[1, 2, 3],
    });
    assert_eq!(
        Message::decode(&writer.finish()),
        Err(DecodeError::AttributeLength(0x000D))
    );
}

#[test]
fn too_many_attributes_are_refused() {
    let mut writer =
        MessageWriter::new(Class::Request, Method::Binding, TransactionId::new([1; 12]));
    for _ in 0..65 {
        writer.attribute(&Attribute::UseCandidate);
    }
    assert_eq!(
        Message::decode(&writer.finish()),
        Err(DecodeError::TooManyAttributes)
    );
}

#[test]
fn what_follows_integrity_is_not_believed() {
    let key = Key::short_term("secret");
    let mut writer =
        MessageWriter::new(Class::Request, Method::Binding, TransactionId::new([1; 12]));
    writer
        .attribute(&Attribute::Lifetime(7))
        .integrity(&key)
        .attribute(&Attribute::Username("eve"));
    let bytes = writer.finish();
    let message = Message::decode(&bytes).expect("well formed");
    assert_eq!(message.username(), None);
    assert_eq!(message.attributes().count(), 1);
    message
        .verify(&key)
        .expect("the protected part is as it was");
}

#[test]
fn channel_numbers_outside_the_range_and_false_lengths_are_no_channel_data() {
    assert_eq!(
        ChannelData::decode(&[0x40, 0, 0]),
        Err(ChannelDataError::TooShort)
    );
    assert_eq!(
        ChannelData::decode(&[0x3F, 0xFF, 0, 0]),
        Err(ChannelDataError::NotAChannel)
    );
    assert_eq!(
        ChannelData::decode(&[0x50, 0, 0, 0]),
        Err(ChannelDataError::NotAChannel)
    );
    assert_eq!(
        ChannelData::decode(&[0x40, 0, 0, 1]),
        Err(ChannelDataError::WrongLength)
    );
}
