//! Bots and guests: accounts without a password.

use std::time::Duration;

use hub::command::{Command, Membership, Target, Value};
use hub::event::Heard;
use hub::id::{AccountId, ClientId, ConversationId};
use hub::limits::{BotLimits, Limits, Rate};
use hub::model::{AccountKind, Body, Policy, RelationChange, Rich};
use hub::{Config, Error, Origin, Proof};

use super::groups::group;
use super::lab::{Lab, PASSWORD, Person, device, sent};
use crate::stores::on_both;

async fn ask(lab: &Lab, who: &Person, command: Command) -> Result<Value, Error> {
    Ok(who.session(lab).command(command).await?.value)
}

fn make(name: &str) -> Command {
    Command::MakeBot {
        name: name.into(),
        display: "Goose counter".into(),
    }
}

async fn bot(lab: &Lab, owner: &Person, name: &str) -> AccountId {
    match ask(lab, owner, make(name)).await {
        Ok(Value::Bot(id)) => id,
        other => panic!("a bot, not {other:?}"),
    }
}

/// A token of a bot, as somebody with one device.
async fn token(lab: &Lab, owner: &Person, bot: AccountId) -> Result<Person, Error> {
    let label = "cron".into();
    match ask(lab, owner, Command::MakeBotToken { bot, label }).await? {
        Value::BotToken { device, token } => {
            let who = lab.hub.authenticate(&token).await.expect("its own token");
            assert_eq!((who.account, who.device), (bot, device));
            Ok(Person {
                who,
                name: "bot".into(),
                token,
                code: String::new(),
            })
        }
        other => panic!("a token, not {other:?}"),
    }
}

on_both!(
    a_bot_writes_under_a_name_of_its_own_by_tokens_of_its_owner,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let id = bot(&lab, &ann, "Counter").await;
        let taken = ask(&lab, &bob, make("counter")).await;
        assert_eq!(taken.expect_err("hers").code, "name_taken");
        let robot = token(&lab, &ann, id).await.expect("a token");
        let own = ann.session(&lab).bots().await.expect("bots");
        assert_eq!(own.len(), 1);
        let account = &own[0].account;
        assert_eq!(
            (account.name.as_str(), account.kind),
            ("counter", AccountKind::Bot)
        );
        assert_eq!(account.owner, Some(ann.id()));
        assert_eq!(own[0].tokens.len(), 1);
        assert_eq!(own[0].tokens[0].label, "cron");
        assert!(bob.session(&lab).bots().await.expect("his").is_empty());

        // Contacts as for others.
        let early = robot.send(&lab, &bob, "geese: 8", "1").await;
        assert_eq!(early.expect_err("nobody to him").code, "not_contacts");
        lab.befriend(&bob, &robot).await;
        let mut at_bob = bob.attach(&lab, None).await;
        robot.send(&lab, &bob, "geese: 8", "2").await.expect("sent");
        assert_eq!(at_bob.message().await.1, "geese: 8");

        // It has no password, and owns nothing.
        let proof = Proof::Password(PASSWORD.into());
        let refused = lab
            .hub
            .admit(Origin::default(), "counter", proof, device())
            .await;
        assert_eq!(refused.expect_err("no password").code, "wrong_password");
        let refused = ask(&lab, &robot, make("little")).await;
        assert_eq!(refused.expect_err("a bot").code, "no_bots");

        // Nobody else's to change.
        let display = "Geese".to_owned();
        let rename = Command::RenameBot { bot: id, display };
        let none = |outcome: Result<Value, Error>| outcome.expect_err("not his").code;
        assert_eq!(none(ask(&lab, &bob, rename.clone()).await), "not_found");
        assert_eq!(
            none(ask(&lab, &bob, Command::DeleteBot(id)).await),
            "not_found"
        );
        assert_eq!(
            token(&lab, &bob, id).await.err().expect("not his").code,
            "not_found"
        );
        let device = robot.who.device;
        let end = Command::EndBotToken {
            bot: id,
            token: device,
        };
        assert_eq!(none(ask(&lab, &bob, end.clone()).await), "not_found");
        let person = Command::DeleteBot(bob.id());
        assert_eq!(none(ask(&lab, &ann, person).await), "not_found");
        ask(&lab, &ann, rename).await.expect("renamed");
        let own = ann.session(&lab).bots().await.expect("bots");
        assert_eq!(own[0].account.display, "Geese");

        // A token that ends is out at once.
        let second = token(&lab, &ann, id).await.expect("another");
        let mut at_robot = robot.attach(&lab, None).await;
        ask(&lab, &ann, end).await.expect("ended");
        at_robot
            .until(|heard| matches!(heard, Heard::Detached(_)).then_some(()))
            .await;
        let dead = lab.hub.authenticate(&robot.token).await;
        assert_eq!(dead.expect_err("ended").code, "not_signed_in");
        lab.hub
            .authenticate(&second.token)
            .await
            .expect("the other stays");
        ask(&lab, &ann, Command::DeleteBot(id))
            .await
            .expect("deleted");
        let dead = lab.hub.authenticate(&second.token).await;
        assert_eq!(dead.expect_err("deleted").code, "not_signed_in");
        assert!(ann.session(&lab).bots().await.expect("bots").is_empty());
        let taken = ask(&lab, &ann, make("counter")).await;
        assert_eq!(taken.expect_err("stays taken").code, "name_taken");
    }
);

