//! Machines without IPv6, and with nothing else (case F4).

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cli::{code, text};
use crate::support::PASSWORD;

/// A server in a network of its own; ended when dropped.
struct Alone {
    child: Child,
    ready: Value,
    data: tempfile::TempDir,
}

impl Alone {
    /// `network` makes the network, as a script; `None` where namespaces cannot be made.
    fn start(network: &str, arguments: &[&str]) -> Option<Self> {
        let data = tempfile::tempdir().expect("a folder");
        let script = format!("{network}\nexec \"$@\"");
        let mut command = Command::new("unshare");
        command.args(["--net", "sh", "-e", "-c", &script, "sh"]);
        command.args([env!("CARGO_BIN_EXE_skein"), "serve", "--json"]);
        command.args(arguments).arg("--data").arg(data.path());
        command.env("SKEIN_METRICS__LISTEN", "[]");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("read");
        match serde_json::from_str(&line) {
            Ok(ready) => Some(Self { child, ready, data }),
            Err(_) => {
                let output = child.wait_with_output().expect("ended");
                let said = text(&output.stderr);
                // What we say ourselves is a fault; what the machine does not let us try is not.
                assert!(!said.contains("skein:"), "{said}");
                eprintln!("skipped: {said}");
                None
            }
        }
    }

    fn addresses(&self, name: &str) -> Vec<String> {
        let list = self.ready[name].as_array().expect("a list").iter();
        list.map(|address| address.as_str().expect("text").to_owned())
            .collect()
    }

    /// `skein` in that network.
    fn skein(&self, home: &Path, arguments: &[&str], input: &str) -> Output {
        let mut child = self.begin(home, arguments);
        let _ = child
            .stdin
            .take()
            .expect("piped")
            .write_all(input.as_bytes());
        child.wait_with_output().expect("ended")
    }

    fn begin(&self, home: &Path, arguments: &[&str]) -> Child {
        Command::new("nsenter")
            .args(["--net", "--target", &self.child.id().to_string()])
            .arg(env!("CARGO_BIN_EXE_skein"))
            .args(arguments)
            .env("XDG_DATA_HOME", home)
            .env("XDG_CONFIG_HOME", home)
            .env("HOME", home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started")
    }

    /// Somebody signs in at this address, and calls the sound test.
    fn serves(&self, url: &str) {
        let data = self.data.path().to_str().expect("text").to_owned();
        let home = tempfile::tempdir().expect("a folder");
        let password = format!("{PASSWORD}\n");
        let name = format!("p{}", url.len());
        let add = ["account", "--data", &data, "add", &name, "--password-stdin"];
        let added = self.skein(home.path(), &add, &password);
        assert_eq!(code(&added), Some(0), "{}", text(&added.stderr));
        let login = ["login", url, &name, "--password-stdin"];
        let signed_in = self.skein(home.path(), &login, &password);
        assert_eq!(
            code(&signed_in),
            Some(0),
            "{url}: {}",
            text(&signed_in.stderr)
        );
        let mut call = self.begin(home.path(), &["call", "echo"]);
        let stderr = call.stderr.take().expect("piped");
        let mut said = BufReader::new(stderr)
            .lines()
            .map(|line| line.expect("text"));
        let before: Vec<String> = said
            .by_ref()
            .take_while(|line| !line.starts_with("connected: "))
            .collect();
        let pid = i32::try_from(call.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), Signal::INT).expect("told to hang up");
        let rest: Vec<String> = said.collect();
        let ended = call.wait().expect("ended");
        assert_eq!(ended.code(), Some(0), "{url}: {before:?} {rest:?}");
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The usual addresses, on ports that are free in a network of one's own.
const USUAL: [&str; 0] = [];
const LOOPBACK: &str = "ip link set lo up";
const NO_IPV6: &str =
    "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1";
const WIRE: &str =
    "ip link add wire type veth peer name far\nip link set far up\nip link set wire up";

#[test]
fn without_ipv6_the_usual_addresses_are_those_of_ipv4() {
    let network = format!("{NO_IPV6}\n{LOOPBACK}");
    let Some(server) = Alone::start(&network, &USUAL) else {
        return;
    };
    assert_eq!(server.addresses("http"), ["127.0.0.1:8080"]);
    // The kernel still takes the address of all of a family that has none.
    assert!(server.addresses("tls").contains(&"0.0.0.0:8443".to_owned()));
    assert_eq!(server.addresses("udp"), ["127.0.0.1:3478"]);
    server.serves("http://127.0.0.1:8080");
}

#[test]
fn with_ipv6_alone_literals_are_bracketed_and_lead_to_it() {
    let network = format!(
        "{LOOPBACK}\n{WIRE}\nip addr del 127.0.0.1/8 dev lo\nip addr add 2001:db8::5/64 dev wire nodad"
    );
    let Some(server) = Alone::start(&network, &USUAL) else {
        return;
    };
    let udp = server.addresses("udp");
    assert!(udp.contains(&"[2001:db8::5]:3478".to_owned()), "{udp:?}");
    assert!(
        udp.iter().all(|address| address.starts_with('[')),
        "{udp:?}"
    );
    assert!(server.addresses("http").contains(&"[::1]:8080".to_owned()));
    server.serves("http://[::1]:8080");
}

#[test]
fn with_bindv6only_both_families_are_served_and_a_link_local_address_alone_is_no_harm() {
    let network = format!("sysctl -qw net.ipv6.bindv6only=1\n{LOOPBACK}\n{WIRE}");
    let Some(server) = Alone::start(&network, &USUAL) else {
        return;
    };
    assert_eq!(server.addresses("tls"), ["0.0.0.0:8443", "[::]:8443"]);
    let udp = server.addresses("udp");
    assert!(
        udp.iter().all(|address| !address.starts_with("[fe80")),
        "{udp:?}"
    );
    server.serves("http://127.0.0.1:8080");
    server.serves("http://[::1]:8080");
}

#[test]
fn an_address_that_the_machine_lacks_is_left_out_and_without_any_it_says_so() {
    let network = format!("{NO_IPV6}\n{LOOPBACK}");
    let some = [
        "--http",
        "127.0.0.1:8080",
        "--tls",
        "[::1]:8443",
        "--tls",
        "127.0.0.1:8443",
        "--udp",
        "[::1]:3478",
        "--udp",
        "127.0.0.1:3478",
    ];
    let Some(server) = Alone::start(&network, &some) else {
        return;
    };
    assert_eq!(server.addresses("tls"), ["127.0.0.1:8443"]);
    assert_eq!(server.addresses("udp"), ["127.0.0.1:3478"]);
    drop(server);

    let data = tempfile::tempdir().expect("a folder");
    let script = format!("{network}\nexec \"$@\"");
    let refused = Command::new("unshare")
        .args(["--net", "sh", "-e", "-c", &script, "sh"])
        .args([
            env!("CARGO_BIN_EXE_skein"),
            "serve",
            "--tls",
            "[::1]:8443",
            "--data",
        ])
        .arg(data.path())
        .output()
        .expect("it ran a moment ago");
    assert_eq!(code(&refused), Some(1));
    let said = text(&refused.stderr);
    assert!(
        said.contains("[::1]:8443") && said.contains("--tls"),
        "{said}"
    );
}
