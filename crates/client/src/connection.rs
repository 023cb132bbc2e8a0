//! The WebSocket: commands up, events down. After a break it comes back by itself, catches up from the last position,
//! and asks again what was not answered; commands may be repeated by nature, or carry an id that makes it so.

mod link;
#[cfg(test)]
mod tests;

use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinSet;
use webapi::skein::{Abilities, ByeWhy, ClientFrame, Command, Done, Placed, Position, ServerFrame};

use self::link::Link;
pub(crate) use self::link::connect;
use crate::clock::{LocalClock, ServerClock};
use crate::error::Error;
use crate::server::Server;

/// Commands that may wait for their answers; the server takes no more.
const MAX_PENDING: usize = 64;
/// News that may wait to be read.
const MAX_NEWS: usize = 1_024;
/// Clock samples taken at once when a connection is new.
const FIRST_SAMPLES: u32 = 5;
/// Then another one this often; also shows that the server is there.
const PING: Duration = Duration::from_secs(10);
/// A server that says nothing for so long is gone.
const DEAD: Duration = Duration::from_secs(25);
/// In a hurry, a ping without an answer and an attempt without a welcome are given up after this time.
const STUCK: Duration = Duration::from_secs(3);
/// The first wait before coming back, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long coming back is tried.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a connection tells.
#[derive(Debug)]
pub enum News {
    /// Something happened.
    Event(Box<Placed>),
    /// The connection broke and is being made again; events may be late, none that has a position is lost.
    Lost,
    /// It is back.
    Back,
    /// Too much was missed to be told one by one: take a snapshot.
    Behind,
    /// It will not come back. The last thing that is told.
    Ended(Error),
}

/// A connection to a server. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    asks: mpsc::Sender<Ask>,
    news: mpsc::Receiver<News>,
    clock: Arc<Mutex<ServerClock>>,
    local: LocalClock,
    pushes: Arc<Pushes>,
    links: Arc<Links>,
    /// The one task that drives it; ends with this.
    _tasks: JoinSet<()>,
}

/// What makes a connection look after itself at once.
#[derive(Debug, Default)]
struct Pushes {
    /// Whether it stands is of interest now.
    hurry: Notify,
    /// It cannot stand: this device has other addresses.
    moved: Notify,
}

/// Which link is in use, by a number that rises as they come and go.
#[derive(Debug, Default)]
struct Links(AtomicU32);

impl Links {
    /// The link that stands; none while there is none.
    fn standing(&self) -> Option<u32> {
        Some(self.0.load(Ordering::Acquire)).filter(|number| number.is_multiple_of(2))
    }

