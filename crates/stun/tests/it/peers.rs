//! Whom a relay reaches, and whom it never does.

use std::net::SocketAddr;

use stun::{AllocationsConfig, Dropped, Flow, ListenerId, Out, Verdict};

use crate::rig::{Hand, Rig, address, config};

/// Every spelling of the case, with the family that it is written in.
const INTERNAL: [&str; 17] = [
    "0.0.0.0:7",
    "0.1.2.3:7",
    "127.0.0.1:7",
    "127.255.0.9:7",
    "169.254.169.254:80",
    "224.0.0.1:7",
    "255.255.255.255:7",
    "192.0.2.1:3478", // our own listening address
    "[::]:7",
    "[::1]:7",
    "[::ffff:127.0.0.1]:7",
    "[::ffff:0.0.0.0]:7",
    "[::127.0.0.1]:7",
    "[64:ff9b::7f00:1]:7",
    "[2002:7f00:1::1]:7",
    "[fe80::1]:7",
    "[2001:db8::1]:3478", // our own listening address
];

#[test]
fn refuses_internal_peers_in_every_spelling() {
    for ipv6 in [false, true] {
        let mut rig = Rig::new(config());
        let mut hand = Hand::ann("198.51.100.1:5000");
        let family = if ipv6 {
            stun::Family::Ipv6
        } else {
            stun::Family::Ipv4
        };
        let wish = [stun::Attribute::RequestedAddressFamily(Some(family))];
        assert_eq!(hand.allocate_with(&mut rig, &wish).code(), 0);
        for peer in INTERNAL {
            let want = if address(peer).is_ipv6() == ipv6 {
                403
            } else {
                443
            };
            assert_eq!(hand.permit(&mut rig, peer), want, "permission for {peer}");
            assert_eq!(hand.bind(&mut rig, 0x4000, peer), want, "channel to {peer}");
            let sent = hand.send(&mut rig, peer, b"out?");
            assert!(matches!(sent, Err(Verdict::Drop(_))), "data to {peer}");
            // The other direction: nothing of it comes in either.
            let relay = *rig.sockets.keys().next().expect("the relay socket");
            let came = rig.data(Flow::Peer(relay, address(peer)), b"in?");
            assert_eq!(
                came,
                Err(Verdict::Drop(Dropped::NoPermission)),
                "data from {peer}"
            );
        }
        let channel = hand.send_channel(&mut rig, 0x4000, b"out?");
        assert_eq!(channel, Err(Verdict::Drop(Dropped::NoChannel)));
    }
}

#[test]
fn the_case_s_own_bytes_are_refused() {
    // XOR-PEER-ADDRESS of 0.0.0.0:7 is 0012 0008 0001 2115 2112A442.
    let mut hand = Hand::ann("198.51.100.1:5000");
    let bytes = hand.write(
        stun::Method::CreatePermission,
        &[stun::Attribute::XorPeerAddress(address("0.0.0.0:7"))],
    );
    assert_eq!(hex::encode(&bytes[20..32]), "00120008000121152112a442");
}

#[test]
fn private_ranges_are_a_setting() {
    let mut closed = Rig::new(config());
    let lan = ["10.0.0.0/8", "fd00::/8", "127.0.0.0/8"].map(|p| p.parse().expect("a prefix"));
    let mut open = Rig::new(AllocationsConfig {
        allow_peers: lan.to_vec(),
        ..config()
    });
    for peer in ["10.1.2.3:9", "127.0.0.1:9"] {
        for (rig, want) in [(&mut closed, 403), (&mut open, 0)] {
            let mut hand = Hand::ann("198.51.100.1:5000");
            hand.allocate(rig);
            assert_eq!(hand.permit(rig, peer), want, "{peer}");
            hand.refresh(rig, 0);
        }
    }
    // The setting opens what it names and no other spelling of it.
    let mut hand = Hand::ann("198.51.100.1:5000");
    let ipv6 = stun::Attribute::RequestedAddressFamily(Some(stun::Family::Ipv6));
    hand.allocate_with(&mut open, &[ipv6]);
    assert_eq!(hand.permit(&mut open, "[::ffff:10.1.2.3]:9"), 403);
    assert_eq!(hand.permit(&mut open, "[::1]:9"), 403);
    assert_eq!(hand.permit(&mut open, "[fd00::7]:9"), 0);
}

