//! What a message says: a closed tree, never mark-up.

pub use crate::content::{Block, Inline};

use super::{AccountId, CallKey, CallRecord, ObjectId, ObjectInfo, Role, wire};

wire! {
    /// What a message says.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Body {
        /// Words.
        Text {
            /// Blocks, top to bottom.
            blocks: Vec<Block>,
        },
        /// Files and pictures, with words.
        Objects {
            /// Which, in the order in which they are shown; at most 32.
            ids: Vec<ObjectId>,
            /// The same with what is known of them; absent in `last` of a conversation.
            #[serde(default)]
            objects: Vec<ObjectInfo>,
            /// The words, top to bottom; there may be none.
            blocks: Vec<Block>,
        },
        /// A call took place; its record is as the reader may know it.
        Call {
            /// Which call.
            key: CallKey,
            /// Its record, if it is still kept.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            record: Option<CallRecord>,
        },
        /// A line of the system.
        System {
            /// Which line.
            line: SystemLine,
        },
        /// Structured data with words for clients that do not know it.
        Card {
            /// `{"type": "sound_test", …}` and the like.
            #[ts(type = "unknown")]
            #[schema(value_type = Object)]
            card: serde_json::Value,
            /// The same in words.
            blocks: Vec<Block>,
        },
    }

    /// What a client sends.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum SendBody {
        /// Plain words; line feeds separate paragraphs.
        Plain {
            /// The words.
            text: String,
        },
        /// A tree.
        Text {
            /// Blocks, top to bottom.
            blocks: Vec<Block>,
        },
        /// Files and pictures of one's own, uploaded before; with words or without.
        Objects {
            /// Which: 1 to 32, each once.
            ids: Vec<ObjectId>,
            /// The words, top to bottom.
            #[serde(default)]
            blocks: Vec<Block>,
        },
    }

    /// Lines of the system.
    #[derive(Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum SystemLine {
        /// The two became contacts.
        BecameContacts,
        /// The author made the group.
        Created { title: String },
        /// The author gave it another title.
        Titled { title: String },
        /// It has another picture from now on, or none.
        Pictured { present: bool },
        /// The author changed who writes or who adds.
        Ruled,
        /// Newcomers see what was said before them from now on, or do not any more.
        Disclosed { on: bool },
        /// People may come by a link from now on, or may not any more.
        Joinable { on: bool },
        /// The author added these.
        Added { people: Vec<AccountId> },
        /// The author joined by a link.
        Joined,
        /// The author left.
        Left,
        /// The author removed these.
        Removed { people: Vec<AccountId> },
        /// The author removed these, and they may not come back.
        Banned { people: Vec<AccountId> },
        /// These may come back.
        Unbanned { people: Vec<AccountId> },
        /// The author gave these a role.
        Ranked { people: Vec<AccountId>, role: Role },
        /// The author was the last owner: this one is owner now.
        Inherited { account: AccountId },
    }
}
