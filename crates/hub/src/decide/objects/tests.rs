//! What one batch does is seen by the next decision of the same batch.

use super::super::tests::account;
use super::super::{Work, decide};
use super::*;
use crate::command::{MessageRef, Target};
use crate::id::{AccountId, DeviceId, Mint, Pos};
use crate::model::{Body, Rich};
use crate::store::{Keys, Rows, Tally};

const ANN: Identity = Identity {
    account: AccountId(1),
    device: DeviceId(1),
};
const ROOM: Room = Room {
    object: 100,
    account: 150,
    all: 1_000,
};

fn world() -> World {
    World::default().begin(Pos(0), Timestamp(1_000), Mint::new(1, Pos(0)))
}

/// Decides it over a store that holds nothing but accounts, and makes what it did part of the world.
fn run(world: &mut World, work: &Work) -> Result<Value, Error> {
    let mut missing = Keys::default();
    for _ in 0..12 {
        let keys = match decide(world, work) {
            Ok((fx, answer)) => {
                world.apply(&fx);
                let Answer::Value(value) = answer else {
                    panic!("a value: {answer:?}");
                };
                return Ok(value);
            }
            Err(Fault::Refused(error)) => return Err(error),
            Err(Fault::Need(keys)) => keys,
        };
        let tally = |id: &AccountId| Tally {
            account: *id,
            contacts: 0,
            conversations: 0,
        };
        let rows = Rows {
            accounts: keys.accounts.iter().map(|id| account(id.0)).collect(),
            tallies: keys.tallies.iter().map(tally).collect(),
            ..Rows::default()
        };
        world.learn(&keys, rows);
        missing = *keys;
    }
    panic!("it never has all it needs: {missing:?}");
}

fn client(text: &str) -> ClientId {
    ClientId::new(text).expect("short")
}

fn begun(world: &mut World, name: &str, size: i64) -> Result<Object, Error> {
    let new = NewObject {
        name: name.into(),
        size,
        client: client(name),
        room: ROOM,
    };
    match run(world, &Work::BeginObject(ANN, new))? {
        Value::Object(object) => Ok(*object),
        other => panic!("an object: {other:?}"),
    }
}

fn whole(world: &mut World, id: ObjectId, size: u64) -> Object {
    let work = Work::ReadyObject {
        who: ANN,
        id,
        sent: [1; 32],
        sealed: Sealed {
            sha256: [2; 32],
            size,
            mime: "image/png".into(),
            pixels: Some((4, 3)),
            preview: false,
        },
    };
    match run(world, &work).expect("whole") {
        Value::Object(object) => *object,
        other => panic!("an object: {other:?}"),
    }
}

fn used(world: &World) -> [(i64, i64); 2] {
    [ANN.account, ALL].map(|owner| {
        let usage = world.usage(owner).expect("known");
        (usage.bytes, usage.objects)
    })
}

#[test]
fn two_uploads_of_one_batch_share_what_room_there_is() {
    let mut world = world();
    let first = begun(&mut world, "a", 100).expect("it fits");
    assert_eq!(
        begun(&mut world, "b", 51).expect_err("no more").code,
        "quota"
    );
    assert_eq!(begun(&mut world, "a", 100).expect("a repeat"), first);
    assert_eq!(used(&world), [(100, 1); 2], "a repeat takes nothing");
    // Cleaned, it is smaller.
    let kept = whole(&mut world, first.id, 90);
    assert_eq!((kept.size, kept.width), (90, Some(4)));
    assert_eq!(used(&world), [(90, 1); 2]);
    let second = begun(&mut world, "b", 51).expect("now it fits");
    let named = Work::NameObject(ANN, second.id, "../ b\u{7}oat.png".into());
    run(&mut world, &named).expect("it was not sent");
    let name = &world.object(second.id).expect("read").expect("there").name;
    assert_eq!(name, "boat.png");
    let bob = Identity {
        account: AccountId(ANN.account.0 + 1),
        ..ANN
    };
    let others = Work::NameObject(bob, second.id, "mine".into());
    assert_eq!(
        run(&mut world, &others).expect_err("not his").code,
        "not_found"
    );
    let drop = Work::DropObject(ANN, second.id);
    run(&mut world, &drop).expect("dropped");
    assert_eq!(run(&mut world, &drop).expect_err("gone").code, "not_found");
    assert_eq!(used(&world), [(90, 1); 2]);
    // What was begun under that name is gone, so the name is free.
    assert_ne!(begun(&mut world, "b", 51).expect("anew").id, second.id);
}

#[test]
fn an_upload_whose_size_was_not_known_takes_its_room_once_it_is() {
    let mut world = world();
    let id = begun(&mut world, "a", 1).expect("it fits").id;
    let sized = |size| Work::SizeObject(ANN, id, size, ROOM);
    run(&mut world, &sized(60)).expect("it fits");
    assert_eq!(used(&world), [(60, 1); 2]);
    for (size, code) in [(ROOM.object + 1, "object_too_large"), (-1, "object_size")] {
        let refused = run(&mut world, &sized(size)).expect_err("refused");
        assert_eq!(refused.code, code);
    }
    begun(&mut world, "b", 90).expect("it fits");
    let refused = run(&mut world, &sized(61)).expect_err("no room");
    assert_eq!(refused.code, "quota");
    run(&mut world, &sized(0)).expect("less always fits");
    assert_eq!(used(&world), [(90, 2); 2]);
    whole(&mut world, id, 0);
    let late = run(&mut world, &sized(5)).expect_err("it is whole");
    assert_eq!(late.code, "object_finished");
}

#[test]
fn an_object_is_idle_from_its_last_message_on() {
    let mut world = world();
    let id = begun(&mut world, "a", 10).expect("it fits").id;
    whole(&mut world, id, 10);
    let send = |name: &str| Work::Send {
        who: ANN,
        to: Target::Cast(vec![AccountId(2)]),
        body: Body::Objects(vec![id], Rich::default()),
        client: client(name),
        reply_to: None,
        hints: Vec::new(),
    };
    let idle = |world: &World| world.object(id).expect("known").expect("there").idle;
    let mut sent = Vec::new();
    for name in ["1", "2"] {
        match run(&mut world, &send(name)).expect("sent") {
            Value::Message { id, .. } => sent.push(id),
            other => panic!("a message: {other:?}"),
        }
        assert_eq!(idle(&world), None);
    }
    assert_eq!(world.grants(id).expect("known").len(), 2);
    let collect = Work::CollectObjects([id].into(), Timestamp(i64::MAX));
    run(&mut world, &collect).expect("nothing to collect");
    let delete = |of| Work::Delete(ANN, MessageRef::Id(of));
    run(&mut world, &delete(sent[0])).expect("removed");
    assert_eq!(idle(&world), None, "the other one is there");
    run(&mut world, &delete(sent[1])).expect("removed");
    assert_eq!(idle(&world), Some(Timestamp(1_000)));
    let early = Work::CollectObjects([id].into(), Timestamp(1_000));
    run(&mut world, &early).expect("too early");
    assert!(world.object(id).expect("known").is_some());
    run(&mut world, &collect).expect("collected");
    assert!(world.object(id).expect("known").is_none());
    assert_eq!(used(&world), [(0, 0); 2]);
}
