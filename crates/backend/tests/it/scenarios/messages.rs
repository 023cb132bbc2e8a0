//! Sending, repeating, editing, reading.

use hub::command::{Command, MessageRef};
use hub::event::{Ephemeral, Event, Heard};
use hub::model::{Body, RelationChange, Rich};

use super::lab::{Lab, Sent, edit, send, sent};
use crate::stores::on_both;

on_both!(a_retried_message_is_stored_once, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let (one, two) = (ann.session(&lab), ann.session(&lab));
    let (first, second) = tokio::join!(
        one.command(send(bob.id(), "hello", "c1")),
        two.command(send(bob.id(), "hello", "c1"))
    );
    let first = sent(first.expect("stored")).expect("a message");
    assert_eq!(sent(second.expect("the same")).expect("a message"), first);
    // After an edit the first command is still known; other words are refused; another device's ids are its own.
    one.command(edit(first.id, "hello again"))
        .await
        .expect("edited");
    assert_eq!(
        ann.send(&lab, &bob, "hello", "c1")
            .await
            .expect("the first result"),
        first
    );
    assert_eq!(
        ann.send(&lab, &bob, "other words", "c1")
            .await
            .expect_err("reused")
            .code,
        "client_id_reused"
    );
    let phone = lab.sign_in(&ann).await;
    let other = phone
        .send(&lab, &bob, "hello", "c1")
        .await
        .expect("another device");
    assert_ne!(other.id, first.id);
    // And after 72 hours and a restart.
    lab.clock
        .advance(std::time::Duration::from_secs(72 * 3_600));
    let lab = lab.killed().await;
    assert_eq!(
        ann.send(&lab, &bob, "hello", "c1")
            .await
            .expect("the first result"),
        first
    );
    let words: Vec<String> = bob
        .history(&lab, first.conversation)
        .await
        .into_iter()
        .map(|(_, w)| w)
        .collect();
    assert_eq!(
        words,
        ["", "hello again", "hello"],
        "the line of the two becoming contacts, and two messages"
    );
});

on_both!(
    only_the_author_changes_a_message_and_a_removed_one_leaves_a_stone,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_bob = bob.attach(&lab, None).await;
        let message = ann.send(&lab, &bob, "one", "1").await.expect("sent");
        assert_eq!(at_bob.message().await.1, "one");
        let theirs = bob.session(&lab).command(edit(message.id, "two")).await;
        assert_eq!(theirs.expect_err("not the author").code, "not_yours");
        ann.session(&lab)
            .command(edit(message.id, "two"))
            .await
            .expect("edited");
        let (edited, words) = at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Message(v)) => {
                    Some((v.message.edited.is_some(), v.message.body.words()))
                }
                _ => None,
            })
            .await;
        assert_eq!((edited, words.as_str()), (true, "two"));
        ann.session(&lab)
            .command(Command::Delete {
                of: MessageRef::Id(message.id),
            })
            .await
            .expect("removed");
        let stone = at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Message(view)) => {
                    Some((view.message.deleted, view.message.body.clone()))
                }
                _ => None,
            })
            .await;
        assert_eq!(stone, (true, Body::Text(Rich::default())));
        let again = ann.session(&lab).command(edit(message.id, "three")).await;
        assert_eq!(again.expect_err("removed").code, "deleted");
    }
);

on_both!(
    stamps_and_positions_rise_whatever_the_clock_does,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut last: Option<Sent> = None;
        for (n, step) in [0, 3_600_000, -7_200_000, 0, -86_400_000, 1_000]
            .into_iter()
            .enumerate()
        {
            lab.clock.step_wall(step);
            let now = ann
                .send(&lab, &bob, "tick", &n.to_string())
                .await
                .expect("sent");
            if let Some(last) = last {
                assert!(
                    now.id > last.id && now.stamp > last.stamp,
                    "{now:?} after {last:?}"
                );
            }
            last = Some(now);
        }
    }
);

