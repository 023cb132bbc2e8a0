//! Objects as a session uses them: bytes in, bytes out, and what nobody refers to any more.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;

use super::{Hub, Inner, Session, sleep_until};
use crate::blobs::{BlobError, Hash, Part};
use crate::command::Done;
use crate::decide::{Answer, Fault, NewObject, Work, repeated};
use crate::error::{Error, Kind};
use crate::id::{ClientId, ObjectId, Timestamp};
use crate::model::{Detail, Object, ObjectState, Relation, may_know};
use crate::store::Keys;
use crate::writer::refuse;

/// Bytes of one piece, at most: below the 1 MiB that proxies usually pass.
pub const MAX_PIECE: usize = 960 * 1024;
/// How long something stays that nothing refers to, unfinished uploads too: a day.
const IDLE_MS: i64 = 24 * 3_600 * 1_000;
/// How often is collected.
const COLLECT: Duration = Duration::from_secs(3_600);
/// How many rounds lie between two sweeps of all blobs.
const SWEEP_EACH: u32 = 24;
/// Objects collected at once.
const COLLECTED_TOGETHER: u32 = 200;
/// Blobs looked up at once.
const SWEPT_TOGETHER: usize = 200;

/// What came of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is kept; the next one begins here.
    To(u64),
    /// It does not begin where the bytes end that are kept: go on here.
    GoOnAt(u64),
}

impl Session {
    /// One's own object with how many of its bytes are kept, or one that one may read.
    ///
    /// # Errors
    /// `not_found` for whoever may not read it.
    pub async fn object(&self, id: ObjectId) -> Result<(Object, u64), Error> {
        let object = self.readable(id).await?;
        let kept = match object.state {
            ObjectState::Uploading => self.hub.inner.blobs.received(id).await,
            ObjectState::Ready | ObjectState::Gone => Ok(object.size.unsigned_abs()),
        };
        Ok((object, kept.map_err(|e| from_blobs(&e))?))
    }

    /// Keep a piece of one's own upload: all of it or nothing.
    ///
    /// # Errors
    /// `object_finished` when there is nothing to be added, `disk_full` when there is no room.
    pub async fn write_object(
        &self,
        id: ObjectId,
        offset: u64,
        piece: Bytes,
    ) -> Result<Written, Error> {
        self.spend(|b| &mut b.commands)?;
        if piece.len() > MAX_PIECE {
            let message = format!("a piece holds up to {MAX_PIECE} bytes: cut the file up");
            return Err(Error::new(Kind::TooLarge, "piece", message).with_limit(MAX_PIECE as u64));
        }
        let object = self.mine(id).await?;
        if object.state != ObjectState::Uploading {
            let message = "this upload is finished: begin another one";
            return Err(Error::new(Kind::Conflict, "object_finished", message));
        }
        let size = object.size.unsigned_abs();
        let ends = offset.checked_add(piece.len() as u64);
        if ends.is_none_or(|end| end > size) {
            let message = format!("this upload was begun with {size} bytes, and this is more");
            return Err(Error::new(Kind::Conflict, "object_size", message).with_limit(size));
        }
        match self.hub.inner.blobs.append(id, offset, piece).await {
            Ok(kept) => Ok(Written::To(kept)),
            Err(BlobError::Offset(kept)) => Ok(Written::GoOnAt(kept)),
            Err(error) => Err(from_blobs(&error)),
        }
    }

    /// Bytes of an object that [`Session::object`] gave: the whole, or its preview.
    ///
    /// # Errors
    /// `unavailable` if they cannot be read.
    pub async fn read_object(
        &self,
        object: &Object,
        part: Part,
        offset: u64,
        length: u32,
    ) -> Result<Bytes, Error> {
        let blob = blob_of(object)?;
        let read = self.hub.inner.blobs.read(blob, part, offset, length);
        read.await.map_err(|e| from_blobs(&e))
    }

    /// How many bytes there are to be read.
    ///
    /// # Errors
    /// `not_found` if there is no preview, `object_unfinished` if the upload goes on.
    pub async fn object_size(&self, object: &Object, part: Part) -> Result<u64, Error> {
        let blob = blob_of(object)?;
        if part == Part::Preview && !object.preview {
            return Err(Error::not_found("preview"));
        }
        let size = self.hub.inner.blobs.size(blob, part);
        size.await.map_err(|e| from_blobs(&e))
    }

    pub(super) async fn begin_object(
        &self,
        name: String,
        size: i64,
        client: ClientId,
    ) -> Result<Done, Error> {
        let room = self.hub.inner.blobs.room().await;
        if room.map_err(|e| from_blobs(&e))? < size.unsigned_abs() {
            return Err(from_blobs(&BlobError::Full));
        }
        let new = NewObject {
            name,
            size,
            client,
            room: self.hub.inner.config.room,
        };
        self.done(Work::BeginObject(self.who, new)).await
    }

