//! Calls through the hub: who rings, what is kept.

use std::time::Duration;

use hub::command::{Command, LeaveWhy, Step, Value};
use hub::event::{CallEvent, Ephemeral, Event, Heard};
use hub::id::CallKey;
use hub::model::{CallEnd, Outcome, RelationChange, outcome_for};

use super::lab::{Client, Lab, Person, VOICE};
use crate::stores::on_both;

const KEY: CallKey = CallKey([5; 16]);

async fn ring(client: &mut Client) -> CallKey {
    client
        .call(|event| {
            if let CallEvent::Ring { key, .. } = event {
                Some(*key)
            } else {
                None
            }
        })
        .await
}

async fn ended(client: &mut Client) -> Outcome {
    client
        .call(|event| {
            if let CallEvent::Ended { outcome, .. } = event {
                Some(*outcome)
            } else {
                None
            }
        })
        .await
}

/// What both histories say, once the record is there.
async fn record(client: &mut Client) -> CallEnd {
    client
        .until(|heard| match heard {
            Heard::Placed(_, Event::Call(row)) if row.ended.is_some() => Some(row.end),
            _ => None,
        })
        .await
}

async fn histories(lab: &Lab, ann: &Person, bob: &Person) -> (Outcome, Outcome, usize) {
    let (a, b) = (
        ann.session(lab).calls(None, 10).await,
        bob.session(lab).calls(None, 10).await,
    );
    let (a, b) = (a.expect("a history"), b.expect("a history"));
    let keys = |calls: &[hub::model::CallRow]| calls.iter().map(|c| c.key).collect::<Vec<_>>();
    assert_eq!(keys(&a), keys(&b));
    // The callee's record knows more than the caller's.
    let (at_ann, at_bob) = (a.first().expect("a call"), b.first().expect("a call"));
    let caller = at_ann.caller == ann.id();
    (
        outcome_for(at_ann.end, caller),
        outcome_for(at_bob.end, !caller),
        a.len(),
    )
}

on_both!(
    a_call_is_answered_talked_and_written_down_once,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let phone = lab.sign_in(&bob).await;
        let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        let mut at_phone = phone.attach(&lab, None).await;
        at_ann.invite(KEY, &bob).await.expect("rings");
        assert_eq!(
            (ring(&mut at_bob).await, ring(&mut at_phone).await),
            (KEY, KEY)
        );
        at_bob.step(KEY, Step::Ringing).await.expect("rings");
        at_bob.accept(KEY).await.expect("answered");
        at_ann
            .call(|e| matches!(e, CallEvent::Accepted { .. }).then_some(()))
            .await;
        at_phone
            .call(|e| {
                matches!(
                    e,
                    CallEvent::RingStopped {
                        why: hub::event::StopWhy::AnsweredElsewhere,
                        ..
                    }
                )
                .then_some(())
            })
            .await;
        for client in [&at_ann, &at_bob] {
            client.step(KEY, Step::Connected).await.expect("connected");
        }
        at_ann
            .call(|e| matches!(e, CallEvent::Live { .. }).then_some(()))
            .await;
        lab.clock.advance(Duration::from_secs(90));
        at_bob
            .step(KEY, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        assert_eq!(ended(&mut at_ann).await, Outcome::Completed);
        assert_eq!(record(&mut at_ann).await, CallEnd::Completed);
        assert_eq!(
            histories(&lab, &ann, &bob).await,
            (Outcome::Completed, Outcome::Completed, 1)
        );
        // A report is kept byte for byte, once per end.
        let text = "{ \"format\": 1,  \"side\":\"caller\" }";
        for _ in 0..2 {
            at_ann
                .session
                .command(Command::ReportCall {
                    key: KEY,
                    report: text.into(),
                })
                .await
                .expect("kept");
        }
        let (row, reports) = bob.session(&lab).call(KEY).await.expect("theirs too");
        assert_eq!(
            (
                row.reports,
                reports.len(),
                reports[0].text.as_str(),
                reports[0].format
            ),
            (1, 1, text, 1)
        );
        let bad = at_ann
            .session
            .command(Command::ReportCall {
                key: KEY,
                report: "not json".into(),
            })
            .await;
        assert_eq!(bad.expect_err("not a report").code, "report");
        // One line in the chat.
        let lines = ann
            .session(&lab)
            .messages(row.conversation, hub::store::Around::Newest, 50)
            .await
            .expect("history");
        let calls = lines
            .0
            .iter()
            .filter(|m| m.call.as_ref().is_some_and(|c| c.key == KEY))
            .count();
        assert_eq!(calls, 1);
    }
);

