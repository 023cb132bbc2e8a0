//! The real shell with a sender that can be held up and can fail (`server/tests/it/turn` has what needs no such).

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use sansio::Machine;
use stun::{
    ChannelData, Credential, Credentials, TurnClient, TurnClientConfig, TurnInput, TurnOutput,
};

use super::send::{Kernel, Sender};
use super::{UdpConfig, UdpCounters, UdpShell, sockets, start};

/// Nothing on loopback takes longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whoever sends this holds the thread up, so that what comes meanwhile is one round.
const GATE: &[u8] = b"the gate";

/// Sends, unless it is to fail; notes how many datagrams each call had.
#[derive(Debug)]
struct Gated {
    kernel: Kernel,
    reached: SyncSender<()>,
    open: Receiver<()>,
    calls: Arc<Mutex<Vec<usize>>>,
    /// Set once the channel is bound: no answer on the way there is part of a run.
    is_armed: Arc<AtomicBool>,
    fail: Option<Errno>,
}

impl Sender for Gated {
    fn one(&self, socket: &UdpSocket, to: SocketAddr, contents: &[u8]) -> io::Result<()> {
        if contents.ends_with(GATE) {
            self.reached.send(()).expect("the test waits");
            self.open.recv().expect("the test opens it");
        } else {
            self.calls.lock().expect("whole").push(1);
        }
        self.kernel.one(socket, to, contents)
    }

    fn cut(
        &self,
        socket: &UdpSocket,
        to: SocketAddr,
        contents: &[u8],
        segment: usize,
    ) -> io::Result<()> {
        let count = contents.len().div_ceil(segment);
        self.calls.lock().expect("whole").push(count);
        match self.fail {
            Some(errno) => Err(errno.into()),
            None => self.kernel.cut(socket, to, contents, segment),
        }
    }

    fn can_cut(&self, is_ipv4: bool) -> bool {
        let can = self.fail.is_some() || self.kernel.can_cut(is_ipv4);
        can && self.is_armed.load(Ordering::SeqCst)
    }
}

/// A shell, a client with a channel to a peer, and the gate.
struct Scene {
    shell: UdpShell,
    client: UdpSocket,
    peer: UdpSocket,
    server: SocketAddr,
    relayed: SocketAddr,
    channel: u16,
    reached: Receiver<()>,
    open: SyncSender<()>,
    calls: Arc<Mutex<Vec<usize>>>,
}

impl Scene {
    /// On this loopback address; `None`, visibly, where the host does not have it.
    fn set(ip: &str, fail: Option<Errno>) -> Option<Self> {
        let ip: std::net::IpAddr = ip.parse().expect("ip");
        let config = UdpConfig {
            listen: vec![(ip, 0).into()],
            credentials: Credentials::new().with_user("ann", "north"),
            allow_peers: ["127.0.0.0/8", "::1/128"]
                .map(|prefix| prefix.parse().expect("a prefix"))
                .to_vec(),
            threads: 1,
            coalesce: Duration::ZERO,
            ..UdpConfig::default()
        };
        let opened = match sockets::open(&config) {
            Ok(opened) => opened,
            Err(error) => {
                eprintln!("SKIPPED: {ip} cannot be used ({error})");
                return None;
            }
        };
        let (reached_sender, reached) = sync_channel(1);
        let (open, open_receiver) = sync_channel(1);
        let calls = Arc::<Mutex<Vec<usize>>>::default();
        let is_armed = Arc::<AtomicBool>::default();
        let sender = Mutex::new(Some(Gated {
            kernel: Kernel::new(),
            reached: reached_sender,
            open: open_receiver,
            calls: Arc::clone(&calls),
            is_armed: Arc::clone(&is_armed),
            fail,
        }));
        let make = || -> Box<dyn Sender> {
            Box::new(sender.lock().expect("whole").take().expect("one thread"))
        };
        let shell = start::spawn(config, opened, make).expect("a shell");
        let server = shell.addresses()[0].bound;
        let [client, peer] = [(); 2].map(|()| {
            let socket = UdpSocket::bind((ip, 0)).expect("a socket");
            socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            socket
        });
        let (relayed, channel) = bind(&client, server, peer.local_addr().expect("bound"));
        calls.lock().expect("whole").clear();
        is_armed.store(true, Ordering::SeqCst);
        Some(Self {
            shell,
            client,
            peer,
            server,
            relayed,
            channel,
            reached,
            open,
            calls,
        })
    }

