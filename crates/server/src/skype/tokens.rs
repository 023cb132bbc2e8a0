//! The credentials of the dialect, each a ticket of the hub in other clothes: nothing is stored for any of them, and signing the
//! device out ends them all.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::Response;
use hub::id::Timestamp;
use hub::{Error, Identity, Kind, Redeemed, Session};
use webapi::skype::tokens::{
    Presented, Skypetoken, cookie, registration, registration_bytes, registration_token,
};

use super::{Outside, Service, Skype, refusal};
use crate::api::origin;
use crate::http::Caller;

/// How long a skypetoken holds, in milliseconds: 24 hours, as programs expect.
pub const SKYPETOKEN_MS: i64 = webapi::skype::sign_in::TOKEN_SECONDS * 1_000;
/// How long a registration token holds, in milliseconds.
pub const REGISTRATION_MS: i64 = 24 * 3_600 * 1_000;
/// How long what stands between two steps of signing in holds, in milliseconds.
pub(super) const STEP_MS: i64 = 10 * 60 * 1_000;
/// How long a refresh token holds that nobody uses, in milliseconds: 90 days.
pub(super) const REFRESH_MS: i64 = 90 * 24 * 3_600 * 1_000;
/// How long somebody stays signed in by refreshing alone, in milliseconds, counted from the password, the link or the token of our own
/// that they last showed: a year.
pub(super) const SIGNED_IN_MS: i64 = 365 * 24 * 3_600 * 1_000;
/// The cookie for files.
pub(super) const COOKIE: &str = "skypetoken_asm";

/// What a ticket is for.
const SKYPETOKEN: &str = "skype: token";
const REGISTRATION: &str = "skype: registration";
const STEP: &str = "skype: step";
const REFRESH: &str = "skype: refresh";
const LOOK: &str = "skype: picture";
const FILES: &str = "skype: files";

/// Who is signed in, and when they last showed a password, a link or a token of our own. Whatever one step gives to the next carries
/// it, so that refreshing has an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SignIn {
    pub(super) who: Identity,
    pub(super) since: Timestamp,
}

impl SignIn {
    /// Of a ticket that was given for it.
    fn of(redeemed: &Redeemed) -> Result<Self, Error> {
        let since: [u8; 8] = redeemed
            .extra
            .as_slice()
            .try_into()
            .map_err(|_| Error::unauthorized())?;
        Ok(Self {
            who: redeemed.who,
            since: Timestamp(i64::from_be_bytes(since)),
        })
    }

    fn extra(self) -> [u8; 8] {
        self.since.0.to_be_bytes()
    }

    /// When refreshing ends.
    fn ends(self) -> Timestamp {
        Timestamp(self.since.0.saturating_add(SIGNED_IN_MS))
    }
}

