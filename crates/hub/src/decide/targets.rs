//! Where a message goes, and whether its author may post there.

use super::{Effects, Fault, World, together};
use crate::command::Target;
use crate::error::{Error, Kind};
use crate::id::{AccountId, ConversationId, Pos, Timestamp};
use crate::model::{
    CastKey, Conversation, ConversationKind, Member, MemberState, OwnSettings, Policy, Role,
    Window, may_write,
};
use crate::store::ChangeKind;

/// Most people of a cast.
const MAX_CAST: usize = 20;

/// The conversation of a target; a cast that does not exist yet is opened.
pub(super) fn target(
    world: &World,
    fx: &mut Effects,
    me: AccountId,
    to: &Target,
) -> Result<Conversation, Fault> {
    match to {
        Target::Conversation(id) => {
            together([world.conversation(*id).err(), world.member(*id, me).err()])?;
            let inside = world.member(*id, me)?.is_some_and(Member::is_in);
            match world.conversation(*id)? {
                Some(row) if inside => Ok(row.clone()),
                _ => Err(Error::not_found("conversation").into()),
            }
        }
        Target::Cast(people) => {
            let mut people = people.clone();
            people.push(me);
            people.sort_unstable();
            people.dedup();
            if people.len() > MAX_CAST {
                let message = format!("a conversation of this kind has at most {MAX_CAST} people");
                return Err(Error::new(Kind::TooMany, "cast_full", message)
                    .with_limit(MAX_CAST as u64)
                    .into());
            }
            everything_about(world, me, &people)?;
            for &id in &people {
                if world.account(id)?.is_none() {
                    return Err(Error::not_found("account").into());
                }
            }
            if world.cast(CastKey::of(&people))?.is_none() {
                for &id in people.iter().filter(|id| **id != me) {
                    writable(world, me, id)?;
                }
                may_open(world, me, &people)?;
            }
            pair(world, fx, &people)
        }
    }
}

/// Asks for all that a cast needs at once: one after the other, twenty people would take more rounds than there are.
fn everything_about(world: &World, me: AccountId, people: &[AccountId]) -> Result<(), Fault> {
    let cast = world.cast(CastKey::of(people)).err();
    let each = people.iter().flat_map(|&id| {
        let relation = (id != me).then(|| world.relation(id, me).err()).flatten();
        [world.account(id).err(), relation]
    });
    together(each.chain([cast]))
}

/// Whether somebody can open one more conversation with these. Built-in accounts are there for everybody.
pub(super) fn may_open(world: &World, me: AccountId, people: &[AccountId]) -> Result<(), Fault> {
    for &other in people.iter().filter(|id| **id != me) {
        let kind = world.account(other)?.map(|account| account.kind);
        if kind != Some(crate::model::AccountKind::Service) {
            return world.room_to_talk(me);
        }
    }
    Ok(())
}

/// The cast of exactly these people; opened if it does not exist. The caller writes the row.
pub(super) fn pair(
    world: &World,
    fx: &mut Effects,
    people: &[AccountId],
) -> Result<Conversation, Fault> {
    let cast = CastKey::of(people);
    if let Some(row) = world.cast(cast)? {
        return Ok(row.clone());
    }
    let id = ConversationId(world.mint());
    let mut conversation = Conversation {
        id,
        kind: ConversationKind::Cast,
        cast: Some(cast),
        title: String::new(),
        picture: None,
        policy: String::new(),
        head: Pos(0),
        last_message: None,
        last_stamp: Timestamp(0),
        trimmed: Pos(0),
        people: i32::try_from(people.len()).unwrap_or(i32::MAX),
        created: world.now,
    };
    let pos = fx.change_in(&mut conversation, ChangeKind::Conversation, 0);
    for &account in people {
        fx.rows.members.push(Member {
            conversation: id,
            account,
            state: MemberState::In,
            role: Role::Member,
            read: None,
            own: OwnSettings::default(),
            windows: vec![Window {
                from: pos,
                until: None,
            }],
        });
    }
    Ok(conversation)
}

/// Whether somebody may post: in a cast of two the other one decides, on every send; in a group its rules do.
pub(super) fn may_post(
    world: &World,
    me: AccountId,
    conversation: &Conversation,
) -> Result<(), Fault> {
    if world.conversation(conversation.id)?.is_none() {
        return Ok(()); // opened by this very command, and checked there
    }
    if conversation.is_named() {
        let member = world.member(conversation.id, me)?.filter(|m| m.is_in());
        let member = member.ok_or_else(|| Error::not_found("conversation"))?;
        if Policy::of(conversation).post.includes(member.role) {
            return Ok(());
        }
        let message = "only owners and admins write in this group";
        return Err(Error::new(Kind::Forbidden, "admins_only", message).into());
    }
    let members = world.members(conversation.id)?;
    if members.clone().count() == 2 {
        for member in members.filter(|m| m.account != me) {
            writable(world, me, member.account)?;
        }
    }
    Ok(())
}

pub(super) fn writable(world: &World, me: AccountId, other: AccountId) -> Result<(), Fault> {
    let not_found = || Fault::from(Error::not_found("account"));
    together([world.account(other).err(), world.relation(other, me).err()])?;
    let account = world.account(other)?.ok_or_else(not_found)?;
    let author = world.account(me)?.ok_or_else(not_found)?;
    // A built-in account answers whoever wrote to it or called it.
    if author.kind == crate::model::AccountKind::Service
        || may_write(account, world.relation(other, me)?)
    {
        return Ok(());
    }
    if account.state.is_gone() {
        let message = "this account was deleted: nobody would read it";
        return Err(Error::new(Kind::Conflict, "account_deleted", message).into());
    }
    let message = "they have not accepted you as a contact: send a request first";
    Err(Error::new(Kind::Forbidden, "not_contacts", message).into())
}
