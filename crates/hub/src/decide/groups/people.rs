//! Who belongs to a group, and what they may do.

use super::{at_least, few, has_room, inside, may_add, newcomer, say, settle};
use crate::command::Membership;
use crate::decide::{Effects, Fault, Identity, World, together};
use crate::error::{Error, Kind};
use crate::id::{AccountId, ConversationId, Pos};
use crate::model::{Conversation, Member, MemberState, Policy, Role, SystemLine};
use crate::store::ChangeKind;

/// Change who belongs to a group, or what they may do: all of these, or none.
pub(in crate::decide) fn set_members(
    world: &World,
    who: Identity,
    id: ConversationId,
    people: &[AccountId],
    to: Membership,
) -> Result<Effects, Fault> {
    let (row, me) = inside(world, who, id)?;
    let people = few(people)?;
    together(
        people
            .iter()
            .map(|&account| world.member(id, account).err()),
    )?;
    match to {
        Membership::Added => add(world, row, &me, &people),
        Membership::Removed => remove(world, row, &me, &people, MemberState::Removed),
        Membership::Banned => remove(world, row, &me, &people, MemberState::Banned),
        Membership::Unbanned => unban(world, row, &me, &people),
        Membership::Ranked(role) => rank(world, row, &me, &people, role),
    }
}

fn add(
    world: &World,
    mut row: Conversation,
    me: &Member,
    people: &[AccountId],
) -> Result<Effects, Fault> {
    let policy = Policy::of(&row);
    if !policy.add.includes(me.role) {
        at_least(me, Role::Admin)?;
    }
    let mut fresh = Vec::new();
    for &account in people {
        match world.member(row.id, account)? {
            Some(member) if member.is_in() => {}
            Some(member) if member.state == MemberState::Banned && me.role == Role::Member => {
                let message =
                    "somebody of these was banned: an owner or admin can let them in again";
                return Err(Error::new(Kind::Forbidden, "banned", message).into());
            }
            Some(member) => fresh.push(member.clone()),
            None => fresh.push(newcomer(row.id, account)),
        }
    }
    let mut fx = world.effects();
    if fresh.is_empty() {
        return Ok(fx);
    }
    let accounts: Vec<AccountId> = fresh.iter().map(|member| member.account).collect();
    may_add(world, me.account, &accounts)?;
    has_room(&row, fresh.len())?;
    let line = SystemLine::Added(accounts);
    let pos = say(world, &mut fx, &mut row, me.account, line)?;
    for member in fresh {
        enter(&mut fx, &mut row, member, pos);
    }
    settle(&mut fx, row);
    Ok(fx)
}

/// Somebody comes, and sees from `pos` on.
pub(super) fn enter(fx: &mut Effects, row: &mut Conversation, mut member: Member, pos: Pos) {
    member.state = MemberState::In;
    member.role = Role::Member;
    member.enter(pos, Policy::of(row).history);
    row.people += 1;
    fx.rows.members.push(member);
}

/// Somebody goes, and sees the line at `pos` as their last.
fn exit(fx: &mut Effects, row: &mut Conversation, member: &Member, state: MemberState, pos: Pos) {
    let mut member = member.clone();
    member.state = state;
    member.role = Role::Member;
    member.exit(Pos(pos.0 + 1));
    row.people -= 1;
    fx.change(member.account, ChangeKind::Membership, row.id.0);
    fx.rows.members.push(member);
}

fn remove(
    world: &World,
    mut row: Conversation,
    me: &Member,
    people: &[AccountId],
    to: MemberState,
) -> Result<Effects, Fault> {
    at_least(me, Role::Admin)?;
    let mut going = Vec::new();
    let mut gone = Vec::new();
    for &account in people {
        if account == me.account {
            return Err(Error::invalid("oneself", "to go oneself, leave the group").into());
        }
        match world.member(row.id, account)? {
            Some(member) if member.is_in() => {
                if !me.outranks(member.role) {
                    let message = "owners and admins can be removed by an owner only";
                    return Err(Error::new(Kind::Forbidden, "owners_only", message).into());
                }
                going.push(member);
            }
            Some(member) if to == MemberState::Banned && member.state != to => gone.push(member),
            Some(_) => {}
            None if to == MemberState::Banned => return Err(Error::not_found("member").into()),
            None => {}
        }
    }
    let mut fx = world.effects();
    if going.is_empty() && gone.is_empty() {
        return Ok(fx);
    }
    let accounts: Vec<AccountId> = going.iter().chain(&gone).map(|m| m.account).collect();
    let line = match to {
        MemberState::Banned => SystemLine::Banned(accounts),
        _ => SystemLine::Removed(accounts),
    };
    let pos = say(world, &mut fx, &mut row, me.account, line)?;
    for member in going {
        exit(&mut fx, &mut row, member, to, pos);
    }
    for member in gone {
        fx.rows.members.push(Member {
            state: to,
            ..member.clone()
        });
    }
    settle(&mut fx, row);
    Ok(fx)
}

