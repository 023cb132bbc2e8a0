//! A thread: waits, receives, lets the machine decide, sends.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{Timespec, epoll};
use sansio::Machine;
use stun::{
    Allocations, AllocationsConfig, FiveTuple, Flow, Input, Kind, ListenerId, OpenError, Out,
    Output, RelayId, Verdict,
};

use super::common::{Common, Handed, Handing, Mailbox, Running};
use super::endpoints::Endpoints;
use super::handle::Queues;
use super::round::{Payload, Received, Round, Waiting};
use super::sockets::{FIRST_RELAY, SocketTable, bind_relay};
use super::{UdpCounters, UdpDrops};
use crate::quiet::Quiet;

/// Calls for one socket in one round, so that a flood at one does not starve the others: as many as a round has buffers
/// for.
const MAX_BATCHES: usize = 8;
/// Rounds of at least so many datagrams are full: nothing is gained by waiting for more.
const FULL_ROUND: usize = 64;
/// How often the machine is told the time of day.
const CLOCK: Duration = Duration::from_secs(1);
/// The token of the wake-up descriptor.
const WAKE: u64 = u64::MAX;

#[derive(Debug)]
pub(super) struct Shell {
    pub(super) machine: Allocations,
    pub(super) sockets: SocketTable,
    pub(super) endpoints: Endpoints,
    pub(super) round: Round,
    epoll: OwnedFd,
    pub(super) common: Arc<Common>,
    /// Which of the threads this is.
    pub(super) place: usize,
    /// Of the first thread only.
    pub(super) queues: Option<Queues>,
    /// What other threads get at the end of the round.
    outbox: Vec<Handing>,
    /// Serves again and again.
    handed: Vec<Handed>,
    /// What the machine knows about media endpoints.
    pub(super) has_media: bool,
    coalesce: Duration,
    /// The time of this round, and its number.
    pub(super) now: Instant,
    number: u64,
    clock_due: Instant,
    /// Sockets that could not be opened, as whoever asks for them may cause.
    failed: Quiet,
    pub(super) counters: UdpCounters,
}

impl Shell {
    pub(super) fn new(
        relay: AllocationsConfig,
        sockets: SocketTable,
        round: Round,
        common: Arc<Common>,
        queues: Option<Queues>,
    ) -> io::Result<Self> {
        let (now, place) = (Instant::now(), relay.shard.place());
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        add(&epoll, &common.threads[place].wake, WAKE)?;
        for (index, (socket, _)) in sockets.listeners.iter().enumerate() {
            add(&epoll, socket, index as u64)?;
        }
        Ok(Self {
            machine: Allocations::new(relay, now, unix(), sansio::rng::from_system()),
            sockets,
            endpoints: Endpoints::default(),
            round,
            epoll,
            outbox: common.threads.iter().map(|_| Handing::default()).collect(),
            common,
            place,
            queues,
            handed: Vec::new(),
            has_media: false,
            coalesce: Duration::ZERO,
            now,
            number: 1,
            clock_due: now + CLOCK,
            failed: Quiet::default(),
            counters: UdpCounters::default(),
        })
    }

    /// Waits so long after a round of a few datagrams.
    pub(super) fn waiting(mut self, coalesce: Duration) -> Self {
        self.coalesce = coalesce;
        self
    }

    fn mailbox(&self) -> &Mailbox {
        &self.common.threads[self.place]
    }

