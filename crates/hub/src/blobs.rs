//! The port to the bytes of objects. Declared here, where it is used; `backend` keeps them in a folder.
//!
//! Bytes come in as the *part* of an object, named by its id, and become a *blob*, named by the SHA-256 of what is kept.
//! Nothing here knows who may read what.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::id::ObjectId;

/// A future of this port.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, BlobError>> + Send + 'a>>;

/// The name of a blob: SHA-256 of its bytes.
pub type Hash = [u8; 32];

/// Why the bytes were not taken or given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// The part is as long as this: go on there.
    #[error("the part has {0} bytes")]
    Offset(u64),
    /// The whole is another one than was promised; the part is thrown away.
    #[error("the bytes are not those that were promised")]
    Mismatch,
    /// It cannot be kept as it is: the rule by name, and what to do.
    #[error("{1}")]
    Refused(&'static str, String),
    /// There is no room.
    #[error("there is no room on the disk")]
    Full,
    /// There is no such blob.
    #[error("there is no such blob")]
    Missing,
    /// It does not answer: try again later. The text is for the operator.
    #[error("the blobs cannot be read or written: {0}")]
    Away(String),
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// What is kept.
    pub sha256: Hash,
    /// Its bytes.
    pub size: u64,
    /// What its bytes say it is.
    pub mime: String,
    /// Pixels across and down, of a picture.
    pub pixels: Option<(u32, u32)>,
    /// Whether a preview was made.
    pub preview: bool,
}

/// Which bytes of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The blob itself.
    Whole,
    /// Its smaller picture.
    Preview,
}

/// Where bytes are kept.
pub trait Blobs: Send + Sync + 'static {
    /// Bytes that may still be written; what is kept free for others is taken off.
    fn room(&self) -> Boxed<'_, u64>;

    /// How many bytes of an object's part are kept; 0 if there is none.
    fn received(&self, object: ObjectId) -> Boxed<'_, u64>;

    /// Append to an object's part: all of `bytes`, or nothing. How long it is then. Refused with [`BlobError::Offset`] if it
    /// has another length than `offset`.
    fn append(&self, object: ObjectId, offset: u64, bytes: Bytes) -> Boxed<'_, u64>;

    /// Make a blob of an object's part, which has `size` bytes with the hash `sent`. It is on disk when this returns; the
    /// part stays until [`Blobs::discard`], so that this can be repeated.
    fn seal(&self, object: ObjectId, size: u64, sent: Hash) -> Boxed<'_, Sealed>;

    /// Throw away an object's part, if there is one.
    fn discard(&self, object: ObjectId) -> Boxed<'_, ()>;

    /// How many bytes a blob has.
    fn size(&self, blob: Hash, part: Part) -> Boxed<'_, u64>;

    /// At most `length` bytes of a blob from `offset` on.
    fn read(&self, blob: Hash, part: Part, offset: u64, length: u32) -> Boxed<'_, Bytes>;

    /// Remove a blob and its preview, if they are there.
    fn remove(&self, blob: Hash) -> Boxed<'_, ()>;

    /// All blobs whose name begins with this byte: for the sweep.
    fn beginning(&self, first: u8) -> Boxed<'_, Vec<Hash>>;

    /// All objects that have a part.
    fn parts(&self) -> Boxed<'_, Vec<ObjectId>>;
}
