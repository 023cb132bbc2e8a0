//! Copies of blobs, each looked at: its name is what its bytes must hash to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use hub::blobs::{Hash, Part};
use sha2::{Digest as _, Sha256};

use super::{PREVIEW, make_folder, names};

/// What became of a blob that was to be copied or looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It is whole; so many bytes.
    Whole(u64),
    /// It is not there.
    Missing,
    /// Its bytes are not those of its name.
    Damaged,
}

/// Where a blob lies in the folder `root`.
pub(super) fn place(root: &Path, blob: Hash, part: Part) -> PathBuf {
    let name = hex::encode(blob);
    let ending = match part {
        Part::Whole => "",
        Part::Preview => PREVIEW,
    };
    root.join(&name[..2]).join(format!("{name}{ending}"))
}

/// All blobs in the folder `root`.
///
/// # Errors
/// If the folder cannot be read.
pub fn all(root: &Path) -> io::Result<Vec<Hash>> {
    let mut found = Vec::new();
    for first in 0..=u8::MAX {
        let names = names(&root.join(hex::encode([first])));
        for name in names.map_err(|error| io::Error::other(error.to_string()))? {
            let mut hash = [0; 32];
            if hex::decode_to_slice(&name, &mut hash).is_ok() {
                found.push(hash);
            }
        }
    }
    Ok(found)
}

/// Copies a blob and its preview from one folder to another, and has them on disk.
///
/// # Errors
/// If one cannot be read or the other not be written.
pub fn copy(from: &Path, to: &Path, blob: Hash) -> io::Result<Copied> {
    let target = place(to, blob, Part::Whole);
    make_folder(to)?;
    make_folder(target.parent().unwrap_or(to))?;
    let copied = through(&place(from, blob, Part::Whole), Some(&target), Some(blob))?;
    if matches!(copied, Copied::Whole(_)) {
        let preview = place(to, blob, Part::Preview);
        through(&place(from, blob, Part::Preview), Some(&preview), None)?;
    }
    Ok(copied)
}

/// Reads a blob through.
///
/// # Errors
/// If it cannot be read.
pub fn look(root: &Path, blob: Hash) -> io::Result<Copied> {
    through(&place(root, blob, Part::Whole), None, Some(blob))
}

fn through(from: &Path, to: Option<&Path>, hash: Option<Hash>) -> io::Result<Copied> {
    let mut from = match File::open(from) {
        Ok(from) => from,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Copied::Missing),
        Err(error) => return Err(error),
    };
    let mut target = match to {
        Some(to) => Some(
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(to)?,
        ),
        None => None,
    };
    let (mut digest, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
        bytes += count as u64;
        if let Some(target) = &mut target {
            target.write_all(&buffer[..count])?;
        }
    }
    let found: Hash = digest.finalize().into();
    if hash.is_some_and(|hash| hash != found) {
        drop(target);
        if let Some(to) = to {
            fs::remove_file(to)?;
        }
        return Ok(Copied::Damaged);
    }
    if let Some(target) = target {
        target.sync_all()?;
    }
    Ok(Copied::Whole(bytes))
}
