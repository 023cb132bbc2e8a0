//! What one end measured in a call, as plain data. Each end's report is made of it.

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::jitter::Stats;
use crate::session::{CandidateKind, Phase, Session};

/// The version of [`Measurements`] written here.
pub const FORMAT: u32 = 1;

/// Everything one end measured. Times are milliseconds; what was not seen is absent, never zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// Version of this format: [`FORMAT`].
    pub format: u32,
    /// When what happened, after the media session was made.
    pub phases: PhaseTimes,
    /// Every candidate pair that was tried.
    pub pairs: Vec<PairFigures>,
    /// What was heard and sent.
    pub audio: AudioFigures,
    /// Newest round trip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f64>,
    /// Bytes sent on the wire.
    pub bytes_sent: u64,
    /// Bytes received on the wire.
    pub bytes_received: u64,
    /// Fingerprint of our certificate (RFC 8122).
    pub fingerprint: String,
    /// Fingerprint in the far side's description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_fingerprint: Option<String>,
}

/// Moments in milliseconds after the media session was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PhaseTimes {
    /// Our description was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_description: Option<f64>,
    /// The far side's description was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_description: Option<f64>,
    /// Our first connectivity check left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_check_sent: Option<f64>,
    /// The far side's first connectivity check came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_check_received: Option<f64>,
    /// A check was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_pair: Option<f64>,
    /// A pair was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nominated: Option<f64>,
    /// DTLS was through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtls: Option<f64>,
    /// First audio packet sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_audio_sent: Option<f64>,
    /// First audio packet received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_audio_received: Option<f64>,
    /// First video frame sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_video_sent: Option<f64>,
    /// First video frame received.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_video_received: Option<f64>,
    /// The session ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<f64>,
}

/// One candidate pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairFigures {
    /// Our address.
    pub local: SocketAddr,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub local_kind: Kind,
    /// Their address.
    pub remote: SocketAddr,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub remote_kind: Kind,
    /// Checks sent.
    pub checks_sent: u32,
    /// Checks answered.
    pub checks_answered: u32,
    /// Checks received.
    pub checks_received: u32,
    /// Newest round trip of a check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<f64>,
    /// Whether media took this way in the end.
    pub selected: bool,
}

/// A candidate's kind, in the words of ICE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A socket of the machine itself.
    Host,
    /// Seen by a STUN server.
    Srflx,
    /// Seen by the far side.
    Prflx,
    /// On a TURN server.
    Relay,
}

impl From<CandidateKind> for Kind {
    fn from(kind: CandidateKind) -> Self {
        match kind {
            CandidateKind::Host => Self::Host,
            CandidateKind::ServerReflexive => Self::Srflx,
            CandidateKind::PeerReflexive => Self::Prflx,
            CandidateKind::Relayed => Self::Relay,
        }
    }
}

/// The sound of a call, in figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct AudioFigures {
    /// Packets sent.
    pub sent: u64,
    /// Packets received.
    pub received: u64,
    /// Packets that never came.
    pub lost: u64,
    /// Share of packets that never came, 0 to 1.
    pub loss: f64,
    /// How much longer losses were than those of chance (BurstR of ITU-T G.107), 1 and more.
    #[serde(default)]
    pub burst_ratio: f64,
    /// Packets whose sound was recovered from the next one.
    pub recovered: u64,
    /// Packets that came too late.
    pub late: u64,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Sound that was guessed.
    pub concealed_ms: f64,
    /// Share of the sound that was guessed, 0 to 1.
    pub concealment: f64,
    /// Interarrival jitter (RFC 3550).
    pub jitter_ms: f64,
    /// Delay of the jitter buffer at the end.
    pub delay_ms: f64,
    /// Share of our packets that the far side missed, as it said last, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub far_loss: Option<f64>,
    /// Our packets that the far side missed, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub far_lost: Option<u64>,
    /// Jitter the far side measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub far_jitter_ms: Option<f64>,
}

impl Measurements {
    /// Gather what the parts of a call measured.
    pub(crate) fn collect(session: &mut Session, stats: &Stats) -> Self {
        let network = session.network();
        let pairs = session.pairs().into_iter().map(|pair| PairFigures {
            local: pair.local,
            local_kind: pair.local_kind.into(),
            remote: pair.remote,
            remote_kind: pair.remote_kind.into(),
            checks_sent: pair.sent,
            checks_answered: pair.answered,
            checks_received: pair.received,
            rtt_ms: pair.rtt.map(millis),
            selected: pair.selected,
        });
        Self {
            format: FORMAT,
            phases: PhaseTimes::of(session),
            pairs: pairs.collect(),
            audio: AudioFigures {
                sent: network.audio_sent,
                received: stats.received,
                lost: stats.lost(),
                loss: f64::from(stats.loss()),
                burst_ratio: f64::from(stats.burst_ratio()),
                recovered: stats.recovered,
                late: stats.late,
                duplicates: stats.duplicates,
                concealed_ms: millis(stats.concealed()),
                concealment: f64::from(stats.concealment()),
                jitter_ms: millis(stats.jitter),
                delay_ms: millis(stats.delay),
                far_loss: network.far_loss.map(f64::from),
                far_lost: network.far_lost,
                far_jitter_ms: network.far_jitter.map(millis),
            },
            rtt_ms: network.rtt.map(millis),
            bytes_sent: network.bytes.0,
            bytes_received: network.bytes.1,
            fingerprint: session.fingerprint(),
            remote_fingerprint: session.remote_fingerprint(),
        }
    }

    /// The pair that media took.
    #[must_use]
    pub fn path(&self) -> Option<&PairFigures> {
        self.pairs.iter().find(|pair| pair.selected)
    }
}

impl PhaseTimes {
    fn of(session: &Session) -> Self {
        let at = |phase| session.phases().after(phase).map(millis);
        Self {
            local_description: at(Phase::LocalDescription),
            remote_description: at(Phase::RemoteDescription),
            first_check_sent: at(Phase::FirstCheckSent),
            first_check_received: at(Phase::FirstCheckReceived),
            valid_pair: at(Phase::ValidPair),
            nominated: at(Phase::Nominated),
            dtls: at(Phase::Dtls),
            first_audio_sent: at(Phase::FirstAudioSent),
            first_audio_received: at(Phase::FirstAudioReceived),
            first_video_sent: at(Phase::FirstVideoSent),
            first_video_received: at(Phase::FirstVideoReceived),
            ended: at(Phase::Ended),
        }
    }
}

/// Milliseconds, to the microsecond.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}
