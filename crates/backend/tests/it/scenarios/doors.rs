//! What doors need that no client of our own asks for: their own bytes, groups of contacts, files that are given, and history
//! by stamps.

use std::time::Duration;

use hub::command::{Command, Membership, Target, Value};
use hub::event::{Event, Heard};
use hub::id::{AccountId, ClientId, ConversationId, ObjectId, Timestamp};
use hub::model::{MAX_DOOR_STATES, MAX_DOOR_VALUE, MAX_GRANTS, Policy, RelationChange, SeenBy};
use hub::store::Around;
use hub::{Error, Kind};

use super::groups::group;
use super::lab::{Lab, Person};
use super::objects::{may_read, send, upload};
use crate::stores::on_both;

async fn ask(lab: &Lab, who: &Person, command: Command) -> Result<Value, Error> {
    Ok(who.session(lab).command(command).await?.value)
}

fn state(key: &str, value: &[u8], seen_by: SeenBy) -> Command {
    Command::PutDoorState {
        door: "lab",
        key: key.into(),
        value: value.into(),
        seen_by,
    }
}

async fn keys(lab: &Lab, who: &Person, of: &Person) -> Vec<String> {
    let session = who.session(lab);
    let found = session.door_states_of(of.id(), "lab", "").await;
    found.expect("states").into_iter().map(|s| s.key).collect()
}

on_both!(
    a_door_keeps_bytes_of_an_account_and_shows_some_to_contacts,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        ask(&lab, &ann, state("card/1", b"open", SeenBy::Contacts))
            .await
            .expect("kept");
        ask(&lab, &ann, state("card/2", b"mine", SeenBy::Own))
            .await
            .expect("kept");
        ask(&lab, &ann, state("list", b"mine", SeenBy::Own))
            .await
            .expect("kept");
        let own = ann
            .session(&lab)
            .door_states("lab", "card/")
            .await
            .expect("own");
        let values: Vec<_> = own.iter().map(|s| (s.key.as_str(), &s.value[..])).collect();
        assert_eq!(values, [("card/1", &b"open"[..]), ("card/2", &b"mine"[..])]);
        assert!(
            ann.session(&lab)
                .door_states("other", "")
                .await
                .expect("none")
                .is_empty()
        );
        assert_eq!(keys(&lab, &bob, &ann).await, ["card/1"]);
        assert!(
            keys(&lab, &carl, &ann).await.is_empty(),
            "carl is nobody to her"
        );
        ann.relate(&lab, &bob, RelationChange::Block)
            .await
            .expect("blocked");
        assert!(
            keys(&lab, &bob, &ann).await.is_empty(),
            "nor is bob any more"
        );

        ask(&lab, &ann, state("card/1", b"", SeenBy::Contacts))
            .await
            .expect("removed");
        ask(&lab, &ann, state("card/1", b"", SeenBy::Contacts))
            .await
            .expect("and again");
        let left = ann
            .session(&lab)
            .door_states("lab", "card/")
            .await
            .expect("own");
        assert_eq!(left.len(), 1);
    }
);

on_both!(
    what_doors_keep_of_an_account_has_bounds,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let put = async |key: String, length: usize| {
            ask(&lab, &ann, state(&key, &vec![7; length], SeenBy::Own)).await
        };
        let refused = put("k".repeat(129), 1).await.expect_err("too long");
        assert_eq!((refused.code, refused.limit), ("door_key", Some(128)));
        assert_eq!(
            put(String::new(), 1).await.expect_err("none").code,
            "door_key"
        );
        assert_eq!(
            put("a\0b".into(), 1).await.expect_err("zero").code,
            "door_key"
        );
        let refused = put("k".into(), MAX_DOOR_VALUE + 1)
            .await
            .expect_err("too long");
        assert_eq!((refused.kind, refused.code), (Kind::TooLarge, "door_value"));

        // As many as fit, also when they come at once; then no more, but a smaller one in the place of a larger one.
        let whole = |n: usize| put(format!("{n:02}"), MAX_DOOR_VALUE);
        let outcomes = futures_util::future::join_all((0..40).map(whole)).await;
        let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let one = MAX_DOOR_VALUE as i64 + 2 + 64;
        assert_eq!(kept as i64, MAX_DOOR_STATES / one);
        for refused in outcomes.into_iter().filter_map(Result::err) {
            assert_eq!((refused.kind, refused.code), (Kind::Full, "door_states"));
        }
        put("00".into(), MAX_DOOR_VALUE)
            .await
            .expect("the same again");
        put("00".into(), 10).await.expect("a smaller one");
        put("small".into(), 1_000).await.expect("there is room now");
        put("01".into(), 0).await.expect("removed");
        whole(99).await.expect("there is room again");
    }
);

