//! One round: what is received into its buffers, and what it has to send, gathered over all sockets.

use std::io::IoSliceMut;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};
use stun::Slot;

use super::send::{Outlet, Ready, SendCounters, Sender};
use super::sockets::{SocketTable, batching};

/// Buffers of a round; one that needs more sends first what it has.
const SLOTS: usize = 256;
/// The longest datagram we take. Real-time media and DTLS stay below 1500 bytes.
const CAPACITY: usize = 2048;
/// Datagrams received by one system call.
const BATCH: usize = 32;

/// A datagram that waits for the end of the round.
#[derive(Debug)]
pub(super) struct Waiting {
    /// The socket's token.
    pub(super) socket: u64,
    pub(super) to: SocketAddr,
    pub(super) payload: Payload,
    pub(super) dont_fragment: bool,
}

/// Where its bytes are.
#[derive(Debug)]
pub(super) enum Payload {
    /// In the slot with this index.
    Slot(usize),
    /// Here.
    Bytes(Vec<u8>),
}

/// Datagrams that were received together: slots from `first` on, with their sources.
#[derive(Debug)]
pub(super) struct Received {
    first: usize,
    count: usize,
    from: [Option<SocketAddr>; BATCH],
}

impl Received {
    /// Whether more may be waiting.
    pub(super) fn is_full(&self) -> bool {
        self.count == BATCH
    }

    /// Slot and source of each that can be used.
    pub(super) fn datagrams(&self) -> impl Iterator<Item = (usize, SocketAddr)> + use<> {
        let (first, from) = (self.first, self.from);
        let numbered = from.into_iter().enumerate().take(self.count);
        numbered.filter_map(move |(at, from)| Some((first + at, from?)))
    }
}

/// Buffers and system calls.
#[derive(Debug)]
pub(super) struct Round {
    /// Batched calls, one set for each family that this host has.
    ipv4: Option<UdpSocketState>,
    ipv6: Option<UdpSocketState>,
    pub(super) slots: Vec<Slot>,
    filled: usize,
    waiting: Vec<Waiting>,
    outlet: Outlet,
    /// Datagrams of this round, from all sockets.
    received: usize,
    /// Datagrams that did not fit a buffer.
    pub(super) oversized: u64,
}

impl Round {
    pub(super) fn new(sender: Box<dyn Sender>) -> Self {
        Self {
            ipv4: batching(true).ok(),
            ipv6: batching(false).ok(),
            slots: (0..SLOTS).map(|_| Slot::new(CAPACITY)).collect(),
            filled: 0,
            waiting: Vec::with_capacity(SLOTS),
            outlet: Outlet::new(sender),
            received: 0,
            oversized: 0,
        }
    }

    /// What became of what was sent.
    pub(super) fn sent(&self) -> SendCounters {
        self.outlet.counters
    }

    /// Receive what waits, up to [`BATCH`], with one call; `None` if there is nothing. Errors are those of earlier
    /// datagrams (ICMP), so they are passed over.
    pub(super) fn receive(&mut self, socket: &UdpSocket, is_ipv4: bool) -> Option<Received> {
        let first = self.filled;
        let mut free = self.slots[first..].iter_mut();
        let mut buffers: [_; BATCH] = std::array::from_fn(|_| {
            IoSliceMut::new(free.next().expect("the caller made room").receive_area())
        });
        let mut meta = [RecvMeta::default(); BATCH];
        let calls = if is_ipv4 { &self.ipv4 } else { &self.ipv6 };
        let count = calls
            .as_ref()?
            .recv(UdpSockRef::from(socket), &mut buffers, &mut meta)
            .ok()?
            .min(BATCH);
        let mut from = [None; BATCH];
        for (at, meta) in meta[..count].iter().enumerate() {
            from[at] = self.take(first + at, meta.len, meta.addr);
        }
        Some(self.got(Received { first, count, from }))
    }

    /// Receive one: cheaper than a batch that turns out to be of one.
    pub(super) fn receive_one(&mut self, socket: &UdpSocket) -> Option<Received> {
        let first = self.filled;
        let (length, source) = socket.recv_from(self.slots[first].receive_area()).ok()?;
        let mut from = [None; BATCH];
        from[0] = self.take(first, length, source);
        let count = 1;
        Some(self.got(Received { first, count, from }))
    }

    /// A full buffer may have been too small for its datagram.
    fn take(&mut self, slot: usize, length: usize, source: SocketAddr) -> Option<SocketAddr> {
        if length >= CAPACITY {
            self.oversized += 1;
            return None;
        }
        self.slots[slot].received(length);
        Some(source)
    }

    fn got(&mut self, received: Received) -> Received {
        self.filled += received.count;
        self.received += received.count;
        received
    }

    /// Make room for a batch, by sending what waits if need be.
    pub(super) fn make_room(&mut self, now: Instant, sockets: &SocketTable) {
        if self.filled + BATCH > SLOTS || self.waiting.len() + BATCH > 2 * SLOTS {
            self.flush(now, sockets);
        }
    }

    /// Put a datagram that came from inside into a slot; `None` if it is too long.
    pub(super) fn take_in(
        &mut self,
        now: Instant,
        bytes: &[u8],
        sockets: &SocketTable,
    ) -> Option<usize> {
        self.make_room(now, sockets);
        let slot = self.filled;
        if !self.slots[slot].fill(bytes) {
            self.oversized += 1;
            return None;
        }
        self.filled += 1;
        Some(slot)
    }

    /// Send this at the end of the round.
    pub(super) fn send_later(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
    }

    /// The round is over: how many datagrams the sockets had.
    pub(super) fn end(&mut self, now: Instant, sockets: &SocketTable) -> usize {
        self.flush(now, sockets);
        std::mem::take(&mut self.received)
    }

    /// Send what waits and take all slots back.
    fn flush(&mut self, now: Instant, sockets: &SocketTable) {
        self.send_waiting(now, sockets);
        self.filled = 0;
    }

    /// Send what waits; the slots stay as they are, for a batch may be half-way through them.
    pub(super) fn send_waiting(&mut self, now: Instant, sockets: &SocketTable) {
        let mut waiting = std::mem::take(&mut self.waiting);
        // Stable: datagrams from one socket to one destination keep their order, and stand side by side.
        waiting.sort_by_key(|datagram| (datagram.socket, datagram.to));
        for same in waiting.chunk_by(|a, b| (a.socket, a.to) == (b.socket, b.to)) {
            let (token, to) = (same[0].socket, same[0].to);
            let Some(socket) = sockets.get(token) else {
                self.outlet.counters.not_sent += same.len() as u64;
                continue;
            };
            let slots = &self.slots;
            let datagrams = same.iter().map(|datagram| Ready {
                contents: match &datagram.payload {
                    Payload::Slot(index) => slots[*index].content(),
                    Payload::Bytes(bytes) => bytes,
                },
                dont_fragment: datagram.dont_fragment,
            });
            self.outlet.send(now, (token, socket), to, datagrams);
        }
        waiting.clear();
        self.waiting = waiting; // its memory serves again
    }
}
