//! The port to what is kept. Declared here, where it is used; `backend` implements it for SQLite and PostgreSQL.
//!
//! **Writing.** A batch of commands is one transaction: [`Store::begin`] waits until it is the only writer of the whole
//! installation, [`Transaction::load`] brings the rows that decisions ask for, [`Transaction::save`] writes what they
//! made, and nothing is answered or published before [`Transaction::commit`] returned. So positions are allotted in
//! commit order and no reader ever sees a later position before an earlier one.
//!
//! **Reading.** Everything else is a short read on a connection of its own. A read that is given `upto` never looks
//! above it, so a reader that took the head first misses nothing.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::id::{
    AccountId, CallId, CallKey, ClientId, ConversationId, DeviceId, MessageId, ObjectId, Pos,
    ReportId, StreamId, Timestamp,
};
use crate::model::stored_enum;
use crate::model::*;

/// A future of a port.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Why the store did not do it. Nothing of the transaction is kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or is full: try again later. The text is for the operator.
    #[error("the store does not answer: {0}")]
    Away(String),
    /// It holds what cannot be, or refuses what must fit: our own broken promise.
    #[error("the store and the program disagree: {0}")]
    Broken(String),
}

/// What decisions ask for. Asking for what does not exist is no error: the row is absent from [`Rows`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Accounts by id.
    pub accounts: BTreeSet<AccountId>,
    /// Accounts by canonical name.
    pub names: BTreeSet<String>,
    /// All accounts that these own, deleted ones too.
    pub bots_of: BTreeSet<AccountId>,
    /// All secrets of these accounts.
    pub secrets: BTreeSet<AccountId>,
    /// Devices by id.
    pub devices: BTreeSet<DeviceId>,
    /// All devices of these accounts that were not signed out.
    pub devices_of: BTreeSet<AccountId>,
    /// Relations by (owner, other).
    pub relations: BTreeSet<(AccountId, AccountId)>,
    /// Conversations by id; a cast with all its members and their windows, a named group without.
    pub conversations: BTreeSet<ConversationId>,
    /// Members by conversation and account, with their windows.
    pub members: BTreeSet<(ConversationId, AccountId)>,
    /// All members of these conversations, with their windows.
    pub rosters: BTreeSet<ConversationId>,
    /// Conversations by cast, each with all its members.
    pub casts: BTreeSet<CastKey>,
    /// Messages by id.
    pub messages: BTreeSet<MessageId>,
    /// Messages by what a device called them.
    pub clients: BTreeSet<(DeviceId, ClientId)>,
    /// Messages by their stamp in a conversation.
    pub stamps: BTreeSet<(ConversationId, Timestamp)>,
    /// Messages by what any device of an account, signed out or not, called them.
    pub authored: BTreeSet<(AccountId, ClientId)>,
    /// Calls by id.
    pub calls: BTreeSet<CallId>,
    /// Calls by key.
    pub call_keys: BTreeSet<CallKey>,
    /// Other names of accounts, by kind and value.
    pub handles: BTreeSet<(HandleKind, String)>,
    /// All other names of these accounts.
    pub handles_of: BTreeSet<AccountId>,
    /// States of doors by account, door and key.
    pub door_states: BTreeSet<(AccountId, String, String)>,
    /// How much room the states of these accounts take.
    pub door_rooms: BTreeSet<AccountId>,
    /// All groups of contacts of these accounts.
    pub contact_groups: BTreeSet<AccountId>,
    /// All reactions to these messages.
    pub reactions: BTreeSet<MessageId>,
    /// Objects by id.
    pub objects: BTreeSet<ObjectId>,
    /// Objects by what a device called them.
    pub object_clients: BTreeSet<(DeviceId, ClientId)>,
    /// All grants of these objects.
    pub grants: BTreeSet<ObjectId>,
    /// How much room these take.
    pub usages: BTreeSet<AccountId>,
    /// Links by the hash of their token.
    pub links: BTreeSet<[u8; 32]>,
    /// All links that lead to these conversations.
    pub links_to: BTreeSet<ConversationId>,
    /// All invitations to the server that these have made.
    pub invites_of: BTreeSet<AccountId>,
    /// How much these accounts have.
    pub tallies: BTreeSet<AccountId>,
    /// Reports to the operator by id.
    pub abuse_reports: BTreeSet<ReportId>,
    /// All reports that these have made.
    pub abuse_reports_by: BTreeSet<AccountId>,
}

