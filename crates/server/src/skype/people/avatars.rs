//! Pictures of people.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use hub::Error;
use hub::blobs::Part;
use hub::command::{AccountPatch, Command};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{give, origin};
use crate::http::Caller;
use crate::skype::objects::{bare, upload};
use crate::skype::{Skype, SkypeUser, StatusRefusal, StoreRefusal, names};

/// `PUT /v1/avatars/{me}`: a picture as it is.
pub(super) async fn put(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let picture = upload(&skype, &user.session, "picture", &headers, body).await?;
    let patch = AccountPatch {
        picture: Some(Some(picture)),
        ..AccountPatch::default()
    };
    user.session.command(Command::UpdateAccount(patch)).await?;
    Ok(Json(json!({})))
}

/// Who looks.
#[derive(Debug, Deserialize)]
pub(super) struct Looking {
    t: Option<String>,
}

/// `GET api.skype.com/users/{name}/profile/avatar`: the same, refused as that service does.
pub(super) async fn old_show(
    skype: State<Arc<Skype>>,
    caller: Caller,
    user: Result<SkypeUser, Response>,
    name: Path<String>,
    looking: Query<Looking>,
    headers: HeaderMap,
) -> Result<Response, StatusRefusal> {
    let shown = show(skype, caller, user, name, looking, headers).await;
    shown.map_err(|StoreRefusal(error)| error.into())
}

/// `GET /v1/avatars/{name}/public`. Programs ask without a token; then the address says who looks. Without either nothing is shown.
pub(super) async fn show(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    user: Result<SkypeUser, Response>,
    Path(name): Path<String>,
    Query(looking): Query<Looking>,
    headers: HeaderMap,
) -> Result<Response, StoreRefusal> {
    let session = match (user, looking.t) {
        (Ok(user), _) => user.session,
        (Err(_), Some(ticket)) => {
            let who = skype.redeem_look(&ticket).await?;
            skype.door.hub.session(who, origin(&caller))
        }
        (Err(_), None) => return Err(Error::unauthorized().into()),
    };
    let id = names::anybody(&session, &name).await?;
    let picture = if id == session.account() {
        session.me().await?.picture
    } else {
        session.contact(id).await?.account.picture
    };
    let picture = picture.ok_or_else(|| Error::not_found("picture"))?;
    let given = give(session, picture, Part::Preview, false, &headers).await;
    Ok(bare(given.into_response()))
}
