//! Reading: one's own account, catching up, and pages of lists.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use hub::Sync;
use hub::event::MessageView;
use hub::id::{AccountId, CallId, CallKey, ConversationId, Pos};
use hub::model::CallSide;
use hub::store::{Around, ConversationView};
use serde::Deserialize;
use webapi::skein as api;

use super::query::{ApiPath, ApiQuery, limit};
use super::{SignedIn, translate};
use crate::http::Refusal;

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

impl Page {
    /// Whom the page before ended with; nobody for the first page.
    fn after_account(&self) -> Result<AccountId, Refusal> {
        let after = self.after.as_deref().map(cursor::<AccountId>).transpose()?;
        Ok(after.unwrap_or_default())
    }
}

/// `GET /me`.
pub(super) async fn me(signed_in: SignedIn) -> Result<Json<api::Account>, Refusal> {
    Ok(Json(translate::account(&signed_in.session.own().await?)))
}

/// Where to go on.
#[derive(Debug, Deserialize)]
pub(super) struct Since {
    since: Option<String>,
    limit: Option<u32>,
}

/// `GET /sync`.
pub(super) async fn sync(
    signed_in: SignedIn,
    ApiQuery(asked): ApiQuery<Since>,
) -> Result<Json<api::Sync>, Refusal> {
    let since = asked
        .since
        .as_deref()
        .map(translate::position)
        .transpose()?;
    let session = &signed_in.session;
    Ok(Json(
        match session.since(since, limit(asked.limit, 200, 1000)).await? {
            Sync::Events { events, next, more } => {
                let mut placed = Vec::with_capacity(events.len());
                for (pos, event) in &events {
                    placed.push(super::feed::placed(session, *pos, event).await);
                }
                api::Sync::Events {
                    events: placed,
                    next: next.to_string().into(),
                    more,
                }
            }
            Sync::Snapshot(snapshot) => api::Sync::Snapshot {
                snapshot: Box::new(translate::snapshot(&snapshot, session.account())),
            },
        },
    ))
}

/// `GET /contacts`.
pub(super) async fn contacts(
    signed_in: SignedIn,
    ApiQuery(page): ApiQuery<Page>,
) -> Result<Json<api::ContactPage>, Refusal> {
    let after = page.after_account()?;
    let count = limit(page.limit, 100, 500);
    let mut found = signed_in.session.contacts(after, count + 1).await?;
    let next = cut(&mut found, count).map(|last| last.account.id.to_string());
    Ok(Json(api::ContactPage {
        contacts: found.iter().map(translate::contact).collect(),
        next,
    }))
}

/// `GET /presence`.
pub(super) async fn presence(
    signed_in: SignedIn,
    ApiQuery(page): ApiQuery<Page>,
) -> Result<Json<api::PresenceList>, Refusal> {
    let after = page.after_account()?;
    let count = limit(page.limit, 500, 500);
    let mut found = signed_in.session.presence().await?;
    found.retain(|seen| seen.account > after);
    found.sort_by_key(|seen| seen.account);
    let next = cut(&mut found, count).map(|last| last.account.to_string());
    Ok(Json(api::PresenceList {
        presence: found.iter().map(translate::presence).collect(),
        next,
    }))
}

/// Whom to find.
#[derive(Debug, Deserialize)]
pub(super) struct Find {
    name: String,
}

/// `GET /find`.
pub(super) async fn find(
    signed_in: SignedIn,
    ApiQuery(asked): ApiQuery<Find>,
) -> Result<Json<api::Found>, Refusal> {
    let found = signed_in.session.find(&asked.name).await?;
    Ok(Json(api::Found {
        contact: found.as_ref().map(translate::contact),
    }))
}

/// `GET /accounts/{id}`.
pub(super) async fn card(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<api::Card>, Refusal> {
    let card = signed_in.session.card(named("account", &id)?).await?;
    Ok(Json(translate::card(&card)))
}

/// `GET /conversations`.
pub(super) async fn conversations(
    signed_in: SignedIn,
    ApiQuery(page): ApiQuery<Page>,
) -> Result<Json<api::ConversationPage>, Refusal> {
    let session = &signed_in.session;
    let before = page
        .after
        .as_deref()
        .map(|text| {
            let (head, id) = text.split_once('.').ok_or_else(no_cursor)?;
            Ok::<_, Refusal>((cursor::<Pos>(head)?, cursor::<ConversationId>(id)?))
        })
        .transpose()?;
    let count = limit(page.limit, 50, 100);
    let mut found = session.conversations(before, count + 1).await?;
    let next = cut(&mut found, count)
        .map(|last| format!("{}.{}", last.conversation.head, last.conversation.id));
    let people = found.iter().flat_map(ConversationView::people);
    let profiles = profiles(&signed_in, people.collect()).await?;
    let reader = session.account();
    Ok(Json(api::ConversationPage {
        conversations: found
            .iter()
            .map(|view| translate::conversation(view, reader))
            .collect(),
        profiles,
        next,
    }))
}

/// `GET /conversations/{id}`.
pub(super) async fn conversation(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
) -> Result<Json<api::Conversation>, Refusal> {
    let view = signed_in
        .session
        .conversation(named("conversation", &id)?)
        .await?;
    Ok(Json(translate::conversation(
        &view,
        signed_in.session.account(),
    )))
}

/// Which messages.
#[derive(Debug, Deserialize)]
pub(super) struct Which {
    before: Option<String>,
    after: Option<String>,
    around: Option<String>,
    limit: Option<u32>,
}

/// `GET /conversations/{id}/messages`.
pub(super) async fn messages(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
    ApiQuery(which): ApiQuery<Which>,
) -> Result<Json<api::MessagePage>, Refusal> {
    let around = match (which.before, which.after, which.around) {
        (None, None, None) => Around::Newest,
        (Some(id), None, None) => Around::Before(named("message", &id)?),
        (None, Some(id), None) => Around::After(named("message", &id)?),
        (None, None, Some(id)) if id == "unread" => Around::Unread,
        (None, None, Some(id)) => Around::Near(named("message", &id)?),
        _ => return Err(Refusal::bad_request("give one of before, after and around")),
    };
    let session = &signed_in.session;
    let conversation = named("conversation", &id)?;
    let (found, earlier, later) = session
        .messages(conversation, around, limit(which.limit, 50, 200))
        .await?;
    let people = found.iter().flat_map(MessageView::people);
    let profiles = profiles(&signed_in, people.collect()).await?;
    let messages = found
        .iter()
        .map(|view| translate::message(view, session.account()));
    Ok(Json(api::MessagePage {
        messages: messages.collect(),
        profiles,
        earlier,
        later,
    }))
}

/// What to look for.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    question: String,
    conversation: Option<String>,
    after: Option<String>,
    limit: Option<u32>,
}

