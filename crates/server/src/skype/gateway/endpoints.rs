//! Endpoints of programs of the web generation: one for each that is registered, with what it has not acknowledged yet.
//!
//! They live in this process, like connections. What a program hears is kept in two places: drawn events here, at most
//! [`KEPT`], and behind them the hub's own queue of its connection. When that is full the hub ends the connection; the endpoint
//! then attaches again and catches up from the store, so that a program that polls slowly loses nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use hub::clock::Clock;
use hub::command::Command;
use hub::event::{Heard, Why};
use hub::id::{AccountId, Pos, Timestamp};
use hub::{Abilities, Events, Hello, Hub, Identity, Kind, Origin, Session};
use tokio_util::sync::CancellationToken;
use webapi::skype::endpoint::Interests;
use webapi::skype::event::{EventMessage, FIRST_EVENT, Resource};
use webapi::skype::presence::SetEndpoint;
use webapi::skype::{Client, EndpointId};

use super::show::{Memory, Viewer};
use crate::lock::lock;
use crate::longpoll::{Turns, surplus};

/// An endpoint that was not used for so long ends. Longer than the longest watchdog of a program, 180 s (section 3.4).
const EXPIRES: Duration = Duration::from_secs(300);
/// How often ended endpoints are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// Drawn events of one endpoint that wait for their acknowledgement.
const KEPT: usize = 256;

/// All endpoints of this door.
#[derive(Debug, Default)]
pub struct Endpoints {
    table: Mutex<HashMap<(AccountId, EndpointId), Arc<Endpoint>>>,
}

impl Endpoints {
    /// Ends endpoints that nobody uses any more, or whose time is over, until the program stops.
    pub async fn sweep(&self, clock: &dyn Clock) {
        loop {
            clock.sleep_until(clock.now() + SWEEP).await;
            let (now, wall) = (clock.now(), clock.wall());
            lock(&self.table).retain(|_, endpoint| {
                let Ok(inner) = endpoint.inner.try_lock() else {
                    return true; // it is polled just now
                };
                let quiet = endpoint.turns.quiet(now);
                let keep = quiet < EXPIRES && wall < endpoint.ends();
                if !keep {
                    inner.events.was_quiet(quiet);
                    endpoint.over.cancel();
                }
                keep
            });
        }
    }

    /// An account's endpoint.
    pub(super) fn find(&self, account: AccountId, id: &EndpointId) -> Option<Arc<Endpoint>> {
        lock(&self.table).get(&(account, *id)).cloned()
    }

    /// All endpoints of an account.
    pub(super) fn of(&self, account: AccountId) -> Vec<Arc<Endpoint>> {
        let table = lock(&self.table);
        let own = table.values().filter(|of| of.who.account == account);
        own.cloned().collect()
    }

    /// One more; the longest unused of an account that has too many go, as in the hub.
    pub(super) fn put(&self, endpoint: Endpoint) -> Arc<Endpoint> {
        let account = endpoint.who.account;
        let endpoint = Arc::new(endpoint);
        let mut table = lock(&self.table);
        let own = table.iter().filter(|((of, _), _)| *of == account);
        for oldest in surplus(own.map(|(key, of)| (of.turns.last(), *key)).collect()) {
            if let Some(gone) = table.remove(&oldest) {
                gone.over.cancel();
            }
        }
        if let Some(before) = table.insert((account, endpoint.id), Arc::clone(&endpoint)) {
            before.over.cancel();
        }
        endpoint
    }

    /// Ends an endpoint; whether there was one.
    pub(super) fn end(&self, account: AccountId, id: &EndpointId) -> bool {
        let gone = lock(&self.table).remove(&(account, *id));
        if let Some(gone) = &gone {
            gone.over.cancel();
        }
        gone.is_some()
    }
}

/// A program that is registered.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Its name, made here.
    pub(super) id: EndpointId,
    /// Whose it is, and with which device.
    pub(super) who: Identity,
    /// Its polls.
    pub(super) turns: Turns,
    /// It is over: whoever waits for it stops.
    pub(super) over: CancellationToken,
    /// As whom it gives commands; its connection's own.
    session: Arc<Mutex<Session>>,
    /// What is known of it.
    about: Mutex<About>,
    /// What it hears.
    pub(super) inner: tokio::sync::Mutex<Inner>,
}

/// What an endpoint said of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// Which program it is.
    pub(super) client: Client,
    /// What it wants to hear; nothing until it subscribes.
    pub(super) interests: Option<Interests>,
    /// What it says of itself.
    pub(super) said: SetEndpoint,
    /// What it can do, in its own words.
    pub(super) features: String,
    /// Its person chose to be shown as not using it.
    pub(super) idle: bool,
    /// When its registration ends.
    pub(super) ends: Timestamp,
}

impl Endpoint {
    /// A new endpoint of a device; it hears from now on.
    pub(super) async fn open(
        hub: &Hub,
        who: Identity,
        from: Origin,
        id: EndpointId,
        about: About,
        now: Instant,
    ) -> Result<Self, hub::Error> {
        let (session, events) = attach(hub, who, from, None).await?;
        let reached = events.reached();
        let session = Arc::new(Mutex::new(session));
        let inner = Inner {
            hub: hub.clone(),
            who,
            from,
            session: Arc::clone(&session),
            events,
            pending: None,
            kept: VecDeque::new(),
            given: None,
            next: FIRST_EVENT,
            reached,
            acknowledged: reached,
            memory: Memory::default(),
        };
        Ok(Self {
            id,
            who,
            turns: Turns::new(now),
            over: CancellationToken::new(),
            session,
            about: Mutex::new(about),
            inner: tokio::sync::Mutex::new(inner),
        })
    }

    /// What is known of it now.
    pub(super) fn about(&self) -> About {
        lock(&self.about).clone()
    }

    /// Changes what is known of it.
    pub(super) fn change(&self, how: impl FnOnce(&mut About)) {
        how(&mut lock(&self.about));
    }

    /// When its registration ends.
    pub(super) fn ends(&self) -> Timestamp {
        lock(&self.about).ends
    }

    /// As whom it gives commands.
    pub(super) fn session(&self) -> Session {
        lock(&self.session).clone()
    }
}

/// One drawn event, until it is acknowledged.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Where the hub told of it, if it is durable.
    pos: Option<Pos>,
    /// The event, with its number.
    pub(super) event: EventMessage,
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
pub(super) struct Inner {
    hub: Hub,
    who: Identity,
    from: Origin,
    session: Arc<Mutex<Session>>,
    events: Events,
    /// Heard, not drawn yet.
    pending: Option<Heard>,
    /// Drawn, not acknowledged yet.
    kept: VecDeque<Kept>,
    given: Option<Given>,
    /// The number of the next event.
    next: u64,
    /// Everything up to here was drawn.
    reached: Pos,
    /// Everything up to here was acknowledged.
    acknowledged: Pos,
    memory: Memory,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
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

impl Inner {
    /// The next poll has come: what the answer before it held has arrived, if the connection took it.
    pub(super) async fn acknowledge(&mut self) -> Result<(), hub::Error> {
        let Some(given) = self.given.take() else {
            return Ok(());
        };
        if !given.taken.was_taken() {
            return Ok(());
        }
        let gone = self.kept.drain(..given.count.min(self.kept.len()));
        let upto = gone.filter_map(|kept| kept.pos).max();
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
        while self.kept.len() < KEPT {
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
            index <= given || !presence
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
            self.kept.push_back(Kept { pos, event });
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
