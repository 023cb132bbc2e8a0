//! `skein restore`: a backup becomes a data folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use backend::blobs::{self, Copied};
use clap::Args;

use super::backup::{Kind, TLS_FILES, cannot_read, cannot_write, make_folder, private, verify};
use super::{ConfigFlags, Failure, say};
use crate::program::{BLOBS, RESTORING, STORE_FILE, TLS, data_folder};

/// Put a backup into an empty data folder.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The backup
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    #[command(flatten)]
    config: ConfigFlags,
}

impl Restore {
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.config.read()?;
        let folder = data_folder(&config).map_err(Failure::misuse)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Failure::no)?;
        let manifest = runtime.block_on(verify(&self.from))?;
        empty(&folder)?;
        let failed = |error: std::io::Error| cannot_write(&folder, &error);
        // Until this is gone no server begins here: one that found no database would begin a new one.
        let mark = folder.join(RESTORING);
        make_folder(&folder)
            .and_then(|()| File::create(&mark)?.sync_all())
            .map_err(failed)?;

        let (from, to) = (self.from.join(BLOBS), folder.join(BLOBS));
        make_folder(&to).map_err(failed)?;
        for hash in blobs::all(&from).map_err(|error| cannot_read(&from, &error))? {
            let copied = blobs::copy(&from, &to, hash).map_err(failed)?;
            if !matches!(copied, Copied::Whole(_)) {
                let message = format!("{} changed while it was read", from.display());
                return Err(Failure::No(message));
            }
        }
        for name in TLS_FILES {
            let from = self.from.join(TLS).join(name);
            if from.exists() {
                make_folder(&folder.join(TLS)).map_err(failed)?;
                file(&from, &folder.join(TLS).join(name))?;
            }
        }
        if manifest.store == Kind::Sqlite {
            file(&self.from.join(STORE_FILE), &folder.join(STORE_FILE))?;
        }
        fs::remove_file(&mark).map_err(failed)?;
        File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;

        say(format_args!("restored into {}", folder.display()));
        if manifest.store == Kind::Postgres {
            say("the database is PostgreSQL's: load the dump of pg_dump before the server starts");
        }
        for kept in ["skein.toml", "files"] {
            let kept = self.from.join(kept);
            if kept.exists() {
                say(format_args!(
                    "left where it is, for you to put in its place: {}",
                    kept.display()
                ));
            }
        }
        Ok(())
    }
}

/// Nothing is ever restored over something.
fn empty(folder: &Path) -> Result<(), Failure> {
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot_read(folder, &error)),
    };
    if entries.next().is_some() {
        let message = format!(
            "{} is not empty: move away what is there, or give another folder by --data",
            folder.display()
        );
        return Err(Failure::Misuse(message));
    }
    Ok(())
}

fn file(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::copy(from, to)
        .and_then(|_| {
            private(to)?;
            File::open(to)?.sync_all()
        })
        .map_err(|error| cannot_write(to, &error))
}
