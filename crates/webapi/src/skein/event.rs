//! What happened.

use super::{
    Account, AccountId, CallEvent, CallRecord, Contact, Conversation, ConversationId, Device,
    DeviceId, Message, Own, Position, Presence, Profile, Unread, Upto, wire,
};

wire! {
    /// What happened. The first group has a position and is caught up as the newest state of what changed; ten edits
    /// may arrive as one. The second group has none: the newest wins, and one may be lost.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Event {
        /// A message, new or changed; told apart by whether its id is known.
        Message {
            message: Message,
            /// Who wrote it, so that the name can be shown.
            author: Profile,
            /// Others whom a line of the system or a reaction names.
            profiles: Vec<Profile>,
        },
        /// A conversation was opened, or its members changed.
        Conversation {
            conversation: Conversation,
            /// Those in `members` and in its newest message, so that their names can be shown.
            profiles: Vec<Profile>,
        },
        /// Somebody's read mark moved.
        Read {
            conversation: ConversationId,
            account: AccountId,
            upto: Upto,
            /// What is left unread above it; with one's own mark only.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            left: Option<Unread>,
        },
        /// One's own settings of a conversation changed.
        Own { conversation: ConversationId, own: Own },
        /// One's own account changed.
        Account { account: Account },
        /// A device was added or changed.
        Device { device: Device },
        /// A device was signed out.
        DeviceEnded { device: DeviceId },
        /// How somebody stands to the reader, or their profile, changed.
        Contact { contact: Contact },
        /// A call's record changed.
        CallRecord { record: CallRecord },

        /// Somebody came, went or changed.
        Presence { presence: Presence },
        /// Somebody types, or stopped.
        Typing { conversation: ConversationId, account: AccountId, typing: bool },
        /// Everything up to here has reached one of their devices.
        Delivered { conversation: ConversationId, account: AccountId, upto: Upto },
        /// Something in a call.
        Call { call: CallEvent },
    }

    /// An event and its place; ephemeral events have none.
    pub struct Placed {
        /// Its position.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub pos: Option<Position>,
        /// What happened.
        pub event: Event,
    }
}
