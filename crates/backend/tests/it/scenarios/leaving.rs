//! Deleting an account: what ends, what goes, what stays.

use hub::command::{Command, Membership, NewGroup, OwnPatch, Target, Value};
use hub::event::{Event, Heard, Why};
use hub::id::{CallKey, ClientId, ConversationId};
use hub::model::{AccountState, Body, Policy, Rich, Role};
use hub::store::Keys;
use hub::{Origin, Proof};

use super::lab::{Lab, PASSWORD, Person, device};
use super::objects::{send, upload};
use crate::stores::on_both;

async fn ask(lab: &Lab, who: &Person, command: Command) -> Value {
    let done = who.session(lab).command(command).await;
    done.expect("allowed").value
}

async fn group(lab: &Lab, owner: &Person, people: &[&Person], title: &str) -> ConversationId {
    let new = NewGroup {
        title: title.into(),
        members: people.iter().map(|person| person.id()).collect(),
        policy: Policy::default(),
        client: ClientId::new(title).expect("short"),
    };
    match ask(lab, owner, Command::CreateGroup(Box::new(new))).await {
        Value::Conversation(id) => id,
        other => panic!("a group, not {other:?}"),
    }
}

fn say(to: Target, text: &str) -> Command {
    Command::Send {
        to,
        body: Body::Text(Rich::plain(text)),
        client: ClientId::new(text).expect("short"),
        reply_to: None,
        hints: Vec::new(),
    }
}

/// Waits until everything of a deleted account is removed.
async fn all_removed(lab: &Lab, person: &Person) {
    let keys = Keys {
        accounts: [person.id()].into(),
        ..Keys::default()
    };
    let removed = async {
        loop {
            let rows = lab.store.load(&keys).await.expect("the store");
            if rows.accounts[0].state == AccountState::Deleted {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let patience = std::time::Duration::from_secs(20);
    tokio::time::timeout(patience, removed)
        .await
        .expect("removed");
}

on_both!(
    a_deleted_account_ends_at_once_and_leaves_what_belongs_to_others,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let sent = ann
            .send(&lab, &bob, "remember the lake", "1")
            .await
            .expect("sent");
        let phone = lab.sign_in(&ann).await;
        let mut at_phone = phone.attach(&lab, None).await;
        let mut at_bobs = bob.attach(&lab, None).await;

        let session = ann.session(&lab);
        let wrong = session
            .delete_account("nine geese over the lake".into())
            .await;
        assert_eq!(wrong.expect_err("not hers").code, "wrong_password");
        lab.hub
            .authenticate(&ann.token)
            .await
            .expect("nothing happened");
        session
            .delete_account(PASSWORD.into())
            .await
            .expect("deleted");

        let why = at_phone
            .until(|h| match h {
                Heard::Detached(why) => Some(*why),
                _ => None,
            })
            .await;
        assert_eq!(why, Why::SignedOut);
        for token in [&ann.token, &phone.token] {
            let error = lab.hub.authenticate(token).await.expect_err("ended");
            assert_eq!(error.code, "not_signed_in");
        }
        let proof = Proof::Password(PASSWORD.into());
        let again = lab
            .hub
            .admit(Origin::default(), "ann", proof, device())
            .await;
        assert_eq!(again.expect_err("gone").code, "wrong_password");
        let recovered = lab
            .hub
            .recover(
                Origin::default(),
                "ann",
                &ann.code,
                "ten geese over",
                true,
                device(),
            )
            .await;
        assert_eq!(recovered.expect_err("gone").code, "wrong_code");

        // Her name stays hers.
        let check = lab
            .hub
            .check_name(Origin::default(), "ann")
            .await
            .expect("checked");
        assert_eq!(check.verdict, hub::name::Verdict::Taken);

        // Bob keeps what she wrote, and she is on no list of his.
        at_bobs
            .until(|h| match h {
                Heard::Placed(_, Event::Contact(view)) if view.account.id == ann.id() => {
                    (view.state == hub::model::ContactState::None).then_some(())
                }
                _ => None,
            })
            .await;
        all_removed(&lab, &ann).await;
        let history = bob.history(&lab, sent.conversation).await;
        assert!(
            history
                .iter()
                .any(|(id, text)| *id == sent.id && text == "remember the lake")
        );
        let author = bob
            .session(&lab)
            .accounts(&[ann.id()])
            .await
            .expect("profiles");
        assert!(author[0].state.is_gone());
        assert_eq!(author[0].display, hub::model::DELETED_NAME);
        assert!(
            bob.session(&lab)
                .find("ann")
                .await
                .expect("asked")
                .is_none()
        );
        let refused = bob
            .send(&lab, &ann, "are you there?", "2")
            .await
            .expect_err("nobody is");
        assert_eq!(refused.code, "account_deleted");

        let keys = Keys {
            relations: [(ann.id(), bob.id()), (bob.id(), ann.id())].into(),
            secrets: [ann.id()].into(),
            devices: [ann.who.device, phone.who.device].into(),
            ..Keys::default()
        };
        let rows = lab.store.load(&keys).await.expect("the store");
        assert!(rows.relations.is_empty() && rows.secrets.is_empty());
        assert!(
            rows.devices
                .iter()
                .all(|d| d.revoked.is_some() && d.label.is_empty())
        );
    }
);

on_both!(
    a_group_that_was_only_theirs_has_an_heir,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let bob = lab.person("bob").await;
        let cleo = lab.person("cleo").await;
        for other in [&bob, &cleo] {
            lab.befriend(&ann, other).await;
        }
        let led = group(&lab, &ann, &[&bob, &cleo], "led").await;
        let rank = Command::SetMembers {
            conversation: led,
            who: vec![cleo.id()],
            to: Membership::Ranked(Role::Admin),
        };
        ask(&lab, &ann, rank).await;
        let plain = group(&lab, &ann, &[&bob, &cleo], "plain").await;
        let alone = group(&lab, &ann, &[], "alone").await;
        lab.hub.operator_delete("ann").await.expect("deleted");
        all_removed(&lab, &ann).await;
        for (at, heir) in [(led, &cleo), (plain, &bob)] {
            let members = heir
                .session(&lab)
                .members(at, None, 50)
                .await
                .expect("a member");
            let owners: Vec<_> = members.iter().filter(|m| m.role == Role::Owner).collect();
            assert_eq!(owners.len(), 1);
            assert_eq!(
                owners[0].account,
                heir.id(),
                "the admin, else who came first"
            );
            assert!(members.iter().all(|m| m.account != ann.id()));
        }
        let rows = lab
            .store
            .load(&Keys {
                conversations: [alone].into(),
                ..Keys::default()
            })
            .await
            .expect("the store");
        assert_eq!(rows.conversations[0].people, 0);
    }
);

on_both!(
    what_nobody_else_could_read_goes_with_them,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut notes = None;
        for n in 0..450 {
            let to = Target::Cast(Vec::new());
            let note = ask(&lab, &ann, say(to, &format!("note {n}"))).await;
            let Value::Message { conversation, .. } = note else {
                panic!("a message");
            };
            notes = Some(conversation);
        }
        let notes = notes.expect("there are some");
        let chat = ann
            .send(&lab, &bob, "to bob", "x")
            .await
            .expect("sent")
            .conversation;
        let draft = Command::SetOwn {
            conversation: chat,
            patch: OwnPatch {
                draft: Some("half a thought".into()),
                pinned: Some(true),
                ..OwnPatch::default()
            },
        };
        ask(&lab, &ann, draft).await;
        lab.hub.operator_delete("ann").await.expect("deleted");
        all_removed(&lab, &ann).await;
        let mut around = hub::store::Around::Newest;
        let mut seen = 0;
        loop {
            let page = lab
                .store
                .messages(ann.id(), notes, around, 200)
                .await
                .expect("a page");
            assert!(
                page.messages
                    .iter()
                    .all(|m| m.deleted && m.body.words().is_empty())
            );
            seen += page.messages.len();
            match page.messages.first() {
                Some(first) if page.earlier => around = hub::store::Around::Before(first.id),
                _ => break,
            }
        }
        assert_eq!(seen, 450);
        let keys = Keys {
            members: [(chat, ann.id())].into(),
            ..Keys::default()
        };
        let rows = lab.store.load(&keys).await.expect("the store");
        assert_eq!(rows.members[0].own, hub::model::OwnSettings::default());
        assert_eq!(
            bob.history(&lab, chat).await.last().expect("kept").1,
            "to bob"
        );
    }
);

