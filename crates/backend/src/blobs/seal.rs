//! From the part of an upload to a blob.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use hub::blobs::{BlobError, Hash, Part, Sealed};
use hub::id::ObjectId;
use sha2::{Digest as _, Sha256};

use super::picture::{self, Raster};
use super::{Inner, from_io, gone, make_folder};

/// Bytes that tell what a file is.
const HEAD: usize = 8 * 1024;
/// Bytes of a picture: it is cleaned in memory.
const MAX_PICTURE: u64 = 64 << 20;
/// Kinds of pictures that say where they were taken and that cannot be cleaned here.
const UNCLEANABLE: [&str; 4] = ["image/jxl", "image/jp2", "image/vnd.ms-photo", "image/heif"];
/// How TIFF begins, and what camera makers have made of it.
const TIFF: [&[u8]; 8] = [
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"IIRO",
    b"IIRS",
    b"IIU\0",
    b"FUJIFILMCCD-RAW",
];
/// Brands of still pictures in ISO 14496-12 files (ISO 23008-12, AV1 Image File Format).
const BRANDS: [&[u8; 4]; 13] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1",
    b"avif", b"avis", b"crx ",
];

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// A picture that is cleaned.
    Picture(Raster),
    /// Anything else.
    File(&'static str),
}

impl Seen {
    pub(super) fn is_picture(self) -> bool {
        matches!(self, Self::Picture(_))
    }
}

/// What a file is, as its first bytes say.
///
/// # Errors
/// Pictures that cannot be cleaned are refused.
pub(super) fn sniff(head: &[u8]) -> Result<Seen, BlobError> {
    if let Some(raster) = Raster::of(head) {
        return Ok(Seen::Picture(raster));
    }
    let mime = infer::get(head).map_or("application/octet-stream", |kind| kind.mime_type());
    let is_tiff = TIFF.iter().any(|begin| head.starts_with(begin));
    if is_tiff || is_still(head) || UNCLEANABLE.contains(&mime) {
        let message = "a picture of this kind (HEIC, AVIF, TIFF, of a camera, …) may say where it was taken, and that \
             cannot be taken out here: send it as JPEG or PNG, or in an archive";
        return Err(BlobError::Refused("picture_kind", message.into()));
    }
    Ok(Seen::File(mime))
}

/// Whether one of the brands of such a file is that of a still picture: the major one, or a compatible one (§4.3).
fn is_still(head: &[u8]) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<4>() else {
        return false;
    };
    let Some(brands) = rest.strip_prefix(b"ftyp") else {
        return false;
    };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(0);
    let brands = &brands[..brands.len().min(length.saturating_sub(8))];
    let mut brands = brands.chunks_exact(4);
    brands.any(|brand| BRANDS.iter().any(|known| known[..] == *brand))
}

