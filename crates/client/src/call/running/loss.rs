//! That nothing comes through any more: why, what is due when, and when it is given up. It is told the time.

use std::time::{Duration, Instant};

use webapi::skein::LeaveWhy;

use crate::call::Ended;

/// How long a way may be lost, or the server be silent about an end that said goodbye.
const GAP: Duration = Duration::from_secs(30);
/// An attempt that has led nowhere is made again after this time.
const AGAIN: Duration = Duration::from_secs(4);
/// Between two looks at this device's addresses, and after the connection to the server, while nothing comes through.
const LOOK: Duration = Duration::from_millis(500);
/// Servers are asked first how they see this device now: two offers that meet take longer than one that knows.
const ASK: Duration = Duration::from_millis(250);
/// The other end is waited for a little longer than the server does: it is the server that gives it up.
const LATE: Duration = Duration::from_secs(5);

/// Why nothing comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The way is lost: another one is looked for.
    Way,
    /// They said goodbye to the connection, and there is nothing to look for. They hung up, or their page is loaded again: that is
    /// the server's word, which comes by another way.
    Goodbye,
}

/// Nothing comes through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loss {
    why: Why,
    since: Instant,
    /// From when on patience counts: they were away, and came back.
    patient_from: Instant,
    /// When another way is looked for next.
    look_at: Instant,
    /// A NAT was seen to have given other ports; one that gives others for ever is no reason to begin anew for ever.
    is_elsewhere: bool,
    /// When it is looked next whether the network is another one, and the server still there.
    watch_at: Instant,
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// It was long enough.
    GiveUp(Ended, LeaveWhy),
    /// These two, each if it is.
    Do { watch: bool, look: bool },
}

impl Loss {
    /// The way is lost.
    pub(super) fn way(now: Instant) -> Self {
        Self {
            why: Why::Way,
            since: now,
            patient_from: now,
            look_at: now + ASK,
            is_elsewhere: false,
            watch_at: now,
        }
    }

    /// They said goodbye.
    pub(super) fn goodbye(now: Instant) -> Self {
        Self {
            why: Why::Goodbye,
            ..Self::way(now)
        }
    }

    /// Since when.
    pub(super) fn since(&self) -> Instant {
        self.since
    }

    /// Whether another way is looked for.
    pub(super) fn is_searching(&self) -> bool {
        self.why == Why::Way
    }

    /// How the call ended if the server knows of it no more.
    pub(super) fn ended(&self) -> Ended {
        match self.why {
            Why::Way => Ended::Lost,
            Why::Goodbye => Ended::FarHangUp,
        }
    }

    /// They are back after being away: they have as long as anybody to be heard again.
    pub(super) fn they_are_back(&mut self, now: Instant) {
        self.patient_from = now;
    }

    /// They are back without a connection: whatever was said before, one is looked for now.
    pub(super) fn search(&mut self, now: Instant) {
        self.why = Why::Way;
        self.look_at = now;
    }

    /// Another way is looked for at once.
    pub(super) fn look_now(&mut self, now: Instant) {
        self.look_at = now;
    }

    /// A server sees this device elsewhere than before: another way is looked for at once. Whether this is the first time.
    pub(super) fn seen_elsewhere(&mut self, now: Instant) -> bool {
        let first = !std::mem::replace(&mut self.is_elsewhere, true);
        if first {
            self.look_at = now;
        }
        first
    }

    /// Another way is looked for now, and not again for a while.
    pub(super) fn looks(&mut self, now: Instant) {
        self.look_at = now + AGAIN;
    }

    /// When the next thing is due; `away_until` is how long the server waits for them, if it does.
    pub(super) fn wake(&self, away_until: Option<Instant>) -> Instant {
        let next = match self.why {
            Why::Way => self.look_at.min(self.watch_at),
            Why::Goodbye => self.watch_at,
        };
        next.min(self.patience_ends(away_until))
    }

    fn patience_ends(&self, away_until: Option<Instant>) -> Instant {
        away_until.map_or(self.patient_from + GAP, |until| until + LATE)
    }

