//! Who is there (section 8 of the dialect). `status` of the whole person is the hub's; what one endpoint says of itself stays with
//! it at this door.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hub::Session;
use hub::command::Command;
use hub::event::Presence;
use hub::id::{AccountId, Timestamp};
use hub::model::{Account, Availability};
use serde_json::{Value, json};
use webapi::skype::endpoint::{MAX_WATCHED, Watch};
use webapi::skype::event::{EventMessage, Resource};
use webapi::skype::presence::{
    EndpointPresence, PresenceEntry, PresenceList, SetEndpoint, SetPresence, Status, UserPresence,
};
use webapi::skype::{Client, Links, Mri};

use super::endpoints::About;
use super::input::{Loose, OfUser, Parsed, links};
use super::place::People;
use super::registered::{Anywhere, Registered};
use super::subscriptions;
use crate::skype::{GatewayRefusal, Outside, Skype, names};

/// What everybody at this server can do, as far as programs of this dialect are told.
const CAPABILITIES: &str = "";
/// Contacts of one question (section 8.1 says ten; some ask for more).
const ASKED: usize = 100;
/// Endpoints of one person that are shown: those that were used last.
const SHOWN: usize = 3;
/// Code points of each word that an endpoint says of itself; of the number of its kind.
const SAID: (usize, usize) = (200, 8);

/// Somebody's status as others see it.
pub(super) fn status(of: Availability) -> Status {
    match of {
        Availability::Online => Status::Online,
        Availability::Away => Status::Away,
        Availability::Busy => Status::Busy,
        Availability::Invisible => Status::Hidden,
        Availability::Offline => Status::Offline,
    }
}

/// What choosing a status means: the choice of the person, and whether this endpoint is in use.
fn chosen(status: Status) -> (Option<Availability>, bool) {
    match status {
        // Follows the devices again: who was shown as away because nothing was used is there.
        Status::Online => (None, false),
        Status::Idle => (None, true),
        Status::Away => (Some(Availability::Away), false),
        Status::Busy => (Some(Availability::Busy), false),
        Status::Hidden | Status::Offline => (Some(Availability::Invisible), false),
    }
}

/// One's own status: the choice, if it holds still, else what the endpoints come to.
fn own(account: &Account, seen: Option<Presence>, now: Timestamp, idle: bool) -> Status {
    let holds = account.chosen_until.is_none_or(|until| until > now);
    match account.chosen.filter(|_| holds) {
        Some(chosen) => status(chosen),
        None if idle => Status::Idle,
        None => seen.map_or(Status::Online, |seen| status(seen.availability)),
    }
}

/// The presence of one person.
pub(super) fn document(links: &Links, who: &Mri, of: &Presence) -> UserPresence {
    let there = of.availability != Availability::Offline;
    let last_seen = of.since.filter(|_| !there).map(|at| at.0);
    UserPresence::new(
        links,
        who,
        status(of.availability).to_others(),
        CAPABILITIES,
        last_seen,
    )
}

/// The event of one person's presence.
pub(super) fn told(links: &Links, who: &Mri, of: UserPresence, at: Timestamp) -> EventMessage {
    let resource = Resource::UserPresence(Box::new(of));
    EventMessage::new(0, at.0, links.contact_presence(who), resource)
}

/// What somebody's endpoints at this door say of themselves, to those who may see that they are there.
pub(super) fn endpoints(
    skype: &Skype,
    links: &Links,
    who: &Mri,
    account: AccountId,
    viewer: AccountId,
    at: Timestamp,
) -> Vec<EventMessage> {
    let mut all = skype.endpoints.of(account);
    all.sort_by_cached_key(|endpoint| Reverse(endpoint.turns.last()));
    let said = all
        .iter()
        .map(|endpoint| (endpoint.id, endpoint.about().said));
    said.filter(|(_, said)| said.public_info.is_some())
        .take(SHOWN)
        .map(|(id, said)| {
            let own = account == viewer;
            let document = EndpointPresence::new(links, who, id, &said, own);
            let resource = Resource::EndpointPresence(Box::new(document));
            EventMessage::new(0, at.0, links.endpoint_presence(who, id), resource)
        })
        .collect()
}

/// One's own presence.
async fn mine(
    skype: &Skype,
    asks: &Registered,
    links: &Links,
) -> Result<UserPresence, GatewayRefusal> {
    let me = asks.session.me().await?;
    let idle = asks.own_endpoint(skype).is_some_and(|own| own.about().idle);
    let status = own(&me, None, skype.now(), idle);
    let who = names::mri(&me);
    Ok(UserPresence::new(links, &who, status, CAPABILITIES, None))
}

