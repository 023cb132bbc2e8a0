//! Conversations as one of their members sees them (section 6.1 of the dialect).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hub::Session;
use hub::command::{Command, OwnPatch};
use hub::id::{AccountId, ConversationId, Pos, Timestamp};
use hub::model::{Member, SeenBy};
use hub::store::ConversationView;
use serde::Deserialize;
use serde_json::{Value, json};
use webapi::skype::conversation::{
    Conversation, Conversations, MAX_PROPERTY, Metadata, OwnProperty, Targets, ThreadProperties,
    page_size, property,
};
use webapi::skype::message::Message;
use webapi::skype::{loose, time};

use super::horizons::{self, Horizons};
use super::input::{Asked, Loose, Named, OfConversation, Parsed, links};
use super::page::Seen;
use super::place::{self, People, Place};
use super::registered::Registered;
use super::write::{self, Writer};
use crate::skype::DOOR;
use crate::skype::{GatewayRefusal, Outside, Skype};

/// Where a mute without an end ends, in ms: the last moment of the year 9999.
const FOR_EVER: Timestamp = Timestamp(253_402_300_799_999);
/// How the keys of words that alert begin.
const MATCHES: &str = "alertmatches:";
/// Pages of conversations that are read for one answer, while all of them are of a kind that was not asked for.
const PAGES: usize = 10;
/// Whoever asks for what began in the last minute, in ms, or later means all of them: some programs say *now* for *from here on back*.
const NOW: i64 = 60_000;

/// What of the list of conversations is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listed {
    #[serde(rename = "startTime")]
    start: Option<String>,
    #[serde(rename = "pageSize")]
    size: Option<String>,
    #[serde(rename = "targetType")]
    targets: Option<String>,
    #[serde(rename = "syncState")]
    state: Option<String>,
    view: Option<String>,
}

/// `GET /v1/users/ME/conversations`: the newest activity first; by `syncState` what came since, then what is older.
pub(super) async fn list(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Asked(asked): Asked<Listed>,
) -> Result<Json<Conversations>, GatewayRefusal> {
    let session = &asks.session;
    let size = page_size(asked.size.as_deref());
    let whole = ConversationId(0);
    let seen = match asked.state.as_deref() {
        Some(text) => Some(Seen::open(&skype, asks.who, whole, text).await?),
        None => None,
    };
    let start = asked
        .start
        .as_deref()
        .and_then(|text| text.trim().parse::<i64>().ok())
        .filter(|start| *start < skype.now().0 - NOW);
    let from = seen.map_or(Timestamp(start.unwrap_or(0)), |seen| seen.from);
    let targets = Targets::read(asked.targets.as_deref().unwrap_or(""));
    let (views, end) = page(session, seen, size, from, targets).await?;
    let newest = views.iter().map(|view| view.conversation.head).max();
    let seen_now = Seen {
        list: whole,
        newest: newest.max(seen.map(|seen| seen.newest)).unwrap_or_default(),
        oldest: end.0,
        at: end.1,
        from,
    };
    let links = links(&outside);
    let state = seen_now.seal(&skype, asks.who)?;
    let view = asked.view.as_deref().unwrap_or("msnp24Equivalent");
    let next = links.conversations_since(&state, size, view);
    let shown = objects(&skype, session, &outside, &views).await?;
    Ok(Json(Conversations {
        metadata: Some(Metadata {
            total_count: Some(shown.len()),
            forward_link: None,
            backward_link: (shown.len() >= size).then(|| next.clone()),
            sync_state: Some(next),
        }),
        conversations: shown,
    }))
}

