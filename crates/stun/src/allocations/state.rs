//! What the relay remembers of one client.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use super::peers::Reach;
use super::ports::PortWish;
use super::{FiveTuple, RelayId};
use crate::codec::{Family, Key, TransactionId};

/// One allocation.
#[derive(Debug)]
pub(super) struct Allocation {
    pub(super) tuple: FiveTuple,
    pub(super) username: Box<str>,
    pub(super) auth: Auth,
    /// The request that made it: its retransmissions get the same answer (RFC 8656 §7.2).
    pub(super) request: TransactionId,
    pub(super) stage: Stage,
    pub(super) expires: Instant,
    /// Its relayed addresses, IPv4 and IPv6.
    pub(super) relays: [Option<RelayId>; 2],
    pub(super) permissions: Vec<Permission>,
    pub(super) channels: Vec<Channel>,
}

/// The key of a client, and whether it uses the longer hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Auth {
    pub(super) key: Key,
    pub(super) sha256: bool,
}

/// How far an allocation has come.
#[derive(Debug)]
pub(super) enum Stage {
    /// Sockets are being opened.
    Opening(Opening),
    /// The client was told its addresses.
    Live(Granted),
}

/// What is still needed to answer an Allocate request.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) waiting: Vec<RelayId>,
    pub(super) wish: PortWish,
    /// Ports that turned out to be taken by somebody else on this host.
    pub(super) tried: Vec<u16>,
    pub(super) granted: Granted,
    pub(super) fingerprint: bool,
}

/// What the success answer says besides addresses and lifetime; repeated for a retransmission.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Granted {
    pub(super) token: Option<[u8; 8]>,
    /// The family that was asked for in addition and could not be had.
    pub(super) failed_family: Option<(Family, u16)>,
}

/// A peer IP address that may send to the client, and be sent to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Permission {
    pub(super) ip: IpAddr,
    pub(super) reach: Reach,
    pub(super) until: Instant,
}

/// A number that stands for a peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub(super) number: u16,
    pub(super) peer: SocketAddr,
    pub(super) reach: Reach,
    pub(super) until: Instant,
}

impl Allocation {
    pub(super) fn is_live(&self, now: Instant) -> bool {
        matches!(self.stage, Stage::Live(_)) && now < self.expires
    }

    pub(super) fn relay_for(&self, ip: IpAddr) -> Option<RelayId> {
        self.relays[family_index(Family::of(ip))]
    }

    pub(super) fn permission(&self, now: Instant, ip: IpAddr) -> Option<&Permission> {
        self.permissions
            .iter()
            .find(|p| p.ip == ip && now < p.until)
    }

    pub(super) fn channel(&self, now: Instant, number: u16) -> Option<&Channel> {
        self.channels
            .iter()
            .find(|c| c.number == number && now < c.until)
    }

    pub(super) fn channel_to(&self, now: Instant, peer: SocketAddr) -> Option<&Channel> {
        self.channels
            .iter()
            .find(|c| c.peer == peer && now < c.until)
    }

    /// Install or prolong a permission; `false` if there are `most` already.
    pub(super) fn permit(&mut self, now: Instant, permission: Permission, most: usize) -> bool {
        self.permissions
            .retain(|p| now < p.until && p.ip != permission.ip);
        if self.permissions.len() >= most {
            return false;
        }
        self.permissions.push(permission);
        true
    }
}

pub(super) fn family_index(family: Family) -> usize {
    match family {
        Family::Ipv4 => 0,
        Family::Ipv6 => 1,
    }
}

/// A relayed address and its socket.
#[derive(Debug)]
pub(super) struct Relay {
    pub(super) bound: SocketAddr,
    pub(super) advertised: SocketAddr,
    pub(super) owner: Owner,
}

/// Whose a relayed address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    Allocation(super::slab::Key),
    /// To be kept for the client that brings the token (EVEN-PORT with the R bit), once both are open.
    Reserved {
        token: [u8; 8],
    },
}
