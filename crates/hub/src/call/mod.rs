//! A call as a machine: who rings, who is in, when it ends. Descriptions and signals pass through unread.
//!
//! States: *ringing → connecting → live → ended*. The callee has one leg per endpoint that can ring; the first answer in
//! the hub's order wins. A leg whose connection dropped is absent, and may be taken up again by its device. A call that
//! outlived its process is adopted by the next one: both legs are absent, and nobody knows their devices.

mod back;
mod legs;
mod steps;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sansio::{Machine, Timers};

pub use self::back::Adopt;
use self::legs::{Leg, RingLeg, RingState};
use crate::error::{Error, Kind};
use crate::event::{CallEvent, Media, StopWhy};
use crate::id::{AccountId, CallKey, DeviceId, EndpointId, Timestamp};
use crate::model::{CallEnd, CallMark, CallSide, outcome_for};

/// How long a call rings.
pub const RING: Duration = Duration::from_secs(30);
/// How long it rings on after its caller vanished.
pub const CALLER_LOST: Duration = Duration::from_secs(10);
/// How long the ends may look for a path after an answer.
pub const CONNECT: Duration = Duration::from_secs(20);
/// How long a leg may be absent from a call that runs.
pub const ABSENT: Duration = Duration::from_secs(60);
/// Signals of the caller kept for the one who will answer.
const MAX_EARLY: usize = 64;
/// Bytes of one signal.
const MAX_SIGNAL: usize = 16 * 1024;
/// Bytes of an offer or answer.
const MAX_DESCRIPTION: usize = 64 * 1024;

/// An endpoint of a device of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Whose.
    pub account: AccountId,
    /// Which device.
    pub device: DeviceId,
    /// Which connection.
    pub endpoint: EndpointId,
}

/// How a call begins.
#[derive(Debug, Clone)]
pub struct Begin {
    /// Its key.
    pub key: CallKey,
    /// Who calls, from where.
    pub caller: Place,
    /// Who is called.
    pub callee: AccountId,
    /// What the caller sends.
    pub media: Media,
    /// Its offer.
    pub offer: String,
    /// Why nothing rings, if so: it ends at once, or rings unheard.
    pub unheard: Option<Unheard>,
    /// The endpoints that ring.
    pub ring: Vec<Place>,
}

/// Why nothing rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheard {
    /// The callee is in another call: ends at once.
    Busy,
    /// None of the callee's endpoints is there: ends at once.
    NobodyThere,
    /// The callee keeps the caller away: rings unheard until the time is out.
    Refused,
}

/// What can happen to a call.
#[derive(Debug, Clone)]
pub enum Input {
    /// An endpoint of the callee came while it rings.
    Arrived(Place),
    /// An endpoint rings.
    Ringing(Place),
    /// An endpoint answers.
    Accept(Place, Media, String),
    /// An endpoint declines for its person.
    Decline(Place),
    /// A line for the other side.
    Signal(Place, String),
    /// What an end sends now.
    Media(Place, Media),
    /// An end has media.
    Connected(Place),
    /// An end takes its place, again or from elsewhere; `true` = its media never stopped.
    Join(Place, Media, bool),
    /// The page at this endpoint goes away, and may come back.
    Away(Place, EndpointId),
    /// An end leaves; `true` = for want of a path, a seal or a device.
    Leave(Place, bool),
    /// A connection dropped; nothing was heard on it since then.
    Lost(EndpointId, Instant),
    /// Both sides called at once, and the other call lives.
    Supersede(CallKey),
    /// The hub stops.
    Stop,
    /// Time passed.
    Timeout,
}

