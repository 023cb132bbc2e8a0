//! A request on its way: sent again until it is answered (RFC 8489 §6.2.1).

use std::time::{Duration, Instant};

use crate::codec::TransactionId;

/// How often a request is sent (Rc).
const MAX_SENT: u32 = 7;
/// How long the last one is waited for, in first intervals (Rm).
const LAST_WAIT: u32 = 16;
/// The first interval unless something better is known (RTO).
pub(crate) const FIRST_INTERVAL: Duration = Duration::from_millis(500);

/// A request with its timer.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) id: TransactionId,
    pub(crate) bytes: Vec<u8>,
    first: Duration,
    interval: Duration,
    due: Instant,
    sent: u32,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing yet.
    Nothing,
    /// Send it (again).
    Send,
    /// Nobody answered.
    GiveUp,
}

impl Transaction {
    /// A request that is due at once.
    pub(crate) fn new(now: Instant, id: TransactionId, bytes: Vec<u8>, first: Duration) -> Self {
        Self {
            id,
            bytes,
            first,
            interval: first,
            due: now,
            sent: 0,
        }
    }

    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    pub(crate) fn poll(&mut self, now: Instant) -> Due {
        if now < self.due {
            return Due::Nothing;
        }
        if self.sent == MAX_SENT {
            return Due::GiveUp;
        }
        self.sent += 1;
        let wait = if self.sent == MAX_SENT {
            self.first * LAST_WAIT
        } else {
            self.interval
        };
        self.interval *= 2;
        self.due = now + wait;
        Due::Send
    }
}