    /// While the thread is held up, `datagrams` come in from the client or from the peer; what arrives at the other.
    fn pass(&self, from_client: bool, datagrams: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let send = |data: &[u8]| {
            let (socket, to, bytes) = if from_client {
                let mut bytes = Vec::new();
                let channel = self.channel;
                ChannelData { channel, data }.encode(&mut bytes);
                (&self.client, self.server, bytes)
            } else {
                (&self.peer, self.relayed, data.to_vec())
            };
            socket.send_to(&bytes, to).expect("sent");
        };
        send(GATE);
        self.reached.recv_timeout(PATIENCE).expect("held up");
        datagrams.iter().for_each(|data| send(data));
        self.open.send(()).expect("the thread waits");
        let receiver = if from_client {
            &self.peer
        } else {
            &self.client
        };
        let mut buffer = [0; 2048];
        let mut receive = || {
            let (length, _) = receiver.recv_from(&mut buffer).expect("a datagram");
            if from_client {
                return buffer[..length].to_vec();
            }
            let frame = ChannelData::decode(&buffer[..length]).expect("of the channel");
            frame.data.to_vec()
        };
        assert_eq!(receive(), GATE);
        datagrams.iter().map(|_| receive()).collect()
    }

    fn counters_when(&self, done: impl Fn(&UdpCounters) -> bool) -> UdpCounters {
        let begin = Instant::now();
        loop {
            let counters = self.shell.handle().counters();
            if done(&counters) {
                return counters;
            }
            assert!(begin.elapsed() < PATIENCE, "{counters:?}");
            std::thread::yield_now();
        }
    }

    fn take_calls(&self) -> Vec<usize> {
        std::mem::take(&mut *self.calls.lock().expect("whole"))
    }
}

/// An allocation with a channel to `peer`: the relayed address, and the number.
fn bind(socket: &UdpSocket, server: SocketAddr, peer: SocketAddr) -> (SocketAddr, u16) {
    let credential = Credential {
        username: "ann".to_owned(),
        password: "north".to_owned(),
    };
    let config = TurnClientConfig {
        family: Some(stun::Family::of(server.ip())),
        ..TurnClientConfig::new(server, credential)
    };
    let mut machine = TurnClient::new(Instant::now(), config, sansio::rng::from_system());
    let mut own = None;
    let mut buffer = [0; 2048];
    let begin = Instant::now();
    loop {
        while let Some(output) = machine.poll_output() {
            match output {
                TurnOutput::Transmit(bytes) => {
                    socket.send_to(&bytes, server).expect("sent");
                }
                TurnOutput::Allocated { relayed, .. } => {
                    own = Some(relayed);
                    machine
                        .handle(Instant::now(), TurnInput::Bind(peer))
                        .expect("infallible");
                }
                TurnOutput::Bound(_) => {
                    machine
                        .handle(
                            Instant::now(),
                            TurnInput::Send {
                                peer,
                                data: b"?".to_vec(),
                            },
                        )
                        .expect("infallible");
                    let Some(TurnOutput::Transmit(bytes)) = machine.poll_output() else {
                        panic!("a bound channel sends");
                    };
                    let number = u16::from_be_bytes([bytes[0], bytes[1]]);
                    return (own.expect("allocated before"), number);
                }
                _ => {}
            }
        }
        assert!(begin.elapsed() < PATIENCE, "no channel");
        let (length, _) = socket.recv_from(&mut buffer).expect("an answer");
        let input = TurnInput::Datagram(buffer[..length].to_vec());
        machine.handle(Instant::now(), input).expect("infallible");
    }
}

/// Numbered, of `length` bytes each.
fn numbered(count: u8, length: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| vec![number; length]).collect()
}