impl Skype {
    /// Now, by the wall's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.door.clock.wall()
    }

    fn after(&self, ms: i64) -> Timestamp {
        Timestamp(self.now().0 + ms)
    }

    /// Somebody who has just shown a password, a link or a token of our own.
    pub(super) fn fresh(&self, who: Identity) -> SignIn {
        let since = self.now();
        SignIn { who, since }
    }

    /// A skypetoken for a device of the account with this Skype name that has just signed in, and when it ends.
    ///
    /// # Errors
    /// As [`hub::Hub::ticket`].
    pub fn skypetoken(&self, who: Identity, name: &str) -> Result<(String, Timestamp), Error> {
        self.skypetoken_of(self.fresh(who), name)
    }

    /// The same for whoever signed in earlier.
    pub(super) fn skypetoken_of(
        &self,
        signed_in: SignIn,
        name: &str,
    ) -> Result<(String, Timestamp), Error> {
        let ends = self.after(SKYPETOKEN_MS);
        let SignIn { who, .. } = signed_in;
        let extra = signed_in.extra();
        let token = Skypetoken {
            skypeid: name.to_owned(),
            exp: ends.0 / 1_000,
            opaque: self.door.hub.ticket(who, SKYPETOKEN, &extra, ends)?,
        };
        Ok((token.write(), ends))
    }

    /// How many seconds there are until then.
    #[must_use]
    pub fn seconds_until(&self, ends: Timestamp) -> i64 {
        (ends.0 - self.now().0).max(0) / 1_000
    }

    /// Whose a skypetoken is.
    ///
    /// # Errors
    /// As [`hub::Hub::redeem`]; of the kind [`hub::Kind::Unauthorized`] if it is none.
    pub async fn redeem_skypetoken(&self, text: &str) -> Result<Redeemed, Error> {
        let token = Skypetoken::read(text).map(|token| token.opaque);
        self.redeem(SKYPETOKEN, token).await
    }

    /// A registration token and when it ends. `endpoint` comes back when it is redeemed: at most [`hub::MAX_TICKET_EXTRA`] bytes.
    ///
    /// # Errors
    /// As [`hub::Hub::ticket`].
    pub fn registration(
        &self,
        who: Identity,
        endpoint: &[u8],
    ) -> Result<(String, Timestamp), Error> {
        let ends = self.after(REGISTRATION_MS);
        let ticket = self.door.hub.ticket(who, REGISTRATION, endpoint, ends)?;
        Ok((registration_token(&ticket), ends))
    }

    /// Whose a registration is, by the value of the header `RegistrationToken`; [`Redeemed::extra`] is the endpoint. What stands in
    /// the header beside the token is not believed.
    ///
    /// # Errors
    /// As [`hub::Hub::redeem`].
    pub async fn redeem_registration(&self, value: &str) -> Result<Redeemed, Error> {
        let ticket = registration(value).and_then(|read| registration_bytes(read.token));
        self.redeem(REGISTRATION, ticket).await
    }

    /// What one step of signing in gives to the next, in whatever clothes.
    pub(super) fn step(&self, signed_in: SignIn) -> Result<Vec<u8>, Error> {
        let (ends, extra) = (self.after(STEP_MS), signed_in.extra());
        self.door.hub.ticket(signed_in.who, STEP, &extra, ends)
    }

    pub(super) async fn redeem_step(&self, step: Option<Vec<u8>>) -> Result<SignIn, Error> {
        SignIn::of(&self.redeem(STEP, step).await?)
    }

    /// What a program keeps so that it needs no password the next time, and when that ends: not later than refreshing itself.
    pub(super) fn refresh(&self, signed_in: SignIn) -> Result<(String, Timestamp), Error> {
        let ends = self.after(REFRESH_MS).min(signed_in.ends());
        let extra = signed_in.extra();
        let ticket = self.door.hub.ticket(signed_in.who, REFRESH, &extra, ends)?;
        Ok((hex::encode(ticket), ends))
    }

    /// Whose a refresh token is; some programs send their skypetoken in its place.
    pub(super) async fn redeem_refresh(&self, text: &str) -> Result<SignIn, Error> {
        let redeemed = match Skypetoken::read(text) {
            Some(token) => self.redeem(SKYPETOKEN, Some(token.opaque)).await?,
            None => self.redeem(REFRESH, hex::decode(text).ok()).await?,
        };
        let signed_in = SignIn::of(&redeemed)?;
        if signed_in.ends() <= self.now() {
            let message = "this was refreshed for a year: sign in with the password again";
            return Err(Error::new(Kind::Unauthorized, "ticket_ended", message));
        }
        Ok(signed_in)
    }

    /// What stands in the cookie for files, instead of the skypetoken: it reads what a skypetoken may read until then, and opens nothing else.
    pub(super) fn files(&self, token: &Redeemed) -> Result<String, Error> {
        let ticket = self.door.hub.ticket(token.who, FILES, &[], token.ends)?;
        Ok(hex::encode(ticket))
    }

    /// Whose the cookie for files is. Programs that make it themselves put their skypetoken in.
    async fn redeem_files(&self, text: &str) -> Result<Redeemed, Error> {
        match hex::decode(text) {
            Ok(ticket) => self.redeem(FILES, Some(ticket)).await,
            Err(_) => self.redeem_skypetoken(text).await,
        }
    }

    /// What stands in the address of a picture: who looks at it. It opens nothing else.
    pub(super) fn look(&self, who: Identity) -> Result<String, Error> {
        let ends = self.after(SKYPETOKEN_MS);
        let ticket = self.door.hub.ticket(who, LOOK, &[], ends)?;
        Ok(hex::encode(ticket))
    }

    pub(super) async fn redeem_look(&self, text: &str) -> Result<Identity, Error> {
        let redeemed = self.redeem(LOOK, hex::decode(text).ok()).await?;
        Ok(redeemed.who)
    }

    async fn redeem(
        &self,
        purpose: &'static str,
        ticket: Option<Vec<u8>>,
    ) -> Result<Redeemed, Error> {
        let ticket = ticket.unwrap_or_default();
        self.door.hub.redeem(purpose, &ticket).await
    }
}

