//! Calls of this process: which machine runs, who is busy, who rings.

use std::time::Instant;

use sansio::Machine;

use super::{Live, finish_work};
use crate::call::{Begin, Call, Input, Output, Place, Unheard, description_fits};
use crate::command::{Target, Value};
use crate::decide::{Begun, FinishCall};
use crate::error::{Error, Kind};
use crate::event::{CallEvent, Ephemeral, Media};
use crate::id::{AccountId, CallKey, ConversationId, DeviceId, EndpointId, Timestamp};
use crate::model::{AccountKind, Availability, CallEnd};

/// Ended calls that are remembered until their record is surely written.
const MAX_ENDED: usize = 1_024;

/// A call that runs.
pub(crate) struct Running {
    pub(crate) call: Call,
    pub(crate) conversation: ConversationId,
    /// Only relayed candidates may be used.
    pub(super) relay_only: bool,
    pub(super) answered: Option<Timestamp>,
    /// The call that gave way to this one: its caller may go on with the relay that was ready for it.
    pub(super) crossed: Option<CallKey>,
}

/// What a caller asks for.
#[derive(Debug, Clone)]
pub(crate) struct CallRequest {
    pub(crate) to: Target,
    pub(crate) media: Media,
    pub(crate) offer: String,
    pub(crate) relay_only: bool,
}

/// A call that may begin.
pub(crate) struct Ready {
    pub(crate) key: CallKey,
    pub(crate) from: Place,
    pub(crate) request: CallRequest,
    pub(crate) begun: Begun,
}

/// The two sides of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sides {
    pub(crate) caller: AccountId,
    pub(crate) callee: AccountId,
}

impl Live {
    /// Whether an account is in a call that was answered.
    pub(crate) fn in_call(&self, account: AccountId) -> bool {
        self.calls
            .values()
            .any(|r| !r.call.is_ringing() && r.call.occupies(account))
    }

    fn busy(&self, account: AccountId) -> bool {
        let service = self
            .people
            .get(&account)
            .is_some_and(|p| p.account.kind == AccountKind::Service);
        !service && self.calls.values().any(|r| r.call.occupies(account))
    }

    /// Whether the far end of a call to this account is a media endpoint of this server.
    pub(crate) fn is_here(&self, account: AccountId) -> bool {
        self.people.get(&account).is_some_and(|p| {
            p.endpoints
                .iter()
                .any(|e| self.endpoints.get(e).is_some_and(|e| e.here))
        })
    }

    /// Begin to ring; both sides calling at once becomes one call.
    pub(crate) fn call_begin(
        &mut self,
        now: Instant,
        wall: Timestamp,
        ready: Ready,
    ) -> Result<Value, Error> {
        let key = ready.key;
        if self.calls.contains_key(&key) {
            // The same Invite again: an answer that was lost, or a caller whose connection is another one.
            let again = Input::Join(ready.from, ready.request.media, true);
            return self.step(now, wall, key, again).map(|()| Value::None);
        }
        if ready.begun.over || self.ended.contains(&key) {
            return Err(Error::new(Kind::NotFound, "call_gone", "this call is over"));
        }
        // It rang before the server started anew: the callee's devices may be on their way back, too.
        let again = self.silenced.remove(&key).is_some();
        let begun = self.try_begin(now, wall, ready, again);
        if begun.is_err() {
            // Nothing rang: it is in nobody's history.
            self.record(key, None, Some(wall), CallEnd::Superseded);
            self.paths.end(key);
        }
        begun
    }