#[test]
fn one_internal_peer_among_others_refuses_the_whole_request() {
    let mut rig = Rig::new(config());
    let mut hand = Hand::ann("198.51.100.1:5000");
    hand.allocate(&mut rig);
    let peers =
        ["198.51.100.7:1", "10.0.0.1:1"].map(|p| stun::Attribute::XorPeerAddress(address(p)));
    assert_eq!(
        hand.ask(&mut rig, stun::Method::CreatePermission, &peers)
            .code(),
        403
    );
    assert!(hand.send(&mut rig, "198.51.100.7:1", b"x").is_err());
}

/// Ann and Bob with an allocation each.
fn two() -> (Rig, Hand, SocketAddr, Hand, SocketAddr) {
    let mut rig = Rig::new(config());
    let mut ann = Hand::ann("198.51.100.1:5000");
    let mut bob = Hand::bob("198.51.100.2:6000");
    let a = ann.allocate(&mut rig).relayed()[0];
    let b = bob.allocate(&mut rig).relayed()[0];
    (rig, ann, a, bob, b)
}

#[test]
fn two_allocations_of_ours_meet_inside_with_both_permissions() {
    let (mut rig, mut ann, a, mut bob, b) = two();
    assert_eq!(a.ip(), b.ip());
    let (a, b) = (a.to_string(), b.to_string());
    assert_eq!(ann.permit(&mut rig, &b), 0);
    // Bob did not permit Ann yet.
    let early = ann.send(&mut rig, &b, b"early");
    assert_eq!(early, Err(Verdict::Drop(Dropped::NoPermission)));
    assert_eq!(bob.permit(&mut rig, &a), 0);
    // By Send indication to a Data indication, with Ann's relayed address as the source.
    let sent = ann.send(&mut rig, &b, b"hello").expect("delivered");
    assert_eq!(
        (sent.out, sent.to),
        (Out::Client(ListenerId(0)), bob.tuple.client)
    );
    let message = stun::Message::decode(&sent.bytes).expect("a Data indication");
    assert_eq!(message.method(), stun::Method::Data);
    assert_eq!(message.peer_address(), Some(address(&a)));
    assert_eq!(message.data().map(|(data, _)| data), Some(&b"hello"[..]));
    // By channel to channel.
    assert_eq!(ann.bind(&mut rig, 0x4001, &b), 0);
    assert_eq!(bob.bind(&mut rig, 0x4002, &a), 0);
    let sent = ann
        .send_channel(&mut rig, 0x4001, b"quick")
        .expect("delivered");
    assert_eq!(sent.bytes, [&[0x40, 0x02, 0, 5][..], b"quick"].concat());
    // Bob lets the permission run out: silence.
    rig.wait(301);
    let late = ann.send_channel(&mut rig, 0x4001, b"late");
    assert_eq!(late, Err(Verdict::Drop(Dropped::NoPermission)));
}

#[test]
fn our_own_address_reaches_what_the_table_knows_and_nothing_else_on_the_host() {
    let (mut rig, mut ann, _, _, b) = two();
    // Permission for our own address is granted, and yet port 7 of it is nobody.
    let elsewhere = SocketAddr::new(b.ip(), 7).to_string();
    assert_eq!(ann.permit(&mut rig, &elsewhere), 0);
    assert_eq!(ann.bind(&mut rig, 0x4000, &elsewhere), 0);
    let nobody = Err(Verdict::Drop(Dropped::OwnAddress));
    assert_eq!(ann.send(&mut rig, &elsewhere, b"x"), nobody);
    assert_eq!(ann.send_channel(&mut rig, 0x4000, b"x"), nobody);
    // What another program on this host sends to the relay socket does not come through either.
    let socket = *rig.sockets.keys().min().expect("sockets");
    let came = rig.data(Flow::Peer(socket, address(&elsewhere)), b"x");
    assert_eq!(came, Err(Verdict::Drop(Dropped::NoPermission)));
    // The inside of the 1:1 NAT is ours too, and is served to nobody.
    assert_eq!(ann.permit(&mut rig, "10.0.0.5:7"), 403);
}

