//! The one UDP port: STUN, TURN and the media of this server's own endpoints, on threads of its own.
//!
//! ```text
//! a datagram at a listening socket
//!   0–3   STUN   Binding request for a registered ufrag ──────────► media endpoint
//!                answers and keep-alives from a known 5-tuple ────► media endpoint
//!                everything else ─────────────────────────────────► relay (stun::Allocations)
//!   64–79 ChannelData ────────────────────────────────────────────► relay
//!   20–63 DTLS, 128–191 RTP: known 5-tuple ───────────────────────► media endpoint
//! a datagram at the socket of a relayed address ──────────────────► relay
//! ```
//!
//! The first byte decides as RFC 7983 §7 says. The relay is a machine without sockets; this shell owns one unconnected
//! socket per listening address, each bound concretely so that answers leave from where they were asked, and one per
//! relayed address. All datagrams of a round are received in batches, and sent at its end sorted by socket and
//! destination; what is of equal length there goes to the kernel as one. After a round of a few datagrams the thread
//! waits a moment for more: waking up is what costs.
//!
//! A media endpoint (`echo`, later rooms) lives on the async side: it [registers](UdpHandle::register) its ufrag and
//! gets a [`MediaPort`]. Between a relayed address of this server and a media endpoint or another relayed address of this
//! server nothing passes the network: datagrams are handed over here, after both permission checks.
//!
//! With several threads each has sockets of its own on every listening address, and the kernel shares clients out among
//! them; each has a machine of its own, with ports and quotas in common. Media endpoints live with the first thread. What
//! concerns a relayed address or an endpoint of another thread is handed to it by its mailbox.

mod common;
mod config;
mod counters;
mod endpoints;
mod handle;
mod media;
mod pending;
mod round;
mod send;
mod shell;
mod sockets;
mod start;
#[cfg(test)]
mod tests;

pub use config::{MAX_THREADS, UdpConfig};
pub use counters::{UdpCounters, UdpDrops};
pub use handle::{MediaDatagram, MediaPort, MediaSender, UdpError, UdpHandle, UdpShell};

use std::io;

/// Open the sockets and start the threads.
///
/// # Errors
/// If a listening address that was named cannot be had, or none at all.
pub fn start(config: UdpConfig) -> io::Result<UdpShell> {
    let sockets = sockets::open(&config)?;
    start::spawn(config, sockets, || Box::new(send::Kernel::new()))
}
