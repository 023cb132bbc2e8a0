//! Writing: each row replaces the row with its key, dozens of rows in one statement.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hub::id::{AccountId, ConversationId, Pos, Timestamp};
use hub::model::*;
use hub::store::Rows;

use super::field::{Binder, Put};
use super::rows::{MentionRow, Stored, WindowRow, find, padded};
use super::{Answer, Conn, Db, Dialect};
use crate::table::{FIND_AT_MOST, WRITE_SIZES, statement_in};

/// What is removed of an account of which nothing small stays.
const FORGET: [&str; 6] = [
    "DELETE FROM handle WHERE account = $1",
    "DELETE FROM contact_group WHERE owner = $1",
    "DELETE FROM door_state WHERE account = $1",
    "DELETE FROM link WHERE account = $1",
    "DELETE FROM call_report WHERE account = $1 AND call IN \
     (SELECT id FROM call WHERE caller = $1 UNION SELECT id FROM call WHERE callee = $1)",
    "UPDATE device SET label = '', public_key = NULL WHERE account = $1",
];

pub(super) async fn save(conn: &mut Conn, rows: &Rows, head: Pos) -> Answer<()> {
    upsert(conn, rows.accounts.iter()).await?;
    let (gone, kept) = parted(&rows.secrets, |secret| secret.hash.is_empty());
    upsert(conn, kept.into_iter()).await?;
    for secret in gone {
        let statement = "DELETE FROM secret WHERE account = $1 AND kind = $2 AND spelling = $3";
        execute(
            conn,
            statement,
            &[&secret.account, &secret.kind, &secret.spelling],
        )
        .await?;
    }
    // First those that end: somebody else may begin with one of them in this very batch.
    let (kept, gone) = parted(&rows.handles, |handle| handle.on);
    remove(
        conn,
        "DELETE FROM handle WHERE (account, kind, value) IN (#)",
        gone.into_iter().map(|h| (h.account, h.kind, &h.value)),
    )
    .await?;
    upsert(conn, kept.into_iter()).await?;
    upsert(conn, rows.devices.iter()).await?;
    let (gone, kept) = parted(&rows.relations, Relation::is_nothing);
    upsert(conn, kept.into_iter()).await?;
    remove(
        conn,
        "DELETE FROM relation WHERE (owner, other) IN (#)",
        gone.into_iter().map(|r| (r.owner, r.other)),
    )
    .await?;
    let (gone, kept) = parted(&rows.contact_groups, ContactGroup::is_dropped);
    upsert(conn, kept.into_iter()).await?;
    remove(
        conn,
        "DELETE FROM contact_group WHERE (owner, slot) IN (#)",
        gone.into_iter().map(|group| (group.owner, group.slot)),
    )
    .await?;
    upsert(conn, rows.conversations.iter()).await?;
    upsert(conn, rows.members.iter()).await?;
    save_windows(conn, &rows.members).await?;
    upsert(conn, rows.messages.iter().map(Arc::as_ref)).await?;
    save_reactions(conn, rows).await?;
    save_mentions(conn, &rows.mentions).await?;
    save_objects(conn, rows).await?;
    let (gone, kept) = parted(&rows.links, Link::is_dropped);
    upsert(conn, kept.into_iter()).await?;
    remove(
        conn,
        "DELETE FROM link WHERE token_hash IN (#)",
        gone.into_iter().map(|link| link.token_hash),
    )
    .await?;
    upsert(conn, rows.calls.iter()).await?;
    upsert(conn, rows.reports.iter()).await?;
    let (gone, kept) = parted(&rows.abuse_reports, AbuseReport::is_dropped);
    upsert(conn, kept.into_iter()).await?;
    remove(
        conn,
        "DELETE FROM abuse_report WHERE id IN (#)",
        gone.into_iter().map(|report| report.id),
    )
    .await?;
    let (gone, kept) = parted(&rows.door_states, |state| state.value.is_empty());
    upsert(conn, kept.into_iter()).await?;
    for state in gone {
        let statement = "DELETE FROM door_state WHERE account = $1 AND door = $2 AND key = $3";
        execute(conn, statement, &[&state.account, &state.door, &state.key]).await?;
    }
    for account in &rows.forgotten {
        for statement in FORGET {
            execute(conn, statement, &[account]).await?;
        }
    }
    upsert(conn, rows.changes.iter()).await?;
    let statement = "UPDATE hub SET pos = $1, version = version + 1 WHERE one = 1";
    execute(conn, statement, &[&head]).await?;
    Ok(())
}

/// One statement with few parameters; how many rows it touched.
pub(super) async fn execute(
    conn: &mut Conn,
    statement: &'static str,
    parameters: &[&(dyn Put + Sync)],
) -> Answer<u64> {
    let mut binder = Binder::new(parameters.len());
    parameters.iter().for_each(|value| value.put(&mut binder));
    Ok(sqlx::query_with(statement, binder.finish()?)
        .execute(conn)
        .await?
        .rows_affected())
}

async fn upsert<'a, T: Stored + 'a>(
    conn: &mut Conn,
    rows: impl ExactSizeIterator<Item = &'a T>,
) -> Answer<()> {
    let rows = distinct(rows);
    let mut rest = rows.as_slice();
    while !rest.is_empty() {
        let size = WRITE_SIZES
            .into_iter()
            .find(|&size| size <= rest.len())
            .unwrap_or(1);
        let (chunk, later) = rest.split_at(size);
        let mut binder = Binder::new(T::TABLE.width() * size);
        chunk.iter().for_each(|row| row.put(&mut binder));
        let statement = T::TABLE.upsert(Db::STYLE, size);
        sqlx::query_with(statement, binder.finish()?)
            .execute(&mut *conn)
            .await?;
        rest = later;
    }
    Ok(())
}