    fn try_begin(
        &mut self,
        now: Instant,
        wall: Timestamp,
        ready: Ready,
        again: bool,
    ) -> Result<Value, Error> {
        let Ready {
            key,
            from,
            request,
            begun,
        } = ready;
        description_fits(&request.offer)?;
        if !self.endpoints.contains_key(&from.endpoint) {
            // It went while the call was written down: nobody would hear the answer, and nothing would end the ringing.
            return Err(crate::hub::Session::needs_connection());
        }
        let crossing = self.calls.values().find(|r| {
            r.call.is_ringing()
                && !r.call.is_unheard()
                && r.call.caller().account == begun.callee
                && r.call.callee() == from.account
        });
        let mut ring: Vec<Place> = Vec::new();
        let mut unheard = begun.refused.then_some(Unheard::Refused);
        let mut crossed = None;
        if let Some(other) = crossing.filter(|_| unheard.is_none()) {
            let (theirs, their_place) = (other.call.key(), other.call.caller());
            if theirs < key {
                // The smaller key lives: this side answers that call. No machine was made for this one.
                self.record(key, None, Some(wall), CallEnd::Superseded);
                let lives = self.calls.get_mut(&theirs);
                if let Some(before) = lives.and_then(|r| r.crossed.replace(key)) {
                    self.paths.end(before);
                }
                return Ok(Value::Superseded(theirs));
            }
            self.step(now, wall, theirs, Input::Supersede(key))?;
            crossed = Some(theirs);
            if self.endpoints.contains_key(&their_place.endpoint) {
                ring.push(their_place);
            } else {
                ring = self.ringable(begun.callee);
            }
        } else if self.busy(from.account) {
            return Err(Error::new(
                Kind::Conflict,
                "busy_self",
                "you are in a call already: end it first",
            ));
        } else if unheard.is_none() && self.busy(begun.callee) {
            ring = self.waiting(begun.callee);
            if ring.is_empty() {
                unheard = Some(Unheard::Busy);
            }
        } else if unheard.is_none() {
            ring = self.ringable(begun.callee);
            if ring.is_empty() && !again {
                unheard = Some(Unheard::NobodyThere);
            }
        }
        let begin = Begin {
            key,
            caller: from,
            callee: begun.callee,
            media: request.media,
            offer: request.offer,
            unheard,
            ring,
        };
        let call = Call::begin(now, wall, begin)?;
        let relay_only = self.relay_only || request.relay_only || !begun.known;
        self.calls.insert(
            key,
            Running {
                call,
                conversation: begun.conversation,
                relay_only,
                answered: None,
                crossed,
            },
        );
        self.drain(now, wall, key);
        Ok(Value::None)
    }

    fn ringable(&self, account: AccountId) -> Vec<Place> {
        let Some(person) = self.people.get(&account) else {
            return Vec::new();
        };
        let endpoints = person
            .endpoints
            .iter()
            .filter_map(|id| self.endpoints.get(id));
        endpoints
            .filter(|e| e.abilities.voice)
            .map(|e| e.place)
            .collect()
    }

    /// A step of a call that exists.
    pub(crate) fn step(
        &mut self,
        now: Instant,
        wall: Timestamp,
        key: CallKey,
        input: Input,
    ) -> Result<(), Error> {
        let Some(running) = self.calls.get_mut(&key) else {
            return self.step_silenced(wall, key, &input);
        };
        running.call.set_wall(wall);
        let done = running.call.handle(now, input);
        self.drain(now, wall, key);
        done
    }

    /// What a leg may use to find its way.
    pub(crate) fn leg_ice(&self, key: CallKey, leg: AccountId) -> Option<crate::event::IceConfig> {
        let running = self.calls.get(&key)?;
        let far = if running.call.caller().account == leg {
            running.call.callee()
        } else {
            running.call.caller().account
        };
        Some(
            self.paths
                .ice(key, leg, self.is_here(far), running.relay_only),
        )
    }

    /// A device came while its person is being called: it rings too.
    pub(crate) fn call_arrived(&mut self, now: Instant, wall: Timestamp, place: Place) {
        let able = self.rings_now(place);
        let ringing: Vec<CallKey> = self
            .calls
            .values()
            .filter(|r| r.call.is_ringing() && r.call.callee() == place.account)
            .map(|r| r.call.key())
            .collect();
        for key in ringing.into_iter().filter(|_| able) {
            let _over = self.step(now, wall, key, Input::Arrived(place));
        }
    }

    /// Whether this endpoint calls somebody, and it rings there still.
    pub(crate) fn awaits_answer(&self, endpoint: EndpointId) -> bool {
        self.calls
            .values()
            .any(|r| r.call.is_ringing() && r.call.caller().endpoint == endpoint)
    }

    /// A connection of a call went; nothing was heard on it since the given moment.
    pub(super) fn call_endpoint_lost(
        &mut self,
        now: Instant,
        wall: Timestamp,
        endpoint: EndpointId,
        since: Instant,
    ) {
        let keys: Vec<CallKey> = self
            .calls
            .values()
            .filter(|r| r.call.involves(endpoint))
            .map(|r| r.call.key())
            .collect();
        for key in keys {
            let _over = self.step(now, wall, key, Input::Lost(endpoint, since));
        }
    }

    /// Somebody, or one of their devices, was signed out and leaves all calls at once.
    pub(super) fn call_leave(
        &mut self,
        now: Instant,
        wall: Timestamp,
        account: AccountId,
        device: Option<DeviceId>,
    ) {
        let legs = self.calls.values().flat_map(|r| {
            let key = r.call.key();
            r.call.places().into_iter().map(move |place| (key, place))
        });
        let leaving: Vec<(CallKey, Place)> = legs
            .filter(|(_, p)| p.account == account && device.is_none_or(|d| p.device == d))
            .collect();
        for (key, place) in leaving {
            let _over = self.step(now, wall, key, Input::Leave(place, false));
        }
    }

