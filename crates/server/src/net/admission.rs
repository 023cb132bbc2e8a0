//! How many connections there may be, and which gives way when there are too many.
//!
//! A connection is *unproven* until a request on it named a device that is signed in. Unproven ones give way: when an
//! address, or the whole server, is at its cap, the oldest unproven connection is closed for the new one. So thousands
//! of silent connections cannot keep a person out, and people who are signed in never feel them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio_util::sync::CancellationToken;

use super::address::counted;
use crate::config::Prefix;
use crate::lock::lock;

/// How many connections may be open.
#[derive(Debug, Clone)]
pub struct Caps {
    /// In all.
    pub total: usize,
    /// From one address.
    pub per_address: usize,
    /// Addresses that are not counted by themselves: trusted proxies and the operator's own.
    pub exempt: Vec<Prefix>,
}

impl Caps {
    /// Unproven connections may use so many places; the rest is kept for people who are signed in.
    fn unproven(&self) -> usize {
        (self.total - self.total / 4).max(1)
    }
}

/// Who may connect.
#[derive(Debug)]
pub struct Admission {
    caps: Caps,
    state: Mutex<State>,
    refused: AtomicU64,
    errors: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    total: usize,
    by_address: HashMap<IpAddr, PerAddress>,
    unproven: BTreeMap<u64, (IpAddr, CancellationToken)>,
}

#[derive(Debug, Default)]
struct PerAddress {
    total: usize,
    unproven: BTreeSet<u64>,
}

/// A place that a connection holds until it is dropped.
#[derive(Debug)]
pub struct Ticket {
    admission: Arc<Admission>,
    number: u64,
    address: IpAddr,
    proven: AtomicBool,
    used: AtomicBool,
    gives_way: CancellationToken,
}

impl Admission {
    /// Nobody is connected yet.
    #[must_use]
    pub fn new(caps: Caps) -> Arc<Self> {
        Arc::new(Self {
            caps,
            state: Mutex::default(),
            refused: AtomicU64::new(0),
            errors: AtomicU64::new(0),
        })
    }

    /// A place for a connection from `peer`; `None` if every place is held by people who are signed in.
    #[must_use]
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Arc<Ticket>> {
        let address = counted(peer);
        let exempt = self
            .caps
            .exempt
            .iter()
            .any(|prefix| prefix.contains(address));
        let mut state = self.lock();
        if !exempt {
            let of_address = state.by_address.get(&address);
            if of_address.is_some_and(|of| of.total >= self.caps.per_address) {
                let oldest = of_address.and_then(|of| of.unproven.first().copied())?;
                state.give_way(oldest);
            }
        }
        if state.total >= self.caps.total || state.unproven.len() >= self.caps.unproven() {
            let oldest = state
                .unproven
                .first_key_value()
                .map(|(&number, _)| number)?;
            state.give_way(oldest);
        }
        let number = state.next;
        let gives_way = CancellationToken::new();
        state.next += 1;
        state.total += 1;
        state.unproven.insert(number, (address, gives_way.clone()));
        let of_address = state.by_address.entry(address).or_default();
        of_address.total += 1;
        of_address.unproven.insert(number);
        Some(Arc::new(Ticket {
            admission: self.clone(),
            number,
            address,
            proven: AtomicBool::new(false),
            used: AtomicBool::new(false),
            gives_way,
        }))
    }

    /// A connection found no place.
    pub(super) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The system could not give a connection.
    pub(super) fn count_error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections that found no place.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Times that the system could not give a connection.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// How many connections there are.
    #[must_use]
    pub fn open(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Takes the place away now; the connection's end, a moment later, then takes away nothing more.
    fn give_way(&mut self, number: u64) {
        if let Some((address, token)) = self.unproven.remove(&number) {
            token.cancel();
            self.leave(address, number);
        }
    }

    fn leave(&mut self, address: IpAddr, number: u64) {
        self.total -= 1;
        if let Some(of_address) = self.by_address.get_mut(&address) {
            of_address.total -= 1;
            of_address.unproven.remove(&number);
            if of_address.total == 0 {
                self.by_address.remove(&address);
            }
        }
    }
}

impl Ticket {
    /// A request on this connection named a device that is signed in: it does not give way any more.
    pub fn prove(&self) {
        if self.proven.load(Ordering::Relaxed) {
            return;
        }
        let mut state = self.admission.lock();
        if state.unproven.remove(&self.number).is_some() {
            self.proven.store(true, Ordering::Relaxed);
            if let Some(of_address) = state.by_address.get_mut(&self.address) {
                of_address.unproven.remove(&self.number);
            }
        }
    }

    /// A whole request head has arrived.
    pub fn mark_used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    /// Whether a whole request head has arrived yet.
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Comes back when this connection must close for another.
    pub async fn gives_way(&self) {
        self.gives_way.cancelled().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let proven = *self.proven.get_mut();
        let mut state = self.admission.lock();
        // If neither, the place was taken away already.
        if proven || state.unproven.remove(&self.number).is_some() {
            state.leave(self.address, self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(total: usize, per_address: usize, exempt: &[&str]) -> Arc<Admission> {
        let exempt = exempt
            .iter()
            .map(|p| p.parse().expect("a prefix"))
            .collect();
        Admission::new(Caps {
            total,
            per_address,
            exempt,
        })
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn the_oldest_silent_connection_of_the_address_gives_way() {
        let admission = admission(100, 2, &[]);
        let other = admission.admit(address(9)).expect("free");
        let first = admission.admit(address(1)).expect("free");
        let second = admission.admit(address(1)).expect("free");
        let third = admission.admit(address(1)).expect("the first gives way");
        assert!(first.gives_way.is_cancelled());
        assert!(!second.gives_way.is_cancelled() && !other.gives_way.is_cancelled());
        assert_eq!(admission.open(), 3);
        drop((first, second, third, other));
        assert_eq!(admission.open(), 0);
        assert!(admission.lock().by_address.is_empty());
    }

    #[test]
    fn whoever_is_signed_in_does_not_give_way() {
        let admission = admission(100, 2, &[]);
        let held: Vec<_> = (0..2)
            .map(|_| admission.admit(address(1)).expect("free"))
            .collect();
        held.iter().for_each(|ticket| ticket.prove());
        assert!(
            admission.admit(address(1)).is_none(),
            "this address is full"
        );
        let elsewhere = admission.admit(address(2));
        assert!(elsewhere.is_some());
        drop(held);
        assert!(admission.admit(address(1)).is_some());
    }

    #[test]
    fn a_quarter_of_all_places_is_kept_for_people_who_are_signed_in() {
        let admission = admission(8, 100, &[]);
        let silent: Vec<_> = (0..20)
            .filter_map(|last| admission.admit(address(last)))
            .collect();
        assert_eq!(silent.len(), 20, "each one gets in, an older one goes");
        assert_eq!(admission.open(), 6);
        let signed_in: Vec<_> = (0..8)
            .map(|_| {
                let ticket = admission.admit(address(77)).expect("room is kept");
                ticket.prove();
                ticket
            })
            .collect();
        assert_eq!(admission.open(), 8);
        assert!(admission.admit(address(78)).is_none(), "all are signed in");
        drop(signed_in);
        assert_eq!(admission.open(), 0);
    }

    #[test]
    fn an_exempt_address_is_held_by_the_total_alone() {
        let admission = admission(100, 1, &["192.0.2.0/24"]);
        let held: Vec<_> = (0..5)
            .map(|_| admission.admit(address(1)).expect("exempt"))
            .collect();
        assert!(held.iter().all(|ticket| !ticket.gives_way.is_cancelled()));
    }
}
