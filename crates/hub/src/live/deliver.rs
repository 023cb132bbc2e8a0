//! From the log and the table to the queues of sessions. Nothing here waits: a session whose queue is full is detached
//! and catches up from the store.

use super::{Live, MAX_RECENT};
use crate::event::{Ephemeral, Why};
use crate::id::{AccountId, ConversationId, EndpointId, Pos, StreamId};
use crate::model::{Standing, Upto};
use crate::store::{Happened, TOLD_DELIVERED};

/// Events that may wait for one session.
pub(crate) const QUEUE: usize = 1_024;

/// What waits in a session's queue.
#[derive(Debug, Clone)]
pub(crate) enum Queued {
    /// Something durable, to be drawn for the session.
    Happened(Happened),
    /// Something that is not kept.
    Passing(Box<Ephemeral>),
    /// Nothing at or below is missing.
    Reached(Pos),
    /// The session ended.
    Detached(Why),
}

impl Live {
    /// Hand one place of the log to everybody it concerns; gives sessions that are too slow.
    pub(crate) fn deliver(&mut self, happened: &Happened) -> Vec<EndpointId> {
        let stream = match happened {
            Happened::Message(message) => {
                self.recent
                    .push_back((message.id, message.conversation, message.stamp));
                if self.recent.len() > MAX_RECENT {
                    self.recent.pop_front();
                }
                StreamId::from(message.conversation)
            }
            Happened::Change(change) => change.stream,
        };
        let hidden_from = match happened {
            Happened::Message(message) => message.hidden_from,
            Happened::Change(_) => None,
        };
        let mut slow = Vec::new();
        let mut hand = |live: &Self, account: AccountId| {
            if hidden_from == Some(account) {
                return;
            }
            for (id, endpoint) in live.endpoints_of(account) {
                if endpoint
                    .queue
                    .try_send(Queued::Happened(happened.clone()))
                    .is_err()
                {
                    slow.push(id);
                }
            }
        };
        match self.audience.get(&ConversationId(stream.0)) {
            Some(audience) => audience
                .at(happened.pos())
                .for_each(|account| hand(self, account)),
            None => hand(self, AccountId(stream.0)),
        }
        slow
    }

    /// A profile changed: everybody who has listed them, or whom they asked, draws it anew.
    pub(crate) fn deliver_profile(&self, of: AccountId, pos: Pos) -> Vec<EndpointId> {
        let mut slow = Vec::new();
        for &account in self.acquainted.get(&of).into_iter().flatten() {
            let change = crate::store::Change {
                stream: account.into(),
                kind: crate::store::ChangeKind::Contact,
                what: of.0,
                pos,
            };
            for (id, endpoint) in self.endpoints_of(account) {
                if endpoint
                    .queue
                    .try_send(Queued::Happened(Happened::Change(change)))
                    .is_err()
                {
                    slow.push(id);
                }
            }
        }
        slow
    }

    /// Tell every session how far the log was handed out: not how far the store is, for what lies between is not in its
    /// queue yet, and a session that believed it would never ask for it.
    pub(crate) fn tell_reached(&self) {
        for endpoint in self.endpoints.values() {
            // A full queue has something newer to say.
            let _full = endpoint.queue.try_send(Queued::Reached(self.reached));
        }
    }

    fn endpoints_of(
        &self,
        account: AccountId,
    ) -> impl Iterator<Item = (EndpointId, &super::Endpoint)> {
        let ids = self
            .people
            .get(&account)
            .map(|p| &p.endpoints)
            .into_iter()
            .flatten();
        ids.filter_map(|id| self.endpoints.get(id).map(|endpoint| (*id, endpoint)))
    }

    /// Tell all sessions of an account, but one.
    pub(crate) fn tell_account(
        &self,
        account: AccountId,
        what: &Ephemeral,
        but: Option<EndpointId>,
    ) {
        for (id, endpoint) in self.endpoints_of(account) {
            if Some(id) != but {
                // What is not kept may be lost: the newest wins.
                let _full = endpoint
                    .queue
                    .try_send(Queued::Passing(Box::new(what.clone())));
            }
        }
    }

    /// Tell one session something of a call. Unlike other passing things a step of a call must not be lost: a session
    /// whose queue is full is too slow to be in one. `false` if it is; one that is not there misses nothing.
    pub(crate) fn tell_endpoint(&self, endpoint: EndpointId, what: Ephemeral) -> bool {
        self.endpoints
            .get(&endpoint)
            .is_none_or(|e| e.queue.try_send(Queued::Passing(Box::new(what))).is_ok())
    }

    pub(super) fn tell_typing(
        &self,
        conversation: ConversationId,
        account: AccountId,
        typing: bool,
    ) {
        let what = Ephemeral::Typing {
            conversation,
            account,
            typing,
        };
        self.tell_others(conversation, account, &what);
    }

    pub(super) fn tell_delivered(
        &self,
        conversation: ConversationId,
        account: AccountId,
        upto: Upto,
    ) {
        let audience = self.audience.get(&conversation);
        let limit = TOLD_DELIVERED.unsigned_abs() as usize;
        // Each of so many would tell each of the others of every message.
        if audience.is_some_and(|audience| audience.now().nth(limit).is_some()) {
            return;
        }
        let what = Ephemeral::Delivered {
            conversation,
            account,
            upto,
        };
        self.tell_others(conversation, account, &what);
    }

    /// Tell the others of a conversation what `account` does, unless one of the two keeps the other away: that would show
    /// somebody who is kept away that they are there.
    fn tell_others(&self, conversation: ConversationId, account: AccountId, what: &Ephemeral) {
        let blocked = |other: &AccountId| {
            self.people
                .get(other)
                .and_then(|person| person.contacts.get(&account))
                .is_some_and(|b| [b.mine.standing, b.theirs.standing].contains(&Standing::Blocked))
        };
        let audience = self.audience.get(&conversation);
        let audience = audience.into_iter().flat_map(|audience| audience.now());
        for other in audience.filter(|other| *other != account && !blocked(other)) {
            self.tell_account(other, what, None);
        }
    }
}
