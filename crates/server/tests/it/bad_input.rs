//! Whatever is sent gets a clear answer, and nothing breaks.

use std::time::Duration;

use futures_util::SinkExt as _;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use webapi::skein::{self as api, ByeWhy};

use crate::support::{PASSWORD, PATIENCE, Person, Server, device, send};

async fn post(
    server: &Server,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> (StatusCode, api::ApiError) {
    let request = reqwest::Client::new()
        .post(server.url(path))
        .header("Content-Type", "application/json");
    let answer = request.body(body).send().await.expect("an answer");
    (answer.status(), answer.json().await.expect("a refusal"))
}

#[tokio::test]
async fn every_malformed_body_gets_a_clear_answer() {
    let server = Server::start().await;
    let huge = format!("{{\"name\": \"{}\"}}", "x".repeat(300 * 1024));
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (body, status, code) in [
        ("", 400, "bad_request"),
        ("{", 400, "bad_request"),
        ("null", 400, "bad_request"),
        ("[]", 400, "bad_request"),
        ("{\"name\": 1}", 400, "bad_request"),
        ("{\"name\": \"\u{0}\"}", 400, "bad_request"),
        ("{\"name\": \"\\ud800\"}", 400, "bad_request"),
        (deep.as_str(), 400, "bad_request"),
        (huge.as_str(), 413, "too_large"),
    ] {
        let (got, refusal) = post(&server, "sign-in", body.to_owned()).await;
        assert_eq!(
            (got.as_u16(), refusal.code.as_str()),
            (status, code),
            "{}",
            &body[..body.len().min(40)]
        );
        assert!(!refusal.message.is_empty());
    }
    let (status, _) = post(&server, "sign-in", vec![0xff, 0xfe, 0x00]).await;
    assert_eq!(status, 400);
    // A form of another site cannot send JSON.
    let form = reqwest::Client::new()
        .post(server.url("sign-in"))
        .body("{}")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        form.json::<api::ApiError>().await.expect("a refusal").code,
        "not_json"
    );
    server.stop().await;
}

#[tokio::test]
async fn unknown_addresses_methods_and_parameters_are_told() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    for (path, status) in [
        ("nothing", 404),
        ("sync?since=-1", 400),
        ("sync?since=abc&limit=1", 400),
        ("sync?limit=many", 400),
        ("conversations?after=1", 400),
        ("conversations/abc", 404),
        ("conversations/1/messages?before=1&after=2", 400),
        ("calls/zz", 404),
        ("calls/00000000000000000000000000000000", 404),
        ("find", 400),
        ("names/..%2f", 200),
        ("names/%ff", 400),
        ("socket", 400),
    ] {
        let (got, value) = ana.get_raw(path).await;
        assert_eq!(got.as_u16(), status, "{path}: {value}");
    }
    let wrong = reqwest::Client::new()
        .put(server.url("me"))
        .send()
        .await
        .expect("an answer");
    assert_eq!(wrong.status(), 405);
    assert_eq!(
        wrong.json::<api::ApiError>().await.expect("a refusal").code,
        "bad_request"
    );
    server.stop().await;
}

#[tokio::test]
async fn commands_that_cannot_be_meant_are_refused_one_by_one() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let mut nested = json!([{ "type": "text", "text": "x" }]);
    for _ in 0..40 {
        nested = json!([{ "type": "bold", "inline": nested }]);
    }
    let text = |inline: Value| {
        json!({
            "type": "send", "to": { "account": bob.id }, "client": "c",
            "body": { "type": "text", "blocks": [{ "type": "paragraph", "inline": inline }] },
        })
    };
    for (command, kind) in [
        (json!({ "type": "fly" }), 400),
        (json!({ "type": "send" }), 400),
        (send("17", "hello", "c"), 404),
        (send(&bob.id, "hello", ""), 400),
        (send(&bob.id, "hello", &"c".repeat(65)), 400),
        (send(&bob.id, "  \n ", "c"), 400),
        (send(&bob.id, &"x".repeat(30_000), "c"), 413),
        (text(nested), 400),
        (
            text(
                json!([{ "type": "link", "href": "javascript:alert(1)", "inline": [{ "type": "text", "text": "x" }] }]),
            ),
            400,
        ),
        (json!({ "type": "ack", "upto": "far" }), 400),
        (
            json!({ "type": "call", "key": "xyz", "step": { "type": "decline" } }),
            404,
        ),
    ] {
        let (status, refusal) = ana.refused(command.clone()).await;
        assert_eq!(status.as_u16(), kind, "{command}: {refusal:?}");
    }
    let (status, refusal) = ana.refused(send("17", "hello", "c")).await;
    assert_eq!(
        (status.as_u16(), refusal.kind),
        (404, api::ErrorKind::NotFound)
    );
    server.stop().await;
}

