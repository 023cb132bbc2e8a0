//! Conversations as somebody sees them, and their messages page by page.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hub::id::{AccountId, ConversationId, MessageId, Pos, Timestamp};
use hub::model::{Conversation, Member, MemberState, Message, Role, Upto, Window};
use hub::store::{Around, ConversationView, MessagePage, SHOWN_MEMBERS, TOLD_DELIVERED};

use super::field::{Cursor, Put, Take};
use super::load::members;
use super::marks::{Counted, DELIVERED, LAST_AND_UNREAD, per_conversation};
use super::rows::{WindowRow, find, select};
use super::{Answer, Conn};

pub(super) const PAGE: &str = "SELECT c.id FROM member mm CROSS JOIN conversation c \
     WHERE mm.account = $1 AND c.id = mm.conversation AND (c.head < $2 OR (c.head = $2 AND c.id < $3)) \
     ORDER BY c.head DESC, c.id DESC LIMIT $4";

/// A stretch of a conversation from its end.
pub(super) const BACK: &str = "conversation = $1 AND id >= $2 AND id < $3 \
     AND (hidden_from IS NULL OR hidden_from <> $5) ORDER BY id DESC LIMIT $4";

/// A stretch of a conversation from its beginning.
pub(super) const FORTH: &str = "conversation = $1 AND id >= $2 AND id < $3 \
     AND (hidden_from IS NULL OR hidden_from <> $5) ORDER BY id LIMIT $4";

/// What in a stretch of a conversation counts as unread, from its beginning.
pub(super) const UNREAD: &str = "conversation = $1 AND id >= $2 AND id < $3 AND author <> $4 AND device <> 0 \
     AND NOT deleted AND (hidden_from IS NULL OR hidden_from <> $4) ORDER BY id LIMIT 1";

/// `account`'s conversations, newest first; also those it has left, for what it saw of them stays its own.
pub(super) async fn conversations(
    conn: &mut Conn,
    account: AccountId,
    before: Option<(Pos, ConversationId)>,
    limit: u32,
) -> Answer<Vec<ConversationView>> {
    let (head, id) = before.unwrap_or((Pos(i64::MAX), ConversationId(i64::MAX)));
    let ids = ids(conn, PAGE, &[&account, &head, &id, &i64::from(limit)]).await?;
    views(conn, account, &ids).await
}

pub(super) async fn conversation(
    conn: &mut Conn,
    account: AccountId,
    id: ConversationId,
) -> Answer<Option<ConversationView>> {
    let statement = "SELECT conversation FROM member WHERE account = $1 AND conversation = $2";
    let ids = ids(conn, statement, &[&account, &id]).await?;
    Ok(views(conn, account, &ids).await?.pop())
}

/// Where `account` is now: each conversation with the window that is open.
pub(super) async fn stays(
    conn: &mut Conn,
    account: AccountId,
) -> Answer<Vec<(ConversationId, Window)>> {
    let tail = "account = $1 AND closed IS NULL ORDER BY conversation";
    let open: Vec<WindowRow> = select(conn, tail, &[&account]).await?;
    let stay = |row: WindowRow| {
        let window = Window {
            from: row.opened,
            until: row.closed,
        };
        (row.conversation, window)
    };
    Ok(open.into_iter().map(stay).collect())
}

/// Those who stand to a conversation in one way, from the beginning.
pub(super) const RANKED: &str = "conversation = $1 AND state = $3 ORDER BY role, account LIMIT $2";

/// The same, after somebody.
pub(super) const RANKED_AFTER: &str = "conversation = $1 AND state = $3 AND (role, account) > ($4, $5) \
     ORDER BY role, account LIMIT $2";

