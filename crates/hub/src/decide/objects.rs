//! Objects: begun, whole, dropped, collected; and granted by what refers to them.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::shelf::grant;
use super::{Answer, Effects, Fault, Identity, World, active, together};
use crate::blobs::{Hash, Sealed};
use crate::command::Value;
use crate::error::{Error, Kind};
use crate::id::{ClientId, ConversationId, MessageId, ObjectId, StreamId, Timestamp};
use crate::limits::Room;
use crate::model::{
    ALL, Grant, MAX_GRANTS, MAX_OBJECTS, MemberState, Object, ObjectState, PICTURE, Usage,
    object_name,
};

/// Objects that one account may have.
const MAX_PER_ACCOUNT: i64 = 100_000;

/// An object to be begun.
#[derive(Debug, Clone)]
pub(crate) struct NewObject {
    pub(crate) name: String,
    pub(crate) size: i64,
    pub(crate) client: ClientId,
    pub(crate) room: Room,
}

pub(super) fn begin(
    world: &World,
    who: Identity,
    new: &NewObject,
) -> Result<(Effects, Answer), Fault> {
    active(world, who.account)?;
    let digest: Hash = {
        let mut hash = Sha256::new_with_prefix(b"object");
        hash.update(new.size.to_be_bytes());
        hash.update(new.name.as_bytes());
        hash.finalize().into()
    };
    if let Some(first) = world.object_called(who.device, &new.client)? {
        if first.digest == digest && first.owner == who.account {
            return Ok((world.effects(), told(first.clone())));
        }
        return Err(Error::new(
            Kind::Conflict,
            "client_id_reused",
            "this device has already begun another upload under this id: make a new id",
        )
        .into());
    }
    if new.size < 1 {
        return Err(Error::invalid("object_empty", "an empty file cannot be sent").into());
    }
    fits(new.size, &new.room)?;
    let mut fx = world.effects();
    take_room(world, &mut fx, who, new)?;
    let object = Object {
        id: ObjectId(world.mint()),
        owner: who.account,
        device: who.device,
        client: new.client.clone(),
        digest,
        name: object_name(&new.name),
        size: new.size,
        mime: String::new(),
        sha256: None,
        sent: None,
        width: None,
        height: None,
        preview: false,
        state: ObjectState::Uploading,
        created: world.now,
        idle: Some(world.now),
    };
    fx.rows.objects.push(object.clone());
    Ok((fx, told(object)))
}

/// An upload of which it was not known how many bytes it has, or wrongly, when it was begun.
pub(super) fn resize(
    world: &World,
    who: Identity,
    id: ObjectId,
    size: i64,
    room: &Room,
) -> Result<(Effects, Answer), Fault> {
    let object = own(world, who, id)?;
    if object.state != ObjectState::Uploading {
        let message = "this upload is finished: begin another one";
        return Err(Error::new(Kind::Conflict, "object_finished", message).into());
    }
    if size < 0 {
        return Err(Error::invalid("object_size", "a file has 0 bytes or more").into());
    }
    fits(size, room)?;
    let usages = [world.usage(who.account)?, world.usage(ALL)?];
    let more = size - object.size;
    has_room(usages, more, room)?;
    let mut fx = world.effects();
    use_room(&mut fx, usages, more, 0);
    let object = Object {
        size,
        ..object.clone()
    };
    fx.rows.objects.push(object.clone());
    Ok((fx, told(object)))
}

fn fits(size: i64, room: &Room) -> Result<(), Fault> {
    if size <= room.object {
        return Ok(());
    }
    let most = room.object;
    let message = format!("a file holds up to {most} bytes here; this one has {size}");
    Err(Error::new(Kind::TooLarge, "object_too_large", message)
        .with_limit(most.unsigned_abs())
        .into())
}

fn take_room(world: &World, fx: &mut Effects, who: Identity, new: &NewObject) -> Result<(), Fault> {
    let (own, all) = (world.usage(who.account)?, world.usage(ALL)?);
    if own.objects >= MAX_PER_ACCOUNT {
        let message =
            format!("you have {MAX_PER_ACCOUNT} files here, and that is the most: remove some");
        return Err(full("objects_full", message, MAX_PER_ACCOUNT));
    }
    has_room([own, all], new.size, &new.room)?;
    use_room(fx, [own, all], new.size, 1);
    Ok(())
}

/// Whether `more` bytes find room: in what one has, and in what all have.
fn has_room([own, all]: [Usage; 2], more: i64, room: &Room) -> Result<(), Fault> {
    if more > 0 && own.bytes + more > room.account {
        let message = format!(
            "your files take {} of {} bytes here, and this one has {more}: remove messages with files first",
            own.bytes, room.account
        );
        return Err(full("quota", message, room.account));
    }
    if more > 0 && all.bytes + more > room.all {
        let message = "this server has no more room for files: tell its operator".to_owned();
        return Err(full("quota_all", message, room.all));
    }
    Ok(())
}

fn full(code: &'static str, message: String, limit: i64) -> Fault {
    Error::new(Kind::Full, code, message)
        .with_limit(limit.unsigned_abs())
        .into()
}

