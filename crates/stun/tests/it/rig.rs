//! A relay with its sockets in memory, and a client that can say anything.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use sansio::Machine;
use sansio::sim::Clock;
use stun::{
    Allocations, AllocationsConfig, Attribute, ChannelData, Class, Credentials, FiveTuple, Flow,
    Input, Key, ListenAddress, ListenerId, Message, MessageWriter, Method, OpenError, Out, Output,
    PasswordAlgorithm, RelayAddress, RelayId, Slot, TransactionId, Verdict,
};

pub(crate) const REALM: &str = "skein";
pub(crate) const SECRET: &[u8] = b"a shared secret";

/// 2026-01-01, about.
pub(crate) const UNIX: Duration = Duration::from_secs(1_767_225_600);

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address with a port")
}

/// Listens on 192.0.2.1 and 2001:db8::1, relays from 203.0.113.5 (behind a 1:1 NAT: bound to 10.0.0.5) and
/// 2001:db8::5; knows the users ann and bob.
pub(crate) fn config() -> AllocationsConfig {
    AllocationsConfig {
        realm: REALM.to_owned(),
        listeners: vec![
            ListenAddress {
                bound: address("192.0.2.1:3478"),
                advertised: address("192.0.2.1:3478"),
            },
            ListenAddress {
                bound: address("[2001:db8::1]:3478"),
                advertised: address("[2001:db8::1]:3478"),
            },
        ],
        relays: vec![
            RelayAddress {
                bound: "10.0.0.5".parse().expect("ip"),
                advertised: "203.0.113.5".parse().expect("ip"),
            },
            RelayAddress {
                bound: "2001:db8::5".parse().expect("ip"),
                advertised: "2001:db8::5".parse().expect("ip"),
            },
        ],
        credentials: Credentials::new()
            .with_user("ann", "north")
            .with_user("bob", "south")
            .with_secret(SECRET),
        ..AllocationsConfig::default()
    }
}

/// A datagram that left the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) out: Out,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct Rig {
    pub(crate) relay: Allocations,
    pub(crate) clock: Clock,
    /// Open sockets by where they are bound.
    pub(crate) sockets: HashMap<RelayId, SocketAddr>,
    /// Ports that another program has.
    pub(crate) taken: Vec<u16>,
    /// Everything the relay sent to clients as control.
    pub(crate) bytes_out: usize,
}

impl Rig {
    pub(crate) fn new(config: AllocationsConfig) -> Self {
        let clock = Clock::new();
        let relay = Allocations::new(config, clock.now(), UNIX, sansio::rng::seeded(1));
        Self {
            relay,
            clock,
            sockets: HashMap::new(),
            taken: Vec::new(),
            bytes_out: 0,
        }
    }

    /// Time passes, with the timers that come due.
    pub(crate) fn wait(&mut self, seconds: u64) {
        let until = self.clock.now() + Duration::from_secs(seconds);
        while let Some(due) = self.relay.poll_timeout().filter(|due| *due <= until) {
            self.clock.advance_to(due);
            assert!(self.input(Input::Timeout).is_empty());
        }
        self.clock.advance_to(until);
    }

    /// Feed one input; what is sent to clients.
    pub(crate) fn input(&mut self, input: Input) -> Vec<(FiveTuple, Vec<u8>)> {
        let mut sent = Vec::new();
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.relay
                .handle(self.clock.now(), input)
                .expect("infallible");
            while let Some(output) = self.relay.poll_output() {
                match output {
                    Output::Transmit { to, bytes } => {
                        self.bytes_out += bytes.len();
                        sent.push((to, bytes));
                    }
                    Output::Open { relay, address } => {
                        let in_use = self.sockets.values().any(|open| *open == address);
                        assert!(!in_use, "{address} is owned twice");
                        let result = if self.taken.contains(&address.port()) {
                            Err(OpenError::PortTaken)
                        } else {
                            self.sockets.insert(relay, address);
                            Ok(())
                        };
                        inputs.push(Input::Opened { relay, result });
                    }
                    Output::Close { relay } => {
                        self.sockets.remove(&relay);
                    }
                }
            }
        }
        sent
    }

    /// A datagram from a client: the answer, or what was relayed.
    pub(crate) fn client_sends(&mut self, from: FiveTuple, bytes: &[u8]) -> Result<Sent, Verdict> {
        self.data(Flow::Client(from), bytes)
    }

    /// A datagram through the data path.
    pub(crate) fn data(&mut self, flow: Flow, bytes: &[u8]) -> Result<Sent, Verdict> {
        let mut slot = Slot::new(2048);
        assert!(slot.fill(bytes));
        match self.relay.relay(self.clock.now(), flow, &mut slot) {
            Verdict::Forward { out, to, .. } => Ok(Sent {
                out,
                to,
                bytes: slot.content().to_vec(),
            }),
            other => Err(other),
        }
    }

    /// A peer sends to the only open socket of its family.
    pub(crate) fn peer_sends(&mut self, peer: &str, bytes: &[u8]) -> Result<Sent, Verdict> {
        let peer = address(peer);
        let fits = |bound: &SocketAddr| bound.is_ipv4() == peer.is_ipv4();
        let relay = *self
            .sockets
            .iter()
            .find(|(_, bound)| fits(bound))
            .expect("a socket")
            .0;
        self.data(Flow::Peer(relay, peer), bytes)
    }
}

/// A client that writes its requests by hand.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) tuple: FiveTuple,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) nonce: String,
    counter: u32,
}

