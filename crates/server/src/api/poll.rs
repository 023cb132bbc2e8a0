//! `POST /endpoint` and `GET /poll`: the long-poll twin of the socket, for programs behind proxies that cut it.
//!
//! A poll gives what happened since the one before it and keeps a copy; the next poll acknowledges by its `after` and
//! `seen`, or gets the copy again. So an answer that was lost on the way loses nothing.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use futures_util::FutureExt as _;
use hub::command::Command;
use hub::event::{Heard, Why};
use hub::id::{AccountId, DeviceId, EndpointId, Pos};
use hub::{Abilities, Events, Hello, Identity, Origin, Session};
use serde::Deserialize;
use tokio::time::Instant;
use webapi::skein::{self as api, ErrorKind};

use super::auth::origin;
use super::feed::{Shown, show};
use super::query::ApiQuery;
use super::{Door, SignedIn, translate};
use crate::http::{ApiJson, Refusal};
use crate::lock::lock;
use crate::longpoll::{Turns, surplus};

/// The longest a poll is held, in seconds.
const LONGEST: u32 = 25;
/// An endpoint ends if no poll began for so long: a minute after the longest poll.
const EXPIRES: Duration = Duration::from_secs(60 + LONGEST as u64);
/// While an endpoint calls somebody its polls are held so long, and it ends if none comes for so long: the hub ends the ring 10 s
/// after the last one.
const LONGEST_CALLING: Duration = Duration::from_secs(3);
const EXPIRES_CALLING: Duration = Duration::from_secs(6);
/// Events kept for one endpoint until they are acknowledged; beyond it the client catches up by `sync`.
const KEPT: usize = 512;
/// How often ended endpoints are looked for.
const SWEEP: Duration = Duration::from_secs(2);

/// Endpoints that poll.
#[derive(Debug, Default)]
pub struct Polls {
    endpoints: Mutex<HashMap<EndpointId, Arc<Endpoint>>>,
}

#[derive(Debug)]
struct Endpoint {
    account: AccountId,
    device: DeviceId,
    turns: Turns,
    /// As whom its device gives commands.
    session: Arc<Mutex<Session>>,
    inner: tokio::sync::Mutex<Inner>,
}

struct Inner {
    who: Identity,
    from: Origin,
    abilities: Abilities,
    /// The endpoint's own.
    session: Arc<Mutex<Session>>,
    events: Events,
    /// Not acknowledged yet, each with its number.
    kept: VecDeque<(i64, Option<Pos>, api::Placed)>,
    seq: i64,
    /// Heard, not kept yet.
    pending: Option<Heard>,
    reached: Pos,
    /// Too much has happened: the client must catch up to at least here.
    behind: Option<Pos>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("kept", &self.kept.len())
            .finish_non_exhaustive()
    }
}

impl Polls {
    /// Ends endpoints that nobody polls any more, until the program stops.
    pub async fn sweep(&self) {
        loop {
            tokio::time::sleep(SWEEP).await;
            let now = Instant::now().into_std();
            self.lock().retain(|_, endpoint| {
                let Ok(inner) = endpoint.inner.try_lock() else {
                    return true; // it is polled just now
                };
                let quiet = endpoint.turns.quiet(now);
                let calls = lock(&inner.session).awaits_answer();
                let keep = quiet < if calls { EXPIRES_CALLING } else { EXPIRES };
                if !keep {
                    inner.events.was_quiet(quiet);
                }
                keep
            });
        }
    }

    /// The session of an endpoint that polls, if it is this device's.
    pub(super) fn session(&self, id: &str, device: DeviceId) -> Result<Session, Refusal> {
        let id: EndpointId = id.parse().map_err(|_| ended())?;
        let endpoints = self.lock();
        let endpoint = endpoints.get(&id).filter(|of| of.device == device);
        let session = &endpoint.ok_or_else(ended)?.session;
        Ok(lock(session).clone())
    }

