//! What may be asked of the hub. Doors translate into these and back; two doors never need the same `if`.

use crate::event::Media;
use crate::id::{
    AccountId, CallKey, ClientId, ConversationId, DeviceId, EndpointId, MessageId, ObjectId, Pos,
    Timestamp,
};
use crate::model::{
    AbuseReason, Allowed, Availability, Body, Object, Policy, RelationChange, Role, SeenBy, Shown,
};

/// Where a message or a call goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A conversation.
    Conversation(ConversationId),
    /// The cast of these people and oneself; opened if need be.
    Cast(Vec<AccountId>),
}

/// A message by one of its names. Doors whose clients know no ids of ours use the other two.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageRef {
    /// By id.
    Id(MessageId),
    /// By its stamp, which is unique in its conversation.
    Stamp(ConversationId, Timestamp),
    /// By what a device of its author called it; the newest, if two devices called theirs so.
    Client(AccountId, ClientId),
}

/// Everything that changes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Change one's own account.
    UpdateAccount(AccountPatch),
    /// Set the password; `current` is checked first.
    SetPassword {
        /// The password until now.
        current: String,
        /// The password from now on.
        new: String,
        /// Sign out all other devices.
        end_others: bool,
    },
    /// Make a new recovery code; `password` is checked first.
    NewRecoveryCode {
        /// The password.
        password: String,
    },
    /// A handle in the form of mail is one's own, or no more: another name to sign in with, at most five. Nobody verifies it.
    /// [`Session::own`](crate::Session::own) and the event of one's own account show them.
    SetHandle {
        /// Which, in any capitals.
        value: String,
        /// Whether.
        on: bool,
        /// The password, with which old programs sign in by it too: needed to add one where these are allowed.
        password: Option<String>,
    },
    /// Let in what old programs derive from the password ([`Proof::Derived`](crate::Proof::Derived)), or do not any more. Off at
    /// first.
    AllowOldPrograms {
        /// Whether.
        on: bool,
        /// The password; checked first.
        password: String,
    },
    /// Make a bot: an account of one's own without a password, which people add as a contact by its name. Gives its id; its tokens
    /// are made by [`Command::MakeBotToken`]. Read by [`Session::bots`](crate::Session::bots).
    MakeBot {
        /// Any spelling of its name.
        name: String,
        /// The name others see.
        display: String,
    },
    /// Call one's own bot otherwise.
    RenameBot {
        /// Which.
        bot: AccountId,
        /// The name others see.
        display: String,
    },
    /// Delete one's own bot; its name stays taken.
    DeleteBot(AccountId),
    /// Make a token of one's own bot, told once.
    MakeBotToken {
        /// Of which.
        bot: AccountId,
        /// For people.
        label: String,
    },
    /// End a token of one's own bot: whoever uses it is out at once.
    EndBotToken {
        /// Of which.
        bot: AccountId,
        /// Which.
        token: DeviceId,
    },
    /// Sign out devices.
    EndDevice(Which),
    /// Choose one's availability; `None` follows the devices again.
    SetAvailability {
        /// Where.
        value: Option<Availability>,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Whether somebody sits at this endpoint.
    SetIdle(bool),
    /// Everything up to here was stored or shown by this device.
    Ack(Pos),
    /// Change how one stands to somebody.
    Relate {
        /// To whom.
        other: AccountId,
        /// How.
        change: RelationChange,
        /// A line that goes with a request.
        greeting: Option<String>,
    },
    /// Change what one keeps of a contact for oneself.
    SetContact {
        /// Of whom.
        other: AccountId,
        /// How.
        patch: ContactPatch,
    },
    /// Make or change a group into which one sorts one's contacts; gives its number. Nobody else ever sees it; one's own devices
    /// hear of it as of their own account. Read by [`Session::contact_groups`](crate::Session::contact_groups).
    PutContactGroup {
        /// Its number, 1 to 100, which stays; the lowest free one if absent.
        slot: Option<i16>,
        /// Its name, 1 to 64 code points.
        name: String,
        /// Who is in it; whoever is not on one's list is left out.
        members: Vec<AccountId>,
    },
    /// Let go of a group of contacts; its people stay contacts.
    DropContactGroup {
        /// Its number.
        slot: i16,
    },
    /// Report somebody to the operator.
    ReportAbuse {
        /// Whom.
        about: AccountId,
        /// Why.
        reason: AbuseReason,
        /// What one adds, at most 1,000 code points.
        text: String,
        /// Messages to quote, at most 10 that one can read.
        messages: Vec<MessageId>,
        /// What the device calls it.
        client: ClientId,
    },
    /// Keep something that only one door knows of one's own account; a value without bytes removes it. Nobody hears of it.
    /// Read again by [`Session::door_states`](crate::Session::door_states).
    PutDoorState {
        /// Which door.
        door: &'static str,
        /// Which thing: 1 to 128 bytes.
        key: String,
        /// Its bytes, at most 16 KiB; all of an account at most 512 KiB, see
        /// [`MAX_DOOR_STATES`](crate::model::MAX_DOOR_STATES).
        value: Vec<u8>,
        /// Who may see it.
        seen_by: SeenBy,
    },
    /// Find or open a conversation.
    Open(Target),
    /// Write.
    Send {
        /// Where to.
        to: Target,
        /// What.
        body: Body,
        /// What the device calls it.
        client: ClientId,
        /// What it answers.
        reply_to: Option<MessageId>,
        /// Bytes for doors of the same kind.
        hints: Vec<u8>,
    },
    /// Pass on what somebody said, with who said it and when.
    Forward {
        /// What.
        of: MessageRef,
        /// Where to.
        to: Target,
        /// What the device calls the new message.
        client: ClientId,
    },
    /// Change one's own message.
    Edit {
        /// Which.
        of: MessageRef,
        /// To what.
        body: Body,
    },
    /// Remove one's own message for everyone.
    Delete {
        /// Which.
        of: MessageRef,
    },
    /// React to a message, or take it back.
    React {
        /// To which.
        of: MessageRef,
        /// With one emoji, or the `:name:` of an emoticon.
        key: String,
        /// Whether.
        on: bool,
    },
    /// Change one's own settings of a conversation.
    SetOwn {
        /// Which.
        conversation: ConversationId,
        /// How.
        patch: OwnPatch,
    },
    /// Everything up to here was read.
    MarkRead {
        /// Where.
        conversation: ConversationId,
        /// Up to here.
        upto: MessageRef,
    },
    /// Somebody types, or stopped. Finds, never opens.
    Typing {
        /// Where.
        to: Target,
        /// Whether.
        typing: bool,
    },
    /// Make a named group; oneself is its owner.
    CreateGroup(Box<NewGroup>),
    /// Change a group.
    UpdateGroup {
        /// Which.
        conversation: ConversationId,
        /// How.
        patch: GroupPatch,
    },
    /// Change who belongs to a group, or what they may do.
    SetMembers {
        /// Where.
        conversation: ConversationId,
        /// Who; at most 100.
        who: Vec<AccountId>,
        /// To what.
        to: Membership,
    },
    /// Leave a group.
    Leave {
        /// Which.
        conversation: ConversationId,
    },
    /// Make a link by which people join a group.
    PutLink {
        /// Which.
        conversation: ConversationId,
        /// Until when; 7 days if absent, at most a year.
        expires: Option<Timestamp>,
        /// How often, 1 to 10,000; any number of times if absent.
        uses: Option<i32>,
    },
    /// Revoke a link.
    DropLink {
        /// Of which group.
        conversation: ConversationId,
        /// Which: the hash of its token.
        link: [u8; 32],
    },
    /// Join a group by a link's token.
    Join {
        /// The token.
        token: String,
    },
    /// Begin to upload a file or picture.
    BeginObject {
        /// Its name.
        name: String,
        /// Its size in bytes.
        size: i64,
        /// What the device calls it.
        client: ClientId,
    },
    /// Say how many bytes an upload has, where that was not known when it was begun. Unlike there it may be none: programs of
    /// other makers send empty files.
    SizeObject {
        /// Of which; one's own, and not finished.
        id: ObjectId,
        /// Its size in bytes.
        size: i64,
    },
    /// All bytes of an upload are there.
    FinishObject {
        /// Of which.
        id: ObjectId,
        /// SHA-256 of the whole.
        sha256: [u8; 32],
    },
    /// Let others read one's own upload, finished or not: people of [`Target::Cast`], and whoever belongs to a conversation when
    /// they ask; who came to it later, as far as they see what was said before. It is kept until a message that carries it is
    /// removed, or one drops it.
    GrantObject {
        /// Which.
        id: ObjectId,
        /// To whom; all grants of an object are at most 100.
        to: Vec<Target>,
    },
    /// Call a file otherwise that was not sent yet. For a door whose programs say what a file is called when they send it.
    NameObject {
        /// Which.
        id: ObjectId,
        /// What it is called; cleaned.
        name: String,
    },
    /// Give up an upload, or let go of what was never sent.
    DropObject(ObjectId),
    /// A step of a call.
    Call {
        /// Which call.
        key: CallKey,
        /// Which step.
        step: Step,
    },
    /// A report of a call, as text.
    ReportCall {
        /// Which call.
        key: CallKey,
        /// JSON with a `format`, at most 64 KiB; kept byte for byte.
        report: String,
    },
}

