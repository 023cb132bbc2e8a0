//! Sockets: which addresses this host has, binding them, their options, and the table of those that are open.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use quinn_udp::{UdpSockRef, UdpSocketState};
use rustix::net::sockopt::{self, Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery};
use socket2::{Domain, Protocol, Socket, Type};
use stun::{ListenAddress, RelayAddress, RelayId};

use super::UdpConfig;
use crate::net::listen::is_missing_family;

/// Receive and send buffers of listening sockets: a burst of video from every client at once. The kernel's own
/// limits (`net.core.rmem_max`) may allow less.
const LISTEN_BUFFER: usize = 4 << 20;
/// How often port 0 is tried until one port is free on every address.
const PORT_TRIES: usize = 16;

/// The open listening sockets, and what relayed addresses are made of.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) addresses: Vec<ListenAddress>,
    /// For each thread one socket of each address, in the same order.
    pub(super) listeners: Vec<Vec<UdpSocket>>,
    pub(super) relays: Vec<RelayAddress>,
    /// Every address of this host: none of them is ever a peer.
    pub(super) own: Vec<IpAddr>,
}

/// Tokens of relay sockets begin here; below are the listening sockets by their index.
pub(super) const FIRST_RELAY: u64 = 1 << 32;

/// The socket of a relayed address.
#[derive(Debug)]
pub(super) struct RelaySocket {
    pub(super) id: RelayId,
    pub(super) socket: UdpSocket,
    pub(super) is_ipv4: bool,
    /// The round in which something waited last.
    pub(super) ready_in: u64,
}

/// All open sockets by their tokens, which are never used twice.
#[derive(Debug)]
pub(super) struct SocketTable {
    pub(super) listeners: Vec<(UdpSocket, ListenAddress)>,
    relays: HashMap<u64, RelaySocket>,
    tokens: HashMap<RelayId, u64>,
    next_token: u64,
}

impl SocketTable {
    pub(super) fn new(sockets: Vec<UdpSocket>, addresses: &[ListenAddress]) -> Self {
        Self {
            listeners: sockets.into_iter().zip(addresses.iter().copied()).collect(),
            relays: HashMap::new(),
            tokens: HashMap::new(),
            next_token: FIRST_RELAY,
        }
    }

    pub(super) fn get(&self, token: u64) -> Option<&UdpSocket> {
        if token < FIRST_RELAY {
            return self.listeners.get(token as usize).map(|(socket, _)| socket);
        }
        self.relays.get(&token).map(|relay| &relay.socket)
    }

    pub(super) fn relay_mut(&mut self, token: u64) -> Option<&mut RelaySocket> {
        self.relays.get_mut(&token)
    }

    pub(super) fn token_of(&self, relay: RelayId) -> Option<u64> {
        self.tokens.get(&relay).copied()
    }

    /// The token that the next relay socket will have.
    pub(super) fn next_token(&self) -> u64 {
        self.next_token
    }

    pub(super) fn insert(&mut self, id: RelayId, socket: UdpSocket, is_ipv4: bool) {
        self.relays.insert(
            self.next_token,
            RelaySocket {
                id,
                socket,
                is_ipv4,
                ready_in: 0,
            },
        );
        self.tokens.insert(id, self.next_token);
        self.next_token += 1;
    }

    /// Closes it, and with that takes it out of epoll, for no copy of its descriptor exists.
    pub(super) fn remove(&mut self, id: RelayId) {
        if let Some(token) = self.tokens.remove(&id) {
            self.relays.remove(&token);
        }
    }

    /// The listening socket that the world calls `advertised`.
    pub(super) fn advertised(&self, advertised: SocketAddr) -> Option<usize> {
        self.listeners
            .iter()
            .position(|(_, address)| address.advertised == advertised)
    }
}

pub(super) fn open(config: &UdpConfig) -> io::Result<Sockets> {
    let own = host_addresses();
    let mut bound = Vec::new();
    for listen in &config.listen {
        if listen.ip().is_unspecified() {
            let same_family = |ip: &&IpAddr| ip.is_ipv4() == listen.is_ipv4();
            let ips: Vec<_> = own.iter().filter(same_family).copied().collect();
            bound.extend(bind_all(&ips, listen.port(), preferred_port(&bound))?);
            continue;
        }
        match bind_listener(*listen) {
            Ok(socket) => bound.push(socket),
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                tracing::warn!(address = %listen, %error, "this machine does not have the address");
            }
            Err(error) => return Err(error),
        }
    }
    if bound.is_empty() {
        let none = "none of the UDP addresses exists on this host";
        return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, none));
    }
    let (mut first, mut addresses) = (Vec::new(), Vec::new());
    for socket in bound {
        let local = socket.local_addr()?;
        let advertised = SocketAddr::new(advertised(&config.public, local.ip()), local.port());
        addresses.push(ListenAddress {
            bound: local,
            advertised,
        });
        first.push(socket);
    }
    let mut listeners = vec![first];
    for _ in 1..config.thread_count() {
        listeners.push(join_group(&listeners[0], &addresses)?);
    }
    let relays = relay_addresses(&addresses);
    Ok(Sockets {
        addresses,
        listeners,
        relays,
        own,
    })
}

