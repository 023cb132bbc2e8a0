//! Who belongs to a thread (section 6.3 of the dialect).

use axum::Json;
use hub::Session;
use hub::command::{Command, Membership};
use hub::id::{AccountId, ConversationId};
use hub::model::Role as HubRole;
use serde_json::{Value, json};
use webapi::skype::thread::{AddMembers, MAX_NAMED, PutMember, Role, member_path};

use super::input::{Loose, OfMember, OfThread, Parsed};
use super::registered::Registered;
use super::threads::group;
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
    add_one(session, group.conversation.id, member, role).await?;
    Ok(Json(json!({})))
}

/// `POST /v1/threads/{id}/members`: the same for several.
pub(super) async fn add(
    asks: Registered,
    Parsed(of): Parsed<OfThread>,
    Loose(asked): Loose<AddMembers>,
) -> Result<Json<Value>, GatewayRefusal> {
    let session = &asks.session;
    if asked.members.len() > MAX_NAMED {
        return Err(hub::Error::invalid("members", "name at most 1,000 members").into());
    }
    let group = group(session, &of.thread).await?;
    for member in &asked.members {
        let role = member.role.as_deref().and_then(Role::parse);
        add_one(session, group.conversation.id, &member.id, role).await?;
    }
    Ok(Json(json!({})))
}

async fn add_one(
    session: &Session,
    conversation: ConversationId,
    member: &str,
    role: Option<Role>,
) -> Result<(), hub::Error> {
    let who = somebody(session, member).await?;
    let is_in = is_in(session, conversation, who).await?;
    if is_in.is_none() {
        set(session, conversation, who, Membership::Added).await?;
    }
    let now = is_in.unwrap_or(HubRole::Member);
    let wanted = match role {
        Some(Role::Admin) if now == HubRole::Member => Some(HubRole::Admin),
        Some(Role::User) if now != HubRole::Member => Some(HubRole::Member),
        _ => None,
    };
    if let Some(wanted) = wanted {
        set(session, conversation, who, Membership::Ranked(wanted)).await?;
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
    let who = somebody(session, member).await?;
    if who == session.account() {
        session.command(Command::Leave { conversation }).await?;
    } else {
        set(session, conversation, who, Membership::Removed).await?;
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

/// A member of an address, oneself in any spelling too.
async fn somebody(session: &Session, text: &str) -> Result<AccountId, hub::Error> {
    if names::own(session, text).await.is_ok() {
        return Ok(session.account());
    }
    names::somebody(session, text).await
}

/// The role of somebody who is in a group.
async fn is_in(
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

async fn set(
    session: &Session,
    conversation: ConversationId,
    who: AccountId,
    to: Membership,
) -> Result<(), hub::Error> {
    let who = vec![who];
    let command = Command::SetMembers {
        conversation,
        who,
        to,
    };
    session.command(command).await.map(drop)
}
