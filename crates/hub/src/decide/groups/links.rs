//! Links by which people join a group.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{at_least, has_room, inside, newcomer, people, say, settle};
use crate::command::Value;
use crate::decide::{Answer, Effects, Fault, Identity, World, active, together};
use crate::error::{Error, Kind};
use crate::id::{AccountId, ConversationId, Timestamp};
use crate::model::{
    Conversation, Link, LinkEnd, MAX_LINK_TIME, MAX_LINK_USES, MAX_LINKS, Member, MemberState,
    Role, SystemLine,
};
use crate::store::Keys;

/// Links that a batch has asked for.
#[derive(Debug, Default)]
pub(in crate::decide) struct Links {
    known: HashMap<[u8; 32], Option<Link>>,
    /// Of these groups all links are known.
    whole: HashSet<ConversationId>,
    /// Of these all invitations to the server are known.
    invited: HashSet<AccountId>,
}

impl Links {
    /// These keys were asked for: what is not found does not exist.
    pub(in crate::decide) fn asked(&mut self, keys: &Keys) {
        for hash in &keys.links {
            self.known.entry(*hash).or_insert(None);
        }
        self.whole.extend(&keys.links_to);
        self.invited.extend(&keys.invites_of);
    }

    /// A group that was made a moment ago has no links.
    pub(in crate::decide) fn complete(&mut self, group: ConversationId) {
        self.whole.insert(group);
    }

    /// Whether this link is here, or went.
    pub(in crate::decide) fn knows(&self, hash: &[u8; 32]) -> bool {
        self.known.contains_key(hash)
    }

    pub(in crate::decide) fn put(&mut self, link: Link) {
        let hash = link.token_hash;
        self.known
            .insert(hash, Some(link).filter(|link| !link.is_dropped()));
    }
}

impl World {
    /// A link.
    pub(in crate::decide) fn link(&self, hash: &[u8; 32]) -> Result<Option<&Link>, Fault> {
        match self.links.known.get(hash) {
            Some(found) => Ok(found.as_ref()),
            None => Err(Fault::Need(Box::new(Keys {
                links: BTreeSet::from([*hash]),
                ..Keys::default()
            }))),
        }
    }

    fn links_to(&self, group: ConversationId) -> Result<Vec<&Link>, Fault> {
        if !self.links.whole.contains(&group) {
            return Err(Fault::Need(Box::new(Keys {
                links_to: BTreeSet::from([group]),
                ..Keys::default()
            })));
        }
        let known = self.links.known.values().flatten();
        Ok(known
            .filter(|link| link.conversation == Some(group))
            .collect())
    }
}

impl World {
    /// All invitations to the server that an account, or the operator, has made.
    pub(in crate::decide) fn invites_of(&self, maker: AccountId) -> Result<Vec<&Link>, Fault> {
        if !self.links.invited.contains(&maker) {
            return Err(Fault::Need(Box::new(Keys {
                invites_of: BTreeSet::from([maker]),
                ..Keys::default()
            })));
        }
        let known = self.links.known.values().flatten();
        Ok(known
            .filter(|link| link.conversation.is_none() && link.account == maker)
            .collect())
    }
}

/// Make a link. The first that leads in is told to the group.
pub(in crate::decide) fn put_link(
    world: &World,
    who: Identity,
    link: &Link,
) -> Result<Effects, Fault> {
    let group = link.conversation.ok_or_else(|| Error::not_found("group"))?;
    let (mut row, me) = inside(world, who, group)?;
    at_least(&me, Role::Admin)?;
    let expires = link.expires.unwrap_or(world.now);
    if expires <= world.now || expires.0 - world.now.0 > MAX_LINK_TIME {
        let message = "a link ends in the future, within a year";
        return Err(Error::invalid("link_expires", message).into());
    }
    if link
        .uses_left
        .is_some_and(|uses| !(1..=MAX_LINK_USES).contains(&uses))
    {
        let message = format!("a link is used 1 to {MAX_LINK_USES} times");
        return Err(Error::invalid("link_uses", message).into());
    }
    let mut fx = world.effects();
    let mut kept = 0;
    for old in world.links_to(group)? {
        // What nobody can use any more makes room.
        if old.end(world.now).is_some() {
            fx.rows.links.push(old.dropped());
        } else {
            kept += 1;
        }
    }
    if kept >= MAX_LINKS {
        let message = format!("a group has up to {MAX_LINKS} links: revoke one first");
        return Err(Error::new(Kind::TooMany, "links_full", message)
            .with_limit(MAX_LINKS as u64)
            .into());
    }
    fx.rows.links.push(link.clone());
    if kept == 0 {
        let line = SystemLine::Joinable(true);
        say(world, &mut fx, &mut row, who.account, line)?;
        settle(&mut fx, row);
    }
    Ok(fx)
}

