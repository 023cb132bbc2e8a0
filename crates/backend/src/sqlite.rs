//! The store in one file: SQLite in WAL mode, one writer, several readers.
//!
//! *Acknowledged means on disk*: `synchronous=FULL`, and [`open`]'s store answers a commit after its sync. Batches make
//! that cheap. Another process may open the same file; both are serialised by `BEGIN IMMEDIATE`, and each reads the head
//! inside its transaction.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hub::store::Store;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, Pool, Transaction};
use tracing::warn;

use crate::OpenError;
use crate::dialect::Dialect;
use crate::error::is_away;

#[path = "sql/mod.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the same statements are compiled for each store"
)]
mod sql;

mod checkpoint;
mod copy;
mod torn;

pub use copy::{Contents, contents, copy};

/// What the statements are compiled for.
type Db = sqlx::Sqlite;

/// Marks our files (`PRAGMA application_id`): "Skei".
const APPLICATION: i32 = 0x536b_6569;
/// How long a writer waits for another process before the hub is told that the store is away. Longer than the longest
/// lock that somebody may hold by hand (case C8: 30 s).
const WRITER_WAITS: Duration = Duration::from_secs(40);
/// How long readers wait: only while a log is recovered after a crash is there anything to wait for.
const READER_WAITS: Duration = Duration::from_secs(5);
/// Readers at the same time. More would only share the same cores.
const READERS: u32 = 4;

/// Opens the file, makes it if there is none, and brings its tables up to date.
///
/// # Errors
/// A sentence for the operator: the file cannot be opened, is none of ours, or is newer than this program.
pub async fn open(path: &Path) -> Result<Arc<dyn Store>, OpenError> {
    let pools = Pools::open(path, options(path), WRITER_WAITS).await?;
    Ok(Arc::new(sql::Kept::new(pools)))
}

/// The same with a file that cannot grow above `pages` pages: SQLite answers as on a full disk.
///
/// # Errors
/// As [`open`].
#[cfg(feature = "contract")]
pub async fn open_bounded(path: &Path, pages: u32) -> Result<Arc<dyn Store>, OpenError> {
    let options = options(path).pragma("max_page_count", pages.to_string());
    let pools = Pools::open(path, options, WRITER_WAITS).await?;
    Ok(Arc::new(sql::Kept::new(pools)))
}

/// The same with a writer that waits no longer than this for another process.
///
/// # Errors
/// As [`open`].
#[cfg(feature = "contract")]
pub async fn open_impatient(path: &Path, waits: Duration) -> Result<Arc<dyn Store>, OpenError> {
    let pools = Pools::open(path, options(path), waits).await?;
    Ok(Arc::new(sql::Kept::new(pools)))
}

/// What all connections have in common.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .page_size(4_096)
        .foreign_keys(false)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(512)
        .row_buffer_size(512)
        .pragma("temp_store", "memory")
        // Checkpoints are made on a connection of their own, so that no batch waits for one.
        .pragma("wal_autocheckpoint", "0")
        .pragma("journal_size_limit", "67108864")
}

/// The connections to one file.
#[derive(Clone)]
struct Pools {
    /// One connection: whoever wants to write queues for it, first come first served.
    writer: Pool<Db>,
    readers: Pool<Db>,
    checkpoints: Arc<checkpoint::Checkpoints>,
}

impl Pools {
    async fn open(
        path: &Path,
        options: SqliteConnectOptions,
        waits: Duration,
    ) -> Result<Self, OpenError> {
        prepare(path, &options).await?;

        let away = |error: sqlx::Error| away(path, &error);
        let writer = PoolOptions::new()
            .max_connections(1)
            .acquire_timeout(waits)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(
                options
                    .clone()
                    .busy_timeout(waits)
                    // KiB: the leaves of the indexes that random conversations hit.
                    .pragma("cache_size", "-65536"),
            )
            .await
            .map_err(away)?;
        let readers = PoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(READER_WAITS)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(
                options
                    .clone()
                    .read_only(true)
                    .busy_timeout(READER_WAITS)
                    .pragma("cache_size", "-16384"),
            )
            .await
            .map_err(away)?;
        // All of them now: who asks for one later may find that no file can be opened any more.
        let mut open = Vec::new();
        for _ in 0..READERS {
            open.push(readers.acquire().await.map_err(away)?);
        }
        drop(open);
        let checkpoints = checkpoint::Checkpoints::start(options, writer.clone())
            .await
            .map_err(away)?;
        Ok(Self {
            writer,
            readers,
            checkpoints: Arc::new(checkpoints),
        })
    }

    /// For a read of one statement.
    async fn reader(&self) -> Result<PoolConnection<Db>, sqlx::Error> {
        self.readers.acquire().await
    }

    /// For a read of several.
    async fn snapshot(&self) -> Result<Transaction<'static, Db>, sqlx::Error> {
        begin(&self.readers, Db::SNAPSHOT).await
    }

    /// The one writer's transaction; `IMMEDIATE` takes the lock now, so that what it reads is what it changes.
    async fn writing(&self) -> Result<Transaction<'static, Db>, sqlx::Error> {
        self.checkpoints.keep_pace().await;
        begin(&self.writer, "BEGIN IMMEDIATE").await
    }

    fn committed(&self) {
        self.checkpoints.committed();
    }

    async fn close(&self) -> Result<(), sqlx::Error> {
        self.readers.close().await;
        self.checkpoints.finish().await?;
        self.writer.close().await;
        Ok(())
    }
}

