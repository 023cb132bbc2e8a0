//! A call while it goes on: the shell around its machines.

mod again;
mod flow;
mod loss;
mod told;

use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::future::{BoxFuture, FutureExt as _};
use futures_util::stream::FuturesUnordered;
use media::levels::Meter;
use media::pcm::FRAME_SAMPLES;
use media::peer::{self, Peer};
use media::session::{self, Limits, LocalCandidate, State};
use rand::RngExt as _;
use sansio::Machine as _;
use sansio::rng::{self, Rng};
use webapi::skein::{
    AccountKind, CallKey, Command, Done, IceConfig, LeaveWhy, MarkName, Media, Profile, Side,
    Signal, Step, Target, Value,
};

use self::again::{Fresh, Offered};
use self::loss::Loss;
use super::servers::Servers;
use super::sockets::{Datagram, Sockets};
use super::sound::Sound;
use super::ways::{self, Relay, Ways};
use super::{Ended, Outcome, Progress, Wanted};
use crate::connection::Connection;
use crate::error::Error;
use crate::report::{self, Evidence, Marks};
use crate::server::{Server, is_loopback, json};

/// Sound kept ready to be sent.
const AHEAD: usize = 2 * FRAME_SAMPLES;
/// How long a call goes on after the last of a file was sent: it is still on its way.
const TAIL_FRAMES: u32 = 15;
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_millis(1_500);
/// How long the result of a sound test is waited for.
const RESULT: Duration = Duration::from_secs(3);
/// How long handing in the report may take.
const REPORT: Duration = Duration::from_secs(5);
/// Datagrams looked at in a row before the clock is looked at again.
const BURST: usize = 64;
/// Frames between two looks at the way that media take.
const LOOK: u32 = 25;
/// Signals that are kept while it rings.
const MAX_EARLY: usize = 64;
/// How long the session itself holds on to a lost way: longer than anybody is waited for.
const HOLD_ON: Duration = Duration::from_secs(90);
/// Calls of theirs that are remembered while ours rings.
const MAX_RINGS: usize = 4;

const MEDIA: Media = Media {
    audio: true,
    video: false,
    screen: false,
    held: false,
    no_microphone: false,
};

/// Where the call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Ringing,
    Answered,
    /// Goodbye is being said, until then at the latest.
    Over {
        ended: Ended,
        until: Instant,
    },
}

/// What an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Invite,
    InviteAgain,
    Join,
    Other,
}

pub(super) struct Running<P> {
    connection: Connection,
    progress: P,
    key: CallKey,
    callee: Profile,
    side: Side,
    relay_only: bool,
    sockets: Sockets,
    ways: Ways,
    peer: Peer,
    rng: Rng,
    locals: Vec<LocalCandidate>,
    sound: Sound,
    meter: Meter,
    marks: Marks,
    stage: Stage,
    /// It rings no longer than this.
    rings_until: Instant,
    asked: FuturesUnordered<BoxFuture<'static, (Asked, Result<Done, Error>)>>,
    /// Signals that wait until the server knows the call.
    unsent: Option<Vec<Signal>>,
    /// Calls of the callee to us, with their offers: both may call at once.
    rings: Vec<(CallKey, String)>,
    /// Ours gave way to this one of theirs, whose ring has not come yet.
    awaited: Option<CallKey>,
    connected: Option<Instant>,
    heard_frames: u32,
    said_connected: bool,
    selected: Option<(SocketAddr, SocketAddr)>,
    /// How to look for ways now.
    ice: IceConfig,
    with_loopback: bool,
    /// What was invited with, and what was said since, should it have to be said again.
    invitation: Step,
    early: Vec<Signal>,
    lost: Option<Loss>,
    /// Our later offer that waits for its answer.
    offer: Option<Offered>,
    /// The number of it, and of those before.
    offers: u32,
    /// Whether this end has its place at the server: signals reach the other end.
    has_place: bool,
    /// When sound came in last.
    heard_at: Option<Instant>,
    /// What the other side sends now.
    theirs: Media,
    /// Until when the other end is waited for, while it is not there.
    away_until: Option<Instant>,
    /// The server started anew since our relays were asked for.
    relays_are_old: bool,
    renewing: FuturesUnordered<BoxFuture<'static, Result<Fresh, Error>>>,
    /// The other network that the connection to the server was told of.
    told_of: Option<Vec<IpAddr>>,
    tail: u32,
    /// The other side put us on hold: nothing is said into the void.
    held: bool,
    tested: bool,
    sound_test: Option<(serde_json::Value, String)>,
}

