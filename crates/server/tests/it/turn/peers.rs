//! Whom the relay reaches over real sockets.

use std::net::SocketAddr;
use std::time::Duration;

use server::udp::UdpConfig;
use stun::{Attribute, Credentials, Dropped, Method, TurnInput, TurnOutput};

use super::rig::{Echo, Hand, Native, config, loopback, start, until};

/// Spellings of this host, each with the port of the echo.
fn spellings(port: u16) -> Vec<SocketAddr> {
    [
        "0.0.0.0",
        "0.1.2.3",
        "127.255.0.9",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:0.0.0.0",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "fe80::1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
    ]
    .map(|ip| SocketAddr::new(ip.parse().expect("ip"), port))
    .to_vec()
}

#[test]
fn refuses_internal_peers_in_every_spelling_and_an_echo_on_this_host_stays_silent() {
    let (shell, server) = start(config());
    // On every address of this host, so that each spelling that got out would be heard.
    let echo = Echo::on("0.0.0.0".parse().expect("ip"));
    let mut hand = Hand::new(server);
    let relayed = hand.allocate();
    let mut peers = spellings(echo.address.port());
    peers.push(server);
    for peer in peers {
        let want = if peer.is_ipv4() { 403 } else { 443 };
        let address = Attribute::XorPeerAddress(peer);
        assert_eq!(
            hand.ask(Method::CreatePermission, &[address]).0,
            want,
            "{peer}"
        );
        let bind = [Attribute::ChannelNumber(0x4000), address];
        assert_eq!(hand.ask(Method::ChannelBind, &bind).0, want, "{peer}");
        hand.send(peer, b"out?");
        hand.socket.send(b"\x40\x00\x00\x04out?").expect("sent");
    }
    // Our own relay address is no internal peer, but it is served by a table that knows no port of the echo's.
    let own = SocketAddr::new(relayed.ip(), echo.address.port());
    let address = Attribute::XorPeerAddress(own);
    assert_eq!(hand.ask(Method::CreatePermission, &[address]).0, 0);
    let bind = [Attribute::ChannelNumber(0x4001), address];
    assert_eq!(hand.ask(Method::ChannelBind, &bind).0, 0);
    hand.send(own, b"out?");
    hand.socket.send(b"\x40\x01\x00\x04out?").expect("sent");
    // An answer to a later request proves that all of it has been dealt with.
    assert_eq!(hand.ask(Method::Refresh, &[]).0, 0);
    let counters = shell.handle().counters();
    assert_eq!((echo.heard(), counters.relayed_packets), (0, 0));
    // The other way round: what this host sends to the relayed address stays outside.
    let outsider = std::net::UdpSocket::bind(own_ip(relayed)).expect("a socket");
    outsider.send_to(b"in?", relayed).expect("sent");
    until("the drop", || {
        shell.handle().counters().dropped.relay.iter().sum::<u64>() > 30
    });
    assert_eq!(shell.handle().counters().relayed_packets, 0);
}

fn own_ip(relayed: SocketAddr) -> SocketAddr {
    SocketAddr::new(relayed.ip(), 0)
}

#[test]
fn a_prefix_of_the_operator_opens_the_way_to_the_same_echo() {
    let (_shell, server) = start(UdpConfig {
        allow_peers: vec!["127.0.0.0/8".parse().expect("a prefix")],
        ..config()
    });
    let echo = Echo::on(loopback(0).ip());
    let mut client = Native::ann(server);
    client.relayed();
    client.tell(TurnInput::Permit(echo.address.ip()));
    client.wait_for(|said| matches!(said, TurnOutput::Permitted(_)).then_some(()));
    client.tell(TurnInput::Send {
        peer: echo.address,
        data: b"by indication".to_vec(),
    });
    assert_eq!(client.data(), (echo.address, b"by indication".to_vec()));
    client.tell(TurnInput::Bind(echo.address));
    client.wait_for(|said| matches!(said, TurnOutput::Bound(_)).then_some(()));
    for length in [0, 1, 2, 3, 4, 1199, 1500] {
        let data = vec![7; length];
        client.tell(TurnInput::Send {
            peer: echo.address,
            data: data.clone(),
        });
        assert_eq!(client.data(), (echo.address, data));
    }
    // The front door stays shut all the same.
    client.tell(TurnInput::Send {
        peer: server,
        data: b"loop".to_vec(),
    });
    assert_eq!(echo.heard(), 8);
}

