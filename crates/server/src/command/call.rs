//! `skein call`: call somebody, with sound from and into files.

use std::path::{Path, PathBuf};

use clap::Args;
use client::call::{Ended, Outcome, Progress, Wanted, place};
use client::profile::Profile;
use client::tls::Fingerprint;
use client::{Connection, Error, Server};
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};
use webapi::skein::EchoPhase;

use super::login::{device_label, eprint, failure, password, runtime};
use super::{Failure, say, say_json};

/// Call somebody. Progress goes to standard error; the exit code is 0 for a call that took place, else 1.
#[derive(Debug, Args)]
pub(super) struct Call {
    /// Whom; `echo` is the sound test
    name: String,
    /// The server's address, instead of the profile of `skein login`
    #[arg(long, value_name = "URL", requires = "user")]
    server: Option<String>,
    /// The account's name at that server
    #[arg(long, value_name = "NAME", requires = "server")]
    user: Option<String>,
    /// Read the password from standard input: its first line
    #[arg(long, requires = "server")]
    password_stdin: bool,
    /// Trust the certificate with this SHA-256, and only it
    #[arg(long, value_name = "SHA256", requires = "server")]
    fingerprint: Option<Fingerprint>,
    /// Use the relay only: the other side learns no address of this machine
    #[arg(long)]
    relay_only: bool,
    /// What to say: PCM WAV of any rate, mono or stereo; without it, silence
    #[arg(long, value_name = "FILE")]
    audio_in: Option<PathBuf>,
    /// Where to keep what is heard: 48 kHz, mono, 16 bits, from answer to hang-up
    #[arg(long, value_name = "FILE")]
    audio_out: Option<PathBuf>,
    /// Where to keep the call's report, JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// The answer for programs.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    call: &'a str,
    to: &'a str,
    answered: bool,
    connected: bool,
    ended: &'a str,
    lasted_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sound_test: Option<&'a serde_json::Value>,
    report: &'a webapi::skein::CallReport,
}

impl Call {
    pub(super) fn run(self) -> Result<(), Failure> {
        let password = match &self.server {
            Some(_) => Some(password(self.password_stdin)?),
            None => None,
        };
        runtime()?.block_on(self.call(password))
    }

    async fn call(self, password: Option<String>) -> Result<(), Failure> {
        let mut signals = Signals::new().map_err(Failure::no)?;
        let mut again = Signals::new().map_err(Failure::no)?;
        let (server, is_guest) = self.sign_in(password).await?;
        let wanted = Wanted {
            to: self.name.clone(),
            relay_only: self.relay_only,
            audio_in: self.audio_in.clone(),
            audio_out: self.audio_out.clone(),
            ..Wanted::default()
        };
        let (hang_up, asked) = tokio::sync::oneshot::channel::<()>();
        let calling = async {
            let connection = Connection::open(&server).await?;
            let stop = async {
                // An error means that nobody will ask any more; then the call ends by itself.
                if asked.await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            place(&server, connection, wanted, tell, stop).await
        };
        let interrupted = async {
            signals.next().await;
            let _ = hang_up.send(());
            again.second().await;
        };
        let outcome = tokio::select! {
            outcome = calling => outcome,
            () = interrupted => return Err(Failure::No("stopped at once".to_owned())),
        };
        if is_guest {
            // The device was made for this call only.
            let _gone = server.sign_out().await;
        }
        self.end(&outcome.map_err(failure)?)
    }

    /// The server as a device of the account, and whether that device was made for this call.
    async fn sign_in(&self, password: Option<String>) -> Result<(Server, bool), Failure> {
        if let (Some(url), Some(user), Some(password)) = (&self.server, &self.user, password) {
            let server = Server::new(url, self.fingerprint).map_err(failure)?;
            let (server, _) = server
                .sign_in(user, &password, &device_label())
                .await
                .map_err(failure)?;
            return Ok((server, true));
        }
        let path = Profile::path().map_err(failure)?;
        let profile = Profile::load(&path).map_err(failure)?.ok_or_else(|| {
            Failure::Misuse("nobody is signed in here: `skein login URL NAME`, or give --server, --user and --password-stdin".into())
        })?;
        Ok((profile.server().map_err(failure)?, false))
    }

    fn end(&self, outcome: &Outcome) -> Result<(), Failure> {
        if let Some(path) = &self.report {
            write(path, &outcome.report_text)?;
        }
        if self.json {
            say_json(&Answer {
                call: &outcome.key.0,
                to: &outcome.callee.name,
                answered: outcome.answered,
                connected: outcome.connected,
                ended: outcome.ended.word(),
                lasted_ms: outcome.lasted.round(),
                sound_test: outcome.sound_test.as_ref().map(|(card, _)| card),
                report: &outcome.report,
            });
        } else if let Some((_, words)) = &outcome.sound_test {
            say(words);
        }
        let whom = &outcome.callee.display;
        match outcome.ended {
            // Busy, declined, nobody there: the caller is never told which.
            Ended::NotAnswered => Err(Failure::No("not answered".to_owned())),
            Ended::Cancelled => Err(Failure::No("given up before it was answered".to_owned())),
            Ended::NoSeal => Err(Failure::No(format!(
                "the call with {whom} could not be sealed"
            ))),
            Ended::HangUp if !outcome.connected => {
                Err(Failure::No("hung up before it was connected".to_owned()))
            }
            _ if !outcome.connected => Err(Failure::No(format!("no way through to {whom}"))),
            Ended::NoPath | Ended::Lost => {
                Err(Failure::No(format!("the call with {whom} broke off")))
            }
            Ended::HangUp | Ended::FarHangUp => {
                eprint(&format!("{}\n", lasted(outcome.lasted)));
                Ok(())
            }
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let refuse = |error: std::io::Error| Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    };
    std::fs::write(path, text).map_err(|error| failure(refuse(error)))
}

fn lasted(ms: f64) -> String {
    let seconds = (ms / 1_000.0).round() as u64;
    format!("the call lasted {}:{:02}", seconds / 60, seconds % 60)
}

/// One line a step.
fn tell(progress: Progress) {
    let line = match progress {
        Progress::Calling(whom) => format!("calling {}", whom.display),
        Progress::Ringing(1) => "ringing on 1 device".to_owned(),
        Progress::Ringing(devices) => format!("ringing on {devices} devices"),
        Progress::Answered => "answered".to_owned(),
        Progress::Connected { local, remote } => format!("connected: {local} to {remote}"),
        Progress::Phase(EchoPhase::Greeting) => "echo is greeting you".to_owned(),
        Progress::Phase(EchoPhase::Listening) => "echo listens".to_owned(),
        Progress::Phase(EchoPhase::Playing) => "this is what arrived".to_owned(),
        Progress::Phase(EchoPhase::Done) => "the sound test is done".to_owned(),
        Progress::Held(true) => "on hold: they hear nothing".to_owned(),
        Progress::Held(false) => "they are back".to_owned(),
        Progress::NoRelay(why) => format!("no relay: {why}"),
        Progress::Searching => "the way was lost; looking for another one".to_owned(),
        Progress::BackAfter(gap) => format!("back after {:.1} s", gap.as_secs_f64()),
        Progress::Waiting(lasts) => {
            format!("they are not there; waiting {} s at most", lasts.as_secs())
        }
        Progress::ServerLost => "the connection to the server broke; the call goes on".to_owned(),
        Progress::ServerBack => "the server is back".to_owned(),
    };
    eprint(&format!("{line}\n"));
}

/// Ctrl-C and the polite way to end a program.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// The second one: the first is heard here, too.
    async fn second(&mut self) {
        self.next().await;
        self.next().await;
    }
}
