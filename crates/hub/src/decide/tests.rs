//! The rows that a batch has loaded, and what is asked for at once.

use super::*;
use crate::id::Mint;
use crate::model::{AccountKind, Device, DeviceKind, Privacy, Strangers};
use crate::store::{Keys, Rows, Tally};

pub(crate) fn account(id: i64) -> Account {
    Account {
        id: AccountId(id),
        name: format!("name{id}"),
        display: String::new(),
        mood: String::new(),
        about: String::new(),
        picture: None,
        kind: AccountKind::Person,
        owner: None,
        state: AccountState::Active,
        raised: false,
        chosen: None,
        chosen_until: None,
        strangers: Strangers {
            see: true,
            write: true,
            call: true,
        },
        privacy: Privacy::default(),
        receipts: true,
        language: "en".into(),
        head: Pos(0),
        profile_pos: Pos(0),
        delivered: Pos(0),
        created: Timestamp(0),
        last_seen: Timestamp(0),
    }
}

fn device(id: i64, of: i64) -> Device {
    Device {
        id: DeviceId(id),
        account: AccountId(of),
        label: String::new(),
        kind: DeviceKind::Other,
        token_hash: [0; 32],
        public_key: None,
        acked: Pos(0),
        created: Timestamp(0),
        last_used: Timestamp(0),
        revoked: None,
    }
}

pub(super) fn world() -> World {
    World::default().begin(Pos(0), Timestamp(1_000), Mint::new(1, Pos(0)))
}

#[test]
fn a_conversation_of_twenty_asks_for_its_people_at_once() {
    let mut world = world();
    let who = Identity {
        account: AccountId(1),
        device: DeviceId(1),
    };
    let work = Work::Open(who, Target::Cast((2..=20).map(AccountId).collect()));
    for _ in 0..4 {
        match decide(&world, &work) {
            Ok(_) => return,
            Err(Fault::Need(keys)) => {
                let nothing = |id: &AccountId| Tally {
                    account: *id,
                    contacts: 0,
                    conversations: 0,
                };
                let rows = Rows {
                    accounts: keys.accounts.iter().map(|id| account(id.0)).collect(),
                    tallies: keys.tallies.iter().map(nothing).collect(),
                    ..Rows::default()
                };
                world.learn(&keys, rows);
            }
            Err(Fault::Refused(error)) => panic!("{error}"),
        }
    }
    panic!("more than four rounds");
}

#[test]
fn what_a_hundred_devices_acknowledge_is_asked_for_at_once() {
    let mut world = world();
    let ack = |n| {
        let who = Identity {
            account: AccountId(n),
            device: DeviceId(n),
        };
        (who, Pos(1), Timestamp(1))
    };
    let work = Work::Acknowledge((1..=100).map(ack).collect());
    let Err(Fault::Need(keys)) = decide(&world, &work) else {
        panic!("nobody is known");
    };
    let rows = Rows {
        accounts: keys.accounts.iter().map(|id| account(id.0)).collect(),
        devices: keys.devices.iter().map(|id| device(id.0, id.0)).collect(),
        ..Rows::default()
    };
    world.learn(&keys, rows);
    let (effects, _) = decide(&world, &work).expect("one question is enough");
    assert_eq!(effects.rows.devices.len(), 100);
    assert_eq!(effects.rows.accounts.len(), 100);
}

#[test]
fn what_a_batch_changed_is_not_forgotten_for_what_the_store_has() {
    let mut world = world();
    let keys = Keys {
        accounts: [AccountId(1)].into(),
        ..Keys::default()
    };
    let stored = || Rows {
        accounts: vec![account(1)],
        ..Rows::default()
    };
    world.learn(&keys, stored());
    let mut fx = world.effects();
    fx.rows.accounts.push(Account {
        mood: "new".into(),
        ..account(1)
    });
    world.apply(&fx);
    // The same row comes along with another question.
    let by_name = Keys {
        names: ["name1".to_owned()].into(),
        ..Keys::default()
    };
    world.learn(&by_name, stored());
    let mood = world
        .account(AccountId(1))
        .expect("known")
        .map(|a| a.mood.as_str());
    assert_eq!(mood, Some("new"));
}

#[test]
fn devices_that_are_known_singly_are_found_among_all() {
    let mut world = world();
    let rows = || Rows {
        devices: vec![device(5, 1)],
        ..Rows::default()
    };
    let single = Keys {
        devices: [DeviceId(5)].into(),
        ..Keys::default()
    };
    world.learn(&single, rows());
    let all = Keys {
        devices_of: [AccountId(1)].into(),
        ..Keys::default()
    };
    world.learn(&all, rows());
    assert_eq!(world.devices_of(AccountId(1)).expect("known").len(), 1);
}

#[test]
fn what_a_batch_has_made_is_found_by_every_name() {
    let mut world = world();
    let client = ClientId::new("n").expect("short");
    let message = std::sync::Arc::new(crate::model::Message {
        id: Pos(7),
        conversation: ConversationId(5),
        author: AccountId(1),
        device: DeviceId(2),
        client: client.clone(),
        stamp: Timestamp(9),
        body: Body::Text(crate::model::Rich::plain("x")),
        reply_to: None,
        expires: None,
        hints: Vec::new(),
        digest: [0; 32],
        sent_earlier: None,
        edited: None,
        deleted: false,
        hidden_from: None,
        forwarded: None,
        reacted: false,
    });
    let mut fx = world.effects();
    fx.rows.messages.push(message.clone());
    world.apply(&fx);
    let find = |world: &World, by_stamp: bool| {
        let found = if by_stamp {
            world.stamped(ConversationId(5), Timestamp(9))
        } else {
            world.authored(AccountId(1), &client)
        };
        found.map(|message| message.cloned())
    };
    for by_stamp in [true, false] {
        let Err(Fault::Need(keys)) = find(&world, by_stamp) else {
            panic!("a name is asked for first");
        };
        // The store does not have it yet.
        world.learn(&keys, Rows::default());
        assert_eq!(
            find(&world, by_stamp).expect("known"),
            Some(message.clone())
        );
    }
}

