//! Files and pictures: uploaded, sent, read, passed on, forgotten.

use std::fs;

use bytes::Bytes;
use hub::blobs::Part;
use hub::command::{AccountPatch, Command, GroupPatch, MessageRef, NewGroup, Target, Value};
use hub::id::{AccountId, ClientId, ConversationId, MessageId, ObjectId, Pos};
use hub::model::{
    Body, Conversation, ConversationKind, MAX_OBJECTS, Member, MemberState, Object, ObjectState,
    OwnSettings, Policy, Rich, Role, SystemLine, Window,
};
use hub::store::{Keys, Rows};
use hub::{Error, Kind, Written};
use sha2::{Digest as _, Sha256};

use super::lab::{Lab, Person, ROOM, Sent, sent};
use crate::stores::on_both;

/// One pixel.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
const DAY_AND_MORE: std::time::Duration = std::time::Duration::from_secs(25 * 3_600);

fn client(text: &str) -> ClientId {
    ClientId::new(text).expect("short")
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

async fn begin(who: &Person, lab: &Lab, name: &str, size: usize) -> Result<Object, Error> {
    let command = Command::BeginObject {
        name: name.into(),
        size: i64::try_from(size).expect("small"),
        client: client(name),
    };
    match who.session(lab).command(command).await?.value {
        Value::Object(object) => Ok(*object),
        other => panic!("an object: {other:?}"),
    }
}

async fn finish(who: &Person, lab: &Lab, id: ObjectId, sha256: [u8; 32]) -> Result<Object, Error> {
    let command = Command::FinishObject { id, sha256 };
    match who.session(lab).command(command).await?.value {
        Value::Object(object) => Ok(*object),
        other => panic!("an object: {other:?}"),
    }
}

async fn write(who: &Person, lab: &Lab, id: ObjectId, at: u64, bytes: &[u8]) -> Written {
    let piece = Bytes::copy_from_slice(bytes);
    let written = who.session(lab).write_object(id, at, piece).await;
    written.expect("a piece")
}

pub(super) async fn upload(who: &Person, lab: &Lab, name: &str, bytes: &[u8]) -> ObjectId {
    let id = begin(who, lab, name, bytes.len()).await.expect("begun").id;
    let whole = Written::To(bytes.len() as u64);
    assert_eq!(write(who, lab, id, 0, bytes).await, whole);
    finish(who, lab, id, hash(bytes)).await.expect("whole").id
}

pub(super) async fn send(
    who: &Person,
    lab: &Lab,
    to: Target,
    ids: &[ObjectId],
    name: &str,
) -> Result<Sent, Error> {
    let command = Command::Send {
        to,
        body: Body::Objects(ids.to_vec(), Rich::default()),
        client: client(name),
        reply_to: None,
        hints: Vec::new(),
    };
    who.session(lab).command(command).await.and_then(sent)
}

fn to(other: &Person) -> Target {
    Target::Cast(vec![other.id()])
}

async fn read(who: &Person, lab: &Lab, id: ObjectId) -> Result<Vec<u8>, Error> {
    let session = who.session(lab);
    let (object, _) = session.object(id).await?;
    let bytes = session.read_object(&object, Part::Whole, 0, 1_000).await?;
    Ok(bytes.to_vec())
}

pub(super) async fn may_read(who: &Person, lab: &Lab, id: ObjectId) -> bool {
    match read(who, lab, id).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!((error.kind, error.code), (Kind::NotFound, "not_found"));
            false
        }
    }
}

async fn rows_of(lab: &Lab, id: ObjectId) -> Option<Object> {
    let keys = Keys {
        objects: [id].into(),
        ..Keys::default()
    };
    lab.store.load(&keys).await.expect("rows").objects.pop()
}

async fn used(lab: &Lab, who: AccountId) -> (i64, i64) {
    let keys = Keys {
        usages: [who].into(),
        ..Keys::default()
    };
    let rows = lab.store.load(&keys).await.expect("rows");
    rows.usages.first().map_or((0, 0), |u| (u.bytes, u.objects))
}

