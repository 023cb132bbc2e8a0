//! The program as a process: flags, exit codes, signals.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::PATIENCE;

pub(crate) fn skein(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skein"));
    command.args(arguments).arg("--data").arg(data);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SKEIN_") {
            command.env_remove(name);
        }
    }
    command.env("SKEIN_METRICS__LISTEN", "[]");
    command
}

pub(crate) fn run(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = skein(data, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    // A command that needs no input may have ended already.
    let _ = child
        .stdin
        .take()
        .expect("piped")
        .write_all(input.as_bytes());
    child.wait_with_output().expect("ended")
}

pub(crate) fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, |_| {})
    }

    pub(crate) fn start_with(data: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let arguments = [
            "serve",
            "--json",
            "--http",
            "127.0.0.1:0",
            "--tls",
            "127.0.0.1:0",
            "--udp",
            "127.0.0.1:0",
        ];
        let mut command = skein(data, &arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        change(&mut command);
        let mut child = command.spawn().expect("started");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        // The reading end is dropped after this line: a closed standard output must not disturb the server.
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("read");
        Self {
            child,
            ready: serde_json::from_str(&line).expect("one JSON object"),
        }
    }

    /// Where it listens for this.
    pub(crate) fn address(&self, name: &str) -> String {
        let address = self.ready[name][0].as_str();
        address.expect("an address").to_owned()
    }

    pub(crate) fn http(&self) -> String {
        format!("http://{}", self.address("http"))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its log, if that was asked for.
    pub(crate) fn stderr(&mut self) -> Option<std::process::ChildStderr> {
        self.child.stderr.take()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a pid")).expect("a pid");
        kill_process(pid, signal).expect("signalled");
    }

    /// The exit code, and how long it took.
    pub(crate) fn end(mut self) -> (Option<i32>, Duration) {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().expect("waited") {
                return (status.code(), begin.elapsed());
            }
            std::thread::yield_now();
        }
        panic!("the server did not end");
    }
}

/// A test that fails leaves no server behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn misuse_is_exit_code_two_with_a_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["fly"][..],
        &["serve", "--msn", "0.0.0.0:1863"],
        &["serve", "--http", "nowhere"],
        &[
            "serve",
            "--http",
            "0.0.0.0:0",
            "--tls",
            "127.0.0.1:0",
            "--udp",
            "127.0.0.1:0",
        ],
        &["account", "add", "ana"],
        &["account", "frobnicate"],
    ] {
        let output = run(folder.path(), arguments, "");
        assert_eq!(
            code(&output),
            Some(2),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        assert!(!output.stderr.is_empty());
    }
    let config = folder.path().join("skein.toml");
    std::fs::write(&config, "[server]\n\npubic = [\"a\"]\n").expect("written");
    let output = run(
        folder.path(),
        &["serve", "--config", config.to_str().expect("text")],
        "",
    );
    assert_eq!(code(&output), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("line 3") && said.contains("public"), "{said}");
    let version = Command::new(env!("CARGO_BIN_EXE_skein"))
        .args(["version", "--json"])
        .output()
        .expect("ran");
    assert_eq!(code(&version), Some(0));
    assert_eq!(
        serde_json::from_slice::<Value>(&version.stdout).expect("JSON")["name"],
        "skein"
    );
}

#[test]
fn a_wrong_folder_does_not_become_an_empty_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("wrong");
    for what in [
        &["account", "list"][..],
        &["account", "block", "ana"],
        &["account", "delete", "ana"],
    ] {
        for data in [folder.path(), wrong.as_path()] {
            let refused = run(data, what, "");
            assert_eq!(code(&refused), Some(1), "{what:?}");
            let said = text(&refused.stderr);
            assert!(
                said.contains("nothing is kept here") && said.contains("--data"),
                "{said}"
            );
        }
    }
    let left = std::fs::read_dir(folder.path()).expect("read").count();
    assert_eq!(left, 0, "neither a folder nor a lock was made");
}