impl Keys {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Ask for these as well.
    pub fn extend(&mut self, more: Self) {
        self.accounts.extend(more.accounts);
        self.names.extend(more.names);
        self.bots_of.extend(more.bots_of);
        self.secrets.extend(more.secrets);
        self.devices.extend(more.devices);
        self.devices_of.extend(more.devices_of);
        self.relations.extend(more.relations);
        self.conversations.extend(more.conversations);
        self.casts.extend(more.casts);
        self.members.extend(more.members);
        self.rosters.extend(more.rosters);
        self.messages.extend(more.messages);
        self.clients.extend(more.clients);
        self.stamps.extend(more.stamps);
        self.authored.extend(more.authored);
        self.calls.extend(more.calls);
        self.call_keys.extend(more.call_keys);
        self.handles.extend(more.handles);
        self.handles_of.extend(more.handles_of);
        self.door_states.extend(more.door_states);
        self.door_rooms.extend(more.door_rooms);
        self.contact_groups.extend(more.contact_groups);
        self.reactions.extend(more.reactions);
        self.objects.extend(more.objects);
        self.object_clients.extend(more.object_clients);
        self.grants.extend(more.grants);
        self.usages.extend(more.usages);
        self.links.extend(more.links);
        self.links_to.extend(more.links_to);
        self.invites_of.extend(more.invites_of);
        self.tallies.extend(more.tallies);
        self.abuse_reports.extend(more.abuse_reports);
        self.abuse_reports_by.extend(more.abuse_reports_by);
    }
}

/// How much an account has of what is bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Whose.
    pub account: AccountId,
    /// People on its list.
    pub contacts: u32,
    /// Conversations it belongs to.
    pub conversations: u32,
}

/// Rows read, or rows to write. When written, each replaces the row with its key (insert or update), in one statement
/// per table and some dozens of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Secrets; an empty hash removes the row when written.
    pub secrets: Vec<Secret>,
    /// Other names; one that is off is removed when written, before any other is put in.
    pub handles: Vec<Handle>,
    /// Devices.
    pub devices: Vec<Device>,
    /// Relations; one that says nothing is removed when written.
    pub relations: Vec<Relation>,
    /// Groups of contacts; one without a name is removed when written.
    pub contact_groups: Vec<ContactGroup>,
    /// Conversations.
    pub conversations: Vec<Conversation>,
    /// Members of conversations.
    pub members: Vec<Member>,
    /// Messages.
    pub messages: Vec<Arc<Message>>,
    /// Reactions; a time of 0 removes the row when written. Those of a removed message go with it.
    pub reactions: Vec<Reaction>,
    /// Who is named where; never read as rows.
    pub mentions: Vec<Mention>,
    /// Objects; one that is gone is removed with its grants when written.
    pub objects: Vec<Object>,
    /// Grants; one that is off is removed when written.
    pub grants: Vec<Grant>,
    /// The room that objects take.
    pub usages: Vec<Usage>,
    /// Links; one that may be used 0 times and expired at 0 is removed when written.
    pub links: Vec<Link>,
    /// Tallies; counted when read, nothing when written.
    pub tallies: Vec<Tally>,
    /// Calls.
    pub calls: Vec<CallRow>,
    /// Reports of calls.
    pub reports: Vec<CallReport>,
    /// Reports to the operator; a closed one with the time 0 is removed when written.
    pub abuse_reports: Vec<AbuseReport>,
    /// States of doors; an empty value removes the row when written.
    pub door_states: Vec<DoorState>,
    /// How much room the states of an account take, as [`DoorState::room`] counts; counted when read, nothing when written.
    pub door_rooms: Vec<(AccountId, i64)>,
    /// Accounts of which nothing small stays when written: other names, groups of contacts, states of doors, links, reports
    /// of calls, what their devices were called.
    pub forgotten: Vec<AccountId>,
    /// What changed, besides new messages. Written as an upsert by (stream, kind, what): the newest position wins.
    pub changes: Vec<Change>,
}