#[test]
fn a_media_endpoint_of_ours_is_reached_by_hand_over_with_permissions() {
    let (mut rig, mut ann, a, _, _) = two();
    let media = address("192.0.2.1:3478"); // it shares the listening address
    assert_eq!(ann.permit(&mut rig, "192.0.2.1:3478"), 403);
    rig.relay.set_media_addresses(&[media]);
    let unasked = rig.data(Flow::Endpoint { from: media, to: a }, b"early");
    assert_eq!(unasked, Err(Verdict::Drop(Dropped::NoPermission)));
    assert_eq!(ann.permit(&mut rig, "192.0.2.1:3478"), 0);
    let sent = ann
        .send(&mut rig, "192.0.2.1:3478", b"check")
        .expect("handed over");
    assert_eq!((sent.out, sent.to), (Out::Endpoint { source: a }, media));
    assert_eq!(sent.bytes, b"check");
    let back = rig
        .data(Flow::Endpoint { from: media, to: a }, b"answer")
        .expect("delivered");
    assert_eq!(back.to, ann.tuple.client);
    let message = stun::Message::decode(&back.bytes).expect("a Data indication");
    assert_eq!(message.peer_address(), Some(media));
    // Other ports of the same address lead nowhere, and only media addresses may use this way.
    assert_eq!(
        ann.send(&mut rig, "192.0.2.1:22", b"x"),
        Err(Verdict::Drop(Dropped::OwnAddress))
    );
    let forged = rig.data(
        Flow::Endpoint {
            from: address("192.0.2.1:22"),
            to: a,
        },
        b"x",
    );
    assert_eq!(forged, Err(Verdict::Drop(Dropped::NoAllocation)));
}

#[test]
fn data_of_every_length_survives_the_headers() {
    let mut rig = Rig::new(config());
    for (from, peer) in [
        ("198.51.100.1:5000", "198.51.100.9:9"),
        ("[2001:db8:1::1]:5000", "[2001:db8:2::9]:9"),
    ] {
        let mut hand = Hand::ann(from);
        let family = stun::Family::of(address(from).ip());
        let wish = stun::Attribute::RequestedAddressFamily(Some(family));
        assert_eq!(hand.allocate_with(&mut rig, &[wish]).code(), 0);
        assert_eq!(hand.permit(&mut rig, peer), 0);
        for length in [0, 1, 2, 3, 4, 5, 1199, 1200, 2048 - 52] {
            let data = vec![0xD7; length];
            let sent = hand.send(&mut rig, peer, &data).expect("relayed");
            assert_eq!((sent.to, &sent.bytes), (address(peer), &data));
            let came = rig.peer_sends(peer, &data).expect("relayed");
            assert_eq!(came.to, hand.tuple.client);
            let message = stun::Message::decode(&came.bytes).expect("a Data indication");
            assert_eq!(
                message.data().map(|(data, _)| data.to_vec()),
                Some(data.clone())
            );
            assert_eq!(message.peer_address(), Some(address(peer)));
        }
        assert_eq!(hand.bind(&mut rig, 0x4ABC, peer), 0);
        for length in [0, 1, 2, 3, 4, 1199, 2044] {
            let data = vec![0x1F; length];
            let sent = hand.send_channel(&mut rig, 0x4ABC, &data).expect("relayed");
            assert_eq!(sent.bytes, data);
            let came = rig.peer_sends(peer, &data).expect("relayed");
            let read = stun::ChannelData::decode(&came.bytes).expect("ChannelData");
            assert_eq!((read.channel, read.data), (0x4ABC, &data[..]));
        }
    }
}
