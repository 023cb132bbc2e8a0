//! Keys, MESSAGE-INTEGRITY in both strengths, FINGERPRINT and USERHASH (RFC 8489 §9, §14.4 to §14.7).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::attribute::PasswordAlgorithm;

/// What FINGERPRINT's CRC is XORed with (RFC 8489 §14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554e;

/// The key of MESSAGE-INTEGRITY. Prints nothing of itself.
///
/// Names and passwords are taken as they are: non-ASCII text has to be prepared (OpaqueString, RFC 8265) before.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Vec<u8>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(‹hidden›)")
    }
}

impl Key {
    /// Short-term credentials, as ICE uses them: the password itself (RFC 8489 §9.1.1).
    #[must_use]
    pub fn short_term(password: &str) -> Self {
        Self(password.as_bytes().to_vec())
    }

    /// Long-term credentials: a hash of `username:realm:password` (RFC 8489 §9.2.2, §18.5.1).
    #[must_use]
    pub fn long_term(
        algorithm: PasswordAlgorithm,
        username: &str,
        realm: &str,
        password: &str,
    ) -> Self {
        let parts = [username, ":", realm, ":", password];
        match algorithm {
            PasswordAlgorithm::Md5 => Self(digest_of::<Md5>(&parts)),
            PasswordAlgorithm::Sha256 => Self(digest_of::<Sha256>(&parts)),
        }
    }

    pub(super) fn sha1(&self, parts: &[&[u8]]) -> [u8; 20] {
        self.mac::<Hmac<Sha1>>(parts).finalize().into_bytes().into()
    }

    pub(super) fn sha256(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac::<Hmac<Sha256>>(parts)
            .finalize()
            .into_bytes()
            .into()
    }

    /// In constant time.
    pub(super) fn fits_sha1(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.mac::<Hmac<Sha1>>(parts).verify_slice(tag).is_ok()
    }

    /// In constant time; the tag may be truncated to 16 bytes and more (RFC 8489 §14.6).
    pub(super) fn fits_sha256(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        tag.len() >= 16
            && self
                .mac::<Hmac<Sha256>>(parts)
                .verify_truncated_left(tag)
                .is_ok()
    }

    fn mac<M: Mac + KeyInit>(&self, parts: &[&[u8]]) -> M {
        let mut mac =
            <M as KeyInit>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

/// USERHASH: SHA-256 of `username:realm`, so that the name does not travel in clear (RFC 8489 §14.4).
#[must_use]
pub fn user_hash(username: &str, realm: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(&digest_of::<Sha256>(&[username, ":", realm]));
    hash
}

/// The value of FINGERPRINT over `parts` (RFC 8489 §14.7).
pub(super) fn fingerprint(parts: &[&[u8]]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    for part in parts {
        crc.update(part);
    }
    crc.finalize() ^ FINGERPRINT_XOR
}

fn digest_of<D: Digest>(parts: &[&str]) -> Vec<u8> {
    let mut digest = D::new();
    for part in parts {
        digest.update(part.as_bytes());
    }
    digest.finalize().to_vec()
}