on_both!(
    contacts_are_sorted_into_groups_by_numbers_that_stay,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        let mut at_ann = ann.attach(&lab, None).await;
        let put = |slot: Option<i16>, name: &str, members: &[&Person]| Command::PutContactGroup {
            slot,
            name: name.into(),
            members: members.iter().map(|p| p.id()).collect(),
        };
        let number = async |command| match ask(&lab, &ann, command).await {
            Ok(Value::ContactGroup(slot)) => slot,
            other => panic!("a number, not {other:?}"),
        };
        assert_eq!(number(put(None, "Work", &[&bob, &carl, &bob])).await, 1);
        at_ann
            .until(|heard| matches!(heard, Heard::Placed(_, Event::Account(_))).then_some(()))
            .await;
        assert_eq!(number(put(None, "Family", &[])).await, 2);
        let groups = async || ann.session(&lab).contact_groups().await.expect("groups");
        let shown = async || {
            let groups = groups().await;
            let row = |g: hub::model::ContactGroup| (g.slot, g.name, g.members);
            groups.into_iter().map(row).collect::<Vec<_>>()
        };
        let nobody: Vec<AccountId> = Vec::new();
        assert_eq!(
            shown().await,
            [
                (1, "Work".into(), vec![bob.id()]),
                (2, "Family".into(), nobody.clone())
            ],
            "carl is on no list"
        );
        number(put(Some(1), "Geese", &[&bob])).await;
        ask(&lab, &ann, Command::DropContactGroup { slot: 2 })
            .await
            .expect("gone");
        ask(&lab, &ann, Command::DropContactGroup { slot: 2 })
            .await
            .expect("and again");
        assert_eq!(
            number(put(None, "Again", &[&bob])).await,
            2,
            "the lowest that is free"
        );
        ann.relate(&lab, &bob, RelationChange::Remove)
            .await
            .expect("removed");
        assert_eq!(
            shown().await,
            [
                (1, "Geese".into(), nobody.clone()),
                (2, "Again".into(), nobody)
            ]
        );
        for (command, code) in [
            (put(Some(0), "x", &[]), "group_slot"),
            (put(Some(101), "x", &[]), "group_slot"),
            (put(None, " ", &[]), "group_name"),
            (put(None, &"x".repeat(65), &[]), "group_name"),
        ] {
            assert_eq!(ask(&lab, &ann, command).await.expect_err(code).code, code);
        }
        for n in 3..=100 {
            assert_eq!(number(put(None, &format!("g{n}"), &[])).await, n);
        }
        let full = ask(&lab, &ann, put(None, "more", &[])).await;
        assert_eq!(full.expect_err("a hundred").code, "contact_groups");
        assert!(
            bob.session(&lab)
                .contact_groups()
                .await
                .expect("his")
                .is_empty()
        );
    }
);

async fn give(lab: &Lab, who: &Person, id: ObjectId, to: Vec<Target>) -> Result<(), Error> {
    ask(lab, who, Command::GrantObject { id, to })
        .await
        .map(drop)
}

fn people(of: &[&Person]) -> Target {
    Target::Cast(of.iter().map(|person| person.id()).collect())
}

on_both!(
    a_file_is_given_to_people_and_to_conversations_without_a_message,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let [carl, dora, eva] = [
            lab.person("carl").await,
            lab.person("dora").await,
            lab.person("eva").await,
        ];
        for other in [&carl, &dora, &eva] {
            lab.befriend(&ann, other).await;
        }
        let policy = Policy {
            history: true,
            ..Policy::default()
        };
        let open = group(&lab, &ann, &[&bob], policy).await;
        let id = upload(&ann, &lab, "goose.txt", b"honk").await;
        assert!(!may_read(&bob, &lab, id).await);
        give(
            &lab,
            &ann,
            id,
            vec![people(&[&carl]), Target::Conversation(open)],
        )
        .await
        .expect("given");
        give(&lab, &ann, id, vec![people(&[&carl])])
            .await
            .expect("given already");
        for (who, may) in [(&bob, true), (&carl, true), (&dora, false)] {
            assert_eq!(may_read(who, &lab, id).await, may, "{}", who.name);
        }
        // Who comes later reads it where newcomers see what was said; who went reads nothing.
        let members = |who: &Person, to| Command::SetMembers {
            conversation: open,
            who: vec![who.id()],
            to,
        };
        ask(&lab, &ann, members(&dora, Membership::Added))
            .await
            .expect("added");
        assert!(may_read(&dora, &lab, id).await);
        ask(&lab, &ann, members(&bob, Membership::Removed))
            .await
            .expect("removed");
        assert!(!may_read(&bob, &lab, id).await);
        let to = vec![people(&[&eva])];
        let refused = give(&lab, &bob, id, to).await;
        assert_eq!(refused.expect_err("not his").code, "not_found");
        let elsewhere = vec![Target::Conversation(ConversationId(1))];
        let refused = give(&lab, &ann, id, elsewhere).await;
        assert_eq!(refused.expect_err("no such place").code, "not_found");
        let nobody = vec![Target::Cast(vec![AccountId(1)])];
        let refused = give(&lab, &ann, id, nobody).await;
        assert_eq!(refused.expect_err("nobody").code, "not_found");
        let crowd = vec![Target::Cast(vec![eva.id(); MAX_GRANTS + 1])];
        let refused = give(&lab, &ann, id, crowd).await;
        assert_eq!(refused.expect_err("too many").code, "grants");
        assert!(!may_read(&eva, &lab, id).await);

        // It stays, for it was given; its owner can take it back.
        lab.clock.advance(Duration::from_secs(50 * 3_600));
        lab.hub.collect_objects().await.expect("collected");
        assert!(may_read(&carl, &lab, id).await);
        ask(&lab, &ann, Command::DropObject(id))
            .await
            .expect("dropped");
        assert!(!may_read(&carl, &lab, id).await);
    }
);

