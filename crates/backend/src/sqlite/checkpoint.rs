//! Carries the write-ahead log back into the file, on a connection of its own, so that no batch waits for it.

use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Pool};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::warn;

use super::{Db, torn};

/// After so many commits the log's length is looked at.
const COMMITS: u32 = 4;
/// So many commits may be made while a look, and what follows from it, takes its time; then the writer waits.
const AHEAD: u32 = 16;
/// How long it waits, at most: a slow disk must not stop it.
const WAITS: Duration = Duration::from_secs(1);
/// New pages in the log that are worth a checkpoint: 4 MB.
const STEP: i64 = 1_024;
/// Pages from which on the log is begun anew, 32 MB: SQLite does so by itself only in a moment when all of it is in the
/// file, and under steady load there is none unless the writer waits for one.
const LARGE: i64 = 8_192;
/// How often it is said that a long read goes on.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// How long the writer's turn is kept for readers that still need the old log.
const READERS_MAY_TAKE: Duration = Duration::from_millis(100);

/// The connection, and the task that uses it.
pub(super) struct Checkpoints {
    conn: Arc<Mutex<Option<SqliteConnection>>>,
    /// How many there were.
    commits: watch::Sender<u32>,
    /// How many of them were looked at.
    seen: watch::Receiver<u32>,
    /// Ends with this.
    task: Mutex<JoinSet<()>>,
}

impl Checkpoints {
    pub(super) async fn start(
        options: SqliteConnectOptions,
        writer: Pool<Db>,
    ) -> Result<Self, sqlx::Error> {
        let mut conn =
            SqliteConnection::connect_with(&options.busy_timeout(READERS_MAY_TAKE)).await?;
        torn::mark(&mut conn).await;
        let conn = Arc::new(Mutex::new(Some(conn)));
        let (commits, made) = watch::channel(0);
        let (looked, seen) = watch::channel(0);
        let mut task = JoinSet::new();
        task.spawn(run(Arc::clone(&conn), writer, made, looked));
        Ok(Self {
            conn,
            commits,
            seen,
            task: Mutex::new(task),
        })
    }

    /// Something was committed.
    pub(super) fn committed(&self) {
        self.commits
            .send_modify(|commits| *commits = commits.wrapping_add(1));
    }

    /// Before the next batch: waits if the file is far behind the log.
    pub(super) async fn keep_pace(&self) {
        let commits = *self.commits.borrow();
        let near = |seen: &u32| commits.wrapping_sub(*seen) < AHEAD;
        let mut seen = self.seen.clone();
        if !near(&seen.borrow()) {
            // In vain only on a slow disk, or when the task has ended: then nothing is left to wait for.
            let _ = tokio::time::timeout(WAITS, seen.wait_for(near)).await;
        }
    }

    /// Everything into the file, the log emptied: the last thing before the program ends.
    pub(super) async fn finish(&self) -> Result<(), sqlx::Error> {
        self.task.lock().await.shutdown().await;
        let Some(mut conn) = self.conn.lock().await.take() else {
            return Ok(());
        };
        checkpoint(&mut conn, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
        conn.close().await
    }
}

async fn run(
    conn: Arc<Mutex<Option<SqliteConnection>>>,
    writer: Pool<Db>,
    mut made: watch::Receiver<u32>,
    looked: watch::Sender<u32>,
) {
    let mut held = None;
    loop {
        let last = *looked.borrow();
        let enough = made
            .wait_for(|commits| commits.wrapping_sub(last) >= COMMITS)
            .await;
        let Ok(commits) = enough.map(|commits| *commits) else {
            return;
        };
        let mut conn = conn.lock().await;
        let Some(conn) = conn.as_mut() else { return };
        match step(conn, &writer, &mut held).await {
            Ok(()) => {}
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => warn!(%error, "the write-ahead log could not be copied into the file"),
        }
        looked.send_replace(commits);
    }
}

/// A read that keeps the log from being begun anew: since when, and when that was last said.
#[derive(Debug, Clone, Copy)]
struct Held {
    since: Instant,
    said: Instant,
}

/// Copies what is new, if it is worth it, and begins the log anew once it is large.
async fn step(
    conn: &mut SqliteConnection,
    writer: &Pool<Db>,
    held: &mut Option<Held>,
) -> Result<(), sqlx::Error> {
    let log = checkpoint(conn, "PRAGMA wal_checkpoint(NOOP)").await?;
    if log.pages - log.copied < STEP {
        return Ok(());
    }
    let log = checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)").await?;
    if log.pages < LARGE {
        // The next commit may begin the log anew.
        if log.pages == log.copied {
            let turn = writer.acquire().await?;
            torn::mark(conn).await;
            drop(turn);
        }
        return Ok(());
    }
    // Copying stops at what the oldest read still needs: there is no use in making the writer wait for it.
    let mut blocked = log.pages - log.copied >= STEP;
    if !blocked {
        // The writer's turn: nothing is added meanwhile, and little is left to copy.
        let turn = writer.acquire().await?;
        blocked = checkpoint(conn, "PRAGMA wal_checkpoint(RESTART)")
            .await?
            .blocked;
        torn::mark(conn).await;
        drop(turn);
    }
    *held = blocked.then(|| {
        let (now_held, age) = still_held(*held, Instant::now());
        if let Some(age) = age {
            warn!(
                pages = log.pages,
                seconds = age.as_secs(),
                "a long read keeps the write-ahead log from being begun anew: end other programs that read the file"
            );
        }
        now_held
    });
    Ok(())
}

/// What is held now, and its age if that has to be said again.
fn still_held(before: Option<Held>, now: Instant) -> (Held, Option<Duration>) {
    let since = before.map_or(now, |held| held.since);
    match before {
        Some(held) if now - held.said < SAY_EVERY => (held, None),
        _ => (Held { since, said: now }, Some(now - since)),
    }
}

/// How the log stands after a checkpoint.
pub(super) struct Log {
    /// Not all of it could be done.
    blocked: bool,
    pub(super) pages: i64,
    /// Of these are in the file.
    pub(super) copied: i64,
}

pub(super) async fn checkpoint(
    conn: &mut SqliteConnection,
    pragma: &'static str,
) -> Result<Log, sqlx::Error> {
    let (blocked, pages, copied): (i64, i64, i64) = sqlx::query_as(pragma).fetch_one(conn).await?;
    Ok(Log {
        blocked: blocked != 0,
        pages,
        copied,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case C8.
    #[test]
    fn a_long_read_is_named_with_its_age_once_a_minute() {
        let begin = Instant::now();
        let mut held = None;
        let mut said = Vec::new();
        for second in 0..200 {
            let (now_held, age) = still_held(held, begin + Duration::from_secs(second));
            said.extend(age.map(|age| (second, age.as_secs())));
            held = Some(now_held);
        }
        assert_eq!(said, [(0, 0), (60, 60), (120, 120), (180, 180)]);
    }
}