/// `GET /search`.
pub(super) async fn search(
    signed_in: SignedIn,
    ApiQuery(asked): ApiQuery<Search>,
) -> Result<Json<api::SearchPage>, Refusal> {
    let session = &signed_in.session;
    let conversation = asked
        .conversation
        .as_deref()
        .map(|id| named("conversation", id))
        .transpose()?;
    let before = asked.after.as_deref().map(cursor::<Pos>).transpose()?;
    let count = limit(asked.limit, 20, 50);
    let found = session
        .search(&asked.question, conversation, before, count)
        .await?;
    let people: BTreeMap<_, _> = found
        .messages
        .iter()
        .map(|view| (view.author.id, &view.author))
        .collect();
    let reader = session.account();
    Ok(Json(api::SearchPage {
        messages: found
            .messages
            .iter()
            .map(|view| translate::message(view, reader))
            .collect(),
        profiles: people
            .into_values()
            .map(|author| translate::profile(author))
            .collect(),
        next: found.next.map(|id| id.to_string()),
        whole: found.whole,
    }))
}

/// `GET /devices`.
pub(super) async fn devices(signed_in: SignedIn) -> Result<Json<api::DeviceList>, Refusal> {
    let this = signed_in.who.device;
    let found = signed_in.session.devices().await?;
    let devices = found
        .iter()
        .map(|(row, open)| translate::device(row, row.id == this, *open))
        .collect();
    Ok(Json(api::DeviceList { devices }))
}

/// `GET /calls`.
pub(super) async fn calls(
    signed_in: SignedIn,
    ApiQuery(page): ApiQuery<Page>,
) -> Result<Json<api::CallPage>, Refusal> {
    let before = page.after.as_deref().map(cursor::<CallId>).transpose()?;
    let count = limit(page.limit, 50, 100);
    let mut found = signed_in.session.calls(before, count + 1).await?;
    let next = cut(&mut found, count).map(|last| last.id.to_string());
    let people = found.iter().flat_map(|row| [row.caller, row.callee]);
    let profiles = profiles(&signed_in, people.collect()).await?;
    let reader = signed_in.session.account();
    let calls = found
        .iter()
        .map(|row| translate::call_record(row, reader))
        .collect();
    Ok(Json(api::CallPage {
        calls,
        profiles,
        next,
    }))
}

/// `GET /calls/{key}`.
pub(super) async fn call(
    signed_in: SignedIn,
    ApiPath(key): ApiPath<String>,
) -> Result<Json<api::CallDetail>, Refusal> {
    let session = &signed_in.session;
    let (row, reports) = session.call(named::<CallKey>("call", &key)?).await?;
    let reader = session.account();
    let peer = if row.caller == reader {
        row.callee
    } else {
        row.caller
    };
    let accounts = session.accounts(&[peer]).await?;
    let peer = accounts
        .first()
        .ok_or_else(|| hub::Error::not_found("account"))?;
    Ok(Json(api::CallDetail {
        record: translate::call_record(&row, reader),
        peer: translate::profile(peer),
        reports: reports
            .into_iter()
            .map(|report| api::KeptReport {
                own: report.account == reader,
                received: report.received.0,
                report: report.text,
            })
            .collect(),
        marks: row
            .marks
            .iter()
            .map(|mark| api::ServerMark {
                name: mark.name.clone(),
                side: match mark.side {
                    CallSide::Caller => "caller",
                    CallSide::Callee => "callee",
                    CallSide::Server => "server",
                }
                .to_owned(),
                at: mark.at.0,
                count: mark.count,
            })
            .collect(),
    }))
}

/// Cuts one more than asked for down to `count`; the last one kept, if there are more behind it.
pub(super) fn cut<T>(found: &mut Vec<T>, count: u32) -> Option<&T> {
    let more = found.len() > count as usize;
    found.truncate(count as usize);
    found.last().filter(|_| more)
}

pub(super) async fn profiles(
    signed_in: &SignedIn,
    people: BTreeSet<AccountId>,
) -> Result<Vec<api::Profile>, Refusal> {
    let people: Vec<_> = people.into_iter().collect();
    let found = signed_in.session.accounts(&people).await?;
    Ok(found.iter().map(|one| translate::profile(one)).collect())
}

pub(super) fn named<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Refusal> {
    text.parse()
        .map_err(|_| Refusal::from(hub::Error::not_found(what)))
}

pub(super) fn cursor<T: std::str::FromStr>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| no_cursor())
}

pub(super) fn no_cursor() -> Refusal {
    Refusal::bad_request("this is no place to go on from: give back the `next` you were given")
}
