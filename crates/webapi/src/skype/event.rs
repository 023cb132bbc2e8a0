//! What a poll brings. (Section 4.)

use serde::Serialize;

use super::conversation::Conversation;
use super::message::Message;
use super::presence::{EndpointPresence, UserPresence};
use super::thread::Thread;
use super::wire;

/// Where the numbers of a subscription's events begin.
pub const FIRST_EVENT: u64 = 1_000;

wire! {
    /// One thing that happened.
    pub struct EventMessage {
        /// Rising by one within a subscription.
        pub id: u64,
        /// `EventMessage`.
        #[serde(rename = "type")]
        pub kind: String,
        /// What `resource` is.
        #[serde(rename = "resourceType")]
        pub resource_type: String,
        /// When, in whole seconds.
        pub time: String,
        /// Where the resource lies.
        #[serde(rename = "resourceLink")]
        pub resource_link: String,
        /// It.
        pub resource: Resource,
    }
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Resource {
    /// A message, and its edits and deletion; typing; a call; what became of a thread.
    NewMessage(Box<Message>),
    /// Somebody came, went, or is otherwise there.
    UserPresence(Box<UserPresence>),
    /// An endpoint says something of itself.
    EndpointPresence(Box<EndpointPresence>),
    /// A conversation of one's own is otherwise than before.
    ConversationUpdate(Box<Conversation>),
    /// A thread has other members or properties.
    ThreadUpdate(Box<Thread>),
}

impl Resource {
    /// Its name in `resourceType`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NewMessage(_) => "NewMessage",
            Self::UserPresence(_) => "UserPresence",
            Self::EndpointPresence(_) => "EndpointPresence",
            Self::ConversationUpdate(_) => "ConversationUpdate",
            Self::ThreadUpdate(_) => "ThreadUpdate",
        }
    }
}

impl EventMessage {
    /// The event with the number `id`, of the moment `at` in ms, about what lies at `link`.
    #[must_use]
    pub fn new(id: u64, at: i64, link: String, resource: Resource) -> Self {
        Self {
            id,
            kind: "EventMessage".to_owned(),
            resource_type: resource.name().to_owned(),
            time: super::time::seconds(at),
            resource_link: link,
            resource,
        }
    }
}