on_both!(
    bots_and_their_tokens_are_as_many_as_the_operator_allows,
    |store| async move {
        let bots = BotLimits {
            bots: 2,
            tokens: 3,
            ..BotLimits::default()
        };
        let config = Config {
            bots,
            ..Config::default()
        };
        let lab = Lab::so(store, config).await;
        let ann = lab.person("ann").await;
        let first = bot(&lab, &ann, "one").await;
        let (a, b) = tokio::join!(ask(&lab, &ann, make("two")), ask(&lab, &ann, make("three")));
        assert_eq!([a.is_ok(), b.is_ok()].iter().filter(|ok| **ok).count(), 1);
        let refused = a.err().or(b.err()).expect("one of them");
        assert_eq!((refused.code, refused.limit), ("bots", Some(2)));
        let mut tokens = Vec::new();
        for _ in 0..3 {
            tokens.push(token(&lab, &ann, first).await.expect("room"));
        }
        let refused = token(&lab, &ann, first).await.err().expect("three");
        assert_eq!((refused.code, refused.limit), ("bot_tokens", Some(3)));
        let end = Command::EndBotToken {
            bot: first,
            token: tokens[0].who.device,
        };
        ask(&lab, &ann, end).await.expect("ended");
        token(&lab, &ann, first).await.expect("room again");
        ask(&lab, &ann, Command::DeleteBot(first))
            .await
            .expect("deleted");
        bot(&lab, &ann, "four").await;
    }
);

on_both!(a_bot_goes_where_its_owner_goes, |store| async move {
    let lab = Lab::on(store).await;
    let ann = lab.person("ann").await;
    let id = bot(&lab, &ann, "counter").await;
    let robot = token(&lab, &ann, id).await.expect("a token");
    lab.hub.operator_block("ann", true).await.expect("blocked");
    let out = lab.hub.authenticate(&robot.token).await;
    assert_eq!(out.expect_err("with her").code, "blocked_account");
    lab.hub
        .operator_block("ann", false)
        .await
        .expect("unblocked");
    lab.hub.authenticate(&robot.token).await.expect("in again");
    let mut at_robot = robot.attach(&lab, None).await;
    let session = ann.session(&lab);
    session
        .delete_account(PASSWORD.into())
        .await
        .expect("deleted");
    at_robot
        .until(|heard| matches!(heard, Heard::Detached(_)).then_some(()))
        .await;
    let out = lab.hub.authenticate(&robot.token).await;
    assert_eq!(out.expect_err("with her").code, "not_signed_in");
});

on_both!(
    a_bot_that_was_blocked_by_itself_does_not_come_back_with_its_owner,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let mut robots = Vec::new();
        for name in ["good-bot", "bad-bot", "late-bot"] {
            let id = bot(&lab, &ann, name).await;
            robots.push(token(&lab, &ann, id).await.expect("a token"));
        }
        let block = async |name: &str, on| lab.hub.operator_block(name, on).await;
        let are_in = async || {
            let mut found = Vec::new();
            for robot in &robots {
                found.push(lab.hub.authenticate(&robot.token).await.is_ok());
            }
            found
        };
        block("bad-bot", true).await.expect("by itself");
        block("ann", true).await.expect("with all of hers");
        assert_eq!(are_in().await, [false, false, false]);
        let refused = block("good-bot", false).await.expect_err("her owner first");
        assert_eq!(refused.code, "owner_blocked");
        block("late-bot", true).await.expect("by itself as well");
        block("ann", false).await.expect("back");
        assert_eq!(are_in().await, [true, false, false]);
        block("ann", true).await.expect("out again");
        block("late-bot", false).await.expect("no more by itself");
        assert_eq!(are_in().await, [false, false, false]);
        block("ann", false).await.expect("back");
        assert_eq!(are_in().await, [true, false, true]);
        block("bad-bot", false).await.expect("back");
        assert_eq!(are_in().await, [true, true, true]);
    }
);

