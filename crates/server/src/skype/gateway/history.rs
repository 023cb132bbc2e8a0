//! What was said (section 6.4 of the dialect): the newest first; by `syncState` what came since, then what is older.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hub::Session;
use hub::event::MessageView;
use hub::id::{ConversationId, Pos, Timestamp};
use hub::store::{Around, ConversationView};
use serde::Deserialize;
use webapi::skype::conversation::{Messages, Metadata, page_size};
use webapi::skype::message::Message;

use super::input::{Asked, OfConversation, Parsed, links};
use super::page::Seen;
use super::place::{Named, People, Place};
use super::registered::Registered;
use super::write::{self, Writer};
use crate::skype::{GatewayRefusal, Outside, Skype};

/// Pages that are read for one answer, while nothing of them is shown to programs of this dialect: an empty page ends the list.
const PAGES: usize = 10;

/// What of a conversation is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct History {
    #[serde(rename = "startTime")]
    start: Option<String>,
    #[serde(rename = "pageSize")]
    size: Option<String>,
    #[serde(rename = "syncState")]
    state: Option<String>,
    view: Option<String>,
}

/// `GET /v1/users/ME/conversations/{id}/messages`.
pub(super) async fn read(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfConversation>,
    Asked(asked): Asked<History>,
) -> Result<Json<Messages>, GatewayRefusal> {
    let session = &asks.session;
    let named = Named::of(session, &of.conversation).await?;
    let size = page_size(asked.size.as_deref());
    let kind = asked.view.as_deref().unwrap_or("msnp24Equivalent");
    let Some(view) = named.view(session).await? else {
        let next = links(&outside).messages_of(&named.mri(session).await?, size, kind);
        return Ok(Json(messages(Vec::new(), next, false)));
    };
    let id = view.conversation.id;
    let seen = match asked.state.as_deref() {
        Some(text) => Some(Seen::open(&skype, asks.who, id, text).await?),
        None => None,
    };
    let start = asked
        .start
        .as_deref()
        .and_then(|text| text.trim().parse().ok());
    let from = seen.map_or(Timestamp(start.unwrap_or(0)), |seen| seen.from);
    let page = Page::read(session, id, seen, size, from).await?;
    let shown = draw(session, &outside, &view, &page.found).await?;
    let seen = Seen {
        list: id,
        newest: page.newest,
        oldest: page.oldest,
        at: ConversationId(0),
        from,
    };
    let links = links(&outside);
    let state = seen.seal(&skype, asks.who)?;
    let people = People::load(session, view.people()).await?;
    let place = Place::of(&view, session.account(), &people);
    let next = links.messages_since(&place.mri, &state, size, kind);
    Ok(Json(messages(shown, next, page.earlier)))
}

/// A page of them, and where it goes on.
fn messages(shown: Vec<Message>, next: String, earlier: bool) -> Messages {
    Messages {
        metadata: Some(Metadata {
            total_count: Some(shown.len()),
            forward_link: None,
            backward_link: earlier.then(|| next.clone()),
            sync_state: Some(next),
        }),
        messages: shown,
    }
}

/// A page, newest first.
#[derive(Debug, Default)]
struct Page {
    found: Vec<MessageView>,
    newest: Pos,
    oldest: Pos,
    earlier: bool,
}

impl Page {
    async fn read(
        session: &Session,
        id: ConversationId,
        seen: Option<Seen>,
        size: usize,
        from: Timestamp,
    ) -> Result<Self, hub::Error> {
        let limit = |left: usize| u32::try_from(left).unwrap_or(u32::MAX);
        let mut page = Self {
            newest: seen.map_or(Pos(0), |seen| seen.newest),
            oldest: seen.map_or(Pos(0), |seen| seen.oldest),
            ..Self::default()
        };
        if let Some(seen) = seen {
            // The oldest of what is new: the rest comes with the next page, so that there is no hole.
            let around = Around::After(seen.newest);
            let (newer, ..) = session.messages(id, around, limit(size)).await?;
            page.newest = newer.last().map_or(seen.newest, |last| last.message.id);
            page.add(newer, from);
        }
        let mut around = seen.map_or(Around::Newest, |seen| Around::Before(seen.oldest));
        for _ in 0..PAGES {
            if page.found.len() >= size {
                break;
            }
            let left = size - page.found.len();
            let (older, earlier, _) = session.messages(id, around, limit(left)).await?;
            page.earlier = earlier;
            let (Some(first), Some(last)) = (older.first(), older.last()) else {
                break;
            };
            page.newest = page.newest.max(last.message.id);
            page.oldest = first.message.id;
            around = Around::Before(page.oldest);
            let is_done = first.message.stamp < from;
            page.earlier &= !is_done;
            page.add(older, from);
            if is_done || !earlier {
                break;
            }
        }
        Ok(page)
    }

    /// More messages, oldest first, behind those that are there.
    fn add(&mut self, more: Vec<MessageView>, from: Timestamp) {
        let fit = |view: &MessageView| view.message.stamp >= from && write::is_shown(&view.message);
        self.found.extend(more.into_iter().rev().filter(fit));
    }
}

async fn draw(
    session: &Session,
    outside: &Outside,
    view: &ConversationView,
    found: &[MessageView],
) -> Result<Vec<Message>, hub::Error> {
    let me = session.account();
    let members = super::threads::members_if_made(session, view.conversation.id, found).await?;
    let named = found
        .iter()
        .flat_map(write::people)
        .chain(members.iter().copied());
    let people = view.people().chain(named);
    let people = People::load(session, people).await?;
    let place = Place::of(view, me, &people);
    let writer = Writer {
        outside,
        people: &people,
        members: &members,
    };
    Ok(found
        .iter()
        .filter_map(|one| writer.message(&place, one))
        .collect())
}
