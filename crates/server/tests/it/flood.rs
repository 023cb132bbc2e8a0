//! Connections that never say anything.

use std::time::{Duration, Instant};

use serde_json::json;
use server::net::listen::raise_file_limit;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use webapi::skein as api;

use crate::support::{PASSWORD, Person, Server, device};

#[tokio::test]
async fn two_thousand_silent_connections_keep_nobody_out() {
    let limit = raise_file_limit().unwrap_or(u64::MAX);
    assert!(
        limit > 6_000,
        "this test needs more open files than {limit}"
    );
    let server = Server::start_with(|config| config.limits.exempt = Vec::new()).await;
    let ana = Person::register(&server, "ana").await;
    let mut socket = ana.socket(None).await;
    let mut silent = Vec::new();
    for number in 0..2_000 {
        let address = if number % 2 == 0 {
            server.http()
        } else {
            server.tls()
        };
        let mut stream = TcpStream::connect(address).await.expect("connected");
        match number % 4 {
            // A request, and the first record of TLS, that will never be whole.
            2 => stream.write_all(b"G").await.expect("sent"),
            3 => stream.write_all(&[0x16, 3]).await.expect("sent"),
            _ => {}
        }
        silent.push(stream);
    }
    let body = json!({ "name": "ana", "password": PASSWORD, "device": device() });
    let answer = reqwest::Client::new()
        .post(server.url("sign-in"))
        .json(&body)
        .send()
        .await
        .expect("an answer");
    // How long it takes is judged by `ci/lab/flood`, which has the machine for itself.
    assert_eq!(answer.status(), 200);
    // Whoever is signed in did not feel it.
    socket.send(&json!({ "type": "ping", "t": 7 })).await;
    socket
        .find(|frame| matches!(frame, api::ServerFrame::Pong { .. }).then_some(()))
        .await;
    // The oldest silent ones of this address were closed for the newer ones.
    let mut byte = [0];
    let closed = tokio::time::timeout(Duration::from_secs(5), silent[0].read(&mut byte)).await;
    assert!(matches!(closed, Ok(Ok(0) | Err(_))), "{closed:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_silent_connection_is_closed_after_ten_seconds() {
    let server = Server::start().await;
    let mut plain = TcpStream::connect(server.http()).await.expect("connected");
    let mut tls = TcpStream::connect(server.tls()).await.expect("connected");
    tls.write_all(&[0x16, 3, 1]).await.expect("sent");
    let mut header = TcpStream::connect(server.http()).await.expect("connected");
    header
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n")
        .await
        .expect("sent");
    let begin = Instant::now();
    for (stream, within) in [(&mut plain, 12), (&mut tls, 14), (&mut header, 18)] {
        let mut bytes = Vec::new();
        let ended =
            tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
        assert!(ended.is_ok(), "closed in time");
        assert!(
            begin.elapsed() < Duration::from_secs(within),
            "{within}: {:?}",
            begin.elapsed()
        );
    }
    assert!(
        begin.elapsed() > Duration::from_secs(8),
        "not before there was a chance to speak"
    );
    server.stop().await;
}
