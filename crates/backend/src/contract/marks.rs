//! What belongs to messages: reactions, who is named in them, their other names, and what is unread.

use std::sync::Arc;

use hub::id::*;
use hub::model::*;
use hub::store::{Around, Keys, Rows, Store, Unread};

use super::{Place, commit, rows};

fn named(account: i64, message: i64, on: bool) -> Mention {
    Mention {
        conversation: ConversationId(100),
        account: AccountId(account),
        message: Pos(message),
        on,
    }
}

/// 1 and 2 in conversation 100, where 2 has written these.
fn talk(messages: Vec<Message>) -> Rows {
    Rows {
        accounts: vec![rows::account(1), rows::account(2)],
        devices: vec![rows::device(1, 1), rows::device(2, 2)],
        conversations: vec![rows::conversation(100, &[1, 2], 20)],
        members: vec![
            rows::member(100, 1, &[(0, None)]),
            rows::member(100, 2, &[(0, None)]),
        ],
        messages: messages.into_iter().map(Arc::new).collect(),
        ..Rows::default()
    }
}

fn edit(batch: &mut Rows, index: usize) -> &mut Message {
    Arc::make_mut(&mut batch.messages[index])
}

fn from_bob(ids: impl IntoIterator<Item = i64>) -> Vec<Message> {
    ids.into_iter()
        .map(|id| rows::message(id, 100, 2))
        .collect()
}

async fn unread(store: &dyn Store, account: i64) -> Unread {
    let id = ConversationId(100);
    let asked = [id, ConversationId(7)].into();
    let found = store.unread(AccountId(account), &asked).await;
    let found = found.expect("an answer");
    let view = store.conversation(AccountId(account), id).await;
    let view = view.expect("an answer").expect("a member");
    assert_eq!(found, [(id, view.unread)], "both readings agree");
    view.unread
}

/// One by one, and all of a message that was removed; those of other messages stay.
pub async fn reactions_go_one_by_one_and_with_their_message(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talk(from_bob(10..=11));
    batch.reactions = vec![
        rows::reaction(10, 1, "a"),
        rows::reaction(10, 1, "b"),
        rows::reaction(10, 2, "a"),
        rows::reaction(11, 1, "a"),
    ];
    commit(&*store, &batch, 20).await;
    let gone = Rows {
        reactions: vec![
            Reaction {
                at: Timestamp(0),
                ..rows::reaction(10, 1, "a")
            },
            Reaction {
                at: Timestamp(0),
                ..rows::reaction(10, 3, "never was")
            },
        ],
        ..Rows::default()
    };
    commit(&*store, &gone, 21).await;
    let keys = Keys {
        reactions: [Pos(10), Pos(11)].into(),
        ..Keys::default()
    };
    let kept = store.load(&keys).await.expect("rows").reactions;
    assert_eq!(kept, batch.reactions[1..]);
    let removed = Rows {
        messages: vec![
            Message {
                deleted: true,
                ..rows::message(10, 100, 2)
            }
            .into(),
        ],
        ..Rows::default()
    };
    commit(&*store, &removed, 22).await;
    let kept = store.load(&keys).await.expect("rows").reactions;
    assert_eq!(kept, batch.reactions[3..]);
}

