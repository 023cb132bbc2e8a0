//! Objects: their names, who may read them, and what nothing refers to.

use std::sync::Arc;

use hub::id::*;
use hub::model::*;
use hub::store::{Keys, Rows, Store};

use super::{Place, commit, rows};

fn grant(object: i64, stream: i64, message: i64, on: bool) -> Grant {
    Grant {
        object: ObjectId(object),
        stream: StreamId(stream),
        message: Pos(message),
        on,
    }
}

async fn granted(store: &dyn Store, object: i64) -> Vec<(i64, i64)> {
    let keys = Keys {
        grants: [ObjectId(object)].into(),
        ..Keys::default()
    };
    let found = store.load(&keys).await.expect("rows").grants;
    found.iter().map(|g| (g.stream.0, g.message.0)).collect()
}

async fn reads(store: &dyn Store, account: i64, object: i64) -> bool {
    let asked = store.may_read(AccountId(account), ObjectId(object)).await;
    asked.expect("an answer")
}

/// By id, by what its device called it; gone, it takes its grants along and nobody else's.
pub async fn an_object_is_found_by_its_names_and_goes_with_its_grants(place: &dyn Place) {
    let store = place.open().await;
    let batch = Rows {
        objects: vec![rows::object(71), rows::object(72)],
        grants: vec![
            grant(71, 100, 10, true),
            grant(71, 100, 11, true),
            grant(72, 100, 10, true),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 20).await;
    let named = rows::object(71);
    let keys = Keys {
        objects: [ObjectId(71)].into(),
        object_clients: [(named.device, named.client.clone())].into(),
        ..Keys::default()
    };
    let found = store.load(&keys).await.expect("rows");
    assert_eq!(found.objects, [named], "asked for twice, found once");
    assert_eq!(found.grants, [], "not asked for");

    let off = Rows {
        grants: vec![grant(71, 100, 11, false)],
        ..Rows::default()
    };
    commit(&*store, &off, 21).await;
    assert_eq!(granted(&*store, 71).await, [(100, 10)]);
    let gone = Rows {
        objects: vec![Object {
            state: ObjectState::Gone,
            ..rows::object(71)
        }],
        ..Rows::default()
    };
    commit(&*store, &gone, 22).await;
    assert_eq!(store.load(&keys).await.expect("rows"), Rows::default());
    assert_eq!(granted(&*store, 71).await, []);
    assert_eq!(granted(&*store, 72).await, [(100, 10)]);
}

/// 1 sees all, 2 came at 15, 3 was removed, 4 belongs elsewhere; 10 and 20 carry 71, 12 carries 72.
pub async fn who_belongs_and_sees_the_message_may_read(place: &dyn Place) {
    let store = place.open().await;
    let removed = Member {
        state: MemberState::Removed,
        ..rows::member(100, 3, &[(0, Some(30))])
    };
    let mut batch = Rows {
        conversations: vec![
            rows::conversation(100, &[], 30),
            rows::conversation(101, &[], 9),
        ],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(100, 2, &[(15, None)]),
            removed,
            rows::member(101, 4, &[(0, None)]),
        ],
        messages: [10, 12, 20]
            .map(|id| Arc::new(rows::message(id, 100, 1)))
            .into(),
        objects: vec![rows::object(71), rows::object(72)],
        grants: vec![
            grant(71, 100, 10, true),
            grant(71, 100, 20, true),
            grant(72, 100, 12, true),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 30).await;
    let of = async |object| {
        let mut may = Vec::new();
        for account in [1, 2, 3, 4, 99] {
            if reads(&*store, account, object).await {
                may.push(account);
            }
        }
        may
    };
    assert_eq!(of(71).await, [1, 2], "2 sees the later of the two messages");
    assert_eq!(of(72).await, [1], "before 2 came");
    assert_eq!(of(99).await, [] as [i64; 0]);

    // The later message is removed for everyone; then 1 hides everything from themselves.
    Arc::make_mut(&mut batch.messages[2]).deleted = true;
    commit(&*store, &batch, 31).await;
    assert_eq!(of(71).await, [1]);
    batch.members[0].own.cleared = Pos(11);
    commit(&*store, &batch, 32).await;
    assert_eq!(of(71).await, [] as [i64; 0]);
    assert_eq!(of(72).await, [1]);
}

/// 1 was here when it was given, 2 came later and sees nothing earlier, 3 went; 4 has it for themselves.
pub async fn what_its_owner_gave_is_for_those_it_was_given_to(place: &dyn Place) {
    let store = place.open().await;
    let removed = Member {
        state: MemberState::Removed,
        ..rows::member(100, 3, &[(0, Some(30))])
    };
    let batch = Rows {
        conversations: vec![rows::conversation(100, &[], 30)],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(100, 2, &[(15, None)]),
            removed,
        ],
        objects: vec![rows::object(71), rows::object(72)],
        grants: vec![
            grant(71, 100, Grant::given_at(Pos(12)).0, true),
            grant(71, 4, Grant::given_at(Pos(12)).0, true),
            grant(72, 100, Grant::given_at(Pos(15)).0, true),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 30).await;
    let of = async |object| {
        let mut may = Vec::new();
        for account in [1, 2, 3, 4, 100] {
            if reads(&*store, account, object).await {
                may.push(account);
            }
        }
        may
    };
    // A conversation's number is nobody's account: ids of both come from one mint.
    assert_eq!(of(71).await, [1, 4, 100]);
    assert_eq!(of(72).await, [1, 2, 100]);
}

/// As long as it is its picture, and only for who belongs to it now.
pub async fn a_picture_of_a_group_is_for_its_members(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = Rows {
        conversations: vec![Conversation {
            picture: Some(ObjectId(71)),
            ..rows::conversation(100, &[], 30)
        }],
        members: vec![
            rows::member(100, 1, &[(25, None)]),
            Member {
                state: MemberState::Invited,
                ..rows::member(100, 2, &[])
            },
        ],
        objects: vec![rows::object(71)],
        grants: vec![grant(71, 100, 0, true)],
        ..Rows::default()
    };
    commit(&*store, &batch, 30).await;
    assert!(reads(&*store, 1, 71).await);
    assert!(!reads(&*store, 2, 71).await, "not yet");
    assert!(!reads(&*store, 99, 71).await);
    batch.conversations[0].picture = None;
    commit(&*store, &batch, 31).await;
    assert!(!reads(&*store, 1, 71).await, "it was once");
}

/// Oldest first, and not what is in use.
pub async fn idle_objects_and_used_blobs_are_found(place: &dyn Place) {
    let store = place.open().await;
    let since = |id, idle: Option<i64>| Object {
        idle: idle.map(Timestamp),
        ..rows::object(id)
    };
    let shared = Object {
        sha256: Some(rows::hash(1)),
        ..since(4, Some(50))
    };
    let batch = Rows {
        objects: vec![
            since(1, Some(30)),
            since(2, None),
            since(3, Some(10)),
            shared,
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 20).await;
    let idle = async |before, limit| -> Vec<i64> {
        let found = store.idle_objects(Timestamp(before), limit).await;
        found.expect("rows").iter().map(|o| o.id.0).collect()
    };
    assert_eq!(idle(50, 10).await, [3, 1]);
    assert_eq!(idle(50, 1).await, [3]);
    assert_eq!(idle(10, 10).await, [] as [i64; 0]);
    let asked = [rows::hash(1), rows::hash(2), rows::hash(9)].into();
    let used = store.used_blobs(&asked).await.expect("an answer");
    assert_eq!(used, [rows::hash(1), rows::hash(2)].into());
    let none = store.used_blobs(&[].into()).await.expect("an answer");
    assert!(none.is_empty());
}