    /// One more; the hub has ended the longest unused of an account that has too many, so here it goes too.
    fn insert(&self, id: EndpointId, endpoint: Endpoint) {
        let mut endpoints = self.lock();
        let own = endpoints
            .iter()
            .filter(|(_, of)| of.account == endpoint.account);
        let own = own.map(|(id, of)| (of.turns.last(), *id)).collect();
        for oldest in surplus(own) {
            endpoints.remove(&oldest);
        }
        endpoints.insert(id, Arc::new(endpoint));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<EndpointId, Arc<Endpoint>>> {
        lock(&self.endpoints)
    }
}

/// `POST /endpoint`.
pub(super) async fn open(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
    ApiJson(body): ApiJson<api::OpenEndpoint>,
) -> Result<Json<api::EndpointOpened>, Refusal> {
    if door.stop.is_cancelled() {
        return Err(Refusal::restarting());
    }
    let since = body
        .since
        .as_ref()
        .map(|pos| translate::position(&pos.0))
        .transpose()?;
    let abilities = Abilities {
        voice: body.abilities.voice,
        video: body.abilities.video,
        waiting: body.abilities.waiting,
    };
    let from = origin(&signed_in.caller);
    let (session, events) = attach(&door, signed_in.who, abilities, since, from).await?;
    let id = session.endpoint().ok_or_else(ended)?;
    let head = events.reached();
    let session = Arc::new(Mutex::new(session));
    let inner = Inner {
        who: signed_in.who,
        from,
        abilities,
        session: Arc::clone(&session),
        events,
        kept: VecDeque::new(),
        seq: 0,
        pending: None,
        reached: since.unwrap_or(head),
        behind: since.is_none().then_some(head),
    };
    let endpoint = Endpoint {
        account: signed_in.who.account,
        device: signed_in.who.device,
        turns: Turns::new(Instant::now().into_std()),
        session,
        inner: tokio::sync::Mutex::new(inner),
    };
    door.polls.insert(id, endpoint);
    Ok(Json(api::EndpointOpened {
        endpoint: id.to_string().into(),
        head: head.to_string().into(),
        now: door.clock.wall().0,
    }))
}

/// What a poll asks for.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    endpoint: String,
    after: Option<String>,
    seen: Option<i64>,
    wait: Option<u32>,
}

/// `GET /poll`.
pub(super) async fn poll(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
    ApiQuery(asked): ApiQuery<Asked>,
) -> Result<Json<api::Polled>, Refusal> {
    let id: EndpointId = asked.endpoint.parse().map_err(|_| ended())?;
    let after = asked
        .after
        .as_deref()
        .map(translate::position)
        .transpose()?;
    let endpoint = door.polls.lock().get(&id).cloned().ok_or_else(ended)?;
    if endpoint.device != signed_in.who.device {
        return Err(ended());
    }
    let mut turn = endpoint.turns.take(Instant::now().into_std());
    let mut inner = endpoint.inner.lock().await;
    inner.acknowledge(after, asked.seen).await?;
    let wait = Duration::from_secs(asked.wait.unwrap_or(LONGEST).min(LONGEST).into());
    let session = lock(&inner.session).clone();
    let waited = tokio::select! {
        biased;
        waited = inner.wait(&door) => waited,
        () = held(&session, wait) => Ok(()),
        () = turn.superseded() => Ok(()),
        () = door.stop.cancelled() => Ok(()),
    };
    match waited {
        // Polls end with what they have, whichever says first that it is over; the next one finds the server restarted.
        Ok(()) | Err(Why::Stopping) => Ok(Json(inner.answer())),
        Err(why) => {
            door.polls.lock().remove(&id);
            Err(over(why))
        }
    }
}

/// How long a poll with nothing to tell is held.
async fn held(session: &Session, wait: Duration) {
    let until = Instant::now() + wait;
    loop {
        let next = Instant::now() + LONGEST_CALLING;
        tokio::time::sleep_until(next.min(until)).await;
        if next >= until || session.awaits_answer() {
            return;
        }
    }
}