/// Files below the folder of blobs.
fn blobs(lab: &Lab) -> usize {
    let shelves = fs::read_dir(lab.blobs.path()).expect("readable");
    shelves
        .map(|shelf| shelf.expect("readable").path())
        .filter(|shelf| shelf.file_name().is_some_and(|name| name.len() == 2))
        .map(|shelf| fs::read_dir(shelf).expect("readable").count())
        .sum()
}

on_both!(
    a_message_with_many_files_is_removed_after_a_start,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut ids = Vec::new();
        for number in 0..MAX_OBJECTS {
            ids.push(upload(&ann, &lab, &format!("{number}.txt"), b"words").await);
        }
        let message = send(&ann, &lab, to(&bob), &ids, "all").await.expect("sent");
        // The writer knows none of them then.
        let lab = lab.killed().await;
        let remove = Command::Delete {
            of: MessageRef::Id(message.id),
        };
        ann.session(&lab).command(remove).await.expect("removed");
    }
);

on_both!(
    an_upload_goes_on_at_the_exact_offset_after_a_kill,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let bytes = b"grey goose over the lake";
        let begun = begin(&ann, &lab, "goose.txt", bytes.len())
            .await
            .expect("begun");
        assert_eq!(begun.state, ObjectState::Uploading);
        assert_eq!(
            write(&ann, &lab, begun.id, 0, &bytes[..10]).await,
            Written::To(10)
        );

        let lab = lab.killed().await;
        // The answer was lost: begun again it is the same one, and says how far it is.
        let again = begin(&ann, &lab, "goose.txt", bytes.len())
            .await
            .expect("begun");
        assert_eq!(again, begun);
        let (_, kept) = ann.session(&lab).object(begun.id).await.expect("one's own");
        assert_eq!(kept, 10);
        for wrong in [0, 9, 11] {
            let written = write(&ann, &lab, begun.id, wrong, b"xx").await;
            assert_eq!(written, Written::GoOnAt(10));
        }
        let early = finish(&ann, &lab, begun.id, hash(bytes))
            .await
            .expect_err("not whole");
        assert_eq!((early.code, early.limit), ("object_unfinished", Some(10)));
        assert!(!may_read(&bob, &lab, begun.id).await);
        let unfinished = send(&ann, &lab, to(&bob), &[begun.id], "1").await;
        assert_eq!(unfinished.expect_err("not whole").code, "object_unfinished");
        write(&ann, &lab, begun.id, 10, &bytes[10..]).await;
        let more = ann
            .session(&lab)
            .write_object(begun.id, bytes.len() as u64, Bytes::from_static(b"x"))
            .await;
        assert_eq!(more.expect_err("too many").code, "object_size");

        let whole = finish(&ann, &lab, begun.id, hash(bytes))
            .await
            .expect("whole");
        assert_eq!(
            (whole.state, whole.sha256),
            (ObjectState::Ready, Some(hash(bytes)))
        );
        let lab = lab.killed().await;
        let again = finish(&ann, &lab, begun.id, hash(bytes))
            .await
            .expect("the same");
        assert_eq!(again, whole);
        let other = finish(&ann, &lab, begun.id, hash(b"x"))
            .await
            .expect_err("other bytes");
        assert_eq!(other.code, "object_finished");
        assert_eq!(read(&ann, &lab, begun.id).await.expect("one's own"), bytes);
        assert_eq!(used(&lab, ann.id()).await, (bytes.len() as i64, 1));
        let reused = Command::BeginObject {
            name: "other.txt".into(),
            size: 5,
            client: client("goose.txt"),
        };
        let reused = ann.session(&lab).command(reused).await;
        assert_eq!(reused.expect_err("taken").code, "client_id_reused");
    }
);

on_both!(wrong_bytes_begin_again_at_nought, |store| async move {
    let lab = Lab::on(store).await;
    let ann = lab.person("ann").await;
    let id = begin(&ann, &lab, "goose.txt", 5).await.expect("begun").id;
    write(&ann, &lab, id, 0, b"goose").await;
    let wrong = finish(&ann, &lab, id, hash(b"geese"))
        .await
        .expect_err("others");
    assert_eq!((wrong.kind, wrong.code), (Kind::Conflict, "object_sha256"));
    assert_eq!(write(&ann, &lab, id, 0, b"geese").await, Written::To(5));
    finish(&ann, &lab, id, hash(b"geese")).await.expect("whole");
});

