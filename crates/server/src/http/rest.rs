//! The rest of a body that nobody wanted. A connection that is closed with bytes unread is reset, and whoever still sends may never see the
//! answer (RFC 9112 §9.6): a proxy says 502 in its place. So what is on its way is taken and thrown away, within bounds.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{Version, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt as _;
use hyper::body::{Frame, SizeHint};
use tokio::sync::oneshot;

/// So much is taken: more than programs send in one request without asking first.
const MOST: usize = 64 * 1024 * 1024;
/// For so long.
const WITHIN: Duration = Duration::from_secs(5);
/// Whoever sends nothing for so long is not sending.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers when what was sent has come, whether it was wanted or not. Other versions of HTTP end one request and keep the connection.
pub async fn take_rest(request: Request, next: Next) -> Response {
    if request.version() > Version::HTTP_11 || request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Whoever asks first sends nothing before the body is asked for.
    let is_coming = !request.headers().contains_key(header::EXPECT);
    let (give_back, mut rest) = oneshot::channel();
    let lent = |body| {
        Body::new(Lent {
            body,
            is_coming,
            give_back: Some(give_back),
        })
    };
    let response = next.run(request.map(lent)).await;
    // Whoever still reads it has it.
    if let Ok(body) = rest.try_recv() {
        let _ = tokio::time::timeout(WITHIN, throw_away(body)).await;
    }
    response
}

async fn throw_away(body: Body) {
    let mut stream = body.into_data_stream();
    let mut taken = 0;
    while taken < MOST {
        match tokio::time::timeout(PAUSE, stream.next()).await {
            Ok(Some(Ok(chunk))) => taken += chunk.len(),
            _ => return,
        }
    }
}

/// A body that comes back if it was not read to its end.
struct Lent {
    body: Body,
    is_coming: bool,
    give_back: Option<oneshot::Sender<Body>>,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_coming = true;
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.give_back = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.is_coming
            && !self.body.is_end_stream()
            && let Some(give_back) = self.give_back.take()
        {
            let _ = give_back.send(std::mem::take(&mut self.body));
        }
    }
}
