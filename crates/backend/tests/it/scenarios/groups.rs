//! Named groups: what each sees of them, who may do what, and the ways in.

use std::time::Duration;

use hub::command::{Command, GroupPatch, Membership, NewGroup, Step, Target, Value};
use hub::event::{Event, Heard};
use hub::id::{AccountId, CallKey, ClientId, ConversationId, Pos};
use hub::model::{Allowed, Body, Policy, RelationChange, Rich, Role};
use hub::store::ConversationView;
use hub::{Error, Sync};

use super::lab::{Client, Lab, Person, Sent, VOICE, edit, sent};
use crate::stores::on_both;

fn ids(people: &[&Person]) -> Vec<AccountId> {
    people.iter().map(|person| person.id()).collect()
}

fn new(title: &str, people: &[&Person], policy: Policy, client: &str) -> Command {
    Command::CreateGroup(Box::new(NewGroup {
        title: title.into(),
        members: ids(people),
        policy,
        client: ClientId::new(client).expect("short"),
    }))
}

async fn ask(lab: &Lab, who: &Person, command: Command) -> Result<Value, Error> {
    Ok(who.session(lab).command(command).await?.value)
}

pub(super) async fn group(
    lab: &Lab,
    owner: &Person,
    people: &[&Person],
    policy: Policy,
) -> ConversationId {
    match ask(lab, owner, new("Geese", people, policy, "group")).await {
        Ok(Value::Conversation(id)) => id,
        other => panic!("a group, not {other:?}"),
    }
}

async fn set(
    lab: &Lab,
    who: &Person,
    at: ConversationId,
    people: &[&Person],
    to: Membership,
) -> Result<Value, Error> {
    let command = Command::SetMembers {
        conversation: at,
        who: ids(people),
        to,
    };
    ask(lab, who, command).await
}

pub(super) async fn write(
    lab: &Lab,
    who: &Person,
    at: ConversationId,
    text: &str,
) -> Result<Sent, Error> {
    let command = Command::Send {
        to: Target::Conversation(at),
        body: Body::Text(Rich::plain(text)),
        client: ClientId::new(text).expect("short"),
        reply_to: None,
        hints: Vec::new(),
    };
    sent(who.session(lab).command(command).await?)
}

async fn link(lab: &Lab, who: &Person, at: ConversationId, uses: Option<i32>) -> String {
    let command = Command::PutLink {
        conversation: at,
        expires: None,
        uses,
    };
    match ask(lab, who, command).await {
        Ok(Value::LinkToken(token)) => token,
        other => panic!("a token, not {other:?}"),
    }
}

async fn join(lab: &Lab, who: &Person, token: &str) -> Result<Value, Error> {
    let token = token.to_owned();
    ask(lab, who, Command::Join { token }).await
}

fn code<T: std::fmt::Debug>(answer: Result<T, Error>) -> &'static str {
    answer.expect_err("refused").code
}

/// What people wrote, as somebody's pages of history have it.
async fn read(lab: &Lab, who: &Person, at: ConversationId) -> Vec<String> {
    let all = who.history(lab, at).await;
    let words = all.into_iter().map(|(_, words)| words);
    words.filter(|words| !words.is_empty()).collect()
}

/// The same, as catching up after a position has it.
async fn caught_up(lab: &Lab, who: &Person, since: Pos) -> Vec<String> {
    let mut after = since;
    let mut all = Vec::new();
    loop {
        let page = who.session(lab).since(Some(after), 500).await;
        let Ok(Sync::Events { events, next, more }) = page else {
            panic!("events, not {page:?}");
        };
        all.extend(events.into_iter().filter_map(|(_, event)| match event {
            Event::Message(view) => Some(view.message.body.words()),
            _ => None,
        }));
        if !more {
            all.retain(|words| !words.is_empty());
            return all;
        }
        after = next;
    }
}

async fn view(lab: &Lab, who: &Person, at: ConversationId) -> ConversationView {
    who.session(lab).conversation(at).await.expect("a row")
}

fn roles(view: &ConversationView) -> Vec<(AccountId, Role)> {
    view.members.iter().map(|m| (m.account, m.role)).collect()
}

