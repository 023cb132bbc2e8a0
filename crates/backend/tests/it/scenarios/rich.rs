//! Replies, words passed on, reactions, and who is named.

use std::sync::Arc;

use hub::command::{Command, MessageRef, OwnPatch, Target};
use hub::event::{Event, Heard, MessageView};
use hub::id::{AccountId, ClientId, ConversationId, MessageId};
use hub::model::{Block, Body, Inline, RelationChange, Rich};
use hub::store::{Around, Unread};

use super::lab::{Client, Lab, Person, Sent, edit, sent};
use crate::stores::on_both;

fn client(text: &str) -> ClientId {
    ClientId::new(text).expect("short")
}

fn reply(to: &Person, of: MessageId, name: &str) -> Command {
    Command::Send {
        to: Target::Cast(vec![to.id()]),
        body: Body::Text(Rich::plain("so it is")),
        client: client(name),
        reply_to: Some(of),
        hints: Vec::new(),
    }
}

fn naming(who: Option<AccountId>) -> Body {
    Body::Text(Rich(vec![Block::Paragraph(vec![
        Inline::Text("look ".into()),
        Inline::Mention {
            account: who,
            name: "you".into(),
        },
    ])]))
}

fn call_out(to: &Person, who: Option<AccountId>, name: &str) -> Command {
    Command::Send {
        to: Target::Cast(vec![to.id()]),
        body: naming(who),
        client: client(name),
        reply_to: None,
        hints: Vec::new(),
    }
}

fn pass_on(of: MessageId, to: &Person, name: &str) -> Command {
    Command::Forward {
        of: MessageRef::Id(of),
        to: Target::Cast(vec![to.id()]),
        client: client(name),
    }
}

fn react(of: MessageId, key: &str, on: bool) -> Command {
    Command::React {
        of: MessageRef::Id(of),
        key: key.into(),
        on,
    }
}

async fn code(who: &Person, lab: &Lab, command: Command) -> &'static str {
    let refused = who.session(lab).command(command).await;
    refused.expect_err("refused").code
}

async fn done(who: &Person, lab: &Lab, command: Command) -> Sent {
    let done = who.session(lab).command(command).await;
    sent(done.expect("done")).expect("a message")
}

async fn does(who: &Person, lab: &Lab, command: Command) {
    who.session(lab).command(command).await.expect("done");
}

/// The next that is heard of this message.
async fn hears(client: &mut Client, of: MessageId) -> Arc<MessageView> {
    client
        .until(|heard| match heard {
            Heard::Placed(_, Event::Message(view)) if view.message.id == of => Some(view.clone()),
            _ => None,
        })
        .await
}

/// The message as a page of history shows it.
async fn reads(who: &Person, lab: &Lab, of: Sent) -> MessageView {
    let page = who
        .session(lab)
        .messages(of.conversation, Around::Newest, 50)
        .await
        .expect("a page");
    let found = page.0.into_iter().find(|view| view.message.id == of.id);
    found.expect("in the newest page")
}

async fn unread(who: &Person, lab: &Lab, conversation: ConversationId) -> Unread {
    let view = who.session(lab).conversation(conversation).await;
    view.expect("a member").unread
}

