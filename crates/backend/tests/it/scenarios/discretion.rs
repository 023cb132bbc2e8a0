//! What must not be told: by events, by fields, or by answers that change.

use std::net::IpAddr;
use std::time::Duration;

use hub::command::{AccountPatch, Command, MessageRef, Step, Target, Which};
use hub::event::{CallEvent, Ephemeral, Event, Heard};
use hub::id::CallKey;
use hub::model::{Availability, CallEnd, Outcome, RelationChange};
use hub::{Origin, Proof};

use super::lab::{Lab, PASSWORD, Person, VOICE, device};
use crate::stores::on_both;

const KEY: CallKey = CallKey([5; 16]);

async fn do_it(person: &Person, lab: &Lab, command: Command) {
    person.session(lab).command(command).await.expect("done");
}

async fn choose(person: &Person, lab: &Lab, value: Option<Availability>) {
    do_it(person, lab, Command::SetAvailability { value, until: None }).await;
}

on_both!(
    nothing_that_an_invisible_person_does_is_a_sign_of_them,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let at_bob = bob.attach(&lab, None).await;
        at_ann.sees(&bob, Availability::Online).await;
        choose(&bob, &lab, Some(Availability::Invisible)).await;
        at_ann.sees(&bob, Availability::Offline).await;
        let left = lab.clock_wall();
        lab.clock.advance(Duration::from_secs(3_600));
        // All that could show: another device, idling, a setting, leaving.
        let second = lab.sign_in(&bob).await;
        let also = second.attach(&lab, None).await;
        also.session
            .command(Command::SetIdle(true))
            .await
            .expect("idle");
        let quiet = AccountPatch {
            receipts: Some(false),
            ..AccountPatch::default()
        };
        do_it(&bob, &lab, Command::UpdateAccount(quiet)).await;
        drop((at_bob, also));
        lab.clock.advance(Duration::from_secs(60));
        ann.send(&lab, &bob, "the end", "1").await.expect("written");
        at_ann
            .until(|heard| match heard {
                Heard::Passing(Ephemeral::Presence(p)) if p.account == bob.id() => {
                    panic!("a sign: {p:?}")
                }
                Heard::Placed(_, Event::Contact(view)) if view.account.id == bob.id() => {
                    panic!("a sign: {view:?}")
                }
                Heard::Placed(_, Event::Message(view)) if view.message.author == ann.id() => {
                    Some(())
                }
                _ => None,
            })
            .await;
        // The record of it is written by and by; whoever asks later is told no more.
        let lab = lab.killed().await;
        let seen = ann.session(&lab).presence().await.expect("contacts");
        let bob_seen = seen
            .iter()
            .find(|p| p.account == bob.id())
            .expect("a contact");
        assert!(
            bob_seen
                .since
                .is_some_and(|since| since <= left.plus_ms(1_000)),
            "{bob_seen:?}"
        );
    }
);

on_both!(
    who_is_removed_sees_nothing_from_the_answer_on,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let _at_bob = bob.attach(&lab, None).await;
        let _at_ann = ann.attach(&lab, None).await;
        let online = async || {
            let seen = ann.session(&lab).presence().await.expect("presence");
            let of_bob = seen.iter().find(|presence| presence.account == bob.id());
            of_bob.is_some_and(|presence| presence.availability == Availability::Online)
        };
        for change in [RelationChange::Remove, RelationChange::Block] {
            for _ in 0..10 {
                assert!(online().await, "there before");
                bob.relate(&lab, &ann, change).await.expect("kept away");
                assert!(!online().await, "{change:?}");
                let back = match change {
                    RelationChange::Block => RelationChange::Unblock,
                    _ => RelationChange::Ask,
                };
                bob.relate(&lab, &ann, back).await.expect("back");
                while !online().await {
                    tokio::task::yield_now().await;
                }
            }
        }
    }
);