/// One more socket for each of `addresses`, among which the kernel shares out clients by their addresses.
///
/// The first socket of each was bound without the option, so that another program that has the port is an error and not
/// a partner; the kernel takes it into the group afterwards.
fn join_group(first: &[UdpSocket], addresses: &[ListenAddress]) -> io::Result<Vec<UdpSocket>> {
    let join = |(first, address): (&UdpSocket, &ListenAddress)| {
        socket2::SockRef::from(first).set_reuse_port(true)?;
        let socket = bind_with(address.bound, true)?;
        prepare_listener(&socket)?;
        Ok(socket)
    };
    first.iter().zip(addresses).map(join).collect()
}

/// A socket for a relayed address: unconnected, the kernel's default buffers, DF clear (RFC 8656 §14).
pub(super) fn bind_relay(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = bind(address)?;
    set_dont_fragment(&socket, address.is_ipv4(), false);
    Ok(socket)
}

/// Set or clear DF for what is sent next. Best effort: where the kernel does not know the option nothing is lost but
/// a hint.
pub(super) fn set_dont_fragment(socket: &UdpSocket, is_ipv4: bool, on: bool) {
    let done = if is_ipv4 {
        let mode = if on {
            Ipv4PathMtuDiscovery::PROBE
        } else {
            Ipv4PathMtuDiscovery::DONT
        };
        sockopt::set_ip_mtu_discover(socket, mode)
    } else {
        let mode = if on {
            Ipv6PathMtuDiscovery::PROBE
        } else {
            Ipv6PathMtuDiscovery::DONT
        };
        sockopt::set_ipv6_mtu_discover(socket, mode)
    };
    if let Err(error) = done {
        tracing::debug!(%error, "cannot set the fragmentation rule of a socket");
    }
}

/// Batched system calls for sockets of one family.
///
/// Made on a throw-away socket: making it switches on receive offload (which would glue several datagrams into one of
/// our buffers) and forbids fragmentation, and neither can be undone. Its calls work on any socket.
pub(super) fn batching(is_ipv4: bool) -> io::Result<UdpSocketState> {
    let any: SocketAddr = if is_ipv4 {
        ([127, 0, 0, 1], 0).into()
    } else {
        ([0, 0, 0, 0, 0, 0, 0, 1], 0).into()
    };
    let throw_away = UdpSocket::bind(any)?;
    UdpSocketState::new(UdpSockRef::from(&throw_away))
}

/// Addresses of all interfaces that are up, without link-local ones: those need a zone that no client can name.
fn host_addresses() -> Vec<IpAddr> {
    let interfaces = match if_addrs::get_if_addrs() {
        Ok(interfaces) => interfaces,
        Err(error) => {
            tracing::warn!(%error, "cannot list the addresses of this host");
            Vec::new()
        }
    };
    to_listen_on(interfaces.iter().map(if_addrs::Interface::ip))
}

/// Each once, though several interfaces may have one (unnumbered links, routed bridges), in their order; loopback last: it is nobody's
/// first choice.
fn to_listen_on(all: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut seen = HashSet::new();
    let mut addresses: Vec<_> = all
        .filter(|ip| match ip {
            IpAddr::V4(ip) => !ip.is_link_local(),
            IpAddr::V6(ip) => !ip.is_unicast_link_local(),
        })
        .filter(|ip| seen.insert(*ip))
        .collect();
    addresses.sort_by_key(IpAddr::is_loopback);
    addresses
}

