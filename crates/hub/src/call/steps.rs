//! What each input does to a call.

use std::sync::Arc;
use std::time::Instant;

use super::legs::{Leg, RingLeg, RingState};
use super::{
    CALLER_LOST, CONNECT, Call, MAX_EARLY, MAX_SIGNAL, Output, Place, State, Timer,
    already_answered, description_fits,
};
use crate::error::{Error, Kind};
use crate::event::{CallEvent, Media, StopWhy};
use crate::id::EndpointId;
use crate::model::{CallEnd, CallSide};

impl Call {
    pub(super) fn accept(
        &mut self,
        now: Instant,
        from: Place,
        media: Media,
        answer: String,
    ) -> Result<(), Error> {
        description_fits(&answer)?;
        let key = self.key;
        if let State::Answered { callee, .. } = &self.state
            && callee.place == from
        {
            return Ok(()); // the same answer again: the first reply was lost on its way
        }
        let State::Ringing { legs, early, .. } = &mut self.state else {
            return Err(already_answered());
        };
        if from.account != self.callee || !legs.iter().any(|l| l.place.endpoint == from.endpoint) {
            return Err(Error::not_found("call"));
        }
        let (legs, early) = (std::mem::take(legs), std::mem::take(early));
        self.state = State::Answered {
            callee: Leg::new(from, media),
            connected: (false, false),
            live: false,
            talked: false,
        };
        self.mark("accept", CallSide::Callee);
        self.timers.clear(Timer::Ring);
        self.timers.set(Timer::Connect, now + CONNECT);
        for leg in legs
            .iter()
            .filter(|l| l.place.endpoint != from.endpoint && l.state != RingState::Gone)
        {
            self.tell(
                leg.place.endpoint,
                CallEvent::RingStopped {
                    key,
                    why: StopWhy::AnsweredElsewhere,
                },
            );
        }
        let caller = self.caller.place;
        self.tell(
            caller.endpoint,
            CallEvent::Accepted {
                key,
                endpoint: from.endpoint,
                media,
                answer: answer.into(),
            },
        );
        for data in early {
            self.tell(
                from.endpoint,
                CallEvent::Signal {
                    key,
                    from: caller.endpoint,
                    data,
                },
            );
        }
        self.outputs.push_back(Output::Answered);
        Ok(())
    }

    pub(super) fn signal(&mut self, from: Place, data: String) -> Result<(), Error> {
        if data.len() > MAX_SIGNAL {
            let message = format!("a signal has at most {MAX_SIGNAL} bytes");
            return Err(
                Error::new(Kind::TooLarge, "too_large", message).with_limit(MAX_SIGNAL as u64)
            );
        }
        let key = self.key;
        let data: Arc<str> = data.into();
        match &mut self.state {
            State::Ringing { early, .. } if from.account == self.caller.place.account => {
                // Nothing of the callee passes before the answer, and the caller's lines wait for the one who answers.
                if early.len() < MAX_EARLY {
                    early.push(data);
                }
            }
            State::Answered { callee, .. } => {
                let to = if from.endpoint == callee.place.endpoint {
                    self.caller.place
                } else {
                    callee.place
                };
                self.mark("signal", self.side(from.account));
                self.tell(
                    to.endpoint,
                    CallEvent::Signal {
                        key,
                        from: from.endpoint,
                        data,
                    },
                );
            }
            State::Ringing { .. } | State::Ended => {}
        }
        Ok(())
    }

    pub(super) fn connected(&mut self, from: Place) {
        let key = self.key;
        let side = self.side(from.account);
        let State::Answered {
            callee,
            connected,
            live,
            talked,
        } = &mut self.state
        else {
            return;
        };
        match side {
            CallSide::Caller => connected.0 = true,
            _ => connected.1 = true,
        }
        if *connected == (true, true) && !*live {
            (*live, *talked) = (true, true);
            let callee = callee.place.endpoint;
            self.timers.clear(Timer::Connect);
            self.mark("connected", side);
            for endpoint in [self.caller.place.endpoint, callee] {
                self.tell(endpoint, CallEvent::Live { key });
            }
        }
    }

