//! Decisions: pure functions over loaded rows.
//!
//! A decision looks at the [`World`] and answers with [`Effects`] and an answer, or with a [`Fault`]. It never waits: when
//! it meets a row that was not loaded it stops with [`Fault::Need`], the writer loads it (for the whole batch at once)
//! and asks again. So there is one text per command, which says both what it needs and what it does, and a command
//! that is refused leaves nothing behind.

mod account;
mod blocks;
mod bots;
mod calls;
mod contact_groups;
mod doors;
mod effects;
mod grants;
mod groups;
mod guests;
mod handles;
mod invites;
mod leaving;
mod messages;
mod names;
mod objects;
mod own;
mod people;
mod reactions;
mod reports;
mod rosters;
mod shelf;
mod tallies;
mod targets;
#[cfg(test)]
pub(crate) mod tests;
mod world;

pub(crate) use account::{MAX_MOOD, NewAccount, NewDerived, NewDevice, NewSecrets, language_tag};
pub(crate) use calls::{BeginCall, Begun, FinishCall};
pub(crate) use effects::{Effects, Pile};
pub(crate) use groups::{link_error, maker_may, usual_end};
pub(crate) use guests::{NewGuest, refusal as guest_refusal};
pub(crate) use invites::invite_error;
pub(crate) use leaving::Leaving;
pub(crate) use objects::{NewObject, repeated};
pub(crate) use reports::NewReport;
pub(crate) use world::{Fault, World};

use std::collections::BTreeSet;

use crate::blobs::{Hash, Sealed};
use crate::command::{
    AccountPatch, ContactPatch, GroupPatch, Membership, MessageRef, NewGroup, OwnPatch, Target,
    Value, Which,
};
use crate::error::Error;
use crate::id::{
    AccountId, CallKey, ClientId, ConversationId, DeviceId, EndpointId, MessageId, ObjectId, Pos,
    ReportId, Timestamp,
};
use crate::limits::Room;
use crate::model::{
    Account, AccountState, Availability, Body, DoorState, Link, OPERATOR, RelationChange,
};
use crate::store::Keys;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The account.
    pub account: AccountId,
    /// Its device.
    pub device: DeviceId,
}

