//! Rows: the tables they stand in, and their fields in the order of the columns.

use std::hash::Hash;

use hub::id::{AccountId, ConversationId, MessageId, Pos};
use hub::model::*;
use hub::store::Change;
use sqlx::SqlStr;

use super::field::{Binder, Cursor, Put, Take};
use super::{Answer, Conn, Db, Dialect};
use crate::table::{FIND_AT_MOST, Table};

/// What is kept as one row.
pub(super) trait Stored: Sized + Sync + Send {
    /// Where.
    const TABLE: &'static Table;
    /// What makes it one.
    fn key(&self) -> impl Hash + Eq + '_;
    /// Its columns.
    fn put(&self, to: &mut Binder);
    /// From its columns.
    fn take(from: &mut Cursor<'_>) -> Answer<Self>;
    /// Whether it stays when `earlier` of the same key is written in the same breath.
    fn replaces(&self, _earlier: &Self) -> bool {
        true
    }
}

/// `Type in "table": key fields => key columns; other fields => other columns.`
macro_rules! stored {
    ($($type:ident in $table:literal: $($key:ident)+ => $($key_column:literal)+; $($field:ident)* => $($column:literal)* $(also $also:ident)?;)*) => { $(
        impl Stored for $type {
            const TABLE: &'static Table =
                &Table { name: $table, key: &[$($key_column),+], rest: &[$($column),*], also: stored!(@also $($also)?), rises: None };
            fn key(&self) -> impl Hash + Eq + '_ { ($(&self.$key,)+) }
            fn put(&self, to: &mut Binder) {
                $(self.$key.put(to);)+
                $(self.$field.put(to);)*
            }
            fn take(from: &mut Cursor<'_>) -> Answer<Self> {
                $(let $key = Take::take(from)?;)+
                $(let $field = Take::take(from)?;)*
                Ok(Self { $($key,)+ $($field,)* })
            }
        }
    )* };
    (@also) => { None };
    (@also $also:ident) => { Some($also) };
}

/// The stays of a member, each as "from until": one row less per member to hand from SQLite's thread to ours.
const STAYS: &str = "(SELECT string_agg(w.opened || ' ' || COALESCE(w.closed, -1), ',' ORDER BY w.opened) \
    FROM member_window w WHERE w.conversation = member.conversation AND w.account = member.account) AS stays";

stored! {
    Account in "account": id => "id";
        name display mood about picture kind owner state raised chosen chosen_until strangers privacy receipts language
            head profile_pos delivered created last_seen
        => "name" "display" "mood" "about" "picture" "kind" "owner" "state" "raised" "chosen" "chosen_until" "strangers"
            "privacy" "receipts" "language" "head" "profile_pos" "delivered" "created" "last_seen";
    Secret in "secret": account kind spelling => "account" "kind" "spelling";
        hash => "hash";
    Device in "device": id => "id";
        account label kind token_hash public_key acked created last_used revoked
        => "account" "label" "kind" "token_hash" "public_key" "acked" "created" "last_used" "revoked";
    Relation in "relation": owner other => "owner" "other";
        listed standing dismissed greeting nickname note favourite since
        => "listed" "standing" "dismissed" "greeting" "nickname" "note" "favourite" "since";
    ContactGroup in "contact_group": owner slot => "owner" "slot";
        name members => "name" "members";
    Conversation in "conversation": id => "id";
        kind cast title picture policy head last_message last_stamp trimmed people created
        => "kind" "cast_key" "title" "picture" "policy" "head" "last_message" "last_stamp" "trimmed" "people" "created";
    Member in "member": conversation account => "conversation" "account";
        state role read own windows
        => "state" "role" "read_message" "read_stamp" "muted_until" "pinned" "archived" "draft" "cleared"
        also STAYS;
    WindowRow in "member_window": conversation account opened => "conversation" "account" "opened";
        closed => "closed";
    Message in "message": id => "id";
        conversation author device client stamp body reply_to expires hints digest sent_earlier edited deleted hidden_from
            forwarded reacted
        => "conversation" "author" "device" "client" "stamp" "body" "reply_to" "expires" "hints" "digest"
            "sent_earlier" "edited" "deleted" "hidden_from" "forwarded" "reacted";
    MentionRow in "mention": conversation account message => "conversation" "account" "message";
        =>;
    Reaction in "reaction": message account key => "message" "account" "key";
        at => "at";
    Object in "object": id => "id";
        owner device client digest name size mime sha256 sent width height preview state created idle
        => "owner" "device" "client" "digest" "name" "size" "mime" "sha256" "sent" "width" "height" "preview"
            "state" "created" "idle";
    Usage in "object_usage": owner => "owner";
        bytes objects => "bytes" "objects";
    Link in "link": token_hash => "token_hash";
        account conversation expires uses_left approval
        => "account" "conversation" "expires" "uses_left" "approval";
    CallRow in "call": id => "id";
        key conversation caller callee owner video started answered ended end marks reports unheard relay_only
        => "key" "conversation" "caller" "callee" "owner" "video" "started" "answered" "ended" "outcome" "marks"
            "reports" "unheard" "relay_only";
    CallReport in "call_report": call endpoint => "call" "endpoint";
        account received format text signature
        => "account" "received" "format" "text" "signature";
    AbuseReport in "abuse_report": id => "id";
        reporter device client about reason text quotes created closed
        => "reporter" "device" "client" "about" "reason" "text" "quotes" "created" "closed";
    DoorState in "door_state": account door key => "account" "door" "key";
        value seen_by => "value" "seen_by";
}

/// Somebody who is named in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MentionRow {
    pub(super) conversation: ConversationId,
    pub(super) account: AccountId,
    pub(super) message: MessageId,
}

