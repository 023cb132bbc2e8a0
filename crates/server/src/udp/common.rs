//! What the threads, and everybody who wants something of them, have in common.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustix::event::{EventfdFlags, eventfd};
use stun::ListenAddress;

use super::counters::UdpCounters;
use super::pending::PendingEnds;
use crate::lock::lock;

/// Datagrams that may wait for a thread, from all others together.
const MAX_HANDED: usize = 2048;
/// Of these, those that knock. Anybody can send what looks like media; it must not keep out what relays say to each other.
const MAX_KNOCKING: usize = MAX_HANDED / 2;

/// A datagram that one thread hands to another.
#[derive(Debug)]
pub(super) enum Handed {
    /// From a client at the front door, or from a relayed address, perhaps to a media endpoint: those live with the
    /// first thread.
    Knock {
        source: SocketAddr,
        /// The listening address, as advertised.
        local: SocketAddr,
        bytes: Vec<u8>,
    },
    /// From a relayed address, or a media endpoint, of the one to a relayed address of the other.
    Cross {
        from: SocketAddr,
        to: SocketAddr,
        bytes: Vec<u8>,
    },
}

/// What is to be handed over, within its bounds.
#[derive(Debug, Default)]
pub(super) struct Handing {
    datagrams: Vec<Handed>,
    knocking: usize,
}

impl Handing {
    /// `false` if there is no room, and it is lost.
    pub(super) fn push(&mut self, datagram: Handed) -> bool {
        let knocks = matches!(datagram, Handed::Knock { .. });
        let is_full = self.datagrams.len() >= MAX_HANDED;
        if is_full || (knocks && self.knocking >= MAX_KNOCKING) {
            return false;
        }
        self.knocking += usize::from(knocks);
        self.datagrams.push(datagram);
        true
    }

    pub(super) fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// All of it, into `empty`, whose memory serves for what comes next.
    fn take(&mut self, empty: &mut Vec<Handed>) {
        std::mem::swap(empty, &mut self.datagrams);
        self.knocking = 0;
    }
}

/// Shared by all.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) addresses: Vec<ListenAddress>,
    pub(super) next_endpoint: AtomicU64,
    /// Datagrams from endpoints that found the queue full.
    pub(super) overflow: AtomicU64,
    /// There are media endpoints.
    pub(super) has_media: AtomicBool,
    pub(super) threads: Box<[Mailbox]>,
}

impl Common {
    pub(super) fn new(addresses: Vec<ListenAddress>, threads: usize) -> io::Result<Self> {
        let threads: io::Result<_> = (0..threads).map(|_| Mailbox::new()).collect();
        Ok(Self {
            addresses,
            next_endpoint: AtomicU64::new(1),
            overflow: AtomicU64::new(0),
            has_media: AtomicBool::new(false),
            threads: threads?,
        })
    }
}

/// One thread's, where others reach it.
#[derive(Debug)]
pub(super) struct Mailbox {
    pub(super) wake: OwnedFd,
    /// Whether the thread has been woken and did not look yet: saves a system call per datagram.
    is_woken: AtomicBool,
    is_stopped: AtomicBool,
    /// The thread is there; see [`Running`].
    is_running: AtomicBool,
    pending_ends: Mutex<PendingEnds>,
    handed: Mutex<Handing>,
    /// Datagrams of other threads that found `handed` full.
    overflow: AtomicU64,
    counters: Mutex<UdpCounters>,
}

impl Mailbox {
    fn new() -> io::Result<Self> {
        Ok(Self {
            wake: eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?,
            is_woken: AtomicBool::new(false),
            is_stopped: AtomicBool::new(false),
            is_running: AtomicBool::new(true),
            pending_ends: Mutex::default(),
            handed: Mutex::default(),
            overflow: AtomicU64::new(0),
            counters: Mutex::default(),
        })
    }

    pub(super) fn wake(&self) {
        if !self.is_woken.swap(true, Ordering::AcqRel) {
            // It can only fail when the counter is full, and then the thread is awake anyway.
            let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
        }
    }

