//! A row is one thing: saved again it replaces the first, and what must be unique is refused.

use std::sync::Arc;

use hub::id::*;
use hub::model::*;
use hub::store::{ChangeKind, Keys, Rows, StoreError};

use super::keeping::{keys_of, one_of_each, sort};
use super::{Place, commit, rows};

/// By its key, every other field.
pub async fn a_row_saved_again_replaces_the_first(place: &dyn Place) {
    let store = place.open().await;
    let first = one_of_each();
    commit(&*store, &first, 60).await;
    commit(&*store, &first, 60).await;
    let mut second = one_of_each();
    second.accounts[0].mood = "landed".into();
    second.accounts[0].name = "renamed".into();
    second.secrets[0].hash = "$other".into();
    second.devices[0].acked = Pos(44);
    second.relations[0].standing = Standing::Blocked;
    second.contact_groups[0].members.clear();
    second.conversations[0].head = Pos(77);
    second.members[0].own.draft.clear();
    Arc::make_mut(&mut second.messages[0]).body = Body::Nudge;
    second.reactions[0].at = Timestamp(1);
    second.objects[1].state = ObjectState::Ready;
    second.usages[0].bytes = 7;
    second.links[0].uses_left = None;
    second.calls[1].end = CallEnd::Lost;
    commit(&*store, &second, 61).await;
    let mut found = store.load(&keys_of(&second)).await.expect("rows");
    sort(&mut found);
    sort(&mut second);
    assert_eq!(found, second);
}

/// A hub that touches a row in several commands of a batch may hand in each state.
pub async fn a_row_named_twice_in_one_batch_is_kept_once_as_the_last(place: &dyn Place) {
    let store = place.open().await;
    let states = ["one", "two", "three"];
    let accounts = states.map(|mood| Account {
        mood: mood.into(),
        ..rows::account(1)
    });
    let mut changes = vec![
        rows::change(AccountId(1), ChangeKind::Account, 0, 9),
        rows::change(AccountId(1), ChangeKind::Account, 0, 8),
    ];
    changes.push(rows::change(AccountId(1), ChangeKind::Device, 0, 7));
    commit(
        &*store,
        &Rows {
            accounts: accounts.into(),
            changes,
            ..Rows::default()
        },
        9,
    )
    .await;
    let keys = Keys {
        accounts: [AccountId(1)].into(),
        ..Keys::default()
    };
    assert_eq!(
        store.load(&keys).await.expect("rows").accounts[0].mood,
        "three"
    );
    let log = store.log(Pos(0), Pos(9), 10).await.expect("log");
    assert_eq!(
        log.iter()
            .map(|happened| happened.pos().0)
            .collect::<Vec<_>>(),
        [7, 9]
    );
}

/// Ended, added, taken away; a member whose windows are as before keeps them.
pub async fn stays_of_a_member_are_replaced_as_a_whole(place: &dyn Place) {
    let store = place.open().await;
    let keys = Keys {
        rosters: [ConversationId(101)].into(),
        ..Keys::default()
    };
    let conversation = rows::conversation(101, &[], 9);
    let mut head = 9;
    for windows in [
        &[(1, None)][..],
        &[(1, None)],
        &[(1, Some(5))],
        &[(1, Some(5)), (8, None)],
        &[(8, Some(9))],
        &[],
        &[(2, None)],
    ] {
        head += 1;
        let others = rows::member(101, 2, &[(3, None)]);
        let members = vec![rows::member(101, 1, windows), others];
        let batch = Rows {
            conversations: vec![conversation.clone()],
            members: members.clone(),
            ..Rows::default()
        };
        commit(&*store, &batch, head).await;
        assert_eq!(store.load(&keys).await.expect("members").members, members);
    }
}

