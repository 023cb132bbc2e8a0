//! The list of contacts and what changes it: `contacts.skype.com`, versions 1 and 2 (sections 7.1 and 7.2).

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::routing::{delete, get, put};
use axum::{Json, Router};
use hub::command::Command;
use hub::event::ContactView;
use hub::id::{AccountId, ClientId};
use hub::model::{AbuseReason, Account, AccountKind, ContactState, RelationChange, Standing};
use hub::{Error, Session};
use serde::Deserialize;
use serde_json::{Value, json};
use webapi::skype::Mri;
use webapi::skype::contact::{
    AddContact, Agent, Block, Contact, ContactGroup, ContactList, InviteEntry, Invites, NameSource,
    OneList, named_in,
};
use webapi::skype::loose::json_or_form;

use super::{avatar, avatar_of};
use crate::skype::{Raw, Skype, SkypeUser, StatusRefusal, names};

/// Contacts that are read at once.
const PAGE: u32 = 500;
/// Handles of a filter that are looked for.
const MOST_HANDLES: usize = 100;
/// Most contacts of a list.
const MAX_CONTACTS: usize = 10_000;

pub(super) fn router() -> Router<Arc<Skype>> {
    let one = "/contacts/v2/users/{who}/contacts/{mri}";
    Router::new()
        .route("/contacts/v1/users/{who}/contacts", get(version_1))
        .route(
            "/contacts/v1/users/{who}/contacts/skype/{name}",
            delete(remove),
        )
        .route("/contacts/v2/users/{who}", get(list))
        .route("/contacts/v2/users/{who}/contacts", get(alone).post(add))
        .route(one, put(keep).delete(remove))
        .route("/contacts/v2/users/{who}/groups", get(groups))
        .route("/contacts/v2/users/{who}/blocklist", get(blocklist))
        .route(
            "/contacts/v2/users/{who}/contacts/blocklist/{mri}",
            put(block).delete(unblock),
        )
        .route("/contacts/v2/users/{who}/invites", get(invites))
        .route(
            "/contacts/v2/users/{who}/invites/{mri}/{answer}",
            put(answer),
        )
}