on_both!(a_reply_shows_what_it_answers, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let cat = lab.person("cat").await;
    lab.befriend(&ann, &cat).await;
    let mut at_ann = ann.attach(&lab, None).await;
    let long = "geese ".repeat(100);
    let first = ann.send(&lab, &bob, &long, "1").await.expect("sent");
    let answer = done(&bob, &lab, reply(&ann, first.id, "1")).await;

    let view = hears(&mut at_ann, answer.id).await;
    let quoted = view.quoted.clone().expect("what it answers");
    assert_eq!(
        (quoted.message, quoted.author, quoted.name.as_str()),
        (first.id, ann.id(), "ann")
    );
    assert_eq!((quoted.words.chars().count(), quoted.cut), (200, true));
    assert_eq!(reads(&bob, &lab, answer).await.quoted, view.quoted);

    // An edit of what is answered shows with the next look at the answer; a removed one leaves its stone.
    does(&ann, &lab, edit(first.id, "swans")).await;
    let quoted = reads(&bob, &lab, answer).await.quoted.expect("there");
    assert_eq!((quoted.words.as_str(), quoted.cut), ("swans", false));
    let of = MessageRef::Id(first.id);
    does(&ann, &lab, Command::Delete { of }).await;
    let quoted = reads(&bob, &lab, answer).await.quoted.expect("there");
    assert_eq!((quoted.words.as_str(), quoted.deleted), ("", true));

    // Neither what stands elsewhere can be answered nor what one may not see, and both sound alike.
    let elsewhere = ann.send(&lab, &cat, "secret", "2").await.expect("sent");
    for who in [&ann, &bob] {
        let other = if who.id() == ann.id() { &bob } else { &ann };
        assert_eq!(
            code(who, &lab, reply(other, elsewhere.id, "3")).await,
            "not_found"
        );
    }
    // A quote by name of what the writer may not see is a quote of nobody.
    let quote = |message| {
        Body::Text(Rich(vec![Block::Quote {
            author: Some(cat.id()),
            message: Some(message),
            blocks: vec![Block::Code("I owe you".into())],
        }]))
    };
    for (message, author) in [(elsewhere.id, None), (answer.id, Some(bob.id()))] {
        let written = Command::Edit {
            of: MessageRef::Id(answer.id),
            body: quote(message),
        };
        does(&bob, &lab, written).await;
        let view = reads(&ann, &lab, answer).await;
        let Body::Text(rich) = &view.message.body else {
            panic!("words");
        };
        let [Block::Quote { author: shown, .. }] = &rich.0[..] else {
            panic!("a quote");
        };
        assert_eq!(*shown, author);
    }
});

on_both!(words_are_passed_on_with_who_said_them, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let (cat, dan) = (lab.person("cat").await, lab.person("dan").await);
    lab.befriend(&ann, &cat).await;
    lab.befriend(&cat, &dan).await;
    let first = done(&bob, &lab, call_out(&ann, Some(ann.id()), "1")).await;
    let mut at_cat = cat.attach(&lab, None).await;
    let copy = done(&ann, &lab, pass_on(first.id, &cat, "f")).await;
    assert_eq!(done(&ann, &lab, pass_on(first.id, &cat, "f")).await, copy);
    assert_eq!(
        code(&ann, &lab, pass_on(first.id, &bob, "f")).await,
        "client_id_reused"
    );
    let view = hears(&mut at_cat, copy.id).await;
    let from = view.message.forwarded.clone().expect("whose words");
    assert_eq!(
        (from.author, from.name.as_str(), from.stamp),
        (bob.id(), "bob", first.stamp)
    );
    assert_eq!(view.message.author, ann.id());
    assert_eq!(view.message.body.words(), "look @you");
    assert!(view.message.body.mentions().is_empty(), "nobody is called");

    // Passed on again, they are still of who said them first; where that was is told to nobody.
    let again = done(&cat, &lab, pass_on(copy.id, &dan, "f")).await;
    let kept = reads(&dan, &lab, again).await.message;
    assert_eq!(kept.forwarded, Some(from));
    assert_eq!(
        code(&cat, &lab, pass_on(copy.id, &bob, "y")).await,
        "not_contacts"
    );
    // Said once more, it is the same, also when its source is gone from sight meanwhile.
    let to = copy.conversation;
    let cleared = OwnPatch {
        cleared: Some(copy.id),
        ..OwnPatch::default()
    };
    let hide = Command::SetOwn {
        conversation: to,
        patch: cleared,
    };
    does(&cat, &lab, hide).await;
    assert_eq!(done(&cat, &lab, pass_on(copy.id, &dan, "f")).await, again);
    assert_eq!(
        code(&cat, &lab, pass_on(copy.id, &dan, "g")).await,
        "not_found"
    );
    assert_eq!(
        code(&dan, &lab, pass_on(first.id, &cat, "x")).await,
        "not_found"
    );
    assert_eq!(code(&ann, &lab, edit(copy.id, "other")).await, "forwarded");
    let of = MessageRef::Id(copy.id);
    does(&ann, &lab, Command::Delete { of: of.clone() }).await;
    assert_eq!(reads(&ann, &lab, copy).await.message.forwarded, None);
    assert_eq!(
        code(&ann, &lab, pass_on(copy.id, &cat, "z")).await,
        "deleted"
    );
});

