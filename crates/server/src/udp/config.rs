//! What the UDP shell has to be told.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use stun::{AllocationsConfig, Credentials, Lifetimes, Limits, Prefix};

/// Addresses, rules and bounds of the UDP side.
#[derive(Debug, Clone)]
pub struct UdpConfig {
    /// Where to listen. An unspecified address stands for every address of its family that this host has; port 0
    /// picks a free one, the same for all addresses if it can be.
    pub listen: Vec<SocketAddr>,
    /// What the world calls this host, if not by its own addresses (1:1 NAT, clouds): at most one of each family
    /// counts, and loopback keeps its own name.
    pub public: Vec<IpAddr>,
    /// The ports of relayed addresses.
    pub relay_ports: RangeInclusive<u16>,
    /// REALM of the relay.
    pub realm: String,
    /// SOFTWARE in authenticated answers.
    pub software: Option<String>,
    /// Prefixes that clients may reach although they are internal.
    pub allow_peers: Vec<Prefix>,
    /// Who may use the relay.
    pub credentials: Credentials,
    /// Whether fixed users may bind the channel numbers of RFC 5766 (see [`AllocationsConfig::old_channels`]).
    pub old_channels: bool,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How many there may be. Allocations are held below half of the process's file limit, so that the store and the
    /// log never run out of descriptors because of them.
    pub limits: Limits,
    /// Threads that relay, each with sockets of its own; 0 chooses by the number of cores. At most [`MAX_THREADS`].
    pub threads: usize,
    /// How long a thread waits after a round of a few datagrams, so that the next round has more of them; zero for not
    /// at all. After a lone datagram, or a full round, it never waits.
    pub coalesce: Duration,
}

/// The most threads that one server relays with.
pub const MAX_THREADS: usize = 64;

impl UdpConfig {
    /// How many threads `threads` means here. Below four cores a second thread costs more than it brings: the senders
    /// and everything else need the other cores.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        match self.threads {
            0 => by_cores(cores()),
            some => some.min(MAX_THREADS),
        }
    }
}

fn by_cores(cores: usize) -> usize {
    if cores < 4 { 1 } else { (cores / 2).min(16) }
}

impl Default for UdpConfig {
    /// Listens on port 3478 of all addresses; nobody may relay. Fixed users may have channels of RFC 5766, for they
    /// are programs of other makers.
    fn default() -> Self {
        let relay = AllocationsConfig::default();
        Self {
            listen: vec![([0, 0, 0, 0], 3478).into(), ([0_u16; 8], 3478).into()],
            public: Vec::new(),
            relay_ports: relay.ports,
            realm: relay.realm,
            software: relay.software,
            allow_peers: relay.allow_peers,
            credentials: relay.credentials,
            old_channels: true,
            lifetimes: relay.lifetimes,
            limits: relay.limits,
            threads: 0,
            coalesce: Duration::from_micros(500),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_chosen_by_cores_unless_somebody_says() {
        let table = [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (128, 16)];
        for (cores, threads) in table {
            assert_eq!(by_cores(cores), threads, "{cores} cores");
        }
        let said = |threads| UdpConfig {
            threads,
            ..UdpConfig::default()
        };
        assert_eq!(said(3).thread_count(), 3);
        assert_eq!(said(1000).thread_count(), MAX_THREADS);
    }
}