/// Three people who are contacts of the first.
async fn three(lab: &Lab) -> (Person, Person, Person) {
    let (ann, bob) = lab.friends().await;
    let cem = lab.person("cem").await;
    lab.befriend(&ann, &cem).await;
    (ann, bob, cem)
}

/// What is heard live up to a message with these words.
async fn heard_until(client: &mut Client, last: &str) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let (_, words) = client.message().await;
        let end = words == last;
        all.push(words);
        if end {
            return all;
        }
    }
}

// Scenario 5.
on_both!(
    who_is_added_removed_and_added_again_sees_exactly_their_stays,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob, cem) = three(&lab).await;
        let at = group(&lab, &ann, &[&cem], Policy::default()).await;
        let since = bob.session(&lab).head().await.expect("a head");
        let mut live = bob.attach(&lab, None).await;
        for (text, to) in [
            ("before", Some(Membership::Added)),
            ("first", Some(Membership::Removed)),
            ("between", Some(Membership::Added)),
            ("second", None),
        ] {
            write(&lab, &ann, at, text).await.expect("written");
            if let Some(to) = to {
                set(&lab, &ann, at, &[&bob], to).await.expect("set");
            }
        }
        let stays = ["first", "second"];
        assert_eq!(heard_until(&mut live, "second").await, stays);
        assert_eq!(read(&lab, &bob, at).await, stays);
        assert_eq!(caught_up(&lab, &bob, since).await, stays);
        assert_eq!(read(&lab, &cem, at).await.len(), 4);
        for (words, found) in [("first", 1), ("second", 1), ("before", 0), ("between", 0)] {
            let session = bob.session(&lab);
            let page = session.search(words, None, None, 10).await.expect("found");
            assert_eq!(page.messages.len(), found, "{words}");
        }
    }
);

on_both!(
    who_is_removed_while_away_sees_the_line_and_nothing_after_it,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob, cem) = three(&lab).await;
        let at = group(&lab, &ann, &[&bob, &cem], Policy::default()).await;
        write(&lab, &ann, at, "together").await.expect("written");
        let since = bob.session(&lab).head().await.expect("a head");
        set(&lab, &ann, at, &[&bob], Membership::Removed)
            .await
            .expect("removed");
        let after = write(&lab, &ann, at, "without bob").await.expect("written");
        let rename = Command::UpdateGroup {
            conversation: at,
            patch: GroupPatch {
                history: Some(true),
                ..GroupPatch::default()
            },
        };
        ask(&lab, &ann, rename).await.expect("changed");
        let read_it = Command::MarkRead {
            conversation: at,
            upto: hub::command::MessageRef::Id(after.id),
        };
        ask(&lab, &cem, read_it).await.expect("read");

        let page = bob.session(&lab).since(Some(since), 500).await;
        let Ok(Sync::Events { events, .. }) = page else {
            panic!("events");
        };
        let lines = events
            .iter()
            .filter(|(_, e)| matches!(e, Event::Message(_)));
        assert_eq!(lines.count(), 1, "the line that says so");
        assert!(
            events.iter().all(|(_, e)| !matches!(e, Event::Read { .. })),
            "marks of those who stayed"
        );
        let told = events.iter().find_map(|(_, e)| match e {
            Event::Conversation(view) => Some(view),
            _ => None,
        });
        let told = told.expect("that they are out");
        assert_eq!(
            ids(&[&bob]),
            told.members.iter().map(|m| m.account).collect::<Vec<_>>()
        );
        assert!(!told.members[0].is_in());
        assert_eq!(
            (told.conversation.people, told.conversation.policy.as_str()),
            (0, "")
        );
        assert_eq!(read(&lab, &bob, at).await, ["together"]);
        assert_eq!(code(write(&lab, &bob, at, "hello?").await), "not_found");
        assert_eq!(
            code(bob.session(&lab).members(at, None, 10).await),
            "not_found"
        );
        let change = edit(after.id, "x");
        assert_eq!(code(ask(&lab, &bob, change).await), "not_found");
    }
);

