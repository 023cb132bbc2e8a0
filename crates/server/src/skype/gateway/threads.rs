//! Threads: named groups, and casts of three or more, which stay as they are (sections 6.2 and 6.3 of the dialect).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hub::command::{Command, GroupPatch, Membership, NewGroup, Value as Given};
use hub::event::MessageView;
use hub::id::{AccountId, ClientId, ConversationId, ObjectId};
use hub::model::{Allowed, Body, Member, Policy, Role as HubRole, SystemLine};
use hub::store::ConversationView;
use hub::{Kind, Session};
use serde_json::{Value, json};
use webapi::skype::conversation::{ConsumptionHorizons, MemberHorizon, property};
use webapi::skype::thread::{NewThread, Role, Thread, ThreadFacts, ThreadMember, ThreadProperty};
use webapi::skype::{AsmId, Links, Mri, ThreadId, ThreadKind, loose};

use super::input::{Asked, Loose, Named, OfThread, Parsed, links};
use super::members::{few, is_in};
use super::place::{self, People, Place};
use super::registered::Registered;
use super::{horizons, joining};
use crate::skype::{GatewayRefusal, Outside, Service, Skype, names};

/// Members of a thread that are listed, as many as a group has in which everybody writes.
const LISTED: usize = 1_000;
/// Members read at once.
const PAGE: u32 = 200;
/// Code points of a title that is made of names.
const TITLE: usize = 100;
/// Names in a title that is made of names.
const TITLE_NAMES: usize = 5;

