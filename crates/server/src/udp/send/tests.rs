use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use super::*;
use crate::log::tests::Kept;

/// Lengths of the datagrams of each call; `fail` decides by the number of the call and its segment (0 for one alone).
struct Scripted {
    calls: Arc<Mutex<Vec<Vec<usize>>>>,
    fail: Fail,
}

type Fail = Box<dyn Fn(usize, usize) -> Option<Errno> + Send>;
type Calls = Arc<Mutex<Vec<Vec<usize>>>>;

impl Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    fn call(&self, lengths: Vec<usize>, segment: usize) -> io::Result<()> {
        let mut calls = self.calls.lock().expect("whole");
        calls.push(lengths);
        match (self.fail)(calls.len(), segment) {
            Some(errno) => Err(errno.into()),
            None => Ok(()),
        }
    }
}

impl Sender for Scripted {
    fn one(&self, _: &UdpSocket, _: SocketAddr, contents: &[u8]) -> io::Result<()> {
        self.call(vec![contents.len()], 0)
    }

    fn cut(&self, _: &UdpSocket, _: SocketAddr, contents: &[u8], segment: usize) -> io::Result<()> {
        let lengths = contents.chunks(segment).map(<[u8]>::len).collect();
        self.call(lengths, segment)
    }

    fn can_cut(&self, _: bool) -> bool {
        true
    }
}

fn outlet(fail: impl Fn(usize, usize) -> Option<Errno> + Send + 'static) -> (Outlet, Calls) {
    let calls = Calls::default();
    let sender = Scripted {
        calls: Arc::clone(&calls),
        fail: Box::new(fail),
    };
    (Outlet::new(Box::new(sender)), calls)
}

/// Sends datagrams of these lengths to `to`; what calls there were since the last time.
fn send_at(
    (outlet, calls): (&mut Outlet, &Calls),
    now: Instant,
    to: &str,
    lengths: &[usize],
) -> Vec<Vec<usize>> {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let bytes: Vec<_> = lengths.iter().map(|length| vec![0; *length]).collect();
    let datagrams = bytes.iter().map(|contents| Ready {
        contents,
        dont_fragment: false,
    });
    let before = calls.lock().expect("whole").len();
    outlet.send(
        now,
        (7, &socket),
        to.parse().expect("an address"),
        datagrams,
    );
    calls.lock().expect("whole")[before..].to_vec()
}

const PEER: &str = "192.0.2.9:9";

#[test]
fn equal_lengths_go_out_together_and_the_last_may_be_shorter() {
    let (mut outlet, calls) = outlet(|_, _| None);
    let mut send =
        |lengths: &[usize]| send_at((&mut outlet, &calls), Instant::now(), PEER, lengths);
    assert_eq!(send(&[100]), [vec![100]]);
    assert_eq!(send(&[100; 3]), [vec![100; 3]]);
    assert_eq!(
        send(&[100, 100, 60, 60, 100]),
        [vec![100, 100, 60], vec![60], vec![100]]
    );
    assert_eq!(
        send(&[0, 0, 5, 5, 0]),
        [vec![0], vec![0], vec![5, 5], vec![0]]
    );
    assert_eq!(send(&[9; 130]), [vec![9; 64], vec![9; 64], vec![9; 2]]);
    assert_eq!(send(&[1300; 60]), [vec![1300; 50], vec![1300; 10]]);
    assert_eq!(outlet.counters.not_sent, 0);
    assert_eq!(outlet.counters.in_runs, 3 + 3 + 2 + 130 + 60);
}

#[test]
fn a_card_that_cannot_cut_gets_them_one_by_one_and_is_not_asked_again() {
    let (mut outlet, calls) = outlet(|_, segment| (segment > 0).then_some(Errno::IO));
    let now = Instant::now();
    let one_by_one = vec![vec![100]; 8];
    let first = send_at((&mut outlet, &calls), now, PEER, &[100; 8]);
    assert_eq!(first, [&[vec![100; 8]][..], &one_by_one].concat());
    let later = now + BELIEVED / 2;
    let port = "192.0.2.9:10";
    assert_eq!(
        send_at((&mut outlet, &calls), later, port, &[100; 8]),
        one_by_one
    );
    // Another route is another card, perhaps.
    let other = send_at((&mut outlet, &calls), later, "192.0.2.10:9", &[100; 2]);
    assert_eq!(other, [vec![100, 100], vec![100], vec![100]]);
    // Routes change.
    let much_later = send_at((&mut outlet, &calls), now + BELIEVED, PEER, &[100; 2]);
    assert_eq!(much_later, [vec![100, 100], vec![100], vec![100]]);
    let counters = outlet.counters;
    assert_eq!(
        (counters.not_sent, counters.runs, counters.refused_runs),
        (0, 0, 3)
    );
}

