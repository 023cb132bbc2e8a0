//! `skein backup`: everything that is kept, as it is at one moment, while the server runs.
//!
//! The database first, then the blobs that it names: a blob that somebody may read is never removed before the day after
//! nobody may, so none of them can go meanwhile.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use backend::blobs::{self, Copied};
use clap::Args;
use hub::clock::Clock as _;
use serde::{Deserialize, Serialize};

use super::{ConfigFlags, Failure, say, say_json};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::program::{BLOBS, STORE_FILE, TLS, data_folder};

/// What a backup says of itself, and what the data folder says of the last one.
const MANIFEST: &str = "backup.json";
/// The configuration in a backup.
const CONFIG: &str = "skein.toml";
/// The format of a backup.
const FORMAT: u32 = 1;

/// Copy everything that is kept, while the server runs; or look at such a copy.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// The folder that is made
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// Look whether this backup is whole, and make none
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    config: ConfigFlags,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// What a backup says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    /// The version of the program that made it.
    version: String,
    /// When, in ms.
    at: i64,
    /// `sqlite`: the database is in it; `postgres`: it is not.
    pub(super) store: Kind,
    head: i64,
    accounts: i64,
    messages: i64,
    pub(super) blobs: u64,
    bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Sqlite,
    Postgres,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::no)?;
        let manifest = if self.verify {
            runtime.block_on(verify(&self.to))?
        } else {
            let config = self.config.read()?;
            let folder = data_folder(&config).map_err(Failure::misuse)?;
            let file = self.config.config.as_deref();
            let making = Making::begin(&self.to)?;
            let manifest = runtime.block_on(making.fill(&config, &folder, file))?;
            making.finish(&self.to)?;
            note(&folder, &manifest);
            manifest
        };
        if self.json {
            say_json(&manifest);
            return Ok(());
        }
        let done = if self.verify { "whole" } else { "done" };
        say(format_args!(
            "{done}: {} accounts, {} messages, {} files of {} bytes",
            manifest.accounts, manifest.messages, manifest.blobs, manifest.bytes
        ));
        if manifest.store == Kind::Postgres {
            say(
                "the database is PostgreSQL's: dump it with pg_dump first, then do this, which holds the files",
            );
        }
        Ok(())
    }
}

/// A backup that is being made, beside where it will stand. Dropped before it is finished, it goes.
struct Making {
    folder: PathBuf,
    _lock: File,
    finished: bool,
}

