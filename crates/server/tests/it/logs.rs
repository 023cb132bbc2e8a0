//! Nothing that is secret reaches the log, and nothing that a terminal obeys.

use std::process::Stdio;

use futures_util::{SinkExt as _, StreamExt as _};
use rustix::process::Signal;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::cli::Running;

#[tokio::test]
async fn a_whole_scenario_leaves_no_secret_in_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_skein"))
        .args([
            "serve",
            "--json",
            "--http",
            "127.0.0.1:0",
            "--tls",
            "127.0.0.1:0",
            "--udp",
            "127.0.0.1:0",
            "--data",
        ])
        .arg(folder.path())
        .env("SKEIN_LOG__LEVEL", "trace")
        .env("SKEIN_LOG__FORMAT", "json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("started");
    let stderr = child.stderr.take().expect("piped");
    let mut reading = JoinSet::new();
    reading.spawn(async move {
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut BufReader::new(stderr), &mut text)
            .await
            .expect("text");
        text
    });
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let ready: serde_json::Value =
        serde_json::from_str(&lines.next_line().await.expect("read").expect("a line"))
            .expect("JSON");
    let base = format!(
        "http://{}/v1/skein",
        ready["http"][0].as_str().expect("an address")
    );
    let http = reqwest::Client::new();

    let (password, text, mood) = (
        "pw-geheim-4711-geese",
        "body-geheim-4711",
        "mood-geheim-4711",
    );
    let mut secrets = vec![
        password.to_owned(),
        text.to_owned(),
        mood.to_owned(),
        "sdp-geheim-4711".to_owned(),
    ];
    let mut tokens = Vec::new();
    let mut ids = Vec::new();
    for name in ["anageheim", "bobgeheim"] {
        let body = json!({ "name": name, "display": name, "password": password, "device": { "label": "x", "kind": "bot" } });
        let answer = http
            .post(format!("{base}/register"))
            .json(&body)
            .send()
            .await
            .expect("an answer");
        let value: serde_json::Value = answer.json().await.expect("JSON");
        let token = value["token"].as_str().expect("a token").to_owned();
        secrets.extend([
            token.clone(),
            value["recovery_code"].as_str().expect("a code").to_owned(),
        ]);
        ids.push(value["account"]["id"].as_str().expect("an id").to_owned());
        tokens.push(token);
    }
    let command = |who: usize, body: serde_json::Value| {
        let request = http
            .post(format!("{base}/command"))
            .bearer_auth(&tokens[who])
            .json(&body);
        async move { request.send().await.expect("an answer").status() }
    };
    command(
        0,
        json!({ "type": "relate", "other": ids[1], "change": "ask", "greeting": text }),
    )
    .await;
    command(
        1,
        json!({ "type": "relate", "other": ids[0], "change": "accept" }),
    )
    .await;
    command(0, json!({ "type": "update_account", "mood": mood })).await;
    command(0, json!({ "type": "send", "to": { "account": ids[1] }, "body": { "type": "plain", "text": text }, "client": "1" })).await;
    command(0, json!({ "type": "call", "key": "00".repeat(16), "step": {
        "type": "invite", "to": { "account": ids[1] }, "media": { "audio": true, "video": false }, "offer": "sdp-geheim-4711" } })).await;
    let wrong = json!({ "name": "anageheim", "password": "wrong-geheim-4711", "device": { "label": "x", "kind": "bot" } });
    http.post(format!("{base}/sign-in"))
        .json(&wrong)
        .send()
        .await
        .expect("an answer");
    http.post(format!("{base}/sign-in"))
        .header("content-type", "application/json")
        .body("{\"password\": \"half-geheim-4711\"")
        .send()
        .await
        .expect("an answer");
    http.get(format!("{base}/find?name=bobgeheim"))
        .bearer_auth(&tokens[0])
        .send()
        .await
        .expect("an answer");
    secrets.extend([
        "wrong-geheim-4711".to_owned(),
        "half-geheim-4711".to_owned(),
        "anageheim".to_owned(),
        "bobgeheim".to_owned(),
    ]);

    let mut request = format!("{}/socket", base.replace("http://", "ws://"))
        .into_client_request()
        .expect("an address");
    request.headers_mut().insert(
        "Authorization",
        format!("Bearer {}", tokens[1]).parse().expect("a value"),
    );
    let (mut socket, _) = tokio_tungstenite::connect_async(request)
        .await
        .expect("opened");
    let hello =
        json!({ "type": "hello", "abilities": { "voice": false, "video": false }, "since": "1" });
    let said = json!({ "type": "command", "id": 1, "command": { "type": "send", "to": { "account": ids[0] },
        "body": { "type": "plain", "text": text }, "client": "2" } });
    for frame in [hello, said] {
        socket
            .send(Message::text(frame.to_string()))
            .await
            .expect("sent");
    }
    while let Some(Ok(frame)) = socket.next().await {
        if frame
            .to_text()
            .is_ok_and(|frame| frame.contains("\"done\""))
        {
            break;
        }
    }

    let pid =
        rustix::process::Pid::from_raw(child.id().expect("running") as i32).expect("a process");
    rustix::process::kill_process(pid, Signal::TERM).expect("signalled");
    assert!(child.wait().await.expect("ended").success());
    let log = reading.join_next().await.expect("one").expect("read");
    assert!(log.lines().count() > 5, "there is a log: {log}");
    for line in log.lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("each line is JSON");
    }
    for secret in secrets {
        assert!(
            !log.contains(&secret),
            "{secret} is in the log: {}",
            log.lines()
                .find(|l| l.contains(&secret))
                .unwrap_or_default()
        );
    }
}

