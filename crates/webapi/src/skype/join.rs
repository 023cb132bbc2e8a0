//! Links by which one joins a thread, and guests. (Sections 2.1(e) and 6.3.)

use serde::Deserialize;

use super::{ask, loose, wire};

ask! {
    /// `POST api.join.skype.com/v1/meetings`, and the older `POST api.scheduler.skype.com/threads`.
    pub struct NewLink {
        /// Of which thread; the older one writes a capital.
        #[serde(rename = "threadId", alias = "ThreadId")]
        pub thread_id: String,
    }

    /// `POST join.skype.com/api/v2/conversation/`.
    pub struct Resolve {
        /// The link's last part.
        #[serde(rename = "shortId")]
        pub short_id: String,
    }

    /// `POST api.join.skype.com/v1/threads/{id}/members`: a guest comes.
    pub struct NewGuest {
        /// What they call themselves.
        #[serde(rename = "displayName", alias = "name")]
        pub display_name: String,
    }

    /// The older `POST join.skype.com/api/v1/users/guests`.
    pub struct OldGuest {
        /// What they call themselves.
        pub name: String,
        /// The link's last part.
        #[serde(rename = "shortId", deserialize_with = "loose::text")]
        pub short_id: Option<String>,
        /// The thread, as a link resolved to it.
        #[serde(rename = "threadId", deserialize_with = "loose::text")]
        pub thread_id: Option<String>,
    }
}

wire! {
    /// A link was made.
    pub struct LinkMade {
        pub url: String,
    }

    /// A link was made, in the older way.
    pub struct OldLinkMade {
        #[serde(rename = "Id")]
        pub id: String,
        /// Always `null`; the program looks at the key.
        #[serde(rename = "Blob")]
        pub blob: Option<String>,
        #[serde(rename = "JoinUrl")]
        pub join_url: String,
        #[serde(rename = "ThreadId")]
        pub thread_id: String,
    }

    /// Where a link leads.
    pub struct Resolved {
        /// The thread.
        #[serde(rename = "Resource")]
        pub resource: String,
        /// The link's long id.
        #[serde(rename = "Id")]
        pub id: String,
        #[serde(rename = "ChatBlob")]
        pub chat_blob: String,
        /// `Chat`.
        #[serde(rename = "Action")]
        pub action: String,
        #[serde(rename = "FlowId")]
        pub flow_id: String,
    }

    /// `GET api.join.skype.com/v1/meetings/{code}`.
    pub struct Meeting {
        #[serde(rename = "threadId")]
        pub thread_id: String,
    }

    /// `GET join.skype.com/api/v1/meetings/{code}`.
    pub struct OldMeeting {
        /// By which the thread is asked for.
        #[serde(rename = "longId")]
        pub long_id: String,
        #[serde(rename = "threadId")]
        pub thread_id: String,
    }

    /// `GET api.scheduler.skype.com/conversation/{longId}`.
    pub struct OldThread {
        #[serde(rename = "ThreadId")]
        pub thread_id: String,
    }

    /// A guest may come in.
    pub struct GuestToken {
        pub skypetoken: String,
    }
}

impl Resolved {
    /// A link `code` to the thread `resource`.
    #[must_use]
    pub fn new(code: &str, resource: String) -> Self {
        Self {
            resource,
            id: code.to_owned(),
            chat_blob: code.to_owned(),
            action: "Chat".to_owned(),
            flow_id: code.to_owned(),
        }
    }
}

/// The last part of a join link, `https://join.skype.com/AbCd`, or the code itself.
#[must_use]
pub fn code_of(link: &str) -> &str {
    let link = link
        .split(['?', '#'])
        .next()
        .unwrap_or(link)
        .trim_end_matches('/');
    link.rsplit('/').next().unwrap_or(link)
}
