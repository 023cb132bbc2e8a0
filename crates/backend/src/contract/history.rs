//! Conversations, messages, contacts and calls as somebody sees them.

use hub::id::*;
use hub::model::*;
use hub::store::{Around, ContactRow, ConversationView, MessagePage, Rows, Store};

use super::{Place, commit, rows};

async fn view(store: &dyn Store, account: i64, conversation: i64) -> Option<ConversationView> {
    let id = ConversationId(conversation);
    store
        .conversation(AccountId(account), id)
        .await
        .expect("an answer")
}

fn ids(page: &MessagePage) -> Vec<i64> {
    page.messages.iter().map(|message| message.id.0).collect()
}

/// By head, then by id; the cursor is what the last one of a page shows.
pub async fn conversations_come_newest_first_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    let heads = [(100, 50), (101, 70), (102, 50), (103, 60), (104, 90)];
    let batch = Rows {
        accounts: vec![rows::account(1), rows::account(2)],
        conversations: heads
            .iter()
            .map(|&(id, head)| rows::conversation(id, &[], head))
            .collect(),
        members: heads[..4]
            .iter()
            .flat_map(|&(id, _)| {
                [
                    rows::member(id, 1, &[(0, None)]),
                    rows::member(id, 2, &[(0, None)]),
                ]
            })
            .collect(),
        messages: vec![
            rows::message(50, 100, 2).into(),
            rows::message(70, 101, 1).into(),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 90).await;
    for limit in 1..=5 {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = store
                .conversations(AccountId(1), before, limit)
                .await
                .expect("a page");
            let Some(last) = page.last() else { break };
            before = Some((last.conversation.head, last.conversation.id));
            seen.extend(page);
        }
        let order: Vec<i64> = seen.iter().map(|view| view.conversation.id.0).collect();
        assert_eq!(order, [101, 103, 102, 100], "pages of {limit}");
        let first = &seen[0];
        assert_eq!(first.conversation, batch.conversations[1]);
        assert_eq!(first.members, batch.members[2..4]);
        assert_eq!(first.last.as_ref(), Some(&*batch.messages[1]));
        assert_eq!(seen[1].last, None, "nothing was written there");
        assert_eq!(view(&*store, 1, 100).await.as_ref(), seen.last());
    }
    let all = store.stays(AccountId(1)).await.expect("ids");
    let all: Vec<i64> = all.iter().map(|(id, _)| id.0).collect();
    assert_eq!(all, [100, 101, 102, 103]);
}

/// Not one's own, not removed ones, not lines of the hub; never more than a thousand.
pub async fn unread_counts_messages_of_others_above_the_mark(place: &dyn Place) {
    let store = place.open().await;
    let mut reader = rows::member(100, 1, &[(0, None)]);
    reader.read = Some(Upto {
        message: Pos(11),
        stamp: Timestamp(11),
    });
    let messages = vec![
        rows::message(10, 100, 2),
        rows::message(11, 100, 2),
        rows::message(12, 100, 2),
        rows::message(13, 100, 1),
        Message {
            deleted: true,
            ..rows::message(14, 100, 2)
        },
        Message {
            device: DeviceId(0),
            ..rows::message(15, 100, 2)
        },
        rows::message(16, 100, 2),
    ];
    let mut batch = Rows {
        accounts: vec![rows::account(1), rows::account(2)],
        conversations: vec![rows::conversation(100, &[1, 2], 16)],
        members: vec![reader, rows::member(100, 2, &[(0, None)])],
        messages: messages.into_iter().map(Into::into).collect(),
        ..Rows::default()
    };
    commit(&*store, &batch, 16).await;
    assert_eq!(
        view(&*store, 1, 100)
            .await
            .expect("a member")
            .unread
            .messages,
        2
    );
    assert_eq!(
        view(&*store, 2, 100)
            .await
            .expect("a member")
            .unread
            .messages,
        1,
        "13, for 15 is the hub's"
    );

    batch.messages = (20..1_200)
        .map(|id| rows::message(id, 100, 2).into())
        .collect();
    commit(&*store, &batch, 1_200).await;
    assert_eq!(
        view(&*store, 1, 100)
            .await
            .expect("a member")
            .unread
            .messages,
        1_000
    );
}

