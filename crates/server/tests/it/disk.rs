//! The disk of the database is full, and has room again.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use crate::cli::text;
use crate::support::{PASSWORD, PATIENCE, device};

/// A disk of 12 MB in a place of this process alone; 6 MB of it are taken.
const DISK: &str = "mount -t tmpfs -o size=12m tmpfs \"$0\"\nhead -c 6000000 /dev/zero >\"$0/filler\"\nexec \"$@\"";

#[tokio::test]
async fn a_full_disk_refuses_with_a_sentence_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("text");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-e", "-c", DISK, data]);
    command.args([
        env!("CARGO_BIN_EXE_skein"),
        "serve",
        "--json",
        "--data",
        data,
    ]);
    command.args([
        "--http",
        "127.0.0.1:0",
        "--tls",
        "127.0.0.1:0",
        "--udp",
        "127.0.0.1:0",
    ]);
    command.env("SKEIN_METRICS__LISTEN", "[]");
    command.env("SKEIN_LIMITS__EXEMPT", r#"["127.0.0.0/8"]"#);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(mut child) = command.spawn() else {
        return eprintln!("skipped: there is no unshare");
    };
    let mut line = String::new();
    let stdout = child.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("read");
    let Ok(ready) = serde_json::from_str::<Value>(&line) else {
        let output = child.wait_with_output().expect("ended");
        let said = text(&output.stderr);
        assert!(!said.contains("skein:"), "{said}");
        return eprintln!("skipped: {said}");
    };
    // Nobody reads what it says: it must not wait for that.
    drop(child.stderr.take());
    let base = format!(
        "http://{}/v1/skein",
        ready["http"][0].as_str().expect("an address")
    );
    let http = Client::new();
    let post = async |path: &str, token: &str, body: &Value| {
        let request = http
            .post(format!("{base}/{path}"))
            .bearer_auth(token)
            .json(body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        (status, answer.json::<Value>().await.expect("JSON"))
    };
    let who = json!({ "name": "ana", "display": "Ana", "password": PASSWORD, "device": device() });
    let (status, signed_in) = post("register", "", &who).await;
    assert_eq!(status, StatusCode::OK, "{signed_in}");
    let token = signed_in["token"].as_str().expect("a token");
    let me = &signed_in["account"]["id"];
    // To oneself: whoever writes is who may.
    let note = |n: usize| {
        let body = json!({ "type": "plain", "text": format!("{n} {}", "goose ".repeat(1_500)) });
        json!({ "type": "send", "to": { "account": me }, "body": body, "client": format!("{n}") })
    };
    let mut taken = 0;
    let refused = loop {
        let (status, answer) = post("command", token, &note(taken)).await;
        if status != StatusCode::OK {
            break (status, answer);
        }
        taken += 1;
        assert!(taken < 5_000, "the disk is never full");
    };
    assert_eq!(refused.0, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.1);
    assert_eq!(refused.1["code"], "unavailable");
    let sentence = refused.1["message"].as_str().expect("a sentence");
    assert!(
        sentence.contains("nothing that was accepted is lost"),
        "{sentence}"
    );
    // What is there can be read.
    let read = async || {
        let get = async |path: String| {
            let request = http.get(format!("{base}/{path}")).bearer_auth(token);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::OK);
            answer.json::<Value>().await.expect("JSON")
        };
        let chats = get("conversations".into()).await;
        let id = chats["conversations"][0]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let mut all = Vec::new();
        let mut before = String::new();
        loop {
            let page = get(format!("conversations/{id}/messages?limit=200{before}")).await;
            let messages = page["messages"].as_array().expect("a page");
            let texts = messages.iter().map(|m| m["body"].to_string());
            all.extend(texts);
            match messages.first() {
                Some(first) if page["earlier"] == true => {
                    before = format!("&before={}", first["id"].as_str().expect("an id"));
                }
                _ => return all,
            }
        }
    };
    assert_eq!(read().await.len(), taken);

    // Somebody makes room.
    let filler = format!("/proc/{}/root{data}/filler", child.id());
    std::fs::remove_file(filler).expect("removed");
    let begin = Instant::now();
    loop {
        let (status, answer) = post("command", token, &note(taken)).await;
        if status == StatusCode::OK {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "{answer}");
    }
    let all = read().await;
    assert_eq!(all.len(), taken + 1, "all that was accepted, each once");
    for n in 0..=taken {
        let begins = format!("\"{n} goose");
        assert_eq!(
            all.iter().filter(|text| text.contains(&begins)).count(),
            1,
            "{n}"
        );
    }
    let _ = child.kill();
    let _ = child.wait();
}