/// What the writer is given: everything durable that can be asked.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Make an account.
    Register(Box<NewAccount>),
    /// A guest comes by a link.
    Guest(Box<NewGuest>),
    /// Make a bot; its owner may have so many.
    MakeBot(Identity, Box<NewAccount>, u32),
    /// Call a bot otherwise.
    RenameBot(Identity, AccountId, String),
    /// Make a token of a bot; it may have so many.
    MakeBotToken(Identity, Box<NewDevice>, u32),
    /// End a token of a bot.
    EndBotToken(Identity, AccountId, DeviceId),
    /// A device signs in.
    AddDevice(Box<NewDevice>),
    /// New password or recovery code.
    SetSecrets(NewSecrets),
    /// Block or unblock an account, and its bots with it.
    Block(AccountId, bool),
    /// Raise the limits of a bot, or set them back.
    Raise(AccountId, bool),
    /// A step of deleting an account.
    Leaving(AccountId, Leaving),
    /// A handle begins or ends; its form is canonical. With it what doors derived for it.
    SetHandle(AccountId, String, bool, Option<NewDerived>),
    /// What doors derived from the password, all of it; none turns old programs off.
    SetDerived(AccountId, NewDerived),
    /// Make an invitation to the server.
    PutInvite(Link),
    /// Revoke an invitation to the server.
    DropInvite(AccountId, [u8; 32]),
    /// Sign out devices.
    EndDevice(Identity, Which),
    /// Change one's own account.
    UpdateAccount(Identity, AccountPatch),
    /// Choose an availability.
    SetAvailability(Identity, Option<Availability>, Option<Timestamp>),
    /// What devices have acknowledged since the last time, and when they were last used.
    Acknowledge(Vec<(Identity, Pos, Timestamp)>),
    /// When an account was last seen.
    LastSeen(AccountId, Timestamp),
    /// Change a relation.
    Relate {
        who: Identity,
        other: AccountId,
        change: RelationChange,
        greeting: Option<String>,
    },
    /// Change what one keeps of a contact for oneself.
    SetContact(Identity, AccountId, ContactPatch),
    /// Make or change a group of contacts.
    PutContactGroup(Identity, Option<i16>, String, Vec<AccountId>),
    /// Let go of a group of contacts.
    DropContactGroup(Identity, i16),
    /// Report somebody to the operator.
    ReportAbuse(Identity, Box<NewReport>),
    /// The operator is done with a report.
    CloseReport(ReportId),
    /// A door keeps something of an account, or lets go of it.
    PutDoorState(Identity, DoorState),
    /// Find or open a conversation.
    Open(Identity, Target),
    /// Write.
    Send {
        who: Identity,
        to: Target,
        body: Body,
        client: ClientId,
        reply_to: Option<MessageId>,
        hints: Vec<u8>,
    },
    /// Pass a message on.
    Forward {
        who: Identity,
        of: MessageRef,
        to: Target,
        client: ClientId,
    },
    /// React to a message, or take it back.
    React {
        who: Identity,
        of: MessageRef,
        key: String,
        on: bool,
    },
    /// Change one's own settings of a conversation.
    SetOwn(Identity, ConversationId, OwnPatch),
    /// Make a group.
    CreateGroup(Identity, Box<NewGroup>),
    /// Change a group.
    UpdateGroup(Identity, ConversationId, GroupPatch),
    /// Change who belongs to a group, or what they may do.
    SetMembers(Identity, ConversationId, Vec<AccountId>, Membership),
    /// Leave a group.
    Leave(Identity, ConversationId),
    /// Make a link to a group.
    PutLink(Identity, Link),
    /// Revoke a link.
    DropLink(Identity, ConversationId, [u8; 32]),
    /// Join by a link.
    Join(Identity, [u8; 32]),
    /// Change one's own message.
    Edit(Identity, MessageRef, Body),
    /// Remove one's own message.
    Delete(Identity, MessageRef),
    /// Move one's read mark.
    MarkRead(Identity, ConversationId, MessageRef),
    /// An upload begins.
    BeginObject(Identity, NewObject),
    /// How many bytes an upload has, once it is known.
    SizeObject(Identity, ObjectId, i64, Room),
    /// The bytes of an upload are on disk.
    ReadyObject {
        who: Identity,
        id: ObjectId,
        sent: Hash,
        sealed: Sealed,
    },
    /// Let others read an object.
    GrantObject(Identity, ObjectId, Vec<Target>),
    /// Call what was never sent otherwise.
    NameObject(Identity, ObjectId, String),
    /// Give up an upload, or what was never sent.
    DropObject(Identity, ObjectId),
    /// Remove what nothing has referred to since before then.
    CollectObjects(BTreeSet<ObjectId>, Timestamp),
    /// A call begins.
    BeginCall(BeginCall),
    /// A call was answered or ended.
    FinishCall(Box<FinishCall>),
    /// A report of a call.
    ReportCall {
        who: Identity,
        endpoint: EndpointId,
        key: CallKey,
        text: String,
    },
}

impl Work {
    /// Whose wish it is; nobody's, if the hub itself or the operator does it.
    fn asker(&self) -> Option<AccountId> {
        match self {
            Self::SetHandle(account, ..) | Self::SetDerived(account, ..) => Some(*account),
            Self::PutInvite(link) => Some(link.account).filter(|id| *id != OPERATOR),
            Self::MakeBot(who, ..)
            | Self::RenameBot(who, ..)
            | Self::MakeBotToken(who, ..)
            | Self::EndBotToken(who, ..)
            | Self::EndDevice(who, _)
            | Self::UpdateAccount(who, _)
            | Self::SetAvailability(who, ..)
            | Self::Relate { who, .. }
            | Self::SetContact(who, ..)
            | Self::PutContactGroup(who, ..)
            | Self::DropContactGroup(who, _)
            | Self::ReportAbuse(who, _)
            | Self::PutDoorState(who, _)
            | Self::Open(who, _)
            | Self::Send { who, .. }
            | Self::Forward { who, .. }
            | Self::React { who, .. }
            | Self::SetOwn(who, ..)
            | Self::CreateGroup(who, _)
            | Self::UpdateGroup(who, ..)
            | Self::SetMembers(who, ..)
            | Self::Leave(who, _)
            | Self::PutLink(who, _)
            | Self::DropLink(who, ..)
            | Self::Join(who, _)
            | Self::Edit(who, ..)
            | Self::Delete(who, _)
            | Self::MarkRead(who, ..)
            | Self::BeginObject(who, _)
            | Self::SizeObject(who, ..)
            | Self::ReadyObject { who, .. }
            | Self::GrantObject(who, ..)
            | Self::NameObject(who, ..)
            | Self::DropObject(who, _) => Some(who.account),
            Self::BeginCall(begin) => Some(begin.who.account),
            // What a door has checked already, what ends something, and what concerns nobody's wish.
            Self::Register(_)
            | Self::Guest(_)
            | Self::AddDevice(_)
            | Self::SetSecrets(_)
            | Self::Block(..)
            | Self::Raise(..)
            | Self::Leaving(..)
            | Self::DropInvite(..)
            | Self::Acknowledge(_)
            | Self::LastSeen(..)
            | Self::CloseReport(_)
            | Self::CollectObjects(..)
            | Self::FinishCall(_)
            | Self::ReportCall { .. } => None,
        }
    }

