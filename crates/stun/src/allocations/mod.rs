//! The relay: TURN allocations of a server (RFC 8656), without sockets.
//!
//! Control goes through [`Machine::handle`] and its outputs; data through [`Allocations::relay`], which looks up,
//! rewrites headers in place and says where to send. The shell owns one socket per listening address and one per
//! relayed address, and does what it is told.

mod allocate;
mod answer_limit;
mod authenticate;
mod config;
mod group;
mod hash;
mod nonce;
mod peers;
mod ports;
mod relay;
mod reply;
mod request;
mod slab;
mod slot;
mod state;
mod verdict;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand::Rng as _;
use sansio::Machine;
use sansio::rng::Rng;

pub use config::{AllocationsConfig, Lifetimes, Limits, ListenAddress, RelayAddress};
pub use group::Shard;
pub use peers::{Prefix, PrefixError, is_internal};
pub use slot::{HEADROOM, Slot, TAIL};
pub use verdict::{Counters, Dropped, Flow, Out, Verdict};

use answer_limit::AnswerLimit;
use group::Reservation;
use hash::Keyed;
use nonce::Nonces;
use peers::PeerRules;
use ports::Ports;
use slab::Slab;
use state::{Allocation, Owner, Relay, Stage};

/// Names that were ended, at most; beyond that the oldest is forgotten.
const MAX_ENDED: usize = 16_384;

/// A listening socket: its place in [`AllocationsConfig::listeners`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ListenerId(pub u32);

/// A client as the server sees it: its address, and the listening socket (address, port and protocol) it speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FiveTuple {
    /// Where it came in.
    pub listener: ListenerId,
    /// Where it came from.
    pub client: SocketAddr,
}

/// The socket of a relayed address. Never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RelayId(slab::Key);

/// Why a socket could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenError {
    /// Another program has the port: another one is tried.
    PortTaken,
    /// Anything else, such as no file descriptors: the client gets 508.
    Failed,
}

/// What can happen to the relay besides data.
#[derive(Debug)]
pub enum Input {
    /// A STUN message from a client, as [`Verdict::Control`] demanded.
    Datagram {
        /// The client.
        from: FiveTuple,
        /// The message.
        bytes: Vec<u8>,
    },
    /// The answer to [`Output::Open`].
    Opened {
        /// Which.
        relay: RelayId,
        /// How it went.
        result: Result<(), OpenError>,
    },
    /// A client's connection was closed (TCP and TLS): what it had is free at once.
    Gone(FiveTuple),
    /// A user's call is over or a device was revoked; see [`Allocations::end_user`].
    EndUser(String),
    /// [`Machine::poll_timeout`] has come.
    Timeout,
}

/// What the relay wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send `bytes` to a client.
    Transmit {
        /// The client.
        to: FiveTuple,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Open an unconnected UDP socket and answer with [`Input::Opened`].
    Open {
        /// Its name from now on.
        relay: RelayId,
        /// Where to bind it.
        address: SocketAddr,
    },
    /// Close a socket.
    Close {
        /// Which.
        relay: RelayId,
    },
}

/// What expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Expiry {
    Allocation(slab::Key),
    Reservation([u8; 8]),
}

/// All allocations of one server, or of one of its shards.
#[derive(Debug)]
pub struct Allocations {
    config: AllocationsConfig,
    rng: Rng,
    nonces: Nonces,
    answers: AnswerLimit,
    rules: PeerRules,
    ports: Vec<Ports>,
    slab: Slab<Allocation>,
    relays: Slab<Relay>,
    by_tuple: HashMap<FiveTuple, slab::Key, Keyed>,
    by_relayed: HashMap<SocketAddr, RelayId, Keyed>,
    media: HashSet<SocketAddr>,
    /// Names that were ended, with the UNIX time when.
    ended: HashMap<Box<str>, Duration>,
    ended_order: VecDeque<Box<str>>,
    expiries: BTreeSet<(Instant, Expiry)>,
    outputs: VecDeque<Output>,
    counters: Counters,
    indication_mask: u64,
    /// The same moment on both clocks: expiries of credentials are in UNIX time.
    clock: (Instant, Duration),
}

