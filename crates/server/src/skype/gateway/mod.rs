//! The gateway: endpoints, conversations, messages, threads, presence (sections 3 to 6 and 8 of the dialect).

mod conversations;
mod endpoints;
mod history;
mod horizons;
mod input;
mod joining;
mod made;
mod members;
mod messages;
mod page;
mod place;
mod poll;
mod presence;
mod queue;
mod read;
mod registered;
mod registration;
mod show;
mod subscriptions;
mod threads;
mod write;

use std::sync::Arc;

use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

pub use endpoints::Endpoints;
pub(super) use joining::{api_join, scheduler};
pub use made::Made;
pub(super) use members::leave;

use super::Skype;

/// The addresses of the gateway.
pub fn router() -> Router<Arc<Skype>> {
    let endpoints = Router::new()
        .route("/", post(registration::register).get(registration::list))
        .route(
            "/{endpoint}",
            put(registration::again)
                .post(registration::again)
                .delete(registration::end),
        )
        .route("/{endpoint}/active", post(registration::active))
        .route("/{endpoint}/properties", put(registration::properties))
        .route(
            "/{endpoint}/presenceDocs/{document}",
            put(presence::put_endpoint),
        )
        .route("/{endpoint}/subscriptions", post(subscriptions::subscribe))
        .route(
            "/{endpoint}/subscriptions/{number}",
            put(subscriptions::change).delete(subscriptions::end),
        )
        .route("/{endpoint}/subscriptions/{number}/poll", post(poll::poll));
    let conversations = Router::new()
        .route("/", get(conversations::list))
        .route("/{conversation}", get(conversations::read))
        .route(
            "/{conversation}/properties",
            put(conversations::put_property),
        )
        .route(
            "/{conversation}/messages",
            get(history::read)
                .post(messages::send)
                .delete(conversations::clear),
        )
        .route(
            "/{conversation}/messages/{message}",
            put(messages::edit).delete(messages::delete),
        )
        .route(
            "/{conversation}/messages/{message}/ack",
            post(messages::acknowledge),
        )
        .route(
            "/{conversation}/messages/{message}/properties",
            put(messages::react).delete(messages::react_no_more),
        );
    let threads = Router::new()
        .route("/", post(threads::create))
        .route("/{thread}", get(threads::read))
        .route("/{thread}/properties", put(threads::put_property))
        .route(
            "/{thread}/members/{member}",
            put(members::put).delete(members::remove),
        )
        .route("/{thread}/members", post(members::add))
        .route("/{thread}/consumptionhorizons", get(threads::read_horizons));
    Router::new()
        .route("/v1/ng/ping", get(ping))
        .nest("/v1/users/{user}/endpoints", endpoints)
        .nest("/v1/users/{user}/conversations", conversations)
        .nest("/v1/threads", threads)
        .route("/v1/users/{user}/properties", get(registration::about_me))
        .route(
            "/v1/users/{user}/presenceDocs/{document}",
            get(presence::read).put(presence::put),
        )
        .route("/v1/users/{user}/contacts", post(presence::watch))
        .route(
            "/v1/users/{user}/contacts/{contact}",
            put(presence::watch_one).delete(presence::unwatch),
        )
        .route(
            "/v1/users/{user}/contacts/ALL/presenceDocs/{document}",
            get(presence::list),
        )
}

/// `GET /v1/ng/ping`: the server is there.
async fn ping() -> Json<Value> {
    Json(json!({}))
}
