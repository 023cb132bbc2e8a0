//! Time that moves only when a test says so.

use std::time::{Duration, Instant};

/// A clock that stands still until it is advanced.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    begin: Instant,
    now: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock {
    /// A clock at some beginning. `Instant` has no zero, so the real clock is asked once; nothing depends on it.
    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "Instant has no constructor; a run depends on differences only"
    )]
    pub fn new() -> Self {
        let begin = Instant::now();
        Self { begin, now: begin }
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// How long this clock has run.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.begin
    }

    /// The moment `after` the beginning, past or future.
    #[must_use]
    pub fn at(&self, after: Duration) -> Instant {
        self.begin + after
    }

    /// Move on by `by`.
    pub fn advance(&mut self, by: Duration) {
        self.now += by;
    }

    /// Move on to `to`; time never goes back, so an earlier moment changes nothing.
    pub fn advance_to(&mut self, to: Instant) {
        self.now = self.now.max(to);
    }
}
