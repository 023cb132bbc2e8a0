//! The bytes of objects, in a folder.
//!
//! `uploads/ID.part` are uploads that go on, `ab/HASH` are blobs, `ab/HASH.preview` their smaller pictures, and `tmp/` what is
//! being written; the last is emptied at the start. Folders are for their owner only. A blob is synced before it has its name.

mod copy;
mod gif;
mod jpeg;
mod picture;
mod png;
mod seal;
mod webp;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hub::blobs::{BlobError, Blobs, Boxed, Hash, Part, Sealed};
use hub::id::ObjectId;
use tokio::sync::{Mutex, Semaphore};

pub use copy::{Copied, all, copy, look};
pub use picture::{Picture, Raster, clean};

use crate::OpenError;

/// Uploads that are written at the same time without waiting for each other, about.
const TURNS: usize = 64;
/// Ending of the file of an upload.
const PART: &str = ".part";
/// Ending of the file of a preview.
const PREVIEW: &str = ".preview";

/// What the operator decides about blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlobLimits {
    /// Bytes of the disk that stay free for the store and the log.
    pub keep_free: u64,
    /// Pixels of a picture.
    pub pixels: u64,
    /// Pictures that are cleaned at the same time.
    pub pictures: usize,
}

impl Default for BlobLimits {
    fn default() -> Self {
        Self {
            keep_free: 256 << 20,
            pixels: 50_000_000,
            pictures: 1,
        }
    }
}

/// Opens the folder, makes it if there is none, and empties what was being written.
///
/// # Errors
/// A sentence for the operator: the folder cannot be read and written.
pub fn folder(path: &Path, limits: BlobLimits) -> Result<Arc<dyn Blobs>, OpenError> {
    let away = |error: io::Error| OpenError::Away {
        place: path.display().to_string(),
        why: error.to_string(),
    };
    let temporary = path.join("tmp");
    match fs::remove_dir_all(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(away(error)),
        _ => {}
    }
    for folder in [path, &temporary, &path.join("uploads")] {
        make_folder(folder).map_err(away)?;
    }
    let inner = Inner {
        root: path.to_owned(),
        limits,
    };
    Ok(Arc::new(Folder {
        inner: Arc::new(inner),
        turns: (0..TURNS).map(|_| Arc::default()).collect(),
        pool: Arc::new(Semaphore::new(limits.pictures.max(1))),
    }))
}

struct Folder {
    inner: Arc<Inner>,
    /// Whoever writes to an upload holds the one of its number.
    turns: Vec<Arc<Mutex<()>>>,
    /// Pictures hold one each while they are decoded.
    pool: Arc<Semaphore>,
}

/// Paths, and work that waits for the disk.
struct Inner {
    root: PathBuf,
    limits: BlobLimits,
}

impl Folder {
    /// Runs something that waits for the disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Inner) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let inner = self.inner.clone();
        tokio::task::spawn_blocking(move || run(&inner))
            .await
            .map_err(|error| BlobError::Away(error.to_string()))?
    }

    /// The same, alone with this upload, also when whoever asked has gone.
    async fn in_turn<T: Send + 'static>(
        &self,
        object: ObjectId,
        run: impl FnOnce(&Inner) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        // The low bits of an id are a count that is mostly 0, those above are milliseconds (`hub::id::Mint`).
        let id = object.0.unsigned_abs();
        let turn = usize::try_from((id ^ (id >> 21)) % TURNS as u64).unwrap_or(0);
        let turn = self.turns[turn].clone().lock_owned().await;
        self.on_disk(move |inner| {
            let done = run(inner);
            drop(turn);
            done
        })
        .await
    }
}

