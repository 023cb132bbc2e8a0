//! The command line: one file per command. Answers go to standard output, everything else to standard error.

mod account;
pub(crate) mod backup;
mod call;
mod check;
mod export;
mod invite;
mod login;
mod operate;
mod pieces;
mod plain;
mod private;
mod reports;
mod restore;
mod serve;
mod version;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use plain::plain;

use crate::config::{self, Config};

/// A Skype that belongs to the people who use it.
#[derive(Debug, Parser)]
#[command(
    name = "skein",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Skein {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Be the server: accounts, messages, calls, relay, and the browser client
    Serve(serve::Serve),
    /// Look at configuration, ports, certificate, clock and disk; name the setting to change
    Check(check::Check),
    /// Make, list and change accounts
    Account(account::Account),
    /// List what people have reported, and close what is done
    Reports(reports::Reports),
    /// Invite people to this server
    Invite(invite::Invite),
    /// Copy everything that is kept, while the server runs; or look at such a copy
    Backup(backup::Backup),
    /// Put a backup into an empty data folder
    Restore(restore::Restore),
    /// Sign in at a server, and keep the profile for `call`
    Login(login::Login),
    /// Call somebody, with sound from and into files; `echo` is the sound test
    Call(call::Call),
    /// Fetch a copy of your own data into a ZIP file
    Export(export::Export),
    /// Say which version this is
    Version(version::Version),
}

/// How a command ends, when it does not end well.
#[derive(Debug)]
enum Failure {
    /// Exit code 1.
    No(String),
    /// Exit code 2.
    Misuse(String),
}

impl Failure {
    fn no(error: impl std::fmt::Display) -> Self {
        Self::No(error.to_string())
    }

    fn misuse(error: impl std::fmt::Display) -> Self {
        Self::Misuse(error.to_string())
    }
}

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    // For `--help` this is exit code 0, for what cannot be understood 2.
    let skein = Skein::parse();
    let ended = match skein.command {
        Command::Serve(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Account(command) => command.run(),
        Command::Reports(command) => command.run(),
        Command::Invite(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Login(command) => command.run(),
        Command::Call(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Version(command) => command.run(),
    };
    let (message, code) = match ended {
        Ok(()) => return ExitCode::SUCCESS,
        Err(Failure::No(message)) => (message, 1),
        Err(Failure::Misuse(message)) => (message, 2),
    };
    let _ = writeln!(std::io::stderr(), "skein: {}", plain(&message));
    ExitCode::from(code)
}

/// Writes an answer. A reader that is gone does not end the program.
fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let line = line.to_string();
    let _ = writeln!(out, "{}", plain(&line)).and_then(|()| out.flush());
}

/// Writes an answer for programs.
fn say_json(answer: &impl serde::Serialize) {
    let text = serde_json::to_string(answer).expect("answers are plain data");
    say(plain::json(&text));
}

/// The flags that lead to a configuration.
#[derive(Debug, Clone, Args)]
struct ConfigFlags {
    /// The configuration file
    #[arg(long, value_name = "FILE", env = "SKEIN_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// The folder that holds everything
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
}

impl ConfigFlags {
    fn read(&self) -> Result<Config, Failure> {
        // A name or value that is not Unicode cannot be one of ours.
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let mut config =
            config::read(self.config.as_deref(), environment).map_err(Failure::misuse)?;
        if let Some(data) = &self.data {
            config.server.data = Some(data.clone());
        }
        Ok(config)
    }
}
