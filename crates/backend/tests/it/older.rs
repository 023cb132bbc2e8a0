//! Tables that a program of before left: they become today's where they lie, with all that is in them.

use backend::contract::{Place as _, commit};
use futures_util::future::{BoxFuture, ready};
use hub::id::*;
use hub::model::*;
use hub::store::{Keys, Rows};
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migrate, Migration, MigrationSource, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, PgConnection, SqlSafeStr as _};

use crate::places::{At, in_a_file, on_a_server};

/// Who was there already. The text is the same for both stores, but that bytes are called `BYTEA` by one.
const BEFORE: &str = "INSERT INTO account (id, name, display, mood, about, kind, owner, state, strangers, privacy, receipts, \
     language, head, profile_pos, delivered, created, last_seen) VALUES \
     (1, 'ann', 'Ann', '', '', 0, NULL, 0, 0, 0, TRUE, 'en', 0, 0, 0, 5, 6), \
     (2, 'counter', 'Counter', 'counts', '', 1, 1, 1, 0, 0, TRUE, 'en', 0, 0, 0, 7, 8), \
     (3, 'mallory', 'Mallory', '', '', 0, NULL, 1, 0, 0, TRUE, 'en', 0, 0, 0, 7, 8), \
     (4, 'spammer', 'Spammer', '', '', 1, 3, 1, 0, 0, TRUE, 'en', 0, 0, 0, 7, 8); \
     INSERT INTO door_state (account, door, key, value, seen_by) VALUES \
     (1, 'skype', 'join:9', CAST('a token' AS BLOB), 0), (1, 'skype', 'mood', CAST('tired' AS BLOB), 0)";

/// The tables as far as a program of before knew them.
#[derive(Debug)]
struct Older(&'static [&'static str]);

impl MigrationSource<'static> for Older {
    fn resolve(self) -> BoxFuture<'static, Result<Vec<Migration>, BoxDynError>> {
        let all = self.0.iter().zip(1..).map(|(text, version)| {
            let text = text.into_sql_str();
            Migration::new(version, "before".into(), MigrationType::Simple, text, false)
        });
        Box::pin(ready(Ok(all.collect())))
    }
}

async fn older<C>(conn: &mut C, texts: &'static [&'static str])
where
    C: Migrate,
{
    let migrator = Migrator::new(Older(texts)).await.unwrap();
    migrator.run_direct(None, conn, false).await.unwrap();
}

/// Everybody is as they were, nobody's limits are raised, and they can be. Who was blocked along with an owner is known to have been,
/// and tokens of links are kept nowhere.
async fn is_as_it_was(place: &At) {
    let store = place.open().await;
    let keys = Keys {
        accounts: (1..=4).map(AccountId).collect(),
        ..Keys::default()
    };
    let mut found = store.load(&keys).await.unwrap().accounts;
    found.sort_by_key(|account| account.id);
    let of = |a: &Account| (a.name.clone(), a.state, a.raised, a.created.0);
    let now: Vec<_> = found.iter().map(of).collect();
    let expected = [
        ("ann", AccountState::Active, 5),
        ("counter", AccountState::Blocked, 7),
        ("mallory", AccountState::Blocked, 7),
        ("spammer", AccountState::BlockedWithOwner, 7),
    ];
    assert_eq!(
        now,
        expected.map(|(name, state, created)| (name.to_owned(), state, false, created))
    );
    let kept = store.door_states(AccountId(1), "skype", "").await.unwrap();
    let keys: Vec<_> = kept.iter().map(|state| &*state.key).collect();
    assert_eq!(keys, ["mood"]);
    assert_eq!(
        (&*found[1].mood, found[1].owner),
        ("counts", Some(AccountId(1)))
    );
    assert!(store.raised(9).await.unwrap().is_empty());
    let raised = Rows {
        accounts: vec![Account {
            raised: true,
            ..found.remove(1)
        }],
        ..Rows::default()
    };
    commit(&*store, &raised, 1).await;
    assert_eq!(store.raised(9).await.unwrap(), [AccountId(2)]);
    store.close().await.unwrap();
    // And whoever opens it again finds it done.
    let again = place.open().await;
    assert_eq!(again.raised(9).await.unwrap(), [AccountId(2)]);
}

#[tokio::test]
async fn a_file_of_the_version_before_is_as_it_was() {
    in_a_file(|place| {
        Box::pin(async move {
            let options = SqliteConnectOptions::new()
                .filename(&place.0)
                .create_if_missing(true);
            let mut conn = SqliteConnection::connect_with(&options).await.unwrap();
            let texts = &[
                include_str!("../../migrations/sqlite/0001_first_tables.sql"),
                include_str!("../../migrations/sqlite/0002_guests_and_bots.sql"),
            ];
            older(&mut conn, texts).await;
            sqlx::raw_sql(BEFORE).execute(&mut conn).await.unwrap();
            // "Skei", by which a file is known as one of ours.
            sqlx::query("PRAGMA application_id = 1399547241")
                .execute(&mut conn)
                .await
                .unwrap();
            conn.close().await.unwrap();
            is_as_it_was(&place).await;
        })
    })
    .await;
}

#[tokio::test]
async fn a_database_of_the_version_before_is_as_it_was() {
    on_a_server(|place| {
        Box::pin(async move {
            let mut conn = PgConnection::connect(&place.0).await.unwrap();
            let texts = &[
                include_str!("../../migrations/postgres/0001_first_tables.sql"),
                include_str!("../../migrations/postgres/0002_guests_and_bots.sql"),
            ];
            older(&mut conn, texts).await;
            let before = sqlx::AssertSqlSafe(BEFORE.replace("BLOB", "BYTEA"));
            sqlx::raw_sql(before).execute(&mut conn).await.unwrap();
            conn.close().await.unwrap();
            is_as_it_was(&place).await;
        })
    })
    .await;
}
