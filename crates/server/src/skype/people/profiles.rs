//! Profiles: one's own, others', and finding somebody by name.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use hub::command::{AccountPatch, Command};
use hub::id::AccountId;
use hub::model::Account;
use hub::{Error, Kind};
use serde::Deserialize;
use serde_json::{Value, json};
use webapi::skype::profile::{
    Change, DisplayName, Found, FoundPerson, Looked, NoProfile, Profile, names_asked,
};

use super::{avatar, avatar_of};
use crate::skype::{Raw, Skype, SkypeUser, StatusRefusal, names};

/// `GET /users/self/profile`.
pub(super) async fn own(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<Profile>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let own = user.session.own().await?;
    let mut profile = profile(&skype, &user, &own.account)?;
    profile.emails = own.handles;
    profile.language = Some(own.account.language.clone());
    Ok(Json(profile))
}

/// What `user` may know of an account: `account` holds no more.
fn profile(skype: &Skype, user: &SkypeUser, account: &Account) -> Result<Profile, Error> {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut profile = Profile::new(&names::skype_name(account), account.shown_name());
    profile.mood = said(&account.mood);
    profile.about = said(&account.about);
    profile.avatar_url = avatar_of(skype, &user.outside, user.who, account)?;
    Ok(profile)
}

/// Each of these names as `user` may know them; `None` for a name that nobody has.
async fn known(
    skype: &Skype,
    user: &SkypeUser,
    asked: &[String],
) -> Result<Vec<Option<Profile>>, StatusRefusal> {
    let spellings: Vec<_> = asked.iter().map(|name| names::spelling(name)).collect();
    let mut each = Vec::with_capacity(asked.len());
    for found in user.session.identify_each(&spellings).await? {
        each.push(match found {
            Some(id) => Some(profile(skype, user, &*account(user, id).await?)?),
            None => None,
        });
    }
    Ok(each)
}

async fn account(user: &SkypeUser, id: AccountId) -> Result<Arc<Account>, Error> {
    if id == user.who.account {
        return user.session.me().await;
    }
    Ok(user.session.contact(id).await?.account)
}

/// `POST /users/batch/profiles`. SkPy takes the first of the list without looking, and 403 for *nobody*.
pub(super) async fn batch(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Raw(body): Raw,
) -> Result<Json<Vec<Profile>>, StatusRefusal> {
    let asked = asked(&body)?;
    let found = known(&skype, &user, &asked).await?;
    let found: Vec<_> = found.into_iter().flatten().collect();
    if found.is_empty() && !asked.is_empty() {
        let text = "nobody here is called so";
        return Err(StatusRefusal::new(StatusCode::FORBIDDEN, 40_301, text));
    }
    Ok(Json(found))
}

/// `POST profile.skype.com/profile/v1/batch/profiles`: an entry for every name that was asked.
pub(super) async fn looked(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Raw(body): Raw,
) -> Result<Json<Vec<Looked>>, StatusRefusal> {
    let asked = asked(&body)?;
    let each = known(&skype, &user, &asked).await?;
    let looked = |(name, found): (&String, Option<Profile>)| match found {
        Some(profile) => Looked::Known(Box::new(profile)),
        None => Looked::Unknown(NoProfile::new(name)),
    };
    Ok(Json(asked.iter().zip(each).map(looked).collect()))
}

fn asked(body: &[u8]) -> Result<Vec<String>, StatusRefusal> {
    names_asked(body).map_err(|error| StatusRefusal::malformed(error.to_string()))
}

/// `GET /users/{name}/profile/public`.
pub(super) async fn public(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(name): Path<String>,
) -> Result<Json<Profile>, StatusRefusal> {
    let found = known(&skype, &user, &[name]).await?;
    let found = found.into_iter().flatten().next();
    let found = found.ok_or_else(|| Error::not_found("person"))?;
    Ok(Json(found))
}

/// `GET /users/{name}/displayname`: what somebody is called; oneself in any spelling too.
pub(super) async fn display_name(
    user: SkypeUser,
    Path(name): Path<String>,
) -> Result<Json<DisplayName>, StatusRefusal> {
    let id = names::anybody(&user.session, &name).await?;
    let account = account(&user, id).await?;
    let name = names::skype_name(&account);
    Ok(Json(DisplayName::new(&name, account.shown_name())))
}

/// `POST /users/{me}/profile/partial`: the mood, the name, the language.
pub(super) async fn change(
    user: SkypeUser,
    Path(who): Path<String>,
    Raw(body): Raw,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let change =
        Change::read(&body).map_err(|error| StatusRefusal::malformed(error.to_string()))?;
    let display = change.display().filter(|display| !display.is_empty());
    let patch = AccountPatch {
        display,
        mood: change.mood.or(change.rich_mood),
        language: change.language,
        ..AccountPatch::default()
    };
    if patch != AccountPatch::default() {
        user.session.command(Command::UpdateAccount(patch)).await?;
    }
    Ok(Json(json!({})))
}

/// Whom to find.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    searchstring: String,
    #[serde(default, rename = "requestId")]
    request_id: String,
}

/// `GET skypegraph.skype.com/v2.0/search`: somebody by their whole name, as everywhere here.
pub(super) async fn search(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Query(asked): Query<Asked>,
) -> Result<Json<Found>, StatusRefusal> {
    let found = found(&user, &asked.searchstring).await?;
    let person = match found {
        Some(account) => {
            let picture = avatar(&skype, &user.outside, user.who, &account)?;
            let name = names::skype_name(&account);
            Some(FoundPerson::new(&name, account.shown_name(), picture))
        }
        None => None,
    };
    Ok(Json(Found::new(
        &asked.request_id,
        person.into_iter().collect(),
    )))
}

/// Somebody by name or handle, under the budget of searches.
pub(super) async fn found(
    user: &SkypeUser,
    text: &str,
) -> Result<Option<Arc<Account>>, StatusRefusal> {
    match user.session.find(&names::spelling(text)).await {
        Ok(found) => Ok(found.map(|view| view.account)),
        // What cannot be a name is nobody's.
        Err(error) if error.kind == Kind::Invalid => Ok(None),
        Err(error) => Err(error.into()),
    }
}
