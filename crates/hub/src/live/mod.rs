//! What is not kept: endpoints, presence, typing, ringing. One table per process behind one lock, held for short
//! stretches and never across a wait.

mod adopted;
mod audience;
mod calls;
mod deliver;
mod presence;
mod records;
#[cfg(test)]
mod tests;
mod waiting;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

pub(crate) use calls::{CallRequest, Ready};
pub(crate) use deliver::{QUEUE as SESSION_QUEUE, Queued};
pub(crate) use presence::offline;
pub(crate) use records::{MAX_RECORDS, Taken};

use crate::call::{Call, Place};
use crate::decide::{BeginCall, FinishCall, Identity, Work};
use crate::event::{Presence, Why};
use crate::id::{AccountId, CallKey, ConversationId, DeviceId, EndpointId, Pos, Timestamp};
use crate::model::{Account, Availability, CallRow, Relation, Window};
use crate::paths::Paths;

/// Most endpoints of an account; the one idle for longest goes.
const MAX_ENDPOINTS: usize = 20;
/// How long somebody is still shown as there after their last connection went, so that loading a page again is no
/// coming and going.
const GRACE: Duration = Duration::from_secs(8);
/// How long somebody is shown as typing.
const TYPING: Duration = Duration::from_secs(6);
/// Whoever types on is told of no more often than this.
const TOLD_AGAIN: Duration = Duration::from_secs(2);
/// Devices whose acknowledgements are one piece of work: others wait while it is written.
const ACKS_TOGETHER: usize = 32;
/// How often acknowledged positions are written.
const ACKS: Duration = Duration::from_secs(2);
/// The longest wait before a choice that ends is looked at again.
const LOOK_AT_CHOICE: Duration = Duration::from_secs(3_600);
/// Messages that *delivered* can be answered for without the store.
const MAX_RECENT: usize = 8_192;

/// What an endpoint can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Abilities {
    /// It can ring and carry voice.
    pub voice: bool,
    /// It can carry video.
    pub video: bool,
    /// It can ring during a call, hold that one and answer the other.
    pub waiting: bool,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) place: Place,
    /// Which door it came through.
    pub(crate) door: &'static str,
    pub(crate) abilities: Abilities,
    /// A media endpoint of this server.
    pub(crate) here: bool,
    pub(crate) idle: bool,
    pub(crate) idle_since: Timestamp,
    pub(crate) used: Instant,
    /// It was given up, and nothing was heard on it since then.
    pub(crate) quiet_since: Option<Instant>,
    pub(crate) queue: mpsc::Sender<Queued>,
}

/// Both directions between the holder of the table and another.
#[derive(Debug, Clone)]
pub(crate) struct Between {
    pub(crate) mine: Relation,
    pub(crate) theirs: Relation,
}

/// What belongs to an account, as it was read when it came.
#[derive(Debug)]
pub(crate) struct Belongings {
    pub(crate) conversations: Vec<(ConversationId, Window)>,
    pub(crate) contacts: Vec<(AccountId, Between)>,
}

/// An account that is attached, or was a moment ago.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) account: Arc<Account>,
    pub(crate) endpoints: BTreeSet<EndpointId>,
    pub(crate) conversations: HashSet<ConversationId>,
    pub(crate) contacts: HashMap<AccountId, Between>,
    pub(crate) announced: Presence,
    pub(crate) gone: Option<Instant>,
    /// When to look whether what they chose still holds.
    choice_due: Option<Instant>,
    /// Whether their conversations and contacts are known. Before that nothing of them is announced: nobody would be told,
    /// and it would count as told. From then on the reader of the log keeps both up to date.
    introduced: bool,
}

impl Person {
    /// Their account as it was read, unless a newer one is known.
    pub(crate) fn learn(&mut self, mut account: Account) {
        if account.head < self.account.head {
            return;
        }
        account.delivered = account.delivered.max(self.account.delivered);
        self.account = Arc::new(account);
    }

    /// Whether what belongs to them is in the table.
    pub(crate) fn is_introduced(&self) -> bool {
        self.introduced
    }

    /// What they chose, while it holds.
    pub(crate) fn chosen(&self, wall: Timestamp) -> Option<Availability> {
        let holds = self.account.chosen_until.is_none_or(|until| until > wall);
        self.account.chosen.filter(|_| holds)
    }
}