    pub(super) fn call_timeouts(&mut self, now: Instant, wall: Timestamp) {
        let due: Vec<CallKey> = self
            .calls
            .values()
            .filter(|r| r.call.poll_timeout().is_some_and(|at| at <= now))
            .map(|r| r.call.key())
            .collect();
        for key in due {
            let _over = self.step(now, wall, key, Input::Timeout);
        }
    }

    pub(super) fn drain(&mut self, now: Instant, wall: Timestamp, key: CallKey) {
        if let Some(at) = self
            .calls
            .get(&key)
            .and_then(|running| running.call.poll_timeout())
        {
            self.due_at(at);
        }
        // A step of a call must not be lost: a session that is too slow for it comes back, and finds out.
        let mut slow: Vec<EndpointId> = Vec::new();
        while let Some(output) = self.calls.get_mut(&key).and_then(|r| r.call.poll_output()) {
            match output {
                Output::Ring {
                    to,
                    media,
                    offer,
                    expires_in,
                } => {
                    let ring = self.ring_event(wall, key, to, media, offer, expires_in);
                    let heard = ring.is_none_or(|ring| self.tell_endpoint(to.endpoint, ring));
                    slow.extend((!heard).then_some(to.endpoint));
                }
                Output::Tell(endpoint, event) => {
                    let heard = self.tell_endpoint(endpoint, Ephemeral::Call(event));
                    slow.extend((!heard).then_some(endpoint));
                }
                Output::Answered => {
                    let Some(running) = self.calls.get_mut(&key) else {
                        break;
                    };
                    running.answered = Some(wall);
                    let sides = running.sides();
                    self.record(key, Some(wall), None, CallEnd::Open);
                    self.refresh(wall, sides.caller);
                    self.refresh(wall, sides.callee);
                }
                Output::Ended(end) => {
                    self.ended(wall, key, end);
                    break;
                }
            }
        }
        for endpoint in slow {
            self.detach(now, wall, endpoint, None);
        }
    }

    fn ring_event(
        &self,
        wall: Timestamp,
        key: CallKey,
        to: Place,
        media: Media,
        offer: std::sync::Arc<str>,
        expires_in: std::time::Duration,
    ) -> Option<Ephemeral> {
        let running = self.calls.get(&key)?;
        let from = running.call.caller().account;
        let ice = self
            .paths
            .ice(key, to.account, self.is_here(from), running.relay_only);
        let silent = self
            .people
            .get(&to.account)
            .is_some_and(|p| p.chosen(wall) == Some(Availability::Busy));
        Some(Ephemeral::Call(CallEvent::Ring {
            key,
            from,
            conversation: running.conversation,
            media,
            offer,
            silent,
            ice,
            expires_in: i64::try_from(expires_in.as_millis()).unwrap_or(i64::MAX),
        }))
    }

    fn ended(&mut self, wall: Timestamp, key: CallKey, end: CallEnd) {
        let Some((answered, known)) = self
            .calls
            .get(&key)
            .map(|r| (r.answered, r.call.known_until()))
        else {
            return;
        };
        // Of a call that nobody came back to, no more is known than when its process ended.
        self.record(key, answered, Some(known.unwrap_or(wall)), end);
        if end != CallEnd::Superseded {
            self.paths.end(key);
        }
        if self.ended.len() >= MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(key);
        if let Some(running) = self.calls.remove(&key) {
            if let Some(crossed) = running.crossed {
                self.paths.end(crossed);
            }
            let sides = running.sides();
            self.refresh(wall, sides.caller);
            self.refresh(wall, sides.callee);
        }
    }

    /// Have it written down.
    pub(super) fn record(
        &mut self,
        key: CallKey,
        answered: Option<Timestamp>,
        ended: Option<Timestamp>,
        end: CallEnd,
    ) {
        let finish = FinishCall {
            key,
            answered,
            ended,
            end,
            marks: Vec::new(),
        };
        let work = match self.calls.get(&key) {
            Some(running) => finish_work(&running.call, finish),
            None => crate::decide::Work::FinishCall(Box::new(finish)),
        };
        self.records.note(work);
    }
}

impl Running {
    pub(crate) fn sides(&self) -> Sides {
        Sides {
            caller: self.call.caller().account,
            callee: self.call.callee(),
        }
    }
}
