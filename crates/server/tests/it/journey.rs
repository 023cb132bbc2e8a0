//! Two people, from nothing to a conversation.

use serde_json::json;
use webapi::skein as api;

use crate::support::{Person, Server, send, words};

#[tokio::test]
async fn two_people_register_find_accept_and_write_both_ways() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "Bob").await,
    );
    let mut at_bob = bob.socket(None).await;
    assert!(at_bob.snapshot);

    let found: api::Found = ana.get("find?name=BOB").await;
    let found = found.contact.expect("by any spelling");
    assert_eq!(found.profile.name, "bob");
    assert_eq!(found.state, api::ContactState::None);
    let nobody: api::Found = ana.get("find?name=bo").await;
    assert_eq!(nobody.contact, None, "whole names only");

    ana.command(
        json!({ "type": "relate", "other": bob.id, "change": "ask", "greeting": "it is me" }),
    )
    .await;
    let request = at_bob
        .find_event(|event| match event {
            api::Event::Contact { contact } => Some(contact.clone()),
            _ => None,
        })
        .await;
    assert_eq!(request.state, api::ContactState::Incoming);
    assert_eq!(request.greeting.as_deref(), Some("it is me"));
    bob.command(json!({ "type": "relate", "other": ana.id, "change": "accept" }))
        .await;

    let mut at_ana = ana.socket(None).await;
    let id = ana.send(&bob, "Back from the lake", "a1").await;
    let heard = at_bob.message().await;
    assert_eq!(
        (heard.id.0.as_str(), words(&heard).as_str()),
        (id.as_str(), "Back from the lake")
    );
    assert_eq!(heard.client, None, "only the author's devices see it");
    let own = at_ana.message().await;
    assert_eq!(own.client.as_deref(), Some("a1"));

    at_bob
        .send(&json!({ "type": "command", "id": 7, "command": send(&ana.id, "How was it?", "b1") }))
        .await;
    let done = at_bob
        .find(|frame| match frame {
            api::ServerFrame::Done { id: 7, done } => Some(done),
            _ => None,
        })
        .await;
    assert!(matches!(done.value, api::Value::Message { .. }), "{done:?}");
    let answer = at_ana.find_event(|event| match event {
        api::Event::Message {
            message, author, ..
        } if author.id.0 == bob.id => Some(message.clone()),
        _ => None,
    });
    assert_eq!(words(&answer.await), "How was it?");

    let page: api::ConversationPage = ana.get("conversations").await;
    assert_eq!(page.conversations.len(), 1);
    let conversation = &page.conversations[0];
    assert_eq!(conversation.unread, 1);
    let path = format!("conversations/{}/messages", conversation.id);
    let messages: api::MessagePage = ana.get(&path).await;
    let said: Vec<String> = messages
        .messages
        .iter()
        .map(words)
        .filter(|w| !w.is_empty())
        .collect();
    assert_eq!(said, ["Back from the lake", "How was it?"]);
    server.stop().await;
}

#[tokio::test]
async fn a_retried_message_is_stored_once() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let once = send(&bob.id, "once", "same");
    // Twice in parallel, once more over a socket, and once more after a restart.
    let (first, second) = tokio::join!(ana.command(once.clone()), ana.command(once.clone()));
    assert_eq!(first.value, second.value);
    let mut socket = ana.socket(None).await;
    for id in [1, 2] {
        socket
            .send(&json!({ "type": "command", "id": id, "command": once }))
            .await;
    }
    for wanted in [1, 2] {
        let done = socket.find(|frame| match frame {
            api::ServerFrame::Done { id, done } if id == wanted => Some(done),
            _ => None,
        });
        assert_eq!(done.await.value, first.value);
    }
    let (status, refusal) = ana.refused(send(&bob.id, "other words", "same")).await;
    assert_eq!(
        (status.as_u16(), refusal.code.as_str()),
        (409, "client_id_reused")
    );
    // The same id of another device is another message.
    let other = Person::sign_in(&server, "ana").await;
    assert_ne!(other.command(once.clone()).await.value, first.value);

    let token = ana.token.clone();
    let folder = server.stop().await;
    let server = Server::start_in(folder, |_| {}).await;
    let mut again = Person::sign_in(&server, "ana").await;
    again.token = token;
    assert_eq!(again.command(once).await.value, first.value);
    server.stop().await;
}

#[tokio::test]
async fn a_position_catches_up_and_none_gets_a_snapshot() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let api::Sync::Snapshot { snapshot } = bob.get("sync").await else {
        panic!("a snapshot")
    };
    assert_eq!(snapshot.contacts.len(), 1);
    for number in 0..30 {
        ana.send(&bob, &format!("m{number}"), &format!("c{number}"))
            .await;
    }
    let mut since = snapshot.at.0.clone();
    let mut seen = Vec::new();
    loop {
        let api::Sync::Events { events, next, more } =
            bob.get(&format!("sync?since={since}&limit=7")).await
        else {
            panic!("events")
        };
        seen.extend(events.iter().filter_map(|placed| match &placed.event {
            api::Event::Message { message, .. } => {
                Some(words(message)).filter(|words| !words.is_empty())
            }
            _ => None,
        }));
        since = next.0;
        if !more {
            break;
        }
    }
    let wanted: Vec<String> = (0..30).map(|number| format!("m{number}")).collect();
    assert_eq!(seen, wanted);
    // The socket gives the same by frames.
    let mut socket = bob.socket(Some(&snapshot.at.0)).await;
    assert!(!socket.snapshot);
    for text in &wanted {
        let message = socket.find_event(|event| match event {
            api::Event::Message { message, .. } => {
                Some(words(message)).filter(|words| !words.is_empty())
            }
            _ => None,
        });
        assert_eq!(&message.await, text);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_recovery_code_works_once_and_gives_the_next() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let code = ana.recovery_code.clone().expect("shown at registration");
    let recover = |code: String, password: &str| {
        let body = json!({
            "name": "ana", "code": code.to_lowercase().replace('-', " "), "password": password,
            "device": { "label": "new", "kind": "bot" }, "end_others": true,
        });
        let request = reqwest::Client::new()
            .post(server.url("recover"))
            .json(&body);
        async move { request.send().await.expect("an answer") }
    };
    let first = recover(code.clone(), "another flock of geese").await;
    assert_eq!(first.status(), 200);
    let signed_in: api::SignedIn = first.json().await.expect("JSON");
    assert!(signed_in.recovery_code.is_some_and(|next| next != code));
    assert_eq!(
        ana.get_raw("me").await.0,
        401,
        "other devices were signed out"
    );
    let again = recover(code, "a third flock of geese").await;
    assert_eq!(again.status(), 401);
    let refusal: api::ApiError = again.json().await.expect("JSON");
    assert_eq!(refusal.code, "wrong_code");
    server.stop().await;
}
