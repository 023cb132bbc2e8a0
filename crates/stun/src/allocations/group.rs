//! What the shards of one server have in common: who owns which port, and how many allocations everybody has.
//!
//! Nothing here is touched by data that stays in its shard; an allocation is counted when it is made and when it ends.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// One machine alone, or one of several that share relay addresses and quotas.
#[derive(Debug, Clone)]
pub struct Shard {
    group: Arc<Group>,
    number: u8,
}

#[derive(Debug, Default)]
struct Group {
    counts: Mutex<Counts>,
    owners: Mutex<HashMap<IpAddr, PortOwners>>,
    reservations: Mutex<HashMap<[u8; 8], Reservation>>,
}

/// A port that is kept for whoever brings its token, to whichever shard: owned, without a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reservation {
    pub(super) bound: SocketAddr,
    pub(super) until: Instant,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_owner: HashMap<Box<str>, usize>,
}

impl Default for Shard {
    /// Alone.
    fn default() -> Self {
        Self {
            group: Arc::default(),
            number: 1,
        }
    }
}

impl Shard {
    /// The most that one group can have.
    pub const MAX: u8 = u8::MAX;

    /// The shards of a new group: at least one.
    #[must_use]
    pub fn group(count: u8) -> Vec<Self> {
        let group: Arc<Group> = Arc::default();
        let shard = |number| Self {
            group: Arc::clone(&group),
            number,
        };
        (1..=count.max(1)).map(shard).collect()
    }

    /// Its place among the others, from 0.
    #[must_use]
    pub fn place(&self) -> usize {
        usize::from(self.number) - 1
    }

    /// Who owns the ports of `address`, in the whole group.
    pub(super) fn ports_of(&self, address: IpAddr) -> PortOwners {
        lock(&self.group.owners).entry(address).or_default().clone()
    }

    /// The number that stands for us in [`PortOwners`].
    pub(super) fn number(&self) -> u8 {
        self.number
    }

    /// Keep a port for a token.
    pub(super) fn reserve(&self, token: [u8; 8], reservation: Reservation) {
        lock(&self.group.reservations).insert(token, reservation);
    }

    /// The port that is kept for a token.
    pub(super) fn reserved(&self, token: [u8; 8], now: Instant) -> Option<SocketAddr> {
        let reservations = lock(&self.group.reservations);
        let found = reservations.get(&token)?;
        (now < found.until).then_some(found.bound)
    }

    /// Nothing is kept for a token any more: whoever is given the port here owns it, and nobody else is.
    pub(super) fn unreserve(&self, token: [u8; 8]) -> Option<Reservation> {
        lock(&self.group.reservations).remove(&token)
    }

    /// Count one more allocation of `owner`.
    pub(super) fn count(&self, owner: &str, most: usize, most_in_all: usize) -> Result<(), Full> {
        let mut counts = lock(&self.group.counts);
        let mine = counts.by_owner.get(owner).copied().unwrap_or(0);
        if mine >= most {
            return Err(Full::Owner);
        }
        if counts.all >= most_in_all {
            return Err(Full::All);
        }
        counts.all += 1;
        counts.by_owner.insert(owner.into(), mine + 1);
        Ok(())
    }

    /// One allocation of `owner` is gone.
    pub(super) fn uncount(&self, owner: &str) {
        let mut counts = lock(&self.group.counts);
        counts.all = counts.all.saturating_sub(1);
        if let Some(count) = counts.by_owner.get_mut(owner) {
            *count -= 1;
            if *count == 0 {
                counts.by_owner.remove(owner);
            }
        }
    }
}

/// Which quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Owner,
    All,
}

/// The owner of each port of one address: the number of a shard, 0 for nobody.
#[derive(Debug, Clone)]
pub(super) struct PortOwners(Arc<[AtomicU8]>);

impl Default for PortOwners {
    fn default() -> Self {
        Self((0..=u16::MAX).map(|_| AtomicU8::new(0)).collect())
    }
}

impl PortOwners {
    pub(super) fn of(&self, port: u16) -> u8 {
        self.0[usize::from(port)].load(Ordering::Acquire)
    }

    /// Make `port` `shard`'s; `false` if somebody has it.
    pub(super) fn claim(&self, port: u16, shard: u8) -> bool {
        self.0[usize::from(port)]
            .compare_exchange(0, shard, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Make a port `shard`'s that another one gave it.
    pub(super) fn hand_over(&self, port: u16, shard: u8) {
        self.0[usize::from(port)].store(shard, Ordering::Release);
    }

    pub(super) fn release(&self, port: u16) {
        self.0[usize::from(port)].store(0, Ordering::Release);
    }
}

/// No holder of these locks leaves anything half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
