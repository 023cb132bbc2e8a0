//! Rows go in and come back.

use std::sync::Arc;

use hub::id::*;
use hub::model::*;
use hub::store::{Keys, Rows, Store, StoreError};

use super::{Place, commit, rows};

/// Asks for all these rows.
pub(super) fn keys_of(rows: &Rows) -> Keys {
    Keys {
        accounts: rows.accounts.iter().map(|row| row.id).collect(),
        secrets: rows.secrets.iter().map(|row| row.account).collect(),
        devices: rows.devices.iter().map(|row| row.id).collect(),
        relations: rows
            .relations
            .iter()
            .map(|row| (row.owner, row.other))
            .collect(),
        conversations: rows.conversations.iter().map(|row| row.id).collect(),
        rosters: rows.conversations.iter().map(|row| row.id).collect(),
        messages: rows.messages.iter().map(|row| row.id).collect(),
        calls: rows.calls.iter().map(|row| row.id).collect(),
        handles: rows
            .handles
            .iter()
            .map(|row| (row.kind, row.value.clone()))
            .collect(),
        contact_groups: rows.contact_groups.iter().map(|row| row.owner).collect(),
        reactions: rows.reactions.iter().map(|row| row.message).collect(),
        objects: rows.objects.iter().map(|row| row.id).collect(),
        grants: rows.grants.iter().map(|row| row.object).collect(),
        usages: rows.usages.iter().map(|row| row.owner).collect(),
        links: rows.links.iter().map(|row| row.token_hash).collect(),
        abuse_reports: rows.abuse_reports.iter().map(|row| row.id).collect(),
        ..Keys::default()
    }
}

/// One of each kind, and where a field may be absent another without it.
pub(super) fn one_of_each() -> Rows {
    let bare_account = Account {
        picture: None,
        owner: None,
        chosen: None,
        chosen_until: None,
        mood: String::new(),
        strangers: Strangers::default(),
        privacy: Privacy::default(),
        receipts: false,
        ..rows::account(2)
    };
    let mut secret = Secret {
        account: AccountId(1),
        kind: SecretKind::Password,
        spelling: String::new(),
        hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into(),
    };
    let derived = Secret {
        kind: SecretKind::Derived,
        spelling: "msn ana@x.org".into(),
        ..secret.clone()
    };
    secret.kind = SecretKind::Recovery;
    let bare_device = Device {
        public_key: None,
        revoked: Some(Pos(9)),
        ..rows::device(12, 1)
    };
    let mut read = rows::member(102, 1, &[(1, Some(5)), (7, None)]);
    read.read = Some(Upto {
        message: Pos(50),
        stamp: Timestamp(50),
    });
    let named = Conversation {
        picture: None,
        last_message: None,
        policy: String::new(),
        ..rows::conversation(102, &[], 9)
    };
    let bare_message = Message {
        reply_to: None,
        expires: None,
        hints: Vec::new(),
        sent_earlier: None,
        edited: None,
        deleted: true,
        hidden_from: Some(AccountId(2)),
        forwarded: None,
        reacted: false,
        ..rows::message(51, 102, 2)
    };
    let bare_call = CallRow {
        answered: None,
        marks: Vec::new(),
        unheard: true,
        ..rows::call(62, 2, 1, CallEnd::Open)
    };
    Rows {
        accounts: vec![rows::account(1), bare_account],
        secrets: vec![secret, derived],
        handles: vec![
            Handle {
                account: AccountId(1),
                kind: HandleKind::Mail,
                value: "ana@x.org".into(),
                on: true,
            },
            Handle {
                account: AccountId(1),
                kind: HandleKind::Phone,
                value: "+351123".into(),
                on: true,
            },
        ],
        devices: vec![rows::device(11, 1), bare_device],
        relations: vec![
            rows::relation(1, 2, true),
            Relation {
                since: Timestamp(31),
                ..Relation::nothing(AccountId(2), AccountId(1))
            },
        ],
        contact_groups: vec![ContactGroup {
            owner: AccountId(1),
            slot: 100,
            name: "Family".into(),
            members: vec![AccountId(2), AccountId(i64::MAX)],
        }],
        conversations: vec![rows::conversation(101, &[1, 2], 50), named],
        members: vec![
            rows::member(101, 1, &[(0, None)]),
            rows::member(101, 2, &[]),
            read,
        ],
        messages: vec![rows::message(50, 101, 1).into(), bare_message.into()],
        reactions: vec![
            rows::reaction(50, 1, "\u{1f44d}"),
            rows::reaction(50, 2, "heart"),
        ],
        objects: vec![
            rows::object(71),
            Object {
                mime: String::new(),
                sha256: None,
                sent: None,
                width: None,
                height: None,
                preview: false,
                state: ObjectState::Uploading,
                idle: None,
                ..rows::object(72)
            },
        ],
        grants: vec![Grant {
            object: ObjectId(71),
            stream: StreamId(101),
            message: Pos(50),
            on: true,
        }],
        usages: vec![Usage {
            owner: AccountId(92),
            bytes: 5_000_000_000,
            objects: 2,
        }],
        links: vec![
            rows::link(81),
            Link {
                conversation: None,
                expires: None,
                uses_left: None,
                ..rows::link(82)
            },
        ],
        calls: vec![rows::call(61, 1, 2, CallEnd::Completed), bare_call],
        abuse_reports: vec![
            rows::abuse_report(83, 1),
            AbuseReport {
                text: String::new(),
                quotes: Vec::new(),
                closed: Some(Timestamp(103)),
                ..rows::abuse_report(84, 2)
            },
        ],
        ..Rows::default()
    }
}