/// Begins a transaction on a connection that is in none. Where there is no room SQLite ends a transaction by itself
/// (sqlite.org/lang_transaction.html §3.1), which the driver does not learn: it believes to be inside one for ever, and such a
/// connection is of no use any more.
async fn begin(
    pool: &Pool<Db>,
    statement: &'static str,
) -> Result<Transaction<'static, Db>, sqlx::Error> {
    loop {
        match pool.begin_with(statement).await {
            Err(sqlx::Error::InvalidSavePointStatement) => {}
            other => return other,
        }
        // Whichever this is: the pool makes another one, and the loop ends when none is left that errs.
        pool.acquire().await?.close().await?;
        warn!("a connection to the database was made anew after a failure");
    }
}

/// The file exists, is ours, is in WAL mode, and has today's tables.
async fn prepare(path: &Path, options: &SqliteConnectOptions) -> Result<(), OpenError> {
    let away = |error: sqlx::Error| away(path, &error);
    make_private(path);
    let options = options
        .clone()
        .create_if_missing(true)
        .busy_timeout(WRITER_WAITS);
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .map_err(away)?;
    let tables: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sqlite_schema")
        .fetch_one(&mut conn)
        .await
        .map_err(away)?;
    let application: i32 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut conn)
        .await
        .map_err(away)?;
    if tables > 0 && application != APPLICATION {
        return Err(OpenError::Foreign {
            place: path.display().to_string(),
        });
    }
    into_wal_mode(&mut conn).await.map_err(away)?;

    // One transaction around all: of two processes that make the same file, one waits and finds the tables there.
    let mut transaction = conn.begin_with("BEGIN IMMEDIATE").await.map_err(away)?;
    migrate(path, &mut transaction).await?;
    let mark = AssertSqlSafe(format!("PRAGMA application_id = {APPLICATION}"));
    sqlx::query(mark)
        .execute(&mut *transaction)
        .await
        .map_err(away)?;
    transaction.commit().await.map_err(away)?;
    whole(path, &mut conn).await?;
    conn.close().await.map_err(away)
}

/// The file is not older than its log, and nothing stands in the log above the newest position: else the two were copied at two
/// moments.
async fn whole(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let is_torn = torn::is_torn(path, conn).await;
    if is_torn.map_err(|error| away(path, &error))? {
        return Err(OpenError::Damaged {
            place: path.display().to_string(),
            why: "the file is older than its log: they were copied one after the other".to_owned(),
        });
    }
    let above: i64 = sqlx::query_scalar(
        "SELECT MAX(COALESCE((SELECT MAX(id) FROM message), 0), COALESCE((SELECT MAX(pos) FROM change), 0)) \
         - (SELECT pos FROM hub WHERE one = 1)",
    )
    .fetch_one(conn)
    .await
    .map_err(|error| away(path, &error))?;
    if above > 0 {
        return Err(OpenError::Damaged {
            place: path.display().to_string(),
            why: "messages stand above the newest position".to_owned(),
        });
    }
    Ok(())
}

/// A new file is nobody else's to read; SQLite gives its log the same permissions. What goes wrong here, SQLite says
/// better when it opens the file.
fn make_private(path: &Path) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let _ = options.open(path);
}

/// The change needs the file for itself for a moment, and SQLite's own waiting does not cover it.
async fn into_wal_mode(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let until = tokio::time::Instant::now() + WRITER_WAITS;
    loop {
        match sqlx::query("PRAGMA journal_mode = WAL")
            .execute(&mut *conn)
            .await
        {
            Err(sqlx::Error::Database(error))
                if is_away(error.as_ref()) && tokio::time::Instant::now() < until =>
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other => return other.map(drop),
        }
    }
}

async fn migrate(path: &Path, conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let place = path.display().to_string();
    let migrator = Migrator::new(Db::MIGRATIONS)
        .await
        .map_err(|error| broken(&place, error))?;
    migrator
        .run_direct(None, conn, false)
        .await
        .map_err(|error| broken(&place, error))
}

fn broken(place: &str, error: MigrateError) -> OpenError {
    OpenError::from_migration(place, Db::MIGRATIONS.newest(), &error)
}

fn away(path: &Path, error: &sqlx::Error) -> OpenError {
    let place = path.display().to_string();
    let code = error.as_database_error().and_then(|e| e.code());
    // sqlite.org/rescode.html: the low byte is the primary code.
    let primary = code.and_then(|code| code.parse::<i32>().ok());
    let why = error.to_string();
    match primary.map(|code| code & 0xff) {
        Some(11) => OpenError::Damaged { place, why },
        Some(13) => OpenError::Full { place },
        Some(26) => OpenError::Foreign { place },
        _ => OpenError::Away { place, why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_read_walks_through_a_whole_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("skein.db");
        let pools = Pools::open(&file, options(&file), WRITER_WAITS)
            .await
            .expect("a store");
        let mut conn = pools.reader().await.expect("a reader");
        let tables = [
            "m",
            "message",
            "ch",
            "change",
            "c",
            "conversation",
            "mm",
            "o",
            "member",
            "w",
            "v",
            "member_window",
            "a",
            "account",
            "relation",
        ];
        for read in sql::indexed_reads() {
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {read}")))
                    .fetch_all(&mut *conn)
                    .await
                    .expect("a plan");
            assert!(!plan.is_empty());
            for (_, _, _, step) in plan {
                let walked = step
                    .strip_prefix("SCAN ")
                    .and_then(|rest| rest.split(' ').next());
                assert!(
                    !walked.is_some_and(|table| tables.contains(&table)),
                    "{step} in {read}"
                );
            }
        }
    }
}
