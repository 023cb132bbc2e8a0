//! The hub: it loads, asks the pure decisions, stores, publishes; and keeps the table of what lives.

mod admission;
mod bots;
mod call;
mod doors;
mod draw;
mod drawn;
mod events;
mod groups;
mod guests;
mod handles;
mod index;
mod invites;
mod known;
mod leaving;
mod objects;
mod operator;
mod profiles;
mod queries;
mod records;
mod reports;
mod session;
mod tail;
mod tickets;
mod turns;
mod upkeep;
mod watched;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use futures_util::future::BoxFuture;
use sansio::rng::Rng;
use tokio::sync::{Notify, mpsc, oneshot, watch};

pub use admission::{Admitted, DeviceHello, NameCheck, NewAccount, Origin, Proof};
pub use bots::OwnBot;
pub use events::Events;
pub use handles::{Derive, OwnAccount};
pub use index::Found;
pub use objects::{MAX_PIECE, Written};
pub use profiles::Card;
pub use queries::{Snapshot, Sync};
pub use reports::Reported;
pub use session::{Hello, Session};
pub use tickets::{MAX_TICKET_EXTRA, Redeemed};

use self::admission::Budgets;
use self::known::Known;
use crate::blobs::Blobs;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::decide::{Answer, Fault, Identity, Work, World, decide};
use crate::error::{Error, Kind};
use crate::event::Why;
use crate::figures::Counting;
use crate::id::{AccountId, Mint, Pos, Timestamp};
use crate::limits::{BotLimits, Limits, Room};
use crate::live::Live;
use crate::model::Account;
use crate::paths::Paths;
use crate::secret::{PasswordCost, Pool};
use crate::store::{Keys, Rows, Store};
use crate::writer::{self, Job, Outcome, Writer, refuse};

/// What the hub plugs into.
pub struct Ports {
    /// What is kept.
    pub store: Arc<dyn Store>,
    /// The bytes of objects.
    pub blobs: Arc<dyn Blobs>,
    /// The other processes.
    pub bus: Arc<dyn Bus>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The relay.
    pub paths: Arc<dyn Paths>,
    /// Chance: tokens, codes.
    pub rng: Rng,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever has an invitation.
    Invite,
    /// Nobody; the operator makes accounts.
    Closed,
}

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct Config {
    /// Who may register.
    pub registration: Registration,
    /// Whether members may invite people to this server.
    pub members_invite: bool,
    /// Budgets.
    pub limits: Limits,
    /// How much room objects may take.
    pub room: Room,
    /// How many bots people may have.
    pub bots: BotLimits,
    /// Every call goes through the relay, whoever calls whom.
    pub relay_only: bool,
    /// Passwords hashed at the same time; each takes 19 MiB.
    pub password_threads: usize,
    /// What each costs.
    pub password_cost: PasswordCost,
    /// What doors derive from a password for programs that do not send it, each under the door's name. It is made only for whoever
    /// allows old programs.
    pub derive: Vec<(&'static str, Derive)>,
    /// Whether this process serves: it ends calls that were left open. The operator's commands do not.
    pub serves: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            registration: Registration::Open,
            members_invite: false,
            limits: Limits::default(),
            room: Room::default(),
            bots: BotLimits::default(),
            relay_only: false,
            password_threads: 2,
            password_cost: PasswordCost::default(),
            derive: Vec::new(),
            serves: true,
        }
    }
}

/// How long a process number is held without being renewed.
const LEASE_MS: i64 = 120_000;
/// How often it is renewed, and sessions are told how far the log is.
const BEAT: std::time::Duration = std::time::Duration::from_secs(25);
/// How long a question waits for the reader of the log.
const CATCH_UP: std::time::Duration = std::time::Duration::from_secs(5);
/// Sign-ins that may wait for the password pool.
const PASSWORD_QUEUE: usize = 256;

/// The domain core of one process. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