on_both!(
    a_block_moves_no_date_and_changes_no_answer,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        let at_carl = carl.attach(&lab, None).await;
        let since = |lab: &Lab| {
            let session = ann.session(lab);
            let bob = bob.id();
            async move { session.contact(bob).await.expect("a contact").since }
        };
        let before = since(&lab).await;
        lab.clock.advance(Duration::from_secs(500));
        bob.relate(&lab, &ann, RelationChange::Block)
            .await
            .expect("blocked");
        assert_eq!(since(&lab).await, before);
        bob.relate(&lab, &ann, RelationChange::Unblock)
            .await
            .expect("unblocked");
        assert_eq!(since(&lab).await, before);
        // A request that was put away keeps its date, too.
        carl.relate(&lab, &ann, RelationChange::Ask)
            .await
            .expect("asked");
        let asked = carl
            .session(&lab)
            .contact(ann.id())
            .await
            .expect("asked")
            .since;
        lab.clock.advance(Duration::from_secs(500));
        ann.relate(&lab, &carl, RelationChange::Decline)
            .await
            .expect("put away");
        assert_eq!(
            carl.session(&lab)
                .contact(ann.id())
                .await
                .expect("still")
                .since,
            asked
        );
        // A stranger who is blocked is refused as any stranger.
        let refused = at_carl
            .invite(KEY, &bob)
            .await
            .expect_err("a stranger")
            .code;
        bob.relate(&lab, &carl, RelationChange::Block)
            .await
            .expect("blocked");
        let key = CallKey([6; 16]);
        assert_eq!(
            at_carl
                .invite(key, &bob)
                .await
                .expect_err("a stranger")
                .code,
            refused
        );
    }
);

on_both!(who_is_kept_away_keeps_nobody_busy, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let carl = lab.person("carl").await;
    lab.befriend(&carl, &bob).await;
    let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
    let at_carl = carl.attach(&lab, None).await;
    bob.relate(&lab, &ann, RelationChange::Block)
        .await
        .expect("blocked");
    at_ann.invite(KEY, &bob).await.expect("rings, unheard");
    let ringing = |e: &CallEvent| matches!(e, CallEvent::Ringing { devices: 1, .. }).then_some(());
    at_ann.call(ringing).await;
    let other = CallKey([6; 16]);
    at_carl.invite(other, &bob).await.expect("taken");
    let rung = at_bob.call(|e| match e {
        CallEvent::Ring { key, .. } => Some(*key),
        _ => None,
    });
    assert_eq!(rung.await, other, "rung by the one, not by the other");
});

on_both!(
    the_callers_record_does_not_say_why_nobody_answered,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        at_ann.invite(KEY, &bob).await.expect("rings");
        at_bob
            .call(|e| matches!(e, CallEvent::Ring { .. }).then_some(()))
            .await;
        at_bob.step(KEY, Step::Ringing).await.expect("rings");
        at_bob.step(KEY, Step::Decline).await.expect("declined");
        let report = Command::ReportCall {
            key: KEY,
            report: r#"{"format":1,"declined":true}"#.into(),
        };
        at_bob.session.command(report).await.expect("kept");
        let end = at_ann
            .until(|heard| match heard {
                Heard::Placed(_, Event::Call(row)) if row.ended.is_some() => {
                    Some(row.as_ref().clone())
                }
                _ => None,
            })
            .await;
        let (row, reports) = ann.session(&lab).call(KEY).await.expect("theirs");
        for row in [row, end] {
            assert_eq!((row.end, row.reports), (CallEnd::NoAnswer, 0));
            let names: Vec<&str> = row.marks.iter().map(|m| m.name.as_str()).collect();
            assert!(
                !names.contains(&"decline") && !names.contains(&"ringing"),
                "{names:?}"
            );
        }
        assert!(reports.is_empty(), "{reports:?}");
        // The callee knows, and a report that came before the record is counted.
        let (row, reports) = bob.session(&lab).call(KEY).await.expect("theirs");
        assert_eq!(
            (row.end, row.reports, reports.len()),
            (CallEnd::Declined, 1, 1)
        );
        assert!(row.marks.iter().any(|m| m.name == "report"));
    }
);

