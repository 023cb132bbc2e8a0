//! Invitations to this server: links that lead to no conversation.

use super::{Effects, Fault, World, active};
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::model::{
    AccountState, Link, LinkEnd, MAX_LINK_TIME, MAX_LINK_USES, MAX_LINKS, OPERATOR,
};

/// Invitations of the operator that hold at the same time.
const MAX_OF_OPERATOR: usize = 1_000;

/// Make one; by a member, or by the operator.
pub(super) fn put(world: &World, link: &Link) -> Result<Effects, Fault> {
    let most = if link.account == OPERATOR {
        MAX_OF_OPERATOR
    } else {
        active(world, link.account)?;
        MAX_LINKS
    };
    let expires = link.expires.unwrap_or(world.now);
    if expires <= world.now || expires.0 - world.now.0 > MAX_LINK_TIME {
        let message = "an invitation ends in the future, within a year";
        return Err(Error::invalid("invite_expires", message).into());
    }
    if link
        .uses_left
        .is_none_or(|uses| !(1..=MAX_LINK_USES).contains(&uses))
    {
        let message = format!("an invitation is used 1 to {MAX_LINK_USES} times");
        return Err(Error::invalid("invite_uses", message).into());
    }
    let mut fx = world.effects();
    let mut kept = 0;
    for old in world.invites_of(link.account)? {
        // What nobody can use any more makes room.
        if old.end(world.now).is_some() {
            fx.rows.links.push(old.dropped());
        } else {
            kept += 1;
        }
    }
    if kept >= most {
        let message = format!("up to {most} invitations hold at the same time: revoke one first");
        return Err(Error::new(Kind::TooMany, "invites_full", message)
            .with_limit(most as u64)
            .into());
    }
    fx.rows.links.push(link.clone());
    Ok(fx)
}

/// Revoke one of `maker`, or of anybody if the operator does; one that does not exist is revoked already.
pub(super) fn revoke(world: &World, maker: AccountId, hash: &[u8; 32]) -> Result<Effects, Fault> {
    if maker != OPERATOR {
        active(world, maker)?;
    }
    let mut fx = world.effects();
    if let Some(link) = world.link(hash)?
        && link.conversation.is_none()
        && (maker == OPERATOR || link.account == maker)
    {
        fx.rows.links.push(link.dropped());
    }
    Ok(fx)
}

/// The invitation after it was used once; refuses one that does not hold.
pub(super) fn used(world: &World, hash: &[u8; 32]) -> Result<Link, Fault> {
    let link = world.link(hash)?.filter(|link| link.conversation.is_none());
    let link = link.ok_or_else(|| invite_error(None))?;
    if link.account != OPERATOR {
        let maker = world.account(link.account)?;
        if maker.is_none_or(|maker| maker.state != AccountState::Active) {
            return Err(invite_error(None).into());
        }
    }
    if let Some(end) = link.end(world.now) {
        return Err(invite_error(Some(end)).into());
    }
    Ok(Link {
        uses_left: link.uses_left.map(|uses| uses - 1),
        ..link.clone()
    })
}

/// Why an invitation does not hold; `None` = there is none, or not any more.
pub(crate) fn invite_error(end: Option<LinkEnd>) -> Error {
    match end {
        None => Error::new(
            Kind::NotFound,
            "invite_unknown",
            "this invitation does not exist, or was revoked: look at the code again, or ask for a new one",
        ),
        Some(LinkEnd::Expired) => Error::new(
            Kind::Conflict,
            "invite_expired",
            "this invitation has expired: ask for a new one",
        ),
        Some(LinkEnd::UsedUp) => Error::new(
            Kind::Conflict,
            "invite_used_up",
            "this invitation was used as often as it may be: ask for a new one",
        ),
    }
}