/// A request with a skypetoken.
#[derive(Debug, Clone)]
pub struct SkypeUser {
    /// Which account and device.
    pub who: Identity,
    /// What it asks through.
    pub session: Session,
    /// When its token ends.
    pub ends: Timestamp,
    /// Where it comes from.
    pub caller: Caller,
    /// How it came in.
    pub outside: Outside,
}

impl FromRequestParts<Arc<Skype>> for SkypeUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, skype: &Arc<Skype>) -> Result<Self, Response> {
        let outside = outside(parts)?;
        let caller = caller(parts, &outside)?;
        let refuse = |error| refusal::of(outside.service, error);
        let by_cookie = outside.service == Service::Store && parts.method.is_safe();
        let redeemed = match shown(&parts.headers, by_cookie) {
            Some(Shown::Skypetoken(token)) => skype.redeem_skypetoken(&token).await,
            Some(Shown::Cookie(token)) => skype.redeem_files(&token).await,
            None => Err(Error::unauthorized()),
        };
        let redeemed = redeemed.map_err(refuse)?;
        caller.ticket.prove();
        let session = skype.door.hub.session(redeemed.who, origin(&caller));
        Ok(Self {
            who: redeemed.who,
            session,
            ends: redeemed.ends,
            caller,
            outside,
        })
    }
}

/// How a request came in.
#[expect(
    clippy::result_large_err,
    reason = "an extractor refuses with the response itself"
)]
pub(super) fn outside(parts: &Parts) -> Result<Outside, Response> {
    let outside = parts.extensions.get::<Outside>().cloned();
    outside.ok_or_else(|| refusal::page(&nowhere()))
}

/// Who sends a request.
#[expect(
    clippy::result_large_err,
    reason = "an extractor refuses with the response itself"
)]
pub(super) fn caller(parts: &Parts, outside: &Outside) -> Result<Caller, Response> {
    let caller = parts.extensions.get::<Caller>().cloned();
    caller.ok_or_else(|| refusal::of(outside.service, nowhere()))
}

fn nowhere() -> Error {
    Error::unavailable("this request came on no connection")
}

impl FromRequestParts<Arc<Skype>> for Outside {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Skype>) -> Result<Self, Response> {
        outside(parts)
    }
}

/// What a request shows to say whose it is.
#[derive(Debug, PartialEq, Eq)]
enum Shown {
    Skypetoken(String),
    /// Of the cookie for files.
    Cookie(String),
}

/// The skypetoken of a request. A browser adds a cookie by itself, so it counts for files alone, and only where nothing changes.
fn shown(headers: &HeaderMap, by_cookie: bool) -> Option<Shown> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let presented = Presented {
        skypetoken: text("x-skypetoken"),
        authorization: text("authorization"),
        authentication: text("authentication"),
        cookie: None,
    };
    let token = presented.token().map(str::to_owned);
    let jar = || text("cookie").filter(|_| by_cookie);
    let kept = || cookie(jar()?, COOKIE).map(str::to_owned);
    token
        .map(Shown::Skypetoken)
        .or_else(|| kept().map(Shown::Cookie))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_a_token_only_where_it_may_be_one_and_a_header_goes_before_it() {
        let mut headers = HeaderMap::new();
        let jar = "other=1; skypetoken_asm=a.b.c".parse().expect("a value");
        headers.insert("cookie", jar);
        let kept = Shown::Cookie("a.b.c".to_owned());
        assert_eq!(shown(&headers, true), Some(kept));
        assert_eq!(shown(&headers, false), None);
        let header = "skype_token d.e.f".parse().expect("a value");
        headers.insert("authorization", header);
        let said = Shown::Skypetoken("d.e.f".to_owned());
        assert_eq!(shown(&headers, true), Some(said));
    }
}