impl<P: FnMut(Progress) + Send> Running<P> {
    /// Find everything that a call needs, and ring.
    pub(super) async fn begin(
        server: &Server,
        connection: Connection,
        wanted: Wanted,
        mut progress: P,
    ) -> Result<Self, Error> {
        let sound = Sound::open(wanted.audio_in.as_deref(), wanted.audio_out.as_deref())?;
        let callee = server.find(&wanted.to).await?.profile;
        let mut rng = rng::from_system();
        let key = CallKey(hex::encode(rng.random::<[u8; 16]>()));
        let to = Target::Account(callee.id.clone());
        let step = Step::Prepare {
            to: to.clone(),
            media: MEDIA,
            relay_only: wanted.relay_only,
        };
        let ice = match connection
            .command(Command::Call {
                key: key.clone(),
                step,
            })
            .await?
            .value
        {
            Value::Ice { ice } => ice,
            other => {
                return Err(Error::Protocol(format!(
                    "no way to look for paths was named: {other:?}"
                )));
            }
        };
        progress(Progress::Calling(callee.clone()));
        let relay_only = wanted.relay_only || ice.relay_only;
        let with_loopback = is_loopback(server.url());
        let sockets = Sockets::open(with_loopback)
            .map_err(|error| Error::Media(format!("no UDP socket can be had: {error}")))?;
        let ways = look_for_ways(&ice, &sockets, relay_only, &mut rng).await?;
        let hosts = sockets
            .addresses()
            .iter()
            .map(|address| LocalCandidate::Host(*address));
        let locals: Vec<LocalCandidate> = if relay_only {
            Vec::new()
        } else {
            hosts.collect()
        };
        let (now, mut marks) = (Instant::now(), Marks::default());
        if !locals.is_empty() {
            marks.add(MarkName::FirstCandidate, now, Some("host".to_owned()));
        }
        let mut running = Self {
            peer: new_peer(&locals, &mut rng)?,
            connection,
            progress,
            key,
            callee,
            side: Side::Caller,
            relay_only,
            sockets,
            ways,
            offers: rng.random(),
            rng,
            locals,
            sound,
            meter: Meter::new(),
            marks,
            stage: Stage::Ringing,
            rings_until: Instant::now() + wanted.patience,
            asked: FuturesUnordered::new(),
            unsent: Some(Vec::new()),
            rings: Vec::new(),
            awaited: None,
            connected: None,
            heard_frames: 0,
            said_connected: false,
            selected: None,
            ice,
            with_loopback,
            invitation: Step::Ringing,
            early: Vec::new(),
            lost: None,
            offer: None,
            has_place: true,
            heard_at: None,
            theirs: MEDIA,
            away_until: None,
            relays_are_old: false,
            renewing: FuturesUnordered::new(),
            told_of: None,
            tail: 0,
            held: false,
            tested: false,
            sound_test: None,
        };
        let offer = running
            .peer
            .session()
            .create_offer(Instant::now(), false)
            .map_err(engine)?;
        running.marks.add(MarkName::Invite, Instant::now(), None);
        let step = Step::Invite {
            to,
            media: MEDIA,
            offer,
            relay_only: wanted.relay_only,
        };
        running.invitation = step.clone();
        running.ask(Asked::Invite, step);
        Ok(running)
    }

