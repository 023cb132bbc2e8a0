//! The index of words, and what is found by it.

use std::sync::Arc;

use hub::id::*;
use hub::model::*;
use hub::store::{ChangeKind, Rows, Sought, Store};

use super::{Place, commit, rows};

fn says(id: i64, conversation: i64, text: &str) -> Arc<Message> {
    Arc::new(Message {
        body: Body::Text(Rich::plain(text)),
        ..rows::message(id, conversation, 2)
    })
}

/// 1 and 2 in conversations 100 and 101, 2 and 3 in 102.
fn talks() -> Rows {
    let all = [(100, 1), (100, 2), (101, 1), (101, 2), (102, 2), (102, 3)];
    Rows {
        conversations: [100, 101, 102]
            .map(|id| rows::conversation(id, &[], 20))
            .into(),
        members: all
            .map(|(id, who)| rows::member(id, who, &[(0, None)]))
            .into(),
        ..Rows::default()
    }
}

async fn find(store: &dyn Store, question: &str, sought: Sought, limit: u32) -> Vec<i64> {
    let sought = Sought {
        words: hub::search::asked(question),
        ..sought
    };
    let found = store.search(AccountId(1), &sought, limit).await;
    found.expect("an answer").iter().map(|id| id.0).collect()
}

async fn all(store: &dyn Store, question: &str) -> Vec<i64> {
    find(store, question, Sought::default(), 10).await
}

/// By all the words, by their beginnings, in any case and with any accents; in one conversation, in all of one's own, page
/// by page.
pub async fn words_are_found_newest_first(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talks();
    batch.messages = vec![
        says(10, 100, "São Tomé, five geese"),
        says(11, 101, "a GOOSE in sao tome"),
        says(12, 100, "Geese! (seven of them)"),
        says(13, 102, "geese elsewhere"),
        says(14, 100, "\u{1f986}"),
        says(15, 101, "it's 'quoted' \"twice\" & (all) | of: it*"),
        says(16, 100, "東京の雁"),
    ];
    commit(&*store, &batch, 16).await;
    assert!(all(&*store, "geese").await.is_empty(), "not indexed yet");
    assert_eq!(store.index(100).await.expect("indexed"), Pos(16));
    for (question, expected) in [
        ("geese", vec![12, 10]),
        ("GEE", vec![12, 10]),
        ("g", vec![12, 11, 10]),
        ("tome SÃO", vec![11, 10]),
        ("geese tomé", vec![10]),
        ("geese goose", vec![]),
        ("eese", vec![]),
        ("'quoted' AND \"twice\" | it", vec![]),
        ("'quoted' & \"twice\" | it*", vec![15]),
        ("京", vec![16]),
        ("\\", vec![]),
    ] {
        assert_eq!(all(&*store, question).await, expected, "{question}");
    }
    let here = Sought {
        conversation: Some(ConversationId(101)),
        ..Sought::default()
    };
    assert_eq!(find(&*store, "g", here, 10).await, [11]);
    let mut pages = Vec::new();
    let mut before = None;
    loop {
        let sought = Sought {
            before,
            ..Sought::default()
        };
        let page = find(&*store, "g", sought, 1).await;
        let Some(&last) = page.last() else { break };
        before = Some(Pos(last));
        pages.extend(page);
    }
    assert_eq!(pages, [12, 11, 10]);
}

/// An edited message is found by what it says now, a removed one not at all.
pub async fn the_index_follows_edits_and_removals(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talks();
    batch.messages = vec![says(10, 100, "five geese"), says(11, 100, "six geese")];
    commit(&*store, &batch, 11).await;
    store.index(100).await.expect("indexed");
    let changed = Rows {
        messages: vec![
            says(10, 100, "five swans"),
            Arc::new(Message {
                deleted: true,
                ..Message::clone(&says(11, 100, "six geese"))
            }),
        ],
        changes: [(10, 20), (11, 21)]
            .map(|(what, pos)| rows::change(ConversationId(100), ChangeKind::Message, what, pos))
            .into(),
        ..Rows::default()
    };
    commit(&*store, &changed, 21).await;
    store.index(100).await.expect("indexed");
    assert!(all(&*store, "geese").await.is_empty());
    assert_eq!(all(&*store, "five swans").await, [10]);
    assert!(all(&*store, "six").await.is_empty());
}

/// Step by step, over a restart, and with nothing to do.
pub async fn the_index_goes_on_where_it_stood(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talks();
    batch.messages = (10..15)
        .map(|id| says(id, 100, &format!("geese {id}")))
        .collect();
    batch.changes = vec![rows::change(ConversationId(100), ChangeKind::Read, 1, 15)];
    commit(&*store, &batch, 15).await;
    assert_eq!(store.index(2).await.expect("indexed"), Pos(11));
    assert_eq!(all(&*store, "geese").await, [11, 10]);
    store.close().await.expect("closed");
    drop(store);
    let store = place.open().await;
    let mut stands = Vec::new();
    for _ in 0..3 {
        stands.push(store.index(2).await.expect("indexed").0);
    }
    assert_eq!(stands, [13, 15, 15]);
    assert_eq!(all(&*store, "geese").await, [14, 13, 12, 11, 10]);
}
