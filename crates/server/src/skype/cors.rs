//! Web programs of other origins (Fetch Standard §3.3): what a browser lets them read here.
//!
//! Every credential of the dialect but two cookies is a header that a program adds itself, so any origin may ask the services that take
//! tokens, without cookies. With cookies only pages of the old hosts and of this server's own names may; the pages of signing in answer
//! nobody else, so that no other page reads what a form says. See `docs/decisions/0018-skype-for-web.md`.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::Service;

const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";
/// What programs look for in answers and a browser would keep from them.
const EXPOSED: &str = "Location, Set-RegistrationToken, Retry-After, ETag, Content-Range, Content-Disposition, ContextId";
/// How long a browser remembers what it may ask, in seconds.
const REMEMBERED: &str = "600";
/// Longest list of headers that is granted, in bytes.
const MAX_HEADERS: usize = 1_024;
/// What the answer depends on.
const VARY: &str = "Origin, Access-Control-Request-Headers";

/// What a browser is told about an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cors {
    readers: Readers,
    /// Headers that a browser asks for beforehand; there is such a question only.
    preflight: Option<Option<HeaderValue>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Readers {
    /// Nobody beside the page's own origin.
    Nobody,
    /// Every origin, without cookies.
    All,
    /// This origin, with cookies.
    Own(HeaderValue),
}

impl Cors {
    /// Of a request for a service; `own` are the outside names of this server.
    pub(super) fn of(request: &Request, service: Service, own: &[String]) -> Self {
        let headers = request.headers();
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Self {
                readers: Readers::Nobody,
                preflight: None,
            };
        };
        let is_page = matches!(service, Service::Login | Service::Live | Service::Join);
        let readers = if origin.to_str().is_ok_and(|text| is_ours(text, own)) {
            Readers::Own(origin.clone())
        } else if is_page {
            Readers::Nobody
        } else {
            Readers::All
        };
        let is_preflight = request.method() == Method::OPTIONS
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        let wanted = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let wanted = wanted.filter(|value| value.len() <= MAX_HEADERS).cloned();
        Self {
            readers,
            preflight: is_preflight.then_some(wanted),
        }
    }

    /// The answer to a browser that asks whether it may ask.
    pub(super) fn preflight(&self) -> Option<Response> {
        let wanted = self.preflight.as_ref()?;
        let mut response = StatusCode::NO_CONTENT.into_response();
        if self.readers == Readers::Nobody {
            return Some(response);
        }
        let methods = HeaderValue::from_static(METHODS);
        put(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
        if let Some(wanted) = wanted {
            let name = header::ACCESS_CONTROL_ALLOW_HEADERS;
            put(&mut response, name, wanted.clone());
        }
        let age = HeaderValue::from_static(REMEMBERED);
        put(&mut response, header::ACCESS_CONTROL_MAX_AGE, age);
        Some(response)
    }

    /// Says in an answer who may read it.
    pub(super) fn say(self, response: &mut Response) {
        let vary = HeaderValue::from_static(VARY);
        response.headers_mut().append(header::VARY, vary);
        let origin = match self.readers {
            Readers::Nobody => return,
            Readers::All => HeaderValue::from_static("*"),
            Readers::Own(origin) => {
                let name = header::ACCESS_CONTROL_ALLOW_CREDENTIALS;
                put(response, name, HeaderValue::from_static("true"));
                origin
            }
        };
        put(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.preflight.is_none() {
            let exposed = HeaderValue::from_static(EXPOSED);
            put(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

fn put(response: &mut Response, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

/// Whether an origin is a page of the old hosts or of this server, over HTTPS.
fn is_ours(origin: &str, own: &[String]) -> bool {
    let Some(authority) = origin.strip_prefix("https://") else {
        return false;
    };
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    let host = authority.host().trim_matches(['[', ']']).to_lowercase();
    !authority.as_str().contains('@') && (Service::of_host(&host).is_some() || own.contains(&host))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn pages_of_the_old_hosts_and_of_our_own_names_are_ours_and_no_others() {
        let own = ["skein.example".to_owned()];
        for (origin, wanted) in [
            ("https://web.skype.com", true),
            ("https://skein.example:8443", true),
            ("http://skein.example", false),
            ("https://skein.example.evil.example", false),
            ("https://web.skype.com@evil.example", false),
            ("https://evil.example", false),
            ("null", false),
        ] {
            assert_eq!(is_ours(origin, &own), wanted, "{origin}");
        }
    }

    #[test]
    fn a_list_of_headers_without_end_is_not_granted() {
        let long = "x-a, ".repeat(300);
        let request = Request::builder()
            .method(Method::OPTIONS)
            .header(header::ORIGIN, "https://bots.example")
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .header(header::ACCESS_CONTROL_REQUEST_HEADERS, long)
            .body(Body::empty())
            .expect("a request");
        let response = Cors::of(&request, Service::Api, &[]).preflight();
        let headers = response.expect("a preflight").headers().clone();
        assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_HEADERS));
    }
}
