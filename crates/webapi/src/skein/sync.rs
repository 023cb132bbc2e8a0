//! Catching up, and pages of lists.

use super::{
    Abilities, Account, CallRecord, Contact, Conversation, Device, EndpointId, Message, Placed,
    Position, Presence, Profile, wire,
};

wire! {
    /// `GET /v1/skein/sync?since=&limit=`: durable events after a position, or a snapshot when the position is too
    /// old, or none was given.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Sync {
        /// Events in order; go on from `next` while `more`.
        Events { events: Vec<Placed>, next: Position, more: bool },
        /// The state at `at`; go on from there. Longer lists have pages.
        Snapshot { snapshot: Box<Snapshot> },
    }

    /// The state of everything a client shows first.
    pub struct Snapshot {
        /// Go on from here.
        pub at: Position,
        /// One's own account.
        pub account: Account,
        /// The newest 50 conversations.
        pub conversations: Vec<Conversation>,
        /// Whether there are more of them.
        pub more_conversations: bool,
        /// Up to 500 contacts and requests.
        pub contacts: Vec<Contact>,
        /// Whether there are more of them.
        pub more_contacts: bool,
        /// Profiles of everybody in `conversations` who is no contact.
        pub profiles: Vec<Profile>,
    }

    /// `GET /v1/skein/conversations?after=&limit=`, newest first.
    pub struct ConversationPage {
        pub conversations: Vec<Conversation>,
        pub profiles: Vec<Profile>,
        /// Give this as `after` for the next page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub next: Option<String>,
    }

    /// `GET /v1/skein/conversations/{id}/messages?before=&after=&around=&limit=`, oldest first.
    pub struct MessagePage {
        pub messages: Vec<Message>,
        /// Who wrote them, and whom their lines of the system and reactions name.
        pub profiles: Vec<Profile>,
        /// Whether there are earlier ones.
        pub earlier: bool,
        /// Whether there are later ones.
        pub later: bool,
    }

    /// `GET /v1/skein/search?question=&conversation=&after=&limit=`, newest first.
    pub struct SearchPage {
        pub messages: Vec<Message>,
        /// Who wrote them.
        pub profiles: Vec<Profile>,
        /// Give it back as `after` for what is older; also after a short page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub next: Option<String>,
        /// Whether everything was looked at that was answered before the question; else ask again in a moment.
        pub whole: bool,
    }

    /// `GET /v1/skein/contacts?after=&limit=`.
    pub struct ContactPage {
        pub contacts: Vec<Contact>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub next: Option<String>,
    }

    /// `GET /v1/skein/presence?after=&limit=`: everybody among the contacts whom the reader may see: who is there, and
    /// when the others were last seen.
    pub struct PresenceList {
        pub presence: Vec<Presence>,
        /// Give this as `after` for the next page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub next: Option<String>,
    }

    /// `GET /v1/skein/find?name=`: exact names only.
    pub struct Found {
        /// Whom it found, as the reader stands to them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub contact: Option<Contact>,
    }

    /// `GET /v1/skein/devices`.
    pub struct DeviceList {
        pub devices: Vec<Device>,
    }

    /// `GET /v1/skein/calls?after=&limit=`, newest first.
    pub struct CallPage {
        pub calls: Vec<CallRecord>,
        pub profiles: Vec<Profile>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub next: Option<String>,
    }

    /// `GET /v1/skein/calls/{key}`.
    pub struct CallDetail {
        pub record: CallRecord,
        pub peer: Profile,
        /// The reports as they were sent.
        pub reports: Vec<KeptReport>,
        /// What the server itself saw, in order.
        pub marks: Vec<ServerMark>,
    }

    /// A report as it was sent.
    pub struct KeptReport {
        /// Whether the reader's own side sent it.
        pub own: bool,
        /// When the server got it, in ms.
        pub received: i64,
        /// JSON text, byte for byte; parse it as `CallReport` by its `format`.
        pub report: String,
    }

    /// A moment in a call by the server's clock.
    pub struct ServerMark {
        /// What happened: `invite`, `ringing`, `accept`, `signal`, `connected`, `leave`, `end`.
        pub name: String,
        /// Which side caused it: `caller`, `callee` or `server`.
        pub side: String,
        /// When, in ms.
        pub at: i64,
        /// How often in a row (signals are folded).
        pub count: u32,
    }

    /// `POST /v1/skein/endpoint`: the long-poll twin of the WebSocket's `hello`.
    pub struct OpenEndpoint {
        /// Catch up from here by polls; absent: call `sync` first.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub since: Option<Position>,
        /// What this connection can do.
        pub abilities: Abilities,
    }

    /// The answer: the long-poll twin of the WebSocket's welcome.
    pub struct EndpointOpened {
        pub endpoint: EndpointId,
        /// The newest position.
        pub head: Position,
        pub now: i64,
    }

    /// `GET /v1/skein/poll?endpoint=&after=&wait=`: waits for events after `after`, which also acknowledges all up to
    /// it. The next poll acknowledges this one. With ephemeral events `seq` rises; give it back as `seen`.
    pub struct Polled {
        pub events: Vec<Placed>,
        /// Give this as `after` next.
        pub next: Position,
        /// Give this as `seen` next: ephemeral events up to it are not repeated.
        pub seq: i64,
        /// Catch up by `sync` first: too much has happened.
        pub behind: bool,
    }
}
