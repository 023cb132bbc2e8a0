//! Before and around signing in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use hub::command::{Command, Which};
use hub::{Admitted, Identity, NewAccount, Proof};
use webapi::skein::{self as api, ErrorKind, SessionKind};

use super::auth::{FromPage, clear_cookie, foreign, origin, set_cookie};
use super::query::ApiPath;
use super::{Door, SignedIn, translate};
use crate::http::{ApiJson, Caller, Refusal};

/// `GET /server`.
pub(super) async fn server(State(door): State<Arc<Door>>) -> Json<api::ServerInfo> {
    Json(api::ServerInfo {
        name: door.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        registration: door.registration,
        members_invite: door.members_invite,
        old_programs: door.hub.has_old_programs(),
        fingerprint: door
            .certificates
            .as_ref()
            .map(|certificates| certificates.fingerprint()),
        limits: api::Limits {
            message_bytes: hub::model::MAX_BODY_BYTES as u32,
            message_chars: hub::model::MAX_BODY_CHARS as u32,
            password_min: hub::MIN_PASSWORD as u32,
            display_max: hub::name::MAX_DISPLAY as u32,
            mood_max: hub::MAX_MOOD as u32,
            ring_seconds: hub::call::RING.as_secs() as u32,
            object_bytes: door.object_bytes,
            piece_bytes: hub::MAX_PIECE as u32,
            objects: hub::model::MAX_OBJECTS as u32,
        },
        now: door.clock.wall().0,
    })
}

/// `GET /names/{name}`.
pub(super) async fn name(
    State(door): State<Arc<Door>>,
    caller: Caller,
    ApiPath(name): ApiPath<String>,
) -> Result<Json<api::NameCheck>, Refusal> {
    let check = door.hub.check_name(origin(&caller), &name).await?;
    Ok(Json(translate::name_check(check)))
}

/// `POST /register`.
pub(super) async fn register(
    State(door): State<Arc<Door>>,
    caller: Caller,
    page: FromPage,
    ApiJson(body): ApiJson<api::Register>,
) -> Result<Response, Refusal> {
    may_begin(page, body.session)?;
    let device = translate::device_hello(body.device)?;
    let who = NewAccount {
        name: body.name,
        display: body.display,
        password: body.password,
        language: body.language,
    };
    let from = origin(&caller);
    let admitted = door
        .hub
        .register_invited(from, who, body.invite, device)
        .await?;
    begun(&door, &caller, body.session, admitted).await
}

/// `POST /sign-in`.
pub(super) async fn sign_in(
    State(door): State<Arc<Door>>,
    caller: Caller,
    page: FromPage,
    ApiJson(body): ApiJson<api::SignIn>,
) -> Result<Response, Refusal> {
    may_begin(page, body.session)?;
    let device = translate::device_hello(body.device)?;
    let proof = Proof::Password(body.password);
    let admitted = door
        .hub
        .admit(origin(&caller), &body.name, proof, device)
        .await?;
    begun(&door, &caller, body.session, admitted).await
}

/// `POST /recover`.
pub(super) async fn recover(
    State(door): State<Arc<Door>>,
    caller: Caller,
    page: FromPage,
    ApiJson(body): ApiJson<api::Recover>,
) -> Result<Response, Refusal> {
    may_begin(page, body.session)?;
    let device = translate::device_hello(body.device)?;
    let admitted = door
        .hub
        .recover(
            origin(&caller),
            &body.name,
            &body.code,
            &body.password,
            body.end_others,
            device,
        )
        .await?;
    begun(&door, &caller, body.session, admitted).await
}

/// `POST /sign-out`. Whoever is signed out already is told the same.
pub(super) async fn sign_out(
    caller: Caller,
    signed_in: Result<SignedIn, Refusal>,
) -> Result<Response, Refusal> {
    match signed_in {
        Ok(signed_in) => {
            signed_in
                .session
                .command(Command::EndDevice(Which::This))
                .await?;
        }
        Err(refusal) if refusal.0.kind == ErrorKind::Unauthorized => {}
        Err(refusal) => return Err(refusal),
    }
    let cookie = [(header::SET_COOKIE, clear_cookie(caller.secure))];
    Ok((
        cookie,
        Json(api::Done {
            pos: None,
            value: api::Value::None,
        }),
    )
        .into_response())
}

/// `POST /delete-account`.
pub(super) async fn delete(
    caller: Caller,
    signed_in: SignedIn,
    ApiJson(body): ApiJson<api::DeleteAccount>,
) -> Result<Response, Refusal> {
    signed_in.session.delete_account(body.password).await?;
    let cookie = [(header::SET_COOKIE, clear_cookie(caller.secure))];
    let done = Json(api::Done {
        pos: None,
        value: api::Value::None,
    });
    Ok((cookie, done).into_response())
}

/// A cookie is only given to a page of this server, and no page of somebody else begins anything here.
fn may_begin(page: FromPage, session: SessionKind) -> Result<(), Refusal> {
    match (page, session) {
        (FromPage::Own, _) | (FromPage::No, SessionKind::Token) => Ok(()),
        (FromPage::Foreign, _) | (FromPage::No, SessionKind::Cookie) => Err(foreign()),
    }
}

async fn begun(
    door: &Door,
    caller: &Caller,
    session: SessionKind,
    admitted: Admitted,
) -> Result<Response, Refusal> {
    caller.ticket.prove();
    let who = Identity {
        account: admitted.account.id,
        device: admitted.device,
    };
    let own = door.hub.session(who, origin(caller)).own().await?;
    let mut answer = api::SignedIn {
        account: translate::account(&own),
        device: admitted.device.to_string().into(),
        token: None,
        recovery_code: admitted.recovery_code,
    };
    Ok(match session {
        SessionKind::Token => {
            answer.token = Some(admitted.token);
            Json(answer).into_response()
        }
        SessionKind::Cookie => {
            let cookie = [(
                header::SET_COOKIE,
                set_cookie(&admitted.token, caller.secure),
            )];
            (cookie, Json(answer)).into_response()
        }
    })
}