/// Those who are in a conversation, or stand to it in another way, by role and account.
pub(super) async fn ranked(
    conn: &mut Conn,
    id: ConversationId,
    state: MemberState,
    after: Option<(Role, AccountId)>,
    limit: u32,
) -> Answer<Vec<Member>> {
    let limit = i64::from(limit);
    match after {
        None => select(conn, RANKED, &[&id, &limit, &state]).await,
        Some((role, account)) => {
            select(conn, RANKED_AFTER, &[&id, &limit, &state, &role, &account]).await
        }
    }
}

/// `account`'s conversations with the newest positions, at most `limit`.
pub(super) async fn newest_ids(
    conn: &mut Conn,
    account: AccountId,
    limit: u32,
) -> Answer<Vec<ConversationId>> {
    let (head, id) = (Pos(i64::MAX), ConversationId(i64::MAX));
    ids(conn, PAGE, &[&account, &head, &id, &i64::from(limit)]).await
}

async fn ids(
    conn: &mut Conn,
    statement: &'static str,
    parameters: &[&(dyn Put + Sync)],
) -> Answer<Vec<ConversationId>> {
    let mut binder = super::field::Binder::new(parameters.len());
    parameters.iter().for_each(|value| value.put(&mut binder));
    let rows = sqlx::query_with(statement, binder.finish()?)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Cursor::new(row).take()).collect()
}

/// These conversations as `viewer` sees them, in the order given.
async fn views(
    conn: &mut Conn,
    viewer: AccountId,
    ids: &[ConversationId],
) -> Answer<Vec<ConversationView>> {
    let found: Vec<Conversation> = find(conn, "id IN (#)", ids).await?;
    let mut found: HashMap<_, _> = found.into_iter().map(|c| (c.id, c)).collect();
    let casts = found.values().filter(|c| !c.is_named());
    let casts: BTreeSet<ConversationId> = casts.map(|c| c.id).collect();
    let mut people: BTreeMap<ConversationId, Vec<Member>> = BTreeMap::new();
    for member in members(conn, &casts).await? {
        people.entry(member.conversation).or_default().push(member);
    }
    let named = ids.iter().filter(|id| !casts.contains(id));
    let viewers = named.map(|&id| (id, viewer));
    let viewers: Vec<Member> = find(conn, "(conversation, account) IN (#)", viewers).await?;
    for own in viewers {
        let inside = own.is_in();
        let shown = people.entry(own.conversation).or_insert(vec![own.clone()]);
        if inside {
            let others =
                ranked(conn, own.conversation, MemberState::In, None, SHOWN_MEMBERS).await?;
            shown.extend(others.into_iter().filter(|m| m.account != viewer));
            shown.truncate(SHOWN_MEMBERS as usize);
        }
    }

    let asked: Vec<(ConversationId, AccountId)> = ids.iter().map(|&id| (id, viewer)).collect();
    let counted: Vec<(ConversationId, Counted)> =
        per_conversation(conn, LAST_AND_UNREAD, &asked).await?;
    let counted: HashMap<_, _> = counted.into_iter().collect();
    let last: Vec<Message> = find(
        conn,
        "id IN (#)",
        counted.values().filter_map(|counted| counted.last),
    )
    .await?;
    let mut last: HashMap<_, _> = last.into_iter().map(|m| (m.conversation, m)).collect();
    let told = |id: &ConversationId| found.get(id).is_some_and(|c| c.people <= TOLD_DELIVERED);
    let few: Vec<_> = asked.iter().filter(|(id, _)| told(id)).copied().collect();
    let reached: Vec<(ConversationId, (AccountId, Option<Upto>))> =
        per_conversation(conn, DELIVERED, &few).await?;
    let mut delivered: BTreeMap<ConversationId, BTreeMap<AccountId, Upto>> = BTreeMap::new();
    for (id, (account, upto)) in reached {
        delivered
            .entry(id)
            .or_default()
            .extend(upto.map(|upto| (account, upto)));
    }

    let view = |&id: &ConversationId| {
        let unread = counted.get(&id).map(|c| c.unread).unwrap_or_default();
        Some(ConversationView {
            conversation: found.remove(&id)?,
            members: people.remove(&id).unwrap_or_default(),
            last: last.remove(&id),
            unread,
            delivered: delivered
                .remove(&id)
                .unwrap_or_default()
                .into_iter()
                .collect(),
        })
    };
    Ok(ids.iter().filter_map(view).collect())
}