/// The same port on every address of `ips`.
fn bind_all(ips: &[IpAddr], port: u16, preferred: Option<u16>) -> io::Result<Vec<UdpSocket>> {
    if port != 0 {
        return bind_each(ips, port);
    }
    let mut last = None;
    for attempt in 0..PORT_TRIES {
        let port = if attempt == 0 {
            preferred.unwrap_or(0)
        } else {
            0
        };
        match bind_each(ips, port) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
            other => return other,
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
}

/// All of `ips` at `port`, or at the port that the first one gets. An address that is not ready (an IPv6 address that
/// is still being checked for duplicates) is passed over.
fn bind_each(ips: &[IpAddr], mut port: u16) -> io::Result<Vec<UdpSocket>> {
    let mut sockets = Vec::new();
    for ip in ips {
        match bind_listener(SocketAddr::new(*ip, port)) {
            Ok(socket) => {
                port = socket.local_addr()?.port();
                sockets.push(socket);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                tracing::warn!(address = %ip, "address is not ready, not listening on it");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(sockets)
}

fn preferred_port(bound: &[UdpSocket]) -> Option<u16> {
    bound
        .first()
        .and_then(|socket| socket.local_addr().ok())
        .map(|address| address.port())
}

fn bind_listener(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = bind(address).map_err(|error| {
        let kind = match is_missing_family(&error) {
            true => io::ErrorKind::AddrNotAvailable,
            false => error.kind(),
        };
        io::Error::new(kind, format!("cannot listen on UDP {address}: {error}"))
    })?;
    prepare_listener(&socket)?;
    Ok(socket)
}

/// Large buffers, and DF clear as at relay sockets: what is relayed to a client leaves from here.
fn prepare_listener(socket: &UdpSocket) -> io::Result<()> {
    let options = socket2::SockRef::from(socket);
    options.set_recv_buffer_size(LISTEN_BUFFER)?;
    options.set_send_buffer_size(LISTEN_BUFFER)?;
    set_dont_fragment(socket, socket.local_addr()?.is_ipv4(), false);
    Ok(())
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    bind_with(address, false)
}

fn bind_with(address: SocketAddr, shared: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// What the world calls the address `ip` of ours.
fn advertised(public: &[IpAddr], ip: IpAddr) -> IpAddr {
    let same_family = |public: &&IpAddr| public.is_ipv4() == ip.is_ipv4();
    match public.iter().find(same_family) {
        Some(public) if !ip.is_loopback() => *public,
        _ => ip,
    }
}

/// One relay address per listening address, with two exceptions: loopback only if the family has nothing better, and
/// behind a 1:1 NAT only the first, because advertised addresses must tell sockets apart.
fn relay_addresses(listeners: &[ListenAddress]) -> Vec<RelayAddress> {
    let mut relays: Vec<RelayAddress> = Vec::new();
    for loopback in [false, true] {
        for listener in listeners {
            let (bound, advertised) = (listener.bound.ip(), listener.advertised.ip());
            let has_better = relays
                .iter()
                .any(|r| r.bound.is_ipv4() == bound.is_ipv4() && !r.bound.is_loopback());
            let is_taken = relays
                .iter()
                .any(|r| r.advertised == advertised || r.bound == bound);
            if bound.is_loopback() == loopback && !is_taken && !(loopback && has_better) {
                relays.push(RelayAddress { bound, advertised });
            }
        }
    }
    relays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("ip")
    }

    /// (bound, advertised) of the relay addresses of a host with these addresses.
    fn relays(public: &[&str], host: &[&str]) -> Vec<(String, String)> {
        let public: Vec<_> = public.iter().map(|text| ip(text)).collect();
        let listen = |text: &&str| ListenAddress {
            bound: SocketAddr::new(ip(text), 3478),
            advertised: SocketAddr::new(advertised(&public, ip(text)), 3478),
        };
        let listeners: Vec<_> = host.iter().map(listen).collect();
        let relays = relay_addresses(&listeners);
        relays
            .iter()
            .map(|r| (r.bound.to_string(), r.advertised.to_string()))
            .collect()
    }

    fn pair(bound: &str, advertised: &str) -> (String, String) {
        (bound.to_owned(), advertised.to_owned())
    }

    #[test]
    fn an_address_of_two_interfaces_is_one() {
        let all = [
            "127.0.0.1",
            "10.0.0.5",
            "192.168.1.5",
            "fe80::1",
            "10.0.0.5",
            "169.254.0.1",
            "::1",
        ];
        let found = to_listen_on(all.iter().map(|text| ip(text)));
        let wanted = ["10.0.0.5", "192.168.1.5", "127.0.0.1", "::1"];
        assert_eq!(found, wanted.map(ip));
    }

    #[test]
    fn every_address_relays_under_its_own_name_and_loopback_only_in_need() {
        let host = ["127.0.0.1", "192.168.1.5", "10.8.0.1", "::1"];
        let own = |text| pair(text, text);
        assert_eq!(
            relays(&[], &host),
            [own("192.168.1.5"), own("10.8.0.1"), own("::1")]
        );
        assert_eq!(relays(&[], &["127.0.0.1"]), [own("127.0.0.1")]);
    }

    #[test]
    fn behind_a_1_to_1_nat_one_address_of_each_family_has_the_outside_name() {
        let host = ["10.0.0.5", "172.17.0.1", "fd00::5", "127.0.0.1"];
        assert_eq!(
            relays(&["203.0.113.5", "2001:db8::5", "203.0.113.6"], &host),
            [
                pair("10.0.0.5", "203.0.113.5"),
                pair("fd00::5", "2001:db8::5")
            ]
        );
        assert_eq!(
            relays(&["203.0.113.5"], &host),
            [pair("10.0.0.5", "203.0.113.5"), pair("fd00::5", "fd00::5")]
        );
    }
}
