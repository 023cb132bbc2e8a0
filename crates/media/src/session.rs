//! One WebRTC session as a machine: ICE, DTLS-SRTP, audio and video frames, SDP as text. No sockets.
//!
//! The only place that names the WebRTC engine (str0m), so that it can be exchanged. It adds what an engine leaves
//! open: candidates that come early, late or broken ([`candidates`](CandidateText)), the moments that a call report
//! shows ([`Phases`]), every candidate pair that was tried ([`PairReport`]), and what counts as failed.
//!
//! Mutate it only through its methods; each drains the engine completely, so that the shell needs to do nothing but
//! [`poll_output`](sansio::Machine::poll_output) until it is empty.

mod candidates;
mod engine;
mod media;
mod negotiate;
mod pairs;
mod phases;
mod sdp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rand::RngExt;
use sansio::Redacted;
use sansio::rng::Rng;

pub use candidates::{CandidateText, LocalCandidate, Verdict, decode_candidate};
pub use engine::Session;
pub use pairs::{CandidateKind, PairReport};
pub use phases::{Phase, Phases};
pub use sdp::decode_description;

use crate::jitter;

/// How a session is made.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// ICE credentials; chosen by the engine when absent. A server that shares a port chooses them, to find the
    /// session by its user fragment.
    pub credentials: Option<IceCredentials>,
    /// Whether video is taken and sent when offered.
    pub video: bool,
    /// What the delays and bounds are.
    pub limits: Limits,
}

/// When a session gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the moment both descriptions are known until ICE and DTLS are through. The engine itself gives up after
    /// 23 to 39 s without any way.
    pub connect: Duration,
    /// From a lost connection until it counts as failed.
    pub lost: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            lost: Duration::from_secs(15),
        }
    }
}

/// An ICE user fragment and password (RFC 8445 §5.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// The user fragment, 4 to 256 characters.
    pub ufrag: String,
    /// The password, 22 to 256 characters.
    pub password: Redacted<String>,
}

impl IceCredentials {
    /// Fresh ones: 72 bits of user fragment, 144 bits of password.
    #[must_use]
    pub fn generate(rng: &mut Rng) -> Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = |length: usize| -> String {
            (0..length)
                .map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())]))
                .collect()
        };
        Self {
            ufrag: text(12),
            password: Redacted(text(24)),
        }
    }
}

/// What can happen to a session.
#[derive(Debug)]
pub enum Input {
    /// A datagram came. Relayed ones have the relayed address as destination and the peer as source.
    Datagram {
        /// Who sent it.
        source: SocketAddr,
        /// At which of our addresses it came.
        destination: SocketAddr,
        /// What is in it.
        bytes: Bytes,
    },
    /// 20 ms of Opus to send.
    Audio(AudioFrame),
    /// A frame of video to send.
    Video(VideoFrame),
    /// Ask the far side for a complete picture.
    RequestKeyframe,
    /// End the session: say goodbye (RTCP BYE, DTLS close_notify), then [`State::Closed`].
    Close,
    /// Nothing happened but time.
    Timeout,
}

/// What a session wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram; through the TURN client if `source` is a relayed address.
    Transmit {
        /// From which of our addresses.
        source: SocketAddr,
        /// To whom.
        destination: SocketAddr,
        /// What.
        bytes: Bytes,
    },
    /// Opus came, for the jitter buffer.
    Audio(jitter::Packet),
    /// A frame of video came.
    Video(VideoFrame),
    /// The far side wants a complete picture.
    KeyframeRequested,
    /// The session is in another state.
    State(State),
}

/// Opus to send.
#[derive(Debug, Clone, PartialEq)]
pub struct AudioFrame {
    /// The Opus packet.
    pub payload: Vec<u8>,
    /// Media time of its first sample, 48 kHz.
    pub time: u64,
    /// How loud it is, for the far side's display (RFC 6464), in dBFS.
    pub level_dbfs: f32,
}

/// A whole frame of video, still encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoFrame {
    /// How it is encoded.
    pub codec: VideoCodec,
    /// Media time, 90 kHz.
    pub time: u64,
    /// Whether it can be decoded alone.
    pub keyframe: bool,
    /// Whether nothing is missing before it.
    pub contiguous: bool,
    /// The encoded frame.
    pub data: Arc<[u8]>,
    /// The exact format it came in, so that it can be returned as it was.
    format: Option<str0m::format::PayloadParams>,
}

impl VideoFrame {
    /// A frame made here.
    #[must_use]
    pub fn new(codec: VideoCodec, time: u64, keyframe: bool, data: impl Into<Arc<[u8]>>) -> Self {
        Self {
            codec,
            time,
            keyframe,
            contiguous: true,
            data: data.into(),
            format: None,
        }
    }
}

/// Video codecs that are passed through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "these are names")]
pub enum VideoCodec {
    Vp8,
    Vp9,
    H264,
    Av1,
}

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Descriptions are still missing.
    New,
    /// Looking for a way.
    Connecting,
    /// Media flows.
    Connected,
    /// The way is lost; it may come back.
    Disconnected,
    /// It will not come back.
    Failed(Failure),
    /// Ended by one of the two sides.
    Closed,
}

/// Why a session failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No pair of candidates led anywhere, or DTLS was not answered.
    NoWay,
    /// The connection was lost for too long.
    Lost,
    /// The certificate is not the one in the description, or the handshake was refused.
    Dtls,
    /// The engine refused to go on.
    Engine,
}

/// Why the shell's request was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The description cannot be read or agreed with.
    #[error("the description is not acceptable: {0}")]
    Description(String),
    /// Not now: an answer without offer, an offer after the end.
    #[error("{0}")]
    Order(&'static str),
    /// A local candidate with an address that cannot be one.
    #[error("not a candidate: {0}")]
    Candidate(String),
}

/// What the network is like, from RTCP and ICE.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Network {
    /// Round trip, newest.
    pub rtt: Option<Duration>,
    /// Share of our audio packets that the far side did not get, as it reported last, 0 to 1.
    pub far_loss: Option<f32>,
    /// Packets of ours that the far side missed in all, audio.
    pub far_lost: Option<u64>,
    /// Jitter that the far side measures on our audio.
    pub far_jitter: Option<Duration>,
    /// Audio packets sent.
    pub audio_sent: u64,
    /// Bytes sent and received on the wire, all in all.
    pub bytes: (u64, u64),
    /// Datagrams that were none of ours.
    pub ignored: u64,
}
