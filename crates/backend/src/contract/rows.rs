//! Rows to test with: one of each kind, with no field at its default.

use hub::id::{
    AccountId, CallId, CallKey, ClientId, ConversationId, DeviceId, EndpointId, ObjectId, Pos,
    ReportId, StreamId, Timestamp,
};
use hub::model::*;
use hub::store::{Change, ChangeKind};

/// An account with this id; its name follows from it.
#[must_use]
pub fn account(id: i64) -> Account {
    Account {
        id: AccountId(id),
        name: format!("name-{id}"),
        display: format!("Ana \u{1f986} {id}"),
        mood: "flying south".into(),
        about: "two\nlines, ünï, 'quoted' \"twice\"".into(),
        picture: Some(ObjectId(id + 1)),
        kind: AccountKind::Bot,
        owner: Some(AccountId(7)),
        state: AccountState::Active,
        raised: true,
        chosen: Some(Availability::Invisible),
        chosen_until: Some(Timestamp(99)),
        strangers: Strangers {
            see: true,
            write: false,
            call: true,
        },
        privacy: Privacy {
            last_seen: Shown::Nobody,
            picture: Shown::Everyone,
            mood: Shown::Contacts,
        },
        receipts: true,
        language: "pt-BR".into(),
        head: Pos(3),
        profile_pos: Pos(0),
        delivered: Pos(2),
        created: Timestamp(11),
        last_seen: Timestamp(12),
    }
}

/// A device of an account.
#[must_use]
pub fn device(id: i64, account: i64) -> Device {
    Device {
        id: DeviceId(id),
        account: AccountId(account),
        label: "Firefox on the kitchen table".into(),
        kind: DeviceKind::Phone,
        token_hash: hash(id),
        public_key: Some(hash(-id)),
        acked: Pos(5),
        created: Timestamp(21),
        last_used: Timestamp(22),
        revoked: None,
    }
}

