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

/// A group of contacts. Unique by owner and slot; the slot is a small number that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactGroup {
    /// Whose.
    pub owner: AccountId,
    /// 1–100.
    pub slot: i16,
    /// Its name.
    pub name: String,
    /// Who is in it.
    pub members: Vec<AccountId>,
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
