//! Tokens, settings, process numbers, door states, names.

use std::collections::BTreeSet;

use hub::id::*;
use hub::model::*;
use hub::store::{Keys, Rows, Store, Tally};

use super::{Place, commit, rows};

/// The hub decides what a signed-out device is told.
pub async fn a_device_is_found_by_its_token_even_when_signed_out(place: &dyn Place) {
    let store = place.open().await;
    let out = Device {
        revoked: Some(Pos(3)),
        ..rows::device(12, 1)
    };
    let rows = Rows {
        devices: vec![rows::device(11, 1), out.clone()],
        ..Rows::default()
    };
    commit(&*store, &rows, 5).await;
    let find = async |n| {
        store
            .device_by_token(&rows::hash(n))
            .await
            .expect("an answer")
    };
    assert_eq!(find(11).await, Some(rows::device(11, 1)));
    assert_eq!(find(12).await, Some(out));
    assert_eq!(find(13).await, None);
}

/// Two processes that make a key at the same time use the same one.
pub async fn the_first_value_of_a_setting_stays(place: &dyn Place) {
    let (store, other) = (place.open().await, place.open().await);
    assert_eq!(store.setting("key").await.expect("none"), None);
    let (a, b) = tokio::join!(
        store.keep_setting("key", b"\0one"),
        other.keep_setting("key", b"two")
    );
    let kept = a.expect("kept");
    assert_eq!(kept, b.expect("kept"));
    assert_eq!(
        store.keep_setting("key", b"three").await.expect("kept"),
        kept
    );
    assert_eq!(other.setting("key").await.expect("kept"), Some(kept));
    assert_eq!(store.keep_setting("other", b"").await.expect("kept"), b"");
}

/// Different processes have different numbers; one that was not renewed is given away, one that was is not.
pub async fn a_process_number_is_held_as_long_as_it_is_renewed(place: &dyn Place) {
    let (a, b, c) = (place.open().await, place.open().await, place.open().await);
    let lease = async |store: &dyn Store, now| {
        store
            .lease_node(Timestamp(now), 1_000)
            .await
            .expect("a number")
    };
    let (first, second) = (lease(&*a, 0).await, lease(&*b, 0).await);
    assert_ne!(first, second);
    assert_eq!(lease(&*a, 900).await, first, "renewed");
    let third = lease(&*c, 1_500).await;
    assert_eq!(third, second, "that one ran out at 1,000");
    assert_eq!(lease(&*a, 1_600).await, first);
    let again = lease(&*b, 1_700).await;
    assert!(
        again != first && again != third,
        "it has to take another one"
    );
    assert!(again < 1_024);
}

/// Only this account, this door, and keys that begin so; a prefix is text, not a pattern.
pub async fn door_states_are_found_by_prefix(place: &dyn Place) {
    let store = place.open().await;
    let states = [
        rows::door_state(1, "msn", "a%"),
        rows::door_state(1, "msn", "a%b"),
        rows::door_state(1, "msn", "ab"),
        rows::door_state(1, "msn", "é"),
        rows::door_state(1, "skype", "a%"),
        rows::door_state(2, "msn", "a%"),
    ];
    commit(
        &*store,
        &Rows {
            door_states: states.to_vec(),
            ..Rows::default()
        },
        1,
    )
    .await;
    let find = async |prefix| {
        store
            .door_states(AccountId(1), "msn", prefix)
            .await
            .expect("states")
    };
    assert_eq!(find("a%").await, states[..2]);
    assert_eq!(find("").await, states[..4]);
    assert_eq!(find("é").await, states[3..4]);
    assert_eq!(find("x").await, []);
}

/// Byte by byte, on every store and in every locale.
pub async fn accounts_come_in_the_order_of_their_names(place: &dyn Place) {
    let store = place.open().await;
    let names = ["a-b", "a.b", "a_b", "aa", "ab", "b"];
    let named = |(name, id): (&&str, i64)| Account {
        name: (*name).into(),
        ..rows::account(id)
    };
    let accounts: Vec<Account> = names.iter().zip(1..).map(named).collect();
    commit(
        &*store,
        &Rows {
            accounts: accounts.clone(),
            ..Rows::default()
        },
        1,
    )
    .await;
    assert_eq!(store.accounts("", 100).await.expect("all"), accounts);
    assert_eq!(store.accounts("a_b", 2).await.expect("two"), accounts[3..5]);
    let every: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
    let keys = Keys {
        names: every,
        ..Keys::default()
    };
    assert_eq!(
        store.load(&keys).await.expect("all").accounts.len(),
        names.len()
    );
}

