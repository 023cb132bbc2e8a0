//! One sound test, from the ring to its report. The shell around [`EchoCall`].

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use client::report::{Evidence, Marks, report};
use client::{LocalClock, ServerClock};
use hub::command::{Command, LeaveWhy, Step, Target};
use hub::event::{CallEvent, Media};
use hub::id::{AccountId, CallKey, ClientId, ConversationId};
use hub::model::Outcome;
use hub::{Error, Session};
use media::echo::{CallInput, CallOutput, EchoCall, Language, SoundCheck, Source, TestPhase};
use media::session::{CandidateText, Config, IceCredentials, Limits, LocalCandidate, State};
use sansio::Machine as _;
use tokio::sync::mpsc;
use tracing::debug;
use webapi::skein::{DescriptionKind, EchoPhase, MarkName, Side, Signal, SoundTest};

use super::card;
use crate::udp::{MediaDatagram, MediaPort, UdpHandle};

/// A sound test lasts half a minute; whatever happens, it ends by then.
const LONGEST: Duration = Duration::from_secs(120);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// Commands that wait for the hub; candidates and phases are few.
const MAX_OUTBOX: usize = 64;
/// Datagrams looked at in a row.
const BURST: usize = 64;

type Answer = Pin<Box<dyn Future<Output = Result<hub::command::Done, Error>> + Send>>;

/// One call.
pub(super) struct Call {
    key: CallKey,
    from: AccountId,
    conversation: ConversationId,
    media: Media,
    offer: Arc<str>,
    session: Session,
    udp: UdpHandle,
    events: mpsc::Receiver<CallEvent>,
    marks: Marks,
    clock: LocalClock,
}

impl Call {
    /// A call that rings; `None` for any other event.
    pub(super) fn new(
        ring: CallEvent,
        session: Session,
        udp: UdpHandle,
        events: mpsc::Receiver<CallEvent>,
    ) -> Option<Self> {
        let CallEvent::Ring {
            key,
            from,
            conversation,
            media,
            offer,
            ..
        } = ring
        else {
            return None;
        };
        let (mut marks, clock) = (Marks::default(), LocalClock::start());
        marks.add(MarkName::Ring, Instant::now(), None);
        Some(Self {
            key,
            from,
            conversation,
            media,
            offer,
            session,
            udp,
            events,
            marks,
            clock,
        })
    }

    /// Answer it, and stay until it is over.
    pub(super) async fn run(self) {
        let key = self.key;
        let session = self.session.clone();
        match Box::pin(self.answer()).await {
            Ok(answered) => Box::pin(answered.run()).await,
            Err(why) => {
                debug!(why, "echo does not answer");
                super::decline(&session, key).await;
            }
        }
    }

    async fn answer(mut self) -> Result<Answered, String> {
        let language = self.language().await;
        let now = Instant::now();
        let mut rng = sansio::rng::from_system();
        let credentials = IceCredentials::generate(&mut rng);
        let port = self
            .udp
            .register(&credentials.ufrag)
            .map_err(|error| error.to_string())?;
        // The hub gives up on the way after 20 s.
        let limits = Limits {
            connect: Duration::from_secs(25),
            ..Limits::default()
        };
        let config = Config {
            credentials: Some(credentials),
            video: true,
            limits,
        };
        let mut media =
            EchoCall::new(now, config, language, &mut rng).map_err(|error| error.to_string())?;
        for address in host_candidates(&self.udp) {
            if let Err(error) = media
                .session()
                .add_local_candidate(now, LocalCandidate::Host(address))
            {
                debug!(%error, "an address of the server is no candidate");
            }
        }
        let answer = media
            .session()
            .accept_offer(now, &self.offer)
            .map_err(|error| error.to_string())?;
        let sends = Media {
            audio: true,
            video: self.media.video,
            ..Media::default()
        };
        self.step(Step::Ringing)
            .await
            .map_err(|error| error.to_string())?;
        self.step(Step::Accept {
            media: sends,
            answer,
        })
        .await
        .map_err(|error| error.to_string())?;
        self.marks.add(MarkName::Answer, Instant::now(), None);
        Ok(Answered {
            ends: now + LONGEST,
            call: self,
            media: Box::new(media),
            port,
            language,
            outbox: VecDeque::new(),
            found: None,
            asked: None,
            is_told: true,
            over: None,
        })
    }

    async fn step(&self, step: Step) -> Result<(), Error> {
        self.session
            .command(Command::Call {
                key: self.key,
                step,
            })
            .await
            .map(|_| ())
    }

    async fn language(&self) -> Language {
        let caller = self
            .session
            .accounts(&[self.from])
            .await
            .ok()
            .and_then(|found| found.into_iter().next());
        Language::nearest(
            caller
                .as_ref()
                .map_or("", |account| account.language.as_str()),
        )
    }
}

