//! Skein's own API, version 1: everything below `/v1/skein/`.
//!
//! Ids and positions are opaque strings of at most 64 characters; clients compare them for equality only, and
//! positions of one account's events are given back as they came. Times are milliseconds since 1970 in UTC.

#![allow(
    missing_docs,
    reason = "where a field says all by its name and type, its line is left out"
)]

mod account;
mod bot;
mod call;
mod command;
mod content;
mod conversation;
mod error;
mod event;
mod group;
mod id;
mod invite;
mod object;
pub mod openapi;
mod people;
mod privacy;
mod report;
mod signal;
mod socket;
mod sound_test;
mod sync;

pub use account::*;
pub use bot::*;
pub use call::*;
pub use command::*;
pub use content::*;
pub use conversation::*;
pub use error::*;
pub use event::*;
pub use group::*;
pub use id::*;
pub use invite::*;
pub use object::*;
pub use people::*;
pub use privacy::*;
pub use report::*;
pub use signal::*;
pub use socket::*;
pub use sound_test::*;
pub use sync::*;

/// Where every address of this API begins.
pub const PREFIX: &str = "/v1/skein";
/// The WebSocket subprotocol that both sides name.
pub const SUBPROTOCOL: &str = "skein.v1";
/// The largest JSON body or WebSocket frame that is read, in bytes.
pub const MAX_FRAME: usize = 256 * 1024;

macro_rules! wire {
    ($($item:item)*) => { $(
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, utoipa::ToSchema, ts_rs::TS)]
        #[ts(export)]
        $item
    )* };
}
pub(crate) use wire;