    /// Until the call is over, or `stop` is done.
    pub(super) async fn run(
        mut self,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<Outcome, Error> {
        let mut stop = pin!(stop.fuse());
        let mut stopped = false;
        let ended = loop {
            self.pump()?;
            if let Stage::Over { ended, until } = self.stage
                && (self.is_done() || Instant::now() >= until)
            {
                break ended;
            }
            let wake = self.wake_at();
            tokio::select! {
                news = self.connection.next() => self.news(news)?,
                Some(datagram) = self.sockets.receive() => self.receive(datagram),
                Some((asked, answer)) = self.asked.next() => self.answered(asked, answer)?,
                Some(fresh) = self.renewing.next() => self.renewed(fresh),
                () = tokio::time::sleep_until(wake.into()) => self.timeout()?,
                () = &mut stop, if !stopped => {
                    stopped = true;
                    let ended = if self.stage == Stage::Ringing { Ended::Cancelled } else { Ended::HangUp };
                    self.leave(ended, LeaveWhy::HangUp);
                }
            }
        };
        self.finish(ended).await
    }

    fn ask(&self, asked: Asked, step: Step) {
        let answer = self.connection.command(Command::Call {
            key: self.key.clone(),
            step,
        });
        self.asked
            .push(answer.map(move |answer| (asked, answer)).boxed());
    }

    fn signal(&mut self, signal: Signal) {
        if self.stage == Stage::Ringing && self.early.len() < MAX_EARLY {
            self.early.push(signal.clone());
        }
        match &mut self.unsent {
            Some(unsent) => unsent.push(signal),
            None => self.say(&signal),
        }
    }

    /// A signal belongs to the moment: without a place at the server it would come late, and mean something else then.
    fn say(&self, signal: &Signal) {
        if !self.has_place && self.stage == Stage::Answered {
            return;
        }
        let answer = self.connection.command_now(Command::Call {
            key: self.key.clone(),
            step: Step::Signal { data: json(signal) },
        });
        self.asked
            .push(answer.map(|answer| (Asked::Other, answer)).boxed());
    }

    /// The server knows the call.
    fn send_signals(&mut self) {
        for signal in self.unsent.take().into_iter().flatten() {
            self.signal(signal);
        }
    }

    fn wake_at(&self) -> Instant {
        let over = match self.stage {
            Stage::Over { until, .. } => Some(until),
            Stage::Ringing => Some(self.rings_until),
            Stage::Answered => None,
        };
        let (peer, ways) = (self.peer.poll_timeout(), self.ways.poll_timeout());
        let times = [peer, ways, over, self.lost_wake()];
        times
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(1))
    }

    fn timeout(&mut self) -> Result<(), Error> {
        self.feed(peer::Input::Timeout);
        let Ok(()) = self.ways.handle(Instant::now(), ways::Input::Timeout);
        if self.stage == Stage::Ringing && Instant::now() >= self.rings_until {
            self.leave(Ended::NotAnswered, LeaveWhy::HangUp);
        }
        self.lost_timeout()
    }

    fn feed(&mut self, input: peer::Input) {
        if let Err(error) = self.peer.handle(Instant::now(), input) {
            tracing::debug!(%error, "the session is over");
        }
    }

    fn receive(&mut self, datagram: Datagram) {
        let mut next = Some(datagram);
        for _ in 0..BURST {
            let Some(Datagram {
                local,
                source,
                bytes,
            }) = next
            else {
                return;
            };
            let Ok(()) = self.ways.handle(
                Instant::now(),
                ways::Input::Datagram {
                    local,
                    source,
                    bytes,
                },
            );
            next = self.sockets.try_receive();
        }
    }

    /// Carry what the machines say, until all are silent.
    fn pump(&mut self) -> Result<(), Error> {
        loop {
            if let Some(output) = self.ways.poll_output() {
                self.way(output);
            } else if let Some(output) = self.peer.poll_output() {
                self.said(output)?;
            } else {
                return Ok(());
            }
        }
    }

    /// Whether the other end is built into the server.
    fn is_service(&self) -> bool {
        self.callee.kind == AccountKind::Service
    }

    /// This side ends it.
    fn leave(&mut self, ended: Ended, why: LeaveWhy) {
        if !matches!(self.stage, Stage::Over { .. }) {
            self.marks.add(MarkName::Leave, Instant::now(), None);
            self.ask(Asked::Other, Step::Leave { why });
            self.over(ended);
        }
    }

    /// It has ended; what remains is saying goodbye.
    fn over(&mut self, ended: Ended) {
        if matches!(self.stage, Stage::Over { .. }) {
            return;
        }
        let now = Instant::now();
        self.marks
            .add(MarkName::Ended, now, Some(ended.word().to_owned()));
        let patience = if self.awaits_result() {
            RESULT
        } else {
            GOODBYE
        };
        self.stage = Stage::Over {
            ended,
            until: now + patience,
        };
        self.feed(peer::Input::Close);
    }

