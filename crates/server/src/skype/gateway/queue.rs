//! What one endpoint hears and has not acknowledged yet.
//!
//! It is kept in two places: drawn events here, at most [`KEPT`] of them and hardly more than [`KEPT_BYTES`], and behind them the hub's
//! own queue of its connection. When that is full the hub ends the connection; the endpoint then attaches again and catches up
//! from the store, so that a program that polls slowly loses nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use hub::command::Command;
use hub::event::{Heard, Why};
use hub::id::Pos;
use hub::{Abilities, Events, Hello, Hub, Identity, Kind, Origin, Session};
use webapi::skype::event::{EventMessage, FIRST_EVENT, Resource};

use super::show::{Memory, Viewer};
use crate::lock::lock;

/// Drawn events that wait for their acknowledgement.
const KEPT: usize = 256;
/// Bytes of them, as JSON, from which on no more are drawn.
const KEPT_BYTES: usize = 256 * 1024;

/// One drawn event, until it is acknowledged.
#[derive(Debug, Clone)]
struct Kept {
    /// Where the hub told of it, if it is durable.
    pos: Option<Pos>,
    /// The event, with its number.
    event: EventMessage,
    /// Its size as JSON.
    bytes: usize,
}

/// An answer on its way.
#[derive(Debug)]
struct Given {
    /// How many events stand in it, from the front.
    count: usize,
    /// Whether the connection has taken it.
    taken: Taken,
}

/// Whether an answer was given. Who comes first decides it, once: the connection that takes the body, or the next poll.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(Arc<AtomicU8>);

impl Taken {
    const WAITING: u8 = 0;
    const TAKEN: u8 = 1;
    const VOID: u8 = 2;

    /// The connection takes it; whether it may.
    pub(super) fn take(&self) -> bool {
        self.decide(Self::TAKEN).is_ok()
    }

    /// The next poll has come, and nobody takes it any more; whether it was taken before.
    fn was_taken(&self) -> bool {
        self.decide(Self::VOID) == Err(Self::TAKEN)
    }

    fn decide(&self, how: u8) -> Result<u8, u8> {
        let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
        self.0
            .compare_exchange(Self::WAITING, how, success, failure)
    }
}

/// What an endpoint hears.
pub(super) struct Queue {
    hub: Hub,
    who: Identity,
    from: Origin,
    session: Arc<Mutex<Session>>,
    events: Events,
    /// Heard, not drawn yet.
    pending: Option<Heard>,
    /// Drawn, not acknowledged yet.
    kept: VecDeque<Kept>,
    /// The size of all of these.
    kept_bytes: usize,
    given: Option<Given>,
    /// The number of the next event.
    next: u64,
    /// Everything up to here was drawn.
    reached: Pos,
    /// Everything up to here was acknowledged.
    acknowledged: Pos,
    memory: Memory,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue")
            .field("kept", &self.kept.len())
            .finish_non_exhaustive()
    }
}

/// Why a poll has nothing more to wait for.
#[derive(Debug)]
pub(super) enum Stop {
    /// The endpoint is over.
    Over(Why),
    /// The hub cannot say now what happened; what was heard is drawn again by the next poll.
    NotNow(hub::Error),
}

impl From<hub::Error> for Stop {
    fn from(error: hub::Error) -> Self {
        Self::NotNow(error)
    }
}

impl Queue {
    /// A new one; it hears from now on.
    pub(super) async fn open(hub: &Hub, who: Identity, from: Origin) -> Result<Self, hub::Error> {
        let (session, events) = attach(hub, who, from, None).await?;
        let reached = events.reached();
        Ok(Self {
            hub: hub.clone(),
            who,
            from,
            session: Arc::new(Mutex::new(session)),
            events,
            pending: None,
            kept: VecDeque::new(),
            kept_bytes: 0,
            given: None,
            next: FIRST_EVENT,
            reached,
            acknowledged: reached,
            memory: Memory::default(),
        })
    }

    /// As whom its endpoint gives commands: another one after each time that it attached again.
    pub(super) fn session(&self) -> Arc<Mutex<Session>> {
        Arc::clone(&self.session)
    }

    /// Nobody has polled for so long; it ends.
    pub(super) fn was_quiet(&self, quiet: Duration) {
        self.events.was_quiet(quiet);
    }

    /// The next poll has come: what the answer before it held has arrived, if the connection took it.
    pub(super) async fn acknowledge(&mut self) -> Result<(), hub::Error> {
        let Some(given) = self.given.take() else {
            return Ok(());
        };
        if !given.taken.was_taken() {
            return Ok(());
        }
        let gone = self.kept.drain(..given.count.min(self.kept.len()));
        let mut upto = None;
        for kept in gone {
            upto = upto.max(kept.pos);
            self.kept_bytes -= kept.bytes;
        }
        let upto = if self.kept.is_empty() {
            Some(self.reached)
        } else {
            upto
        };
        if let Some(upto) = upto.filter(|upto| *upto > self.acknowledged) {
            let session = lock(&self.session).clone();
            session.command(Command::Ack(upto)).await?;
            self.acknowledged = upto;
        }
        Ok(())
    }

