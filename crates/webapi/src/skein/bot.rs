//! Bots: accounts that a person owns, each with tokens of its own.

use super::{AccountId, DeviceId, wire};

wire! {
    /// `GET /v1/skein/bots`: one's own.
    pub struct Bots {
        /// By name.
        pub bots: Vec<Bot>,
        /// How many one may have.
        pub most: u32,
        /// How many tokens each may have.
        pub most_tokens: u32,
    }

    /// One of one's own bots.
    pub struct Bot {
        /// Its account, which people add as a contact by its name.
        pub id: AccountId,
        /// Its name, which cannot change.
        pub name: String,
        /// The name others see.
        pub display: String,
        /// When it was made, in ms.
        pub created: i64,
        /// Its tokens, the newest first.
        pub tokens: Vec<BotToken>,
    }

    /// A token of a bot, without what lets it in.
    pub struct BotToken {
        /// Its id: the device that it is.
        pub id: DeviceId,
        /// What it is called.
        pub label: String,
        /// When it was made, in ms.
        pub created: i64,
        /// When it was last used, in ms.
        pub last_used: i64,
    }
}