impl Inner {
    async fn acknowledge(&mut self, after: Option<Pos>, seen: Option<i64>) -> Result<(), Refusal> {
        let Some(after) = after else { return Ok(()) };
        self.behind = self.behind.filter(|upto| after < *upto);
        let seen = seen.unwrap_or(0);
        let before = self.kept.len();
        self.kept.retain(|(seq, pos, _)| match pos {
            Some(pos) => *pos > after,
            None => *seq > seen,
        });
        let acknowledged = before != self.kept.len();
        if acknowledged && after <= self.reached {
            let session = lock(&self.session).clone();
            session.command(Command::Ack(after)).await?;
        }
        Ok(())
    }

    /// Comes back when there is something to tell. Cancel-safe: what was heard stays pending until it is kept.
    async fn wait(&mut self, door: &Door) -> Result<(), Why> {
        while self.kept.is_empty() && self.behind.is_none() {
            if self.pending.is_none() {
                self.pending = Some(self.events.next().await);
            }
            self.keep(door).await?;
        }
        while self.kept.len() < KEPT {
            if self.pending.is_none() {
                self.pending = self.events.next().now_or_never();
            }
            if self.pending.is_none() {
                break;
            }
            self.keep(door).await?;
        }
        Ok(())
    }

    async fn keep(&mut self, door: &Door) -> Result<(), Why> {
        let Some(heard) = self.pending.clone() else {
            return Ok(());
        };
        let session = lock(&self.session).clone();
        let shown = show(&session, heard).await;
        // Not polled often enough: begin anew, and let the client catch up.
        if let Shown::Ended(Why::TooSlow) = shown {
            let again = attach(door, self.who, self.abilities, None, self.from).await;
            let (session, events) = again.map_err(|_| Why::TooSlow)?;
            self.behind = Some(events.reached());
            *lock(&self.session) = session;
            self.events = events;
            self.kept.clear();
            self.pending = None;
            return Ok(());
        }
        self.pending = None;
        let (pos, placed) = match shown {
            Shown::Placed(pos, placed) => {
                self.reached = pos;
                (Some(pos), placed)
            }
            Shown::Passing(placed) => (None, placed),
            Shown::Reached(pos) => {
                self.reached = pos;
                return Ok(());
            }
            Shown::Behind => {
                self.behind = Some(self.events.reached());
                return Ok(());
            }
            Shown::Ended(why) => return Err(why),
        };
        self.seq += 1;
        self.kept.push_back((self.seq, pos, placed));
        Ok(())
    }

    fn answer(&self) -> api::Polled {
        api::Polled {
            events: self
                .kept
                .iter()
                .map(|(_, _, placed)| placed.clone())
                .collect(),
            next: self.reached.to_string().into(),
            seq: self.seq,
            behind: self.behind.is_some(),
        }
    }
}

async fn attach(
    door: &Door,
    who: Identity,
    abilities: Abilities,
    since: Option<Pos>,
    from: Origin,
) -> Result<(Session, Events), hub::Error> {
    door.hub
        .attach(
            who,
            Hello {
                door: "skein",
                abilities,
                here: false,
                since,
                from,
            },
        )
        .await
}

fn ended() -> Refusal {
    Refusal::new(
        ErrorKind::NotFound,
        "endpoint_ended",
        "this endpoint ended, or never was: open another one",
    )
}

fn over(why: Why) -> Refusal {
    match why {
        Why::SignedOut => hub::Error::unauthorized().into(),
        Why::Blocked => Refusal::new(
            ErrorKind::Forbidden,
            "blocked_account",
            "the operator blocked this account",
        ),
        Why::Stopping => Refusal::restarting(),
        Why::TooSlow | Why::TooMany => ended(),
    }
}
