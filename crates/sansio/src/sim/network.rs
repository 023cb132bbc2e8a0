//! Hosts, realms and the datagrams between them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::{Clock, LinkConfig, Nat, NatConfig, Path};
use crate::rng;

/// A host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(usize);

/// A network in which addresses are reached without translation: the Internet, or what lies behind one NAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Realm(usize);

impl Realm {
    /// The outermost.
    pub const INTERNET: Self = Self(0);
}

/// A datagram that arrives at a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where.
    pub host: HostId,
    /// From whom, as the host sees it.
    pub from: SocketAddr,
    /// To which of its addresses.
    pub to: SocketAddr,
    /// What.
    pub bytes: Vec<u8>,
}

#[derive(Debug)]
struct Host {
    realm: Realm,
    up: Path,
    down: Path,
}

/// A NAT between the realm `inner` and the one around it.
#[derive(Debug)]
struct Gateway {
    nat: Nat,
    outer: Realm,
    inner: Realm,
    up: Path,
    down: Path,
}

/// A network in virtual time. One thing happens after another; nothing happens unless [`step`](Self::step) is called.
///
/// ```
/// use std::time::Duration;
/// use sansio::sim::{LinkConfig, NatConfig, Network, Realm};
///
/// let mut net = Network::new(1);
/// let dsl = LinkConfig::delayed(Duration::from_millis(10));
/// let server = net.add_host(Realm::INTERNET, "192.0.2.1".parse().unwrap(), dsl);
/// let home = net.add_nat(Realm::INTERNET, "203.0.113.9".parse().unwrap(), NatConfig::HOME, dsl);
/// let laptop = net.add_host(home, "10.0.0.2".parse().unwrap(), dsl);
///
/// net.send(laptop, "10.0.0.2:5000".parse().unwrap(), "192.0.2.1:3478".parse().unwrap(), b"hello".to_vec());
/// let delivery = net.step(net.now() + Duration::from_secs(1)).expect("it arrives");
/// assert_eq!(delivery.host, server);
/// assert_eq!(delivery.from.ip(), "203.0.113.9".parse::<std::net::IpAddr>().unwrap());
/// assert_eq!(net.elapsed(), Duration::from_millis(30));
/// ```
#[derive(Debug)]
pub struct Network {
    clock: Clock,
    seed: u64,
    hosts: Vec<Host>,
    addresses: BTreeMap<(Realm, IpAddr), HostId>,
    gateways: Vec<Gateway>,
    realms: usize,
    events: BinaryHeap<Reverse<(Instant, u64)>>,
    datagrams: BTreeMap<u64, Hop>,
    counter: u64,
}

#[derive(Debug, Clone)]
struct Hop {
    place: Place,
    from: SocketAddr,
    to: SocketAddr,
    bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// Somewhere in a realm, to be sent on.
    Realm(Realm),
    /// At its destination.
    Host(HostId),
}