/// Of those who own them alone, deleted ones too.
pub async fn bots_are_found_by_their_owner(place: &dyn Place) {
    let store = place.open().await;
    let owned = |id, owner: Option<i64>| Account {
        owner: owner.map(AccountId),
        kind: AccountKind::Bot,
        ..rows::account(id)
    };
    let gone = Account {
        state: AccountState::Deleted,
        ..owned(3, Some(1))
    };
    let batch = Rows {
        accounts: vec![owned(1, None), owned(2, Some(1)), gone, owned(4, Some(2))],
        ..Rows::default()
    };
    commit(&*store, &batch, 1).await;
    let keys = Keys {
        accounts: [AccountId(2)].into(),
        bots_of: [AccountId(1), AccountId(9)].into(),
        ..Keys::default()
    };
    let mut found = store.load(&keys).await.expect("accounts").accounts;
    found.sort_by_key(|account| account.id);
    assert_eq!(found, batch.accounts[1..3]);
}

/// Of those who are there alone; blocked ones come back.
pub async fn bots_whose_limits_are_raised_are_found(place: &dyn Place) {
    let store = place.open().await;
    let bot = |id, raised, state| Account {
        raised,
        state,
        ..rows::account(id)
    };
    let batch = Rows {
        accounts: vec![
            bot(1, false, AccountState::Active),
            bot(2, true, AccountState::Active),
            bot(3, true, AccountState::Leaving),
            bot(4, true, AccountState::BlockedWithOwner),
            bot(5, true, AccountState::Deleted),
            bot(6, true, AccountState::Active),
        ],
        ..Rows::default()
    };
    commit(&*store, &batch, 1).await;
    let found = store.raised(2).await.expect("two");
    assert_eq!(found, [AccountId(2), AccountId(4)]);
    assert_eq!(store.raised(9).await.expect("all").len(), 3);
}

/// 1 is in a group and was seen, 2 is in none, 3 was not seen but uses a device, 4 neither, 5 is no guest, 6 is gone already.
pub async fn guests_who_are_late_are_found(place: &dyn Place) {
    let store = place.open().await;
    let guest = |id, seen| Account {
        kind: AccountKind::Guest,
        owner: None,
        state: AccountState::Active,
        last_seen: Timestamp(seen),
        ..rows::account(id)
    };
    let person = Account {
        kind: AccountKind::Person,
        ..guest(5, 0)
    };
    let gone = Account {
        state: AccountState::Leaving,
        ..guest(6, 0)
    };
    let used = |id, of, at| Device {
        last_used: Timestamp(at),
        ..rows::device(id, of)
    };
    let batch = Rows {
        accounts: vec![
            guest(1, 100),
            guest(2, 100),
            guest(3, 99),
            guest(4, 99),
            person,
            gone,
        ],
        devices: vec![used(13, 3, 100), used(14, 4, 99)],
        members: [1, 3, 4]
            .map(|id| rows::member(100, id, &[(0, None)]))
            .into(),
        ..Rows::default()
    };
    commit(&*store, &batch, 1).await;
    let late = async |limit| {
        store
            .late_guests(Timestamp(100), limit)
            .await
            .expect("a list")
    };
    assert_eq!(late(10).await, [AccountId(2), AccountId(4)]);
    assert_eq!(late(1).await, [AccountId(2)]);
}