#[test]
fn accounts_are_made_and_changed_with_and_without_a_running_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    let added = run(
        data,
        &[
            "account",
            "add",
            "Ana",
            "--display",
            "Ana Silva",
            "--password-stdin",
            "--json",
        ],
        "seven geese over\n",
    );
    assert_eq!(code(&added), Some(0), "{}", text(&added.stderr));
    assert!(
        serde_json::from_slice::<Value>(&added.stdout).expect("JSON")["recovery_code"].is_string()
    );
    let twice = run(
        data,
        &["account", "add", "ana", "--password-stdin"],
        "seven geese over\n",
    );
    assert_eq!(code(&twice), Some(1));
    assert!(!twice.stderr.is_empty());
    assert_eq!(
        code(&run(data, &["account", "block", "nobody"], "")),
        Some(1)
    );

    let server = Running::start(data);
    let sign_in = |password: &str| {
        let body = format!(
            r#"{{"name": "ana", "password": "{password}", "device": {{"label": "x", "kind": "bot"}}}}"#
        );
        let url = format!("{}/v1/skein/sign-in", server.http());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async move {
            let request = reqwest::Client::new()
                .post(url)
                .header("Content-Type", "application/json")
                .body(body);
            request.send().await.expect("an answer").status().as_u16()
        })
    };
    assert_eq!(sign_in("seven geese over"), 200);
    assert_eq!(
        code(&run(
            data,
            &["account", "passwd", "ana", "--password-stdin"],
            "eight geese over\n"
        )),
        Some(0)
    );
    assert_eq!(sign_in("seven geese over"), 401);
    assert_eq!(sign_in("eight geese over"), 200);
    assert_eq!(code(&run(data, &["account", "block", "ana"], "")), Some(0));
    assert_eq!(sign_in("eight geese over"), 403);
    assert_eq!(
        code(&run(data, &["account", "unblock", "ana"], "")),
        Some(0)
    );
    assert_eq!(sign_in("eight geese over"), 200);
    let list = run(data, &["account", "list", "--json"], "");
    let accounts: Vec<Value> = serde_json::from_slice(&list.stdout).expect("JSON");
    assert!(
        accounts
            .iter()
            .any(|account| account["name"] == "ana" && account["display"] == "Ana Silva")
    );
    let second = run(
        data,
        &[
            "serve",
            "--http",
            "127.0.0.1:0",
            "--tls",
            "127.0.0.1:0",
            "--udp",
            "127.0.0.1:0",
        ],
        "",
    );
    assert_eq!(code(&second), Some(1), "one folder, one server");
    assert!(text(&second.stderr).contains("another skein"));
    assert_eq!(code(&run(data, &["account", "delete", "ana"], "")), Some(0));
    assert_ne!(sign_in("eight geese over"), 200);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("an address").to_string();
    let output = run(
        folder.path(),
        &[
            "serve",
            "--http",
            &address,
            "--tls",
            "127.0.0.1:0",
            "--udp",
            "127.0.0.1:0",
        ],
        "",
    );
    assert_eq!(code(&output), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains(&address) && said.contains("--http"), "{said}");
}

#[test]
fn check_names_the_setting_to_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = run(folder.path(), &["check", "--json"], "");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    for what in [
        "config",
        "clock",
        "disk",
        "ports",
        "certificate",
        "public",
        "relay",
        "files",
    ] {
        assert!(
            findings.iter().any(|finding| finding["what"] == what),
            "{what}: {findings:?}"
        );
    }
    let relay = findings
        .iter()
        .find(|finding| finding["what"] == "relay")
        .expect("there");
    assert_eq!(relay["setting"], "[turn] allow_peers");
    assert!(
        relay["sentence"]
            .as_str()
            .expect("text")
            .contains("[turn] allow_peers")
    );
    let config = folder.path().join("skein.toml");
    std::fs::write(&config, "[server]\nhttp = [\"0.0.0.0:0\"]\n").expect("written");
    let output = run(
        folder.path(),
        &["check", "--config", config.to_str().expect("text")],
        "",
    );
    assert_eq!(code(&output), Some(1));
    assert!(text(&output.stdout).contains("trusted_proxies"));
}

#[test]
fn check_looks_at_a_server_from_where_people_reach_it() {
    let (folder, elsewhere) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let server = Running::start(folder.path());
    let http = server.http();
    let found = |arguments: &[&str]| {
        let output = run(
            elsewhere.path(),
            &[&["check", "--json", "--through"], arguments].concat(),
            "",
        );
        let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
        let through = findings
            .into_iter()
            .filter(|finding| finding["what"] == "through");
        through
            .map(|finding| {
                (
                    finding["state"].to_string(),
                    finding["sentence"].to_string(),
                )
            })
            .collect::<Vec<_>>()
    };
    let [reached, files] = &found(&[&http])[..] else {
        panic!("two findings");
    };
    assert!(reached.1.contains("version"), "{reached:?}");
    assert_eq!(files.0, "\"good\"", "{files:?}");
    assert!(
        files.1.contains("16777216 bytes in one request"),
        "{files:?}"
    );
    drop(server);
    let [gone] = &found(&[&http])[..] else {
        panic!("one finding");
    };
    assert_eq!(gone.0, "\"bad\"", "{gone:?}");
    assert!(gone.1.contains("does not answer"), "{gone:?}");
    assert_eq!(
        code(&run(
            elsewhere.path(),
            &["check", "--through", "gopher://x"],
            ""
        )),
        Some(2)
    );
}

