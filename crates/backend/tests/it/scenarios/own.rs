//! What somebody sets for themselves: only their own devices hear of it.

use hub::command::{Command, Done, OwnPatch};
use hub::event::{Event, Heard};
use hub::id::{ConversationId, Timestamp};
use hub::model::OwnSettings;

use super::lab::{Client, Lab, Person};
use crate::stores::on_both;

async fn set(who: &Person, lab: &Lab, conversation: ConversationId, patch: OwnPatch) -> Done {
    let command = Command::SetOwn {
        conversation,
        patch,
    };
    who.session(lab).command(command).await.expect("set")
}

async fn hears(client: &mut Client) -> (ConversationId, OwnSettings) {
    client
        .until(|heard| match heard {
            Heard::Placed(_, Event::Own { conversation, own }) => {
                Some((*conversation, own.as_ref().clone()))
            }
            _ => None,
        })
        .await
}

fn draft(text: &str) -> OwnPatch {
    OwnPatch {
        draft: Some(text.into()),
        ..OwnPatch::default()
    }
}

on_both!(
    a_draft_is_on_every_device_of_its_writer_and_nowhere_else,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let phone = lab.sign_in(&ann).await;
        let message = ann.send(&lab, &bob, "hello", "1").await.expect("sent");
        let at = message.conversation;
        let before = ann.session(&lab).head().await.expect("a place");
        let mut at_phone = phone.attach(&lab, None).await;
        let mut at_bob = bob.attach(&lab, None).await;
        set(&ann, &lab, at, draft("dear \u{0}\u{202e}Bob,\nI")).await;
        let kept = OwnSettings {
            draft: "dear Bob,\nI".into(),
            ..OwnSettings::default()
        };
        assert_eq!(hears(&mut at_phone).await, (at, kept.clone()));

        // All that Bob may ask for, and all that he hears until her next message.
        let mut views = vec![bob.session(&lab).conversation(at).await.expect("there")];
        views.extend(
            bob.session(&lab)
                .conversations(None, 10)
                .await
                .expect("a page"),
        );
        for member in views.iter().flat_map(|view| &view.members) {
            assert_eq!(member.own, OwnSettings::default(), "{:?}", member.account);
        }
        ann.send(&lab, &bob, "the end", "2").await.expect("sent");
        at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Own { .. }) => panic!("told: {heard:?}"),
                Heard::Placed(_, Event::Message(view)) => {
                    (view.message.body.words() == "the end").then_some(())
                }
                _ => None,
            })
            .await;
        let missed = bob
            .session(&lab)
            .since(Some(before), 100)
            .await
            .expect("events");
        assert!(!format!("{missed:?}").contains("dear"), "{missed:?}");

        // Her other device, back after a restart, finds the newest.
        set(&ann, &lab, at, draft("dear Bob, we")).await;
        let lab = lab.killed().await;
        let mut back = phone.attach(&lab, Some(before)).await;
        assert_eq!(hears(&mut back).await.1.draft, "dear Bob, we");
        let view = phone.session(&lab).conversation(at).await.expect("there");
        let mine = view.members.iter().find(|m| m.account == ann.id());
        assert_eq!(mine.expect("a member").own.draft, "dear Bob, we");
        set(&ann, &lab, at, draft("")).await;
        assert_eq!(hears(&mut back).await.1, OwnSettings::default());
    }
);

on_both!(
    own_settings_change_one_by_one_and_are_bounded,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let cat = lab.person("cat").await;
        let message = ann.send(&lab, &bob, "hello", "1").await.expect("sent");
        let at = message.conversation;
        let mut at_ann = ann.attach(&lab, None).await;
        let now = lab.clock_wall();
        let until = Timestamp(now.0 + 1_000);
        let steps = [
            OwnPatch {
                pinned: Some(true),
                ..OwnPatch::default()
            },
            OwnPatch {
                muted_until: Some(until),
                archived: Some(true),
                ..OwnPatch::default()
            },
            draft("x"),
        ];
        for (n, patch) in steps.iter().chain(&steps).enumerate() {
            let done = set(&ann, &lab, at, patch.clone()).await;
            assert_eq!(done.pos.is_some(), n < 3, "a repeat is no event");
        }
        let all = OwnSettings {
            muted_until: Some(until),
            pinned: true,
            archived: true,
            draft: "x".into(),
            ..OwnSettings::default()
        };
        let own = loop {
            let (_, own) = hears(&mut at_ann).await;
            if own.draft == "x" {
                break own;
            }
        };
        assert_eq!(own, all);
        let ended = OwnPatch {
            muted_until: Some(now),
            pinned: Some(false),
            ..OwnPatch::default()
        };
        set(&ann, &lab, at, ended).await;
        // What is heard is the newest state, three times over.
        let own = loop {
            let (_, own) = hears(&mut at_ann).await;
            if !own.pinned {
                break own;
            }
        };
        assert_eq!(
            (own.muted_until, own.pinned, own.archived),
            (None, false, true)
        );

        let command = |patch| Command::SetOwn {
            conversation: at,
            patch,
        };
        let long = ann
            .session(&lab)
            .command(command(draft(&"ü".repeat(4_097))))
            .await;
        let long = long.expect_err("too long");
        assert_eq!((long.code, long.limit), ("draft_too_long", Some(8_192)));
        set(&ann, &lab, at, draft(&"ü".repeat(4_096))).await;
        let stranger = cat.session(&lab).command(command(draft("x"))).await;
        assert_eq!(stranger.expect_err("no member").code, "not_found");
    }
);
