//! A hub on a store, a clock that is stepped by hand, and people who use it.

use std::sync::Arc;
use std::time::Duration;

use backend::contract::ManualClock;
use hub::bus::Bus;
use hub::command::{Command, Done, MessageRef, Target, Value};
use hub::event::{CallEvent, Ephemeral, Event, Heard, IceConfig, Media};
use hub::id::{AccountId, CallKey, ClientId, ConversationId, MessageId, Pos, Timestamp};
use hub::model::{Availability, Body, DeviceKind, RelationChange, Rich};
use hub::paths::Paths;
use hub::store::Store;
use hub::{
    Abilities, Config, DeviceHello, Error, Events, Hello, Hub, Identity, NewAccount, Origin, Ports,
    Proof, Session,
};
use tokio::task::JoinSet;

/// Every start has chance of its own, as in life: two hubs on one store make no token twice.
static STARTS: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);

/// A hub that runs.
pub(crate) struct Lab {
    pub(crate) hub: Hub,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) credentials_ended: Ended,
    /// Where the bytes of objects lie.
    pub(crate) blobs: Arc<tempfile::TempDir>,
    _tasks: JoinSet<()>,
}

/// The relay of a lab: says only which policy a leg was given.
#[derive(Default)]
struct NoRelay(Ended);

/// Accounts whose credentials were ended.
type Ended = Arc<std::sync::Mutex<Vec<AccountId>>>;

impl Paths for NoRelay {
    fn ice(&self, _: CallKey, _: AccountId, _: bool, relay_only: bool) -> IceConfig {
        IceConfig {
            servers: Vec::new(),
            relay_only,
        }
    }

    fn end(&self, _: CallKey) {}

    fn end_account(&self, account: AccountId) {
        self.0.lock().expect("whole").push(account);
    }
}

impl Lab {
    pub(crate) async fn on(store: Arc<dyn Store>) -> Self {
        Self::with(
            store,
            Arc::new(ManualClock::new(Timestamp(1_800_000_000_000))),
            backend::memory_bus(),
        )
        .await
    }

    pub(crate) async fn with(
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        bus: Arc<dyn Bus>,
    ) -> Self {
        let blobs = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::inside(blobs, store, clock, bus, Config::default()).await
    }

    /// A hub of an operator who has changed something.
    pub(crate) async fn so(store: Arc<dyn Store>, config: Config) -> Self {
        let blobs = Arc::new(tempfile::tempdir().expect("a folder"));
        let clock = Arc::new(ManualClock::new(Timestamp(1_800_000_000_000)));
        Self::inside(blobs, store, clock, backend::memory_bus(), config).await
    }

