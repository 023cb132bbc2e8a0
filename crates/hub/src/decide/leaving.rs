//! An account is deleted. First nobody is behind it any more; then what belonged to it goes, piece by piece, so that no batch
//! has more to do than one group, one contact or a page of notes. Every piece may be repeated.
//!
//! What stays: the name, so that nobody takes it over; what was written to others, and the calls in their histories.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::account::{close, refuse_built_in, revoke};
use super::{Effects, Fault, World, contact_groups, groups, objects, together};
use crate::error::Error;
use crate::id::{AccountId, ConversationId, MessageId, Timestamp};
use crate::model::{
    Account, AccountKind, AccountState, Body, DELETED_NAME, Device, Member, Message, OwnSettings,
    PICTURE, Relation, Rich, Secret, Strangers,
};
use crate::store::ChangeKind;

/// What is done next.
#[derive(Debug, Clone)]
pub(crate) enum Leaving {
    /// Nobody is behind it any more: no password, no device, no face.
    Begin,
    /// It goes from a conversation, or leaves nothing of its own in it.
    Conversation(ConversationId),
    /// It and somebody else have nothing to do with each other.
    Contact(AccountId),
    /// Notes to itself, which nobody else can read.
    Notes(BTreeSet<MessageId>),
    /// Nothing small is left.
    Finish,
}

pub(super) fn step(world: &World, id: AccountId, step: &Leaving) -> Result<Effects, Fault> {
    let account = world.account(id)?;
    let account = account.ok_or_else(|| Error::not_found("account"))?;
    match step {
        Leaving::Begin => begin(world, account),
        // A piece that comes late, after somebody else has done it all.
        _ if account.state != AccountState::Leaving => Ok(world.effects()),
        Leaving::Conversation(conversation) => depart(world, account, *conversation),
        Leaving::Contact(other) => part(world, account, *other),
        Leaving::Notes(messages) => unsay(world, account, messages),
        Leaving::Finish => {
            let mut fx = world.effects();
            fx.rows.forgotten.push(id);
            fx.rows.accounts.push(Account {
                state: AccountState::Deleted,
                ..account.clone()
            });
            Ok(fx)
        }
    }
}

fn begin(world: &World, before: &Account) -> Result<Effects, Fault> {
    let mut fx = world.effects();
    if before.state.is_gone() {
        return Ok(fx);
    }
    refuse_built_in(before)?;
    if let Some(old) = before.picture {
        objects::let_go(world, &mut fx, before.id.into(), PICTURE, &[old])?;
    }
    for secret in world.secrets(before.id)? {
        fx.rows.secrets.push(Secret {
            hash: String::new(),
            ..secret.clone()
        });
    }
    for device in world.devices_of(before.id)? {
        let device = Device {
            label: String::new(),
            public_key: None,
            ..device.clone()
        };
        revoke(&mut fx, device);
    }
    let pos = fx.change(before.id, ChangeKind::Account, 0);
    let account = Account {
        // A guest who went is remembered by the name under which they wrote: there was nothing else of them.
        display: if before.kind == AccountKind::Guest {
            before.display.clone()
        } else {
            DELETED_NAME.to_owned()
        },
        mood: String::new(),
        about: String::new(),
        picture: None,
        chosen: None,
        chosen_until: None,
        strangers: Strangers::default(),
        receipts: false,
        language: "en".to_owned(),
        last_seen: Timestamp(0),
        raised: false,
        state: AccountState::Leaving,
        profile_pos: pos,
        ..before.clone()
    };
    close(&mut fx, account);
    Ok(fx)
}

fn depart(world: &World, account: &Account, id: ConversationId) -> Result<Effects, Fault> {
    together([
        world.conversation(id).err(),
        world.member(id, account.id).err(),
    ])?;
    let (Some(row), Some(me)) = (world.conversation(id)?, world.member(id, account.id)?) else {
        return Ok(world.effects());
    };
    let mut fx = if row.is_named() && me.is_in() {
        groups::depart(world, row.clone(), me)?
    } else {
        world.effects()
    };
    // Where it was muted, pinned or half written concerns nobody any more; how far it had read is told to nobody.
    let mut left = fx.rows.members.iter().position(|m| m.account == account.id);
    if left.is_none() && (me.own != OwnSettings::default() || me.read.is_some()) {
        left = Some(fx.rows.members.len());
        fx.rows.members.push(me.clone());
    }
    if let Some(at) = left {
        fx.rows.members[at] = Member {
            own: OwnSettings::default(),
            read: None,
            ..fx.rows.members[at].clone()
        };
    }
    Ok(fx)
}

fn part(world: &World, account: &Account, other: AccountId) -> Result<Effects, Fault> {
    let sides = [(account.id, other), (other, account.id)];
    let looks = sides.map(|(a, b)| world.relation(a, b).err());
    together(looks.into_iter().chain([world.account(other).err()]))?;
    let mut fx = world.effects();
    for (a, b) in sides {
        if !world.relation(a, b)?.is_nothing() {
            fx.rows.relations.push(Relation::nothing(a, b));
        }
    }
    if fx.rows.relations.is_empty() {
        return Ok(fx);
    }
    // The others' lists lose it; its own are read by nobody.
    contact_groups::unlist(world, &mut fx, other, account.id)?;
    let pos = fx.change(other, ChangeKind::Contact, account.id.0);
    if let Some(other) = world.account(other)? {
        fx.rows.accounts.push(Account {
            head: pos,
            ..other.clone()
        });
    }
    Ok(fx)
}

fn unsay(world: &World, account: &Account, ids: &BTreeSet<MessageId>) -> Result<Effects, Fault> {
    together(ids.iter().map(|&id| world.message(id).err()))?;
    // All their places and files at once: one after the other, a page of notes would take more rounds than there are.
    let mut places = Vec::new();
    for &id in ids {
        let place = world.message(id)?.map(|m| m.conversation);
        places.extend(place.and_then(|place| world.conversation(place).err()));
    }
    together(places.into_iter().map(Some))?;
    let mut fx = world.effects();
    let mut files: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for &id in ids {
        let Some(message) = world.message(id)?.filter(|m| m.author == account.id) else {
            continue;
        };
        let Some(conversation) = world.conversation(message.conversation)? else {
            continue;
        };
        if message.deleted || conversation.people != 1 {
            continue;
        }
        if let Body::Objects(objects, _) = &message.body {
            for &object in objects {
                let place = (message.conversation.into(), id);
                files.entry(object).or_default().insert(place);
            }
        }
        let mut conversation = conversation.clone();
        fx.change_in(&mut conversation, ChangeKind::Message, id.0);
        fx.rows.conversations.push(conversation);
        fx.rows.messages.push(Arc::new(Message {
            deleted: true,
            body: Body::Text(Rich::default()),
            hints: Vec::new(),
            forwarded: None,
            reacted: false,
            ..Message::clone(message)
        }));
    }
    objects::let_all_go(world, &mut fx, &files)?;
    Ok(fx)
}
