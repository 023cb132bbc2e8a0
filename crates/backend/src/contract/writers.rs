//! Many writers, and readers that follow them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub::id::*;
use hub::model::*;
use hub::store::{ChangeKind, Happened, Keys, Rows, Store};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::JoinSet;

use super::{Place, commit, rows};

const WRITERS: i64 = 10;
const BATCHES: usize = 15;
const CONVERSATIONS: [i64; 4] = [1_000, 1_001, 1_002, 1_003];

/// Scenario 1: ten writers in three processes; a reader that follows `since` never misses, doubles or reorders, nor does
/// one that follows the whole log.
///
/// # Panics
/// If they do. The seed is in the message.
pub async fn ten_writers_in_three_processes_and_a_reader_that_misses_nothing(place: &dyn Place) {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let processes = [place.open().await, place.open().await, place.open().await];
    let batch = Rows {
        accounts: (1..=WRITERS).map(rows::account).collect(),
        conversations: CONVERSATIONS
            .iter()
            .map(|&id| rows::conversation(id, &[], 1))
            .collect(),
        members: CONVERSATIONS
            .iter()
            .flat_map(|&id| {
                (1..=WRITERS).map(move |account| rows::member(id, account, &[(0, None)]))
            })
            .collect(),
        ..Rows::default()
    };
    commit(&*processes[0], &batch, 1).await;

    let at_work = Arc::new(AtomicUsize::new(WRITERS as usize));
    let mut writers = JoinSet::new();
    for account in 1..=WRITERS {
        let store = Arc::clone(&processes[account as usize % 3]);
        let at_work = Arc::clone(&at_work);
        let rng = StdRng::seed_from_u64(seed ^ account as u64);
        writers.spawn(async move {
            let written = write(&*store, account, rng).await;
            at_work.fetch_sub(1, Ordering::SeqCst);
            written
        });
    }
    let mut readers = JoinSet::new();
    for (page, account) in [(3, Some(1)), (500, Some(2)), (7, None)] {
        let (store, at_work) = (place.open().await, Arc::clone(&at_work));
        readers.spawn(async move { follow(&*store, account, page, &at_work).await });
    }

    let mut messages = BTreeSet::new();
    let mut changes = BTreeMap::new();
    for (sent, marks) in writers.join_all().await {
        let before = messages.len() + sent.len();
        messages.extend(sent);
        assert_eq!(
            messages.len(),
            before,
            "seed {seed}: two messages at one position"
        );
        changes.extend(marks);
    }
    for seen in readers.join_all().await {
        assert!(
            seen.windows(2).all(|pair| pair[0].pos() < pair[1].pos()),
            "seed {seed}: order"
        );
        let heard: BTreeSet<Pos> = seen
            .iter()
            .filter(|h| matches!(h, Happened::Message(_)))
            .map(Happened::pos)
            .collect();
        assert_eq!(heard, messages, "seed {seed}: every message, once");
        let newest: BTreeMap<(StreamId, i64), Pos> = seen
            .iter()
            .filter_map(|happened| match happened {
                Happened::Change(change) => Some(((change.stream, change.what), change.pos)),
                Happened::Message(_) => None,
            })
            .collect();
        assert_eq!(newest, changes, "seed {seed}: the newest of every change");
    }
}

type Written = (Vec<Pos>, BTreeMap<(StreamId, i64), Pos>);

/// As the hub writes: load in the transaction, allot positions above its head, save, commit.
async fn write(store: &dyn Store, account: i64, mut rng: StdRng) -> Written {
    let (mut sent, mut marks) = (Vec::new(), BTreeMap::new());
    let mut count = 0;
    for _ in 0..BATCHES {
        let id = ConversationId(CONVERSATIONS[rng.random_range(0..CONVERSATIONS.len())]);
        let mut transaction = store.begin().await.expect("the writer's turn");
        let keys = Keys {
            conversations: [id].into(),
            ..Keys::default()
        };
        let mut rows = transaction.load(&keys).await.expect("the conversation");
        let conversation = &mut rows.conversations[0];
        let mut pos = Pos::next(transaction.head(), Timestamp(rng.random_range(0..50)));
        for _ in 0..rng.random_range(1..=5) {
            count += 1;
            conversation.last_stamp = conversation.last_stamp.plus_ms(1);
            let client = rows::client(&format!("{account}-{count}"));
            let stamp = conversation.last_stamp;
            rows.messages.push(Arc::new(Message {
                client,
                stamp,
                ..rows::message(pos.0, id.0, account)
            }));
            sent.push(pos);
            pos.0 += 1;
        }
        rows.changes
            .push(rows::change(id, ChangeKind::Read, account, pos.0));
        marks.insert((id.into(), account), pos);
        conversation.head = pos;
        rows.members.clear();
        if rng.random_bool(0.1) {
            transaction.save(&rows, pos).await.expect("saved");
            drop(transaction);
            // It never happened; its positions may be allotted again.
            let lost = rows.messages.len();
            sent.truncate(sent.len() - lost);
            marks.remove(&(id.into(), account));
            let kept = sent_mark(store, id, account).await;
            marks.extend(kept.map(|pos| ((id.into(), account), pos)));
            continue;
        }
        transaction.save(&rows, pos).await.expect("saved");
        transaction.commit().await.expect("committed");
    }
    (sent, marks)
}

/// Where this writer's own mark stands.
async fn sent_mark(store: &dyn Store, id: ConversationId, account: i64) -> Option<Pos> {
    let log = store
        .log(Pos(0), Pos(i64::MAX), u32::MAX)
        .await
        .expect("the log");
    log.iter().rev().find_map(|happened| match happened {
        Happened::Change(change) if change.stream == id.into() && change.what == account => {
            Some(change.pos)
        }
        _ => None,
    })
}

/// Takes the head, reads up to it page by page, and again, until all writers are done and nothing is new.
async fn follow(
    store: &dyn Store,
    account: Option<i64>,
    page: u32,
    at_work: &AtomicUsize,
) -> Vec<Happened> {
    let (mut seen, mut after) = (Vec::new(), Pos(1));
    loop {
        let last_round = at_work.load(Ordering::SeqCst) == 0;
        let head = store.head().await.expect("the head");
        while after < head {
            let events = match account {
                Some(account) => store.since(AccountId(account), after, head, page).await,
                None => store.log(after, head, page).await,
            }
            .expect("a page");
            after = events.last().map_or(head, Happened::pos);
            seen.extend(events);
        }
        if last_round {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}