on_both!(
    history_is_for_newcomers_only_if_the_group_says_so,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob, cem) = three(&lab).await;
        let at = group(&lab, &ann, &[], Policy::default()).await;
        write(&lab, &ann, at, "early").await.expect("written");
        set(&lab, &ann, at, &[&bob], Membership::Added)
            .await
            .expect("added");
        assert_eq!(read(&lab, &bob, at).await, Vec::<String>::new());
        let patch = GroupPatch {
            history: Some(true),
            ..GroupPatch::default()
        };
        let open = Command::UpdateGroup {
            conversation: at,
            patch,
        };
        assert_eq!(code(ask(&lab, &bob, open.clone()).await), "owners_only");
        ask(&lab, &ann, open).await.expect("changed");
        set(&lab, &ann, at, &[&cem], Membership::Added)
            .await
            .expect("added");
        assert_eq!(read(&lab, &cem, at).await, ["early"]);
        assert_eq!(
            read(&lab, &bob, at).await,
            Vec::<String>::new(),
            "as promised then"
        );
    }
);

on_both!(
    a_group_is_made_once_however_often_it_is_asked_for,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob, cem) = three(&lab).await;
        let at = group(&lab, &ann, &[&bob], Policy::default()).await;
        assert_eq!(group(&lab, &ann, &[&bob], Policy::default()).await, at);
        let other = new("Ducks", &[&bob], Policy::default(), "group");
        assert_eq!(code(ask(&lab, &ann, other).await), "client_id_reused");
        let seen = view(&lab, &bob, at).await;
        assert_eq!(seen.conversation.title, "Geese");
        assert_eq!((seen.conversation.people, seen.unread.messages), (2, 1));
        let own = view(&lab, &ann, at).await;
        assert_eq!(
            roles(&own),
            [(ann.id(), Role::Owner), (bob.id(), Role::Member)]
        );
        let nobody = new(" ", &[], Policy::default(), "second");
        assert_eq!(code(ask(&lab, &ann, nobody).await), "title_empty");
        let stranger = new("Two", &[&cem], Policy::default(), "third");
        assert_eq!(code(ask(&lab, &bob, stranger).await), "not_contacts");
        bob.relate(&lab, &ann, RelationChange::Block)
            .await
            .expect("blocked");
        let kept_away = new("Two", &[&bob], Policy::default(), "fourth");
        assert_eq!(
            code(ask(&lab, &ann, kept_away).await),
            "not_contacts",
            "nobody is told"
        );
        write(&lab, &ann, at, "still here")
            .await
            .expect("membership decides");
        assert_eq!(read(&lab, &bob, at).await, ["still here"]);
    }
);

on_both!(roles_decide_who_does_what, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob, cem) = three(&lab).await;
    lab.befriend(&bob, &cem).await;
    let rules = Policy {
        post: Allowed::Admins,
        add: Allowed::Admins,
        history: false,
    };
    let at = group(&lab, &ann, &[&bob], rules).await;
    assert_eq!(code(write(&lab, &bob, at, "may I").await), "admins_only");
    assert_eq!(
        code(set(&lab, &bob, at, &[&cem], Membership::Added).await),
        "admins_only"
    );
    let rank = |role| Membership::Ranked(role);
    assert_eq!(
        code(set(&lab, &bob, at, &[&bob], rank(Role::Owner)).await),
        "owners_only"
    );
    set(&lab, &ann, at, &[&bob], rank(Role::Admin))
        .await
        .expect("an admin");
    write(&lab, &bob, at, "now I may").await.expect("written");
    set(&lab, &bob, at, &[&cem], Membership::Added)
        .await
        .expect("added");
    assert_eq!(
        code(set(&lab, &bob, at, &[&ann], Membership::Removed).await),
        "owners_only"
    );
    assert_eq!(
        code(set(&lab, &cem, at, &[&bob], Membership::Banned).await),
        "admins_only"
    );
    set(&lab, &bob, at, &[&cem], Membership::Banned)
        .await
        .expect("banned");
    let token = link(&lab, &bob, at, None).await;
    assert_eq!(code(join(&lab, &cem, &token).await), "banned");
    let banned = bob.session(&lab).banned(at, None, 10).await;
    let banned: Vec<_> = banned.expect("listed").iter().map(|m| m.account).collect();
    assert_eq!(banned, [cem.id()]);
    assert_eq!(
        code(cem.session(&lab).banned(at, None, 10).await),
        "not_found"
    );
    set(&lab, &bob, at, &[&cem], Membership::Unbanned)
        .await
        .expect("may come");
    assert_eq!(
        bob.session(&lab).banned(at, None, 10).await.expect("none"),
        []
    );
    join(&lab, &cem, &token).await.expect("joined");
    assert_eq!(
        code(cem.session(&lab).banned(at, None, 10).await),
        "admins_only"
    );
    assert_eq!(
        code(set(&lab, &ann, at, &[&ann], rank(Role::Member)).await),
        "last_owner"
    );
    let call = Step::Invite {
        to: Target::Conversation(at),
        media: VOICE,
        offer: "offer".into(),
        relay_only: false,
    };
    let client = cem.attach(&lab, None).await;
    assert_eq!(
        code(client.step(CallKey([7; 16]), call).await),
        "group_call"
    );
});

