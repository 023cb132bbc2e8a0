//! A call from this side.
//!
//! ```text
//! server ◄─ commands, events ─► Running ◄─ frames ─► files
//!                                 │  └── media::peer::Peer    (a machine: ICE, DTLS-SRTP, Opus)
//! network ◄─ datagrams ─ sockets ─┴───── Ways                 (a machine: reflexive and relayed addresses)
//! ```

mod running;
mod servers;
mod sockets;
mod sound;
mod ways;

use std::path::PathBuf;
use std::time::Duration;

use webapi::skein::{CallKey, CallReport, EchoPhase, Profile};

use self::running::Running;
use crate::connection::Connection;
use crate::error::Error;
use crate::server::Server;

/// What is wanted of a call.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The name of whom to call.
    pub to: String,
    /// Use the relay only.
    pub relay_only: bool,
    /// What to say: PCM WAV, any rate, mono or stereo. A built-in account that listens at a certain moment gets it
    /// then, everybody else on answer. Without it silence is sent.
    pub audio_in: Option<PathBuf>,
    /// Where what is heard goes: 48 kHz, mono, 16 bits, from answer to hang-up.
    pub audio_out: Option<PathBuf>,
    /// How long it may ring, whatever the server says or does not say.
    pub patience: Duration,
}

impl Default for Wanted {
    /// A silent call to nobody, which rings 5 s longer than the server lets it.
    fn default() -> Self {
        Self {
            to: String::new(),
            relay_only: false,
            audio_in: None,
            audio_out: None,
            patience: Duration::from_secs(35),
        }
    }
}

/// What is told while a call goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// They are being called.
    Calling(Profile),
    /// So many devices ring.
    Ringing(u32),
    /// Somebody answered.
    Answered,
    /// Media flow, over this pair: our kind of address, theirs.
    Connected {
        /// `host`, `srflx`, `prflx` or `relay`.
        local: &'static str,
        /// The same for them.
        remote: &'static str,
    },
    /// The sound test says where it is.
    Phase(EchoPhase),
    /// The other side put us on hold, or took us back.
    Held(bool),
    /// A relay is of no use, and why.
    NoRelay(String),
    /// The way was lost; another one is looked for.
    Searching,
    /// Media flow again, after so long.
    BackAfter(Duration),
    /// The other end is not there; it is waited for, so long at most.
    Waiting(Duration),
    /// The connection to the server broke; the call goes on.
    ServerLost,
    /// It is back.
    ServerBack,
}

/// How a call ended for this end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// This side hung up.
    HangUp,
    /// The other side hung up.
    FarHangUp,
    /// Nobody answered, for whatever reason.
    NotAnswered,
    /// This side gave up while it rang.
    Cancelled,
    /// No way was found, or it was lost.
    NoPath,
    /// Sealing failed.
    NoSeal,
    /// It broke off.
    Lost,
}

impl Ended {
    /// The word for it in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::HangUp => "hang_up",
            Self::FarHangUp => "far_hang_up",
            Self::NotAnswered => "not_answered",
            Self::Cancelled => "cancelled",
            Self::NoPath => "no_path",
            Self::NoSeal => "no_seal",
            Self::Lost => "lost",
        }
    }
}

/// What became of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Which call.
    pub key: CallKey,
    /// Who was called.
    pub callee: Profile,
    /// Whether it was answered.
    pub answered: bool,
    /// Whether media flowed.
    pub connected: bool,
    /// How it ended.
    pub ended: Ended,
    /// How long it lasted from answer to hang-up, in ms; 0 if it was not answered.
    pub lasted: f64,
    /// The report.
    pub report: CallReport,
    /// The report as it was sent, byte for byte.
    pub report_text: String,
    /// What the sound test measured, as it stands in the chat, and its words.
    pub sound_test: Option<(serde_json::Value, String)>,
}

/// Call somebody, and stay in the call until it ends, or until `stop` is done, which hangs up. `progress` hears what
/// happens meanwhile.
///
/// # Errors
/// [`Error`] when there is no call at all: an unknown name, no connection, a file that is not what it should be.
/// That nobody answered is an [`Outcome`].
pub async fn place(
    server: &Server,
    connection: Connection,
    wanted: Wanted,
    progress: impl FnMut(Progress) + Send,
    stop: impl Future<Output = ()> + Send,
) -> Result<Outcome, Error> {
    let running = Box::pin(Running::begin(server, connection, wanted, progress)).await?;
    Box::pin(running.run(stop)).await
}
