//! Two threads that are one relay: the kernel shares clients out between them, and nobody notices.

use std::net::{SocketAddr, UdpSocket};

use server::udp::{MediaPort, UdpConfig, UdpShell};
use stun::{Attribute, Class, Credentials, MessageWriter, Method, TransactionId};
use stun::{TurnInput, TurnOutput};

use super::rig::{Hand, Native, PATIENCE, config, start, until};

/// More clients than it takes to find some for each thread: one in 2^63 runs has bad luck.
const MOST: usize = 64;

fn two() -> (UdpShell, SocketAddr) {
    start(UdpConfig {
        threads: 2,
        ..config()
    })
}

fn allocations(shell: &UdpShell) -> Vec<usize> {
    let by_thread = shell.handle().counters_by_thread();
    by_thread
        .iter()
        .map(|counters| counters.allocations)
        .collect()
}

/// Clients with an allocation each, at least `each` of them in either thread.
fn clients(shell: &UdpShell, server: SocketAddr, each: usize) -> Vec<(Native, SocketAddr)> {
    let mut clients = Vec::new();
    while allocations(shell).iter().any(|count| *count < each) {
        assert!(
            clients.len() < MOST,
            "all in one thread: {:?}",
            allocations(shell)
        );
        let expires = std::time::Duration::from_secs(4_000_000_000);
        let name = format!("user{}/call", clients.len());
        let mut client = Native::new(server, Credentials::issue(b"secret", &name, expires));
        let relayed = client.relayed();
        clients.push((client, relayed));
        let all = clients.len();
        until("it", || allocations(shell).iter().sum::<usize>() == all);
    }
    clients
}

fn permit(client: &mut Native, ip: std::net::IpAddr) {
    client.tell(TurnInput::Permit(ip));
    client.wait_for(|said| matches!(said, TurnOutput::Permitted(_)).then_some(()));
}

fn check(ufrag: &str) -> Vec<u8> {
    let id = TransactionId::new([9; 12]);
    let mut writer = MessageWriter::new(Class::Request, Method::Binding, id);
    writer.attribute(&Attribute::Username(&format!("{ufrag}:peer")));
    writer.finish_with_fingerprint()
}

fn receive(port: &mut MediaPort) -> (SocketAddr, Vec<u8>) {
    let mut got = None;
    until("a datagram for the endpoint", || {
        got = got.take().or_else(|| port.try_receive());
        got.is_some()
    });
    let got = got.expect("waited for");
    (got.source, got.bytes)
}

#[test]
fn clients_of_different_threads_meet_by_both_permissions() {
    let (shell, server) = two();
    let mut clients = clients(&shell, server, 2);
    // Nobody has permitted anybody: what is said to another thread goes nowhere.
    let (first, last) = (clients[0].1, clients.len() - 1);
    permit(&mut clients[last].0, first.ip());
    for to in 0..last {
        let peer = clients[to].1;
        clients[last].0.tell(TurnInput::Send {
            peer,
            data: b"unasked".to_vec(),
        });
    }
    let no_permission = || shell.handle().counters().dropped.relay.iter().sum::<u64>();
    until("the drops", || no_permission() == last as u64);
    for (client, _) in &mut clients[..last] {
        permit(client, first.ip());
    }
    for from in 0..clients.len() {
        for to in (0..clients.len()).filter(|to| *to != from) {
            let (source, peer) = (clients[from].1, clients[to].1);
            let data = format!("{from} to {to}").into_bytes();
            clients[from].0.tell(TurnInput::Send {
                peer,
                data: data.clone(),
            });
            assert_eq!(clients[to].0.data(), (source, data));
        }
    }
    // What was sent is counted at the end of its round, after it was received.
    let pairs = (clients.len() * (clients.len() - 1)) as u64;
    until("the count", || {
        let counters = shell.handle().counters();
        (counters.relayed_packets, counters.inside_packets) == (pairs, pairs)
    });
}

#[test]
fn a_media_endpoint_is_found_by_whichever_thread_one_comes_to() {
    let (shell, server) = two();
    let handle = shell.handle();
    let mut echo = handle.register("echo").expect("taken");
    until("it", || handle.counters().endpoints == 1);
    let mut buffer = [0; 200];
    // Directly: a check, media, and the answer from the port that was asked. 32 clients are never all with one thread.
    for number in 0..32_u8 {
        let browser = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        browser.connect(server).expect("connected");
        browser.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let source = browser.local_addr().expect("bound");
        for datagram in [check("echo"), vec![0x80, number], vec![22, number]] {
            browser.send(&datagram).expect("sent");
            assert_eq!(receive(&mut echo), (source, datagram));
        }
        assert!(echo.sender().send(server, source, vec![number]));
        let length = browser.recv(&mut buffer).expect("an answer");
        assert_eq!(buffer[..length], [number]);
    }
    // Asked first: the answer is heard, wherever it comes in.
    for _ in 0..32 {
        let browser = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        browser.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let to = browser.local_addr().expect("bound");
        assert!(echo.sender().send(server, to, check("theirs")));
        browser.recv_from(&mut buffer).expect("a check");
        let id = TransactionId::new([9; 12]);
        let answer = MessageWriter::new(Class::Success, Method::Binding, id).finish();
        browser.send_to(&answer, server).expect("sent");
        assert_eq!(receive(&mut echo), (to, answer));
    }
    // Through the relay, from both threads.
    for (client, relayed) in &mut clients(&shell, server, 1) {
        client.tell(TurnInput::Bind(server));
        client.wait_for(|said| matches!(said, TurnOutput::Bound(_)).then_some(()));
        let (peer, data) = (server, check("echo"));
        client.tell(TurnInput::Send { peer, data });
        assert_eq!(receive(&mut echo), (*relayed, check("echo")));
        assert!(echo.sender().send(server, *relayed, b"answer".to_vec()));
        assert_eq!(client.data(), (server, b"answer".to_vec()));
    }
    // Gone: every thread shuts the front door to relayed clients again.
    drop(echo);
    until("it", || handle.counters().endpoints == 0);
    let front = Attribute::XorPeerAddress(server);
    for _ in 0..16 {
        let mut hand = Hand::new(server);
        hand.allocate();
        assert_eq!(hand.ask(Method::CreatePermission, &[front]).0, 403);
    }
}

#[test]
fn what_ends_ends_in_every_thread() {
    let (shell, server) = two();
    let clients = clients(&shell, server, 1);
    let handle = shell.handle();
    for number in 0..clients.len() {
        handle.end_user(&format!("user{number}")).expect("taken");
    }
    until("all of it", || handle.counters().allocations == 0);
    assert!(handle.is_running());
    shell.shutdown();
    assert!(!handle.is_running());
    for (_, relayed) in &clients {
        UdpSocket::bind(relayed).expect("free again");
    }
}

#[test]
fn a_second_server_on_the_same_port_is_an_error_and_no_partner() {
    let (_shell, server) = two();
    let second = server::udp::start(UdpConfig {
        threads: 2,
        listen: vec![server],
        ..config()
    });
    let error = second.expect_err("taken");
    assert!(error.to_string().contains(&server.to_string()), "{error}");
}
