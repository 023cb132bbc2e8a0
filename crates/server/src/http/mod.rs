//! HTTP: connections to requests, and what every answer carries.

#[cfg(test)]
mod addresses;
mod body;
mod caller;
mod headers;
mod origin;
pub mod range;
mod refusal;
mod rest;
pub mod site;
mod spelling;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

#[cfg(test)]
pub(crate) use addresses::addresses;
pub use body::ApiJson;
pub(crate) use body::{Paced, UPLOAD, clear, piece};
pub use caller::{Caller, Facing, name_caller};
pub use headers::guard;
pub use origin::same_origin;
pub use refusal::Refusal;
pub use rest::take_rest;

use crate::net::HEADERS;
use crate::net::admission::Ticket;

/// The largest head of a request that is read, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// Requests at the same time on one HTTP/2 connection.
const MAX_STREAMS: u32 = 128;
/// A quiet HTTP/2 connection is asked for a sign of life this often.
const PING: Duration = Duration::from_secs(20);

/// The connection that a request came on.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The other end of the TCP connection; perhaps a proxy.
    pub peer: SocketAddr,
    /// Whether it is TLS.
    pub tls: bool,
    /// Its place among all connections.
    pub ticket: Arc<Ticket>,
}

/// Serves connections with one router.
#[derive(Debug, Clone)]
pub struct Http {
    router: Router,
    tasks: TaskTracker,
    drain: CancellationToken,
}

impl Http {
    /// `drain` lets connections finish what they are at, and no more.
    #[must_use]
    pub fn new(router: Router, tasks: TaskTracker, drain: CancellationToken) -> Self {
        Self {
            router,
            tasks,
            drain,
        }
    }

    pub(crate) async fn serve_http1<S>(&self, stream: S, connection: Connection) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let ticket = connection.ticket.clone();
        let service = service_fn(move |request| {
            let answered = answer(self.router.clone(), connection.clone(), request);
            async move { Ok::<_, Infallible>(spelling::spell(answered.await?).await) }
        });
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder
            .title_case_headers(true)
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS)
            .max_buf_size(MAX_HEAD);
        let serving = builder
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut serving = std::pin::pin!(serving);
        tokio::select! {
            served = serving.as_mut() => return served.map_err(io::Error::other),
            () = never_used(&ticket) => return Err(io::ErrorKind::TimedOut.into()),
            () = self.drain.cancelled() => {}
        }
        serving.as_mut().graceful_shutdown();
        serving.await.map_err(io::Error::other)
    }

    pub(crate) async fn serve_http2<S>(&self, stream: S, connection: Connection) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let ticket = connection.ticket.clone();
        let router = self.router.clone();
        let service =
            service_fn(move |request| answer(router.clone(), connection.clone(), request));
        let mut builder = hyper::server::conn::http2::Builder::new(Tasks(self.tasks.clone()));
        builder
            .timer(TokioTimer::new())
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(MAX_HEAD as u32)
            .keep_alive_interval(PING)
            .keep_alive_timeout(PING);
        let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            served = serving.as_mut() => return served.map_err(io::Error::other),
            () = never_used(&ticket) => return Err(io::ErrorKind::TimedOut.into()),
            () = self.drain.cancelled() => {}
        }
        serving.as_mut().graceful_shutdown();
        serving.await.map_err(io::Error::other)
    }
}

async fn answer(
    router: Router,
    connection: Connection,
    request: hyper::Request<Incoming>,
) -> Result<axum::response::Response, Infallible> {
    connection.ticket.mark_used();
    let mut request: Request = request.map(Body::new);
    request.extensions_mut().insert(connection);
    router.oneshot(request).await
}

/// Comes back if the time for a first request head is over and none has come.
async fn never_used(ticket: &Ticket) {
    tokio::time::sleep(HEADERS).await;
    if ticket.is_used() {
        std::future::pending::<()>().await;
    }
}

/// Streams of HTTP/2 are tasks of the program, so that shutdown waits for them.
#[derive(Debug, Clone)]
struct Tasks(TaskTracker);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}
