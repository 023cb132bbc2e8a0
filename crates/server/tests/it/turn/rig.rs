//! A shell on loopback, and clients with real sockets.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sansio::Machine;
use server::udp::{UdpConfig, UdpShell};
use stun::{
    Attribute, Class, Credential, Credentials, Key, Message, MessageWriter, Method,
    PasswordAlgorithm, TransactionId, TurnClient, TurnClientConfig, TurnInput, TurnOutput,
};

/// Nothing on loopback takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn loopback(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

/// Listens on a free port of 127.0.0.1; knows ann.
pub(crate) fn config() -> UdpConfig {
    UdpConfig {
        listen: vec![loopback(0)],
        credentials: Credentials::new()
            .with_user("ann", "north")
            .with_secret(b"secret"),
        ..UdpConfig::default()
    }
}

pub(crate) fn start(config: UdpConfig) -> (UdpShell, SocketAddr) {
    let shell = server::udp::start(config).expect("a shell");
    let address = shell.addresses()[0].bound;
    (shell, address)
}

/// Wait until `done`, asking again and again; panics with `what` after [`PATIENCE`].
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::yield_now();
    }
}

/// Sends everything back, and counts it.
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    heard: Arc<AtomicU64>,
}

impl Echo {
    pub(crate) fn on(ip: IpAddr) -> Self {
        let socket = UdpSocket::bind((ip, 0)).expect("a socket");
        let address = socket.local_addr().expect("bound");
        let heard = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut buffer) {
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = socket.send_to(&buffer[..length], from);
            }
        });
        Self { address, heard }
    }

    pub(crate) fn heard(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }
}

/// A client that writes its requests by hand, over a real socket.
pub(crate) struct Hand {
    pub(crate) socket: UdpSocket,
    server: SocketAddr,
    nonce: String,
    counter: u32,
}

impl Hand {
    pub(crate) fn new(server: SocketAddr) -> Self {
        let any: SocketAddr = SocketAddr::new(server.ip(), 0);
        let socket = UdpSocket::bind(any).expect("a socket");
        socket.connect(server).expect("connected");
        socket
            .set_read_timeout(Some(Duration::from_millis(250)))
            .expect("a timeout");
        Self {
            socket,
            server,
            nonce: "-".to_owned(),
            counter: 0,
        }
    }