    async fn inside(
        blobs: Arc<tempfile::TempDir>,
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        bus: Arc<dyn Bus>,
        config: Config,
    ) -> Self {
        let credentials_ended = Ended::default();
        let ports = Ports {
            store: store.clone(),
            blobs: backend::blobs::folder(blobs.path(), limits()).expect("a folder"),
            bus,
            clock: clock.clone(),
            paths: Arc::new(NoRelay(Arc::clone(&credentials_ended))),
            rng: sansio::rng::seeded(STARTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
        };
        let config = Config {
            room: ROOM,
            password_cost: hub::PasswordCost::Least,
            ..config
        };
        let (hub, work) = Hub::start(ports, config).await.expect("a hub");
        let mut tasks = JoinSet::new();
        for task in work {
            tasks.spawn(task);
        }
        Self {
            hub,
            clock,
            store,
            credentials_ended,
            blobs,
            _tasks: tasks,
        }
    }

    /// The process ends without a word, and another begins on the same store.
    pub(crate) async fn killed(self) -> Self {
        self.killed_into(Config::default()).await
    }

    /// The same, and the next one decides otherwise.
    pub(crate) async fn killed_into(self, config: Config) -> Self {
        let Self {
            hub,
            clock,
            store,
            blobs,
            mut _tasks,
            ..
        } = self;
        _tasks.shutdown().await;
        drop(hub);
        let bus = backend::memory_bus();
        Self::inside(blobs, store, clock, bus, config).await
    }

    pub(crate) async fn person(&self, name: &str) -> Person {
        let who = NewAccount {
            name: name.into(),
            display: name.into(),
            password: PASSWORD.into(),
            language: None,
        };
        let admitted = self
            .hub
            .register(Origin::default(), who, device())
            .await
            .expect("registered");
        let who = self
            .hub
            .authenticate(&admitted.token)
            .await
            .expect("its own token");
        Person {
            who,
            name: name.into(),
            token: admitted.token,
            code: admitted.recovery_code.expect("a code"),
        }
    }

    /// What the clock says now.
    pub(crate) fn clock_wall(&self) -> Timestamp {
        hub::clock::Clock::wall(self.clock.as_ref())
    }

    /// Two people who are contacts of each other.
    pub(crate) async fn friends(&self) -> (Person, Person) {
        let (ann, bob) = (self.person("ann").await, self.person("bob").await);
        self.befriend(&ann, &bob).await;
        (ann, bob)
    }

    pub(crate) async fn befriend(&self, a: &Person, b: &Person) {
        a.relate(self, b, RelationChange::Ask).await.expect("asked");
        b.relate(self, a, RelationChange::Accept)
            .await
            .expect("accepted");
    }

    /// Another device of somebody.
    pub(crate) async fn sign_in(&self, person: &Person) -> Person {
        let proof = Proof::Password(PASSWORD.into());
        let admitted = self
            .hub
            .admit(Origin::default(), &person.name, proof, device())
            .await
            .expect("signed in");
        let who = Identity {
            account: admitted.account.id,
            device: admitted.device,
        };
        Person {
            who,
            name: person.name.clone(),
            token: admitted.token,
            code: person.code.clone(),
        }
    }
}

/// Small enough to be met.
pub(crate) const ROOM: hub::limits::Room = hub::limits::Room {
    object: 2_000_000,
    account: 3_000_000,
    all: 5_000_000,
};

fn limits() -> backend::blobs::BlobLimits {
    backend::blobs::BlobLimits {
        keep_free: 0,
        ..backend::blobs::BlobLimits::default()
    }
}

pub(crate) const PASSWORD: &str = "eight geese over the lake";

pub(crate) fn device() -> DeviceHello {
    DeviceHello {
        label: "Lab".into(),
        kind: DeviceKind::Other,
        public_key: None,
        takes_up: false,
    }
}

/// Somebody with one device.
pub(crate) struct Person {
    pub(crate) who: Identity,
    pub(crate) name: String,
    pub(crate) token: String,
    pub(crate) code: String,
}

impl Person {
    pub(crate) fn id(&self) -> AccountId {
        self.who.account
    }

    pub(crate) fn session(&self, lab: &Lab) -> Session {
        lab.hub.session(self.who, Origin::default())
    }

    pub(crate) async fn attach(&self, lab: &Lab, since: Option<Pos>) -> Client {
        self.try_attach(lab, since).await.expect("attached")
    }

    pub(crate) async fn try_attach(&self, lab: &Lab, since: Option<Pos>) -> Result<Client, Error> {
        self.attach_able(lab, since, false).await
    }

    /// `waiting`: it can hold a call and answer another.
    pub(crate) async fn attach_able(
        &self,
        lab: &Lab,
        since: Option<Pos>,
        waiting: bool,
    ) -> Result<Client, Error> {
        let abilities = Abilities {
            voice: true,
            video: true,
            waiting,
        };
        let hello = Hello {
            door: "lab",
            abilities,
            here: false,
            since,
            from: Origin::default(),
        };
        let (session, events) = lab.hub.attach(self.who, hello).await?;
        Ok(Client { session, events })
    }

    pub(crate) async fn relate(
        &self,
        lab: &Lab,
        other: &Self,
        change: RelationChange,
    ) -> Result<Done, Error> {
        self.session(lab)
            .command(Command::Relate {
                other: other.id(),
                change,
                greeting: None,
            })
            .await
    }

    pub(crate) async fn send(
        &self,
        lab: &Lab,
        to: &Self,
        text: &str,
        client: &str,
    ) -> Result<Sent, Error> {
        sent(
            self.session(lab)
                .command(send(to.id(), text, client))
                .await?,
        )
    }

