//! Invitations to a server, and leaving it.

use super::wire;

wire! {
    /// `POST /v1/skein/invites`: invite somebody to this server.
    #[derive(Default)]
    pub struct NewInvite {
        /// Until when it holds, in ms: within a year; a week if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub expires: Option<i64>,
        /// How often it may be used, 1 to 10,000; once if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub uses: Option<i32>,
    }

    /// An invitation to this server.
    pub struct Invite {
        /// Its id: it revokes the invitation, and does not let anybody in.
        pub id: String,
        /// The code, four groups of four. Shown once, to who made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub code: Option<String>,
        /// Until when it holds, in ms.
        pub expires: i64,
        /// How often it may still be used.
        pub uses_left: i32,
    }

    /// `GET /v1/skein/invites`: one's own.
    pub struct Invites {
        /// Those that hold, and those that held a while ago.
        pub invites: Vec<Invite>,
    }

    /// `POST /v1/skein/delete-account`.
    pub struct DeleteAccount {
        /// The password, once more.
        pub password: String,
    }
}