impl Allocations {
    /// A relay without allocations. `unix` is the time since the UNIX epoch at `now`.
    #[must_use]
    pub fn new(config: AllocationsConfig, now: Instant, unix: Duration, mut rng: Rng) -> Self {
        let mut nonce_key = [0; 32];
        rng.fill_bytes(&mut nonce_key);
        let keyed = Keyed::new(&mut rng);
        let served: Vec<IpAddr> = config.relays.iter().map(|relay| relay.advertised).collect();
        let mut own = config.own.clone();
        own.extend(config.relays.iter().map(|relay| relay.bound));
        own.extend(
            config
                .listeners
                .iter()
                .flat_map(|l| [l.bound.ip(), l.advertised.ip()]),
        );
        Self {
            nonces: Nonces::new(nonce_key, now, config.lifetimes.nonce),
            answers: AnswerLimit::new(
                now,
                config.limits.answers_per_second,
                config.limits.answer_burst,
            ),
            rules: PeerRules {
                allowed: config.allow_peers.clone(),
                own,
                served,
            },
            ports: config
                .relays
                .iter()
                .map(|relay| {
                    let owners = config.shard.ports_of(relay.bound);
                    Ports::new(config.ports.clone(), owners, config.shard.number())
                })
                .collect(),
            indication_mask: rng.next_u64(),
            config,
            rng,
            slab: Slab::default(),
            relays: Slab::default(),
            by_tuple: HashMap::with_hasher(keyed.clone()),
            by_relayed: HashMap::with_hasher(keyed),
            media: HashSet::new(),
            ended: HashMap::new(),
            ended_order: VecDeque::new(),
            expiries: BTreeSet::new(),
            outputs: VecDeque::new(),
            counters: Counters::default(),
            clock: (now, unix),
        }
    }

    /// The wall clock may have been set: tell the relay now and then what time it is.
    pub fn set_clock(&mut self, now: Instant, unix: Duration) {
        self.clock = (now, unix);
    }

    /// The advertised addresses of this server's own media endpoints. They are no internal peers: clients may have
    /// permissions for them, and reach them by [`Out::Endpoint`] only.
    pub fn set_media_addresses(&mut self, addresses: &[SocketAddr]) {
        self.media = addresses.iter().copied().collect();
        self.rules.served = self
            .config
            .relays
            .iter()
            .map(|relay| relay.advertised)
            .collect();
        self.rules
            .served
            .extend(addresses.iter().map(SocketAddr::ip));
    }

    /// Whether `address` is a relayed address of this server: a media endpoint reaches it by [`Flow::Endpoint`].
    #[must_use]
    pub fn is_relayed(&self, address: SocketAddr) -> bool {
        self.by_relayed.contains_key(&address)
    }

    /// The shard of ours, by [`Shard::place`], that has the relayed address `address`, if it is another one.
    #[must_use]
    pub fn sibling_of(&self, address: SocketAddr) -> Option<usize> {
        let is_here = |relay: &RelayAddress| relay.advertised == address.ip();
        let place = self.config.relays.iter().position(is_here)?;
        let sibling = self.ports[place].sibling(address.port())?;
        Some(usize::from(sibling) - 1)
    }

    /// How many allocations there are.
    #[must_use]
    pub fn live_allocations(&self) -> usize {
        self.slab.len()
    }

    /// Figures since the beginning.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Free everything that `name` has, and refuse its time-limited credentials that were made before now. `name` is
    /// NAME of `EXPIRY:NAME`, or any leading part of the path that it is; fixed users lose their allocations only.
    pub fn end_user(&mut self, now: Instant, name: &str) {
        use crate::credentials::{lies_below, name_of};
        let gone: Vec<_> = self
            .slab
            .iter()
            .filter(|(_, allocation)| lies_below(name_of(&allocation.username), name))
            .map(|(key, _)| key)
            .collect();
        for key in gone {
            self.free(key);
        }
        if self.ended.insert(name.into(), self.unix(now)).is_none() {
            self.ended_order.push_back(name.into());
        }
        if self.ended_order.len() > MAX_ENDED
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }

    fn unix(&self, now: Instant) -> Duration {
        self.clock.1 + now.saturating_duration_since(self.clock.0)
    }

    fn is_listening(&self, address: SocketAddr) -> bool {
        self.config
            .listeners
            .iter()
            .any(|l| l.bound == address || l.advertised == address)
    }

    /// Give everything of an allocation back.
    fn free(&mut self, key: slab::Key) {
        let Some(allocation) = self.slab.remove(key) else {
            return;
        };
        self.by_tuple.remove(&allocation.tuple);
        self.expiries
            .remove(&(allocation.expires, Expiry::Allocation(key)));
        for relay in allocation.relays.into_iter().flatten() {
            self.close(relay);
        }
        // A reservation goes with the allocation that made it, if nobody took it up: reservations alone are nobody's, and
        // no quota would hold who makes them and lets go, again and again.
        let token = match &allocation.stage {
            Stage::Live(granted) => granted.token,
            Stage::Opening(opening) => opening.granted.token,
        };
        if let Some(token) = token {
            self.unreserve(token);
        }
        if let Stage::Opening(opening) = &allocation.stage {
            for relay in &opening.waiting {
                self.close(*relay); // harmless for those that were among the relays
            }
        }
        self.config
            .shard
            .uncount(crate::credentials::owner_of(&allocation.username));
    }

    /// Nothing is to be kept for a token any more, or not even begun to be.
    fn unreserve(&mut self, token: [u8; 8]) {
        if let Some(relay) = self.reserved(token) {
            self.close(relay);
        }
        let Some(Reservation { bound, until }) = self.config.shard.unreserve(token) else {
            return;
        };
        self.expiries.remove(&(until, Expiry::Reservation(token)));
        if let Some(place) = self.relay_place(bound.ip()) {
            self.ports[place].give_back(bound.port());
        }
    }

    /// The address that is to be kept for a token.
    fn reserved(&self, token: [u8; 8]) -> Option<RelayId> {
        let held = |relay: &Relay| matches!(relay.owner, Owner::Reserved { token: held, .. } if held == token);
        let (key, _) = self.relays.iter().find(|(_, relay)| held(relay))?;
        Some(RelayId(key))
    }

    /// Close the socket of a relayed address and give its port back.
    fn close(&mut self, id: RelayId) {
        let Some(relay) = self.relays.remove(id.0) else {
            return;
        };
        if self.by_relayed.get(&relay.advertised) == Some(&id) {
            self.by_relayed.remove(&relay.advertised);
        }
        if let Some(place) = self.relay_place(relay.bound.ip()) {
            self.ports[place].give_back(relay.bound.port());
        }
        self.outputs.push_back(Output::Close { relay: id });
    }

    fn relay_place(&self, bound: IpAddr) -> Option<usize> {
        self.config
            .relays
            .iter()
            .position(|relay| relay.bound == bound)
    }

    fn expire(&mut self, now: Instant) {
        while let Some((at, what)) = self.expiries.first().copied()
            && at <= now
        {
            self.expiries.pop_first();
            match what {
                Expiry::Allocation(key) => self.free(key),
                Expiry::Reservation(token) => self.unreserve(token),
            }
        }
    }
}

impl Machine for Allocations {
    type Input = Input;
    type Output = Output;
    type Error = Infallible;

    fn handle(&mut self, now: Instant, input: Input) -> Result<(), Infallible> {
        self.expire(now);
        match input {
            Input::Datagram { from, bytes } => self.on_message(now, from, &bytes),
            Input::Opened { relay, result } => self.on_opened(now, relay, result),
            Input::Gone(tuple) => {
                if let Some(key) = self.by_tuple.get(&tuple).copied() {
                    self.free(key);
                }
            }
            Input::EndUser(name) => self.end_user(now, &name),
            Input::Timeout => {}
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.expiries.first().map(|(at, _)| *at)
    }
}