/// One's own presence, as an event.
pub(super) fn own_told(
    links: &Links,
    me: &Account,
    seen: Option<Presence>,
    idle: bool,
    now: Timestamp,
) -> EventMessage {
    let who = names::mri(me);
    let document = UserPresence::new(links, &who, own(me, seen, now, idle), CAPABILITIES, None);
    told(links, &who, document, now)
}

/// How everybody is now whom an endpoint watches.
pub(super) async fn now(
    skype: &Skype,
    session: &Session,
    links: &Links,
    about: &About,
) -> Result<Vec<EventMessage>, hub::Error> {
    let Some(interests) = &about.interests else {
        return Ok(Vec::new());
    };
    let now = skype.now();
    let seen = session.presence().await?;
    let people = People::load(session, seen.iter().map(|one| one.account)).await?;
    let mut events = Vec::new();
    for one in seen.iter().filter(|one| one.account != session.account()) {
        let who = people.mri(one.account);
        if !interests.watches(&who) {
            continue;
        }
        events.push(told(links, &who, document(links, &who, one), now));
        if one.availability != Availability::Offline {
            let account = one.account;
            events.extend(endpoints(
                skype,
                links,
                &who,
                account,
                session.account(),
                now,
            ));
        }
    }
    if interests.all_contacts {
        let me = session.me().await?;
        events.push(own_told(links, &me, None, about.idle, now));
    }
    Ok(events)
}

/// `GET /v1/users/{user}/presenceDocs/{document}`: one's own, with one's endpoints if asked; or a contact's.
pub(super) async fn read(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    Anywhere(asks): Anywhere,
    Parsed(of): Parsed<OfUser>,
) -> Result<Json<UserPresence>, GatewayRefusal> {
    let links = links(&outside);
    if names::own(&asks.session, &of.user).await.is_ok() {
        let me = asks.session.me().await?;
        let ids: Vec<_> = skype.endpoints.of(me.id).iter().map(|own| own.id).collect();
        let document = mine(&skype, &asks, &links).await?;
        return Ok(Json(document.expanded(&links, &names::mri(&me), &ids)));
    }
    let nobody = || hub::Error::not_found("contact");
    let who = Mri::parse(&of.user).ok_or_else(nobody)?;
    let account = names::somebody(&asks.session, &of.user).await?;
    let seen = asks.session.presence().await?;
    let one = seen
        .iter()
        .find(|one| one.account == account)
        .ok_or_else(nobody)?;
    Ok(Json(document(&links, &who, one)))
}

/// `PUT /v1/users/ME/presenceDocs/{document}`.
pub(super) async fn put(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Loose(asked): Loose<SetPresence>,
) -> Result<Json<UserPresence>, GatewayRefusal> {
    let status = asked.status.as_deref().and_then(Status::parse);
    let status = status.ok_or_else(|| {
        GatewayRefusal::malformed("status is one of Online, Away, Idle, Busy, Hidden and Offline")
    })?;
    let (value, idle) = chosen(status);
    let choose = Command::SetAvailability { value, until: None };
    asks.session.command(choose).await?;
    if let Some(own) = asks.own_endpoint(&skype) {
        own.session().command(Command::SetIdle(idle)).await?;
        own.change(|about| about.idle = idle);
    }
    mine(&skype, &asks, &links(&outside)).await.map(Json)
}

/// `PUT …/endpoints/{id}/presenceDocs/{document}`: what an endpoint says of itself; the name of the document tells skype-http.
pub(super) async fn put_endpoint(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfEndpointDocument>,
    Loose(mut asked): Loose<Value>,
) -> Result<Json<Value>, GatewayRefusal> {
    let endpoint = asks.endpoint(&skype, &of.endpoint)?;
    let said: SetEndpoint = serde_json::from_value(asked.clone())
        .map_err(|error| GatewayRefusal::malformed(crate::http::clear(&error)))?;
    asks.session.spend_command()?;
    let said = cut(said);
    endpoint.change(|about| {
        // skype-http is known by the name that it gives this document (section 14).
        if of.document == "endpointMessagingService" {
            about.client = Client::SkypeHttp;
        }
        about.said = said;
    });
    // Miranda reads where it lies.
    if let Some(document) = asked.as_object_mut() {
        let me = names::mri(&*asks.session.me().await?);
        let place = links(&outside).endpoint_presence(&me, endpoint.id);
        document.insert("selfLink".to_owned(), place.into());
    }
    Ok(Json(asked))
}

