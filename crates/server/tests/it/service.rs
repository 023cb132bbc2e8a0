//! The program under a service manager.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::cli::{Running, text};
use crate::support::PATIENCE;

/// What the service manager would hear.
struct Manager(UnixDatagram);

impl Manager {
    fn listen(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).expect("bound");
        socket.set_read_timeout(Some(PATIENCE)).expect("set");
        Self(socket)
    }

    /// The next notice that says `what`; the others are passed over.
    fn hears(&self, what: &str) -> String {
        let begin = Instant::now();
        let mut bytes = [0; 4_096];
        while begin.elapsed() < PATIENCE {
            match self.0.recv(&mut bytes) {
                Ok(length) => {
                    let notice = String::from_utf8_lossy(&bytes[..length]).into_owned();
                    if notice.lines().any(|line| line == what) {
                        return notice;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        panic!("{what} was never said");
    }
}

#[test]
fn the_service_manager_hears_when_it_is_ready_alive_and_about_to_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = Manager::listen(&path);
    let data = folder.path().join("data");
    let server = Running::start_with(&data, |command| {
        command
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "200000")
            .env_remove("WATCHDOG_PID");
    });
    manager.hears("READY=1");
    // Ready means that signing in works.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let ready = runtime.block_on(async {
        let answer = reqwest::get(format!("{}/readyz", server.http())).await;
        answer.expect("an answer").status().as_u16()
    });
    assert_eq!(ready, 200);
    for _ in 0..3 {
        let notice = manager.hears("WATCHDOG=1");
        assert!(notice.contains("STATUS=serving"), "{notice}");
    }
    server.signal(Signal::TERM);
    manager.hears("STOPPING=1");
    let (code, took) = server.end();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[test]
fn the_unit_is_one_that_systemd_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let unit = std::fs::read_to_string(root.join("contrib/skein.service")).expect("readable");
    for line in ["Type=notify", "NoNewPrivileges=yes", "LimitNOFILE="] {
        assert!(unit.lines().any(|found| found.starts_with(line)), "{line}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let bin = folder.path().join("bin");
    std::fs::create_dir(&bin).expect("made");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_skein"), bin.join("skein")).expect("linked");
    let unit = unit.replace("@PREFIX@", folder.path().to_str().expect("text"));
    let path = folder.path().join("skein.service");
    std::fs::write(&path, unit).expect("written");
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&path)
        .stdin(Stdio::null())
        .output();
    let Ok(verified) = verified else {
        return eprintln!("skipped: there is no systemd-analyze");
    };
    let said = text(&verified.stderr);
    // What it has to say of other units of this machine is not about ours.
    let ours: Vec<_> = said
        .lines()
        .filter(|line| line.contains("skein.service"))
        .collect();
    assert!(ours.is_empty() && verified.status.success(), "{said}");
}
