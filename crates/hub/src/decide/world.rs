//! The rows that a batch has loaded and changed, and what a decision does to them.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::shelf::Shelf;
use super::tallies::Tallies;
use crate::error::Error;
use crate::id::{
    AccountId, CallId, CallKey, ClientId, ConversationId, DeviceId, MessageId, Mint, ObjectId, Pos,
    StreamId, Timestamp,
};
use crate::model::{
    Account, CallRow, CastKey, Conversation, Device, Member, Message, Reaction, Relation, Secret,
};
use crate::store::{Change, ChangeKind, Keys, Rows};

/// Why a decision stopped.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It met rows that were not loaded: load them and ask again.
    Need(Box<Keys>),
    /// It refuses.
    Refused(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Rows taken in after which a world begins anew; they have some 250 bytes each.
const MAX_TAKEN: usize = 65_536;

/// Loaded rows by key. `None` = known not to exist.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Rows taken in so far.
    taken: usize,
    /// The batch's time.
    pub(crate) now: Timestamp,
    /// The next position to allot.
    next: Pos,
    mint: RefCell<Mint>,
    accounts: HashMap<AccountId, Option<Account>>,
    names: HashMap<String, Option<AccountId>>,
    secrets: HashMap<AccountId, Vec<Secret>>,
    devices: HashMap<DeviceId, Option<Device>>,
    devices_of: HashMap<AccountId, BTreeSet<DeviceId>>,
    relations: HashMap<(AccountId, AccountId), Relation>,
    conversations: HashMap<ConversationId, Option<(Conversation, Vec<Member>)>>,
    casts: HashMap<CastKey, Option<ConversationId>>,
    messages: HashMap<MessageId, Option<Arc<Message>>>,
    clients: HashMap<(DeviceId, ClientId), Option<MessageId>>,
    stamps: HashMap<(ConversationId, Timestamp), Option<MessageId>>,
    authored: HashMap<(AccountId, ClientId), Option<MessageId>>,
    reactions: HashMap<MessageId, Vec<Reaction>>,
    calls: HashMap<CallId, Option<CallRow>>,
    call_keys: HashMap<CallKey, Option<CallId>>,
    pub(super) tallies: Tallies,
    pub(super) shelf: Shelf,
    /// Who and where this batch has asked for.
    asked: Keys,
}

