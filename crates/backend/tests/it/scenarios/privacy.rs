//! Whom somebody shows what to, by every way in which it could be told; and what one keeps of others for oneself.

use std::time::Duration;

use hub::command::{AccountPatch, Command, ContactPatch, PrivacyPatch};
use hub::event::{CallEvent, Ephemeral, Event, Heard, Presence};
use hub::id::{AccountId, CallKey, ObjectId, Pos};
use hub::model::{Account, Availability, Policy, RelationChange, Shown};

use super::groups::{group, write};
use super::lab::{Client, Lab, Person};
use super::objects::{may_read, upload};
use crate::stores::on_both;

/// One pixel.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
const MOOD: &str = "over the lake";

async fn show(who: &Person, lab: &Lab, to: Shown) {
    let privacy = PrivacyPatch {
        last_seen: Some(to),
        picture: Some(to),
        mood: Some(to),
    };
    update(
        who,
        lab,
        AccountPatch {
            privacy,
            ..AccountPatch::default()
        },
    )
    .await;
}

async fn update(who: &Person, lab: &Lab, patch: AccountPatch) {
    let command = Command::UpdateAccount(patch);
    who.session(lab).command(command).await.expect("changed");
}

/// What of somebody's account one was given, each time that they were drawn.
#[derive(Debug, Default)]
struct Given {
    times: usize,
    mood: bool,
    picture: bool,
    last_seen: bool,
}

impl Given {
    fn account(&mut self, of: &Account) {
        self.times += 1;
        self.mood |= !of.mood.is_empty() || !of.about.is_empty();
        self.picture |= of.picture.is_some();
        self.last_seen |= of.last_seen.0 != 0;
        assert_eq!((of.chosen, of.chosen_until), (None, None));
    }

    fn presence(&mut self, of: Presence) {
        self.times += 1;
        self.last_seen |= of.since.is_some();
    }

    fn event(&mut self, event: &Event, bob: AccountId) {
        match event {
            Event::Contact(view) if view.account.id == bob => self.account(&view.account),
            Event::Message(view) if view.author.id == bob => self.account(&view.author),
            Event::Account(own) => assert_ne!(own.account.id, bob, "the account of somebody else"),
            _ => {}
        }
    }
}

/// Everything that `viewer` can get of bob, by every way: names, lists, cards, snapshots, catching up, search, presence.
async fn given(viewer: &Person, lab: &Lab, bob: &Person, before: Pos) -> Given {
    let session = viewer.session(lab);
    let bob_id = bob.id();
    let mut all = Given::default();
    all.account(&session.contact(bob_id).await.expect("known").account);
    let found = session.find("bob").await.expect("a search").expect("bob");
    all.account(&found.account);
    for known in session.accounts(&[bob_id]).await.expect("profiles") {
        all.account(&known);
    }
    let card = session.card(bob_id).await.expect("a card");
    all.account(&card.contact.account);
    all.last_seen |= card.last_seen.is_some();
    if let Some(presence) = card.presence {
        all.presence(presence);
    }
    let snapshot = session.since(None, 100).await.expect("a snapshot");
    let hub::Sync::Snapshot(snapshot) = snapshot else {
        panic!("no position, no events");
    };
    let profiles = snapshot.profiles.iter().filter(|a| a.id == bob_id);
    profiles.for_each(|profile| all.account(profile));
    let contacts = snapshot.contacts.iter().filter(|c| c.account.id == bob_id);
    contacts.for_each(|contact| all.account(&contact.account));
    let hub::Sync::Events { events, .. } = session.since(Some(before), 500).await.expect("events")
    else {
        panic!("few events need no snapshot");
    };
    events
        .iter()
        .for_each(|(_, event)| all.event(event, bob_id));
    let found = session.search("honk", None, None, 10).await.expect("found");
    assert_eq!(found.messages.len(), 1);
    all.account(&found.messages[0].author);
    for presence in session.presence().await.expect("presence") {
        if presence.account == bob_id {
            all.presence(presence);
        }
    }
    all
}

