//! Links by which people join a thread: `api.join` and the older `api.scheduler` (section 6.3 of the dialect).
//!
//! The service had one link for each thread. Ours are tokens that are shown once, so this door keeps the one that it made with the
//! account that made it.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use hub::Session;
use hub::command::{Command, Value as Given};
use hub::id::{ConversationId, Timestamp};
use hub::model::{Role, SeenBy};
use hub::store::ConversationView;
use webapi::skype::join::{LinkMade, NewLink, OldLinkMade};

use super::input::Loose;
use super::threads::group;
use crate::skype::DOOR;
use crate::skype::tokens::SkypeUser;
use crate::skype::{Outside, Service, Skype, StatusRefusal};

/// How the keys of these states begin.
const KEY: &str = "join:";
/// How long a link holds, in ms: a year, since the service's held for ever.
const HOLDS: i64 = 365 * 24 * 3_600_000;

/// The addresses of `api.join.skype.com` that members use.
pub(in crate::skype) fn api_join() -> Router<Arc<Skype>> {
    Router::new().route("/v1/meetings", post(meeting))
}

/// The addresses of `api.scheduler.skype.com`.
pub(in crate::skype) fn scheduler() -> Router<Arc<Skype>> {
    Router::new().route("/threads", post(scheduled))
}

/// `POST api.join.skype.com/v1/meetings`.
async fn meeting(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    user: SkypeUser,
    Loose(asked): Loose<NewLink>,
) -> Result<Json<LinkMade>, StatusRefusal> {
    let token = link(&skype, &user.session, &asked.thread_id).await?;
    let url = address(&outside, &token);
    Ok(Json(LinkMade { url }))
}

/// `POST api.scheduler.skype.com/threads`.
async fn scheduled(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    user: SkypeUser,
    Loose(asked): Loose<NewLink>,
) -> Result<Json<OldLinkMade>, StatusRefusal> {
    let token = link(&skype, &user.session, &asked.thread_id).await?;
    let join_url = address(&outside, &token);
    Ok(Json(OldLinkMade {
        id: token,
        blob: None,
        join_url,
        thread_id: asked.thread_id,
    }))
}

fn address(outside: &Outside, token: &str) -> String {
    outside.link(Service::Join, &format!("/{token}"))
}

/// The token of a thread's link: the one that was made before, if it holds still.
async fn link(skype: &Skype, session: &Session, thread: &str) -> Result<String, hub::Error> {
    let id = group(session, thread).await?.conversation.id;
    match kept(session, id).await? {
        Some(token) if session.preview(&token).await.is_ok() => Ok(token),
        _ => make(session, id, skype.now()).await,
    }
}

async fn kept(session: &Session, id: ConversationId) -> Result<Option<String>, hub::Error> {
    let key = format!("{KEY}{id}");
    let states = session.door_states(DOOR, &key).await?;
    let state = states.into_iter().find(|state| state.key == key);
    Ok(state.and_then(|state| String::from_utf8(state.value).ok()))
}

async fn keep(session: &Session, id: ConversationId, token: &str) -> Result<(), hub::Error> {
    let keep = Command::PutDoorState {
        door: DOOR,
        key: format!("{KEY}{id}"),
        value: token.as_bytes().to_vec(),
        seen_by: SeenBy::Own,
    };
    session.command(keep).await.map(drop)
}

async fn make(session: &Session, id: ConversationId, now: Timestamp) -> Result<String, hub::Error> {
    let put = Command::PutLink {
        conversation: id,
        expires: Some(now.plus_ms(HOLDS)),
        uses: None,
    };
    let Given::LinkToken(token) = session.command(put).await?.value else {
        return Err(hub::Error::unavailable("no link was made: try again"));
    };
    keep(session, id, &token).await?;
    Ok(token)
}

/// Lets people join by a link, or no more: then all links of the thread end.
pub(super) async fn enable(
    session: &Session,
    id: ConversationId,
    on: bool,
    now: Timestamp,
) -> Result<(), hub::Error> {
    if on {
        let stands = session
            .links(id)
            .await?
            .iter()
            .any(|link| link.end(now).is_none());
        if !stands {
            make(session, id, now).await?;
        }
        return Ok(());
    }
    for link in session.links(id).await? {
        let drop_it = Command::DropLink {
            conversation: id,
            link: link.token_hash,
        };
        session.command(drop_it).await?;
    }
    keep(session, id, "").await
}

/// Whether people join by a link, as far as the viewer may know: links are the business of owners and admins.
pub(super) async fn is_enabled(session: &Session, view: &ConversationView, now: Timestamp) -> bool {
    let me = session.account();
    let leads = view
        .members
        .iter()
        .any(|member| member.account == me && member.is_in() && member.role <= Role::Admin);
    if !view.conversation.is_named() || !leads {
        return false;
    }
    let links = session
        .links(view.conversation.id)
        .await
        .unwrap_or_default();
    links.iter().any(|link| link.end(now).is_none())
}