    fn awaits_result(&self) -> bool {
        self.is_service() && self.tested && self.sound_test.is_none()
    }

    /// Whether all goodbyes are said.
    fn is_done(&mut self) -> bool {
        if !matches!(
            self.peer.session().state(),
            State::Closed | State::Failed(_)
        ) {
            return false;
        }
        // The last words have left through the relay: now it can go (RFC 8656 §7.1, a lifetime of 0).
        if !self.ways.is_closed() {
            let Ok(()) = self.ways.handle(Instant::now(), ways::Input::Close);
            while let Some(output) = self.ways.poll_output() {
                self.way(output);
            }
        }
        self.ways.is_closed() && self.asked.is_empty() && !self.awaits_result()
    }

    /// Files are closed, and the report is handed in.
    async fn finish(mut self, ended: Ended) -> Result<Outcome, Error> {
        self.sound.finish()?;
        let answered = self.marks.at(MarkName::Answer);
        let over = self.marks.at(MarkName::Ended).unwrap_or_else(Instant::now);
        let measured = self.peer.measurements();
        let made = report::report(Evidence {
            side: self.side,
            local: self.connection.local_clock(),
            server: self.connection.server_clock(),
            marks: self.marks,
            phases: self.peer.session().phases(),
            measured: &measured,
            at_server: self.callee.kind == AccountKind::Service,
            level: (measured.audio.received > 0)
                .then(|| f64::from(self.meter.levels().speech_dbfs)),
            sound_test: self
                .sound_test
                .as_ref()
                .and_then(|(card, _)| serde_json::from_value(card.clone()).ok()),
            ended: ended.word(),
        });
        let text = json(&made);
        let command = Command::ReportCall {
            key: self.key.clone(),
            report: text.clone(),
        };
        match tokio::time::timeout(REPORT, self.connection.command(command)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the report was not taken"),
            Err(_) => tracing::debug!("the report was not taken in time"),
        }
        Ok(Outcome {
            key: self.key,
            callee: self.callee,
            answered: answered.is_some(),
            connected: self.connected.is_some(),
            ended,
            lasted: answered.map_or(0.0, |at| {
                over.saturating_duration_since(at).as_secs_f64() * 1_000.0
            }),
            report: made,
            report_text: text,
            sound_test: self.sound_test,
        })
    }
}

async fn look_for_ways(
    ice: &IceConfig,
    sockets: &Sockets,
    relay_only: bool,
    rng: &mut Rng,
) -> Result<Ways, Error> {
    let servers = Servers::look_up(ice).await;
    let mut questions = Vec::new();
    for server in servers.stun.iter().filter(|_| !relay_only) {
        let leads = |local: &&SocketAddr| {
            local.is_ipv4() == server.is_ipv4()
                && local.ip().is_loopback() == server.ip().is_loopback()
        };
        questions.extend(
            sockets
                .addresses()
                .iter()
                .filter(leads)
                .map(|local| (*local, *server)),
        );
    }
    let relay = |(server, credential): (SocketAddr, stun::Credential)| {
        Some(Relay {
            server,
            local: sockets.leading_to(server)?,
            credential,
        })
    };
    let relays: Vec<Relay> = servers.turn.into_iter().filter_map(relay).collect();
    if relay_only && relays.is_empty() {
        return Err(Error::Media(
            "this call may use the relay only, and the server names none that can be reached"
                .into(),
        ));
    }
    Ok(Ways::new(Instant::now(), &questions, &relays, rng))
}

/// A peer that knows these addresses of ours.
fn new_peer(locals: &[LocalCandidate], rng: &mut Rng) -> Result<Peer, Error> {
    let now = Instant::now();
    let limits = Limits {
        lost: HOLD_ON,
        ..Limits::default()
    };
    let config = session::Config {
        limits,
        ..session::Config::default()
    };
    let mut peer = Peer::new(now, config, rng).map_err(|error| Error::Media(error.to_string()))?;
    for local in locals {
        if let Err(error) = peer.session().add_local_candidate(now, *local) {
            tracing::debug!(%error, "an address of ours is of no use");
        }
    }
    Ok(peer)
}

fn engine(error: session::SessionError) -> Error {
    Error::Media(format!("no offer can be made: {error}"))
}