macro_rules! lookup {
    ($(#[$doc:meta])* $fn:ident, $field:ident, $keys:ident, $key:ty => $out:ty) => {
        $(#[$doc])*
        pub(crate) fn $fn(&self, key: $key) -> Result<Option<&$out>, Fault> {
            match self.$field.get(&key) {
                Some(found) => Ok(found.as_ref()),
                None => Err(Fault::Need(Box::new(Keys { $keys: BTreeSet::from([key]), ..Keys::default() }))),
            }
        }
    };
}

impl World {
    /// Begins a batch: its first position is above `head`.
    pub(crate) fn begin(mut self, head: Pos, now: Timestamp, mint: Mint) -> Self {
        self.now = now;
        self.next = Pos::next(head, now);
        self.mint = RefCell::new(mint);
        self
    }

    /// Gives the mint back when the batch is over.
    pub(crate) fn take_mint(&mut self) -> Mint {
        self.mint.take()
    }

    /// Ends a batch that was written: keeps who and where, which the next one asks for again, and lets go what was said.
    pub(crate) fn settle(mut self) -> Self {
        if self.taken > MAX_TAKEN {
            return Self::default();
        }
        // That there is no such thing is let go: anybody may ask for anything. Rows that are known are found by their
        // other names as well.
        let asked = self.asked;
        let_go(&mut self.accounts, asked.accounts);
        let_go(&mut self.devices, asked.devices);
        let_go(&mut self.conversations, asked.conversations);
        let_go(&mut self.names, asked.names);
        let_go(&mut self.casts, asked.casts);
        Self {
            taken: self.taken,
            accounts: self.accounts,
            names: self.names,
            devices: self.devices,
            relations: self.relations,
            conversations: self.conversations,
            casts: self.casts,
            ..Self::default()
        }
    }

    /// A new id.
    pub(crate) fn mint(&self) -> i64 {
        self.mint.borrow_mut().next(self.now)
    }

    /// Begin to note effects.
    pub(crate) fn effects(&self) -> Effects {
        Effects {
            next: self.next,
            rows: Rows::default(),
        }
    }

    lookup!(/// An account.
        account, accounts, accounts, AccountId => Account);
    lookup!(/// A device.
        device, devices, devices, DeviceId => Device);
    lookup!(/// A message.
        message, messages, messages, MessageId => Arc<Message>);
    lookup!(/// A call.
        call, calls, calls, CallId => CallRow);
    lookup!(/// A conversation with its members.
        conversation, conversations, conversations, ConversationId => (Conversation, Vec<Member>));

    /// Who has this name.
    pub(crate) fn named(&self, name: &str) -> Result<Option<AccountId>, Fault> {
        match self.names.get(name) {
            Some(found) => Ok(*found),
            None => Err(Fault::Need(Box::new(Keys {
                names: BTreeSet::from([name.to_owned()]),
                ..Keys::default()
            }))),
        }
    }

    /// The devices of an account that were not signed out.
    pub(crate) fn devices_of(&self, account: AccountId) -> Result<Vec<&Device>, Fault> {
        let Some(ids) = self.devices_of.get(&account) else {
            return Err(Fault::Need(Box::new(Keys {
                devices_of: BTreeSet::from([account]),
                ..Keys::default()
            })));
        };
        let known = ids
            .iter()
            .filter_map(|id| self.devices.get(id).and_then(Option::as_ref));
        Ok(known.filter(|device| device.revoked.is_none()).collect())
    }

    /// `owner`'s side of a relation; nothing if there is none.
    pub(crate) fn relation(&self, owner: AccountId, other: AccountId) -> Result<&Relation, Fault> {
        self.relations.get(&(owner, other)).ok_or_else(|| {
            Fault::Need(Box::new(Keys {
                relations: BTreeSet::from([(owner, other), (other, owner)]),
                ..Keys::default()
            }))
        })
    }

    /// The conversation of a cast with its members.
    pub(crate) fn cast(&self, key: CastKey) -> Result<Option<&(Conversation, Vec<Member>)>, Fault> {
        match self.casts.get(&key) {
            Some(Some(id)) => self.conversation(*id),
            Some(None) => Ok(None),
            None => Err(Fault::Need(Box::new(Keys {
                casts: BTreeSet::from([key]),
                ..Keys::default()
            }))),
        }
    }

    /// The message that a device called so.
    pub(crate) fn client(
        &self,
        device: DeviceId,
        client: &ClientId,
    ) -> Result<Option<&Arc<Message>>, Fault> {
        match self.clients.get(&(device, client.clone())) {
            Some(Some(id)) => self.message(*id),
            Some(None) => Ok(None),
            None => Err(Fault::Need(Box::new(Keys {
                clients: BTreeSet::from([(device, client.clone())]),
                ..Keys::default()
            }))),
        }
    }

    /// The message with this stamp.
    pub(crate) fn stamped(
        &self,
        conversation: ConversationId,
        stamp: Timestamp,
    ) -> Result<Option<&Arc<Message>>, Fault> {
        match self.stamps.get(&(conversation, stamp)) {
            Some(Some(id)) => self.message(*id),
            Some(None) => Ok(None),
            None => Err(Fault::Need(Box::new(Keys {
                stamps: BTreeSet::from([(conversation, stamp)]),
                ..Keys::default()
            }))),
        }
    }

    /// The newest message that a device of `author` called so.
    pub(crate) fn authored(
        &self,
        author: AccountId,
        client: &ClientId,
    ) -> Result<Option<&Arc<Message>>, Fault> {
        match self.authored.get(&(author, client.clone())) {
            Some(Some(id)) => self.message(*id),
            Some(None) => Ok(None),
            None => Err(Fault::Need(Box::new(Keys {
                authored: BTreeSet::from([(author, client.clone())]),
                ..Keys::default()
            }))),
        }
    }

    /// All reactions to a message.
    pub(crate) fn reactions(&self, message: MessageId) -> Result<&[Reaction], Fault> {
        match self.reactions.get(&message) {
            Some(found) => Ok(found),
            None => Err(Fault::Need(Box::new(Keys {
                reactions: BTreeSet::from([message]),
                ..Keys::default()
            }))),
        }
    }

    /// The call with this key.
    pub(crate) fn call_by_key(&self, key: CallKey) -> Result<Option<&CallRow>, Fault> {
        match self.call_keys.get(&key) {
            Some(Some(id)) => self.call(*id),
            Some(None) => Ok(None),
            None => Err(Fault::Need(Box::new(Keys {
                call_keys: BTreeSet::from([key]),
                ..Keys::default()
            }))),
        }
    }

    /// Take in what the store gave for `keys`: what is absent is known not to exist. Rows that this batch has already
    /// changed are kept.
    pub(crate) fn learn(&mut self, keys: &Keys, mut rows: Rows) {
        let of_accounts: Vec<(AccountId, DeviceId)> =
            rows.devices.iter().map(|d| (d.account, d.id)).collect();
        self.leave_known(&mut rows);
        self.shelf.learn(keys, &mut rows);
        self.tallies.learn(std::mem::take(&mut rows.tallies));
        for &id in &keys.accounts {
            self.accounts.entry(id).or_insert(None);
        }
        for name in &keys.names {
            self.names.entry(name.clone()).or_insert(None);
        }
        for &id in &keys.secrets {
            self.secrets.entry(id).or_default();
        }
        for &id in &keys.devices {
            self.devices.entry(id).or_insert(None);
        }
        for &account in &keys.devices_of {
            self.devices_of.entry(account).or_default();
        }
        self.taken += keys.relations.len();
        self.asked.extend(Keys {
            accounts: keys.accounts.clone(),
            devices: keys.devices.clone(),
            conversations: keys.conversations.clone(),
            names: keys.names.clone(),
            casts: keys.casts.clone(),
            ..Keys::default()
        });
        for &(owner, other) in &keys.relations {
            self.relations
                .entry((owner, other))
                .or_insert_with(|| Relation::nothing(owner, other));
        }
        for &id in &keys.conversations {
            self.conversations.entry(id).or_insert(None);
        }
        for &key in &keys.casts {
            self.casts.entry(key).or_insert(None);
        }
        for &id in &keys.messages {
            self.messages.entry(id).or_insert(None);
        }
        for key in &keys.clients {
            self.clients.entry(key.clone()).or_insert(None);
        }
        for &key in &keys.stamps {
            self.stamps.entry(key).or_insert(None);
        }
        for key in &keys.authored {
            self.authored.entry(key.clone()).or_insert(None);
        }
        for &id in &keys.reactions {
            self.reactions.entry(id).or_default();
        }
        for &id in &keys.calls {
            self.calls.entry(id).or_insert(None);
        }
        for &key in &keys.call_keys {
            self.call_keys.entry(key).or_insert(None);
        }
        self.take(rows);
        // What the batch has made or changed is in the world already, under whatever name it is asked for here.
        if !keys.stamps.is_empty() || !keys.authored.is_empty() {
            let all: Vec<Arc<Message>> = self.messages.values().flatten().cloned().collect();
            all.iter().for_each(|message| self.name(message));
        }
        for (account, device) in of_accounts {
            if let Some(ids) = self.devices_of.get_mut(&account) {
                ids.insert(device);
            }
        }
    }

    /// Takes out what is known: the store does not have yet what this batch changed.
    fn leave_known(&self, rows: &mut Rows) {
        fn knows<K: Eq + std::hash::Hash, V>(map: &HashMap<K, Option<V>>, key: &K) -> bool {
            matches!(map.get(key), Some(Some(_)))
        }
        rows.accounts.retain(|r| !knows(&self.accounts, &r.id));
        rows.devices.retain(|r| !knows(&self.devices, &r.id));
        rows.secrets
            .retain(|r| !self.secrets.contains_key(&r.account));
        rows.relations
            .retain(|r| !self.relations.contains_key(&(r.owner, r.other)));
        rows.members
            .retain(|r| !knows(&self.conversations, &r.conversation));
        rows.conversations
            .retain(|r| !knows(&self.conversations, &r.id));
        rows.messages.retain(|r| !knows(&self.messages, &r.id));
        rows.reactions
            .retain(|r| !self.reactions.contains_key(&r.message));
        rows.calls.retain(|r| !knows(&self.calls, &r.id));
    }

    /// Rows win over what was known.
    fn take(&mut self, mut rows: Rows) {
        self.shelf.take(&mut rows);
        self.taken += rows.accounts.len() + rows.devices.len() + rows.relations.len();
        self.taken += rows.conversations.len() + rows.members.len();
        // A draft weighs as much as some rows.
        let drafts = rows
            .members
            .iter()
            .map(|member| member.own.draft.len() / 256);
        self.taken += drafts.sum::<usize>();
        for account in rows.accounts {
            if let Some(Some(old)) = self.accounts.get(&account.id) {
                self.names.remove(&old.name);
            }
            self.names.insert(account.name.clone(), Some(account.id));
            self.accounts.insert(account.id, Some(account));
        }
        for secret in rows.secrets {
            let kept = self.secrets.entry(secret.account).or_default();
            kept.retain(|s| (s.kind, &s.spelling) != (secret.kind, &secret.spelling));
            kept.push(secret);
        }
        for device in rows.devices {
            if let Some(ids) = self.devices_of.get_mut(&device.account) {
                ids.insert(device.id);
            }
            self.devices.insert(device.id, Some(device));
        }
        for relation in rows.relations {
            self.relations
                .insert((relation.owner, relation.other), relation);
        }
        let mut members: HashMap<ConversationId, Vec<Member>> = HashMap::new();
        for member in rows.members {
            members.entry(member.conversation).or_default().push(member);
        }
        for conversation in rows.conversations {
            let fresh = members.remove(&conversation.id).unwrap_or_default();
            if let Some(cast) = conversation.cast {
                self.casts.insert(cast, Some(conversation.id));
            }
            let slot = self.conversations.entry(conversation.id).or_insert(None);
            let mut kept = slot.take().map(|(_, members)| members).unwrap_or_default();
            merge_members(&mut kept, fresh);
            *slot = Some((conversation, kept));
        }
        for (id, fresh) in members {
            if let Some(Some((_, kept))) = self.conversations.get_mut(&id) {
                merge_members(kept, fresh);
            }
        }
        for message in rows.messages {
            self.name(&message);
            self.messages.insert(message.id, Some(message));
        }
        for reaction in rows.reactions {
            let kept = self.reactions.entry(reaction.message).or_default();
            kept.retain(|r| (r.account, &r.key) != (reaction.account, &reaction.key));
            if reaction.at != Timestamp(0) {
                kept.push(reaction);
            }
        }
        for call in rows.calls {
            self.call_keys.insert(call.key, Some(call.id));
            self.calls.insert(call.id, Some(call));
        }
    }

    /// A message can be found by its names. By stamp and by author only where that was asked for: a batch of sends does
    /// not pay for it.
    fn name(&mut self, message: &Message) {
        self.clients
            .insert((message.device, message.client.clone()), Some(message.id));
        if let Some(found) = self.stamps.get_mut(&(message.conversation, message.stamp)) {
            *found = Some(message.id);
        }
        if !self.authored.is_empty()
            && let Some(found) = self
                .authored
                .get_mut(&(message.author, message.client.clone()))
        {
            *found = (*found).max(Some(message.id));
        }
    }

    /// Make a decision's effects part of the world, so that the next decision of the batch sees them.
    pub(crate) fn apply(&mut self, effects: &Effects) {
        self.next = effects.next;
        for new in &effects.rows.relations {
            let old = self.relations.get(&(new.owner, new.other));
            self.tallies
                .listed(new.owner, old.is_some_and(|old| old.listed), new.listed);
        }
        for new in &effects.rows.members {
            let known = self.conversations.get(&new.conversation);
            let members = known.and_then(Option::as_ref).map(|(_, members)| members);
            if !members.is_some_and(|members| members.iter().any(|m| m.account == new.account)) {
                self.tallies.joined(new.account);
            }
        }
        let mut rows = effects.rows.clone();
        rows.changes.clear();
        self.take(rows);
    }

    /// The newest position allotted so far.
    pub(crate) fn head(&self) -> Pos {
        Pos(self.next.0 - 1)
    }
}

/// Removes what was asked for and is known not to exist.
fn let_go<K: Eq + std::hash::Hash, V>(
    known: &mut HashMap<K, Option<V>>,
    asked: impl IntoIterator<Item = K>,
) {
    for key in asked {
        if let Entry::Occupied(found) = known.entry(key)
            && found.get().is_none()
        {
            found.remove();
        }
    }
}

fn merge_members(kept: &mut Vec<Member>, fresh: Vec<Member>) {
    for member in fresh {
        match kept.iter_mut().find(|m| m.account == member.account) {
            Some(slot) => *slot = member,
            None => kept.push(member),
        }
    }
}

/// What a decision does: rows to write and places in the log.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    next: Pos,
    /// Rows to write.
    pub(crate) rows: Rows,
}

impl Effects {
    /// The position of what comes next; the caller puts something there.
    pub(crate) fn place(&mut self) -> Pos {
        let pos = self.next;
        self.next = Pos(pos.0 + 1);
        pos
    }

    /// Note a change in an account's own stream.
    pub(crate) fn change(
        &mut self,
        stream: impl Into<StreamId>,
        kind: ChangeKind,
        what: i64,
    ) -> Pos {
        let pos = self.place();
        self.rows.changes.push(Change {
            stream: stream.into(),
            kind,
            what,
            pos,
        });
        pos
    }

    /// Note a change in a conversation's stream; its head moves with it.
    pub(crate) fn change_in(
        &mut self,
        conversation: &mut Conversation,
        kind: ChangeKind,
        what: i64,
    ) -> Pos {
        let pos = self.change(conversation.id, kind, what);
        conversation.head = pos;
        pos
    }

    /// The last position placed, if any.
    pub(crate) fn last(&self) -> Option<Pos> {
        let messages = self.rows.messages.iter().map(|m| m.id);
        let changes = self.rows.changes.iter().map(|c| c.pos);
        messages.chain(changes).max()
    }
}

/// All rows of a batch, the newest of each key.
#[derive(Debug, Default)]
pub(crate) struct Pile {
    rows: Rows,
    seen: Seen,
}

#[derive(Debug, Default)]
struct Seen {
    accounts: HashMap<AccountId, usize>,
    devices: HashMap<DeviceId, usize>,
    relations: HashMap<(AccountId, AccountId), usize>,
    conversations: HashMap<ConversationId, usize>,
    members: HashMap<(ConversationId, AccountId), usize>,
    messages: HashMap<MessageId, usize>,
    reactions: HashMap<(MessageId, AccountId, String), usize>,
    mentions: HashMap<(ConversationId, AccountId, MessageId), usize>,
    objects: HashMap<ObjectId, usize>,
    grants: HashMap<(ObjectId, StreamId, MessageId), usize>,
    usages: HashMap<AccountId, usize>,
    calls: HashMap<CallId, usize>,
    changes: HashMap<(StreamId, ChangeKind, i64), usize>,
    reports: HashSet<(CallId, i64)>,
}

impl Pile {
    /// Add a decision's rows; a row replaces the one before it with the same key.
    pub(crate) fn add(&mut self, rows: Rows) {
        let Self { rows: pile, seen } = self;
        put(&mut pile.accounts, &mut seen.accounts, rows.accounts, |r| {
            r.id
        });
        put(&mut pile.devices, &mut seen.devices, rows.devices, |r| r.id);
        put(
            &mut pile.relations,
            &mut seen.relations,
            rows.relations,
            |r| (r.owner, r.other),
        );
        put(
            &mut pile.conversations,
            &mut seen.conversations,
            rows.conversations,
            |r| r.id,
        );
        put(&mut pile.members, &mut seen.members, rows.members, |r| {
            (r.conversation, r.account)
        });
        put(&mut pile.messages, &mut seen.messages, rows.messages, |r| {
            r.id
        });
        put(
            &mut pile.reactions,
            &mut seen.reactions,
            rows.reactions,
            |r| (r.message, r.account, r.key.clone()),
        );
        put(&mut pile.mentions, &mut seen.mentions, rows.mentions, |r| {
            (r.conversation, r.account, r.message)
        });
        put(&mut pile.objects, &mut seen.objects, rows.objects, |r| r.id);
        put(&mut pile.grants, &mut seen.grants, rows.grants, |r| {
            (r.object, r.stream, r.message)
        });
        put(&mut pile.usages, &mut seen.usages, rows.usages, |r| r.owner);
        put(&mut pile.calls, &mut seen.calls, rows.calls, |r| r.id);
        put(&mut pile.changes, &mut seen.changes, rows.changes, |r| {
            (r.stream, r.kind, r.what)
        });
        for report in rows.reports {
            if !seen.reports.insert((report.call, report.endpoint.0)) {
                pile.reports
                    .retain(|r| (r.call, r.endpoint) != (report.call, report.endpoint));
            }
            pile.reports.push(report);
        }
        for secret in rows.secrets {
            pile.secrets.retain(|s| {
                (s.account, s.kind, &s.spelling) != (secret.account, secret.kind, &secret.spelling)
            });
            pile.secrets.push(secret);
        }
    }

    /// What to write.
    pub(crate) fn into_rows(self) -> Rows {
        self.rows
    }
}

fn put<R, K: Eq + std::hash::Hash>(
    pile: &mut Vec<R>,
    seen: &mut HashMap<K, usize>,
    rows: Vec<R>,
    key: impl Fn(&R) -> K,
) {
    for row in rows {
        match seen.entry(key(&row)) {
            Entry::Occupied(at) => pile[*at.get()] = row,
            Entry::Vacant(free) => {
                free.insert(pile.len());
                pile.push(row);
            }
        }
    }
}
