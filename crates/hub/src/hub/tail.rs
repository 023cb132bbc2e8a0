//! The reader of the log: from committed batches to the queues of sessions, in order and without gaps.
//!
//! The bus only hints. A batch whose `prev` is not what was reached last is filled up from the store, a repeated one is
//! passed over, and every quarter of a second the store's head is asked, so that what another process wrote (the
//! operator's command line) is seen as well.

use std::collections::BTreeSet;
use std::sync::Weak;
use std::time::Duration;

use super::Inner;
use crate::bus::{Heard, Packet, Subscription};
use crate::event::Why;
use crate::id::{AccountId, CallId, ConversationId, DeviceId, EndpointId, Pos};
use crate::live::Between;
use crate::model::{AccountState, Relation};
use crate::store::{Change, ChangeKind, Happened, Keys, Rows, StoreError};

/// How often the store is asked for what no bus told.
const LOOK: Duration = Duration::from_millis(250);
/// Places read at once when filling a gap.
const PAGE: u32 = 500;

pub(super) struct Tail {
    inner: Weak<Inner>,
    subscription: Box<dyn Subscription>,
    reached: Pos,
}

impl Tail {
    pub(super) fn new(inner: Weak<Inner>, subscription: Box<dyn Subscription>, head: Pos) -> Self {
        Self {
            inner,
            subscription,
            reached: head,
        }
    }

    pub(super) async fn run(mut self) {
        loop {
            let Some(inner) = self.inner.upgrade() else {
                return;
            };
            let look = inner.clock.now() + LOOK;
            let heard = tokio::select! {
                heard = self.subscription.next() => Some(heard),
                () = inner.clock.sleep_until(look) => None,
            };
            let done = match heard {
                Some(Heard::Packet(Packet::Batch(batch))) => {
                    if batch.prev > self.reached {
                        let filled = self.fill(&inner, batch.prev).await;
                        if let Err(error) = filled {
                            tracing::warn!(%error, "a gap in the log could not be filled yet");
                            continue;
                        }
                    }
                    let fresh: Vec<Happened> = batch
                        .events
                        .iter()
                        .filter(|e| e.pos() > self.reached)
                        .cloned()
                        .collect();
                    self.hand_out(&inner, fresh, batch.last).await
                }
                Some(Heard::Packet(Packet::Live(_))) => Ok(()),
                Some(Heard::Lagged) | None => match inner.store.head().await {
                    Ok(head) if head > self.reached => self.fill(&inner, head).await,
                    Ok(_) => Ok(()),
                    Err(error) => Err(error),
                },
                Some(Heard::Closed) => return,
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the log could not be read; it will be read again");
            }
        }
    }

    /// Read the store up to `upto`.
    async fn fill(&mut self, inner: &Inner, upto: Pos) -> Result<(), StoreError> {
        while self.reached < upto {
            let page = inner.store.log(self.reached, upto, PAGE).await?;
            let whole = page.len() < PAGE as usize;
            let last = if whole {
                upto
            } else {
                page.last().map_or(upto, Happened::pos)
            };
            self.hand_out(inner, page, last).await?;
        }
        Ok(())
    }