/// The table.
pub(crate) struct Live {
    pub(crate) endpoints: HashMap<EndpointId, Endpoint>,
    pub(crate) people: HashMap<AccountId, Person>,
    /// Which attached accounts belong to a conversation.
    pub(crate) audience: HashMap<ConversationId, audience::Audience>,
    /// Which attached accounts have anything to do with somebody, attached or not.
    pub(crate) acquainted: HashMap<AccountId, BTreeSet<AccountId>>,
    pub(crate) calls: HashMap<CallKey, calls::Running>,
    /// Built-in accounts that are attached.
    pub(crate) services: HashSet<AccountId>,
    pub(crate) relay_only: bool,
    typing: HashMap<(ConversationId, AccountId), Instant>,
    recent: VecDeque<(Pos, ConversationId, Timestamp)>,
    acks: HashMap<DeviceId, (Identity, Pos, Timestamp)>,
    acks_due: Option<Instant>,
    /// Nothing is due before; what is set earlier moves it at once, the housekeeper's look over the whole table moves it on.
    soonest: Option<Instant>,
    /// How far the log was handed out.
    pub(crate) reached: Pos,
    /// Calls that rang when an earlier process ended, and until when their callers may ring again.
    pub(crate) silenced: HashMap<CallKey, (Instant, Timestamp, CallRow)>,
    /// Calls that ended a moment ago: their record may not be written yet.
    ended: VecDeque<CallKey>,
    /// Work for the writer that no command carries.
    pub(crate) records: records::Records,
    pub(crate) paths: Arc<dyn Paths>,
}

impl Live {
    pub(crate) fn new(paths: Arc<dyn Paths>, relay_only: bool, reached: Pos) -> Self {
        Self {
            endpoints: HashMap::new(),
            people: HashMap::new(),
            audience: HashMap::new(),
            acquainted: HashMap::new(),
            calls: HashMap::new(),
            services: HashSet::new(),
            relay_only,
            typing: HashMap::new(),
            recent: VecDeque::new(),
            acks: HashMap::new(),
            acks_due: None,
            soonest: None,
            reached,
            silenced: HashMap::new(),
            ended: VecDeque::new(),
            records: records::Records::default(),
            paths,
        }
    }

    /// A connection comes. Its conversations and contacts follow by [`Live::introduce`].
    pub(crate) fn attach(
        &mut self,
        now: Instant,
        wall: Timestamp,
        account: Arc<Account>,
        endpoint: Endpoint,
    ) {
        let id = endpoint.place.account;
        let person = self.people.entry(id).or_insert_with(|| Person {
            announced: offline(id, Some(account.last_seen)),
            account: account.clone(),
            endpoints: BTreeSet::new(),
            conversations: HashSet::new(),
            contacts: HashMap::new(),
            gone: None,
            choice_due: None,
            introduced: false,
        });
        person.learn(Arc::unwrap_or_clone(account));
        person.gone = None;
        person.endpoints.insert(endpoint.place.endpoint);
        let crowded = person.endpoints.len() > MAX_ENDPOINTS;
        if person.account.kind == crate::model::AccountKind::Service {
            self.services.insert(id);
        }
        self.endpoints.insert(endpoint.place.endpoint, endpoint);
        if crowded {
            let oldest = self.people[&id]
                .endpoints
                .iter()
                .filter_map(|e| self.endpoints.get(e));
            // One that is in a call says little, and is used.
            let in_call = |id| self.calls.values().any(|r| r.call.involves(id));
            let oldest = oldest.min_by_key(|e| (in_call(e.place.endpoint), e.used));
            if let Some(oldest) = oldest.map(|e| e.place.endpoint) {
                self.detach(now, wall, oldest, Some(Why::TooMany));
            }
        }
    }

    /// Whether what belongs to an account is in the table already.
    pub(crate) fn is_introduced(&self, id: AccountId) -> bool {
        self.people.get(&id).is_some_and(|p| p.introduced)
    }

    /// Notes when what an account chose ceases to hold; if it has, presence changes by itself.
    pub(crate) fn choice_ends(&mut self, now: Instant, wall: Timestamp, id: AccountId) {
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        let chosen = person.account.chosen.is_some();
        let until = person.account.chosen_until.filter(|_| chosen);
        let left = until.map_or(0, |until| until.0.saturating_sub(wall.0));
        // The wall clock may be set meanwhile, so that it is looked at again when the time has come.
        let left = u64::try_from(left).ok().filter(|left| *left > 0);
        person.choice_due = left.map(|ms| now + Duration::from_millis(ms).min(LOOK_AT_CHOICE));
        if let Some(due) = person.choice_due {
            self.due_at(due);
        } else {
            self.refresh(wall, id);
        }
    }

