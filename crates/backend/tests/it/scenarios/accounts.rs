//! Names, passwords, codes, devices.

use hub::command::{Command, Which};
use hub::event::{Event, Heard, Why};
use hub::{NewAccount, Origin, Proof};

use super::lab::{Lab, PASSWORD, device};
use crate::stores::on_both;

on_both!(
    every_spelling_with_one_canonical_form_is_one_account,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        for spelling in ["Ann", "ANN", "ａｎｎ"] {
            let proof = Proof::Password(PASSWORD.into());
            let admitted = lab
                .hub
                .admit(Origin::default(), spelling, proof, device())
                .await
                .expect("the same");
            assert_eq!(admitted.account.id, ann.id());
            let who = NewAccount {
                name: spelling.into(),
                display: "Ann".into(),
                password: PASSWORD.into(),
                language: None,
            };
            let taken = lab
                .hub
                .register(Origin::default(), who, device())
                .await
                .expect_err("taken");
            assert_eq!(taken.code, "name_taken");
        }
        let check = lab
            .hub
            .check_name(Origin::default(), "ann")
            .await
            .expect("checked");
        assert_eq!(check.suggestion.as_deref(), Some("ann2"));
    }
);

on_both!(
    two_who_register_one_name_at_once_get_one_account,
    |store| async move {
        let lab = Lab::on(store).await;
        let register = || {
            let who = NewAccount {
                name: "ann".into(),
                display: "Ann".into(),
                password: PASSWORD.into(),
                language: None,
            };
            lab.hub.register(Origin::default(), who, device())
        };
        let (a, b) = tokio::join!(register(), register());
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
        let refused = a.err().or(b.err()).expect("one of them");
        assert_eq!(refused.code, "name_taken");
    }
);

on_both!(
    a_revoked_device_ends_at_once_and_the_others_stay,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let phone = lab.sign_in(&bob).await;
        let mut at_laptop = bob.attach(&lab, None).await;
        let mut at_phone = phone.attach(&lab, None).await;
        at_laptop
            .session
            .command(Command::EndDevice(Which::Device(phone.who.device)))
            .await
            .expect("signed out");
        let why = at_phone
            .until(|h| {
                if let Heard::Detached(why) = h {
                    Some(*why)
                } else {
                    None
                }
            })
            .await;
        assert_eq!(why, Why::SignedOut);
        at_laptop
            .until(|h| matches!(h, Heard::Placed(_, Event::DeviceEnded(_))).then_some(()))
            .await;
        ann.send(&lab, &bob, "secret", "1").await.expect("sent");
        assert_eq!(at_laptop.message().await.1, "secret");
        assert!(
            matches!(at_phone.next().await, Heard::Detached(_)),
            "and hears nothing more"
        );
        assert_eq!(
            lab.hub
                .authenticate(&phone.token)
                .await
                .expect_err("ended")
                .code,
            "not_signed_in"
        );
        assert_eq!(
            phone
                .try_attach(&lab, None)
                .await
                .err()
                .expect("ended")
                .code,
            "not_signed_in"
        );
        lab.hub
            .authenticate(&bob.token)
            .await
            .expect("the laptop stays");
    }
);

on_both!(
    a_blocked_account_is_out_until_it_is_unblocked,
    |store| async move {
        let lab = Lab::on(store).await;
        let bob = lab.person("bob").await;
        let mut at_bob = bob.attach(&lab, None).await;
        lab.hub.operator_block("Bob", true).await.expect("blocked");
        let why = at_bob
            .until(|h| {
                if let Heard::Detached(why) = h {
                    Some(*why)
                } else {
                    None
                }
            })
            .await;
        assert_eq!(why, Why::Blocked);
        assert_eq!(
            lab.hub
                .authenticate(&bob.token)
                .await
                .expect_err("blocked")
                .code,
            "blocked_account"
        );
        let proof = Proof::Password(PASSWORD.into());
        let refused = lab
            .hub
            .admit(Origin::default(), "bob", proof, device())
            .await
            .expect_err("blocked");
        assert_eq!(refused.code, "blocked_account");
        lab.hub
            .operator_block("bob", false)
            .await
            .expect("unblocked");
        bob.attach(&lab, None).await;
    }
);

on_both!(
    a_recovery_code_works_once_and_brings_a_new_one,
    |store| async move {
        let lab = Lab::on(store).await;
        let bob = lab.person("bob").await;
        let mut at_bob = bob.attach(&lab, None).await;
        let wrong = lab
            .hub
            .recover(
                Origin::default(),
                "bob",
                "AAAA",
                "nine geese on the shore",
                true,
                device(),
            )
            .await;
        assert_eq!(wrong.expect_err("wrong").code, "wrong_code");
        let spelled = bob.code.to_lowercase().replace(' ', "-");
        let back = lab
            .hub
            .recover(
                Origin::default(),
                "Bob",
                &spelled,
                "nine geese on the shore",
                true,
                device(),
            )
            .await;
        let back = back.expect("the code");
        let why = at_bob
            .until(|h| {
                if let Heard::Detached(why) = h {
                    Some(*why)
                } else {
                    None
                }
            })
            .await;
        assert_eq!(why, Why::SignedOut, "the others were signed out");
        let again = lab
            .hub
            .recover(
                Origin::default(),
                "bob",
                &bob.code,
                PASSWORD,
                true,
                device(),
            )
            .await;
        assert_eq!(again.expect_err("used").code, "wrong_code");
        let old = lab
            .hub
            .admit(
                Origin::default(),
                "bob",
                Proof::Password(PASSWORD.into()),
                device(),
            )
            .await;
        assert_eq!(old.expect_err("old").code, "wrong_password");
        assert_ne!(back.recovery_code.expect("a new code"), bob.code);
    }
);

on_both!(
    a_guesser_is_slowed_and_the_owner_is_not_locked_out,
    |store| async move {
        let lab = Lab::on(store).await;
        let bob = lab.person("bob").await;
        let from = |n: u8| Origin {
            address: Some([203, 0, 113, n].into()),
            exempt: false,
        };
        let mut refused = 0;
        for n in 0..12 {
            let guess = Proof::Password("nine geese on the shore".into());
            let error = lab
                .hub
                .admit(from(n), "bob", guess, device())
                .await
                .expect_err("wrong");
            refused += u32::from(error.code == "too_many" && error.retry_after.is_some());
        }
        assert_eq!(refused, 2, "ten guesses from wherever, then wait");
        // A device that is signed in is not touched, and an address that the operator exempts gets in.
        bob.attach(&lab, None).await;
        let exempt = Origin {
            exempt: true,
            ..from(99)
        };
        lab.hub
            .admit(exempt, "bob", Proof::Password(PASSWORD.into()), device())
            .await
            .expect("exempt");
        lab.clock.advance(std::time::Duration::from_secs(30));
        lab.hub
            .admit(from(50), "bob", Proof::Password(PASSWORD.into()), device())
            .await
            .expect("after the wait");
    }
);
