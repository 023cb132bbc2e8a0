//! The program is killed in the middle of an upload, and the upload goes on.

use futures_util::{StreamExt as _, stream};
use reqwest::{Body, Client, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::cli::Running;
use crate::support::{PASSWORD, device};

async fn post(http: &Client, url: String, token: &str, body: Value) -> Value {
    let request = http.post(url).bearer_auth(token).json(&body);
    let answer = request.send().await.expect("an answer");
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert_eq!(status, StatusCode::OK, "{text}");
    serde_json::from_str(&text).expect("JSON")
}

#[tokio::test]
async fn an_upload_goes_on_after_the_program_was_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let http = Client::new();
    let url = |server: &Running, path: &str| format!("{}/v1/skein/{path}", server.http());
    let bytes: Vec<u8> = (0_u32..300_000).flat_map(u32::to_le_bytes).collect();
    let first = 700_000;

    let server = Running::start(folder.path());
    let who = json!({ "name": "ana", "display": "Ana", "password": PASSWORD, "device": device() });
    let signed_in = post(&http, url(&server, "register"), "", who).await;
    let token = signed_in["token"].as_str().expect("a token");
    let begin =
        json!({ "type": "begin_object", "name": "n.bin", "size": bytes.len(), "client": "u" });
    let begun = post(&http, url(&server, "command"), token, begin.clone()).await;
    let id = begun["value"]["object"]["id"].as_str().expect("an id");
    let path = format!("objects/{id}");
    let piece = |server: &Running, at: usize| {
        let request = http.patch(url(server, &path)).bearer_auth(token);
        request.header("Upload-Offset", at)
    };
    let answer = piece(&server, 0).body(bytes[..first].to_vec()).send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    // The second piece never comes to its end.
    let half = bytes[first..first + 100_000].to_vec();
    let half = stream::iter([Ok::<_, std::io::Error>(half)]).chain(stream::pending());
    let cut = piece(&server, first).body(Body::wrap_stream(half)).send();
    let kill = async {
        tokio::task::yield_now().await;
        server.signal(Signal::KILL);
    };
    let (answer, ()) = tokio::join!(cut, kill);
    answer.expect_err("nobody is there to answer");
    let (code, _) = server.end();
    assert_eq!(code, None, "killed");

    let server = Running::start(folder.path());
    let again = post(&http, url(&server, "command"), token, begin).await;
    let object = &again["value"]["object"];
    assert_eq!(
        (&object["id"], &object["offset"]),
        (&json!(id), &json!(first))
    );
    let answer = piece(&server, first)
        .body(bytes[first..].to_vec())
        .send()
        .await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let finish = json!({ "type": "finish_object", "object": id, "sha256": sha256 });
    post(&http, url(&server, "command"), token, finish).await;
    let content = http
        .get(url(&server, &format!("{path}/content")))
        .bearer_auth(token);
    let content = content.send().await.expect("an answer").bytes().await;
    assert_eq!(content.expect("bytes"), bytes);
    server.signal(Signal::TERM);
    server.end();
}