on_both!(
    sizes_and_quotas_are_met_and_given_back,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let cat = lab.person("cat").await;
        let size = |bytes: i64| usize::try_from(bytes).expect("small");
        let refused = async |who: &Person, name: &str, bytes: i64| {
            let error = begin(who, &lab, name, size(bytes))
                .await
                .expect_err("too much");
            (error.kind, error.code, error.limit)
        };
        let limit = |bytes: i64| Some(bytes.unsigned_abs());
        let too_large = (Kind::TooLarge, "object_too_large", limit(ROOM.object));
        assert_eq!(refused(&ann, "a", ROOM.object + 1).await, too_large);
        assert_eq!(
            refused(&ann, "a", 0).await,
            (Kind::Invalid, "object_empty", None)
        );
        let first = begin(&ann, &lab, "b", size(ROOM.object))
            .await
            .expect("it fits")
            .id;
        let quota = (Kind::Full, "quota", limit(ROOM.account));
        assert_eq!(refused(&ann, "c", 1_000_001).await, quota);
        begin(&ann, &lab, "d", 1_000_000)
            .await
            .expect("to the last byte");
        // All together: 3 of 5 million are taken.
        begin(&bob, &lab, "e", size(ROOM.object))
            .await
            .expect("it fits");
        let all = (Kind::Full, "quota_all", limit(ROOM.all));
        assert_eq!(refused(&cat, "f", 1).await, all);
        let drop = Command::DropObject(first);
        ann.session(&lab)
            .command(drop.clone())
            .await
            .expect("dropped");
        assert_eq!(used(&lab, ann.id()).await, (1_000_000, 1));
        begin(&cat, &lab, "f", 1)
            .await
            .expect("there is room again");
        let gone = ann.session(&lab).command(drop).await.expect_err("gone");
        assert_eq!(gone.code, "not_found");
        assert_eq!(used(&lab, hub::model::ALL).await, (3_000_001, 3));
    }
);

on_both!(
    who_has_the_message_reads_the_file_and_passes_it_on,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (cat, eve) = (lab.person("cat").await, lab.person("eve").await);
        lab.befriend(&bob, &cat).await;
        let id = upload(&ann, &lab, "goose.txt", b"grey goose").await;
        assert!(!may_read(&bob, &lab, id).await, "not sent yet");
        // What is somebody else's cannot be sent, however one came to its number.
        let stolen = send(&bob, &lab, to(&cat), &[id], "0").await;
        assert_eq!(stolen.expect_err("not one's own").code, "not_found");

        let message = send(&ann, &lab, to(&bob), &[id], "1").await.expect("sent");
        assert_eq!(read(&bob, &lab, id).await.expect("granted"), b"grey goose");
        let views = bob
            .session(&lab)
            .messages(message.conversation, hub::store::Around::Newest, 10)
            .await
            .expect("history")
            .0;
        let view = views.last().expect("the message");
        assert_eq!(view.objects[0].name, "goose.txt");
        assert_eq!(view.objects[0].id, id);
        assert!(!may_read(&cat, &lab, id).await);

        let forward = |of: MessageId, to: Target, name: &str| Command::Forward {
            of: MessageRef::Id(of),
            to,
            client: client(name),
        };
        let passed = bob
            .session(&lab)
            .command(forward(message.id, to(&cat), "2"))
            .await;
        let passed = sent(passed.expect("passed on")).expect("a message");
        assert!(may_read(&cat, &lab, id).await);
        assert!(!may_read(&eve, &lab, id).await);
        // It was Bob's word that Cat has: Ann's own going changes nothing for her.
        let delete = |of| Command::Delete {
            of: MessageRef::Id(of),
        };
        ann.session(&lab)
            .command(delete(message.id))
            .await
            .expect("removed");
        assert!(may_read(&bob, &lab, id).await, "in what he passed on");
        assert!(may_read(&cat, &lab, id).await);
        bob.session(&lab)
            .command(delete(passed.id))
            .await
            .expect("removed");
        assert!(!may_read(&cat, &lab, id).await);
        assert!(!may_read(&bob, &lab, id).await);
        assert!(may_read(&ann, &lab, id).await, "one's own");
    }
);

