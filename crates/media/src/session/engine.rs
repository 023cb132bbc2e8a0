//! The session itself, around the engine.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sansio::{Machine, Timers};
use str0m::Rtc;
use str0m::change::SdpPendingOffer;
use str0m::net::{Protocol, Receive};

use super::candidates::{LocalCandidate, Remote};
use super::media::Tracks;
use super::pairs::{Check, PairReport, Pairs};
use super::phases::{Phase, Phases};
use super::{Config, Failure, Input, Limits, Network, Output, SessionError, State};

/// Outputs that wait; a shell that does not drain loses media, never memory.
const MAX_OUTPUTS: usize = 4_096;

/// Times the engine may ask for "now" in a row before it has to wait a moment.
const MAX_IMMEDIATE: usize = 64;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(300);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Timer {
    /// ICE and DTLS have to be through by then.
    Connect,
    /// A lost way has to be back by then.
    Lost,
    /// Look again for a lost way.
    Retry,
    /// The goodbye is over.
    Goodbye,
}

/// A WebRTC session. See [the module](super).
pub struct Session {
    pub(super) rtc: Rtc,
    pub(super) now: Instant,
    pub(super) outputs: VecDeque<Output>,
    pub(super) phases: Phases,
    pub(super) tracks: Tracks,
    pub(super) network: Network,
    pub(super) limits: Limits,
    state: State,
    pub(super) timers: Timers<Timer>,
    engine_timeout: Option<Instant>,
    pub(super) pending: Option<SdpPendingOffer>,
    pub(super) locals: Vec<LocalCandidate>,
    /// Sockets behind an address translation: the engine has to know them, the far side must not.
    pub(super) hidden: Vec<SocketAddr>,
    pub(super) remote: Remote,
    pub(super) pairs: Pairs,
    pub(super) ufrag: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("state", &self.state)
            .field("outputs", &self.outputs.len())
            .finish()
    }
}

impl Session {
    /// A session that knows nobody yet.
    #[must_use]
    pub fn new(now: Instant, config: Config) -> Self {
        let mut rtc = Rtc::builder()
            .set_stats_interval(Some(Duration::from_secs(1)))
            // Order is the jitter buffer's work: everything comes through at once, also out of order.
            .set_reordering_size_audio(0)
            .set_reordering_timeout_audio(None)
            // A short call, too, shall know its loss and round trip.
            .set_rtcp_report_interval_audio(Duration::from_secs(1))
            .clear_codecs()
            .enable_opus(true, false);
        if config.video {
            rtc = rtc
                .enable_vp8(true)
                .enable_h264(true)
                .enable_vp9(true)
                .enable_av1(true);
        }
        if let Some(credentials) = config.credentials {
            let password = credentials.password.0;
            rtc = rtc.set_local_ice_credentials(str0m::IceCreds {
                ufrag: credentials.ufrag,
                pass: password,
            });
        }
        let mut rtc = rtc.build(now);
        let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
        let mut session = Self {
            rtc,
            now,
            outputs: VecDeque::new(),
            phases: Phases::new(now),
            tracks: Tracks::default(),
            network: Network::default(),
            limits: config.limits,
            state: State::New,
            timers: Timers::default(),
            engine_timeout: None,
            pending: None,
            locals: Vec::new(),
            hidden: Vec::new(),
            remote: Remote::default(),
            pairs: Pairs::default(),
            ufrag,
        };
        session.drain();
        session
    }

    /// Our ICE user fragment: the first part of the user name in every check that comes for this session.
    #[must_use]
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The newest time the session was told.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Where the session stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// Fingerprint of our DTLS certificate, `sha-256 AB:CD:…` (RFC 8122).
    #[must_use]
    pub fn fingerprint(&mut self) -> String {
        fingerprint(self.rtc.direct_api().local_dtls_fingerprint())
    }