/// Bytes, not letters; of this account alone.
pub async fn what_states_of_doors_take_is_counted(place: &dyn Place) {
    let store = place.open().await;
    let states = [
        rows::door_state(1, "msn", "é"),
        rows::door_state(1, "skype", "a"),
        rows::door_state(2, "msn", "b"),
    ];
    let batch = Rows {
        door_states: states.to_vec(),
        ..Rows::default()
    };
    commit(&*store, &batch, 1).await;
    let keys = Keys {
        door_states: [
            (AccountId(1), "msn".to_owned(), "é".to_owned()),
            (AccountId(1), "msn".to_owned(), "a".to_owned()),
        ]
        .into(),
        door_rooms: [AccountId(1), AccountId(9)].into(),
        ..Keys::default()
    };
    let found = store.load(&keys).await.expect("rows");
    assert_eq!(found.door_states, states[..1]);
    let both = states[0].room() + states[1].room();
    assert_eq!(both, 2 + 1 + 2 * 4 + 2 * 64);
    assert_eq!(found.door_rooms, [(AccountId(1), both), (AccountId(9), 0)]);
}

/// The others stay.
pub async fn groups_of_contacts_are_removed_by_losing_their_name(place: &dyn Place) {
    let store = place.open().await;
    let group = |owner, slot, name: &str| ContactGroup {
        owner: AccountId(owner),
        slot,
        name: name.to_owned(),
        members: vec![AccountId(9)],
    };
    let batch = Rows {
        contact_groups: vec![group(1, 1, "a"), group(1, 2, "b"), group(2, 1, "c")],
        ..Rows::default()
    };
    commit(&*store, &batch, 1).await;
    let batch = Rows {
        contact_groups: vec![group(1, 1, ""), group(1, 3, "d")],
        ..Rows::default()
    };
    commit(&*store, &batch, 2).await;
    let keys = Keys {
        contact_groups: [AccountId(1), AccountId(2)].into(),
        ..Keys::default()
    };
    let found = store.load(&keys).await.expect("groups").contact_groups;
    assert_eq!(
        found,
        [group(1, 2, "b"), group(1, 3, "d"), group(2, 1, "c")]
    );
}

/// All of an account, each once; one that ends is free for somebody else in the same batch.
pub async fn handles_are_found_by_owner_and_removed(place: &dyn Place) {
    let store = place.open().await;
    let handle = |account, value: &str, on| Handle {
        account: AccountId(account),
        kind: HandleKind::Mail,
        value: value.to_owned(),
        on,
    };
    let both = vec![
        handle(1, "a@x.org", true),
        handle(1, "b@x.org", true),
        handle(2, "c@x.org", true),
    ];
    let rows = Rows {
        handles: both,
        ..Rows::default()
    };
    commit(&*store, &rows, 5).await;
    let find = async |account, value: &str| {
        let keys = Keys {
            handles_of: [AccountId(account)].into(),
            handles: [(HandleKind::Mail, value.to_owned())].into(),
            ..Keys::default()
        };
        let mut found = store.load(&keys).await.expect("handles").handles;
        found.sort_by(|a, b| a.value.cmp(&b.value));
        found
    };
    let own = [handle(1, "a@x.org", true), handle(1, "b@x.org", true)];
    assert_eq!(find(1, "a@x.org").await, own);
    let rows = Rows {
        handles: vec![handle(2, "a@x.org", true), handle(1, "a@x.org", false)],
        ..Rows::default()
    };
    commit(&*store, &rows, 6).await;
    assert_eq!(find(1, "b@x.org").await, [handle(1, "b@x.org", true)]);
    assert_eq!(find(2, "").await.len(), 2);
}

/// Who is on the list counts, and every conversation; what others have does not.
pub async fn a_tally_counts_ones_own_list_and_conversations(place: &dyn Place) {
    let store = place.open().await;
    let rows = Rows {
        relations: vec![
            rows::relation(1, 2, true),
            rows::relation(1, 3, true),
            rows::relation(1, 4, false),
            rows::relation(2, 1, true),
        ],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(100, 2, &[(0, None)]),
            rows::member(101, 1, &[(0, Some(3))]),
            rows::member(102, 1, &[]),
        ],
        ..Rows::default()
    };
    commit(&*store, &rows, 5).await;
    let keys = Keys {
        tallies: [1, 2, 9].map(AccountId).into(),
        ..Keys::default()
    };
    let tally = |account, contacts, conversations| Tally {
        account: AccountId(account),
        contacts,
        conversations,
    };
    let found = store.load(&keys).await.expect("tallies").tallies;
    assert_eq!(found, [tally(1, 2, 3), tally(2, 1, 1), tally(9, 0, 0)]);
}

