//! One end of a call: sound in, sound out, everything between. `echo` and the command-line client both use it.
//!
//! ```text
//! play(samples) ─► queue ─► Opus ─► session ─► Output::Transmit
//! Output::Heard ◄─ jitter buffer ◄─ session ◄─ Input::Datagram
//! ```
//!
//! Its clock ticks every 20 ms from the moment the session is connected: each tick sends one frame (silence when
//! nothing is queued) and gives one out.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt;
use sansio::Machine;
use sansio::rng::Rng;

use crate::jitter::{Playout, Stats};
use crate::levels;
use crate::opus::{Encoder, OpusError};
use crate::pcm::{FRAME_SAMPLES, FRAME_TIME, Frame, SAMPLE_RATE, SILENCE};
use crate::report::Measurements;
use crate::session::{self, AudioFrame, Config, Session, SessionError, State, VideoFrame};

/// The most sound that waits to be sent: two seconds.
pub const MAX_QUEUED: usize = 2 * SAMPLE_RATE as usize;

/// Outputs that wait; beyond, sound and video are left out.
const MAX_OUTPUTS: usize = 4_096;

/// A clock further behind than this was stopped, not late: what was missed is skipped.
const STALLED: Duration = Duration::from_millis(200);

/// What can happen to a peer.
#[derive(Debug)]
pub enum Input {
    /// A datagram came; see [`session::Input::Datagram`].
    Datagram {
        /// Who sent it.
        source: SocketAddr,
        /// At which of our addresses it came.
        destination: SocketAddr,
        /// What is in it.
        bytes: Bytes,
    },
    /// A frame of video to send.
    Video(VideoFrame),
    /// Ask the far side for a complete picture.
    RequestKeyframe,
    /// End the call.
    Close,
    /// Nothing happened but time.
    Timeout,
}

/// What a peer wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram; see [`session::Output::Transmit`].
    Transmit {
        /// From which of our addresses.
        source: SocketAddr,
        /// To whom.
        destination: SocketAddr,
        /// What.
        bytes: Bytes,
    },
    /// The next 20 ms of the far side's sound.
    Heard(Box<Frame>),
    /// A frame of video came.
    Video(VideoFrame),
    /// The far side wants a complete picture.
    KeyframeRequested,
    /// The session is in another state.
    State(State),
}

/// One end of a call. See [the module](self).
#[derive(Debug)]
pub struct Peer {
    session: Session,
    encoder: Encoder,
    playout: Playout,
    queue: VecDeque<f32>,
    clock: Option<Instant>,
    /// RTP time of the next frame sent.
    media_time: u64,
    outputs: VecDeque<Output>,
}

impl Peer {
    /// A peer that is not connected yet.
    ///
    /// # Errors
    /// [`OpusError::Library`] when libopus has no memory.
    pub fn new(now: Instant, config: Config, rng: &mut Rng) -> Result<Self, OpusError> {
        Ok(Self {
            session: Session::new(now, config),
            encoder: Encoder::new()?,
            playout: Playout::new()?,
            queue: VecDeque::new(),
            clock: None,
            // RFC 3550 §5.1: the first time stamp is random; small enough not to wrap at once.
            media_time: u64::from(rng.random_range(0..1u32 << 24)),
            outputs: VecDeque::new(),
        })
    }

    /// The session, for descriptions and candidates; drain outputs after using it.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Queue sound to be sent; how many samples fitted.
    pub fn play(&mut self, samples: &[f32]) -> usize {
        let taken = samples.len().min(MAX_QUEUED - self.queue.len());
        self.queue.extend(&samples[..taken]);
        taken
    }