    pub(crate) async fn history(
        &self,
        lab: &Lab,
        conversation: ConversationId,
    ) -> Vec<(MessageId, String)> {
        let mut all = Vec::new();
        let mut around = hub::store::Around::Newest;
        loop {
            let (page, earlier, _) = self
                .session(lab)
                .messages(conversation, around, 500)
                .await
                .expect("own conversation");
            let Some(first) = page.first().map(|m| m.message.id) else {
                return all;
            };
            let texts = page
                .into_iter()
                .map(|m| (m.message.id, m.message.body.words()));
            all.splice(0..0, texts);
            if !earlier {
                return all;
            }
            around = hub::store::Around::Before(first);
        }
    }
}

/// A message that was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) id: MessageId,
    pub(crate) conversation: ConversationId,
    pub(crate) stamp: Timestamp,
}

pub(crate) fn sent(done: Done) -> Result<Sent, Error> {
    match done.value {
        Value::Message {
            id,
            conversation,
            stamp,
        } => Ok(Sent {
            id,
            conversation,
            stamp,
        }),
        other => panic!("a send gives a message, not {other:?}"),
    }
}

pub(crate) fn send(to: AccountId, text: &str, client: &str) -> Command {
    Command::Send {
        to: Target::Cast(vec![to]),
        body: Body::Text(Rich::plain(text)),
        client: ClientId::new(client).expect("short"),
        reply_to: None,
        hints: Vec::new(),
    }
}

pub(crate) fn edit(of: MessageId, text: &str) -> Command {
    Command::Edit {
        of: MessageRef::Id(of),
        body: Body::Text(Rich::plain(text)),
    }
}

/// A device that is connected.
pub(crate) struct Client {
    pub(crate) session: Session,
    pub(crate) events: Events,
}

impl Client {
    /// The next thing heard; a test that hears nothing for ten seconds has failed. Each wait is given up once, as a door's
    /// is whenever something else comes: nothing may be lost by it.
    pub(crate) async fn next(&mut self) -> Heard {
        if let Ok(heard) = tokio::time::timeout(Duration::ZERO, self.events.next()).await {
            return heard;
        }
        tokio::time::timeout(Duration::from_secs(10), self.events.next())
            .await
            .expect("something is heard")
    }

    /// The first thing that `pick` takes.
    pub(crate) async fn until<T>(&mut self, mut pick: impl FnMut(&Heard) -> Option<T>) -> T {
        loop {
            let heard = self.next().await;
            if let Some(found) = pick(&heard) {
                return found;
            }
        }
    }

    /// The next message that is new or changed: its id and words.
    pub(crate) async fn message(&mut self) -> (MessageId, String) {
        self.until(|heard| match heard {
            Heard::Placed(_, Event::Message(view)) if view.message.device.0 != 0 => {
                Some((view.message.id, view.message.body.words()))
            }
            Heard::Detached(why) => panic!("no message comes any more: {why:?}"),
            _ => None,
        })
        .await
    }

    /// Waits until somebody is seen so.
    pub(crate) async fn sees(&mut self, other: &Person, availability: Availability) {
        self.until(|heard| match heard {
            Heard::Passing(Ephemeral::Presence(p)) if p.account == other.id() => {
                (p.availability == availability).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// The next thing about a call that `pick` takes.
    pub(crate) async fn call<T>(&mut self, mut pick: impl FnMut(&CallEvent) -> Option<T>) -> T {
        self.until(|heard| match heard {
            Heard::Passing(Ephemeral::Call(event)) => pick(event),
            _ => None,
        })
        .await
    }

    pub(crate) async fn step(&self, key: CallKey, step: hub::command::Step) -> Result<Done, Error> {
        self.session.command(Command::Call { key, step }).await
    }

    pub(crate) async fn invite(&self, key: CallKey, to: &Person) -> Result<Done, Error> {
        let to = Target::Cast(vec![to.id()]);
        self.step(
            key,
            hub::command::Step::Invite {
                to,
                media: VOICE,
                offer: "offer".into(),
                relay_only: false,
            },
        )
        .await
    }

    pub(crate) async fn accept(&self, key: CallKey) -> Result<Done, Error> {
        self.step(
            key,
            hub::command::Step::Accept {
                media: VOICE,
                answer: "answer".into(),
            },
        )
        .await
    }
}

pub(crate) const VOICE: Media = Media {
    audio: true,
    video: false,
    screen: false,
    held: false,
    no_microphone: false,
};
