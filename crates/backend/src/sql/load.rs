//! Rows by key: one statement per kind of key.

use std::collections::BTreeSet;
use std::sync::Arc;

use hub::id::{AccountId, ConversationId};
use hub::model::*;
use hub::store::{Keys, Rows, Tally};

use super::field::{Binder, Cursor, Put as _, Take};
use super::rows::find;
use super::{Answer, Conn};

/// Messages by what any device of an account called them.
pub(super) const AUTHORED: &str = "(device, client) IN (WITH asked (author, client) AS (#) \
     SELECT d.id, asked.client FROM asked JOIN device d ON d.account = asked.author)";

/// Bots, by the index that holds nobody else.
pub(super) const OWNED: &str = "owner IS NOT NULL AND owner IN (#)";

/// Letters of keys are counted as bytes; both stores give whole numbers so.
pub(super) const DOOR_ROOM: &str = "SELECT CAST(COALESCE(SUM(octet_length(key) + octet_length(value) + $2), 0) AS BIGINT) \
     FROM door_state WHERE account = $1";

pub(super) async fn load(conn: &mut Conn, keys: &Keys) -> Answer<Rows> {
    let mut rows = Rows::default();
    people(conn, keys, &mut rows).await?;
    for account in &keys.tallies {
        rows.tallies.push(tally(conn, *account).await?);
    }
    talk(conn, keys, &mut rows).await?;
    shelf(conn, keys, &mut rows).await?;
    Ok(rows)
}

async fn tally(conn: &mut Conn, account: AccountId) -> Answer<Tally> {
    let statement = "SELECT (SELECT COUNT(*) FROM relation WHERE owner = $1 AND listed = $2), \
        (SELECT COUNT(*) FROM member WHERE account = $1)";
    let mut binder = Binder::new(2);
    (account, true).put(&mut binder);
    let row = sqlx::query_with(statement, binder.finish()?)
        .fetch_one(conn)
        .await?;
    let (contacts, conversations): (i64, i64) = Take::take(&mut Cursor::new(&row))?;
    let count = |found| u32::try_from(found).unwrap_or(u32::MAX);
    Ok(Tally {
        account,
        contacts: count(contacts),
        conversations: count(conversations),
    })
}

/// What the states of an account take, as [`DoorState::room`] counts: by the index of the table's own key.
async fn door_room(conn: &mut Conn, account: AccountId) -> Answer<i64> {
    let row = i64::try_from(DOOR_STATE_ROW).unwrap_or_default();
    let mut binder = Binder::new(2);
    (account, row).put(&mut binder);
    let row = sqlx::query_with(DOOR_ROOM, binder.finish()?)
        .fetch_one(conn)
        .await?;
    Cursor::new(&row).take()
}

async fn people(conn: &mut Conn, keys: &Keys, rows: &mut Rows) -> Answer<()> {
    rows.accounts = find(conn, "id IN (#)", &keys.accounts).await?;
    let named: Vec<Account> = find(conn, "name IN (#)", &keys.names).await?;
    rows.accounts.extend(
        named
            .into_iter()
            .filter(|account| !keys.accounts.contains(&account.id)),
    );
    let owned: Vec<Account> = find(conn, OWNED, &keys.bots_of).await?;
    for account in owned {
        if rows.accounts.iter().all(|known| known.id != account.id) {
            rows.accounts.push(account);
        }
    }
    rows.secrets = find(conn, "account IN (#)", &keys.secrets).await?;
    rows.devices = find(conn, "id IN (#)", &keys.devices).await?;
    let live: Vec<Device> =
        find(conn, "account IN (#) AND revoked IS NULL", &keys.devices_of).await?;
    rows.devices.extend(
        live.into_iter()
            .filter(|device| !keys.devices.contains(&device.id)),
    );
    rows.relations = find(
        conn,
        "(owner, other) IN (#)",
        keys.relations.iter().copied(),
    )
    .await?;
    rows.handles = find(
        conn,
        "(kind, value) IN (#)",
        keys.handles.iter().map(|(kind, value)| (*kind, value)),
    )
    .await?;
    let own: Vec<Handle> = find(conn, "account IN (#)", &keys.handles_of).await?;
    let asked = |h: &Handle| keys.handles.contains(&(h.kind, h.value.clone()));
    rows.handles.extend(own.into_iter().filter(|h| !asked(h)));
    let states = keys.door_states.iter();
    rows.door_states = find(
        conn,
        "(account, door, key) IN (#)",
        states.map(|(account, door, key)| (*account, door, key)),
    )
    .await?;
    for account in &keys.door_rooms {
        rows.door_rooms
            .push((*account, door_room(conn, *account).await?));
    }
    rows.contact_groups = find(
        conn,
        "owner IN (#) ORDER BY owner, slot",
        &keys.contact_groups,
    )
    .await?;
    rows.abuse_reports = find(conn, "id IN (#)", &keys.abuse_reports).await?;
    let made: Vec<AbuseReport> = find(conn, "reporter IN (#)", &keys.abuse_reports_by).await?;
    let made = made.into_iter();
    rows.abuse_reports
        .extend(made.filter(|report| !keys.abuse_reports.contains(&report.id)));
    Ok(())
}

