//! Contacts as programs of 2014 ask for them: `api.skype.com` (section 7.2).

use axum::Json;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use hub::Error;
use hub::model::{ContactState, RelationChange};
use serde::Deserialize;
use serde_json::{Value, json};
use webapi::skype::contact::{AuthRequest, OldContact, OldDone, OldRequest};
use webapi::skype::loose::json_or_form;

use super::contacts::{answered, everybody, incoming, is_blocked, is_listed, relate, shown_name};
use super::profiles::found;
use crate::skype::{Raw, SkypeUser, StatusRefusal, names};

/// `GET /users/self/contacts/auth-request`: who asks.
pub(super) async fn requests(
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<Vec<AuthRequest>>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let incoming = incoming(&user.session).await?;
    let request = |view: &hub::event::ContactView| AuthRequest {
        sender: names::skype_name(&view.account),
        greeting: view.greeting.clone(),
        event_time: webapi::skype::time::micros(view.since.0),
        event_time_iso: webapi::skype::time::seconds(view.since.0),
    };
    Ok(Json(incoming.iter().map(request).collect()))
}

/// `GET /users/self/contacts`: the list, in the oldest way.
pub(super) async fn list(
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<Vec<OldContact>>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let all = everybody(&user.session).await?;
    let contact = |view: &hub::event::ContactView| OldContact {
        skypename: names::skype_name(&view.account),
        displayname: shown_name(view).to_owned(),
        authorized: view.state == ContactState::Contact,
        blocked: is_blocked(view),
    };
    let listed = all.iter().filter(|view| is_listed(view));
    Ok(Json(listed.map(contact).collect()))
}

/// skype-http takes nothing but 201 here.
type Made = (StatusCode, Json<Value>);

fn made(answer: Json<Value>) -> Made {
    (StatusCode::CREATED, answer)
}

/// `PUT /users/self/contacts/auth-request/{name}`: asks somebody.
pub(super) async fn ask(
    user: SkypeUser,
    Path((who, name)): Path<(String, String)>,
    Raw(body): Raw,
) -> Result<Made, StatusRefusal> {
    let asked: OldRequest = json_or_form(&body).unwrap_or_default();
    let greeting = asked.greeting.filter(|greeting| !greeting.is_empty());
    let asked = relate(&user, &who, &name, RelationChange::Ask, greeting).await;
    asked.map(|_| made(Json(json!(OldDone::default()))))
}

/// `PUT …/auth-request/{name}/accept` and `/decline`.
pub(super) async fn answer(
    user: SkypeUser,
    Path((who, name, word)): Path<(String, String, String)>,
) -> Result<Made, StatusRefusal> {
    relate(&user, &who, &name, answered(&word)?, None)
        .await
        .map(made)
}

/// `PUT …/contacts/{name}/block` and `/unblock`.
pub(super) async fn change(
    user: SkypeUser,
    Path((who, name, word)): Path<(String, String, String)>,
) -> Result<Made, StatusRefusal> {
    let change = match word.as_str() {
        "block" => RelationChange::Block,
        "unblock" => RelationChange::Unblock,
        _ => return Err(Error::not_found("address").into()),
    };
    relate(&user, &who, &name, change, None).await.map(made)
}

/// Whom to find.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default, rename = "keyWord")]
    word: String,
}

/// `GET /search/users/any`: a card of somebody by their whole name.
pub(super) async fn search(
    user: SkypeUser,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, StatusRefusal> {
    let found = found(&user, &asked.word).await?;
    let card = found.map(|account| {
        json!({ "ContactCards": {
            "Skype": {
                "SkypeName": names::skype_name(&account),
                "DisplayName": account.shown_name(),
            },
            "CurrentLocation": {},
        } })
    });
    Ok(Json(card.into_iter().collect()))
}
