//! Things that the model already holds, for commands that are built on it: links, contact groups and
//! the opaque state of doors; and reactions.

use super::stored_enum;
use crate::id::{AccountId, ConversationId, MessageId, Timestamp};

/// Somebody's reaction to a message. Unique by message, account and key; 8 per person, 50 keys per message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// To which message.
    pub message: MessageId,
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub key: String,
    /// When; a time of 0 removes the row when written.
    pub at: Timestamp,
}

/// An invitation by link, to a conversation or to this server. Unique by the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Who made it.
    pub account: AccountId,
    /// Where it leads; none leads to the server: whoever has it may make an account.
    pub conversation: Option<ConversationId>,
    /// Until when.
    pub expires: Option<Timestamp>,
    /// How often still.
    pub uses_left: Option<i32>,
    /// Whether somebody has to approve.
    pub approval: bool,
}

/// Highest number of a group of contacts, and how many there can be.
pub const MAX_SLOT: i16 = 100;
/// Code points of the name of a group of contacts.
pub const MAX_GROUP_NAME: usize = 64;
/// People of a group of contacts: as many as a list holds.
pub const MAX_GROUP_MEMBERS: usize = 5_000;

/// A group of contacts. Unique by owner and slot; the slot is a small number that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactGroup {
    /// Whose.
    pub owner: AccountId,
    /// 1–100.
    pub slot: i16,
    /// Its name; one without a name is removed when written.
    pub name: String,
    /// Who is in it.
    pub members: Vec<AccountId>,
}

impl ContactGroup {
    /// Whether it is removed when written.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        self.name.is_empty()
    }
}

stored_enum! {
    /// Who may see a door's state.
    SeenBy {
        /// Only the account itself.
        Own = 0,
        /// Its contacts.
        Contacts = 1,
    }
}

/// Longest key of a door's state, in bytes.
pub const MAX_DOOR_KEY: usize = 128;
/// Longest value of a door's state, in bytes.
pub const MAX_DOOR_VALUE: usize = 16 * 1024;
/// Bytes that all states of an account take together, each with its key and [`DOOR_STATE_ROW`].
pub const MAX_DOOR_STATES: i64 = 512 * 1024;
/// What a state takes besides its key and value, so that small ones are not too many to be read at once.
pub const DOOR_STATE_ROW: usize = 64;

/// What only one door knows of an account: opaque to the hub. Unique by account, door and key; key 128 B, value
/// 16 KiB, 512 KiB per account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorState {
    /// Whose.
    pub account: AccountId,
    /// Which door.
    pub door: String,
    /// Which thing.
    pub key: String,
    /// Its bytes.
    pub value: Vec<u8>,
    /// Who may see it.
    pub seen_by: SeenBy,
}

impl DoorState {
    /// How much of [`MAX_DOOR_STATES`] it takes; nothing if it has no value.
    #[must_use]
    pub fn room(&self) -> i64 {
        if self.value.is_empty() {
            return 0;
        }
        let bytes = self.key.len() + self.value.len() + DOOR_STATE_ROW;
        i64::try_from(bytes).unwrap_or(i64::MAX)
    }
}
