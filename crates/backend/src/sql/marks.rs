//! What somebody may see, and how far they and others are: the newest, what is unread, what has arrived.

use std::collections::BTreeSet;

use hub::id::{AccountId, ConversationId, MessageId, Pos};
use hub::model::Message;
use hub::store::Unread;
use sqlx::SqlStr;

use super::field::{Cursor, Take};
use super::rows::{find, padded};
use super::{Answer, Conn, Db, Dialect};
use crate::table::{FIND_AT_MOST, statement_in};

/// Whether the viewer `asked.viewer` may see message `m`: inside a window, above what they cleared, not trimmed,
/// and not kept from them.
macro_rules! seen {
    () => {
        "m.id > mm.cleared AND m.id >= c.trimmed AND (m.hidden_from IS NULL OR m.hidden_from <> asked.viewer) \
           AND EXISTS (SELECT 1 FROM member_window w \
           WHERE w.conversation = c.id AND w.account = asked.viewer AND w.opened <= m.id \
             AND (w.closed IS NULL OR m.id < w.closed))"
    };
}

pub(super) use seen;

/// Above this the viewer has read nothing, and cleared nothing.
macro_rules! floor {
    () => {
        "CASE WHEN COALESCE(mm.read_message, 0) > mm.cleared THEN COALESCE(mm.read_message, 0) ELSE mm.cleared END"
    };
}

/// What names this account above the read mark and within the windows of the viewer, four thousand of it: what was said while they
/// were away costs nothing, and what they said themselves not more than this.
macro_rules! named {
    ($who:literal) => {
        concat!(
            "SELECT * FROM (SELECT me.message FROM member_window w CROSS JOIN mention me \
             WHERE w.conversation = c.id AND w.account = asked.viewer AND me.conversation = c.id AND me.account = ",
            $who,
            " AND me.message >= CASE WHEN w.opened > ",
            floor!(),
            " THEN w.opened ELSE 1 + ",
            floor!(),
            " END AND me.message < COALESCE(w.closed, 9223372036854775807) LIMIT 4000) AS of_these"
        )
    };
}

/// Messages of others above the read mark in which the viewer is named, or everybody (account 0).
macro_rules! naming {
    () => {
        concat!(
            "FROM (",
            named!("asked.viewer"),
            " UNION ",
            named!("0"),
            ") AS n CROSS JOIN message m WHERE m.id = n.message AND NOT m.deleted AND m.author <> asked.viewer AND ",
            seen!()
        )
    };
}

/// The messages above the read mark within the windows of the viewer, four thousand of them: what was written while they were away
/// from the conversation costs nothing, and what does not count for other reasons not more than this. Which ones is left to the
/// store: in order it would have to read all of them first.
macro_rules! above {
    () => {
        concat!(
            "FROM (SELECT u.author, u.device, u.deleted, u.hidden_from FROM member_window w CROSS JOIN message u \
             WHERE w.conversation = c.id AND w.account = asked.viewer AND u.conversation = c.id \
               AND u.id >= CASE WHEN w.opened > ",
            floor!(),
            " THEN w.opened ELSE 1 + ",
            floor!(),
            " END AND u.id < COALESCE(w.closed, 9223372036854775807) AND +u.id >= c.trimmed LIMIT 4000) AS seen"
        )
    };
}

/// Per (conversation, viewer): the newest message that the viewer may see, how many of others are unread, how many of
/// these name the viewer, and the oldest of them. The upper bound spares somebody who left long ago a walk over everything
/// since.
pub(super) const LAST_AND_UNREAD: &str = concat!(
    "WITH asked (conversation, viewer) AS (#) \
     SELECT c.id, \
       (SELECT m.id FROM message m WHERE m.conversation = c.id AND ",
    seen!(),
    " AND m.id < (SELECT MAX(COALESCE(w.closed, 9223372036854775807)) FROM member_window w \
         WHERE w.conversation = c.id AND w.account = asked.viewer) \
         ORDER BY m.id DESC LIMIT 1) AS last, \
       (SELECT COUNT(*) FROM (SELECT 1 AS one ",
    above!(),
    " WHERE seen.author <> asked.viewer AND seen.device <> 0 AND NOT seen.deleted \
         AND (seen.hidden_from IS NULL OR seen.hidden_from <> asked.viewer) LIMIT 1000) AS counted) AS unread, \
       (SELECT COUNT(*) FROM (SELECT n.message ",
    naming!(),
    " LIMIT 1000) AS naming) AS mentions, \
       (SELECT MIN(n.message) ",
    naming!(),
    ") AS mentioned \
     FROM asked CROSS JOIN member mm CROSS JOIN conversation c \
     WHERE mm.conversation = asked.conversation AND mm.account = asked.viewer AND c.id = asked.conversation"
);

