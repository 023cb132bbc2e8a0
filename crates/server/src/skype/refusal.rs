//! Refusals in the shapes of the old services: one function from the hub's to each.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use hub::{Error, Kind};
use serde_json::json;

use super::Service;
use crate::http::Refusal;

/// `errorCode` of the gateway: who asks is not signed in, or not any more.
pub const NOT_SIGNED_IN: u32 = 911;
/// `errorCode`: there is no such endpoint; programs register again.
pub const NO_ENDPOINT: u32 = 729;
/// `errorCode`: there is no such subscription; programs subscribe again.
pub const NO_SUBSCRIPTION: u32 = 450;
/// `errorCode`: there is no such conversation, person or message.
pub const NOTHING_THERE: u32 = 730;
/// `errorCode`: not allowed.
pub const FORBIDDEN: u32 = 403;
/// `errorCode`: what was sent cannot be understood.
pub const MALFORMED: u32 = 201;
/// `errorCode`: a place to go on from that was not given out here.
pub const BAD_SYNC_STATE: u32 = 230;
/// `errorCode`: too many commands.
pub const TOO_MANY: u32 = 800;
/// `errorCode`: too many sign-ins or registrations.
pub const TOO_MANY_SIGN_INS: u32 = 803;

/// A refusal of the gateway: `{"errorCode": …, "message": "…"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayRefusal {
    /// The status.
    pub status: StatusCode,
    /// The number that programs look at.
    pub code: u32,
    /// A sentence that says what to do.
    pub message: String,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

impl GatewayRefusal {
    /// A refusal by a rule of the dialect.
    #[must_use]
    pub fn new(status: StatusCode, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }

    /// There is no such endpoint, or its registration has ended.
    #[must_use]
    pub fn no_endpoint() -> Self {
        let message = "You must create an endpoint before performing this operation.";
        Self::new(StatusCode::NOT_FOUND, NO_ENDPOINT, message)
    }

    /// The endpoint has no subscription.
    #[must_use]
    pub fn no_subscription() -> Self {
        let message = "Subscription requested could not be found.";
        Self::new(StatusCode::NOT_FOUND, NO_SUBSCRIPTION, message)
    }

    /// What was sent cannot be understood.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, MALFORMED, message)
    }

    /// A refusal of a sign-in or a registration: too many of them have a number of their own.
    #[must_use]
    pub fn of_sign_in(error: Error) -> Self {
        let is_too_many = error.kind == Kind::TooMany;
        let mut refusal = Self::from(error);
        if is_too_many {
            refusal.code = TOO_MANY_SIGN_INS;
        }
        refusal
    }
}

impl From<Error> for GatewayRefusal {
    fn from(error: Error) -> Self {
        let code = match error.kind {
            Kind::Unauthorized => NOT_SIGNED_IN,
            Kind::NotFound => NOTHING_THERE,
            Kind::Forbidden => FORBIDDEN,
            Kind::Conflict | Kind::Invalid | Kind::TooLarge => MALFORMED,
            Kind::TooMany | Kind::Full => TOO_MANY,
            Kind::Unavailable => 500,
        };
        Self {
            status: status_of(&error),
            code,
            retry_after: seconds(&error),
            message: error.message,
        }
    }
}

impl IntoResponse for GatewayRefusal {
    fn into_response(self) -> Response {
        let body = json!({ "errorCode": self.code, "message": self.message });
        waiting((self.status, Json(body)).into_response(), self.retry_after)
    }
}

/// `code` of the other services: the name or the password is wrong.
pub const WRONG_PASSWORD: u32 = 40_120;
/// `code`: too many tries.
pub const TOO_MANY_TRIES: u32 = 40_121;
/// `code`: who asks is not signed in, or not any more.
pub const BAD_TOKEN: u32 = 40_100;
/// `code`: there is no such person.
pub const UNKNOWN_USER: u32 = 40_401;

