//! What `skein export` has fetched so far, in a folder beside the file that it becomes: the lists as one ZIP file, and each file by the
//! hash of its bytes. So a copy that was cut goes on: what is there with the right hash is not fetched again, and what came in
//! half is asked for from there on.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use client::{Error, Server};
use sha2::{Digest as _, Sha256};
use webapi::skein::{ErrorKind, ObjectInfo};

use super::private::{self, created, writable};
use crate::api::zip::{self, Zip};

/// Lists older than this are fetched anew; the files are not.
const FRESH: Duration = Duration::from_secs(24 * 3_600);
/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;
/// The name of the file that says whose data these are; who writes here holds a lock on it.
const WHOSE: &str = "whose";
const LISTS: &str = "lists.zip";
const NEW_LISTS: &str = "lists.new";
const WHOLE: &str = "whole.zip";

/// The folder.
#[derive(Debug)]
pub(super) struct Pieces {
    folder: PathBuf,
    whose: String,
    /// Locked, once the folder is there.
    lock: Option<File>,
}

impl Pieces {
    /// Of the copy that `whose` makes; what an earlier run left there counts.
    ///
    /// # Errors
    /// [`Error::File`] if it is anything else's, or another program writes there now.
    pub(super) fn open(folder: &Path, whose: String) -> Result<Self, Error> {
        let mut pieces = Self {
            folder: folder.to_owned(),
            whose,
            lock: None,
        };
        if pieces.is_made()? {
            pieces.begin()?;
        }
        Ok(pieces)
    }

    /// Whether an earlier run, or this one, has left something.
    pub(super) fn is_there(&self) -> bool {
        self.lock.is_some()
    }

