//! Objects that their owner lets others read without a message: people one by one, and conversations.

use std::collections::BTreeSet;

use super::objects::own;
use super::shelf::grant;
use super::{Effects, Fault, Identity, World, together};
use crate::command::Target;
use crate::error::{Error, Kind};
use crate::id::{ObjectId, Pos, StreamId};
use crate::model::{Grant, MAX_GRANTS, Member, Object, ObjectState};

/// These may read one's own object from now on, also one that is still uploaded. Whoever joins a conversation later reads it if
/// they see what was said there when it was given.
pub(super) fn give(
    world: &World,
    who: Identity,
    id: ObjectId,
    to: &[Target],
) -> Result<Effects, Fault> {
    let named = to.iter().map(|target| match target {
        Target::Conversation(_) => 1,
        Target::Cast(people) => people.len(),
    });
    if named.sum::<usize>() > MAX_GRANTS {
        return Err(too_many().into());
    }
    together(to.iter().flat_map(|target| match target {
        Target::Conversation(id) => vec![world.member(*id, who.account).err()],
        Target::Cast(people) => people.iter().map(|id| world.account(*id).err()).collect(),
    }))?;
    together([world.object(id).err(), world.grants(id).err()])?;
    let object = own(world, who, id)?;
    let mut streams: BTreeSet<StreamId> = BTreeSet::new();
    for target in to {
        match target {
            Target::Conversation(conversation) => {
                let member = world.member(*conversation, who.account)?;
                if !member.is_some_and(Member::is_in) {
                    return Err(Error::not_found("conversation").into());
                }
                streams.insert((*conversation).into());
            }
            Target::Cast(people) => {
                for &other in people.iter().filter(|id| **id != who.account) {
                    let account = world.account(other)?;
                    if account.is_none_or(|account| account.state.is_gone()) {
                        return Err(Error::not_found("account").into());
                    }
                    streams.insert(other.into());
                }
            }
        }
    }
    let grants = world.grants(id)?;
    for given in grants.iter().filter(|grant| grant.is_given()) {
        streams.remove(&given.stream);
    }
    if grants.len() + streams.len() > MAX_GRANTS {
        return Err(too_many().into());
    }
    let mut fx = world.effects();
    if streams.is_empty() {
        return Ok(fx);
    }
    let at = Grant::given_at(world.head().max(Pos(1)));
    let new = streams.into_iter();
    fx.rows
        .grants
        .extend(new.map(|stream| grant(id, stream, at, true)));
    if object.state == ObjectState::Ready && object.idle.is_some() {
        fx.rows.objects.push(Object {
            idle: None,
            ..object.clone()
        });
    }
    Ok(fx)
}

fn too_many() -> Error {
    let message =
        format!("a file can be given to {MAX_GRANTS} people and conversations: upload it again");
    Error::new(Kind::TooMany, "grants", message).with_limit(MAX_GRANTS as u64)
}
