//! Objects (files and pictures), who may read them, and the room they take. Their bytes lie elsewhere: see
//! [`crate::blobs`].

use super::stored_enum;
use crate::id::{AccountId, ClientId, DeviceId, MessageId, ObjectId, Pos, StreamId, Timestamp};

/// Most objects of one message.
pub const MAX_OBJECTS: usize = 32;
/// Most grants of one object.
pub const MAX_GRANTS: usize = 100;
/// Code points of an object's name.
pub const MAX_OBJECT_NAME: usize = 200;
/// The message of a grant that is the picture of a person or a group.
pub const PICTURE: MessageId = Pos(0);
/// Whose usage is that of all.
pub const ALL: AccountId = AccountId(0);
/// Types of pictures that every browser shows and that cannot run anything. Only these are pictures here.
pub const RASTER: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

stored_enum! {
    /// How far an object is.
    ObjectState {
        /// Bytes are coming in.
        Uploading = 0,
        /// Whole.
        Ready = 1,
        /// Removed: the row and its grants go when it is written.
        Gone = 2,
    }
}

/// A file or picture; its bytes are kept by their hash beside the store. Unique by id, and by (device, client id).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Its id.
    pub id: ObjectId,
    /// Whose.
    pub owner: AccountId,
    /// With which device it was begun.
    pub device: DeviceId,
    /// What that device called it.
    pub client: ClientId,
    /// SHA-256 of the command that made it, so that a repeat is known.
    pub digest: [u8; 32],
    /// Its name, cleaned.
    pub name: String,
    /// Its size in bytes: that was promised while it is uploaded, then that is kept.
    pub size: i64,
    /// Its type as its bytes say; empty until it is whole.
    pub mime: String,
    /// SHA-256 of the bytes that are kept, once it is whole.
    pub sha256: Option<[u8; 32]>,
    /// SHA-256 of the bytes that were sent; cleaning a picture changes it.
    pub sent: Option<[u8; 32]>,
    /// Pixels across, of a picture.
    pub width: Option<i32>,
    /// Pixels down, of a picture.
    pub height: Option<i32>,
    /// Whether there is a smaller picture of it.
    pub preview: bool,
    /// How far it is.
    pub state: ObjectState,
    /// When it was begun.
    pub created: Timestamp,
    /// Since when nothing refers to it.
    pub idle: Option<Timestamp>,
}

impl Object {
    /// Whether it is a picture that may be shown.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        RASTER.contains(&self.mime.as_str())
    }
}

/// Who belongs to a stream may read an object, as far as they may see the message. Unique by all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Which object.
    pub object: ObjectId,
    /// To whom.
    pub stream: StreamId,
    /// Because of which message; [`PICTURE`] for the picture of the stream itself, below 0 for one that its owner gave
    /// ([`Grant::given_at`]).
    pub message: MessageId,
    /// Whether; `false` removes the row when written.
    pub on: bool,
}

impl Grant {
    /// The message of a grant that its owner gave without one, at this position: whoever belongs to the conversation reads the
    /// object if they see that place of it; a person reads it anyhow.
    #[must_use]
    pub fn given_at(at: Pos) -> MessageId {
        Pos(-at.0)
    }

    /// Whether its owner gave it without a message.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.message.0 < 0
    }
}

/// How much room objects take. Unique by owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Whose; [`ALL`] for everybody's.
    pub owner: AccountId,
    /// Bytes, those of unfinished uploads as they were promised.
    pub bytes: i64,
    /// Objects.
    pub objects: i64,
}

impl Usage {
    /// Of somebody who has nothing.
    #[must_use]
    pub fn none(owner: AccountId) -> Self {
        Self {
            owner,
            bytes: 0,
            objects: 0,
        }
    }
}

/// A name as it is kept: without control characters, path separators and what turns writing around; never empty.
#[must_use]
pub fn object_name(text: &str) -> String {
    let cleaned = super::clean_text(text, false);
    // Only what stands behind the last separator: some programs send the whole path.
    let last = cleaned.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.trim().chars().take(MAX_OBJECT_NAME).collect();
    let name = name.trim();
    if name.trim_matches('.').is_empty() {
        "file".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_and_no_path() {
        let table = [
            ("goose.png", "goose.png"),
            ("C:\\Users\\ana\\goose.png", "goose.png"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("  ", "file"),
            ("..", "file"),
            ("pássaro 🦆.txt", "pássaro 🦆.txt"),
        ];
        for (sent, kept) in table {
            assert_eq!(object_name(sent), kept, "{sent:?}");
        }
        assert_eq!(object_name(&"x".repeat(500)).len(), MAX_OBJECT_NAME);
    }
}