/// The conversations of a page, and the place at which the next one goes on.
async fn page(
    session: &Session,
    seen: Option<Seen>,
    size: usize,
    from: Timestamp,
    targets: Targets,
) -> Result<(Vec<ConversationView>, (Pos, ConversationId)), hub::Error> {
    let asked_for =
        |view: &ConversationView| match view.conversation.is_named() || view.members.len() > 2 {
            true => targets.threads,
            false => targets.people || targets.bots,
        };
    let limit = u32::try_from(size).unwrap_or(u32::MAX);
    let mut found = Vec::new();
    let mut before = None;
    // What came since stands on top. If it does not fit, the rest comes with the next page, and what was seen comes again.
    if let Some(seen) = seen {
        let top = session.conversations(None, limit).await?;
        let fresh = top
            .into_iter()
            .take_while(|view| view.conversation.head > seen.newest);
        found.extend(fresh.filter(|view| asked_for(view)));
        before = if found.len() < size {
            Some((seen.oldest, seen.at))
        } else {
            found
                .last()
                .map(|view| (view.conversation.head, view.conversation.id))
        };
    }
    for _ in 0..PAGES {
        if found.len() >= size {
            break;
        }
        let views = session.conversations(before, limit).await?;
        let whole = views.len() < size;
        before = views
            .last()
            .map(|view| (view.conversation.head, view.conversation.id))
            .or(before);
        for view in views {
            if view.conversation.head.time() < from {
                return Ok((found, before.unwrap_or_default()));
            }
            if found.len() < size && asked_for(&view) {
                before = Some((view.conversation.head, view.conversation.id));
                found.push(view);
            }
        }
        if whole {
            break;
        }
    }
    Ok((found, before.unwrap_or_default()))
}

/// `GET /v1/users/ME/conversations/{id}`: one with somebody is always there, whether or not anything was said.
pub(super) async fn read(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfConversation>,
) -> Result<Json<Conversation>, GatewayRefusal> {
    let session = &asks.session;
    let named = place::Named::of(session, &of.conversation).await?;
    if let Some(view) = named.view(session).await? {
        let shown = objects(&skype, session, &outside, &[view]).await?.pop();
        return shown
            .map(Json)
            .ok_or_else(|| hub::Error::not_found("conversation").into());
    }
    let place::Named::With(other) = named else {
        return Err(hub::Error::not_found("conversation").into());
    };
    let people = People::load(session, [other]).await?;
    let empty = Conversation::new(&links(&outside), &people.mri(other), 0, None);
    Ok(Json(empty.with("isemptyconversation", "True")))
}

/// Objects of conversations, with all that stands in them.
pub(super) async fn objects(
    skype: &Skype,
    session: &Session,
    outside: &Outside,
    views: &[ConversationView],
) -> Result<Vec<Conversation>, hub::Error> {
    let me = session.account();
    let horizons = Horizons::load(session).await?;
    let last: Vec<_> = views.iter().filter_map(|view| view.last.clone()).collect();
    let drawn = session.draw(last).await?;
    let people = views.iter().flat_map(ConversationView::people).chain([me]);
    let people = People::load(session, people.chain(drawn.iter().flat_map(write::people))).await?;
    let writer = Writer {
        outside,
        people: &people,
        members: &[],
    };
    let now = skype.now();
    let shown = views.iter().map(|view| {
        let place = Place::of(view, me, &people);
        let last = view.last.as_ref().and_then(|last| {
            let drawn = drawn.iter().find(|drawn| drawn.message.id == last.id)?;
            writer.message(&place, drawn)
        });
        object(view, &place, me, last, &horizons, outside, now)
    });
    Ok(shown.collect())
}

fn object(
    view: &ConversationView,
    place: &Place,
    me: AccountId,
    last: Option<Message>,
    horizons: &Horizons,
    outside: &Outside,
    now: Timestamp,
) -> Conversation {
    let row = &view.conversation;
    let is_empty = last.is_none();
    let version = row.head.time().0;
    let mut object = Conversation::new(&links(outside), &place.mri, version, last).with(
        "isemptyconversation",
        if is_empty { "True" } else { "False" },
    );
    if !is_empty {
        object = object.with("lastimreceivedtime", time::millis(row.last_stamp.0));
    }
    let mine = view.members.iter().find(|member| member.account == me);
    if let Some(mine) = mine {
        if let Some(horizon) = horizons.of(row.id, mine.read) {
            object = object.with("consumptionhorizon", horizon);
        }
        let muted = mine.own.muted_until.is_some_and(|until| until > now);
        object = object.with("alerts", (!muted).to_string());
        if mine.own.pinned {
            object = object.with("favorite", "true");
        }
        if mine.own.cleared > Pos(0) {
            object = object.with("clearedat", mine.own.cleared.time().0.to_string());
        }
    }
    if place.is_thread() {
        object.thread_properties = Some(thread_properties(view, place, mine));
    }
    object
}