impl Making {
    fn begin(to: &Path) -> Result<Self, Failure> {
        let is_there = || {
            let message = format!("{} exists already: give a new name", to.display());
            Failure::Misuse(message)
        };
        if to.exists() {
            return Err(is_there());
        }
        let mut name = to.file_name().unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err(Failure::Misuse("give the name of a folder".to_owned()));
        }
        name.push(".part");
        let folder = to.with_file_name(name);
        let failed = |error: io::Error| cannot_write(&folder, &error);
        // A folder that holds anything but a backup that was cut off is somebody's.
        let holds = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut all| all.next().is_some());
        if holds(&folder) && !folder.join("lock").exists() {
            if to.exists() {
                return Err(is_there());
            }
            let message = format!(
                "{} is there already and no backup: name another folder",
                folder.display()
            );
            return Err(Failure::Misuse(message));
        }
        make_folder(&folder).map_err(failed)?;
        // One that was killed leaves its folder, and its lock goes with it.
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("another backup is being written to {}", to.display());
                return Err(Failure::No(message));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        // Another one was finished between the look and the lock, and this folder is not its.
        if to.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
            return Err(is_there());
        }
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                fs::remove_dir_all(&path).map_err(failed)?;
            } else if path.file_name().is_some_and(|name| name != "lock") {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        Ok(Self {
            folder,
            _lock: lock,
            finished: false,
        })
    }

    async fn fill(
        &self,
        config: &Config,
        folder: &Path,
        file: Option<&Path>,
    ) -> Result<Manifest, Failure> {
        let mut manifest = Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            at: SystemClock.wall().0,
            store: Kind::Sqlite,
            head: 0,
            accounts: 0,
            messages: 0,
            blobs: 0,
            bytes: 0,
        };
        let from = folder.join(BLOBS);
        let wanted = if config.store.postgres.is_some() {
            manifest.store = Kind::Postgres;
            let all = blobs::all(&from).map_err(|error| cannot_read(&from, &error))?;
            all.into_iter().map(|hash| (hash, false)).collect()
        } else {
            let contents = self.database(folder).await?;
            manifest.head = contents.head;
            manifest.accounts = contents.accounts;
            manifest.messages = contents.messages;
            contents.blobs
        };
        let to = self.folder.join(BLOBS);
        make_folder(&to).map_err(|error| cannot_write(&to, &error))?;
        for (hash, needed) in wanted {
            let copied = blobs::copy(&from, &to, hash);
            match copied.map_err(|error| cannot_write(&self.folder, &error))? {
                Copied::Whole(bytes) => {
                    manifest.blobs += 1;
                    manifest.bytes += bytes;
                }
                Copied::Missing if !needed => {}
                Copied::Missing => return Err(lacks(&from, hash)),
                Copied::Damaged => return Err(damaged(&from, hash)),
            }
        }
        self.settings(config, folder, file)?;
        let text = serde_json::to_string_pretty(&manifest).expect("plain data");
        self.write(MANIFEST, text.as_bytes())?;
        Ok(manifest)
    }

    async fn database(&self, folder: &Path) -> Result<backend::sqlite::Contents, Failure> {
        let from = folder.join(STORE_FILE);
        if !from.exists() {
            let message = format!(
                "{}: nothing is kept here; give the server's own folder by --data, or [server] data",
                folder.display()
            );
            return Err(Failure::No(message));
        }
        let to = self.folder.join(STORE_FILE);
        backend::sqlite::copy(&from, &to)
            .await
            .map_err(Failure::no)?;
        let written = File::open(&to).and_then(|file| {
            private(&to)?;
            file.sync_all()
        });
        written.map_err(|error| cannot_write(&to, &error))?;
        backend::sqlite::contents(&to).await.map_err(Failure::no)
    }

    /// The configuration, and the files that it names.
    fn settings(&self, config: &Config, folder: &Path, file: Option<&Path>) -> Result<(), Failure> {
        if let Some(file) = file {
            self.keep(file, CONFIG)?;
        }
        for name in TLS_FILES {
            let from = folder.join(TLS).join(name);
            if from.exists() {
                self.keep(&from, &format!("{TLS}/{name}"))?;
            }
        }
        for (name, file) in [
            ("certificate.pem", &config.server.certificate),
            ("certificate_key.pem", &config.server.certificate_key),
            ("store_postgres", &config.store.postgres_file),
            ("turn_users", &config.turn.users_file),
            ("turn_shared_secret", &config.turn.shared_secret_file),
        ] {
            if let Some(file) = file {
                self.keep(file, &format!("files/{name}"))?;
            }
        }
        Ok(())
    }

    fn keep(&self, file: &Path, name: &str) -> Result<(), Failure> {
        let bytes = fs::read(file).map_err(|error| cannot_read(file, &error))?;
        self.write(name, &bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = self.folder.join(name);
        let written = || {
            make_folder(path.parent().unwrap_or(&self.folder))?;
            fs::write(&path, bytes)?;
            private(&path)?;
            File::open(&path)?.sync_all()
        };
        written().map_err(|error| cannot_write(&path, &error))
    }

    /// It is whole: now it has its name.
    fn finish(mut self, to: &Path) -> Result<(), Failure> {
        let failed = |error: io::Error| cannot_write(to, &error);
        fs::rename(&self.folder, to).map_err(failed)?;
        self.finished = true;
        // Only now: a folder without it that has not its name is in the way of the next one.
        fs::remove_file(to.join("lock")).map_err(failed)?;
        let above = to.parent().filter(|path| !path.as_os_str().is_empty());
        let above = File::open(above.unwrap_or(Path::new(".")));
        above.and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.finished {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The certificate that the server made.
pub(super) const TLS_FILES: [&str; 2] = ["certificate.pem", "key.pem"];

/// Reads all of a backup.
pub(super) async fn verify(folder: &Path) -> Result<Manifest, Failure> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| {
        Failure::No(format!(
            "{}: {error}; this is no backup of `skein backup`, or not a whole one",
            path.display()
        ))
    })?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| Failure::No(format!("{}: {error}", path.display())))?;
    if manifest.format > FORMAT {
        let message = format!(
            "{} was made by skein {}, which is newer: use that program",
            folder.display(),
            manifest.version
        );
        return Err(Failure::No(message));
    }
    let from = folder.join(BLOBS);
    let wanted = match manifest.store {
        Kind::Sqlite => {
            let contents = backend::sqlite::contents(&folder.join(STORE_FILE)).await;
            let contents = contents.map_err(Failure::no)?;
            let found = (contents.head, contents.accounts, contents.messages);
            if found != (manifest.head, manifest.accounts, manifest.messages) {
                let message = format!(
                    "{} does not hold what {MANIFEST} says: it was changed after it was made",
                    folder.join(STORE_FILE).display()
                );
                return Err(Failure::No(message));
            }
            contents.blobs
        }
        Kind::Postgres => {
            let all = blobs::all(&from).map_err(|error| cannot_read(&from, &error))?;
            all.into_iter().map(|hash| (hash, true)).collect()
        }
    };
    let mut whole = 0;
    for (hash, needed) in wanted {
        match blobs::look(&from, hash).map_err(|error| cannot_read(&from, &error))? {
            Copied::Whole(_) => whole += 1,
            Copied::Missing if !needed => {}
            Copied::Missing => return Err(lacks(&from, hash)),
            Copied::Damaged => return Err(damaged(&from, hash)),
        }
    }
    if whole != manifest.blobs {
        let message = format!(
            "{} holds {whole} files, and was made with {}",
            from.display(),
            manifest.blobs
        );
        return Err(Failure::No(message));
    }
    Ok(manifest)
}

