//! Rich messages through the door: what comes and goes as JSON.

use serde_json::json;
use webapi::skein as api;

use crate::support::{Person, Server, Socket, words};

/// The next that is heard of a message.
async fn hears(socket: &mut Socket, id: &str) -> api::Message {
    socket
        .find_event(|event| match event {
            api::Event::Message { message, .. } => (message.id.0 == id).then(|| message.clone()),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn trees_replies_reactions_and_forwards_go_through_the_door() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    let eva = Person::register(&server, "eva").await;
    ana.befriend(&bob).await;
    bob.befriend(&eva).await;
    let mut at_ana = ana.socket(None).await;
    let mut at_bob = bob.socket(None).await;

    let first = ana.send(&bob, "Snow on the lake", "1").await;
    let blocks = json!([
        { "type": "paragraph", "inline": [
            { "type": "bold", "inline": [{ "type": "text", "text": "<b>&amp;" }] },
            { "type": "mention", "account": ana.id, "name": "Ana" },
            { "type": "link", "href": "https://skein.example/?a=1&b=2", "inline": [{ "type": "text", "text": "there" }] },
        ]},
        { "type": "list", "ordered": true, "items": [[{ "type": "code", "text": "let x;\n" }]] },
    ]);
    let reply = json!({
        "type": "send", "to": { "account": ana.id }, "client": "1", "reply_to": first,
        "body": { "type": "text", "blocks": blocks },
    });
    let api::Value::Message {
        id: answer,
        conversation,
        ..
    } = bob.command(reply).await.value
    else {
        panic!("a message");
    };
    let heard = hears(&mut at_ana, &answer.0).await;
    let shown = serde_json::to_value(&heard.body).expect("JSON");
    assert_eq!(shown["blocks"], blocks, "as it was sent");
    assert!(heard.names_reader);
    let quoted = heard.quoted.expect("what it answers");
    assert_eq!(
        (
            quoted.message.0.as_str(),
            quoted.words.as_str(),
            quoted.name.as_str()
        ),
        (first.as_str(), "Snow on the lake", "ana")
    );

    let react = |on| json!({ "type": "react", "message": answer, "key": "🦆", "on": on });
    ana.command(react(true)).await;
    let heard = loop {
        let heard = hears(&mut at_bob, &answer.0).await;
        if !heard.reactions.is_empty() {
            break heard;
        }
    };
    let reaction = &heard.reactions[0];
    assert_eq!(
        (reaction.key.as_str(), reaction.count, reaction.mine),
        ("🦆", 1, false)
    );
    assert_eq!(reaction.people, [api::AccountId(ana.id.clone())]);
    ana.command(react(false)).await;
    let (status, refusal) = ana
        .refused(json!({ "type": "react", "message": answer, "key": "quack", "on": true }))
        .await;
    assert_eq!((status.as_u16(), refusal.code.as_str()), (400, "reaction"));

    let forward =
        json!({ "type": "forward", "message": first, "to": { "account": eva.id }, "client": "f" });
    bob.command(forward).await;
    let page: api::ConversationPage = eva.get("conversations").await;
    let last = page.conversations[0].last.clone().expect("a message");
    assert_eq!(words(&last), "Snow on the lake");
    assert_eq!(last.forwarded.expect("whose words").name, "ana");

    // Both have one unread; the mark of one's own says what is left.
    let path = format!("conversations/{conversation}");
    let unread: api::Conversation = ana.get(&path).await;
    assert_eq!((unread.unread, unread.mentions), (1, 1));
    assert_eq!(unread.mentioned, Some(answer.clone()));
    let page: api::MessagePage = ana
        .get(&format!("{path}/messages?around=unread&limit=1"))
        .await;
    assert_eq!(page.messages[0].id, answer);
    ana.command(json!({ "type": "mark_read", "conversation": conversation, "upto": answer }))
        .await;
    let left = |event: &api::Event| match event {
        api::Event::Read { left, .. } => Some(left.clone()),
        _ => None,
    };
    let nothing = api::Unread {
        messages: 0,
        mentions: 0,
        mentioned: None,
    };
    assert_eq!(at_ana.find_event(left).await, Some(nothing));
    assert_eq!(at_bob.find_event(left).await, None);
    server.stop().await;
}

#[tokio::test]
async fn own_settings_come_back_to_their_owner_only() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    ana.send(&bob, "hello", "1").await;
    let page: api::ConversationPage = ana.get("conversations").await;
    let conversation = page.conversations[0].id.clone();
    assert_eq!(page.conversations[0].own, api::Own::default());
    let mut at_ana = ana.socket(None).await;
    let until = 4_000_000_000_000_i64;
    ana.command(json!({
        "type": "set_own", "conversation": conversation, "pinned": true, "muted_until": until, "draft": "dear Bob",
    }))
    .await;
    let own = at_ana
        .find_event(|event| match event {
            api::Event::Own { own, .. } => Some(own.clone()),
            _ => None,
        })
        .await;
    let kept = api::Own {
        muted_until: Some(until),
        pinned: true,
        archived: false,
        draft: Some("dear Bob".into()),
    };
    assert_eq!(own, kept);
    let path = format!("conversations/{conversation}");
    assert_eq!(ana.get::<api::Conversation>(&path).await.own, kept);
    // Nothing of it is in anything that the other one may ask for.
    for asked in ["sync", "conversations", &path] {
        let (status, all) = bob.get_raw(asked).await;
        assert_eq!(status, 200);
        let all = all.to_string();
        assert!(
            !all.contains("dear Bob") && !all.contains(&until.to_string()),
            "{all}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn words_are_found_through_the_door_and_questions_are_counted() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let first = ana.send(&bob, "Até amanhã, Évora!", "1").await;
    let second = bob.send(&ana, "evora, sim", "2").await;
    // A second is all that a search waits for the index; a busy machine may need more of them.
    let page = loop {
        let page: api::SearchPage = ana.get("search?question=%C3%89VORA&limit=1").await;
        if page.whole {
            break page;
        }
    };
    assert_eq!(page.messages[0].id.0, second);
    assert_eq!(page.profiles[0].name, "bob");
    let after = page.next.expect("there is more");
    let page: api::SearchPage = ana
        .get(&format!("search?question=evora&after={after}"))
        .await;
    assert_eq!(page.messages.len(), 1);
    assert_eq!(
        (page.messages[0].id.0.as_str(), page.next),
        (first.as_str(), None)
    );
    let conversation = &page.messages[0].conversation;
    let here = format!("search?question=amanha&conversation={conversation}");
    assert_eq!(bob.get::<api::SearchPage>(&here).await.messages.len(), 1);
    for wrong in [
        "search",
        "search?question=evora&after=x",
        "search?question=%20",
    ] {
        assert_eq!(ana.get_raw(wrong).await.0.as_u16(), 400, "{wrong}");
    }
    server.stop().await;
}