/// What to change of one's own account; `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountPatch {
    /// The name others see.
    pub display: Option<String>,
    /// The line others see.
    pub mood: Option<String>,
    /// Whether others are told what was read.
    pub receipts: Option<bool>,
    /// The picture others see; `Some(None)` takes it away.
    pub picture: Option<Option<ObjectId>>,
    /// The language of built-in accounts.
    pub language: Option<String>,
    /// Whom the details are shown to.
    pub privacy: PrivacyPatch,
}

/// Whom to show what to from now on; `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PrivacyPatch {
    /// When one was last seen.
    pub last_seen: Option<Shown>,
    /// One's picture.
    pub picture: Option<Shown>,
    /// One's mood.
    pub mood: Option<Shown>,
}

/// What to change of what one keeps of a contact for oneself; `None` stays. Nobody else ever sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactPatch {
    /// One's own name for them; empty takes it away.
    pub nickname: Option<String>,
    /// A note, at most 2 KiB.
    pub note: Option<String>,
    /// Among one's favourites.
    pub favourite: Option<bool>,
}

/// What to change of one's own settings of a conversation; `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnPatch {
    /// No sound until then; a time that has passed ends it.
    pub muted_until: Option<Timestamp>,
    /// Keep it on top.
    pub pinned: Option<bool>,
    /// Put it out of the way.
    pub archived: Option<bool>,
    /// What is not sent yet, at most 8 KiB; the newest wins on every device.
    pub draft: Option<String>,
    /// Hide what was said up to here, for oneself and for good.
    pub cleared: Option<Pos>,
}

