//! Reading a body within a size and a time.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use webapi::skein::{ErrorKind, MAX_FRAME};

use super::Refusal;
use super::refusal::TOO_SLOW;

/// How long a body may take. Whoever is slower is answered 408 (RFC 9110 §15.5.9).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// One that sends nothing for so long is given up.
    pause: Duration,
    /// Each piece of it must be there by then; what is one, the reader says.
    piece: Duration,
    /// All of it must be there by then, whatever its size and however steadily it comes.
    whole: Duration,
}

/// A JSON body: 256 KiB at the slowest line that this server waits for (about 9 kB/s).
const JSON: Pace = Pace::of_one(Duration::from_secs(30));
/// A piece of an upload: 1 MiB at the same slowest line.
const PIECE: Pace = Pace::of_one(Duration::from_secs(120));
/// An upload in one request: each MiB as a piece, and an hour for all of it, since it holds a place among uploads meanwhile.
pub(crate) const UPLOAD: Pace = Pace {
    whole: Duration::from_secs(3_600),
    ..PIECE
};

impl Pace {
    /// A body of one piece.
    const fn of_one(whole: Duration) -> Self {
        Self {
            pause: Duration::from_secs(10),
            piece: whole,
            whole,
        }
    }
}

/// Why a body did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It came too slowly.
    TooSlow,
    /// The connection went.
    Off,
}

impl Broken {
    /// The rule, for programs.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::TooSlow => TOO_SLOW,
            Self::Off => "bad_request",
        }
    }

    /// The sentence, for people.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::TooSlow => {
                "the body came too slowly: send it again, in smaller pieces or over a faster line"
            }
            Self::Off => "the body broke off: send it again",
        }
    }
}

impl From<Broken> for Refusal {
    fn from(broken: Broken) -> Self {
        Self::new(ErrorKind::Invalid, broken.code(), broken.message())
    }
}

/// A body that is read no longer than its [`Pace`] allows.
pub(crate) struct Paced {
    stream: BodyDataStream,
    pace: Pace,
    piece_until: Instant,
    whole_until: Instant,
}

impl Paced {
    pub(crate) fn new(body: Body, pace: Pace) -> Self {
        let now = Instant::now();
        Self {
            stream: body.into_data_stream(),
            pace,
            piece_until: now + pace.piece,
            whole_until: now + pace.whole,
        }
    }

    /// What comes next; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let now = Instant::now();
        let bound = self.piece_until.min(self.whole_until);
        // What waits already would be taken even so late.
        if now >= bound {
            return Err(Broken::TooSlow);
        }
        let until = (now + self.pace.pause).min(bound);
        match tokio::time::timeout_at(until, self.stream.next()).await {
            Err(_) => Err(Broken::TooSlow),
            Ok(Some(Err(_))) => Err(Broken::Off),
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(None) => Ok(None),
        }
    }

    /// A piece is whole, and the next one has a time of its own.
    pub(crate) fn begin_piece(&mut self) {
        self.piece_until = Instant::now() + self.pace.piece;
    }
}

/// A piece of an upload of at most `limit` bytes.
pub(crate) async fn piece(body: Body, limit: usize) -> Result<Bytes, Refusal> {
    read(body, limit, PIECE).await
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
        let bytes = read(request.into_body(), MAX_FRAME, JSON).await?;
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

async fn read(body: Body, limit: usize, pace: Pace) -> Result<Bytes, Refusal> {
    let mut body = Paced::new(body, pace);
    let mut collected = Vec::new();
    while let Some(chunk) = body.next().await? {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_over_the_limit_names_it() {
        let refusal = read(Body::from(vec![b'x'; 11]), 10, JSON)
            .await
            .expect_err("too large");
        assert_eq!(
            (refusal.0.kind, refusal.0.limit),
            (ErrorKind::TooLarge, Some(10))
        );
        assert_eq!(
            read(Body::from("0123456789"), 10, JSON)
                .await
                .expect("fits")
                .len(),
            10
        );
    }

    /// `bytes` every so often, for ever.
    fn trickle(bytes: usize, every: Duration) -> Body {
        let steps = futures_util::stream::repeat(vec![b'x'; bytes]);
        Body::from_stream(steps.then(move |bytes| async move {
            tokio::time::sleep(every).await;
            Ok::<_, std::io::Error>(bytes)
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_or_stops_is_given_up() {
        let silent = futures_util::stream::pending::<Result<&str, std::io::Error>>();
        for (body, pace, seconds) in [
            (trickle(1, Duration::from_secs(9)), JSON, 30),
            (trickle(1, Duration::from_secs(9)), PIECE, 120),
            (Body::from_stream(silent), PIECE, 10),
        ] {
            let begin = Instant::now();
            let refusal = read(body, 1_000, pace).await.expect_err("too slow");
            assert_eq!(refusal.0.code, "too_slow");
            assert_eq!(begin.elapsed().as_secs(), seconds);
            let answer = axum::response::IntoResponse::into_response(refusal);
            assert_eq!(answer.status(), 408);
            let is_json = answer.headers()[header::CONTENT_TYPE] == "application/json";
            assert!(is_json, "{answer:?}");
        }
    }

    /// Case F1: each piece comes in time, and so the whole could take a day.
    #[tokio::test(start_paused = true)]
    async fn an_upload_just_above_the_slowest_line_ends_after_an_hour() {
        let begin = Instant::now();
        let kib = trickle(10 << 10, Duration::from_secs(1));
        let mut body = Paced::new(kib, UPLOAD);
        let (mut piece, mut pieces) = (0, 0);
        let why = loop {
            match body.next().await {
                Ok(chunk) => piece += chunk.expect("it never ends").len(),
                Err(why) => break why,
            }
            if piece >= 1 << 20 {
                body.begin_piece();
                (piece, pieces) = (0, pieces + 1);
            }
        };
        assert_eq!(why, Broken::TooSlow);
        assert_eq!((begin.elapsed().as_secs(), pieces), (3_600, 34));
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
