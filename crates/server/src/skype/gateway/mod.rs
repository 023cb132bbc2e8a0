//! The gateway: endpoints, conversations, messages, threads, presence.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::Skype;

/// Endpoints that poll.
#[derive(Debug, Default)]
pub struct Endpoints {}

/// The addresses of the gateway.
pub fn router() -> Router<Arc<Skype>> {
    Router::new().route("/v1/ng/ping", get(ping))
}

/// `GET /v1/ng/ping`: the server is there.
async fn ping() -> Json<Value> {
    Json(json!({}))
}
