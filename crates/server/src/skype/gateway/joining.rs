//! Links by which people join a thread: `api.join` and the older `api.scheduler` (section 6.3 of the dialect).
//!
//! The service had one link for each thread. Ours are tokens that are shown once and kept by nobody, so whoever asks again gets
//! another; this door keeps the hashes of those that it made with the account that made them, so that they are few.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use hub::Session;
use hub::command::{Command, Value as Given};
use hub::id::{ConversationId, Timestamp};
use hub::model::SeenBy;
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

/// How many links of somebody and a thread hold that were made here; the oldest ends when there is one more.
const MOST: usize = 4;

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

/// The token of a new link of a thread. Those that this door made before hold on, but for the oldest: a token cannot be given
/// twice, since nobody keeps it.
async fn link(skype: &Skype, session: &Session, thread: &str) -> Result<String, hub::Error> {
    let id = group(session, thread).await?.conversation.id;
    let _alone = skype.links.lock().await;
    make(session, id, skype.now()).await
}

/// The hashes of the links that this door made for somebody and a thread, the oldest first.
async fn kept(session: &Session, id: ConversationId) -> Result<Vec<[u8; 32]>, hub::Error> {
    let key = format!("{KEY}{id}");
    let states = session.door_states(DOOR, &key).await?;
    let state = states.into_iter().find(|state| state.key == key);
    let bytes = state.map(|state| state.value).unwrap_or_default();
    // What is no list of hashes is none.
    let hashes = bytes.chunks(32).map(<[u8; 32]>::try_from);
    Ok(hashes.collect::<Result<_, _>>().unwrap_or_default())
}

async fn keep(
    session: &Session,
    id: ConversationId,
    hashes: &[[u8; 32]],
) -> Result<(), hub::Error> {
    let keep = Command::PutDoorState {
        door: DOOR,
        key: format!("{KEY}{id}"),
        value: hashes.concat(),
        seen_by: SeenBy::Own,
    };
    session.command(keep).await.map(drop)
}

async fn make(session: &Session, id: ConversationId, now: Timestamp) -> Result<String, hub::Error> {
    let mut hashes = kept(session, id).await?;
    while hashes.len() >= MOST {
        end(session, id, hashes.remove(0)).await?;
    }
    let put = || Command::PutLink {
        conversation: id,
        expires: Some(now.plus_ms(HOLDS)),
        uses: None,
    };
    let mut done = session.command(put()).await;
    // Where the group has no room for one more, those of this door make way.
    while matches!(&done, Err(error) if error.code == "links_full") && !hashes.is_empty() {
        end(session, id, hashes.remove(0)).await?;
        done = session.command(put()).await;
    }
    let Given::LinkToken(token) = done?.value else {
        return Err(hub::Error::unavailable("no link was made: try again"));
    };
    hashes.push(hub::link_hash(&token));
    keep(session, id, &hashes).await?;
    Ok(token)
}

async fn end(session: &Session, id: ConversationId, link: [u8; 32]) -> Result<(), hub::Error> {
    let drop_it = Command::DropLink {
        conversation: id,
        link,
    };
    session.command(drop_it).await.map(drop)
}

/// Lets people join by a link, or no more: then all links of the thread end.
pub(super) async fn enable(
    skype: &Skype,
    session: &Session,
    id: ConversationId,
    on: bool,
) -> Result<(), hub::Error> {
    let now = skype.now();
    let _alone = skype.links.lock().await;
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
        end(session, id, link.token_hash).await?;
    }
    keep(session, id, &[]).await
}

/// Whether people join by a link.
pub(super) async fn is_enabled(session: &Session, view: &ConversationView) -> bool {
    let group = view.conversation.id;
    view.conversation.is_named() && session.is_joinable(group).await.unwrap_or_default()
}
