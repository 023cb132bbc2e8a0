//! Backups of a server that runs, and servers that begin from them.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use reqwest::{Client, StatusCode};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::cli::{Running, code, run, text};
use crate::support::{PASSWORD, device};

/// Somebody at a server that is another process.
#[derive(Clone)]
struct Person {
    http: Client,
    base: String,
    token: String,
    id: String,
}

impl Person {
    async fn begin(server: &Running, how: &str, name: &str) -> Self {
        let http = Client::new();
        let base = format!("{}/v1/skein", server.http());
        let body =
            json!({ "name": name, "display": name, "password": PASSWORD, "device": device() });
        let answer = http.post(format!("{base}/{how}")).json(&body).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let body: Value = answer.json().await.expect("JSON");
        let word = |value: &Value| value.as_str().expect("text").to_owned();
        Self {
            http,
            base,
            token: word(&body["token"]),
            id: word(&body["account"]["id"]),
        }
    }

    async fn command(&self, body: Value) -> Value {
        let url = format!("{}/command", self.base);
        let request = self.http.post(url).bearer_auth(&self.token).json(&body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let request = self.http.get(format!("{}/{path}", self.base));
        let answer = request.bearer_auth(&self.token).send().await;
        answer.expect("an answer")
    }

    async fn befriend(&self, other: &Self) {
        let ask = json!({ "type": "relate", "other": other.id, "change": "ask" });
        self.command(ask).await;
        let accept = json!({ "type": "relate", "other": self.id, "change": "accept" });
        other.command(accept).await;
    }

    async fn say(&self, to: &Self, text: &str, client: &str) -> Value {
        let to = json!({ "account": to.id });
        let body = json!({ "type": "plain", "text": text });
        let send = json!({ "type": "send", "to": to, "body": body, "client": client });
        self.command(send).await["value"].clone()
    }

    /// Uploads bytes; the object's id.
    async fn upload(&self, bytes: &[u8], client: &str) -> String {
        let begin = json!({ "type": "begin_object", "name": client, "size": bytes.len(), "client": client });
        let begun = self.command(begin).await;
        let id = begun["value"]["object"]["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        let url = format!("{}/objects/{id}", self.base);
        let request = self.http.patch(url).bearer_auth(&self.token);
        let request = request.header("Upload-Offset", 0).body(bytes.to_vec());
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let sha256 = hex::encode(Sha256::digest(bytes));
        let finish = json!({ "type": "finish_object", "object": id, "sha256": sha256 });
        self.command(finish).await;
        id
    }

    /// All texts of a conversation.
    async fn texts(&self, conversation: &str) -> Vec<String> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let path = format!("conversations/{conversation}/messages?limit=200{after}");
            let page: Value = self.get(&path).await.json().await.expect("JSON");
            let messages = page["messages"].as_array().expect("a page").clone();
            let texts = messages.iter().map(|m| m["body"].to_string());
            all.extend(texts);
            match messages.first() {
                Some(first) if page["earlier"] == true => {
                    after = format!("&before={}", first["id"].as_str().expect("an id"));
                }
                _ => return all,
            }
        }
    }
}

fn path(path: &Path) -> &str {
    path.to_str().expect("text")
}

