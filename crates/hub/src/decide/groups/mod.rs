//! Named groups: made, changed, entered and left.

mod links;
mod people;
#[cfg(test)]
mod tests;

use sha2::{Digest, Sha256};

pub(super) use self::links::{Links, come, drop_link, join, put_link};
pub(crate) use self::links::{link_error, maker_may, usual_end};
pub(super) use self::people::{depart, leave, set_members};
use super::messages::{Placing, place};
use super::targets::writable;
use super::{Answer, Effects, Fault, Identity, World, active, objects, together};
use crate::command::{GroupPatch, NewGroup, Value};
use crate::error::{Error, Kind};
use crate::id::{AccountId, ClientId, ConversationId, DeviceId, Pos, Timestamp};
use crate::model::{
    Body, Conversation, ConversationKind, MAX_AT_ONCE, MAX_TITLE, Member, MemberState, OwnSettings,
    Policy, Role, SystemLine, clean_text,
};
use crate::store::ChangeKind;

/// A group with the membership of who asks, who is in it.
fn inside(
    world: &World,
    who: Identity,
    id: ConversationId,
) -> Result<(Conversation, Member), Fault> {
    together([
        world.account(who.account).err(),
        world.conversation(id).err(),
        world.member(id, who.account).err(),
    ])?;
    active(world, who.account)?;
    let not_found = || Fault::from(Error::not_found("group"));
    let row = world.conversation(id)?.ok_or_else(not_found)?;
    let member = world.member(id, who.account)?.filter(|m| m.is_in());
    let member = member.ok_or_else(not_found)?;
    if !row.is_named() {
        let message = "this conversation is its people: make a group to change who belongs to it";
        return Err(Error::new(Kind::Conflict, "not_a_group", message).into());
    }
    Ok((row.clone(), member.clone()))
}

fn at_least(member: &Member, role: Role) -> Result<(), Error> {
    if member.role <= role {
        return Ok(());
    }
    let (code, message) = match role {
        Role::Owner => ("owners_only", "only an owner of the group may do this"),
        Role::Admin | Role::Member => (
            "admins_only",
            "only owners and admins of the group may do this",
        ),
    };
    Err(Error::new(Kind::Forbidden, code, message))
}

fn title(text: &str) -> Result<String, Error> {
    let title = clean_text(text, false).trim().to_owned();
    if title.is_empty() {
        return Err(Error::invalid("title_empty", "give the group a title"));
    }
    let chars = title.chars().count();
    if chars > MAX_TITLE {
        let message = format!("a title has up to {MAX_TITLE} characters; this one has {chars}");
        return Err(
            Error::new(Kind::TooLarge, "title_too_long", message).with_limit(MAX_TITLE as u64)
        );
    }
    Ok(title)
}

/// People as they are named in a command, each once.
fn few(people: &[AccountId]) -> Result<Vec<AccountId>, Error> {
    let mut few = people.to_vec();
    few.sort_unstable();
    few.dedup();
    if few.len() > MAX_AT_ONCE {
        let message =
            format!("name at most {MAX_AT_ONCE} people at once, and the others after them");
        return Err(
            Error::new(Kind::TooMany, "people_at_once", message).with_limit(MAX_AT_ONCE as u64)
        );
    }
    Ok(few)
}

/// Whether all of these let themselves be added by `me`.
fn may_add(world: &World, me: AccountId, people: &[AccountId]) -> Result<(), Fault> {
    let each = people.iter();
    together(each.flat_map(|&id| [world.account(id).err(), world.relation(id, me).err()]))?;
    for &id in people {
        let account = world.account(id)?.filter(|a| !a.state.is_gone());
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        match writable(world, me, id) {
            Err(Fault::Refused(error)) if error.code == "not_contacts" => {
                let message = format!(
                    "{} has not accepted you as a contact: send a request first, or a link to the group",
                    account.shown_name()
                );
                return Err(Error::new(Kind::Forbidden, "not_contacts", message).into());
            }
            other => other?,
        }
    }
    Ok(())
}

/// A line of the hub; where it stands. The caller writes the conversation.
fn say(
    world: &World,
    fx: &mut Effects,
    row: &mut Conversation,
    author: AccountId,
    line: SystemLine,
) -> Result<Pos, Fault> {
    // A position is used once, so no other line is called so.
    let client = ClientId::new(format!("line-{}", fx.next_place()))
        .map_err(|_| Error::invalid("client_id", "an id has 1 to 64 bytes"))?;
    Ok(place(world, fx, row, line_of(author, DeviceId(0), client, line)).0)
}

fn line_of(author: AccountId, device: DeviceId, client: ClientId, line: SystemLine) -> Placing {
    let body = Body::System(line);
    let digest = Sha256::digest(serde_json::to_vec(&body).unwrap_or_default()).into();
    Placing {
        author,
        device,
        client,
        body,
        reply_to: None,
        hints: Vec::new(),
        digest,
        hidden_from: None,
        forwarded: None,
    }
}

/// The conversation, as it is now, is told to everybody in it.
fn settle(fx: &mut Effects, mut row: Conversation) {
    fx.change_in(&mut row, ChangeKind::Conversation, 0);
    fx.rows.conversations.push(row);
}

