//! The log: an account's view of it, all of it, and its floor.

use std::collections::HashMap;
use std::sync::Arc;

use hub::id::{AccountId, Pos, StreamId};
use hub::model::Message;
use hub::store::{Change, ChangeKind, Happened};

use super::field::{Binder, Cursor, Put};
use super::rows::find;
use super::save::execute;
use super::{Answer, Conn};

/// Stands where the kind of a change stands, for messages.
const MESSAGE: i32 = -1;
/// Changes that one statement of a pruning removes: the writer waits no longer than for these.
const PRUNE_STEP: i64 = 2_000;

/// Everything that `$1` may see with `$2 < pos ≤ $3`, as (pos, stream, kind, what). `CROSS JOIN` keeps SQLite to this
/// order of joins: from the account's own rows to its conversations with something new, and only then to the log.
macro_rules! view {
    () => {
        "SELECT m.id AS pos, m.conversation AS stream, -1 AS kind, m.id AS what \
         FROM member_window w CROSS JOIN conversation c CROSS JOIN message m \
         WHERE w.account = $1 AND c.id = w.conversation AND c.head > $2 AND m.conversation = w.conversation \
           AND m.id > $2 AND m.id <= $3 AND m.id >= w.opened AND (w.closed IS NULL OR m.id < w.closed) \
           AND (m.hidden_from IS NULL OR m.hidden_from <> $1) \
         UNION ALL \
         SELECT ch.pos, ch.stream, ch.kind, ch.what FROM change ch \
         WHERE ch.stream = $1 AND ch.pos > $2 AND ch.pos <= $3 \
         UNION ALL \
         SELECT ch.pos, ch.stream, ch.kind, ch.what \
         FROM member mm CROSS JOIN conversation c CROSS JOIN change ch \
         WHERE mm.account = $1 AND c.id = mm.conversation AND c.head > $2 AND ch.stream = mm.conversation \
           AND ch.pos > $2 AND ch.pos <= $3 \
           AND (mm.state = 2 OR ch.pos < (SELECT MAX(w.closed) FROM member_window w \
             WHERE w.conversation = mm.conversation AND w.account = $1)) \
           AND (ch.kind <> 0 OR EXISTS (SELECT 1 FROM member_window w \
             WHERE w.conversation = mm.conversation AND w.account = $1 AND w.opened <= ch.what \
               AND (w.closed IS NULL OR ch.what < w.closed))) \
         UNION ALL \
         SELECT a.profile_pos, $1, 5, a.id \
         FROM (SELECT other AS id FROM relation WHERE owner = $1 AND listed \
           UNION SELECT owner FROM relation WHERE other = $1 AND listed) AS p CROSS JOIN account a \
         WHERE a.id = p.id AND a.profile_pos > $2 AND a.profile_pos <= $3"
    };
}

pub(super) const SINCE: &str = concat!(
    "SELECT pos, stream, kind, what FROM (",
    view!(),
    ") AS seen ORDER BY pos LIMIT $4"
);

pub(super) const COUNT_SINCE: &str = concat!(
    "SELECT COUNT(*) FROM (SELECT 1 AS one FROM (",
    view!(),
    ") AS seen LIMIT $4) AS counted"
);

pub(super) const LOG: &str = "SELECT pos, stream, kind, what FROM ( \
     SELECT * FROM (SELECT m.id AS pos, m.conversation AS stream, -1 AS kind, m.id AS what FROM message m \
       WHERE m.id > $1 AND m.id <= $2 ORDER BY m.id LIMIT $3) AS messages \
     UNION ALL \
     SELECT * FROM (SELECT ch.pos, ch.stream, ch.kind, ch.what FROM change ch \
       WHERE ch.pos > $1 AND ch.pos <= $2 ORDER BY ch.pos LIMIT $3) AS changes \
   ) AS happened ORDER BY pos LIMIT $3";

pub(super) async fn since(
    conn: &mut Conn,
    account: AccountId,
    after: Pos,
    upto: Pos,
    limit: u32,
) -> Answer<Vec<Happened>> {
    page(conn, SINCE, &[&account, &after, &upto], limit).await
}

pub(super) async fn log(
    conn: &mut Conn,
    after: Pos,
    upto: Pos,
    limit: u32,
) -> Answer<Vec<Happened>> {
    page(conn, LOG, &[&after, &upto], limit).await
}

pub(super) async fn count_since(
    conn: &mut Conn,
    account: AccountId,
    after: Pos,
    limit: u32,
) -> Answer<u32> {
    let parameters = parameters(&[&account, &after, &Pos(i64::MAX)], i64::from(limit));
    let row = sqlx::query_with(COUNT_SINCE, parameters.finish()?)
        .fetch_one(conn)
        .await?;
    let counted: i64 = Cursor::new(&row).take()?;
    Ok(u32::try_from(counted).unwrap_or(u32::MAX))
}

