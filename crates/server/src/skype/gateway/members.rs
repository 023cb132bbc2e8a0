//! Who belongs to a thread (section 6.3 of the dialect).

use std::collections::BTreeMap;

use axum::Json;
use hub::command::{Command, Membership};
use hub::id::{AccountId, ConversationId};
use hub::model::{MAX_AT_ONCE, Role as HubRole};
use hub::{Kind, Session};
use serde_json::{Value, json};
use webapi::skype::thread::{AddMembers, PutMember, Role, member_path};

use super::input::{Loose, OfMember, OfThread, Parsed};
use super::registered::Registered;
use super::threads::{group, set_members};
use crate::skype::{GatewayRefusal, names};

/// `PUT /v1/threads/{id}/members/{member}`: adds somebody, or gives them a role. Without a role it keeps the one they have.
/// skype-http gives the two the wrong way round.
pub(super) async fn put(
    asks: Registered,
    Parsed(of): Parsed<OfMember>,
    Loose(asked): Loose<PutMember>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    let (thread, member) = member_path(&of.thread, &of.member);
    let group = group(session, thread).await?;
    let role = asked.role.as_deref().and_then(Role::parse);
    let wanted = BTreeMap::from([(names::anybody(session, member).await?, role)]);
    add_all(session, group.conversation.id, wanted).await?;
    Ok(Json(json!({})))
}

/// `POST /v1/threads/{id}/members`: the same for several. Everybody is looked for before anybody is added, so that a name that is
/// wrong, or one too many, changes nothing.
pub(super) async fn add(
    asks: Registered,
    Parsed(of): Parsed<OfThread>,
    Loose(asked): Loose<AddMembers>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    few(asked.members.len())?;
    let group = group(session, &of.thread).await?;
    let mut wanted = BTreeMap::new();
    for member in &asked.members {
        // Each costs as much as a command.
        session.spend_command()?;
        let role = member.role.as_deref().and_then(Role::parse);
        wanted.insert(names::anybody(session, &member.id).await?, role);
    }
    add_all(session, group.conversation.id, wanted).await?;
    Ok(Json(json!({})))
}

/// So many may be named at once, as the hub has it, or it is said how many may.
pub(super) fn few(named: usize) -> Result<(), hub::Error> {
    if named <= MAX_AT_ONCE {
        return Ok(());
    }
    let message = format!("name at most {MAX_AT_ONCE} members at once, and the others after them");
    Err(hub::Error::invalid("members", message))
}

/// Adds whoever is not in, and gives each the role that is wanted of them; nothing, if that is more than one may do.
async fn add_all(
    session: &Session,
    conversation: ConversationId,
    wanted: BTreeMap<AccountId, Option<Role>>,
) -> Result<(), hub::Error> {
    let (mut added, mut ranked) = (Vec::new(), [Vec::new(), Vec::new()]);
    for (who, role) in wanted {
        let is_in = is_in(session, conversation, who).await?;
        if is_in.is_none() {
            added.push(who);
        }
        let now = is_in.unwrap_or(HubRole::Member);
        match role {
            Some(Role::Admin) if now == HubRole::Member => ranked[0].push(who),
            Some(Role::User) if now != HubRole::Member => ranked[1].push(who),
            _ => {}
        }
    }
    let is_ranked = ranked.iter().any(|each| !each.is_empty());
    if is_ranked && is_in(session, conversation, session.account()).await? != Some(HubRole::Owner) {
        let message = "only its owner makes somebody admin of a thread, or a user again";
        return Err(hub::Error::new(Kind::Forbidden, "role", message));
    }
    let [admins, members] = ranked;
    for (who, to) in [
        (added, Membership::Added),
        (admins, Membership::Ranked(HubRole::Admin)),
        (members, Membership::Ranked(HubRole::Member)),
    ] {
        if !who.is_empty() {
            set_members(session, conversation, who, to).await?;
        }
    }
    Ok(())
}

/// `DELETE /v1/threads/{id}/members/{member}`: removes somebody, or leaves.
pub(super) async fn remove(
    asks: Registered,
    Parsed(of): Parsed<OfMember>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    let (thread, member) = member_path(&of.thread, &of.member);
    let group = group(session, thread).await?;
    let conversation = group.conversation.id;
    let who = names::anybody(session, member).await?;
    if who == session.account() {
        session.command(Command::Leave { conversation }).await?;
    } else {
        set_members(session, conversation, vec![who], Membership::Removed).await?;
    }
    Ok(Json(json!({})))
}

/// Whoever asks leaves a thread.
pub(in crate::skype) async fn leave(session: &Session, thread: &str) -> Result<(), hub::Error> {
    let conversation = group(session, thread).await?.conversation.id;
    session
        .command(Command::Leave { conversation })
        .await
        .map(drop)
}

/// The role of somebody who is in a group.
pub(super) async fn is_in(
    session: &Session,
    conversation: ConversationId,
    who: AccountId,
) -> Result<Option<HubRole>, hub::Error> {
    let just_before = AccountId(who.0 - 1);
    for role in [HubRole::Owner, HubRole::Admin, HubRole::Member] {
        let page = session
            .members(conversation, Some((role, just_before)), 1)
            .await?;
        if let Some(found) = page.first().filter(|found| found.account == who) {
            return Ok(Some(found.role));
        }
    }
    Ok(None)
}
