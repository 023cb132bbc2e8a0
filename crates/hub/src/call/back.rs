//! Ends that go away and come back: a connection that dropped, a page that was loaded again, a server that started anew.

use std::time::{Duration, Instant};

use super::legs::{Leg, nowhere};
use super::{ABSENT, CONNECT, Call, Place, State, Timer, already_answered, gone};
use crate::error::Error;
use crate::event::{CallEvent, Media};
use crate::id::{AccountId, CallKey, EndpointId, Timestamp};
use crate::model::{CallMark, CallSide};

/// A call that was answered in a process that is gone, as its row tells of it.
#[derive(Debug, Clone)]
pub struct Adopt {
    /// Its key.
    pub key: CallKey,
    /// Who called.
    pub caller: AccountId,
    /// Who answered.
    pub callee: AccountId,
    /// What the hub saw until then.
    pub marks: Vec<CallMark>,
    /// The last moment at which that process is known to have run.
    pub known_until: Timestamp,
}

impl Call {
    /// Waits for both ends to say that they are still in it; lost if one of them does not.
    #[must_use]
    pub fn adopt(now: Instant, wall: Timestamp, adopt: Adopt) -> Self {
        let mut call = Self {
            key: adopt.key,
            caller: Leg::vacant(adopt.caller),
            callee: adopt.callee,
            media: Media::default(),
            offer: "".into(),
            state: State::Answered {
                callee: Leg::vacant(adopt.callee),
                connected: (true, true),
                live: true,
                talked: true,
            },
            timers: sansio::Timers::default(),
            outputs: std::collections::VecDeque::new(),
            marks: adopt.marks,
            wall,
            known_until: Some(adopt.known_until),
        };
        call.mark("restart", CallSide::Server);
        call.timers.set(Timer::Absent, now + ABSENT);
        call
    }

    /// Both ends, once there are two.
    fn legs(&mut self) -> Option<[&mut Leg; 2]> {
        match &mut self.state {
            State::Answered { callee, .. } => Some([&mut self.caller, callee]),
            State::Ringing { .. } | State::Ended => None,
        }
    }

    /// An end takes its place: again, after its connection, its page or the server went; or from another device of the
    /// person. The other end hears of it, and the one that comes hears how the other end is.
    pub(super) fn join(
        &mut self,
        now: Instant,
        from: Place,
        media: Media,
        still_connected: bool,
    ) -> Result<(), Error> {
        if self.is_over() {
            return Err(gone());
        }
        if ![self.caller.place.account, self.callee].contains(&from.account) {
            return Err(Error::not_found("call"));
        }
        if self.is_ringing() {
            // Only a caller whose connection was replaced; the callee's devices ring.
            if !self.caller.may_be(from.account, from.device) {
                return Err(already_answered());
            }
            self.caller = Leg::new(from, media);
            self.timers.clear(Timer::CallerLost);
            return Ok(());
        }
        let side = self.side(from.account);
        let key = self.key;
        let Some(legs) = self.legs() else {
            return Err(gone());
        };
        let [own, other] = match side {
            CallSide::Caller => legs,
            _ => {
                let [caller, callee] = legs;
                [callee, caller]
            }
        };
        if still_connected && !own.may_be(from.account, from.device) {
            return Err(already_answered());
        }
        let (before, there) = (own.place, !other.absent);
        let was_fresh = own.fresh;
        *own = Leg::new(from, media);
        own.fresh = !there && (was_fresh || !still_connected);
        let theirs = *other;
        other.fresh = false;
        self.known_until = None;
        self.mark(if still_connected { "back" } else { "join" }, side);
        if before != from && before != nowhere(from.account) {
            self.tell(before.endpoint, CallEvent::Elsewhere { key });
        }
        if there {
            if !still_connected || theirs.fresh || was_fresh {
                self.begin_anew(now);
            }
            self.both_are_there(now);
            let goes_on = still_connected && !was_fresh;
            self.tell(theirs.place.endpoint, joined(key, from, media, goes_on));
            // Of two that begin anew it is the offer of the one that comes now that counts.
            let theirs_goes_on = !still_connected || !theirs.fresh;
            let hears = joined(key, theirs.place, theirs.media, theirs_goes_on);
            self.tell(from.endpoint, hears);
        } else {
            let left = self.timers.remaining(Timer::Absent, now).unwrap_or(ABSENT);
            self.tell(from.endpoint, away(key, false, left));
        }
        Ok(())
    }

