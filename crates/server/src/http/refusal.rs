//! The one shape of every refusal, and the one function from the hub's to it.

use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use webapi::skein::{ApiError, ErrorKind};

/// The body came too slowly: a rule with a status of its own.
pub(super) const TOO_SLOW: &str = "too_slow";

/// A refusal on its way to the client.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal(pub ApiError);

impl Refusal {
    /// A refusal by a rule of the door itself.
    #[must_use]
    pub fn new(kind: ErrorKind, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self(ApiError {
            kind,
            code,
            message,
            retry_after: None,
            limit: None,
        })
    }

    /// What was sent cannot be understood.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, "bad_request", message)
    }

    /// Its status: that of its kind, or 408 (RFC 9110 §15.5.9).
    #[must_use]
    pub fn status(&self) -> StatusCode {
        if self.0.code == TOO_SLOW {
            return StatusCode::REQUEST_TIMEOUT;
        }
        StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::BAD_REQUEST)
    }

    /// The server is about to stop.
    #[must_use]
    pub fn restarting() -> Self {
        let mut refusal = Self::new(
            ErrorKind::Unavailable,
            "restarting",
            "the server restarts: come back in a moment",
        );
        refusal.0.retry_after = Some(1000);
        refusal
    }
}

impl From<hub::Error> for Refusal {
    fn from(error: hub::Error) -> Self {
        let kind = match error.kind {
            hub::Kind::NotFound => ErrorKind::NotFound,
            hub::Kind::Unauthorized => ErrorKind::Unauthorized,
            hub::Kind::Forbidden => ErrorKind::Forbidden,
            hub::Kind::Conflict => ErrorKind::Conflict,
            hub::Kind::Invalid => ErrorKind::Invalid,
            hub::Kind::TooLarge => ErrorKind::TooLarge,
            hub::Kind::Full => ErrorKind::Full,
            hub::Kind::TooMany => ErrorKind::TooMany,
            hub::Kind::Unavailable => ErrorKind::Unavailable,
        };
        let ms = |wait: Duration| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self(ApiError {
            kind,
            code: error.code.to_owned(),
            message: error.message,
            retry_after: error.retry_after.map(ms),
            limit: error
                .limit
                .map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)),
        })
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        // RFC 9110 §10.2.3 counts whole seconds; rounded up, so that who obeys it is not early.
        let retry = self
            .0
            .retry_after
            .map(|ms| HeaderValue::from((ms.max(0) as u64).div_ceil(1000).max(1)));
        let mut response = (status, Json(self.0)).into_response();
        if let Some(retry) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, retry);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_the_body_and_in_the_header() {
        let refusal = Refusal::from(hub::Error::too_many(Duration::from_millis(2_100)));
        assert_eq!(refusal.0.retry_after, Some(2_100));
        let response = refusal.into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "3");
    }
}
