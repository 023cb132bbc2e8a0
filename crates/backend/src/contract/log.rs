//! The log: what an account is told, and what a process is told.

use hub::id::*;
use hub::model::*;
use hub::store::{ChangeKind, Happened, Rows, Store};

use super::{Place, commit, rows};

const END: Pos = Pos(i64::MAX);

fn places(happened: &[Happened]) -> Vec<i64> {
    happened.iter().map(|happened| happened.pos().0).collect()
}

async fn since(store: &dyn Store, account: i64, after: i64) -> Vec<Happened> {
    store
        .since(AccountId(account), Pos(after), END, 1_000)
        .await
        .expect("events")
}

/// Accounts 1, 2 and 3; a cast (100) of 1 and 2; a group (200) of 1 and 3, in which 3 had two stays and 2 is not.
async fn flock(store: &dyn Store) {
    let batch = Rows {
        accounts: [1, 2, 3].map(rows::account).into(),
        conversations: vec![
            rows::conversation(100, &[1, 2], 40),
            rows::conversation(200, &[], 41),
        ],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(100, 2, &[(0, None)]),
            rows::member(200, 1, &[(10, None)]),
            rows::member(200, 3, &[(10, Some(20)), (30, None)]),
        ],
        messages: [
            (11, 100, 1),
            (12, 200, 1),
            (21, 200, 1),
            (22, 100, 2),
            (31, 200, 3),
            (40, 100, 1),
        ]
        .map(|(id, conversation, author)| rows::message(id, conversation, author).into())
        .into(),
        changes: vec![
            rows::change(AccountId(1), ChangeKind::Account, 0, 13),
            rows::change(AccountId(2), ChangeKind::Contact, 1, 14),
            rows::change(ConversationId(100), ChangeKind::Conversation, 0, 10),
            rows::change(ConversationId(100), ChangeKind::Read, 2, 23),
            rows::change(ConversationId(200), ChangeKind::Message, 12, 32),
            rows::change(ConversationId(200), ChangeKind::Message, 21, 41),
        ],
        ..Rows::default()
    };
    commit(store, &batch, 41).await;
}

/// Messages and changes of its conversations and of its own stream; nothing of others.
pub async fn since_is_the_view_of_one_account_in_order(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    assert_eq!(
        places(&since(&*store, 1, 0).await),
        [10, 11, 12, 13, 21, 22, 23, 31, 32, 40, 41]
    );
    assert_eq!(
        places(&since(&*store, 2, 0).await),
        [10, 11, 14, 22, 23, 40]
    );
    assert_eq!(places(&since(&*store, 2, 22).await), [23, 40]);
    assert_eq!(places(&since(&*store, 2, 40).await), [0; 0]);
    assert_eq!(places(&since(&*store, 9, 0).await), [0; 0], "nobody");

    let seen = since(&*store, 2, 10).await;
    assert_eq!(seen[0], Happened::Message(rows::message(11, 100, 1).into()));
    assert_eq!(
        seen[1],
        Happened::Change(rows::change(AccountId(2), ChangeKind::Contact, 1, 14))
    );
}

/// Scenario 5: added, removed, added again; a change of a message that is not seen is not told either.
pub async fn since_is_cut_by_windows(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    assert_eq!(places(&since(&*store, 3, 0).await), [12, 31, 32]);
    let gone = Rows {
        members: vec![rows::member(200, 3, &[(10, Some(20)), (30, Some(31))])],
        ..Rows::default()
    };
    commit(&*store, &gone, 42).await;
    assert_eq!(
        places(&since(&*store, 3, 0).await),
        [12, 32],
        "31 is where it was removed"
    );
}