    /// The link broke, or another one stands.
    fn turn(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[derive(Debug)]
struct Ask {
    command: Command,
    answer: oneshot::Sender<Result<Done, Error>>,
    /// The one link that it is for; without one it is asked again when a link breaks before the answer.
    only: Option<u32>,
}

impl Connection {
    /// Connect as the device whose token `server` has; it can ring and carry voice.
    ///
    /// # Errors
    /// [`Error`] says why it cannot be reached or will not talk to us.
    pub async fn open(server: &Server) -> Result<Self, Error> {
        let local = LocalClock::start();
        let link = Link::open(server, None, ABILITIES).await?;
        let (asks, ask_receiver) = mpsc::channel(MAX_PENDING);
        let (news_sender, news) = mpsc::channel(MAX_NEWS);
        let clock = Arc::new(Mutex::new(ServerClock::default()));
        let pushes = Arc::new(Pushes::default());
        let links = Arc::new(Links::default());
        let driver = Driver {
            pushes: Arc::clone(&pushes),
            links: Arc::clone(&links),
            server: server.clone(),
            asks: ask_receiver,
            news: news_sender,
            clock: Arc::clone(&clock),
            local,
            reached: link.head.clone(),
            pending: Vec::new(),
            next_id: 0,
            unmeasured: FIRST_SAMPLES,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run(link));
        Ok(Self {
            asks,
            news,
            clock,
            local,
            pushes,
            links,
            _tasks: tasks,
        })
    }

    /// The next thing; waits for it. Nothing is lost if the wait is given up.
    pub async fn next(&mut self) -> News {
        self.news
            .recv()
            .await
            .unwrap_or(News::Ended(Error::Ended(ByeWhy::Restart)))
    }

    /// Ask for something. The answer may come much later: the command waits while the connection is away.
    pub fn command(
        &self,
        command: Command,
    ) -> impl Future<Output = Result<Done, Error>> + Send + use<> {
        self.asking(command, Ok(None))
    }

    /// Say what means nothing any more once this connection is another one: it is not asked again then, and fails.
    pub(crate) fn command_now(
        &self,
        command: Command,
    ) -> impl Future<Output = Result<Done, Error>> + Send + use<> {
        self.asking(
            command,
            self.links
                .standing()
                .map(Some)
                .ok_or_else(before_the_answer),
        )
    }

    /// Whether it still stands is of interest now: looks at once, and does not wait for the next attempt. Costs nothing when
    /// it is said often.
    pub(crate) fn hurry(&self) {
        self.pushes.hurry.notify_one();
    }

    /// This device has other addresses than before: what stood on them is given up without waiting for an answer.
    pub(crate) fn moved(&self) {
        self.pushes.moved.notify_one();
    }

    fn asking(
        &self,
        command: Command,
        only: Result<Option<u32>, Error>,
    ) -> impl Future<Output = Result<Done, Error>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let sent = only.and_then(|only| {
            let ask = Ask {
                command,
                answer,
                only,
            };
            let full = || Error::Protocol("too many commands wait for their answers".into());
            self.asks.try_send(ask).map_err(|_| full())
        });
        async move {
            sent?;
            answered.await.unwrap_or(Err(Error::Ended(ByeWhy::Restart)))
        }
    }

    /// This machine's clock, as the server's is compared with it.
    #[must_use]
    pub fn local_clock(&self) -> LocalClock {
        self.local
    }

    /// What is known of the server's clock.
    #[must_use]
    pub fn server_clock(&self) -> ServerClock {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const ABILITIES: Abilities = Abilities {
    voice: true,
    video: false,
    // It follows one file through one call.
    waiting: false,
};

/// The task behind a [`Connection`].
struct Driver {
    pushes: Arc<Pushes>,
    links: Arc<Links>,
    server: Server,
    asks: mpsc::Receiver<Ask>,
    news: mpsc::Sender<News>,
    clock: Arc<Mutex<ServerClock>>,
    local: LocalClock,
    reached: Position,
    /// Asked and not answered, in order.
    pending: Vec<(u32, Ask)>,
    next_id: u32,
    /// Clock samples that are still to be taken at once.
    unmeasured: u32,
}

/// Why a link is not used any more.
enum End {
    /// Come back after this time.
    Broken(Duration),
    /// Do not come back.
    Final(Error),
    /// Nobody listens any more.
    Unwanted,
}

impl Driver {
    async fn run(mut self, mut link: Link) {
        loop {
            let wait = match self.serve(&mut link).await {
                End::Broken(wait) => wait,
                End::Final(error) => return self.end(error),
                End::Unwanted => return link.close().await,
            };
            self.links.turn();
            self.drop_what_is_not_asked_again();
            if self.news.send(News::Lost).await.is_err() {
                return;
            }
            link = match self.come_back(wait).await {
                Ok(link) => link,
                Err(error) => return self.end(error),
            };
            self.links.turn();
            let news = if link.snapshot {
                News::Behind
            } else {
                News::Back
            };
            if self.news.send(news).await.is_err() {
                return link.close().await;
            }
        }
    }

    /// What stands in the queue is looked at when it is its turn.
    fn drop_what_is_not_asked_again(&mut self) {
        let asks_again = |(_, ask): &(u32, Ask)| ask.only.is_none();
        let (kept, dropped) = self.pending.drain(..).partition(asks_again);
        self.pending = kept;
        let dropped: Vec<(u32, Ask)> = dropped;
        for (_, ask) in dropped {
            let _ = ask.answer.send(Err(before_the_answer()));
        }
    }

    /// Everybody who waits is told, as far as there is room; who reads later sees the end of the channel.
    fn end(self, error: Error) {
        for (_, ask) in self.pending {
            let _ = ask.answer.send(Err(before_the_answer()));
        }
        let _ = self.news.try_send(News::Ended(error));
    }

    /// Use a link until it ends.
    async fn serve(&mut self, link: &mut Link) -> End {
        self.unmeasured = FIRST_SAMPLES;
        if let Err(end) = self.begin(link).await {
            return end;
        }
        let mut pings = tokio::time::interval(PING);
        pings.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut heard = tokio::time::Instant::now();
        // When it was asked in a hurry and has not answered since.
        let mut hurried: Option<tokio::time::Instant> = None;
        loop {
            let dead = hurried.map_or(heard + DEAD, |at| (heard + DEAD).min(at + STUCK));
            let done = tokio::select! {
                frame = link.next() => match frame {
                    Some(frame) => {
                        heard = tokio::time::Instant::now();
                        hurried = None;
                        self.take(link, frame).await
                    }
                    None => Err(End::Broken(Duration::ZERO)),
                },
                () = tokio::time::sleep_until(dead) => Err(End::Broken(Duration::ZERO)),
                ask = self.asks.recv(), if self.pending.len() < MAX_PENDING => match ask {
                    Some(ask) => self.ask(link, ask).await,
                    None => Err(End::Unwanted),
                },
                _ = pings.tick() => self.ping(link).await,
                () = self.pushes.hurry.notified(), if hurried.is_none() => {
                    hurried = Some(tokio::time::Instant::now());
                    self.ping(link).await
                }
                () = self.pushes.moved.notified() => Err(End::Broken(Duration::ZERO)),
                () = self.news.closed() => Err(End::Unwanted),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Ask again what an earlier link did not answer.
    async fn begin(&mut self, link: &mut Link) -> Result<(), End> {
        for (id, ask) in &self.pending {
            let command = ask.command.clone();
            link.send(&ClientFrame::Command { id: *id, command })
                .await
                .map_err(broken)?;
        }
        Ok(())
    }

    async fn ask(&mut self, link: &mut Link, ask: Ask) -> Result<(), End> {
        if ask.only.is_some() && ask.only != self.links.standing() {
            let _ = ask.answer.send(Err(before_the_answer()));
            return Ok(());
        }
        self.next_id = self.next_id.wrapping_add(1);
        let frame = ClientFrame::Command {
            id: self.next_id,
            command: ask.command.clone(),
        };
        self.pending.push((self.next_id, ask));
        link.send(&frame).await.map_err(broken)
    }

    async fn ping(&mut self, link: &mut Link) -> Result<(), End> {
        link.send(&ClientFrame::Ping {
            t: self.local.now(),
        })
        .await
        .map_err(broken)
    }

    async fn take(&mut self, link: &mut Link, frame: ServerFrame) -> Result<(), End> {
        match frame {
            ServerFrame::Done { id, done } => self.answered(id, Ok(done)),
            ServerFrame::Error { id, error } => self.answered(id, Err(Error::Refused(error))),
            ServerFrame::Event { placed } => {
                if let Some(pos) = &placed.pos {
                    self.reached = pos.clone();
                }
                // A reader that is this far behind holds up the link, and the server will end it.
                self.news
                    .send(News::Event(Box::new(placed)))
                    .await
                    .map_err(|_| End::Unwanted)?;
            }
            ServerFrame::Reached { pos } => self.reached = pos,
            ServerFrame::Pong { t, now } => {
                let received = self.local.now();
                self.clock
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .measured(t, now, received);
                self.unmeasured = self.unmeasured.saturating_sub(1);
                if self.unmeasured > 0 {
                    self.ping(link).await?;
                }
            }
            ServerFrame::Bye { why, retry_after } => {
                return Err(match why {
                    ByeWhy::Restart | ByeWhy::TooSlow => End::Broken(Duration::from_millis(
                        retry_after.unwrap_or(0).clamp(0, 60_000).unsigned_abs(),
                    )),
                    ByeWhy::SignedOut | ByeWhy::Blocked | ByeWhy::TooMany | ByeWhy::Protocol => {
                        End::Final(Error::Ended(why))
                    }
                });
            }
            ServerFrame::Welcome { .. } => {}
        }
        Ok(())
    }

    fn answered(&mut self, id: u32, result: Result<Done, Error>) {
        if let Some(at) = self.pending.iter().position(|(asked, _)| *asked == id) {
            let (_, ask) = self.pending.remove(at);
            // Who asked may have lost interest.
            let _ = ask.answer.send(result);
        }
    }

    /// One attempt. One that is stuck is given up when somebody is in a hurry.
    async fn try_link(&self) -> Result<Link, Error> {
        let begun = tokio::time::Instant::now();
        let mut link = pin!(Link::open(&self.server, Some(&self.reached), ABILITIES));
        loop {
            tokio::select! {
                link = &mut link => return link,
                () = self.pushes.moved.notified() => {
                    return Err(self.server.unreachable("the network of this device changed"));
                }
                () = self.pushes.hurry.notified() => if begun.elapsed() >= STUCK {
                    return Err(self.server.unreachable("no answer in time"));
                }
            }
        }
    }

    async fn come_back(&mut self, first: Duration) -> Result<Link, Error> {
        let give_up = tokio::time::Instant::now() + PATIENCE.max(first);
        let mut wait = first;
        loop {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.pushes.hurry.notified() => {}
                () = self.pushes.moved.notified() => {}
            }
            let error = match self.try_link().await {
                Ok(link) => return Ok(link),
                Err(error) => error,
            };
            let passing = match &error {
                Error::Unreachable { .. } | Error::Ended(ByeWhy::Restart | ByeWhy::TooSlow) => true,
                Error::Refused(refusal) => matches!(refusal.kind.status(), 429 | 503),
                _ => false,
            };
            if !passing || tokio::time::Instant::now() >= give_up || self.news.is_closed() {
                return Err(error);
            }
            wait = (wait * 2).clamp(FIRST_WAIT, LONGEST_WAIT);
        }
    }
}

fn before_the_answer() -> Error {
    Error::Protocol("the connection ended before the answer".into())
}

fn broken(_: Error) -> End {
    End::Broken(Duration::ZERO)
}