on_both!(
    a_message_carries_each_file_once_and_no_more_than_it_may,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let id = upload(&ann, &lab, "goose.txt", b"grey goose").await;
        let code = async |ids: &[ObjectId], name: &str| {
            let sent = send(&ann, &lab, to(&bob), ids, name).await;
            sent.expect_err("refused").code
        };
        assert_eq!(code(&[], "1").await, "objects");
        assert_eq!(code(&[id, id], "2").await, "objects_twice");
        assert_eq!(code(&[id, ObjectId(5)], "3").await, "not_found");
        let many: Vec<ObjectId> = (1..).take(MAX_OBJECTS + 1).map(ObjectId).collect();
        assert_eq!(code(&many, "4").await, "objects");
        for n in 0..hub::model::MAX_GRANTS {
            let name = format!("g{n}");
            send(&ann, &lab, to(&bob), &[id], &name)
                .await
                .expect("sent");
        }
        assert_eq!(code(&[id], "5").await, "grants");
        // A repeat is no further grant, and gets the first answer.
        send(&ann, &lab, to(&bob), &[id], "g0")
            .await
            .expect("sent before");
        let in_use = ann.session(&lab).command(Command::DropObject(id)).await;
        assert_eq!(in_use.expect_err("sent").code, "object_in_use");
    }
);

/// A group, as its rows: who is in it, and in which state.
async fn group(lab: &Lab, id: ConversationId, people: &[(&Person, MemberState, Window)]) {
    let head = Pos(lab.store.head().await.expect("a head").0 + 1);
    let rows = Rows {
        conversations: vec![Conversation {
            id,
            kind: ConversationKind::Named,
            cast: None,
            title: "Flock".into(),
            picture: None,
            policy: String::new(),
            people: people
                .iter()
                .filter(|(_, state, _)| *state == MemberState::In)
                .count() as i32,
            head,
            last_message: None,
            last_stamp: lab.clock_wall(),
            trimmed: Pos(0),
            created: lab.clock_wall(),
        }],
        members: people
            .iter()
            .map(|(person, state, window)| Member {
                conversation: id,
                account: person.id(),
                state: *state,
                role: Role::Member,
                read: None,
                own: OwnSettings::default(),
                windows: vec![*window],
            })
            .collect(),
        ..Rows::default()
    };
    backend::contract::commit(lab.store.as_ref(), &rows, head.0).await;
}

on_both!(
    who_was_removed_from_a_group_reads_nothing_more,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let cat = lab.person("cat").await;
        let at = ConversationId(77);
        let open = |from| Window { from, until: None };
        let all = open(Pos(0));
        let people = [(&ann, MemberState::In, all), (&bob, MemberState::In, all)];
        group(&lab, at, &people).await;
        let id = upload(&ann, &lab, "goose.txt", b"grey goose").await;
        send(&ann, &lab, Target::Conversation(at), &[id], "1")
            .await
            .expect("sent");
        assert!(may_read(&bob, &lab, id).await);
        // Cat comes later, and sees nothing from before; Bob is removed.
        let now = Pos(lab.store.head().await.expect("a head").0 + 1);
        let until = Window {
            from: Pos(0),
            until: Some(now),
        };
        let people = [
            (&ann, MemberState::In, all),
            (&bob, MemberState::Removed, until),
            (&cat, MemberState::In, open(now)),
        ];
        group(&lab, at, &people).await;
        assert!(!may_read(&bob, &lab, id).await);
        assert!(!may_read(&cat, &lab, id).await);
        assert!(may_read(&ann, &lab, id).await);
    }
);

