//! What an end of a call says of it afterwards.

use super::{SoundTest, wire};

wire! {
    /// A call report, format 1. Times are ms by the server's clock, mapped as `clock` says.
    pub struct CallReport {
        /// 1.
        pub format: u32,
        /// Which end.
        pub side: Side,
        /// What made it: `browser` or `native`, and its version.
        pub agent: String,
        /// How this end's clock was mapped to the server's.
        pub clock: ClockMap,
        /// What happened when. A moment nobody saw is absent, and drawn as unknown.
        pub marks: Vec<Mark>,
        /// Candidate pairs that were tried.
        pub pairs: Vec<Pair>,
        /// The way the media took.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub path: Option<Path>,
        /// What came in and went out.
        pub audio: StreamFigures,
        /// The same for video, if there was any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub video: Option<StreamFigures>,
        /// What `echo` measured, if this was a sound test.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub sound_test: Option<SoundTest>,
        /// How the call ended for this end: `hang_up`, `far_hang_up`, `no_path`, `lost` …
        pub ended: String,
    }

    /// Which end.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Side { Caller, Callee }

    /// server time = own time + `offset`, give or take `error`.
    pub struct ClockMap {
        /// In ms.
        pub offset: f64,
        /// Half of the shortest signalling round trip, in ms.
        pub error: f64,
        /// How many round trips were measured.
        pub samples: u32,
    }

    /// A moment.
    pub struct Mark {
        /// Which: see `MarkName`; others are shown as they are.
        pub name: String,
        /// When, in ms by the server's clock.
        pub at: f64,
        /// What belongs to it: the address class, the codec.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub note: Option<String>,
    }

    /// The known moments, in the order in which a call usually has them.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum MarkName {
        Invite, Ring, Answer, OfferSet, AnswerSet, FirstCandidate, FirstCheck, ValidPair, IceConnected, DtlsConnected,
        FirstAudioSent, FirstAudio, FirstVideoSent, FirstVideo, PathChanged, Leave, Ended,
    }

    /// A candidate pair.
    pub struct Pair {
        /// This end.
        pub local: Candidate,
        /// The other end.
        pub remote: Candidate,
        /// `succeeded`, `failed`, `in-progress`, `waiting`, `frozen`.
        pub state: String,
        /// Whether it carried the media at the end.
        pub selected: bool,
        /// Last round trip, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub rtt: Option<f64>,
        /// Checks sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub checks: Option<u32>,
        pub bytes_sent: f64,
        pub bytes_received: f64,
    }

    /// An address that was offered.
    pub struct Candidate {
        /// `host`, `srflx`, `prflx`, `relay`.
        pub kind: String,
        /// `udp` or `tcp`.
        pub protocol: String,
        /// Absent where the browser hides it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub address: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub port: Option<u16>,
    }

    /// Ways.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Path {
        /// Between the two, without a relay.
        Direct,
        /// Through this server's relay.
        Relay,
        /// To this server itself (`echo`).
        Server,
    }

    /// Figures of one kind of media.
    pub struct StreamFigures {
        pub packets_sent: f64,
        pub packets_received: f64,
        pub packets_lost: f64,
        /// Lost, but made good by forward error correction or sent again.
        pub packets_recovered: f64,
        /// ms that were filled in.
        pub concealed: f64,
        /// Interarrival jitter, in ms (RFC 3550 §6.4.1).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub jitter: Option<f64>,
        /// Round trip, in ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub rtt: Option<f64>,
        /// Mean level of what came in, in dBFS (audio).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub level: Option<f64>,
        /// Frames shown (video).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub frames: Option<f64>,
        /// `opus`, `VP8` …
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub codec: Option<String>,
    }
}