    async fn hand_out(
        &mut self,
        inner: &Inner,
        events: Vec<Happened>,
        last: Pos,
    ) -> Result<(), StoreError> {
        let keys = keys_of(&events);
        let rows = if keys.is_empty() {
            Rows::default()
        } else {
            inner.store.load(&keys).await?
        };
        // Who comes and goes is known before anything of the page is handed out: what stands between is judged by position.
        for id in &keys.rosters {
            let members = rows.members.iter().filter(|m| m.conversation == *id);
            inner.with_live(|live, _, _| live.learn_members(*id, members));
        }
        for event in events {
            if let Happened::Change(change) = &event {
                apply(inner, change, &rows);
            }
            // Others hear of a profile that changed, and of nothing else that somebody sets for themselves: not that
            // they became invisible, nor that they do not tell what they read.
            let profile_changed = match &event {
                Happened::Change(Change {
                    kind: ChangeKind::Account,
                    stream,
                    pos,
                    ..
                }) => rows
                    .accounts
                    .iter()
                    .find(|a| a.id.0 == stream.0 && a.profile_pos > self.reached)
                    .map(|a| (a, *pos)),
                _ => None,
            };
            inner.with_live(|live, now, wall| {
                let mut slow: Vec<EndpointId> = live.deliver(&event);
                if let Some((account, pos)) = profile_changed {
                    slow.extend(live.deliver_profile(account.id, pos));
                    live.tell_anew(account);
                }
                for endpoint in slow {
                    live.detach(now, wall, endpoint, None);
                }
            });
        }
        for id in &keys.rosters {
            inner.with_live(|live, _, _| live.let_go(*id, last));
        }
        self.reached = self.reached.max(last);
        let reached = self.reached;
        inner.with_live(|live, _, _| live.reached = reached);
        inner.reached.send_replace(reached);
        Ok(())
    }
}

/// What the table has to know of these changes.
fn keys_of(events: &[Happened]) -> Keys {
    let mut keys = Keys::default();
    for event in events {
        let Happened::Change(change) = event else {
            continue;
        };
        match change.kind {
            ChangeKind::Conversation => {
                keys.rosters.insert(ConversationId(change.stream.0));
            }
            ChangeKind::Account => {
                keys.accounts.insert(AccountId(change.stream.0));
            }
            ChangeKind::Device => {
                keys.devices.insert(DeviceId(change.what));
            }
            ChangeKind::Contact => {
                let (a, b) = (AccountId(change.stream.0), AccountId(change.what));
                keys.relations.extend([(a, b), (b, a)]);
            }
            ChangeKind::Message
            | ChangeKind::Read
            | ChangeKind::Call
            | ChangeKind::Own
            | ChangeKind::Membership => {}
        }
    }
    keys
}

/// Bring the table to what was committed.
fn apply(inner: &Inner, change: &Change, rows: &Rows) {
    let owner = AccountId(change.stream.0);
    match change.kind {
        ChangeKind::Account => {
            inner.known.forget(owner);
            let Some(account) = rows.accounts.iter().find(|a| a.id == owner) else {
                return;
            };
            inner.known.set_raised(account);
            inner.with_live(|live, now, wall| {
                if account.state != AccountState::Active {
                    live.kick(now, wall, owner, None, Why::Blocked);
                }
                if let Some(person) = live.people.get_mut(&owner) {
                    person.learn(account.clone());
                }
                live.refresh(wall, owner);
                live.choice_ends(now, wall, owner);
            });
        }
        ChangeKind::Device => {
            inner.known.forget(owner);
            let ended = rows
                .devices
                .iter()
                .any(|d| d.id == DeviceId(change.what) && d.revoked.is_some());
            if ended {
                let device = DeviceId(change.what);
                inner.with_live(|live, now, wall| {
                    live.kick(now, wall, owner, Some(device), Why::SignedOut)
                });
            }
        }
        ChangeKind::Contact => {
            let other = AccountId(change.what);
            let side = |a, b| {
                let found = rows.relations.iter().find(|r| (r.owner, r.other) == (a, b));
                found.cloned().unwrap_or_else(|| Relation::nothing(a, b))
            };
            let between = Between {
                mine: side(owner, other),
                theirs: side(other, owner),
            };
            inner.with_live(|live, _, wall| live.related(wall, owner, other, &between));
        }
        // Members are known before the page is handed out.
        ChangeKind::Conversation
        | ChangeKind::Message
        | ChangeKind::Read
        | ChangeKind::Call
        | ChangeKind::Own
        | ChangeKind::Membership => {}
    }
}

/// Ids of calls that a page of the log speaks of.
pub(super) fn calls_of(events: &[Happened]) -> BTreeSet<CallId> {
    let calls = events.iter().filter_map(|event| match event {
        Happened::Change(Change {
            kind: ChangeKind::Call,
            what,
            ..
        }) => Some(CallId(*what)),
        _ => None,
    });
    calls.collect()
}
