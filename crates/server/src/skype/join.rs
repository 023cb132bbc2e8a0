//! Links by which people join a thread, and guests: `join.skype.com` and `api.join.skype.com` (sections 2.1(e) and 6.3).
//!
//! A program opens the link, asks which thread it leads to, and then says who comes, without the link: so the page gives it a cookie
//! that holds the link's code under a seal, and the last step brings it back in a header.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use hub::model::DeviceKind;
use hub::{DeviceHello, Error, Identity, Proof};
use serde::Deserialize;
use serde_json::{Value, json};
use webapi::skype::join::{
    GuestToken, Meeting, NewGuest, OldGuest, OldMeeting, OldThread, Resolve, Resolved, code_of,
};
use webapi::skype::loose::{self, json_or_form};
use webapi::skype::{Mri, ThreadId, ThreadKind};

use super::{Outside, Raw, Service, Skype, SkypeUser, StatusRefusal, below, gateway, names};
use crate::api::origin;
use crate::http::Caller;

/// The cookie, and the header, that holds the link's code.
const CSRF: &str = "csrf_token";
/// Longest code that is looked at, in bytes.
const MAX_CODE: usize = 128;

/// The addresses of these services.
pub(super) fn router() -> Router<Arc<Skype>> {
    let join = Router::new()
        .route("/{code}", get(page))
        .route("/api/v2/conversation", post(resolve))
        .route("/api/v1/meetings/{code}", get(older_meeting))
        .route("/guests/leave", get(leave))
        .route("/api/v1/users/guests", post(older_guest));
    let api = gateway::api_join()
        .route("/v1/meetings/{code}", get(meeting))
        .route("/v1/threads/{thread}/members", post(guest));
    Router::new()
        .nest(&below(Service::Join), join)
        .nest(&below(Service::ApiJoin), api)
        .nest(
            &below(Service::Scheduler),
            gateway::scheduler().route("/conversation/{code}", get(older_thread)),
        )
}