#[test]
fn two_clients_meet_inside_and_both_families_work() {
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let listen: SocketAddr = listen.parse().expect("an address");
        let shell = match server::udp::start(UdpConfig {
            listen: vec![listen],
            ..config()
        }) {
            Ok(shell) => shell,
            Err(error) if listen.is_ipv6() => {
                eprintln!("SKIPPED: no IPv6 on this host ({error})");
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        let server = shell.addresses()[0].bound;
        let (mut ann, mut bob) = (Native::ann(server), Native::ann(server));
        let (a, b) = (ann.relayed(), bob.relayed());
        ann.tell(TurnInput::Permit(b.ip()));
        bob.tell(TurnInput::Bind(a));
        ann.wait_for(|said| matches!(said, TurnOutput::Permitted(_)).then_some(()));
        bob.wait_for(|said| matches!(said, TurnOutput::Bound(_)).then_some(()));
        ann.tell(TurnInput::Send {
            peer: b,
            data: b"hello".to_vec(),
        });
        assert_eq!(bob.data(), (a, b"hello".to_vec()));
        bob.tell(TurnInput::Send {
            peer: a,
            data: b"hello yourself".to_vec(),
        });
        assert_eq!(ann.data(), (b, b"hello yourself".to_vec()));
    }
}

#[test]
fn a_channel_runs_out_on_the_fast_path_and_the_same_pair_carries_data_at_once() {
    let mut short = UdpConfig {
        allow_peers: vec!["127.0.0.0/8".parse().expect("a prefix")],
        ..config()
    };
    short.lifetimes.channel = Duration::from_millis(200);
    let (shell, server) = start(short);
    let echo = Echo::on(loopback(0).ip());
    let mut hand = Hand::new(server);
    hand.allocate();
    let peer = Attribute::XorPeerAddress(echo.address);
    let bind = [Attribute::ChannelNumber(0x4000), peer];
    let no_channel = Dropped::ALL
        .iter()
        .position(|why| *why == Dropped::NoChannel);
    let dropped = || shell.handle().counters().dropped.relay[no_channel.expect("a reason")];
    for round in 1..=3 {
        assert_eq!(hand.ask(Method::ChannelBind, &bind).0, 0);
        let data = [&[0x40, 0, 0, 1][..], &[round]].concat();
        until("the echo", || {
            hand.socket.send(&data).expect("sent");
            hand.hears(&data)
        });
        // Data every moment does not keep it alive.
        let before = dropped();
        until("the end of the channel", || {
            hand.socket.send(&data).expect("sent");
            dropped() > before
        });
    }
}

#[test]
fn ending_a_user_frees_what_the_user_has() {
    let (shell, server) = start(config());
    let expires = Duration::from_secs(4_000_000_000);
    let name = |call: &str| Credentials::issue(b"secret", &format!("ann/1/{call}"), expires);
    let (mut seven, mut eight) = (
        Native::new(server, name("7")),
        Native::new(server, name("8")),
    );
    let (a, _) = (seven.relayed(), eight.relayed());
    let handle = shell.handle();
    until("both", || handle.counters().allocations == 2);
    handle.end_user("ann/1/7").expect("taken");
    until("ending one", || handle.counters().allocations == 1);
    // Its port is free again.
    until("closing", || std::net::UdpSocket::bind(a).is_ok());
    eight.tell(TurnInput::Close);
    eight.wait_for(|said| (*said == TurnOutput::Closed).then_some(()));
    until("closing the other", || handle.counters().allocations == 0);
}

#[test]
fn shutting_down_closes_every_socket() {
    let (shell, server) = start(config());
    let relayed = Native::ann(server).relayed();
    let handle = shell.handle();
    shell.shutdown();
    std::net::UdpSocket::bind(server).expect("free again");
    std::net::UdpSocket::bind(relayed).expect("free again");
    assert_eq!(handle.end_user("x"), Err(server::udp::UdpError::Down));
}

#[test]
fn an_unspecified_address_stands_for_every_address_with_one_port() {
    let listen = vec!["0.0.0.0:0".parse().expect("an address")];
    let (shell, _) = start(UdpConfig { listen, ..config() });
    let addresses = shell.addresses();
    assert!(
        addresses
            .iter()
            .all(|a| a.bound.port() == addresses[0].bound.port())
    );
    assert!(addresses.iter().all(|a| !a.bound.ip().is_unspecified()));
    let local = addresses
        .iter()
        .find(|a| a.bound.ip().is_loopback())
        .expect("loopback");
    // An answer comes from where it was asked, or a connected socket would not hear it.
    Hand::new(local.bound).allocate();
}

#[test]
fn a_port_that_is_taken_is_an_error_that_names_it() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let listen = taken.local_addr().expect("bound");
    let error = server::udp::start(UdpConfig {
        listen: vec![listen],
        ..config()
    });
    let error = error.expect_err("taken");
    assert!(error.to_string().contains(&listen.to_string()), "{error}");
}
