//! A copy of a file that others write to meanwhile, and what a copy holds.

use std::path::Path;

use hub::blobs::Hash;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};

use super::{APPLICATION, WRITER_WAITS, away};
use crate::OpenError;

/// What a copy holds, after it was read through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The newest position.
    pub head: i64,
    /// Accounts, deleted ones too.
    pub accounts: i64,
    /// Messages.
    pub messages: i64,
    /// Blobs that objects are made of, and whether anybody may still read them: a blob that nobody may read can be
    /// removed at any time.
    pub blobs: Vec<(Hash, bool)>,
}

/// Writes a copy of the file as it is at one moment to `to`, which must not exist. Others read and write meanwhile.
///
/// # Errors
/// A sentence for the operator: the file cannot be read, or the copy cannot be written.
pub async fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
    let options = SqliteConnectOptions::new()
        .filename(from)
        .read_only(true)
        .busy_timeout(WRITER_WAITS);
    let failed = |error: sqlx::Error| away(from, &error);
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .map_err(failed)?;
    // One read transaction from the first page to the last (sqlite.org/lang_vacuum.html#vacuuminto).
    let written = sqlx::query("VACUUM INTO $1")
        .bind(to.display().to_string())
        .execute(&mut conn)
        .await;
    written.map_err(|error| away(to, &error))?;
    conn.close().await.map_err(failed)
}

/// Reads all of a copy and says what it holds.
///
/// # Errors
/// A sentence for the operator: it is damaged, or none of ours.
pub async fn contents(of: &Path) -> Result<Contents, OpenError> {
    let failed = |error: sqlx::Error| away(of, &error);
    let place = || of.display().to_string();
    // Nobody writes to a copy: without a log and without locks, so that it may lie where nothing can be written.
    let options = SqliteConnectOptions::new()
        .filename(of)
        .read_only(true)
        .immutable(true);
    let mut conn = SqliteConnection::connect_with(&options)
        .await
        .map_err(failed)?;
    let application: i32 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut conn)
        .await
        .map_err(failed)?;
    if application != APPLICATION {
        return Err(OpenError::Foreign { place: place() });
    }
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(3)")
        .fetch_all(&mut conn)
        .await
        .map_err(failed)?;
    if found != ["ok"] {
        return Err(OpenError::Damaged {
            place: place(),
            why: found.join("; "),
        });
    }
    let mut number = async |statement: &'static str| {
        let found: Result<i64, _> = sqlx::query_scalar(AssertSqlSafe(statement))
            .fetch_one(&mut conn)
            .await;
        found.map_err(failed)
    };
    let head = number("SELECT pos FROM hub WHERE one = 1").await?;
    let accounts = number("SELECT COUNT(*) FROM account").await?;
    let messages = number("SELECT COUNT(*) FROM message").await?;
    let rows: Vec<(Vec<u8>, bool)> = sqlx::query_as(
        "SELECT o.sha256, MAX(EXISTS (SELECT 1 FROM object_grant g WHERE g.object = o.id)) \
         FROM object o WHERE o.sha256 IS NOT NULL GROUP BY o.sha256",
    )
    .fetch_all(&mut conn)
    .await
    .map_err(failed)?;
    conn.close().await.map_err(failed)?;
    let blobs = rows.into_iter().filter_map(|(hash, read)| {
        let hash: Hash = hash.try_into().ok()?;
        Some((hash, read))
    });
    Ok(Contents {
        head,
        accounts,
        messages,
        blobs: blobs.collect(),
    })
}