/// 32 bytes that are different for every number.
#[must_use]
pub fn hash(n: i64) -> [u8; 32] {
    let mut bytes = [0xa5; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// What `owner` holds of `other`.
#[must_use]
pub fn relation(owner: i64, other: i64, listed: bool) -> Relation {
    Relation {
        listed,
        standing: Standing::Allowed,
        dismissed: true,
        greeting: "it is me".into(),
        nickname: "Bo".into(),
        note: "met in Porto".into(),
        favourite: true,
        since: Timestamp(31),
        ..Relation::nothing(AccountId(owner), AccountId(other))
    }
}

/// A conversation; a cast if `people` are given.
#[must_use]
pub fn conversation(id: i64, people: &[i64], head: i64) -> Conversation {
    let people: Vec<AccountId> = people.iter().copied().map(AccountId).collect();
    let cast = (!people.is_empty()).then(|| CastKey::of(&people));
    let count = people.len();
    Conversation {
        id: ConversationId(id),
        kind: if cast.is_some() {
            ConversationKind::Cast
        } else {
            ConversationKind::Named
        },
        cast,
        title: "Flock".into(),
        picture: Some(ObjectId(41)),
        policy: r#"{"post":"all"}"#.into(),
        head: Pos(head),
        last_message: Some(Pos(head)),
        last_stamp: Timestamp(head),
        trimmed: Pos(0),
        people: i32::try_from(count).unwrap_or(0),
        created: Timestamp(42),
    }
}

/// Somebody in a conversation, who may see these windows.
#[must_use]
pub fn member(conversation: i64, account: i64, windows: &[(i64, Option<i64>)]) -> Member {
    let window = |&(from, until): &(i64, Option<i64>)| Window {
        from: Pos(from),
        until: until.map(Pos),
    };
    Member {
        conversation: ConversationId(conversation),
        account: AccountId(account),
        state: MemberState::In,
        role: Role::Admin,
        read: None,
        own: OwnSettings {
            muted_until: Some(Timestamp(51)),
            pinned: true,
            archived: true,
            draft: "to be".into(),
            cleared: Pos(0),
        },
        windows: windows.iter().map(window).collect(),
    }
}

/// A message of `author`, written with the device of the same number; its stamp is its id.
#[must_use]
pub fn message(id: i64, conversation: i64, author: i64) -> Message {
    Message {
        id: Pos(id),
        conversation: ConversationId(conversation),
        author: AccountId(author),
        device: DeviceId(author),
        client: client(&format!("c{id}")),
        stamp: Timestamp(id),
        body: Body::Text(Rich::plain("hello\n\nworld")),
        reply_to: Some(Pos(id - 1)),
        expires: Some(Timestamp(61)),
        hints: vec![0, 1, 255],
        digest: hash(id),
        sent_earlier: Some(Timestamp(62)),
        edited: Some(Timestamp(63)),
        deleted: false,
        hidden_from: None,
        forwarded: Some(Forwarded {
            author: AccountId(64),
            name: "Eva \u{1f986}".into(),
            stamp: Timestamp(65),
        }),
        reacted: true,
    }
}

/// A device's own name for a thing.
///
/// # Panics
/// If it is empty or longer than 64 bytes.
#[must_use]
pub fn client(text: &str) -> ClientId {
    ClientId::new(text).expect("1 to 64 bytes")
}

/// Something that changed.
#[must_use]
pub fn change(stream: impl Into<StreamId>, kind: ChangeKind, what: i64, pos: i64) -> Change {
    Change {
        stream: stream.into(),
        kind,
        what,
        pos: Pos(pos),
    }
}

/// A call that is over, unless `end` says that it is open.
#[must_use]
pub fn call(id: i64, caller: i64, callee: i64, end: CallEnd) -> CallRow {
    let mut key = [9; 16];
    key[..8].copy_from_slice(&id.to_be_bytes());
    let mark = CallMark {
        name: "ring".into(),
        side: CallSide::Server,
        at: Timestamp(71),
        count: 2,
    };
    CallRow {
        id: CallId(id),
        key: CallKey(key),
        conversation: ConversationId(72),
        caller: AccountId(caller),
        callee: AccountId(callee),
        owner: 3,
        video: true,
        started: Timestamp(73),
        answered: Some(Timestamp(74)),
        ended: (end != CallEnd::Open).then_some(Timestamp(75)),
        end,
        marks: vec![mark],
        reports: 2,
        unheard: false,
        relay_only: id % 2 == 1,
    }
}

/// An end's report of a call.
#[must_use]
pub fn report(call: i64, endpoint: i64, received: i64) -> CallReport {
    CallReport {
        call: CallId(call),
        account: AccountId(81),
        endpoint: EndpointId(endpoint),
        received: Timestamp(received),
        format: 1,
        text: r#"{"skein_report":1, "odd  spacing" : true}"#.into(),
        signature: Some(vec![1; 64]),
    }
}

/// Somebody's reaction.
#[must_use]
pub fn reaction(message: i64, account: i64, key: &str) -> Reaction {
    Reaction {
        message: Pos(message),
        account: AccountId(account),
        key: key.into(),
        at: Timestamp(91),
    }
}

/// A file.
#[must_use]
pub fn object(id: i64) -> Object {
    Object {
        id: ObjectId(id),
        owner: AccountId(92),
        device: DeviceId(97),
        client: client(&format!("o{id}")),
        digest: hash(id + 1),
        name: "goose.png".into(),
        size: 5_000_000_000,
        mime: "image/png".into(),
        sha256: Some(hash(id)),
        sent: Some(hash(id + 2)),
        width: Some(640),
        height: Some(480),
        preview: true,
        state: ObjectState::Ready,
        created: Timestamp(93),
        idle: Some(Timestamp(98)),
    }
}

/// An invitation.
#[must_use]
pub fn link(n: i64) -> Link {
    Link {
        token_hash: hash(n),
        account: AccountId(94),
        conversation: Some(ConversationId(95)),
        expires: Some(Timestamp(96)),
        uses_left: Some(3),
        approval: true,
    }
}

/// A report to the operator.
#[must_use]
pub fn abuse_report(id: i64, reporter: i64) -> AbuseReport {
    AbuseReport {
        id: ReportId(id),
        reporter: AccountId(reporter),
        device: DeviceId(reporter),
        client: client(&format!("r{id}")),
        about: AccountId(99),
        reason: AbuseReason::Impersonation,
        text: "says it is my bank".into(),
        quotes: vec![AbuseQuote {
            message: Pos(100),
            author: AccountId(99),
            stamp: Timestamp(101),
            words: "your \u{1f986} 'password'".into(),
        }],
        created: Timestamp(102),
        closed: None,
    }
}

/// A door's own bytes.
#[must_use]
pub fn door_state(account: i64, door: &str, key: &str) -> DoorState {
    DoorState {
        account: AccountId(account),
        door: door.into(),
        key: key.into(),
        value: vec![0, 200, 13, 10],
        seen_by: SeenBy::Contacts,
    }
}
