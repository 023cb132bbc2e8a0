//! The folder of blobs: what is kept through restarts, and what a full disk leaves.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::Arc;

use backend::blobs::{BlobLimits, folder};
use bytes::Bytes;
use hub::blobs::{BlobError, Blobs, Hash, Part};
use hub::id::ObjectId;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use sha2::{Digest as _, Sha256};

const ID: ObjectId = ObjectId(7);

fn at(path: &Path) -> Arc<dyn Blobs> {
    let limits = BlobLimits {
        keep_free: 0,
        ..BlobLimits::default()
    };
    folder(path, limits).expect("a folder")
}

fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn piece(bytes: &'static [u8]) -> Bytes {
    Bytes::from_static(bytes)
}

#[tokio::test]
async fn an_upload_goes_on_where_its_file_ends() {
    let place = tempfile::tempdir().unwrap();
    let blobs = at(place.path());
    assert_eq!(blobs.received(ID).await, Ok(0));
    assert_eq!(blobs.append(ID, 0, piece(b"grey ")).await, Ok(5));
    assert_eq!(
        blobs.append(ID, 0, piece(b"grey ")).await,
        Err(BlobError::Offset(5))
    );
    assert_eq!(
        blobs.append(ID, 6, piece(b"x")).await,
        Err(BlobError::Offset(5))
    );
    // The process ends while something is being written, and begins anew.
    drop(blobs);
    fs::write(place.path().join("tmp/half"), "x").unwrap();
    let blobs = at(place.path());
    assert!(!place.path().join("tmp/half").exists());
    assert_eq!(blobs.parts().await, Ok(vec![ID]));
    assert_eq!(blobs.received(ID).await, Ok(5));
    let whole = hash(b"grey goose");
    assert_eq!(blobs.seal(ID, 10, whole).await, Err(BlobError::Offset(5)));
    assert_eq!(blobs.append(ID, 5, piece(b"goose")).await, Ok(10));
    let sealed = blobs.seal(ID, 10, whole).await.unwrap();
    assert_eq!(
        (sealed.sha256, sealed.size, sealed.pixels),
        (whole, 10, None)
    );
    // Repeated: the answer was lost, or the row was not written.
    assert_eq!(blobs.seal(ID, 10, whole).await, Ok(sealed));
    blobs.discard(ID).await.unwrap();
    blobs.discard(ID).await.unwrap();
    assert_eq!(blobs.size(whole, Part::Whole).await, Ok(10));
    let read = blobs.read(whole, Part::Whole, 5, 100).await.unwrap();
    assert_eq!(&read[..], b"goose");
    assert_eq!(blobs.beginning(whole[0]).await, Ok(vec![whole]));
    blobs.remove(whole).await.unwrap();
    blobs.remove(whole).await.unwrap();
    assert_eq!(
        blobs.size(whole, Part::Whole).await,
        Err(BlobError::Missing)
    );
}

#[tokio::test]
async fn other_bytes_than_promised_are_thrown_away() {
    let place = tempfile::tempdir().unwrap();
    let blobs = at(place.path());
    blobs.append(ID, 0, piece(b"grey goose")).await.unwrap();
    let sealed = blobs.seal(ID, 10, hash(b"grey geese")).await;
    assert_eq!(sealed, Err(BlobError::Mismatch));
    assert_eq!(blobs.received(ID).await, Ok(0), "it begins again");
    assert_eq!(blobs.beginning(hash(b"grey goose")[0]).await, Ok(vec![]));
}

#[tokio::test]
async fn nobody_else_on_the_machine_can_read_them() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("blobs");
    let blobs = at(&root);
    blobs.append(ID, 0, piece(b"grey goose")).await.unwrap();
    let sent = hash(b"grey goose");
    blobs.seal(ID, 10, sent).await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let shelf = root.join(hex::encode(&sent[..1]));
    for (path, wanted) in [
        (root.clone(), 0o700),
        (root.join("uploads"), 0o700),
        (root.join("tmp"), 0o700),
        (shelf.clone(), 0o700),
        (root.join("uploads/7.part"), 0o600),
        (shelf.join(hex::encode(sent)), 0o600),
    ] {
        assert_eq!(mode(&path), wanted, "{}", path.display());
    }
}

