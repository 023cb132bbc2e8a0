//! Lists of people, calls and small things; the installation's own settings and leases.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hub::id::{AccountId, CallId, ReportId, Timestamp};
use hub::model::{
    AbuseReport, Account, CallEnd, CallReport, CallRow, Conversation, Device, DoorState, Relation,
};
use hub::store::ContactRow;

use super::field::{Binder, Cursor, Put};
use super::rows::{find, select};
use super::save::execute;
use super::{Answer, Conn, Db, Dialect as _};

pub(super) const CONTACTS: &str = "SELECT p.id FROM ( \
     SELECT other AS id FROM relation WHERE owner = $1 AND other > $2 \
     UNION SELECT owner FROM relation WHERE other = $1 AND owner > $2) AS p ORDER BY p.id LIMIT $3";

pub(super) async fn contacts(
    conn: &mut Conn,
    owner: AccountId,
    after: AccountId,
    limit: u32,
) -> Answer<Vec<ContactRow>> {
    let mut binder = Binder::new(3);
    ((owner, after), i64::from(limit)).put(&mut binder);
    let rows = sqlx::query_with(CONTACTS, binder.finish()?)
        .fetch_all(&mut *conn)
        .await?;
    let others: Vec<AccountId> = rows
        .iter()
        .map(|row| Cursor::new(row).take())
        .collect::<Answer<_>>()?;

    let accounts: Vec<Account> = find(conn, "id IN (#)", &others).await?;
    let mut accounts: HashMap<_, _> = accounts.into_iter().map(|a| (a.id, a)).collect();
    let both = others
        .iter()
        .flat_map(|&other| [(owner, other), (other, owner)]);
    let relations: Vec<Relation> = find(conn, "(owner, other) IN (#)", both).await?;
    let mut relations: BTreeMap<_, _> = relations
        .into_iter()
        .map(|r| ((r.owner, r.other), r))
        .collect();
    let mut side = |a, b| {
        relations
            .remove(&(a, b))
            .unwrap_or_else(|| Relation::nothing(a, b))
    };
    let row = |other| {
        let account = accounts.remove(&other)?;
        Some(ContactRow {
            mine: side(owner, other),
            theirs: side(other, owner),
            account,
        })
    };
    Ok(others.into_iter().filter_map(row).collect())
}

pub(super) async fn accounts(conn: &mut Conn, after: &str, limit: u32) -> Answer<Vec<Account>> {
    select(
        conn,
        "name > $1 ORDER BY name LIMIT $2",
        &[&after, &i64::from(limit)],
    )
    .await
}

/// Deleted, and not all removed: by the index that holds nobody else.
pub(super) async fn leaving(conn: &mut Conn, limit: u32) -> Answer<Vec<AccountId>> {
    let rows = sqlx::query("SELECT id FROM account WHERE state = 3 ORDER BY id LIMIT $1")
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Cursor::new(row).take()).collect()
}

/// Bots whose limits are raised: by the index that holds nobody else.
pub(super) async fn raised(conn: &mut Conn, limit: u32) -> Answer<Vec<AccountId>> {
    let text = "SELECT id FROM account WHERE raised AND state NOT IN (2, 3) ORDER BY id LIMIT $1";
    let rows = sqlx::query(text)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Cursor::new(row).take()).collect()
}

/// Active guests who are in no group (state 2) any more, or were not here since `$1`: neither seen nor any of their devices used.
const LATE_GUESTS: &str = "SELECT a.id FROM account a WHERE a.kind = 2 AND a.state = 0 AND ( \
       NOT EXISTS (SELECT 1 FROM member m WHERE m.account = a.id AND m.state = 2) \
       OR (a.last_seen < $1 AND NOT EXISTS (SELECT 1 FROM device d WHERE d.account = a.id AND d.last_used >= $1))) \
     ORDER BY a.id LIMIT $2";

pub(super) async fn late_guests(
    conn: &mut Conn,
    before: Timestamp,
    limit: u32,
) -> Answer<Vec<AccountId>> {
    let mut binder = Binder::new(2);
    (before, i64::from(limit)).put(&mut binder);
    let rows = sqlx::query_with(LATE_GUESTS, binder.finish()?)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Cursor::new(row).take()).collect()
}

/// Invitations to the server.
pub(super) async fn invites(
    conn: &mut Conn,
    after: &[u8; 32],
    limit: u32,
) -> Answer<Vec<hub::model::Link>> {
    select(
        conn,
        "conversation IS NULL AND token_hash > $1 ORDER BY token_hash LIMIT $2",
        &[after, &i64::from(limit)],
    )
    .await
}

/// Bytes of the database.
pub(super) async fn size(conn: &mut Conn) -> Answer<u64> {
    let row = sqlx::query(Db::SIZE).fetch_one(conn).await?;
    let bytes: i64 = Cursor::new(&row).take()?;
    Ok(u64::try_from(bytes).unwrap_or_default())
}

pub(super) async fn device_by_token(conn: &mut Conn, hash: &[u8; 32]) -> Answer<Option<Device>> {
    Ok(select(conn, "token_hash = $1", &[hash]).await?.pop())
}

