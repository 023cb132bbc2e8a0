//! How much the stores do, and what it costs.
//!
//! `cargo run --release -p backend --example store_rate [MESSAGES]`; PostgreSQL too if `SKEIN_TEST_POSTGRES` is set
//! (`ci/with-services`; the server's own processor time is not counted, and its fsync is off there).
//!
//! A batch is what the hub writes: conversations loaded, then messages and conversations saved, then committed.
//! 10,000 conversations of two, hit at random: the worst case for pages.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backend::contract::rows;
use hub::id::{AccountId, ConversationId, Pos};
use hub::model::{Body, Message, Rich};
use hub::store::{Around, Keys, Rows, Store};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

const PEOPLE: i64 = 2_000;
const CONVERSATIONS: i64 = 10_000;
const BODY: &str = "about a hundred letters, as people write them on an ordinary day when nothing much has happened, or so.";

type Failed = Box<dyn std::error::Error>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let messages = std::env::args()
        .nth(1)
        .map_or(Ok(200_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("skein.db");
    println!("SQLite, {}", file.display());
    measure(backend::sqlite::open(&file).await?, messages).await?;
    if let Ok(server) = std::env::var("SKEIN_TEST_POSTGRES") {
        println!("PostgreSQL (this process's processor time only)");
        let name = format!("skein_rate_{}", std::process::id());
        let mut admin = PgConnection::connect(&server).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await?;
        let url = server.replacen("/postgres?", &format!("/{name}?"), 1);
        let done = measure(backend::postgres::open(&url).await?, messages).await;
        sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
            .execute(&mut admin)
            .await?;
        done?;
    }
    Ok(())
}

async fn measure(store: Arc<dyn Store>, messages: usize) -> Result<(), Failed> {
    people(&*store).await?;
    println!(
        "{:>8} {:>12} {:>16} {:>14}",
        "batch", "messages/s", "CPU us/message", "ms/batch"
    );
    // Small batches are slow: fewer of them say as much.
    let mut rng = StdRng::seed_from_u64(7);
    for (batch, share) in [(1, 50), (10, 10), (100, 3), (500, 1)] {
        let count = (messages / share / batch).max(1);
        let (wall, cpu) = (Instant::now(), processor_time());
        for _ in 0..count {
            write(&*store, batch, &mut rng).await?;
        }
        let (wall, cpu) = (
            wall.elapsed().as_secs_f64(),
            (processor_time() - cpu).as_secs_f64(),
        );
        let written = (count * batch) as f64;
        println!(
            "{batch:>8} {:>12.0} {:>16.1} {:>14.2}",
            written / wall,
            cpu / written * 1e6,
            wall / count as f64 * 1e3
        );
    }
    reads(&*store).await?;
    store.close().await?;
    Ok(())
}

/// Account 1 is in 200 conversations, account 2 in 2,000; the rest are pairs of others.
async fn people(store: &dyn Store) -> Result<(), Failed> {
    let mut head = 1;
    for chunk in (1..=CONVERSATIONS).collect::<Vec<_>>().chunks(1_000) {
        let mut rows = Rows::default();
        for &n in chunk {
            let id = 1_000_000 + n;
            let first = match n {
                1..=200 => 1,
                201..=2_200 => 2,
                _ => 3 + n % (PEOPLE - 3),
            };
            rows.conversations.push(hub::model::Conversation {
                cast: None,
                ..rows::conversation(id, &[], 1)
            });
            rows.members.push(rows::member(id, first, &[(0, None)]));
            rows.members.push(rows::member(
                id,
                3 + (n * 7 + 1) % (PEOPLE - 3),
                &[(0, None)],
            ));
        }
        save(store, &rows, head).await?;
        head += 1;
    }
    let accounts = (1..=PEOPLE).map(rows::account).collect();
    let relations = (3..=202)
        .flat_map(|n| [rows::relation(1, n, true), rows::relation(n, 1, true)])
        .collect();
    save(
        store,
        &Rows {
            accounts,
            relations,
            ..Rows::default()
        },
        head,
    )
    .await
}

async fn save(store: &dyn Store, rows: &Rows, head: i64) -> Result<(), Failed> {
    let mut transaction = store.begin().await?;
    transaction.save(rows, Pos(head)).await?;
    transaction.commit().await?;
    Ok(())
}

async fn write(store: &dyn Store, batch: usize, rng: &mut StdRng) -> Result<(), Failed> {
    let ids: Vec<ConversationId> = (0..batch)
        .map(|_| ConversationId(1_000_000 + rng.random_range(1..=CONVERSATIONS)))
        .collect();
    write_to(store, &ids).await
}

async fn write_to(store: &dyn Store, ids: &[ConversationId]) -> Result<(), Failed> {
    let mut transaction = store.begin().await?;
    let keys = Keys {
        conversations: ids.iter().copied().collect(),
        ..Keys::default()
    };
    let mut rows = transaction.load(&keys).await?;
    rows.members.clear();
    let mut pos = transaction.head().0;
    for &id in ids {
        pos += 1;
        let body = Body::Text(Rich::plain(BODY));
        let hints = Vec::new();
        rows.messages.push(Arc::new(Message {
            body,
            hints,
            forwarded: None,
            reacted: false,
            ..rows::message(pos, id.0, 3)
        }));
    }
    let touched: BTreeSet<ConversationId> = ids.iter().copied().collect();
    for conversation in &mut rows.conversations {
        if touched.contains(&conversation.id) {
            conversation.head = Pos(pos);
        }
    }
    transaction.save(&rows, Pos(pos)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Catching up, as it happens after a page was asleep.
async fn reads(store: &dyn Store) -> Result<(), Failed> {
    for account in [1, 2] {
        let range = if account == 1 { 1..=200 } else { 201..=2_200 };
        let own: Vec<ConversationId> = range.map(|n| ConversationId(1_000_000 + n)).collect();
        let head = store.head().await?;
        let me = AccountId(account);
        timed(
            &format!("account in {} conversations, since: nothing new", own.len()),
            200,
            || async {
                store
                    .since(me, head, head, 500)
                    .await
                    .map(|page| page.len())
            },
        )
        .await?;
        for missed in [100, 10_000] {
            for chunk in own
                .iter()
                .copied()
                .cycle()
                .take(missed)
                .collect::<Vec<_>>()
                .chunks(500)
            {
                write_to(store, chunk).await?;
            }
            let upto = store.head().await?;
            let after = Pos(upto.0 - missed as i64);
            timed(
                &format!("  since: {missed} missed, pages of 500"),
                5,
                || async {
                    let (mut after, mut seen) = (after, 0);
                    while after < upto {
                        let page = store.since(me, after, upto, 500).await?;
                        seen += page.len();
                        after = page.last().map_or(upto, hub::store::Happened::pos);
                    }
                    Ok(seen)
                },
            )
            .await?;
        }
        timed("  count_since: 10,000", 5, || async {
            let after = Pos(store.head().await?.0 - 10_000);
            store
                .count_since(me, after, 20_000)
                .await
                .map(|count| count as usize)
        })
        .await?;
        timed("  conversations: a page of 50", 20, || async {
            store
                .conversations(me, None, 50)
                .await
                .map(|page| page.len())
        })
        .await?;
        timed("  messages: the newest 50", 50, || async {
            let page = store.messages(me, own[0], Around::Newest, 50).await?;
            Ok(page.messages.len())
        })
        .await?;
    }
    Ok(())
}

async fn timed<F>(what: &str, times: u32, mut read: impl FnMut() -> F) -> Result<(), Failed>
where
    F: Future<Output = Result<usize, hub::store::StoreError>>,
{
    let found = read().await?;
    let start = Instant::now();
    for _ in 0..times {
        read().await?;
    }
    let each = start.elapsed() / times;
    println!("{what}: {:.2} ms ({found} found)", each.as_secs_f64() * 1e3);
    Ok(())
}

/// User and system time of this process, all threads: fields 14 and 15 of proc(5) stat, in ticks of 10 ms.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|text| text.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
