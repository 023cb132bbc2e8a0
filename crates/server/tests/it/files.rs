//! No descriptor is left (case F2).

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};
use stun::{Attribute, Method};

use crate::cli::Running;
use crate::support::{PASSWORD, PATIENCE, device};
use crate::turn::rig::Hand;

/// Sets how many files a process may have open from now on; what is open stays.
fn limit(pid: u32, most: usize) -> bool {
    let set = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &format!("--nofile={most}:")])
        .stderr(Stdio::null())
        .status();
    set.is_ok_and(|status| status.success())
}

fn open_files(pid: u32) -> usize {
    let folder = format!("/proc/{pid}/fd");
    std::fs::read_dir(folder).expect("it runs").count()
}

/// `GET path` on a connection of its own.
fn ask(address: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the kernel takes it");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn errors(metrics: &str) -> f64 {
    let page = answer(ask(metrics, "/metrics"));
    let line = page
        .lines()
        .find_map(|l| l.strip_prefix("skein_accept_errors_total "));
    line.expect("it is counted").parse().expect("a number")
}

#[test]
fn without_a_descriptor_left_it_waits_says_so_once_and_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Running::start_with(folder.path(), |command| {
        command
            .args(["--metrics", "127.0.0.1:0"])
            .stderr(Stdio::piped());
    });
    let (http, tls) = (server.address("http"), server.address("tls"));
    let metrics = server.address("metrics");
    let log = BufReader::new(server.stderr().expect("piped"));
    let before = errors(&metrics);
    // From now on nothing more can be opened.
    let pid = server.pid();
    if !limit(pid, open_files(pid)) {
        server.signal(Signal::TERM);
        server.end();
        return eprintln!("skipped: there is no prlimit");
    }
    let begin = Instant::now();
    let waiting: Vec<_> = (0..20).map(|_| ask(&http, "/readyz")).collect();
    let _on_tls: Vec<_> = (0..20)
        .map(|_| TcpStream::connect(&tls).expect("taken"))
        .collect();
    // It says so: then it has met the limit.
    let mut lines = log.lines().map_while(Result::ok);
    let said = lines.find(|line| line.contains("cannot accept connections"));
    said.expect("it says that it cannot");
    assert!(limit(pid, 1_024), "given back");
    let given_back = Instant::now();
    for stream in waiting {
        assert!(
            answer(stream).starts_with("HTTP/1.1 200"),
            "all that waited are served"
        );
    }
    let resumed = given_back.elapsed();
    let took = begin.elapsed();
    // Each of the listeners tried again every quarter of a second, and did not spin.
    let most = 3.0 * (took.as_secs_f64() / 0.25 + 2.0);
    let tried = errors(&metrics) - before;
    assert!(tried >= 1.0 && tried <= most, "{tried} tries in {took:?}");
    assert!(resumed < PATIENCE, "{resumed:?}");
    server.signal(Signal::TERM);
    // One line for each listener, whatever the number of tries.
    let more = lines
        .filter(|line| line.contains("cannot accept connections"))
        .count();
    assert!(more <= 2, "{more} more lines");
    assert_eq!(server.end().0, Some(0));
}

/// What is begun while no descriptor is left is refused in words, what needs none goes on, and all of it goes on afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_descriptor_left_messages_go_on_and_uploads_and_relays_are_refused_until_there_is_one()
 {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Running::start_with(folder.path(), |command| {
        command.env("SKEIN_TURN__USERS", r#"{ ann = "north" }"#);
    });
    let http = reqwest::Client::new();
    let base = format!("{}/v1/skein", server.http());
    let who = json!({ "name": "ana", "display": "Ana", "password": PASSWORD, "device": device() });
    let registered = http
        .post(format!("{base}/register"))
        .json(&who)
        .send()
        .await;
    let registered: Value = registered.expect("an answer").json().await.expect("JSON");
    let token = registered["token"].as_str().expect("a token");
    let command = async |body: Value| {
        let request = http
            .post(format!("{base}/command"))
            .bearer_auth(token)
            .json(&body);
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };
    let (_, begun) =
        command(json!({ "type": "begin_object", "name": "n", "size": 3, "client": "u" })).await;
    let id = begun["value"]["object"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let piece = async || {
        let request = http
            .patch(format!("{base}/objects/{id}"))
            .bearer_auth(token);
        let request = request.header("Upload-Offset", 0).body("abc").send();
        let answer = request.await.expect("an answer");
        (answer.status(), answer.json::<Value>().await.expect("JSON"))
    };
    let relay = server.address("udp").parse().expect("an address");
    let allocate = || {
        tokio::task::block_in_place(|| {
            Hand::new(relay)
                .ask(Method::Allocate, &[Attribute::RequestedTransport(17)])
                .0
        })
    };
    let send = |text: &str| json!({ "type": "send", "to": { "account": registered["account"]["id"] }, "client": text, "body": { "type": "plain", "text": text } });
    // All numbers below are taken, whatever was closed in between.
    if !limit(server.pid(), 3) {
        server.signal(Signal::TERM);
        server.end();
        return eprintln!("skipped: there is no prlimit");
    }
    // By the connection that is there already.
    let (status, sent) = command(send("at the limit")).await;
    assert_eq!(status, 200, "{sent}");
    let (status, refused) = piece().await;
    assert_eq!(
        (status.as_u16(), &refused["code"]),
        (503, &json!("unavailable"))
    );
    assert_eq!(allocate(), 508);
    assert!(limit(server.pid(), 1_024), "given back");
    let (status, written) = piece().await;
    assert_eq!((status.as_u16(), &written["offset"]), (200, &json!(3)));
    assert_eq!(allocate(), 0);
    assert_eq!(command(send("afterwards")).await.0, 200);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}
