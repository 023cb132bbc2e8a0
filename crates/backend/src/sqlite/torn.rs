//! Whether a file and its log are of one moment.
//!
//! A log is begun anew only when the file holds all of it (sqlite.org/wal.html §2.3). So what stands first in each new log is how many
//! commits the file holds at that moment, in `hub.logged`. A file that knows of fewer is an older one: somebody copied it, and its log
//! later.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tracing::debug;

use super::checkpoint::{Log, checkpoint};

/// Writes down what the file holds, if that is all. Whoever calls has the writer's turn; a write of another program is in nobody's
/// way, for what is written down was counted before the look. Where it cannot be written the next time will do.
pub(super) async fn mark(conn: &mut SqliteConnection) {
    if let Err(error) = try_mark(conn).await {
        debug!(%error, "what the file holds is written down later");
    }
}

async fn try_mark(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let (held, logged): (i64, i64) =
        sqlx::query_as("SELECT version, logged FROM hub WHERE one = 1")
            .fetch_one(&mut *conn)
            .await?;
    let Log { pages, copied, .. } = checkpoint(conn, "PRAGMA wal_checkpoint(NOOP)").await?;
    if pages != copied || held == logged {
        return Ok(());
    }
    sqlx::query("UPDATE hub SET logged = ? WHERE one = 1")
        .bind(held)
        .execute(conn)
        .await
        .map(drop)
}

/// Whether the file at `path` is older than its log, which `conn` reads with it.
pub(super) async fn is_torn(path: &Path, conn: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    let logged: i64 = sqlx::query_scalar("SELECT logged FROM hub WHERE one = 1")
        .fetch_one(conn)
        .await?;
    if logged == 0 {
        return Ok(false);
    }
    // A file that cannot be read without its log is no proof: a power cut in the middle of a checkpoint may leave one, and the log
    // mends it.
    Ok(held_alone(path).await.is_ok_and(|held| held < logged))
}

/// How many commits the file holds as it lies there, without its log.
async fn held_alone(path: &Path) -> Result<i64, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).immutable(true);
    let mut file = SqliteConnection::connect_with(&options.read_only(true)).await?;
    let held = sqlx::query_scalar("SELECT version FROM hub WHERE one = 1")
        .fetch_one(&mut file)
        .await?;
    file.close().await?;
    Ok(held)
}