impl Inner {
    /// Whether the part is what was promised, and what it is.
    pub(super) fn look(&self, object: ObjectId, size: u64, sent: Hash) -> Result<Seen, BlobError> {
        let path = self.part(object);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BlobError::Offset(0));
            }
            other => other.map_err(|e| from_io(&e))?,
        };
        let kept = file.metadata().map_err(|e| from_io(&e))?.len();
        if kept < size {
            return Err(BlobError::Offset(kept));
        }
        let (mut hash, mut head) = (Sha256::new(), Vec::new());
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = file.read(&mut buffer).map_err(|e| from_io(&e))?;
            if count == 0 {
                break;
            }
            let bytes = &buffer[..count];
            hash.update(bytes);
            head.extend_from_slice(&bytes[..count.min(HEAD.saturating_sub(head.len()))]);
        }
        if hash.finalize()[..] != sent {
            drop(file);
            gone(&path)?;
            return Err(BlobError::Mismatch);
        }
        sniff(&head)
    }

    /// Keeps it.
    pub(super) fn keep(
        &self,
        object: ObjectId,
        size: u64,
        sent: Hash,
        seen: Seen,
    ) -> Result<Sealed, BlobError> {
        let part = self.part(object);
        let raster = match seen {
            Seen::File(mime) => {
                self.keep_file(&part, sent)?;
                return Ok(Sealed {
                    sha256: sent,
                    size,
                    mime: mime.to_owned(),
                    pixels: None,
                    preview: false,
                });
            }
            Seen::Picture(raster) => raster,
        };
        if size > MAX_PICTURE {
            let message = format!(
                "a picture holds up to {MAX_PICTURE} bytes: make it smaller, or send it in an archive"
            );
            return Err(BlobError::Refused("picture_bytes", message));
        }
        let bytes = fs::read(&part).map_err(|e| from_io(&e))?;
        let picture = picture::clean(&bytes, raster, self.limits.pixels)?;
        drop(bytes);
        let sha256: Hash = Sha256::digest(&picture.bytes).into();
        if let Some(preview) = &picture.preview {
            self.keep_bytes(preview, sha256, Part::Preview)?;
        }
        self.keep_bytes(&picture.bytes, sha256, Part::Whole)?;
        Ok(Sealed {
            sha256,
            size: picture.bytes.len() as u64,
            mime: raster.mime().to_owned(),
            pixels: Some((picture.width, picture.height)),
            preview: picture.preview.is_some(),
        })
    }

    /// The part under a second name: it stays until the row is written, so that this can be repeated.
    fn keep_file(&self, part: &Path, blob: Hash) -> Result<(), BlobError> {
        let target = self.blob(blob, Part::Whole);
        let linked = (|| {
            File::open(part)?.sync_all()?;
            self.make_shelf(&target)?;
            match fs::hard_link(part, &target) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Not every file system has second names.
                Err(_) => {
                    let temporary = self.temporary();
                    fs::copy(part, &temporary)?;
                    File::open(&temporary)?.sync_all()?;
                    fs::rename(&temporary, &target)?;
                }
                Ok(()) => {}
            }
            sync_folder_of(&target)
        })();
        linked.map_err(|e: io::Error| from_io(&e))
    }

    fn keep_bytes(&self, bytes: &[u8], blob: Hash, which: Part) -> Result<(), BlobError> {
        if self.room()? < bytes.len() as u64 {
            return Err(BlobError::Full);
        }
        let (target, temporary) = (self.blob(blob, which), self.temporary());
        let written = (|| {
            let mut options = OpenOptions::new();
            let mut file = options
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&temporary)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            self.make_shelf(&target)?;
            fs::rename(&temporary, &target)?;
            sync_folder_of(&target)
        })();
        written.map_err(|error: io::Error| {
            let _as_it_was = fs::remove_file(&temporary);
            from_io(&error)
        })
    }

    fn temporary(&self) -> std::path::PathBuf {
        let name = format!("{:032x}", rand::random::<u128>());
        self.root.join("tmp").join(name)
    }

    fn make_shelf(&self, target: &Path) -> io::Result<()> {
        if let Some(shelf) = target.parent()
            && !shelf.exists()
        {
            make_folder(shelf)?;
            File::open(&self.root)?.sync_all()?;
        }
        Ok(())
    }
}

/// A name is on disk when its folder is.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_is_said_by_its_bytes() {
        let table: [(&[u8], Seen); 7] = [
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Seen::Picture(Raster::Jpeg)),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Seen::Picture(Raster::Png)),
            (b"GIF89a\x01\0\x01\0", Seen::Picture(Raster::Gif)),
            (b"RIFF\x04\0\0\0WEBPVP8 ", Seen::Picture(Raster::Webp)),
            (b"%PDF-1.7\n", Seen::File("application/pdf")),
            (
                b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
                Seen::File("video/mp4"),
            ),
            (b"<svg onload=", Seen::File("application/octet-stream")),
        ];
        for (head, seen) in table {
            assert_eq!(sniff(head), Ok(seen), "{head:?}");
        }
        assert!(!matches!(
            sniff(b"<!DOCTYPE html><script>"),
            Ok(Seen::Picture(_))
        ));
        for head in [
            &b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"[..],
            b"\0\0\0\x18ftypisom\0\0\0\0isomavif",
            b"II*\0\x08\0\0\0",
            b"MM\0*\0\0\0\x08",
        ] {
            let refused = sniff(head).expect_err("it cannot be cleaned");
            assert!(matches!(refused, BlobError::Refused("picture_kind", _)));
        }
    }
}
