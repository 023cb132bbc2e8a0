//! `skein export`: a copy of one's own data, into a file.

use std::path::{Path, PathBuf};

use clap::Args;
use client::Error;
use client::profile::Profile;
use serde::Serialize;
use webapi::skein::ErrorKind;

use super::login::{failure, runtime};
use super::pieces::Pieces;
use super::{Failure, say, say_json};

/// Fetch a copy of your own data, as the profile of `skein login`, into a ZIP file. What has the name is whole; what
/// was cut goes on when it is asked for again.
#[derive(Debug, Args)]
pub(super) struct Export {
    /// The file that is made
    #[arg(value_name = "FILE")]
    to: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    file: &'a Path,
    bytes: u64,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Failure> {
        if self.to.exists() {
            let message = format!("{} exists already: give a new name", self.to.display());
            return Err(Failure::Misuse(message));
        }
        let Some(name) = self.to.file_name() else {
            return Err(Failure::Misuse("give the name of a file".to_owned()));
        };
        let mut part = name.to_owned();
        part.push(".part");
        let folder = self.to.with_file_name(part);
        let profile = Profile::load(&Profile::path().map_err(failure)?).map_err(failure)?;
        let profile = profile.ok_or_else(|| {
            Failure::Misuse("nobody is signed in here: `skein login URL NAME` first".to_owned())
        })?;
        let server = profile.server().map_err(failure)?;
        let whose = format!("{} at {}", profile.name, server.url());
        let mut pieces = Pieces::open(&folder, whose).map_err(Failure::misuse)?;
        let made = runtime()?.block_on(pieces.make(&server, &self.to));
        let bytes = made.map_err(|error| {
            let is_kept = pieces.is_there();
            let kept = if is_kept {
                format!("what has come is kept in {}", folder.display())
            } else {
                "nothing was kept".to_owned()
            };
            // Whoever is let in no more, or meets another certificate, was told what to do.
            let then = match &error {
                Error::Refused(refused) if refused.kind == ErrorKind::Unauthorized => "",
                Error::UnknownCertificate(_)
                | Error::ChangedCertificate { .. }
                | Error::Ended(_) => "",
                _ if is_kept => ": ask once more, and it goes on",
                _ => ": ask once more",
            };
            match error {
                // The server has gone, or the disk is full: nothing was given wrong.
                Error::Address { .. } => failure(error),
                error => Failure::No(format!("{error}; {kept}{then}")),
            }
        })?;
        if self.json {
            let file = &self.to;
            say_json(&Answer { file, bytes });
        } else {
            let name = self.to.display();
            say(format_args!("done: {name}, {bytes} bytes"));
        }
        Ok(())
    }
}
