//! A whole call with `echo` at the other end.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use sansio::Machine;
use sansio::rng::Rng;

use super::{Heard, Language, SoundCheck, SoundTest, Source, TestPhase};
use crate::opus::OpusError;
use crate::peer::{self, Peer};
use crate::report::Measurements;
use crate::session::{Config, Session, SessionError, State};

/// What can happen to a call with `echo`.
#[derive(Debug)]
pub enum Input {
    /// A datagram came; see [`crate::session::Input::Datagram`].
    Datagram {
        /// Who sent it.
        source: SocketAddr,
        /// At which of our addresses it came.
        destination: SocketAddr,
        /// What is in it.
        bytes: Bytes,
    },
    /// The caller hung up, or the server goes away.
    Close,
    /// Nothing happened but time.
    Timeout,
}

/// What a call with `echo` wants done.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram; see [`crate::session::Output::Transmit`].
    Transmit {
        /// From which of our addresses.
        source: SocketAddr,
        /// To whom.
        destination: SocketAddr,
        /// What.
        bytes: Bytes,
    },
    /// The media session is in another state.
    State(State),
    /// Announce a phase of the sound test.
    Phase(TestPhase),
    /// Tell the caller what was measured.
    Result(Box<SoundCheck>),
    /// End the call; [`Input::Close`] is expected in return.
    HangUp,
}

/// A call answered by `echo`: drive [`session`](Self::session) for descriptions and candidates, the machine for the
/// rest.
#[derive(Debug)]
pub struct EchoCall {
    peer: Peer,
    language: Language,
    /// Begins when media flows.
    test: Option<SoundTest>,
    source: Source,
    outputs: VecDeque<Output>,
}

impl EchoCall {
    /// A call that is not connected yet. Video is returned whatever `config` says.
    ///
    /// # Errors
    /// [`OpusError::Library`] when libopus has no memory.
    pub fn new(
        now: Instant,
        config: Config,
        language: Language,
        rng: &mut Rng,
    ) -> Result<Self, OpusError> {
        let peer = Peer::new(
            now,
            Config {
                video: true,
                ..config
            },
            rng,
        )?;
        Ok(Self {
            peer,
            language,
            test: None,
            source: Source::default(),
            outputs: VecDeque::new(),
        })
    }

    /// The session, for descriptions and candidates; drain outputs after using it.
    pub fn session(&mut self) -> &mut Session {
        self.peer.session()
    }

    /// The caller's program says this of its microphone; what it says last counts.
    pub fn told(&mut self, source: Source) {
        self.source = source;
    }

    /// Whether a datagram belongs to this call.
    #[must_use]
    pub fn accepts(&self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) -> bool {
        self.peer.accepts(source, destination, bytes)
    }

    /// Everything that was measured, for the call's report.
    #[must_use]
    pub fn measurements(&mut self) -> Measurements {
        self.peer.measurements()
    }

    /// Pass on what the peer says, until it is silent.
    fn collect(&mut self, now: Instant) -> Result<(), SessionError> {
        while let Some(output) = self.peer.poll_output() {
            match output {
                peer::Output::Transmit {
                    source,
                    destination,
                    bytes,
                } => {
                    self.outputs.push_back(Output::Transmit {
                        source,
                        destination,
                        bytes,
                    });
                }
                peer::Output::State(state) => {
                    if state == State::Connected && self.test.is_none() {
                        match SoundTest::new(self.language) {
                            Ok(test) => self.test = Some(test),
                            Err(error) => {
                                tracing::warn!(%error, "echo cannot speak");
                                self.outputs.push_back(Output::HangUp);
                            }
                        }
                    }
                    self.outputs.push_back(Output::State(state));
                }
                peer::Output::Heard(frame) => self.hear(now, frame),
                peer::Output::Video(frame) => {
                    let broken = !frame.contiguous;
                    self.peer.handle(now, peer::Input::Video(frame))?;
                    if broken {
                        self.peer.handle(now, peer::Input::RequestKeyframe)?;
                    }
                }
                // The picture is the caller's own: only the caller can make a complete one.
                peer::Output::KeyframeRequested => {
                    self.peer.handle(now, peer::Input::RequestKeyframe)?
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, now: Instant, frame: Box<crate::pcm::Frame>) {
        let Some(test) = &mut self.test else { return };
        let Ok(()) = test.handle(now, Heard(frame));
        while let Some(output) = test.poll_output() {
            match output {
                super::Output::Say(frame) => {
                    self.peer.play(&*frame);
                }
                super::Output::Phase(phase) => self.outputs.push_back(Output::Phase(phase)),
                super::Output::Recorded(voice, returned) => {
                    let measured = self.peer.measurements();
                    let check = SoundCheck::new(voice, returned, &measured, self.source);
                    self.outputs.push_back(Output::Result(Box::new(check)));
                }
                super::Output::HangUp => self.outputs.push_back(Output::HangUp),
            }
        }
    }
}

impl Machine for EchoCall {
    type Input = Input;
    type Output = Output;
    type Error = SessionError;

    fn handle(&mut self, now: Instant, input: Input) -> Result<(), SessionError> {
        let input = match input {
            Input::Datagram {
                source,
                destination,
                bytes,
            } => peer::Input::Datagram {
                source,
                destination,
                bytes,
            },
            Input::Close => peer::Input::Close,
            Input::Timeout => peer::Input::Timeout,
        };
        self.peer.handle(now, input)?;
        self.collect(now)
    }

    fn poll_output(&mut self) -> Option<Output> {
        if self.outputs.is_empty() {
            let now = self.peer.session().now();
            if let Err(error) = self.collect(now) {
                tracing::debug!(%error, "echo's session is over");
            }
        }
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.peer.poll_timeout()
    }
}