on_both!(
    where_newcomers_see_nothing_earlier_they_read_nothing_that_was_given_earlier,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        lab.befriend(&ann, &carl).await;
        let closed = group(&lab, &ann, &[&bob], Policy::default()).await;
        let id = upload(&ann, &lab, "goose.txt", b"honk").await;
        give(&lab, &ann, id, vec![Target::Conversation(closed)])
            .await
            .expect("given");
        let add = Command::SetMembers {
            conversation: closed,
            who: vec![carl.id()],
            to: Membership::Added,
        };
        ask(&lab, &ann, add).await.expect("added");
        assert!(may_read(&bob, &lab, id).await);
        assert!(!may_read(&carl, &lab, id).await);
    }
);

on_both!(
    what_was_given_goes_with_the_message_that_carried_it,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let id = upload(&ann, &lab, "goose.txt", b"honk").await;
        give(&lab, &ann, id, vec![people(&[&bob])])
            .await
            .expect("given");
        let message = send(&ann, &lab, people(&[&bob]), &[id], "1")
            .await
            .expect("sent");
        let refused = ask(&lab, &ann, Command::DropObject(id)).await;
        assert_eq!(refused.expect_err("it was sent").code, "object_in_use");
        let of = hub::command::MessageRef::Id(message.id);
        ask(&lab, &ann, Command::Delete { of })
            .await
            .expect("removed");
        assert!(may_read(&bob, &lab, id).await, "for a day");
        lab.clock.advance(Duration::from_secs(25 * 3_600));
        lab.hub.collect_objects().await.expect("collected");
        assert!(!may_read(&ann, &lab, id).await);
    }
);

on_both!(
    an_upload_that_is_never_finished_goes_although_it_was_given,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let begin = Command::BeginObject {
            name: "goose.txt".into(),
            size: 4,
            client: ClientId::new("1").expect("short"),
        };
        let Ok(Value::Object(object)) = ask(&lab, &ann, begin).await else {
            panic!("an upload")
        };
        give(&lab, &ann, object.id, vec![people(&[&bob])])
            .await
            .expect("given");
        assert!(!may_read(&bob, &lab, object.id).await, "it is not whole");
        lab.clock.advance(Duration::from_secs(25 * 3_600));
        lab.hub.collect_objects().await.expect("collected");
        let gone = ann.session(&lab).object(object.id).await;
        assert_eq!(gone.expect_err("collected").code, "not_found");
    }
);

on_both!(
    history_and_conversations_are_found_by_time,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        lab.befriend(&ann, &carl).await;
        let mut all = Vec::new();
        for n in 0..5 {
            lab.clock.advance(Duration::from_secs(10));
            all.push(
                ann.send(&lab, &bob, &format!("{n}"), &format!("{n}"))
                    .await
                    .expect("sent"),
            );
        }
        let at = all[0].conversation;
        let words = async |around, limit| {
            let page = bob.session(&lab).messages(at, around, limit).await;
            let (page, earlier, later) = page.expect("a page");
            let words: Vec<_> = page.iter().map(|m| m.message.body.words()).collect();
            (words.join(""), earlier, later)
        };
        let third = all[2].stamp;
        assert_eq!(
            words(Around::Since(third), 2).await,
            ("23".into(), true, true)
        );
        assert_eq!(
            words(Around::Since(third), 9).await,
            ("234".into(), true, false)
        );
        let after = third.plus_ms(1);
        assert_eq!(
            words(Around::Since(after), 9).await,
            ("34".into(), true, false)
        );
        assert_eq!(
            words(Around::Earlier(third), 2).await,
            ("01".into(), true, true)
        );
        let late = third.plus_ms(3_600_000);
        assert_eq!(words(Around::Since(late), 9).await.0, "");
        assert_eq!(
            words(Around::Earlier(late), 2).await,
            ("34".into(), true, false)
        );

        lab.clock.advance(Duration::from_secs(60));
        let now = lab.clock_wall();
        let to_carl = ann.send(&lab, &carl, "hi", "c").await.expect("sent");
        let since = async |at: Timestamp, before, limit| {
            let session = ann.session(&lab);
            let found = session.conversations_since(at, before, limit).await;
            let found = found.expect("a page");
            found
                .iter()
                .map(|v| (v.conversation.head, v.conversation.id))
                .collect::<Vec<_>>()
        };
        let newest = since(now, None, 10).await;
        assert_eq!(newest.len(), 1);
        assert_eq!(newest[0].1, to_carl.conversation);
        let first = since(third, None, 1).await;
        assert_eq!(first, newest);
        let rest = since(third, Some(first[0]), 1).await;
        assert_eq!(rest[0].1, at);
        assert!(since(now, Some(first[0]), 1).await.is_empty());
    }
);