/// By stamp, and by what any device of its author called it, signed out or not.
pub async fn a_message_is_found_by_its_other_names(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talk(from_bob(10..=12));
    batch.devices.push(Device {
        revoked: Some(Pos(9)),
        ..rows::device(3, 2)
    });
    edit(&mut batch, 1).device = DeviceId(3);
    commit(&*store, &batch, 20).await;
    let find = async |stamps: &[(i64, i64)], authored: &[(i64, &str)]| {
        let keys = Keys {
            stamps: stamps
                .iter()
                .map(|&(conversation, stamp)| (ConversationId(conversation), Timestamp(stamp)))
                .collect(),
            authored: authored
                .iter()
                .map(|&(author, name)| (AccountId(author), rows::client(name)))
                .collect(),
            ..Keys::default()
        };
        let found = store.load(&keys).await.expect("rows").messages;
        let mut ids: Vec<i64> = found.iter().map(|message| message.id.0).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(
        find(&[(100, 10), (100, 12), (101, 11)], &[]).await,
        [10, 12]
    );
    assert_eq!(
        find(&[], &[(2, "c10"), (2, "c11"), (1, "c12"), (2, "c99")]).await,
        [10, 11]
    );
    assert_eq!(
        find(&[(100, 11), (100, 10)], &[(2, "c11")]).await,
        [10, 11],
        "found once"
    );
}

/// Those that name the reader or everybody, above the mark, not one's own, not removed ones, not what one may not see.
pub async fn what_names_somebody_is_counted_apart(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talk(from_bob(10..=18));
    batch.members[0].read = Some(Upto {
        message: Pos(10),
        stamp: Timestamp(10),
    });
    edit(&mut batch, 3).deleted = true;
    edit(&mut batch, 4).hidden_from = Some(AccountId(1));
    edit(&mut batch, 5).author = AccountId(1);
    batch.mentions = vec![
        named(1, 10, true),
        named(1, 12, true),
        named(0, 12, true),
        named(1, 13, true),
        named(1, 14, true),
        named(0, 15, true),
        named(2, 16, true),
        named(0, 17, true),
        named(1, 18, true),
    ];
    commit(&*store, &batch, 20).await;
    let seen = Unread {
        messages: 5,
        mentions: 3,
        mentioned: Some(Pos(12)),
    };
    assert_eq!(unread(&*store, 1).await, seen, "12, 17, 18");
    let theirs = Unread {
        messages: 1,
        mentions: 1,
        mentioned: Some(Pos(15)),
    };
    assert_eq!(unread(&*store, 2).await, theirs, "15 names everybody");

    // Whoever is not named any more, after an edit.
    let edited = Rows {
        mentions: vec![
            named(1, 12, false),
            named(0, 12, false),
            named(1, 11, false),
        ],
        ..Rows::default()
    };
    commit(&*store, &edited, 21).await;
    let seen = Unread {
        mentions: 2,
        mentioned: Some(Pos(17)),
        ..seen
    };
    assert_eq!(unread(&*store, 1).await, seen);
}

/// However much names everybody while somebody was away, and whatever they wrote themselves: it takes no place of what they may see.
pub async fn what_somebody_may_not_see_takes_no_place_of_what_names_them(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talk(from_bob(
        (11..=1_011).chain(5_001..=5_001).chain(6_000..=7_001),
    ));
    for own in batch
        .messages
        .iter_mut()
        .filter(|m| (6_000..=7_000).contains(&m.id.0))
    {
        Arc::make_mut(own).author = AccountId(1);
    }
    batch.members[0] = rows::member(100, 1, &[(0, Some(10)), (5_000, None)]);
    batch.mentions = (batch.messages.iter())
        .map(|message| named(0, message.id.0, true))
        .collect();
    commit(&*store, &batch, 7_001).await;
    let seen = Unread {
        messages: 2,
        mentions: 2,
        mentioned: Some(Pos(5_001)),
    };
    assert_eq!(unread(&*store, 1).await, seen, "5,001 and 7,001");
}

/// The oldest unread one in the middle; the newest page once all is read.
pub async fn the_first_unread_message_is_where_one_goes_on(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talk(from_bob(10..=18));
    edit(&mut batch, 2).author = AccountId(1);
    edit(&mut batch, 3).deleted = true;
    edit(&mut batch, 4).device = DeviceId(0);
    edit(&mut batch, 5).hidden_from = Some(AccountId(1));
    let page = async |store: &dyn Store| {
        let (id, around) = (ConversationId(100), Around::Unread);
        let page = store.messages(AccountId(1), id, around, 2).await;
        let page = page.expect("a page");
        let ids: Vec<i64> = page.messages.iter().map(|m| m.id.0).collect();
        (ids, page.earlier, page.later)
    };
    for (read, shown) in [
        (None, (vec![10, 11], false, true)),
        (Some(10), (vec![10, 11], false, true)),
        (Some(11), (vec![14, 16], true, true)),
        (Some(18), (vec![17, 18], true, false)),
    ] {
        batch.members[0].read = read.map(|id| Upto {
            message: Pos(id),
            stamp: Timestamp(id),
        });
        commit(&*store, &batch, 20).await;
        assert_eq!(page(&*store).await, shown, "read up to {read:?}");
    }
}

/// By windows, by what one cleared, by what was trimmed and by what one is kept from; removed ones are.
pub async fn only_what_somebody_may_see_is_visible(place: &dyn Place) {
    let store = place.open().await;
    let mut batch = talk(from_bob(10..=18));
    batch.members[0].windows = vec![
        Window {
            from: Pos(0),
            until: Some(Pos(15)),
        },
        Window {
            from: Pos(17),
            until: None,
        },
    ];
    batch.members[0].own.cleared = Pos(11);
    batch.conversations[0].trimmed = Pos(11);
    edit(&mut batch, 3).deleted = true;
    edit(&mut batch, 4).hidden_from = Some(AccountId(1));
    commit(&*store, &batch, 20).await;
    let all = (9..=19).map(Pos).collect();
    for (account, expected) in [
        (1, vec![12, 13, 17, 18]),
        (2, (11..=18).collect()),
        (3, vec![]),
    ] {
        let found = store.visible(AccountId(account), &all).await;
        let mut ids: Vec<i64> = found.expect("rows").iter().map(|m| m.id.0).collect();
        ids.sort_unstable();
        assert_eq!(ids, expected, "as {account}");
    }
    let none = store.visible(AccountId(1), &[].into()).await;
    assert_eq!(none.expect("rows"), []);
}