on_both!(reactions_are_a_set_per_person, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let cat = lab.person("cat").await;
    let message = ann.send(&lab, &bob, "snow!", "1").await.expect("sent");
    let since = ann.session(&lab).head().await.expect("a place");
    let mut at_ann = ann.attach(&lab, None).await;
    let shown = |view: &MessageView| -> Vec<(String, u32, bool)> {
        let each = view.reactions.iter();
        each.map(|r| (r.key.clone(), r.count, r.mine)).collect()
    };
    does(&bob, &lab, react(message.id, "❄️", true)).await;
    let view = hears(&mut at_ann, message.id).await;
    assert_eq!(shown(&view), [("❄️".to_owned(), 1, false)]);
    assert_eq!(view.message.edited, None, "it was not edited");
    assert_eq!(view.reactions[0].people, [bob.id()]);
    does(&ann, &lab, react(message.id, "❄️", true)).await;
    does(&ann, &lab, react(message.id, "❄️", true)).await;
    let view = hears(&mut at_ann, message.id).await;
    assert_eq!(shown(&view), [("❄️".to_owned(), 2, true)]);

    // Who comes back finds them as they are, after a restart too.
    let lab = lab.killed().await;
    let mut back = ann.attach(&lab, Some(since)).await;
    let view = hears(&mut back, message.id).await;
    assert_eq!(shown(&view), [("❄️".to_owned(), 2, true)]);
    does(&bob, &lab, react(message.id, "❄️", false)).await;
    assert_eq!(
        shown(&reads(&bob, &lab, message).await),
        [("❄️".to_owned(), 1, false)]
    );

    // So many, of that shape, by whom it concerns.
    for n in 1..8 {
        does(&ann, &lab, react(message.id, &format!(":n{n}:"), true)).await;
    }
    let ninth = react(message.id, ":n9:", true);
    assert_eq!(code(&ann, &lab, ninth).await, "reactions_own");
    assert_eq!(
        code(&ann, &lab, react(message.id, "words", true)).await,
        "reaction"
    );
    assert_eq!(
        code(&cat, &lab, react(message.id, "👍", true)).await,
        "not_found"
    );
    // Somebody kept away waves no more, and is answered as somebody never accepted.
    bob.relate(&lab, &ann, RelationChange::Block)
        .await
        .expect("blocked");
    does(&ann, &lab, react(message.id, ":n7:", false)).await;
    assert_eq!(
        code(&ann, &lab, react(message.id, ":n8:", true)).await,
        "not_contacts"
    );

    let of = MessageRef::Id(message.id);
    does(&ann, &lab, Command::Delete { of }).await;
    assert_eq!(shown(&reads(&ann, &lab, message).await), []);
    assert_eq!(
        code(&bob, &lab, react(message.id, "👍", true)).await,
        "deleted"
    );
    let keys = hub::store::Keys {
        reactions: [message.id].into(),
        ..Default::default()
    };
    let kept = lab.store.load(&keys).await.expect("rows");
    assert_eq!(kept.reactions, []);
});

