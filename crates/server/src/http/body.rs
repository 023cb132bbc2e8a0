//! Reading a JSON body within a size and a time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use webapi::skein::{ErrorKind, MAX_FRAME};

use super::Refusal;

/// A body that sends nothing for so long is given up.
const PAUSE: Duration = Duration::from_secs(10);
/// A body must be whole by then: 256 KiB at the slowest line that this server waits for (about 9 kB/s).
const WHOLE: Duration = Duration::from_secs(30);

/// A piece of an upload must be whole by then: 1 MiB at the same slowest line.
const WHOLE_PIECE: Duration = Duration::from_secs(120);

/// A piece of an upload of at most `limit` bytes.
pub(crate) async fn piece(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    read(body, limit, PAUSE, WHOLE_PIECE).await
}

/// A JSON body of at most [`MAX_FRAME`] bytes; every way to fail answers with an `ApiError`.
#[derive(Debug, Clone, Copy)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        // A form of another site can send text/plain but never application/json without being asked first.
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(Refusal::new(
                ErrorKind::Invalid,
                "not_json",
                "send a body with Content-Type: application/json",
            ));
        }
        let bytes = read(request.into_body(), MAX_FRAME, PAUSE, WHOLE).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Refusal::bad_request(format!("the body cannot be understood: {}", clear(&error)))
        })
    }
}

/// Says where JSON is wrong without quoting what was sent: it may hold a password.
pub(crate) fn clear(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => {
            let text = error.to_string();
            // Serde quotes unknown values and names between backticks or quotes; missing and expected fields are ours.
            if text.starts_with("missing field") || text.starts_with("unknown variant") {
                return text;
            }
            format!(
                "line {}, column {}: another type or value is expected here",
                error.line(),
                error.column()
            )
        }
        _ => format!(
            "line {}, column {}: this is not JSON",
            error.line(),
            error.column()
        ),
    }
}

async fn read(
    body: Body,
    limit: usize,
    pause: Duration,
    whole: Duration,
) -> Result<Bytes, Refusal> {
    let too_slow = |_| {
        Refusal::new(
            ErrorKind::Invalid,
            "too_slow",
            "the body came too slowly: send it again",
        )
    };
    let collect = async {
        let mut stream = body.into_data_stream();
        let mut collected = Vec::new();
        while let Some(chunk) = tokio::time::timeout(pause, stream.next())
            .await
            .map_err(too_slow)?
        {
            let chunk = chunk.map_err(|_| Refusal::bad_request("the body broke off"))?;
            if collected.len() + chunk.len() > limit {
                let mut refusal = Refusal::new(
                    ErrorKind::TooLarge,
                    "too_large",
                    format!("a body holds up to {limit} bytes"),
                );
                refusal.0.limit = Some(limit as i64);
                return Err(refusal);
            }
            collected.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(collected))
    };
    tokio::time::timeout(whole, collect)
        .await
        .map_err(too_slow)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_over_the_limit_names_it() {
        let refusal = read(Body::from(vec![b'x'; 11]), 10, PAUSE, WHOLE)
            .await
            .expect_err("too large");
        assert_eq!(
            (refusal.0.kind, refusal.0.limit),
            (ErrorKind::TooLarge, Some(10))
        );
        assert_eq!(
            read(Body::from("0123456789"), 10, PAUSE, WHOLE)
                .await
                .expect("fits")
                .len(),
            10
        );
    }

    #[tokio::test]
    async fn a_body_that_trickles_or_stops_is_given_up() {
        let (long, short) = (Duration::from_secs(60), Duration::from_millis(20));
        let trickle =
            futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>("x")).then(|item| async {
                tokio::task::yield_now().await;
                item
            });
        let refusal = read(Body::from_stream(trickle), usize::MAX, long, short)
            .await
            .expect_err("too slow");
        assert_eq!(refusal.0.code, "too_slow");
        let silent = futures_util::stream::pending::<Result<&str, std::io::Error>>();
        let refusal = read(Body::from_stream(silent), 10, short, long)
            .await
            .expect_err("silent");
        assert_eq!(refusal.0.code, "too_slow");
    }

    #[test]
    fn what_was_sent_is_not_quoted_back() {
        let error =
            serde_json::from_str::<webapi::skein::SignIn>(r#"{"name": 5, "password": "hunter2"}"#);
        let text = clear(&error.expect_err("a number is no name"));
        assert!(
            text.contains("line 1") && !text.contains("hunter2"),
            "{text}"
        );
        let error = serde_json::from_str::<u8>(r#""hunter2""#).expect_err("no number");
        assert!(!clear(&error).contains("hunter2"));
    }
}
