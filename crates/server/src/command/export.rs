//! `skein export`: a copy of one's own data, into a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use client::profile::Profile;
use client::{Error, Server};
use serde::Serialize;

use super::login::{failure, runtime};
use super::{Failure, say, say_json};

/// Fetch a copy of your own data, as the profile of `skein login`, into a ZIP file. What has the name is whole.
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
        let part = self.to.with_file_name(part);
        let profile = Profile::load(&Profile::path().map_err(failure)?).map_err(failure)?;
        let profile = profile.ok_or_else(|| {
            Failure::Misuse("nobody is signed in here: `skein login URL NAME` first".to_owned())
        })?;
        let server = profile.server().map_err(failure)?;
        let bytes = runtime()?.block_on(fetch(&server, &part, &self.to))?;
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

/// Into `part`, which becomes `to` once it is whole; else it goes.
async fn fetch(server: &Server, part: &Path, to: &Path) -> Result<u64, Failure> {
    let mut file = None;
    let fetched = server.export(|piece| {
        // Not before the server has begun: another copy of the same account may be on its way into the same file.
        let file = match &mut file {
            Some(file) => file,
            None => file.insert(create(part).map_err(|error| unwritable(part, &error))?),
        };
        file.write_all(piece)
            .map_err(|error| unwritable(part, &error))
    });
    let fetched = fetched.await;
    let bytes = match (fetched, &file) {
        (Ok(bytes), Some(file)) => {
            let kept = file.sync_all().and_then(|()| fs::rename(part, to));
            kept.map(|()| bytes).map_err(|error| unwritable(to, &error))
        }
        (Ok(_), None) => Err(server_sent_nothing()),
        (Err(error), _) => Err(error),
    };
    bytes.map_err(|error| {
        if file.is_some() {
            let _gone = fs::remove_file(part);
        }
        match error {
            // The server has gone, or the disk is full: nothing was given wrong.
            Error::File { .. } => Failure::no(error),
            Error::Unreachable { .. } => {
                Failure::No(format!("{error}; nothing was kept: ask once more"))
            }
            error => failure(error),
        }
    })
}

fn server_sent_nothing() -> Error {
    Error::Protocol("the copy is empty".to_owned())
}

/// For its owner only. What an interrupted run left there is written over.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
