//! `POST …/subscriptions/0/poll`: the long poll (section 3.4 of the dialect).
//!
//! Programs of this dialect say nothing of what they have received: whatever stands in an answer must arrive, and must not be in
//! two answers. So an answer decides what it holds only when the connection takes its body: if a newer poll has begun by then it
//! is `{}`, and if the connection is gone by then nothing was given. Events stay with the endpoint until the next poll.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use hub::event::Why;
use webapi::skype::Client;
use webapi::skype::endpoint::Poll;
use webapi::skype::event::{EventMessage, Resource};

use super::endpoints::Endpoint;
use super::input::{OfEndpoint, Parsed};
use super::queue::{Stop, Taken};
use super::registered::Registered;
use super::show::Viewer;
use crate::longpoll::Turn;
use crate::skype::{GatewayRefusal, Outside, Skype};

/// How long a poll with nothing to tell is held: proxies cut what is silent for 30 s.
const HOLD: Duration = Duration::from_secs(25);
/// A poll ends so long before its registration, so that the program hears of the end by its next request.
const BEFORE_END: Duration = Duration::from_secs(1);
/// Events of one answer.
const AT_ONCE: usize = 200;

/// The answer of a poll that has nothing to tell; never an empty body (section 3.4).
const NOTHING: &[u8] = b"{}";

/// `POST /v1/users/ME/endpoints/{id}/subscriptions/0/poll`.
pub(super) async fn poll(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    registered: Registered,
    Parsed(of): Parsed<OfEndpoint>,
) -> Result<Response, GatewayRefusal> {
    let endpoint = registered.endpoint(&skype, &of.endpoint)?;
    let turn = endpoint.turns.take(skype.door.clock.now());
    let about = endpoint.about();
    if about.interests.is_none() {
        return Err(GatewayRefusal::no_subscription());
    }
    let left = about.ends.0.saturating_sub(skype.now().0);
    let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
    let hold = HOLD.min(left.saturating_sub(BEFORE_END));
    let until = skype.door.clock.now() + hold;
    let session = endpoint.session();
    let viewer = Viewer {
        skype: &skype,
        session: &session,
        outside: &outside,
        about: &about,
    };
    let mut ours = turn.clone();
    let held = async {
        let mut queue = endpoint.queue.lock().await;
        queue.acknowledge().await?;
        let waited = tokio::select! {
            biased;
            waited = queue.wait(&viewer) => waited,
            () = skype.door.clock.sleep_until(until) => Ok(()),
            () = skype.door.stop.cancelled() => Ok(()),
        };
        match waited {
            // Polls end with what they have, whichever says first that it is over; the next one finds the server restarted.
            Ok(()) | Err(Stop::Over(Why::Stopping)) => {}
            Err(Stop::Over(why)) => return Err(ended(&skype, &endpoint, why)),
            Err(Stop::NotNow(error)) => return Err(error.into()),
        }
        let (events, taken) = queue.give(|events, next| fits(about.client, events, next));
        Ok(answer(events, taken, turn.clone()))
    };
    tokio::select! {
        biased;
        () = ours.superseded() => Ok(nothing()),
        () = endpoint.over.cancelled() => Err(GatewayRefusal::no_endpoint()),
        answered = held => answered,
    }
}

/// Whether one more event fits into an answer. skypeweb reads an answer from its end to its beginning (section 13.3), so of what
/// is written it gets one at a time.
fn fits(client: Client, events: &[EventMessage], next: &EventMessage) -> bool {
    let written = |event: &EventMessage| matches!(event.resource, Resource::NewMessage(_));
    let alone = client == Client::SkypeWeb && written(next);
    events.len() < AT_ONCE && !(alone && events.iter().any(written))
}

fn ended(skype: &Skype, endpoint: &Endpoint, why: Why) -> GatewayRefusal {
    skype.endpoints.end(endpoint.who.account, &endpoint.id);
    match why {
        Why::SignedOut => hub::Error::unauthorized().into(),
        Why::Blocked => {
            let message = "the operator blocked this account";
            hub::Error::new(hub::Kind::Forbidden, "blocked_account", message).into()
        }
        // It registers again, and goes on from there.
        Why::TooSlow | Why::TooMany | Why::Stopping => GatewayRefusal::no_endpoint(),
    }
}

fn nothing() -> Response {
    json(Body::from(NOTHING))
}

fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// The body is made when the connection takes it: not before, for by then a newer poll may have the events.
fn answer(events: Vec<EventMessage>, taken: Taken, turn: Turn) -> Response {
    if events.is_empty() {
        return nothing();
    }
    let body = async move {
        if !turn.is_newest() || !taken.take() {
            return Ok::<_, Infallible>(Bytes::from_static(NOTHING));
        }
        let polled = Poll {
            event_messages: events,
        };
        Ok(serde_json::to_vec(&polled).map_or(Bytes::from_static(NOTHING), Bytes::from))
    };
    json(Body::from_stream(futures_util::stream::once(body)))
}