/// Revoke a link; one that does not exist is revoked already. The last that led in is told to the group.
pub(in crate::decide) fn drop_link(
    world: &World,
    who: Identity,
    group: ConversationId,
    hash: &[u8; 32],
) -> Result<Effects, Fault> {
    let (mut row, me) = inside(world, who, group)?;
    at_least(&me, Role::Admin)?;
    let mut fx = world.effects();
    let Some(link) = world.link(hash)?.filter(|l| l.conversation == Some(group)) else {
        return Ok(fx);
    };
    fx.rows.links.push(link.dropped());
    let stands = |link: &&Link| link.end(world.now).is_none();
    let others = world.links_to(group)?;
    let mut others = others.into_iter().filter(|other| other.token_hash != *hash);
    if stands(&link) && !others.any(|other| stands(&other)) {
        let line = SystemLine::Joinable(false);
        say(world, &mut fx, &mut row, who.account, line)?;
        settle(&mut fx, row);
    }
    Ok(fx)
}

/// Join by a link.
pub(in crate::decide) fn join(
    world: &World,
    who: Identity,
    hash: &[u8; 32],
) -> Result<(Effects, Answer), Fault> {
    active(world, who.account)?;
    let mut fx = world.effects();
    let group = come(world, &mut fx, who.account, hash)?;
    Ok((fx, Answer::Value(Value::Conversation(group))))
}

/// Somebody comes by a link, who may be made by this very decision; gives the group.
pub(in crate::decide) fn come(
    world: &World,
    fx: &mut Effects,
    account: AccountId,
    hash: &[u8; 32],
) -> Result<ConversationId, Fault> {
    let revoked = || Fault::from(link_error(None));
    let link = world.link(hash)?.ok_or_else(revoked)?;
    let group = link.conversation.ok_or_else(revoked)?;
    together([
        world.conversation(group).err(),
        world.member(group, account).err(),
        world.member(group, link.account).err(),
    ])?;
    let mut row: Conversation = world.conversation(group)?.ok_or_else(revoked)?.clone();
    let known = world.member(group, account)?;
    if known.is_some_and(Member::is_in) {
        return Ok(group);
    }
    if !maker_may(world.member(group, link.account)?) {
        return Err(revoked());
    }
    if let Some(end) = link.end(world.now) {
        return Err(link_error(Some(end)).into());
    }
    if known.is_some_and(|member| member.state == MemberState::Banned) {
        let message = "you were banned from this group: its owners and admins can let you in again";
        return Err(Error::new(Kind::Forbidden, "banned", message).into());
    }
    world.room_to_talk(account)?;
    has_room(&row, 1)?;
    let member = known.cloned();
    let member = member.unwrap_or_else(|| newcomer(group, account));
    let pos = say(world, fx, &mut row, account, SystemLine::Joined)?;
    people::enter(fx, &mut row, member, pos);
    settle(fx, row);
    if link.uses_left.is_some() {
        fx.rows.links.push(Link {
            uses_left: link.uses_left.map(|uses| uses - 1),
            ..link.clone()
        });
    }
    Ok(group)
}

/// Whether links of this one hold.
pub(crate) fn maker_may(maker: Option<&Member>) -> bool {
    maker.is_some_and(|member| member.is_in() && member.role <= Role::Admin)
}

/// Why a link leads nowhere; `None` = there is none, or not any more.
pub(crate) fn link_error(end: Option<LinkEnd>) -> Error {
    match end {
        None => Error::new(
            Kind::NotFound,
            "link_unknown",
            "this link does not exist, or was revoked: ask for a new one",
        ),
        Some(LinkEnd::Expired) => Error::new(
            Kind::Conflict,
            "link_expired",
            "this link has expired: ask for a new one",
        ),
        Some(LinkEnd::UsedUp) => Error::new(
            Kind::Conflict,
            "link_used_up",
            "this link was used as often as it may be: ask for a new one",
        ),
    }
}

/// Until when a link holds if nothing else was said.
pub(crate) fn usual_end(now: Timestamp) -> Timestamp {
    now.plus_ms(7 * 86_400_000)
}