fn use_room(fx: &mut Effects, usages: [Usage; 2], bytes: i64, objects: i64) {
    fx.rows.usages.extend(usages.map(|usage| Usage {
        bytes: (usage.bytes + bytes).max(0),
        objects: (usage.objects + objects).max(0),
        ..usage
    }));
}

/// The bytes of an object are on disk.
pub(super) fn ready(
    world: &World,
    who: Identity,
    id: ObjectId,
    sent: Hash,
    sealed: &Sealed,
) -> Result<(Effects, Answer), Fault> {
    let object = own(world, who, id)?;
    if object.state == ObjectState::Ready {
        return repeated(object, sent).map(|answer| (world.effects(), answer));
    }
    let size = i64::try_from(sealed.size).unwrap_or(i64::MAX);
    let pixels = sealed.pixels.map(|(width, height)| {
        let pixels = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        (pixels(width), pixels(height))
    });
    let mut fx = world.effects();
    let usages = [world.usage(who.account)?, world.usage(ALL)?];
    use_room(&mut fx, usages, size - object.size, 0);
    let object = Object {
        size,
        mime: sealed.mime.clone(),
        sha256: Some(sealed.sha256),
        sent: Some(sent),
        width: pixels.map(|(width, _)| width),
        height: pixels.map(|(_, height)| height),
        preview: sealed.preview,
        state: ObjectState::Ready,
        // Who was allowed to read it before it was whole waits for it.
        idle: world.grants(id)?.is_empty().then_some(world.now),
        ..object.clone()
    };
    fx.rows.objects.push(object.clone());
    Ok((fx, told(object)))
}

/// The answer to finishing again what is whole.
pub(crate) fn repeated(object: &Object, sent: Hash) -> Result<Answer, Fault> {
    if object.sent == Some(sent) {
        return Ok(told(object.clone()));
    }
    let message = "this upload is finished, with other bytes: begin another one";
    Err(Error::new(Kind::Conflict, "object_finished", message).into())
}

/// Call what was never sent otherwise, given to others or not.
pub(super) fn name(
    world: &World,
    who: Identity,
    id: ObjectId,
    name: &str,
) -> Result<Effects, Fault> {
    let object = unsent(world, who, id)?;
    let mut fx = world.effects();
    let name = object_name(name);
    if name != object.name {
        fx.rows.objects.push(Object {
            name,
            ..object.clone()
        });
    }
    Ok(fx)
}

/// Give up an upload, or let go of what was never sent, given to others or not. What messages refer to stays until they go.
pub(super) fn drop_object(world: &World, who: Identity, id: ObjectId) -> Result<Effects, Fault> {
    let object = unsent(world, who, id)?;
    let mut fx = world.effects();
    gone(world, &mut fx, object)?;
    Ok(fx)
}

/// One's own, which no message and no profile shows.
fn unsent(world: &World, who: Identity, id: ObjectId) -> Result<&Object, Fault> {
    let object = own(world, who, id)?;
    if world.grants(id)?.iter().all(Grant::is_given) {
        return Ok(object);
    }
    let message = "this file was sent, or is shown as a picture: remove that first";
    Err(Error::new(Kind::Conflict, "object_in_use", message).into())
}

/// Removes those of these objects that nothing has referred to since before `before`.
pub(super) fn collect(
    world: &World,
    ids: &BTreeSet<ObjectId>,
    before: Timestamp,
) -> Result<Effects, Fault> {
    together(ids.iter().flat_map(|&id| {
        let object = world.object(id);
        let owner = object.as_ref().ok().copied().flatten().map(|o| o.owner);
        let usage = owner.and_then(|owner| world.usage(owner).err());
        [object.err(), world.grants(id).err(), usage]
    }))?;
    let mut fx = world.effects();
    for &id in ids {
        let Some(object) = world.object(id)? else {
            continue;
        };
        if object.idle.is_none_or(|since| since >= before) {
            continue;
        }
        if world.grants(id)?.iter().all(Grant::is_given) {
            gone(world, &mut fx, object)?;
        } else {
            fx.rows.objects.push(Object {
                idle: None,
                ..object.clone()
            });
        }
    }
    Ok(fx)
}

fn gone(world: &World, fx: &mut Effects, object: &Object) -> Result<(), Fault> {
    // Several of one decision add up: the newest row counts.
    let usage = |owner| {
        let noted = fx.rows.usages.iter().rev().find(|u| u.owner == owner);
        noted.copied().map_or_else(|| world.usage(owner), Ok)
    };
    let usages = [usage(object.owner)?, usage(ALL)?];
    use_room(fx, usages, -object.size, -1);
    fx.rows.objects.push(Object {
        state: ObjectState::Gone,
        ..object.clone()
    });
    Ok(())
}

/// Checks the objects of a message to be sent: each once, one's own, whole, and granted less often than it may be.
pub(super) fn sendable(world: &World, who: Identity, ids: &[ObjectId]) -> Result<(), Fault> {
    every(world, ids)?;
    for &id in ids {
        let object = own(world, who, id)?;
        if object.state != ObjectState::Ready {
            let message = "finish the upload of this file before you send it";
            return Err(Error::new(Kind::Conflict, "object_unfinished", message).into());
        }
    }
    Ok(())
}

