//! What somebody shows of themselves, what they keep of others, and what they tell the operator.

use super::{Contact, ConversationId, Presence, wire};

wire! {
    /// Whom a detail is shown to. Who is blocked sees none.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Shown {
        /// Whoever has an account here.
        Everyone,
        /// One's contacts, and whom one has asked.
        Contacts,
        /// Nobody.
        Nobody,
    }

    /// Whom one shows what to.
    #[derive(Copy, Eq)]
    pub struct Privacy {
        /// When one was last seen, and since when one is away.
        pub last_seen: Shown,
        /// One's picture.
        pub picture: Shown,
        /// One's mood.
        pub mood: Shown,
    }

    /// The same, to be changed; absent fields stay.
    #[derive(Copy, Eq, Default)]
    pub struct PrivacyChange {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub last_seen: Option<Shown>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub picture: Option<Shown>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub mood: Option<Shown>,
    }

    /// `GET /v1/skein/accounts/{id}`: what the profile card of somebody shows.
    pub struct Card {
        /// How they stand to the reader.
        pub contact: Contact,
        /// Whether they are there, for those who may see it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub presence: Option<Presence>,
        /// When they were last seen, in ms, for those who may know it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub last_seen: Option<i64>,
        /// Groups in which both are; at most 50.
        pub common: Vec<CommonGroup>,
    }

    /// A group in which both are.
    pub struct CommonGroup {
        pub conversation: ConversationId,
        pub title: String,
    }

    /// Why somebody is reported to the operator.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum AbuseReason {
        /// Unasked advertising.
        Spam,
        /// Threats, insults, stalking.
        Harassment,
        /// They pretend to be somebody else.
        Impersonation,
        /// Pictures or words that do harm.
        Harmful,
        /// Something else; the text says what.
        Other,
    }
}
