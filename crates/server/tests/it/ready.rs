//! Whether the server can serve, and which part of it cannot.

use std::time::Instant;

use crate::support::{PATIENCE, Server};

#[tokio::test]
async fn a_udp_side_that_ended_is_not_ready_and_is_named() {
    let server = Server::start().await;
    let url = format!("http://{}/readyz", server.http());
    let before = reqwest::get(&url).await.expect("an answer");
    assert_eq!(before.status(), 200);
    let udp = server.program.udp().expect("it listens");
    udp.stop();
    let begin = Instant::now();
    while udp.is_running() {
        assert!(begin.elapsed() < PATIENCE, "the thread does not end");
        tokio::task::yield_now().await;
    }
    let after = reqwest::get(&url).await.expect("an answer");
    assert_eq!(after.status(), 503);
    let text = after.text().await.expect("a body");
    assert!(
        text.contains("udp_ended") && text.contains("UDP side"),
        "{text}"
    );
    // What is left still lives.
    let alive = reqwest::get(format!("http://{}/healthz", server.http())).await;
    assert_eq!(alive.expect("an answer").status(), 200);
    server.stop().await;
}
