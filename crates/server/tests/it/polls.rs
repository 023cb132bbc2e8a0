//! The long-poll twin of the socket.

use serde_json::json;
use tokio::task::JoinSet;
use webapi::skein as api;

use crate::support::{Person, Server, words};

fn said(polled: &api::Polled) -> Vec<String> {
    polled
        .events
        .iter()
        .filter_map(|placed| match &placed.event {
            api::Event::Message { message, .. } => {
                Some(words(message)).filter(|words| !words.is_empty())
            }
            _ => None,
        })
        .collect()
}

async fn open(person: &Person, since: &str) -> api::EndpointOpened {
    let body = json!({ "since": since, "abilities": { "voice": false, "video": false } });
    let (status, value) = person.post_raw("endpoint", &body).await;
    assert_eq!(status, 200, "{value}");
    serde_json::from_value(value).expect("the promised shape")
}

#[tokio::test]
async fn a_lost_answer_of_a_poll_loses_nothing() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let api::Sync::Snapshot { snapshot } = bob.get("sync").await else {
        panic!("a snapshot")
    };
    let at = snapshot.at.0;
    let endpoint = open(&bob, &at).await.endpoint.0;
    let poll = |after: String, seen: i64| {
        let (bob, endpoint) = (bob.clone(), endpoint.clone());
        async move {
            bob.get::<api::Polled>(&format!(
                "poll?endpoint={endpoint}&after={after}&seen={seen}&wait=5"
            ))
            .await
        }
    };
    ana.send(&bob, "one", "1").await;
    let mut first = poll(at.clone(), 0).await;
    while said(&first).is_empty() {
        first = poll(first.next.0, first.seq).await;
    }
    assert_eq!(said(&first), ["one"]);
    // As if the answer had been lost: the same question gets the same, and what came since.
    ana.send(&bob, "two", "2").await;
    let mut again = poll(at.clone(), 0).await;
    while said(&again).len() < 2 {
        again = poll(at.clone(), 0).await;
    }
    assert_eq!(said(&again), ["one", "two"]);
    let ana_sends = async {
        ana.send(&bob, "three", "3").await;
    };
    let (third, ()) = tokio::join!(poll(again.next.0.clone(), again.seq), ana_sends);
    let mut third = third;
    while said(&third).is_empty() {
        third = poll(third.next.0, third.seq).await;
    }
    assert_eq!(
        said(&third),
        ["three"],
        "what was acknowledged does not come again"
    );
    server.stop().await;
}

#[tokio::test]
async fn an_endpoint_is_its_devices_own_and_says_when_it_ended() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    let endpoint = open(&bob, "1").await.endpoint.0;
    let (status, value) = ana
        .get_raw(&format!("poll?endpoint={endpoint}&wait=0"))
        .await;
    assert_eq!(
        (status.as_u16(), value["code"].as_str()),
        (404, Some("endpoint_ended"))
    );
    let (status, _) = ana.get_raw("poll?endpoint=17&wait=0").await;
    assert_eq!(status, 404);
    let (status, _) = ana.get_raw("poll").await;
    assert_eq!(status, 400);
    server.stop().await;
}

#[tokio::test]
async fn without_a_position_the_first_poll_asks_for_a_snapshot() {
    let server = Server::start().await;
    let bob = Person::register(&server, "bob").await;
    let body = json!({ "abilities": { "voice": false, "video": false } });
    let (_, value) = bob.post_raw("endpoint", &body).await;
    let opened: api::EndpointOpened = serde_json::from_value(value).expect("the promised shape");
    let path = format!("poll?endpoint={}&wait=0", opened.endpoint);
    assert!(bob.get::<api::Polled>(&path).await.behind);
    assert!(
        bob.get::<api::Polled>(&path).await.behind,
        "until it is acknowledged"
    );
    let path = format!("{path}&after={}", opened.head);
    assert!(!bob.get::<api::Polled>(&path).await.behind);
    server.stop().await;
}

#[tokio::test]
async fn a_second_poll_ends_the_first_and_a_stop_ends_both() {
    let server = Server::start().await;
    let bob = Person::register(&server, "bob").await;
    let api::Sync::Snapshot { snapshot } = bob.get("sync").await else {
        panic!("a snapshot")
    };
    let endpoint = open(&bob, &snapshot.at.0).await.endpoint;
    let path = format!("poll?endpoint={endpoint}&after={}&wait=25", snapshot.at);
    let begin = std::time::Instant::now();
    let first = {
        let (bob, path) = (bob.clone(), path.clone());
        async move { bob.get::<api::Polled>(&path).await }
    };
    let second = async {
        tokio::task::yield_now().await;
        bob.get::<api::Polled>(&format!(
            "poll?endpoint={endpoint}&after={}&wait=1",
            snapshot.at
        ))
        .await
    };
    let _both = tokio::join!(first, second);
    assert!(
        begin.elapsed().as_secs() < 10,
        "the first did not wait for its 25 s"
    );
    let mut held = JoinSet::new();
    held.spawn({
        let bob = bob.clone();
        async move { bob.get_raw(&path).await }
    });
    // The poll was sent before these two, on a connection of its own: it is held when they are answered.
    for _ in 0..2 {
        tokio::task::yield_now().await;
        let _: api::Account = Person::sign_in(&server, "bob").await.get("me").await;
    }
    drop(server.stop().await);
    let (status, _) = held.join_next().await.expect("one").expect("the poll ends");
    assert!(status == 200 || status == 503, "{status}");
    assert!(begin.elapsed().as_secs() < 15);
}

#[tokio::test]
async fn who_polls_can_call_and_hears_of_it() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let me: api::Account = bob.get("me").await;
    let api::Sync::Snapshot { snapshot } = ana.get("sync").await else {
        panic!("a snapshot")
    };
    let endpoint = open(&ana, &snapshot.at.0).await.endpoint;
    let call =
        |step: serde_json::Value| json!({ "type": "call", "key": "0a".repeat(16), "step": step });
    let invite = call(
        json!({ "type": "invite", "to": { "account": me.id }, "media": { "audio": true, "video": false }, "offer": "v=0" }),
    );
    let (status, refusal) = ana.post_raw("command", &invite).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (400, Some("needs_connection"))
    );
    let path = format!("command?endpoint={endpoint}");
    let (status, refusal) = bob.post_raw(&path, &invite).await;
    assert_eq!(
        (status.as_u16(), refusal["code"].as_str()),
        (404, Some("endpoint_ended"))
    );
    let (status, done) = ana.post_raw(&path, &invite).await;
    assert_eq!(status, 200, "{done}");
    // Nobody is there to be rung.
    let path = format!("poll?endpoint={endpoint}&after={}", snapshot.at);
    let polled: api::Polled = ana.get(&path).await;
    let ended = |placed: &api::Placed| {
        matches!(
            placed.event,
            api::Event::Call {
                call: api::CallEvent::Ended { .. }
            }
        )
    };
    assert!(polled.events.iter().any(ended), "{polled:?}");
    server.stop().await;
}
