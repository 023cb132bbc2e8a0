//! Tickets, devices that are taken up, handles, and what old programs derive from a password.

use std::time::Duration;

use hub::command::{Command, Which};
use hub::event::{Event, Heard};
use hub::model::DeviceKind;
use hub::store::Keys;
use hub::{Config, DeviceHello, Error, Identity, Kind, Origin, Proof};

use super::lab::{Lab, PASSWORD, Person, device};
use crate::stores::on_both;

/// Another one that is good enough.
const NEW_PASSWORD: &str = "nine geese on the shore";

fn hour(lab: &Lab) -> hub::id::Timestamp {
    lab.clock_wall().plus_ms(3_600_000)
}

on_both!(
    a_ticket_is_its_device_for_one_purpose_until_it_ends,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let ends = hour(&lab);
        let ticket = lab
            .hub
            .ticket(ann.who, "door", b"endpoint", ends)
            .expect("a ticket");
        let redeemed = lab.hub.redeem("door", &ticket).await.expect("redeemed");
        assert_eq!(redeemed.who, ann.who);
        assert_eq!(redeemed.extra, b"endpoint");
        assert_eq!(redeemed.ends, ends);

        let code = async |purpose: &'static str, ticket: &[u8]| {
            let refused = lab.hub.redeem(purpose, ticket).await.expect_err("refused");
            assert_eq!(refused.kind, Kind::Unauthorized);
            refused.code
        };
        assert_eq!(code("other", &ticket).await, "unauthorized");
        for at in 0..ticket.len() {
            let mut forged = ticket.clone();
            forged[at] ^= 1;
            assert_eq!(code("door", &forged).await, "unauthorized", "byte {at}");
        }
        for length in 0..ticket.len() {
            assert_eq!(code("door", &ticket[..length]).await, "unauthorized");
        }
        assert_eq!(
            code("door", &[ticket.clone(), vec![0]].concat()).await,
            "unauthorized"
        );

        // Bob's device with Ann's name belongs to nobody.
        let mixed = Identity {
            account: ann.id(),
            device: bob.who.device,
        };
        let mixed = lab.hub.ticket(mixed, "door", b"", ends).expect("a ticket");
        assert_eq!(code("door", &mixed).await, "not_signed_in");

        let most = [7; hub::MAX_TICKET_EXTRA];
        let full = lab.hub.ticket(ann.who, "door", &most, ends);
        let full = full.expect("as much as there may be");
        let redeemed = lab.hub.redeem("door", &full).await.expect("redeemed");
        assert_eq!(redeemed.extra, most);
        let over = lab.hub.ticket(ann.who, "door", &[7; 65], ends);
        assert_eq!(over.expect_err("too much").limit, Some(64));

        lab.clock.advance(Duration::from_secs(3_600));
        assert_eq!(code("door", &ticket).await, "ticket_ended");
    }
);

on_both!(
    signing_a_device_out_ends_its_tickets_and_no_others,
    |store| async move {
        let lab = Lab::on(store).await;
        let bob = lab.person("bob").await;
        let phone = lab.sign_in(&bob).await;
        let ends = hour(&lab);
        let ticket = |of: &Person| lab.hub.ticket(of.who, "door", b"", ends).expect("made");
        let (at_home, at_phone) = (ticket(&bob), ticket(&phone));
        for ticket in [&at_home, &at_phone] {
            lab.hub.redeem("door", ticket).await.expect("redeemed");
        }
        bob.session(&lab)
            .command(Command::EndDevice(Which::Device(phone.who.device)))
            .await
            .expect("signed out");
        let refused = lab.hub.redeem("door", &at_phone).await;
        assert_eq!(refused.expect_err("signed out").code, "not_signed_in");
        lab.hub
            .redeem("door", &at_home)
            .await
            .expect("the other stays");
        lab.hub.operator_block("bob", true).await.expect("blocked");
        let refused = lab.hub.redeem("door", &at_home).await;
        assert_eq!(refused.expect_err("blocked").code, "blocked_account");
    }
);

