//! What a signed-in device may ask for: `POST /v1/skein/command`, or a frame of the WebSocket.

use super::{
    AbuseReason, AccountId, Availability, CallKey, Conversation, ConversationId, DeviceId,
    GroupRules, IceConfig, Membership, MessageId, ObjectId, ObjectInfo, Position, PrivacyChange,
    SendBody, Step, wire,
};

wire! {
    /// Where a message or call goes.
    #[serde(rename_all = "snake_case")]
    pub enum Target {
        /// To somebody: the conversation of the two, opened if need be.
        Account(AccountId),
        /// To a conversation.
        Conversation(ConversationId),
    }

    /// Everything that changes something. Those that make something carry a client-made id of 1 to 64 bytes, unique
    /// per device; a repeat gives the first result. The others may be repeated by nature.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Command {
        /// Change one's own account; absent fields stay.
        UpdateAccount {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            display: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            mood: Option<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            receipts: Option<bool>,
            /// A picture of one's own, uploaded before; empty takes it away.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            picture: Option<ObjectId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            language: Option<String>,
            /// Whom to show what to.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            privacy: Option<PrivacyChange>,
        },
        /// Choose one's availability; absent follows the devices again.
        SetAvailability {
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            availability: Option<Availability>,
            /// Until when, in ms, at most a year; absent: until something else is chosen.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            until: Option<i64>,
        },
        /// Say whether somebody sits at this connection (`true` = away from it).
        SetIdle { idle: bool },
        /// Change the password; other devices are signed out if asked.
        SetPassword { current: String, new: String, end_others: bool },
        /// Make a new recovery code; the old one ends.
        NewRecoveryCode { password: String },
        /// A name in the form of mail is another one to sign in with, or no more; at most 5. Nobody verifies it.
        /// Where old programs are allowed, the password is needed to add one.
        SetHandle {
            value: String,
            on: bool,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            password: Option<String>,
        },
        /// Let in what old programs derive from the password, or do not any more. What they send lies hashed on the server,
        /// and whoever has it can sign in: off unless it is needed.
        AllowOldPrograms { on: bool, password: String },
        /// Make a bot: an account that one owns, without a password. Its name is one of the same kind, and cannot change.
        MakeBot { name: String, display: String },
        /// Call one's own bot otherwise.
        RenameBot { bot: AccountId, display: String },
        /// Delete one's own bot; its name stays taken.
        DeleteBot { bot: AccountId },
        /// Make a token of one's own bot, shown once.
        MakeBotToken {
            bot: AccountId,
            /// For people, at most 60 code points.
            label: String,
        },
        /// End a token of one's own bot: whoever uses it is out at once.
        EndBotToken { bot: AccountId, token: DeviceId },
        /// Sign out a device (oneself included); its connections end at once.
        EndDevice { device: DeviceId },
        /// Sign out all other devices.
        EndOtherDevices,
        /// Change how one stands to somebody.
        Relate {
            other: AccountId,
            change: Relate,
            /// A line with `ask`; at most 300 code points.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            greeting: Option<String>,
        },
        /// Change what one keeps of a contact for oneself; absent fields stay. Nobody else sees it.
        SetContact {
            other: AccountId,
            /// One's own name for them, at most 64 code points; empty takes it away.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            nickname: Option<String>,
            /// A note, at most 2,048 bytes.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            note: Option<String>,
            /// Among one's favourites.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            favourite: Option<bool>,
        },
        /// Report somebody to the operator of the server. They are not told.
        ReportAbuse {
            about: AccountId,
            reason: AbuseReason,
            /// What one adds, at most 1,000 code points; needed with `other`.
            text: String,
            /// Messages to quote, at most 10 that one can read. They are kept as they stand now.
            #[serde(default)]
            messages: Vec<MessageId>,
            client: String,
        },
        /// Open (find or make) the conversation with somebody.
        OpenConversation { to: Target },
        /// Send a message.
        Send {
            to: Target,
            body: SendBody,
            /// Made by the device; unique per device.
            client: String,
            /// What it answers: a message of the same conversation.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            reply_to: Option<MessageId>,
        },
        /// Pass the words of a message on, with who said them first and when.
        Forward {
            message: MessageId,
            to: Target,
            /// Made by the device; unique per device, among sent messages too.
            client: String,
        },
        /// React to a message, or take it back: at most 8 per person and 50 different ones per message.
        React {
            message: MessageId,
            /// One emoji, or the `:name:` of an emoticon.
            key: String,
            on: bool,
        },
        /// Change the words of one's own message; one with files names the same ones again.
        Edit { message: MessageId, body: SendBody },
        /// Remove one's own message for everyone.
        Delete { message: MessageId },
        /// Change one's own settings of a conversation; absent fields stay. Only one's own devices hear of it.
        SetOwn {
            conversation: ConversationId,
            /// No sound until then, in ms; a time that has passed, such as 0, ends it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            muted_until: Option<i64>,
            /// Keep it on top.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            pinned: Option<bool>,
            /// Put it out of the way.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            archived: Option<bool>,
            /// What is not sent yet, at most 8 KiB; the newest wins. Empty removes it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            draft: Option<String>,
        },
        /// Make a named group with its first members, at most 100; only contacts of the maker.
        CreateGroup {
            /// 1 to 100 characters.
            title: String,
            members: Vec<AccountId>,
            /// Its rules; absent: everybody writes and adds, newcomers see no history.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            rules: Option<GroupRules>,
            /// Made by the device; unique per device, among sent messages too.
            client: String,
        },
        /// Change a group; absent fields stay. Title and picture are for owners and admins, the rules are for owners.
        UpdateGroup {
            conversation: ConversationId,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            title: Option<String>,
            /// A picture of one's own, uploaded before; empty takes it away.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            picture: Option<ObjectId>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            rules: Option<GroupRules>,
        },
        /// Change who belongs to a group, or what they may do: all of these, at most 100, or none.
        SetMembers {
            conversation: ConversationId,
            people: Vec<AccountId>,
            to: Membership,
        },
        /// Leave a group. If nobody else is owner, an admin, else a member, becomes owner.
        LeaveGroup { conversation: ConversationId },
        /// Make a link by which people join a group; at most 20.
        MakeLink {
            conversation: ConversationId,
            /// When it ends, in ms; absent: in 7 days; at most in a year.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            expires: Option<i64>,
            /// How often it may be used, 1 to 10,000; absent: any number of times.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            uses: Option<u32>,
        },
        /// Revoke a link.
        RevokeLink {
            conversation: ConversationId,
            /// Its id in the list.
            link: String,
        },
        /// Join a group by a link's token.
        JoinGroup { token: String },
        /// Everything up to here was read.
        MarkRead { conversation: ConversationId, upto: MessageId },
        /// Somebody types; lasts 6 s unless repeated or stopped.
        Typing { to: Target, typing: bool },
        /// Everything up to here was stored or shown by this device.
        Ack { upto: Position },
        /// Begin to upload a file or picture; a repeat says how far it is.
        BeginObject {
            /// Its name.
            name: String,
            /// Its size in bytes.
            size: i64,
            /// Made by the device; unique per device, among uploads.
            client: String,
        },
        /// All bytes of an upload are there.
        FinishObject {
            object: ObjectId,
            /// Hexadecimal SHA-256 of the whole.
            sha256: String,
        },
        /// Give up an upload, or let go of what was never sent.
        DropObject { object: ObjectId },
        /// A step of a call.
        Call { key: CallKey, step: Step },
        /// The report of a call that ended, as JSON text; kept byte for byte, at most 64 KiB.
        ReportCall { key: CallKey, report: String },
    }

    /// Changes of a relation.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Relate { Ask, Accept, Decline, Block, Unblock, Remove }

    /// The answer to a command.
    pub struct Done {
        /// Where its effect stands in the order of events, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub pos: Option<Position>,
        /// What it gave.
        #[serde(default)]
        pub value: Value,
    }

    /// Results of commands.
    #[derive(Default)]
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Value {
        /// Nothing more to say.
        #[default]
        None,
        /// A message was stored.
        Message {
            id: MessageId,
            conversation: ConversationId,
            stamp: i64,
        },
        /// A conversation was found or opened.
        Conversation { conversation: Box<Conversation> },
        /// The token of a new link, shown once.
        Link { token: String },
        /// An upload was begun or finished.
        Object { object: ObjectInfo },
        /// A bot was made.
        Bot { bot: AccountId },
        /// A token of a bot, shown once.
        BotToken { id: DeviceId, token: String },
        /// A new recovery code, shown once.
        RecoveryCode { code: String },
        /// How to look for paths in a call (after `prepare`, and `accept`).
        Ice { ice: IceConfig },
        /// The call goes on under another key: both called at once. Answer that one.
        Superseded { by: CallKey },
    }
}
