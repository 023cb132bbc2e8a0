//! People through the door: what is kept of them and shown of them, reports, and a copy of one's own data. Python's own `zipfile`
//! judges the copy.

use std::process::Command;

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use webapi::skein as api;

use crate::support::{Person, Server};

/// What `zipfile` reads of an archive: names in order, and the words of each entry; of files only their length.
pub(crate) fn opened(archive: &[u8]) -> Vec<(String, String)> {
    const READ: &str = "import json, sys, zipfile\n\
        z = zipfile.ZipFile(sys.argv[1])\n\
        assert z.testzip() is None\n\
        read = lambda n: str(len(z.read(n))) if n.startswith('files/') else z.read(n).decode()\n\
        print(json.dumps([[n, read(n)] for n in z.namelist()]))";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.zip");
    std::fs::write(&path, archive).expect("kept");
    let mut python = Command::new("python3");
    python.args(["-c", READ]).arg(&path);
    let read = python.output().expect("python3");
    assert!(read.status.success(), "{read:?}");
    serde_json::from_slice(&read.stdout).expect("JSON")
}

fn lines(text: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).expect("JSON");
    text.lines().map(line).collect()
}

#[tokio::test]
async fn a_copy_holds_everything_and_ends_with_its_table() {
    let server = Server::start().await;
    let ann = Person::register(&server, "ann").await;
    let bob = Person::register(&server, "bob").await;
    ann.befriend(&bob).await;
    ann.command(
        json!({ "type": "set_contact", "other": bob.id, "nickname": "Bobby", "favourite": true }),
    )
    .await;
    // More than two pages.
    for n in 0..405 {
        bob.send(&ann, &format!("number {n}"), &format!("m{n}"))
            .await;
    }
    let bytes = vec![7; 300_000];
    let object = ann.upload(&server, "../goose?.bin", &bytes).await;
    let foreign = bob.upload(&server, "swan.bin", &bytes[..10]).await;
    bob.command(
        json!({ "type": "send", "to": { "account": ann.id }, "client": "f",
        "body": { "type": "objects", "ids": [foreign.id.0] } }),
    )
    .await;
    let answer = ann.fetch(&server, "export").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/zip");
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"skein-ann.zip\""
    );
    let entries = opened(&answer.bytes().await.expect("all of it"));
    let names: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
    let of = |name: &str| {
        let entry = entries.iter().find(|(n, _)| n == name);
        &entry.unwrap_or_else(|| panic!("{name} in {names:?}")).1
    };
    let about: Value = serde_json::from_str(of("about.json")).expect("JSON");
    assert_eq!(
        (&about["format"], &about["version"]),
        (&json!("skein-export"), &json!(1))
    );
    let own: Value = serde_json::from_str(of("account.json")).expect("JSON");
    assert_eq!(
        (&own["name"], &own["privacy"]["mood"]),
        (&json!("ann"), &json!("contacts"))
    );
    let contacts = lines(of("contacts.jsonl"));
    assert_eq!(
        (
            contacts.len(),
            &contacts[0]["nickname"],
            &contacts[0]["favourite"]
        ),
        (1, &json!("Bobby"), &json!(true))
    );
    let conversations = lines(of("conversations.jsonl"));
    assert_eq!(conversations.len(), 1);
    let id = conversations[0]["id"].as_str().expect("an id");
    let messages = lines(of(&format!("messages/{id}.jsonl")));
    let words: Vec<&str> = messages
        .iter()
        .filter_map(|m| m["body"]["blocks"][0]["inline"][0]["text"].as_str())
        .collect();
    let wanted: Vec<String> = (0..405).map(|n| format!("number {n}")).collect();
    assert_eq!(words, wanted, "each once, in order");
    assert_eq!(lines(of("files.jsonl")).len(), 1, "one's own only");
    assert_eq!(of(&format!("files/{} goose_.bin", object.id.0)), "300000");
    assert_eq!(
        names
            .iter()
            .filter(|name| name.starts_with("files/"))
            .count(),
        1
    );
    let people = lines(of("people.jsonl"));
    assert!(people.iter().any(|p| p["name"] == "bob"), "{people:?}");
    // One does not need to be named to get one's data, and needs to be signed in.
    let nobody = reqwest::get(server.url("export")).await.expect("an answer");
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    server.stop().await;
}

/// A reader who asks for the copy, and takes no more than its beginning.
async fn begins_to_read(server: &Server, who: &Person) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(128 * 1024).expect("small");
    let mut stream = socket.connect(server.http()).await.expect("connected");
    let request = format!(
        "GET /v1/skein/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        who.token
    );
    stream.write_all(request.as_bytes()).await.expect("asked");
    let mut first = [0; 512];
    stream.read_exact(&mut first).await.expect("begun");
    assert!(first.starts_with(b"HTTP/1.1 200"), "{first:?}");
    stream
}

