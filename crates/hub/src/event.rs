//! What sessions hear. Closed enums, matched without `_` in doors: a new event does not compile until every door has
//! said what it shows.

use std::sync::Arc;

use crate::OwnAccount;
use crate::id::{
    AccountId, CallKey, ConversationId, DeviceId, EndpointId, MessageId, ObjectId, Pos, Timestamp,
};
use crate::model::{
    Account, Availability, CallRow, ContactState, Device, Member, Message, Object, Outcome,
    OwnSettings, Relation, Upto,
};
use crate::store::{ConversationView, Unread};

/// What a session hears next.
#[derive(Debug, Clone)]
pub enum Heard {
    /// Something durable at its position.
    Placed(Pos, Event),
    /// Something that is not kept: the newest wins.
    Passing(Ephemeral),
    /// Nothing at or below this position is missing.
    Reached(Pos),
    /// The position given at attach is too old: take a snapshot, then go on from its position.
    Behind,
    /// The session ended.
    Detached(Why),
}

/// Something durable, as the session's account may see it; always the newest state of what changed.
#[derive(Debug, Clone)]
pub enum Event {
    /// A message, new or changed.
    Message(Arc<MessageView>),
    /// A conversation was opened, or it or its members changed.
    Conversation(Arc<ConversationView>),
    /// Somebody's read mark.
    Read {
        /// Where.
        conversation: ConversationId,
        /// Whose.
        account: AccountId,
        /// Up to here.
        upto: Upto,
        /// What is left unread above one's own mark; absent for others'.
        left: Option<Unread>,
    },
    /// One's own settings of a conversation.
    Own {
        /// Where.
        conversation: ConversationId,
        /// As they are now.
        own: Arc<OwnSettings>,
    },
    /// One's own account, or what only oneself sees of it.
    Account(Arc<OwnAccount>),
    /// A device was added or changed.
    Device(Arc<Device>),
    /// A device was signed out.
    DeviceEnded(DeviceId),
    /// A contact, or their profile.
    Contact(Arc<ContactView>),
    /// A call's record.
    Call(Arc<CallRow>),
}

/// A message with what a reader needs to show it.
#[derive(Debug, Clone)]
pub struct MessageView {
    /// The message.
    pub message: Arc<Message>,
    /// Who wrote it.
    pub author: Arc<Account>,
    /// The record of the call it tells of.
    pub call: Option<Arc<CallRow>>,
    /// What it answers, as far as the reader may see it.
    pub quoted: Option<Arc<Quoted>>,
    /// The objects it carries, in its order; one that cannot be found is left out.
    pub objects: Vec<Arc<Object>>,
    /// Reactions, by key in the order in which each was first used.
    pub reactions: Vec<Reacted>,
    /// The reader is named in it, or everybody is, by somebody else.
    pub mentions_reader: bool,
}

impl MessageView {
    /// Whose names are needed to show it.
    pub fn people(&self) -> impl Iterator<Item = AccountId> {
        let reacted = self.reactions.iter().flat_map(|each| &each.people);
        self.message.people().chain(reacted.copied())
    }
}

/// A message that another one answers, with what a reader needs to show it beside the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// Which.
    pub message: MessageId,
    /// Who wrote it.
    pub author: AccountId,
    /// Their name.
    pub name: String,
    /// When.
    pub stamp: Timestamp,
    /// How it begins: at most [`Quoted::WORDS`] code points.
    pub words: String,
    /// There is more of it.
    pub cut: bool,
    /// It was removed.
    pub deleted: bool,
}

impl Quoted {
    /// Code points of `words`.
    pub const WORDS: usize = 200;
}

/// Everybody who reacted to a message with one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reacted {
    /// Which.
    pub key: String,
    /// How many people.
    pub count: u32,
    /// The reader is among them.
    pub mine: bool,
    /// The first of them: at most [`Reacted::NAMED`].
    pub people: Vec<AccountId>,
}

impl Reacted {
    /// People who are named.
    pub const NAMED: usize = 20;
}

/// Where a link leads, for somebody who has not joined yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkPreview {
    /// The group, if one is in it already.
    pub conversation: Option<ConversationId>,
    /// Who made the link.
    pub by: AccountId,
    /// Its title.
    pub title: String,
    /// Its picture.
    pub picture: Option<ObjectId>,
    /// How many people are in it.
    pub people: i32,
}

/// How somebody stands to the session's account.
#[derive(Debug, Clone)]
pub struct ContactView {
    /// Who.
    pub account: Arc<Account>,
    /// Where the two stand.
    pub state: ContactState,
    /// The account's own side.
    pub mine: Relation,
    /// The greeting of the other's request.
    pub greeting: String,
    /// Since when the two stand so, as far as the account may know it.
    pub since: Timestamp,
    /// Whether presence and mood may be seen.
    pub visible: bool,
}

