//! The client's book of permissions and channels, with the waiting times of RFC 8656 §9 and §12.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use crate::codec::{MAX_CHANNEL, MIN_CHANNEL};

/// How long a permission lasts (RFC 8656 §9).
const PERMISSION: Duration = Duration::from_secs(300);
/// How long a channel binding lasts (RFC 8656 §12).
const CHANNEL: Duration = Duration::from_secs(600);
/// How long before the end things are refreshed.
pub(super) const MARGIN: Duration = Duration::from_secs(60);
/// How long after its end a number must not get another peer, nor a peer another number (RFC 8656 §12).
const COOL_DOWN: Duration = Duration::from_secs(300);
/// Peers that one client cares for; more are not asked for.
const MAX_PEERS: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// To be asked for at this moment (again).
    Due(Instant),
    /// Asked for.
    Asked,
    /// Refused by the relay; not asked for again.
    Refused,
}

#[derive(Debug)]
struct Permission {
    ip: IpAddr,
    state: State,
    until: Option<Instant>,
}

/// Peers that may send.
#[derive(Debug, Default)]
pub(super) struct Permissions {
    entries: Vec<Permission>,
}

impl Permissions {
    pub(super) fn want(&mut self, now: Instant, ip: IpAddr) {
        if self.entries.len() < MAX_PEERS && !self.entries.iter().any(|entry| entry.ip == ip) {
            self.entries.push(Permission {
                ip,
                state: State::Due(now),
                until: None,
            });
        }
    }

    /// The next one to ask for; it counts as asked for from now on.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<IpAddr> {
        let is_due = |e: &&mut Permission| matches!(e.state, State::Due(at) if at <= now);
        let entry = self.entries.iter_mut().find(is_due)?;
        entry.state = State::Asked;
        Some(entry.ip)
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = self.entries.iter().filter_map(|entry| match entry.state {
            State::Due(at) => Some(at),
            _ => None,
        });
        due.min()
    }

    /// `true` if it is a new one.
    pub(super) fn granted(&mut self, now: Instant, ip: IpAddr) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.ip == ip) else {
            return false;
        };
        let is_new = entry.until.is_none_or(|until| until <= now);
        entry.until = Some(now + PERMISSION);
        entry.state = State::Due(now + PERMISSION - MARGIN);
        is_new
    }

    pub(super) fn refused(&mut self, ip: IpAddr) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.ip == ip) {
            *entry = Permission {
                ip,
                state: State::Refused,
                until: None,
            };
        }
    }

    pub(super) fn has(&self, now: Instant, ip: IpAddr) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.ip == ip && entry.until.is_some_and(|u| now < u))
    }

    /// A new allocation knows none of them.
    pub(super) fn renew_all(&mut self, now: Instant) {
        for entry in &mut self.entries {
            entry.until = None;
            if entry.state != State::Refused {
                entry.state = State::Due(now);
            }
        }
    }
}

#[derive(Debug)]
struct Binding {
    number: u16,
    peer: SocketAddr,
    state: State,
    /// When the relay lets it run out; long past this moment the pair may be broken up.
    until: Option<Instant>,
    /// Nobody cares for it any more: no refresh.
    forgotten: bool,
}

/// Channels and their peers. Pairs stay in the book until they may be broken up.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    entries: Vec<Binding>,
    /// The relay and we could not agree on channels: Send indications do as well.
    given_up: bool,
}

impl Bindings {
    pub(super) fn want(&mut self, now: Instant, peer: SocketAddr) {
        if self.given_up {
            return;
        }
        self.entries
            .retain(|e| e.until.is_none_or(|until| now < until + COOL_DOWN));
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.peer == peer) {
            // The same pair can be taken up at any time.
            if entry.forgotten || entry.until.is_some_and(|until| until <= now) {
                entry.forgotten = false;
                if entry.state != State::Asked {
                    entry.state = State::Due(now);
                }
            }
            return;
        }
        let is_free = |number: &u16| !self.entries.iter().any(|entry| entry.number == *number);
        let number = (MIN_CHANNEL..=MAX_CHANNEL).find(is_free);
        if let Some(number) = number.filter(|_| self.entries.len() < MAX_PEERS) {
            let state = State::Due(now);
            self.entries.push(Binding {
                number,
                peer,
                state,
                until: None,
                forgotten: false,
            });
        }
    }

    pub(super) fn forget(&mut self, peer: SocketAddr) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.peer == peer) {
            entry.forgotten = true;
        }
    }

    pub(super) fn take_due(&mut self, now: Instant) -> Option<(u16, SocketAddr)> {
        let is_due =
            |e: &&mut Binding| !e.forgotten && matches!(e.state, State::Due(at) if at <= now);
        let entry = self.entries.iter_mut().find(is_due)?;
        entry.state = State::Asked;
        Some((entry.number, entry.peer))
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = self.entries.iter().filter(|entry| !entry.forgotten);
        let due = due.filter_map(|entry| match entry.state {
            State::Due(at) => Some(at),
            _ => None,
        });
        due.min()
    }

    /// `true` if it carries data from now on and did not before.
    pub(super) fn granted(&mut self, now: Instant, number: u16) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.number == number) else {
            return false;
        };
        let is_new = entry.until.is_none_or(|until| until <= now);
        entry.until = Some(now + CHANNEL);
        entry.state = State::Due(now + CHANNEL - MARGIN);
        is_new
    }

    pub(super) fn refused(&mut self, number: u16) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.number == number) {
            entry.state = State::Refused;
        }
    }

    /// The channel that carries data to `peer` at this moment.
    pub(super) fn number_for(&self, now: Instant, peer: SocketAddr) -> Option<u16> {
        let live = |e: &&Binding| e.peer == peer && e.until.is_some_and(|until| now < until);
        self.entries.iter().find(live).map(|entry| entry.number)
    }

    /// Whom data on channel `number` comes from. A little after its end too: the relay may have started to count
    /// later than we.
    pub(super) fn peer_of(&self, number: u16) -> Option<SocketAddr> {
        let asked =
            |e: &&Binding| e.number == number && (e.until.is_some() || e.state == State::Asked);
        self.entries.iter().find(asked).map(|entry| entry.peer)
    }

    /// A new allocation knows none of them, and owes no waiting time.
    pub(super) fn renew_all(&mut self, now: Instant) {
        self.entries
            .retain(|entry| !entry.forgotten && !self.given_up);
        for entry in &mut self.entries {
            entry.until = None;
            entry.state = State::Due(now);
        }
    }

    pub(super) fn give_up(&mut self) {
        self.given_up = true;
    }
}