on_both!(
    tickets_outlive_the_process_that_made_them,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let ends = hour(&lab);
        let ticket = lab.hub.ticket(ann.who, "door", b"x", ends).expect("made");
        let lab = lab.killed().await;
        let redeemed = lab.hub.redeem("door", &ticket).await.expect("redeemed");
        assert_eq!(redeemed.who, ann.who);
    }
);

/// A program that signs in daily.
fn program(label: &str) -> DeviceHello {
    DeviceHello {
        label: label.into(),
        kind: DeviceKind::Bot,
        takes_up: true,
        ..device()
    }
}

async fn admit(lab: &Lab, name: &str, hello: DeviceHello) -> Result<hub::Admitted, Error> {
    let proof = Proof::Password(PASSWORD.into());
    lab.hub.admit(Origin::default(), name, proof, hello).await
}

on_both!(
    a_program_takes_up_the_device_that_it_left,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let first = admit(&lab, "ann", program("Robot")).await.expect("in");
        let again = admit(&lab, "ann", program("Robot")).await.expect("in");
        assert_eq!(again.device, first.device);
        assert_ne!(again.token, first.token);
        let dead = lab.hub.authenticate(&first.token).await;
        assert_eq!(dead.expect_err("dead").code, "not_signed_in");
        let who = lab
            .hub
            .authenticate(&again.token)
            .await
            .expect("the new one");
        assert_eq!(who.device, first.device);

        let other = admit(&lab, "ann", program("Other")).await.expect("in");
        assert_ne!(other.device, first.device, "another label");
        let hello = DeviceHello {
            takes_up: false,
            ..program("Robot")
        };
        let apart = admit(&lab, "ann", hello).await.expect("in");
        assert_ne!(apart.device, first.device, "it did not ask for it");
        let devices = async || ann.session(&lab).devices().await.expect("devices").len();
        assert_eq!(devices().await, 4);

        // One that is connected is left alone.
        let hello = hub::Hello {
            door: "lab",
            abilities: hub::Abilities::default(),
            here: false,
            since: None,
            from: Origin::default(),
        };
        let open = [
            lab.hub.attach(who, hello).await.expect("attached"),
            lab.hub
                .attach(lab.hub.authenticate(&apart.token).await.expect("in"), hello)
                .await
                .expect("attached"),
        ];
        let beside = admit(&lab, "ann", program("Robot")).await.expect("in");
        assert_ne!(beside.device, first.device);
        assert_ne!(beside.device, apart.device);
        lab.hub.authenticate(&again.token).await.expect("stays");
        drop(open);
        assert_eq!(devices().await, 5);
    }
);

on_both!(
    programs_of_other_doors_displace_no_device_of_ours,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let of = |kind, label: &str| DeviceHello {
            kind,
            ..program(label)
        };
        let ours = DeviceHello {
            takes_up: false,
            ..of(DeviceKind::Other, "SkPy")
        };
        let ours = admit(&lab, "ann", ours).await.expect("in");
        let theirs = of(DeviceKind::Program, "SkPy");
        let first = admit(&lab, "ann", theirs.clone()).await.expect("in");
        assert_ne!(first.device, ours.device, "the same label, another kind");
        let again = admit(&lab, "ann", theirs).await.expect("in");
        assert_eq!(again.device, first.device);
        for n in 0..25 {
            let label = format!("program {n}");
            let one = of(DeviceKind::Program, &label);
            admit(&lab, "ann", one).await.expect("in");
        }
        lab.hub.authenticate(&ours.token).await.expect("ours stays");
        let devices = ann.session(&lab).devices().await.expect("devices");
        let programs = devices
            .iter()
            .filter(|(d, _)| d.kind == DeviceKind::Program);
        assert_eq!((programs.count(), devices.len()), (20, 22));
        // Nor the other way round, and they are ended as any device is.
        let last = devices.iter().find(|(d, _)| d.label == "program 24");
        let last = last.expect("listed").0.id;
        for n in 0..50 {
            let hello = DeviceHello {
                takes_up: false,
                ..of(DeviceKind::Browser, &format!("browser {n}"))
            };
            admit(&lab, "ann", hello).await.expect("in");
        }
        let back = admit(&lab, "ann", of(DeviceKind::Browser, "last")).await;
        let back = back.expect("in");
        let who = lab.hub.authenticate(&back.token).await.expect("in");
        let session = lab.hub.session(who, Origin::default());
        let end = Command::EndDevice(Which::Device(last));
        session.command(end).await.expect("ended");
        let devices = session.devices().await.expect("devices");
        let programs = devices
            .iter()
            .filter(|(d, _)| d.kind == DeviceKind::Program);
        assert_eq!((programs.count(), devices.len()), (19, 69));
    }
);

