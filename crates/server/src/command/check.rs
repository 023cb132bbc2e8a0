//! `skein check`: what an operator would look at first, each with a sentence.

mod through;

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use clap::Args;
use client::tls::Fingerprint;
use hub::clock::Clock as _;
use serde::Serialize;

use super::{ConfigFlags, Failure, say, say_json};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::control::{Control, Request};
use crate::machine;
use crate::net::listen;
use crate::net::tls::{Certificates, Source, install_provider};
use crate::program::{certificate_source, data_folder};

/// Less free space than this is worth a line.
const LOW_DISK: u64 = 1024 * 1024 * 1024;
/// Less than this stops the server soon.
const NO_DISK: u64 = 64 * 1024 * 1024;
/// Fewer files than this are too few for many people.
const FEW_FILES: u64 = 4096;
/// 2026-01-01: this program did not exist before.
const EARLIEST_MS: i64 = 1_767_225_600_000;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Look at configuration, ports, certificate, clock and disk.
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    config: ConfigFlags,
    /// Look also at a running server from where people reach it: what a proxy in front of it lets pass
    #[arg(long, value_name = "URL")]
    through: Option<String>,
    /// Trust the certificate with this SHA-256, and only it
    #[arg(long, value_name = "SHA256", requires = "through")]
    fingerprint: Option<Fingerprint>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// One finding.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    state: State,
    sentence: String,
    /// The setting to change, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Good,
    Note,
    Bad,
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        what: &'static str,
        state: State,
        setting: Option<&'static str>,
        sentence: impl Into<String>,
    ) {
        self.0.push(Finding {
            what,
            state,
            sentence: sentence.into(),
            setting,
        });
    }
}

impl Check {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.read()?;
        let mut findings = Findings::default();
        findings.add(
            "config",
            State::Good,
            None,
            match &self.config.config {
                Some(path) => format!("{} is understood", path.display()),
                None => "no file: every key has its default".to_owned(),
            },
        );
        let folder = data_folder(&config).map_err(Failure::misuse)?;
        let runs = is_running(&folder)?;
        clock(&mut findings);
        disk(&mut findings, &folder);
        ports(&mut findings, &config, runs);
        certificate(&mut findings, &config, &folder);
        public(&mut findings, &config);
        relay(&mut findings, &config);
        files(&mut findings);
        backup(&mut findings, &folder);
        if let Some(url) = &self.through {
            through::through(&mut findings, url, self.fingerprint)?;
        }
        let bad = findings.0.iter().any(|finding| finding.state == State::Bad);
        if self.json {
            say_json(&findings.0);
        } else {
            for finding in &findings.0 {
                let mark = match finding.state {
                    State::Good => "good",
                    State::Note => "note",
                    State::Bad => "BAD ",
                };
                say(format_args!(
                    "{mark}  {:<12} {}",
                    finding.what, finding.sentence
                ));
            }
        }
        if bad {
            Err(Failure::No(
                "something must change before this server can serve".to_owned(),
            ))
        } else {
            Ok(())
        }
    }
}

fn is_running(folder: &Path) -> Result<bool, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::no)?;
    let probe = Request::List {
        after: "\u{10ffff}".to_owned(),
    };
    Ok(runtime
        .block_on(Control::ask(folder, &probe))
        .is_some_and(|answer| answer.is_ok()))
}

fn clock(findings: &mut Findings) {
    let now = SystemClock.wall().0;
    if now < EARLIEST_MS {
        let sentence =
            "this machine's clock is years behind: set it, or certificates and times are wrong";
        findings.add("clock", State::Bad, None, sentence);
    } else {
        findings.add("clock", State::Good, None, "the clock is set");
    }
}

