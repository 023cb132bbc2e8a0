//! The rows that a batch has loaded and changed, and what a decision does to them.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::contact_groups::ContactGroups;
use super::doors::DoorStates;
use super::effects::Effects;
use super::groups::Links;
use super::handles::Handles;
use super::reports::Reports;
use super::rosters::Rosters;
use super::shelf::Shelf;
use super::tallies::Tallies;
use crate::error::Error;
use crate::id::{
    AccountId, CallId, CallKey, ClientId, ConversationId, DeviceId, MessageId, Mint, Pos, Timestamp,
};
use crate::model::{
    Account, CallRow, CastKey, Conversation, ConversationKind, Device, Message, Reaction, Relation,
    Secret,
};
use crate::store::{Keys, Rows};

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
    conversations: HashMap<ConversationId, Option<Conversation>>,
    pub(super) rosters: Rosters,
    pub(super) links: Links,
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
    pub(super) reports: Reports,
    pub(super) handles: Handles,
    pub(super) doors: DoorStates,
    pub(super) contact_groups: ContactGroups,
    /// Of whom all bots are known.
    pub(super) owners: BTreeSet<AccountId>,
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
            rosters: self.rosters.settle(),
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
    lookup!(/// A conversation; of a cast all members are known with it.
        conversation, conversations, conversations, ConversationId => Conversation);

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

    /// The bots of somebody that are known.
    pub(super) fn bots(&self, owner: AccountId) -> impl Iterator<Item = &Account> {
        let known = self.accounts.values().flatten();
        known.filter(move |account| account.owner == Some(owner) && !account.state.is_gone())
    }

    /// All secrets of an account.
    pub(crate) fn secrets(&self, account: AccountId) -> Result<&[Secret], Fault> {
        match self.secrets.get(&account) {
            Some(found) => Ok(found),
            None => Err(Fault::Need(Box::new(Keys {
                secrets: BTreeSet::from([account]),
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

    /// The conversation of a cast.
    pub(crate) fn cast(&self, key: CastKey) -> Result<Option<&Conversation>, Fault> {
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
        self.reports.learn(keys, &mut rows);
        self.handles.learn(keys, &mut rows);
        self.doors.learn(keys, &mut rows);
        self.contact_groups.learn(keys, &mut rows);
        self.tallies.learn(std::mem::take(&mut rows.tallies));
        for &id in &keys.accounts {
            self.accounts.entry(id).or_insert(None);
        }
        self.owners.extend(&keys.bots_of);
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
        self.rosters.asked(keys);
        for row in &rows.conversations {
            if row.kind == ConversationKind::Cast {
                self.rosters.complete(row.id);
            }
        }
        self.links.asked(keys);
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
            .retain(|r| !self.rosters.knows(r.conversation, r.account));
        rows.links.retain(|r| !self.links.knows(&r.token_hash));
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
        self.reports.take(&mut rows);
        self.handles.take(&mut rows);
        self.doors.take(&mut rows);
        self.contact_groups.take(&mut rows);
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
            // Only whose secrets are all known: else the rest would count as absent.
            let Some(kept) = self.secrets.get_mut(&secret.account) else {
                continue;
            };
            kept.retain(|s| (s.kind, &s.spelling) != (secret.kind, &secret.spelling));
            if !secret.hash.is_empty() {
                kept.push(secret);
            }
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
        for conversation in rows.conversations {
            if let Some(cast) = conversation.cast {
                self.casts.insert(cast, Some(conversation.id));
            }
            self.conversations
                .insert(conversation.id, Some(conversation));
        }
        for member in rows.members {
            self.rosters.put(member);
        }
        for link in rows.links {
            self.links.put(link);
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
        for new in &effects.rows.conversations {
            // Nobody belongs to it yet but those who come with it.
            if !matches!(self.conversations.get(&new.id), Some(Some(_))) {
                self.rosters.complete(new.id);
                self.links.complete(new.id);
            }
        }
        for new in &effects.rows.members {
            if !self.rosters.knows(new.conversation, new.account) {
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