/// What a call wants done.
#[derive(Debug, Clone)]
pub enum Output {
    /// Make this endpoint ring with this offer.
    Ring {
        /// Which.
        to: Place,
        /// What the caller sends.
        media: Media,
        /// The offer.
        offer: Arc<str>,
        /// How long it may ring.
        expires_in: Duration,
    },
    /// Say this to an endpoint.
    Tell(EndpointId, CallEvent),
    /// It was answered: write it down.
    Answered,
    /// It is over: write it down, end its credentials, forget it.
    Ended(CallEnd),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Timer {
    Ring,
    CallerLost,
    Connect,
    Absent,
}

#[derive(Debug)]
enum State {
    /// The callee's legs ring, or nobody hears it.
    Ringing {
        legs: Vec<RingLeg>,
        early: Vec<Arc<str>>,
        refused: bool,
    },
    /// One leg answered; `connected` = (caller, callee). `talked`: it was live once.
    Answered {
        callee: Leg,
        connected: (bool, bool),
        live: bool,
        talked: bool,
    },
    /// Over.
    Ended,
}

/// One call between two people.
#[derive(Debug)]
pub struct Call {
    key: CallKey,
    caller: Leg,
    callee: AccountId,
    media: Media,
    offer: Arc<str>,
    state: State,
    timers: Timers<Timer>,
    outputs: VecDeque<Output>,
    marks: Vec<CallMark>,
    /// The wall's time of the input at hand, for marks.
    wall: Timestamp,
    /// Until when it is known to have run, as long as nobody came back after its process ended.
    known_until: Option<Timestamp>,
}

impl Call {
    /// Begin to ring. `Err` if the offer is too large.
    pub fn begin(now: Instant, wall: Timestamp, begin: Begin) -> Result<Self, Error> {
        description_fits(&begin.offer)?;
        let mut call = Self {
            key: begin.key,
            caller: Leg::new(begin.caller, begin.media),
            callee: begin.callee,
            media: begin.media,
            offer: begin.offer.into(),
            state: State::Ringing {
                legs: Vec::new(),
                early: Vec::new(),
                refused: begin.unheard == Some(Unheard::Refused),
            },
            timers: Timers::default(),
            outputs: VecDeque::new(),
            marks: Vec::new(),
            wall,
            known_until: None,
        };
        call.mark("invite", CallSide::Caller);
        match begin.unheard {
            Some(Unheard::Busy) => call.end(CallEnd::Busy, CallSide::Server),
            Some(Unheard::NobodyThere) => call.end(CallEnd::NobodyThere, CallSide::Server),
            Some(Unheard::Refused) => {
                call.timers.set(Timer::Ring, now + RING);
                // As if one device rang: silence would say that they are kept away.
                let (caller, key) = (call.caller.place.endpoint, call.key);
                call.tell(caller, CallEvent::Ringing { key, devices: 1 });
            }
            None => {
                call.timers.set(Timer::Ring, now + RING);
                for place in begin.ring {
                    call.ring(now, place);
                }
            }
        }
        Ok(call)
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> CallKey {
        self.key
    }

    /// Who called.
    #[must_use]
    pub fn caller(&self) -> Place {
        self.caller.place
    }

    /// Who was called.
    #[must_use]
    pub fn callee(&self) -> AccountId {
        self.callee
    }

    /// Whether it still rings.
    #[must_use]
    pub fn is_ringing(&self) -> bool {
        matches!(self.state, State::Ringing { .. })
    }

    /// Whether the callee keeps the caller away: it rings for the caller alone.
    #[must_use]
    pub fn is_unheard(&self) -> bool {
        matches!(self.state, State::Ringing { refused: true, .. })
    }

    /// All its legs, present and absent.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let mut places = vec![self.caller.place];
        match &self.state {
            State::Ringing { legs, .. } => places.extend(legs.iter().map(|l| l.place)),
            State::Answered { callee, .. } => places.push(callee.place),
            State::Ended => places.clear(),
        }
        places
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// Whether an endpoint is a leg of it.
    #[must_use]
    pub fn involves(&self, endpoint: EndpointId) -> bool {
        self.caller.place.endpoint == endpoint
            || match &self.state {
                State::Ringing { legs, .. } => legs.iter().any(|l| l.place.endpoint == endpoint),
                State::Answered { callee, .. } => callee.place.endpoint == endpoint,
                State::Ended => false,
            }
    }

    /// The connection of a device that is a leg of it, present or absent.
    #[must_use]
    pub fn leg_of(&self, account: AccountId, device: DeviceId) -> Option<EndpointId> {
        let matches = |place: &Place| (place.account, place.device) == (account, device);
        let is_it = |leg: &Leg| leg.may_be(account, device);
        let ringing = match &self.state {
            State::Ringing { legs, .. } => legs.iter().map(|l| l.place).find(matches),
            State::Answered { callee, .. } => Some(*callee).filter(is_it).map(|leg| leg.place),
            State::Ended => None,
        };
        Some(self.caller)
            .filter(is_it)
            .map(|leg| leg.place)
            .or(ringing)
            .map(|place| place.endpoint)
    }

    /// Whether somebody cannot take another call because of it: not while nobody knows whether they are still in it.
    #[must_use]
    pub fn occupies(&self, account: AccountId) -> bool {
        match &self.state {
            State::Ringing { refused, .. } => {
                // Who is kept away keeps nobody busy.
                self.caller.place.account == account || (self.callee == account && !refused)
            }
            State::Answered { callee, .. } => [&self.caller, callee]
                .iter()
                .any(|leg| leg.place.account == account && !leg.is_vacant()),
            State::Ended => false,
        }
    }

    /// Until when it is known to have run, if its process ended and nobody came back.
    #[must_use]
    pub fn known_until(&self) -> Option<Timestamp> {
        self.known_until
    }

    /// What the hub saw of it, for its record.
    #[must_use]
    pub fn marks(&self) -> &[CallMark] {
        &self.marks
    }

    /// The wall's time, before an input that should be marked with it.
    pub fn set_wall(&mut self, wall: Timestamp) {
        self.wall = wall;
    }

    fn ring(&mut self, now: Instant, place: Place) {
        let left = self.timers.remaining(Timer::Ring, now).unwrap_or(RING);
        let State::Ringing {
            legs,
            refused: false,
            ..
        } = &mut self.state
        else {
            return;
        };
        if legs.iter().any(|l| l.place.endpoint == place.endpoint) || legs.len() >= 20 {
            return;
        }
        legs.push(RingLeg {
            place,
            state: RingState::Offered,
        });
        self.outputs.push_back(Output::Ring {
            to: place,
            media: self.media,
            offer: self.offer.clone(),
            expires_in: left,
        });
    }

    fn tell(&mut self, to: EndpointId, event: CallEvent) {
        self.outputs.push_back(Output::Tell(to, event));
    }

    fn mark(&mut self, name: &str, side: CallSide) {
        let full = self.marks.len() >= 60;
        match self.marks.last_mut() {
            Some(last) if last.name == name && last.side == side => {
                last.count = last.count.saturating_add(1)
            }
            // The last places are kept for how it ended.
            _ if full && name != "end" => {}
            _ => self.marks.push(CallMark {
                name: name.to_owned(),
                side,
                at: self.wall,
                count: 1,
            }),
        }
    }

    fn side(&self, account: AccountId) -> CallSide {
        if account == self.caller.place.account {
            CallSide::Caller
        } else {
            CallSide::Callee
        }
    }

    /// End it: everybody concerned hears it once, as they may know it.
    fn end(&mut self, end: CallEnd, by: CallSide) {
        self.mark("end", by);
        self.timers.clear_all();
        let key = self.key;
        match std::mem::replace(&mut self.state, State::Ended) {
            State::Ringing { legs, .. } => {
                let why = match end {
                    CallEnd::Declined => StopWhy::DeclinedElsewhere,
                    CallEnd::Cancelled => StopWhy::Cancelled,
                    CallEnd::Superseded => StopWhy::Superseded,
                    CallEnd::NoAnswer => StopWhy::NotAnswered,
                    _ => StopWhy::Ended,
                };
                for leg in legs.iter().filter(|l| l.state != RingState::Gone) {
                    self.tell(leg.place.endpoint, CallEvent::RingStopped { key, why });
                }
            }
            State::Answered { callee, .. } => {
                self.tell(
                    callee.place.endpoint,
                    CallEvent::Ended {
                        key,
                        outcome: outcome_for(end, false),
                    },
                );
            }
            State::Ended => return,
        }
        if end != CallEnd::Superseded {
            let caller = self.caller.place.endpoint;
            self.tell(
                caller,
                CallEvent::Ended {
                    key,
                    outcome: outcome_for(end, true),
                },
            );
        }
        self.outputs.push_back(Output::Ended(end));
    }
}

impl Machine for Call {
    type Input = Input;
    type Output = Output;
    type Error = Error;

