//! The door of programs that speak Skype's web dialect: thirty old hosts, one door.
//!
//! `webapi::skype` holds the words. This room authenticates, asks the hub, and paces; what people are and may is decided in the
//! hub alone. See `docs/decisions/0018-skype-for-web.md`.

mod body;
mod cors;
pub mod gateway;
mod hosts;
mod join;
pub mod names;
mod objects;
mod people;
mod peripheral;
mod refusal;
mod sign_in;
mod tokens;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum::{Extension, Router};
use futures_util::FutureExt as _;
use tower::ServiceExt as _;
use tracing::error;

pub use body::Raw;
pub use hosts::{Outside, Service, certificate_names};
pub use refusal::{GatewayRefusal, NOT_SIGNED_IN, StatusRefusal, StoreRefusal};
pub use tokens::{REGISTRATION_MS, SKYPETOKEN_MS, SkypeUser};

use crate::api::Door;
use crate::http::Caller;
use cors::Cors;
use hosts::{Meant, meant};
use sign_in::Nonces;

/// The name under which the hub keeps what only this door knows.
pub const DOOR: &str = "skype";

/// What the door stands on.
#[derive(Debug)]
pub struct Skype {
    /// What it shares with our own.
    pub door: Arc<Door>,
    /// Endpoints that poll.
    pub endpoints: gateway::Endpoints,
    /// Threads that were made a moment ago.
    made: gateway::Made,
    /// Held by whoever makes or ends links, so that none is made of which its list knows nothing.
    links: tokio::sync::Mutex<()>,
    /// What pages of signing in carry.
    nonces: Nonces,
}

impl Skype {
    /// Nobody is here yet.
    #[must_use]
    pub fn new(door: Arc<Door>) -> Self {
        Self {
            door,
            endpoints: gateway::Endpoints::default(),
            made: gateway::Made::default(),
            links: tokio::sync::Mutex::default(),
            nonces: Nonces::new(rand::random()),
        }
    }
}

/// All addresses of the old services, each below the name of its service: see [`Service::name`].
pub fn router(skype: Arc<Skype>) -> Router {
    routes()
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .with_state(skype)
}

fn routes() -> Router<Arc<Skype>> {
    Router::new()
        .nest(&below(Service::Gateway), gateway::router())
        .merge(join::router())
        .merge(sign_in::router())
        .merge(people::router())
        .merge(objects::router())
        .merge(peripheral::router())
}

fn below(service: Service) -> String {
    format!("/{}", service.name())
}

/// The router of the old services, and how it is found.
#[derive(Debug, Clone)]
pub struct Mounted {
    router: Router,
    own: Arc<[String]>,
}

impl Mounted {
    /// `own` are the outside names of this server.
    #[must_use]
    pub fn new(skype: Arc<Skype>) -> Self {
        let own = skype.door.facing.public.clone().into();
        Self {
            router: router(skype),
            own,
        }
    }
}

/// Middleware that hands requests for the old services to their router, and lets all others pass.
pub async fn divert(State(mounted): State<Mounted>, mut request: Request, next: Next) -> Response {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return next.run(request).await;
    };
    let (outside, uri) = match meant(&request, caller, &mounted.own) {
        Meant::Own => return next.run(request).await,
        Meant::Misdirected(service) => return misdirected(service),
        Meant::Old(outside, uri) => (outside, uri),
    };
    let service = outside.service;
    let cors = Cors::of(&request, service, &mounted.own);
    *request.uri_mut() = uri;
    if let Some(method) = with_capitals(request.method()) {
        *request.method_mut() = method;
    }
    request.extensions_mut().insert(outside);
    let mut response = match cors.preflight() {
        Some(response) => response,
        None => answered(mounted.router, service, request).await,
    };
    cors.say(&mut response);
    response
}

/// The answer of a service, whatever becomes of it: its own, a refusal of the framework, or the end of a handler that panicked.
async fn answered(router: Router, service: Service, request: Request) -> Response {
    let answer = AssertUnwindSafe(router.oneshot(request)).catch_unwind();
    match answer.await {
        Ok(Ok(response)) => refusal::in_dialect(service, response),
        Ok(Err(never)) => match never {},
        Err(_) => {
            error!("a request could not be answered: the program broke one of its own promises");
            let error = hub::Error::unavailable("something went wrong here: try again");
            refusal::of(service, error)
        }
    }
}

/// A host that this server is not, and whose name no link may carry.
fn misdirected(service: Service) -> Response {
    let message =
        "this server does not go by that name; its operator adds names by [server] public";
    let error = hub::Error::invalid("misdirected", message);
    let mut response = refusal::of(service, error);
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    response
}

/// A method that a program wrote in small letters, as it is defined: RFC 9110 §9.1 tells them apart, and the old services did not.
fn with_capitals(method: &Method) -> Option<Method> {
    let known = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    known
        .into_iter()
        .find(|known| known != method && known.as_str().eq_ignore_ascii_case(method.as_str()))
}

async fn unknown(Extension(outside): Extension<Outside>) -> Response {
    refusal::of(outside.service, hub::Error::not_found("address"))
}

async fn wrong_method(Extension(outside): Extension<Outside>) -> Response {
    let error = hub::Error::invalid("bad_request", "this address takes another method");
    let mut response = refusal::of(outside.service, error);
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::body::{Body, to_bytes};
    use axum::routing::get;

    use super::*;
    use crate::http::addresses;

    async fn broken() -> StatusCode {
        panic!("a promise is broken")
    }

    #[tokio::test]
    async fn a_handler_that_breaks_down_is_answered_as_its_service_answers() {
        for (service, wanted) in [
            (Service::Gateway, r#"{"errorCode":500,"#),
            (Service::Api, r#"{"status":{"code":"#),
            (Service::Store, ""),
            (Service::Login, "<!DOCTYPE html>"),
        ] {
            let router = Router::new().route("/", get(broken));
            let request = Request::new(Body::empty());
            let answer = answered(router, service, request).await;
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            let body = to_bytes(answer.into_body(), 4_096).await.expect("a body");
            let body = String::from_utf8_lossy(&body).into_owned();
            assert!(body.starts_with(wanted), "{service:?}: {body}");
            assert_eq!(body.is_empty(), wanted.is_empty(), "{service:?}: {body}");
        }
    }

    #[test]
    fn the_document_of_the_second_dialect_has_every_address_that_is_served_and_no_other() {
        let document = webapi::skype::openapi::document();
        let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
        let inside = |path: &String| {
            let path = path.strip_prefix("/_/").expect("by a host");
            let (host, path) = path.split_once('/').expect("a host and a path");
            let service = Service::of_host(host).expect("a host of ours");
            assert_eq!(service.host(), host, "by its first name");
            format!("{}/{path}", below(service))
        };
        let described = document["paths"].as_object().expect("paths");
        let described: BTreeSet<String> = described.keys().map(inside).collect();
        assert_eq!(addresses(&routes()), described);
    }
}
