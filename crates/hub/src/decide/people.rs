//! Contacts and requests.

use super::messages::line;
use super::targets::pair;
use super::{Effects, Fault, Identity, World, active, contact_groups};
use crate::command::ContactPatch;
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::model::{
    AccountKind, Body, ContactState, RelationChange, SystemLine, changed, clean_text, contact_state,
};
use crate::name::MAX_DISPLAY;
use crate::store::ChangeKind;

/// Longest greeting, in code points.
const MAX_GREETING: usize = 300;
/// Longest note about a contact, in bytes.
const MAX_NOTE: usize = 2_048;

pub(super) fn relate(
    world: &World,
    who: Identity,
    other: AccountId,
    change: RelationChange,
    greeting: Option<&str>,
) -> Result<Effects, Fault> {
    let me = active(world, who.account)?;
    match world.account(other)? {
        Some(account) if account.kind == AccountKind::Guest => {
            let message = "this is a guest of a group: they have no contacts";
            return Err(Error::new(Kind::Forbidden, "guest", message).into());
        }
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
    if mine.listed && !new.listed {
        contact_groups::unlist(world, &mut fx, who.account, other)?;
    }
    fx.rows.relations.push(new);
    close(world, &mut fx, &[who.account, other])?;
    Ok(fx)
}

/// Change what one keeps of somebody for oneself: only one's own devices hear of it, and no date moves.
pub(super) fn set(
    world: &World,
    who: Identity,
    other: AccountId,
    patch: &ContactPatch,
) -> Result<Effects, Fault> {
    active(world, who.account)?;
    let mine = world.relation(who.account, other)?;
    if !mine.listed {
        let message = "this is none of your contacts: add them first";
        return Err(Error::new(Kind::Conflict, "not_listed", message).into());
    }
    let mut new = mine.clone();
    if let Some(text) = &patch.nickname {
        let nickname = clean_text(text, false);
        let nickname = nickname.trim();
        if nickname.chars().count() > MAX_DISPLAY {
            let message =
                format!("a nickname has at most {MAX_DISPLAY} characters: make it shorter");
            return Err(Error::new(Kind::TooLarge, "nickname_too_long", message)
                .with_limit(MAX_DISPLAY as u64)
                .into());
        }
        nickname.clone_into(&mut new.nickname);
    }
    if let Some(text) = &patch.note {
        let note = clean_text(text, true);
        let note = note.trim();
        if note.len() > MAX_NOTE {
            let message = format!(
                "a note holds up to {MAX_NOTE} bytes; this one has {}",
                note.len()
            );
            return Err(Error::new(Kind::TooLarge, "note_too_long", message)
                .with_limit(MAX_NOTE as u64)
                .into());
        }
        note.clone_into(&mut new.note);
    }
    new.favourite = patch.favourite.unwrap_or(new.favourite);
    let mut fx = world.effects();
    if new == *mine {
        return Ok(fx);
    }
    fx.change(who.account, ChangeKind::Contact, other.0);
    fx.rows.relations.push(new);
    close(world, &mut fx, &[who.account])?;
    Ok(fx)
}

/// Move the heads of these accounts to what was noted in their streams.
fn close(world: &World, fx: &mut Effects, accounts: &[AccountId]) -> Result<(), Fault> {
    for &id in accounts {
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
    Ok(())
}