on_both!(
    only_what_nothing_refers_to_is_collected,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let kept = upload(&ann, &lab, "kept.txt", b"kept").await;
        let message = send(&ann, &lab, to(&bob), &[kept], "1")
            .await
            .expect("sent");
        // The same bytes twice: one is sent, the other never.
        let shared = upload(&bob, &lab, "shared.txt", b"kept").await;
        let never = upload(&ann, &lab, "never.txt", b"never sent").await;
        let half = begin(&ann, &lab, "half.txt", 100).await.expect("begun").id;
        write(&ann, &lab, half, 0, b"half").await;
        assert_eq!(blobs(&lab), 2);
        // What a kill has left: a blob and a part without rows.
        let stray = hex::encode(hash(b"stray"));
        let shelf = lab.blobs.path().join(&stray[..2]);
        fs::create_dir_all(&shelf).expect("made");
        fs::write(shelf.join(&stray), b"stray").expect("written");
        let stray_part = lab.blobs.path().join("uploads/12345.part");
        fs::write(&stray_part, b"stray").expect("written");
        lab.hub.collect_objects().await.expect("collected");
        assert_eq!(
            blobs(&lab),
            2,
            "strays go at once, nothing else before a day"
        );
        assert!(!stray_part.exists());
        assert_eq!(write(&ann, &lab, half, 4, b"x").await, Written::To(5));

        lab.clock.advance(DAY_AND_MORE);
        lab.hub.collect_objects().await.expect("collected");
        for gone in [shared, never, half] {
            assert_eq!(rows_of(&lab, gone).await, None);
        }
        assert_eq!(read(&bob, &lab, kept).await.expect("still there"), b"kept");
        assert_eq!(blobs(&lab), 1);
        assert_eq!(used(&lab, ann.id()).await, (4, 1));
        assert_eq!(used(&lab, bob.id()).await, (0, 0));

        let delete = Command::Delete {
            of: MessageRef::Id(message.id),
        };
        ann.session(&lab).command(delete).await.expect("removed");
        lab.hub.collect_objects().await.expect("collected");
        assert!(rows_of(&lab, kept).await.is_some(), "a day has not passed");
        lab.clock.advance(DAY_AND_MORE);
        lab.hub.collect_objects().await.expect("collected");
        assert_eq!(rows_of(&lab, kept).await, None);
        assert_eq!(
            (blobs(&lab), used(&lab, hub::model::ALL).await),
            (0, (0, 0))
        );
    }
);

on_both!(
    a_picture_of_a_person_is_for_those_who_may_see_them,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let eve = lab.person("eve").await;
        let picture = upload(&ann, &lab, "me.gif", GIF).await;
        let text = upload(&ann, &lab, "me.txt", b"me").await;
        let set = |picture| {
            Command::UpdateAccount(AccountPatch {
                picture: Some(picture),
                ..AccountPatch::default()
            })
        };
        let refused = ann.session(&lab).command(set(Some(text))).await;
        assert_eq!(refused.expect_err("no picture").code, "no_picture");
        let stolen = bob.session(&lab).command(set(Some(picture))).await;
        assert_eq!(stolen.expect_err("not one's own").code, "not_found");
        ann.session(&lab)
            .command(set(Some(picture)))
            .await
            .expect("set");
        assert!(may_read(&bob, &lab, picture).await);
        assert!(!may_read(&eve, &lab, picture).await);
        // In use, it stays; taken away, it goes.
        lab.clock.advance(DAY_AND_MORE);
        lab.hub.collect_objects().await.expect("collected");
        assert!(may_read(&bob, &lab, picture).await);
        ann.session(&lab)
            .command(set(None))
            .await
            .expect("taken away");
        assert!(!may_read(&bob, &lab, picture).await);
        lab.clock.advance(DAY_AND_MORE);
        lab.hub.collect_objects().await.expect("collected");
        assert_eq!(rows_of(&lab, picture).await, None);
    }
);