/// No more than is shown to others.
fn cut(mut said: SetEndpoint) -> SetEndpoint {
    let short = |text: &mut Option<String>, most: usize| {
        if let Some(text) = text {
            *text = text.chars().take(most).collect();
        }
    };
    let (word, kind) = SAID;
    if let Some(private) = &mut said.private_info {
        short(&mut private.epname, word);
    }
    if let Some(public) = &mut said.public_info {
        short(&mut public.kind, kind);
        short(&mut public.typ, kind);
        for text in [
            &mut public.capabilities,
            &mut public.skype_name_version,
            &mut public.node_info,
            &mut public.version,
        ] {
            short(text, word);
        }
    }
    said
}

/// Which document of which endpoint, in the address of one.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfEndpointDocument {
    endpoint: String,
    document: String,
}

/// Whose presence is asked for: `cMri=8:a&cMri=8:b`.
pub(super) async fn list(
    outside: Outside,
    asks: Registered,
    uri: axum::http::Uri,
) -> Result<Json<PresenceList>, GatewayRefusal> {
    let links = links(&outside);
    let pairs = webapi::skype::loose::form(uri.query().unwrap_or("").as_bytes());
    let asked = pairs.iter().filter(|(name, _)| name == "cMri").take(ASKED);
    let seen = asks.session.presence().await?;
    let seen: HashMap<AccountId, &Presence> = seen.iter().map(|one| (one.account, one)).collect();
    let mut responses = Vec::new();
    for (_, text) in asked {
        let account = match Mri::parse(text) {
            Some(who) => names::somebody(&asks.session, text)
                .await
                .ok()
                .map(|id| (who, id)),
            None => None,
        };
        let found = account.and_then(|(who, id)| Some((who, *seen.get(&id)?)));
        responses.push(PresenceEntry {
            contact: text.clone(),
            status: if found.is_some() { 200 } else { 404 },
            payload: found.map(|(who, one)| document(&links, &who, one)),
        });
    }
    Ok(Json(PresenceList { responses }))
}

/// `POST /v1/users/ME/contacts`: watch these; no list of contacts changes.
pub(super) async fn watch(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Loose(asked): Loose<Watch>,
) -> Result<Json<Value>, GatewayRefusal> {
    let who = asked.contacts.iter().filter_map(|one| Mri::parse(&one.id));
    watching(&skype, &outside, &asks, who.collect(), true).await
}

/// `PUT /v1/users/ME/contacts/{contact}`: watch one more.
pub(super) async fn watch_one(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfContact>,
) -> Result<Json<Value>, GatewayRefusal> {
    let who = Mri::parse(&of.contact).into_iter().collect();
    watching(&skype, &outside, &asks, who, true).await
}

/// `DELETE /v1/users/ME/contacts/{contact}`: watch them no more.
pub(super) async fn unwatch(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfContact>,
) -> Result<Json<Value>, GatewayRefusal> {
    let who = Mri::parse(&of.contact).into_iter().collect();
    watching(&skype, &outside, &asks, who, false).await
}

/// Which contact, in the address of one.
#[derive(Debug, Clone, serde::Deserialize)]
pub(super) struct OfContact {
    contact: String,
}

async fn watching(
    skype: &Skype,
    outside: &Outside,
    asks: &Registered,
    who: Vec<Mri>,
    on: bool,
) -> Result<Json<Value>, GatewayRefusal> {
    let endpoint = asks
        .own_endpoint(skype)
        .ok_or_else(GatewayRefusal::no_endpoint)?;
    let mut is_new = false;
    endpoint.change(|about| {
        let Some(interests) = &mut about.interests else {
            return;
        };
        interests.contacts.retain(|one| !who.contains(one));
        let room = MAX_WATCHED.saturating_sub(interests.contacts.len());
        if on && !interests.all_contacts {
            is_new = !who.is_empty();
            interests.contacts.extend(who.into_iter().take(room));
        }
    });
    if is_new {
        subscriptions::tell(skype, outside, &endpoint).await?;
    }
    Ok(Json(json!({})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_says_little_of_itself() {
        let long = "ж".repeat(1_000);
        let said = json!({
            "privateInfo": {"epname": long},
            "publicInfo": {"typ": long, "version": long, "nodeInfo": "xx"},
        });
        let said = cut(serde_json::from_value(said).expect("a document"));
        let length = |text: Option<String>| text.map(|text| text.chars().count());
        let public = said.public_info.expect("said");
        assert_eq!(length(public.typ), Some(8));
        assert_eq!(length(public.version), Some(200));
        assert_eq!(length(public.node_info), Some(2));
        let private = said.private_info.expect("said");
        assert_eq!(length(private.epname), Some(200));
    }
}
