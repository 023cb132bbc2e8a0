//! One table of named timers per machine.

use std::time::{Duration, Instant};

/// A small table of deadlines keyed by a named enum; `next` is its minimum.
///
/// Machines have a handful of timers, so a vector beats a heap. Bounded by the number of keys.
#[derive(Debug, Clone)]
pub struct Timers<K> {
    entries: Vec<(K, Instant)>,
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
        }
    }
}

impl<K: Copy + Eq> Timers<K> {
    /// Arm `key`, or move it if it is armed.
    pub fn set(&mut self, key: K, at: Instant) {
        match self.entries.iter_mut().find(|(k, _)| *k == key) {
            Some(entry) => entry.1 = at,
            None => self.entries.push((key, at)),
        }
    }

    /// Disarm `key`; harmless if it was not armed.
    pub fn clear(&mut self, key: K) {
        self.entries.retain(|(k, _)| *k != key);
    }

    /// Disarm all.
    pub fn clear_all(&mut self) {
        self.entries.clear();
    }

    /// Whether `key` is armed.
    #[must_use]
    pub fn is_set(&self, key: K) -> bool {
        self.entries.iter().any(|(k, _)| *k == key)
    }

    /// How long until `key` is due; nothing if it is due already.
    #[must_use]
    pub fn remaining(&self, key: K, now: Instant) -> Option<Duration> {
        self.entries
            .iter()
            .find(|(k, _)| *k == key)
            .map(|(_, at)| at.saturating_duration_since(now))
    }

    /// When the next timer is due.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        self.entries.iter().map(|(_, at)| *at).min()
    }

    /// Take one timer that is due at `now`, the earliest first.
    pub fn expire(&mut self, now: Instant) -> Option<K> {
        let (index, _) = self
            .entries
            .iter()
            .enumerate()
            .filter(|(_, (_, at))| *at <= now)
            .min_by_key(|(_, (_, at))| *at)?;
        Some(self.entries.swap_remove(index).0)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
mod tests {
    use super::*;

    #[test]
    fn timers_expire_in_order_and_only_once() {
        let t0 = Instant::now();
        let mut timers = Timers::default();
        timers.set('b', t0 + Duration::from_secs(2));
        timers.set('a', t0 + Duration::from_secs(1));
        timers.set('b', t0 + Duration::from_secs(3));
        assert_eq!(timers.next(), Some(t0 + Duration::from_secs(1)));
        let later = t0 + Duration::from_secs(9);
        assert_eq!(timers.expire(later), Some('a'));
        assert_eq!(timers.expire(later), Some('b'));
        assert_eq!(timers.expire(later), None);
    }
}
