//! Nonces that nobody has to remember: a time and a keyed hash of it (RFC 8489 §9.2, §14.10).

use std::net::IpAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Seconds, then a truncated hash.
const LENGTH: usize = 4 + 8;

/// Makes and checks nonces with a key of its own.
#[derive(Debug)]
pub(super) struct Nonces {
    key: [u8; 32],
    begin: Instant,
    lifetime: Duration,
}

impl Nonces {
    pub(super) fn new(key: [u8; 32], begin: Instant, lifetime: Duration) -> Self {
        Self {
            key,
            begin,
            lifetime,
        }
    }

    /// A nonce for the client at `ip`: 16 characters, so that a 401 stays small.
    pub(super) fn make(&self, now: Instant, ip: IpAddr) -> String {
        let mut bytes = [0; LENGTH];
        let seconds = now.saturating_duration_since(self.begin).as_secs() as u32;
        let time = seconds.to_be_bytes();
        let tag = self.mac(ip, &time).finalize().into_bytes();
        bytes[..4].copy_from_slice(&time);
        bytes[4..].copy_from_slice(&tag[..LENGTH - 4]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether `nonce` was made here for `ip` and is young enough.
    pub(super) fn is_fresh(&self, now: Instant, ip: IpAddr, nonce: &str) -> bool {
        let mut bytes = [0; LENGTH];
        let Ok(LENGTH) = URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes) else {
            return false;
        };
        let (time, tag) = bytes.split_at(4);
        if self.mac(ip, time).verify_truncated_left(tag).is_err() {
            return false;
        }
        let seconds = u32::from_be_bytes([time[0], time[1], time[2], time[3]]);
        let age = now.saturating_duration_since(self.begin + Duration::from_secs(seconds.into()));
        age < self.lifetime
    }

    fn mac(&self, ip: IpAddr, time: &[u8]) -> Hmac<Sha256> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of every length");
        mac.update(time);
        match ip {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        mac
    }
}