struct Inner {
    store: Arc<dyn Store>,
    blobs: Arc<dyn Blobs>,
    /// Held for reading while a blob is written and its row with it, for writing while one is removed.
    sealing: tokio::sync::RwLock<()>,
    /// Uploads of one account are finished one after the other: hashing and cleaning take a processor for as long as a second.
    finishing: turns::Turns,
    /// And it searches once at a time: a beginning of a word costs by all words that begin so, whoever wrote them.
    searching: turns::Turns,
    clock: Arc<dyn Clock>,
    config: Config,
    node: i32,
    jobs: mpsc::Sender<Job>,
    live: Mutex<Live>,
    /// The newest position that somebody here was answered with.
    committed: AtomicI64,
    /// How far the log was brought to the table.
    reached: watch::Sender<Pos>,
    /// Something is due earlier.
    wake: Notify,
    /// How far the index of words is.
    indexed: watch::Sender<Pos>,
    /// Somebody searches: the index goes on at once.
    to_index: Notify,
    /// There is something to write down that no command carries.
    to_record: Notify,
    /// Somebody was deleted: what belonged to them is to be removed.
    to_leave: Notify,
    /// Who writes it down at this moment: the recorder, or a hub that stops.
    recording: tokio::sync::Mutex<()>,
    /// Up to which number the records of calls are written down.
    recorded: watch::Sender<u64>,
    known: Known,
    budgets: Mutex<Budgets>,
    rng: Mutex<Rng>,
    /// What tickets are sealed with.
    ticket_key: tickets::TicketKey,
    mint: Mutex<Mint>,
    pool: Pool,
    figures: Arc<Counting>,
}

