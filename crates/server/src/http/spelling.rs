//! How names of headers are written in HTTP/1.1, where capitals mean nothing (RFC 9110 §5.1) but to programs that search raw text.
//!
//! hyper writes a capital after each hyphen. One name has another inside, and hyper takes such spellings from an extension of the answer
//! that only hyper can make, while it reads a request (`preserve_header_case`): so it reads one, once.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::http::Extensions;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::OnceCell;

/// The header, as maps of headers know it.
const NAME: &str = "set-registrationtoken";
/// A request that has it as programs look for it.
const REQUEST: &[u8] =
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSet-RegistrationToken: x\r\n\r\n";
/// Bytes of that conversation in one direction, at most.
const ROOM: usize = 1_024;

static SPELLED: OnceCell<Extensions> = OnceCell::const_new();

/// Gives an answer the spellings that its headers need.
pub(super) async fn spell(mut answer: Response) -> Response {
    if answer.headers().contains_key(NAME) {
        let spelled = SPELLED.get_or_init(read).await;
        answer.extensions_mut().extend(spelled.clone());
    }
    answer
}

/// What hyper keeps of the spellings of a request; nothing if it does so no more, and then names are as all others.
async fn read() -> Extensions {
    let (mut program, server) = tokio::io::duplex(ROOM);
    let kept = Mutex::new(Extensions::new());
    let service = service_fn(|request: hyper::Request<Incoming>| {
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = request.extensions().clone();
        async { Ok::<_, Infallible>(hyper::Response::new(Body::empty())) }
    });
    if program.write_all(REQUEST).await.is_ok() {
        let served = hyper::server::conn::http1::Builder::new()
            .preserve_header_case(true)
            .serve_connection(TokioIo::new(server), service)
            .await;
        if let Err(error) = served {
            tracing::debug!(%error, "names of headers have plain capitals");
        }
    }
    drop(program);
    kept.into_inner().unwrap_or_else(PoisonError::into_inner)
}
