//! Who may make an account: invitations.

use std::time::Duration;

use hub::{Admitted, Config, Error, NewAccount, Origin, Registration};

use super::lab::{Lab, PASSWORD, Person, device};
use crate::stores::on_both;

fn by_invite(members_invite: bool) -> Config {
    Config {
        registration: Registration::Invite,
        members_invite,
        ..Config::default()
    }
}

async fn register(lab: &Lab, name: &str, code: Option<&str>) -> Result<Admitted, Error> {
    let who = NewAccount {
        name: name.into(),
        display: name.into(),
        password: PASSWORD.into(),
        language: None,
    };
    let code = code.map(str::to_owned);
    let from = Origin::default();
    lab.hub.register_invited(from, who, code, device()).await
}

async fn refused(lab: &Lab, name: &str, code: Option<&str>) -> &'static str {
    match register(lab, name, code).await {
        Err(error) => error.code,
        Ok(_) => panic!("{name} must not come in"),
    }
}

async fn comes(lab: &Lab, name: &str, code: &str) -> Person {
    let admitted = register(lab, name, Some(code)).await.expect("invited");
    let who = lab.hub.authenticate(&admitted.token).await.expect("in");
    Person {
        who,
        name: name.into(),
        token: admitted.token,
        code: admitted.recovery_code.expect("a code"),
    }
}

on_both!(
    an_invitation_lets_in_as_many_as_it_says_and_no_more,
    |store| async move {
        let lab = Lab::so(store, by_invite(false)).await;
        let (code, link) = lab.hub.operator_invite(None, Some(2)).await.expect("made");
        assert_eq!(code.len(), 19, "four groups of four: {code}");
        assert_eq!(refused(&lab, "ann", None).await, "invite_required");
        assert_eq!(
            refused(&lab, "ann", Some("AAAA-AAAA-AAAA-AAAA")).await,
            "invite_unknown"
        );
        register(&lab, "ann", Some(&code)).await.expect("the first");
        // However it is typed.
        let typed = code.to_lowercase().replace('-', " ");
        // A name that is taken costs nothing.
        assert_eq!(refused(&lab, "ann", Some(&typed)).await, "name_taken");
        register(&lab, "bob", Some(&typed))
            .await
            .expect("the second");
        assert_eq!(refused(&lab, "cleo", Some(&code)).await, "invite_used_up");
        let listed = lab.hub.operator_invites([0; 32]).await.expect("a list");
        let left: Vec<_> = listed
            .iter()
            .map(|(l, _)| (l.token_hash, l.uses_left))
            .collect();
        assert_eq!(left, [(link.token_hash, Some(0))]);
        let kept = format!("{listed:?}");
        assert!(!kept.contains(&code) && !kept.contains(&code.replace('-', "")));
    }
);

on_both!(
    of_many_who_come_at_once_with_one_invitation_one_gets_in,
    |store| async move {
        let lab = Lab::so(store, by_invite(false)).await;
        let (code, _) = lab.hub.operator_invite(None, None).await.expect("made");
        let names = ["ann", "bob", "cleo", "dan"];
        let all = names.map(|name| register(&lab, name, Some(&code)));
        let outcomes = futures_util::future::join_all(all).await;
        assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
        let codes = outcomes.into_iter().filter_map(Result::err);
        assert!(codes.map(|e| e.code).all(|code| code == "invite_used_up"));
    }
);

