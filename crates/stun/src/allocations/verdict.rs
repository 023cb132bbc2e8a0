//! Where a datagram comes from, where it goes, and what is counted.

use std::net::SocketAddr;

use super::{FiveTuple, ListenerId, RelayId};

/// Where a datagram came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// A client, by a listening socket.
    Client(FiveTuple),
    /// A peer, by the socket of a relayed address.
    Peer(RelayId, SocketAddr),
    /// A media endpoint of this server, by its advertised address, to a relayed address of this server.
    Endpoint {
        /// The media endpoint.
        from: SocketAddr,
        /// The relayed address.
        to: SocketAddr,
    },
    /// Another shard of ours handed it over: its [`Out::Shard`], or a datagram of a media endpoint that lives there.
    Shard {
        /// A relayed address, or a media endpoint, of that shard.
        from: SocketAddr,
        /// A relayed address of this one.
        to: SocketAddr,
    },
}

/// What to do with a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Drop(Dropped),
    /// Send what the slot now holds.
    Forward {
        /// From where.
        out: Out,
        /// To whom.
        to: SocketAddr,
        /// With DF set (RFC 8656 §14), if [`AllocationsConfig::dont_fragment`](super::AllocationsConfig::dont_fragment) says the shell can.
        dont_fragment: bool,
    },
    /// It is a STUN message for [`Input::Datagram`](super::Input::Datagram).
    Control,
}

/// The way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Out {
    /// A listening socket.
    Client(ListenerId),
    /// The socket of a relayed address.
    Relay(RelayId),
    /// No socket: hand it to the media endpoint at `to`.
    Endpoint {
        /// Whom it comes from: a relayed address of this server.
        source: SocketAddr,
    },
    /// No socket: another shard has the relayed address `to`, and serves this as [`Flow::Shard`].
    Shard {
        /// Which, by [`Shard::place`](super::Shard::place).
        place: usize,
        /// Whom it comes from: a relayed address of this shard.
        source: SocketAddr,
    },
}

/// Why a datagram went nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dropped {
    /// Neither STUN nor ChannelData, or badly made.
    Malformed,
    /// Nobody has such an allocation, or it has expired.
    NoAllocation,
    /// The channel is not bound, or no longer.
    NoChannel,
    /// The peer has no permission, or no longer.
    NoPermission,
    /// An address of this host behind which the relay serves nobody.
    OwnAddress,
    /// The address has had its answers for this second.
    TooManyAnswers,
}

impl Dropped {
    /// All reasons, in the order of [`Counters::dropped`].
    pub const ALL: [Self; 6] = [
        Self::Malformed,
        Self::NoAllocation,
        Self::NoChannel,
        Self::NoPermission,
        Self::OwnAddress,
        Self::TooManyAnswers,
    ];

    /// The reason as a label for figures.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::NoAllocation => "no_allocation",
            Self::NoChannel => "no_channel",
            Self::NoPermission => "no_permission",
            Self::OwnAddress => "own_address",
            Self::TooManyAnswers => "too_many_answers",
        }
    }
}

/// Plain figures of one machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams sent on.
    pub relayed_packets: u64,
    /// Their bytes as they came in.
    pub relayed_bytes: u64,
    /// How many of them stayed inside: from one of our relayed addresses to another, or to or from a media endpoint.
    pub inside_packets: u64,
    /// Datagrams dropped, by reason in the order of [`Dropped::ALL`].
    pub dropped: [u64; Dropped::ALL.len()],
}

impl Counters {
    pub(super) fn count(&mut self, why: Dropped) {
        let place = Dropped::ALL.iter().position(|reason| *reason == why);
        self.dropped[place.expect("ALL holds every reason")] += 1;
    }
}
