//! What strangers send costs nothing, over real sockets.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use stun::{Attribute, Class, MessageWriter, Method, TransactionId};

use super::rig::{Hand, config, start, until};

fn allocate() -> Vec<u8> {
    let id = TransactionId::new([8; 12]);
    let mut writer = MessageWriter::new(Class::Request, Method::Allocate, id);
    writer.attribute(&Attribute::RequestedTransport(17));
    writer.finish()
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("linux");
    let pages = text.split_whitespace().nth(1).expect("the second figure");
    pages.parse::<u64>().expect("a number") * 4096
}

#[test]
fn makes_the_unauthenticated_path_free_of_state_and_of_gain() {
    let (shell, server) = start(config());
    let request = allocate();
    // Loopback is a whole /8: 5,000 addresses, at 10,000 requests a second.
    let flood = |rounds: u32| {
        let begin = Instant::now();
        for number in 0..rounds * 5_000 {
            let ip = Ipv4Addr::from_bits(0x7F01_0000 + number % 5_000);
            let socket = UdpSocket::bind(SocketAddr::from((ip, 0))).expect("a socket");
            socket.send_to(&request, server).expect("sent");
            socket.send_to(&request, server).expect("sent");
            while begin.elapsed() < Duration::from_micros(200) * number {
                std::thread::yield_now();
            }
        }
    };
    // Real clients sign in meanwhile; how long the quickest took.
    let storm = |rounds: u32| {
        let flooding = AtomicBool::new(true);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                flood(rounds);
                flooding.store(false, Ordering::SeqCst);
            });
            let mut quickest = Duration::MAX;
            while flooding.load(Ordering::SeqCst) {
                let mut hand = Hand::new(server);
                let begin = Instant::now();
                hand.allocate();
                quickest = quickest.min(begin.elapsed());
                hand.ask(Method::Refresh, &[Attribute::Lifetime(0)]);
            }
            quickest
        })
    };
    storm(1); // touches every buffer and page once
    let before = resident();
    let quickest = storm(4);
    let growth = resident().saturating_sub(before);
    assert!(growth < 1 << 20, "{growth} bytes");
    // How busy the machine is decides about the slowest; the quickest tells what the relay takes.
    assert!(quickest < Duration::from_millis(50), "{quickest:?}");
    until("the clients' going", || {
        shell.handle().counters().allocations == 0
    });
}

#[test]
fn one_address_gets_its_share_of_answers_and_no_more() {
    let (shell, server) = start(config());
    let request = allocate();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(server).expect("connected");
    socket.set_nonblocking(true).expect("set");
    let begin = Instant::now();
    let mut answers = 0_u64;
    let mut buffer = [0; 200];
    let too_many = stun::Dropped::ALL
        .iter()
        .position(|why| *why == stun::Dropped::TooManyAnswers);
    until("the cap", || {
        let _ = socket.send(&request);
        while let Ok(length) = socket.recv(&mut buffer) {
            assert!(length < 3 * request.len(), "{length} for {}", request.len());
            answers += 1;
        }
        shell.handle().counters().dropped.relay[too_many.expect("a reason")] > 1_000
    });
    let most = 100.0 + 50.0 * (begin.elapsed().as_secs_f64() + 1.0);
    assert!((answers as f64) <= most, "{answers} answers");
    // Another address is answered at once.
    let elsewhere = UdpSocket::bind("127.0.0.9:0").expect("a socket");
    elsewhere
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("set");
    elsewhere.send_to(&request, server).expect("sent");
    elsewhere.recv_from(&mut buffer).expect("an answer");
}

#[test]
fn truncated_and_oversized_datagrams_harm_nobody() {
    let (shell, server) = start(config());
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let good = allocate();
    for length in 0..good.len() {
        socket.send_to(&good[..length], server).expect("sent");
    }
    for first in 0..=255_u8 {
        socket.send_to(&[first; 40], server).expect("sent");
    }
    socket.send_to(&[0x40; 9_000], server).expect("sent");
    until("the giant", || {
        shell.handle().counters().dropped.oversized == 1
    });
    Hand::new(server).allocate();
}