    fn handle(&mut self, now: Instant, input: Input) -> Result<(), Error> {
        if let Input::Join(from, media, still) = input {
            return self.join(now, from, media, still);
        }
        if let Input::Ringing(from)
        | Input::Accept(from, ..)
        | Input::Decline(from)
        | Input::Signal(from, _)
        | Input::Media(from, _)
        | Input::Connected(from)
        | Input::Leave(from, _) = &input
        {
            if self.is_over() {
                return Err(gone());
            }
            self.take_up(now, *from, !matches!(input, Input::Leave(..)));
            if !self.is_leg(*from) {
                // Somebody of the two, but not the device that is in it.
                let mine = [self.caller.place.account, self.callee].contains(&from.account);
                return Err(if mine {
                    already_answered()
                } else {
                    Error::not_found("call")
                });
            }
        }
        match input {
            Input::Arrived(place) => self.ring(now, place),
            Input::Ringing(from) => self.rings(from),
            Input::Accept(from, media, answer) => self.accept(now, from, media, answer)?,
            Input::Decline(from) => {
                if !self.is_ringing() || from.account != self.callee {
                    return Err(already_answered());
                }
                self.mark("decline", CallSide::Callee);
                self.end(CallEnd::Declined, CallSide::Callee);
            }
            Input::Signal(from, data) => self.signal(from, data)?,
            Input::Media(from, media) => self.media(from, media),
            Input::Connected(from) => self.connected(from),
            Input::Join(..) => {}
            Input::Away(from, page) => self.away(now, from, page),
            Input::Leave(from, failed) => self.leave(from, failed),
            Input::Lost(endpoint, since) => self.lost(since.min(now), endpoint),
            Input::Supersede(by) => {
                let caller = self.caller.place.endpoint;
                let key = self.key;
                self.tell(caller, CallEvent::Superseded { key, by });
                self.end(CallEnd::Superseded, CallSide::Server);
            }
            Input::Stop => {
                let end = if self.is_ringing() {
                    CallEnd::NoAnswer
                } else {
                    CallEnd::Lost
                };
                self.end(end, CallSide::Server);
            }
            Input::Timeout => self.timeout(now),
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }
}

pub(crate) fn description_fits(sdp: &str) -> Result<(), Error> {
    if sdp.len() <= MAX_DESCRIPTION {
        return Ok(());
    }
    let message = format!("a description has at most {MAX_DESCRIPTION} bytes");
    Err(Error::new(Kind::TooLarge, "too_large", message).with_limit(MAX_DESCRIPTION as u64))
}

fn gone() -> Error {
    Error::new(Kind::NotFound, "call_gone", "this call is over")
}

fn already_answered() -> Error {
    Error::new(
        Kind::Conflict,
        "already_answered",
        "this call was answered on another device",
    )
}
