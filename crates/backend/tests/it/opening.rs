//! What opening says, and what only one store can show.

use std::time::Duration;

use backend::OpenError;
use backend::contract::{Place as _, commit, rows};
use hub::Kind;
use hub::id::*;
use hub::store::{Rows, Store, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection as _, Row as _};

use crate::places::{At, in_a_file, on_a_server};
use crate::scenarios::lab::Lab;

/// Somebody else's connection to the file.
async fn beside(place: &At) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(&place.0)
        .create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

async fn refused(place: &At) -> (OpenError, String) {
    let error = place.store().await.err().expect("it must not open");
    let text = error.to_string();
    (error, text)
}

#[tokio::test]
async fn a_file_of_another_program_is_named_and_left_alone() {
    in_a_file(|place| {
        Box::pin(async move {
            std::fs::write(&place.0, "Dear diary, this is no database. ".repeat(100)).unwrap();
            let (error, text) = refused(&place).await;
            assert!(
                matches!(error, OpenError::Foreign { .. }) && text.contains(&place.0),
                "{text}"
            );

            std::fs::remove_file(&place.0).unwrap();
            let mut other = beside(&place).await;
            sqlx::query("CREATE TABLE diary (day TEXT)")
                .execute(&mut other)
                .await
                .unwrap();
            let (error, text) = refused(&place).await;
            assert!(matches!(error, OpenError::Foreign { .. }), "{text}");
            let tables = sqlx::query("SELECT name FROM sqlite_schema")
                .fetch_all(&mut other)
                .await
                .unwrap();
            assert_eq!(tables.len(), 1, "nothing was added to it");
        })
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let place = At("/nonexistent/skein.db".into());
    let (error, text) = refused(&place).await;
    assert!(
        matches!(error, OpenError::Away { .. }) && text.contains(&place.0),
        "{text}"
    );
}

#[tokio::test]
async fn tables_of_a_newer_program_are_refused_with_both_versions() {
    in_a_file(|place| {
        Box::pin(async move {
            place.open().await.close().await.unwrap();
            let mut other = beside(&place).await;
            sqlx::query(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'later', 1, x'00', 0)",
            )
            .execute(&mut other)
            .await
            .unwrap();
            let (error, text) = refused(&place).await;
            assert!(matches!(error, OpenError::Newer { found: 9000, .. }), "{text}");
            sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9000").execute(&mut other).await.unwrap();
            sqlx::query("UPDATE _sqlx_migrations SET checksum = x'00'").execute(&mut other).await.unwrap();
            let (error, text) = refused(&place).await;
            assert!(matches!(error, OpenError::Changed { .. }), "{text}");
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_processes_that_make_the_same_file_all_open_it() {
    in_a_file(|place| {
        Box::pin(async move {
            let opened = futures_util::future::join_all((0..10).map(|_| place.open())).await;
            assert_eq!(opened.len(), 10);
        })
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_processes_that_start_on_an_empty_database_all_open_it() {
    on_a_server(|place| {
        Box::pin(async move {
            let opened = futures_util::future::join_all((0..10).map(|_| place.open())).await;
            assert_eq!(opened.len(), 10);
        })
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let (error, text) = refused(&At("postgres://ana:geheim@127.0.0.1:1/skein".into())).await;
    assert!(
        matches!(error, OpenError::Away { .. }) && text.contains("127.0.0.1:1"),
        "{text}"
    );
    let (error, other) = refused(&At("postgres://ana:geheim@127.0.0.1:port/skein".into())).await;
    assert!(matches!(error, OpenError::Address(_)), "{other}");
    assert!(
        !text.contains("geheim") && !other.contains("geheim"),
        "{text} {other}"
    );
}

#[tokio::test]
async fn a_new_file_is_private_and_in_wal_mode() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            commit(
                &*store,
                &Rows {
                    accounts: vec![rows::account(1)],
                    ..Rows::default()
                },
                1,
            )
            .await;
            let mut other = beside(&place).await;
            let file = std::fs::metadata(&place.0).unwrap().permissions();
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&file) & 0o777,
                0o600,
                "nobody else's to read"
            );
            let mode = sqlx::query("PRAGMA journal_mode")
                .fetch_one(&mut other)
                .await
                .unwrap();
            assert_eq!(mode.get::<String, _>(0), "wal");
            let page = sqlx::query("PRAGMA page_size")
                .fetch_one(&mut other)
                .await
                .unwrap();
            assert_eq!(page.get::<i64, _>(0), 4_096);
        })
    })
    .await;
}

/// Case C8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_of_another_program_delays_a_writer_and_loses_nothing() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            let mut other = beside(&place).await;
            let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
            let mut waiting = store.begin();
            let early = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
            assert!(early.is_err(), "it waits");
            assert_eq!(store.head().await.unwrap(), Pos(0), "and readers do not");
            lock.rollback().await.unwrap();
            let mut transaction = waiting.await.unwrap();
            transaction.save(&Rows::default(), Pos(1)).await.unwrap();
            transaction.commit().await.unwrap();
        })
    })
    .await;
}