on_both!(
    a_picture_of_a_group_is_chosen_by_its_admins_for_its_members,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let eve = lab.person("eve").await;
        let create = Command::CreateGroup(Box::new(NewGroup {
            title: "Flock".into(),
            members: vec![bob.id()],
            policy: Policy::default(),
            client: client("g"),
        }));
        let made = ann.session(&lab).command(create).await.expect("made").value;
        let Value::Conversation(at) = made else {
            panic!("a group: {made:?}");
        };
        let mine = upload(&ann, &lab, "flock.gif", GIF).await;
        let other = upload(&ann, &lab, "other.gif", &[GIF, b";"].concat()).await;
        let bobs = upload(&bob, &lab, "bob.gif", GIF).await;
        let text = upload(&ann, &lab, "flock.txt", b"flock").await;
        let ask = async |who: &Person, picture: Option<ObjectId>| {
            let patch = GroupPatch {
                picture: Some(picture),
                ..GroupPatch::default()
            };
            let conversation = at;
            let command = Command::UpdateGroup {
                conversation,
                patch,
            };
            let done = who.session(&lab).command(command).await;
            done.map(|_| ()).map_err(|error| error.code)
        };
        assert_eq!(ask(&bob, Some(bobs)).await, Err("admins_only"));
        assert_eq!(ask(&eve, Some(mine)).await, Err("not_found"));
        assert_eq!(ask(&ann, Some(bobs)).await, Err("not_found"));
        assert_eq!(ask(&ann, Some(text)).await, Err("no_picture"));
        assert!(!may_read(&bob, &lab, mine).await);

        assert_eq!(ask(&ann, Some(mine)).await, Ok(()));
        assert!(may_read(&bob, &lab, mine).await);
        assert!(!may_read(&eve, &lab, mine).await);
        let (views, _, _) = bob
            .session(&lab)
            .messages(at, hub::store::Around::Newest, 10)
            .await
            .expect("history");
        let said = |view: &hub::event::MessageView| view.message.body.clone();
        let line = Body::System(SystemLine::Pictured(true));
        assert_eq!(views.last().map(said), Some(line));
        // The same again says nothing again.
        let head = bob.session(&lab).head().await.expect("a head");
        assert_eq!(ask(&ann, Some(mine)).await, Ok(()));
        assert_eq!(bob.session(&lab).head().await.expect("a head"), head);

        // Shown, it stays; what it was before goes after a day.
        assert_eq!(ask(&ann, Some(other)).await, Ok(()));
        lab.clock.advance(DAY_AND_MORE);
        lab.hub.collect_objects().await.expect("collected");
        assert_eq!(rows_of(&lab, mine).await, None);
        assert!(may_read(&bob, &lab, other).await);
        assert_eq!(ask(&ann, None).await, Ok(()));
        assert!(!may_read(&bob, &lab, other).await);
    }
);

on_both!(
    the_words_of_a_message_with_files_change_and_the_files_do_not,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let id = upload(&ann, &lab, "goose.txt", b"grey goose").await;
        let other = upload(&ann, &lab, "swan.txt", b"white swan").await;
        let message = send(&ann, &lab, to(&bob), &[id], "1").await.expect("sent");
        let edit = async |who: &Person, body: Body| {
            let of = MessageRef::Id(message.id);
            let done = who.session(&lab).command(Command::Edit { of, body }).await;
            done.map(|_| ()).map_err(|error| error.code)
        };
        let words = Rich::plain("over the lake");
        let caption = |ids: &[ObjectId]| Body::Objects(ids.to_vec(), words.clone());
        assert_eq!(edit(&ann, caption(&[id])).await, Ok(()));
        let (views, _, _) = bob
            .session(&lab)
            .messages(message.conversation, hub::store::Around::Newest, 10)
            .await
            .expect("history");
        let view = views.last().expect("the message");
        assert_eq!(view.message.body, caption(&[id]));
        assert!(view.message.edited.is_some());
        assert_eq!(view.objects[0].id, id);
        assert!(may_read(&bob, &lab, id).await);

        for refused in [
            caption(&[other]),
            caption(&[id, other]),
            Body::Text(words.clone()),
        ] {
            assert_eq!(edit(&ann, refused).await, Err("not_text"));
        }
        assert!(!may_read(&bob, &lab, other).await);
        assert_eq!(edit(&bob, caption(&[id])).await, Err("not_yours"));
        assert_eq!(
            edit(&ann, Body::Objects(vec![id], Rich::default())).await,
            Ok(()),
            "a picture speaks for itself"
        );
    }
);