/// Merged presence of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Whose.
    pub account: AccountId,
    /// Where they are.
    pub availability: Availability,
    /// In a call.
    pub in_call: bool,
    /// Since when away, or when last seen.
    pub since: Option<Timestamp>,
}

/// Something that is not kept.
#[derive(Debug, Clone)]
pub enum Ephemeral {
    /// Somebody came, went, or changed.
    Presence(Presence),
    /// Somebody types, or stopped.
    Typing {
        /// Where.
        conversation: ConversationId,
        /// Who.
        account: AccountId,
        /// Whether.
        typing: bool,
    },
    /// Messages have reached somebody.
    Delivered {
        /// Where.
        conversation: ConversationId,
        /// Whom.
        account: AccountId,
        /// Up to here.
        upto: Upto,
    },
    /// Something in a call.
    Call(CallEvent),
}

/// What the hub says of a call to one endpoint.
#[derive(Debug, Clone)]
pub enum CallEvent {
    /// Ring.
    Ring {
        /// Which call.
        key: CallKey,
        /// Who calls.
        from: AccountId,
        /// Where it belongs.
        conversation: ConversationId,
        /// What they send.
        media: Media,
        /// Their offer, unread.
        offer: Arc<str>,
        /// Show it without sound.
        silent: bool,
        /// How to look for paths.
        ice: IceConfig,
        /// When it rings out, in ms from now.
        expires_in: i64,
    },
    /// Stop ringing.
    RingStopped {
        /// Which call.
        key: CallKey,
        /// Why.
        why: StopWhy,
    },
    /// To the caller: so many devices ring.
    Ringing {
        /// Which call.
        key: CallKey,
        /// How many.
        devices: u32,
    },
    /// To the caller: answered.
    Accepted {
        /// Which call.
        key: CallKey,
        /// By which endpoint.
        endpoint: EndpointId,
        /// What they send.
        media: Media,
        /// Their answer, unread.
        answer: Arc<str>,
    },
    /// A line from the other side, unread.
    Signal {
        /// Which call.
        key: CallKey,
        /// From which endpoint.
        from: EndpointId,
        /// The line.
        data: Arc<str>,
    },
    /// What the other side sends now.
    Media {
        /// Which call.
        key: CallKey,
        /// From which endpoint.
        from: EndpointId,
        /// What.
        media: Media,
    },
    /// Both sides have media.
    Live {
        /// Which call.
        key: CallKey,
    },
    /// To other endpoints of somebody in it: the call runs elsewhere.
    Elsewhere {
        /// Which call.
        key: CallKey,
    },
    /// The other end is not there: its connection dropped, or its page went. It is waited for.
    Away {
        /// Which call.
        key: CallKey,
        /// The page said itself that it goes: its media have stopped.
        left: bool,
        /// How long it is waited for, in ms from now.
        expires_in: i64,
    },
    /// The other end is there, or there again.
    Joined {
        /// Which call.
        key: CallKey,
        /// From which endpoint.
        from: EndpointId,
        /// What it sends.
        media: Media,
        /// Its media never stopped. Otherwise it makes a new connection, and its offer is the next signal.
        still_connected: bool,
    },
    /// Over.
    Ended {
        /// Which call.
        key: CallKey,
        /// As the endpoint's side may know it.
        outcome: Outcome,
    },
    /// Both sides called at once: go on under `by`.
    Superseded {
        /// The call that ended.
        key: CallKey,
        /// The call that lives.
        by: CallKey,
    },
}

/// What an end of a call sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Media {
    /// Microphone.
    pub audio: bool,
    /// Camera.
    pub video: bool,
    /// Screen, beside the camera.
    pub screen: bool,
    /// The other side is on hold: nothing is sent to it, and nothing of it is heard or seen.
    pub held: bool,
    /// There is no microphone that could be opened.
    pub no_microphone: bool,
}

/// Why it stopped ringing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWhy {
    /// Another device answered.
    AnsweredElsewhere,
    /// Another device declined.
    DeclinedElsewhere,
    /// The caller gave up.
    Cancelled,
    /// It rang out.
    NotAnswered,
    /// Both sides called at once.
    Superseded,
    /// The server ended it.
    Ended,
}

/// How to look for paths in a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IceConfig {
    /// STUN and TURN servers.
    pub servers: Vec<IceServer>,
    /// Only relayed candidates may be used.
    pub relay_only: bool,
}

/// A STUN or TURN server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServer {
    /// Its addresses (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// For TURN: the user and the password.
    pub credentials: Option<(String, String)>,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It fell behind its bounded queue: attach again and catch up.
    TooSlow,
    /// The device was signed out.
    SignedOut,
    /// The operator blocked the account, or it was deleted.
    Blocked,
    /// Too many endpoints of the account: the longest idle one went.
    TooMany,
    /// The hub stops: come back.
    Stopping,
}

/// Members as doors show them: those who belong to it now.
pub fn present(members: &[Member]) -> impl Iterator<Item = &Member> {
    members
        .iter()
        .filter(|m| m.state == crate::model::MemberState::In)
}