on_both!(
    a_name_that_comes_while_old_programs_are_allowed_needs_the_password,
    |store| async move {
        let lab = Lab::so(store, with_old_programs()).await;
        let ann = lab.person("ann").await;
        let add = async |value: &str, password: Option<&str>| {
            let command = Command::SetHandle {
                value: value.into(),
                on: true,
                password: password.map(str::to_owned),
            };
            ann.session(&lab).command(command).await.map(drop)
        };
        add("a0@example.org", None).await.expect("they are not");
        add("a1@example.org", Some(PASSWORD))
            .await
            .expect("it may be given");
        assert!(!ann.session(&lab).own().await.expect("own").old_programs);
        allow(&lab, &ann, true, PASSWORD).await.expect("allowed");
        let refused = add("a2@example.org", None).await;
        assert_eq!(refused.expect_err("needed").code, "password_needed");
        let refused = add("a2@example.org", Some(NEW_PASSWORD)).await;
        assert_eq!(refused.expect_err("not hers").code, "wrong_password");
        let own = ann.session(&lab).own().await.expect("own");
        assert_eq!(own.handles, ["a0@example.org", "a1@example.org"]);
        add("a2@example.org", Some(PASSWORD)).await.expect("added");
        add("a2@example.org", None).await.expect("hers already");
        derived(&lab, "a2@example.org", "a2@example.org", PASSWORD)
            .await
            .expect("at once");
        derived(&lab, "ann", "ann", PASSWORD)
            .await
            .expect("as before");
        handle(&lab, &ann, "a2@example.org", false)
            .await
            .expect("gone");
        let refused = derived(&lab, "ann", "a2@example.org", PASSWORD).await;
        assert_eq!(refused.expect_err("gone").code, "wrong_password");
    }
);

/// A handle of somebody.
async fn handle(lab: &Lab, of: &Person, value: &str, on: bool) -> Result<(), Error> {
    let command = Command::SetHandle {
        value: value.into(),
        on,
        password: None,
    };
    of.session(lab).command(command).await.map(drop)
}