/// Every field of every kind.
pub async fn every_kind_of_row_comes_back_as_it_was_saved(place: &dyn Place) {
    let store = place.open().await;
    let mut saved = one_of_each();
    let keys = keys_of(&saved);
    let reports = vec![
        rows::report(61, 1, 5),
        CallReport {
            signature: None,
            ..rows::report(61, 2, 6)
        },
    ];
    let states = vec![
        rows::door_state(1, "msn", "card"),
        rows::door_state(1, "msn", "serial"),
    ];
    saved.reports.clone_from(&reports);
    saved.door_states.clone_from(&states);
    commit(&*store, &saved, 60).await;
    saved.reports.clear();
    saved.door_states.clear();

    let mut found = store.load(&keys).await.expect("rows");
    sort(&mut found);
    sort(&mut saved);
    assert_eq!(found, saved);
    assert_eq!(store.reports(CallId(61)).await.expect("reports"), reports);
    assert_eq!(
        store
            .door_states(AccountId(1), "msn", "")
            .await
            .expect("states"),
        states
    );

    every_body_comes_back(&*store).await;
}

async fn every_body_comes_back(store: &dyn Store) {
    let words = Rich(vec![
        Block::Quote {
            author: Some(AccountId(1)),
            message: Some(Pos(2)),
            blocks: vec![Block::Code("let x = \"<b>\";\n".into())],
        },
        Block::List {
            ordered: true,
            items: vec![vec![Block::Paragraph(vec![Inline::Break])]],
        },
        Block::Paragraph(vec![
            Inline::Bold(vec![Inline::Italic(vec![Inline::Strike(vec![
                Inline::Mono("m".into()),
            ])])]),
            Inline::Link {
                href: "https://x.org/?a=1&b".into(),
                inline: vec![Inline::Text("x".into())],
            },
            Inline::Mention {
                account: None,
                name: "all".into(),
            },
            Inline::Emoticon("goose".into()),
        ]),
    ]);
    let bodies = [
        Body::Text(words.clone()),
        Body::Objects(vec![ObjectId(i64::MAX)], words.clone()),
        Body::Contacts(vec![AccountId(1)]),
        Body::Location {
            lat: -38_700_000,
            lon: 9_140_000,
            words: words.clone(),
        },
        Body::Nudge,
        Body::Call(CallKey([255; 16])),
        Body::System(SystemLine::BecameContacts),
        Body::Card {
            json: "{}".into(),
            words: words.clone(),
        },
        Body::Foreign {
            door: "msn".into(),
            kind: "ink".into(),
            bytes: vec![0, 255],
            plain: words,
        },
    ];
    let messages: Vec<Arc<Message>> = bodies
        .into_iter()
        .zip(100..)
        .map(|(body, id)| Message {
            body,
            ..rows::message(id, 101, 1)
        })
        .map(Arc::new)
        .collect();
    commit(
        store,
        &Rows {
            messages: messages.clone(),
            ..Rows::default()
        },
        200,
    )
    .await;
    let keys = Keys {
        messages: messages.iter().map(|m| m.id).collect(),
        ..Keys::default()
    };
    let mut found = store.load(&keys).await.expect("messages").messages;
    found.sort_by_key(|message| message.id);
    assert_eq!(found, messages);
}

/// Loading promises no order.
pub(super) fn sort(rows: &mut Rows) {
    rows.accounts.sort_by_key(|row| row.id);
    rows.secrets
        .sort_by_key(|row| (row.account, row.kind, row.spelling.clone()));
    rows.handles
        .sort_by_key(|row| (row.kind, row.value.clone()));
    rows.devices.sort_by_key(|row| row.id);
    rows.relations.sort_by_key(|row| (row.owner, row.other));
    rows.contact_groups.sort_by_key(|row| (row.owner, row.slot));
    rows.conversations.sort_by_key(|row| row.id);
    rows.members
        .sort_by_key(|row| (row.conversation, row.account));
    rows.messages.sort_by_key(|row| row.id);
    rows.reactions
        .sort_by_key(|row| (row.message, row.account, row.key.clone()));
    rows.objects.sort_by_key(|row| row.id);
    rows.grants
        .sort_by_key(|row| (row.object, row.stream, row.message));
    rows.usages.sort_by_key(|row| row.owner);
    rows.links.sort_by_key(|row| row.token_hash);
    rows.abuse_reports.sort_by_key(|row| row.id);
    rows.calls.sort_by_key(|row| row.id);
}