on_both!(
    a_detail_is_told_to_whom_it_is_shown_and_to_nobody_else_by_any_way,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (eve, kit) = (lab.person("eve").await, lab.person("kit").await);
        let picture = upload(&bob, &lab, "me.gif", GIF).await;
        lab.befriend(&bob, &kit).await;
        lab.befriend(&ann, &eve).await;
        lab.befriend(&ann, &kit).await;
        let flock = group(&lab, &ann, &[&bob, &eve, &kit], Policy::default()).await;
        bob.relate(&lab, &kit, RelationChange::Block)
            .await
            .expect("blocked");
        let before = ann.session(&lab).head().await.expect("a head");
        write(&lab, &bob, flock, "honk").await.expect("written");
        let patch = AccountPatch {
            mood: Some(MOOD.into()),
            picture: Some(Some(picture)),
            ..AccountPatch::default()
        };
        update(&bob, &lab, patch).await;
        for to in [Shown::Everyone, Shown::Contacts, Shown::Nobody] {
            show(&bob, &lab, to).await;
            for (viewer, sees) in [
                (&ann, to != Shown::Nobody),
                (&eve, to == Shown::Everyone),
                (&kit, false),
            ] {
                let case = format!("{to:?} to {}", viewer.name);
                let all = given(viewer, &lab, &bob, before).await;
                assert!(all.times >= 6, "{case}: {all:?}");
                let got = (all.mood, all.picture, all.last_seen);
                assert_eq!(got, (sees, sees, sees), "{case}");
                assert_eq!(may_read(viewer, &lab, picture).await, sees, "{case}");
            }
        }
        // Oneself sees it all the same.
        let own = bob.session(&lab).me().await.expect("oneself");
        assert_eq!((own.mood.as_str(), own.picture), (MOOD, Some(picture)));
    }
);

on_both!(
    a_detail_that_is_kept_back_from_now_on_is_gone_at_once,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let picture = upload(&bob, &lab, "me.gif", GIF).await;
        let patch = AccountPatch {
            mood: Some(MOOD.into()),
            picture: Some(Some(picture)),
            ..AccountPatch::default()
        };
        update(&bob, &lab, patch).await;
        let mut at_ann = ann.attach(&lab, None).await;
        // One tells of the profile, one of the presence; which comes first does not matter, and what was told before passes by.
        let until = async |client: &mut Client, mood: &str, of: Option<ObjectId>, time: bool| {
            let (mut details, mut since) = (false, false);
            while !(details && since) {
                match client.next().await {
                    Heard::Placed(_, Event::Contact(view)) if view.account.id == bob.id() => {
                        details = (view.account.mood.as_str(), view.account.picture) == (mood, of);
                    }
                    Heard::Passing(Ephemeral::Presence(p)) if p.account == bob.id() => {
                        since = p.since.is_some() == time;
                    }
                    _ => {}
                }
            }
        };
        // Bob is not there, and never was while Ann looked on.
        show(&bob, &lab, Shown::Nobody).await;
        until(&mut at_ann, "", None, false).await;
        assert!(!may_read(&ann, &lab, picture).await);
        show(&bob, &lab, Shown::Contacts).await;
        until(&mut at_ann, MOOD, Some(picture), true).await;
        // Somebody who is there, and goes away from the keyboard, tells no time either.
        let at_bob = bob.attach(&lab, None).await;
        at_ann.sees(&bob, Availability::Online).await;
        show(&bob, &lab, Shown::Nobody).await;
        at_bob
            .session
            .command(Command::SetIdle(true))
            .await
            .expect("idle");
        let away = at_ann
            .until(|heard| match heard {
                Heard::Passing(Ephemeral::Presence(p))
                    if p.account == bob.id() && p.availability == Availability::Away =>
                {
                    Some(p.since)
                }
                _ => None,
            })
            .await;
        assert_eq!(away, None);
        drop(at_bob);
        lab.clock.advance(Duration::from_secs(9));
        let gone = at_ann
            .until(|heard| match heard {
                Heard::Passing(Ephemeral::Presence(p))
                    if p.account == bob.id() && p.availability == Availability::Offline =>
                {
                    Some(p.since)
                }
                _ => None,
            })
            .await;
        assert_eq!(gone, None);
    }
);