on_both!(
    a_mail_form_is_another_name_to_sign_in_with,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let mut at_ann = ann.attach(&lab, None).await;
        let mut at_bob = bob.attach(&lab, None).await;
        handle(&lab, &ann, "Ann@Example.org", true)
            .await
            .expect("free");
        handle(&lab, &ann, "ann@example.org", true)
            .await
            .expect("hers already");
        let told = at_ann
            .until(|heard| match heard {
                Heard::Placed(_, Event::Account(own)) => Some(own.handles.clone()),
                _ => None,
            })
            .await;
        assert_eq!(told, ["ann@example.org"]);
        for spelling in ["ann@example.org", "ANN@example.ORG ", "ann"] {
            let in_ = admit(&lab, spelling, device()).await.expect(spelling);
            assert_eq!(in_.account.id, ann.id());
            let found = bob.session(&lab).identify(spelling).await.expect("looked");
            assert_eq!(found, Some(ann.id()), "{spelling}");
        }
        let eva = lab.person("eva").await;
        for (spelling, wanted) in [("ann@example.org", None), ("ann", Some(ann.id()))] {
            let found = eva.session(&lab).identify(spelling).await.expect("looked");
            assert_eq!(found, wanted, "{spelling} for a stranger");
        }
        let taken = handle(&lab, &bob, "ANN@example.org", true).await;
        assert_eq!(taken.expect_err("hers").code, "handle_taken");
        let wrong = handle(&lab, &bob, "ann", true).await;
        assert_eq!(wrong.expect_err("no mail").code, "handle_form");
        handle(&lab, &bob, "ann@example.org", false)
            .await
            .expect("not his, nothing happens");
        for n in 1..5 {
            handle(&lab, &ann, &format!("a{n}@example.org"), true)
                .await
                .expect("room");
        }
        let full = handle(&lab, &ann, "a5@example.org", true).await;
        assert_eq!(full.expect_err("five").code, "handles");

        handle(&lab, &ann, "ann@example.org", false)
            .await
            .expect("let go");
        let gone = admit(&lab, "ann@example.org", device()).await;
        assert_eq!(gone.expect_err("nobody's").code, "wrong_password");
        handle(&lab, &bob, "ann@example.org", true)
            .await
            .expect("free again");
        let own = bob.session(&lab).own().await.expect("own");
        assert_eq!(own.handles, ["ann@example.org"]);
        // Others hear nothing of any of it.
        ann.send(&lab, &bob, "hello", "1").await.expect("sent");
        at_bob
            .until(|heard| match heard {
                Heard::Placed(_, Event::Contact(_)) => panic!("a handle is nobody else's business"),
                Heard::Placed(_, Event::Message(m)) if m.message.device.0 != 0 => Some(()),
                _ => None,
            })
            .await;
        lab.hub.operator_block("ann", true).await.expect("blocked");
        let found = bob.session(&lab).identify("ann").await.expect("looked");
        assert_eq!(found, None, "who is blocked is nobody");
        assert_eq!(
            bob.session(&lab).identify("8:x").await.expect("looked"),
            None
        );
    }
);

on_both!(
    two_who_take_one_handle_at_once_do_not_share_it,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let (a, b) = tokio::join!(
            handle(&lab, &ann, "us@example.org", true),
            handle(&lab, &bob, "us@example.org", true)
        );
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
        let refused = a.err().or(b.err()).expect("one of them");
        assert_eq!(refused.code, "handle_taken");
    }
);

on_both!(
    the_operator_makes_an_account_with_a_handle_or_none_at_all,
    |store| async move {
        let lab = Lab::on(store).await;
        let new = |name: &str| hub::NewAccount {
            name: name.into(),
            display: name.into(),
            password: PASSWORD.into(),
            language: None,
        };
        let mail = Some("Ann@Example.org");
        lab.hub.operator_add(new("ann"), mail).await.expect("made");
        admit(&lab, "ann@example.org", device()).await.expect("in");
        let taken = lab.hub.operator_add(new("bob"), mail).await;
        assert_eq!(taken.expect_err("hers").code, "handle_taken");
        let nobody = admit(&lab, "bob", device()).await;
        assert_eq!(nobody.expect_err("not made").code, "wrong_password");
    }
);

/// What the doors of this test derive.
fn backwards(name: &str, password: &str) -> String {
    format!("{name}/{password}").chars().rev().collect()
}

fn with_old_programs() -> Config {
    Config {
        derive: vec![("old", backwards)],
        ..Config::default()
    }
}

async fn derived(lab: &Lab, name: &str, over: &str, password: &str) -> Result<(), Error> {
    let proof = Proof::Derived {
        door: "old",
        spelling: over.into(),
        value: backwards(over, password),
    };
    let admitted = lab
        .hub
        .admit(Origin::default(), name, proof, device())
        .await;
    admitted.map(drop)
}

async fn allow(lab: &Lab, of: &Person, on: bool, password: &str) -> Result<(), Error> {
    let command = Command::AllowOldPrograms {
        on,
        password: password.into(),
    };
    of.session(lab).command(command).await.map(drop)
}

