//! Reading of named groups: who is in them, and the links to them.

use axum::Json;
use hub::id::AccountId;
use hub::model::Role;
use serde::Deserialize;
use webapi::skein as api;

use super::lists::{cursor, cut, named, no_cursor, profiles};
use super::query::{ApiPath, ApiQuery, limit};
use super::{SignedIn, translate};
use crate::http::{ApiJson, Refusal};

/// A page of members.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(default)]
    banned: bool,
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /conversations/{id}/members`.
pub(super) async fn members(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
    ApiQuery(page): ApiQuery<Page>,
) -> Result<Json<api::MemberPage>, Refusal> {
    let after = page.after.as_deref().map(place).transpose()?;
    let count = limit(page.limit, 100, 200);
    let session = &signed_in.session;
    let id = named("conversation", &id)?;
    let mut found = if page.banned {
        session.banned(id, after, count + 1).await?
    } else {
        session.members(id, after, count + 1).await?
    };
    let next =
        cut(&mut found, count).map(|last| format!("{}.{}", last.role.stored(), last.account));
    let people = found.iter().map(|member| member.account).collect();
    Ok(Json(api::MemberPage {
        profiles: profiles(&signed_in, people).await?,
        members: found
            .iter()
            .map(|member| translate::member(member, None, true))
            .collect(),
        next,
    }))
}

fn place(text: &str) -> Result<(Role, AccountId), Refusal> {
    let (role, account) = text.split_once('.').ok_or_else(no_cursor)?;
    let role = role.parse().ok().and_then(Role::from_stored);
    Ok((role.ok_or_else(no_cursor)?, cursor(account)?))
}

/// `GET /conversations/{id}/links`.
pub(super) async fn links(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<api::LinkList>, Refusal> {
    let found = signed_in.session.links(named("conversation", &id)?).await?;
    Ok(Json(api::LinkList {
        links: found.iter().map(translate::link).collect(),
    }))
}

/// `POST /link`.
pub(super) async fn preview(
    signed_in: SignedIn,
    ApiJson(asked): ApiJson<api::LinkToken>,
) -> Result<Json<api::LinkPreview>, Refusal> {
    let session = &signed_in.session;
    let seen = session.preview(&asked.token).await?;
    let maker = session.accounts(&[seen.by]).await?;
    let by = maker
        .first()
        .ok_or_else(|| hub::Error::not_found("account"))?;
    Ok(Json(translate::preview(&seen, by)))
}
