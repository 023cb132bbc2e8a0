//! What an operator, and the shell, decide about the relay.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::group::Shard;
use super::peers::Prefix;
use crate::credentials::Credentials;

/// A listening socket of the shell: where it is bound, and what the world calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress {
    /// The address of the socket.
    pub bound: SocketAddr,
    /// The address that clients use; another one behind a 1:1 NAT.
    pub advertised: SocketAddr,
}

/// An address that relayed addresses are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayAddress {
    /// What relay sockets are bound to.
    pub bound: IpAddr,
    /// What XOR-RELAYED-ADDRESS says; another one behind a 1:1 NAT.
    pub advertised: IpAddr,
}

/// How long things live. Data never prolongs any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// An allocation whose client asks for nothing particular (RFC 8656 §3.2: 10 minutes).
    pub allocation: Duration,
    /// The longest a client can ask for (RFC 8656 §7.2 recommends an hour).
    pub longest_allocation: Duration,
    /// A permission (RFC 8656 §9: 5 minutes).
    pub permission: Duration,
    /// A channel binding (RFC 8656 §12: 10 minutes).
    pub channel: Duration,
    /// A nonce.
    pub nonce: Duration,
    /// A reserved port (RFC 8656 §7.2: at least 30 seconds).
    pub reservation: Duration,
    /// Time-limited credentials as this program issues them: tells which of a user's names were made before
    /// [`end_user`](crate::Allocations::end_user).
    pub credential: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            allocation: Duration::from_secs(600),
            longest_allocation: Duration::from_secs(3600),
            permission: Duration::from_secs(300),
            channel: Duration::from_secs(600),
            nonce: Duration::from_secs(3600),
            reservation: Duration::from_secs(30),
            credential: Duration::from_secs(24 * 3600),
        }
    }
}

/// How much there may be of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Allocations in all; beyond that 508.
    pub allocations: usize,
    /// Allocations of one owner (see [`Credentials`]); beyond that 486.
    pub allocations_per_owner: usize,
    /// Permissions of one allocation; beyond that 508.
    pub permissions: usize,
    /// Channels of one allocation; beyond that 508.
    pub channels: usize,
    /// Answers per second to one address that has not authenticated, the port ignored.
    pub answers_per_second: u32,
    /// How many of those may come at once.
    pub answer_burst: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allocations: 4096,
            allocations_per_owner: 32,
            permissions: 64,
            channels: 64,
            answers_per_second: 50,
            answer_burst: 100,
        }
    }
}

/// Everything [`Allocations`](crate::Allocations) has to be told.
#[derive(Debug, Clone)]
pub struct AllocationsConfig {
    /// REALM; short, because it is in every 401.
    pub realm: String,
    /// SOFTWARE of authenticated answers; the others carry none.
    pub software: Option<String>,
    /// The listening sockets; [`ListenerId`](crate::ListenerId) counts them.
    pub listeners: Vec<ListenAddress>,
    /// The addresses to relay from. A client gets the one it came in by, else the first of the family.
    pub relays: Vec<RelayAddress>,
    /// The ports of relayed addresses.
    pub ports: RangeInclusive<u16>,
    /// Further addresses of this host, which are never peers.
    pub own: Vec<IpAddr>,
    /// Prefixes that the operator lets clients reach although they are internal.
    pub allow_peers: Vec<Prefix>,
    /// Who may use the relay.
    pub credentials: Credentials,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How many there may be.
    pub limits: Limits,
    /// Whether fixed users may bind the channel numbers of RFC 5766, 0x4000 to 0x7FFF. They are programs of other
    /// makers, and coturn's own client, for one, picks any of those. Everybody else gets 400 above 0x4FFF (RFC 8656
    /// §12.2). First bytes 80 to 127 mean nothing else on a shared port (RFC 7983 §7), so no datagram is mistaken.
    pub old_channels: bool,
    /// Whether the shell can send single datagrams with DF set; if not, DONT-FRAGMENT is an attribute we do not know
    /// (RFC 8656 §7.2).
    pub dont_fragment: bool,
    /// Which of several machines this one is, if it is not alone. They have the same relay addresses, and share ports
    /// and the limits of allocations.
    pub shard: Shard,
}

impl Default for AllocationsConfig {
    /// Without listeners, relays and users; the ports are those of RFC 8656 §7.2.
    fn default() -> Self {
        Self {
            realm: "skein".to_owned(),
            software: None,
            listeners: Vec::new(),
            relays: Vec::new(),
            ports: 49_152..=65_535,
            own: Vec::new(),
            allow_peers: Vec::new(),
            credentials: Credentials::new(),
            lifetimes: Lifetimes::default(),
            limits: Limits::default(),
            old_channels: false,
            dont_fragment: false,
            shard: Shard::default(),
        }
    }
}