/// A line and a call that one of the two is kept from: by every reading, and the other finds both.
pub async fn what_is_hidden_from_somebody_does_not_exist_for_them(place: &dyn Place) {
    let store = place.open().await;
    let hidden = Message {
        hidden_from: Some(AccountId(2)),
        ..rows::message(12, 100, 1)
    };
    let reached = |id| Account {
        delivered: Pos(20),
        ..rows::account(id)
    };
    let unheard = CallRow {
        unheard: true,
        ..rows::call(30, 1, 2, CallEnd::NoAnswer)
    };
    let batch = Rows {
        accounts: vec![reached(1), reached(2)],
        conversations: vec![rows::conversation(100, &[1, 2], 12)],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(100, 2, &[(0, None)]),
        ],
        messages: vec![rows::message(11, 100, 1).into(), hidden.into()],
        calls: vec![unheard],
        ..Rows::default()
    };
    commit(&*store, &batch, 20).await;
    for (account, expected) in [(1, vec![11, 12]), (2, vec![11])] {
        let id = AccountId(account);
        let ids = |messages: &[Message]| messages.iter().map(|m| m.id.0).collect::<Vec<_>>();
        for around in [
            Around::Newest,
            Around::Before(Pos(20)),
            Around::After(Pos(10)),
        ] {
            let page = store.messages(id, ConversationId(100), around, 10).await;
            assert_eq!(ids(&page.expect("a page").messages), expected, "{around:?}");
        }
        let since = store.since(id, Pos(0), Pos(20), 10).await.expect("a page");
        let since: Vec<i64> = since
            .iter()
            .filter(|h| matches!(h, hub::store::Happened::Message(_)))
            .map(|h| h.pos().0)
            .collect();
        assert_eq!(since, expected);
        let seen = view(&*store, account, 100).await.expect("a member");
        assert_eq!(seen.last.map(|m| m.id.0), expected.last().copied());
        assert_eq!(
            seen.unread.messages as usize,
            if account == 2 { 1 } else { 0 }
        );
        let upto = seen.delivered.iter().map(|d| d.1.message.0).max();
        assert_eq!(upto, expected.last().copied());
        let calls = store.calls(id, None, 10).await.expect("a page");
        assert_eq!(calls.len(), usize::from(account == 1));
    }
}

/// The newest message that has reached one of their devices: of those who are in it, and only what both may see.
pub async fn delivered_marks_follow_the_devices_of_others(place: &dyn Place) {
    let store = place.open().await;
    let reached = |id, delivered| Account {
        delivered: Pos(delivered),
        ..rows::account(id)
    };
    let batch = Rows {
        accounts: vec![
            reached(1, 0),
            reached(2, 25),
            reached(3, 9),
            reached(4, 99),
            reached(5, 99),
        ],
        conversations: vec![rows::conversation(100, &[], 30)],
        members: vec![
            rows::member(100, 1, &[(15, None)]),
            rows::member(100, 2, &[(0, None)]),
            rows::member(100, 3, &[(0, None)]),
            Member {
                state: MemberState::Left,
                ..rows::member(100, 4, &[(0, Some(20))])
            },
            rows::member(100, 5, &[(12, Some(22)), (40, None)]),
        ],
        messages: [10, 20, 30]
            .map(|id| rows::message(id, 100, 2).into())
            .into(),
        ..Rows::default()
    };
    commit(&*store, &batch, 30).await;
    let upto = |id| Upto {
        message: Pos(id),
        stamp: Timestamp(id),
    };
    let seen = view(&*store, 1, 100).await.expect("a member");
    assert_eq!(
        seen.delivered,
        [(AccountId(2), upto(20)), (AccountId(5), upto(20))]
    );
    let seen = view(&*store, 2, 100).await.expect("a member");
    assert_eq!(
        seen.delivered,
        [(AccountId(5), upto(20))],
        "1 has nothing yet, 3 nothing of this"
    );
    assert_eq!(
        store
            .message_at(ConversationId(100), Pos(29))
            .await
            .expect("one"),
        Some(upto(20))
    );
    assert_eq!(
        store
            .message_at(ConversationId(100), Pos(30))
            .await
            .expect("one"),
        Some(upto(30))
    );
    assert_eq!(
        store
            .message_at(ConversationId(100), Pos(9))
            .await
            .expect("none"),
        None
    );
}