/// A place of the log before the message that stands there is read.
type Place = (Pos, StreamId, i32, i64);

/// A page of whole positions: things that stand at one position are never parted, for whoever goes on *after* the last
/// position of a page would miss the rest of it. So a page may be longer than asked; it is shorter only at the end.
async fn page(
    conn: &mut Conn,
    statement: &'static str,
    bounds: &[&(dyn Put + Sync)],
    limit: u32,
) -> Answer<Vec<Happened>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let limit = limit as usize;
    let mut ask = limit as i64 + 1;
    loop {
        let binder = parameters(bounds, ask);
        let rows = sqlx::query_with(statement, binder.finish()?)
            .fetch_all(&mut *conn)
            .await?;
        let mut places: Vec<Place> = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut cursor = Cursor::new(row);
            places.push((
                cursor.take()?,
                cursor.take()?,
                cursor.take()?,
                cursor.take()?,
            ));
        }
        places.dedup();
        let all = (rows.len() as i64) < ask;
        if let Some(&(last, ..)) = places.get(limit - 1) {
            let whole = places.partition_point(|&(pos, ..)| pos <= last);
            if all || whole < places.len() {
                places.truncate(whole);
                return with_messages(conn, places).await;
            }
        } else if all {
            return with_messages(conn, places).await;
        }
        ask *= 2;
    }
}

fn parameters(bounds: &[&(dyn Put + Sync)], limit: i64) -> Binder {
    let mut binder = Binder::new(bounds.len() + 1);
    bounds.iter().for_each(|value| value.put(&mut binder));
    limit.put(&mut binder);
    binder
}

async fn with_messages(conn: &mut Conn, places: Vec<Place>) -> Answer<Vec<Happened>> {
    let ids = places
        .iter()
        .filter(|place| place.2 == MESSAGE)
        .map(|place| place.0);
    let messages: Vec<Message> = find(conn, "id IN (#)", ids).await?;
    let mut messages: HashMap<Pos, Message> = messages
        .into_iter()
        .map(|message| (message.id, message))
        .collect();
    let mut out = Vec::with_capacity(places.len());
    for (pos, stream, kind, what) in places {
        if kind == MESSAGE {
            // Absent only if it went between two statements; then there is nothing to tell of it.
            out.extend(
                messages
                    .remove(&pos)
                    .map(|message| Happened::Message(Arc::new(message))),
            );
        } else {
            let kind = i16::try_from(kind)
                .ok()
                .and_then(ChangeKind::from_stored)
                .ok_or_else(|| {
                    sqlx::Error::Decode(format!("{kind} is no kind of change").into())
                })?;
            out.push(Happened::Change(Change {
                stream,
                kind,
                what,
                pos,
            }));
        }
    }
    Ok(out)
}

/// Removes some changes at or below `upto`; whether more are left.
pub(super) async fn prune_step(conn: &mut Conn, upto: Pos) -> Answer<bool> {
    let statement = "DELETE FROM change WHERE (stream, kind, what) IN \
        (SELECT stream, kind, what FROM change WHERE pos <= $1 ORDER BY pos LIMIT $2)";
    let removed = execute(conn, statement, &[&upto, &PRUNE_STEP]).await?;
    Ok(removed == PRUNE_STEP.unsigned_abs())
}

/// Raises the floor, never above the head; where it stands then.
pub(super) async fn raise_floor(conn: &mut Conn, upto: Pos) -> Answer<Pos> {
    let statement = "UPDATE hub SET floor = CASE WHEN $1 < pos THEN $1 ELSE pos END \
        WHERE one = 1 AND floor < $1";
    execute(conn, statement, &[&upto]).await?;
    floor(conn).await
}

pub(super) async fn floor(conn: &mut Conn) -> Answer<Pos> {
    let row = sqlx::query("SELECT floor FROM hub WHERE one = 1")
        .fetch_one(conn)
        .await?;
    Cursor::new(&row).take()
}

/// The head, and how often rows were written.
pub(super) async fn head_and_version(conn: &mut Conn) -> Answer<(Pos, i64)> {
    let row = sqlx::query("SELECT pos, version FROM hub WHERE one = 1")
        .fetch_one(conn)
        .await?;
    Cursor::new(&row).take()
}

pub(super) async fn head(conn: &mut Conn) -> Answer<Pos> {
    let row = sqlx::query("SELECT pos FROM hub WHERE one = 1")
        .fetch_one(conn)
        .await?;
    Cursor::new(&row).take()
}
