//! Sending: datagrams of one socket to one destination, as few calls as can be.
//!
//! A run of datagrams of equal length (the last may be shorter) goes to the kernel as one, which cuts it into segments
//! (`UDP_SEGMENT`). Where that fails nothing is lost: the run goes out one by one, and the route is remembered.

mod kernel;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::sockets::set_dont_fragment;

pub(in crate::udp) use kernel::{Kernel, Sender};

/// Segments that the kernel takes in one call (`UDP_MAX_SEGMENTS` of kernels before 6.8).
const MAX_SEGMENTS: usize = 64;
/// Bytes in one call: below what an IPv4 packet can hold, headers included.
const MAX_BYTES: usize = 65_000;
/// Routes whose refusals are remembered; beyond it all are forgotten, and each is learnt anew by one failing call.
const MAX_ROUTES: usize = 1024;
/// How long a refusal is believed: routes and interfaces change.
const BELIEVED: Duration = Duration::from_secs(600);

/// A datagram that waits to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready<'a> {
    pub(super) contents: &'a [u8],
    pub(super) dont_fragment: bool,
}

/// What became of datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SendCounters {
    /// Datagrams that the kernel did not take.
    pub(super) not_sent: u64,
    /// Runs that went out as one.
    pub(super) runs: u64,
    /// The datagrams of those.
    pub(super) in_runs: u64,
    /// Runs that had to go out one by one, because the kernel or the card did not cut them.
    pub(super) refused_runs: u64,
}

/// What a route does not take.
#[derive(Debug, Clone, Copy)]
struct Refused {
    /// Segments of so many bytes and more; 0 for all.
    from: usize,
    until: Instant,
}

/// The way out of one thread.
#[derive(Debug)]
pub(super) struct Outlet {
    sender: Box<dyn Sender>,
    joined: Vec<u8>,
    /// By socket and address of the other end.
    refused: HashMap<(u64, IpAddr), Refused>,
    /// Whether the log has it.
    is_told: bool,
    pub(super) counters: SendCounters,
}

impl Outlet {
    pub(super) fn new(sender: Box<dyn Sender>) -> Self {
        Self {
            sender,
            joined: Vec::with_capacity(MAX_BYTES),
            refused: HashMap::new(),
            is_told: false,
            counters: SendCounters::default(),
        }
    }