/// Each side is read by its own index, newest first, and no further than the page. A call that gave way to another one
/// (both sides called at once) is in no history, and one that the callee was kept from is in the caller's only.
pub(super) async fn calls(
    conn: &mut Conn,
    account: AccountId,
    before: Option<CallId>,
    limit: u32,
) -> Answer<Vec<CallRow>> {
    let (before, limit) = (before.unwrap_or(CallId(i64::MAX)), i64::from(limit));
    let tail = "id IN (SELECT id FROM ( \
          SELECT * FROM (SELECT id FROM call WHERE caller = $1 AND id < $2 AND outcome <> $4 ORDER BY id DESC LIMIT $3) AS made \
          UNION \
          SELECT * FROM (SELECT id FROM call WHERE callee = $1 AND id < $2 AND outcome <> $4 AND NOT unheard ORDER BY id DESC LIMIT $3) AS got \
        ) AS both_sides) ORDER BY id DESC LIMIT $3";
    let gave_way = CallEnd::Superseded;
    select(conn, tail, &[&account, &before, &limit, &gave_way]).await
}

pub(super) async fn open_calls(conn: &mut Conn, owner: Option<i32>) -> Answer<Vec<CallRow>> {
    match owner {
        Some(owner) => select(conn, "outcome = 0 AND owner = $1 ORDER BY id", &[&owner]).await,
        None => select(conn, "outcome = 0 ORDER BY id", &[]).await,
    }
}

pub(super) async fn reports(conn: &mut Conn, call: CallId) -> Answer<Vec<CallReport>> {
    select(conn, "call = $1 ORDER BY received, endpoint", &[&call]).await
}

/// Groups (kind 1) in which `$1` and `$2` are now (state 2).
pub(super) const COMMON: &str = "kind = 1 AND id IN (SELECT mine.conversation FROM member mine \
     JOIN member theirs ON theirs.conversation = mine.conversation AND theirs.account = $2 AND theirs.state = 2 \
     WHERE mine.account = $1 AND mine.state = 2) ORDER BY head DESC LIMIT $3";

pub(super) async fn common(
    conn: &mut Conn,
    a: AccountId,
    b: AccountId,
    limit: u32,
) -> Answer<Vec<Conversation>> {
    select(conn, COMMON, &[&a, &b, &i64::from(limit)]).await
}

pub(super) async fn abuse_reports(
    conn: &mut Conn,
    after: ReportId,
    with_closed: bool,
    limit: u32,
) -> Answer<Vec<AbuseReport>> {
    let limit = i64::from(limit);
    if with_closed {
        let tail = "id > $1 ORDER BY id LIMIT $2";
        select(conn, tail, &[&after, &limit]).await
    } else {
        select(conn, OPEN_REPORTS, &[&after, &limit]).await
    }
}

pub(super) const OPEN_REPORTS: &str = "closed IS NULL AND id > $1 ORDER BY id LIMIT $2";

/// At most 512 KiB, for so much an account may keep.
pub(super) async fn door_states(
    conn: &mut Conn,
    account: AccountId,
    door: &str,
    prefix: &str,
) -> Answer<Vec<DoorState>> {
    let tail = "account = $1 AND door = $2 AND substr(key, 1, length($3)) = $3 ORDER BY key";
    select(conn, tail, &[&account, &door, &prefix]).await
}

pub(super) async fn setting(conn: &mut Conn, key: &str) -> Answer<Option<Vec<u8>>> {
    let mut binder = Binder::new(1);
    key.put(&mut binder);
    let statement = "SELECT value FROM setting WHERE key = $1";
    let row = sqlx::query_with(statement, binder.finish()?)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Cursor::new(&row).take()).transpose()
}

/// The first value stays; which one that is.
pub(super) async fn keep_setting(conn: &mut Conn, key: &str, value: &[u8]) -> Answer<Vec<u8>> {
    let statement = "INSERT INTO setting (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    execute(conn, statement, &[&key, &value]).await?;
    setting(conn, key).await?.ok_or(sqlx::Error::RowNotFound)
}

/// How many processes an installation may have: ten bits of every id.
const NODES: i16 = 512;

/// Renews `holder`'s number, or takes the lowest that nobody holds; `None` if all are taken.
pub(super) async fn lease_node(
    conn: &mut Conn,
    holder: i64,
    now: Timestamp,
    lease_ms: i64,
) -> Answer<Option<u16>> {
    let rows = sqlx::query("SELECT node, holder, expires FROM node_lease")
        .fetch_all(&mut *conn)
        .await?;
    let mut taken = BTreeSet::new();
    let mut mine = None;
    for row in &rows {
        let mut cursor = Cursor::new(row);
        let (node, by, expires): (i16, i64, Timestamp) =
            (cursor.take()?, cursor.take()?, cursor.take()?);
        if by == holder {
            mine = Some(node);
        } else if expires > now {
            taken.insert(node);
        }
    }
    let Some(node) = mine.or_else(|| (0..NODES).find(|node| !taken.contains(node))) else {
        return Ok(None);
    };
    let statement = "INSERT INTO node_lease (node, holder, expires) VALUES ($1, $2, $3) \
        ON CONFLICT (node) DO UPDATE SET holder = excluded.holder, expires = excluded.expires";
    execute(conn, statement, &[&node, &holder, &now.plus_ms(lease_ms)]).await?;
    Ok(Some(node.unsigned_abs()))
}