    /// What belongs to an account that has come; `None` if it was in the table already. What the reader of the log brought
    /// while it was read is newer, and stays.
    pub(crate) fn introduce(
        &mut self,
        wall: Timestamp,
        account: Account,
        belongings: Option<Belongings>,
    ) {
        let id = account.id;
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        person.learn(account);
        if let (false, Some(belongings)) = (person.introduced, belongings) {
            person.introduced = true;
            let Belongings {
                conversations,
                contacts,
            } = belongings;
            for (other, between) in contacts {
                self.acquainted.entry(other).or_default().insert(id);
                person.contacts.entry(other).or_insert(between);
            }
            for (conversation, window) in conversations {
                let audience = self.audience.entry(conversation).or_default();
                if audience.introduce(id, window) {
                    person.conversations.insert(conversation);
                } else {
                    // They went meanwhile: what was said until then they read from the store.
                    audience.remove(id);
                }
            }
        }
        self.refresh(wall, id);
    }

    /// A connection goes; `why` tells it so if it is the hub that ends it.
    pub(crate) fn detach(
        &mut self,
        now: Instant,
        wall: Timestamp,
        endpoint: EndpointId,
        why: Option<Why>,
    ) {
        let Some(gone) = self.endpoints.remove(&endpoint) else {
            return;
        };
        if let Some(why) = why {
            let _full = gone.queue.try_send(Queued::Detached(why));
        }
        let id = gone.place.account;
        let since = gone.quiet_since.unwrap_or(now);
        self.call_endpoint_lost(now, wall, endpoint, since);
        let Some(person) = self.people.get_mut(&id) else {
            return;
        };
        person.endpoints.remove(&endpoint);
        if person.endpoints.is_empty() {
            person.gone = Some(now + GRACE);
            // When somebody was last seen is when others last could see them.
            let seen = person.announced.availability != Availability::Offline;
            self.due_at(now + GRACE);
            if seen {
                self.records.note(Work::LastSeen(id, wall));
            }
        }
        self.refresh(wall, id);
    }

    /// All connections of an account, or of one device, go at once.
    pub(crate) fn kick(
        &mut self,
        now: Instant,
        wall: Timestamp,
        account: AccountId,
        device: Option<DeviceId>,
        why: Why,
    ) {
        // Also legs whose connection dropped: their device cannot come back to them.
        self.call_leave(now, wall, account, device);
        if why == Why::Blocked {
            self.paths.end_account(account);
        }
        let Some(person) = self.people.get(&account) else {
            return;
        };
        let ends: Vec<EndpointId> = person
            .endpoints
            .iter()
            .filter(|id| {
                self.endpoints
                    .get(id)
                    .is_some_and(|e| device.is_none_or(|d| e.place.device == d))
            })
            .copied()
            .collect();
        for endpoint in ends {
            self.detach(now, wall, endpoint, Some(why));
        }
    }

    /// A device stored or showed everything up to `upto`. Gives what is newly delivered: (conversation, message, stamp).
    pub(crate) fn acknowledge(&mut self, now: Instant, wall: Timestamp, who: Identity, upto: Pos) {
        let entry = self.acks.entry(who.device).or_insert((who, Pos(0), wall));
        entry.1 = entry.1.max(upto);
        entry.2 = wall;
        let due = *self.acks_due.get_or_insert(now + ACKS);
        self.due_at(due);
        let Some(person) = self.people.get_mut(&who.account) else {
            return;
        };
        let before = person.account.delivered;
        if upto <= before {
            return;
        }
        Arc::make_mut(&mut person.account).delivered = upto;
        let mut newest: HashMap<ConversationId, (Pos, Timestamp)> = HashMap::new();
        for &(pos, conversation, stamp) in self.recent.iter().rev().take_while(|r| r.0 > before) {
            if pos <= upto && person.conversations.contains(&conversation) {
                newest.entry(conversation).or_insert((pos, stamp));
            }
        }
        for (conversation, (message, stamp)) in newest {
            self.tell_delivered(
                conversation,
                who.account,
                crate::model::Upto { message, stamp },
            );
        }
    }