on_both!(two_crossing_calls_become_one, |store| async move {
    for smaller_first in [true, false] {
        let lab = Lab::on(store.clone()).await;
        let names = if smaller_first {
            ("ada", "ben")
        } else {
            ("eva", "fin")
        };
        let (ann, bob) = (lab.person(names.0).await, lab.person(names.1).await);
        lab.befriend(&ann, &bob).await;
        let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        let flag = u8::from(smaller_first) * 16;
        let (small, large) = (CallKey([1 + flag; 16]), CallKey([9 + flag; 16]));
        let (anns, bobs) = if smaller_first {
            (small, large)
        } else {
            (large, small)
        };
        at_ann.invite(anns, &bob).await.expect("rings");
        let value = at_bob.invite(bobs, &ann).await.expect("crosses").value;
        if smaller_first {
            assert!(
                matches!(value, Value::Superseded(by) if by == small),
                "{value:?}"
            );
            at_bob.accept(small).await.expect("answers the living one");
            at_ann
                .call(|e| matches!(e, CallEvent::Accepted { .. }).then_some(()))
                .await;
        } else {
            at_ann
                .call(|e| {
                    matches!(e, CallEvent::Superseded { by, .. } if *by == small).then_some(())
                })
                .await;
            assert_eq!(ring(&mut at_ann).await, small);
            at_ann.accept(small).await.expect("answers the living one");
            at_bob
                .call(|e| matches!(e, CallEvent::Accepted { .. }).then_some(()))
                .await;
        }
        for client in [&at_ann, &at_bob] {
            client
                .step(small, Step::Connected)
                .await
                .expect("connected");
        }
        at_ann
            .step(small, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        assert_eq!(record(&mut at_bob).await, CallEnd::Completed);
        assert_eq!(
            histories(&lab, &ann, &bob).await,
            (Outcome::Completed, Outcome::Completed, 1),
            "one entry"
        );
    }
});

on_both!(
    a_second_caller_is_refused_at_once_and_only_the_callee_knows_why,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        lab.befriend(&carl, &bob).await;
        let (at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        let mut at_carl = carl.attach(&lab, None).await;
        at_ann.invite(KEY, &bob).await.expect("rings");
        ring(&mut at_bob).await;
        at_bob.accept(KEY).await.expect("answered");
        let other = CallKey([6; 16]);
        at_carl.invite(other, &bob).await.expect("taken");
        assert_eq!(ended(&mut at_carl).await, Outcome::NotAnswered);
        assert_eq!(record(&mut at_carl).await, CallEnd::NoAnswer, "not why");
        let calls = bob.session(&lab).calls(None, 10).await.expect("a history");
        let missed = calls
            .iter()
            .find(|c| c.key == other)
            .expect("in the callee's history");
        assert_eq!(outcome_for(missed.end, false), Outcome::MissedBusy);
        assert_eq!(
            at_ann
                .invite(CallKey([8; 16]), &bob)
                .await
                .expect_err("in a call")
                .code,
            "busy_self"
        );
    }
);

on_both!(
    nobody_rings_who_is_no_contact_and_who_is_blocked_hears_it_ring_out,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = (lab.person("ann").await, lab.person("bob").await);
        let (mut at_ann, _at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        assert_eq!(
            at_ann.invite(KEY, &bob).await.expect_err("strangers").code,
            "not_contacts"
        );
        lab.befriend(&ann, &bob).await;
        bob.relate(&lab, &ann, RelationChange::Block)
            .await
            .expect("blocked");
        at_ann.invite(KEY, &bob).await.expect("rings, unheard");
        lab.clock.advance(Duration::from_secs(30));
        assert_eq!(ended(&mut at_ann).await, Outcome::NotAnswered);
    }
);

on_both!(
    a_call_of_somebody_kept_away_leaves_nothing_with_whom_they_called,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let first = ann.send(&lab, &bob, "hello", "1").await.expect("written");
        let conversation = first.conversation;
        bob.relate(&lab, &ann, RelationChange::Block)
            .await
            .expect("blocked");
        let before = bob.session(&lab).head().await.expect("a head");
        let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        let (with_ann, with_bob) = (
            ann.history(&lab, conversation).await.len(),
            bob.history(&lab, conversation).await,
        );
        at_ann.invite(KEY, &bob).await.expect("rings, unheard");
        let open = bob.session(&lab).calls(None, 10).await.expect("a page");
        assert_eq!(open, [], "nor while it rings");
        // Given up, rung out, cut off by a restart: however it ends.
        at_ann
            .step(KEY, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("given up");
        assert_eq!(ended(&mut at_ann).await, Outcome::Cancelled);
        let rung_out = CallKey([6; 16]);
        at_ann.invite(rung_out, &bob).await.expect("again");
        lab.clock.advance(Duration::from_secs(30));
        assert_eq!(ended(&mut at_ann).await, Outcome::NotAnswered);
        assert!(lab.hub.settle().await, "both ends are written");
        let cut_off = CallKey([7; 16]);
        at_ann.invite(cut_off, &bob).await.expect("a third time");
        // Live, Bob hears what comes next, and nothing before it.
        bob.session(&lab)
            .command(Command::UpdateAccount(hub::command::AccountPatch {
                mood: Some("the end".into()),
                ..Default::default()
            }))
            .await
            .expect("set");
        at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Message(_) | Event::Call(_))
                | Heard::Passing(Ephemeral::Call(_)) => panic!("a trace: {heard:?}"),
                Heard::Placed(_, Event::Account(_)) => Some(()),
                _ => None,
            })
            .await;
        drop((at_ann, at_bob));
        let lab = lab.killed().await;
        // Whoever rang may come back for ten seconds.
        lab.clock.advance(Duration::from_secs(11));
        assert!(lab.hub.settle().await, "the third end is written");
        // Later, in none of the ways to ask.
        let session = bob.session(&lab);
        let seen = session.since(Some(before), 500).await.expect("caught up");
        let hub::Sync::Events { events, .. } = seen else {
            panic!("not so long ago");
        };
        for (_, event) in &events {
            assert!(
                !matches!(event, Event::Message(_) | Event::Call(_)),
                "a trace: {event:?}"
            );
        }
        assert_eq!(bob.history(&lab, conversation).await, with_bob);
        let view = session.conversation(conversation).await.expect("there");
        assert_eq!(view.last.map(|m| m.id), with_bob.last().map(|m| m.0));
        assert_eq!(session.calls(None, 10).await.expect("a page"), []);
        for key in [KEY, rung_out, cut_off] {
            session.call(key).await.expect_err("no such call");
        }
        // Ann finds all three, and three lines: nothing tells her why.
        let made = ann.session(&lab).calls(None, 10).await.expect("a page");
        assert_eq!(made.len(), 3);
        assert_eq!(ann.history(&lab, conversation).await.len(), with_ann + 3);
    }
);

on_both!(
    a_page_that_closes_speaks_for_its_device,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        at_ann.invite(KEY, &bob).await.expect("rings");
        ring(&mut at_bob).await;
        at_bob.accept(KEY).await.expect("answered");
        drop(at_ann);
        let last_words = Command::Call {
            key: KEY,
            step: Step::Leave(LeaveWhy::PageClosed),
        };
        ann.session(&lab)
            .command(last_words)
            .await
            .expect("by its device");
        assert_eq!(ended(&mut at_bob).await, Outcome::Completed);
        let step = Step::Invite {
            to: hub::command::Target::Cast(vec![bob.id()]),
            media: VOICE,
            offer: "o".into(),
            relay_only: false,
        };
        let unheard = ann
            .session(&lab)
            .command(Command::Call {
                key: CallKey([6; 16]),
                step,
            })
            .await;
        assert_eq!(
            unheard.expect_err("nobody would hear the answer").code,
            "needs_connection"
        );
    }
);
