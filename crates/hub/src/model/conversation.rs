//! Conversations, their members, and messages.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Body, stored_enum};
use crate::id::{
    AccountId, ClientId, ConversationId, DeviceId, MessageId, ObjectId, Pos, Timestamp,
};

stored_enum! {
    /// Kinds of conversations.
    ConversationKind {
        /// Found by its people alone (1–20): no title, no roles, nobody joins or leaves.
        Cast = 0,
        /// A group with an identity of its own.
        Named = 1,
    }
}

/// The key of a cast: a hash of its sorted people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CastKey(pub [u8; 32]);

impl CastKey {
    /// The cast of these people, in whatever order and however often each is named.
    #[must_use]
    pub fn of(people: &[AccountId]) -> Self {
        let mut sorted = people.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let mut hash = Sha256::new();
        for id in sorted {
            hash.update(id.0.to_be_bytes());
        }
        Self(hash.finalize().into())
    }
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Its id; also the stream of its events.
    pub id: ConversationId,
    /// Cast or named.
    pub kind: ConversationKind,
    /// The key of a cast; unique.
    pub cast: Option<CastKey>,
    /// The title of a named group.
    pub title: String,
    /// The picture of a named group.
    pub picture: Option<ObjectId>,
    /// Who may post, add and see earlier history: JSON of the named group's policy, empty for a cast.
    pub policy: String,
    /// Its newest position.
    pub head: Pos,
    /// Its newest message.
    pub last_message: Option<MessageId>,
    /// The newest message's stamp; the next one's is larger.
    pub last_stamp: Timestamp,
    /// Messages below were removed by retention.
    pub trimmed: Pos,
    /// How many people are in it.
    pub people: i32,
    /// When it was made.
    pub created: Timestamp,
}

stored_enum! {
    /// How somebody belongs to a conversation.
    MemberState {
        /// Wants to join.
        Asking = 0,
        /// Was invited.
        Invited = 1,
        /// Belongs to it.
        In = 2,
        /// Left.
        Left = 3,
        /// Was removed.
        Removed = 4,
        /// Was removed and may not come back.
        Banned = 5,
    }
}

stored_enum! {
    /// What somebody may do in a named group.
    Role {
        /// Everything.
        Owner = 0,
        /// Title and picture, links, and who belongs to it.
        Admin = 1,
        /// Write.
        Member = 2,
    }
}

/// A mark in a conversation: this message and all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Upto {
    /// The message.
    pub message: MessageId,
    /// Its stamp.
    pub stamp: Timestamp,
}

/// Somebody in a conversation. Unique by conversation and account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where.
    pub conversation: ConversationId,
    /// Who.
    pub account: AccountId,
    /// How.
    pub state: MemberState,
    /// What they may do.
    pub role: Role,
    /// What they have read; only rises.
    pub read: Option<Upto>,
    /// Their own settings.
    pub own: OwnSettings,
    /// What they may see: one window per stay, oldest first, at most 16.
    pub windows: Vec<Window>,
}

/// What one set for oneself in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnSettings {
    /// No sound until then.
    pub muted_until: Option<Timestamp>,
    /// Kept on top.
    pub pinned: bool,
    /// Out of the way.
    pub archived: bool,
    /// Not sent yet; at most 8 kB.
    pub draft: String,
    /// Hidden up to here.
    pub cleared: Pos,
}

/// Longest draft, in bytes.
pub const MAX_DRAFT: usize = 8 * 1024;

/// A stretch of the log that a member may see: `from ≤ pos`, and `pos < until` if it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From here.
    pub from: Pos,
    /// Up to, but without.
    pub until: Option<Pos>,
}

/// Whether somebody with these windows may see what stands at `pos`.
#[must_use]
pub fn visible(windows: &[Window], pos: Pos) -> bool {
    windows
        .iter()
        .any(|w| w.from <= pos && w.until.is_none_or(|until| pos < until))
}

impl Member {
    /// Whether they may see what stands at `pos`: inside a stay, and not hidden by themselves.
    #[must_use]
    pub fn sees(&self, pos: Pos) -> bool {
        pos > self.own.cleared && visible(&self.windows, pos)
    }
}

/// A message. Unique by id, by (conversation, stamp), and by (device, client id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id is its position.
    pub id: MessageId,
    /// Where it stands.
    pub conversation: ConversationId,
    /// Who wrote it.
    pub author: AccountId,
    /// With which device; 0 for lines of the hub.
    pub device: DeviceId,
    /// What that device called it.
    pub client: ClientId,
    /// Strictly rising within the conversation.
    pub stamp: Timestamp,
    /// What it says.
    pub body: Body,
    /// What it answers.
    pub reply_to: Option<MessageId>,
    /// When the hub removes it.
    pub expires: Option<Timestamp>,
    /// Bytes that only one door understands, at most 2 KiB in all.
    pub hints: Vec<u8>,
    /// SHA-256 of the command that made it, so that a repeat is known even after an edit.
    pub digest: [u8; 32],
    /// When it was written, if that was long before it came here.
    pub sent_earlier: Option<Timestamp>,
    /// When it was last edited.
    pub edited: Option<Timestamp>,
    /// Removed for everyone.
    pub deleted: bool,
    /// For this member it does not exist: the line of a call that they were kept from.
    pub hidden_from: Option<AccountId>,
    /// Whose words it passes on.
    pub forwarded: Option<Forwarded>,
    /// Somebody has reacted to it once: only then are reactions looked for.
    pub reacted: bool,
}

impl Message {
    /// Whose names are needed to show it: its author, and whom a line of the hub names.
    pub fn people(&self) -> impl Iterator<Item = AccountId> {
        let named = match &self.body {
            Body::System(line) => line.people(),
            _ => &[],
        };
        std::iter::once(self.author).chain(named.iter().copied())
    }
}

/// Where passed-on words come from: who said them and when, never where. The name is that of the moment of passing on,
/// so that readers who do not know the person need not ask who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarded {
    /// Who said it first.
    pub author: AccountId,
    /// Their name when it was passed on.
    pub name: String,
    /// When they said it.
    pub stamp: Timestamp,
}

/// Somebody is named in a message. Unique by conversation, account and message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mention {
    /// Where.
    pub conversation: ConversationId,
    /// Who; [`EVERYBODY`] for all.
    pub account: AccountId,
    /// In which message.
    pub message: MessageId,
    /// Whether; `false` removes the row when written.
    pub on: bool,
}

/// Stands for everybody in a [`Mention`].
pub const EVERYBODY: AccountId = AccountId(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cast_is_its_people_and_nothing_else() {
        let (a, b) = (AccountId(1), AccountId(2));
        assert_eq!(CastKey::of(&[a, b]), CastKey::of(&[b, a, b]));
        assert_ne!(CastKey::of(&[a, b]), CastKey::of(&[a]));
    }

    #[test]
    fn windows_decide_what_is_seen() {
        let windows = [
            Window {
                from: Pos(10),
                until: Some(Pos(20)),
            },
            Window {
                from: Pos(30),
                until: None,
            },
        ];
        let seen: Vec<i64> = (0..40).filter(|&p| visible(&windows, Pos(p))).collect();
        assert_eq!(seen, (10..20).chain(30..40).collect::<Vec<_>>());
    }
}
