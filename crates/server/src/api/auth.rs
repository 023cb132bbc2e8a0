//! Which device asks: a bearer token, or the cookie of a page of this server.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use hub::{Identity, Origin, Session};
use webapi::skein::ErrorKind;

use super::Door;
use crate::http::{Caller, Refusal, same_origin};

/// The cookie over TLS: the prefix binds it to this very host (RFC 6265bis §4.1.3.2).
const SECURE_COOKIE: &str = "__Host-skein";
/// The cookie over plain HTTP on loopback.
const PLAIN_COOKIE: &str = "skein";
/// As long as browsers keep a cookie at most: 400 days.
const COOKIE_SECONDS: u64 = 400 * 24 * 3600;

/// A request of a device that is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// Which account and device.
    pub who: Identity,
    /// What it asks through.
    pub session: Session,
    /// Where it comes from.
    pub caller: Caller,
}

impl FromRequestParts<Arc<Door>> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, door).await?;
        let token = match bearer(&parts.headers) {
            Some(token) => token,
            None => {
                let token = cookie(&parts.headers, caller.secure)
                    .ok_or_else(|| Refusal::from(hub::Error::unauthorized()))?;
                // A browser adds the cookie by itself: only pages of this server may change something or listen.
                let changes =
                    !parts.method.is_safe() || parts.headers.contains_key(header::UPGRADE);
                if changes && FromPage::of(parts, &caller, door) != FromPage::Own {
                    return Err(foreign());
                }
                token
            }
        };
        let who = door.hub.authenticate(&token).await?;
        caller.ticket.prove();
        let session = door.hub.session(who, origin(&caller));
        Ok(Self {
            who,
            session,
            caller,
        })
    }
}

/// Whether a request comes from a page, and from which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FromPage {
    /// A page of this server.
    Own,
    /// A page of somebody else.
    Foreign,
    /// No page.
    No,
}

impl FromPage {
    fn of(parts: &Parts, caller: &Caller, door: &Door) -> Self {
        match same_origin(
            &parts.headers,
            &parts.uri,
            caller.secure,
            &door.facing.public,
        ) {
            Some(true) => Self::Own,
            Some(false) => Self::Foreign,
            None => Self::No,
        }
    }
}

impl FromRequestParts<Arc<Door>> for FromPage {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, door: &Arc<Door>) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, door).await?;
        Ok(Self::of(parts, &caller, door))
    }
}

/// What a page of somebody else is told.
pub(super) fn foreign() -> Refusal {
    Refusal::new(
        ErrorKind::Forbidden,
        "foreign_origin",
        "this request does not come from a page of this server; programs use a token",
    )
}

/// Where a request comes from, in the hub's words.
pub(crate) fn origin(caller: &Caller) -> Origin {
    Origin {
        address: Some(caller.address),
        exempt: caller.exempt,
    }
}

/// The header that gives a browser its cookie.
pub(super) fn set_cookie(token: &str, secure: bool) -> HeaderValue {
    let (name, end) = named(secure);
    format!("{name}={token}; Path=/; Max-Age={COOKIE_SECONDS}; HttpOnly; SameSite=Strict{end}")
        .parse()
        .expect("a token is base64url")
}

/// The header that takes it away.
pub(super) fn clear_cookie(secure: bool) -> HeaderValue {
    let (name, end) = named(secure);
    format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{end}")
        .parse()
        .expect("fixed letters")
}

fn named(secure: bool) -> (&'static str, &'static str) {
    if secure {
        (SECURE_COOKIE, "; Secure")
    } else {
        (PLAIN_COOKIE, "")
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim().to_owned())
}

fn cookie(headers: &HeaderMap, secure: bool) -> Option<String> {
    let (wanted, _) = named(secure);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_only_by_its_own_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; skein=plain; __Host-skein=sealed"),
        );
        assert_eq!(cookie(&headers, false).as_deref(), Some("plain"));
        assert_eq!(cookie(&headers, true).as_deref(), Some("sealed"));
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("skein=; xskein=1"));
        assert_eq!(cookie(&headers, false), None);
    }

    #[test]
    fn a_cookie_over_tls_is_sealed() {
        let header = set_cookie("abc", true);
        let text = header.to_str().expect("text");
        for part in [
            "__Host-skein=abc",
            "Path=/",
            "HttpOnly",
            "SameSite=Strict",
            "Secure",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(
            !set_cookie("abc", false)
                .to_str()
                .expect("text")
                .contains("Secure")
        );
    }

    #[test]
    fn a_bearer_token_is_read_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::AUTHORIZATION,
            HeaderValue::from_static("bearer abc"),
        );
        assert_eq!(bearer(&headers).as_deref(), Some("abc"));
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Basic abc"));
        assert_eq!(bearer(&headers), None);
    }
}
