//! How our sockets can be reached: server-reflexive and relayed addresses, and the traffic through relays. A machine.
//!
//! Media, checks and the relay's own messages share our sockets, and a media endpoint may even sit at the very address
//! of the relay. What belongs to whom is told by what a datagram is, not only by where it comes from.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use media::session::LocalCandidate;
use sansio::Machine;
use sansio::rng::{Rng, seeded};
use stun::{
    BindingClient, BindingInput, BindingOutput, Class, Credential, Family, Message, Method,
    TurnClient, TurnClientConfig, TurnError, TurnInput, TurnOutput,
};

use rand::RngExt as _;

/// Datagrams that wait for the permission to be sent through a relay.
const MAX_HELD: usize = 32;
/// A question of [`Input::AskAgain`] is asked anew after this time: the way back may just have come.
const ASKED_FOR: Duration = Duration::from_secs(2);

/// A relay and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Relay {
    /// Its address.
    pub(crate) server: SocketAddr,
    /// The socket of ours that leads to it.
    pub(crate) local: SocketAddr,
    /// Name and password.
    pub(crate) credential: Credential,
}

/// What can happen.
#[derive(Debug)]
pub(crate) enum Input {
    /// A datagram came.
    Datagram {
        /// At which socket.
        local: SocketAddr,
        /// From whom.
        source: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Somebody at this address may want to reach us through our relays.
    Permit(IpAddr),
    /// Much will go from this relayed address of ours to this peer.
    Bind {
        relayed: SocketAddr,
        peer: SocketAddr,
    },
    /// Send.
    Send {
        source: SocketAddr,
        destination: SocketAddr,
        bytes: Vec<u8>,
    },
    /// Nothing comes through: ask the servers again how they see us.
    AskAgain,
    /// Give all relayed addresses back.
    Close,
    /// Time has passed.
    Timeout,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Send from this socket.
    Transmit {
        local: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
    /// An address of ours was found.
    Found(LocalCandidate),
    /// A datagram for the media session, as if it had come directly.
    Arrived {
        source: SocketAddr,
        destination: SocketAddr,
        bytes: Vec<u8>,
    },
    /// A relay is of no use.
    NoRelay { server: SocketAddr, why: TurnError },
    /// Every question is answered; no more will be found.
    Complete,
    /// A server sees us elsewhere than before: a NAT gave this socket another port or address (RFC 4787 §4.3), and what was found by
    /// the old one, relays too, leads nowhere.
    SeenElsewhere,
}

#[derive(Debug)]
struct Asking {
    local: SocketAddr,
    server: SocketAddr,
    client: Option<BindingClient>,
    /// Since when.
    asked: Instant,
    /// What was answered.
    seen: Option<SocketAddr>,
}

#[derive(Debug)]
struct Relayed {
    relay: Relay,
    client: TurnClient,
    address: Option<SocketAddr>,
    /// Where it saw us.
    mapped: Option<SocketAddr>,
    /// Said, or given up: no more will be found here.
    settled: bool,
    permitted: Vec<IpAddr>,
    held: VecDeque<(SocketAddr, Vec<u8>)>,
}

/// All questions and relays of one call.
#[derive(Debug)]
pub(crate) struct Ways {
    asking: Vec<Asking>,
    relayed: Vec<Relayed>,
    wanted: Vec<IpAddr>,
    complete: bool,
    rng: Rng,
    outputs: VecDeque<Output>,
}

impl Ways {
    /// Ask these servers (from a socket, to a server) how they see us, and these relays for an address.
    pub(crate) fn new(
        now: Instant,
        questions: &[(SocketAddr, SocketAddr)],
        relays: &[Relay],
        rng: &mut Rng,
    ) -> Self {
        let asking = questions.iter().map(|(local, server)| Asking {
            local: *local,
            server: *server,
            client: Some(BindingClient::new(now, *server, rng)),
            asked: now,
            seen: None,
        });
        let asking = asking.collect();
        let mut ways = Self {
            asking,
            relayed: Vec::new(),
            wanted: Vec::new(),
            complete: false,
            rng: seeded(rng.random()),
            outputs: VecDeque::new(),
        };
        for relay in relays {
            let mut config = TurnClientConfig::new(relay.server, relay.credential.clone());
            config.family = Some(if relay.server.is_ipv4() {
                Family::Ipv4
            } else {
                Family::Ipv6
            });
            ways.relayed.push(Relayed {
                relay: relay.clone(),
                client: TurnClient::new(now, config, seeded(rng.random())),
                address: None,
                mapped: None,
                settled: false,
                permitted: Vec::new(),
                held: VecDeque::new(),
            });
        }
        ways.collect(now);
        ways
    }

    /// Whether all relays have been given back.
    pub(crate) fn is_closed(&self) -> bool {
        self.relayed.iter().all(|relayed| relayed.client.is_ended())
    }

    /// What the machines say, until all are silent.
    fn collect(&mut self, now: Instant) {
        for asking in &mut self.asking {
            while let Some(output) = asking.client.as_mut().and_then(Machine::poll_output) {
                match output {
                    BindingOutput::Transmit { to, bytes } => {
                        self.outputs.push_back(Output::Transmit {
                            local: asking.local,
                            to,
                            bytes,
                        });
                    }
                    BindingOutput::Done(result) => {
                        asking.client = None;
                        match result {
                            Ok(address) => {
                                let base = asking.local;
                                match asking.seen.replace(address) {
                                    None => self.outputs.push_back(Output::Found(
                                        LocalCandidate::ServerReflexive { address, base },
                                    )),
                                    Some(before) if before != address => {
                                        self.outputs.push_back(Output::SeenElsewhere);
                                    }
                                    Some(_) => {}
                                }
                            }
                            Err(why) => {
                                tracing::debug!(server = %asking.server, %why, "no address learned")
                            }
                        }
                    }
                }
            }
        }
        for relayed in &mut self.relayed {
            relayed.collect(now, &mut self.outputs);
        }
        let settled = self.asking.iter().all(|a| a.client.is_none())
            && self.relayed.iter().all(|r| r.settled);
        if settled && !self.complete {
            self.complete = true;
            self.outputs.push_back(Output::Complete);
        }
    }

    fn datagram(&mut self, now: Instant, local: SocketAddr, source: SocketAddr, bytes: Vec<u8>) {
        match bytes.first() {
            // RFC 7983 §7: 0 to 3 is STUN and TURN, 64 to 79 TURN channels.
            Some(0..4) => {
                match Message::decode(&bytes).map(|message| (message.method(), message.class())) {
                    Ok((Method::Binding, Class::Success | Class::Error)) => {
                        if !self.answers(now, local, source, &bytes) {
                            self.arrived(source, local, bytes);
                        }
                    }
                    Ok((Method::Binding, _)) | Err(_) => self.arrived(source, local, bytes),
                    Ok(_) => self.relay_says(now, local, source, bytes),
                }
            }
            Some(64..80) => self.relay_says(now, local, source, bytes),
            Some(_) => self.arrived(source, local, bytes),
            None => {}
        }
    }

    /// Whether a Binding answer is for one of our questions.
    fn answers(
        &mut self,
        now: Instant,
        local: SocketAddr,
        source: SocketAddr,
        bytes: &[u8],
    ) -> bool {
        for asking in self
            .asking
            .iter_mut()
            .filter(|a| a.local == local && a.server == source)
        {
            let Some(client) = &mut asking.client else {
                continue;
            };
            let Ok(()) = client.handle(
                now,
                BindingInput::Datagram {
                    from: source,
                    bytes: bytes.to_vec(),
                },
            );
            // A client without a time to come back has its answer.
            if client.poll_timeout().is_none() {
                return true;
            }
        }
        false
    }

    fn relay_says(&mut self, now: Instant, local: SocketAddr, source: SocketAddr, bytes: Vec<u8>) {
        let of = |r: &&mut Relayed| r.relay.server == source && r.relay.local == local;
        if let Some(relayed) = self.relayed.iter_mut().find(of) {
            let Ok(()) = relayed.client.handle(now, TurnInput::Datagram(bytes));
        }
    }

    fn arrived(&mut self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) {
        self.outputs.push_back(Output::Arrived {
            source,
            destination,
            bytes,
        });
    }

    fn ask_again(&mut self, now: Instant) {
        for relayed in &self.relayed {
            let Relay { server, local, .. } = relayed.relay;
            let is_asked = self
                .asking
                .iter()
                .any(|asking| (asking.local, asking.server) == (local, server));
            if let Some(mapped) = relayed.mapped.filter(|_| !is_asked) {
                self.asking.push(Asking {
                    local,
                    server,
                    client: None,
                    asked: now,
                    seen: Some(mapped),
                });
            }
        }
        // One that was never answered is none that could be answered otherwise.
        for asking in self
            .asking
            .iter_mut()
            .filter(|asking| asking.seen.is_some())
        {
            if asking.client.is_none() || asking.asked + ASKED_FOR <= now {
                asking.client = Some(BindingClient::new(now, asking.server, &mut self.rng));
                asking.asked = now;
            }
        }
    }

    fn permit(&mut self, now: Instant, ip: IpAddr) {
        if self.wanted.contains(&ip) {
            return;
        }
        self.wanted.push(ip);
        for relayed in self
            .relayed
            .iter_mut()
            .filter(|r| r.relay.server.is_ipv4() == ip.is_ipv4())
        {
            let Ok(()) = relayed.client.handle(now, TurnInput::Permit(ip));
        }
    }

    fn send(&mut self, now: Instant, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) {
        let Some(relayed) = self.relayed.iter_mut().find(|r| r.address == Some(source)) else {
            self.outputs.push_back(Output::Transmit {
                local: source,
                to: destination,
                bytes,
            });
            return;
        };
        if relayed.permitted.contains(&destination.ip()) {
            let Ok(()) = relayed.client.handle(
                now,
                TurnInput::Send {
                    peer: destination,
                    data: bytes,
                },
            );
        } else if relayed.held.len() < MAX_HELD {
            // The first checks wait for the permission instead of for their repetition.
            let Ok(()) = relayed
                .client
                .handle(now, TurnInput::Permit(destination.ip()));
            relayed.held.push_back((destination, bytes));
        }
    }
}

impl Relayed {
    fn collect(&mut self, now: Instant, outputs: &mut VecDeque<Output>) {
        let Relay { server, local, .. } = self.relay;
        while let Some(output) = self.client.poll_output() {
            match output {
                TurnOutput::Transmit(bytes) => outputs.push_back(Output::Transmit {
                    local,
                    to: server,
                    bytes,
                }),
                TurnOutput::Allocated {
                    relayed: address,
                    mapped,
                } => {
                    self.address = Some(address);
                    self.mapped = Some(mapped);
                    self.settled = true;
                    if mapped != local {
                        let found = LocalCandidate::ServerReflexive {
                            address: mapped,
                            base: local,
                        };
                        outputs.push_back(Output::Found(found));
                    }
                    outputs.push_back(Output::Found(LocalCandidate::Relayed { address, local }));
                }
                TurnOutput::Permitted(ip) => self.permitted(now, ip),
                TurnOutput::Refused(ip, code) => {
                    tracing::debug!(%server, code, "the relay refuses a peer");
                    self.held.retain(|(peer, _)| peer.ip() != ip);
                }
                TurnOutput::Bound(_) => {}
                TurnOutput::Data { peer, data } => {
                    if let Some(destination) = self.address {
                        outputs.push_back(Output::Arrived {
                            source: peer,
                            destination,
                            bytes: data,
                        });
                    }
                }
                TurnOutput::Lost => {
                    self.address = None;
                    self.permitted.clear();
                    self.held.clear();
                }
                TurnOutput::Closed => self.settled = true,
                TurnOutput::Failed(why) => {
                    self.address = None;
                    self.settled = true;
                    outputs.push_back(Output::NoRelay { server, why });
                }
            }
        }
    }

    fn permitted(&mut self, now: Instant, ip: IpAddr) {
        if !self.permitted.contains(&ip) {
            self.permitted.push(ip);
        }
        for (peer, data) in std::mem::take(&mut self.held) {
            if peer.ip() == ip {
                let Ok(()) = self.client.handle(now, TurnInput::Send { peer, data });
            } else {
                self.held.push_back((peer, data));
            }
        }
    }
}

impl Machine for Ways {
    type Input = Input;
    type Output = Output;
    type Error = Infallible;

    fn handle(&mut self, now: Instant, input: Input) -> Result<(), Infallible> {
        match input {
            Input::Datagram {
                local,
                source,
                bytes,
            } => self.datagram(now, local, source, bytes),
            Input::Permit(ip) => self.permit(now, ip),
            Input::Bind { relayed, peer } => {
                if let Some(relayed) = self.relayed.iter_mut().find(|r| r.address == Some(relayed))
                {
                    let Ok(()) = relayed.client.handle(now, TurnInput::Bind(peer));
                }
            }
            Input::Send {
                source,
                destination,
                bytes,
            } => self.send(now, source, destination, bytes),
            Input::AskAgain => self.ask_again(now),
            Input::Close => {
                self.asking.clear();
                for relayed in &mut self.relayed {
                    let Ok(()) = relayed.client.handle(now, TurnInput::Close);
                }
            }
            Input::Timeout => {
                for client in self
                    .asking
                    .iter_mut()
                    .filter_map(|asking| asking.client.as_mut())
                {
                    let Ok(()) = client.handle(now, BindingInput::Timeout);
                }
                for relayed in &mut self.relayed {
                    let Ok(()) = relayed.client.handle(now, TurnInput::Timeout);
                }
            }
        }
        self.collect(now);
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let questions = self
            .asking
            .iter()
            .filter_map(|asking| asking.client.as_ref()?.poll_timeout());
        questions
            .chain(
                self.relayed
                    .iter()
                    .filter_map(|relayed| relayed.client.poll_timeout()),
            )
            .min()
    }
}

#[cfg(test)]
mod tests;