fn disk(findings: &mut Findings, folder: &Path) {
    let mut existing = folder;
    while !existing.exists() {
        let Some(parent) = existing.parent() else {
            break;
        };
        existing = parent;
    }
    let writable = rustix::fs::access(
        existing,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    );
    if let Err(error) = writable {
        let sentence = format!("{} cannot be written: {error}", existing.display());
        return findings.add("disk", State::Bad, Some("[server] data"), sentence);
    }
    let Some(free) = machine::free_bytes(existing) else {
        return findings.add("disk", State::Note, None, "the free space cannot be read");
    };
    let state = match free {
        free if free < NO_DISK => State::Bad,
        free if free < LOW_DISK => State::Note,
        _ => State::Good,
    };
    let sentence = format!("{} has {} MB free", folder.display(), free / 1_000_000);
    findings.add(
        "disk",
        state,
        (state != State::Good).then_some("[server] data"),
        sentence,
    );
}

fn backup(findings: &mut Findings, folder: &Path) {
    let Some(at) = super::backup::last(folder) else {
        let sentence = "no backup was made from this folder: skein backup FOLDER makes one while the server runs";
        return findings.add("backup", State::Note, None, sentence);
    };
    let days = (SystemClock.wall().0 - at) / DAY_MS;
    let (state, age) = match days {
        ..=0 => (State::Good, "less than a day".to_owned()),
        1 => (State::Good, "a day".to_owned()),
        days if days < 8 => (State::Good, format!("{days} days")),
        days => (State::Note, format!("{days} days")),
    };
    findings.add("backup", state, None, format!("the last one is {age} old"));
}

fn ports(findings: &mut Findings, config: &Config, runs: bool) {
    if runs {
        return findings.add(
            "ports",
            State::Good,
            None,
            "the server runs and holds its ports",
        );
    }
    // The usual place of the figures gives way to whoever has it.
    let metrics = config.metrics.listen.as_ref();
    let metrics = metrics.map(|list| ("metrics", "[metrics] listen", list));
    for (key, setting, list) in [
        ("http", "[server] http", &config.server.http),
        ("tls", "[server] tls", &config.server.tls),
        ("udp", "[server] udp", &config.server.udp),
    ]
    .into_iter()
    .chain(metrics)
    {
        let (section, name) = match key {
            "metrics" => ("metrics", "listen"),
            key => ("server", key),
        };
        let addresses = match listen::addresses_of(section, name, list) {
            Ok(addresses) => addresses,
            Err(error) => {
                findings.add("ports", State::Bad, Some(setting), error.to_string());
                continue;
            }
        };
        if addresses.is_empty() {
            findings.add(
                "ports",
                State::Note,
                Some(setting),
                format!("{key} is turned off"),
            );
        }
        for address in addresses {
            port(findings, key, setting, address);
        }
        let open = list
            .iter()
            .filter_map(|text| text.parse::<SocketAddr>().ok())
            .find(|a| !a.ip().is_loopback());
        if let ("http", Some(open), true) = (key, open, config.server.trusted_proxies.is_empty()) {
            let sentence = format!(
                "plain HTTP on {open} would show passwords to the network: name the proxy in front of it in [server] \
                 trusted_proxies, or use tls"
            );
            findings.add(
                "ports",
                State::Bad,
                Some("[server] trusted_proxies"),
                sentence,
            );
        }
    }
}

fn port(findings: &mut Findings, key: &'static str, setting: &'static str, address: SocketAddr) {
    let tried = match key {
        "udp" => UdpSocket::bind(address).map(drop),
        _ => TcpListener::bind(address).map(drop),
    };
    match tried {
        Ok(()) => findings.add(
            "ports",
            State::Good,
            None,
            format!("{key} {address} is free"),
        ),
        Err(error) if listen::is_missing_family(&error) => {
            findings.add(
                "ports",
                State::Note,
                None,
                format!("{key} {address}: this machine does not have this kind of address"),
            );
        }
        // The dual-stack socket of the trial collides with the IPv4 one just let go: only the server knows better.
        Err(error) => findings.add(
            "ports",
            State::Bad,
            Some(setting),
            format!("{key} {address}: {error}; change {setting}"),
        ),
    }
}