/// Case C5: as text and as JSON, with all that is kept back shown.
#[tokio::test]
async fn what_clients_say_writes_no_line_and_moves_no_cursor_in_the_log() {
    for format in ["text", "json"] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Running::start_with(folder.path(), |command| {
            command
                .env("SKEIN_LOG__LEVEL", "trace")
                .env("SKEIN_LOG__REVEAL", "true")
                .env("SKEIN_LOG__FORMAT", format)
                .stderr(Stdio::piped());
        });
        let mut stderr = server.stderr().expect("piped");
        let reading = std::thread::spawn(move || {
            let mut log = Vec::new();
            std::io::Read::read_to_end(&mut stderr, &mut log).expect("read");
            log
        });
        let hostile = "ana\u{1b}]0;x\u{7}\0\r\nWARN forged\u{9b}2J";
        let http = reqwest::Client::new();
        let base = format!("{}/v1/skein", server.http());
        let device = json!({ "label": hostile, "kind": "bot" });
        let password = "seven geese over the lake";
        for (name, display) in [("ana", hostile), (hostile, "Ana")] {
            let body =
                json!({ "name": name, "display": display, "password": password, "device": device });
            for how in ["register", "sign-in"] {
                let request = http
                    .post(format!("{base}/{how}"))
                    .header("User-Agent", &b"\x9b2J\tx"[..]);
                request.json(&body).send().await.expect("an answer");
            }
        }
        let spelled = "%1B%5D0;x%07%00%0D%0AWARN%20forged";
        for path in [
            format!("{base}/find?name={spelled}"),
            format!("{base}/objects/{spelled}"),
            format!("{}/{spelled}", server.http()),
        ] {
            http.get(path)
                .header("Host", "skype\u{9b}.example")
                .send()
                .await
                .expect("an answer");
        }
        for head in [
            &b"GET /\x1b]0;x\x07 HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n"[..],
            b"\x1b[2J\0\x07\r\n\r\n",
            b"\x16\x03\x01\x00\x05\x1b[2J\x07",
        ] {
            for door in ["http", "tls"] {
                let mut stream = TcpStream::connect(server.address(door))
                    .await
                    .expect("connected");
                stream.write_all(head).await.expect("sent");
                stream.shutdown().await.expect("closed");
                // It may be closed in any manner.
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        }
        server.signal(Signal::TERM);
        assert_eq!(server.end().0, Some(0));
        let log = reading.join().expect("read");
        let log = String::from_utf8(log).expect("text");
        assert!(log.lines().count() > 5, "there is a log: {log}");
        for line in log.lines() {
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!line.starts_with("WARN forged"), "{line:?}");
        }
    }
}
