//! Calls and restarts of the server: what runs is taken up again, what rings rings again, what nobody comes back to ends.

use std::time::Duration;

use hub::command::{LeaveWhy, Step, Value};
use hub::event::{CallEvent, Event, Heard};
use hub::id::{CallKey, Timestamp};
use hub::model::{CallEnd, CallRow, Outcome, outcome_for};

use super::lab::{Client, Lab, Person, VOICE};
use crate::stores::on_both;

const KEY: CallKey = CallKey([5; 16]);

async fn ring(client: &mut Client) {
    client
        .call(|event| matches!(event, CallEvent::Ring { .. }).then_some(()))
        .await;
}

/// The record of a call that is over.
async fn record(client: &mut Client) -> CallRow {
    client
        .until(|heard| match heard {
            Heard::Placed(_, Event::Call(row)) if row.ended.is_some() => Some(CallRow::clone(row)),
            _ => None,
        })
        .await
}

/// The only call in a history.
async fn only(lab: &Lab, person: &Person) -> CallRow {
    let mut calls = person.session(lab).calls(None, 10).await.expect("a page");
    assert_eq!(calls.len(), 1, "one call, one record");
    calls.remove(0)
}

/// Lines in the chat of two, but for the first: that they became contacts.
async fn lines(lab: &Lab, person: &Person, row: &CallRow) -> usize {
    person.history(lab, row.conversation).await.len() - 1
}

async fn join(
    client: &Client,
    key: CallKey,
    still_connected: bool,
) -> Result<hub::command::Done, hub::Error> {
    let media = VOICE;
    client
        .step(
            key,
            Step::Join {
                media,
                still_connected,
            },
        )
        .await
}

async fn joined(client: &mut Client) -> bool {
    client
        .call(|event| match event {
            CallEvent::Joined {
                still_connected, ..
            } => Some(*still_connected),
            _ => None,
        })
        .await
}

/// Ann and Bob talk; the answer is on disk.
async fn talk(lab: &Lab, key: CallKey, ann: &Person, bob: &Person) -> (Client, Client) {
    let (mut at_ann, mut at_bob) = (ann.attach(lab, None).await, bob.attach(lab, None).await);
    at_ann.invite(key, bob).await.expect("rings");
    ring(&mut at_bob).await;
    at_bob.accept(key).await.expect("answered");
    for client in [&at_ann, &at_bob] {
        client.step(key, Step::Connected).await.expect("connected");
    }
    at_ann
        .until(|heard| match heard {
            Heard::Placed(_, Event::Call(row)) => row.answered.map(drop),
            _ => None,
        })
        .await;
    (at_ann, at_bob)
}

/// The two ways in which a server goes.
async fn again(lab: Lab, stopped: bool) -> Lab {
    if stopped {
        lab.hub.stop().await;
    }
    lab.killed().await
}

on_both!(
    what_was_answered_declined_or_ended_is_in_the_histories_with_the_answer,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        at_ann.invite(KEY, &bob).await.expect("rings");
        ring(&mut at_bob).await;
        at_bob.accept(KEY).await.expect("answered");
        assert!(only(&lab, &ann).await.answered.is_some(), "a kill now");
        for client in [&at_ann, &at_bob] {
            client.step(KEY, Step::Connected).await.expect("connected");
        }
        let leave = Step::Leave(LeaveWhy::HangUp);
        at_ann.step(KEY, leave).await.expect("ended");
        assert_eq!(only(&lab, &bob).await.end, CallEnd::Completed, "or now");
        let second = CallKey([6; 16]);
        at_ann.invite(second, &bob).await.expect("rings");
        ring(&mut at_bob).await;
        at_bob.step(second, Step::Decline).await.expect("declined");
        let calls = bob.session(&lab).calls(None, 10).await.expect("a page");
        let of = |row: &&CallRow| row.key == second;
        assert_eq!(calls.iter().find(of).expect("there").end, CallEnd::Declined);
        let lab = lab.killed().await;
        let calls = ann.session(&lab).calls(None, 10).await.expect("a page");
        assert!(calls.iter().all(|row| row.end != CallEnd::Open));
        assert_eq!(lines(&lab, &bob, &calls[0]).await, 2);
        drop((at_ann, at_bob));
    }
);

/// Gives everything else its turn until it holds.
async fn until(holds: impl Fn() -> bool) {
    let begin = std::time::Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(10), "it never holds");
        tokio::task::yield_now().await;
    }
}