/// When the last backup of a data folder was finished, in ms.
pub(crate) fn last(folder: &Path) -> Option<i64> {
    let text = fs::read_to_string(folder.join(MANIFEST)).ok()?;
    let manifest: Manifest = serde_json::from_str(&text).ok()?;
    Some(manifest.at)
}

/// So that the server and `skein check` know how old the last one is. Whoever may only read does without.
fn note(folder: &Path, manifest: &Manifest) {
    let path = folder.join(MANIFEST);
    let text = serde_json::to_string_pretty(manifest).expect("plain data");
    let written = fs::write(folder.join("backup.json.new"), text)
        .and_then(|()| fs::rename(folder.join("backup.json.new"), &path));
    if let Err(error) = written {
        tracing::warn!(%error, "when the last backup was made could not be noted in the data folder");
    }
}

pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Nobody else reads it.
pub(super) fn private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

fn lacks(folder: &Path, hash: [u8; 32]) -> Failure {
    Failure::No(format!(
        "{} lacks a file that a message carries ({}): the folder was changed by another program, or its disk is damaged",
        folder.display(),
        hex::encode(hash)
    ))
}

fn damaged(folder: &Path, hash: [u8; 32]) -> Failure {
    Failure::No(format!(
        "{}: the bytes of {} are not those that were kept: the disk is damaged; take this file from an older backup",
        folder.display(),
        hex::encode(hash)
    ))
}

pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    Failure::No(format!("{} cannot be read: {error}", path.display()))
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; make room, or give a folder on another disk"
        }
        _ => "",
    };
    Failure::No(format!(
        "{} cannot be written: {error}{hint}",
        path.display()
    ))
}