fn certificate(findings: &mut Findings, config: &Config, folder: &Path) {
    if config.server.tls.is_empty() {
        return;
    }
    install_provider();
    if config.server.certificate.is_none() && !folder.join("tls/certificate.pem").exists() {
        return findings.add(
            "certificate",
            State::Good,
            None,
            "one will be made at the first start",
        );
    }
    let now = SystemClock.wall();
    // Only looked at: making a new one is the server's own affair.
    let source = match certificate_source(config, folder) {
        Source::SelfMade { folder, .. } => Source::Files {
            certificate: folder.join("certificate.pem"),
            key: folder.join("key.pem"),
        },
        files @ Source::Files { .. } => files,
    };
    match Certificates::open(source, now) {
        Ok(certificates) => {
            let days = (certificates.until().0 - now.0) / DAY_MS;
            let (state, sentence) = match days {
                days if days < 0 => (State::Bad, "the certificate has ended".to_owned()),
                days if days < 14 => (State::Note, format!("the certificate ends in {days} days")),
                days => (
                    State::Good,
                    format!(
                        "good for {days} days; SHA-256 {}",
                        certificates.fingerprint()
                    ),
                ),
            };
            findings.add(
                "certificate",
                state,
                (state != State::Good).then_some("[server] certificate"),
                sentence,
            );
        }
        Err(error) => findings.add(
            "certificate",
            State::Bad,
            Some("[server] certificate"),
            error.to_string(),
        ),
    }
}

fn public(findings: &mut Findings, config: &Config) {
    if !config.server.public.is_empty() {
        let sentence = format!(
            "people outside reach this server as {}",
            config.server.public.join(", ")
        );
        return findings.add("public", State::Good, None, sentence);
    }
    let outside = machine::addresses()
        .into_iter()
        .find(|address| !stun::is_internal(*address));
    match outside {
        Some(address) => {
            let sentence = format!("this machine has the public address {address}; a name is friendlier: [server] public");
            findings.add("public", State::Good, None, sentence);
        }
        None => findings.add(
            "public",
            State::Note,
            Some("[server] public"),
            "this machine has inside addresses only; for people outside set [server] public to the outside name and \
             address, and open the tls and udp ports",
        ),
    }
}

fn relay(findings: &mut Findings, config: &Config) {
    let inside: Vec<IpAddr> = machine::addresses()
        .into_iter()
        .filter(|address| !address.is_loopback() && stun::is_internal(*address))
        .filter(|address| !matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local()))
        .collect();
    if !config.turn.allow_peers.is_empty() {
        let list: Vec<String> = config
            .turn
            .allow_peers
            .iter()
            .map(ToString::to_string)
            .collect();
        let sentence = format!("the relay may also reach {}", list.join(", "));
        return findings.add("relay", State::Note, Some("[turn] allow_peers"), sentence);
    }
    let sentence = match inside.first() {
        Some(address) => format!(
            "the relay refuses addresses inside, such as those around {address}; if programs there must be reached \
             through it, set [turn] allow_peers"
        ),
        None => {
            "the relay refuses addresses inside; to allow some, set [turn] allow_peers".to_owned()
        }
    };
    findings.add("relay", State::Good, Some("[turn] allow_peers"), sentence);
}

fn files(findings: &mut Findings) {
    match listen::raise_file_limit() {
        Some(limit) if limit < FEW_FILES => {
            let sentence = format!(
                "only {limit} files may be open at the same time: raise the limit (ulimit -n, LimitNOFILE)"
            );
            findings.add("files", State::Note, None, sentence);
        }
        Some(limit) => findings.add(
            "files",
            State::Good,
            None,
            format!("{limit} files may be open at the same time"),
        ),
        None => findings.add(
            "files",
            State::Good,
            None,
            "any number of files may be open",
        ),
    }
}