    /// Samples that wait to be sent.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// What the jitter buffer saw.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.playout.stats()
    }

    /// Everything that was measured, for the call's report.
    #[must_use]
    pub fn measurements(&mut self) -> Measurements {
        Measurements::collect(&mut self.session, &self.playout.stats())
    }

    /// Whether a datagram belongs to this call.
    #[must_use]
    pub fn accepts(&self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) -> bool {
        self.session.accepts(source, destination, bytes)
    }

    /// Sort what the session said: sound into the jitter buffer, the rest outward.
    fn collect(&mut self, now: Instant) {
        while let Some(output) = self.session.poll_output() {
            let output = match output {
                session::Output::Audio(packet) => {
                    self.playout.insert(now, packet);
                    continue;
                }
                session::Output::Transmit {
                    source,
                    destination,
                    bytes,
                } => Output::Transmit {
                    source,
                    destination,
                    bytes,
                },
                session::Output::Video(frame) => Output::Video(frame),
                session::Output::KeyframeRequested => Output::KeyframeRequested,
                session::Output::State(state) => {
                    match state {
                        State::Connected => {
                            self.clock.get_or_insert(now);
                        }
                        State::Failed(_) | State::Closed => self.clock = None,
                        State::New | State::Connecting | State::Disconnected => {}
                    }
                    self.outputs.push_back(Output::State(state));
                    continue;
                }
            };
            if self.outputs.len() < MAX_OUTPUTS {
                self.outputs.push_back(output);
            }
        }
    }

    fn run_clock(&mut self, now: Instant) -> Result<(), SessionError> {
        while let Some(due) = self.clock.filter(|due| *due <= now) {
            let behind = now.saturating_duration_since(due);
            if behind > STALLED {
                // The machine slept. What should have been said is past, and media time goes on.
                let missed = (behind.as_millis() / FRAME_TIME.as_millis()) as u32;
                self.media_time += u64::from(missed) * FRAME_SAMPLES as u64;
                self.clock = Some(due + FRAME_TIME * missed);
                continue;
            }
            self.clock = Some(due + FRAME_TIME);
            self.tick(now, due)?;
        }
        Ok(())
    }

    /// Send a frame and give one out. The sound that is given out belongs to the moment it was `due`, not to `now`.
    fn tick(&mut self, now: Instant, due: Instant) -> Result<(), SessionError> {
        let mut frame = SILENCE;
        let queued = self.queue.len().min(FRAME_SAMPLES);
        for (slot, sample) in frame.iter_mut().zip(self.queue.drain(..queued)) {
            *slot = sample;
        }
        if let Some(loss) = self.session.network().far_loss {
            self.encoder.expect_loss(loss);
        }
        let time = self.media_time;
        self.media_time += FRAME_SAMPLES as u64;
        match self.encoder.encode(&frame) {
            Ok(payload) => {
                let level_dbfs = levels::rms_dbfs(&frame);
                self.session.handle(
                    now,
                    session::Input::Audio(AudioFrame {
                        payload,
                        time,
                        level_dbfs,
                    }),
                )?;
            }
            Err(error) => tracing::warn!(%error, "a frame was not encoded"),
        }
        self.collect(now);
        if self.outputs.len() < MAX_OUTPUTS {
            self.outputs
                .push_back(Output::Heard(Box::new(self.playout.pull(due))));
        }
        Ok(())
    }
}

impl Machine for Peer {
    type Input = Input;
    type Output = Output;
    type Error = SessionError;

    fn handle(&mut self, now: Instant, input: Input) -> Result<(), SessionError> {
        let input = match input {
            Input::Datagram {
                source,
                destination,
                bytes,
            } => session::Input::Datagram {
                source,
                destination,
                bytes,
            },
            Input::Video(frame) => session::Input::Video(frame),
            Input::RequestKeyframe => session::Input::RequestKeyframe,
            Input::Close => session::Input::Close,
            Input::Timeout => session::Input::Timeout,
        };
        self.session.handle(now, input)?;
        self.collect(now);
        self.run_clock(now)
    }

    fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            let now = self.session.now();
            self.collect(now);
        }
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.session.poll_timeout(), self.clock]
            .into_iter()
            .flatten()
            .min()
    }
}
