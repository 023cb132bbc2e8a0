//! The door of Skein's own API: everything below `/v1/skein/`.
//!
//! A handler is a function from request to hub command to response; what it decides is authentication, translation and
//! pace, nothing else. `docs/protocols/api.md` tells the dialect, `webapi::skein` holds its types.

mod accounts;
mod auth;
mod bots;
mod export;
mod feed;
mod groups;
mod invites;
mod lists;
mod objects;
mod pieces;
mod poll;
mod query;
mod socket;
pub mod translate;
pub(crate) mod zip;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use hub::clock::Clock;
use hub::{Hub, Session};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{debug, error};
use webapi::skein::{self as api, ErrorKind};

pub use auth::SignedIn;
pub(crate) use auth::origin;
pub use export::Exports;
pub(crate) use objects::give;
pub use pieces::Pieces;
pub use poll::Polls;

use crate::http::{ApiJson, Facing, Refusal, guard, name_caller, site, take_rest};
use crate::net::tls::Certificates;
use crate::skype;
use crate::udp::UdpHandle;

/// What the door stands on.
pub struct Door {
    /// The hub behind it.
    pub hub: Hub,
    /// The clock whose time is told to clients.
    pub clock: Arc<dyn Clock>,
    /// How the server stands in the network.
    pub facing: Arc<Facing>,
    /// The name people see.
    pub name: String,
    /// Who may register.
    pub registration: api::Registration,
    /// Whether members invite people.
    pub members_invite: bool,
    /// Whether browsers may keep the client's files.
    pub offline_shell: bool,
    /// The certificate of the TLS listeners, if there are any.
    pub certificates: Option<Arc<Certificates>>,
    /// Bytes of a file, at most.
    pub object_bytes: i64,
    /// Pieces of uploads that may still be read at the same time.
    pub pieces: Pieces,
    /// Copies of people's own data that are made at this moment.
    pub exports: Exports,
    /// Endpoints that poll.
    pub polls: Polls,
    /// Sockets count here, so that shutdown waits for their last word.
    pub tasks: TaskTracker,
    /// The server stops.
    pub stop: CancellationToken,
    /// The UDP side, if it is not turned off.
    pub udp: Option<UdpHandle>,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// All addresses of the program, with what every answer carries. What is meant for `old` services goes there.
pub fn router(door: Arc<Door>, old: Option<skype::Mounted>) -> Router {
    let facing = door.facing.clone();
    let api = routes()
        .route_layer(middleware::from_fn(log))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method);
    let mut all = Router::new()
        .nest(api::PREFIX, api)
        .route("/openapi.json", get(openapi))
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready));
    if !door.offline_shell {
        all = all.route("/sw.js", get(site::no_worker));
    }
    let mut all = all.fallback(site::site).with_state(door);
    if let Some(old) = old {
        all = all.layer(middleware::from_fn_with_state(old, skype::divert));
    }
    all.layer(middleware::from_fn_with_state(facing, name_caller))
        .layer(middleware::from_fn(take_rest))
        .layer(CatchPanicLayer::custom(broken))
        .layer(middleware::from_fn(guard))
}

/// The addresses of the API, below its prefix.
fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/server", get(accounts::server))
        .route("/names/{name}", get(accounts::name))
        .route("/register", post(accounts::register))
        .route("/sign-in", post(accounts::sign_in))
        .route("/recover", post(accounts::recover))
        .route("/sign-out", post(accounts::sign_out))
        .route("/delete-account", post(accounts::delete))
        .route("/invites", get(invites::list).post(invites::make))
        .route("/invites/{id}", axum::routing::delete(invites::revoke))
        .route("/command", post(command))
        .route("/me", get(lists::me))
        .route("/sync", get(lists::sync))
        .route("/contacts", get(lists::contacts))
        .route("/presence", get(lists::presence))
        .route("/find", get(lists::find))
        .route("/accounts/{id}", get(lists::card))
        .route("/export", get(export::export))
        .route("/conversations", get(lists::conversations))
        .route("/conversations/{id}", get(lists::conversation))
        .route("/conversations/{id}/messages", get(lists::messages))
        .route("/conversations/{id}/members", get(groups::members))
        .route("/conversations/{id}/links", get(groups::links))
        .route("/link", post(groups::preview))
        .route("/search", get(lists::search))
        .route("/bots", get(bots::list))
        .route("/devices", get(lists::devices))
        .route("/calls", get(lists::calls))
        .route("/calls/{key}", get(lists::call))
        .route("/objects/{id}", get(objects::object).patch(objects::write))
        .route("/objects/{id}/content", get(objects::content))
        .route("/objects/{id}/preview", get(objects::preview))
        .route("/endpoint", post(poll::open))
        .route("/poll", get(poll::poll))
        .route("/socket", get(socket::socket))
}