/// A built-in account.
const ECHO: i64 = 99;

/// Decides on `work` as the writer does; `tally` is what the store has counted.
fn decided(
    world: &mut World,
    work: &Work,
    tally: impl Fn(AccountId) -> Tally,
) -> Result<(), (&'static str, Option<u64>)> {
    loop {
        match decide(world, work) {
            Ok((effects, _)) => {
                world.apply(&effects);
                return Ok(());
            }
            Err(Fault::Refused(error)) => return Err((error.code, error.limit)),
            Err(Fault::Need(keys)) => {
                let mut accounts: Vec<Account> =
                    keys.accounts.iter().map(|id| account(id.0)).collect();
                for echo in accounts.iter_mut().filter(|account| account.id.0 == ECHO) {
                    echo.kind = AccountKind::Service;
                }
                let rows = Rows {
                    accounts,
                    tallies: keys.tallies.iter().map(|id| tally(*id)).collect(),
                    ..Rows::default()
                };
                world.learn(&keys, rows);
            }
        }
    }
}

#[test]
fn five_thousand_contacts_are_the_most_also_within_a_batch() {
    let mut world = world();
    let who = Identity {
        account: AccountId(1),
        device: DeviceId(1),
    };
    let relate = |other, change| Work::Relate {
        who,
        other: AccountId(other),
        change,
        greeting: None,
    };
    let tally = |account| Tally {
        account,
        contacts: 4_999,
        conversations: 0,
    };
    let mut decided = |work: Work| decided(&mut world, &work, tally);
    let full = Err(("contacts_full", Some(5_000)));
    assert_eq!(decided(relate(2, RelationChange::Ask)), Ok(()));
    assert_eq!(decided(relate(3, RelationChange::Ask)), full);
    assert_eq!(
        decided(relate(3, RelationChange::Block)),
        Ok(()),
        "no contact"
    );
    assert_eq!(
        decided(relate(2, RelationChange::Ask)),
        Ok(()),
        "one already"
    );
    assert_eq!(decided(relate(2, RelationChange::Remove)), Ok(()));
    assert_eq!(decided(relate(4, RelationChange::Ask)), Ok(()));
    assert_eq!(decided(relate(5, RelationChange::List)), full);
}

#[test]
fn five_thousand_conversations_are_the_most_for_who_opens_one() {
    let mut world = world();
    let open = |account, other| {
        let device = DeviceId(account);
        let account = AccountId(account);
        let target = Target::Cast(vec![AccountId(other)]);
        Work::Open(Identity { account, device }, target)
    };
    let tally = |account: AccountId| Tally {
        account,
        contacts: 0,
        conversations: if account.0 == 2 { 4_999 } else { 0 },
    };
    let mut decided = |work: Work| decided(&mut world, &work, tally);
    let full = Err(("conversations_full", Some(5_000)));
    assert_eq!(decided(open(1, 2)), Ok(()));
    assert_eq!(decided(open(2, 1)), Ok(()), "the same one");
    assert_eq!(decided(open(2, 3)), full);
    assert_eq!(decided(open(3, 2)), Ok(()), "no matter of others");
    assert_eq!(decided(open(2, ECHO)), Ok(()), "there for everybody");
}

#[test]
fn a_world_keeps_what_there_is_and_not_what_was_asked_for() {
    let mut world = world();
    let keys = Keys {
        accounts: (1..=100).map(AccountId).collect(),
        conversations: (1..=100).map(ConversationId).collect(),
        names: ["name1", "nobody"].map(str::to_owned).into(),
        tallies: [AccountId(1)].into(),
        ..Keys::default()
    };
    let tally = Tally {
        account: AccountId(1),
        contacts: 4_999,
        conversations: 0,
    };
    let rows = Rows {
        accounts: vec![account(1)],
        tallies: vec![tally],
        ..Rows::default()
    };
    world.learn(&keys, rows);
    let world = world.settle();
    assert!(world.account(AccountId(1)).expect("known").is_some());
    assert_eq!(world.named("name1").expect("known"), Some(AccountId(1)));
    let forgotten = |found: Result<(), Fault>| matches!(found, Err(Fault::Need(_)));
    assert!(forgotten(world.account(AccountId(2)).map(drop)));
    assert!(forgotten(world.named("nobody").map(drop)));
    assert!(forgotten(world.conversation(ConversationId(1)).map(drop)));
    assert!(
        forgotten(world.room_on_list(AccountId(1))),
        "it is counted anew"
    );
}

#[test]
fn a_world_that_took_much_in_begins_anew() {
    let mut world = world();
    for n in 0..700 {
        let relations = (0..100).map(|other| (AccountId(1), AccountId(n * 100 + other)));
        let keys = Keys {
            accounts: [AccountId(1)].into(),
            relations: relations.collect(),
            ..Keys::default()
        };
        let rows = Rows {
            accounts: vec![account(1)],
            ..Rows::default()
        };
        world.learn(&keys, rows);
    }
    let world = world.settle();
    assert!(matches!(world.account(AccountId(1)), Err(Fault::Need(_))));
}
