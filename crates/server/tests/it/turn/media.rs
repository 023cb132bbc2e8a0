//! Media endpoints of this server behind the one port.

use std::net::{SocketAddr, UdpSocket};

use server::udp::{MediaDatagram, MediaPort};
use stun::{Attribute, Class, MessageWriter, Method, TransactionId, TurnInput, TurnOutput};

use super::rig::{Hand, Native, PATIENCE, config, start, until};

/// A check of ICE for `ufrag`.
fn check(ufrag: &str) -> Vec<u8> {
    let id = TransactionId::new([9; 12]);
    let mut writer = MessageWriter::new(Class::Request, Method::Binding, id);
    writer.attribute(&Attribute::Username(&format!("{ufrag}:peer")));
    writer.finish_with_fingerprint()
}

fn receive(port: &mut MediaPort) -> MediaDatagram {
    let mut got = None;
    until("a datagram for the endpoint", || {
        got = got.take().or_else(|| port.try_receive());
        got.is_some()
    });
    got.expect("waited for")
}

fn client(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(server).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

#[test]
fn a_check_finds_its_endpoint_and_media_follows_the_address() {
    let (shell, server) = start(config());
    let handle = shell.handle();
    let mut echo = handle.register("echo").expect("taken");
    let mut other = handle.register("room").expect("taken");
    until("both", || handle.counters().endpoints == 2);
    let browser = client(server);
    // DTLS from an address that nobody knows is dropped.
    browser.send(&[22, 254, 255, 0]).expect("sent");
    until("the drop", || handle.counters().dropped.unknown_media == 1);
    browser.send(&check("echo")).expect("sent");
    let first = receive(&mut echo);
    let source = browser.local_addr().expect("bound");
    let want = MediaDatagram {
        source,
        destination: server,
        bytes: check("echo"),
    };
    assert_eq!(first, want);
    for media in [[22, 1, 2, 3], [0x80, 111, 0, 1]] {
        browser.send(&media).expect("sent");
        assert_eq!(receive(&mut echo).bytes, media);
    }
    assert_eq!(other.try_receive(), None);
    // The answer leaves from the port that was asked.
    assert!(
        echo.sender()
            .send(first.destination, first.source, b"answer".to_vec())
    );
    let mut buffer = [0; 100];
    let length = browser.recv(&mut buffer).expect("an answer");
    assert_eq!(&buffer[..length], b"answer");
    // STUN and TURN go on beside it, from the same address too.
    let id = TransactionId::new([1; 12]);
    let plain = MessageWriter::new(Class::Request, Method::Binding, id).finish();
    browser.send(&plain).expect("sent");
    assert_eq!(browser.recv(&mut buffer).expect("an answer"), 32);
}

#[test]
fn an_endpoint_that_asks_first_hears_the_answer() {
    let (shell, server) = start(config());
    let mut echo = shell.handle().register("echo").expect("taken");
    let browser = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    browser.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let to = browser.local_addr().expect("bound");
    assert!(echo.sender().send(server, to, check("theirs")));
    let mut buffer = [0; 200];
    let (_, from) = browser.recv_from(&mut buffer).expect("a check");
    assert_eq!(from, server);
    let id = TransactionId::new([9; 12]);
    let answer = MessageWriter::new(Class::Success, Method::Binding, id).finish();
    browser.send_to(&answer, server).expect("sent");
    assert_eq!(receive(&mut echo).bytes, answer);
}

#[test]
fn a_relayed_client_and_an_endpoint_meet_inside() {
    let (shell, server) = start(config());
    let handle = shell.handle();
    // Without an endpoint our own front door is no peer.
    let mut early = Hand::new(server);
    early.allocate();
    let front = Attribute::XorPeerAddress(server);
    assert_eq!(early.ask(Method::CreatePermission, &[front]).0, 403);

    let mut echo = handle.register("echo").expect("taken");
    until("it", || handle.counters().endpoints == 1);
    let mut caller = Native::ann(server);
    let relayed = caller.relayed();
    caller.tell(TurnInput::Bind(server));
    caller.wait_for(|said| matches!(said, TurnOutput::Bound(_)).then_some(()));
    caller.tell(TurnInput::Send {
        peer: server,
        data: check("echo"),
    });
    let got = receive(&mut echo);
    let want = MediaDatagram {
        source: relayed,
        destination: server,
        bytes: check("echo"),
    };
    assert_eq!(got, want);
    assert!(echo.sender().send(server, relayed, b"answer".to_vec()));
    assert_eq!(caller.data(), (server, b"answer".to_vec()));
    // Media follows the relayed address; a stranger's check gets nowhere.
    caller.tell(TurnInput::Send {
        peer: server,
        data: vec![0x80, 1, 2, 3],
    });
    assert_eq!(receive(&mut echo).bytes, [0x80, 1, 2, 3]);
    caller.tell(TurnInput::Send {
        peer: server,
        data: check("nobody"),
    });
    until("the drop", || handle.counters().dropped.unknown_media == 1);

    // A client that gave no permission hears nothing of the endpoint.
    let mut deaf = Native::ann(server);
    let unpermitted = deaf.relayed();
    let before = handle.counters().relayed_packets;
    assert!(echo.sender().send(server, unpermitted, b"unasked".to_vec()));
    until("it", || handle.counters().media_out == 2);
    assert_eq!(handle.counters().relayed_packets, before);

    // Gone: the port is shut to relayed clients again.
    drop(echo);
    until("it", || handle.counters().endpoints == 0);
    assert_eq!(early.ask(Method::CreatePermission, &[front]).0, 403);
}

#[test]
fn behind_a_1_to_1_nat_relayed_clients_and_endpoints_meet_by_the_outside_address() {
    let outside: std::net::IpAddr = "203.0.113.5".parse().expect("ip");
    let listen = vec!["0.0.0.0:0".parse().expect("an address")];
    let public = vec![outside];
    let (shell, _) = start(server::udp::UdpConfig {
        listen,
        public,
        ..config()
    });
    let Some(inside) = shell
        .addresses()
        .iter()
        .find(|a| !a.bound.ip().is_loopback())
    else {
        eprintln!("SKIPPED: this host has only loopback addresses");
        return;
    };
    let (server, media) = (inside.bound, inside.advertised);
    assert_eq!(media, SocketAddr::new(outside, server.port()));
    let mut echo = shell.handle().register("echo").expect("taken");
    until("it", || shell.handle().counters().endpoints == 1);
    let (mut ann, mut bob) = (Native::ann(server), Native::ann(server));
    let (a, b) = (ann.relayed(), bob.relayed());
    assert_eq!((a.ip(), b.ip()), (outside, outside));
    // One permission for the outside address opens both ways: to the other client and to the endpoint.
    for client in [&mut ann, &mut bob] {
        client.tell(TurnInput::Permit(outside));
        client.wait_for(|said| matches!(said, TurnOutput::Permitted(_)).then_some(()));
    }
    ann.tell(TurnInput::Send {
        peer: b,
        data: b"hello".to_vec(),
    });
    assert_eq!(bob.data(), (a, b"hello".to_vec()));
    ann.tell(TurnInput::Send {
        peer: media,
        data: check("echo"),
    });
    let got = receive(&mut echo);
    assert_eq!((got.source, got.destination), (a, media));
    assert!(echo.sender().send(media, a, b"answer".to_vec()));
    assert_eq!(ann.data(), (media, b"answer".to_vec()));
    // The inside address is ours and is served to nobody.
    let mut hand = Hand::new(server);
    hand.allocate();
    let address = Attribute::XorPeerAddress(SocketAddr::new(server.ip(), 9));
    assert_eq!(hand.ask(Method::CreatePermission, &[address]).0, 403);
    // A direct client sees the endpoint under the same name: the NAT in front would translate both ways.
    let browser = UdpSocket::bind(SocketAddr::new(server.ip(), 0)).expect("a socket");
    browser.send_to(&check("echo"), server).expect("sent");
    let direct = receive(&mut echo);
    let source = browser.local_addr().expect("bound");
    assert_eq!((direct.source, direct.destination), (source, media));
}

#[test]
fn an_endpoint_that_does_not_read_loses_its_own_datagrams_only() {
    let (shell, server) = start(config());
    let handle = shell.handle();
    let _lazy = handle.register("lazy").expect("taken");
    let mut busy = handle.register("busy").expect("taken");
    until("both", || handle.counters().endpoints == 2);
    let (flood, other) = (client(server), client(server));
    until("the inbox to be full", || {
        flood.send(&check("lazy")).expect("sent");
        handle.counters().dropped.inbox_full > 0
    });
    other.send(&check("busy")).expect("sent");
    assert_eq!(receive(&mut busy).bytes, check("busy"));
}