pub(super) async fn messages(
    conn: &mut Conn,
    account: AccountId,
    conversation: ConversationId,
    around: Around,
    limit: u32,
) -> Answer<MessagePage> {
    let seen = Seen::by(conn, account, conversation).await?;
    let limit = limit as usize;
    let around = match around {
        Around::Unread => seen
            .unread(conn)
            .await?
            .map_or(Around::Newest, Around::Near),
        other => other,
    };
    let at = match around {
        Around::Earlier(stamp) | Around::Since(stamp) => stamped(conn, conversation, stamp).await?,
        _ => Pos(i64::MAX),
    };
    let (mut older, mut newer) = (Vec::new(), Vec::new());
    let earlier;
    let mut later = false;
    match around {
        Around::Newest | Around::Unread => {
            (older, earlier) = seen.back(conn, i64::MAX, limit).await?
        }
        Around::Before(id) => {
            (older, earlier) = seen.back(conn, id.0, limit).await?;
            later = seen.forth(conn, id.0, 0).await?.1;
        }
        Around::Earlier(_) => {
            (older, earlier) = seen.back(conn, at.0, limit).await?;
            later = seen.forth(conn, at.0, 0).await?.1;
        }
        Around::Since(_) => {
            (newer, later) = seen.forth(conn, at.0, limit).await?;
            earlier = seen.back(conn, at.0, 0).await?.1;
        }
        Around::After(id) => {
            let from = id.0.saturating_add(1);
            (newer, later) = seen.forth(conn, from, limit).await?;
            earlier = seen.back(conn, from, 0).await?.1;
        }
        Around::Near(id) => {
            // Half of the page before it, the rest from it on; what one side lacks the other gives.
            let more;
            (older, more) = seen.back(conn, id.0, limit).await?;
            (newer, later) = seen.forth(conn, id.0, limit).await?;
            let half = limit / 2;
            let keep_older = older.len().min(half.max(limit.saturating_sub(newer.len())));
            let keep_newer = newer.len().min(limit - keep_older);
            earlier = more || keep_older < older.len();
            later |= keep_newer < newer.len();
            older.truncate(keep_older);
            newer.truncate(keep_newer);
        }
    }
    older.reverse();
    older.append(&mut newer);
    Ok(MessagePage {
        messages: older,
        earlier,
        later,
    })
}

/// The stretches of a conversation that somebody may see, oldest first: at most one per stay.
struct Seen {
    viewer: AccountId,
    conversation: ConversationId,
    read: Pos,
    stretches: Vec<(i64, i64)>,
}

impl Seen {
    async fn by(conn: &mut Conn, account: AccountId, conversation: ConversationId) -> Answer<Self> {
        let bounds = "SELECT mm.cleared, c.trimmed, mm.read_message FROM member mm JOIN conversation c ON c.id = mm.conversation \
            WHERE mm.account = $1 AND mm.conversation = $2";
        let mut binder = super::field::Binder::new(2);
        (account, conversation).put(&mut binder);
        let row = sqlx::query_with(bounds, binder.finish()?)
            .fetch_optional(&mut *conn)
            .await?;
        let Some(row) = row else {
            return Ok(Self {
                viewer: account,
                conversation,
                read: Pos(0),
                stretches: Vec::new(),
            });
        };
        let mut columns = Cursor::new(&row);
        let (cleared, trimmed): (Pos, Pos) = columns.take()?;
        let read: Option<Pos> = columns.take()?;
        let lowest = cleared.0.saturating_add(1).max(trimmed.0);
        let tail = "account = $1 AND conversation = $2 ORDER BY opened";
        let windows: Vec<WindowRow> = select(conn, tail, &[&account, &conversation]).await?;
        let stretches = windows
            .iter()
            .map(|w| {
                (
                    w.opened.0.max(lowest),
                    w.closed.map_or(i64::MAX, |closed| closed.0),
                )
            })
            .filter(|(from, until)| from < until)
            .collect();
        Ok(Self {
            viewer: account,
            conversation,
            read: read.unwrap_or_default(),
            stretches,
        })
    }