impl Blobs for Folder {
    fn room(&self) -> Boxed<'_, u64> {
        Box::pin(self.on_disk(Inner::room))
    }

    fn received(&self, object: ObjectId) -> Boxed<'_, u64> {
        Box::pin(
            self.on_disk(move |inner| match fs::metadata(inner.part(object)) {
                Ok(found) => Ok(found.len()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
                Err(error) => Err(from_io(&error)),
            }),
        )
    }

    fn append(&self, object: ObjectId, offset: u64, bytes: Bytes) -> Boxed<'_, u64> {
        Box::pin(self.in_turn(object, move |inner| inner.append(object, offset, &bytes)))
    }

    fn seal(&self, object: ObjectId, size: u64, sent: Hash) -> Boxed<'_, Sealed> {
        Box::pin(async move {
            let seen = self
                .in_turn(object, move |inner| inner.look(object, size, sent))
                .await?;
            // Bytes of a picture are read only when it is its turn.
            let place = if seen.is_picture() {
                let place = self.pool.clone().acquire_owned().await;
                Some(place.map_err(|_| BlobError::Away("the pool is closed".into()))?)
            } else {
                None
            };
            self.in_turn(object, move |inner| {
                let sealed = inner.keep(object, size, sent, seen);
                drop(place);
                sealed
            })
            .await
        })
    }

    fn discard(&self, object: ObjectId) -> Boxed<'_, ()> {
        Box::pin(self.in_turn(object, move |inner| gone(&inner.part(object))))
    }

    fn size(&self, blob: Hash, part: Part) -> Boxed<'_, u64> {
        Box::pin(self.on_disk(move |inner| {
            let found = fs::metadata(inner.blob(blob, part)).map_err(|e| from_io(&e))?;
            Ok(found.len())
        }))
    }

    fn read(&self, blob: Hash, part: Part, offset: u64, length: u32) -> Boxed<'_, Bytes> {
        Box::pin(self.on_disk(move |inner| {
            read_at(&inner.blob(blob, part), offset, length).map_err(|e| from_io(&e))
        }))
    }

    fn remove(&self, blob: Hash) -> Boxed<'_, ()> {
        Box::pin(self.on_disk(move |inner| {
            gone(&inner.blob(blob, Part::Preview))?;
            gone(&inner.blob(blob, Part::Whole))
        }))
    }

    fn beginning(&self, first: u8) -> Boxed<'_, Vec<Hash>> {
        Box::pin(self.on_disk(move |inner| {
            let mut found = Vec::new();
            for name in names(&inner.root.join(hex::encode([first])))? {
                let name = name.strip_suffix(PREVIEW).unwrap_or(&name);
                let mut hash = [0; 32];
                if hex::decode_to_slice(name, &mut hash).is_ok() {
                    found.push(hash);
                }
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        }))
    }

    fn parts(&self) -> Boxed<'_, Vec<ObjectId>> {
        Box::pin(self.on_disk(|inner| {
            let names = names(&inner.root.join("uploads"))?;
            let id = |name: &String| name.strip_suffix(PART)?.parse().ok();
            Ok(names.iter().filter_map(id).collect())
        }))
    }
}

impl Inner {
    fn part(&self, object: ObjectId) -> PathBuf {
        self.root.join("uploads").join(format!("{object}{PART}"))
    }

    fn blob(&self, blob: Hash, part: Part) -> PathBuf {
        copy::place(&self.root, blob, part)
    }

    fn room(&self) -> Result<u64, BlobError> {
        let found = rustix::fs::statvfs(&self.root).map_err(|e| from_io(&e.into()))?;
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        Ok(free.saturating_sub(self.limits.keep_free))
    }

    fn append(&self, object: ObjectId, offset: u64, bytes: &[u8]) -> Result<u64, BlobError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let mut file = options.open(self.part(object)).map_err(|e| from_io(&e))?;
        let kept = file.metadata().map_err(|e| from_io(&e))?.len();
        if kept != offset {
            return Err(BlobError::Offset(kept));
        }
        if self.room()? < bytes.len() as u64 {
            return Err(BlobError::Full);
        }
        if let Err(error) = file.write_all(bytes) {
            // Some of it may be there: the offset stays where it was told.
            let _as_it_was = file.set_len(kept);
            return Err(from_io(&error));
        }
        Ok(kept + bytes.len() as u64)
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

fn read_at(path: &Path, offset: u64, length: u32) -> io::Result<Bytes> {
    let file = File::open(path)?;
    let left = file.metadata()?.len().saturating_sub(offset);
    let length = usize::try_from(left.min(u64::from(length))).unwrap_or(0);
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes.into())
}

fn gone(path: &Path) -> Result<(), BlobError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(from_io(&error)),
        _ => Ok(()),
    }
}

fn names(folder: &Path) -> Result<Vec<String>, BlobError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(from_io(&error)),
    };
    entries
        .filter_map(|entry| match entry {
            Ok(entry) => entry.file_name().into_string().ok().map(Ok),
            Err(error) => Some(Err(from_io(&error))),
        })
        .collect()
}

fn from_io(error: &io::Error) -> BlobError {
    use io::ErrorKind as E;
    match error.kind() {
        E::StorageFull | E::QuotaExceeded | E::FileTooLarge => BlobError::Full,
        E::NotFound => BlobError::Missing,
        _ => BlobError::Away(error.to_string()),
    }
}