/// A lock whose holder panicked still holds a table that every step leaves whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Begin. Gives the hub and the tasks that the program runs for it: the writer, the reader of the log, the timekeeper,
    /// the recorder, the holder of the process number, the pruner of old changes, the follower that keeps the index of words, the
    /// collector of objects, and the remover of what belonged to deleted accounts. Calls that were open when this process ended are taken up again, and end if nobody comes back to them.
    pub async fn start(
        ports: Ports,
        config: Config,
    ) -> Result<(Self, Vec<BoxFuture<'static, ()>>), Error> {
        let Ports {
            store,
            blobs,
            bus,
            clock,
            paths,
            mut rng,
        } = ports;
        let wall = clock.wall();
        let node = store
            .lease_node(wall, LEASE_MS)
            .await
            .map_err(|e| refuse(&e))?;
        let head = store.head().await.map_err(|e| refuse(&e))?;
        let known = Known::of(store.as_ref()).await?;
        let ticket_key = tickets::TicketKey::of(store.as_ref(), &mut rng).await?;
        let (jobs, queue) = mpsc::channel(writer::QUEUE);
        let figures = Arc::<Counting>::default();
        let writer = Writer {
            store: store.clone(),
            bus: bus.clone(),
            clock: clock.clone(),
            jobs: queue,
            mint: Mint::new(node, head),
            known: None,
            figures: figures.clone(),
        };
        let subscription = bus.subscribe();
        let inner = Inner {
            live: Mutex::new(Live::new(paths, config.relay_only, head)),
            committed: AtomicI64::new(head.0),
            reached: watch::Sender::new(head),
            budgets: Mutex::new(Budgets::new(&config.limits)),
            pool: Pool::new(
                config.password_threads,
                PASSWORD_QUEUE,
                config.password_cost,
            ),
            figures,
            store,
            blobs,
            sealing: tokio::sync::RwLock::default(),
            finishing: turns::Turns::default(),
            searching: turns::Turns::default(),
            clock,
            config,
            node: i32::from(node),
            jobs,
            wake: Notify::new(),
            to_record: Notify::new(),
            to_leave: Notify::new(),
            indexed: watch::Sender::new(Pos(0)),
            to_index: Notify::new(),
            recording: tokio::sync::Mutex::default(),
            recorded: watch::Sender::new(0),
            known,
            rng: Mutex::new(rng),
            ticket_key,
            // Endpoint and device ids come from a mint of their own: half a node's numbers apart from the writer's.
            mint: Mutex::new(Mint::new(node ^ 0x200, head)),
        };
        let hub = Self {
            inner: Arc::new(inner),
        };
        let mut tasks: Vec<BoxFuture<'static, ()>> = vec![
            Box::pin(writer.run()),
            Box::pin(tail::Tail::new(Arc::downgrade(&hub.inner), subscription, head).run()),
            Box::pin(timekeeper(Arc::downgrade(&hub.inner))),
            Box::pin(records::recorder(Arc::downgrade(&hub.inner))),
            Box::pin(upkeep::lessee(Arc::downgrade(&hub.inner))),
        ];
        if hub.inner.config.serves {
            tasks.push(Box::pin(upkeep::pruner(Arc::downgrade(&hub.inner))));
            tasks.push(Box::pin(index::follower(Arc::downgrade(&hub.inner))));
            tasks.push(Box::pin(objects::collector(Arc::downgrade(&hub.inner))));
            tasks.push(Box::pin(leaving::remover(Arc::downgrade(&hub.inner))));
            hub.adopt_calls(head).await?;
        }
        Ok((hub, tasks))
    }

    /// Whether the store answers.
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner
            .store
            .head()
            .await
            .map(drop)
            .map_err(|e| refuse(&e))
    }

    /// Stop: running calls go on without the hub, every session is told to come back, and what was acknowledged is written.
    pub async fn stop(&self) {
        self.with_live(|live, now, wall| {
            live.call_stop_all(now, wall);
            let people: Vec<AccountId> = live.people.keys().copied().collect();
            for account in people {
                live.kick(now, wall, account, None, Why::Stopping);
            }
            live.flush_acks();
        });
        if !self.inner.record().await {
            tracing::warn!("the store does not take how calls ended; the next start ends them");
        }
        let _away = self
            .inner
            .store
            .lease_node(self.inner.clock.wall(), 0)
            .await;
    }

    /// Run something on the table, at one time; wakes whoever it concerns if there is work or an earlier deadline.
    fn with_live<T>(&self, run: impl FnOnce(&mut Live, Instant, Timestamp) -> T) -> T {
        self.inner.with_live(run)
    }

    /// Give work to the writer and wait until it is on disk.
    async fn write(&self, work: Work) -> Outcome {
        self.inner.write(work).await
    }

    /// Wait until the table knows everything that was answered before: what reads the table must not tell of less.
    async fn caught_up(&self) -> Result<(), Error> {
        let committed = Pos(self.inner.committed.load(Ordering::Acquire));
        let mut reached = self.inner.reached.subscribe();
        let clock = self.inner.clock.as_ref();
        tokio::select! {
            biased;
            found = reached.wait_for(|reached| *reached >= committed) => found.is_ok(),
            () = clock.sleep_until(clock.now() + CATCH_UP) => false,
        }
        .then_some(())
        .ok_or_else(|| Error::unavailable("the server is behind its store: try again"))
    }

    /// Write down now what is otherwise written by and by: what is due by the clock, such as calls that nobody took, how far devices
    /// have got, and when people were last seen. `false` if the store does not take it for now.
    pub async fn settle(&self) -> bool {
        self.with_live(|live, now, wall| {
            live.tick(now, wall);
            live.flush_acks();
        });
        self.inner.record().await
    }

    /// Decide something on what is stored, without doing it.
    async fn dry_run(&self, work: &Work) -> Result<Answer, Error> {
        let mut world = World::default().begin(Pos(0), self.inner.clock.wall(), Mint::default());
        for _ in 0..12 {
            let keys = match decide(&world, work) {
                Ok((_, answer)) => return Ok(answer),
                Err(Fault::Refused(error)) => return Err(error),
                Err(Fault::Need(keys)) => keys,
            };
            let rows = self.load(&keys).await?;
            world.learn(&keys, rows);
        }
        Err(Error::unavailable(
            "the server could not decide this: try again",
        ))
    }

    /// Rows by key, fresh from the store.
    async fn load(&self, keys: &Keys) -> Result<Rows, Error> {
        self.inner.store.load(keys).await.map_err(|e| refuse(&e))
    }

    /// One account by id, fresh from the store.
    async fn account(&self, id: AccountId) -> Result<Option<Arc<Account>>, Error> {
        let keys = Keys {
            accounts: [id].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        Ok(rows.accounts.into_iter().next().map(Arc::new))
    }
}