on_both!(
    a_bot_whose_limits_are_raised_does_more_at_once_and_after_a_restart,
    |store| async move {
        let config = Config {
            limits: Limits {
                messages: Rate::new(2, Duration::from_secs(1_000)),
                ..Limits::default()
            },
            bots: BotLimits {
                raised: 2,
                ..BotLimits::default()
            },
            ..Config::default()
        };
        let lab = Lab::so(store, config.clone()).await;
        let ann = lab.person("ann").await;
        let id = bot(&lab, &ann, "counter").await;
        let robot = token(&lab, &ann, id).await.expect("a token");
        lab.befriend(&ann, &robot).await;
        let from = Origin {
            address: Some([192, 0, 2, 1].into()),
            exempt: false,
        };
        let write = async |lab: &Lab, who: &Person, to: &Person, text: &str| {
            let session = lab.hub.session(who.who, from);
            session
                .command(words(Target::Cast(vec![to.id()]), text))
                .await
        };
        for text in ["1", "2"] {
            write(&lab, &robot, &ann, text).await.expect("the usual");
            write(&lab, &ann, &robot, text).await.expect("the usual");
        }
        let refused = write(&lab, &robot, &ann, "3").await.expect_err("enough");
        assert_eq!(refused.code, "too_many");
        assert!(refused.message.contains("raise the limits"), "{refused:?}");
        let hers = write(&lab, &ann, &robot, "3").await.expect_err("enough");
        assert!(!hers.message.contains("raise"), "{hers:?}");
        let no_bot = lab.hub.operator_raise("ann", true).await;
        assert_eq!(no_bot.expect_err("a person").code, "no_bot");

        lab.hub
            .operator_raise("counter", true)
            .await
            .expect("raised");
        lab.hub
            .operator_raise("counter", true)
            .await
            .expect("again");
        let wait = write(&lab, &robot, &ann, "4").await.expect_err("used up");
        // What was taken stays taken, but half of the time brings back one.
        assert!(wait.retry_after <= Some(Duration::from_secs(500)));
        let lab = lab.killed_into(config.clone()).await;
        for text in ["5", "6", "7", "8"] {
            write(&lab, &robot, &ann, text)
                .await
                .expect("twice as many");
        }
        write(&lab, &robot, &ann, "9").await.expect_err("enough");
        lab.hub
            .operator_raise("counter", false)
            .await
            .expect("usual");
        lab.hub.operator_block("ann", false).await.expect("nothing");
        let lab = lab.killed_into(config.clone()).await;
        for text in ["10", "11"] {
            write(&lab, &robot, &ann, text).await.expect("the usual");
        }
        write(&lab, &robot, &ann, "12").await.expect_err("enough");
    }
);

async fn link(lab: &Lab, owner: &Person, conversation: ConversationId) -> String {
    let command = Command::PutLink {
        conversation,
        expires: None,
        uses: None,
    };
    match ask(lab, owner, command).await {
        Ok(Value::LinkToken(token)) => token,
        other => panic!("a token, not {other:?}"),
    }
}

async fn guest(lab: &Lab, token: &str, display: &str) -> Result<Person, Error> {
    let proof = Proof::Link {
        token: token.into(),
        display: display.into(),
    };
    let admitted = lab
        .hub
        .admit(Origin::default(), "", proof, device())
        .await?;
    assert_eq!(admitted.account.kind, AccountKind::Guest);
    assert_eq!(admitted.account.display, display);
    let who = lab.hub.authenticate(&admitted.token).await.expect("in");
    Ok(Person {
        who,
        name: admitted.account.name.clone(),
        token: admitted.token,
        code: String::new(),
    })
}

fn words(to: Target, text: &str) -> Command {
    Command::Send {
        to,
        body: Body::Text(Rich::plain(text)),
        client: ClientId::new(text).expect("short"),
        reply_to: None,
        hints: Vec::new(),
    }
}

