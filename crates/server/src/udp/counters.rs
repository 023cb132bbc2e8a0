//! Figures of the UDP side.

use std::ops::AddAssign;

/// Figures of the UDP side since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UdpCounters {
    /// Allocations there are now.
    pub allocations: usize,
    /// Media endpoints there are now.
    pub endpoints: usize,
    /// Datagrams that the relay sent on.
    pub relayed_packets: u64,
    /// Their bytes.
    pub relayed_bytes: u64,
    /// Those of them that went from one of our relayed addresses to another, or to or from a media endpoint, without
    /// the network.
    pub inside_packets: u64,
    /// Runs of datagrams that went to the kernel as one.
    pub joined_runs: u64,
    /// The datagrams of those.
    pub joined_packets: u64,
    /// Runs that a route did not take as one, so that they went out one by one.
    pub refused_runs: u64,
    /// Datagrams given to media endpoints.
    pub media_in: u64,
    /// Datagrams sent for media endpoints.
    pub media_out: u64,
    /// Datagrams that came to nothing.
    pub dropped: UdpDrops,
}

/// Datagrams that came to nothing, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UdpDrops {
    /// By the relay, in the order of [`stun::Dropped::ALL`].
    pub relay: [u64; stun::Dropped::ALL.len()],
    /// Longer than any datagram of a call.
    pub oversized: u64,
    /// DTLS or RTP from an address that no media endpoint knows.
    pub unknown_media: u64,
    /// A media endpoint did not read fast enough.
    pub inbox_full: u64,
    /// Media endpoints sent faster than the thread.
    pub outgoing_full: u64,
    /// The kernel did not take them.
    pub not_sent: u64,
    /// One thread had too much of another's to do.
    pub handed_full: u64,
}

impl AddAssign for UdpCounters {
    fn add_assign(&mut self, other: Self) {
        self.allocations += other.allocations;
        self.endpoints += other.endpoints;
        self.relayed_packets += other.relayed_packets;
        self.relayed_bytes += other.relayed_bytes;
        self.inside_packets += other.inside_packets;
        self.joined_runs += other.joined_runs;
        self.joined_packets += other.joined_packets;
        self.refused_runs += other.refused_runs;
        self.media_in += other.media_in;
        self.media_out += other.media_out;
        self.dropped += other.dropped;
    }
}

impl AddAssign for UdpDrops {
    fn add_assign(&mut self, other: Self) {
        for (count, more) in self.relay.iter_mut().zip(other.relay) {
            *count += more;
        }
        self.oversized += other.oversized;
        self.unknown_media += other.unknown_media;
        self.inbox_full += other.inbox_full;
        self.outgoing_full += other.outgoing_full;
        self.not_sent += other.not_sent;
        self.handed_full += other.handed_full;
    }
}

impl UdpDrops {
    /// Label and number of each reason.
    pub fn by_reason(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let relay = stun::Dropped::ALL
            .into_iter()
            .map(stun::Dropped::label)
            .zip(self.relay);
        relay.chain([
            ("oversized", self.oversized),
            ("unknown_media", self.unknown_media),
            ("inbox_full", self.inbox_full),
            ("outgoing_full", self.outgoing_full),
            ("not_sent", self.not_sent),
            ("handed_full", self.handed_full),
        ])
    }
}
