//! The door of the built-in account `echo`: answers every ring with a sound test.
//!
//! One task hears the hub and hands each call's events to the call's own task. The media of all calls share the
//! server's UDP port.

mod call;
mod card;

use std::collections::HashMap;
use std::time::Duration;

use hub::command::{Command, Step};
use hub::event::{CallEvent, Ephemeral, Heard, Why};
use hub::id::CallKey;
use hub::{Abilities, Events, Hello, Hub, Origin, Session};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tracing::{debug, info, warn};

use self::call::Call;
use crate::udp::UdpHandle;

/// The name of the account.
const NAME: &str = "echo";
/// Calls at the same time; who calls beyond that is declined at once.
const MAX_CALLS: usize = 64;
/// Of those, how many may be on their way of being declined: each waits for the store. Who calls beyond that rings out.
const MAX_DECLINED: usize = 64;
/// Events of one call that may wait for its task.
const MAX_WAITING: usize = 128;
/// How long to wait before attaching again.
const AGAIN: Duration = Duration::from_secs(1);
/// How long calls may say goodbye when the server stops.
const GOODBYE: Duration = Duration::from_millis(500);

/// The door, ready to answer.
#[derive(Debug)]
pub struct Echo {
    hub: Hub,
    udp: UdpHandle,
    session: Session,
    events: Events,
}

impl Echo {
    /// Attach: from now on calls to `echo` ring here. Their media take `udp`.
    ///
    /// # Errors
    /// What the hub says when its store is away.
    pub async fn attach(hub: Hub, udp: UdpHandle) -> Result<Self, hub::Error> {
        let (session, events) = attach(&hub).await?;
        Ok(Self {
            hub,
            udp,
            session,
            events,
        })
    }

    /// Answer calls until the hub stops.
    pub async fn run(self) {
        let Self {
            hub,
            udp,
            mut session,
            mut events,
        } = self;
        loop {
            let door = Door {
                session,
                udp: udp.clone(),
                calls: HashMap::new(),
                tasks: JoinSet::new(),
            };
            match door.serve(events).await {
                Why::Stopping => return,
                why => info!(?why, "echo was detached"),
            }
            (session, events) = loop {
                tokio::time::sleep(AGAIN).await;
                match attach(&hub).await {
                    Ok(attached) => break attached,
                    Err(error) => warn!(%error, "echo cannot answer calls"),
                }
            };
        }
    }
}

async fn attach(hub: &Hub) -> Result<(Session, Events), hub::Error> {
    let who = hub.service(NAME).await?;
    let hello = Hello {
        door: NAME,
        abilities: Abilities {
            voice: true,
            video: true,
            waiting: false,
        },
        here: true,
        since: None,
        from: Origin {
            address: None,
            exempt: true,
        },
    };
    hub.attach(who, hello).await
}

/// The door while it is attached.
struct Door {
    session: Session,
    udp: UdpHandle,
    calls: HashMap<CallKey, mpsc::Sender<CallEvent>>,
    tasks: JoinSet<CallKey>,
}

impl Door {
    async fn serve(mut self, mut events: Events) -> Why {
        let why = loop {
            tokio::select! {
                heard = events.next() => match heard {
                    Heard::Passing(Ephemeral::Call(event)) => self.call(event),
                    Heard::Detached(why) => break why,
                    // Nothing else concerns a sound test; what is written to it stays unread.
                    Heard::Placed(..) | Heard::Passing(_) | Heard::Reached(_) | Heard::Behind => {}
                },
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
            }
        };
        // The calls see their events end, and hang up.
        self.calls.clear();
        let goodbye = async { while self.tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        why
    }

    fn ended(&mut self, ended: Result<(tokio::task::Id, CallKey), tokio::task::JoinError>) {
        match ended {
            Ok((_, key)) => {
                self.calls.remove(&key);
            }
            Err(error) => {
                tracing::error!(%error, "a call of echo broke down");
                self.calls.retain(|_, events| !events.is_closed());
            }
        }
    }

    /// Without a place among the calls.
    fn decline(&mut self, key: CallKey) {
        debug!("too many sound tests at once");
        if self.tasks.len() >= MAX_CALLS + MAX_DECLINED {
            return;
        }
        let session = self.session.clone();
        self.tasks.spawn(async move {
            decline(&session, key).await;
            key
        });
    }

    /// Never waits: calls that go on have their events in time, whatever else comes.
    fn call(&mut self, event: CallEvent) {
        let key = key_of(&event);
        if let CallEvent::Ring { .. } = event {
            if self.calls.contains_key(&key) {
                return;
            }
            if self.calls.len() >= MAX_CALLS {
                return self.decline(key);
            }
            let (sender, receiver) = mpsc::channel(MAX_WAITING);
            let Some(call) = Call::new(event, self.session.clone(), self.udp.clone(), receiver)
            else {
                return;
            };
            self.calls.insert(key, sender);
            self.tasks.spawn(async move {
                Box::pin(call.run()).await;
                key
            });
            return;
        }
        let Some(call) = self.calls.get(&key) else {
            return;
        };
        // A caller that floods its call with signals loses signals, never the word that it is over.
        let full = call.capacity() < MAX_WAITING / 4;
        if (full && matches!(event, CallEvent::Signal { .. })) || call.try_send(event).is_err() {
            debug!("a call of echo does not take more events");
        }
    }
}

async fn decline(session: &Session, key: CallKey) {
    if let Err(error) = session
        .command(Command::Call {
            key,
            step: Step::Decline,
        })
        .await
    {
        debug!(%error, "echo could not decline");
    }
}

fn key_of(event: &CallEvent) -> CallKey {
    match event {
        CallEvent::Ring { key, .. }
        | CallEvent::RingStopped { key, .. }
        | CallEvent::Ringing { key, .. }
        | CallEvent::Accepted { key, .. }
        | CallEvent::Signal { key, .. }
        | CallEvent::Media { key, .. }
        | CallEvent::Live { key }
        | CallEvent::Elsewhere { key }
        | CallEvent::Away { key, .. }
        | CallEvent::Joined { key, .. }
        | CallEvent::Ended { key, .. }
        | CallEvent::Superseded { key, .. } => *key,
    }
}