async fn talk(conn: &mut Conn, keys: &Keys, rows: &mut Rows) -> Answer<()> {
    rows.conversations = find(conn, "id IN (#)", &keys.conversations).await?;
    let cast: Vec<Conversation> = find(conn, "cast_key IN (#)", &keys.casts).await?;
    let cast = cast
        .into_iter()
        .filter(|found| !keys.conversations.contains(&found.id));
    rows.conversations.extend(cast);
    let casts = rows.conversations.iter().filter(|c| !c.is_named());
    let mut whole: BTreeSet<ConversationId> = casts.map(|c| c.id).collect();
    whole.extend(&keys.rosters);
    rows.members = members(conn, &whole).await?;
    let single = keys.members.iter().filter(|(id, _)| !whole.contains(id));
    let single: Vec<Member> = find(conn, "(conversation, account) IN (#)", single.copied()).await?;
    rows.members.extend(single);

    let mut messages: Vec<Message> = find(conn, "id IN (#)", &keys.messages).await?;
    let called: Vec<Message> = find(
        conn,
        "(device, client) IN (#)",
        keys.clients
            .iter()
            .map(|(device, client)| (*device, client)),
    )
    .await?;
    messages.extend(
        called
            .into_iter()
            .filter(|message| !keys.messages.contains(&message.id)),
    );
    let stamped: Vec<Message> = find(
        conn,
        "(conversation, stamp) IN (#)",
        keys.stamps.iter().copied(),
    )
    .await?;
    let authored: Vec<Message> = find(
        conn,
        AUTHORED,
        keys.authored
            .iter()
            .map(|(author, client)| (*author, client)),
    )
    .await?;
    for message in stamped.into_iter().chain(authored) {
        if messages.iter().all(|known| known.id != message.id) {
            messages.push(message);
        }
    }
    rows.messages = messages.into_iter().map(Arc::new).collect();
    rows.reactions = find(
        conn,
        "message IN (#) ORDER BY message, account, key",
        &keys.reactions,
    )
    .await?;

    rows.calls = find(conn, "id IN (#)", &keys.calls).await?;
    let keyed: Vec<CallRow> = find(conn, "key IN (#)", &keys.call_keys).await?;
    rows.calls.extend(
        keyed
            .into_iter()
            .filter(|call| !keys.calls.contains(&call.id)),
    );
    Ok(())
}

async fn shelf(conn: &mut Conn, keys: &Keys, rows: &mut Rows) -> Answer<()> {
    rows.objects = find(conn, "id IN (#)", &keys.objects).await?;
    let called: Vec<Object> = find(
        conn,
        "(device, client) IN (#)",
        keys.object_clients
            .iter()
            .map(|(device, client)| (*device, client)),
    )
    .await?;
    let called = called.into_iter();
    rows.objects
        .extend(called.filter(|object| !keys.objects.contains(&object.id)));
    let granted = "object IN (#) ORDER BY object, stream, message";
    rows.grants = find(conn, granted, &keys.grants).await?;
    rows.usages = find(conn, "owner IN (#)", &keys.usages).await?;
    rows.links = find(conn, "token_hash IN (#)", &keys.links).await?;
    let leading: Vec<Link> = find(
        conn,
        "conversation IN (#) ORDER BY token_hash",
        &keys.links_to,
    )
    .await?;
    let leading = leading
        .into_iter()
        .filter(|link| !keys.links.contains(&link.token_hash));
    rows.links.extend(leading);
    let invites = "account IN (#) AND conversation IS NULL ORDER BY token_hash";
    let invites: Vec<Link> = find(conn, invites, &keys.invites_of).await?;
    let invites = invites
        .into_iter()
        .filter(|link| !keys.links.contains(&link.token_hash));
    rows.links.extend(invites);
    Ok(())
}

/// All members of these conversations, with their windows.
pub(super) async fn members(
    conn: &mut Conn,
    conversations: &BTreeSet<ConversationId>,
) -> Answer<Vec<Member>> {
    let tail = "conversation IN (#) ORDER BY conversation, account";
    find(conn, tail, conversations).await
}