#[test]
fn a_run_goes_out_as_one_and_its_segments_arrive_whole() {
    for ip in ["127.0.0.1", "::1"] {
        let Some(scene) = Scene::set(ip, None) else {
            continue;
        };
        for from_client in [true, false] {
            let mut datagrams = numbered(8, 172);
            datagrams.push(vec![9; 60]);
            assert_eq!(scene.pass(from_client, &datagrams), datagrams);
            assert_eq!(scene.take_calls(), [9], "{ip}");
        }
        // Figures are published after the round.
        let counters = scene.counters_when(|counters| counters.joined_runs == 2);
        assert_eq!(counters.joined_packets, 18);
        assert_eq!((counters.refused_runs, counters.dropped.not_sent), (0, 0));
    }
}

#[test]
fn falls_back_when_segmentation_offload_fails_mid_flight() {
    for ip in ["127.0.0.1", "::1"] {
        for errno in [Errno::IO, Errno::INVAL, Errno::MSGSIZE] {
            let Some(scene) = Scene::set(ip, Some(errno)) else {
                continue;
            };
            for from_client in [true, false] {
                let datagrams = numbered(8, 1200);
                assert_eq!(scene.pass(from_client, &datagrams), datagrams);
                assert_eq!(
                    scene.take_calls(),
                    [8, 1, 1, 1, 1, 1, 1, 1, 1],
                    "{ip} {errno}"
                );
                // The next run knows.
                assert_eq!(scene.pass(from_client, &datagrams), datagrams);
                assert_eq!(scene.take_calls(), [1; 8], "{ip} {errno}");
            }
            let counters = scene.counters_when(|counters| counters.refused_runs == 2);
            assert_eq!(counters.dropped.not_sent, 0);
        }
    }
}

#[test]
fn a_path_of_1280_bytes_loses_nothing_and_takes_shorter_runs_as_one() {
    let name = "udp::tests::a_path_of_1280_bytes_loses_nothing_and_takes_shorter_runs_as_one";
    if !is_in_own_network(name, "ip link set lo mtu 1280 up") {
        return;
    }
    for ip in ["127.0.0.1", "::1"] {
        let Some(scene) = Scene::set(ip, None) else {
            continue;
        };
        for from_client in [true, false] {
            let (long, short) = (numbered(8, 1300), numbered(8, 1200));
            assert_eq!(scene.pass(from_client, &long), long);
            assert_eq!(scene.take_calls(), [8, 1, 1, 1, 1, 1, 1, 1, 1], "{ip}");
            // It is known now; and only what is as long goes singly.
            assert_eq!(scene.pass(from_client, &long), long);
            assert_eq!(scene.take_calls(), [1; 8], "{ip}");
            assert_eq!(scene.pass(from_client, &short), short);
            assert_eq!(scene.take_calls(), [8], "{ip}");
        }
        let counters = scene.counters_when(|counters| counters.joined_runs == 2);
        assert_eq!((counters.refused_runs, counters.dropped.not_sent), (2, 0));
    }
}

/// Whether this process has a network of its own, made by `setup`; if not, it runs the test `name` in one that has, and
/// says so where it cannot.
fn is_in_own_network(name: &str, setup: &str) -> bool {
    const INSIDE: &str = "SKEIN_TEST_NETWORK";
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let unshare = |more: &[&str], script: &str| {
        Command::new("unshare")
            .args(more)
            .args(["--net", "sh", "-c", script])
            .arg(std::env::current_exe().expect("this program"))
            .args(["--exact", name, "--nocapture"])
            .env(INSIDE, "")
            .output()
    };
    // For root, and for others where the system lets them.
    let ways: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];
    let works = |way: &&&[&str]| unshare(way, setup).is_ok_and(|done| done.status.success());
    let Some(way) = ways.iter().find(works) else {
        eprintln!("SKIPPED: no network namespaces can be made here");
        return false;
    };
    let done = unshare(way, &format!("{setup} && exec \"$0\" \"$@\"")).expect("it ran before");
    let said = String::from_utf8_lossy(&done.stdout);
    let warned = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("1 passed"), "{said}\n{warned}");
    false
}