/// By every kind of key, in a store that holds something else.
pub async fn what_is_not_there_is_absent_and_no_error(place: &dyn Place) {
    let store = place.open().await;
    commit(&*store, &one_of_each(), 60).await;
    let keys = Keys {
        accounts: [AccountId(99), AccountId(1)].into(),
        names: ["nobody".to_owned(), "name-1".to_owned()].into(),
        secrets: [AccountId(99)].into(),
        devices: [DeviceId(99)].into(),
        devices_of: [AccountId(1), AccountId(99)].into(),
        relations: [(AccountId(1), AccountId(99))].into(),
        conversations: [ConversationId(99)].into(),
        members: [
            (ConversationId(101), AccountId(99)),
            (ConversationId(99), AccountId(1)),
        ]
        .into(),
        rosters: [ConversationId(99)].into(),
        links_to: [ConversationId(99)].into(),
        casts: [
            CastKey::of(&[AccountId(1)]),
            CastKey::of(&[AccountId(2), AccountId(1)]),
        ]
        .into(),
        messages: [Pos(99)].into(),
        clients: [
            (DeviceId(1), rows::client("c99")),
            (DeviceId(2), rows::client("c50")),
            (DeviceId(1), rows::client("c50")),
        ]
        .into(),
        stamps: [(ConversationId(101), Timestamp(51))].into(),
        authored: [(AccountId(1), rows::client("c50"))].into(),
        calls: [CallId(99)].into(),
        call_keys: [CallKey([1; 16]), rows::call(61, 1, 2, CallEnd::Open).key].into(),
        handles: [(HandleKind::Former, "ana@x.org".to_owned())].into(),
        handles_of: [AccountId(99)].into(),
        bots_of: [AccountId(99)].into(),
        door_states: [(AccountId(99), "msn".to_owned(), "a".to_owned())].into(),
        door_rooms: [].into(),
        contact_groups: [AccountId(99)].into(),
        reactions: [Pos(99)].into(),
        objects: [ObjectId(99)].into(),
        object_clients: [
            (DeviceId(97), rows::client("o71")),
            (DeviceId(98), rows::client("o71")),
        ]
        .into(),
        grants: [ObjectId(99)].into(),
        usages: [AccountId(99)].into(),
        links: [rows::hash(99)].into(),
        invites_of: [AccountId(99)].into(),
        tallies: [].into(),
        abuse_reports: [ReportId(99)].into(),
        abuse_reports_by: [AccountId(99)].into(),
    };
    let found = store.load(&keys).await.expect("no error");
    assert_eq!(
        found.accounts,
        [rows::account(1)],
        "asked for by id and by name, found once"
    );
    assert_eq!(
        found.devices,
        [rows::device(11, 1)],
        "the one that was not signed out"
    );
    assert_eq!(found.conversations, [rows::conversation(101, &[1, 2], 50)]);
    assert_eq!(found.members.len(), 2, "a cast comes with its members");
    assert_eq!(found.messages, [Arc::new(rows::message(50, 101, 1))]);
    assert_eq!(found.calls.len(), 1);
    assert_eq!(found.objects, [rows::object(71)], "by its device's name");
    let rest = Rows {
        objects: Vec::new(),
        accounts: Vec::new(),
        devices: Vec::new(),
        conversations: Vec::new(),
        members: Vec::new(),
        messages: Vec::new(),
        calls: Vec::new(),
        ..found
    };
    assert_eq!(rest, Rows::default());
    assert_eq!(
        store.load(&Keys::default()).await.expect("no error"),
        Rows::default()
    );
}

/// More than one statement can take, and no round number.
pub async fn many_rows_of_one_batch_all_come_back(place: &dyn Place) {
    let store = place.open().await;
    let messages: Vec<Arc<Message>> = (1..=777)
        .map(|id| rows::message(id, 101, 1).into())
        .collect();
    commit(
        &*store,
        &Rows {
            messages: messages.clone(),
            ..Rows::default()
        },
        777,
    )
    .await;
    let keys = Keys {
        messages: (0..=900).map(Pos).collect(),
        ..Keys::default()
    };
    let mut found = store.load(&keys).await.expect("messages").messages;
    found.sort_by_key(|message| message.id);
    assert!(
        found == messages,
        "{} of {} came back",
        found.len(),
        messages.len()
    );
}

/// Closing is clean, closing twice too, and whoever still asks is told.
pub async fn a_store_that_was_closed_opens_again_with_everything(place: &dyn Place) {
    let store = place.open().await;
    let mut saved = one_of_each();
    commit(&*store, &saved, 60).await;
    store.close().await.expect("closed");
    store.close().await.expect("closed already");
    assert!(matches!(store.head().await, Err(StoreError::Away(_))));
    assert!(matches!(
        store.begin().await.err(),
        Some(StoreError::Away(_))
    ));
    let store = place.open().await;
    let mut found = store.load(&keys_of(&saved)).await.expect("rows");
    sort(&mut found);
    sort(&mut saved);
    assert_eq!(found, saved);
    assert_eq!(store.head().await.expect("head"), Pos(60));
}