    /// The oldest message of somebody else above the read mark.
    async fn unread(&self, conn: &mut Conn) -> Answer<Option<MessageId>> {
        for &(from, until) in &self.stretches {
            let from = from.max(self.read.0.saturating_add(1));
            if from < until {
                let bounds: [&(dyn Put + Sync); 4] =
                    [&self.conversation, &from, &until, &self.viewer];
                let found: Vec<Message> = select(conn, UNREAD, &bounds).await?;
                if let Some(first) = found.first() {
                    return Ok(Some(first.id));
                }
            }
        }
        Ok(None)
    }

    /// Up to `limit` messages below `below`, newest first, and whether there are more.
    async fn back(
        &self,
        conn: &mut Conn,
        below: i64,
        limit: usize,
    ) -> Answer<(Vec<Message>, bool)> {
        let mut found: Vec<Message> = Vec::new();
        for &(from, until) in self.stretches.iter().rev() {
            let want = (limit + 1 - found.len()) as i64;
            let until = until.min(below);
            if want > 0 && from < until {
                let bounds: [&(dyn Put + Sync); 5] =
                    [&self.conversation, &from, &until, &want, &self.viewer];
                found.append(&mut select(conn, BACK, &bounds).await?);
            }
        }
        Ok(cut(found, limit))
    }

    /// Up to `limit` messages from `start` on, oldest first, and whether there are more.
    async fn forth(
        &self,
        conn: &mut Conn,
        start: i64,
        limit: usize,
    ) -> Answer<(Vec<Message>, bool)> {
        let mut found: Vec<Message> = Vec::new();
        for &(from, until) in &self.stretches {
            let want = (limit + 1 - found.len()) as i64;
            let from = from.max(start);
            if want > 0 && from < until {
                let bounds: [&(dyn Put + Sync); 5] =
                    [&self.conversation, &from, &until, &want, &self.viewer];
                found.append(&mut select(conn, FORTH, &bounds).await?);
            }
        }
        Ok(cut(found, limit))
    }
}

fn cut(mut found: Vec<Message>, limit: usize) -> (Vec<Message>, bool) {
    let more = found.len() > limit;
    found.truncate(limit);
    (found, more)
}

/// The first place of a conversation whose stamp is `stamp` or later: stamps rise with the places.
pub(super) const STAMPED: &str =
    "SELECT id FROM message WHERE conversation = $1 AND stamp >= $2 ORDER BY stamp LIMIT 1";

async fn stamped(
    conn: &mut Conn,
    conversation: ConversationId,
    stamp: Timestamp,
) -> Answer<MessageId> {
    let mut binder = super::field::Binder::new(2);
    (conversation, stamp).put(&mut binder);
    let row = sqlx::query_with(STAMPED, binder.finish()?)
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(Pos(i64::MAX)), |row| Take::take(&mut Cursor::new(&row)))
}

/// The newest message of a conversation at or below `upto`.
pub(super) async fn message_at(
    conn: &mut Conn,
    conversation: ConversationId,
    upto: MessageId,
) -> Answer<Option<Upto>> {
    let statement = "SELECT id, stamp FROM message WHERE conversation = $1 AND id <= $2 ORDER BY id DESC LIMIT 1";
    let mut binder = super::field::Binder::new(2);
    (conversation, upto).put(&mut binder);
    let row = sqlx::query_with(statement, binder.finish()?)
        .fetch_optional(conn)
        .await?;
    row.map_or(Ok(None), |row| Take::take(&mut Cursor::new(&row)))
}