/// What they saw stays theirs, and nothing is added to it.
pub async fn somebody_who_left_sees_what_was_there_before(place: &dyn Place) {
    let store = place.open().await;
    let left = Member {
        state: MemberState::Left,
        ..rows::member(100, 1, &[(0, Some(15))])
    };
    let batch = Rows {
        accounts: vec![rows::account(1), rows::account(2)],
        conversations: vec![rows::conversation(100, &[], 20)],
        members: vec![left, rows::member(100, 2, &[(0, None)])],
        messages: vec![
            rows::message(10, 100, 2).into(),
            rows::message(20, 100, 2).into(),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 20).await;
    let seen = view(&*store, 1, 100).await.expect("a row");
    assert_eq!(
        (seen.last.map(|m| m.id), seen.unread.messages),
        (Some(Pos(10)), 1)
    );
    let page = store
        .messages(AccountId(1), ConversationId(100), Around::Newest, 10)
        .await
        .expect("page");
    assert_eq!((ids(&page), page.later), (vec![10], false));
    assert_eq!(store.stays(AccountId(1)).await.expect("ids"), []);
}

/// Also of a conversation that is not there at all.
pub async fn no_member_sees_no_conversation_and_no_message(place: &dyn Place) {
    let store = place.open().await;
    let batch = Rows {
        accounts: vec![rows::account(1), rows::account(2)],
        conversations: vec![rows::conversation(100, &[], 20)],
        members: vec![rows::member(100, 2, &[(0, None)])],
        messages: vec![rows::message(10, 100, 2).into()],
        ..Rows::default()
    };
    commit(&*store, &batch, 20).await;
    for (account, conversation) in [(1, 100), (2, 101)] {
        assert_eq!(view(&*store, account, conversation).await, None);
        for around in [Around::Newest, Around::Near(Pos(10)), Around::After(Pos(0))] {
            let (account, conversation) = (AccountId(account), ConversationId(conversation));
            let page = store
                .messages(account, conversation, around, 10)
                .await
                .expect("a page");
            assert_eq!(page, MessagePage::default());
        }
    }
    assert_eq!(
        store
            .conversations(AccountId(1), None, 10)
            .await
            .expect("none"),
        []
    );
}

/// Before, after, in the middle, and what lies beyond the page.
pub async fn messages_around_a_place(place: &dyn Place) {
    let store = place.open().await;
    let batch = Rows {
        accounts: vec![rows::account(1)],
        conversations: vec![
            rows::conversation(100, &[1], 100),
            rows::conversation(101, &[], 105),
        ],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(101, 1, &[(0, None)]),
        ],
        messages: (1..=10)
            .flat_map(|n| {
                [
                    rows::message(n * 10, 100, 1).into(),
                    rows::message(n * 10 + 5, 101, 1).into(),
                ]
            })
            .collect(),
        ..Rows::default()
    };
    commit(&*store, &batch, 105).await;
    // (around, limit, messages, earlier, later)
    let cases: [(Around, u32, &[i64], bool, bool); 19] = [
        (Around::Newest, 3, &[80, 90, 100], true, false),
        (
            Around::Newest,
            10,
            &[10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
            false,
            false,
        ),
        (Around::Before(Pos(30)), 5, &[10, 20], false, true),
        (Around::Before(Pos(35)), 2, &[20, 30], true, true),
        (Around::Before(Pos(999)), 1, &[100], true, false),
        (Around::After(Pos(80)), 5, &[90, 100], true, false),
        (Around::After(Pos(0)), 2, &[10, 20], false, true),
        (Around::After(Pos(i64::MAX)), 2, &[], true, false),
        (Around::Near(Pos(50)), 5, &[30, 40, 50, 60, 70], true, true),
        (Around::Near(Pos(50)), 4, &[30, 40, 50, 60], true, true),
        (Around::Near(Pos(20)), 5, &[10, 20, 30, 40, 50], false, true),
        (
            Around::Near(Pos(100)),
            5,
            &[60, 70, 80, 90, 100],
            true,
            false,
        ),
        (Around::Near(Pos(45)), 2, &[40, 50], true, true),
        (Around::Since(Timestamp(80)), 5, &[80, 90, 100], true, false),
        (Around::Since(Timestamp(81)), 1, &[90], true, true),
        (Around::Since(Timestamp(101)), 5, &[], true, false),
        (Around::Earlier(Timestamp(30)), 5, &[10, 20], false, true),
        (Around::Earlier(Timestamp(31)), 2, &[20, 30], true, true),
        (Around::Earlier(Timestamp(999)), 1, &[100], true, false),
    ];
    for (around, limit, expected, earlier, later) in cases {
        let page = store
            .messages(AccountId(1), ConversationId(100), around, limit)
            .await
            .expect("a page");
        assert_eq!(
            (ids(&page).as_slice(), page.earlier, page.later),
            (expected, earlier, later),
            "{around:?}"
        );
    }
}

/// A page goes over the gap as if it were not there.
pub async fn messages_across_two_stays(place: &dyn Place) {
    let store = place.open().await;
    let batch = Rows {
        accounts: vec![rows::account(1)],
        conversations: vec![rows::conversation(100, &[], 100)],
        members: vec![rows::member(100, 1, &[(15, Some(40)), (65, Some(90))])],
        messages: (1..=10)
            .map(|n| rows::message(n * 10, 100, 2).into())
            .collect(),
        ..Rows::default()
    };
    commit(&*store, &batch, 100).await;
    let cases: [(Around, u32, &[i64], bool, bool); 6] = [
        (Around::Newest, 3, &[30, 70, 80], true, false),
        (Around::Newest, 4, &[20, 30, 70, 80], false, false),
        (Around::After(Pos(20)), 2, &[30, 70], true, true),
        (Around::Before(Pos(70)), 9, &[20, 30], false, true),
        (Around::Near(Pos(50)), 2, &[30, 70], true, true),
        (Around::After(Pos(80)), 9, &[], true, false),
    ];
    for (around, limit, expected, earlier, later) in cases {
        let page = store
            .messages(AccountId(1), ConversationId(100), around, limit)
            .await
            .expect("a page");
        assert_eq!(
            (ids(&page).as_slice(), page.earlier, page.later),
            (expected, earlier, later),
            "{around:?}"
        );
    }
}

/// Up to and with what was cleared; below what was trimmed.
pub async fn what_was_cleared_or_trimmed_is_not_shown(place: &dyn Place) {
    let store = place.open().await;
    let mut cleared = rows::member(100, 1, &[(0, None)]);
    cleared.own.cleared = Pos(30);
    let conversation = Conversation {
        trimmed: Pos(20),
        ..rows::conversation(100, &[], 40)
    };
    let batch = Rows {
        accounts: vec![rows::account(1), rows::account(2)],
        conversations: vec![conversation],
        members: vec![cleared.clone(), rows::member(100, 2, &[(0, None)])],
        messages: [10, 20, 30, 40]
            .map(|id| rows::message(id, 100, 3).into())
            .into(),
        ..Rows::default()
    };
    commit(&*store, &batch, 40).await;
    let page = async |account| {
        let around = Around::Newest;
        ids(&store
            .messages(AccountId(account), ConversationId(100), around, 10)
            .await
            .expect("a page"))
    };
    assert_eq!(page(1).await, [40]);
    assert_eq!(page(2).await, [20, 30, 40]);
    assert_eq!(
        view(&*store, 1, 100)
            .await
            .expect("a member")
            .unread
            .messages,
        1
    );
    assert_eq!(
        view(&*store, 2, 100)
            .await
            .expect("a member")
            .unread
            .messages,
        3
    );
    cleared.own.cleared = Pos(40);
    commit(
        &*store,
        &Rows {
            members: vec![cleared],
            ..Rows::default()
        },
        41,
    )
    .await;
    assert_eq!(view(&*store, 1, 100).await.expect("a member").last, None);
}

/// In either direction; the side that was never written is the relation of strangers.
pub async fn contacts_have_both_sides_and_come_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    let batch = Rows {
        accounts: (1..=5).map(rows::account).collect(),
        relations: vec![
            rows::relation(1, 2, true),
            rows::relation(2, 1, false),
            rows::relation(1, 3, false),
            rows::relation(4, 1, true),
            rows::relation(4, 5, true),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 1).await;
    let nothing = |a, b| Relation::nothing(AccountId(a), AccountId(b));
    let row = |mine: &Relation, theirs: &Relation| ContactRow {
        mine: mine.clone(),
        theirs: theirs.clone(),
        account: rows::account(mine.other.0),
    };
    let expected = [
        row(&batch.relations[0], &batch.relations[1]),
        row(&batch.relations[2], &nothing(3, 1)),
        row(&nothing(1, 4), &batch.relations[3]),
    ];
    for limit in 1..=4 {
        let (mut seen, mut after) = (Vec::new(), AccountId(0));
        loop {
            let page = store
                .contacts(AccountId(1), after, limit)
                .await
                .expect("a page");
            let Some(last) = page.last() else { break };
            after = last.account.id;
            seen.extend(page);
        }
        assert_eq!(seen, expected, "pages of {limit}");
    }
    assert_eq!(
        store
            .contacts(AccountId(9), AccountId(0), 10)
            .await
            .expect("none"),
        []
    );
}

/// Made and got; a call to oneself once; one that gave way to another not at all.
pub async fn calls_come_newest_first_for_both_sides(place: &dyn Place) {
    let store = place.open().await;
    let sides = [
        (10, 1, 2),
        (11, 2, 1),
        (12, 2, 3),
        (13, 1, 1),
        (14, 3, 1),
        (15, 1, 3),
    ];
    let calls: Vec<CallRow> = sides
        .iter()
        .map(|&(id, from, to)| rows::call(id, from, to, CallEnd::Completed))
        .collect();
    let mut kept = calls.clone();
    kept.push(rows::call(16, 1, 2, CallEnd::Superseded));
    kept.push(rows::call(17, 2, 1, CallEnd::Superseded));
    commit(
        &*store,
        &Rows {
            calls: kept,
            ..Rows::default()
        },
        1,
    )
    .await;
    for limit in 1..=6 {
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = store
                .calls(AccountId(1), before, limit)
                .await
                .expect("a page");
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            seen.extend(page);
        }
        let expected: Vec<CallRow> = [5, 4, 3, 1, 0]
            .into_iter()
            .map(|index: usize| calls[index].clone())
            .collect();
        assert_eq!(seen, expected, "pages of {limit}");
    }
}

