//! Sockets of the TCP side: listening, admitting, TLS, and which dialect a connection speaks.
//!
//! A connection passes [`admission`] (caps, with room kept for people who are signed in), says its first byte within
//! [`FIRST_BYTE`], finishes TLS within [`HANDSHAKE`], and is then handed to the dialect that ALPN names, else to the one
//! that its first decrypted bytes speak.

pub mod accept;
pub mod address;
pub mod admission;
pub(crate) mod connection;
pub mod listen;
mod paced;
pub mod tls;

use std::time::Duration;

/// A connection that says nothing for so long is closed.
pub const FIRST_BYTE: Duration = Duration::from_secs(10);
/// A TLS handshake takes at most so long.
pub const HANDSHAKE: Duration = Duration::from_secs(10);
/// A request's head takes at most so long.
pub const HEADERS: Duration = Duration::from_secs(15);
/// A peer that takes no bytes for so long is closed.
pub const WRITE: Duration = Duration::from_secs(20);