    /// The error code of the answer (0 for success), and the relayed address if there is one.
    pub(crate) fn ask(
        &mut self,
        method: Method,
        attributes: &[Attribute<'_>],
    ) -> (u16, Option<SocketAddr>) {
        for _ in 0..2 {
            self.counter += 1;
            let mut id = [0x5A; 12];
            id[..4].copy_from_slice(&self.counter.to_be_bytes());
            let mut writer = MessageWriter::new(Class::Request, method, TransactionId::new(id));
            for attribute in attributes {
                writer.attribute(attribute);
            }
            let key = Key::long_term(PasswordAlgorithm::Md5, "ann", "skein", "north");
            writer
                .attribute(&Attribute::Username("ann"))
                .attribute(&Attribute::Realm("skein"))
                .attribute(&Attribute::Nonce(&self.nonce))
                .integrity(&key);
            let bytes = self.exchange(&writer.finish(), TransactionId::new(id));
            let answer = Message::decode(&bytes).expect("a good answer");
            if answer.class() == Class::Success {
                let relayed = answer.attributes().find_map(|a| match a {
                    Attribute::XorRelayedAddress(relayed) => Some(relayed),
                    _ => None,
                });
                return (0, relayed);
            }
            let code = answer.error_code().expect("a code");
            if code != 438 {
                return (code, None);
            }
            answer.nonce().expect("a nonce").clone_into(&mut self.nonce);
        }
        panic!("{} does not like its own nonce", self.server)
    }

    /// Ask until there is an answer: a busy relay may lose a datagram.
    fn exchange(&self, request: &[u8], id: TransactionId) -> Vec<u8> {
        let begin = Instant::now();
        let mut buffer = [0; 2048];
        while begin.elapsed() < PATIENCE {
            self.socket.send(request).expect("sent");
            while let Ok(length) = self.socket.recv(&mut buffer) {
                let answers = Message::decode(&buffer[..length]).is_ok_and(|m| m.id() == id);
                if answers {
                    return buffer[..length].to_vec();
                }
            }
        }
        panic!("no answer, {request:02x?}")
    }

    /// Whether `datagram` is what comes next.
    pub(crate) fn hears(&self, datagram: &[u8]) -> bool {
        let mut buffer = [0; 2048];
        self.socket
            .recv(&mut buffer)
            .is_ok_and(|length| buffer[..length] == *datagram)
    }

    pub(crate) fn allocate(&mut self) -> SocketAddr {
        let (code, relayed) = self.ask(Method::Allocate, &[Attribute::RequestedTransport(17)]);
        assert_eq!(code, 0);
        relayed.expect("a relayed address")
    }

    pub(crate) fn send(&self, peer: SocketAddr, data: &[u8]) {
        let id = TransactionId::new([3; 12]);
        let mut writer = MessageWriter::new(Class::Indication, Method::Send, id);
        writer
            .attribute(&Attribute::XorPeerAddress(peer))
            .attribute(&Attribute::Data(data));
        self.socket.send(&writer.finish()).expect("sent");
    }
}

/// A [`TurnClient`] on a real socket.
pub(crate) struct Native {
    socket: UdpSocket,
    server: SocketAddr,
    pub(crate) machine: TurnClient,
    said: Vec<TurnOutput>,
}

impl Native {
    pub(crate) fn new(server: SocketAddr, credential: Credential) -> Self {
        let socket = UdpSocket::bind(SocketAddr::new(server.ip(), 0)).expect("a socket");
        let config = TurnClientConfig {
            family: Some(stun::Family::of(server.ip())),
            ..TurnClientConfig::new(server, credential)
        };
        let machine = TurnClient::new(Instant::now(), config, sansio::rng::from_system());
        Self {
            socket,
            server,
            machine,
            said: Vec::new(),
        }
    }

    pub(crate) fn ann(server: SocketAddr) -> Self {
        let (username, password) = ("ann".to_owned(), "north".to_owned());
        Self::new(server, Credential { username, password })
    }

    pub(crate) fn tell(&mut self, input: TurnInput) {
        self.machine
            .handle(Instant::now(), input)
            .expect("infallible");
        self.drain();
    }

    /// Run until it says something that `pick` wants.
    pub(crate) fn wait_for<T>(&mut self, pick: impl Fn(&TurnOutput) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            self.drain();
            if let Some(at) = self.said.iter().position(|said| pick(said).is_some()) {
                return pick(&self.said.remove(at)).expect("just seen");
            }
            assert!(begin.elapsed() < PATIENCE, "it only said {:?}", self.said);
            let due = self.machine.poll_timeout().map_or(PATIENCE, |at| {
                at.saturating_duration_since(Instant::now()).min(PATIENCE)
            });
            let wait = due.max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(wait)).expect("a timeout");
            let mut buffer = [0; 2048];
            let input = match self.socket.recv_from(&mut buffer) {
                Ok((length, from)) if from == self.server => {
                    TurnInput::Datagram(buffer[..length].to_vec())
                }
                _ => TurnInput::Timeout,
            };
            self.tell(input);
        }
    }

    pub(crate) fn relayed(&mut self) -> SocketAddr {
        self.wait_for(|said| match said {
            TurnOutput::Allocated { relayed, .. } => Some(*relayed),
            _ => None,
        })
    }

    pub(crate) fn data(&mut self) -> (SocketAddr, Vec<u8>) {
        self.wait_for(|said| match said {
            TurnOutput::Data { peer, data } => Some((*peer, data.clone())),
            _ => None,
        })
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            match output {
                TurnOutput::Transmit(bytes) => {
                    self.socket.send_to(&bytes, self.server).expect("sent");
                }
                other => self.said.push(other),
            }
        }
    }
}
