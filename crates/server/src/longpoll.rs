//! What every door that is polled needs: the newest poll of an endpoint wins, and whoever polls no more goes.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::lock::lock;

/// Endpoints of one account that poll at one door, as many as connections in the hub.
pub(crate) const PER_ACCOUNT: usize = 20;

/// The polls of one endpoint: an older one that still waits gives way to a newer one.
#[derive(Debug)]
pub(crate) struct Turns {
    newest: watch::Sender<u64>,
    last: Mutex<Instant>,
}

impl Turns {
    /// No poll yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            newest: watch::Sender::new(0),
            last: Mutex::new(now),
        }
    }

    /// A poll begins; from now on it is the newest.
    pub(crate) fn take(&self, now: Instant) -> Turn {
        self.touch(now);
        let mut newest = self.newest.subscribe();
        self.newest.send_modify(|number| *number += 1);
        let mine = *newest.borrow_and_update();
        Turn { newest, mine }
    }

    /// The endpoint is in use.
    pub(crate) fn touch(&self, now: Instant) {
        *lock(&self.last) = now;
    }

    /// When it was last used.
    pub(crate) fn last(&self) -> Instant {
        *lock(&self.last)
    }

    /// For how long it was not used.
    pub(crate) fn quiet(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last())
    }
}

/// One poll among those of its endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    newest: watch::Receiver<u64>,
    mine: u64,
}

impl Turn {
    /// Whether no newer one has begun.
    pub(crate) fn is_newest(&self) -> bool {
        *self.newest.borrow() == self.mine
    }

    /// Comes back when a newer one has begun, or the endpoint is gone.
    pub(crate) async fn superseded(&mut self) {
        let mine = self.mine;
        // The endpoint itself is held by who waits here, so its sender is there as long.
        let _ = self.newest.wait_for(|number| *number > mine).await;
    }
}

/// The longest unused of these that must go so that one more has room.
pub(crate) fn surplus<K: Ord + Copy>(mut own: Vec<(Instant, K)>) -> Vec<K> {
    own.sort_unstable();
    let over = (own.len() + 1).saturating_sub(PER_ACCOUNT);
    own.truncate(over);
    own.into_iter().map(|(_, key)| key).collect()
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_poll_wins_and_the_older_one_is_told() {
        let begin = Instant::now();
        let turns = Turns::new(begin);
        let mut first = turns.take(begin);
        assert!(first.is_newest());
        let second = turns.take(begin + Duration::from_secs(1));
        first.superseded().await;
        assert!(!first.is_newest() && second.is_newest());
        assert_eq!(
            turns.quiet(begin + Duration::from_secs(3)),
            Duration::from_secs(2)
        );
    }

    #[test]
    fn the_longest_unused_go_first() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let own = (0..PER_ACCOUNT as u64).map(|n| (at(100 - n), n)).collect();
        assert_eq!(surplus(own), [PER_ACCOUNT as u64 - 1]);
        assert!(surplus(vec![(begin, 1)]).is_empty());
    }
}