    /// Fingerprint that the far side's description promises.
    #[must_use]
    pub fn remote_fingerprint(&mut self) -> Option<String> {
        self.rtc
            .direct_api()
            .remote_dtls_fingerprint()
            .map(fingerprint)
    }

    /// What the network is like.
    #[must_use]
    pub fn network(&self) -> Network {
        self.network
    }

    /// When what happened.
    #[must_use]
    pub fn phases(&self) -> &Phases {
        &self.phases
    }

    /// Every candidate pair that was tried.
    #[must_use]
    pub fn pairs(&self) -> Vec<PairReport> {
        self.pairs.report(&self.locals, self.remote.taken())
    }

    /// Whether a datagram belongs to this session: by address once connected, by user fragment before.
    #[must_use]
    pub fn accepts(&self, source: SocketAddr, destination: SocketAddr, bytes: &[u8]) -> bool {
        Receive::new(Protocol::Udp, source, destination, bytes)
            .is_ok_and(|receive| self.rtc.accepts(&str0m::Input::Receive(self.now, receive)))
    }

    pub(super) fn alive(&self) -> Result<(), SessionError> {
        match self.state {
            State::Failed(_) | State::Closed => Err(SessionError::Order("the session is over")),
            _ => Ok(()),
        }
    }

    /// Time never runs backwards, whatever the shell says.
    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        // The engine stamps what it does with the time it was told last.
        if self.rtc.is_alive()
            && self
                .rtc
                .handle_input(str0m::Input::Timeout(self.now))
                .is_err()
        {
            self.fail(Failure::Engine);
        }
        self.drain();
    }

    pub(super) fn enter(&mut self, state: State) {
        if self.state == state || matches!(self.state, State::Failed(_) | State::Closed) {
            return;
        }
        self.state = state;
        match state {
            State::Connected => {
                self.timers.clear(Timer::Connect);
                self.timers.clear(Timer::Lost);
                self.timers.clear(Timer::Retry);
            }
            State::Disconnected => {
                self.timers.set(Timer::Lost, self.now + self.limits.lost);
                self.timers.set(Timer::Retry, self.now);
            }
            State::Failed(_) | State::Closed => {
                self.phases.mark(Phase::Ended, self.now);
                self.timers.clear_all();
            }
            State::New | State::Connecting => {}
        }
        self.outputs.push_back(Output::State(state));
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        // The engine's handshake starts with the descriptions and gives up after 23 to 39 s (1 s doubled five times,
        // give or take a quarter), even when there never was a way to send it.
        let failure = match failure {
            Failure::Dtls if self.phases.at(Phase::ValidPair).is_none() => Failure::NoWay,
            failure => failure,
        };
        self.rtc.disconnect();
        self.engine_timeout = None;
        self.enter(State::Failed(failure));
    }

    /// Queue media; what the shell does not take is lost, never kept without bound.
    pub(super) fn emit(&mut self, output: Output) {
        if self.outputs.len() < MAX_OUTPUTS {
            self.outputs.push_back(output);
        }
    }

    fn close(&mut self) {
        if self.timers.is_set(Timer::Goodbye) || self.alive().is_err() {
            return;
        }
        if self.rtc.close().is_err() {
            self.rtc.disconnect();
        }
        self.say_goodbye();
    }

    /// However slow the engine's goodbye, it ends soon.
    pub(super) fn say_goodbye(&mut self) {
        self.timers.set(Timer::Goodbye, self.now + GOODBYE);
    }

    fn receive(&mut self, source: SocketAddr, destination: SocketAddr, bytes: &Bytes) {
        let Ok(receive) = Receive::new(Protocol::Udp, source, destination, bytes) else {
            self.network.ignored += 1;
            return;
        };
        let input = str0m::Input::Receive(self.now, receive);
        if !self.rtc.accepts(&input) {
            self.network.ignored += 1;
            return;
        }
        match self.pairs.received(self.now, destination, source, bytes) {
            Some(Check::Request) => self.phases.mark(Phase::FirstCheckReceived, self.now),
            Some(Check::Success) => self.phases.mark(Phase::ValidPair, self.now),
            None => {}
        }
        if self.rtc.handle_input(input).is_err() {
            // A datagram that makes no sense is the sender's mistake; the engine says itself when it cannot go on.
            self.network.ignored += 1;
            if !self.rtc.is_alive() {
                self.fail(Failure::Dtls);
            }
        }
    }

    fn expire(&mut self) {
        while let Some(timer) = self.timers.expire(self.now) {
            match timer {
                Timer::Connect => self.fail(Failure::NoWay),
                Timer::Lost => self.fail(Failure::Lost),
                Timer::Retry => self.look_again(),
                Timer::Goodbye => {
                    self.rtc.disconnect();
                    self.engine_timeout = None;
                    self.enter(State::Closed);
                }
            }
        }
    }

    /// Take everything out of the engine. It is never left with something to say.
    pub(super) fn drain(&mut self) {
        let mut immediate = 0;
        loop {
            match self.rtc.poll_output() {
                Ok(str0m::Output::Timeout(at)) if at <= self.now && immediate < MAX_IMMEDIATE => {
                    immediate += 1;
                    if self
                        .rtc
                        .handle_input(str0m::Input::Timeout(self.now))
                        .is_err()
                    {
                        self.fail(Failure::Engine);
                    }
                }
                Ok(str0m::Output::Timeout(at)) => {
                    let at = if at <= self.now {
                        self.now + Duration::from_millis(1)
                    } else {
                        at
                    };
                    self.engine_timeout = self.rtc.is_alive().then_some(at);
                    break;
                }
                Ok(str0m::Output::Transmit(transmit)) => self.transmit(transmit),
                Ok(str0m::Output::Event(event)) => self.on_event(event),
                Err(error) => {
                    tracing::debug!(%error, "the engine gave up");
                    let dtls = matches!(
                        error,
                        str0m::RtcError::Dtls(_) | str0m::RtcError::RemoteSdp(_)
                    );
                    if dtls || !self.rtc.is_alive() {
                        self.fail(if dtls { Failure::Dtls } else { Failure::Engine });
                    }
                    immediate += 1;
                    if immediate >= MAX_IMMEDIATE {
                        self.fail(Failure::Engine);
                    }
                }
            }
        }
        if !self.rtc.is_alive() {
            self.engine_timeout = None;
            // Whoever said goodbye: when the engine has finished, the session has.
            self.enter(State::Closed);
        }
    }

    fn transmit(&mut self, transmit: str0m::net::Transmit) {
        let (source, destination) = (transmit.source, transmit.destination);
        let bytes = Bytes::from(Vec::from(transmit.contents));
        if self.pairs.sent(self.now, source, destination, &bytes) == Some(Check::Request) {
            self.phases.mark(Phase::FirstCheckSent, self.now);
        }
        self.emit(Output::Transmit {
            source,
            destination,
            bytes,
        });
    }
}

impl Machine for Session {
    type Input = Input;
    type Output = Output;
    type Error = SessionError;

    fn handle(&mut self, now: Instant, input: Input) -> Result<(), SessionError> {
        self.advance(now);
        match input {
            Input::Datagram {
                source,
                destination,
                bytes,
            } => self.receive(source, destination, &bytes),
            Input::Audio(frame) => self.send_audio(frame),
            Input::Video(frame) => self.send_video(&frame),
            Input::RequestKeyframe => self.request_keyframe(),
            Input::Close => self.close(),
            Input::Timeout => {}
        }
        self.drain();
        self.expire();
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.engine_timeout, self.timers.next()]
            .into_iter()
            .flatten()
            .min()
    }
}

fn fingerprint(fingerprint: &str0m::config::Fingerprint) -> String {
    let bytes: Vec<String> = fingerprint
        .bytes
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    format!("{} {}", fingerprint.hash_func, bytes.join(":"))
}