/// Other names, links, reports and what devices were called go; the account's row is written as it is.
pub async fn what_is_small_of_a_forgotten_account_goes_and_nothing_of_others(place: &dyn Place) {
    let store = place.open().await;
    let handle = |account, value: &str| Handle {
        account: AccountId(account),
        kind: HandleKind::Mail,
        value: value.to_owned(),
        on: true,
    };
    let group = |owner| ContactGroup {
        owner: AccountId(owner),
        slot: 1,
        name: "geese".to_owned(),
        members: vec![AccountId(9)],
    };
    let invite = |n, account| Link {
        account: AccountId(account),
        conversation: None,
        ..rows::link(n)
    };
    let report = |endpoint, account| CallReport {
        account: AccountId(account),
        ..rows::report(61, endpoint, 1)
    };
    let gone = Account {
        state: AccountState::Leaving,
        ..rows::account(1)
    };
    let all = Rows {
        accounts: vec![gone.clone(), rows::account(2)],
        handles: vec![handle(1, "a@x.org"), handle(2, "b@x.org")],
        contact_groups: vec![group(1), group(2)],
        links: vec![invite(21, 1), invite(22, 2), invite(23, 0)],
        devices: vec![rows::device(11, 1), rows::device(12, 2)],
        door_states: vec![
            rows::door_state(1, "msn", "a"),
            rows::door_state(2, "msn", "a"),
        ],
        relations: vec![rows::relation(1, 2, true), rows::relation(2, 1, true)],
        calls: vec![rows::call(61, 1, 2, CallEnd::Open)],
        reports: vec![report(11, 1), report(12, 2)],
        ..Rows::default()
    };
    commit(&*store, &all, 5).await;
    assert_eq!(store.leaving(100).await.expect("a list"), [AccountId(1)]);
    let forget = Rows {
        accounts: vec![Account {
            state: AccountState::Deleted,
            ..gone
        }],
        relations: vec![Relation::nothing(AccountId(1), AccountId(2))],
        forgotten: vec![AccountId(1)],
        ..Rows::default()
    };
    commit(&*store, &forget, 6).await;
    assert!(store.leaving(100).await.expect("a list").is_empty());

    let both = || BTreeSet::from([AccountId(1), AccountId(2)]);
    let keys = Keys {
        contact_groups: both(),
        invites_of: BTreeSet::from([AccountId(0), AccountId(1), AccountId(2)]),
        handles: ["a@x.org", "b@x.org"]
            .map(|value| (HandleKind::Mail, value.to_owned()))
            .into(),
        relations: [(AccountId(1), AccountId(2)), (AccountId(2), AccountId(1))].into(),
        devices: [DeviceId(11), DeviceId(12)].into(),
        ..Keys::default()
    };
    let mut found = store.load(&keys).await.expect("rows");
    assert_eq!(found.handles, [handle(2, "b@x.org")]);
    assert_eq!(found.contact_groups, [group(2)]);
    assert_eq!(found.relations, [rows::relation(2, 1, true)]);
    found.links.sort_by_key(|link| link.account);
    assert_eq!(found.links, [invite(23, 0), invite(22, 2)]);
    found.devices.sort_by_key(|device| device.id);
    assert_eq!(found.devices[0].label, "");
    assert_eq!(found.devices[1], rows::device(12, 2));
    let states = async |account| {
        let found = store.door_states(AccountId(account), "msn", "").await;
        found.expect("states").len()
    };
    assert_eq!((states(1).await, states(2).await), (0, 1));
    let reports = store.reports(CallId(61)).await.expect("reports");
    assert_eq!(reports, [report(12, 2)]);

    let mut page = store.invites([0; 32], 1).await.expect("a page");
    let last = page[0].token_hash;
    page.extend(store.invites(last, 10).await.expect("the rest"));
    let mut both = [invite(22, 2), invite(23, 0)];
    both.sort_by_key(|link| link.token_hash);
    assert_eq!(page, both);
    assert!(store.size().await.expect("a size") > 0);
}