fn thread_properties(
    view: &ConversationView,
    place: &Place,
    mine: Option<&Member>,
) -> ThreadProperties {
    let row = &view.conversation;
    let window = mine.and_then(|member| member.windows.last());
    let members = match row.is_named() {
        true => row.people,
        false => i32::try_from(view.members.len()).unwrap_or(i32::MAX),
    };
    ThreadProperties {
        topic: place.topic.clone(),
        // Who sees what was before them came when the thread was made, as far as their window tells.
        lastjoinat: window.map(|window| window.from.time().0.max(row.created.0).to_string()),
        lastleaveat: window
            .and_then(|window| window.until)
            .map(|until| until.time().0.to_string()),
        version: Some(row.head.time().0.to_string()),
        membercount: Some(members.to_string()),
    }
}

/// `PUT /v1/users/ME/conversations/{id}/properties?name=…`.
pub(super) async fn put_property(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfConversation>,
    Asked(asked): Asked<Named>,
    Loose(body): Loose<Value>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    let named = place::Named::of(session, &of.conversation).await?;
    let first = || body.as_object().and_then(|all| all.keys().next().cloned());
    let name = asked.name.or_else(first).unwrap_or_default();
    let value = property(&name, &body).unwrap_or_default();
    if value.len() > MAX_PROPERTY {
        return Err(GatewayRefusal::malformed(
            "a property holds up to 1,024 bytes",
        ));
    }
    let Some(wanted) = OwnProperty::named(&name) else {
        return Err(GatewayRefusal::malformed(
            "this property of a conversation cannot be put here",
        ));
    };
    let Some(view) = named.view(session).await? else {
        // Nothing was said there yet: nothing can be read, muted or hidden.
        return Ok(Json(json!({})));
    };
    let conversation = view.conversation.id;
    let patch = match wanted {
        OwnProperty::ConsumptionHorizon => {
            horizons::put(session, conversation, &value).await?;
            return Ok(Json(json!({})));
        }
        OwnProperty::AlertMatches => {
            let keep = Command::PutDoorState {
                door: DOOR,
                key: format!("{MATCHES}{conversation}"),
                value: value.into_bytes(),
                seen_by: SeenBy::Own,
            };
            session.command(keep).await?;
            return Ok(Json(json!({})));
        }
        OwnProperty::Alerts => OwnPatch {
            muted_until: Some(if loose::is_true(&value) {
                Timestamp(0)
            } else {
                FOR_EVER
            }),
            ..OwnPatch::default()
        },
        OwnProperty::Favorite => OwnPatch {
            pinned: Some(loose::is_true(&value)),
            ..OwnPatch::default()
        },
        OwnProperty::ClearedAt => OwnPatch {
            cleared: Some(upto(&value, skype.now())),
            ..OwnPatch::default()
        },
    };
    session
        .command(Command::SetOwn {
            conversation,
            patch,
        })
        .await?;
    Ok(Json(json!({})))
}

/// Everything of a time and before it; `clearedat` may hold what a horizon holds.
fn upto(text: &str, now: Timestamp) -> Pos {
    let first = text
        .split(';')
        .next()
        .and_then(|text| text.trim().parse::<i64>().ok());
    let at = first.unwrap_or(now.0).clamp(0, now.0);
    Pos(((at + 1) << 21) - 1)
}

/// `DELETE /v1/users/ME/conversations/{id}/messages`: hides what was said, for oneself.
pub(super) async fn clear(
    asks: Registered,
    Parsed(of): Parsed<OfConversation>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    let named = place::Named::of(session, &of.conversation).await?;
    if let Some(view) = named.view(session).await? {
        let conversation = view.conversation.id;
        let patch = OwnPatch {
            cleared: Some(view.conversation.head),
            ..OwnPatch::default()
        };
        session
            .command(Command::SetOwn {
                conversation,
                patch,
            })
            .await?;
    }
    Ok(Json(json!({})))
}