    pub(super) async fn size_object(&self, id: ObjectId, size: i64) -> Result<Done, Error> {
        let room = self.hub.inner.blobs.room().await;
        if room.map_err(|e| from_blobs(&e))? < size.unsigned_abs() {
            return Err(from_blobs(&BlobError::Full));
        }
        let room = self.hub.inner.config.room;
        self.done(Work::SizeObject(self.who, id, size, room)).await
    }

    /// Hashes, looks and cleans outside of the writer; then the row says that it is there.
    pub(super) async fn finish_object(&self, id: ObjectId, sent: Hash) -> Result<Done, Error> {
        let object = self.mine(id).await?;
        if object.state == ObjectState::Ready {
            return match repeated(&object, sent) {
                Ok(answer) => Ok(Done {
                    pos: None,
                    value: value_of(answer),
                }),
                Err(Fault::Refused(error)) => Err(error),
                Err(Fault::Need(_)) => Err(Error::unavailable("try again")),
            };
        }
        let inner = &self.hub.inner;
        let _turn = inner.finishing.turn(self.who.account).await;
        // No blob is removed between its writing and its row.
        let _kept = inner.sealing.read().await;
        let sealed = inner.blobs.seal(id, object.size.unsigned_abs(), sent).await;
        let sealed = sealed.map_err(|e| from_blobs(&e))?;
        let who = self.who;
        let done = self
            .done(Work::ReadyObject {
                who,
                id,
                sent,
                sealed,
            })
            .await?;
        if let Err(error) = inner.blobs.discard(id).await {
            tracing::warn!(%error, "the part of an upload was not removed; the next sweep finds it");
        }
        Ok(done)
    }

    pub(super) async fn drop_object(&self, id: ObjectId) -> Result<Done, Error> {
        let object = self.mine(id).await?;
        let done = self.done(Work::DropObject(self.who, id)).await?;
        self.hub.inner.forget_bytes(&[object]).await;
        Ok(done)
    }

    async fn done(&self, work: Work) -> Result<Done, Error> {
        let (pos, answer) = self.hub.write(work).await?;
        Ok(Done {
            pos,
            value: value_of(answer),
        })
    }

    async fn mine(&self, id: ObjectId) -> Result<Object, Error> {
        let found = self.hub.object_row(id).await?;
        found
            .filter(|object| object.owner == self.who.account)
            .ok_or_else(not_found)
    }

    /// Asked each time: whoever lost the right a moment ago reads nothing more.
    async fn readable(&self, id: ObjectId) -> Result<Object, Error> {
        let me = self.who.account;
        let object = self.hub.object_row(id).await?.ok_or_else(not_found)?;
        if object.owner == me {
            return Ok(object);
        }
        if object.state != ObjectState::Ready {
            return Err(not_found());
        }
        let store = &self.hub.inner.store;
        if store.may_read(me, id).await.map_err(|e| refuse(&e))? {
            return Ok(object);
        }
        let keys = Keys {
            accounts: [object.owner].into(),
            relations: [(object.owner, me)].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        let account = rows.accounts.first();
        let theirs = rows.relations.first().cloned();
        let theirs = theirs.unwrap_or_else(|| Relation::nothing(object.owner, me));
        match account {
            Some(account)
                if account.picture == Some(id) && may_know(account, &theirs, Detail::Picture) =>
            {
                Ok(object)
            }
            _ => Err(not_found()),
        }
    }
}

impl Hub {
    async fn object_row(&self, id: ObjectId) -> Result<Option<Object>, Error> {
        let keys = Keys {
            objects: [id].into(),
            ..Keys::default()
        };
        Ok(self.load(&keys).await?.objects.pop())
    }

    /// Collect now what has been idle for a day, and look for blobs that no row names.
    ///
    /// # Errors
    /// If the store or the blobs do not answer.
    pub async fn collect_objects(&self) -> Result<(), Error> {
        self.inner.collect().await?;
        self.inner.sweep().await
    }
}

impl Inner {
    /// Removes objects that nothing refers to: the rows first, then the bytes.
    async fn collect(&self) -> Result<(), Error> {
        loop {
            let before = Timestamp(self.clock.wall().0 - IDLE_MS);
            let idle = self.store.idle_objects(before, COLLECTED_TOGETHER).await;
            let idle = idle.map_err(|e| refuse(&e))?;
            if idle.is_empty() {
                return Ok(());
            }
            let ids = idle.iter().map(|object| object.id).collect();
            self.write(Work::CollectObjects(ids, before)).await?;
            self.forget_bytes(&idle).await;
        }
    }