    /// Whose state, profile or tokens it changes, so that what is remembered of them must be looked up again.
    pub(crate) fn changes(&self) -> Option<AccountId> {
        match self {
            Self::EndDevice(who, _)
            | Self::UpdateAccount(who, _)
            | Self::SetAvailability(who, _, _) => Some(who.account),
            Self::SetSecrets(secrets) => Some(secrets.account),
            Self::Block(account, _) | Self::Raise(account, _) | Self::Leaving(account, _) => {
                Some(*account)
            }
            // The token that a device had is nobody's any more.
            Self::AddDevice(new) => new.takes_up.as_ref().map(|_| new.account),
            Self::EndBotToken(_, bot, _) | Self::RenameBot(_, bot, _) => Some(*bot),
            Self::Register(_)
            | Self::Guest(_)
            | Self::MakeBot(..)
            | Self::MakeBotToken(..)
            | Self::SetHandle(..)
            | Self::SetDerived(..)
            | Self::PutDoorState(..)
            | Self::PutContactGroup(..)
            | Self::DropContactGroup(..)
            | Self::GrantObject(..)
            | Self::Acknowledge(_)
            | Self::LastSeen(_, _)
            | Self::Relate { .. }
            | Self::SetContact(_, _, _)
            | Self::ReportAbuse(_, _)
            | Self::CloseReport(_)
            | Self::Open(_, _)
            | Self::Send { .. }
            | Self::Forward { .. }
            | Self::React { .. }
            | Self::SetOwn(_, _, _)
            | Self::CreateGroup(_, _)
            | Self::UpdateGroup(_, _, _)
            | Self::SetMembers(_, _, _, _)
            | Self::Leave(_, _)
            | Self::PutLink(_, _)
            | Self::PutInvite(_)
            | Self::DropInvite(_, _)
            | Self::DropLink(_, _, _)
            | Self::Join(_, _)
            | Self::Edit(_, _, _)
            | Self::Delete(_, _)
            | Self::MarkRead(_, _, _)
            | Self::BeginObject(_, _)
            | Self::SizeObject(..)
            | Self::ReadyObject { .. }
            | Self::NameObject(..)
            | Self::DropObject(_, _)
            | Self::CollectObjects(_, _)
            | Self::BeginCall(_)
            | Self::FinishCall(_)
            | Self::ReportCall { .. } => None,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A result for the asker.
    Value(Value),
    /// The account.
    Account(Box<Account>),
    /// The account, and the device that was made or taken up.
    Device(Box<Account>, DeviceId),
    /// A call begins.
    Begun(Begun),
}

/// Decide one piece of work.
pub(crate) fn decide(world: &World, work: &Work) -> Result<(Effects, Answer), Fault> {
    let decided = decide_for(world, work)?;
    guests::refuse(world, work)?;
    Ok(decided)
}

fn decide_for(world: &World, work: &Work) -> Result<(Effects, Answer), Fault> {
    let none = |fx| (fx, Answer::Value(Value::None));
    match work {
        Work::Register(new) => account::register(world, new),
        Work::Guest(new) => guests::come(world, new),
        Work::MakeBot(who, new, most) => bots::make(world, *who, new, *most),
        Work::RenameBot(who, bot, display) => bots::rename(world, *who, *bot, display).map(none),
        Work::MakeBotToken(who, new, most) => bots::token(world, *who, new, *most),
        Work::EndBotToken(who, bot, device) => {
            bots::end_token(world, *who, *bot, *device).map(none)
        }
        Work::AddDevice(new) => account::add_device(world, new),
        Work::SetSecrets(new) => account::set_secrets(world, new).map(none),
        Work::Block(account, blocked) => blocks::block(world, *account, *blocked).map(none),
        Work::Raise(bot, raised) => bots::raise(world, *bot, *raised).map(none),
        Work::Leaving(account, step) => leaving::step(world, *account, step).map(none),
        Work::SetHandle(account, value, on, derived) => {
            handles::set(world, *account, value, *on, derived.as_ref()).map(none)
        }
        Work::SetDerived(account, derived) => {
            account::set_derived(world, *account, derived).map(none)
        }
        Work::PutInvite(link) => invites::put(world, link).map(none),
        Work::DropInvite(maker, hash) => invites::revoke(world, *maker, hash).map(none),
        Work::EndDevice(who, which) => account::end_devices(world, *who, *which).map(none),
        Work::UpdateAccount(who, patch) => account::update(world, *who, patch).map(none),
        Work::SetAvailability(who, value, until) => {
            account::choose(world, *who, *value, *until).map(none)
        }
        Work::Acknowledge(acks) => account::acknowledge(world, acks).map(none),
        Work::LastSeen(account, at) => account::last_seen(world, *account, *at).map(none),
        Work::Relate {
            who,
            other,
            change,
            greeting,
        } => people::relate(world, *who, *other, *change, greeting.as_deref()).map(none),
        Work::SetContact(who, other, patch) => people::set(world, *who, *other, patch).map(none),
        Work::PutContactGroup(who, slot, name, members) => {
            contact_groups::put(world, *who, *slot, name, members)
        }
        Work::DropContactGroup(who, slot) => {
            contact_groups::drop_group(world, *who, *slot).map(none)
        }
        Work::ReportAbuse(who, new) => reports::report(world, *who, new).map(none),
        Work::CloseReport(id) => reports::close(world, *id).map(none),
        Work::PutDoorState(who, state) => doors::put(world, *who, state).map(none),
        Work::Open(who, to) => messages::open(world, *who, to),
        Work::Send {
            who,
            to,
            body,
            client,
            reply_to,
            hints,
        } => {
            let draft = messages::Draft {
                to,
                body,
                client,
                reply_to: *reply_to,
                hints,
            };
            messages::send(world, *who, &draft)
        }
        Work::Forward {
            who,
            of,
            to,
            client,
        } => messages::forward(world, *who, of, to, client),
        Work::React { who, of, key, on } => reactions::react(world, *who, of, key, *on).map(none),
        Work::SetOwn(who, conversation, patch) => {
            own::set(world, *who, *conversation, patch).map(none)
        }
        Work::CreateGroup(who, new) => groups::create(world, *who, new),
        Work::UpdateGroup(who, id, patch) => groups::update(world, *who, *id, patch).map(none),
        Work::SetMembers(who, id, people, to) => {
            groups::set_members(world, *who, *id, people, *to).map(none)
        }
        Work::Leave(who, id) => groups::leave(world, *who, *id).map(none),
        Work::PutLink(who, link) => groups::put_link(world, *who, link).map(none),
        Work::DropLink(who, id, hash) => groups::drop_link(world, *who, *id, hash).map(none),
        Work::Join(who, hash) => groups::join(world, *who, hash),
        Work::Edit(who, of, body) => messages::edit(world, *who, of, Some(body)).map(none),
        Work::Delete(who, of) => messages::edit(world, *who, of, None).map(none),
        Work::MarkRead(who, conversation, upto) => {
            own::mark_read(world, *who, *conversation, upto).map(none)
        }
        Work::BeginObject(who, new) => objects::begin(world, *who, new),
        Work::SizeObject(who, id, size, room) => objects::resize(world, *who, *id, *size, room),
        Work::ReadyObject {
            who,
            id,
            sent,
            sealed,
        } => objects::ready(world, *who, *id, *sent, sealed),
        Work::GrantObject(who, id, to) => grants::give(world, *who, *id, to).map(none),
        Work::NameObject(who, id, name) => objects::name(world, *who, *id, name).map(none),
        Work::DropObject(who, id) => objects::drop_object(world, *who, *id).map(none),
        Work::CollectObjects(ids, before) => objects::collect(world, ids, *before).map(none),
        Work::BeginCall(begin) => calls::begin(world, begin),
        Work::FinishCall(finish) => calls::finish(world, finish).map(none),
        Work::ReportCall {
            who,
            endpoint,
            key,
            text,
        } => calls::report(world, *who, *endpoint, *key, text).map(none),
    }
}

/// The asker's account; refuses one that may not be used.
fn active(world: &World, id: AccountId) -> Result<&Account, Fault> {
    match world.account(id)? {
        Some(account) if account.state == AccountState::Active => Ok(account),
        _ => Err(Error::unauthorized().into()),
    }
}

/// One need of all that these looks met; what one of them refuses is found again when its turn comes.
pub(super) fn together(looks: impl IntoIterator<Item = Option<Fault>>) -> Result<(), Fault> {
    let mut needs = Keys::default();
    for look in looks {
        if let Some(Fault::Need(keys)) = look {
            needs.extend(*keys);
        }
    }
    if needs.is_empty() {
        Ok(())
    } else {
        Err(Fault::Need(Box::new(needs)))
    }
}