/// Case C8: the lock is held for longer than the writer waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_that_outlasts_the_writers_patience_is_said_and_loses_nothing() {
    in_a_file(|place| {
        Box::pin(async move {
            let path = std::path::Path::new(&place.0);
            let store = backend::sqlite::open_impatient(path, Duration::from_secs(1));
            let lab = Lab::on(store.await.unwrap()).await;
            let (ann, bob) = lab.friends().await;
            let mut hears = bob.attach(&lab, None).await;
            ann.send(&lab, &bob, "before", "1").await.unwrap();
            assert_eq!(hears.message().await.1, "before");

            let mut other = beside(&place).await;
            let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
            let refused = ann.send(&lab, &bob, "meanwhile", "2").await.unwrap_err();
            assert_eq!(
                (refused.kind, refused.code),
                (Kind::Unavailable, "unavailable")
            );
            assert!(refused.retry_after.is_some(), "and when to come back");
            lock.rollback().await.unwrap();

            ann.send(&lab, &bob, "meanwhile", "2").await.unwrap();
            assert_eq!(hears.message().await.1, "meanwhile");
            ann.send(&lab, &bob, "after", "3").await.unwrap();
            assert_eq!(hears.message().await.1, "after", "and nothing twice");
        })
    })
    .await;
}

/// A batch of messages, 0.6 MB with their indexes.
async fn fill(store: &dyn Store, batch: i64) {
    let messages = (0..200).map(|n| {
        let mut message = rows::message(batch * 200 + n + 1, 100, 1);
        message.hints = vec![7; 2_048];
        message.into()
    });
    let rows = Rows {
        messages: messages.collect(),
        ..Rows::default()
    };
    commit(store, &rows, (batch + 1) * 200).await;
}

/// Case C8: while somebody reads, nothing can be done about the log; afterwards it is as small as ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_grew_under_a_reader_who_stayed_is_small_again_once_they_are_gone() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            let log = format!("{}-wal", place.0);
            let length = || std::fs::metadata(&log).map_or(0, |data| data.len());
            fill(&*store, 0).await;
            let mut other = beside(&place).await;
            let mut reads = other.begin().await.unwrap();
            let seen = "SELECT COUNT(*) FROM message";
            let count = async |reads: &mut SqliteConnection| -> i64 {
                sqlx::query_scalar(seen).fetch_one(reads).await.unwrap()
            };
            assert_eq!(count(&mut *reads).await, 200);
            let mut batch = 1;
            while length() < 70 << 20 {
                fill(&*store, batch).await;
                batch += 1;
            }
            assert_eq!(count(&mut *reads).await, 200, "what they read is theirs");
            reads.rollback().await.unwrap();
            for _ in 0..20 {
                fill(&*store, batch).await;
                batch += 1;
            }
            let after = length();
            assert!(after <= 64 << 20, "{after} bytes");
            assert_eq!(count(&mut other).await, batch * 200, "and nothing is lost");
            store.close().await.unwrap();
            drop(other);
        })
    })
    .await;
}

/// Case C8.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_write_ahead_log_stays_small_and_is_gone_at_the_end() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            let log = format!("{}-wal", place.0);
            let length = || std::fs::metadata(&log).map_or(0, |data| data.len());
            let mut longest = 0;
            // About 60 MB through the log.
            for batch in 0..100_i64 {
                fill(&*store, batch).await;
                longest = length().max(longest);
            }
            assert!(longest < 64 << 20, "{longest} bytes");
            store.close().await.unwrap();
            assert_eq!(length(), 0);
        })
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_is_away_and_leaves_everything_as_it_was() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            commit(
                &*store,
                &Rows {
                    accounts: vec![rows::account(1)],
                    ..Rows::default()
                },
                1,
            )
            .await;
            drop(store);
            // A file that may not grow: what SQLite answers is what it answers on a full disk (SQLITE_FULL).
            let store = backend::sqlite::open_bounded(std::path::Path::new(&place.0), 80)
                .await
                .unwrap();
            let messages = (2..2_000)
                .map(|id| rows::message(id, 100, 1).into())
                .collect();
            let mut transaction = store.begin().await.unwrap();
            let error = transaction
                .save(
                    &Rows {
                        messages,
                        ..Rows::default()
                    },
                    Pos(2_000),
                )
                .await
                .unwrap_err();
            assert!(matches!(error, StoreError::Away(_)), "{error}");
            drop(transaction);
            assert_eq!(store.head().await.unwrap(), Pos(1));
            commit(
                &*store,
                &Rows {
                    accounts: vec![rows::account(1)],
                    ..Rows::default()
                },
                2,
            )
            .await;
        })
    })
    .await;
}