    /// Comes back when there is something to tell. Nothing is lost if the wait is given up.
    pub(super) async fn wait(&mut self, viewer: &Viewer<'_>) -> Result<(), Stop> {
        while self.kept.is_empty() {
            if self.pending.is_none() {
                self.pending = Some(self.events.next().await);
            }
            self.draw(viewer).await?;
        }
        while self.kept.len() < KEPT && self.kept_bytes < KEPT_BYTES {
            if self.pending.is_none() {
                self.pending = self.events.next().now_or_never();
            }
            if self.pending.is_none() {
                break;
            }
            self.draw(viewer).await?;
        }
        Ok(())
    }

    /// Events that nobody told: who is there at the moment of a subscription. What was told so before and is not given yet goes,
    /// so that whoever subscribes again and again fills nothing.
    pub(super) fn tell(&mut self, events: Vec<EventMessage>) {
        let given = self.given.as_ref().map_or(0, |given| given.count);
        let mut index = 0;
        self.kept.retain(|kept| {
            index += 1;
            let presence = matches!(
                kept.event.resource,
                Resource::UserPresence(_) | Resource::EndpointPresence(_)
            );
            let stays = index <= given || !presence;
            if !stays {
                self.kept_bytes -= kept.bytes;
            }
            stays
        });
        self.keep(None, events);
    }

    async fn draw(&mut self, viewer: &Viewer<'_>) -> Result<(), Stop> {
        let (pos, events) = match &self.pending {
            None => return Ok(()),
            Some(Heard::Placed(pos, event)) => {
                let events = told(self.memory.placed(viewer, *pos, event).await)?;
                self.reached = self.reached.max(*pos);
                (Some(*pos), events)
            }
            Some(Heard::Passing(event)) => (None, told(self.memory.passing(viewer, event).await)?),
            Some(Heard::Reached(pos)) => {
                self.reached = self.reached.max(*pos);
                (None, Vec::new())
            }
            // Too much has happened to tell it all: history has it.
            Some(Heard::Behind) => {
                self.reached = self.events.reached();
                (None, Vec::new())
            }
            Some(Heard::Detached(Why::TooSlow)) => {
                self.attach_again().await?;
                (None, Vec::new())
            }
            Some(Heard::Detached(why)) => return Err(Stop::Over(*why)),
        };
        self.pending = None;
        self.keep(pos, events);
        Ok(())
    }

    /// Its queue in the hub was full: begin anew, and read from the store what was missed.
    async fn attach_again(&mut self) -> Result<(), hub::Error> {
        let since = Some(self.reached);
        let (session, events) = attach(&self.hub, self.who, self.from, since).await?;
        *lock(&self.session) = session;
        self.events = events;
        Ok(())
    }

    fn keep(&mut self, pos: Option<Pos>, events: Vec<EventMessage>) {
        for mut event in events {
            event.id = self.next;
            self.next += 1;
            let bytes = size(&event);
            self.kept_bytes += bytes;
            self.kept.push_back(Kept { pos, event, bytes });
        }
    }

    /// The events of an answer: as many as the program can take at once, oldest first. They stay here until the next poll.
    pub(super) fn give(
        &mut self,
        fits: impl Fn(&[EventMessage], &EventMessage) -> bool,
    ) -> (Vec<EventMessage>, Taken) {
        let mut events = Vec::new();
        for kept in &self.kept {
            if !fits(&events, &kept.event) {
                break;
            }
            events.push(kept.event.clone());
        }
        let taken = Taken::default();
        self.given = Some(Given {
            count: events.len(),
            taken: taken.clone(),
        });
        (events, taken)
    }
}

/// Bytes of an event as JSON, which are counted and not kept.
fn size(event: &EventMessage) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    let _ = serde_json::to_writer(&mut count, event);
    count.0
}

/// What there is to tell of an event: nothing of what one may not see any more. Another refusal passes, and the event is drawn
/// again.
fn told(drawn: Result<Vec<EventMessage>, hub::Error>) -> Result<Vec<EventMessage>, hub::Error> {
    match drawn {
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Forbidden) => Ok(Vec::new()),
        drawn => drawn,
    }
}

async fn attach(
    hub: &Hub,
    who: Identity,
    from: Origin,
    since: Option<Pos>,
) -> Result<(Session, Events), hub::Error> {
    let hello = Hello {
        door: "skype",
        abilities: Abilities::default(),
        here: false,
        since,
        from,
    };
    hub.attach(who, hello).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_given_or_void_and_never_both() {
        let given = Taken::default();
        assert!(given.take() && given.was_taken() && !given.take());
        let void = Taken::default();
        assert!(!void.was_taken() && !void.take() && !void.was_taken());
    }

    #[test]
    fn what_may_not_be_seen_any_more_is_passed_over_and_the_rest_comes_again() {
        assert_eq!(told(Err(hub::Error::not_found("thread"))), Ok(Vec::new()));
        let away = hub::Error::unavailable("not now");
        assert_eq!(told(Err(away.clone())), Err(away));
    }
}