/// A refusal of all services but the gateway: `{"status": {"code": …, "text": "…"}}`. Where it is a limit, the gateway's
/// number stands beside it, since some programs look at nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusRefusal {
    /// The status.
    pub status: StatusCode,
    /// The number that programs look at.
    pub code: u32,
    /// A sentence that says what to do.
    pub text: String,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

impl StatusRefusal {
    /// A refusal by a rule of the dialect.
    #[must_use]
    pub fn new(status: StatusCode, code: u32, text: impl Into<String>) -> Self {
        Self {
            status,
            code,
            text: text.into(),
            retry_after: None,
        }
    }

    /// What was sent cannot be understood.
    #[must_use]
    pub fn malformed(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 40_000, text)
    }

    /// A refusal of a sign-in, by the numbers that are its own.
    #[must_use]
    pub fn of_sign_in(error: Error) -> Self {
        let code = match error.kind {
            Kind::Unauthorized => Some(WRONG_PASSWORD),
            Kind::TooMany => Some(TOO_MANY_TRIES),
            _ => None,
        };
        let mut refusal = Self::from(error);
        refusal.code = code.unwrap_or(refusal.code);
        refusal
    }
}

impl From<Error> for StatusRefusal {
    fn from(error: Error) -> Self {
        let code = match error.kind {
            Kind::Unauthorized => BAD_TOKEN,
            Kind::NotFound => UNKNOWN_USER,
            Kind::Forbidden => 40_300,
            Kind::Conflict => 40_900,
            Kind::Invalid => 40_000,
            Kind::TooLarge => 41_300,
            Kind::TooMany => 42_900,
            Kind::Full => 50_700,
            Kind::Unavailable => 50_300,
        };
        Self {
            status: status_of(&error),
            code,
            retry_after: seconds(&error),
            text: error.message,
        }
    }
}

impl IntoResponse for StatusRefusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "status": { "code": self.code, "text": self.text } });
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let code = match self.code {
                TOO_MANY_TRIES => TOO_MANY_SIGN_INS,
                _ => TOO_MANY,
            };
            body["errorCode"] = code.into();
            body["message"] = self.text.into();
        }
        waiting((self.status, Json(body)).into_response(), self.retry_after)
    }
}

/// A refusal of the store of files. It has no body: skypeweb takes any JSON object without `view_state` for a status and breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct StoreRefusal(pub Error);

impl From<Error> for StoreRefusal {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for StoreRefusal {
    fn into_response(self) -> Response {
        let response = status_of(&self.0).into_response();
        waiting(response, seconds(&self.0))
    }
}

/// A refusal on a page for people.
#[must_use]
pub fn page(error: &Error) -> Response {
    let text = escape(&error.message);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{text}</title></head>\
         <body><p>{text}</p></body></html>\n"
    );
    waiting(
        (status_of(error), Html(html)).into_response(),
        seconds(error),
    )
}

/// A refusal in the shape of the service that was asked.
#[must_use]
pub fn of(service: Service, error: Error) -> Response {
    match service {
        Service::Gateway => GatewayRefusal::from(error).into_response(),
        Service::Store => StoreRefusal::from(error).into_response(),
        Service::Login | Service::Live | Service::Web => page(&error),
        _ => StatusRefusal::from(error).into_response(),
    }
}

/// Text between tags and in attributes.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The status of a refusal: the same as in our own dialect.
fn status_of(error: &Error) -> StatusCode {
    let kind = Refusal::from(error.clone()).0.kind;
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::BAD_REQUEST)
}

/// Rounded up, so that who obeys it is not early (RFC 9110 §10.2.3 counts whole seconds).
fn seconds(error: &Error) -> Option<u64> {
    let ms = error.retry_after?.as_millis();
    Some(u64::try_from(ms.div_ceil(1000)).unwrap_or(u64::MAX).max(1))
}

fn waiting(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