fn unban(
    world: &World,
    mut row: Conversation,
    me: &Member,
    people: &[AccountId],
) -> Result<Effects, Fault> {
    at_least(me, Role::Admin)?;
    let mut banned = Vec::new();
    for &account in people {
        let member = world.member(row.id, account)?;
        banned.extend(member.filter(|m| m.state == MemberState::Banned));
    }
    let mut fx = world.effects();
    if banned.is_empty() {
        return Ok(fx);
    }
    let accounts = banned.iter().map(|member| member.account).collect();
    let line = SystemLine::Unbanned(accounts);
    say(world, &mut fx, &mut row, me.account, line)?;
    for member in banned {
        fx.rows.members.push(Member {
            state: MemberState::Removed,
            ..member.clone()
        });
    }
    settle(&mut fx, row);
    Ok(fx)
}

fn rank(
    world: &World,
    mut row: Conversation,
    me: &Member,
    people: &[AccountId],
    role: Role,
) -> Result<Effects, Fault> {
    at_least(me, Role::Owner)?;
    let mut ranked = Vec::new();
    for &account in people {
        let member = world.member(row.id, account)?.filter(|m| m.is_in());
        let member = member.ok_or_else(|| Error::not_found("member"))?;
        if member.role != role {
            ranked.push(member);
        }
    }
    let mut fx = world.effects();
    if ranked.is_empty() {
        return Ok(fx);
    }
    if ranked.iter().any(|member| member.role == Role::Owner) {
        let stays = |m: &&Member| {
            m.is_in() && m.role == Role::Owner && ranked.iter().all(|r| r.account != m.account)
        };
        if world.members(row.id)?.find(stays).is_none() {
            let message = "a group has an owner: make somebody else owner first";
            return Err(Error::new(Kind::Conflict, "last_owner", message).into());
        }
    }
    let accounts = ranked.iter().map(|member| member.account).collect();
    let line = SystemLine::Ranked(accounts, role);
    say(world, &mut fx, &mut row, me.account, line)?;
    for member in ranked {
        fx.rows.members.push(Member {
            role,
            ..member.clone()
        });
    }
    settle(&mut fx, row);
    Ok(fx)
}

/// Leave; the last owner is followed by somebody else.
pub(in crate::decide) fn leave(
    world: &World,
    who: Identity,
    id: ConversationId,
) -> Result<Effects, Fault> {
    // Asked again by somebody who has left, there is nothing to do.
    if let Some(member) = world.member(id, who.account)?
        && member.state == MemberState::Left
    {
        return Ok(world.effects());
    }
    let (row, me) = inside(world, who, id)?;
    depart(world, row, &me)
}

/// Somebody who is in it goes, whether or not anybody is behind them.
pub(in crate::decide) fn depart(
    world: &World,
    mut row: Conversation,
    me: &Member,
) -> Result<Effects, Fault> {
    let heir = heir(world, me)?.cloned();
    let mut fx = world.effects();
    let pos = say(world, &mut fx, &mut row, me.account, SystemLine::Left)?;
    exit(&mut fx, &mut row, me, MemberState::Left, pos);
    if let Some(heir) = heir {
        let line = SystemLine::Inherited(heir.account);
        say(world, &mut fx, &mut row, me.account, line)?;
        fx.rows.members.push(Member {
            role: Role::Owner,
            ..heir
        });
    }
    settle(&mut fx, row);
    Ok(fx)
}

/// Who is owner after `me`, if nobody else is: the admin, else the member, who came first.
fn heir<'w>(world: &'w World, me: &Member) -> Result<Option<&'w Member>, Fault> {
    if me.role != Role::Owner {
        return Ok(None);
    }
    let others = world.members(me.conversation)?;
    let others = others.filter(|m| m.is_in() && m.account != me.account);
    let first = others.min_by_key(|m| (m.role, m.since(), m.account));
    Ok(first.filter(|m| m.role != Role::Owner))
}