fn newcomer(conversation: ConversationId, account: AccountId) -> Member {
    Member {
        conversation,
        account,
        state: MemberState::In,
        role: Role::Member,
        read: None,
        own: OwnSettings::default(),
        windows: Vec::new(),
    }
}

pub(super) fn create(
    world: &World,
    who: Identity,
    new: &NewGroup,
) -> Result<(Effects, Answer), Fault> {
    together([
        world.account(who.account).err(),
        world.client(who.device, &new.client).err(),
    ])?;
    active(world, who.account)?;
    let title = title(&new.title)?;
    let mut people = few(&new.members)?;
    people.retain(|id| *id != who.account);
    let digest: [u8; 32] = {
        let mut hash = Sha256::new_with_prefix(b"group");
        hash.update(new.policy.kept());
        people.iter().for_each(|id| hash.update(id.0.to_be_bytes()));
        hash.update(&title);
        hash.finalize().into()
    };
    if let Some(first) = world.client(who.device, &new.client)? {
        if first.digest == digest {
            let value = Value::Conversation(first.conversation);
            return Ok((world.effects(), Answer::Value(value)));
        }
        let message = "this device has already used this id for something else: make a new id";
        return Err(Error::new(Kind::Conflict, "client_id_reused", message).into());
    }
    world.room_to_talk(who.account)?;
    may_add(world, who.account, &people)?;
    let mut fx = world.effects();
    let id = ConversationId(world.mint());
    let mut row = Conversation {
        id,
        kind: ConversationKind::Named,
        cast: None,
        title: title.clone(),
        picture: None,
        policy: new.policy.kept(),
        head: Pos(0),
        last_message: None,
        last_stamp: Timestamp(0),
        trimmed: Pos(0),
        people: i32::try_from(people.len() + 1).unwrap_or(i32::MAX),
        created: world.now,
    };
    let pos = fx.change_in(&mut row, ChangeKind::Conversation, 0);
    let owner = Member {
        role: Role::Owner,
        ..newcomer(id, who.account)
    };
    let others = people.iter().map(|&account| newcomer(id, account));
    for mut member in std::iter::once(owner).chain(others) {
        member.enter(pos, new.policy.history);
        fx.rows.members.push(member);
    }
    let created = SystemLine::Created(title);
    let line = Placing {
        digest,
        ..line_of(who.account, who.device, new.client.clone(), created)
    };
    place(world, &mut fx, &mut row, line);
    fx.rows.conversations.push(row);
    Ok((fx, Answer::Value(Value::Conversation(id))))
}

pub(super) fn update(
    world: &World,
    who: Identity,
    id: ConversationId,
    patch: &GroupPatch,
) -> Result<Effects, Fault> {
    let (mut row, me) = inside(world, who, id)?;
    let mut fx = world.effects();
    let before = Policy::of(&row);
    let policy = Policy {
        post: patch.post.unwrap_or(before.post),
        add: patch.add.unwrap_or(before.add),
        history: patch.history.unwrap_or(before.history),
    };
    if let Some(text) = &patch.title {
        at_least(&me, Role::Admin)?;
        let title = title(text)?;
        if title != row.title {
            row.title.clone_from(&title);
            say(
                world,
                &mut fx,
                &mut row,
                who.account,
                SystemLine::Titled(title),
            )?;
        }
    }
    if let Some(picture) = patch.picture {
        at_least(&me, Role::Admin)?;
        objects::picture(world, &mut fx, who, id.into(), row.picture, picture)?;
        if picture != row.picture {
            row.picture = picture;
            let line = SystemLine::Pictured(picture.is_some());
            say(world, &mut fx, &mut row, who.account, line)?;
        }
    }
    if (patch.post, patch.add, patch.history) != (None, None, None) {
        at_least(&me, Role::Owner)?;
    }
    if policy != before {
        if row.people > policy.most_people() {
            let most = policy.most_people();
            let message = format!(
                "a group in which everybody writes has up to {most} people; this one has {}",
                row.people
            );
            return Err(full("too_many_people", message, most).into());
        }
        row.policy = policy.kept();
        if (policy.post, policy.add) != (before.post, before.add) {
            say(world, &mut fx, &mut row, who.account, SystemLine::Ruled)?;
        }
        if policy.history != before.history {
            let line = SystemLine::Disclosed(policy.history);
            say(world, &mut fx, &mut row, who.account, line)?;
        }
    }
    if fx.last().is_some() {
        settle(&mut fx, row);
    }
    Ok(fx)
}

fn full(code: &'static str, message: String, limit: i32) -> Error {
    Error::new(Kind::TooMany, code, message).with_limit(limit.unsigned_abs().into())
}

/// Whether so many more fit.
fn has_room(row: &Conversation, more: usize) -> Result<(), Error> {
    let most = Policy::of(row).most_people();
    let more = i32::try_from(more).unwrap_or(i32::MAX);
    if row.people.saturating_add(more) <= most {
        return Ok(());
    }
    let message =
        format!("a group of this kind has up to {most} people: remove some, or make another one");
    Err(full("group_full", message, most))
}