on_both!(
    a_guest_has_the_group_of_the_link_and_nothing_else,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let geese = group(&lab, &ann, &[&bob], Policy::default()).await;
        let token = link(&lab, &ann, geese).await;
        let wrong = guest(&lab, "no such link", "Gil").await;
        assert_eq!(wrong.err().expect("no link").code, "link_unknown");
        let nameless = guest(&lab, &token, " ").await;
        assert_eq!(nameless.err().expect("no name").code, "display_invalid");
        let gil = guest(&lab, &token, "Gil").await.expect("in");
        let mut at_bob = bob.attach(&lab, None).await;
        let here = Target::Conversation(geese);
        let session = gil.session(&lab);
        let said = session.command(words(here.clone(), "hello")).await;
        let said = sent(said.expect("sent")).expect("a message");
        assert_eq!(at_bob.message().await, (said.id, "hello".into()));
        bob.session(&lab)
            .command(words(here.clone(), "hi"))
            .await
            .expect("sent");
        let read = gil.history(&lab, geese).await;
        assert_eq!(read.last().map(|(_, words)| words.as_str()), Some("hi"));

        let other = group(&lab, &bob, &[&ann], Policy::default()).await;
        let elsewhere = link(&lab, &bob, other).await;
        let cast = Target::Cast(vec![bob.id()]);
        let ask_bob = Command::Relate {
            other: bob.id(),
            change: RelationChange::Ask,
            greeting: None,
        };
        for refused in [
            words(cast.clone(), "psst"),
            Command::Open(cast),
            Command::Join { token: elsewhere },
            ask_bob,
            make("little"),
            Command::PutLink {
                conversation: geese,
                expires: None,
                uses: None,
            },
        ] {
            let named = format!("{refused:?}");
            let error = ask(&lab, &gil, refused).await.expect_err(&named);
            assert!(
                ["guest", "not_contacts", "no_bots", "admins_only"].contains(&error.code),
                "{named}: {error:?}"
            );
        }
        for refused in [
            gil.session(&lab).find("bob").await.err(),
            gil.session(&lab).identify("bob").await.err(),
            gil.session(&lab).card(bob.id()).await.err(),
        ] {
            assert_eq!(refused.expect("no search").code, "guest");
        }
        let me = gil.session(&lab).me().await.expect("read");
        let found = gil.session(&lab).identify(&me.name).await;
        assert_eq!(found, Ok(Some(gil.id())), "oneself is nobody else");
        // Nor does anybody else get more of them.
        let refused = bob.relate(&lab, &gil, RelationChange::Ask).await;
        assert_eq!(refused.expect_err("a guest").code, "guest");
        let refused = ask(&lab, &bob, words(Target::Cast(vec![gil.id()]), "psst")).await;
        assert_eq!(refused.expect_err("a guest").code, "not_contacts");
        let add = Command::SetMembers {
            conversation: other,
            who: vec![gil.id()],
            to: Membership::Added,
        };
        let refused = ask(&lab, &bob, add).await;
        assert_eq!(refused.expect_err("a guest").code, "not_contacts");
    }
);

on_both!(
    a_guest_who_went_is_called_as_they_called_themselves,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let geese = group(&lab, &ann, &[], Policy::default()).await;
        let token = link(&lab, &ann, geese).await;
        let gil = guest(&lab, &token, "Gil").await.expect("in");
        let leave = Command::Leave {
            conversation: geese,
        };
        ask(&lab, &gil, leave).await.expect("left");
        assert!(!is_in(&lab, &gil).await);
        let all = lab.hub.operator_list("", 100).await.expect("listed");
        let gone = all.iter().find(|account| account.id == gil.id());
        let gone = gone.expect("stays");
        assert!(gone.state.is_gone());
        assert_eq!(gone.display, "Gil");
    }
);

/// Whether somebody is in, once the server has looked who is gone.
async fn is_in(lab: &Lab, guest: &Person) -> bool {
    lab.hub.end_guests().await.expect("looked");
    match lab.hub.authenticate(&guest.token).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.code, "not_signed_in");
            false
        }
    }
}

on_both!(
    a_guest_ends_with_the_group_and_after_a_day_away,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob) = lab.friends().await;
        let geese = group(&lab, &ann, &[&bob], Policy::default()).await;
        let token = link(&lab, &ann, geese).await;
        let gil = guest(&lab, &token, "Gil").await.expect("in");
        let eva = guest(&lab, &token, "Eva").await.expect("in");
        let ida = guest(&lab, &token, "Ida").await.expect("in");
        let joe = guest(&lab, &token, "Joe").await.expect("in");
        let remove = Command::SetMembers {
            conversation: geese,
            who: vec![gil.id()],
            to: Membership::Removed,
        };
        let mut at_gil = gil.attach(&lab, None).await;
        ask(&lab, &ann, remove).await.expect("removed");
        at_gil
            .until(|heard| matches!(heard, Heard::Detached(_)).then_some(()))
            .await;
        ask(
            &lab,
            &eva,
            Command::Leave {
                conversation: geese,
            },
        )
        .await
        .expect("left");
        assert!(!is_in(&lab, &eva).await);
        assert!(is_in(&lab, &ida).await);
        // Who is connected stays, who is not goes after a day.
        let _here = joe.attach(&lab, None).await;
        lab.clock.advance(Duration::from_secs(25 * 3_600));
        assert!(!is_in(&lab, &ida).await);
        assert!(is_in(&lab, &joe).await);
        let name = lab.hub.check_name(Origin::default(), &ida.name).await;
        assert_eq!(name.expect("checked").verdict, hub::name::Verdict::Reserved);
    }
);
