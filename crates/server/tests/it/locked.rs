//! Another program holds the lock of the database (case C8).

use backend::sqlite;
use reqwest::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;
use webapi::skein as api;

use crate::support::{Person, Server};

#[tokio::test]
async fn a_message_waits_for_the_lock_of_another_program_and_is_there_once() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let bob = Person::register(&server, "bob").await;
    ana.befriend(&bob).await;
    let mut at_bob = bob.socket(None).await;
    let other = sqlite::open(&server.folder.path().join("skein.db")).await;
    let other = other.expect("another program opens it too");
    let lock = other.begin().await.expect("it has the lock");
    let send = json!({ "type": "send", "to": { "account": bob.id }, "client": "1", "body": { "type": "plain", "text": "late" } });
    let mut waits = JoinSet::new();
    waits.spawn({
        let (ana, send) = (ana.clone(), send.clone());
        async move { ana.post_raw("command", &send).await }
    });
    // Whoever reads does not wait; and what was asked before is not answered yet.
    let _: api::Account = ana.get("me").await;
    let _: api::Account = bob.get("me").await;
    assert!(waits.try_join_next().is_none());
    drop(lock);
    let answered = waits.join_next().await.expect("it was asked");
    let (status, done) = answered.expect("answered");
    assert_eq!(status, StatusCode::OK, "{done}");
    let again = ana.command(send).await;
    let api::Value::Message { id, .. } = again.value else {
        panic!("a message: {again:?}");
    };
    assert_eq!(done["value"]["id"], id.0, "stored once");
    assert_eq!(at_bob.message().await.id, id);
    other.close().await.expect("closed");
    server.stop().await;
}