/// `POST /v1/threads`.
pub(super) async fn create(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Loose(asked): Loose<NewThread>,
) -> Result<Response, GatewayRefusal> {
    let session = &asks.session;
    few(asked.members.len())?;
    let me = session.account();
    let (mut members, mut admins) = (Vec::new(), Vec::new());
    for member in &asked.members {
        let account = names::somebody(session, &member.id).await?;
        if account == me {
            continue;
        }
        members.push(account);
        if member.role.as_deref().and_then(Role::parse) == Some(Role::Admin) {
            admins.push(account);
        }
    }
    let is_true = |name: &str| {
        asked
            .property(name)
            .is_some_and(|value| loose::is_true(&value))
    };
    let given = asked
        .property("topic")
        .filter(|topic| !topic.trim().is_empty());
    let title = match given {
        Some(topic) => topic,
        None => title_of(session, &members).await?,
    };
    let (device, now, first) = (session.device(), skype.now(), fresh()?);
    let mut new = NewGroup {
        title,
        members,
        policy: policy(is_true("moderatedthread"), is_true("historydisclosed")),
        client: skype.made.name(device, &asked, now, first.clone()),
    };
    let mut id = made(session, new.clone()).await?;
    // What was left meanwhile is not what is asked for.
    let is_left = |error: hub::Error| error.kind == Kind::NotFound;
    if new.client != first && is_in(session, id, me).await.is_err_and(is_left) {
        skype.made.forget(&new.client);
        new.client = skype.made.name(device, &asked, now, fresh()?);
        id = made(session, new).await?;
    }
    if !admins.is_empty() {
        let to = Membership::Ranked(HubRole::Admin);
        set_members(session, id, admins, to).await?;
    }
    if is_true("joiningenabled") {
        joining::enable(&skype, session, id, true).await?;
    }
    let thread = Mri::thread(ThreadId {
        kind: ThreadKind::Group,
        id: id.0,
    });
    let mut response = (StatusCode::CREATED, Json(json!({}))).into_response();
    if let Ok(place) = HeaderValue::try_from(links(&outside).thread(&thread)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

async fn made(session: &Session, new: NewGroup) -> Result<ConversationId, hub::Error> {
    let done = session.command(Command::CreateGroup(Box::new(new))).await?;
    match done.value {
        Given::Conversation(id) => Ok(id),
        _ => Err(hub::Error::unavailable("no thread was made: try again")),
    }
}

/// A name for a device's new thing, since programs of this dialect give none.
pub(super) fn fresh() -> Result<ClientId, hub::Error> {
    ClientId::new(hex::encode(rand::random::<[u8; 16]>()))
        .map_err(|_| hub::Error::unavailable("no id was made: try again"))
}

/// Of whom a thread without a title is called: its first members.
async fn title_of(session: &Session, members: &[AccountId]) -> Result<String, hub::Error> {
    let first = members.iter().take(TITLE_NAMES).copied();
    let me = session.account();
    let people = People::load(session, first.clone().chain([me])).await?;
    let names: Vec<String> = std::iter::once(me)
        .chain(first)
        .map(|who| people.display(who))
        .collect();
    Ok(names.join(", ").chars().take(TITLE).collect())
}

/// A moderated thread is one in which only admins write and add people.
fn policy(moderated: bool, history: bool) -> Policy {
    let who = if moderated {
        Allowed::Admins
    } else {
        Allowed::Everybody
    };
    Policy {
        post: who,
        add: who,
        history,
    }
}

pub(super) async fn set_members(
    session: &Session,
    conversation: ConversationId,
    who: Vec<AccountId>,
    to: Membership,
) -> Result<(), hub::Error> {
    let command = Command::SetMembers {
        conversation,
        who,
        to,
    };
    session.command(command).await.map(drop)
}

/// A thread that an address names, as one sees it.
pub(super) async fn named(session: &Session, text: &str) -> Result<ConversationView, hub::Error> {
    match place::Named::of(session, text).await? {
        place::Named::Thread(id, _) => session.conversation(id).await,
        place::Named::With(_) => Err(hub::Error::not_found("thread")),
    }
}

/// The same, of which one is a member; others are refused so that SkPy takes it as left (section 6.2).
async fn inside(session: &Session, text: &str) -> Result<ConversationView, hub::Error> {
    let view = named(session, text).await?;
    let me = session.account();
    if view
        .members
        .iter()
        .any(|member| member.account == me && member.is_in())
    {
        return Ok(view);
    }
    let message = "you do not belong to this thread any more";
    Err(hub::Error::new(Kind::Forbidden, "not_a_member", message))
}

/// A group, whose members can be changed.
pub(super) async fn group(session: &Session, text: &str) -> Result<ConversationView, hub::Error> {
    let view = inside(session, text).await?;
    if view.conversation.is_named() {
        return Ok(view);
    }
    let message =
        "this conversation is its people, and stays so: make a thread to change who is in it";
    Err(hub::Error::new(Kind::Forbidden, "not_a_group", message))
}

/// `GET /v1/threads/{id}`.
pub(super) async fn read(
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfThread>,
) -> Result<Json<Thread>, GatewayRefusal> {
    let view = inside(&asks.session, &of.thread).await?;
    Ok(Json(thread(&asks.session, &outside, &view).await?))
}

/// The object of a thread, with all its members.
pub(super) async fn thread(
    session: &Session,
    outside: &Outside,
    view: &ConversationView,
) -> Result<Thread, hub::Error> {
    let links = links(outside);
    let row = &view.conversation;
    let me = session.account();
    let mine = view
        .members
        .iter()
        .find(|member| member.account == me && member.is_in());
    let members = match mine {
        Some(_) => members_seen(session, view).await?,
        None => Vec::new(),
    };
    let people = members.iter().map(|member| member.account).chain([me]);
    let people = People::load(session, people).await?;
    let place = Place::of(view, me, &people);
    let role = |member: &Member| match member.role {
        HubRole::Owner | HubRole::Admin if row.is_named() => Role::Admin,
        _ => Role::User,
    };
    let shown = members.iter().map(|member| {
        let who = people.mri(member.account);
        ThreadMember::new(&links, &who, role(member), &people.display(member.account))
    });
    let owner = members
        .iter()
        .find(|member| row.is_named() && member.role == HubRole::Owner);
    let rules = Policy::of(row);
    let facts = ThreadFacts {
        topic: place.topic.clone(),
        creator: owner.map(|member| people.mri(member.account)),
        created: row.created.0,
        joining: joining::is_enabled(session, view).await,
        history: rules.history,
        moderated: rules.post == Allowed::Admins,
        picture: row.picture.map(|id| picture(outside, id)),
        may_change: mine.is_some_and(|member| role(member) == Role::Admin),
    };
    Ok(Thread::new(
        &links,
        &place.mri,
        row.head.time().0,
        facts,
        shown.collect(),
    ))
}

/// Where the picture of a thread lies.
pub(super) fn picture(outside: &Outside, id: ObjectId) -> String {
    let store = Links::new(&outside.link(Service::Store, ""));
    store.view(AsmId(id.0), "avatar_fullsize")
}

async fn members(session: &Session, view: &ConversationView) -> Result<Vec<Member>, hub::Error> {
    if !view.conversation.is_named() {
        return Ok(view.members.clone());
    }
    let mut all = Vec::new();
    while all.len() < LISTED {
        let after = all.last().map(|last: &Member| (last.role, last.account));
        let page = session.members(view.conversation.id, after, PAGE).await?;
        let whole = page.len() < PAGE as usize;
        all.extend(page);
        if whole {
            break;
        }
    }
    all.truncate(LISTED);
    Ok(all)
}

/// The same for whoever may have left since the view was made: nobody, then.
async fn members_seen(
    session: &Session,
    view: &ConversationView,
) -> Result<Vec<Member>, hub::Error> {
    match members(session, view).await {
        Err(error) if error.kind == Kind::NotFound => Ok(Vec::new()),
        seen => seen,
    }
}

/// `PUT /v1/threads/{id}/properties?name=…`: the value comes as text, truth value or number.
pub(super) async fn put_property(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfThread>,
    Asked(asked): Asked<Named>,
    Loose(body): Loose<Value>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    let view = group(session, &of.thread).await?;
    let conversation = view.conversation.id;
    let first = || body.as_object().and_then(|all| all.keys().next().cloned());
    let name = asked.name.or_else(first).unwrap_or_default();
    let value = property(&name, &body).unwrap_or_default();
    let yes = loose::is_true(&value);
    let mut patch = GroupPatch::default();
    match ThreadProperty::named(&name) {
        Some(ThreadProperty::Topic) => patch.title = Some(value),
        Some(ThreadProperty::Picture) if value.is_empty() => patch.picture = Some(None),
        Some(ThreadProperty::Picture) => {
            let id = AsmId::in_url(&value).ok_or_else(|| hub::Error::not_found("picture"))?;
            patch.picture = Some(Some(ObjectId(id.0)));
        }
        Some(ThreadProperty::JoiningEnabled) => {
            joining::enable(&skype, session, conversation, yes).await?;
            return Ok(Json(json!({})));
        }
        Some(ThreadProperty::HistoryDisclosed) => patch.history = Some(yes),
        Some(ThreadProperty::Moderated) => {
            let rules = policy(yes, false);
            patch.post = Some(rules.post);
            patch.add = Some(rules.add);
        }
        None => {
            let message = "this property of a thread cannot be put here";
            return Err(GatewayRefusal::malformed(message));
        }
    }
    session
        .command(Command::UpdateGroup {
            conversation,
            patch,
        })
        .await?;
    Ok(Json(json!({})))
}

/// `GET /v1/threads/{id}/consumptionhorizons`: how far each member has read who tells it.
pub(super) async fn read_horizons(
    asks: Registered,
    Parsed(of): Parsed<OfThread>,
) -> Result<Json<ConsumptionHorizons>, GatewayRefusal> {
    let session = &asks.session;
    let view = inside(session, &of.thread).await?;
    let all = members(session, &view).await?;
    let me = session.account();
    let people = People::load(session, all.iter().map(|member| member.account)).await?;
    let own = horizons::Horizons::load(session).await?;
    let shown = all.iter().filter_map(|member| {
        let read = member.read?;
        let kept = (member.account == me)
            .then(|| own.of(view.conversation.id, member.read))
            .flatten();
        Some(MemberHorizon {
            id: people.mri(member.account).to_string(),
            consumptionhorizon: kept.unwrap_or_else(|| horizons::usual(read)),
        })
    });
    Ok(Json(ConsumptionHorizons {
        id: Place::of(&view, me, &people).mri.to_string(),
        version: view.conversation.head.time().0.to_string(),
        consumptionhorizons: shown.collect(),
    }))
}

/// Who is in a thread now, if its first line is among these messages: it is told as all of them coming (section 6.3).
pub(super) async fn members_if_made(
    session: &Session,
    id: ConversationId,
    found: &[MessageView],
) -> Result<Vec<AccountId>, hub::Error> {
    let is_first =
        |view: &MessageView| matches!(view.message.body, Body::System(SystemLine::Created(_)));
    if !found.iter().any(is_first) {
        return Ok(Vec::new());
    }
    let view = match session.conversation(id).await {
        Err(error) if error.kind == Kind::NotFound => return Ok(Vec::new()),
        view => view?,
    };
    let all = members_seen(session, &view).await?;
    Ok(all.iter().map(|member| member.account).collect())
}