/// In whichever direction the two are listed; once if in both; never for strangers.
pub async fn since_tells_of_profiles_of_people_on_either_list_once(place: &dyn Place) {
    let store = place.open().await;
    let with_profile = |id| Account {
        profile_pos: Pos(id * 10),
        ..rows::account(id)
    };
    let batch = Rows {
        accounts: (1..=5).map(with_profile).collect(),
        relations: vec![
            rows::relation(1, 2, true),
            rows::relation(2, 1, true),
            rows::relation(3, 1, true),
            rows::relation(1, 3, false),
            rows::relation(1, 4, true),
            rows::relation(1, 5, false),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 60).await;
    let contact =
        |other, pos| Happened::Change(rows::change(AccountId(1), ChangeKind::Contact, other, pos));
    assert_eq!(
        since(&*store, 1, 0).await,
        [contact(2, 20), contact(3, 30), contact(4, 40)]
    );
    assert_eq!(
        since(&*store, 1, 20).await,
        [contact(3, 30), contact(4, 40)]
    );
    let strangers = since(&*store, 5, 0).await;
    assert_eq!(strangers, [], "1 does not list 5, nor 5 anybody");
}

/// Whoever took the head first misses nothing and sees nothing that came after.
pub async fn since_never_looks_above_its_bound(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    let profile = Rows {
        accounts: vec![Account {
            profile_pos: Pos(39),
            ..rows::account(2)
        }],
        relations: vec![rows::relation(1, 2, true)],
        ..Rows::default()
    };
    commit(&*store, &profile, 42).await;
    for upto in [0, 10, 12, 13, 31, 39, 40, 41, 100] {
        let seen = store
            .since(AccountId(1), Pos(9), Pos(upto), 100)
            .await
            .expect("events");
        let all = [10, 11, 12, 13, 21, 22, 23, 31, 32, 39, 40, 41];
        let expected: Vec<i64> = all.into_iter().filter(|&pos| pos <= upto).collect();
        assert_eq!(places(&seen), expected, "up to {upto}");
    }
}

/// Whatever the size of the page.
pub async fn pages_of_since_put_together_are_the_whole(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    let whole = since(&*store, 1, 0).await;
    for limit in 1..=12 {
        let mut pages = Vec::new();
        let mut after = Pos(0);
        loop {
            let page = store
                .since(AccountId(1), after, Pos(41), limit)
                .await
                .expect("a page");
            assert!(page.len() <= limit as usize);
            let Some(last) = page.last() else { break };
            after = last.pos();
            pages.extend(page);
        }
        assert_eq!(pages, whole, "pages of {limit}");
    }
    assert_eq!(
        store
            .since(AccountId(1), Pos(0), END, 0)
            .await
            .expect("nothing asked"),
        []
    );
}

/// Things of one position come on one page, even if that makes it longer than asked; a page is short only at the end.
pub async fn what_stands_at_one_position_is_never_parted(place: &dyn Place) {
    let store = place.open().await;
    let twins = |pos| {
        (1..=3)
            .map(move |what| rows::change(AccountId(1), ChangeKind::Contact, pos * 10 + what, pos))
    };
    let changes = (1..=4).flat_map(twins).collect();
    commit(
        &*store,
        &Rows {
            changes,
            ..Rows::default()
        },
        4,
    )
    .await;
    for limit in 1..=13 {
        let (mut seen, mut after) = (Vec::new(), Pos(0));
        loop {
            let page = store
                .since(AccountId(1), after, END, limit)
                .await
                .expect("a page");
            after = page.last().map_or(after, Happened::pos);
            seen.extend(places(&page));
            if page.len() < limit as usize {
                break;
            }
        }
        assert_eq!(
            seen,
            [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4],
            "pages of {limit}"
        );
    }
}

/// The table is bounded by things, not by happenings; an older position never overwrites a newer one.
pub async fn a_change_stands_only_at_its_newest_position(place: &dyn Place) {
    let store = place.open().await;
    for (pos, head) in [(5, 5), (9, 9), (7, 10)] {
        let changes = vec![
            rows::change(AccountId(1), ChangeKind::Account, 0, pos),
            rows::change(AccountId(1), ChangeKind::Device, 0, head),
        ];
        commit(
            &*store,
            &Rows {
                changes,
                ..Rows::default()
            },
            head,
        )
        .await;
    }
    assert_eq!(places(&since(&*store, 1, 0).await), [9, 10]);
    assert_eq!(places(&since(&*store, 1, 9).await), [10]);
}

/// Up to the limit.
pub async fn counting_agrees_with_reading(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    for account in 1..=3 {
        for after in [0, 12, 31, 50] {
            let read = since(&*store, account, after).await.len() as u32;
            for limit in [0, 1, 5, 1_000] {
                let counted = store
                    .count_since(AccountId(account), Pos(after), limit)
                    .await;
                assert_eq!(
                    counted.expect("a number"),
                    read.min(limit),
                    "{account} after {after}"
                );
            }
        }
    }
}

/// Everything, for everybody.
pub async fn the_whole_log_is_in_order_for_a_process_that_missed_a_batch(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    let all = [10, 11, 12, 13, 14, 21, 22, 23, 31, 32, 40, 41];
    let log = async |after, upto, limit| {
        places(&store.log(Pos(after), Pos(upto), limit).await.expect("log"))
    };
    assert_eq!(log(0, 100, 100).await, all);
    assert_eq!(log(12, 31, 100).await, all[3..9]);
    assert_eq!(log(12, 100, 3).await, all[3..6]);
    assert_eq!(log(41, 100, 3).await, [0; 0]);
}

/// D18: an older position needs a snapshot, and is told so by the floor.
pub async fn pruning_takes_changes_raises_the_floor_and_leaves_messages(place: &dyn Place) {
    let store = place.open().await;
    flock(&*store).await;
    assert_eq!(store.floor().await.expect("floor"), Pos(0));
    store.prune(Pos(23)).await.expect("pruned");
    assert_eq!(store.floor().await.expect("floor"), Pos(23));
    assert_eq!(
        places(&since(&*store, 1, 0).await),
        [11, 12, 21, 22, 31, 32, 40, 41]
    );
    store.prune(Pos(10)).await.expect("nothing to do");
    assert_eq!(
        store.floor().await.expect("floor"),
        Pos(23),
        "it only rises"
    );

    // More than one step, and a bound above the head.
    let changes = (1..=4_500).map(|n| rows::change(AccountId(1), ChangeKind::Contact, n, 41 + n));
    commit(
        &*store,
        &Rows {
            changes: changes.collect(),
            ..Rows::default()
        },
        5_000,
    )
    .await;
    store.prune(END).await.expect("pruned");
    assert_eq!(
        store.floor().await.expect("floor"),
        Pos(5_000),
        "never above the head"
    );
    assert_eq!(
        places(&since(&*store, 1, 0).await),
        [11, 12, 21, 22, 31, 40]
    );
}
