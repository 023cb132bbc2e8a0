//! Contacts, requests, presence.

use backend::contract::rows;
use hub::command::Command;
use hub::event::{Event, Heard};
use hub::model::{Availability, ContactState, RelationChange};

use super::lab::Lab;
use crate::stores::on_both;

on_both!(
    two_people_ask_accept_and_see_each_other,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = (lab.person("ann").await, lab.person("bob").await);
        let mut at_bob = bob.attach(&lab, None).await;
        ann.relate(&lab, &bob, RelationChange::Ask)
            .await
            .expect("asked");
        let state = at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Contact(view)) if view.account.id == ann.id() => {
                    Some(view.state)
                }
                _ => None,
            })
            .await;
        assert_eq!(state, ContactState::Incoming);
        let refused = ann
            .send(&lab, &bob, "too early", "1")
            .await
            .expect_err("not accepted");
        assert_eq!(refused.code, "not_contacts");
        let mut at_ann = ann.attach(&lab, None).await;
        bob.relate(&lab, &ann, RelationChange::Accept)
            .await
            .expect("accepted");
        at_ann.sees(&bob, Availability::Online).await;
        ann.send(&lab, &bob, "hello", "2")
            .await
            .expect("accepted now");
        assert_eq!(at_bob.message().await.1, "hello");
    }
);

on_both!(
    a_blocked_person_sees_nothing_and_is_not_told,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let _at_bob = bob.attach(&lab, None).await;
        at_ann.sees(&bob, Availability::Online).await;
        bob.relate(&lab, &ann, RelationChange::Block)
            .await
            .expect("blocked");
        at_ann.sees(&bob, Availability::Offline).await;
        let view = ann.session(&lab).contact(bob.id()).await.expect("known");
        assert_eq!((view.state, view.visible), (ContactState::Contact, false));
        assert_eq!(
            ann.send(&lab, &bob, "x", "1")
                .await
                .expect_err("kept away")
                .code,
            "not_contacts"
        );
        assert_eq!(
            bob.relate(&lab, &ann, RelationChange::Ask)
                .await
                .expect_err("blocked")
                .code,
            "blocked_by_you"
        );
        bob.relate(&lab, &ann, RelationChange::Unblock)
            .await
            .expect("unblocked");
        ann.send(&lab, &bob, "again", "2").await.expect("as before");
    }
);

on_both!(
    presence_is_merged_over_devices_and_survives_a_page_loaded_again,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let laptop = bob.attach(&lab, None).await;
        at_ann.sees(&bob, Availability::Online).await;
        let phone = bob.attach(&lab, None).await;
        laptop
            .session
            .command(Command::SetIdle(true))
            .await
            .expect("idle");
        phone
            .session
            .command(Command::SetIdle(true))
            .await
            .expect("idle");
        at_ann.sees(&bob, Availability::Away).await;
        phone
            .session
            .command(Command::SetIdle(false))
            .await
            .expect("back");
        at_ann.sees(&bob, Availability::Online).await;
        let invisible = Command::SetAvailability {
            value: Some(Availability::Invisible),
            until: None,
        };
        phone.session.command(invisible).await.expect("chosen");
        at_ann.sees(&bob, Availability::Offline).await;
        let follow = Command::SetAvailability {
            value: None,
            until: None,
        };
        phone.session.command(follow).await.expect("chosen");
        at_ann.sees(&bob, Availability::Online).await;
        // Loading the page again is no coming and going; staying away is.
        drop((laptop, phone));
        let again = bob.attach(&lab, None).await;
        lab.clock.advance(std::time::Duration::from_secs(60));
        drop(again);
        lab.clock.advance(std::time::Duration::from_secs(8));
        at_ann.sees(&bob, Availability::Offline).await;
    }
);

on_both!(
    what_was_chosen_until_a_time_ends_by_itself,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let at_bob = bob.attach(&lab, None).await;
        at_ann.sees(&bob, Availability::Online).await;
        let hours = std::time::Duration::from_secs(2 * 3_600 + 60);
        let busy = Command::SetAvailability {
            value: Some(Availability::Busy),
            until: Some(lab.clock_wall().plus_ms(2 * 3_600_000)),
        };
        at_bob.session.command(busy).await.expect("chosen");
        at_ann.sees(&bob, Availability::Busy).await;
        lab.clock.advance(hours);
        at_ann.sees(&bob, Availability::Online).await;
    }
);

on_both!(
    what_was_answered_is_seen_by_the_next_question,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (at_ann, at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        for value in [Availability::Busy, Availability::Away].repeat(50) {
            let choose = Command::SetAvailability {
                value: Some(value),
                until: None,
            };
            at_bob.session.command(choose).await.expect("chosen");
            let seen = at_ann.session.presence().await.expect("seen");
            let bobs = seen.iter().find(|p| p.account == bob.id());
            assert_eq!(bobs.map(|p| p.availability), Some(value));
        }
        for receipts in [true, false].repeat(50) {
            let patch = hub::command::AccountPatch {
                receipts: Some(receipts),
                ..Default::default()
            };
            let update = Command::UpdateAccount(patch);
            at_bob.session.command(update).await.expect("set");
            let known = ann.session(&lab).accounts(&[bob.id()]).await.expect("read");
            assert_eq!(known[0].receipts, receipts);
        }
    }
);

on_both!(
    a_profile_that_changes_is_seen_by_contacts_live_and_later,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let before = ann.session(&lab).head().await.expect("a head");
        let patch = hub::command::AccountPatch {
            mood: Some("Back from the lake".into()),
            ..Default::default()
        };
        bob.session(&lab)
            .command(Command::UpdateAccount(patch))
            .await
            .expect("changed");
        let mood = |heard: &Heard| match heard {
            Heard::Placed(_, Event::Contact(view)) if view.account.id == bob.id() => {
                Some(view.account.mood.clone())
            }
            _ => None,
        };
        assert_eq!(at_ann.until(mood).await, "Back from the lake");
        let mut later = ann.attach(&lab, Some(before)).await;
        assert_eq!(later.until(mood).await, "Back from the lake");
    }
);

on_both!(
    whoever_asks_for_one_more_than_a_page_learns_that_there_are_more,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let others = 1..=501;
        let rows = hub::store::Rows {
            accounts: others.clone().map(rows::account).collect(),
            relations: others
                .map(|other| rows::relation(ann.id().0, other, true))
                .collect(),
            ..hub::store::Rows::default()
        };
        let mut transaction = lab.store.begin().await.expect("the writer's turn");
        let head = transaction.head();
        transaction.save(&rows, head).await.expect("saved");
        transaction.commit().await.expect("committed");
        let first = hub::id::AccountId(0);
        let page = ann
            .session(&lab)
            .contacts(first, 501)
            .await
            .expect("a page");
        assert_eq!(page.len(), 501);
    }
);
