//! What somebody sets for themselves in a conversation: how far they have read, and their own settings.

use super::{Effects, Fault, Identity, World, active, names};
use crate::command::{MessageRef, OwnPatch};
use crate::error::{Error, Kind};
use crate::id::{ConversationId, Timestamp};
use crate::model::{MAX_DRAFT, Member, OwnSettings, TOLD_READ, Upto, clean_text};
use crate::store::ChangeKind;

pub(super) fn mark_read(
    world: &World,
    who: Identity,
    conversation: ConversationId,
    upto: &MessageRef,
) -> Result<Effects, Fault> {
    let me = active(world, who.account)?;
    let message = names::find_even_cleared(world, who.account, upto)?;
    if message.conversation != conversation {
        return Err(Error::not_found("message").into());
    }
    let not_found = || Fault::from(Error::not_found("conversation"));
    let row = world.conversation(conversation)?.ok_or_else(not_found)?;
    let member = world.member(conversation, who.account)?;
    let member = member.ok_or_else(not_found)?;
    let mut fx = world.effects();
    let upto = Upto {
        message: message.id,
        stamp: message.stamp,
    };
    if member.read.is_some_and(|read| read.message >= upto.message) {
        return Ok(fx);
    }
    fx.rows.members.push(Member {
        read: Some(upto),
        ..member.clone()
    });
    // In a large group nobody looks who has read, and everybody would hear of everybody; whoever went is nobody there.
    if me.receipts && member.is_in() && row.people <= TOLD_READ {
        let mut row = row.clone();
        fx.change_in(&mut row, ChangeKind::Read, who.account.0);
        fx.rows.conversations.push(row);
    } else {
        // Only one's own devices learn of it.
        let pos = fx.change(who.account, ChangeKind::Read, conversation.0);
        let mut account = me.clone();
        account.head = pos;
        fx.rows.accounts.push(account);
    }
    Ok(fx)
}

/// Change one's own settings; only one's own devices hear of it.
pub(super) fn set(
    world: &World,
    who: Identity,
    conversation: ConversationId,
    patch: &OwnPatch,
) -> Result<Effects, Fault> {
    let me = active(world, who.account)?;
    let not_found = || Fault::from(Error::not_found("conversation"));
    let member = world.member(conversation, who.account)?;
    let member = member.ok_or_else(not_found)?;
    if let Some(draft) = &patch.draft
        && draft.len() > MAX_DRAFT
    {
        let message = format!(
            "a draft holds up to {MAX_DRAFT} bytes; this one has {}",
            draft.len()
        );
        return Err(Error::new(Kind::TooLarge, "draft_too_long", message)
            .with_limit(MAX_DRAFT as u64)
            .into());
    }
    let mut own = patched(&member.own, patch, world.now);
    if let Some(upto) = patch.cleared {
        let row = world.conversation(conversation)?.ok_or_else(not_found)?;
        // What nobody has written yet cannot be hidden, and what is hidden stays so.
        own.cleared = own.cleared.max(upto.min(row.head));
    }
    let mut fx = world.effects();
    if own == member.own {
        return Ok(fx);
    }
    fx.rows.members.push(Member {
        own,
        ..member.clone()
    });
    let pos = fx.change(who.account, ChangeKind::Own, conversation.0);
    let mut account = me.clone();
    account.head = pos;
    fx.rows.accounts.push(account);
    Ok(fx)
}

fn patched(own: &OwnSettings, patch: &OwnPatch, now: Timestamp) -> OwnSettings {
    OwnSettings {
        muted_until: patch
            .muted_until
            .map_or(own.muted_until, |until| (until > now).then_some(until)),
        pinned: patch.pinned.unwrap_or(own.pinned),
        archived: patch.archived.unwrap_or(own.archived),
        draft: patch
            .draft
            .as_ref()
            .map_or_else(|| own.draft.clone(), |draft| clean_text(draft, true)),
        cleared: own.cleared,
    }
}
