//! PostgreSQL, for an installation of several machines.
//!
//! [`open`]'s store makes a batch the only writer of the whole installation: `begin` takes one advisory lock that ends
//! with the transaction, and reads the head under it. PostgreSQL makes a commit visible before it gives the locks back,
//! so positions are allotted in commit order and no reader sees a later one before an earlier one.

use std::sync::Arc;
use std::time::Duration;

use hub::store::Store;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Pool, Transaction};

use crate::OpenError;
use crate::dialect::Dialect;

#[path = "sql/mod.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the same statements are compiled for each store"
)]
mod sql;

/// What the statements are compiled for.
type Db = sqlx::Postgres;

/// The advisory lock of whoever writes: "skeinhub".
const WRITER: i64 = 0x736b_6569_6e68_7562;
/// The advisory lock of whoever changes the tables: "skeintab".
const TABLES: i64 = 0x736b_6569_6e74_6162;
/// How long a connection is waited for.
const WAITS: Duration = Duration::from_secs(40);
/// One batch commits while the next one waits for the lock; the rest queues here.
const WRITERS: u32 = 2;
/// Readers at the same time.
const READERS: u32 = 8;

/// Connects to `postgres://…`, and brings the tables up to date.
///
/// # Errors
/// A sentence for the operator: the address is wrong, the server does not answer, or its tables are newer than this
/// program.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, OpenError> {
    let pools = Pools::open(url).await?;
    Ok(Arc::new(sql::Kept::new(pools)))
}

/// The connections to one server.
#[derive(Clone)]
struct Pools {
    writers: Pool<Db>,
    readers: Pool<Db>,
}

impl Pools {
    async fn open(url: &str) -> Result<Self, OpenError> {
        // The driver's own text would repeat the address, and with it the password.
        let options: PgConnectOptions = url.parse().map_err(|_| {
            OpenError::Address("write postgres://user:password@host/database".into())
        })?;
        let options = options
            .application_name("skein")
            .statement_cache_capacity(512)
            .options([
                ("synchronous_commit", "on"),
                ("lock_timeout", "40s"),
                ("statement_timeout", "60s"),
                // A process that hangs inside a batch must not stop the others for ever.
                ("idle_in_transaction_session_timeout", "60s"),
            ]);
        let place = place(&options);
        let away = |error: sqlx::Error| OpenError::Away {
            place: place.clone(),
            why: error.to_string(),
        };
        prepare(&place, &options).await?;

        let pool = |connections| {
            PoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(WAITS)
                .test_before_acquire(false)
        };
        let writers = pool(WRITERS)
            .connect_with(options.clone())
            .await
            .map_err(away)?;
        let readers = pool(READERS)
            .connect_with(options.options([("statement_timeout", "15s")]))
            .await
            .map_err(away)?;
        Ok(Self { writers, readers })
    }

    /// For a read of one statement.
    async fn reader(&self) -> Result<PoolConnection<Db>, sqlx::Error> {
        self.readers.acquire().await
    }

    /// For a read of several.
    async fn snapshot(&self) -> Result<Transaction<'static, Db>, sqlx::Error> {
        begin(&self.readers, Db::SNAPSHOT).await
    }

    /// The one writer's transaction. At READ COMMITTED, so that what it reads after the lock is what the writer before
    /// it committed.
    async fn writing(&self) -> Result<Transaction<'static, Db>, sqlx::Error> {
        let mut transaction = begin(&self.writers, "BEGIN ISOLATION LEVEL READ COMMITTED").await?;
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(WRITER)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    /// Nothing to do: PostgreSQL makes its own checkpoints.
    #[allow(
        clippy::unused_self,
        reason = "the other store has something to do here"
    )]
    fn committed(&self) {}

    async fn close(&self) -> Result<(), sqlx::Error> {
        self.writers.close().await;
        self.readers.close().await;
        Ok(())
    }
}

/// Begins a transaction, to its end even where nobody waits for it any more. Who gives up while `BEGIN` is under way would
/// else leave a connection in a transaction that the driver does not know of, and all that is read on it later is from then.
#[allow(
    clippy::disallowed_methods,
    reason = "it ends with the answer to one statement, and closing the pool waits for its connection"
)]
async fn begin(
    pool: &Pool<Db>,
    statement: &'static str,
) -> Result<Transaction<'static, Db>, sqlx::Error> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.begin_with(statement).await })
        .await
        .unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

/// The server as an operator knows it, without the password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or(options.get_username());
    match options.get_socket() {
        Some(folder) => format!("the database {database} at {}", folder.display()),
        None => format!(
            "the database {database} at {}:{}",
            options.get_host(),
            options.get_port()
        ),
    }
}

/// The server answers and has today's tables.
async fn prepare(place: &str, options: &PgConnectOptions) -> Result<(), OpenError> {
    let away = |error: sqlx::Error| OpenError::Away {
        place: place.to_owned(),
        why: error.to_string(),
    };
    let mut conn = PgConnection::connect_with(options).await.map_err(away)?;
    // One transaction around all: of two processes that start on an empty database, one waits and finds the tables.
    let mut transaction = conn.begin().await.map_err(away)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(TABLES)
        .execute(&mut *transaction)
        .await
        .map_err(away)?;
    let broken =
        |error: MigrateError| OpenError::from_migration(place, Db::MIGRATIONS.newest(), &error);
    let mut migrator = Migrator::new(Db::MIGRATIONS).await.map_err(broken)?;
    migrator.set_locking(false);
    migrator
        .run_direct(None, &mut *transaction, false)
        .await
        .map_err(broken)?;
    transaction.commit().await.map_err(away)?;
    conn.close().await.map_err(away)
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;

    use super::*;

    /// The server prefers to walk through a small table, so that it is told not to where it can do otherwise.
    #[tokio::test]
    async fn no_read_has_to_walk_through_a_whole_table() {
        let Ok(server) = std::env::var("SKEIN_TEST_POSTGRES") else {
            eprintln!("skipped: SKEIN_TEST_POSTGRES is not set");
            return;
        };
        let name = format!("skein_plans_{}", std::process::id());
        let mut admin = PgConnection::connect(&server).await.expect("a server");
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(create).execute(&mut admin).await.expect("room");
        let options: PgConnectOptions = server.parse().expect("an address");
        let mut conn = PgConnection::connect_with(&options.database(&name))
            .await
            .expect("a database");
        Migrator::new(Db::MIGRATIONS)
            .await
            .expect("migrations")
            .run_direct(None, &mut conn, false)
            .await
            .expect("tables");
        sqlx::query("SET enable_seqscan = off")
            .execute(&mut conn)
            .await
            .expect("set");
        for read in sql::indexed_reads() {
            let mut asked = read.clone();
            for parameter in (1..=5).rev() {
                let value = if asked.contains("name IN") {
                    "'ann'"
                } else {
                    "1"
                };
                asked = asked.replace(&format!("${parameter}"), value);
            }
            let plan: Vec<(String,)> = sqlx::query_as(AssertSqlSafe(format!("EXPLAIN {asked}")))
                .fetch_all(&mut conn)
                .await
                .unwrap_or_else(|error| panic!("{error}: {asked}"));
            assert!(!plan.is_empty());
            for (step,) in plan {
                assert!(!step.contains("Seq Scan"), "{step} in {read}");
            }
        }
        conn.close().await.expect("closed");
        let drop = AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
        sqlx::query(drop)
            .execute(&mut admin)
            .await
            .expect("dropped");
    }
}
