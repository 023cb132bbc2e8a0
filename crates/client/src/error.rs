//! What can go wrong between this client and its server.

use std::path::PathBuf;

use thiserror::Error as ThisError;
use webapi::skein::{ApiError, ByeWhy};

use crate::tls::Fingerprint;

/// Why something did not work.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Not the address of a server.
    #[error("{address:?} is not the address of a server: {why}")]
    Address {
        /// What was given.
        address: String,
        /// What is the matter with it.
        why: String,
    },
    /// The server shows a certificate that nobody vouches for, and none is pinned.
    #[error(
        "the server's certificate is not known here; its SHA-256 fingerprint is {0}. \
         If the operator names the same one, pin it with `skein login` or --fingerprint"
    )]
    UnknownCertificate(Fingerprint),
    /// The server shows another certificate than the pinned one.
    #[error(
        "the server's certificate has changed: {found} instead of {pinned}. Somebody may stand in between; \
         ask the operator, and sign in again with `skein login` only if the new one is right"
    )]
    ChangedCertificate {
        /// The one that is kept.
        pinned: Fingerprint,
        /// The one it showed.
        found: Fingerprint,
    },
    /// The server does not answer, or broke off.
    #[error("{server} does not answer: {why}")]
    Unreachable {
        /// Its address.
        server: String,
        /// How it failed.
        why: String,
    },
    /// The server refused.
    #[error("{0}")]
    Refused(ApiError),
    /// The server ended the connection for good.
    #[error("{}", bye(*.0))]
    Ended(ByeWhy),
    /// What the server said is no sense in this API.
    #[error("what the server said cannot be understood: {0}")]
    Protocol(String),
    /// Nobody has this name.
    #[error("nobody here is called “{0}”; check the spelling")]
    UnknownName(String),
    /// A file cannot be read or written, or is not what it should be.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is the matter.
        why: String,
    },
    /// This machine cannot carry a call.
    #[error("{0}")]
    Media(String),
}

fn bye(why: ByeWhy) -> &'static str {
    match why {
        ByeWhy::Restart => "the server restarts",
        ByeWhy::TooSlow => "this client read too slowly",
        ByeWhy::SignedOut => "this device was signed out: sign in again with `skein login`",
        ByeWhy::Blocked => "this account is blocked",
        ByeWhy::TooMany => "this account has too many connections open",
        ByeWhy::Protocol => "the server did not understand this client: one of the two is too old",
    }
}
