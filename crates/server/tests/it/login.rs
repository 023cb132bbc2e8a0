//! `skein login` and `skein call` as programs, over TLS with the server's own certificate.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::support::{PASSWORD, Person, Server};

pub(crate) async fn skein(home: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_skein"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", home)
        .env("HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // It may have refused before it read.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    child.wait_with_output().await.expect("it ends")
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_pinned_once_and_a_changed_one_is_refused() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let home = tempfile::tempdir().expect("a home");
    let url = format!("https://{}", server.tls());
    let fingerprint = server
        .program
        .ready
        .fingerprint
        .clone()
        .expect("a certificate");

    let unknown = skein(
        home.path(),
        &["login", &url, "ana", "--password-stdin"],
        PASSWORD,
    )
    .await;
    assert_eq!(unknown.status.code(), Some(1));
    assert!(said(&unknown).contains(&fingerprint), "{}", said(&unknown));

    let wrong = "00".repeat(32);
    let other = skein(
        home.path(),
        &[
            "login",
            &url,
            "ana",
            "--password-stdin",
            "--fingerprint",
            &wrong,
        ],
        PASSWORD,
    )
    .await;
    assert_eq!(other.status.code(), Some(1));
    assert!(said(&other).contains("has changed"), "{}", said(&other));

    let login = [
        "login",
        &url,
        "ana",
        "--password-stdin",
        "--fingerprint",
        &fingerprint,
    ];
    let refused = skein(home.path(), &login, "not the password").await;
    assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
    let signed_in = skein(home.path(), &login, PASSWORD).await;
    assert_eq!(signed_in.status.code(), Some(0), "{}", said(&signed_in));
    let again = skein(home.path(), &login, PASSWORD).await;
    assert_eq!(again.status.code(), Some(0), "{}", said(&again));
    let devices: webapi::skein::DeviceList = ana.get("devices").await;
    assert_eq!(
        devices.devices.len(),
        2,
        "the profile that was replaced is signed out: {devices:?}"
    );

    let nobody = skein(home.path(), &["call", "nobody-at-all"], "").await;
    assert_eq!(nobody.status.code(), Some(1));
    assert!(
        said(&nobody).contains("nobody here is called"),
        "{}",
        said(&nobody)
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_ones_own_data_is_whole_or_it_is_none() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let home = tempfile::tempdir().expect("a home");
    let url = format!("http://{}", server.http());
    let login = ["login", &url, "ana", "--password-stdin"];
    let signed_in = skein(home.path(), &login, PASSWORD).await;
    assert_eq!(signed_in.status.code(), Some(0), "{}", said(&signed_in));
    let bytes = vec![7; 3_000_000];
    ana.upload(&server, "goose.bin", &bytes).await;

    let file = home.path().join("ana.zip");
    let name = file.to_str().expect("letters");
    let made = skein(home.path(), &["export", name, "--json"], "").await;
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let answer: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let kept = std::fs::read(&file).expect("kept");
    assert_eq!(answer["bytes"], kept.len());
    assert!(kept.len() > bytes.len() && kept.starts_with(b"PK\x03\x04"));
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "for its owner only");
    }
    let again = skein(home.path(), &["export", name], "").await;
    assert_eq!(again.status.code(), Some(2), "it is there already");
    assert_eq!(std::fs::read(&file).expect("kept"), kept);

    // Nobody to write for, a server that refuses, and one that is gone: nothing is left behind.
    let other = home.path().join("other.zip");
    let other = other.to_str().expect("letters");
    let nowhere = home.path().join("none/other.zip");
    let nowhere = skein(
        home.path(),
        &["export", nowhere.to_str().expect("letters")],
        "",
    )
    .await;
    assert_eq!(nowhere.status.code(), Some(1), "{}", said(&nowhere));
    let devices: webapi::skein::DeviceList = ana.get("devices").await;
    let terminal = devices.devices.iter().find(|device| !device.this);
    let terminal = &terminal.expect("the profile's").id.0;
    ana.command(serde_json::json!({ "type": "end_device", "device": terminal }))
        .await;
    let refused = skein(home.path(), &["export", other], "").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("signed in"), "{}", said(&refused));
    let in_vain = said(&refused).contains("ask once more");
    assert!(!in_vain, "{}", said(&refused));
    server.stop().await;
    let gone = skein(home.path(), &["export", other], "").await;
    assert_eq!(gone.status.code(), Some(1));
    assert!(said(&gone).contains("ask once more"), "{}", said(&gone));
    let left: Vec<_> = std::fs::read_dir(home.path()).expect("a list").collect();
    assert_eq!(left.len(), 2, "the profile and the copy: {left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_breaks_off_leaves_no_file() {
    let home = tempfile::tempdir().expect("a home");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("bound");
    let profile = client::profile::Profile {
        server: format!("http://{address}"),
        name: "ana".into(),
        token: "token".into(),
        fingerprint: None,
    };
    let path = home.path().join("skein/profile.json");
    profile.save(&path).expect("kept");
    // One that is cut off in the middle, one that something in between ended in order, and a refusal that means to be obeyed.
    let cut = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nPK\x03\x04\r\n";
    let no = r#"{"kind":"unavailable","code":"no","message":"no\u001b]0;x\u0007\u001b[2J"}"#;
    let length = no.len();
    let refused = format!("HTTP/1.1 503 No\r\ncontent-length: {length}\r\n\r\n{no}");
    for answer in [cut.to_owned(), format!("{cut}0\r\n\r\n"), refused] {
        let serve = async {
            let (mut stream, _) = listener.accept().await.expect("asked");
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let read = tokio::io::AsyncReadExt::read_buf(&mut stream, &mut asked).await;
                assert_ne!(read.expect("a request"), 0, "it ends too early");
            }
            stream.write_all(answer.as_bytes()).await.expect("answered");
        };
        let file = home.path().join("ana.zip");
        let arguments = ["export", file.to_str().expect("letters")];
        let (ended, ()) = tokio::join!(skein(home.path(), &arguments, ""), serve);
        assert_eq!(ended.status.code(), Some(1), "{}", said(&ended));
        assert!(said(&ended).contains("ask once more"), "{}", said(&ended));
        assert_eq!(said(&ended).contains("]0;x"), answer.contains("]0;x"));
        assert!(!said(&ended).contains(['\u{1b}', '\u{7}']), "{ended:?}");
        let left = std::fs::read_dir(home.path()).expect("a list").count();
        assert_eq!(left, 1, "the profile");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_wrong_is_misuse() {
    let home = tempfile::tempdir().expect("a home");
    for (arguments, word) in [
        (&["call", "echo"][..], "skein login"),
        (&["export", "mine.zip"], "skein login"),
        (
            &["call", "echo", "--server", "http://localhost:1"],
            "--user",
        ),
        (
            &[
                "call",
                "echo",
                "--server",
                "http://skein.example",
                "--user",
                "ana",
                "--password-stdin",
            ],
            "https",
        ),
        (
            &[
                "call",
                "echo",
                "--server",
                "http://localhost:1",
                "--user",
                "ana",
            ],
            "--password-stdin",
        ),
        (
            &[
                "login",
                "https://skein.example",
                "ana",
                "--fingerprint",
                "12",
            ],
            "64 hexadecimal digits",
        ),
        (
            &["login", "ftp://skein.example", "ana", "--password-stdin"],
            "https://",
        ),
    ] {
        let output = skein(home.path(), arguments, PASSWORD).await;
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            said(&output)
        );
        assert!(
            said(&output).contains(word),
            "{arguments:?}: {}",
            said(&output)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_call_hangs_up_and_leaves_a_report() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let home = tempfile::tempdir().expect("a home");
    let report = home.path().join("report.json");
    let url = format!("http://{}", server.http());
    let mut child = Command::new(env!("CARGO_BIN_EXE_skein"))
        .args([
            "call",
            "echo",
            "--server",
            &url,
            "--user",
            "ana",
            "--password-stdin",
            "--json",
            "--report",
        ])
        .arg(&report)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(PASSWORD.as_bytes())
        .await
        .expect("written");
    let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(
        child.stderr.take().expect("piped"),
    ));
    while let Some(line) = lines.next_line().await.expect("read") {
        if line.contains("connected") {
            break;
        }
    }
    let id =
        rustix::process::Pid::from_raw(child.id().expect("it runs") as i32).expect("a process");
    rustix::process::kill_process(id, rustix::process::Signal::INT).expect("told");
    let output = child.wait_with_output().await.expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&answer["ended"], &answer["connected"]),
        (&"hang_up".into(), &true.into())
    );
    let kept = std::fs::read_to_string(&report).expect("a report");
    let path = format!("calls/{}", answer["call"].as_str().expect("a key"));
    let detail: webapi::skein::CallDetail = ana.get(&path).await;
    assert!(
        detail.reports.iter().any(|r| r.own && r.report == kept),
        "byte for byte"
    );
    let devices: webapi::skein::DeviceList = ana.get("devices").await;
    assert_eq!(
        devices.devices.len(),
        1,
        "the device of the call is gone: {devices:?}"
    );
    server.stop().await;
}
