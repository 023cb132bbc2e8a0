//! What the two ends of a call say to each other. The hub passes it on unread.

use super::wire;

wire! {
    /// The content of `Step::Signal` and `CallEvent::Signal`, as JSON text.
    #[serde(tag = "type", rename_all = "snake_case")]
    pub enum Signal {
        /// One more candidate (RFC 8838).
        Candidate {
            /// The `candidate:` line.
            candidate: String,
            /// The media section it belongs to.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            mid: Option<String>,
            /// The user fragment of its generation.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            ufrag: Option<String>,
        },
        /// No more candidates.
        EndOfCandidates,
        /// A later offer or answer (perfect negotiation; the caller is impolite).
        Description {
            /// Offer or answer.
            kind: DescriptionKind,
            /// The description (RFC 8866).
            sdp: String,
            /// Which offer it is, or answers: the end that offers counts, from a number that it draws for each connection. So an
            /// answer that comes late is never taken for one to the offer that came after. Without it, it is of the newest.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            offer: Option<u32>,
        },
        /// `echo` says where it is.
        Phase {
            /// Which phase begins.
            phase: EchoPhase,
            /// How long it will last, in ms.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[ts(optional)]
            lasts: Option<i64>,
        },
        /// To `echo`, until it has played back what it heard: what only the caller's program knows of its microphone.
        Source {
            /// The system, or a switch on the device, keeps it silent.
            #[serde(default)]
            muted: bool,
            /// It is no microphone, but what the machine plays.
            #[serde(default)]
            monitor: bool,
            /// Of two channels one is dead.
            #[serde(default)]
            one_sided: bool,
        },
    }

    /// Offer or answer.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum DescriptionKind { Offer, Answer }

    /// The phases of the sound test.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum EchoPhase { Greeting, Listening, Playing, Done }
}