on_both!(
    an_invitation_ends_by_time_and_by_whoever_made_it,
    |store| async move {
        let lab = Lab::so(store, by_invite(true)).await;
        let (code, _) = lab
            .hub
            .operator_invite(Some(60_000), None)
            .await
            .expect("made");
        let (other, link) = lab.hub.operator_invite(None, None).await.expect("made");
        lab.clock.advance(Duration::from_secs(61));
        assert_eq!(refused(&lab, "ann", Some(&code)).await, "invite_expired");
        let ann = comes(&lab, "ann", &other).await;

        let (by_ann, of_ann) = ann.session(&lab).invite(None, None).await.expect("she may");
        let bob = comes(&lab, "bob", &by_ann).await;
        let (second, of_ann_too) = ann
            .session(&lab)
            .invite(None, Some(3))
            .await
            .expect("again");
        // Nobody revokes somebody else's, and asks in vain.
        let session = bob.session(&lab);
        session
            .uninvite(of_ann_too.token_hash)
            .await
            .expect("nothing to say");
        let hers = ann.session(&lab).invites().await.expect("hers");
        assert!(hers.iter().any(|l| l.token_hash == of_ann_too.token_hash));
        ann.session(&lab)
            .uninvite(of_ann_too.token_hash)
            .await
            .expect("revoked");
        assert_eq!(refused(&lab, "cleo", Some(&second)).await, "invite_unknown");
        assert!(
            of_ann.expires > link.expires,
            "a week from when it was made"
        );

        // The operator sees whose they are, and revokes any of them.
        let (third, of_bob) = bob.session(&lab).invite(None, None).await.expect("he may");
        let listed = lab.hub.operator_invites([0; 32]).await.expect("a list");
        let by = listed
            .iter()
            .find(|(l, _)| l.token_hash == of_bob.token_hash);
        assert_eq!(by.map(|(_, by)| by.as_str()), Some("bob"));
        let id = hex::encode(of_bob.token_hash);
        let short = lab
            .hub
            .operator_uninvite(&id[..4])
            .await
            .expect_err("too short");
        assert_eq!(short.code, "invite_id");
        lab.hub.operator_uninvite(&id[..12]).await.expect("revoked");
        assert_eq!(refused(&lab, "cleo", Some(&third)).await, "invite_unknown");

        // What somebody handed out who is kept out holds no more.
        let (fourth, _) = bob.session(&lab).invite(None, None).await.expect("he may");
        lab.hub.operator_block("bob", true).await.expect("blocked");
        assert_eq!(refused(&lab, "cleo", Some(&fourth)).await, "invite_unknown");
    }
);

on_both!(
    who_invites_is_what_the_operator_says_and_within_limits,
    |store| async move {
        let lab = Lab::so(store.clone(), by_invite(false)).await;
        let (code, _) = lab.hub.operator_invite(None, None).await.expect("made");
        let ann = comes(&lab, "ann", &code).await;
        let error = ann
            .session(&lab)
            .invite(None, None)
            .await
            .expect_err("not here");
        assert_eq!(error.code, "invites_by_operator");
        for (lasts, uses, code) in [
            (Some(-1), None, "invite_expires"),
            (Some(400 * 86_400_000), None, "invite_expires"),
            (None, Some(0), "invite_uses"),
            (None, Some(10_001), "invite_uses"),
        ] {
            let error = lab
                .hub
                .operator_invite(lasts, uses)
                .await
                .expect_err("refused");
            assert_eq!(error.code, code);
        }
        drop(lab);
        let lab = Lab::so(store.clone(), by_invite(true)).await;
        for _ in 0..20 {
            ann.session(&lab)
                .invite(None, None)
                .await
                .expect("within the limit");
        }
        let error = ann
            .session(&lab)
            .invite(None, None)
            .await
            .expect_err("full");
        assert_eq!((error.code, error.limit), ("invites_full", Some(20)));
        // Those that hold no more make room.
        lab.clock.advance(Duration::from_secs(8 * 86_400));
        let (hers, _) = ann
            .session(&lab)
            .invite(None, Some(2))
            .await
            .expect("there is room again");
        register(&lab, "bob", Some(&hers)).await.expect("invited");
        // Where members invite nobody any more, what they handed out before lets nobody in.
        drop(lab);
        let lab = Lab::so(store, by_invite(false)).await;
        assert_eq!(
            refused(&lab, "cleo", Some(&hers)).await,
            "invites_by_operator"
        );
    }
);

on_both!(
    a_link_to_a_group_lets_nobody_register_and_an_invitation_joins_none,
    |store| async move {
        use hub::command::{Command, NewGroup, Value};
        let lab = Lab::so(store, by_invite(false)).await;
        let (code, _) = lab.hub.operator_invite(None, Some(2)).await.expect("made");
        let ann = comes(&lab, "ann", &code).await;
        let new = NewGroup {
            title: "Geese".into(),
            members: Vec::new(),
            policy: hub::model::Policy::default(),
            client: hub::id::ClientId::new("g").expect("short"),
        };
        let session = ann.session(&lab);
        let made = session.command(Command::CreateGroup(Box::new(new))).await;
        let Value::Conversation(conversation) = made.expect("made").value else {
            panic!("a group");
        };
        let link = Command::PutLink {
            conversation,
            expires: None,
            uses: None,
        };
        let Value::LinkToken(token) = session.command(link).await.expect("made").value else {
            panic!("a token");
        };
        assert_eq!(refused(&lab, "bob", Some(&token)).await, "invite_unknown");
        let join = Command::Join { token: code };
        let error = session
            .command(join)
            .await
            .expect_err("it leads to no group");
        assert_eq!(error.code, "link_unknown");
    }
);