#[tokio::test]
async fn who_takes_a_copy_slowly_keeps_nobody_else_waiting() {
    let server = Server::start().await;
    let mut slow = Vec::new();
    for name in ["ann", "bob", "carl"] {
        let person = Person::register(&server, name).await;
        // More than all that lies between the server and a reader who does not read.
        person.upload(&server, "film", &vec![1; 8_000_000]).await;
        slow.push(begins_to_read(&server, &person).await);
    }
    let eve = Person::register(&server, "eve").await;
    let copy = eve.fetch(&server, "export").await;
    assert_eq!(copy.status(), StatusCode::OK);
    let entries = opened(&copy.bytes().await.expect("all of it"));
    assert!(entries.iter().any(|(name, _)| name == "people.jsonl"));
    drop(slow);
    server.stop().await;
}

#[tokio::test]
async fn a_copy_that_breaks_is_an_error_and_no_archive() {
    let server = Server::start().await;
    let ann = Person::register(&server, "ann").await;
    let other = Person::sign_in(&server, "ann").await;
    // Two, each larger than all that lies between the server and a reader who does not read.
    for name in ["one", "two"] {
        ann.upload(&server, name, &vec![1; 8_000_000]).await;
    }
    let mut stream = begins_to_read(&server, &other).await;
    let (status, refusal) = ann.get_raw("export").await;
    assert_eq!(
        (status, &refusal["code"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!("too_many")),
        "one at a time"
    );
    ann.command(json!({ "type": "end_device", "device": other.device }))
        .await;
    let mut rest = Vec::new();
    // A connection that is closed in the middle may also be an error.
    let _broken = stream.read_to_end(&mut rest).await;
    assert!(rest.len() < 16_000_000, "not all of the two");
    assert!(!rest.ends_with(b"0\r\n\r\n"), "no end of the answer");
    assert!(
        !rest.windows(4).any(|four| four == b"PK\x05\x06"),
        "no table"
    );
    // The place is given back.
    let again = ann.fetch(&server, "export").await;
    assert_eq!(again.status(), StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn what_is_kept_back_is_absent_and_a_card_shows_the_rest() {
    let server = Server::start().await;
    let ann = Person::register(&server, "ann").await;
    let bob = Person::register(&server, "bob").await;
    let eve = Person::register(&server, "eve").await;
    ann.befriend(&bob).await;
    let mut at_ann = ann.socket(None).await;
    bob.command(json!({ "type": "update_account", "mood": "over the lake",
        "privacy": { "mood": "everyone", "last_seen": "nobody" } }))
        .await;
    let card: Value = eve.get(&format!("accounts/{}", bob.id)).await;
    assert_eq!(card["contact"]["profile"]["mood"], "over the lake");
    assert_eq!(card["last_seen"], Value::Null);
    let until = server_now(&ann).await + 3_600_000;
    bob.command(json!({ "type": "set_availability", "availability": "busy", "until": until }))
        .await;
    let own: api::Account = bob.get("me").await;
    assert_eq!(
        (own.chosen, own.chosen_until),
        (Some(api::Availability::Busy), Some(until))
    );
    let (status, refusal) = bob
        .refused(json!({ "type": "set_availability", "availability": "busy", "until": 1 }))
        .await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::BAD_REQUEST, "until")
    );
    bob.command(json!({ "type": "update_account", "privacy": { "mood": "nobody" } }))
        .await;
    at_ann
        .find_event(|event| match event {
            api::Event::Contact { contact } => contact.profile.mood.is_none().then_some(()),
            _ => None,
        })
        .await;
    let card: api::Card = ann.get(&format!("accounts/{}", bob.id)).await;
    assert_eq!((card.contact.profile.mood, card.last_seen), (None, None));
    server.stop().await;
}

async fn server_now(who: &Person) -> i64 {
    let info: Value = who.get("server").await;
    info["now"].as_i64().expect("a time")
}

#[tokio::test]
async fn a_report_reaches_the_operators_command() {
    let server = Server::start().await;
    let ann = Person::register(&server, "ann").await;
    let bob = Person::register(&server, "bob").await;
    ann.befriend(&bob).await;
    let rude = bob.send(&ann, "goose!", "m1").await;
    let report = json!({ "type": "report_abuse", "about": bob.id, "reason": "harassment", "text": "again",
        "messages": [rude], "client": "r1" });
    ann.command(report.clone()).await;
    ann.command(report).await;
    let folder = server.folder.path().to_owned();
    let skein = async |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_skein"));
        command.args(arguments).arg("--data").arg(&folder);
        let output = command.output().await.expect("started");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, listed) = skein(&["reports", "--json"]).await;
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    assert_eq!((code, listed.len()), (Some(0), 1));
    assert_eq!(listed[0]["reporter"], "ann");
    assert_eq!(listed[0]["about"], "bob");
    assert_eq!(listed[0]["messages"][0]["words"], "goose!");
    let id = listed[0]["id"].to_string();
    let (code, words) = skein(&["reports"]).await;
    assert_eq!(code, Some(0));
    assert!(words.contains("harassment\tann reports bob"), "{words}");
    assert_eq!(
        skein(&["reports", "close", &id]).await,
        (Some(0), "done\n".to_owned())
    );
    let (_, words) = skein(&["reports", "list"]).await;
    assert_eq!(words, "no open reports\n");
    assert_eq!(skein(&["reports", "close", "1"]).await.0, Some(1));
    server.stop().await;
}