/// One row per key: PostgreSQL refuses a statement that touches a row twice, and the last word counts.
fn distinct<'a, T: Stored + 'a>(rows: impl ExactSizeIterator<Item = &'a T>) -> Vec<&'a T> {
    if rows.len() < 2 {
        return rows.collect();
    }
    let mut places = HashMap::with_capacity(rows.len());
    let mut out: Vec<&T> = Vec::with_capacity(rows.len());
    for row in rows {
        let place = *places.entry(row.key()).or_insert(out.len());
        match out.get_mut(place) {
            Some(earlier) if row.replaces(earlier) => *earlier = row,
            Some(_) => {}
            None => out.push(row),
        }
    }
    out
}

fn parted<T>(rows: &[T], gone: impl Fn(&T) -> bool) -> (Vec<&T>, Vec<&T>) {
    rows.iter().partition(|row| gone(row))
}

/// Objects that are gone take their grants along.
async fn save_objects(conn: &mut Conn, rows: &Rows) -> Answer<()> {
    let (gone, kept) = parted(&rows.objects, |object| object.state == ObjectState::Gone);
    upsert(conn, kept.into_iter()).await?;
    let (on, off) = parted(&rows.grants, |grant| grant.on);
    upsert(conn, on.into_iter()).await?;
    remove(
        conn,
        "DELETE FROM object_grant WHERE (object, stream, message) IN (#)",
        off.into_iter().map(|g| (g.object, g.stream, g.message)),
    )
    .await?;
    let gone = || gone.iter().map(|object| object.id);
    remove(conn, "DELETE FROM object_grant WHERE object IN (#)", gone()).await?;
    remove(conn, "DELETE FROM object WHERE id IN (#)", gone()).await?;
    upsert(conn, rows.usages.iter()).await
}

/// Those that were taken back go, and so do all of a removed message.
async fn save_reactions(conn: &mut Conn, rows: &Rows) -> Answer<()> {
    let (gone, kept) = parted(&rows.reactions, |reaction| reaction.at == Timestamp(0));
    upsert(conn, kept.into_iter()).await?;
    remove(
        conn,
        "DELETE FROM reaction WHERE (message, account, key) IN (#)",
        gone.into_iter().map(|r| (r.message, r.account, &r.key)),
    )
    .await?;
    let removed = rows.messages.iter().filter(|message| message.deleted);
    remove(
        conn,
        "DELETE FROM reaction WHERE message IN (#)",
        removed.map(|message| message.id),
    )
    .await
}

async fn save_mentions(conn: &mut Conn, mentions: &[Mention]) -> Answer<()> {
    let row = |mention: &&Mention| MentionRow {
        conversation: mention.conversation,
        account: mention.account,
        message: mention.message,
    };
    let (kept, gone) = parted(mentions, |mention| mention.on);
    let kept: Vec<MentionRow> = kept.iter().map(row).collect();
    upsert(conn, kept.iter()).await?;
    remove(
        conn,
        "DELETE FROM mention WHERE (conversation, account, message) IN (#)",
        gone.into_iter()
            .map(|m| (m.conversation, m.account, m.message)),
    )
    .await
}

/// A `DELETE` in which `#` stands for the keys.
async fn remove<K: Put>(
    conn: &mut Conn,
    text: &'static str,
    keys: impl Iterator<Item = K>,
) -> Answer<()> {
    let keys: Vec<K> = keys.collect();
    for chunk in keys.chunks(FIND_AT_MOST) {
        let (parameters, count, width) = padded(chunk);
        let statement = statement_in(text, Db::STYLE, width, count);
        sqlx::query_with(statement, parameters.finish()?)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Stays change rarely, members often (each read mark): compare first, then write only what differs.
async fn save_windows(conn: &mut Conn, members: &[Member]) -> Answer<()> {
    if members.is_empty() {
        return Ok(());
    }
    let members = distinct(members.iter());
    let keys: Vec<(ConversationId, AccountId)> = members
        .iter()
        .map(|member| (member.conversation, member.account))
        .collect();
    let kept: Vec<WindowRow> =
        find(conn, "(conversation, account) IN (#)", keys.iter().copied()).await?;
    let wanted: Vec<WindowRow> = members
        .iter()
        .flat_map(|member| {
            member.windows.iter().map(|window| WindowRow {
                conversation: member.conversation,
                account: member.account,
                opened: window.from,
                closed: window.until,
            })
        })
        .collect();
    let known: HashMap<_, Option<Pos>> = kept.iter().map(|row| (row.key(), row.closed)).collect();
    let changed: Vec<&WindowRow> = wanted
        .iter()
        .filter(|row| known.get(&row.key()) != Some(&row.closed))
        .collect();
    upsert(conn, changed.into_iter()).await?;

    let stay: HashSet<_> = wanted.iter().map(Stored::key).collect();
    let gone: Vec<((ConversationId, AccountId), Pos)> = kept
        .iter()
        .filter(|row| !stay.contains(&row.key()))
        .map(|row| ((row.conversation, row.account), row.opened))
        .collect();
    remove(
        conn,
        "DELETE FROM member_window WHERE (conversation, account, opened) IN (#)",
        gone.into_iter(),
    )
    .await
}