on_both!(who_is_named_has_a_mark_of_their_own, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let mut at_bob = bob.attach(&lab, None).await;
    let plain = ann.send(&lab, &bob, "hello", "1").await.expect("sent");
    let named = done(&ann, &lab, call_out(&bob, Some(bob.id()), "2")).await;
    let all = done(&ann, &lab, call_out(&bob, None, "3")).await;
    assert!(hears(&mut at_bob, named.id).await.mentions_reader);
    assert!(hears(&mut at_bob, all.id).await.mentions_reader);
    assert!(!reads(&ann, &lab, all).await.mentions_reader, "her own");
    let count = |messages, mentions, mentioned| Unread {
        messages,
        mentions,
        mentioned,
    };
    let at = plain.conversation;
    assert_eq!(unread(&bob, &lab, at).await, count(3, 2, Some(named.id)));
    assert_eq!(unread(&ann, &lab, at).await, Unread::default());

    // Editing names people and unnames them; a removed message names nobody.
    does(&ann, &lab, edit(named.id, "nothing")).await;
    assert_eq!(unread(&bob, &lab, at).await, count(3, 1, Some(all.id)));
    let of = MessageRef::Id(plain.id);
    let body = naming(Some(bob.id()));
    does(&ann, &lab, Command::Edit { of, body }).await;
    assert_eq!(unread(&bob, &lab, at).await, count(3, 2, Some(plain.id)));
    let of = MessageRef::Id(all.id);
    does(&ann, &lab, Command::Delete { of }).await;
    assert_eq!(unread(&bob, &lab, at).await, count(2, 1, Some(plain.id)));

    // What is left is told to the reader's own devices alone.
    let mut at_ann = ann.attach(&lab, None).await;
    let read = Command::MarkRead {
        conversation: at,
        upto: MessageRef::Id(plain.id),
    };
    does(&bob, &lab, read).await;
    let left = |heard: &Heard| match heard {
        Heard::Placed(_, Event::Read { left, .. }) => Some(*left),
        _ => None,
    };
    assert_eq!(at_bob.until(left).await, Some(count(1, 0, None)));
    assert_eq!(at_ann.until(left).await, None);

    // Who does not belong to it is only letters.
    let cat = lab.person("cat").await;
    let stranger = done(&ann, &lab, call_out(&bob, Some(cat.id()), "4")).await;
    let body = &reads(&bob, &lab, stranger).await.message.body;
    assert_eq!(body.words(), "look @you");
    assert!(body.mentions().is_empty());
});

on_both!(a_message_has_three_names, |store| async move {
    let lab = Lab::on(store).await;
    let (ann, bob) = lab.friends().await;
    let message = ann.send(&lab, &bob, "one", "n").await.expect("sent");
    let by_stamp = MessageRef::Stamp(message.conversation, message.stamp);
    let by_client = MessageRef::Client(ann.id(), client("n"));
    let words = async || reads(&bob, &lab, message).await.message.body.words();
    for (of, text) in [(by_stamp.clone(), "two"), (by_client.clone(), "three")] {
        let body = Body::Text(Rich::plain(text));
        does(&ann, &lab, Command::Edit { of, body }).await;
        assert_eq!(words().await, text);
    }
    // Of two devices that gave the same name, the newest message has it.
    let phone = lab.sign_in(&ann).await;
    let newer = phone.send(&lab, &bob, "newer", "n").await.expect("sent");
    let of = by_client.clone();
    does(&phone, &lab, Command::Delete { of }).await;
    assert!(reads(&bob, &lab, newer).await.message.deleted);
    assert_eq!(words().await, "three");
    // A name opens nothing that is closed.
    let cat = lab.person("cat").await;
    for of in [by_stamp, by_client, MessageRef::Id(message.id)] {
        assert_eq!(
            code(&cat, &lab, Command::Delete { of: of.clone() }).await,
            "not_found"
        );
        let conversation = message.conversation;
        let read = Command::MarkRead {
            conversation,
            upto: of,
        };
        assert_eq!(code(&cat, &lab, read).await, "not_found");
    }
});