on_both!(
    a_deletion_that_was_cut_short_is_finished_at_the_next_start,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let at = group(&lab, &ann, &[&bob], "geese").await;
        // The operator's program begins it, and ends before anything is removed.
        let one = lab.hub.operator_delete("ann");
        one.await.expect("deleted");
        let lab = lab.killed().await;
        all_removed(&lab, &ann).await;
        let members = bob
            .session(&lab)
            .members(at, None, 50)
            .await
            .expect("a member");
        assert_eq!(members.len(), 1);
        assert_eq!(members[0].role, Role::Owner);
    }
);

on_both!(a_call_of_somebody_who_is_deleted_ends, |store| async move {
    use hub::event::CallEvent;
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let anns = ann.attach(&lab, None).await;
    let mut bobs = bob.attach(&lab, None).await;
    let key = CallKey([7; 16]);
    anns.invite(key, &bob).await.expect("it rings");
    bobs.call(|e| matches!(e, CallEvent::Ring { .. }).then_some(()))
        .await;
    bobs.accept(key).await.expect("taken");
    let session = ann.session(&lab);
    session
        .delete_account(PASSWORD.into())
        .await
        .expect("deleted");
    bobs.call(|e| matches!(e, CallEvent::Ended { .. }).then_some(()))
        .await;
    let ended = lab.credentials_ended.lock().expect("whole").clone();
    assert!(ended.contains(&ann.id()), "and what the relay gave her");
});

on_both!(what_is_built_in_is_not_deleted, |store| async move {
    let lab = Lab::on(store).await;
    lab.hub.service("echo").await.expect("made");
    let error = lab.hub.operator_delete("echo").await.expect_err("kept");
    assert_eq!(error.code, "built_in");
});

on_both!(
    notes_with_many_files_are_removed_and_their_files_let_go,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let twice = upload(&ann, &lab, "twice.txt", b"twice").await;
        let mut files = vec![twice];
        for number in 0..30 {
            let name = format!("{number}.txt");
            let file = upload(&ann, &lab, &name, name.as_bytes()).await;
            files.push(file);
            let to = || Target::Cast(vec![ann.id()]);
            let sent = send(&ann, &lab, to(), &[file, twice], &name).await;
            sent.expect("a note");
        }
        // The one who removes knows none of them then.
        let lab = lab.killed().await;
        ann.session(&lab)
            .delete_account(PASSWORD.into())
            .await
            .expect("deleted");
        all_removed(&lab, &ann).await;
        let keys = Keys {
            objects: files.iter().copied().collect(),
            grants: files.iter().copied().collect(),
            ..Keys::default()
        };
        let rows = lab.store.load(&keys).await.expect("the store");
        assert_eq!(rows.grants, []);
        assert!(rows.objects.iter().all(|object| object.idle.is_some()));
    }
);
