//! The dialect of Skype's web generation, for programs that other people have written: bytes and JSON to types and back.
//! No hub, no network, no clock. (Decision record 0018, and our own account of the dialect in
//! `docs/protocols/skype.md`.)
//!
//! Answers are written by what three programs cannot do without, since nobody can mend those any more; requests are read as
//! loosely as can be. Types that go out can only be written, types that come in only read.

#![allow(
    missing_docs,
    reason = "where a field says all by its name and type, its line is left out"
)]

pub mod asm;
mod client;
pub mod contact;
pub mod conversation;
pub mod endpoint;
pub mod error;
pub mod event;
mod id;
pub mod join;
mod link;
pub mod lock_and_key;
pub mod loose;
mod markup;
pub mod message;
pub mod openapi;
pub mod pages;
mod password_hash;
pub mod presence;
pub mod profile;
pub mod settings;
pub mod sign_in;
pub mod soap;
pub mod text;
pub mod thread;
pub mod time;
pub mod tokens;

pub use self::client::Client;
pub use self::id::{
    AsmId, EndpointId, MAX_NAME, Mri, Network, NotAnMri, ThreadId, ThreadKind, bare_name,
    percent_decoded,
};
pub use self::link::Links;
pub use self::password_hash::{is_password_hash, password_hash};
pub use self::text::{Source, Stamp};

/// The largest JSON or XML body that is read, in bytes; files are larger.
pub const MAX_BODY: usize = 256 * 1024;

/// Types of answers.
macro_rules! wire {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
        $item
    )* };
}
pub(crate) use wire;

/// Types of requests: every key may be missing.
macro_rules! ask {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, PartialEq, Default, Deserialize, utoipa::ToSchema)]
        #[serde(default)]
        $item
    )* };
}
pub(crate) use ask;