stored_enum! {
    /// What kind of thing changed, and what the reference means.
    ChangeKind {
        /// A message was edited, removed, or reacted to: its id.
        Message = 0,
        /// The conversation itself or a member: 0.
        Conversation = 1,
        /// A read mark: the account whose mark it is.
        Read = 2,
        /// The account itself: 0.
        Account = 3,
        /// A device was added, changed or signed out: its id.
        Device = 4,
        /// A relation to somebody, either direction: their account.
        Contact = 5,
        /// A call: its id.
        Call = 6,
        /// One's own settings of a conversation: its id. In the account's stream.
        Own = 7,
        /// One's own place in a conversation: its id. In the account's stream, for what stands in the conversation's does
        /// not reach whoever went.
        Membership = 8,
    }
}

/// Something changed: kept as one row per (stream, kind, what), so that the table is bounded by things and not by
/// happenings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// In whose log.
    pub stream: StreamId,
    /// What kind of thing.
    pub kind: ChangeKind,
    /// Which one.
    pub what: i64,
    /// Where it stands now.
    pub pos: Pos,
}

/// One place of the log; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    /// A new message (its id is its position).
    Message(Arc<Message>),
    /// Something changed.
    Change(Change),
}

impl Happened {
    /// Where it stands.
    #[must_use]
    pub fn pos(&self) -> Pos {
        match self {
            Self::Message(message) => message.id,
            Self::Change(change) => change.pos,
        }
    }
}

/// Most members that a view of a named group carries.
pub const SHOWN_MEMBERS: u32 = 50;
/// Most people of a conversation in which what has been delivered is told.
pub const TOLD_DELIVERED: i32 = 20;

/// A conversation as one of its members sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationView {
    /// The conversation.
    pub conversation: Conversation,
    /// Its members: all of a cast; of a named group at most [`SHOWN_MEMBERS`], the viewer first, then those who are in it
    /// by role and account. Whoever went is shown themselves only.
    pub members: Vec<Member>,
    /// The newest message that the viewer may see.
    pub last: Option<Message>,
    /// What the viewer has not read.
    pub unread: Unread,
    /// For every other member of a cast, or of a group of up to [`TOLD_DELIVERED`]: the newest message here that has
    /// reached one of their devices.
    pub delivered: Vec<(AccountId, Upto)>,
}

impl ConversationView {
    /// Whose names are needed to show it: its members, and those of its newest message.
    pub fn people(&self) -> impl Iterator<Item = AccountId> {
        let members = self.members.iter().map(|member| member.account);
        members.chain(self.last.iter().flat_map(Message::people))
    }
}

/// What somebody has not read in a conversation: messages of others above their read mark, without removed ones and lines
/// of the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unread {
    /// How many, counted up to 1,000.
    pub messages: u32,
    /// How many of them name the reader, or everybody; counted up to 1,000.
    pub mentions: u32,
    /// The oldest of these.
    pub mentioned: Option<MessageId>,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sought {
    /// Only here; else in all conversations of the reader, the newest thousand.
    pub conversation: Option<ConversationId>,
    /// Words as [`crate::search::asked`] gives them: each must occur, or one that begins so.
    pub words: Vec<String>,
    /// Only older than this.
    pub before: Option<MessageId>,
}

/// Which messages of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// The newest.
    Newest,
    /// Older than this.
    Before(MessageId),
    /// Newer than this.
    After(MessageId),
    /// Older than this time: for doors that know messages by their stamps.
    Earlier(Timestamp),
    /// From this time on, what carries this very stamp too.
    Since(Timestamp),
    /// This one in the middle.
    Near(MessageId),
    /// The oldest unread one in the middle; the newest if all are read.
    Unread,
}

/// A page of messages, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePage {
    /// The messages.
    pub messages: Vec<Message>,
    /// Whether the viewer may see earlier ones.
    pub earlier: bool,
    /// Whether the viewer may see later ones.
    pub later: bool,
}

/// A contact with both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// The owner's side.
    pub mine: Relation,
    /// The other's side.
    pub theirs: Relation,
    /// The other.
    pub account: Account,
}