impl Network {
    /// The Internet without anybody in it; all chances are drawn from `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            clock: Clock::new(),
            seed,
            hosts: Vec::new(),
            addresses: BTreeMap::new(),
            gateways: Vec::new(),
            realms: 1,
            events: BinaryHeap::new(),
            datagrams: BTreeMap::new(),
            counter: 0,
        }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// How long the network has run.
    #[must_use]
    pub fn elapsed(&self) -> std::time::Duration {
        self.clock.elapsed()
    }

    /// Put a host at `ip` in `realm`; `link` is its access line, each way.
    pub fn add_host(&mut self, realm: Realm, ip: IpAddr, link: LinkConfig) -> HostId {
        let (up, down) = (self.path(link), self.path(link));
        let host = HostId(self.hosts.len());
        self.hosts.push(Host { realm, up, down });
        self.addresses.insert((realm, ip), host);
        host
    }

    /// Give a host one more address.
    pub fn add_address(&mut self, host: HostId, ip: IpAddr) {
        self.addresses.insert((self.hosts[host.0].realm, ip), host);
    }

    /// Put a NAT into `outer` at `ip`; the realm behind it.
    pub fn add_nat(&mut self, outer: Realm, ip: IpAddr, nat: NatConfig, link: LinkConfig) -> Realm {
        let (up, down) = (self.path(link), self.path(link));
        let inner = Realm(self.realms);
        self.realms += 1;
        let nat = Nat::new(nat, ip, rng::seeded(self.next_seed()));
        self.gateways.push(Gateway {
            nat,
            outer,
            inner,
            up,
            down,
        });
        inner
    }

    /// The NAT that `realm` lies behind.
    pub fn nat_of(&mut self, realm: Realm) -> Option<&mut Nat> {
        self.gateways
            .iter_mut()
            .find(|g| g.inner == realm)
            .map(|gateway| &mut gateway.nat)
    }

    /// Change a host's access line, both ways.
    pub fn set_link(&mut self, host: HostId, link: LinkConfig) {
        let host = &mut self.hosts[host.0];
        host.up.set_config(link);
        host.down.set_config(link);
    }

    /// `host` sends a datagram now.
    pub fn send(&mut self, host: HostId, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        let now = self.now();
        let Host { realm, up, .. } = &mut self.hosts[host.0];
        let (place, times) = (Place::Realm(*realm), up.carry(now));
        self.schedule(
            times,
            Hop {
                place,
                from,
                to,
                bytes,
            },
        );
    }

    /// When something happens next, if only on the way.
    #[must_use]
    pub fn next_event(&self) -> Option<Instant> {
        self.events.peek().map(|Reverse((at, _))| *at)
    }

    /// Let time run to the next arrival at a host, or to `until` if nothing arrives before (then `None`).
    pub fn step(&mut self, until: Instant) -> Option<Delivery> {
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            let Reverse((_, number)) = self.events.pop()?;
            self.clock.advance_to(at);
            let Some(hop) = self.datagrams.remove(&number) else {
                continue;
            };
            match hop.place {
                Place::Host(host) => {
                    let Hop {
                        from, to, bytes, ..
                    } = hop;
                    return Some(Delivery {
                        host,
                        from,
                        to,
                        bytes,
                    });
                }
                Place::Realm(realm) => self.route(realm, hop),
            }
        }
        self.clock.advance_to(until);
        None
    }

    /// A datagram is in `realm`: down to a host or a NAT in it, or up through the NAT around it.
    fn route(&mut self, realm: Realm, mut hop: Hop) {
        let now = self.now();
        if let Some(host) = self.addresses.get(&(realm, hop.to.ip())).copied() {
            hop.place = Place::Host(host);
            let times = self.hosts[host.0].down.carry(now);
            return self.schedule(times, hop);
        }
        let is_below = |g: &Gateway| g.outer == realm && g.nat.outside() == hop.to.ip();
        if let Some(gateway) = self.gateways.iter_mut().find(|gateway| is_below(gateway)) {
            let Some(inside) = gateway.nat.inbound(now, hop.from, hop.to.port()) else {
                return;
            };
            hop.to = inside;
            hop.place = Place::Realm(gateway.inner);
            let times = gateway.down.carry(now);
            return self.schedule(times, hop);
        }
        let Some(gateway) = self.gateways.iter_mut().find(|g| g.inner == realm) else {
            return;
        };
        let Some(mapped) = gateway.nat.outbound(now, hop.from, hop.to) else {
            return;
        };
        hop.from = mapped;
        if hop.to.ip() == gateway.nat.outside() {
            // Hairpinning (RFC 4787 §6): seen with its outside address by its neighbour.
            let inside = gateway.nat.inbound(now, mapped, hop.to.port());
            let Some(inside) = inside.filter(|_| gateway.nat.config().hairpinning) else {
                return;
            };
            hop.to = inside;
            hop.place = Place::Realm(realm);
            return self.schedule((Some(now), None), hop);
        }
        hop.place = Place::Realm(gateway.outer);
        let times = gateway.up.carry(now);
        self.schedule(times, hop);
    }

    fn schedule(&mut self, (first, twin): (Option<Instant>, Option<Instant>), hop: Hop) {
        for at in twin.into_iter().chain(first) {
            self.events.push(Reverse((at, self.counter)));
            self.datagrams.insert(self.counter, hop.clone());
            self.counter += 1;
        }
    }

    fn path(&mut self, link: LinkConfig) -> Path {
        Path::new(link, self.next_seed())
    }

    fn next_seed(&mut self) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.seed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn line(millis: u64) -> LinkConfig {
        LinkConfig::delayed(Duration::from_millis(millis))
    }
    /// Two laptops, each behind a NAT, and a server that tells them their outside addresses: can they meet directly?
    fn can_punch(a: NatConfig, b: NatConfig) -> bool {
        let mut net = Network::new(5);
        let server = at("192.0.2.1:3478");
        net.add_host(Realm::INTERNET, server.ip(), line(10));
        let mut ends = Vec::new();
        for (nat, outside) in [(a, "203.0.113.1"), (b, "203.0.113.2")] {
            let realm = net.add_nat(
                Realm::INTERNET,
                at(&format!("{outside}:0")).ip(),
                nat,
                line(5),
            );
            let inside = at("10.0.0.2:5000");
            let host = net.add_host(realm, inside.ip(), line(1));
            net.send(host, inside, server, vec![]);
            let seen = net
                .step(net.now() + Duration::from_secs(1))
                .expect("at the server")
                .from;
            ends.push((host, inside, seen));
        }
        // Three rounds of checks to each other's outside address, as ICE would do, following what comes in.
        let mut aims = [ends[1].2, ends[0].2];
        for _ in 0..3 {
            for (end, aim) in ends.iter().zip(aims) {
                net.send(end.0, end.1, aim, vec![1]);
            }
            let until = net.now() + Duration::from_millis(500);
            let mut met = [false; 2];
            while let Some(delivery) = net.step(until) {
                let index = ends
                    .iter()
                    .position(|end| end.0 == delivery.host)
                    .expect("a laptop");
                aims[index] = delivery.from;
                met[index] = true;
            }
            if met == [true; 2] {
                return true;
            }
        }
        false
    }

    #[test]
    fn hole_punching_works_where_it_should_and_not_between_symmetric_nats() {
        assert!(can_punch(NatConfig::HOME, NatConfig::HOME));
        assert!(can_punch(NatConfig::OPEN, NatConfig::SYMMETRIC));
        assert!(can_punch(NatConfig::OPEN, NatConfig::OPEN));
        assert!(!can_punch(NatConfig::SYMMETRIC, NatConfig::SYMMETRIC));
        assert!(!can_punch(NatConfig::HOME, NatConfig::SYMMETRIC));
    }

    #[test]
    fn a_nat_behind_a_nat_translates_twice_and_hairpins_when_told() {
        let mut net = Network::new(5);
        let server = at("192.0.2.1:3478");
        net.add_host(Realm::INTERNET, server.ip(), line(1));
        let carrier = at("203.0.113.1:0").ip();
        let outer = net.add_nat(Realm::INTERNET, carrier, NatConfig::OPEN, line(1));
        let inner = net.add_nat(outer, at("100.64.0.7:0").ip(), NatConfig::OPEN, line(1));
        let (deep, neighbour) = (at("10.0.0.2:5000"), at("100.64.0.8:5000"));
        let deep_host = net.add_host(inner, deep.ip(), line(1));
        let neighbour_host = net.add_host(outer, neighbour.ip(), line(1));
        net.send(deep_host, deep, server, vec![]);
        let second = Duration::from_secs(1);
        let seen = net.step(net.now() + second).expect("at the server").from;
        assert_eq!(seen.ip(), carrier);
        // The neighbour calls the outside address: round the corner in the carrier's NAT, down to the deep one.
        net.send(neighbour_host, neighbour, seen, vec![7]);
        let delivery = net.step(net.now() + second).expect("by hairpin");
        assert_eq!(
            (delivery.host, delivery.to, delivery.from.ip()),
            (deep_host, deep, carrier)
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_network() {
        let run = |seed| {
            let mut net = Network::new(seed);
            let lossy = LinkConfig {
                loss: 0.3,
                jitter: Duration::from_millis(9),
                ..line(5)
            };
            let a = net.add_host(Realm::INTERNET, at("192.0.2.1:0").ip(), lossy);
            net.add_host(Realm::INTERNET, at("192.0.2.2:0").ip(), lossy);
            for number in 0..100 {
                net.send(a, at("192.0.2.1:1"), at("192.0.2.2:2"), vec![number]);
            }
            let until = net.now() + Duration::from_secs(1);
            let mut seen = Vec::new();
            while let Some(delivery) = net.step(until) {
                seen.push((net.elapsed(), delivery.bytes));
            }
            seen
        };
        assert_eq!(run(8), run(8));
        assert_ne!(run(8), run(9));
    }
}
