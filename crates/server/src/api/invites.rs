//! Invitations to this server, by members.

use axum::Json;
use hub::id::Timestamp;
use hub::model::Link;
use webapi::skein as api;

use super::SignedIn;
use super::query::ApiPath;
use crate::http::{ApiJson, Refusal};

/// `GET /invites`.
pub(super) async fn list(signed_in: SignedIn) -> Result<Json<api::Invites>, Refusal> {
    let found = signed_in.session.invites().await?;
    Ok(Json(api::Invites {
        invites: found.iter().map(|link| invite(link, None)).collect(),
    }))
}

/// `POST /invites`.
pub(super) async fn make(
    signed_in: SignedIn,
    ApiJson(new): ApiJson<api::NewInvite>,
) -> Result<Json<api::Invite>, Refusal> {
    let session = &signed_in.session;
    let (code, link) = session.invite(new.expires.map(Timestamp), new.uses).await?;
    Ok(Json(invite(&link, Some(code))))
}

/// `DELETE /invites/{id}`.
pub(super) async fn revoke(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<api::Done>, Refusal> {
    // What is no id names nothing, and so there is nothing left to revoke.
    let mut hash = [0; 32];
    if hex::decode_to_slice(&id, &mut hash).is_ok() {
        signed_in.session.uninvite(hash).await?;
    }
    Ok(Json(api::Done {
        pos: None,
        value: api::Value::None,
    }))
}

fn invite(link: &Link, code: Option<String>) -> api::Invite {
    api::Invite {
        id: hex::encode(link.token_hash),
        code,
        expires: link.expires.unwrap_or_default().0,
        uses_left: link.uses_left.unwrap_or_default(),
    }
}
