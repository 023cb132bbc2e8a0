//! Conversations and messages.

use super::{AccountId, Body, ConversationId, Group, MessageId, ObjectId, Position, Role, wire};

wire! {
    /// A conversation as the reader sees it.
    pub struct Conversation {
        /// Its id.
        pub id: ConversationId,
        /// Cast or named.
        pub kind: ConversationKind,
        /// The picture of a group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub picture: Option<ObjectId>,
        /// Everybody in it, the reader included; of a named group at most 50, the reader first, then by role.
        pub members: Vec<Member>,
        /// What a named group has beyond that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub group: Option<Group>,
        /// Its newest position.
        pub head: Position,
        /// The newest message that the reader may see, without what goes along with it (`quoted`, `reactions`, records of
        /// calls).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub last: Option<Message>,
        /// Messages of others after the reader's read mark; at most 1,000 are counted.
        pub unread: u32,
        /// How many of these name the reader, or everybody.
        #[serde(default)]
        pub mentions: u32,
        /// The oldest of these.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub mentioned: Option<MessageId>,
        /// What the reader has set for themselves; nobody else hears of it.
        #[serde(default)]
        pub own: Own,
    }

    /// One's own settings of a conversation.
    #[derive(Default)]
    pub struct Own {
        /// No sound until then, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub muted_until: Option<i64>,
        /// Kept on top.
        pub pinned: bool,
        /// Out of the way.
        pub archived: bool,
        /// What is not sent yet.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub draft: Option<String>,
    }

    /// What is left unread above one's own mark.
    pub struct Unread {
        /// Messages of others; at most 1,000 are counted.
        pub messages: u32,
        /// How many of these name the reader, or everybody.
        pub mentions: u32,
        /// The oldest of these.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub mentioned: Option<MessageId>,
    }

    /// Kinds of conversations.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ConversationKind {
        /// Known by its people alone: one (notes to oneself), two (1:1) or a few.
        Cast,
        /// A group with an identity of its own.
        Named,
    }

    /// Somebody in a conversation.
    pub struct Member {
        /// Who.
        pub account: AccountId,
        /// What they may do, in a named group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub role: Option<Role>,
        /// The last message they read, if they tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub read: Option<Upto>,
        /// Everything up to here has reached at least one of their devices.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub delivered: Option<Upto>,
    }

    /// A mark in a conversation: this message and all before it.
    pub struct Upto {
        /// The message.
        pub message: MessageId,
        /// Its stamp, to compare by.
        pub stamp: i64,
    }

    /// A message.
    pub struct Message {
        /// Its id; also its position. Within a conversation `stamp` sorts.
        pub id: MessageId,
        /// Where it stands.
        pub conversation: ConversationId,
        /// Who wrote it.
        pub author: AccountId,
        /// When, in ms; strictly rising within a conversation.
        pub stamp: i64,
        /// What it says; empty text once it is deleted.
        pub body: Body,
        /// When it was last edited, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub edited: Option<i64>,
        /// Whether its author removed it for everyone.
        #[serde(default)]
        pub deleted: bool,
        /// What it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub reply_to: Option<MessageId>,
        /// The same, to be shown above it; absent where the reader may not see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub quoted: Option<Quoted>,
        /// Whose words it passes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub forwarded: Option<Forwarded>,
        /// Reactions, by key in the order in which each was first used.
        #[serde(default)]
        pub reactions: Vec<Reaction>,
        /// Whether somebody else names the reader in it, or everybody.
        #[serde(default)]
        pub names_reader: bool,
        /// The id its author's device gave it; only on the author's own devices.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub client: Option<String>,
    }

    /// A message that another one answers.
    pub struct Quoted {
        /// Which.
        pub message: MessageId,
        /// Who wrote it.
        pub author: AccountId,
        /// Their name.
        pub name: String,
        /// When, in ms.
        pub stamp: i64,
        /// How it begins: at most 200 code points.
        pub words: String,
        /// Whether there is more of it.
        pub cut: bool,
        /// Whether its author removed it.
        pub deleted: bool,
    }

    /// Where passed-on words come from; never from which conversation.
    pub struct Forwarded {
        /// Who said them first.
        pub author: AccountId,
        /// Their name when the words were passed on.
        pub name: String,
        /// When they were said, in ms.
        pub stamp: i64,
    }

    /// Everybody who reacted to a message with one key.
    pub struct Reaction {
        /// One emoji, or the `:name:` of an emoticon.
        pub key: String,
        /// How many people.
        pub count: u32,
        /// Whether the reader is among them.
        pub mine: bool,
        /// The first of them, at most 20.
        pub people: Vec<AccountId>,
    }
}
