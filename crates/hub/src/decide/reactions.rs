//! Reactions to messages: a set per person.

use std::sync::Arc;

use super::{Effects, Fault, Identity, World, active, names, targets};
use crate::command::MessageRef;
use crate::error::{Error, Kind};
use crate::id::Timestamp;
use crate::model::{
    MAX_REACTION_KEYS, MAX_REACTIONS_OF_ONE, Member, Message, Reaction, is_reaction,
};
use crate::store::ChangeKind;

pub(super) fn react(
    world: &World,
    who: Identity,
    of: &MessageRef,
    key: &str,
    on: bool,
) -> Result<Effects, Fault> {
    active(world, who.account)?;
    if !is_reaction(key) {
        let message = "a reaction is one emoji, or the :name: of an emoticon";
        return Err(Error::invalid("reaction", message).into());
    }
    let message = names::find(world, who.account, of)?;
    let gone = || Error::not_found("conversation");
    let row = world.conversation(message.conversation)?.ok_or_else(gone)?;
    let member = world.member(row.id, who.account)?;
    if !member.is_some_and(Member::is_in) {
        return Err(gone().into());
    }
    let mut fx = world.effects();
    if message.deleted {
        if on {
            return Err(Error::new(Kind::Conflict, "deleted", "this message was removed").into());
        }
        return Ok(fx);
    }
    let kept = world.reactions(message.id)?;
    let has = kept
        .iter()
        .any(|r| r.account == who.account && r.key == key);
    if has == on {
        return Ok(fx);
    }
    if on {
        // Whoever may not write may not wave either; what one waved before can always be taken back.
        targets::may_post(world, who.account, row)?;
        has_room(kept, who, key)?;
    }
    fx.rows.reactions.push(Reaction {
        message: message.id,
        account: who.account,
        key: key.to_owned(),
        at: if on { world.now } else { Timestamp(0) },
    });
    if !message.reacted {
        fx.rows.messages.push(Arc::new(Message {
            reacted: true,
            ..Message::clone(message)
        }));
    }
    let mut row = row.clone();
    fx.change_in(&mut row, ChangeKind::Message, message.id.0);
    fx.rows.conversations.push(row);
    Ok(fx)
}

fn has_room(kept: &[Reaction], who: Identity, key: &str) -> Result<(), Error> {
    let full = |code, limit: usize, message: String| {
        Err(Error::new(Kind::TooMany, code, message).with_limit(limit as u64))
    };
    let own = kept.iter().filter(|r| r.account == who.account).count();
    if own >= MAX_REACTIONS_OF_ONE {
        let message = format!("one person has up to {MAX_REACTIONS_OF_ONE} reactions to a message");
        return full("reactions_own", MAX_REACTIONS_OF_ONE, message);
    }
    let mut keys: Vec<&str> = kept.iter().map(|r| r.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() >= MAX_REACTION_KEYS && !keys.contains(&key) {
        let message = format!("a message has up to {MAX_REACTION_KEYS} different reactions");
        return full("reactions_all", MAX_REACTION_KEYS, message);
    }
    Ok(())
}
