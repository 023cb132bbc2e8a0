//! The moments of a call's set-up.

use std::time::{Duration, Instant};

/// One moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Our description was made.
    LocalDescription,
    /// Theirs was accepted.
    RemoteDescription,
    /// The first connectivity check was sent.
    FirstCheckSent,
    /// Their first connectivity check came.
    FirstCheckReceived,
    /// The first check was answered: there is a way.
    ValidPair,
    /// ICE chose a pair.
    Nominated,
    /// DTLS is through.
    Dtls,
    /// The first audio packet left.
    FirstAudioSent,
    /// The first audio packet came.
    FirstAudioReceived,
    /// The first video frame left.
    FirstVideoSent,
    /// The first video frame came.
    FirstVideoReceived,
    /// The session ended.
    Ended,
}

const COUNT: usize = Phase::Ended as usize + 1;

/// When each [`Phase`] came first.
#[derive(Debug, Clone)]
pub struct Phases {
    started: Instant,
    marks: [Option<Instant>; COUNT],
}

impl Phases {
    pub(super) fn new(started: Instant) -> Self {
        Self {
            started,
            marks: [None; COUNT],
        }
    }

    /// Remember the first time.
    pub(super) fn mark(&mut self, phase: Phase, now: Instant) {
        self.marks[phase as usize].get_or_insert(now);
    }

    /// When the session was made.
    #[must_use]
    pub fn started(&self) -> Instant {
        self.started
    }

    /// When it came, on the caller's clock.
    #[must_use]
    pub fn at(&self, phase: Phase) -> Option<Instant> {
        self.marks[phase as usize]
    }

    /// How long after the session was made it came.
    #[must_use]
    pub fn after(&self, phase: Phase) -> Option<Duration> {
        self.at(phase)
            .map(|at| at.saturating_duration_since(self.started))
    }
}
