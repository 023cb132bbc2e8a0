//! Who may read objects, and what nothing refers to.

use std::collections::BTreeSet;

use hub::id::{AccountId, ObjectId, Timestamp};
use hub::model::{Object, ObjectState};
use sqlx::SqlStr;

use super::field::{Binder, Cursor, Put as _, Take as _};
use super::marks::seen;
use super::rows::{padded, select};
use super::{Answer, Conn, Db, Dialect};
use crate::table::{FIND_AT_MOST, statement_in};

/// Whether viewer `$1` may read object `$2` because of a grant: as somebody who belongs to the conversation now (state 2)
/// and may see the message, or to the conversation whose picture it is (message 0); or because its owner gave it to the viewer, or to
/// a conversation at a place that the viewer may see (message below 0).
pub(super) const MAY_READ: &str = concat!(
    "WITH asked (viewer, object) AS (VALUES ($1, $2)) \
     SELECT EXISTS (SELECT 1 FROM asked CROSS JOIN object_grant g CROSS JOIN message m CROSS JOIN conversation c \
         CROSS JOIN member mm \
         WHERE g.object = asked.object AND m.id = g.message AND NOT m.deleted AND c.id = m.conversation \
           AND mm.conversation = c.id AND mm.account = asked.viewer AND mm.state = 2 AND ",
    seen!(),
    ") OR EXISTS (SELECT 1 FROM asked CROSS JOIN object_grant g CROSS JOIN conversation c CROSS JOIN member mm \
         WHERE g.object = asked.object AND g.message = 0 AND c.id = g.stream AND c.picture = g.object \
           AND mm.conversation = c.id AND mm.account = asked.viewer AND mm.state = 2) \
     OR EXISTS (SELECT 1 FROM asked CROSS JOIN object_grant g \
         WHERE g.object = asked.object AND g.message < 0 AND g.stream = asked.viewer) \
     OR EXISTS (SELECT 1 FROM asked CROSS JOIN object_grant g CROSS JOIN member mm CROSS JOIN member_window w \
         WHERE g.object = asked.object AND g.message < 0 AND mm.conversation = g.stream AND mm.account = asked.viewer \
           AND mm.state = 2 AND w.conversation = mm.conversation AND w.account = mm.account \
           AND w.opened <= -g.message AND (w.closed IS NULL OR -g.message < w.closed))"
);

/// Objects that have been idle since before `$1`.
pub(super) const IDLE: &str = "idle IS NOT NULL AND idle < $1 ORDER BY idle LIMIT $2";

/// Finished objects of `$1` above `$2`.
pub(super) const OWN: &str = "owner = $1 AND id > $2 AND state = $4 ORDER BY id LIMIT $3";

/// Those of these blobs that an object is made of.
pub(super) const USED: &str =
    "SELECT sha256 FROM object WHERE sha256 IS NOT NULL AND sha256 IN (#)";

pub(super) async fn may_read(
    conn: &mut Conn,
    account: AccountId,
    object: ObjectId,
) -> Answer<bool> {
    let mut binder = Binder::new(2);
    (account, object).put(&mut binder);
    let row = sqlx::query_with(MAY_READ, binder.finish()?)
        .fetch_one(conn)
        .await?;
    bool::take(&mut Cursor::new(&row))
}

pub(super) async fn idle(conn: &mut Conn, before: Timestamp, limit: u32) -> Answer<Vec<Object>> {
    select(conn, IDLE, &[&before, &i64::from(limit)]).await
}

pub(super) async fn own(
    conn: &mut Conn,
    owner: AccountId,
    after: ObjectId,
    limit: u32,
) -> Answer<Vec<Object>> {
    let ready = ObjectState::Ready;
    select(conn, OWN, &[&owner, &after, &i64::from(limit), &ready]).await
}

pub(super) async fn used(
    conn: &mut Conn,
    blobs: &BTreeSet<[u8; 32]>,
) -> Answer<BTreeSet<[u8; 32]>> {
    let blobs: Vec<[u8; 32]> = blobs.iter().copied().collect();
    let mut found = BTreeSet::new();
    for chunk in blobs.chunks(FIND_AT_MOST) {
        let (parameters, count, width) = padded(chunk);
        let statement: SqlStr = statement_in(USED, Db::STYLE, width, count);
        let rows = sqlx::query_with(statement, parameters.finish()?)
            .fetch_all(&mut *conn)
            .await?;
        for row in &rows {
            found.insert(<[u8; 32]>::take(&mut Cursor::new(row))?);
        }
    }
    Ok(found)
}
