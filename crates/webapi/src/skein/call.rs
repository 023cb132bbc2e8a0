//! Calls: steps up, events down, records kept.

use super::{AccountId, CallKey, ConversationId, EndpointId, Target, wire};

wire! {
    /// What the caller or the callee does next.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Step {
        /// Before the offer: who, and how to look for paths. Changes nothing; gives `ice`.
        Prepare {
            to: Target,
            media: Media,
            /// The caller wants the relay only, whoever it calls.
            #[serde(default)]
            relay_only: bool,
        },
        /// Ring them. Only the caller makes the first offer.
        Invite { to: Target, media: Media, offer: String, #[serde(default)] relay_only: bool },
        /// This device rings.
        Ringing,
        /// Answer. The first answer wins; a later one is `conflict`.
        Accept { media: Media, answer: String },
        /// Not now: ends it on all devices of the person.
        Decline,
        /// An opaque line to the other side, at most 16 KiB; see `Signal`.
        Signal { data: String },
        /// What is open now.
        Media { media: Media },
        /// Media have arrived: the call is live.
        Connected,
        /// Take this end of a call that runs: again, after the connection, the page or the server went; or from another
        /// device of the person. Gives `ice`. With `still_connected` media never stopped, and nothing is negotiated; else
        /// this end makes a new connection, and its offer is its next signal.
        Join { media: Media, #[serde(default)] still_connected: bool },
        /// The page of this endpoint goes away and may come back within 60 s; said as it closes.
        Away { endpoint: EndpointId },
        /// Hang up, or cancel.
        Leave { why: LeaveWhy },
    }

    /// What an end sends.
    #[derive(Copy, Default, Eq)]
    pub struct Media {
        /// Microphone open.
        pub audio: bool,
        /// Camera open.
        pub video: bool,
        /// The screen is shown, beside the camera.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(as = "Option<bool>", optional)]
        pub screen: bool,
        /// The other side is on hold: nothing is sent to it, and nothing of it is heard or seen.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(as = "Option<bool>", optional)]
        pub held: bool,
        /// There is no microphone that could be opened: nobody can hear this end.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        #[ts(as = "Option<bool>", optional)]
        pub no_microphone: bool,
    }

    /// Why an end leaves.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum LeaveWhy {
        /// The person hung up.
        HangUp,
        /// The page was closed or loaded again.
        PageClosed,
        /// No path was found, or it was lost.
        NoPath,
        /// Sealing failed.
        NoSeal,
        /// A device failed.
        NoDevice,
    }

    /// What the server says of a call.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum CallEvent {
        /// Ring.
        Ring {
            key: CallKey,
            from: AccountId,
            conversation: ConversationId,
            media: Media,
            offer: String,
            /// Show it, but make no sound.
            silent: bool,
            ice: IceConfig,
            /// How long it will ring at most, in ms.
            expires_in: i64,
        },
        /// Stop ringing.
        RingStopped { key: CallKey, why: StopWhy },
        /// To the caller: so many devices ring.
        Ringing { key: CallKey, devices: u32 },
        /// To the caller: answered.
        Accepted { key: CallKey, endpoint: EndpointId, media: Media, answer: String },
        /// An opaque line from the other side.
        Signal { key: CallKey, from: EndpointId, data: String },
        /// What the other side sends now.
        Media { key: CallKey, from: EndpointId, media: Media },
        /// Both sides have media.
        Live { key: CallKey },
        /// Another connection of the person has taken this end.
        Elsewhere { key: CallKey },
        /// The other side is not there; it is waited for, at most so many ms. `left`: its page said that it goes, so its
        /// media have stopped.
        Away { key: CallKey, left: bool, expires_in: i64 },
        /// The other side is there, or there again. Without `still_connected` it makes a new connection, and its offer is
        /// the next signal: so does the one that hears this.
        Joined { key: CallKey, from: EndpointId, media: Media, still_connected: bool },
        /// Over.
        Ended { key: CallKey, outcome: Outcome },
        /// Both called at once; go on under `by`.
        Superseded { key: CallKey, by: CallKey },
    }

    /// Why it stopped ringing.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum StopWhy { AnsweredElsewhere, DeclinedElsewhere, Cancelled, NotAnswered, Superseded, Ended }

    /// How a call ended, as the reader may know it.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Outcome {
        /// It rings, or runs.
        Open,
        /// People talked.
        Completed,
        /// The caller: nobody answered, for whatever reason.
        NotAnswered,
        /// The caller gave up.
        Cancelled,
        /// The callee: rang out.
        Missed,
        /// The callee: was in another call.
        MissedBusy,
        /// The callee: declined.
        Declined,
        /// It was answered, but no media came through.
        Failed,
        /// It broke off.
        Lost,
    }

    /// A call in the history, as the reader may know it.
    pub struct CallRecord {
        /// Which call.
        pub key: CallKey,
        /// Where it belongs.
        pub conversation: ConversationId,
        /// The other one.
        pub peer: AccountId,
        /// Whether the reader called.
        pub outgoing: bool,
        /// With video from the beginning.
        pub video: bool,
        /// When it began to ring, in ms.
        pub started: i64,
        /// When it was answered, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub answered: Option<i64>,
        /// When it ended, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub ended: Option<i64>,
        /// How it ended.
        pub outcome: Outcome,
        /// How many reports are kept with it.
        pub reports: u32,
    }

    /// How to look for paths.
    pub struct IceConfig {
        /// STUN and TURN servers, in the browser's own shape.
        pub servers: Vec<IceServer>,
        /// Only relayed candidates may be used.
        pub relay_only: bool,
    }

    /// One STUN or TURN server.
    pub struct IceServer {
        /// `stun:` and `turn:` addresses.
        pub urls: Vec<String>,
        /// For TURN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub username: Option<String>,
        /// For TURN.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub credential: Option<String>,
    }
}
