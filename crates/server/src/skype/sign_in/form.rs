//! The pages of signing in: the form of a Microsoft account in three steps, the older form, and what was given before.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use hub::{Error, Kind, Proof};
use serde::Deserialize;
use webapi::skype::AsmId;
use webapi::skype::pages::{self, Failure, Form};
use webapi::skype::sign_in::TokenGiven;
use webapi::skype::tokens::cookie;

use super::{admit, given};
use crate::http::Caller;
use crate::skype::tokens::{STEP_MS, SignIn};
use crate::skype::{Outside, Raw, Service, Skype, objects, refusal};

/// The cookie that a page and its nonce share.
const REQUEST: &str = "MSPRequ";
/// The cookie of a program that signs in without a password.
const REFRESH: &str = "refresh-token";
/// The cookie by which the form is posted once more, without the password.
const STEP: &str = "__Host-MSAAUTH";

/// `GET login.skype.com/login/oauth/microsoft`: to the other host.
pub(super) async fn begin(outside: Outside) -> Response {
    let path = "/login.srf?wa=wsignin1.0&wp=MBI_SSL&wreply=https%3A%2F%2Flw.skype.com%2Flogin%2Foauth%2Fproxy";
    found(&outside.link(Service::Live, path))
}

/// 302, which is the only way elsewhere that some programs go.
fn found(place: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
}

/// `GET login.live.com/login.srf`: the form. Programs read its nonce by a pattern, and send its cookies back.
pub(super) async fn page(State(skype): State<Arc<Skype>>, outside: Outside) -> Response {
    let request = hex::encode(rand::random::<[u8; 16]>());
    let nonce = pages::ppft(&skype.nonces.make(&request, skype.now()));
    let action = outside.link(Service::Live, "/ppsecure/post.srf");
    let mut response = Html(pages::start(&action, &nonce)).into_response();
    put_cookie(&mut response, &outside, REQUEST, &request, None);
    put_cookie(&mut response, &outside, "MSPOK", "1", None);
    response
}