    /// The thread has been woken and looks now.
    pub(super) fn looked(&self) {
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.wake, &mut count);
        // Acquire too: whoever found it set has queued something that we must see.
        self.is_woken.swap(false, Ordering::AcqRel);
    }

    /// End the thread, with its next round.
    pub(super) fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        self.wake();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    pub(super) fn is_running(&self) -> bool {
        self.is_running.load(Ordering::Acquire)
    }

    /// End `name` with the next round; `false` if there is no room for it.
    pub(super) fn end_user(&self, name: &str) -> bool {
        let has_room = lock(&self.pending_ends).add(name);
        self.wake();
        has_room
    }

    /// Users to be ended now.
    pub(super) fn take_ends(&self) -> HashSet<String> {
        lock(&self.pending_ends).take()
    }

    /// Give the thread what another one has for it; what has no room is dropped, as UDP would.
    pub(super) fn hand(&self, datagrams: &mut Handing) {
        let mut handed = lock(&self.handed);
        let all = datagrams.datagrams.drain(..);
        let lost = all.filter_map(|datagram| (!handed.push(datagram)).then_some(()));
        let lost = lost.count();
        drop(handed);
        datagrams.knocking = 0;
        self.overflow.fetch_add(lost as u64, Ordering::Relaxed);
        self.wake();
    }

    /// What was handed over, into `empty`, whose memory serves for what comes next.
    pub(super) fn take_handed(&self, empty: &mut Vec<Handed>) {
        lock(&self.handed).take(empty);
    }

    pub(super) fn publish(&self, counters: UdpCounters) {
        *lock(&self.counters) = counters;
    }

    pub(super) fn counters(&self) -> UdpCounters {
        let mut counters = *lock(&self.counters);
        counters.dropped.handed_full += self.overflow.load(Ordering::Relaxed);
        counters
    }
}

/// Says that a thread is there, as long as it is, and however it ends.
#[derive(Debug)]
pub(super) struct Running {
    common: Arc<Common>,
    place: usize,
}

impl Running {
    pub(super) fn new(common: &Arc<Common>, place: usize) -> Self {
        let common = Arc::clone(common);
        Self { common, place }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mailbox = &self.common.threads[self.place];
        mailbox.is_running.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_handed_over_has_a_bound_and_the_loss_is_counted() {
        let common = Common::new(Vec::new(), 2).expect("descriptors");
        let mailbox = &common.threads[1];
        let at = SocketAddr::from(([192, 0, 2, 1], 9));
        let cross = || Handed::Cross {
            from: at,
            to: at,
            bytes: Vec::new(),
        };
        let mut many = Handing::default();
        assert!((0..MAX_HANDED).all(|_| many.push(cross())));
        assert!(!many.push(cross()), "what is on its way has the same bound");
        mailbox.hand(&mut many);
        let mut more = Handing::default();
        more.push(cross());
        more.push(cross());
        mailbox.hand(&mut more);
        assert!(more.is_empty());
        assert_eq!(mailbox.counters().dropped.handed_full, 2);
        let mut taken = Vec::new();
        mailbox.take_handed(&mut taken);
        assert_eq!(taken.len(), MAX_HANDED);
    }

    #[test]
    fn whoever_knocks_keeps_out_nothing_that_relays_say_to_each_other() {
        let common = Common::new(Vec::new(), 2).expect("descriptors");
        let mailbox = &common.threads[0];
        let at = SocketAddr::from(([192, 0, 2, 1], 9));
        let knock = || Handed::Knock {
            source: at,
            local: at,
            bytes: vec![0x80],
        };
        let cross = || Handed::Cross {
            from: at,
            to: at,
            bytes: Vec::new(),
        };
        // From two threads, and both more than is taken of such.
        for _ in 0..2 {
            let mut junk = Handing::default();
            let taken = (0..2 * MAX_HANDED).filter(|_| junk.push(knock())).count();
            assert_eq!(taken, MAX_KNOCKING);
            mailbox.hand(&mut junk);
        }
        let mut between = Handing::default();
        assert!((0..MAX_HANDED - MAX_KNOCKING).all(|_| between.push(cross())));
        let before = mailbox.counters().dropped.handed_full;
        mailbox.hand(&mut between);
        assert_eq!(mailbox.counters().dropped.handed_full, before);
        let mut taken = Vec::new();
        mailbox.take_handed(&mut taken);
        let knocking = |handed: &&Handed| matches!(handed, Handed::Knock { .. });
        assert_eq!(taken.iter().filter(knocking).count(), MAX_KNOCKING);
        assert_eq!(taken.len(), MAX_HANDED);
        let mut again = Handing::default();
        assert!(again.push(knock()), "there is room again");
    }

    #[test]
    fn a_thread_that_ended_is_noticed_even_if_it_panicked() {
        let common = Arc::new(Common::new(Vec::new(), 2).expect("descriptors"));
        let running = Running::new(&common, 1);
        let thread = std::thread::spawn(move || {
            let _running = running;
            std::panic::resume_unwind(Box::new("a fault of ours"));
        });
        thread.join().expect_err("it panics");
        assert!(common.threads[0].is_running() && !common.threads[1].is_running());
    }
}