    /// Fetches what is missing, and puts all of it into `to`: how many bytes that has.
    pub(super) async fn make(&mut self, server: &Server, to: &Path) -> Result<u64, Error> {
        self.lists(server).await?;
        let path = self.path(LISTS);
        let mut lists = File::open(&path).map_err(|error| wrong(&path, error))?;
        let zip = Zip::go_on(&mut lists).map_err(|error| wrong(&path, error))?;
        let files = listed(&mut lists, &zip).map_err(|error| wrong(&path, error))?;
        let mut there = Vec::new();
        for file in files {
            // A server that knows no copies without files has put them in.
            let is_in = zip.find(&zip::file_name(&file.id.0, &file.name)).is_some();
            if !is_in && self.file(server, &file).await? {
                there.push(file);
            }
        }
        let whole = self.path(WHOLE);
        let bytes = self
            .join(lists, zip, &there, &whole)
            .map_err(|error| wrong(&whole, error))?;
        fs::rename(&whole, to).map_err(|error| wrong(to, error))?;
        // What is left of the pieces is no part of the copy; whoever cannot remove them sees them.
        private::remove(&self.folder, is_piece);
        Ok(bytes)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether the folder is there, and ours and nobody else's.
    fn is_made(&self) -> Result<bool, Error> {
        private::is_there(&self.folder, WHOSE).map_err(|why| wrong(&self.folder, why))
    }

    /// Makes the folder for its owner only, or finds it; from then on it is this program's.
    fn begin(&mut self) -> Result<(), Error> {
        if self.lock.is_some() {
            return Ok(());
        }
        if !self.is_made()? {
            private::make(&self.folder).map_err(|error| wrong(&self.folder, error))?;
        }
        let path = self.path(WHOSE);
        let mut file = writable(&path).map_err(|error| wrong(&path, error))?;
        if file.try_lock().is_err() {
            let why = "another `skein export` makes this copy now: wait until it has ended";
            return Err(wrong(&self.folder, why));
        }
        let mut said = String::new();
        let read = (&file).take(1_000).read_to_string(&mut said);
        read.map_err(|error| wrong(&path, error))?;
        if said.is_empty() {
            let written = file.write_all(self.whose.as_bytes());
            written.map_err(|error| wrong(&path, error))?;
        } else if said != self.whose {
            let why = format!(
                "it holds half a copy of {said}, not of {}: remove it, or give another name",
                self.whose
            );
            return Err(wrong(&self.folder, why));
        }
        self.lock = Some(file);
        Ok(())
    }

    /// Everything but the files, unless it is there and of today.
    async fn lists(&mut self, server: &Server) -> Result<(), Error> {
        let path = self.path(LISTS);
        let written = fs::metadata(&path).and_then(|of| of.modified());
        let is_fresh = written.is_ok_and(|at| {
            SystemTime::now()
                .duration_since(at)
                .is_ok_and(|age| age < FRESH)
        });
        if is_fresh
            && File::open(&path)
                .and_then(|mut file| Zip::go_on(&mut file))
                .is_ok()
        {
            return Ok(());
        }
        let was_there = self.is_there();
        let new = self.path(NEW_LISTS);
        let mut file = None;
        let fetched = server.export(false, |piece| {
            // Not before the server has begun: it refuses a second copy of the same account.
            let file = match &mut file {
                Some(file) => file,
                None => {
                    self.begin()?;
                    file.insert(created(&new).map_err(|error| wrong(&new, error))?)
                }
            };
            file.write_all(piece).map_err(|error| wrong(&new, error))
        });
        let fetched = fetched.await;
        let kept = match (fetched, file) {
            (Ok(_), Some(file)) => file
                .sync_all()
                .and_then(|()| fs::rename(&new, &path))
                .map_err(|error| wrong(&path, error)),
            (Ok(_), None) => Err(Error::Protocol("the copy is empty".to_owned())),
            (Err(error), _) => Err(error),
        };
        if kept.is_err() && !was_there && self.lock.take().is_some() {
            // Half a list is worth nothing.
            private::remove(&self.folder, is_piece);
        }
        kept
    }

    /// One file, by its hash; whether there is one: it may have been removed since the list was made.
    async fn file(&self, server: &Server, of: &ObjectInfo) -> Result<bool, Error> {
        let Some(hash) = hash_of(of) else {
            return Ok(false);
        };
        let (path, half) = (self.path(hash), self.path(&format!("{hash}.half")));
        if is_it(&path, hash) {
            return Ok(true);
        }
        let size = of.size.unsigned_abs();
        let mut file = writable(&half).map_err(|error| wrong(&half, error))?;
        let there = file.metadata().map_err(|error| wrong(&half, error))?.len();
        let from = if there < size { there } else { 0 };
        let fetched = server.content(&of.id, from, |at, piece| {
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.write_all(piece))
                .map_err(|error| wrong(&half, error))
        });
        match fetched.await {
            Ok(()) => {}
            Err(Error::Refused(refusal)) if refusal.kind == ErrorKind::NotFound => {
                let _left = fs::remove_file(&half);
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let ended = file.set_len(size).and_then(|()| file.sync_all());
        ended.map_err(|error| wrong(&half, error))?;
        if !is_it(&half, hash) {
            let _gone = fs::remove_file(&half);
            let why = format!("what came of the file “{}” is not what it is", of.name);
            return Err(Error::Protocol(why));
        }
        fs::rename(&half, &path).map_err(|error| wrong(&path, error))?;
        Ok(true)
    }

    /// The lists without their end, then the files, then the end.
    fn join(
        &self,
        mut lists: File,
        mut zip: Zip,
        files: &[ObjectInfo],
        whole: &Path,
    ) -> io::Result<u64> {
        let mut out = created(whole)?;
        let made = about(&mut lists, &zip)?;
        lists.rewind()?;
        io::copy(&mut lists.take(zip.offset()), &mut out)?;
        let mut chunk = vec![0; CHUNK];
        for of in files {
            let mut file = File::open(self.path(hash_of(of).unwrap_or_default()))?;
            zip.begin(&zip::file_name(&of.id.0, &of.name), made);
            loop {
                let read = file.read(&mut chunk)?;
                if read == 0 {
                    break;
                }
                zip.add(&chunk[..read]);
                out.write_all(&zip.take())?;
            }
        }
        out.write_all(&zip.finish())?;
        out.sync_all()?;
        Ok(out.metadata()?.len())
    }
}

/// The files that the lists name, each once.
fn listed(lists: &mut File, zip: &Zip) -> io::Result<Vec<ObjectInfo>> {
    let (mut files, mut ids) = (Vec::new(), BTreeSet::new());
    for line in BufReader::new(entry(lists, zip, "files.jsonl")?).lines() {
        let file: ObjectInfo = serde_json::from_str(&line?)?;
        if hash_of(&file).is_some() && ids.insert(file.id.0.clone()) {
            files.push(file);
        }
    }
    Ok(files)
}

/// When the lists were made, in ms since 1970.
fn about(lists: &mut File, zip: &Zip) -> io::Result<i64> {
    let about: serde_json::Value = serde_json::from_reader(entry(lists, zip, "about.json")?)?;
    Ok(about["made"].as_i64().unwrap_or_default())
}

fn entry<'a>(lists: &'a mut File, zip: &Zip, name: &str) -> io::Result<io::Take<&'a mut File>> {
    let (at, size) = zip
        .find(name)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("it has no {name}")))?;
    lists.seek(SeekFrom::Start(at))?;
    Ok(lists.take(size))
}

/// Its hash, which is the name of a file here: nothing else may be one.
fn hash_of(of: &ObjectInfo) -> Option<&str> {
    of.sha256.as_deref().filter(|hash| is_hash(hash))
}

fn is_hash(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a name in the folder is one that is given here.
fn is_piece(name: &str) -> bool {
    [WHOSE, LISTS, NEW_LISTS, WHOLE].contains(&name)
        || is_hash(name.strip_suffix(".half").unwrap_or(name))
}

/// Whether a file is there with these bytes.
fn is_it(path: &Path, hash: &str) -> bool {
    let mut hasher = Sha256::new();
    let Ok(mut file) = File::open(path) else {
        return false;
    };
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return hex::encode(hasher.finalize()) == hash,
            Ok(read) => hasher.update(&chunk[..read]),
            Err(_) => return false,
        }
    }
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::File {
        path: path.to_owned(),
        why: why.to_string(),
    }
}
