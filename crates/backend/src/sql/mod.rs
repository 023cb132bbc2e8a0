//! The statements, compiled once for each store: `super` says which by its `Db` and its `Pools`.

mod field;
mod history;
mod lists;
mod load;
mod log;
mod marks;
mod objects;
mod rows;
mod save;
mod store;
mod words;

use super::{Db, Pools};
use crate::dialect::Dialect;

pub(super) use store::Kept;

/// A connection to this store.
type Conn = <Db as sqlx::Database>::Connection;

/// A row of an answer.
type Row = <Db as sqlx::Database>::Row;

/// What the driver answers.
type Answer<T> = Result<T, sqlx::Error>;

/// The reads that must find everything by an index, however much is kept.
#[cfg(test)]
pub(super) fn indexed_reads() -> Vec<String> {
    let asked = |text: &str| text.replace('#', "VALUES ($1, $2)");
    // A literal that is bytes to one store and does no harm in the other.
    let asked_one = |text: &str| text.replace('#', "''");
    let mut reads = vec![
        asked(marks::LAST_AND_UNREAD),
        asked(marks::DELIVERED),
        history::PAGE.to_owned(),
        lists::CONTACTS.to_owned(),
    ];
    let authored = load::AUTHORED.replace('#', "VALUES ($1, 'ann')");
    let found = [asked(marks::VISIBLE), authored];
    let stretches = [history::BACK, history::FORTH, history::UNREAD].map(str::to_owned);
    let messages = stretches.into_iter().chain(found);
    reads.extend(messages.map(|tail| format!("SELECT id FROM message WHERE {tail}")));
    reads.extend(["name", "id"].map(|key| format!("SELECT id FROM account WHERE {key} IN ($1)")));
    reads.push(format!(
        "SELECT id FROM account WHERE {}",
        load::OWNED.replace('#', "$1")
    ));
    let singly = [objects::MAY_READ, history::STAMPED, load::DOOR_ROOM];
    reads.extend(singly.map(str::to_owned));
    reads.extend(
        [objects::IDLE, objects::OWN].map(|tail| format!("SELECT id FROM object WHERE {tail}")),
    );
    reads.push(format!(
        "SELECT id FROM conversation WHERE {}",
        lists::COMMON
    ));
    reads.push(format!(
        "SELECT id FROM abuse_report WHERE {}",
        lists::OPEN_REPORTS
    ));
    reads.push(asked_one(objects::USED));
    reads.extend([log::SINCE, log::COUNT_SINCE, log::LOG].map(str::to_owned));
    reads
}
