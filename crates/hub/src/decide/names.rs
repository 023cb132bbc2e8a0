//! What a message names: other messages, and people.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Effects, Fault, World};
use crate::command::MessageRef;
use crate::error::{Error, Kind};
use crate::id::{AccountId, ConversationId, MessageId, Pos};
use crate::model::{Body, EVERYBODY, MAX_QUOTES, Member, MemberState, Mention, Message, visible};
use crate::store::Keys;

/// A message that the reader may see.
pub(super) fn find<'w>(
    world: &'w World,
    reader: AccountId,
    of: &MessageRef,
) -> Result<&'w Arc<Message>, Fault> {
    look(world, reader, of, Member::sees)
}

/// The same, also what the reader has hidden from themselves: marks may stand there.
pub(super) fn find_even_cleared<'w>(
    world: &'w World,
    reader: AccountId,
    of: &MessageRef,
) -> Result<&'w Arc<Message>, Fault> {
    look(world, reader, of, |m, pos| visible(&m.windows, pos))
}

/// Which one is meant, whether or not anybody may see it.
pub(super) fn id_of(world: &World, of: &MessageRef) -> Result<Option<MessageId>, Fault> {
    let message = match of {
        MessageRef::Id(id) => return Ok(Some(*id)),
        MessageRef::Stamp(conversation, stamp) => world.stamped(*conversation, *stamp)?,
        MessageRef::Client(author, client) => world.authored(*author, client)?,
    };
    Ok(message.map(|message| message.id))
}

fn look<'w>(
    world: &'w World,
    reader: AccountId,
    of: &MessageRef,
    member_sees: impl Fn(&Member, Pos) -> bool,
) -> Result<&'w Arc<Message>, Fault> {
    let gone = || Fault::from(Error::not_found("message"));
    let message = match of {
        MessageRef::Id(id) => world.message(*id)?,
        MessageRef::Stamp(conversation, stamp) => world.stamped(*conversation, *stamp)?,
        MessageRef::Client(author, client) => world.authored(*author, client)?,
    };
    let message = message.ok_or_else(gone)?;
    super::together([
        world.conversation(message.conversation).err(),
        world.member(message.conversation, reader).err(),
    ])?;
    let row = world.conversation(message.conversation)?.ok_or_else(gone)?;
    let member = world.member(message.conversation, reader)?;
    let sees = message.hidden_from != Some(reader)
        && message.id >= row.trimmed
        && member.is_some_and(|member| member_sees(member, message.id));
    if sees { Ok(message) } else { Err(gone()) }
}

/// Every quote names who wrote the message it is taken from, whatever the writer claimed. A quote of a message that the
/// writer may not see is a quote of nobody, so nobody can try out whether a message exists; so is one from another
/// conversation, where readers could not look what was said.
pub(super) fn attribute(
    world: &World,
    writer: AccountId,
    conversation: ConversationId,
    body: &mut Body,
) -> Result<(), Fault> {
    let Some(rich) = body.rich_mut() else {
        return Ok(());
    };
    let quotes = rich.quotes();
    if quotes.len() > MAX_QUOTES {
        let message = format!("a message quotes up to {MAX_QUOTES} others");
        return Err(Error::new(Kind::TooLarge, "quotes", message)
            .with_limit(MAX_QUOTES as u64)
            .into());
    }
    // All at once: one after the other, twenty quotes would take more rounds than there are.
    let mut needs = Keys::default();
    let mut known = Vec::with_capacity(quotes.len());
    for id in quotes {
        match find(world, writer, &MessageRef::Id(id)) {
            Ok(message) if !message.deleted && message.conversation == conversation => {
                known.push((id, message.author));
            }
            Ok(_) | Err(Fault::Refused(_)) => {}
            Err(Fault::Need(keys)) => needs.extend(*keys),
        }
    }
    if !needs.is_empty() {
        return Err(Fault::Need(Box::new(needs)));
    }
    rich.attribute(|id| known.iter().find(|(of, _)| *of == id).map(|(_, who)| *who));
    Ok(())
}

/// Who is named and does not belong to the conversation is only letters. `fx` has the members of one that is opened by
/// this very command.
pub(super) fn members_only(
    world: &World,
    fx: &Effects,
    conversation: ConversationId,
    body: &mut Body,
) -> Result<(), Fault> {
    let Some(rich) = body.rich_mut() else {
        return Ok(());
    };
    let named = rich.mentions();
    if named.is_empty() {
        return Ok(());
    }
    let fresh = || {
        fx.rows
            .members
            .iter()
            .filter(|m| m.conversation == conversation)
    };
    let belongs = |m: &Member, who: AccountId| m.account == who && m.state == MemberState::In;
    if fresh().next().is_some() {
        rich.name_only(|who| who.is_none_or(|who| fresh().any(|m| belongs(m, who))));
    } else {
        // All at once: one after the other, fifty people would take more rounds than there are.
        let people = || named.iter().flatten();
        super::together(people().map(|who| world.member(conversation, *who).err()))?;
        let mut inside = BTreeSet::new();
        for &who in people() {
            if world.member(conversation, who)?.is_some_and(Member::is_in) {
                inside.insert(who);
            }
        }
        rich.name_only(|who| who.is_none_or(|who| inside.contains(&who)));
    }
    Ok(())
}

/// Everybody but the author whom a message names.
pub(super) fn named(body: &Body, author: AccountId) -> BTreeSet<AccountId> {
    body.mentions()
        .into_iter()
        .map(|who| who.unwrap_or(EVERYBODY))
        .filter(|who| *who != author)
        .collect()
}

/// Note who is named, or is not any more.
pub(super) fn note<'a>(
    fx: &mut Effects,
    conversation: ConversationId,
    message: MessageId,
    who: impl IntoIterator<Item = &'a AccountId>,
    on: bool,
) {
    fx.rows
        .mentions
        .extend(who.into_iter().map(|&account| Mention {
            conversation,
            account,
            message,
            on,
        }));
}