on_both!(the_owner_leaves_and_somebody_inherits, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob, cem) = three(&lab).await;
    let at = group(&lab, &ann, &[&bob, &cem], Policy::default()).await;
    set(&lab, &ann, at, &[&cem], Membership::Ranked(Role::Admin))
        .await
        .expect("an admin");
    let leave = || Command::Leave { conversation: at };
    ask(&lab, &ann, leave()).await.expect("left");
    ask(&lab, &ann, leave()).await.expect("left already");
    let left = view(&lab, &bob, at).await;
    assert_eq!(
        roles(&left),
        [(bob.id(), Role::Member), (cem.id(), Role::Owner)]
    );
    ask(&lab, &cem, leave()).await.expect("left");
    assert_eq!(
        roles(&view(&lab, &bob, at).await),
        [(bob.id(), Role::Owner)]
    );
    ask(&lab, &bob, leave()).await.expect("the last");
    assert_eq!(view(&lab, &bob, at).await.conversation.people, 0);
});

on_both!(
    links_end_and_the_last_use_is_given_once,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let at = group(&lab, &ann, &[], Policy::default()).await;
        let mut guests = Vec::new();
        for n in 0..6 {
            guests.push(lab.person(&format!("guest{n}")).await);
        }
        let token = link(&lab, &ann, at, Some(2)).await;
        let seen = guests[0].session(&lab).preview(&token).await.expect("seen");
        assert_eq!(
            (seen.title.as_str(), seen.people, seen.conversation, seen.by),
            ("Geese", 1, None, ann.id())
        );
        let joins = guests[..4].iter().map(|guest| join(&lab, guest, &token));
        let done = futures_util::future::join_all(joins).await;
        let (inside, outside): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
        assert_eq!((inside.len(), outside.len()), (2, 2));
        for refused in outside {
            assert_eq!(code(refused), "link_used_up");
        }
        assert_eq!(view(&lab, &ann, at).await.conversation.people, 3);
        let mut again = 0;
        for guest in &guests[..4] {
            again += usize::from(join(&lab, guest, &token).await.is_ok());
        }
        assert_eq!(again, 2, "whoever is in is in, and uses nothing");

        let short = link(&lab, &ann, at, None).await;
        lab.clock.advance(Duration::from_secs(8 * 86_400));
        assert_eq!(code(join(&lab, &guests[4], &short).await), "link_expired");
        assert_eq!(
            code(guests[4].session(&lab).preview(&short).await),
            "link_expired"
        );

        let revoked = link(&lab, &ann, at, None).await;
        let links = ann.session(&lab).links(at).await.expect("listed");
        assert_eq!(links.len(), 1, "what has ended made room");
        let drop = Command::DropLink {
            conversation: at,
            link: links[0].token_hash,
        };
        ask(&lab, &ann, drop).await.expect("revoked");
        assert_eq!(code(join(&lab, &guests[4], &revoked).await), "link_unknown");
        assert_eq!(
            code(guests[4].session(&lab).preview(&revoked).await),
            "link_unknown"
        );
        assert_eq!(ann.session(&lab).links(at).await.expect("listed"), []);

        for _ in 0..20 {
            link(&lab, &ann, at, None).await;
        }
        let more = Command::PutLink {
            conversation: at,
            expires: None,
            uses: None,
        };
        assert_eq!(code(ask(&lab, &ann, more).await), "links_full");
    }
);

