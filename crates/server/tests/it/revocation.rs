//! A device that is signed out is out at once, through every door.

use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use webapi::skein::{self as api, ByeWhy};

use crate::support::{Person, Server};

#[tokio::test]
async fn a_revoked_device_is_out_and_hears_nothing_more() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let phone = Person::sign_in(&server, "bob").await;
    let mut on_phone = phone.socket(None).await;
    let mut on_desk = bob.socket(None).await;
    let body = json!({ "abilities": { "voice": false, "video": false }, "since": on_phone.head });
    let (_, opened) = phone.post_raw("endpoint", &body).await;
    let path = format!(
        "poll?endpoint={}&after={}&wait=25",
        opened["endpoint"].as_str().expect("an id"),
        on_phone.head
    );
    let mut held = JoinSet::new();
    held.spawn({
        let phone = phone.clone();
        async move {
            loop {
                let (status, value) = phone.get_raw(&path).await;
                if status != StatusCode::OK {
                    return (status, value);
                }
            }
        }
    });

    bob.command(json!({ "type": "end_device", "device": phone.device }))
        .await;
    ana.send(&bob, "not for the lost phone", "s1").await;
    let mut heard_after = false;
    let why = loop {
        match on_phone.next().await {
            Some(api::ServerFrame::Bye { why, .. }) => break Some(why),
            Some(api::ServerFrame::Event { placed }) => {
                heard_after |= matches!(placed.event, api::Event::Message { .. });
            }
            Some(_) => {}
            None => break None,
        }
    };
    assert_eq!(why, Some(ByeWhy::SignedOut));
    assert!(!heard_after, "the message went to the revoked device");
    let (status, _) = held.join_next().await.expect("one").expect("the poll ends");
    assert!(
        status == StatusCode::UNAUTHORIZED || status == StatusCode::NOT_FOUND,
        "{status}"
    );

    assert_eq!(phone.get_raw("me").await.0, StatusCode::UNAUTHORIZED);
    assert!(phone.open().await.is_err(), "the token opens no socket");
    on_desk.message().await;
    server.stop().await;
}

#[tokio::test]
async fn a_blocked_account_is_out_and_comes_back_after_the_block() {
    let server = Server::start().await;
    let bob = Person::register(&server, "bob").await;
    let mut socket = bob.socket(None).await;
    server
        .program
        .hub
        .operator_block("bob", true)
        .await
        .expect("blocked");
    assert_eq!(socket.bye().await.0, Some(ByeWhy::Blocked));
    assert_eq!(bob.get_raw("me").await.0, StatusCode::FORBIDDEN);
    server
        .program
        .hub
        .operator_block("bob", false)
        .await
        .expect("let in again");
    let again = Person::sign_in(&server, "bob").await;
    again.socket(None).await;
    server.stop().await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_devices_if_asked() {
    let server = Server::start().await;
    let bob = Person::register(&server, "bob").await;
    let other = Person::sign_in(&server, "bob").await;
    let mut socket = other.socket(None).await;
    let (status, refusal) = bob
        .refused(json!({ "type": "set_password", "current": "wrong", "new": "quite another one", "end_others": true }))
        .await;
    assert_eq!(
        (status.as_u16(), refusal.code.as_str()),
        (401, "wrong_password")
    );
    bob.command(json!({
        "type": "set_password", "current": crate::support::PASSWORD, "new": "quite another one", "end_others": true,
    }))
    .await;
    assert_eq!(socket.bye().await.0, Some(ByeWhy::SignedOut));
    assert_eq!(bob.get_raw("me").await.0, StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn forged_and_missing_tokens_are_refused_in_words() {
    let server = Server::start().await;
    let mut bob = Person::register(&server, "bob").await;
    let good = bob.token.clone();
    for forged in [
        String::new(),
        "x".to_owned(),
        good.chars().rev().collect(),
        format!("{}A", &good[..good.len() - 1]).replace(&good, "B"),
        "A".repeat(43),
        "A".repeat(9000),
        "ä".repeat(20),
    ] {
        let request = reqwest::Client::new().get(server.url("me"));
        let request = request.header("Authorization", [b"Bearer ", forged.as_bytes()].concat());
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{forged:?}");
        let refusal: api::ApiError = answer.json().await.expect("a refusal");
        assert_eq!(refusal.code, "not_signed_in");
        bob.token = "A".repeat(43);
        assert!(bob.open().await.is_err());
    }
    // A token in the address is no token.
    let answer = reqwest::get(format!("{}?token={good}", server.url("me")))
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_tells_sockets_to_come_back() {
    let server = Server::start().await;
    let bob = Person::register(&server, "bob").await;
    let mut socket = bob.socket(None).await;
    let (said, folder) = tokio::join!(socket.bye(), server.stop());
    assert_eq!(said, (Some(ByeWhy::Restart), Some(CloseCode::Away)));
    let server = Server::start_in(folder, |_| {}).await;
    let again = Person::sign_in(&server, "bob").await;
    assert!(!again.socket(Some(&socket.head)).await.snapshot);
    server.stop().await;
}