/// Of one process or of all; reports in the order in which they came, each end's newest only.
pub async fn open_calls_and_reports_are_found(place: &dyn Place) {
    let store = place.open().await;
    let elsewhere = CallRow {
        owner: 4,
        ..rows::call(12, 1, 3, CallEnd::Open)
    };
    let calls = vec![
        rows::call(10, 1, 2, CallEnd::Open),
        rows::call(11, 1, 2, CallEnd::Lost),
        elsewhere,
    ];
    let reports = vec![
        rows::report(10, 1, 30),
        rows::report(10, 2, 20),
        rows::report(11, 1, 10),
    ];
    commit(
        &*store,
        &Rows {
            calls: calls.clone(),
            reports,
            ..Rows::default()
        },
        1,
    )
    .await;
    assert_eq!(store.open_calls(Some(3)).await.expect("one"), calls[..1]);
    assert_eq!(
        store.open_calls(None).await.expect("two"),
        [calls[0].clone(), calls[2].clone()]
    );
    let kept = async || store.reports(CallId(10)).await.expect("reports");
    assert_eq!(
        kept().await,
        [rows::report(10, 2, 20), rows::report(10, 1, 30)]
    );
    let again = CallReport {
        text: "{}".into(),
        ..rows::report(10, 2, 40)
    };
    commit(
        &*store,
        &Rows {
            reports: vec![again.clone()],
            ..Rows::default()
        },
        2,
    )
    .await;
    assert_eq!(kept().await, [rows::report(10, 1, 30), again]);
}