on_both!(
    two_hundred_people_and_twenty_devices_that_catch_up,
    |store| async move {
        let lab = Lab::on(store).await;
        let ann = lab.person("ann").await;
        let at = group(&lab, &ann, &[], Policy::default()).await;
        let token = link(&lab, &ann, at, None).await;
        let mut people = Vec::new();
        for n in 0..199 {
            people.push(lab.person(&format!("goose{n}")).await);
        }
        let joins = people.iter().map(|person| join(&lab, person, &token));
        for joined in futures_util::future::join_all(joins).await {
            joined.expect("joined");
        }
        let seen = view(&lab, &people[7], at).await;
        assert_eq!((seen.conversation.people, seen.members.len()), (200, 50));
        assert_eq!(seen.members[0].account, people[7].id(), "oneself first");
        let mut all = Vec::new();
        while all.len() < 200 {
            let after = all.last().map(|m: &hub::model::Member| (m.role, m.account));
            let page = people[7].session(&lab).members(at, after, 90).await;
            all.extend(page.expect("a page"));
        }
        all.sort_by_key(|m| m.account);
        all.dedup_by_key(|m| m.account);
        assert_eq!(all.len(), 200, "each once");

        let since = ann.session(&lab).head().await.expect("a head");
        let mut expected = Vec::new();
        for n in 0..100 {
            let text = format!("m{n}");
            write(&lab, &people[n % 50], at, &text)
                .await
                .expect("written");
            expected.push(text);
        }
        let mut devices = Vec::new();
        for person in people.iter().skip(100).take(20) {
            devices.push(person.attach(&lab, Some(since)).await);
        }
        for device in &mut devices {
            assert_eq!(heard_until(device, "m99").await, expected);
        }
        write(&lab, &ann, at, "live").await.expect("written");
        for device in &mut devices {
            assert_eq!(device.message().await.1, "live");
        }
        // Up to 200 people hear how far each has read.
        let (last, _) = people[3].history(&lab, at).await.pop().expect("messages");
        let read = Command::MarkRead {
            conversation: at,
            upto: hub::command::MessageRef::Id(last),
        };
        ask(&lab, &people[3], read).await.expect("read");
        let marked = devices[0]
            .until(|heard| match heard {
                Heard::Placed(_, Event::Read { account, upto, .. }) => {
                    Some((*account, upto.message))
                }
                _ => None,
            })
            .await;
        assert_eq!(marked, (people[3].id(), last));
    }
);

on_both!(
    what_is_said_between_two_stays_reaches_nobody_else_in_one_batch_either,
    |store| async move {
        let lab = Lab::on(store).await;
        let (ann, bob, cem) = three(&lab).await;
        let at = group(&lab, &ann, &[&bob, &cem], Policy::default()).await;
        let mut at_bob = bob.attach(&lab, None).await;
        let mut at_cem = cem.attach(&lab, None).await;
        // All at once, so that the changes of the group are one row of one batch, above what was said between.
        for round in 0..10 {
            let words = |what: &str| format!("{what}{round}");
            let (with, without) = (words("with"), words("without"));
            let just_bob = [&bob];
            let (out, away, back, there) = tokio::join!(
                biased;
                set(&lab, &ann, at, &just_bob, Membership::Removed),
                write(&lab, &ann, at, &without),
                set(&lab, &ann, at, &just_bob, Membership::Added),
                write(&lab, &ann, at, &with),
            );
            assert!(out.is_ok() && back.is_ok());
            away.and(there).expect("written");
            assert_eq!(heard_until(&mut at_bob, &with).await.join(" "), with);
            assert_eq!(heard_until(&mut at_cem, &with).await, [without, with]);
        }
        let seen = read(&lab, &bob, at).await;
        assert!(seen.iter().all(|words| !words.starts_with("without")));
    }
);