    /// What is due; what is, counts as done.
    pub(super) fn due(&mut self, now: Instant, away_until: Option<Instant>) -> Due {
        if now >= self.patience_ends(away_until) {
            let why = match self.why {
                Why::Way => LeaveWhy::NoPath,
                Why::Goodbye => LeaveWhy::HangUp,
            };
            return Due::GiveUp(self.ended(), why);
        }
        let watch = now >= self.watch_at;
        if watch {
            self.watch_at = now + LOOK;
        }
        let look = self.is_searching() && now >= self.look_at;
        if look {
            self.looks(now);
        }
        Due::Do { watch, look }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets time jump from one thing that is due to the next, until it is given up: how often it looked at the network and for
    /// another way, how it ended and after how long.
    fn live(mut loss: Loss, away_until: Option<Instant>) -> (u32, u32, Ended, LeaveWhy, Duration) {
        let (mut watched, mut looked) = (0, 0);
        loop {
            let now = loss.wake(away_until);
            match loss.due(now, away_until) {
                Due::GiveUp(ended, why) => {
                    return (watched, looked, ended, why, now - loss.since());
                }
                Due::Do { watch, look } => {
                    assert!(
                        watch || look,
                        "woken for nothing at {:?}",
                        now - loss.since()
                    );
                    watched += u32::from(watch);
                    looked += u32::from(look);
                }
            }
        }
    }

    #[test]
    fn for_a_lost_way_another_one_is_looked_for_until_it_is_given_up() {
        let loss = Loss::way(Instant::now());
        assert!(loss.is_searching());
        let (watched, looked, ended, why, after) = live(loss, None);
        assert_eq!((watched, looked), (60, 8));
        assert_eq!((ended, why, after), (Ended::Lost, LeaveWhy::NoPath, GAP));
    }

    #[test]
    fn who_said_goodbye_is_not_looked_for_and_without_a_word_of_the_server_has_hung_up() {
        let loss = Loss::goodbye(Instant::now());
        assert!(!loss.is_searching());
        assert_eq!(loss.ended(), Ended::FarHangUp);
        let (watched, looked, ended, why, after) = live(loss, None);
        assert_eq!(
            (watched, looked),
            (60, 0),
            "the server alone is looked after"
        );
        assert_eq!(
            (ended, why, after),
            (Ended::FarHangUp, LeaveWhy::HangUp, GAP)
        );
    }

    #[test]
    fn who_loads_a_page_again_is_waited_for_as_long_as_the_server_does() {
        let now = Instant::now();
        let away_until = Some(now + Duration::from_secs(60));
        let (_, looked, ended, _, after) = live(Loss::goodbye(now), away_until);
        assert_eq!((looked, ended), (0, Ended::FarHangUp));
        assert_eq!(after, Duration::from_secs(65));
    }

    #[test]
    fn who_comes_back_late_has_as_long_as_anybody_to_be_heard_again() {
        let begun = Instant::now();
        let back = begun + Duration::from_secs(50);
        let mut loss = Loss::goodbye(begun);
        loss.they_are_back(back);
        loss.search(back);
        let idle = Due::GiveUp(Ended::Lost, LeaveWhy::NoPath);
        assert_ne!(loss.due(back, None), idle);
        assert_eq!(loss.due(back + GAP, None), idle);
        assert_eq!(loss.since(), begun, "the gap is told from its beginning");
    }

    #[test]
    fn a_goodbye_is_looked_for_by_no_way_that_is_asked_for_at_once_either() {
        let now = Instant::now();
        let mut loss = Loss::goodbye(now);
        loss.look_now(now);
        let watched_only = Due::Do {
            watch: true,
            look: false,
        };
        assert_eq!(loss.due(now, None), watched_only);
    }

    #[test]
    fn other_ports_of_a_nat_are_a_reason_to_look_at_once_and_only_once() {
        let now = Instant::now();
        let mut loss = Loss::way(now);
        let looks = |due| matches!(due, Due::Do { look: true, .. });
        assert!(!looks(loss.due(now, None)), "servers are asked first");
        assert!(looks(loss.due(now + ASK, None)));
        assert!(
            !looks(loss.due(now + LOOK, None)),
            "the next attempt is later"
        );
        assert!(loss.seen_elsewhere(now + LOOK));
        assert!(looks(loss.due(now + LOOK, None)));
        assert!(
            !loss.seen_elsewhere(now + 2 * LOOK),
            "a NAT that gives others for ever"
        );
        assert!(!looks(loss.due(now + 2 * LOOK, None)));
    }
}