/// `POST login.live.com/ppsecure/post.srf`: name and password, or the cookie that a post with them has given.
pub(super) async fn post(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    outside: Outside,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Response {
    let form = read(&headers, &body);
    let request = jar(&headers, REQUEST).unwrap_or_default();
    let nonce = form.ppft.as_deref().and_then(pages::ppft_bytes);
    let is_own = nonce.is_some_and(|nonce| skype.nonces.is_good(&nonce, &request, skype.now()));
    if request.is_empty() || !is_own {
        let message = "this page is too old: begin to sign in again";
        return failed(&Error::invalid("old_page", message));
    }
    let before = jar(&headers, STEP).filter(|_| form.name.is_none());
    let admitted = match before {
        Some(step) => skype.redeem_step(hex::decode(step).ok()).await,
        None => filled(&skype, &caller, &headers, form).await,
    };
    match admitted.and_then(|who| skype.step(who)) {
        Ok(step) => {
            let mut response = go_on(&outside, &step);
            let age = Some(STEP_MS / 1_000);
            put_cookie(&mut response, &outside, STEP, &hex::encode(step), age);
            response
        }
        Err(error) => failed(&error),
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Form {
    let kind = headers.get(header::CONTENT_TYPE);
    Form::read(kind.and_then(|kind| kind.to_str().ok()), body)
}

/// Signs in whoever filled a form in.
async fn filled(
    skype: &Skype,
    caller: &Caller,
    headers: &HeaderMap,
    form: Form,
) -> Result<SignIn, Error> {
    let proof = Proof::Password(form.password.unwrap_or_default());
    let name = form.name.unwrap_or_default();
    admit(skype, caller, headers, &name, proof).await
}

fn go_on(outside: &Outside, step: &[u8]) -> Response {
    let action = outside.link(Service::Login, "/login/microsoft");
    Html(pages::go_on(&action, &hex::encode(step))).into_response()
}

/// A page that says in the way of the old one why nobody was signed in. Programs read it only if it comes with success.
fn failed(error: &Error) -> Response {
    let why = match error.kind {
        Kind::Unauthorized => Failure::WrongPassword,
        Kind::TooMany => Failure::TooMany,
        _ => Failure::Unavailable,
    };
    refusal::with_success(error, Html(pages::failure(why)).into_response())
}

/// `POST login.skype.com/login/microsoft`: the last step.
pub(super) async fn exchange(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    outside: Outside,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Response {
    match skype.redeem_step(step_in(&headers, &body)).await {
        Ok(who) => signed_in(&skype, &caller, &outside, who).await,
        Err(error) => failed(&error),
    }
}

fn step_in(headers: &HeaderMap, body: &[u8]) -> Option<Vec<u8>> {
    read(headers, body).t.and_then(|t| hex::decode(t).ok())
}

/// `POST lw.skype.com/login/oauth/proxy`: a step between the last two, for programs that go through it.
pub(super) async fn proxy(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Response {
    let who = skype.redeem_step(step_in(&headers, &body)).await;
    match who.and_then(|who| skype.step(who)) {
        Ok(step) => {
            let action = outside.link(Service::Login, "/login/microsoft");
            Html(pages::pass_on(&action, &hex::encode(step))).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// The page with the skypetoken, and the cookie by which it is given again.
async fn signed_in(skype: &Skype, caller: &Caller, outside: &Outside, who: SignIn) -> Response {
    let made = async {
        let given: TokenGiven = given(skype, caller, who).await?;
        let skypeid = given.skypeid.unwrap_or_default();
        let html = pages::token(&given.skypetoken, given.expires_in, &skypeid);
        let mut response = Html(html).into_response();
        let (refresh, ends) = skype.refresh(who)?;
        put_cookie(
            &mut response,
            outside,
            REFRESH,
            &refresh,
            Some(skype.seconds_until(ends)),
        );
        Ok(response)
    };
    made.await.unwrap_or_else(|error| failed(&error))
}

/// `GET login.skype.com/login`: whoever was signed in is so again; else the older form.
pub(super) async fn login(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    outside: Outside,
    headers: HeaderMap,
) -> Response {
    if let Some(token) = jar(&headers, REFRESH)
        && let Ok(who) = skype.redeem_refresh(&token).await
    {
        return signed_in(&skype, &caller, &outside, who).await;
    }
    let action = outside.link(Service::Login, "/login");
    Html(pages::old_start(&action)).into_response()
}

/// `GET login.skype.com/login/login`: the same for programs that go through the last step.
pub(super) async fn again(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    headers: HeaderMap,
) -> Response {
    let token = jar(&headers, REFRESH).unwrap_or_default();
    let who = skype.redeem_refresh(&token).await;
    match who.and_then(|who| skype.step(who)) {
        Ok(step) => go_on(&outside, &step),
        Err(error) => failed(&error),
    }
}

/// `POST login.skype.com/login`: the older form.
pub(super) async fn older(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    outside: Outside,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Response {
    match filled(&skype, &caller, &headers, read(&headers, &body)).await {
        Ok(who) => signed_in(&skype, &caller, &outside, who).await,
        Err(error) => failed(&error),
    }
}

/// `GET login.skype.com/logout`: the cookie goes. The device stays, so that the program takes it up the next time; whoever wants it
/// gone signs it out in the list of devices. Programs wait for the way back to the form.
pub(super) async fn logout(outside: Outside) -> Response {
    let mut response = found(&outside.link(Service::Login, "/login"));
    for name in [REFRESH, STEP] {
        put_cookie(&mut response, &outside, name, "", Some(0));
    }
    response
}

/// Which file.
#[derive(Debug, Deserialize)]
pub(super) struct Document {
    docid: String,
}

/// `GET login.skype.com/login/sso?docid=…`: the link that a file's message shows to people.
pub(super) async fn sso(outside: Outside, Query(asked): Query<Document>) -> Response {
    match AsmId::parse(&asked.docid) {
        Some(id) => Redirect::to(&objects::original(&outside, id)).into_response(),
        None => refusal::page(&Error::not_found("file")),
    }
}

/// A cookie; one program sends each of them as a header of its name.
fn jar(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let jars = headers.get_all(header::COOKIE).iter().filter_map(text);
    let mut kept = jars.filter_map(|jar| cookie(&jar, name).map(str::to_owned));
    kept.next().or_else(|| text(headers.get(name)?))
}

/// Adds a cookie for the pages of signing in; without `seconds` it goes with the program.
fn put_cookie(
    response: &mut Response,
    outside: &Outside,
    name: &str,
    value: &str,
    seconds: Option<i64>,
) {
    if let Some(cookie) = outside.cookie(name, value, seconds) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