/// The server's own addresses as the world knows them; loopback only when there is nothing else.
fn host_candidates(udp: &UdpHandle) -> Vec<std::net::SocketAddr> {
    let mut addresses: Vec<_> = udp
        .addresses()
        .iter()
        .map(|listen| listen.advertised)
        .collect();
    if addresses.iter().any(|address| !address.ip().is_loopback()) {
        addresses.retain(|address| !address.ip().is_loopback());
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// A call that was answered.
struct Answered {
    call: Call,
    media: Box<EchoCall>,
    port: MediaPort,
    language: Language,
    /// What the hub is still to be asked for, in order.
    outbox: VecDeque<Command>,
    /// What the test found, once it is over.
    found: Option<SoundTest>,
    asked: Option<Answer>,
    /// Whether events still come.
    is_told: bool,
    /// How it ended, and until when goodbye may be said.
    over: Option<(&'static str, Instant)>,
    /// Whatever happens, it ends by then.
    ends: Instant,
}

impl Answered {
    async fn run(mut self) {
        loop {
            self.pump();
            if self.asked.is_none() {
                self.asked = self
                    .outbox
                    .pop_front()
                    .map(|command| ask(&self.call.session, command));
            }
            if self.is_done() {
                break;
            }
            let wake = self.wake_at();
            tokio::select! {
                event = self.call.events.recv(), if self.is_told => match event {
                    Some(event) => self.event(event),
                    None => {
                        // The server stops, or echo lost its place in it.
                        self.is_told = false;
                        self.leave("lost", LeaveWhy::HangUp);
                    }
                },
                datagram = self.port.receive() => match datagram {
                    Some(datagram) => self.receive(datagram),
                    // The port is gone, and with it the way.
                    None => self.leave("no_path", LeaveWhy::Failed),
                },
                answer = answered(&mut self.asked) => {
                    self.asked = None;
                    if let Err(error) = answer {
                        debug!(%error, "echo was refused a step");
                    }
                }
                () = tokio::time::sleep_until(wake.into()) => self.timeout(),
            }
        }
        Box::pin(self.report()).await;
    }

    fn is_done(&mut self) -> bool {
        let Some((_, until)) = self.over else {
            return false;
        };
        let closed = matches!(
            self.media.session().state(),
            State::Closed | State::Failed(_)
        );
        (closed && self.asked.is_none() && self.outbox.is_empty()) || Instant::now() >= until
    }

    fn wake_at(&self) -> Instant {
        let over = self.over.map(|(_, until)| until);
        [self.media.poll_timeout(), over]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(self.ends)
            .min(self.ends)
    }

    fn timeout(&mut self) {
        if Instant::now() >= self.ends {
            self.leave("no_path", LeaveWhy::Failed);
        }
        self.feed(CallInput::Timeout);
    }

    fn feed(&mut self, input: CallInput) {
        if let Err(error) = self.media.handle(Instant::now(), input) {
            debug!(%error, "echo's session is over");
        }
    }

    fn receive(&mut self, datagram: MediaDatagram) {
        let mut next = Some(datagram);
        for _ in 0..BURST {
            let Some(MediaDatagram {
                source,
                destination,
                bytes,
            }) = next
            else {
                return;
            };
            self.feed(CallInput::Datagram {
                source,
                destination,
                bytes: Bytes::from(bytes),
            });
            next = self.port.try_receive();
        }
    }

    /// Do what the machine wants, until it is silent.
    fn pump(&mut self) {
        while let Some(output) = self.media.poll_output() {
            match output {
                CallOutput::Transmit {
                    source,
                    destination,
                    bytes,
                } => {
                    self.port.sender().send(source, destination, bytes.to_vec());
                }
                CallOutput::State(state) => self.state(state),
                CallOutput::Phase(phase) => self.say(&Signal::Phase {
                    phase: word(phase),
                    lasts: lasts(phase),
                }),
                CallOutput::Result(check) => self.result(&check),
                CallOutput::HangUp => self.leave("hang_up", LeaveWhy::HangUp),
            }
        }
    }

    fn state(&mut self, state: State) {
        match state {
            State::Connected => self.step(Step::Connected),
            State::Failed(_) => self.leave("no_path", LeaveWhy::Failed),
            State::Closed => self.leave("far_hang_up", LeaveWhy::HangUp),
            State::New | State::Connecting | State::Disconnected => {}
        }
    }

    fn event(&mut self, event: CallEvent) {
        match event {
            CallEvent::Signal { data, .. } => match serde_json::from_str(&data) {
                Ok(signal) => self.signalled(signal),
                Err(error) => debug!(%error, "a signal was not understood"),
            },
            CallEvent::Ended { outcome, .. } => self.end(match outcome {
                Outcome::Failed => "no_path",
                Outcome::Lost => "lost",
                _ => "far_hang_up",
            }),
            // A page that comes back makes a new connection, and this test began with the one before.
            CallEvent::Joined {
                still_connected: false,
                ..
            } => self.leave("lost", LeaveWhy::HangUp),
            CallEvent::RingStopped { .. } | CallEvent::Superseded { .. } => self.end("cancelled"),
            CallEvent::Ring { .. }
            | CallEvent::Ringing { .. }
            | CallEvent::Accepted { .. }
            | CallEvent::Media { .. }
            | CallEvent::Live { .. }
            | CallEvent::Away { .. }
            | CallEvent::Joined { .. }
            | CallEvent::Elsewhere { .. } => {}
        }
    }

    fn signalled(&mut self, signal: Signal) {
        let now = Instant::now();
        match signal {
            Signal::Candidate {
                candidate,
                mid,
                ufrag,
            } => {
                let text = CandidateText {
                    candidate,
                    mid,
                    ufrag,
                };
                let verdict = self.media.session().add_remote_candidate(now, &text);
                tracing::trace!(?verdict, "a candidate of the caller");
            }
            Signal::Description {
                kind: DescriptionKind::Offer,
                sdp,
                offer,
            } => {
                match self.media.session().accept_offer(now, &sdp) {
                    Ok(sdp) => {
                        // An ICE restart gives this end another name, too.
                        let ufrag = self.media.session().ufrag().to_owned();
                        if let Err(error) = self.port.add_ufrag(&ufrag) {
                            debug!(%error, "the port does not take another name");
                        }
                        self.say(&Signal::Description {
                            kind: DescriptionKind::Answer,
                            sdp,
                            offer,
                        });
                    }
                    Err(error) => debug!(%error, "a later offer cannot be accepted"),
                }
            }
            Signal::Source {
                muted,
                monitor,
                one_sided,
            } => self.media.told(Source {
                muted,
                monitor,
                one_sided,
            }),
            Signal::Description {
                kind: DescriptionKind::Answer,
                ..
            }
            | Signal::EndOfCandidates
            | Signal::Phase { .. } => {}
        }
    }

    fn result(&mut self, check: &SoundCheck) {
        let found = card::figures(check, &self.media.measurements());
        let body = card::body(self.language, &found);
        self.found = Some(found);
        // One card a call, however often it is asked for.
        let client = ClientId::new(self.call.key.to_string()).expect("a key has 32 letters");
        let to = Target::Conversation(self.call.conversation);
        self.push(Command::Send {
            to,
            body,
            client,
            reply_to: None,
            hints: Vec::new(),
        });
    }

    fn say(&mut self, signal: &Signal) {
        let data = serde_json::to_string(signal).expect("signals are plain data");
        self.step(Step::Signal { data });
    }

    fn step(&mut self, step: Step) {
        self.push(Command::Call {
            key: self.call.key,
            step,
        });
    }

    fn push(&mut self, command: Command) {
        if self.outbox.len() < MAX_OUTBOX {
            self.outbox.push_back(command);
        }
    }

    /// This end leaves.
    fn leave(&mut self, ended: &'static str, why: LeaveWhy) {
        if self.over.is_none() {
            self.call.marks.add(MarkName::Leave, Instant::now(), None);
            self.step(Step::Leave(why));
            self.end(ended);
        }
    }

    /// It is over; what remains is saying goodbye.
    fn end(&mut self, ended: &'static str) {
        if self.over.is_none() {
            let now = Instant::now();
            self.call
                .marks
                .add(MarkName::Ended, now, Some(ended.to_owned()));
            self.over = Some((ended, now + GOODBYE));
            self.feed(CallInput::Close);
        }
    }

    /// Hand in what this end saw.
    async fn report(mut self) {
        let measured = self.media.measurements();
        let made = report(Evidence {
            side: Side::Callee,
            local: self.call.clock,
            server: ServerClock::own(),
            marks: std::mem::take(&mut self.call.marks),
            phases: self.media.session().phases(),
            measured: &measured,
            at_server: true,
            level: self.found.as_ref().map(|found| found.level_dbfs),
            sound_test: self.found,
            ended: self.over.map_or("lost", |(ended, _)| ended),
        });
        let report = serde_json::to_string(&made).expect("a report is plain data");
        let command = Command::ReportCall {
            key: self.call.key,
            report,
        };
        if let Err(error) = self.call.session.command(command).await {
            debug!(%error, "echo's report was not taken");
        }
    }
}

fn ask(session: &Session, command: Command) -> Answer {
    let session = session.clone();
    Box::pin(async move { session.command(command).await })
}

/// The answer that is awaited; never, when none is.
async fn answered(asked: &mut Option<Answer>) -> Result<hub::command::Done, Error> {
    match asked {
        Some(answer) => answer.await,
        None => std::future::pending().await,
    }
}

fn word(phase: TestPhase) -> EchoPhase {
    match phase {
        TestPhase::Greeting => EchoPhase::Greeting,
        TestPhase::Listening => EchoPhase::Listening,
        TestPhase::Playing => EchoPhase::Playing,
        TestPhase::Done => EchoPhase::Done,
    }
}

fn lasts(phase: TestPhase) -> Option<i64> {
    phase
        .lasts()
        .and_then(|time| i64::try_from(time.as_millis()).ok())
}