impl Inner {
    fn with_live<T>(&self, run: impl FnOnce(&mut Live, Instant, Timestamp) -> T) -> T {
        let (now, wall) = (self.clock.now(), self.clock.wall());
        let mut live = lock(&self.live);
        let before = live.next_due();
        let done = run(&mut live, now, wall);
        let earlier = match (before, live.next_due()) {
            (Some(before), Some(after)) => after < before,
            (None, after) => after.is_some(),
            (Some(_), None) => false,
        };
        if earlier {
            self.wake.notify_one();
        }
        if !live.records.is_empty() {
            self.to_record.notify_one();
        }
        done
    }

    async fn write(&self, work: Work) -> Outcome {
        let changed = work.changes();
        let goes = matches!(work, Work::SetMembers(..) | Work::Leave(..));
        let (reply, answer) = oneshot::channel();
        let full = || {
            let mut error = Error::new(
                Kind::TooMany,
                "too_many",
                "the server has too much to write: try again",
            );
            error.retry_after = Some(std::time::Duration::from_secs(1));
            error
        };
        self.jobs
            .try_send(Job { work, reply })
            .map_err(|_| full())?;
        let outcome = answer.await.unwrap_or_else(|_| {
            Err(Error::unavailable(
                "the server stops: try again in a moment",
            ))
        });
        let Ok((pos, _)) = &outcome else {
            return outcome;
        };
        if let Some(pos) = pos {
            self.committed.fetch_max(pos.0, Ordering::AcqRel);
        }
        // A guest who belongs to no group any more is nobody.
        if goes {
            self.to_leave.notify_one();
        }
        // Whoever was answered finds it so, also before the reader of the log gets there.
        if let Some(account) = changed {
            self.known.forget(account);
        }
        outcome
    }
}

/// Does what is due. Never waits for the store: a call rings out on time while the store is away.
async fn timekeeper(inner: std::sync::Weak<Inner>) {
    let mut beat = None;
    loop {
        let Some(hub) = inner.upgrade() else { return };
        let now = hub.clock.now();
        let beats = beat.is_none_or(|at| at <= now);
        if beats {
            beat = Some(now + BEAT);
        }
        let due = hub.with_live(|live, now, wall| {
            live.tick(now, wall);
            if beats {
                live.tell_reached();
            }
            live.next_due()
        });
        let next = [due, beat].into_iter().flatten().min();
        tokio::select! {
            () = hub.wake.notified() => {}
            () = sleep_until(hub.clock.as_ref(), next) => {}
            () = hub.jobs.closed() => return,
        }
    }
}

async fn sleep_until(clock: &dyn Clock, at: Option<Instant>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Whether an identity names a device that may be used now.
fn refuse_device(account: Option<&Account>, who: Identity, revoked: bool) -> Result<(), Error> {
    match account {
        Some(account) if account.id == who.account && !revoked => match account.state {
            crate::model::AccountState::Active => Ok(()),
            state if state.is_gone() => Err(Error::unauthorized()),
            _ => Err(Error::new(
                Kind::Forbidden,
                "blocked_account",
                "this account was blocked by the operator",
            )),
        },
        _ => Err(Error::unauthorized()),
    }
}