    /// Send `datagrams`, in order, by the socket with this token.
    pub(super) fn send<'a>(
        &mut self,
        now: Instant,
        (token, socket): (u64, &UdpSocket),
        to: SocketAddr,
        datagrams: impl ExactSizeIterator<Item = Ready<'a>> + Clone,
    ) {
        let mut rest = datagrams;
        let most = if rest.len() > 1 {
            self.longest_segment(now, token, to)
        } else {
            0
        };
        while rest.len() > 0 {
            let count = run(rest.clone(), most);
            let sent = if count > 1 {
                let run = rest.clone().take(count);
                self.together(now, (token, socket), to, run)
            } else {
                let first = rest.clone().next().expect("there is one");
                self.single(socket, to, first)
            };
            // The socket's buffer is full: what follows would find it full too.
            if let Sent::BufferFull { after } = sent {
                self.counters.not_sent += (rest.len() - after) as u64;
                return;
            }
            rest.by_ref().take(count).for_each(drop);
        }
    }

    /// Segments longer than this are not tried on this route.
    fn longest_segment(&mut self, now: Instant, token: u64, to: SocketAddr) -> usize {
        if !self.sender.can_cut(to.is_ipv4()) {
            return 0;
        }
        match self.refused.get(&(token, to.ip())) {
            None => MAX_BYTES,
            Some(refused) if now < refused.until => refused.from.saturating_sub(1),
            Some(_) => {
                self.refused.remove(&(token, to.ip()));
                MAX_BYTES
            }
        }
    }

    fn together<'a>(
        &mut self,
        now: Instant,
        (token, socket): (u64, &UdpSocket),
        to: SocketAddr,
        run: impl Iterator<Item = Ready<'a>> + Clone,
    ) -> Sent {
        let mut joined = std::mem::take(&mut self.joined);
        joined.clear();
        let (mut segment, mut count) = (0, 0);
        for datagram in run.clone() {
            segment = segment.max(datagram.contents.len());
            count += 1;
            joined.extend_from_slice(datagram.contents);
        }
        let result = self.sender.cut(socket, to, &joined, segment);
        self.joined = joined;
        let error = match result {
            Ok(()) => {
                self.counters.runs += 1;
                self.counters.in_runs += count;
                return Sent::Done;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Sent::BufferFull { after: 0 };
            }
            Err(error) => error,
        };
        self.counters.refused_runs += 1;
        self.remember(now, token, to, segment, &error);
        for (after, datagram) in run.enumerate() {
            if self.single(socket, to, datagram) != Sent::Done {
                return Sent::BufferFull { after };
            }
        }
        Sent::Done
    }

    /// A card without checksum offload (EIO) takes no runs at all; a segment above the MTU of the route is EMSGSIZE or,
    /// in older kernels, EINVAL. Anything else is the error of another datagram, and says nothing about the route.
    fn remember(
        &mut self,
        now: Instant,
        token: u64,
        to: SocketAddr,
        segment: usize,
        error: &io::Error,
    ) {
        let from = match Errno::from_io_error(error) {
            Some(Errno::IO) => 0,
            Some(Errno::INVAL | Errno::MSGSIZE) => segment,
            _ => return,
        };
        if !self.is_told {
            self.is_told = true;
            tracing::warn!(%error, segment, "a route takes no runs of datagrams as one; they go out one by one");
        }
        if self.refused.len() >= MAX_ROUTES {
            self.refused.clear();
        }
        let until = now + BELIEVED;
        self.refused
            .insert((token, to.ip()), Refused { from, until });
    }

    fn single(&mut self, socket: &UdpSocket, to: SocketAddr, datagram: Ready<'_>) -> Sent {
        let is_ipv4 = to.is_ipv4();
        if datagram.dont_fragment {
            set_dont_fragment(socket, is_ipv4, true);
        }
        let mut result = self.sender.one(socket, to, datagram.contents);
        // An ICMP error for an earlier datagram is reported by the next call, whoever that is for: once more.
        if matches!(&result, Err(error) if error.kind() != io::ErrorKind::WouldBlock) {
            result = self.sender.one(socket, to, datagram.contents);
        }
        if datagram.dont_fragment {
            set_dont_fragment(socket, is_ipv4, false);
        }
        match result {
            Ok(()) => Sent::Done,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                Sent::BufferFull { after: 0 }
            }
            Err(error) => {
                tracing::trace!(%error, "a datagram was not sent");
                self.counters.not_sent += 1;
                Sent::Done
            }
        }
    }
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// It is over, for better or worse.
    Done,
    /// After so many of the datagrams.
    BufferFull { after: usize },
}

/// How many of the first datagrams can go out as one, if segments may be `longest` bytes long.
fn run<'a>(mut datagrams: impl Iterator<Item = Ready<'a>>, longest: usize) -> usize {
    let Some(first) = datagrams.next() else {
        return 0;
    };
    let segment = first.contents.len();
    // The rule about fragments belongs to the socket, so a datagram with one of its own goes alone.
    if segment == 0 || segment > longest || first.dont_fragment {
        return 1;
    }
    let (mut count, mut bytes) = (1, segment);
    for next in datagrams {
        let length = next.contents.len();
        let fits = length != 0 && length <= segment && bytes + length <= MAX_BYTES;
        if !fits || next.dont_fragment || count == MAX_SEGMENTS {
            break;
        }
        count += 1;
        bytes += length;
        if length < segment {
            break;
        }
    }
    count
}