/// Empty means gone, and others stay.
pub async fn an_empty_secret_or_state_is_removed(place: &dyn Place) {
    let store = place.open().await;
    let mut saved = one_of_each();
    saved.door_states = vec![
        rows::door_state(1, "msn", "card"),
        rows::door_state(1, "msn", "serial"),
    ];
    commit(&*store, &saved, 60).await;
    saved.secrets[0].hash.clear();
    saved.door_states[0].value.clear();
    commit(&*store, &saved, 61).await;
    let keys = Keys {
        secrets: [AccountId(1)].into(),
        ..Keys::default()
    };
    assert_eq!(
        store.load(&keys).await.expect("secrets").secrets,
        saved.secrets[1..]
    );
    let states = store
        .door_states(AccountId(1), "msn", "")
        .await
        .expect("states");
    assert_eq!(states, saved.door_states[1..]);
}

/// Not a look-up before the insert, but a constraint; and nothing else of the batch stays.
pub async fn the_database_itself_refuses_what_must_be_unique(place: &dyn Place) {
    let store = place.open().await;
    commit(&*store, &one_of_each(), 60).await;
    let one = |change: fn(&mut Rows)| {
        let mut rows = Rows {
            accounts: vec![rows::account(500)],
            ..Rows::default()
        };
        change(&mut rows);
        rows
    };
    let refused: [(&str, Rows); 10] = [
        (
            "a device's name of an upload",
            one(|rows| {
                rows.objects.push(Object {
                    client: rows::client("o71"),
                    ..rows::object(73)
                });
            }),
        ),
        (
            "a name",
            one(|rows| rows.accounts[0].name = "name-1".into()),
        ),
        (
            "a token",
            one(|rows| {
                rows.devices.push(Device {
                    token_hash: rows::hash(11),
                    ..rows::device(13, 2)
                });
            }),
        ),
        (
            "a handle",
            one(|rows| {
                let value = "ana@x.org".into();
                rows.handles.push(Handle {
                    account: AccountId(2),
                    kind: HandleKind::Mail,
                    value,
                    on: true,
                });
            }),
        ),
        (
            "a cast",
            one(|rows| {
                rows.conversations
                    .push(rows::conversation(103, &[2, 1], 60))
            }),
        ),
        (
            "a client id",
            one(|rows| {
                rows.messages.push(Arc::new(Message {
                    client: rows::client("c50"),
                    ..rows::message(60, 101, 1)
                }));
            }),
        ),
        (
            "a stamp",
            one(|rows| {
                rows.messages.push(Arc::new(Message {
                    stamp: Timestamp(50),
                    ..rows::message(60, 101, 1)
                }));
            }),
        ),
        (
            "a client id within the batch",
            one(|rows| {
                let twin = |id| {
                    Arc::new(Message {
                        client: rows::client("twin"),
                        ..rows::message(id, 101, 1)
                    })
                };
                rows.messages.extend([twin(60), twin(61)]);
            }),
        ),
        (
            "a call key",
            one(|rows| {
                let key = rows::call(61, 1, 2, CallEnd::Open).key;
                rows.calls.push(CallRow {
                    key,
                    ..rows::call(63, 1, 2, CallEnd::Open)
                });
            }),
        ),
        (
            "a cast within the batch",
            one(|rows| {
                rows.conversations.extend([
                    rows::conversation(104, &[5, 6], 60),
                    rows::conversation(105, &[6, 5], 60),
                ]);
            }),
        ),
    ];
    for (what, rows) in refused {
        let mut transaction = store.begin().await.expect("the writer's turn");
        let error = transaction.save(&rows, Pos(70)).await.expect_err(what);
        assert!(matches!(error, StoreError::Broken(_)), "{what}: {error}");
        drop(transaction);
    }
    let keys = Keys {
        accounts: [AccountId(500)].into(),
        ..Keys::default()
    };
    assert_eq!(
        store.load(&keys).await.expect("rows"),
        Rows::default(),
        "nothing of them is kept"
    );
    assert_eq!(store.head().await.expect("head"), Pos(60));
}
