//! The frames of `GET /v1/skein/socket`, each a JSON text.

#![allow(
    clippy::large_enum_variant,
    reason = "a frame lives as long as it takes to write it"
)]

use super::{ApiError, Command, Done, EndpointId, Placed, Position, wire};

wire! {
    /// From the client. The first frame must be `hello`, within 10 s.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum ClientFrame {
        /// Begin.
        Hello {
            /// Catch up from here by frames; absent: call `sync` and say later where to go on.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            since: Option<Position>,
            /// What this connection can do.
            abilities: Abilities,
        },
        /// A command; the answer names `id`. At most 64 may wait.
        Command { id: u32, command: Command },
        /// To measure the clock: answered at once.
        Ping {
            /// Given back as it came.
            t: f64,
        },
    }

    /// What a connection can do.
    #[derive(Copy, Eq)]
    pub struct Abilities {
        /// It can ring and carry voice.
        pub voice: bool,
        /// It can carry video.
        pub video: bool,
        /// It can ring during a call, hold that one and answer the other.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(as = "Option<bool>", optional)]
        pub waiting: bool,
    }

    /// From the server.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum ServerFrame {
        /// The connection is in use.
        Welcome {
            endpoint: EndpointId,
            /// The newest position; events above it follow.
            head: Position,
            /// Now, in ms.
            now: i64,
            /// `since` was too old, or there was none: call `sync` first.
            snapshot: bool,
        },
        /// A command was done.
        Done { id: u32, done: Done },
        /// A command was refused.
        Error { id: u32, error: ApiError },
        /// Something happened.
        Event { placed: Placed },
        /// Nothing before this position is missing; also a sign of life every 25 s.
        Reached { pos: Position },
        /// The answer to `ping`.
        Pong { t: f64, now: i64 },
        /// The server closes; come back after so many ms, or not at all.
        Bye {
            why: ByeWhy,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            retry_after: Option<i64>,
        },
    }

    /// Why the server closes a connection.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ByeWhy {
        /// The server stops or restarts: come back.
        Restart,
        /// This connection read too slowly: come back and catch up.
        TooSlow,
        /// The device was signed out: do not come back.
        SignedOut,
        /// The account was blocked: do not come back.
        Blocked,
        /// Too many connections of this account: the longest idle one goes.
        TooMany,
        /// What was sent could not be understood.
        Protocol,
    }
}