on_both!(
    a_call_that_never_began_is_in_nobodys_history,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        lab.befriend(&ann, &carl).await;
        let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        let step = Step::Invite {
            to: Target::Cast(vec![bob.id()]),
            media: VOICE,
            offer: "x".repeat(65 * 1024),
            relay_only: false,
        };
        let refused = at_ann
            .step(CallKey([7; 16]), step)
            .await
            .expect_err("an offer too large");
        assert_eq!(refused.code, "too_large");
        at_ann.invite(KEY, &bob).await.expect("rings");
        at_bob
            .call(|e| matches!(e, CallEvent::Ring { .. }).then_some(()))
            .await;
        at_bob.accept(KEY).await.expect("answered");
        let busy = at_ann
            .invite(CallKey([8; 16]), &carl)
            .await
            .expect_err("in a call");
        assert_eq!(busy.code, "busy_self");
        at_bob
            .step(KEY, Step::Leave(hub::command::LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        // Records are written in order: once this one is there, so are those before it.
        let ended = |heard: &Heard| match heard {
            Heard::Placed(_, Event::Call(row)) if row.key == KEY && row.ended.is_some() => Some(()),
            _ => None,
        };
        at_ann.until(ended).await;
        let lab = lab.killed().await;
        ann.send(&lab, &carl, "after", "1")
            .await
            .expect("written after what was open");
        for person in [&bob, &carl] {
            let calls = person
                .session(&lab)
                .calls(None, 10)
                .await
                .expect("a history");
            assert!(calls.iter().all(|c| c.key == KEY), "{calls:?}");
        }
    }
);

on_both!(
    a_signed_out_device_leaves_the_call_it_dropped_out_of,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let phone = lab.sign_in(&bob).await;
        let mut at_ann = ann.attach(&lab, None).await;
        let mut at_bob = bob.attach(&lab, None).await;
        at_ann.invite(KEY, &bob).await.expect("rings");
        at_bob
            .call(|e| matches!(e, CallEvent::Ring { .. }).then_some(()))
            .await;
        at_bob.accept(KEY).await.expect("answered");
        drop(at_bob);
        do_it(
            &phone,
            &lab,
            Command::EndDevice(Which::Device(bob.who.device)),
        )
        .await;
        // No time passes: it is not the 60 s that end it.
        let outcome = at_ann
            .call(|e| match e {
                CallEvent::Ended { outcome, .. } => Some(*outcome),
                _ => None,
            })
            .await;
        assert_eq!(outcome, Outcome::Completed);
    }
);

on_both!(
    who_ceases_to_tell_what_they_read_tells_nothing_by_catching_up,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let first = ann.send(&lab, &bob, "one", "1").await.expect("sent");
        let mark = |upto| Command::MarkRead {
            conversation: first.conversation,
            upto: MessageRef::Id(upto),
        };
        let away = ann.session(&lab).head().await.expect("a head");
        do_it(&bob, &lab, mark(first.id)).await;
        let quiet = AccountPatch {
            receipts: Some(false),
            ..AccountPatch::default()
        };
        do_it(&bob, &lab, Command::UpdateAccount(quiet)).await;
        let second = ann.send(&lab, &bob, "two", "2").await.expect("sent");
        do_it(&bob, &lab, mark(second.id)).await;
        let hub::Sync::Events { events, .. } = ann
            .session(&lab)
            .since(Some(away), 500)
            .await
            .expect("events")
        else {
            panic!("few events need no snapshot");
        };
        let read = events
            .iter()
            .find(|(_, e)| matches!(e, Event::Read { account, .. } if *account == bob.id()));
        assert!(read.is_none(), "{read:?}");
    }
);

on_both!(
    tries_at_the_same_time_are_counted_and_lock_no_device_out,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let from = |n: u8| Origin {
            address: Some(IpAddr::from([192, 0, 2, n])),
            exempt: false,
        };
        let tries = (0..24).map(|n| {
            let proof = Proof::Password(format!("a wrong guess, number {n}"));
            lab.hub.admit(from(n), "ann", proof, device())
        });
        let answers = futures_util::future::join_all(tries).await;
        let wrong = answers
            .iter()
            .filter(|a| a.as_ref().is_err_and(|e| e.code == "wrong_password"));
        assert_eq!(
            wrong.count(),
            10,
            "the burst of one name, from wherever they come"
        );
        // Who is signed in sets a new password all the same.
        let session = lab.hub.session(ann.who, from(200));
        let new = Command::SetPassword {
            current: PASSWORD.into(),
            new: "nine geese under the bridge".into(),
            end_others: true,
        };
        session.command(new).await.expect("not locked out");
    }
);

on_both!(
    a_blocked_accounts_relay_credentials_end_whatever_they_were_made_for,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let prepare = Step::Prepare {
            to: Target::Cast(vec![bob.id()]),
            relay_only: true,
        };
        at_ann
            .step(KEY, prepare)
            .await
            .expect("prepared, never called");
        lab.hub.operator_block("ann", true).await.expect("blocked");
        at_ann
            .until(|heard| matches!(heard, Heard::Detached(_)).then_some(()))
            .await;
        assert_eq!(*lab.credentials_ended.lock().expect("whole"), [ann.id()]);
    }
);
