//! Contacts and requests.

use super::messages::line;
use super::targets::pair;
use super::{Effects, Fault, Identity, World, active};
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::model::{
    Body, ContactState, RelationChange, SystemLine, changed, clean_text, contact_state,
};
use crate::store::ChangeKind;

/// Longest greeting, in code points.
const MAX_GREETING: usize = 300;

pub(super) fn relate(
    world: &World,
    who: Identity,
    other: AccountId,
    change: RelationChange,
    greeting: Option<&str>,
) -> Result<Effects, Fault> {
    let me = active(world, who.account)?;
    match world.account(other)? {
        Some(account) if !account.state.is_gone() => {}
        _ => return Err(Error::not_found("account").into()),
    }
    if other == who.account {
        return Err(Error::invalid("oneself", "this is you").into());
    }
    let mine = world.relation(who.account, other)?;
    let theirs = world.relation(other, who.account)?;
    let greeting = greeting.map(|text| clean_text(text, false));
    if greeting
        .as_ref()
        .is_some_and(|g| g.chars().count() > MAX_GREETING)
    {
        let message = format!("a greeting has at most {MAX_GREETING} characters");
        return Err(Error::new(Kind::TooLarge, "greeting_too_long", message)
            .with_limit(MAX_GREETING as u64)
            .into());
    }
    let new = changed(mine.clone(), change, greeting.as_deref()).map_err(|contradiction| {
        Error::new(Kind::Conflict, "blocked_by_you", contradiction.to_string())
    })?;
    let mut fx = world.effects();
    if new == *mine {
        return Ok(fx);
    }
    if new.listed && !mine.listed {
        world.room_on_list(who.account)?;
    }
    let mut new = new;
    let contacts = |mine, theirs| contact_state(mine, theirs) == ContactState::Contact;
    let (were_contacts, are_contacts) = (contacts(mine, theirs), contacts(&new, theirs));
    if !(were_contacts && are_contacts) {
        // Contacts stay contacts under a block: a date that moved would tell of it.
        new.since = world.now;
    }
    let are_contacts = !were_contacts && are_contacts;
    fx.change(who.account, ChangeKind::Contact, other.0);
    // What the other one sees of it: nothing of a block, nothing of a request put away.
    if contact_state(theirs, mine) != contact_state(theirs, &new) || mine.greeting != new.greeting {
        fx.change(other, ChangeKind::Contact, who.account.0);
    }
    if are_contacts {
        let mut conversation = pair(world, &mut fx, &[who.account, other])?;
        let name = format!("contacts-{}", fx.last().unwrap_or_default());
        line(
            world,
            &mut fx,
            &mut conversation,
            me.id,
            Body::System(SystemLine::BecameContacts),
            &name,
            None,
        )?;
        fx.rows.conversations.push(conversation);
    }
    fx.rows.relations.push(new);
    for id in [who.account, other] {
        if let Some(account) = world.account(id)? {
            let mut account = account.clone();
            let own = fx
                .rows
                .changes
                .iter()
                .filter(|c| c.stream == id.into())
                .map(|c| c.pos)
                .max();
            if let Some(pos) = own {
                account.head = pos;
                fx.rows.accounts.push(account);
            }
        }
    }
    Ok(fx)
}
