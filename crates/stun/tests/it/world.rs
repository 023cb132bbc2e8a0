//! A relay, its clients and their peers on a simulated network.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use sansio::Machine;
use sansio::sim::{Delivery, HostId, LinkConfig, NatConfig, Network, Realm};
use stun::{
    Allocations, AllocationsConfig, Credential, FiveTuple, Flow, Input, ListenAddress, ListenerId,
    Out, Output, RelayAddress, RelayId, Slot, TurnClient, TurnClientConfig, TurnInput, TurnOutput,
    Verdict,
};

use crate::rig::{UNIX, address, config};

pub(crate) const SERVER: &str = "192.0.2.1:3478";

pub(crate) struct Client {
    pub(crate) host: HostId,
    pub(crate) local: SocketAddr,
    pub(crate) machine: TurnClient,
    /// Everything it said but what it wanted sent.
    pub(crate) said: Vec<TurnOutput>,
}

pub(crate) struct World {
    pub(crate) net: Network,
    pub(crate) relay: Allocations,
    sockets: HashMap<RelayId, SocketAddr>,
    server: HostId,
    pub(crate) clients: Vec<Client>,
    /// What arrived at plain hosts.
    pub(crate) arrived: Vec<Delivery>,
}

impl World {
    pub(crate) fn new(seed: u64, link: LinkConfig) -> Self {
        let server = address(SERVER);
        let config = AllocationsConfig {
            listeners: vec![ListenAddress {
                bound: server,
                advertised: server,
            }],
            relays: vec![RelayAddress {
                bound: server.ip(),
                advertised: server.ip(),
            }],
            ..config()
        };
        let mut net = Network::new(seed);
        let host = net.add_host(Realm::INTERNET, server.ip(), link);
        let relay = Allocations::new(config, net.now(), UNIX, sansio::rng::seeded(seed));
        Self {
            net,
            relay,
            sockets: HashMap::new(),
            server: host,
            clients: Vec::new(),
            arrived: Vec::new(),
        }
    }

    /// A client at 10.0.0.2:5000 behind a NAT of its own; its index.
    pub(crate) fn add_client(&mut self, outside: &str, username: &str, password: &str) -> usize {
        let line = LinkConfig::delayed(Duration::from_millis(5));
        let outside = outside.parse().expect("ip");
        let realm = self
            .net
            .add_nat(Realm::INTERNET, outside, NatConfig::SYMMETRIC, line);
        let local = address("10.0.0.2:5000");
        let host = self.net.add_host(realm, local.ip(), line);
        let credential = Credential {
            username: username.to_owned(),
            password: password.to_owned(),
        };
        let config = TurnClientConfig::new(address(SERVER), credential);
        let rng = sansio::rng::seeded(self.clients.len() as u64);
        let machine = TurnClient::new(self.net.now(), config, rng);
        self.clients.push(Client {
            host,
            local,
            machine,
            said: Vec::new(),
        });
        self.clients.len() - 1
    }

    pub(crate) fn add_peer(&mut self, ip: &str) -> HostId {
        let line = LinkConfig::delayed(Duration::from_millis(5));
        self.net
            .add_host(Realm::INTERNET, ip.parse().expect("ip"), line)
    }

    pub(crate) fn tell(&mut self, client: usize, input: TurnInput) {
        let now = self.net.now();
        self.clients[client]
            .machine
            .handle(now, input)
            .expect("infallible");
        self.drain();
    }

    /// The relayed address of a client.
    pub(crate) fn relayed(&self, client: usize) -> SocketAddr {
        self.clients[client]
            .machine
            .relayed()
            .expect("an allocation")
    }

    /// What a client said since it was asked last.
    pub(crate) fn said(&mut self, client: usize) -> Vec<TurnOutput> {
        std::mem::take(&mut self.clients[client].said)
    }

    /// Let `time` pass.
    pub(crate) fn run(&mut self, time: Duration) {
        let until = self.net.now() + time;
        self.drain();
        loop {
            let timers = self
                .clients
                .iter()
                .filter_map(|client| client.machine.poll_timeout());
            let next = timers.chain(self.relay.poll_timeout()).min();
            let stop = next.map_or(until, |next| next.min(until));
            match self.net.step(stop) {
                Some(delivery) => self.deliver(delivery),
                None if self.net.now() >= until => break,
                None => self.fire(),
            }
            self.drain();
        }
    }

    fn fire(&mut self) {
        let now = self.net.now();
        self.relay.handle(now, Input::Timeout).expect("infallible");
        for client in &mut self.clients {
            client
                .machine
                .handle(now, TurnInput::Timeout)
                .expect("infallible");
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        let now = self.net.now();
        if delivery.host == self.server {
            return self.at_server(&delivery);
        }
        match self
            .clients
            .iter_mut()
            .find(|client| client.host == delivery.host)
        {
            Some(client) => {
                client
                    .machine
                    .handle(now, TurnInput::Datagram(delivery.bytes))
                    .expect("infallible");
            }
            None => self.arrived.push(delivery),
        }
    }

    fn at_server(&mut self, delivery: &Delivery) {
        let now = self.net.now();
        let flow = if delivery.to == address(SERVER) {
            Flow::Client(FiveTuple {
                listener: ListenerId(0),
                client: delivery.from,
            })
        } else {
            let socket = self
                .sockets
                .iter()
                .find(|(_, bound)| **bound == delivery.to);
            let Some((relay, _)) = socket else { return };
            Flow::Peer(*relay, delivery.from)
        };
        let mut slot = Slot::new(2048);
        assert!(slot.fill(&delivery.bytes));
        match (self.relay.relay(now, flow, &mut slot), flow) {
            (Verdict::Forward { out, to, .. }, _) => {
                let from = match out {
                    Out::Client(_) => address(SERVER),
                    Out::Relay(relay) => self.sockets[&relay],
                    Out::Endpoint { .. } | Out::Shard { .. } => return,
                };
                self.net
                    .send(self.server, from, to, slot.content().to_vec());
            }
            (Verdict::Control, Flow::Client(from)) => {
                let input = Input::Datagram {
                    from,
                    bytes: delivery.bytes.clone(),
                };
                self.relay.handle(now, input).expect("infallible");
            }
            _ => {}
        }
    }

    fn drain(&mut self) {
        let now = self.net.now();
        while let Some(output) = self.relay.poll_output() {
            match output {
                Output::Transmit { to, bytes } => {
                    self.net
                        .send(self.server, address(SERVER), to.client, bytes);
                }
                Output::Open { relay, address } => {
                    self.sockets.insert(relay, address);
                    self.relay
                        .handle(
                            now,
                            Input::Opened {
                                relay,
                                result: Ok(()),
                            },
                        )
                        .expect("infallible");
                }
                Output::Close { relay } => {
                    self.sockets.remove(&relay);
                }
            }
        }
        for client in &mut self.clients {
            while let Some(output) = client.machine.poll_output() {
                match output {
                    TurnOutput::Transmit(bytes) => {
                        self.net
                            .send(client.host, client.local, address(SERVER), bytes);
                    }
                    other => client.said.push(other),
                }
            }
        }
    }
}