#[tokio::test]
async fn a_socket_survives_unknown_commands_and_closes_on_rubbish() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let mut socket = ana.socket(None).await;
    socket.send(&json!({ "type": "command", "id": 5, "command": { "type": "fly", "password": "hunter2" } })).await;
    let error = socket
        .find(|frame| match frame {
            api::ServerFrame::Error { id: 5, error } => Some(error),
            _ => None,
        })
        .await;
    assert_eq!(error.code, "bad_request");
    assert!(!error.message.contains("hunter2"));
    socket.send(&json!({ "type": "ping", "t": 1.5 })).await;
    socket
        .find(|frame| matches!(frame, api::ServerFrame::Pong { t, .. } if t == 1.5).then_some(()))
        .await;
    socket
        .send(&json!({ "type": "hello", "abilities": { "voice": true, "video": true } }))
        .await;
    assert_eq!(
        socket.bye().await,
        (Some(ByeWhy::Protocol), Some(CloseCode::Protocol))
    );

    for rubbish in ["", "{", "[]", "{\"type\": \"fly\"}", "\u{7}"] {
        let mut socket = ana.socket(None).await;
        socket
            .stream
            .send(Message::text(rubbish))
            .await
            .expect("sent");
        assert_eq!(socket.bye().await.0, Some(ByeWhy::Protocol), "{rubbish:?}");
    }
    let mut socket = ana.socket(None).await;
    socket
        .stream
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .expect("sent");
    assert_eq!(
        socket.bye().await,
        (Some(ByeWhy::Protocol), Some(CloseCode::Unsupported))
    );
    let mut socket = ana.socket(None).await;
    // The server may close before it has taken all of it.
    let _ = socket
        .stream
        .send(Message::text("x".repeat(300 * 1024)))
        .await;
    let (why, code) = socket.bye().await;
    assert!(
        why == Some(ByeWhy::Protocol) && code == Some(CloseCode::Size) || why.is_none(),
        "{why:?} {code:?}"
    );
    // Something else than hello first.
    let mut socket = ana.open().await.expect("opened");
    socket.send(&json!({ "type": "ping", "t": 1 })).await;
    assert_eq!(socket.bye().await.0, Some(ByeWhy::Protocol));
    server.stop().await;
}

#[tokio::test]
async fn half_a_request_and_half_a_frame_disturb_nobody() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let mut half = TcpStream::connect(server.http()).await.expect("connected");
    half.write_all(b"POST /v1/skein/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"na").await.expect("sent");
    drop(half);
    let mut rubbish = TcpStream::connect(server.http()).await.expect("connected");
    rubbish
        .write_all(b"\x00\x01\x02\x03VER 1 MSNP8\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, rubbish.read_to_end(&mut answer))
        .await
        .expect("closed");
    let mut headers = TcpStream::connect(server.http()).await.expect("connected");
    headers
        .write_all(format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000)).as_bytes())
        .await
        .ok();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, headers.read_to_end(&mut answer))
        .await
        .expect("closed");
    let _: api::Account = ana.get("me").await;
    server.stop().await;
}

#[tokio::test]
async fn a_socket_that_does_not_read_is_detached_and_catches_up() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let mut slow = bob.narrow_socket().await;
    let since = slow.head.clone();
    // Bob's socket is not read while far more is sent than any buffer on the way holds.
    // More than the 1,024 events that the hub keeps for a session, and what the sockets hold.
    let text = "x".repeat(8_000);
    let count = 1_800_u32;
    for bundle in 0..count / 30 {
        let sent =
            (0..30).map(|number| ana.command(send(&bob.id, &text, &format!("{bundle}-{number}"))));
        futures_util::future::join_all(sent).await;
    }
    let mut read = 0;
    let why = loop {
        match slow.next().await {
            Some(api::ServerFrame::Bye { why, .. }) => break Some(why),
            Some(api::ServerFrame::Event { .. }) => read += 1,
            Some(_) => {}
            None => break None,
        }
    };
    assert!(why == Some(ByeWhy::TooSlow) || why.is_none(), "{why:?}");
    assert!(read < count, "it fell behind after {read}");
    let mut again = bob.socket(Some(&since)).await;
    assert!(!again.snapshot);
    for _ in 0..count {
        again.message().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn limits_say_how_long_to_wait_and_count_the_real_client() {
    let server = Server::start_with(|config| {
        config.limits.exempt = Vec::new();
        config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("a prefix")];
        config.limits.register_address.burst = 3;
    })
    .await;
    let register = |name: String, from: &'static str| {
        let body =
            json!({ "name": name, "display": "x", "password": PASSWORD, "device": device() });
        let request = reqwest::Client::new()
            .post(server.url("register"))
            .header("X-Forwarded-For", from)
            .json(&body);
        async move { request.send().await.expect("an answer") }
    };
    for number in 0..3 {
        // What stands further left is the client's own invention.
        let answer = register(format!("ana{number}"), "9.9.9.9, 203.0.113.5").await;
        assert_eq!(answer.status(), 200);
    }
    let refused = register("ana9".to_owned(), "8.8.8.8, 203.0.113.5").await;
    assert_eq!(refused.status(), 429);
    let header: u64 = refused.headers()["retry-after"]
        .to_str()
        .expect("text")
        .parse()
        .expect("a number");
    let refusal: api::ApiError = refused.json().await.expect("a refusal");
    let wait = Duration::from_millis(refusal.retry_after.expect("told").unsigned_abs());
    assert!(wait > Duration::ZERO && header >= wait.as_secs());
    assert_eq!(
        register("bob".to_owned(), "203.0.113.6").await.status(),
        200,
        "another client is not locked out"
    );
    server.stop().await;
}