/// Per (conversation, viewer): for every other member, the newest message that the viewer may see and that has reached
/// one of the other's devices.
pub(super) const DELIVERED: &str = concat!(
    "WITH asked (conversation, viewer) AS (#) \
     SELECT reached.conversation, reached.account, message.id, message.stamp FROM ( \
       SELECT o.conversation, o.account, \
         (SELECT m.id FROM message m WHERE m.conversation = c.id AND m.id <= a.delivered AND ",
    seen!(),
    " AND EXISTS (SELECT 1 FROM member_window v WHERE v.conversation = c.id AND v.account = o.account \
           AND v.opened <= m.id AND (v.closed IS NULL OR m.id < v.closed)) \
           ORDER BY m.id DESC LIMIT 1) AS last \
       FROM asked CROSS JOIN member mm CROSS JOIN conversation c CROSS JOIN member o CROSS JOIN account a \
       WHERE mm.conversation = asked.conversation AND mm.account = asked.viewer AND c.id = asked.conversation \
         AND o.conversation = asked.conversation AND o.account <> asked.viewer AND o.state = 2 AND a.id = o.account \
     ) AS reached JOIN message ON message.id = reached.last"
);

/// Those of these (message, viewer) that the viewer may see.
pub(super) const VISIBLE: &str = concat!(
    "id IN (WITH asked (message, viewer) AS (#) \
       SELECT m.id FROM asked CROSS JOIN message m CROSS JOIN conversation c CROSS JOIN member mm \
       WHERE m.id = asked.message AND c.id = m.conversation AND mm.conversation = m.conversation \
         AND mm.account = asked.viewer AND ",
    seen!(),
    ")"
);

/// An answer of [`LAST_AND_UNREAD`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    pub(super) last: Option<Pos>,
    pub(super) unread: Unread,
}

impl Take for Counted {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        let last = from.take()?;
        let count = |counted: i64| u32::try_from(counted).unwrap_or(0);
        Ok(Self {
            last,
            unread: Unread {
                messages: count(from.take()?),
                mentions: count(from.take()?),
                mentioned: from.take()?,
            },
        })
    }
}

/// What a statement answers per (conversation, viewer).
pub(super) async fn per_conversation<T: Take>(
    conn: &mut Conn,
    text: &'static str,
    asked: &[(ConversationId, AccountId)],
) -> Answer<Vec<(ConversationId, T)>> {
    let mut out = Vec::new();
    for chunk in asked.chunks(FIND_AT_MOST) {
        let (parameters, count, width) = padded(chunk);
        let statement: SqlStr = statement_in(text, Db::STYLE, width, count);
        let rows = sqlx::query_with(statement, parameters.finish()?)
            .fetch_all(&mut *conn)
            .await?;
        for row in &rows {
            out.push(Take::take(&mut Cursor::new(row))?);
        }
    }
    Ok(out)
}

impl<A: Take, B: Take> Take for (A, B) {
    fn take(from: &mut Cursor<'_>) -> Answer<Self> {
        Ok((from.take()?, from.take()?))
    }
}

/// What `account` has not read in these conversations.
pub(super) async fn unread(
    conn: &mut Conn,
    account: AccountId,
    ids: &BTreeSet<ConversationId>,
) -> Answer<Vec<(ConversationId, Unread)>> {
    let asked: Vec<_> = ids.iter().map(|&id| (id, account)).collect();
    let counted: Vec<(ConversationId, Counted)> =
        per_conversation(conn, LAST_AND_UNREAD, &asked).await?;
    let mut unread: Vec<_> = counted.into_iter().map(|(id, c)| (id, c.unread)).collect();
    // Keys are repeated up to a power of two.
    unread.sort_unstable_by_key(|&(id, _)| id);
    unread.dedup_by_key(|&mut (id, _)| id);
    Ok(unread)
}

/// Those of these messages that `account` may see.
pub(super) async fn visible(
    conn: &mut Conn,
    account: AccountId,
    ids: &BTreeSet<MessageId>,
) -> Answer<Vec<Message>> {
    find(conn, VISIBLE, ids.iter().map(|&id| (id, account))).await
}
