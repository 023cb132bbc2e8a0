//! A second call while somebody talks: where it rings, hold, and what each history says.

use hub::command::{LeaveWhy, Step};
use hub::event::{CallEvent, Event, Heard, Media};
use hub::id::CallKey;
use hub::model::{CallEnd, Outcome, outcome_for};

use super::lab::{Client, Lab, VOICE};
use crate::stores::on_both;

const FIRST: CallKey = CallKey([5; 16]);
const SECOND: CallKey = CallKey([6; 16]);
const THIRD: CallKey = CallKey([7; 16]);

async fn rings(client: &mut Client, wanted: CallKey) {
    client
        .call(|e| matches!(e, CallEvent::Ring { key, .. } if *key == wanted).then_some(()))
        .await;
}

async fn accepted(client: &mut Client) {
    client
        .call(|e| matches!(e, CallEvent::Accepted { .. }).then_some(()))
        .await;
}

async fn ended(client: &mut Client, wanted: CallKey) -> Outcome {
    client
        .call(|e| match e {
            CallEvent::Ended { key, outcome } if *key == wanted => Some(*outcome),
            _ => None,
        })
        .await
}

on_both!(
    a_second_call_rings_where_the_person_talks_and_nowhere_else,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (carl, dora) = (lab.person("carl").await, lab.person("dora").await);
        lab.befriend(&carl, &bob).await;
        lab.befriend(&dora, &bob).await;
        let phone = lab.sign_in(&bob).await;
        let mut at_bob = bob.attach_able(&lab, None, true).await.expect("attached");
        let mut at_phone = phone.attach_able(&lab, None, true).await.expect("attached");
        let (mut at_ann, mut at_carl) =
            (ann.attach(&lab, None).await, carl.attach(&lab, None).await);
        let mut at_dora = dora.attach(&lab, None).await;
        at_ann.invite(FIRST, &bob).await.expect("rings");
        rings(&mut at_bob, FIRST).await;
        rings(&mut at_phone, FIRST).await;
        at_bob.accept(FIRST).await.expect("answered");
        accepted(&mut at_ann).await;

        at_carl.invite(SECOND, &bob).await.expect("rings");
        rings(&mut at_bob, SECOND).await;
        at_bob.step(SECOND, Step::Ringing).await.expect("rings");
        at_carl
            .call(|e| matches!(e, CallEvent::Ringing { devices: 1, .. }).then_some(()))
            .await;
        // While one waits there is room for no third.
        at_dora.invite(THIRD, &bob).await.expect("taken");
        assert_eq!(ended(&mut at_dora, THIRD).await, Outcome::NotAnswered);
        // A device that comes now does not ring either.
        let tablet = lab.sign_in(&bob).await;
        let mut at_tablet = tablet
            .attach_able(&lab, None, true)
            .await
            .expect("attached");

        let held = Media {
            held: true,
            ..VOICE
        };
        at_bob.step(FIRST, Step::Media(held)).await.expect("held");
        at_ann
            .call(|e| matches!(e, CallEvent::Media { media, .. } if media.held).then_some(()))
            .await;
        at_bob.accept(SECOND).await.expect("answered");
        accepted(&mut at_carl).await;
        at_carl
            .step(SECOND, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        assert_eq!(ended(&mut at_bob, SECOND).await, Outcome::Completed);
        for other in [&mut at_phone, &mut at_tablet] {
            other
                .until(|heard| match heard {
                    Heard::Placed(_, Event::Call(row)) if row.key == SECOND => {
                        row.ended.map(|_| ())
                    }
                    Heard::Passing(hub::event::Ephemeral::Call(CallEvent::Ring {
                        key, ..
                    })) => {
                        panic!("{key:?} rings on a device where nobody talks")
                    }
                    _ => None,
                })
                .await;
        }

        at_bob.step(FIRST, Step::Media(VOICE)).await.expect("back");
        at_ann
            .call(|e| matches!(e, CallEvent::Media { media, .. } if !media.held).then_some(()))
            .await;
        at_ann
            .step(FIRST, Step::Leave(LeaveWhy::HangUp))
            .await
            .expect("hangs up");
        at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Call(row)) if row.key == FIRST => row.ended.map(|_| ()),
                _ => None,
            })
            .await;
        let calls = bob.session(&lab).calls(None, 10).await.expect("a history");
        let of = |key| {
            calls
                .iter()
                .find(|c| c.key == key)
                .expect("in the callee's history")
        };
        assert_eq!(of(FIRST).end, CallEnd::Completed);
        let marks: Vec<&str> = of(FIRST).marks.iter().map(|m| m.name.as_str()).collect();
        assert!(
            marks.windows(2).any(|two| two == ["hold", "resume"]),
            "{marks:?}"
        );
        assert_eq!(outcome_for(of(SECOND).end, false), Outcome::Completed);
        assert_eq!(outcome_for(of(THIRD).end, false), Outcome::MissedBusy);
    }
);

on_both!(
    a_waiting_call_ends_alone_when_it_is_declined,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let carl = lab.person("carl").await;
        lab.befriend(&carl, &bob).await;
        let mut at_bob = bob.attach_able(&lab, None, true).await.expect("attached");
        let (mut at_ann, mut at_carl) =
            (ann.attach(&lab, None).await, carl.attach(&lab, None).await);
        at_ann.invite(FIRST, &bob).await.expect("rings");
        rings(&mut at_bob, FIRST).await;
        at_bob.accept(FIRST).await.expect("answered");
        accepted(&mut at_ann).await;
        at_carl.invite(SECOND, &bob).await.expect("rings");
        rings(&mut at_bob, SECOND).await;
        at_bob.step(SECOND, Step::Decline).await.expect("declined");
        assert_eq!(ended(&mut at_carl, SECOND).await, Outcome::NotAnswered);
        at_bob
            .call(|e| match e {
                CallEvent::RingStopped { key, why } if *key == SECOND => Some(*why),
                _ => None,
            })
            .await;
        for client in [&at_ann, &at_bob] {
            client.step(FIRST, Step::Connected).await.expect("goes on");
        }
        at_ann
            .call(|e| matches!(e, CallEvent::Live { key } if *key == FIRST).then_some(()))
            .await;
    }
);