    pub(super) fn run(mut self) {
        let _running = Running::new(&self.common, self.place);
        let mut events = Vec::with_capacity(256);
        while !self.mailbox().is_stopped() {
            events.clear();
            let timeout = self.timeout();
            let space = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, space, Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    tracing::error!(%error, "a UDP thread cannot wait any more");
                    return;
                }
            }
            self.now = Instant::now();
            self.number += 1;
            self.on_time();
            self.look_for_media();
            for event in &events {
                match event.data.u64() {
                    WAKE => self.on_wake(),
                    token if token >= FIRST_RELAY => self.on_relay(token),
                    index => self.on_listener(index as usize),
                }
            }
            let received = self.round.end(self.now, &self.sockets);
            self.hand_out();
            self.publish();
            if is_worth_waiting(received) && !self.coalesce.is_zero() {
                std::thread::sleep(self.coalesce);
            }
        }
    }

    /// Until the machine or the clock wants something; never longer than [`CLOCK`].
    fn timeout(&self) -> Timespec {
        let due = self
            .machine
            .poll_timeout()
            .map_or(self.clock_due, |at| at.min(self.clock_due));
        let wait = due.saturating_duration_since(Instant::now());
        Timespec {
            tv_sec: wait.as_secs() as i64,
            tv_nsec: i64::from(wait.subsec_nanos()),
        }
    }

    fn on_time(&mut self) {
        if self.now >= self.clock_due {
            self.clock_due = self.now + CLOCK;
            self.machine.set_clock(self.now, unix());
        }
        if self.machine.poll_timeout().is_some_and(|at| at <= self.now) {
            self.feed(Input::Timeout);
        }
    }

    fn on_listener(&mut self, index: usize) {
        for _ in 0..MAX_BATCHES {
            self.round.make_room(self.now, &self.sockets);
            let Some((socket, address)) = self.sockets.listeners.get(index) else {
                return;
            };
            let (advertised, is_ipv4) = (address.advertised, address.bound.is_ipv4());
            let Some(received) = self.round.receive(socket, is_ipv4) else {
                return;
            };
            let listener = ListenerId(index as u32);
            for (slot, client) in received.datagrams() {
                self.on_datagram(FiveTuple { listener, client }, advertised, slot);
            }
            if !received.is_full() {
                return;
            }
        }
    }

    /// A batch costs more than a plain call if it turns out to be of one: only a socket that was ready in the round
    /// before too gets one.
    fn on_relay(&mut self, token: u64) {
        self.round.make_room(self.now, &self.sockets);
        let number = self.number;
        let Some(relay) = self.sockets.relay_mut(token) else {
            return;
        };
        let was_ready = std::mem::replace(&mut relay.ready_in, number) + 1 == number;
        let id = relay.id;
        let received = if was_ready {
            self.round.receive(&relay.socket, relay.is_ipv4)
        } else {
            self.round.receive_one(&relay.socket)
        };
        let Some(received) = received else { return };
        self.relay_from(id, &received);
    }

    fn relay_from(&mut self, id: RelayId, received: &Received) {
        for (slot, peer) in received.datagrams() {
            let verdict =
                self.machine
                    .relay(self.now, Flow::Peer(id, peer), &mut self.round.slots[slot]);
            self.obey(verdict, None, slot);
        }
    }

    /// RFC 7983 §7, then the ufrag, then the 5-tuple.
    fn on_datagram(&mut self, from: FiveTuple, local: SocketAddr, slot: usize) {
        let kind = Kind::of(self.round.slots[slot].content());
        if kind != Kind::ChannelData && self.is_for_an_endpoint(kind, from.client, local, slot) {
            return;
        }
        let verdict = self
            .machine
            .relay(self.now, Flow::Client(from), &mut self.round.slots[slot]);
        self.obey(verdict, Some(from), slot);
    }

    pub(super) fn obey(&mut self, verdict: Verdict, from: Option<FiveTuple>, slot: usize) {
        let (out, to, dont_fragment) = match verdict {
            Verdict::Forward {
                out,
                to,
                dont_fragment,
            } => (out, to, dont_fragment),
            Verdict::Control => {
                let Some(from) = from else { return };
                let bytes = self.round.slots[slot].content().to_vec();
                return self.feed(Input::Datagram { from, bytes });
            }
            Verdict::Drop(_) => return, // the machine has counted it
        };
        let socket = match out {
            Out::Client(listener) => u64::from(listener.0),
            Out::Relay(relay) => match self.sockets.token_of(relay) {
                Some(token) => token,
                None => return,
            },
            Out::Endpoint { source } => return self.knock(source, to, slot),
            Out::Shard { place, source } => {
                let bytes = self.round.slots[slot].content().to_vec();
                let from = source;
                return self.hand(place, Handed::Cross { from, to, bytes });
            }
        };
        let payload = Payload::Slot(slot);
        self.round.send_later(Waiting {
            socket,
            to,
            payload,
            dont_fragment,
        });
    }

    /// For another thread, at the end of the round.
    pub(super) fn hand(&mut self, place: usize, datagram: Handed) {
        // What has no room here would have none in the mailbox.
        if let Some(outbox) = self.outbox.get_mut(place)
            && !outbox.push(datagram)
        {
            self.counters.dropped.handed_full += 1;
        }
    }

    fn hand_out(&mut self) {
        for (outbox, thread) in self.outbox.iter_mut().zip(&self.common.threads) {
            if !outbox.is_empty() {
                thread.hand(outbox);
            }
        }
    }

    fn on_wake(&mut self) {
        self.mailbox().looked();
        for name in self.mailbox().take_ends() {
            self.feed(Input::EndUser(name));
        }
        let mut handed = std::mem::take(&mut self.handed);
        self.mailbox().take_handed(&mut handed);
        for datagram in handed.drain(..) {
            self.on_handed(datagram);
        }
        self.handed = handed;
        self.empty_queues();
    }

    fn on_handed(&mut self, datagram: Handed) {
        let (Handed::Knock { bytes, .. } | Handed::Cross { bytes, .. }) = &datagram;
        let Some(slot) = self.round.take_in(self.now, bytes, &self.sockets) else {
            return;
        };
        match datagram {
            Handed::Knock { source, local, .. } => self.knock(source, local, slot),
            Handed::Cross { from, to, .. } => {
                let flow = Flow::Shard { from, to };
                let verdict = self
                    .machine
                    .relay(self.now, flow, &mut self.round.slots[slot]);
                self.obey(verdict, None, slot);
            }
        }
    }

    /// Our listening addresses are peers as long as a media endpoint answers there; the first thread knows.
    pub(super) fn look_for_media(&mut self) {
        let has_media = self.common.has_media.load(Ordering::Acquire);
        if has_media != self.has_media {
            self.has_media = has_media;
            let advertised = self
                .common
                .addresses
                .iter()
                .map(|address| address.advertised);
            let addresses: Vec<_> = advertised.filter(|_| has_media).collect();
            self.machine.set_media_addresses(&addresses);
        }
    }

    /// Feed the machine and do what it wants.
    fn feed(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let Ok(()) = self.machine.handle(self.now, input);
            while let Some(output) = self.machine.poll_output() {
                match output {
                    Output::Transmit { to, bytes } => {
                        let (socket, payload) = (u64::from(to.listener.0), Payload::Bytes(bytes));
                        let (to, dont_fragment) = (to.client, false);
                        self.round.send_later(Waiting {
                            socket,
                            to,
                            payload,
                            dont_fragment,
                        });
                    }
                    Output::Open { relay, address } => {
                        let result = self.open(relay, address);
                        inputs.push(Input::Opened { relay, result });
                    }
                    Output::Close { relay } => self.close(relay),
                }
            }
        }
    }

    fn open(&mut self, id: RelayId, address: SocketAddr) -> Result<(), OpenError> {
        let opened = bind_relay(address).and_then(|socket| {
            add(&self.epoll, &socket, self.sockets.next_token())?;
            Ok(socket)
        });
        match opened {
            Ok(socket) => {
                self.sockets.insert(id, socket, address.is_ipv4());
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(OpenError::PortTaken),
            Err(error) => {
                self.failed.line(self.now, |missed| {
                    tracing::warn!(missed, %error, "cannot open a socket for a relayed address");
                });
                Err(OpenError::Failed)
            }
        }
    }

    fn close(&mut self, id: RelayId) {
        // What was relayed before the end of the allocation still goes out.
        self.round.send_waiting(self.now, &self.sockets);
        self.sockets.remove(id);
    }

    fn publish(&mut self) {
        let (relay, sent) = (self.machine.counters(), self.round.sent());
        self.counters = UdpCounters {
            allocations: self.machine.live_allocations(),
            endpoints: self.endpoints.len(),
            relayed_packets: relay.relayed_packets,
            relayed_bytes: relay.relayed_bytes,
            inside_packets: relay.inside_packets,
            joined_runs: sent.runs,
            joined_packets: sent.in_runs,
            refused_runs: sent.refused_runs,
            dropped: UdpDrops {
                relay: relay.dropped,
                oversized: self.round.oversized,
                not_sent: sent.not_sent,
                ..self.counters.dropped
            },
            ..self.counters
        };
        self.mailbox().publish(self.counters);
    }
}

/// A lone datagram is not held up by a wait, so an idle server adds nothing; a full round needs none.
fn is_worth_waiting(received: usize) -> bool {
    (2..FULL_ROUND).contains(&received)
}

/// Level-triggered: what a round leaves is there in the next.
fn add(epoll: &OwnedFd, descriptor: &impl AsFd, token: u64) -> io::Result<()> {
    let data = epoll::EventData::new_u64(token);
    Ok(epoll::add(epoll, descriptor, data, epoll::EventFlags::IN)?)
}

fn unix() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
