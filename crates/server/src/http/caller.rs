//! Who sends a request, as far as the network tells.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use webapi::skein::ErrorKind;

use super::{Connection, Refusal};
use crate::config::Prefix;
use crate::net::address::client;
use crate::net::admission::Ticket;

/// How the server stands in the network.
#[derive(Debug, Clone, Default)]
pub struct Facing {
    /// Its outside names and addresses, in lower case.
    pub public: Vec<String>,
    /// Proxies in front of it.
    pub trusted: Vec<Prefix>,
    /// Clients that are not counted by address.
    pub exempt: Vec<Prefix>,
}

/// Who sends a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The client's own address.
    pub address: IpAddr,
    /// Whether limits by address do not count for it.
    pub exempt: bool,
    /// Whether it speaks HTTPS, to us or to a trusted proxy.
    pub secure: bool,
    /// Whether a trusted proxy stands between.
    pub proxied: bool,
    /// The host that it named, where a trusted proxy says so; else the request says it itself.
    pub host: Option<String>,
    /// The place of its connection.
    pub ticket: Arc<Ticket>,
}

/// Middleware that finds the [`Caller`] of each request. Plain HTTP is refused to everybody but this machine and
/// trusted proxies, so that no password travels in clear.
pub async fn name_caller(
    State(facing): State<Arc<Facing>>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(connection) = request.extensions().get::<Connection>().cloned() else {
        return Refusal::new(
            ErrorKind::Unavailable,
            "unavailable",
            "this request came on no connection",
        )
        .into_response();
    };
    let peer = connection.peer.ip().to_canonical();
    let trusted = facing.trusted.iter().any(|prefix| prefix.contains(peer));
    if !connection.tls && !peer.is_loopback() && !trusted {
        let message = "use https here: plain HTTP is only for this machine and for trusted proxies";
        return Refusal::new(ErrorKind::Forbidden, "use_https", message).into_response();
    }
    let client = client(peer, request.headers(), &facing.trusted);
    let caller = Caller {
        address: client.address,
        exempt: facing
            .exempt
            .iter()
            .any(|prefix| prefix.contains(client.address)),
        secure: connection.tls || client.secure,
        proxied: trusted,
        host: client.host,
        ticket: connection.ticket,
    };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Refusal::new(
                ErrorKind::Unavailable,
                "unavailable",
                "this request came on no connection",
            )
        })
    }
}