    /// A new connection is made between the two: it has to stand in time.
    fn begin_anew(&mut self, now: Instant) {
        if let State::Answered {
            connected, live, ..
        } = &mut self.state
        {
            (*connected, *live) = ((false, false), false);
            self.timers.set(Timer::Connect, now + CONNECT);
        }
    }

    /// A page says that it goes; the endpoint keeps a late word from touching the page that came after it.
    pub(super) fn away(&mut self, now: Instant, from: Place, page: EndpointId) {
        if from.endpoint == page {
            self.absent(now, page, true);
        }
    }

    /// An end of a call that was answered is gone since then; `left` = its page said so.
    pub(super) fn absent(&mut self, since: Instant, endpoint: EndpointId, left: bool) {
        let key = self.key;
        let Some([caller, callee]) = self.legs() else {
            return;
        };
        let (own, other) = if caller.place.endpoint == endpoint {
            (caller, callee)
        } else if callee.place.endpoint == endpoint {
            (callee, caller)
        } else {
            return;
        };
        let was_absent = std::mem::replace(&mut own.absent, true);
        if was_absent && !left {
            return;
        }
        let (account, to) = (own.place.account, other.place.endpoint);
        let there = !other.absent;
        if left {
            // Nobody connects to a page that went.
            self.timers.clear(Timer::Connect);
        }
        // The first to go decides how long: the other must not prolong it by going too.
        if !self.timers.is_set(Timer::Absent) {
            self.timers.set(Timer::Absent, since + ABSENT);
        }
        let left_for = self
            .timers
            .remaining(Timer::Absent, since)
            .unwrap_or(ABSENT);
        if !was_absent {
            self.mark("away", self.side(account));
        }
        if there {
            self.tell(to, away(key, left, left_for));
        }
    }

    /// A step of a device whose earlier connection dropped takes its leg up again.
    pub(super) fn take_up(&mut self, now: Instant, from: Place, tell: bool) {
        let key = self.key;
        if self.is_ringing() {
            if self.caller.take_up(from) {
                self.timers.clear(Timer::CallerLost);
            }
            return;
        }
        let Some([caller, callee]) = self.legs() else {
            return;
        };
        let (own, other) = if caller.take_up(from) {
            (caller, callee)
        } else if callee.take_up(from) {
            (callee, caller)
        } else {
            return;
        };
        let fresh = !other.absent && std::mem::take(&mut own.fresh);
        let (own, other) = (*own, *other);
        self.known_until = None;
        if !other.absent {
            self.both_are_there(now);
            if tell {
                self.tell(other.place.endpoint, joined(key, from, own.media, !fresh));
            }
        }
    }

    /// Nobody is waited for any more; what is not connected yet has to be, in time.
    fn both_are_there(&mut self, now: Instant) {
        self.timers.clear(Timer::Absent);
        let connects = matches!(self.state, State::Answered { live: false, .. });
        if connects && !self.timers.is_set(Timer::Connect) {
            self.timers.set(Timer::Connect, now + CONNECT);
        }
    }
}

fn joined(key: CallKey, from: Place, media: Media, still_connected: bool) -> CallEvent {
    CallEvent::Joined {
        key,
        from: from.endpoint,
        media,
        still_connected,
    }
}

fn away(key: CallKey, left: bool, lasts: Duration) -> CallEvent {
    CallEvent::Away {
        key,
        left,
        expires_in: i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX),
    }
}