/// Checks the objects of a message to be passed on: who passes it on belongs to where it stands, or has sent it.
pub(super) fn forwardable(
    world: &World,
    who: Identity,
    from: ConversationId,
    ids: &[ObjectId],
) -> Result<(), Fault> {
    every(world, ids)?;
    let belongs = world
        .member(from, who.account)?
        .is_some_and(|m| m.state == MemberState::In);
    for &id in ids {
        let found = world.object(id)?.filter(|o| o.state == ObjectState::Ready);
        if !found.is_some_and(|object| belongs || object.owner == who.account) {
            return Err(Error::not_found("file").into());
        }
    }
    Ok(())
}

/// Asks for all of them at once, and checks what does not depend on whose they are.
fn every(world: &World, ids: &[ObjectId]) -> Result<(), Fault> {
    if ids.is_empty() || ids.len() > MAX_OBJECTS {
        let message = format!("a message carries 1 to {MAX_OBJECTS} files");
        return Err(Error::new(Kind::TooLarge, "objects", message)
            .with_limit(MAX_OBJECTS as u64)
            .into());
    }
    let distinct: BTreeSet<ObjectId> = ids.iter().copied().collect();
    if distinct.len() != ids.len() {
        return Err(Error::invalid("objects_twice", "a message carries each file once").into());
    }
    both(world, ids)?;
    for &id in ids {
        if world.grants(id)?.len() >= MAX_GRANTS {
            let message = format!("a file can be passed on {MAX_GRANTS} times: upload it again");
            return Err(Error::new(Kind::TooMany, "grants", message)
                .with_limit(MAX_GRANTS as u64)
                .into());
        }
    }
    Ok(())
}

/// Asks for objects and who may see them, for all at once: one after the other, they would take more rounds than there are.
fn both<'a>(world: &World, ids: impl IntoIterator<Item = &'a ObjectId>) -> Result<(), Fault> {
    together(
        ids.into_iter()
            .flat_map(|&id| [world.object(id).err(), world.grants(id).err()]),
    )
}

/// A message refers to these objects now.
pub(super) fn refer(
    world: &World,
    fx: &mut Effects,
    stream: StreamId,
    message: MessageId,
    ids: &[ObjectId],
) -> Result<(), Fault> {
    for &id in ids {
        fx.rows.grants.push(grant(id, stream, message, true));
        if let Some(object) = world.object(id)?
            && object.idle.is_some()
        {
            fx.rows.objects.push(Object {
                idle: None,
                ..object.clone()
            });
        }
    }
    Ok(())
}

/// A message refers to them no longer.
pub(super) fn let_go(
    world: &World,
    fx: &mut Effects,
    stream: StreamId,
    message: MessageId,
    ids: &[ObjectId],
) -> Result<(), Fault> {
    let of = |&id: &ObjectId| (id, BTreeSet::from([(stream, message)]));
    let_all_go(world, fx, &ids.iter().map(of).collect())
}

/// Messages refer to objects no longer: of each object, those that do not.
pub(super) fn let_all_go(
    world: &World,
    fx: &mut Effects,
    gone: &BTreeMap<ObjectId, BTreeSet<(StreamId, MessageId)>>,
) -> Result<(), Fault> {
    both(world, gone.keys())?;
    for (&id, places) in gone {
        let Some(object) = world.object(id)? else {
            continue;
        };
        let mut grants = world.grants(id)?.iter();
        // What was given beside a message goes with it.
        if grants.all(|g| g.is_given() || places.contains(&(g.stream, g.message))) {
            fx.rows.objects.push(Object {
                idle: Some(world.now),
                ..object.clone()
            });
        }
        let refs = places.iter();
        let refs = refs.map(|&(stream, message)| grant(id, stream, message, false));
        fx.rows.grants.extend(refs);
    }
    Ok(())
}

/// The picture of a person or a group changes from `old` to `new`, which must be a picture of one's own. The caller writes the
/// row that names it.
pub(super) fn picture(
    world: &World,
    fx: &mut Effects,
    who: Identity,
    stream: StreamId,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
) -> Result<(), Fault> {
    if old == new {
        return Ok(());
    }
    if let Some(id) = new {
        sendable(world, who, &[id])?;
        if !world.object(id)?.is_some_and(Object::is_picture) {
            let message = "this is no picture: choose a JPEG, PNG, GIF or WebP file";
            return Err(Error::invalid("no_picture", message).into());
        }
        refer(world, fx, stream, PICTURE, &[id])?;
    }
    match old {
        Some(id) => let_go(world, fx, stream, PICTURE, &[id]),
        None => Ok(()),
    }
}

pub(super) fn own(world: &World, who: Identity, id: ObjectId) -> Result<&Object, Fault> {
    active(world, who.account)?;
    world
        .object(id)?
        .filter(|object| object.owner == who.account)
        .ok_or_else(|| Error::not_found("file").into())
}

fn told(object: Object) -> Answer {
    Answer::Value(Value::Object(Box::new(object)))
}

#[cfg(test)]
mod tests;