/// Case C8: somebody reads for long; when they are done, the log is begun anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_never_ends_stops_no_writer_and_the_log_shrinks_after_it() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            commit(&*store, &Rows::default(), 1).await;
            let mut other = beside(&place).await;
            let mut reading = other.begin().await.unwrap();
            sqlx::query("SELECT pos FROM hub")
                .fetch_one(&mut *reading)
                .await
                .unwrap();
            let mut head = 1;
            let mut write = async |batches| {
                for _ in 0..batches {
                    let messages = (head + 1..=head + 200)
                        .map(|id| {
                            let mut message = rows::message(id, 100, 1);
                            message.hints = vec![7; 2_048];
                            message.into()
                        })
                        .collect();
                    head += 200;
                    commit(
                        &*store,
                        &Rows {
                            messages,
                            ..Rows::default()
                        },
                        head,
                    )
                    .await;
                }
            };
            write(160).await;
            let log = format!("{}-wal", place.0);
            let held = std::fs::metadata(&log).unwrap().len();
            assert!(held > 64 << 20, "{held} bytes wait for the reader");
            reading.rollback().await.unwrap();
            // As soon as the log is begun anew, it is cut to its limit; how soon is the machine's affair.
            let length = || std::fs::metadata(&log).unwrap().len();
            let mut batches = 0;
            while length() > 64 << 20 {
                write(1).await;
                batches += 1;
                assert!(batches < 1_000, "{} bytes", length());
            }
        })
    })
    .await;
}

/// Case F7: the file was copied, and its log a moment later or not at all.
#[tokio::test]
async fn a_copy_of_two_moments_is_named_when_it_is_opened() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            let messages = (2..600).map(|id| rows::message(id, 100, 1).into());
            let rows = Rows {
                messages: messages.collect(),
                ..Rows::default()
            };
            commit(&*store, &rows, 600).await;
            store.close().await.unwrap();
            // Some pages of a later moment: the positions of the messages, and not the newest one.
            let mut other = beside(&place).await;
            let late = "UPDATE hub SET pos = 300";
            sqlx::query(late).execute(&mut other).await.unwrap();
            other.close().await.unwrap();
            let (error, text) = refused(&place).await;
            assert!(matches!(error, OpenError::Damaged { .. }), "{text}");
            assert!(text.contains("restore a backup"), "{text}");

            // Or half of it.
            let whole = std::fs::read(&place.0).unwrap();
            std::fs::write(&place.0, &whole[..whole.len() / 2]).unwrap();
            let (error, text) = refused(&place).await;
            assert!(matches!(error, OpenError::Damaged { .. }), "{text}");
        })
    })
    .await;
}

/// Case F7, as `cp` does it: first the file, then the log, which was begun anew in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_copied_before_its_log_was_begun_anew_is_named_when_it_is_opened() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            let log = format!("{}-wal", place.0);
            // Which log it is: its count of checkpoints (sqlite.org/fileformat2.html §4.1).
            let count = || std::fs::read(&log).map_or(vec![], |log| log[12..16].to_vec());
            fill(&*store, 0).await;
            let (file, first) = (std::fs::read(&place.0).unwrap(), count());
            let mut batch = 0;
            while count() == first {
                batch += 1;
                assert!(batch < 200, "the log is never begun anew");
                fill(&*store, batch).await;
            }
            let later = std::fs::read(&log).unwrap();
            drop(store);
            let copy = tempfile::tempdir().unwrap();
            let at = At(copy.path().join("skein.db").display().to_string());
            std::fs::write(&at.0, file).unwrap();
            std::fs::write(format!("{}-wal", at.0), later).unwrap();
            let (error, text) = refused(&at).await;
            assert!(matches!(error, OpenError::Damaged { .. }), "{text}");
            assert!(text.contains("restore a backup"), "{text}");
        })
    })
    .await;
}

/// What a power cut in the middle of a checkpoint leaves: a page of the file is neither old nor new, and the log has it.
#[tokio::test]
async fn a_file_that_only_its_log_makes_whole_is_opened() {
    in_a_file(|place| {
        Box::pin(async move {
            let store = place.open().await;
            fill(&*store, 0).await;
            store.close().await.unwrap();
            let store = place.open().await;
            fill(&*store, 1).await;
            let head = store.head().await.unwrap();
            let mut other = beside(&place).await;
            let (page, logged): (i64, i64) = sqlx::query_as(
                "SELECT rootpage, logged FROM sqlite_schema, hub WHERE name = 'hub'",
            )
            .fetch_one(&mut other)
            .await
            .unwrap();
            assert!(logged > 0, "the log says what the file holds");
            let mut file = std::fs::read(&place.0).unwrap();
            let log = std::fs::read(format!("{}-wal", place.0)).unwrap();
            other.close().await.unwrap();
            drop(store);
            let end = usize::try_from(page).unwrap() * 4_096;
            file[end - 4_096..end].fill(0xff);
            let copy = tempfile::tempdir().unwrap();
            let at = At(copy.path().join("skein.db").display().to_string());
            std::fs::write(&at.0, file).unwrap();
            std::fs::write(format!("{}-wal", at.0), log).unwrap();
            assert_eq!(at.open().await.head().await.unwrap(), head);
        })
    })
    .await;
}
