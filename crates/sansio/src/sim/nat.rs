//! Network address translators for UDP, by the two behaviours of RFC 4787.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::rng::Rng;

/// What two flows must have in common for the NAT to treat them alike (RFC 4787 §4.1, §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dependence {
    /// Nothing but the inside address and port.
    Endpoint,
    /// The outside address too.
    Address,
    /// The outside address and port too.
    AddressAndPort,
}

/// How a NAT behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NatConfig {
    /// Which flows share an outside port.
    pub mapping: Dependence,
    /// Who may send to a mapped port.
    pub filtering: Dependence,
    /// Whether hosts behind it reach each other by their outside addresses.
    pub hairpinning: bool,
    /// How long a mapping lasts after the last datagram from inside (RFC 4787 §4.3: not below 2 minutes).
    pub timeout: Duration,
}

impl NatConfig {
    /// A NAT of this mapping and filtering, with hairpinning and two minutes.
    #[must_use]
    pub const fn new(mapping: Dependence, filtering: Dependence) -> Self {
        Self {
            mapping,
            filtering,
            hairpinning: true,
            timeout: Duration::from_secs(120),
        }
    }

    /// What old books call a full cone.
    pub const OPEN: Self = Self::new(Dependence::Endpoint, Dependence::Endpoint);
    /// The usual home router.
    pub const HOME: Self = Self::new(Dependence::Endpoint, Dependence::AddressAndPort);
    /// What old books call symmetric: without a relay two of these never meet.
    pub const SYMMETRIC: Self = Self::new(Dependence::AddressAndPort, Dependence::AddressAndPort);

    /// All nine.
    pub fn all() -> impl Iterator<Item = Self> {
        const ALL: [Dependence; 3] = [
            Dependence::Endpoint,
            Dependence::Address,
            Dependence::AddressAndPort,
        ];
        ALL.into_iter()
            .flat_map(|mapping| ALL.map(|filtering| Self::new(mapping, filtering)))
    }
}

/// Inside address, and as much of the outside one as the mapping depends on.
type MappingKey = (SocketAddr, Option<IpAddr>, Option<u16>);

#[derive(Debug)]
struct Mapping {
    key: MappingKey,
    expires: Instant,
    /// Whom the inside has sent to through it, and until when that opens the filter.
    contacted: BTreeMap<SocketAddr, Instant>,
}

/// One NAT with one outside address.
#[derive(Debug)]
pub struct Nat {
    config: NatConfig,
    outside: IpAddr,
    rng: Rng,
    by_port: BTreeMap<u16, Mapping>,
}

impl Nat {
    /// A NAT without mappings; its ports are drawn from `rng`.
    #[must_use]
    pub fn new(config: NatConfig, outside: IpAddr, rng: Rng) -> Self {
        Self {
            config,
            outside,
            rng,
            by_port: BTreeMap::new(),
        }
    }

    /// Its outside address.
    #[must_use]
    pub fn outside(&self) -> IpAddr {
        self.outside
    }

    /// How it behaves.
    #[must_use]
    pub fn config(&self) -> NatConfig {
        self.config
    }

    /// Forget everything, as a router does that is switched off and on.
    pub fn reboot(&mut self) {
        self.by_port.clear();
    }

    /// A datagram goes out: the source that the outside sees. `None` when all ports are in use.
    pub fn outbound(
        &mut self,
        now: Instant,
        from: SocketAddr,
        to: SocketAddr,
    ) -> Option<SocketAddr> {
        self.by_port.retain(|_, mapping| now < mapping.expires);
        let key = match self.config.mapping {
            Dependence::Endpoint => (from, None, None),
            Dependence::Address => (from, Some(to.ip()), None),
            Dependence::AddressAndPort => (from, Some(to.ip()), Some(to.port())),
        };
        let known = self.by_port.iter().find(|(_, mapping)| mapping.key == key);
        let port = match known.map(|(port, _)| *port) {
            Some(port) => port,
            None => self.free_port()?,
        };
        let expires = now + self.config.timeout;
        let mapping = self.by_port.entry(port).or_insert_with(|| Mapping {
            key,
            expires,
            contacted: BTreeMap::new(),
        });
        mapping.expires = expires;
        mapping.contacted.insert(to, expires);
        Some(SocketAddr::new(self.outside, port))
    }

    /// A datagram comes in for `port`: the inside address it is for, if the filter lets it through.
    #[must_use]
    pub fn inbound(&self, now: Instant, from: SocketAddr, port: u16) -> Option<SocketAddr> {
        let mapping = self
            .by_port
            .get(&port)
            .filter(|mapping| now < mapping.expires)?;
        let mut live = mapping.contacted.iter().filter(|(_, until)| now < **until);
        let passes = match self.config.filtering {
            Dependence::Endpoint => true,
            Dependence::Address => live.any(|(peer, _)| peer.ip() == from.ip()),
            Dependence::AddressAndPort => live.any(|(peer, _)| *peer == from),
        };
        passes.then_some(mapping.key.0)
    }

    fn free_port(&mut self) -> Option<u16> {
        let begin = self.rng.random_range(1024..=u16::MAX);
        (begin..=u16::MAX)
            .chain(1024..begin)
            .find(|port| !self.by_port.contains_key(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng;
    use crate::sim::Clock;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn mapping_and_filtering_follow_the_table() {
        let clock = Clock::new();
        let inside = at("10.0.0.2:5000");
        let (a, a2, b) = (at("192.0.2.1:1"), at("192.0.2.1:2"), at("192.0.2.2:1"));
        for config in NatConfig::all() {
            let mut nat = Nat::new(config, a.ip(), rng::seeded(3));
            let to_a = nat.outbound(clock.now(), inside, a).expect("a port");
            let same_port = nat.inbound(clock.now(), a, to_a.port());
            assert_eq!(same_port, Some(inside), "{config:?}");
            let from_a2 = nat.inbound(clock.now(), a2, to_a.port()).is_some();
            let from_b = nat.inbound(clock.now(), b, to_a.port()).is_some();
            assert_eq!(
                from_a2,
                config.filtering != Dependence::AddressAndPort,
                "{config:?}"
            );
            assert_eq!(
                from_b,
                config.filtering == Dependence::Endpoint,
                "{config:?}"
            );
            let to_a2 = nat.outbound(clock.now(), inside, a2).expect("a port");
            let to_b = nat.outbound(clock.now(), inside, b).expect("a port");
            assert_eq!(
                to_a2 == to_a,
                config.mapping != Dependence::AddressAndPort,
                "{config:?}"
            );
            assert_eq!(
                to_b == to_a,
                config.mapping == Dependence::Endpoint,
                "{config:?}"
            );
        }
    }

    #[test]
    fn only_traffic_from_inside_keeps_a_mapping() {
        let mut clock = Clock::new();
        let (inside, peer) = (at("10.0.0.2:5000"), at("192.0.2.1:1"));
        let mut nat = Nat::new(NatConfig::HOME, at("203.0.113.1:0").ip(), rng::seeded(3));
        let port = nat
            .outbound(clock.now(), inside, peer)
            .expect("a port")
            .port();
        clock.advance(Duration::from_secs(100));
        assert!(nat.inbound(clock.now(), peer, port).is_some());
        assert_eq!(
            nat.outbound(clock.now(), inside, peer).map(|a| a.port()),
            Some(port)
        );
        clock.advance(Duration::from_secs(119));
        assert!(nat.inbound(clock.now(), peer, port).is_some());
        clock.advance(Duration::from_secs(1));
        assert!(nat.inbound(clock.now(), peer, port).is_none());
    }
}