    pub(super) fn leave(&mut self, from: Place, failed: bool) {
        let side = self.side(from.account);
        self.mark("leave", side);
        let end = match &mut self.state {
            State::Ringing { .. } if side == CallSide::Caller => CallEnd::Cancelled,
            State::Ringing { legs, .. } => {
                // One page of the callee closed; the person may still answer elsewhere.
                legs.iter_mut()
                    .filter(|l| l.place.endpoint == from.endpoint)
                    .for_each(|l| l.state = RingState::Gone);
                return;
            }
            State::Answered { talked, .. } if failed => broken(*talked),
            State::Answered { .. } => CallEnd::Completed,
            State::Ended => return,
        };
        self.end(end, side);
    }

    pub(super) fn lost(&mut self, since: Instant, endpoint: EndpointId) {
        match &mut self.state {
            State::Ringing { legs, .. } => {
                if self.caller.place.endpoint == endpoint {
                    self.caller.absent = true;
                    self.timers.set(Timer::CallerLost, since + CALLER_LOST);
                }
                legs.iter_mut()
                    .filter(|l| l.place.endpoint == endpoint)
                    .for_each(|l| l.state = RingState::Gone);
            }
            State::Answered { .. } => self.absent(since, endpoint, false),
            State::Ended => {}
        }
    }

    pub(super) fn is_leg(&self, from: Place) -> bool {
        self.involves(from.endpoint)
            && [self.caller.place.account, self.callee].contains(&from.account)
    }

    pub(super) fn timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.expire(now) {
            let end = match (timer, &self.state) {
                (Timer::Ring, State::Ringing { refused: true, .. }) => CallEnd::Refused,
                (Timer::Ring, State::Ringing { .. }) => CallEnd::NoAnswer,
                (Timer::CallerLost, State::Ringing { .. }) => CallEnd::Cancelled,
                (Timer::Connect, State::Answered { talked, .. }) => broken(*talked),
                (Timer::Absent, State::Answered { .. }) => CallEnd::Lost,
                _ => continue,
            };
            self.end(end, CallSide::Server);
        }
    }

    pub(super) fn rings(&mut self, from: Place) {
        let key = self.key;
        let caller = self.caller.place.endpoint;
        let State::Ringing { legs, .. } = &mut self.state else {
            return;
        };
        let Some(leg) = legs.iter_mut().find(|l| l.place.endpoint == from.endpoint) else {
            return;
        };
        if leg.state == RingState::Offered {
            leg.state = RingState::Ringing;
            let devices = RingLeg::devices(legs);
            self.mark("ringing", CallSide::Callee);
            self.tell(caller, CallEvent::Ringing { key, devices });
        }
    }

    pub(super) fn media(&mut self, from: Place, media: Media) {
        let key = self.key;
        let side = self.side(from.account);
        if let State::Answered { callee, .. } = &mut self.state {
            let (own, to) = if from.endpoint == callee.place.endpoint {
                (&mut *callee, self.caller.place)
            } else {
                (&mut self.caller, callee.place)
            };
            let before = std::mem::replace(&mut own.media, media);
            if before.held != media.held {
                self.mark(if media.held { "hold" } else { "resume" }, side);
            }
            if before.screen != media.screen {
                self.mark(if media.screen { "screen" } else { "screen_end" }, side);
            }
            self.tell(
                to.endpoint,
                CallEvent::Media {
                    key,
                    from: from.endpoint,
                    media,
                },
            );
        }
    }
}

/// Media stopped, or never came.
fn broken(talked: bool) -> CallEnd {
    if talked {
        CallEnd::Lost
    } else {
        CallEnd::Failed
    }
}
