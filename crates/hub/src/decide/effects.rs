//! What decisions of a batch do: places in the log, and the newest row of each key.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use crate::id::{
    AccountId, CallId, ConversationId, DeviceId, MessageId, ObjectId, Pos, ReportId, StreamId,
};
use crate::model::{Conversation, HandleKind};
use crate::store::{Change, ChangeKind, Rows};

/// What a decision does: rows to write and places in the log.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(super) next: Pos,
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

    /// Where what comes next will stand.
    pub(crate) fn next_place(&self) -> Pos {
        self.next
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
    handles: HashMap<(AccountId, HandleKind, String), usize>,
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
    links: HashMap<[u8; 32], usize>,
    abuse_reports: HashMap<ReportId, usize>,
    door_states: HashMap<(AccountId, String, String), usize>,
    contact_groups: HashMap<(AccountId, i16), usize>,
}

impl Pile {
    /// Add a decision's rows; a row replaces the one before it with the same key.
    pub(crate) fn add(&mut self, rows: Rows) {
        let Self { rows: pile, seen } = self;
        put(&mut pile.accounts, &mut seen.accounts, rows.accounts, |r| {
            r.id
        });
        put(&mut pile.handles, &mut seen.handles, rows.handles, |r| {
            (r.account, r.kind, r.value.clone())
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
        put(&mut pile.links, &mut seen.links, rows.links, |r| {
            r.token_hash
        });
        put(
            &mut pile.abuse_reports,
            &mut seen.abuse_reports,
            rows.abuse_reports,
            |r| r.id,
        );
        put(
            &mut pile.door_states,
            &mut seen.door_states,
            rows.door_states,
            |r| (r.account, r.door.clone(), r.key.clone()),
        );
        put(
            &mut pile.contact_groups,
            &mut seen.contact_groups,
            rows.contact_groups,
            |r| (r.owner, r.slot),
        );
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
        pile.forgotten.extend(rows.forgotten);
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