#[test]
fn that_a_route_cuts_nothing_is_said_once() {
    let log = Kept::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || log.clone())
        .finish();
    let (mut outlet, calls) = outlet(|_, segment| (segment > 0).then_some(Errno::IO));
    tracing::subscriber::with_default(subscriber, || {
        for peer in [PEER, "192.0.2.10:9", "[2001:db8::9]:9"] {
            send_at((&mut outlet, &calls), Instant::now(), peer, &[100; 8]);
        }
    });
    assert_eq!(outlet.counters.refused_runs, 3);
    let log = String::from_utf8(written.0.lock().expect("whole").clone()).expect("text");
    assert_eq!(log.matches("they go out one by one").count(), 1, "{log}");
    assert!(log.contains("WARN") && log.contains("segment=100"), "{log}");
}

#[test]
fn segments_above_the_mtu_go_out_singly_and_shorter_ones_still_together() {
    for errno in [Errno::MSGSIZE, Errno::INVAL] {
        let (mut outlet, calls) = outlet(move |_, segment| (segment > 1232).then_some(errno));
        let now = Instant::now();
        let long = send_at((&mut outlet, &calls), now, "[2001:db8::9]:9", &[1300; 4]);
        assert_eq!(long, [&[vec![1300; 4]][..], &vec![vec![1300]; 4]].concat());
        let again = send_at(
            (&mut outlet, &calls),
            now,
            "[2001:db8::9]:9",
            &[1300, 1300, 1200],
        );
        assert_eq!(again, [vec![1300], vec![1300], vec![1200]]);
        let short = send_at((&mut outlet, &calls), now, "[2001:db8::9]:9", &[1200; 4]);
        assert_eq!(short, [vec![1200; 4]]);
        // No other peer is slowed.
        let other = send_at((&mut outlet, &calls), now, PEER, &[1200; 4]);
        assert_eq!(other, [vec![1200; 4]]);
        assert_eq!(outlet.counters.not_sent, 0);
    }
}

#[test]
fn a_full_buffer_drops_the_rest_and_another_datagrams_error_drops_nothing() {
    let (mut full, calls) = outlet(|call, _| (call == 2).then_some(Errno::AGAIN));
    let sent = send_at((&mut full, &calls), Instant::now(), PEER, &[5, 9, 9, 9, 20]);
    assert_eq!(sent, [vec![5], vec![9, 9, 9]]);
    assert_eq!(full.counters.not_sent, 4);

    let (mut icmp, calls) = outlet(|call, _| (call == 1).then_some(Errno::CONNREFUSED));
    let sent = send_at((&mut icmp, &calls), Instant::now(), PEER, &[5, 9]);
    assert_eq!(sent, [vec![5], vec![5], vec![9]]);
    let run = send_at((&mut icmp, &calls), Instant::now(), PEER, &[9, 9]);
    assert_eq!(run, [vec![9, 9]]);
    assert_eq!(icmp.counters.not_sent, 0);
}

#[test]
fn a_buffer_that_fills_in_the_middle_of_a_refused_run_counts_what_was_left() {
    let (mut outlet, calls) = outlet(|call, _| match call {
        1 => Some(Errno::IO),
        4 => Some(Errno::AGAIN),
        _ => None,
    });
    // The run fails, two go out, the third finds the buffer full, and with it all that follow.
    let sent = send_at(
        (&mut outlet, &calls),
        Instant::now(),
        PEER,
        &[9, 9, 9, 9, 20],
    );
    assert_eq!(sent, [vec![9; 4], vec![9], vec![9], vec![9]]);
    assert_eq!(outlet.counters.not_sent, 3);
}
