//! Our sockets: one for each address of this machine that a call may use.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket as StdSocket};
use std::sync::Arc;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A burst of video, and more than the kernel gives by itself.
const BUFFER: usize = 1 << 20;
/// The longest datagram there is.
const MAX_DATAGRAM: usize = 65_536;
/// Datagrams that may wait to be looked at.
const MAX_WAITING: usize = 512;
/// Addresses used of a machine with very many.
const MAX_SOCKETS: usize = 16;

/// A datagram as it came.
#[derive(Debug)]
pub(super) struct Datagram {
    pub(super) local: SocketAddr,
    pub(super) source: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

/// All sockets of a call. Dropping them closes them.
#[derive(Debug)]
pub(super) struct Sockets {
    by_address: HashMap<SocketAddr, Arc<UdpSocket>>,
    /// In the order of preference.
    addresses: Vec<SocketAddr>,
    /// The addresses of this machine when they were opened, also those that gave no socket.
    own: Vec<IpAddr>,
    inbox: mpsc::Receiver<Datagram>,
    tasks: JoinSet<()>,
}

impl Sockets {
    /// Open one for each address of this machine; loopback when the server is on this very machine, or there is
    /// nothing else.
    pub(super) fn open(with_loopback: bool) -> io::Result<Self> {
        let own = own_addresses(with_loopback);
        let (sender, inbox) = mpsc::channel(MAX_WAITING);
        let mut sockets = Self {
            by_address: HashMap::new(),
            addresses: Vec::new(),
            own: own.clone(),
            inbox,
            tasks: JoinSet::new(),
        };
        let mut last = None;
        for ip in own {
            match bind(ip) {
                Ok(socket) => {
                    let address = socket.local_addr()?;
                    let socket = Arc::new(socket);
                    sockets.by_address.insert(address, Arc::clone(&socket));
                    sockets.addresses.push(address);
                    sockets
                        .tasks
                        .spawn(receive(address, socket, sender.clone()));
                }
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) if sockets.addresses.is_empty() => Err(error),
            _ if sockets.addresses.is_empty() => Err(io::ErrorKind::AddrNotAvailable.into()),
            _ => Ok(sockets),
        }
    }

    /// Our addresses, the best first.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The addresses of this machine, if it has a network, and others than when these were opened.
    pub(super) fn another_network(&self, with_loopback: bool) -> Option<Vec<IpAddr>> {
        let now = own_addresses(with_loopback);
        let leads_somewhere = with_loopback || now.iter().any(|ip| !ip.is_loopback());
        (leads_somewhere && now != self.own).then_some(now)
    }

    /// Which of our sockets leads to `server`.
    pub(super) fn leading_to(&self, server: SocketAddr) -> Option<SocketAddr> {
        let same_family = |local: &&SocketAddr| local.is_ipv4() == server.is_ipv4();
        let routed = route(server).ok();
        let by_route = self
            .addresses
            .iter()
            .find(|local| routed == Some(local.ip()));
        by_route
            .or_else(|| self.addresses.iter().find(same_family))
            .copied()
    }

    /// The next datagram.
    pub(super) async fn receive(&mut self) -> Option<Datagram> {
        self.inbox.recv().await
    }

    /// A datagram that is there already.
    pub(super) fn try_receive(&mut self) -> Option<Datagram> {
        self.inbox.try_recv().ok()
    }

    /// Send; what cannot be sent at once is lost, as datagrams may be.
    pub(super) fn send(&self, local: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let Some(socket) = self.by_address.get(&local) else {
            return;
        };
        // Not through the runtime: it would refuse until it has heard from the kernel that a new socket is writable.
        let socket = SockRef::from(&**socket);
        let sent = match socket.send_to(bytes, &to.into()) {
            // An earlier datagram's ICMP error is reported by the next call: once more.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                socket.send_to(bytes, &to.into())
            }
            other => other,
        };
        if let Err(error) = sent {
            tracing::trace!(%error, "a datagram was not sent");
        }
    }
}

async fn receive(local: SocketAddr, socket: Arc<UdpSocket>, sender: mpsc::Sender<Datagram>) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, source)) => {
                let bytes = buffer[..length].to_vec();
                // When nobody looks, the newest is lost.
                if let Err(mpsc::error::TrySendError::Closed(_)) = sender.try_send(Datagram {
                    local,
                    source,
                    bytes,
                }) {
                    return;
                }
            }
            // A closed port somewhere: no reason to stop listening. Yield, so that an error that stays does not spin.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

fn bind(ip: IpAddr) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(ip, 0);
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

/// Addresses of interfaces that are up, without link-local ones; loopback last, and only if asked for or alone.
fn own_addresses(with_loopback: bool) -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut own: Vec<IpAddr> = interfaces.iter().map(if_addrs::Interface::ip).collect();
    own.retain(|ip| match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    });
    own.sort_by_key(|ip| (ip.is_loopback(), ip.is_ipv6()));
    own.dedup();
    if !with_loopback && own.iter().any(|ip| !ip.is_loopback()) {
        own.retain(|ip| !ip.is_loopback());
    }
    own.truncate(MAX_SOCKETS);
    own
}

/// From which address of ours the system would send there; nothing is sent.
fn route(server: SocketAddr) -> io::Result<IpAddr> {
    let any: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let socket = StdSocket::bind(any)?;
    socket.connect(server)?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_one_socket_sends_another_receives() {
        let mut sockets = Sockets::open(true).expect("sockets");
        let loopback = *sockets
            .addresses()
            .iter()
            .find(|a| a.ip().is_loopback())
            .expect("loopback");
        assert_eq!(sockets.leading_to(loopback), Some(loopback));
        sockets.send(loopback, loopback, b"hello");
        let datagram = sockets.receive().await.expect("it came");
        assert_eq!((datagram.local, datagram.source), (loopback, loopback));
        assert_eq!(datagram.bytes, b"hello");
        // From an address that is not ours nothing is sent.
        sockets.send("192.0.2.1:9".parse().expect("an address"), loopback, b"no");
        assert!(sockets.try_receive().is_none());
    }
}