on_both!(
    ticks_follow_what_was_acknowledged_and_read,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let mut at_bob = bob.attach(&lab, None).await;
        let message = ann.send(&lab, &bob, "hello", "1").await.expect("sent");
        let (id, _) = at_bob.message().await;
        at_bob
            .session
            .command(Command::Ack(id))
            .await
            .expect("acknowledged");
        let delivered = at_ann
            .until(|heard| match heard {
                Heard::Passing(Ephemeral::Delivered { account, upto, .. }) => {
                    Some((*account, *upto))
                }
                _ => None,
            })
            .await;
        assert_eq!((delivered.0, delivered.1.message), (bob.id(), message.id));
        let read = Command::MarkRead {
            conversation: message.conversation,
            upto: MessageRef::Id(id),
        };
        at_bob.session.command(read.clone()).await.expect("read");
        let upto = at_ann
            .until(|heard| match heard {
                Heard::Placed(_, Event::Read { account, upto, .. }) if *account == bob.id() => {
                    Some(*upto)
                }
                _ => None,
            })
            .await;
        assert_eq!((upto.message, upto.stamp), (message.id, message.stamp));
        // Acknowledged positions are written after two seconds, so that they hold after a restart.
        lab.clock.advance(std::time::Duration::from_secs(3));
        at_bob
            .session
            .command(read)
            .await
            .expect("again is harmless");
        assert!(lab.hub.settle().await, "written, and nobody is told");
        let view = ann.session(&lab).conversation(message.conversation).await;
        let seen = view.expect("there").delivered.first().map(|d| d.1.message);
        assert_eq!(seen, Some(message.id));
        // Who does not tell what they read is not asked again.
        let quiet = hub::command::AccountPatch {
            receipts: Some(false),
            ..Default::default()
        };
        at_bob
            .session
            .command(Command::UpdateAccount(quiet))
            .await
            .expect("quiet");
        let view = ann
            .session(&lab)
            .conversation(message.conversation)
            .await
            .expect("there");
        assert!(
            view.members
                .iter()
                .all(|m| m.account != bob.id() || m.read.is_none())
        );
    }
);

on_both!(
    typing_lasts_six_seconds_and_is_not_shown_to_oneself,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let at_ann = ann.attach(&lab, None).await;
        let mut at_bob = bob.attach(&lab, None).await;
        let to = hub::command::Target::Cast(vec![bob.id()]);
        at_ann
            .session
            .command(Command::Typing { to, typing: true })
            .await
            .expect("types");
        let typing = |heard: &Heard| match heard {
            Heard::Passing(Ephemeral::Typing {
                account, typing, ..
            }) => Some((*account, *typing)),
            _ => None,
        };
        assert_eq!(at_bob.until(typing).await, (ann.id(), true));
        lab.clock.advance(std::time::Duration::from_secs(6));
        assert_eq!(at_bob.until(typing).await, (ann.id(), false));
    }
);

on_both!(
    what_is_too_large_or_empty_is_refused_with_its_limit,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let long = ann
            .send(&lab, &bob, &"x".repeat(20_001), "1")
            .await
            .expect_err("too long");
        assert_eq!((long.code, long.limit), ("text_too_long", Some(20_000)));
        assert_eq!(
            ann.send(&lab, &bob, " \n ", "2")
                .await
                .expect_err("empty")
                .code,
            "text_empty"
        );
        ann.send(&lab, &bob, &"x".repeat(20_000), "3")
            .await
            .expect("just fits");
    }
);

on_both!(
    what_another_process_wrote_counts_for_the_next_message,
    |store| async move {
        let lab = Lab::on(store.clone()).await;
        let elsewhere = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        // This process knows the two from now on, and writes by what it knows.
        for n in 0..3 {
            let client = format!("c{n}");
            ann.send(&lab, &bob, "hello", &client).await.expect("sent");
        }
        bob.relate(&elsewhere, &ann, RelationChange::Block)
            .await
            .expect("blocked");
        let error = ann.send(&lab, &bob, "hello?", "c3").await;
        assert_eq!(error.expect_err("kept away").code, "not_contacts");
        bob.relate(&lab, &ann, RelationChange::Unblock)
            .await
            .expect("unblocked");
        ann.send(&elsewhere, &bob, "here again", "c4")
            .await
            .expect("sent");
    }
);

on_both!(who_is_blocked_cannot_write_by_editing, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let Sent { id, .. } = ann.send(&lab, &bob, "hello", "c1").await.expect("sent");
    bob.relate(&lab, &ann, RelationChange::Block)
        .await
        .expect("blocked");
    let error = ann.session(&lab).command(edit(id, "hear me")).await;
    assert_eq!(error.expect_err("kept away").code, "not_contacts");
    ann.session(&lab)
        .command(edit(id, "hello"))
        .await
        .expect("nothing changes");
    ann.session(&lab)
        .command(Command::Delete {
            of: MessageRef::Id(id),
        })
        .await
        .expect("taken back");
});

on_both!(
    the_first_message_to_oneself_opens_the_conversation,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let first = ann.send(&lab, &ann, "buy bread", "1").await.expect("sent");
        let again = ann.send(&lab, &ann, "buy bread", "1").await;
        assert_eq!(again.expect("sent before"), first);
        let history = ann.history(&lab, first.conversation).await;
        assert_eq!(history, [(first.id, "buy bread".to_owned())]);
    }
);