    /// Removes the bytes of objects whose rows are gone, as far as nothing else is made of them.
    async fn forget_bytes(&self, objects: &[Object]) {
        for object in objects {
            if let Err(error) = self.blobs.discard(object.id).await {
                tracing::warn!(%error, "the part of an upload was not removed; the next sweep finds it");
            }
        }
        let blobs = objects.iter().filter_map(|object| object.sha256).collect();
        if let Err(error) = self.release(&blobs).await {
            tracing::warn!(%error, "blobs were not removed; the next sweep finds them");
        }
    }

    /// Removes those of these blobs that no object is made of.
    async fn release(&self, blobs: &BTreeSet<Hash>) -> Result<(), Error> {
        if blobs.is_empty() {
            return Ok(());
        }
        let _alone = self.sealing.write().await;
        let used = self.store.used_blobs(blobs).await.map_err(|e| refuse(&e))?;
        for blob in blobs.difference(&used) {
            self.blobs.remove(*blob).await.map_err(|e| from_blobs(&e))?;
        }
        Ok(())
    }

    /// Removes blobs and parts that no row names: what a kill left behind.
    async fn sweep(&self) -> Result<(), Error> {
        for first in 0..=u8::MAX {
            let found = self.blobs.beginning(first).await;
            for some in found.map_err(|e| from_blobs(&e))?.chunks(SWEPT_TOGETHER) {
                self.release(&some.iter().copied().collect()).await?;
            }
        }
        let parts = self.blobs.parts().await.map_err(|e| from_blobs(&e))?;
        for some in parts.chunks(SWEPT_TOGETHER) {
            let keys = Keys {
                objects: some.iter().copied().collect(),
                ..Keys::default()
            };
            let rows = self.store.load(&keys).await.map_err(|e| refuse(&e))?;
            let open = |id: &ObjectId| {
                let mut rows = rows.objects.iter();
                rows.any(|o| o.id == *id && o.state == ObjectState::Uploading)
            };
            for id in some.iter().filter(|id| !open(id)) {
                self.blobs.discard(*id).await.map_err(|e| from_blobs(&e))?;
            }
        }
        Ok(())
    }
}

/// Collects and sweeps from time to time.
pub(super) async fn collector(inner: Weak<Inner>) {
    for round in 0_u32.. {
        let Some(hub) = inner.upgrade() else { return };
        let collected = match hub.collect().await {
            Ok(()) if round % SWEEP_EACH == 0 => hub.sweep().await,
            other => other,
        };
        if let Err(error) = collected {
            tracing::warn!(%error, "objects that nothing refers to were not all removed");
        }
        let next = hub.clock.now() + COLLECT;
        tokio::select! {
            () = sleep_until(hub.clock.as_ref(), Some(next)) => {}
            () = hub.jobs.closed() => return,
        }
    }
}

/// Objects by id, for views of messages.
pub(super) fn shared(rows: Vec<Object>) -> impl Iterator<Item = (ObjectId, Arc<Object>)> {
    rows.into_iter().map(|object| (object.id, Arc::new(object)))
}

fn value_of(answer: Answer) -> crate::command::Value {
    match answer {
        Answer::Value(value) => value,
        Answer::Account(_) | Answer::Device(..) | Answer::Begun(_) => crate::command::Value::None,
    }
}

fn blob_of(object: &Object) -> Result<Hash, Error> {
    object.sha256.ok_or_else(|| {
        let message = "the upload of this file is not finished";
        Error::new(Kind::Conflict, "object_unfinished", message)
    })
}

fn not_found() -> Error {
    Error::not_found("file")
}

/// What the asker hears of a failure of the blobs.
fn from_blobs(error: &BlobError) -> Error {
    match error {
        BlobError::Offset(kept) => {
            let message = format!("{kept} bytes of this upload are here: send the rest first");
            Error::new(Kind::Conflict, "object_unfinished", message).with_limit(*kept)
        }
        BlobError::Mismatch => {
            let message = "these are not the bytes that were promised, and they were thrown away: upload them again from the beginning";
            Error::new(Kind::Conflict, "object_sha256", message)
        }
        BlobError::Refused(code, message) => Error::new(Kind::Invalid, code, message.clone()),
        BlobError::Full => {
            tracing::warn!("there is no room on the disk for what people upload");
            let message = "the server has no room for this file now: tell its operator, or try again later; nothing that was accepted is lost";
            Error::new(Kind::Full, "disk_full", message)
        }
        BlobError::Missing => {
            tracing::error!("a blob that an object is made of is not there");
            Error::unavailable("the bytes of this file cannot be found: tell the server's operator")
        }
        BlobError::Away(why) => {
            tracing::warn!(%why, "the blobs cannot be read or written");
            Error::unavailable("the server cannot reach its files at this moment: try again")
        }
    }
}
