//! Endpoints of programs of the web generation: one for each that is registered. They live in this process, like connections.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hub::clock::Clock;
use hub::id::{AccountId, Timestamp};
use hub::{Hub, Identity, Origin, Session};
use tokio_util::sync::CancellationToken;
use webapi::skype::endpoint::Interests;
use webapi::skype::presence::SetEndpoint;
use webapi::skype::{Client, EndpointId};

use super::queue::Queue;
use crate::lock::lock;
use crate::longpoll::{Turns, surplus};

/// An endpoint that was not used for so long ends. Longer than the longest watchdog of a program, 180 s (section 3.4).
const EXPIRES: Duration = Duration::from_secs(300);
/// How often ended endpoints are looked for.
const SWEEP: Duration = Duration::from_secs(5);
/// All endpoints of this door, by account: each has a few.
#[derive(Debug, Default)]
pub struct Endpoints {
    table: Mutex<HashMap<AccountId, Vec<Arc<Endpoint>>>>,
}

impl Endpoints {
    /// Ends endpoints that nobody uses any more, or whose time is over, until the program stops.
    pub async fn sweep(&self, clock: &dyn Clock) {
        loop {
            clock.sleep_until(clock.now() + SWEEP).await;
            let (now, wall) = (clock.now(), clock.wall());
            lock(&self.table).retain(|_, own| {
                own.retain(|endpoint| endpoint.stays(now, wall));
                !own.is_empty()
            });
        }
    }

    /// An account's endpoint.
    pub(super) fn find(&self, account: AccountId, id: &EndpointId) -> Option<Arc<Endpoint>> {
        let table = lock(&self.table);
        let own = table.get(&account)?;
        own.iter().find(|endpoint| endpoint.id == *id).cloned()
    }

    /// All endpoints of an account.
    pub(super) fn of(&self, account: AccountId) -> Vec<Arc<Endpoint>> {
        lock(&self.table).get(&account).cloned().unwrap_or_default()
    }

    /// One more; the longest unused of an account that has too many go, as in the hub.
    pub(super) fn put(&self, endpoint: Endpoint) -> Arc<Endpoint> {
        let endpoint = Arc::new(endpoint);
        let mut table = lock(&self.table);
        let own = table.entry(endpoint.who.account).or_default();
        let mut over = surplus(own.iter().map(|of| (of.turns.last(), of.id)).collect());
        over.push(endpoint.id); // registered again under its name
        own.retain(|of| {
            let gone = over.contains(&of.id);
            if gone {
                of.over.cancel();
            }
            !gone
        });
        own.push(Arc::clone(&endpoint));
        endpoint
    }

    /// Ends an endpoint; whether there was one.
    pub(super) fn end(&self, account: AccountId, id: &EndpointId) -> bool {
        let mut table = lock(&self.table);
        let Some(own) = table.get_mut(&account) else {
            return false;
        };
        let Some(at) = own.iter().position(|endpoint| endpoint.id == *id) else {
            return false;
        };
        own.swap_remove(at).over.cancel();
        if own.is_empty() {
            table.remove(&account);
        }
        true
    }
}

/// A program that is registered.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// Its name, made here.
    pub(super) id: EndpointId,
    /// Whose it is, and with which device.
    pub(super) who: Identity,
    /// Its polls.
    pub(super) turns: Turns,
    /// It is over: whoever waits for it stops.
    pub(super) over: CancellationToken,
    /// As whom it gives commands; its connection's own.
    session: Arc<Mutex<Session>>,
    /// What is known of it.
    about: Mutex<About>,
    /// What it hears.
    pub(super) queue: tokio::sync::Mutex<Queue>,
}

/// What an endpoint said of itself.
#[derive(Debug, Clone, Default)]
pub(super) struct About {
    /// Which program it is.
    pub(super) client: Client,
    /// What it wants to hear; nothing until it subscribes.
    pub(super) interests: Option<Interests>,
    /// What it says of itself.
    pub(super) said: SetEndpoint,
    /// What it can do, in its own words.
    pub(super) features: String,
    /// Its person chose to be shown as not using it.
    pub(super) idle: bool,
    /// When its registration ends.
    pub(super) ends: Timestamp,
    /// It came of a question for the list of endpoints: the next question finds it.
    pub(super) by_list: bool,
}

impl Endpoint {
    /// A new endpoint of a device; it hears from now on.
    pub(super) async fn open(
        hub: &Hub,
        who: Identity,
        from: Origin,
        id: EndpointId,
        about: About,
        now: Instant,
    ) -> Result<Self, hub::Error> {
        let queue = Queue::open(hub, who, from).await?;
        let session = queue.session();
        Ok(Self {
            id,
            who,
            turns: Turns::new(now),
            over: CancellationToken::new(),
            session,
            about: Mutex::new(about),
            queue: tokio::sync::Mutex::new(queue),
        })
    }

    /// Whether it is still in use; it ends if not.
    fn stays(&self, now: Instant, wall: Timestamp) -> bool {
        let Ok(queue) = self.queue.try_lock() else {
            return true; // it is polled just now
        };
        let quiet = self.turns.quiet(now);
        let stays = quiet < EXPIRES && wall < self.ends();
        if !stays {
            queue.was_quiet(quiet);
            self.over.cancel();
        }
        stays
    }

    /// What is known of it now.
    pub(super) fn about(&self) -> About {
        lock(&self.about).clone()
    }

    /// Changes what is known of it.
    pub(super) fn change(&self, how: impl FnOnce(&mut About)) {
        how(&mut lock(&self.about));
    }

    /// When its registration ends.
    pub(super) fn ends(&self) -> Timestamp {
        lock(&self.about).ends
    }

    /// As whom it gives commands.
    pub(super) fn session(&self) -> Session {
        lock(&self.session).clone()
    }
}