/// Everybody one has to do with.
pub(super) async fn everybody(session: &Session) -> Result<Vec<ContactView>, Error> {
    let mut all = Vec::new();
    let mut after = AccountId(0);
    loop {
        let page = session.contacts(after, PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().map_or(after, |view| view.account.id);
        all.extend(page);
        if is_last || all.len() >= MAX_CONTACTS {
            return Ok(all);
        }
    }
}

/// Who stands in the list: contacts, whom one has asked, and who is kept away although they were on it.
pub(super) fn is_listed(view: &ContactView) -> bool {
    matches!(view.state, ContactState::Contact | ContactState::Outgoing)
        && !view.account.state.is_gone()
}

pub(super) fn is_blocked(view: &ContactView) -> bool {
    view.mine.standing == Standing::Blocked
}

/// What one calls somebody.
pub(super) fn shown_name(view: &ContactView) -> &str {
    match view.mine.nickname.as_str() {
        "" => view.account.shown_name(),
        nickname => nickname,
    }
}

/// A contact as `user` sees it.
fn contact(skype: &Skype, user: &SkypeUser, view: &ContactView) -> Result<Contact, Error> {
    let account = &view.account;
    let (name, source) = match (view.mine.nickname.as_str(), account.display.as_str()) {
        ("", "") => (account.name.as_str(), NameSource::Identifier),
        ("", display) => (display, NameSource::Profile),
        (nickname, _) => (nickname, NameSource::UserEdits),
    };
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut contact = Contact::new(&names::mri(account), name, source, view.since.0);
    contact.authorized = view.state == ContactState::Contact;
    contact.blocked = is_blocked(view);
    contact.favorite = view.mine.favourite.then_some(true);
    contact.profile.name.first = Some(account.shown_name().to_owned());
    contact.profile.name.nickname = said(&view.mine.nickname);
    contact.profile.mood = said(&account.mood);
    contact.profile.about = said(&account.about);
    contact.profile.avatar_url = avatar_of(skype, &user.outside, user.who, account)?;
    let is_program = matches!(account.kind, AccountKind::Bot | AccountKind::Service);
    contact.agent = is_program.then(Agent::trusted);
    Ok(contact)
}

struct Lists {
    contacts: Vec<Contact>,
    groups: Vec<ContactGroup>,
    blocked: Vec<Mri>,
}

/// All lists of whoever asks, by any of their names.
async fn lists(skype: &Skype, user: &SkypeUser, who: &str) -> Result<Lists, StatusRefusal> {
    names::own(&user.session, who).await?;
    let all = everybody(&user.session).await?;
    let listed = all.iter().filter(|view| is_listed(view));
    let contacts = listed
        .map(|view| contact(skype, user, view))
        .collect::<Result<_, Error>>()?;
    let blocked = all.iter().filter(|view| is_blocked(view));
    let mut groups: Vec<ContactGroup> = favourites(&all).into_iter().collect();
    for group in user.session.contact_groups().await? {
        groups.push(sorted(&all, &group));
    }
    Ok(Lists {
        contacts,
        groups,
        blocked: blocked.map(|view| names::mri(&view.account)).collect(),
    })
}

/// A group of contacts, by its number.
fn sorted(all: &[ContactView], group: &hub::model::ContactGroup) -> ContactGroup {
    let within = |view: &&ContactView| is_listed(view) && group.members.contains(&view.account.id);
    ContactGroup {
        id: group.slot.to_string(),
        name: group.name.clone(),
        contacts: all
            .iter()
            .filter(within)
            .map(|view| names::mri(&view.account).to_string())
            .collect(),
        is_favorite: false,
    }
}

/// Favourites are the one heading that everybody has.
fn favourites(all: &[ContactView]) -> Option<ContactGroup> {
    let kept = all
        .iter()
        .filter(|view| is_listed(view) && view.mine.favourite);
    let contacts: Vec<String> = kept
        .map(|view| names::mri(&view.account).to_string())
        .collect();
    (!contacts.is_empty()).then(|| ContactGroup {
        id: "favorites".to_owned(),
        name: "Favorites".to_owned(),
        contacts,
        is_favorite: true,
    })
}

/// `GET /contacts/v2/users/{who}`.
async fn list(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<ContactList>, StatusRefusal> {
    let lists = lists(&skype, &user, &who).await?;
    Ok(Json(ContactList::full(
        lists.contacts,
        lists.groups,
        &lists.blocked,
    )))
}

/// `GET …/contacts`.
async fn alone(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<OneList<Contact>>, StatusRefusal> {
    let lists = lists(&skype, &user, &who).await?;
    Ok(Json(OneList::new("contacts", lists.contacts)))
}

/// `GET …/groups`.
async fn groups(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<OneList<ContactGroup>>, StatusRefusal> {
    let lists = lists(&skype, &user, &who).await?;
    Ok(Json(OneList::new("groups", lists.groups)))
}

/// `GET …/blocklist`.
async fn blocklist(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<Value>, StatusRefusal> {
    let lists = lists(&skype, &user, &who).await?;
    let list = ContactList::full(Vec::new(), Vec::new(), &lists.blocked).blocklist;
    Ok(Json(json!(OneList::new("blocklist", list))))
}

/// Whom to list.
#[derive(Debug, Deserialize)]
struct Filtered {
    #[serde(default, rename = "$filter")]
    filter: String,
}

/// Who is named in a filter, in whatever spelling.
struct Wanted {
    names: HashSet<String>,
    /// Whose handles are named.
    accounts: HashSet<AccountId>,
}

impl Wanted {
    /// `None` for a filter that names nobody.
    async fn of(session: &Session, filter: &str) -> Result<Option<Self>, Error> {
        let spelled: HashSet<_> = named_in(filter)
            .map(|name| names::spelling(name).to_lowercase())
            .collect();
        if spelled.is_empty() {
            return Ok(None);
        }
        let (mut handles, names): (Vec<_>, Vec<_>) =
            spelled.into_iter().partition(|name| name.contains('@'));
        handles.truncate(MOST_HANDLES);
        let found = session.identify_each(&handles).await?;
        Ok(Some(Self {
            names: names.into_iter().collect(),
            accounts: found.into_iter().flatten().collect(),
        }))
    }

    fn has(&self, account: &Account) -> bool {
        self.names.contains(&account.name) || self.accounts.contains(&account.id)
    }
}

/// `GET /contacts/v1/users/{who}/contacts`: the same people with fewer words; by `$filter` some of them.
async fn version_1(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
    Query(asked): Query<Filtered>,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let all = everybody(&user.session).await?;
    let wanted = Wanted::of(&user.session, &asked.filter).await?;
    let listed = all.iter().filter(|view| is_listed(view));
    let contacts = listed
        .filter(|view| wanted.as_ref().is_none_or(|these| these.has(&view.account)))
        .map(|view| contact(&skype, &user, view).map(|contact| of_version_1(&contact)))
        .collect::<Result<Vec<Value>, Error>>()?;
    Ok(Json(
        json!({ "count": contacts.len(), "contacts": contacts, "scope": "full" }),
    ))
}

fn of_version_1(contact: &Contact) -> Value {
    let id = contact.mri.split_once(':').map_or("", |(_, name)| name);
    let mut one = json!({
        "id": id,
        "person_id": contact.mri,
        "type": "skype",
        "display_name": contact.display_name,
        "authorized": contact.authorized,
        "blocked": contact.blocked,
        "name": contact.profile.name,
    });
    let said = [
        ("avatar_url", &contact.profile.avatar_url),
        ("mood", &contact.profile.mood),
    ];
    for (key, value) in said {
        if let Some(value) = value {
            one[key] = value.as_str().into();
        }
    }
    one
}

/// `GET …/invites`: who asks.
async fn invites(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path(who): Path<String>,
) -> Result<Json<Invites>, StatusRefusal> {
    names::own(&user.session, &who).await?;
    let mut invite_list = Vec::new();
    for view in incoming(&user.session).await? {
        let account = &view.account;
        let picture = avatar(&skype, &user.outside, user.who, account)?;
        invite_list.push(InviteEntry::new(
            &names::mri(account),
            account.shown_name(),
            picture,
            &view.greeting,
            view.since.0,
        ));
    }
    Ok(Json(Invites { invite_list }))
}

/// Who asks.
pub(super) async fn incoming(session: &Session) -> Result<Vec<ContactView>, Error> {
    let mut all = everybody(session).await?;
    all.retain(|view| view.state == ContactState::Incoming);
    Ok(all)
}

/// Changes how one stands to somebody.
pub(super) async fn relate(
    user: &SkypeUser,
    who: &str,
    other: &str,
    change: RelationChange,
    greeting: Option<String>,
) -> Result<Json<Value>, StatusRefusal> {
    names::own(&user.session, who).await?;
    let other = names::somebody(&user.session, other).await?;
    let relate = Command::Relate {
        other,
        change,
        greeting,
    };
    user.session.command(relate).await?;
    Ok(Json(json!({})))
}

/// An answer to a request: `accept` or `decline`.
pub(super) fn answered(word: &str) -> Result<RelationChange, StatusRefusal> {
    match word {
        "accept" => Ok(RelationChange::Accept),
        "decline" => Ok(RelationChange::Decline),
        _ => Err(Error::not_found("answer").into()),
    }
}

/// `PUT …/invites/{mri}/accept` and `/decline`.
async fn answer(
    user: SkypeUser,
    Path((who, other, word)): Path<(String, String, String)>,
) -> Result<Json<Value>, StatusRefusal> {
    relate(&user, &who, &other, answered(&word)?, None).await
}

/// `POST …/contacts`: asks somebody.
async fn add(
    user: SkypeUser,
    Path(who): Path<String>,
    Raw(body): Raw,
) -> Result<Json<Value>, StatusRefusal> {
    let asked: AddContact =
        json_or_form(&body).map_err(|error| StatusRefusal::malformed(error.to_string()))?;
    let greeting = asked.greeting.filter(|greeting| !greeting.is_empty());
    relate(&user, &who, &asked.mri, RelationChange::Ask, greeting).await
}

/// `PUT …/contacts/{mri}`: on the list, without asking again.
async fn keep(
    user: SkypeUser,
    Path((who, other)): Path<(String, String)>,
) -> Result<Json<Value>, StatusRefusal> {
    relate(&user, &who, &other, RelationChange::Accept, None).await
}

/// `DELETE …/contacts/{mri}`, and the same at two older addresses.
pub(super) async fn remove(
    user: SkypeUser,
    Path((who, other)): Path<(String, String)>,
) -> Result<Json<Value>, StatusRefusal> {
    relate(&user, &who, &other, RelationChange::Remove, None).await
}

/// `PUT …/contacts/blocklist/{mri}`, perhaps with a word to the operator.
async fn block(
    user: SkypeUser,
    Path((who, other)): Path<(String, String)>,
    Raw(body): Raw,
) -> Result<Json<Value>, StatusRefusal> {
    let asked: Block = json_or_form(&body).unwrap_or_default();
    let done = relate(&user, &who, &other, RelationChange::Block, None).await?;
    if asked.report_abuse == Some(true) {
        let about = names::somebody(&user.session, &other).await?;
        let report = Command::ReportAbuse {
            about,
            reason: AbuseReason::Other,
            text: "reported while blocking, by a program that asks for no reason".to_owned(),
            messages: Vec::new(),
            client: made_up()?,
        };
        user.session.command(report).await?;
    }
    Ok(done)
}

/// An id for what a program does not name.
fn made_up() -> Result<ClientId, Error> {
    let bytes: [u8; 16] = rand::random();
    ClientId::new(hex::encode(bytes)).map_err(|_| Error::unavailable("try again"))
}

/// `DELETE …/contacts/blocklist/{mri}`.
async fn unblock(
    user: SkypeUser,
    Path((who, other)): Path<(String, String)>,
) -> Result<Json<Value>, StatusRefusal> {
    relate(&user, &who, &other, RelationChange::Unblock, None).await
}
