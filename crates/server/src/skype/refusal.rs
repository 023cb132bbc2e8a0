//! Refusals in the shapes of the old services: one function from the hub's to each.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use hub::{Error, Kind};
use serde_json::json;
use webapi::skype::error::{ApiError, GatewayError, api, gateway};

use super::Service;
use crate::http::Refusal;

/// `errorCode` of the gateway: who asks is not signed in, or not any more.
pub const NOT_SIGNED_IN: u16 = gateway::UNAUTHENTICATED;

/// A refusal of the gateway: `{"errorCode": …, "message": "…"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct GatewayRefusal {
    /// The status.
    pub status: StatusCode,
    /// The number that programs look at.
    pub code: u16,
    /// A sentence that says what to do.
    pub message: String,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

impl GatewayRefusal {
    /// A refusal by a rule of the dialect.
    #[must_use]
    pub fn new(status: StatusCode, code: u16, message: impl Into<String>) -> Self {
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
        let words = gateway::NO_ENDPOINT_WORDS;
        Self::new(StatusCode::NOT_FOUND, gateway::NO_ENDPOINT, words)
    }

    /// The endpoint has no subscription.
    #[must_use]
    pub fn no_subscription() -> Self {
        let words = gateway::NO_SUBSCRIPTION_WORDS;
        Self::new(StatusCode::NOT_FOUND, gateway::NO_SUBSCRIPTION, words)
    }

    /// What was sent cannot be understood.
    #[must_use]
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, gateway::BAD_REQUEST, message)
    }

    /// A refusal of a sign-in or a registration: too many of them have a number of their own.
    #[must_use]
    pub fn of_sign_in(error: Error) -> Self {
        let is_too_many = error.kind == Kind::TooMany;
        let mut refusal = Self::from(error);
        if is_too_many {
            refusal.code = gateway::TOO_MANY_SIGN_INS;
        }
        refusal
    }
}

impl From<Error> for GatewayRefusal {
    fn from(error: Error) -> Self {
        let code = match error.kind {
            Kind::Unauthorized => gateway::UNAUTHENTICATED,
            Kind::NotFound => gateway::NO_CONVERSATION,
            Kind::Forbidden => gateway::FORBIDDEN,
            Kind::Conflict | Kind::Invalid | Kind::TooLarge => gateway::BAD_REQUEST,
            Kind::TooMany | Kind::Full => gateway::TOO_MANY,
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
        let body = GatewayError::new(self.code, self.message);
        waiting((self.status, Json(body)).into_response(), self.retry_after)
    }
}

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
        Self::new(StatusCode::BAD_REQUEST, api::BAD_REQUEST, text)
    }

    /// A refusal of a sign-in, by the numbers that are its own.
    #[must_use]
    pub fn of_sign_in(error: Error) -> Self {
        let code = match error.kind {
            Kind::Unauthorized => Some(api::BAD_PASSWORD),
            Kind::TooMany => Some(api::TOO_MANY),
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
            Kind::Unauthorized => api::UNAUTHENTICATED,
            Kind::NotFound => api::NO_PROFILE,
            Kind::Forbidden => api::FORBIDDEN,
            Kind::Conflict => api::CONFLICT,
            Kind::Invalid => api::BAD_REQUEST,
            Kind::TooLarge => 41_300,
            Kind::TooMany => 42_900,
            Kind::Full => 50_700,
            Kind::Unavailable => api::UNAVAILABLE,
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
        let mut body = json!(ApiError::new(self.code, &self.text));
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let code = match self.code {
                api::TOO_MANY => gateway::TOO_MANY_SIGN_INS,
                _ => gateway::TOO_MANY,
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
pub(super) fn page(error: &Error) -> Response {
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

/// A refusal that programs read only if it comes with success; the header says when to try again.
#[must_use]
pub(super) fn with_success(error: &Error, response: Response) -> Response {
    waiting(response, seconds(error))
}

/// A refusal in the shape of the service that was asked.
#[must_use]
pub(super) fn of(service: Service, error: Error) -> Response {
    match service {
        Service::Gateway => GatewayRefusal::from(error).into_response(),
        Service::Store => StoreRefusal::from(error).into_response(),
        Service::Login | Service::Live | Service::Web => page(&error),
        _ => StatusRefusal::from(error).into_response(),
    }
}

/// What the framework refuses by itself comes as text: here it is said as the service says it, with the same status and headers.
#[must_use]
pub(super) fn in_dialect(service: Service, response: Response) -> Response {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_text = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
    if !is_text || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let kind = match status {
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        status if status.is_server_error() => Kind::Unavailable,
        _ => Kind::Invalid,
    };
    let message = "this address, its parameters or its body cannot be understood";
    let mut spoken = of(service, Error::new(kind, "bad_request", message));
    *spoken.status_mut() = status;
    let (plain, _) = response.into_parts();
    for (name, value) in &plain.headers {
        if *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH {
            spoken.headers_mut().append(name, value.clone());
        }
    }
    spoken
}

/// Text between tags and in attributes.
#[must_use]
pub(super) fn escape(text: &str) -> String {
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
    Refusal::from(error.clone()).status()
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
