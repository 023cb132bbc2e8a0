//! `skein login`: sign in at a server once, and keep the profile.

use std::io::{BufRead as _, IsTerminal as _, Read as _, Write as _};

use clap::Args;
use client::profile::Profile;
use client::tls::Fingerprint;
use client::{Error, Server};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use serde::Serialize;

use super::plain::plain;
use super::{Failure, say, say_json};

/// The longest line that is read as a password, in bytes.
const MAX_LINE: u64 = 4 * 1024;

/// Sign in at a server, and keep the profile for `call`. An unknown certificate is shown, asked about once, and pinned.
#[derive(Debug, Args)]
pub(super) struct Login {
    /// The server's address: https://…, or http:// on this machine
    url: String,
    /// The account's name
    name: String,
    /// Read the password from standard input: its first line
    #[arg(long)]
    password_stdin: bool,
    /// Trust the certificate with this SHA-256, and only it, without being asked
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<Fingerprint>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct SignedIn<'a> {
    server: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a str>,
}

impl Login {
    pub(super) fn run(self) -> Result<(), Failure> {
        let path = Profile::path().map_err(failure)?;
        let server =
            runtime()?.block_on(trusted(&self.url, self.fingerprint, !self.password_stdin))?;
        let password = password(self.password_stdin)?;
        let (server, signed_in) = runtime()?
            .block_on(server.sign_in(&self.name, &password, &device_label()))
            .map_err(failure)?;
        let old = Profile::load(&path).ok().flatten();
        let profile = Profile {
            server: server.url().as_str().trim_end_matches('/').to_owned(),
            name: signed_in.account.name,
            token: signed_in.token.unwrap_or_default(),
            fingerprint: server.trust().pin().map(|pin| pin.to_string()),
        };
        profile.save(&path).map_err(failure)?;
        // The device of the profile that was replaced is nobody's now.
        if let Some(old) = old.and_then(|old| old.server().ok()) {
            let _gone = runtime()?.block_on(old.sign_out());
        }
        if self.json {
            say_json(&SignedIn {
                server: &profile.server,
                name: &profile.name,
                fingerprint: profile.fingerprint.as_deref(),
            });
        } else {
            say(format_args!(
                "signed in as {} at {}; kept in {}",
                profile.name,
                profile.server,
                path.display()
            ));
        }
        Ok(())
    }
}

/// A server whose certificate is believed: because the system does, it is the one that was named, or the person says so.
async fn trusted(url: &str, pin: Option<Fingerprint>, may_ask: bool) -> Result<Server, Failure> {
    let server = Server::new(url, pin).map_err(failure)?;
    match server.info().await {
        Ok(_) => Ok(server),
        Err(Error::UnknownCertificate(found)) if may_ask && std::io::stdin().is_terminal() => {
            if !agrees(url, found)? {
                return Err(Failure::No(
                    "the certificate was not accepted; nothing was sent".to_owned(),
                ));
            }
            let server = Server::new(url, Some(found)).map_err(failure)?;
            server.info().await.map_err(failure)?;
            Ok(server)
        }
        Err(error) => Err(failure(error)),
    }
}

fn agrees(url: &str, found: Fingerprint) -> Result<bool, Failure> {
    let groups: Vec<String> = found
        .to_string()
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect();
    eprint(&format!(
        "{url} shows a certificate that is not known here. Its SHA-256 fingerprint:\n\n    {}\n    {}\n\n\
         The server prints its own when it starts. Are they the same? [y/N] ",
        groups[..8].join(" "),
        groups[8..].join(" "),
    ));
    Ok(matches!(line()?.trim(), "y" | "Y" | "yes" | "Yes"))
}

/// The password: the first line of standard input, or asked on the terminal without showing it.
pub(super) fn password(from_stdin: bool) -> Result<String, Failure> {
    let terminal = std::io::stdin().is_terminal();
    let text = if from_stdin || !terminal {
        if !from_stdin {
            return Err(Failure::Misuse(
                "there is no terminal to ask on: give --password-stdin".to_owned(),
            ));
        }
        line()?
    } else {
        eprint("Password: ");
        let text = unseen(line);
        eprint("\n");
        text?
    };
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::Misuse("no password was given".to_owned()));
    }
    Ok(password.to_owned())
}

/// Reads while the terminal does not show what is typed.
fn unseen(read: impl FnOnce() -> Result<String, Failure>) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    let shown = tcgetattr(&stdin).map_err(Failure::no)?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(Failure::no)?;
    let text = read();
    tcsetattr(&stdin, OptionalActions::Now, &shown).map_err(Failure::no)?;
    text
}

fn line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .take(MAX_LINE)
        .read_line(&mut line)
        .map_err(Failure::no)?;
    Ok(line)
}

/// How this device is called in the account's list.
pub(super) fn device_label() -> String {
    let host = crate::machine::host_name().unwrap_or_else(|| "this machine".to_owned());
    format!("skein on {host}").chars().take(60).collect()
}

/// What a client's error means for the exit code: what was given wrong is misuse.
pub(super) fn failure(error: Error) -> Failure {
    match error {
        Error::Address { .. } | Error::File { .. } => Failure::misuse(error),
        error => Failure::no(error),
    }
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(Failure::no)
}

/// Writes for the person, without minding whether anybody reads it.
pub(super) fn eprint(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out
        .write_all(plain(text).as_bytes())
        .and_then(|()| out.flush());
}
