//! What two people have in common, what somebody uploaded, and what was reported to the operator.

use hub::id::*;
use hub::model::*;
use hub::store::{Keys, Rows};

use super::{Place, commit, rows};

/// Neither casts, nor groups that one of the two has left; the one with the newest message first.
pub async fn common_groups_are_those_in_which_both_are_now(place: &dyn Place) {
    let store = place.open().await;
    let left = Member {
        state: MemberState::Left,
        ..rows::member(103, 2, &[(1, Some(5))])
    };
    let batch = Rows {
        conversations: vec![
            rows::conversation(100, &[1, 2], 40),
            rows::conversation(101, &[], 20),
            rows::conversation(102, &[], 30),
            rows::conversation(103, &[], 40),
            rows::conversation(104, &[], 40),
        ],
        members: vec![
            rows::member(100, 1, &[(1, None)]),
            rows::member(100, 2, &[(1, None)]),
            rows::member(101, 1, &[(1, None)]),
            rows::member(101, 2, &[(1, None)]),
            rows::member(102, 1, &[(1, None)]),
            rows::member(102, 2, &[(1, None)]),
            rows::member(103, 1, &[(1, None)]),
            left,
            rows::member(104, 1, &[(1, None)]),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 40).await;
    let common = async |a, b, limit| {
        let found = store.common(AccountId(a), AccountId(b), limit).await;
        let found = found.expect("an answer");
        found.iter().map(|c| c.id.0).collect::<Vec<_>>()
    };
    assert_eq!(common(1, 2, 10).await, [102, 101]);
    assert_eq!(common(2, 1, 1).await, [102]);
    assert_eq!(common(1, 3, 10).await, [0; 0]);
}

/// Not those of others, and none that is still on its way.
pub async fn ones_own_finished_objects_come_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    let owner = rows::object(71).owner;
    let batch = Rows {
        objects: vec![
            rows::object(71),
            Object {
                state: ObjectState::Uploading,
                ..rows::object(72)
            },
            rows::object(73),
            Object {
                owner: AccountId(owner.0 + 1),
                ..rows::object(74)
            },
            rows::object(75),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 5).await;
    let page = async |after, limit| {
        let found = store.objects_of(owner, ObjectId(after), limit).await;
        let found = found.expect("an answer");
        found.iter().map(|o| o.id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 2).await, [71, 73]);
    assert_eq!(page(73, 2).await, [75]);
}

/// A closed one is out of the operator's way, and one that is let go is gone.
pub async fn reports_are_found_by_who_made_them_and_those_that_are_open(place: &dyn Place) {
    let store = place.open().await;
    let closed = AbuseReport {
        closed: Some(Timestamp(9)),
        ..rows::abuse_report(82, 1)
    };
    let batch = Rows {
        abuse_reports: vec![
            rows::abuse_report(81, 1),
            closed.clone(),
            rows::abuse_report(83, 2),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 5).await;
    let keys = Keys {
        abuse_reports: [ReportId(81)].into(),
        abuse_reports_by: [AccountId(1)].into(),
        ..Keys::default()
    };
    let mut found = store.load(&keys).await.expect("rows").abuse_reports;
    found.sort_by_key(|report| report.id);
    assert_eq!(found, [rows::abuse_report(81, 1), closed.clone()]);
    let listed = async |after, all, limit| {
        let found = store.abuse_reports(ReportId(after), all, limit).await;
        let found = found.expect("an answer");
        found.iter().map(|r| r.id.0).collect::<Vec<_>>()
    };
    assert_eq!(listed(0, false, 10).await, [81, 83]);
    assert_eq!(listed(0, true, 2).await, [81, 82]);
    assert_eq!(listed(81, false, 10).await, [83]);
    let gone = Rows {
        abuse_reports: vec![AbuseReport {
            closed: Some(Timestamp(0)),
            ..closed
        }],
        ..Rows::default()
    };
    commit(&*store, &gone, 6).await;
    assert_eq!(listed(0, true, 10).await, [81, 83]);
}
