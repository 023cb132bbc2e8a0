//! What comes in: parts of addresses, and bodies that are JSON whatever they say they are.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use webapi::skein::ErrorKind;
use webapi::skype::Links;

use crate::http::piece;
use crate::skype::{GatewayRefusal, Outside, Service};

/// Bytes of a body, at most.
const MAX_BODY: usize = 256 * 1024;

/// Links into the gateway, as this request's answer writes them.
pub(super) fn links(outside: &Outside) -> Links {
    Links::new(&outside.link(Service::Gateway, ""))
}

/// A body of JSON, regardless of its `Content-Type` (section 1.4); none at all stands for `{}`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loose<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Loose<T> {
    type Rejection = GatewayRefusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, GatewayRefusal> {
        let bytes = read(request.into_body()).await?;
        let parsed = webapi::skype::loose::json(&bytes);
        parsed
            .map(Self)
            .map_err(|error| GatewayRefusal::malformed(error.to_string()))
    }
}

async fn read(body: Body) -> Result<bytes::Bytes, GatewayRefusal> {
    let read = piece(body, MAX_BODY).await;
    read.map_err(|refusal| {
        let mut refused = GatewayRefusal::malformed(refusal.0.message);
        if refusal.0.kind == ErrorKind::TooLarge {
            refused.status = StatusCode::PAYLOAD_TOO_LARGE;
        }
        refused
    })
}

/// What stands behind the question mark.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = GatewayRefusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, GatewayRefusal> {
        let query = Query::try_from_uri(&parts.uri);
        query.map(|Query(value)| Self(value)).map_err(|_| {
            GatewayRefusal::malformed("the parameters of this address cannot be understood")
        })
    }
}

/// Named parts of an address, with their percent signs decoded; whose it is was looked at by who asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parsed<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Parsed<T> {
    type Rejection = GatewayRefusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, GatewayRefusal> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(value)| Self(value))
            .map_err(|_| GatewayRefusal::malformed("this address cannot be understood"))
    }
}

/// Which endpoint, in the address of one.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfEndpoint {
    pub(super) endpoint: String,
}

/// Which conversation, in the address of one.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfConversation {
    pub(super) conversation: String,
}

/// Which message, in the address of one.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfMessage {
    pub(super) conversation: String,
    pub(super) message: String,
}

/// Which thread, in the address of one.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfThread {
    pub(super) thread: String,
}

/// Who in which thread, in the address of a member.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfMember {
    pub(super) thread: String,
    pub(super) member: String,
}

/// Somebody, in an address.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfUser {
    pub(super) user: String,
}

/// Which property, behind the question mark.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub(super) struct Named {
    pub(super) name: Option<String>,
}
