//! Objects: files and pictures.

use super::{ObjectId, wire};

/// Bytes of one piece of an upload, at most: below the 1 MiB that proxies usually pass.
pub const MAX_PIECE: usize = 960 * 1024;
/// The header that says where a piece begins, and in answers where the next one does.
pub const UPLOAD_OFFSET: &str = "upload-offset";

wire! {
    /// A file or picture.
    pub struct ObjectInfo {
        /// Its id.
        pub id: ObjectId,
        /// Its name, as it may be shown; nothing about its type follows from it.
        pub name: String,
        /// Its size in bytes. Cleaning a picture changes it.
        pub size: i64,
        /// How far it is.
        pub state: ObjectState,
        /// Bytes that are kept: an upload goes on there.
        pub offset: i64,
        /// What its bytes say it is; absent until it is ready.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub mime: Option<String>,
        /// Whether it is a picture that can be shown: JPEG, PNG, GIF or WebP.
        pub picture: bool,
        /// Pixels across, of a picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub width: Option<i32>,
        /// Pixels down, of a picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub height: Option<i32>,
        /// Whether there is a smaller picture of it at `objects/{id}/preview`.
        pub preview: bool,
        /// Lower-case hexadecimal SHA-256 of the bytes that are kept; absent until it is ready.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub sha256: Option<String>,
    }

    /// How far an object is.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ObjectState {
        /// Bytes are coming in.
        Uploading,
        /// Whole.
        Ready,
    }

    /// The answer to a piece.
    pub struct Written {
        /// Bytes that are kept: the next piece begins there.
        pub offset: i64,
    }
}
