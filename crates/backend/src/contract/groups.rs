//! Named groups: members singly and page by page, what is told to whoever went, links.

use hub::id::*;
use hub::model::*;
use hub::store::{ChangeKind, Happened, Keys, Rows, SHOWN_MEMBERS};

use super::{Place, commit, rows};

const GROUP: ConversationId = ConversationId(100);

/// Accounts 1 to `people` in a group; every tenth is an admin, the third one left.
fn flock(people: i64) -> Rows {
    let member = |account| Member {
        state: if account == 3 {
            MemberState::Left
        } else {
            MemberState::In
        },
        role: if account % 10 == 0 {
            Role::Admin
        } else {
            Role::Member
        },
        ..rows::member(GROUP.0, account, &[(1, None)])
    };
    Rows {
        conversations: vec![rows::conversation(GROUP.0, &[], 20)],
        members: (1..=people).map(member).collect(),
        ..Rows::default()
    }
}

/// A cast comes with everybody in it.
pub async fn a_named_group_comes_without_its_people_and_they_come_singly(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = flock(5);
    batch
        .conversations
        .push(rows::conversation(101, &[1, 2], 20));
    batch.members.push(rows::member(101, 1, &[(1, None)]));
    commit(&*store, &batch, 20).await;
    let mut keys = Keys {
        conversations: [GROUP, ConversationId(101)].into(),
        ..Keys::default()
    };
    let found = store.load(&keys).await.expect("rows");
    assert_eq!(found.conversations.len(), 2);
    assert_eq!(found.members, batch.members[5..], "those of the cast");
    keys.members = [
        (GROUP, AccountId(2)),
        (GROUP, AccountId(9)),
        (ConversationId(101), AccountId(1)),
    ]
    .into();
    let found = store.load(&keys).await.expect("rows").members;
    assert_eq!(found.len(), 2, "each once");
    assert!(found.contains(&batch.members[1]));
    keys.rosters = [GROUP].into();
    let found = store.load(&keys).await.expect("rows").members;
    assert_eq!(found, batch.members);
}

/// Owners and admins first; whoever left is not among them.
pub async fn those_who_are_in_a_group_come_by_rank_page_by_page(place: &dyn Place) {
    let store = place.open().await;
    commit(&*store, &flock(25), 20).await;
    let mut all: Vec<Member> = Vec::new();
    loop {
        let after = all.last().map(|m| (m.role, m.account));
        let page = store.members(GROUP, MemberState::In, after, 7).await;
        let page = page.expect("a page");
        let whole = page.len() < 7;
        all.extend(page);
        if whole {
            break;
        }
    }
    let order: Vec<i64> = all.iter().map(|m| m.account.0).collect();
    let members = (1..=25).filter(|n| n % 10 != 0 && *n != 3);
    assert_eq!(
        order,
        [10, 20].into_iter().chain(members).collect::<Vec<_>>()
    );
    let left = store.members(GROUP, MemberState::Left, None, 7).await;
    let left: Vec<i64> = left.expect("a page").iter().map(|m| m.account.0).collect();
    assert_eq!(left, [3], "whoever stands to it in another way, alone");
}

/// At most fifty; whoever left sees only themselves.
pub async fn a_view_of_a_group_shows_the_viewer_and_few_others(place: &dyn Place) {
    let store = place.open().await;
    commit(&*store, &flock(70), 20).await;
    let view = |account| store.conversation(AccountId(account), GROUP);
    let seen = view(61)
        .await
        .expect("an answer")
        .expect("a member")
        .members;
    assert_eq!(seen.len(), SHOWN_MEMBERS as usize);
    let first: Vec<i64> = seen.iter().take(4).map(|m| m.account.0).collect();
    assert_eq!(first, [61, 10, 20, 30]);
    let left = view(3).await.expect("an answer").expect("a row").members;
    assert_eq!(left.iter().map(|m| m.account.0).collect::<Vec<_>>(), [3]);
    assert_eq!(view(71).await.expect("an answer"), None);
}

/// What changed before the end of their stay is told, what changed later is not, also where one row stands for both; and
/// what stands in their own stream is told for ever.
pub async fn whoever_went_hears_of_changes_no_more(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = flock(4);
    batch.members[2].windows = vec![Window {
        from: Pos(1),
        until: Some(Pos(15)),
    }];
    batch.changes = vec![
        rows::change(GROUP, ChangeKind::Read, 1, 10),
        rows::change(GROUP, ChangeKind::Read, 2, 18),
        rows::change(AccountId(3), ChangeKind::Membership, GROUP.0, 16),
        rows::change(GROUP, ChangeKind::Conversation, 0, 20),
    ];
    commit(&*store, &batch, 20).await;
    for (account, places) in [(3, vec![10, 16]), (4, vec![10, 18, 20])] {
        let found = store.since(AccountId(account), Pos(1), Pos(20), 10).await;
        let found: Vec<i64> = found
            .expect("a page")
            .iter()
            .map(|happened: &Happened| happened.pos().0)
            .collect();
        assert_eq!(found, places, "{account}");
        let counted = store.count_since(AccountId(account), Pos(1), 10).await;
        assert_eq!(counted.expect("a number") as usize, places.len());
    }
}

/// By hash and by group, each once; a dropped one is gone.
pub async fn links_are_found_by_their_group_and_removed(place: &dyn Place) {
    let store = place.open().await;
    let link = |n: u8, group| Link {
        token_hash: [n; 32],
        account: AccountId(1),
        conversation: Some(ConversationId(group)),
        expires: Some(Timestamp(90)),
        uses_left: Some(5),
        approval: false,
    };
    let links = vec![link(1, 100), link(2, 100), link(3, 101)];
    let batch = Rows {
        links: links.clone(),
        ..Rows::default()
    };
    commit(&*store, &batch, 10).await;
    let keys = Keys {
        links: [[1; 32], [9; 32]].into(),
        links_to: [GROUP].into(),
        ..Keys::default()
    };
    let found = store.load(&keys).await.expect("rows").links;
    assert_eq!(found, links[..2]);
    let used = Link {
        uses_left: Some(0),
        ..links[1].clone()
    };
    let batch = Rows {
        links: vec![links[0].dropped(), used.clone()],
        ..Rows::default()
    };
    commit(&*store, &batch, 11).await;
    assert_eq!(store.load(&keys).await.expect("rows").links, [used]);
}