/// `POST /command`.
/// As which endpoint a command is given.
#[derive(Debug, serde::Deserialize)]
struct As {
    endpoint: Option<String>,
}

async fn command(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
    query::ApiQuery(given): query::ApiQuery<As>,
    ApiJson(command): ApiJson<api::Command>,
) -> Result<Json<api::Done>, Refusal> {
    let session = match given.endpoint {
        Some(id) => door.polls.session(&id, signed_in.who.device)?,
        None => signed_in.session,
    };
    run(&session, command).await.map(Json)
}

/// Does a command and shows what it gave.
async fn run(session: &Session, command: api::Command) -> Result<api::Done, Refusal> {
    let done = session.command(translate::command(command)?).await?;
    let value = match done.value {
        // Groups of contacts are sorted at other doors.
        hub::command::Value::None | hub::command::Value::ContactGroup(_) => api::Value::None,
        hub::command::Value::Message {
            id,
            conversation,
            stamp,
        } => api::Value::Message {
            id: id.to_string().into(),
            conversation: conversation.to_string().into(),
            stamp: stamp.0,
        },
        hub::command::Value::Conversation(id) => {
            let view = session.conversation(id).await?;
            let conversation = translate::conversation(&view, session.account());
            api::Value::Conversation {
                conversation: Box::new(conversation),
            }
        }
        hub::command::Value::Bot(bot) => api::Value::Bot {
            bot: bot.to_string().into(),
        },
        hub::command::Value::BotToken { device, token } => api::Value::BotToken {
            id: device.to_string().into(),
            token,
        },
        hub::command::Value::LinkToken(token) => api::Value::Link { token },
        hub::command::Value::Object(object) => {
            let (object, kept) = session.object(object.id).await?;
            let object = translate::object(&object, kept);
            api::Value::Object { object }
        }
        hub::command::Value::RecoveryCode(code) => api::Value::RecoveryCode { code },
        hub::command::Value::Ice(config) => api::Value::Ice {
            ice: translate::ice(&config),
        },
        hub::command::Value::Superseded(by) => api::Value::Superseded {
            by: by.to_string().into(),
        },
    };
    Ok(api::Done {
        pos: done.pos.map(|pos| pos.to_string().into()),
        value,
    })
}

async fn ready(State(door): State<Arc<Door>>) -> Response {
    let hub = door.hub.ready().await;
    let has_udp_ended = door.udp.as_ref().is_some_and(|udp| !udp.is_running());
    match hub {
        _ if door.stop.is_cancelled() => Refusal::restarting().into_response(),
        Err(error) => Refusal::from(error).into_response(),
        Ok(()) if has_udp_ended => Refusal::new(
            ErrorKind::Unavailable,
            "udp_ended",
            "the UDP side (STUN, TURN, media) has ended: start the server again",
        )
        .into_response(),
        Ok(()) => "ready\n".into_response(),
    }
}

async fn openapi() -> Response {
    static DOCUMENT: std::sync::LazyLock<String> = std::sync::LazyLock::new(api::openapi::document);
    (
        [(header::CONTENT_TYPE, "application/json")],
        DOCUMENT.as_str(),
    )
        .into_response()
}

async fn unknown() -> Refusal {
    Refusal::new(
        ErrorKind::NotFound,
        "not_found",
        "there is no such address; see /openapi.json",
    )
}

async fn wrong_method() -> Response {
    let refusal = Refusal::bad_request("this address takes another method; see /openapi.json");
    (StatusCode::METHOD_NOT_ALLOWED, Json(refusal.0)).into_response()
}

/// A handler's panic is our own fault, and must not take the connection's other requests with it.
fn broken(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    error!("a request could not be answered: the program broke one of its own promises");
    Refusal::new(
        ErrorKind::Unavailable,
        "unavailable",
        "something went wrong here: try again",
    )
    .into_response()
}

/// One line a request, by its route: the addresses themselves hold names of people.
async fn log(route: MatchedPath, request: Request, next: middleware::Next) -> Response {
    let method = request.method().clone();
    let begin = Instant::now();
    let response = next.run(request).await;
    let (status, ms) = (
        response.status().as_u16(),
        begin.elapsed().as_millis() as u64,
    );
    debug!(%method, route = route.as_str(), status, ms, "answered");
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::addresses;

    #[test]
    fn the_document_has_every_address_that_is_served_and_no_other() {
        let document: serde_json::Value =
            serde_json::from_str(&api::openapi::document()).expect("JSON");
        let described = document["paths"].as_object().expect("paths");
        let inside = |path: &String| path.strip_prefix(api::PREFIX).expect("below it").to_owned();
        let described: BTreeSet<String> = described.keys().map(inside).collect();
        assert_eq!(addresses(&routes()), described);
    }
}