    /// When something is due, at the soonest.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.soonest
    }

    /// Something becomes due at `at`.
    pub(crate) fn due_at(&mut self, at: Instant) {
        self.soonest = Some(self.soonest.map_or(at, |soonest| soonest.min(at)));
    }

    fn look_over(&self) -> Option<Instant> {
        let calls = self
            .calls
            .values()
            .filter_map(|running| sansio::Machine::poll_timeout(&running.call));
        let calls = calls.chain(self.silenced.values().map(|(until, ..)| *until));
        let gone = self.people.values().filter_map(|person| person.gone);
        let choices = self.people.values().filter_map(|person| person.choice_due);
        calls
            .chain(gone)
            .chain(choices)
            .chain(self.typing.values().copied())
            .chain(self.acks_due)
            .min()
    }

    /// Do what is due.
    pub(crate) fn tick(&mut self, now: Instant, wall: Timestamp) {
        self.call_timeouts(now, wall);
        self.stay_silent(now);
        let silent: Vec<_> = self
            .typing
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(key, _)| *key)
            .collect();
        for (conversation, account) in silent {
            self.set_typing(now, conversation, account, false);
        }
        let choices: Vec<_> = self
            .people
            .iter()
            .filter(|(_, p)| p.choice_due.is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in choices {
            self.choice_ends(now, wall, id);
        }
        let gone: Vec<_> = self
            .people
            .iter()
            .filter(|(_, p)| p.gone.is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in gone {
            self.forget(wall, id);
        }
        if self.acks_due.is_some_and(|at| at <= now) {
            self.flush_acks();
        }
        self.soonest = self.look_over();
    }

    /// Hand acknowledged positions to the writer.
    pub(crate) fn flush_acks(&mut self) {
        self.acks_due = None;
        let acks: Vec<_> = self.acks.drain().map(|(_, ack)| ack).collect();
        for some in acks.chunks(ACKS_TOGETHER) {
            self.records.note(Work::Acknowledge(some.to_vec()));
        }
    }

    fn forget(&mut self, wall: Timestamp, id: AccountId) {
        if let Some(person) = self.people.get_mut(&id) {
            person.gone = None;
        }
        self.refresh(wall, id);
        if self.people.get(&id).is_some_and(|p| p.endpoints.is_empty()) {
            let Some(person) = self.people.remove(&id) else {
                return;
            };
            self.services.remove(&id);
            for other in person.contacts.keys() {
                self.no_longer_acquainted(*other, id);
            }
            for conversation in person.conversations {
                if let Some(accounts) = self.audience.get_mut(&conversation) {
                    accounts.remove(id);
                    if accounts.is_empty() {
                        self.audience.remove(&conversation);
                    }
                }
            }
        }
    }

    fn no_longer_acquainted(&mut self, other: AccountId, id: AccountId) {
        if let Some(accounts) = self.acquainted.get_mut(&other) {
            accounts.remove(&id);
            if accounts.is_empty() {
                self.acquainted.remove(&other);
            }
        }
    }

    /// Somebody types, or stopped.
    pub(crate) fn set_typing(
        &mut self,
        now: Instant,
        conversation: ConversationId,
        account: AccountId,
        typing: bool,
    ) {
        let key = (conversation, account);
        let was = self.typing.contains_key(&key);
        let until = self.typing.get(&key);
        if typing && until.is_some_and(|until| *until + TOLD_AGAIN > now + TYPING) {
            return; // told a moment ago
        }
        if typing {
            self.typing.insert(key, now + TYPING);
            self.due_at(now + TYPING);
        } else {
            self.typing.remove(&key);
        }
        if typing || was {
            self.tell_typing(conversation, account, typing);
        }
    }
}

/// A call as the writer and the table know it.
pub(crate) fn begin_work(who: Identity, key: CallKey, request: &CallRequest, owner: i32) -> Work {
    Work::BeginCall(BeginCall {
        who,
        key,
        to: request.to.clone(),
        video: request.media.video,
        relay_only: request.relay_only,
        owner,
    })
}

/// The end of a call for the writer.
pub(crate) fn finish_work(call: &Call, finish: FinishCall) -> Work {
    let marks = call.marks().to_vec();
    Work::FinishCall(Box::new(FinishCall { marks, ..finish }))
}