/// One stay of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WindowRow {
    pub(super) conversation: ConversationId,
    pub(super) account: AccountId,
    pub(super) opened: Pos,
    pub(super) closed: Option<Pos>,
}

impl Stored for Handle {
    const TABLE: &'static Table = &Table {
        name: "handle",
        key: &["account", "kind", "value"],
        rest: &[],
        also: None,
        rises: None,
    };

    fn key(&self) -> impl Hash + Eq + '_ {
        (self.account, self.kind, &self.value)
    }

    fn put(&self, to: &mut Binder) {
        self.account.put(to);
        self.kind.put(to);
        self.value.put(to);
    }

    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Ok(Self {
            account: from.take()?,
            kind: from.take()?,
            value: from.take()?,
            on: true,
        })
    }
}

impl Stored for Grant {
    const TABLE: &'static Table = &Table {
        name: "object_grant",
        key: &["object", "stream", "message"],
        rest: &[],
        also: None,
        rises: None,
    };

    fn key(&self) -> impl Hash + Eq + '_ {
        (self.object, self.stream, self.message)
    }

    fn put(&self, to: &mut Binder) {
        self.object.put(to);
        self.stream.put(to);
        self.message.put(to);
    }

    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Ok(Self {
            object: from.take()?,
            stream: from.take()?,
            message: from.take()?,
            on: true,
        })
    }
}

impl Stored for Change {
    const TABLE: &'static Table = &Table {
        name: "change",
        key: &["stream", "kind", "what"],
        rest: &["pos"],
        also: None,
        rises: Some("pos"),
    };

    fn key(&self) -> impl Hash + Eq + '_ {
        (self.stream, self.kind, self.what)
    }

    fn put(&self, to: &mut Binder) {
        self.stream.put(to);
        self.kind.put(to);
        self.what.put(to);
        self.pos.put(to);
    }

    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Ok(Self {
            stream: from.take()?,
            kind: from.take()?,
            what: from.take()?,
            pos: from.take()?,
        })
    }

    fn replaces(&self, earlier: &Self) -> bool {
        self.pos >= earlier.pos
    }
}

/// The rows that a statement answers.
pub(super) async fn fetch<T: Stored>(
    conn: &mut Conn,
    statement: SqlStr,
    parameters: Binder,
) -> Answer<Vec<T>> {
    let rows = sqlx::query_with(statement, parameters.finish()?)
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| T::take(&mut Cursor::new(row)))
        .collect()
}

/// The rows with this `WHERE …`.
pub(super) async fn select<T: Stored>(
    conn: &mut Conn,
    tail: &'static str,
    parameters: &[&(dyn Put + Sync)],
) -> Answer<Vec<T>> {
    let mut binder = Binder::new(parameters.len());
    parameters.iter().for_each(|value| value.put(&mut binder));
    fetch(conn, T::TABLE.select(tail), binder).await
}

/// The rows with this `WHERE …`, in which `#` stands for the keys.
pub(super) async fn find<T: Stored, K: Put>(
    conn: &mut Conn,
    tail: &'static str,
    keys: impl IntoIterator<Item = K>,
) -> Answer<Vec<T>> {
    let keys: Vec<K> = keys.into_iter().collect();
    let mut found = Vec::new();
    for chunk in keys.chunks(FIND_AT_MOST) {
        let (parameters, count, width) = padded(chunk);
        let statement = T::TABLE.select_in(tail, Db::STYLE, width, count);
        found.append(&mut fetch(conn, statement, parameters).await?);
    }
    Ok(found)
}

/// The keys as parameters, the last one repeated up to a power of two: few sizes of statements have to be kept
/// prepared, and a key that is asked for twice is found once. With their number, and how many columns each has.
pub(super) fn padded<K: Put>(keys: &[K]) -> (Binder, usize, usize) {
    let count = keys.len().next_power_of_two();
    let mut binder = Binder::new(count * 2);
    let last = keys.last().into_iter().cycle();
    for key in keys.iter().chain(last).take(count) {
        key.put(&mut binder);
    }
    let width = binder.count() / count.max(1);
    (binder, count, width)
}