on_both!(
    what_one_keeps_of_a_contact_is_heard_by_ones_own_devices_only,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let eve = lab.person("eve").await;
        let (mut at_ann, mut at_bob) = (ann.attach(&lab, None).await, bob.attach(&lab, None).await);
        let before = bob.session(&lab).head().await.expect("a head");
        let since = ann
            .session(&lab)
            .contact(bob.id())
            .await
            .expect("bob")
            .since;
        lab.clock.advance(Duration::from_secs(500));
        let set = |other: AccountId, patch: ContactPatch| {
            let session = ann.session(&lab);
            async move { session.command(Command::SetContact { other, patch }).await }
        };
        let patch = ContactPatch {
            nickname: Some("  Bobby\u{202e} ".into()),
            note: Some("met in\nPorto".into()),
            favourite: Some(true),
        };
        set(bob.id(), patch.clone()).await.expect("set");
        let mine = |heard: &Heard| match heard {
            Heard::Placed(_, Event::Contact(view)) if view.account.id == bob.id() => {
                Some((view.mine.clone(), view.since))
            }
            _ => None,
        };
        let (mine, moved) = at_ann.until(mine).await;
        assert_eq!(
            (mine.nickname.as_str(), mine.note.as_str(), mine.favourite),
            ("Bobby", "met in\nPorto", true)
        );
        assert_eq!(moved, since, "no date moves");
        let done = set(bob.id(), patch).await.expect("again");
        assert_eq!(done.pos, None, "a repeat changes nothing");
        // Bob hears nothing of it, now or later: not even that something happened.
        ann.send(&lab, &bob, "the end", "1").await.expect("sent");
        let sign = |heard: &Heard| match heard {
            Heard::Placed(_, Event::Contact(_)) | Heard::Passing(Ephemeral::Presence(_)) => {
                panic!("a sign: {heard:?}")
            }
            Heard::Placed(_, Event::Message(view)) if view.author.id == ann.id() => Some(()),
            _ => None,
        };
        // What came before is not meant: her own coming.
        while let Ok(heard) = tokio::time::timeout(Duration::ZERO, at_bob.events.next()).await {
            if matches!(&heard, Heard::Placed(_, Event::Message(_))) {
                break;
            }
            assert!(
                !matches!(&heard, Heard::Placed(_, Event::Contact(_))),
                "{heard:?}"
            );
        }
        let mut later = bob.attach(&lab, Some(before)).await;
        later.until(sign).await;
        // It needs a contact, and has bounds.
        let nickname = |text: String| ContactPatch {
            nickname: Some(text),
            ..ContactPatch::default()
        };
        let refused = async |other, patch| set(other, patch).await.expect_err("refused").code;
        assert_eq!(
            refused(eve.id(), nickname("Eve".into())).await,
            "not_listed"
        );
        assert_eq!(
            refused(bob.id(), nickname("x".repeat(65))).await,
            "nickname_too_long"
        );
        let note = ContactPatch {
            note: Some("x".repeat(2_049)),
            ..ContactPatch::default()
        };
        assert_eq!(refused(bob.id(), note).await, "note_too_long");
        // Who is removed leaves nothing behind.
        ann.relate(&lab, &bob, RelationChange::Remove)
            .await
            .expect("removed");
        let mine = ann.session(&lab).contact(bob.id()).await.expect("bob").mine;
        assert_eq!((mine.nickname.as_str(), mine.favourite), ("", false));
    }
);

on_both!(
    a_call_to_somebody_not_to_be_disturbed_rings_silently_everywhere_until_it_ends,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let phone = lab.sign_in(&bob).await;
        let at_ann = ann.attach(&lab, None).await;
        let mut ends = [bob.attach(&lab, None).await, phone.attach(&lab, None).await];
        let until = lab.clock_wall().plus_ms(3_600_000);
        let choose = |until| Command::SetAvailability {
            value: Some(Availability::Busy),
            until,
        };
        let over = Some(lab.clock_wall());
        let far = Some(lab.clock_wall().plus_ms(400 * 24 * 3_600_000));
        for wrong in [over, far] {
            let refused = ends[0].session.command(choose(wrong)).await;
            assert_eq!(refused.expect_err("no such end").code, "until");
        }
        ends[0]
            .session
            .command(choose(Some(until)))
            .await
            .expect("chosen");
        for (n, silent) in [(1, true), (2, false)] {
            let key = CallKey([n; 16]);
            at_ann.invite(key, &bob).await.expect("rings");
            for end in &mut ends {
                let rung = end.call(|event| match event {
                    CallEvent::Ring {
                        key: of, silent, ..
                    } if *of == key => Some(*silent),
                    _ => None,
                });
                assert_eq!(rung.await, silent);
            }
            at_ann
                .step(
                    key,
                    hub::command::Step::Leave(hub::command::LeaveWhy::HangUp),
                )
                .await
                .expect("given up");
            lab.clock.advance(Duration::from_secs(3_700));
        }
    }
);

on_both!(a_card_shows_what_both_have_in_common, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let eve = lab.person("eve").await;
    lab.befriend(&ann, &eve).await;
    let both = group(&lab, &ann, &[&bob], Policy::default()).await;
    group(&lab, &eve, &[&ann], Policy::default()).await;
    let card = ann.session(&lab).card(bob.id()).await.expect("a card");
    let common: Vec<_> = card.common.iter().map(|c| c.id).collect();
    assert_eq!(common, [both]);
    let nobody = ann.session(&lab).card(AccountId(1)).await;
    assert_eq!(nobody.expect_err("nobody").code, "not_found");
    let of_none: Option<ObjectId> = card.contact.account.picture;
    assert_eq!(of_none, None);
});
