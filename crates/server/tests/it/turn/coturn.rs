//! Another implementation's clients against our STUN and TURN.

use std::process::Command;
use std::time::Duration;

use stun::Credentials;

use super::rig::{Echo, config, loopback, start, until};

/// What a tool says, or `None` (with a visible line) where it is not installed.
fn run(tool: &str, arguments: &[&str]) -> Option<String> {
    match Command::new(tool).args(arguments).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some(String::from_utf8_lossy(&text).into_owned())
        }
        Err(error) => {
            eprintln!("SKIPPED: {tool} cannot be run ({error}); apt-get install coturn");
            None
        }
    }
}

#[test]
fn turnutils_stunclient_learns_its_address() {
    let (_shell, server) = start(config());
    let port = server.port().to_string();
    let Some(text) = run("turnutils_stunclient", &["-p", &port, "127.0.0.1"]) else {
        return;
    };
    assert!(text.contains("UDP reflexive addr: 127.0.0.1:"), "{text}");
}

#[test]
fn turnutils_uclient_loses_nothing_to_a_peer() {
    let (_shell, server) = start(server::udp::UdpConfig {
        allow_peers: vec!["127.0.0.0/8".parse().expect("a prefix")],
        ..config()
    });
    let peer = Echo::on(loopback(0).ip());
    let (port, peer_port) = (server.port().to_string(), peer.address.port().to_string());
    let arguments = [
        "-c",
        "-u",
        "ann",
        "-w",
        "north",
        "-e",
        "127.0.0.1",
        "-r",
        &peer_port,
        "-p",
        &port,
        "-n",
        "20",
        "-m",
        "2",
        "-l",
        "120",
        "127.0.0.1",
    ];
    let Some(text) = run("turnutils_uclient", &arguments) else {
        return;
    };
    assert!(text.contains("Total lost packets 0"), "{text}");
    assert!(peer.heard() >= 40, "{} datagrams, {text}", peer.heard());
}

#[test]
fn turnutils_uclient_loses_nothing_between_two_of_its_own_allocations() {
    let (shell, server) = start(config());
    let port = server.port().to_string();
    // No prefix is opened: what passes, passes inside. With -s, because names like this one get no channels above
    // 0x4FFF, and this tool picks any number up to 0x7FFF.
    let expires = Duration::from_secs(4_000_000_000);
    let made = Credentials::issue(b"secret", "tool", expires);
    let arguments = [
        "-c",
        "-s",
        "-y",
        "-u",
        &made.username,
        "-w",
        &made.password,
        "-p",
        &port,
        "-n",
        "20",
        "-m",
        "2",
        "-l",
        "171",
        "127.0.0.1",
    ];
    let Some(text) = run("turnutils_uclient", &arguments) else {
        return;
    };
    assert!(text.contains("Total lost packets 0"), "{text}");
    until("the count", || {
        shell.handle().counters().relayed_packets >= 40
    });
}