/// In a file only: who waits to write waits in this process, one behind the other.
#[tokio::test]
async fn an_answer_waits_for_its_own_record_and_for_nothing_else() {
    let patience = Duration::from_secs(10);
    crate::places::in_a_file(move |at| {
        Box::pin(async move {
            let lab = Lab::on(at.store().await.expect("a store")).await;
            let (ann, bob) = lab.friends().await;
            let (carl, dora) = (lab.person("carl").await, lab.person("dora").await);
            lab.befriend(&carl, &dora).await;
            let second = CallKey([6; 16]);
            let (mut at_ann, mut at_bob) =
                (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
            let (mut at_carl, mut at_dora) =
                (carl.attach(&lab, None).await, dora.attach(&lab, None).await);
            lab.clock.advance(Duration::from_secs(20));
            at_ann.invite(KEY, &bob).await.expect("rings");
            ring(&mut at_bob).await;
            at_carl.invite(second, &dora).await.expect("rings");
            ring(&mut at_dora).await;
            let waits = |name: &str, length: usize| {
                let queues = lab.hub.figures().queues;
                queues.iter().any(|q| q.name == name && q.length == length)
            };
            let mut answers = tokio::task::JoinSet::new();
            let mut decline = |at: &Client, key: CallKey| {
                let (session, step) = (at.session.clone(), Step::Decline);
                let command = hub::Command::Call { key, step };
                answers.spawn(async move { session.command(command).await.map(|_| key) });
            };

            // Somebody writes for long, and meanwhile the process number has to be renewed.
            let long = lab.store.begin().await.expect("alone");
            lab.clock.advance(Duration::from_secs(5));
            decline(&at_bob, KEY);
            ended(&mut at_ann).await;
            until(|| waits("records", 0) && waits("writer", 0)).await;
            let mut longer = std::pin::pin!(lab.store.begin());
            let early = tokio::time::timeout(Duration::ZERO, longer.as_mut()).await;
            assert!(early.is_err(), "there is one writer");
            decline(&at_dora, second);
            ended(&mut at_carl).await;
            until(|| waits("records", 1)).await;
            drop(long);
            let first = tokio::time::timeout(patience, answers.join_next()).await;
            let first = first.expect("answered").expect("one of two").expect("ran");
            assert_eq!(first.expect("declined"), KEY);
            assert_eq!(only(&lab, &bob).await.end, CallEnd::Declined);
            let longer = longer.await.expect("its turn");
            assert_eq!(only(&lab, &dora).await.end, CallEnd::Open);
            assert!(answers.try_join_next().is_none(), "its record is not there");
            drop(longer);
            let last = answers.join_next().await.expect("the other").expect("ran");
            assert_eq!(last.expect("declined"), second);
            assert_eq!(only(&lab, &dora).await.end, CallEnd::Declined);
        })
    })
    .await;
}

async fn ended(client: &mut Client) {
    client
        .call(|event| matches!(event, CallEvent::Ended { .. }).then_some(()))
        .await;
}

on_both!(
    a_call_goes_on_over_a_restart_and_both_histories_are_right,
    |store| async move {
        for (round, stopped) in [(5, true), (6, false)] {
            let lab = Lab::on(std::sync::Arc::clone(&store)).await;
            let name = |who: &str| format!("{who}{round}");
            let (ann, bob) = (
                lab.person(&name("ann")).await,
                lab.person(&name("bob")).await,
            );
            lab.befriend(&ann, &bob).await;
            let key = CallKey([round; 16]);
            let talking = talk(&lab, key, &ann, &bob).await;
            let answered = only(&lab, &ann).await.answered.expect("answered");
            lab.clock.advance(Duration::from_secs(100));
            let lab = again(lab, stopped).await;
            drop(talking);
            let (mut at_ann, mut at_bob) =
                (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
            assert_eq!(only(&lab, &ann).await.end, CallEnd::Open, "nobody ended it");
            let done = join(&at_ann, key, true).await.expect("still in it");
            assert!(
                matches!(done.value, Value::Ice(_)),
                "the relay is another one"
            );
            at_ann
                .call(|event| matches!(event, CallEvent::Away { .. }).then_some(()))
                .await;
            join(&at_bob, key, true).await.expect("still in it");
            assert!(joined(&mut at_ann).await && joined(&mut at_bob).await);
            // Signals pass, and it can be left.
            let data = "a line".to_owned();
            at_ann
                .step(key, Step::Signal { data })
                .await
                .expect("passed");
            at_bob
                .call(|event| matches!(event, CallEvent::Signal { .. }).then_some(()))
                .await;
            lab.clock.advance(Duration::from_secs(300));
            at_bob
                .step(key, Step::Leave(LeaveWhy::HangUp))
                .await
                .expect("hangs up");
            let row = record(&mut at_ann).await;
            assert_eq!(
                (row.end, row.answered),
                (CallEnd::Completed, Some(answered))
            );
            let lasted = row.ended.expect("over").0 - answered.0;
            assert!((400_000..401_000).contains(&lasted), "{lasted} ms");
            let names: Vec<_> = row.marks.iter().map(|mark| mark.name.as_str()).collect();
            assert!(
                names.starts_with(&["invite"]) && names.contains(&"restart"),
                "{names:?}"
            );
            for person in [&ann, &bob] {
                let row = only(&lab, person).await;
                assert_eq!(outcome_for(row.end, true), Outcome::Completed);
                assert_eq!(lines(&lab, person, &row).await, 1, "one line");
            }
            assert!(lab.store.open_calls(None).await.expect("asked").is_empty());
        }
    }
);

on_both!(
    a_call_that_nobody_comes_back_to_ends_when_it_was_known_last,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let talking = talk(&lab, KEY, &ann, &bob).await;
        let known = lab.clock_wall();
        lab.clock.advance(Duration::from_secs(3_600));
        let lab = lab.killed().await;
        drop(talking);
        let mut at_ann = ann.attach(&lab, None).await;
        // Whoever is not known to be in it may call.
        let other = CallKey([6; 16]);
        let carl = lab.person("carl").await;
        lab.befriend(&ann, &carl).await;
        let mut at_carl = carl.attach(&lab, None).await;
        at_ann.invite(other, &carl).await.expect("not busy");
        ring(&mut at_carl).await;
        at_ann
            .step(other, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("gives up");
        assert_eq!(record(&mut at_ann).await.key, other);
        lab.clock.advance(Duration::from_secs(61));
        let row = record(&mut at_ann).await;
        assert_eq!((row.key, row.end), (KEY, CallEnd::Lost));
        let ended = row.ended.expect("over");
        assert!(
            (known..known.plus_ms(1_000)).contains(&ended),
            "known at {known:?}, ended at {ended:?}"
        );
        let late = join(&at_ann, KEY, true).await.expect_err("over");
        assert_eq!(late.code, "call_gone");
        assert_eq!(lines(&lab, &bob, &row).await, 1);
    }
);

on_both!(
    a_call_that_rang_rings_again_under_the_same_key,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        at_ann.invite(KEY, &bob).await.expect("rings");
        ring(&mut at_bob).await;
        drop((at_ann, at_bob));
        let lab = again(lab, true).await;
        // An answer before the caller is back waits for it.
        let early = bob.attach(&lab, None).await;
        let waits = early.accept(KEY).await.expect_err("not yet");
        assert_eq!(waits.code, "call_waits");
        drop(early);
        // The caller is back first; nobody says that there is nobody.
        let mut at_ann = ann.attach(&lab, None).await;
        at_ann.invite(KEY, &bob).await.expect("the same call");
        let mut at_bob = bob.attach(&lab, None).await;
        ring(&mut at_bob).await;
        at_bob.accept(KEY).await.expect("answered");
        at_ann
            .call(|event| matches!(event, CallEvent::Accepted { .. }).then_some(()))
            .await;
        lab.clock.advance(Duration::from_secs(11));
        at_ann
            .step(KEY, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        let row = record(&mut at_bob).await;
        assert_eq!(row.end, CallEnd::Completed);
        assert_eq!(lines(&lab, &bob, &only(&lab, &bob).await).await, 1);
    }
);

on_both!(
    a_call_that_rang_and_is_not_rung_again_was_not_answered,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        at_ann.invite(KEY, &bob).await.expect("rings");
        ring(&mut at_bob).await;
        drop((at_ann, at_bob));
        let lab = lab.killed().await;
        let mut at_bob = bob.attach(&lab, None).await;
        lab.clock.advance(Duration::from_secs(11));
        let row = record(&mut at_bob).await;
        assert_eq!(outcome_for(row.end, false), Outcome::Missed);
        let mine = only(&lab, &ann).await;
        assert_eq!(outcome_for(mine.end, true), Outcome::NotAnswered);
        assert_eq!(lines(&lab, &bob, &row).await, 1);
        let at_ann = ann.attach(&lab, None).await;
        let late = at_ann.invite(KEY, &bob).await.expect_err("over");
        assert_eq!(late.code, "call_gone");
        assert!(row.ended > Some(Timestamp(0)));
    }
);

on_both!(
    a_page_that_is_loaded_again_takes_its_end_of_the_call,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (at_ann, mut at_bob) = talk(&lab, KEY, &ann, &bob).await;
        let endpoint = at_ann.session.endpoint().expect("a connection");
        drop(at_ann);
        // The last word of the page, by a request of its own.
        let command = hub::Command::Call {
            key: KEY,
            step: Step::Away { endpoint },
        };
        ann.session(&lab).command(command).await.expect("said");
        at_bob
            .call(|event| matches!(event, CallEvent::Away { .. }).then_some(()))
            .await;
        let mut at_ann = ann.attach(&lab, None).await;
        join(&at_ann, KEY, false).await.expect("back");
        assert!(!joined(&mut at_bob).await, "a new connection");
        assert!(joined(&mut at_ann).await);
        for client in [&at_ann, &at_bob] {
            client.step(KEY, Step::Connected).await.expect("connected");
        }
        // Another device of hers takes it over, and this one hears so.
        let phone = lab.sign_in(&ann).await.attach(&lab, None).await;
        join(&phone, KEY, false).await.expect("moved");
        at_ann
            .call(|event| matches!(event, CallEvent::Elsewhere { .. }).then_some(()))
            .await;
        drop(at_ann);
        phone
            .step(KEY, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        assert_eq!(record(&mut at_bob).await.end, CallEnd::Completed);
    }
);
