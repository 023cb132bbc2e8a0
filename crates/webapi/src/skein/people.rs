//! Contacts, requests, presence, profiles.

use super::{AccountId, ObjectId, wire};

wire! {
    /// What anybody may know of an account.
    pub struct Profile {
        /// Its id.
        pub id: AccountId,
        /// Its canonical name.
        pub name: String,
        /// The name to show.
        pub display: String,
        /// What kind of account it is.
        pub kind: AccountKind,
        /// It was deleted; its name is told no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub deleted: Option<bool>,
        /// A short line, for those who may see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub mood: Option<String>,
        /// Their picture, for those who may see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub picture: Option<ObjectId>,
    }

    /// Kinds of accounts.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum AccountKind { Person, Bot, Guest, Service, Telephone }

    /// How somebody stands to the reader.
    pub struct Contact {
        /// Who.
        pub profile: Profile,
        /// Where the two stand.
        pub state: ContactState,
        /// Whether the reader has blocked them. They are not told.
        pub blocked: bool,
        /// The reader's own name for them; shown to nobody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub nickname: Option<String>,
        /// The reader's note about them; shown to nobody else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub note: Option<String>,
        /// Whether they are among the reader's favourites.
        #[serde(default)]
        pub favourite: bool,
        /// The line that came with their request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub greeting: Option<String>,
        /// Since when the two stand so, in ms.
        pub since: i64,
    }

    /// The states that follow from the two directions of a relation.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ContactState {
        /// Nothing between them, or a request that was declined.
        None,
        /// The reader has asked; no answer yet.
        Outgoing,
        /// They have asked the reader.
        Incoming,
        /// Both agreed.
        Contact,
    }

    /// Whether somebody is there.
    pub struct Presence {
        /// Who.
        pub account: AccountId,
        /// Where they are.
        pub availability: Availability,
        /// Whether they are in a call.
        #[serde(default)]
        pub in_call: bool,
        /// Since when they are away, or when they were last seen, in ms, if the reader may know it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub since: Option<i64>,
    }

    /// Values of presence. `invisible` is only ever seen by oneself; others see `offline`.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Availability { Online, Away, Busy, Invisible, Offline }
}