/// `GET join.skype.com/{code}`.
async fn page(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    Path(code): Path<String>,
) -> Response {
    if code.len() > MAX_CODE {
        return StatusRefusal::from(Error::not_found("link")).into_response();
    }
    let html = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>A conversation</title></head>\
        <body><p>This link leads to a conversation. Open it with a program that knows such links.</p></body></html>\n";
    let mut response = Html(html).into_response();
    let launcher = hex::encode(rand::random::<[u8; 16]>());
    for (name, value) in [
        (CSRF, sealed(&skype, &code)),
        ("launcher_session_id", launcher),
    ] {
        if let Some(cookie) = outside.cookie(name, &value, None) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// A code under a seal that holds for an hour.
fn sealed(skype: &Skype, code: &str) -> String {
    let nonce = skype.nonces.make(&labelled(code), skype.now());
    format!("{}.{}", hex::encode(code), hex::encode(nonce))
}

/// What is sealed: no page of signing in has such a cookie.
fn labelled(code: &str) -> String {
    format!("join\0{code}")
}

/// The code that was sealed here.
fn opened(skype: &Skype, text: &str) -> Option<String> {
    let (code, nonce) = text.split_once('.')?;
    let code = String::from_utf8(hex::decode(code).ok()?).ok()?;
    let nonce = hex::decode(nonce).ok()?;
    skype
        .nonces
        .is_good(&nonce, &labelled(&code), skype.now())
        .then_some(code)
}

/// The thread that a code leads to.
async fn thread(skype: &Skype, caller: &Caller, code: &str) -> Result<String, StatusRefusal> {
    let code = code_of(code);
    if code.len() > MAX_CODE {
        return Err(Error::not_found("link").into());
    }
    let id = skype.door.hub.behind_link(origin(caller), code).await?;
    let kind = ThreadKind::Group;
    Ok(Mri::thread(ThreadId { kind, id: id.0 }).to_string())
}

/// `GET api.join.skype.com/v1/meetings/{code}`.
async fn meeting(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<Meeting>, StatusRefusal> {
    let thread_id = thread(&skype, &caller, &code).await?;
    Ok(Json(Meeting { thread_id }))
}

/// `GET join.skype.com/api/v1/meetings/{code}`: its long name, which is the same here.
async fn older_meeting(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<OldMeeting>, StatusRefusal> {
    let thread_id = thread(&skype, &caller, &code).await?;
    let long_id = code_of(&code).to_owned();
    Ok(Json(OldMeeting { long_id, thread_id }))
}

/// `GET api.scheduler.skype.com/conversation/{long name}`: where it leads.
async fn older_thread(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Path(code): Path<String>,
) -> Result<Json<OldThread>, StatusRefusal> {
    let thread_id = thread(&skype, &caller, &code).await?;
    Ok(Json(OldThread { thread_id }))
}

/// Which thread.
#[derive(Debug, Deserialize)]
struct Leaving {
    #[serde(rename = "threadId")]
    thread: String,
}

/// `GET join.skype.com/guests/leave?threadId=…`: whoever asks leaves.
async fn leave(
    user: SkypeUser,
    Query(asked): Query<Leaving>,
) -> Result<Json<Value>, StatusRefusal> {
    gateway::leave(&user.session, &asked.thread).await?;
    Ok(Json(json!({})))
}

/// `POST join.skype.com/api/v2/conversation/`: where a link leads, for whoever has it.
async fn resolve(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Raw(body): Raw,
) -> Result<Json<Resolved>, StatusRefusal> {
    let asked: Resolve = json_or_form(&body).map_err(malformed)?;
    let resource = thread(&skype, &caller, &asked.short_id).await?;
    Ok(Json(Resolved::new(code_of(&asked.short_id), resource)))
}

/// `POST api.join.skype.com/v1/threads/{thread}/members`: a guest comes.
async fn guest(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Json<GuestToken>, StatusRefusal> {
    let asked: NewGuest = loose::json(&body).map_err(malformed)?;
    let shown = headers.get(CSRF).and_then(|value| value.to_str().ok());
    let code = shown.and_then(|text| opened(&skype, text));
    let code = code.ok_or_else(|| {
        let text = "open the link first, and send the cookie csrf_token that it gives as a header";
        StatusRefusal::new(StatusCode::FORBIDDEN, 40_301, text)
    })?;
    let skypetoken = come(&skype, &caller, &code, asked.display_name).await?;
    Ok(Json(GuestToken { skypetoken }))
}

/// `POST join.skype.com/api/v1/users/guests`: the same in the older way.
async fn older_guest(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Raw(body): Raw,
) -> Result<(StatusCode, Json<GuestToken>), StatusRefusal> {
    let asked: OldGuest = loose::json(&body).map_err(malformed)?;
    let code = asked.short_id.unwrap_or_default();
    let skypetoken = come(&skype, &caller, code_of(&code), asked.name).await?;
    Ok((StatusCode::CREATED, Json(GuestToken { skypetoken })))
}

/// Somebody comes by a link; gives their skypetoken.
async fn come(
    skype: &Skype,
    caller: &Caller,
    code: &str,
    display: String,
) -> Result<String, StatusRefusal> {
    let device = DeviceHello {
        label: "Guest".to_owned(),
        kind: DeviceKind::Program,
        public_key: None,
        takes_up: false,
    };
    let proof = Proof::Link {
        token: code.to_owned(),
        display,
    };
    let admitted = skype
        .door
        .hub
        .admit(origin(caller), "", proof, device)
        .await;
    let admitted = admitted.map_err(StatusRefusal::of_sign_in)?;
    caller.ticket.prove();
    let who = Identity {
        account: admitted.account.id,
        device: admitted.device,
    };
    let (token, _) = skype.skypetoken(who, &names::skype_name(&admitted.account))?;
    Ok(token)
}

fn malformed(error: impl std::fmt::Display) -> StatusRefusal {
    StatusRefusal::malformed(error.to_string())
}