/// `/dev/full` answers every write as a full disk does (full(4)).
#[tokio::test]
async fn a_full_disk_refuses_and_keeps_what_was_accepted() {
    let place = tempfile::tempdir().unwrap();
    let blobs = at(place.path());
    let other = ObjectId(8);
    blobs.append(other, 0, piece(b"grey ")).await.unwrap();
    let part = place.path().join("uploads/7.part");
    symlink("/dev/full", &part).unwrap();
    assert_eq!(
        blobs.append(ID, 0, piece(b"grey ")).await,
        Err(BlobError::Full)
    );
    fs::remove_file(&part).unwrap();
    assert_eq!(blobs.received(other).await, Ok(5));
    assert_eq!(
        blobs.append(ID, 0, piece(b"grey ")).await,
        Ok(5),
        "there is room again"
    );

    // What is kept free for the store is not given away either.
    let limits = BlobLimits {
        keep_free: u64::MAX,
        ..BlobLimits::default()
    };
    let blobs = folder(place.path(), limits).unwrap();
    assert_eq!(blobs.room().await, Ok(0));
    assert_eq!(
        blobs.append(ID, 5, piece(b"goose")).await,
        Err(BlobError::Full)
    );
    assert_eq!(blobs.received(ID).await, Ok(5));
}

/// A file that may not grow above 64 MiB takes half of a piece and refuses the rest, as a disk that fills up meanwhile
/// does (setrlimit(2), RLIMIT_FSIZE). Other files of this process stay far below.
#[tokio::test]
async fn a_piece_that_did_not_fit_is_cut_off_again() {
    const MOST: u64 = 64 << 20;
    // Who does not listen to it is ended by it.
    let exceeded = tokio::signal::unix::SignalKind::from_raw(Signal::XFSZ.as_raw());
    let _listening = tokio::signal::unix::signal(exceeded).unwrap();
    let before = getrlimit(Resource::Fsize);
    let limit = Rlimit {
        current: Some(MOST),
        ..before
    };
    let place = tempfile::tempdir().unwrap();
    let blobs = at(place.path());
    let large = Bytes::from(vec![7; 40 << 20]);
    setrlimit(Resource::Fsize, limit).unwrap();
    let kept = blobs.append(ID, 0, large.clone()).await.unwrap();
    let refused = blobs.append(ID, kept, large).await;
    let left = blobs.received(ID).await;
    let small = blobs.append(ID, kept, Bytes::from(vec![7; 1024])).await;
    setrlimit(Resource::Fsize, before).unwrap();
    assert_eq!(refused, Err(BlobError::Full));
    assert_eq!(left, Ok(kept), "not a byte of it");
    assert_eq!(small, Ok(kept + 1024));
}

#[tokio::test]
async fn the_same_bytes_from_many_at_once_are_one_blob() {
    let place = tempfile::tempdir().unwrap();
    let blobs = at(place.path());
    let sent = hash(b"grey goose");
    let mut uploads = tokio::task::JoinSet::new();
    for n in 1..=20 {
        let blobs = blobs.clone();
        uploads.spawn(async move {
            let id = ObjectId(n);
            blobs.append(id, 0, piece(b"grey goose")).await.unwrap();
            let sealed = blobs.seal(id, 10, sent).await.unwrap();
            blobs.discard(id).await.unwrap();
            sealed.sha256
        });
    }
    for found in uploads.join_all().await {
        assert_eq!(found, sent);
    }
    assert_eq!(blobs.beginning(sent[0]).await, Ok(vec![sent]));
    let read = blobs.read(sent, Part::Whole, 0, 100).await.unwrap();
    assert_eq!(&read[..], b"grey goose");
}