on_both!(
    old_programs_get_in_only_while_their_person_allows_it,
    |store| async move {
        let lab = Lab::so(store, with_old_programs()).await;
        let ann = lab.person("ann").await;
        handle(&lab, &ann, "ann@example.org", true)
            .await
            .expect("free");
        let wrong = async |name: &str, over: &str, password: &str| {
            let refused = derived(&lab, name, over, password).await;
            assert_eq!(refused.expect_err(over).code, "wrong_password");
        };
        wrong("ann", "ann", PASSWORD).await;
        let refused = allow(&lab, &ann, true, NEW_PASSWORD).await;
        assert_eq!(refused.expect_err("not hers").code, "wrong_password");
        assert!(!ann.session(&lab).own().await.expect("own").old_programs);
        allow(&lab, &ann, true, PASSWORD).await.expect("allowed");
        assert!(ann.session(&lab).own().await.expect("own").old_programs);
        derived(&lab, "ann", "ann", PASSWORD).await.expect("in");
        derived(&lab, "ann@example.org", "ann@example.org", PASSWORD)
            .await
            .expect("in");
        derived(&lab, "ann", "ann@example.org", PASSWORD)
            .await
            .expect("in");
        wrong("ann", "ann", NEW_PASSWORD).await;
        wrong("ann", "nobody@example.org", PASSWORD).await;
        wrong("nobody", "nobody", PASSWORD).await;
        // What old programs send is no password.
        let proof = Proof::Password(backwards("ann", PASSWORD));
        let refused = lab
            .hub
            .admit(Origin::default(), "ann", proof, device())
            .await;
        assert_eq!(refused.expect_err("no password").code, "wrong_password");

        // A new password: made anew, and the old value is dead.
        ann.session(&lab)
            .command(Command::SetPassword {
                current: PASSWORD.into(),
                new: NEW_PASSWORD.into(),
                end_others: false,
            })
            .await
            .expect("set");
        wrong("ann", "ann", PASSWORD).await;
        wrong("ann", "ann@example.org", PASSWORD).await;
        derived(&lab, "ann", "ann", NEW_PASSWORD).await.expect("in");
        // So with the recovery code, and with the operator.
        let hello = device();
        lab.hub
            .recover(
                Origin::default(),
                "ann@example.org",
                &ann.code,
                PASSWORD,
                false,
                hello,
            )
            .await
            .expect("the code");
        wrong("ann", "ann", NEW_PASSWORD).await;
        derived(&lab, "ann", "ann", PASSWORD).await.expect("in");
        lab.hub
            .operator_password("ann", NEW_PASSWORD.into())
            .await
            .expect("set");
        wrong("ann", "ann", PASSWORD).await;
        derived(&lab, "ann", "ann", NEW_PASSWORD).await.expect("in");
        let back = lab
            .hub
            .admit(
                Origin::default(),
                "ann",
                Proof::Password(NEW_PASSWORD.into()),
                device(),
            )
            .await
            .expect("in");
        let ann = Person {
            who: lab.hub.authenticate(&back.token).await.expect("in"),
            ..ann
        };

        // A handle that ends takes its own along; turned off, nothing is left.
        handle(&lab, &ann, "ann@example.org", false)
            .await
            .expect("let go");
        wrong("ann", "ann@example.org", NEW_PASSWORD).await;
        allow(&lab, &ann, false, NEW_PASSWORD).await.expect("off");
        wrong("ann", "ann", NEW_PASSWORD).await;
        let keys = Keys {
            secrets: [ann.id()].into(),
            ..Keys::default()
        };
        let kept = lab.store.load(&keys).await.expect("secrets").secrets;
        assert_eq!(kept.len(), 2, "a password and a code");
    }
);

on_both!(
    a_server_without_such_a_door_allows_no_old_programs,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let refused = allow(&lab, &ann, true, PASSWORD).await;
        assert_eq!(refused.expect_err("no door").code, "no_old_programs");
        allow(&lab, &ann, false, PASSWORD).await.expect("it is off");
    }
);

on_both!(
    whoever_is_deleted_leaves_no_secret_of_any_kind,
    |store| async move {
        let lab = Lab::so(store, with_old_programs()).await;
        let ann = lab.person("ann").await;
        allow(&lab, &ann, true, PASSWORD).await.expect("allowed");
        let session = ann.session(&lab);
        session
            .delete_account(PASSWORD.into())
            .await
            .expect("deleted");
        let keys = Keys {
            secrets: [ann.id()].into(),
            ..Keys::default()
        };
        let kept = lab.store.load(&keys).await.expect("secrets").secrets;
        assert!(kept.is_empty());
    }
);