/// What the relay answered: the class, the error code, and the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Answer {
    pub(crate) fn message(&self) -> Message<'_> {
        Message::decode(&self.0).expect("the relay writes good messages")
    }

    /// 0 for success, else the error code.
    pub(crate) fn code(&self) -> u16 {
        let message = self.message();
        if message.class() == Class::Success {
            0
        } else {
            message.error_code().expect("a code")
        }
    }

    pub(crate) fn relayed(&self) -> Vec<SocketAddr> {
        let relayed = |a| {
            if let Attribute::XorRelayedAddress(a) = a {
                Some(a)
            } else {
                None
            }
        };
        self.message().attributes().filter_map(relayed).collect()
    }

    pub(crate) fn token(&self) -> Option<[u8; 8]> {
        let token = |a| {
            if let Attribute::ReservationToken(t) = a {
                Some(t)
            } else {
                None
            }
        };
        self.message().attributes().find_map(token)
    }
}

impl Hand {
    pub(crate) fn new(from: &str, username: &str, password: &str) -> Self {
        let client = address(from);
        let listener = ListenerId(u32::from(client.is_ipv6()));
        Self {
            tuple: FiveTuple { listener, client },
            username: username.to_owned(),
            password: password.to_owned(),
            nonce: String::new(),
            counter: 0,
        }
    }

    pub(crate) fn ann(from: &str) -> Self {
        Self::new(from, "ann", "north")
    }

    pub(crate) fn bob(from: &str) -> Self {
        Self::new(from, "bob", "south")
    }

    pub(crate) fn key(&self) -> Key {
        Key::long_term(
            PasswordAlgorithm::Md5,
            &self.username,
            REALM,
            &self.password,
        )
    }

    /// A signed request.
    pub(crate) fn write(&mut self, method: Method, attributes: &[Attribute<'_>]) -> Vec<u8> {
        self.counter += 1;
        let mut id = [0xA5; 12];
        id[..4].copy_from_slice(&self.counter.to_be_bytes());
        let mut writer = MessageWriter::new(Class::Request, method, TransactionId::new(id));
        for attribute in attributes {
            writer.attribute(attribute);
        }
        writer
            .attribute(&Attribute::Username(&self.username))
            .attribute(&Attribute::Realm(REALM))
            .attribute(&Attribute::Nonce(&self.nonce))
            .integrity(&self.key());
        writer.finish()
    }

    /// Ask, with a fresh nonce if the relay demands one.
    pub(crate) fn ask(
        &mut self,
        rig: &mut Rig,
        method: Method,
        attributes: &[Attribute<'_>],
    ) -> Answer {
        if self.nonce.is_empty() {
            "-".clone_into(&mut self.nonce);
        }
        let bytes = self.write(method, attributes);
        let answer = self.ask_raw(rig, bytes).expect("an answer");
        if answer.code() == 438 {
            answer
                .message()
                .nonce()
                .expect("a nonce")
                .clone_into(&mut self.nonce);
            let bytes = self.write(method, attributes);
            return self.ask_raw(rig, bytes).expect("an answer");
        }
        answer
    }

    /// Send bytes as they are; `None` when the relay stays silent.
    pub(crate) fn ask_raw(&mut self, rig: &mut Rig, bytes: Vec<u8>) -> Option<Answer> {
        assert_eq!(rig.client_sends(self.tuple, &bytes), Err(Verdict::Control));
        let mut sent = rig.input(Input::Datagram {
            from: self.tuple,
            bytes,
        });
        assert!(sent.len() <= 1);
        sent.pop().map(|(to, bytes)| {
            assert_eq!(to, self.tuple);
            Answer(bytes)
        })
    }

    pub(crate) fn allocate(&mut self, rig: &mut Rig) -> Answer {
        self.allocate_with(rig, &[])
    }

    pub(crate) fn allocate_with(&mut self, rig: &mut Rig, more: &[Attribute<'_>]) -> Answer {
        let mut attributes = vec![Attribute::RequestedTransport(17)];
        attributes.extend_from_slice(more);
        self.ask(rig, Method::Allocate, &attributes)
    }

    pub(crate) fn permit(&mut self, rig: &mut Rig, peer: &str) -> u16 {
        let peer = Attribute::XorPeerAddress(address(peer));
        self.ask(rig, Method::CreatePermission, &[peer]).code()
    }

    pub(crate) fn bind(&mut self, rig: &mut Rig, number: u16, peer: &str) -> u16 {
        let peer = Attribute::XorPeerAddress(address(peer));
        self.ask(
            rig,
            Method::ChannelBind,
            &[Attribute::ChannelNumber(number), peer],
        )
        .code()
    }

    pub(crate) fn refresh(&mut self, rig: &mut Rig, seconds: u32) -> Answer {
        self.ask(rig, Method::Refresh, &[Attribute::Lifetime(seconds)])
    }

    /// Data by Send indication.
    pub(crate) fn send(&self, rig: &mut Rig, peer: &str, data: &[u8]) -> Result<Sent, Verdict> {
        let id = TransactionId::new([3; 12]);
        let mut writer = MessageWriter::new(Class::Indication, Method::Send, id);
        writer
            .attribute(&Attribute::XorPeerAddress(address(peer)))
            .attribute(&Attribute::Data(data));
        rig.client_sends(self.tuple, &writer.finish())
    }

    /// Data by channel.
    pub(crate) fn send_channel(
        &self,
        rig: &mut Rig,
        channel: u16,
        data: &[u8],
    ) -> Result<Sent, Verdict> {
        let mut bytes = Vec::new();
        ChannelData { channel, data }.encode(&mut bytes);
        rig.client_sends(self.tuple, &bytes)
    }
}