/// A group to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewGroup {
    /// Its title, 1 to 100 code points.
    pub title: String,
    /// Its first members besides oneself, at most 100.
    pub members: Vec<AccountId>,
    /// Its rules.
    pub policy: Policy,
    /// What the device calls it.
    pub client: ClientId,
}

/// What to change of a group; `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupPatch {
    /// Its title.
    pub title: Option<String>,
    /// Its picture; `Some(None)` takes it away.
    pub picture: Option<Option<ObjectId>>,
    /// Who posts.
    pub post: Option<Allowed>,
    /// Who adds people.
    pub add: Option<Allowed>,
    /// Whether newcomers see what was said before they came.
    pub history: Option<bool>,
}

/// What somebody becomes in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// Somebody who belongs to it.
    Added,
    /// Somebody who does not.
    Removed,
    /// Somebody who does not, and may not come back.
    Banned,
    /// Somebody who may come back.
    Unbanned,
    /// Somebody with this role.
    Ranked(Role),
}

/// Which devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that asks.
    This,
    /// This one.
    Device(DeviceId),
    /// All but the one that asks.
    Others,
    /// All.
    All,
}

/// A step of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// How to look for paths, before there is a call. Changes nothing.
    Prepare {
        /// Whom to call.
        to: Target,
        /// The caller wants the relay only.
        relay_only: bool,
    },
    /// Ring them.
    Invite {
        /// Whom.
        to: Target,
        /// What the caller sends.
        media: Media,
        /// Its offer, unread.
        offer: String,
        /// The caller wants the relay only.
        relay_only: bool,
    },
    /// This endpoint rings.
    Ringing,
    /// Answer.
    Accept {
        /// What the callee sends.
        media: Media,
        /// Its answer, unread.
        answer: String,
    },
    /// Not now.
    Decline,
    /// A line to the other side, unread.
    Signal {
        /// The line, at most 16 KiB.
        data: String,
    },
    /// What is open now.
    Media(Media),
    /// Media have arrived.
    Connected,
    /// Take this end of a call that runs: again, after the connection, the page or the server went; or from another device.
    /// Gives how to look for paths.
    Join {
        /// What this end sends.
        media: Media,
        /// Its media never stopped.
        still_connected: bool,
    },
    /// This page goes away, and may come back.
    Away {
        /// The endpoint of the page.
        endpoint: EndpointId,
    },
    /// Leave.
    Leave(LeaveWhy),
}

/// Why an endpoint leaves a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveWhy {
    /// The person hung up, or gave up while it rang.
    HangUp,
    /// The page was closed or loaded again.
    PageClosed,
    /// No path, no seal, or a device failed.
    Failed,
}

/// The answer to a command.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// Where its effect stands, if it has one.
    pub pos: Option<Pos>,
    /// What it gave.
    pub value: Value,
}

/// Results.
#[derive(Debug, Clone, Default)]
pub enum Value {
    /// Nothing more to say.
    #[default]
    None,
    /// A message was stored.
    Message {
        /// Its id.
        id: MessageId,
        /// Where it stands.
        conversation: ConversationId,
        /// Its stamp.
        stamp: Timestamp,
    },
    /// A conversation was found or opened.
    Conversation(ConversationId),
    /// The token of a new link, shown once.
    LinkToken(String),
    /// An upload was begun or finished.
    Object(Box<Object>),
    /// The number of a group of contacts.
    ContactGroup(i16),
    /// A bot was made.
    Bot(AccountId),
    /// A token of a bot, shown once.
    BotToken {
        /// The device that it is.
        device: DeviceId,
        /// What lets it in.
        token: String,
    },
    /// A new recovery code, shown once.
    RecoveryCode(String),
    /// How to look for paths.
    Ice(crate::event::IceConfig),
    /// Both called at once: answer this call instead.
    Superseded(CallKey),
}