/// What is kept.
pub trait Store: Send + Sync + 'static {
    /// Open the one write transaction; waits for the one before it, in this process or another.
    fn begin(&self) -> Boxed<'_, Box<dyn Transaction>>;

    /// The newest committed position.
    fn head(&self) -> Boxed<'_, Pos>;

    /// Rows by key, outside of a transaction.
    fn load<'a>(&'a self, keys: &'a Keys) -> Boxed<'a, Rows>;

    /// The device with this token hash, signed out or not.
    fn device_by_token<'a>(&'a self, hash: &'a [u8; 32]) -> Boxed<'a, Option<Device>>;

    /// `account`'s view of the log: everything with `after < pos ≤ upto`, oldest first, at most `limit`: messages of its
    /// conversations inside its windows, changes of its own stream and of its conversations, and a `Contact` change at
    /// `profile_pos` for everybody it has listed or who has listed it.
    fn since(
        &self,
        account: AccountId,
        after: Pos,
        upto: Pos,
        limit: u32,
    ) -> Boxed<'_, Vec<Happened>>;

    /// How many events `since` would give, counted up to `limit`.
    fn count_since(&self, account: AccountId, after: Pos, limit: u32) -> Boxed<'_, u32>;

    /// The whole log with `after < pos ≤ upto`, oldest first, at most `limit`: for a process that missed a batch.
    fn log(&self, after: Pos, upto: Pos, limit: u32) -> Boxed<'_, Vec<Happened>>;

    /// Changes at or below this position may have been pruned: an older `since` needs a snapshot.
    fn floor(&self) -> Boxed<'_, Pos>;

    /// Remove changes at or below `upto` and raise the floor to it.
    fn prune(&self, upto: Pos) -> Boxed<'_, ()>;

    /// Everybody that `owner` has a relation with in either direction, by account id above `after`.
    fn contacts(
        &self,
        owner: AccountId,
        after: AccountId,
        limit: u32,
    ) -> Boxed<'_, Vec<ContactRow>>;

    /// `account`'s conversations, newest `head` first, below `before` if given.
    fn conversations(
        &self,
        account: AccountId,
        before: Option<(Pos, ConversationId)>,
        limit: u32,
    ) -> Boxed<'_, Vec<ConversationView>>;

    /// One conversation as `account` sees it; `None` if it is no member.
    fn conversation(
        &self,
        account: AccountId,
        id: ConversationId,
    ) -> Boxed<'_, Option<ConversationView>>;

    /// Where `account` is now: each conversation with the window that is open.
    fn stays(&self, account: AccountId) -> Boxed<'_, Vec<(ConversationId, Window)>>;

    /// Those who are in a conversation, or stand to it in another way, by role and account, after `after` if given.
    fn members(
        &self,
        id: ConversationId,
        state: MemberState,
        after: Option<(Role, AccountId)>,
        limit: u32,
    ) -> Boxed<'_, Vec<Member>>;

    /// A page of messages, cut by `account`'s windows; empty if it is no member.
    fn messages(
        &self,
        account: AccountId,
        conversation: ConversationId,
        around: Around,
        limit: u32,
    ) -> Boxed<'_, MessagePage>;

    /// Those of these messages that `account` may see: inside its windows, above what it cleared, not trimmed and not
    /// hidden from it; removed ones too. In no order.
    fn visible<'a>(
        &'a self,
        account: AccountId,
        ids: &'a BTreeSet<MessageId>,
    ) -> Boxed<'a, Vec<Message>>;

    /// What `account` has not read in these conversations.
    fn unread<'a>(
        &'a self,
        account: AccountId,
        ids: &'a BTreeSet<ConversationId>,
    ) -> Boxed<'a, Vec<(ConversationId, Unread)>>;

    /// Bring the index of words up to date with the next `limit` places of the log (at least one); where it stands then. They
    /// are read and folded while others write; the words and the index's position are kept together, and only if it still
    /// stands where it was read: another process may have done this step.
    fn index(&self, limit: u32) -> Boxed<'_, Pos>;

    /// Ids of messages in which the index has what is sought, newest first, at most `limit`. Of conversations of the reader,
    /// but whether the reader may see them now, and whether they still say so, is not looked at.
    fn search<'a>(
        &'a self,
        reader: AccountId,
        sought: &'a Sought,
        limit: u32,
    ) -> Boxed<'a, Vec<MessageId>>;

    /// Whether `account` may read an object because of a grant: it belongs to the stream now and may see the message as
    /// [`Store::visible`] has it, or it belongs to the conversation whose picture this is. Owners and pictures of people
    /// are not looked at.
    fn may_read(&self, account: AccountId, object: ObjectId) -> Boxed<'_, bool>;

    /// Objects that nothing has referred to since before `before`, oldest first, at most `limit`.
    fn idle_objects(&self, before: Timestamp, limit: u32) -> Boxed<'_, Vec<Object>>;

    /// Those of these blobs that an object is made of.
    fn used_blobs<'a>(&'a self, blobs: &'a BTreeSet<[u8; 32]>) -> Boxed<'a, BTreeSet<[u8; 32]>>;

    /// The newest message of a conversation at or below `upto`.
    fn message_at(&self, conversation: ConversationId, upto: Pos) -> Boxed<'_, Option<Upto>>;

    /// Calls of `account`, newest first, below `before` if given; superseded ones are left out, and so are, for the callee,
    /// unheard ones.
    fn calls(
        &self,
        account: AccountId,
        before: Option<CallId>,
        limit: u32,
    ) -> Boxed<'_, Vec<CallRow>>;

    /// Calls that are still open, of the process `owner`, or of all.
    fn open_calls(&self, owner: Option<i32>) -> Boxed<'_, Vec<CallRow>>;

    /// The reports of a call, oldest first.
    fn reports(&self, call: CallId) -> Boxed<'_, Vec<CallReport>>;

    /// Named groups in which both of these are now, the newest `head` first.
    fn common(&self, a: AccountId, b: AccountId, limit: u32) -> Boxed<'_, Vec<Conversation>>;

    /// What somebody has uploaded and finished, by id above `after`.
    fn objects_of(&self, owner: AccountId, after: ObjectId, limit: u32) -> Boxed<'_, Vec<Object>>;

    /// Reports to the operator, oldest first, by id above `after`; closed ones only if asked for.
    fn abuse_reports(
        &self,
        after: ReportId,
        with_closed: bool,
        limit: u32,
    ) -> Boxed<'_, Vec<AbuseReport>>;

    /// Accounts by name, for the operator's list.
    fn accounts(&self, after: &str, limit: u32) -> Boxed<'_, Vec<Account>>;

    /// Accounts that were deleted and of which not everything is removed yet.
    fn leaving(&self, limit: u32) -> Boxed<'_, Vec<AccountId>>;

    /// Bots whose limits the operator raised, but for deleted ones; at most `limit`.
    fn raised(&self, limit: u32) -> Boxed<'_, Vec<AccountId>>;

    /// Guests who are to go: they belong to no group any more, or were last here before `before`, at most `limit`.
    fn late_guests(&self, before: Timestamp, limit: u32) -> Boxed<'_, Vec<AccountId>>;

    /// Invitations to the server by the hash of their token, above `after`; those that hold no more too.
    fn invites(&self, after: [u8; 32], limit: u32) -> Boxed<'_, Vec<Link>>;

    /// How many bytes the database takes.
    fn size(&self) -> Boxed<'_, u64>;

    /// States of a door whose key begins with `prefix`.
    fn door_states<'a>(
        &'a self,
        account: AccountId,
        door: &'a str,
        prefix: &'a str,
    ) -> Boxed<'a, Vec<DoorState>>;

    /// A few bytes that belong to the installation, not to an account: server keys, the built-in devices.
    fn setting<'a>(&'a self, key: &'a str) -> Boxed<'a, Option<Vec<u8>>>;

    /// Keep such bytes; the first value stays, and is what comes back.
    fn keep_setting<'a>(&'a self, key: &'a str, value: &'a [u8]) -> Boxed<'a, Vec<u8>>;

    /// Take a process number (0–511) that nobody else holds, until `now + lease_ms`. Asked again, the same store holds
    /// its number for longer; with 0 ms it gives it back.
    fn lease_node(&self, now: Timestamp, lease_ms: i64) -> Boxed<'_, u16>;

    /// Finish what is buffered (a checkpoint) before the program ends.
    fn close(&self) -> Boxed<'_, ()>;
}

/// The one write transaction. Dropped without commit, nothing of it is kept.
pub trait Transaction: Send {
    /// The newest position before this transaction.
    fn head(&self) -> Pos;

    /// How often rows had been saved before this transaction, by any process. While it stays the same, rows that were
    /// loaded are what the store holds.
    fn version(&self) -> i64;

    /// Rows by key, as this transaction sees them.
    fn load<'a>(&'a mut self, keys: &'a Keys) -> Boxed<'a, Rows>;

    /// Write rows; `head` becomes the newest position, and the version rises by one.
    fn save<'a>(&'a mut self, rows: &'a Rows, head: Pos) -> Boxed<'a, ()>;

    /// Make it last: on disk when this returns.
    fn commit(self: Box<Self>) -> Boxed<'static, ()>;
}