#[test]
fn sigterm_ends_in_order_and_sighup_does_no_harm() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Running::start(folder.path());
    server.signal(Signal::HUP);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let ready = runtime.block_on(async {
        reqwest::get(format!("{}/readyz", server.http()))
            .await
            .expect("an answer")
            .status()
            .as_u16()
    });
    assert_eq!(ready, 200);
    // Connections that wait do not hold it up.
    let held: Vec<_> = (0..50)
        .map(|_| {
            std::net::TcpStream::connect(server.ready["http"][0].as_str().expect("an address"))
                .expect("connected")
        })
        .collect();
    server.signal(Signal::TERM);
    let (code, took) = server.end();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
    drop(held);
    // And everything is there again.
    let again = Running::start(folder.path());
    again.signal(Signal::INT);
    assert_eq!(again.end().0, Some(0));
}

/// Case F3: nobody at its input or its output, and somebody in the middle of a request.
#[test]
fn every_signal_that_means_the_end_ends_it_in_order_with_a_request_half_sent() {
    let folder = tempfile::tempdir().expect("a folder");
    for signal in [Signal::QUIT, Signal::INT, Signal::TERM] {
        let server = Running::start_with(folder.path(), |command| {
            command.stdin(Stdio::null());
        });
        let mut half = std::net::TcpStream::connect(server.address("http")).expect("connected");
        half.write_all(b"POST /v1/skein/sign-in HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").expect("sent");
        let mut asked = [0; 12];
        std::io::Read::read_exact(&mut half, &mut asked).expect("it asks for the rest");
        server.signal(signal);
        let (code, took) = server.end();
        assert_eq!(code, Some(0), "{signal:?}");
        assert!(took < Duration::from_secs(8), "{signal:?}: {took:?}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once_with_exit_code_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Running::start(folder.path());
    // Half a body keeps a request open, and with it the orderly end.
    let mut half =
        std::net::TcpStream::connect(server.ready["http"][0].as_str().expect("an address"))
            .expect("connected");
    half.write_all(b"POST /v1/skein/sign-in HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").expect("sent");
    // The server asks for the body: now the request is being answered.
    let mut asked = [0; 12];
    std::io::Read::read_exact(&mut half, &mut asked).expect("it asks");
    assert_eq!(&asked, b"HTTP/1.1 100");
    server.signal(Signal::TERM);
    // Its listeners close first: then the first signal was taken.
    let address = server.ready["http"][0]
        .as_str()
        .expect("an address")
        .to_owned();
    let begin = Instant::now();
    while std::net::TcpStream::connect(&address).is_ok() && begin.elapsed() < PATIENCE {}
    server.signal(Signal::TERM);
    let (code, took) = server.end();
    assert_eq!(code, Some(1));
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn as_process_one_it_ends_on_sigterm_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("unshare");
    command.args([
        "-pf",
        "--kill-child",
        env!("CARGO_BIN_EXE_skein"),
        "serve",
        "--json",
    ]);
    command.args([
        "--http",
        "127.0.0.1:0",
        "--tls",
        "127.0.0.1:0",
        "--udp",
        "127.0.0.1:0",
        "--data",
    ]);
    command
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return eprintln!("skipped: there is no unshare");
    };
    let mut line = String::new();
    let stdout = child.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("read");
    if line.is_empty() {
        let _ = child.wait();
        return eprintln!("skipped: a process namespace needs root");
    }
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let inner = std::fs::read_to_string(children).expect("it has one");
    let inner = Pid::from_raw(inner.trim().parse().expect("a pid")).expect("a pid");
    kill_process(inner, Signal::TERM).expect("signalled");
    let running = Running {
        child,
        ready: serde_json::from_str(&line).expect("JSON"),
    };
    assert_eq!(running.end().0, Some(0));
}

#[test]
fn at_the_limit_of_open_files_it_goes_on_serving() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("prlimit");
    command.args([
        "--nofile=96:96",
        env!("CARGO_BIN_EXE_skein"),
        "serve",
        "--json",
    ]);
    command.args([
        "--http",
        "127.0.0.1:0",
        "--tls",
        "127.0.0.1:0",
        "--udp",
        "127.0.0.1:0",
        "--data",
    ]);
    command
        .arg(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else {
        return eprintln!("skipped: there is no prlimit");
    };
    let mut line = String::new();
    let stdout = child.stdout.take().expect("piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).expect("read");
    let server = Running {
        child,
        ready: serde_json::from_str(&line).expect("it started"),
    };
    let address = server.ready["http"][0]
        .as_str()
        .expect("an address")
        .to_owned();
    let mut held: Vec<_> = (0..200)
        .map(|_| std::net::TcpStream::connect(&address).expect("the kernel takes them"))
        .collect();
    let answers = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let client = reqwest::Client::builder()
                .timeout(Duration::from_secs(5))
                .build()
                .expect("a client");
            client
                .get(format!("http://{address}/readyz"))
                .send()
                .await
                .map(|answer| answer.status().as_u16())
        })
    };
    assert_eq!(answers().expect("while all are held"), 200);
    held.truncate(100);
    assert_eq!(answers().expect("and after"), 200);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
}