/// A server that counts nobody who tests it.
fn start(data: &Path) -> Running {
    Running::start_with(data, |command| {
        command.env("SKEIN_LIMITS__EXEMPT", r#"["127.0.0.0/8"]"#);
    })
}

fn stop(server: Running) {
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}

/// `skein` with a data folder, away from the runtime.
async fn skein(data: &Path, arguments: &[&str]) -> std::process::Output {
    let data = data.to_owned();
    let arguments: Vec<String> = arguments.iter().map(|&text| text.to_owned()).collect();
    let ran = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&data, &arguments, "")
    });
    ran.await.expect("ran")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_backup_under_load_holds_what_was_acknowledged_before_it() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("data");
    let server = start(&data);
    let ana = Person::begin(&server, "register", "ana").await;
    let bob = Person::begin(&server, "register", "bob").await;
    ana.befriend(&bob).await;
    let first = ana.say(&bob, "first", "first").await;
    let conversation = first["conversation"].as_str().expect("an id").to_owned();
    let file: Vec<u8> = (0_u32..60_000).flat_map(u32::to_le_bytes).collect();
    let object = ana.upload(&file, "geese.bin").await;
    let carried = json!({ "type": "objects", "ids": [object] });
    let to = json!({ "account": bob.id });
    ana.command(json!({ "type": "send", "to": to, "body": carried, "client": "f" }))
        .await;

    let (ends, said) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let (ana, bob, ends, said) = (ana.clone(), bob.clone(), ends.clone(), said.clone());
        writers.spawn(async move {
            for n in 0_u64.. {
                if ends.load(Ordering::Relaxed) {
                    return;
                }
                ana.say(
                    &bob,
                    &format!("line {writer} {n}"),
                    &format!("{writer}-{n}"),
                )
                .await;
                said.fetch_add(1, Ordering::Relaxed);
                if writer == 3 {
                    ana.upload(&n.to_le_bytes().repeat(50), &format!("u{n}"))
                        .await;
                }
            }
        });
    }
    let mut backups = Vec::new();
    for round in 0..5 {
        // Each begins in the middle of things.
        let until = said.load(Ordering::Relaxed) + 5;
        while said.load(Ordering::Relaxed) < until {
            tokio::task::yield_now().await;
        }
        let mark = format!("mark {round}");
        ana.say(&bob, &mark, &mark).await;
        let to = home.path().join(format!("backup{round}"));
        let made = skein(&data, &["backup", path(&to), "--json"]).await;
        assert_eq!(code(&made), Some(0), "{}", text(&made.stderr));
        let manifest: Value = serde_json::from_slice(&made.stdout).expect("JSON");
        assert!(manifest["messages"].as_i64().expect("a number") > 5);
        backups.push((to, mark));
    }
    ends.store(true, Ordering::Relaxed);
    while let Some(ended) = writers.join_next().await {
        ended.expect("every line was taken");
    }
    let check = skein(&data, &["check", "--json"]).await;
    let findings: Vec<Value> = serde_json::from_slice(&check.stdout).expect("JSON");
    let age = findings
        .iter()
        .find(|f| f["what"] == "backup")
        .expect("it is told");
    assert_eq!(age["state"], "good");
    stop(server);

    for (index, (backup, mark)) in backups.iter().enumerate() {
        let whole = skein(&data, &["backup", path(backup), "--verify"]).await;
        assert_eq!(code(&whole), Some(0), "{}", text(&whole.stderr));
        let back = home.path().join(format!("back{index}"));
        let restored = skein(&back, &["restore", path(backup)]).await;
        assert_eq!(code(&restored), Some(0), "{}", text(&restored.stderr));
        let server = start(&back);
        let ana = Person {
            base: format!("{}/v1/skein", server.http()),
            ..ana.clone()
        };
        let texts = ana.texts(&conversation).await;
        assert!(texts.iter().any(|found| found.contains(mark)), "{mark}");
        let content = ana.get(&format!("objects/{object}/content")).await;
        assert_eq!(content.bytes().await.expect("bytes"), file);
        // It is a server like any other: the same certificate, and it goes on.
        let bob = Person::begin(&server, "sign-in", "bob").await;
        bob.say(&ana, "I am back", "back").await;
        stop(server);
    }
    let fingerprint = |data: &Path| fs::read(data.join("tls/certificate.pem")).expect("there");
    assert_eq!(fingerprint(&data), fingerprint(&home.path().join("back0")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_whole_or_it_is_none() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("data");
    let server = start(&data);
    let ana = Person::begin(&server, "register", "ana").await;
    let bob = Person::begin(&server, "register", "bob").await;
    ana.befriend(&bob).await;
    let object = ana.upload(b"a few bytes of a goose", "goose.bin").await;
    let carried = json!({ "type": "objects", "ids": [object] });
    let to = json!({ "account": bob.id });
    ana.command(json!({ "type": "send", "to": to, "body": carried, "client": "f" }))
        .await;
    let backup = home.path().join("backup");

    // What a killed one left is no hindrance; what another one writes is.
    let part = home.path().join("backup.part");
    fs::create_dir_all(part.join("blobs/aa")).expect("made");
    fs::write(part.join("skein.db"), "half").expect("written");
    let held = fs::File::create(part.join("lock")).expect("made");
    held.lock().expect("held");
    let second = skein(&data, &["backup", path(&backup)]).await;
    assert_eq!(code(&second), Some(1));
    assert!(text(&second.stderr).contains("another backup"));
    drop(held);
    let made = skein(&data, &["backup", path(&backup)]).await;
    assert_eq!(code(&made), Some(0), "{}", text(&made.stderr));
    assert!(!part.exists());
    let again = skein(&data, &["backup", path(&backup)]).await;
    assert_eq!(code(&again), Some(2));
    assert!(text(&again.stderr).contains("exists already"));
    stop(server);

    // Nothing is restored over something.
    let over = skein(&data, &["restore", path(&backup)]).await;
    assert_eq!(code(&over), Some(2));
    assert!(text(&over.stderr).contains("not empty"));

    // A bit that fell over is found, in the files as in the database, and so is what is no backup.
    let verify = async |folder: &Path| skein(&data, &["backup", path(folder), "--verify"]).await;
    let sha256 = hex::encode(Sha256::digest(b"a few bytes of a goose"));
    let blob = backup.join("blobs").join(&sha256[..2]).join(&sha256);
    let bytes = fs::read(&blob).expect("it is there");
    let mut wrong = bytes.clone();
    wrong[3] ^= 1;
    fs::write(&blob, wrong).expect("written");
    let found = verify(&backup).await;
    assert_eq!(code(&found), Some(1));
    assert!(text(&found.stderr).contains("are not those that were kept"));
    fs::remove_file(&blob).expect("removed");
    let found = verify(&backup).await;
    assert!(
        text(&found.stderr).contains("lacks a file"),
        "{}",
        text(&found.stderr)
    );
    fs::write(&blob, bytes).expect("written");
    assert_eq!(code(&verify(&backup).await), Some(0));

    let database = backup.join("skein.db");
    let whole = fs::read(&database).expect("it is there");
    fs::write(&database, &whole[..whole.len() / 2]).expect("written");
    let found = verify(&backup).await;
    assert_eq!(code(&found), Some(1));
    let restored = skein(&home.path().join("new"), &["restore", path(&backup)]).await;
    assert_eq!(code(&restored), Some(1), "and it is not put anywhere");
    assert!(!home.path().join("new/skein.db").exists());
    let none = verify(home.path()).await;
    assert!(
        text(&none.stderr).contains("no backup"),
        "{}",
        text(&none.stderr)
    );
}

/// A disk of so many KiB in a place of this process alone; what the program leaves there is listed behind what it says.
const SMALL_DISK: &str = "mount -t tmpfs -o size=$1k tmpfs \"$0\" || exit 9\nat=$0; shift\n\"$@\" || code=$?\nls -A \"$at\"\nexit ${code:-0}";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_onto_a_full_disk_is_none_and_says_what_to_do() {
    let home = tempfile::tempdir().expect("a folder");
    let data = home.path().join("data");
    let server = start(&data);
    let ana = Person::begin(&server, "register", "ana").await;
    let mut ids = Vec::new();
    for name in ["goose", "swan", "duck"] {
        ids.push(ana.upload(name.repeat(190_000).as_bytes(), name).await);
    }
    let body = json!({ "type": "objects", "ids": ids });
    let to = json!({ "account": ana.id });
    ana.command(json!({ "type": "send", "to": to, "body": body, "client": "f" }))
        .await;
    let disk = home.path().join("disk");
    fs::create_dir(&disk).expect("made");
    let onto = async |kib: &str| {
        let mut command = tokio::process::Command::new("unshare");
        command.args(["--mount", "sh", "-c", SMALL_DISK, path(&disk), kib]);
        command.args([env!("CARGO_BIN_EXE_skein"), "backup"]);
        command.arg(disk.join("copy")).arg("--data").arg(&data);
        command.output().await
    };
    // There is no room for the database; there is, and not for the files; there is for all.
    for (kib, makes) in [("64", false), ("2048", false), ("16384", true)] {
        let Ok(made) = onto(kib).await else {
            return eprintln!("skipped: there is no unshare");
        };
        let said = text(&made.stderr);
        if code(&made) == Some(9) || said.contains("unshare:") {
            return eprintln!("skipped: {said}");
        }
        assert_eq!(code(&made), Some(i32::from(!makes)), "{kib} KiB: {said}");
        if !makes {
            assert!(said.contains("make room"), "{kib} KiB: {said}");
            assert_eq!(text(&made.stdout), "", "{kib} KiB: nothing is left");
        }
    }
    // The server has felt nothing of it.
    ana.say(&ana, "honk", "1").await;
    stop(server);
}

#[test]
fn a_restore_that_was_cut_short_does_not_become_an_empty_server() {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("restoring"), "").expect("written");
    let serve = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--tls",
        "127.0.0.1:0",
        "--udp",
        "127.0.0.1:0",
    ];
    let refused = run(home.path(), &serve, "");
    assert_eq!(code(&refused), Some(1));
    let said = text(&refused.stderr);
    assert!(said.contains("restore it again"), "{said}");
    assert!(!home.path().join("skein.db").exists());
}
