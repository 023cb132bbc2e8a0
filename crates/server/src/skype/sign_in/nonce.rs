//! What a page of signing in carries and wants back: a time under a seal, so that nothing is kept for pages that nobody fills in.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hub::id::Timestamp;
use sha2::Sha256;

/// How long a page may be looked at, in milliseconds: an hour.
const GOOD_FOR_MS: i64 = 3_600 * 1_000;
/// Bytes of the seal that are written.
const SEAL: usize = 16;

/// Makes nonces and knows them again, as long as this process lives.
#[derive(Clone)]
pub(crate) struct Nonces(Hmac<Sha256>);

impl std::fmt::Debug for Nonces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonces(‹hidden›)")
    }
}

impl Nonces {
    /// With a key that nobody else has.
    #[must_use]
    pub(crate) fn new(key: [u8; 64]) -> Self {
        Self(Hmac::new(&key.into()))
    }

    /// A nonce for the page with this cookie.
    #[must_use]
    pub(crate) fn make(&self, cookie: &str, now: Timestamp) -> Vec<u8> {
        let time = now.0.to_be_bytes();
        let seal = self.seal(cookie, &time).finalize().into_bytes();
        [&time[..], &seal[..SEAL]].concat()
    }

    /// Whether a nonce was made for this cookie, and not too long ago.
    #[must_use]
    pub(crate) fn is_good(&self, nonce: &[u8], cookie: &str, now: Timestamp) -> bool {
        let Some((time, seal)) = nonce.split_first_chunk::<8>() else {
            return false;
        };
        let age = now.0.saturating_sub(i64::from_be_bytes(*time));
        // Compared in constant time; a shorter seal is none.
        seal.len() == SEAL
            && (0..=GOOD_FOR_MS).contains(&age)
            && self.seal(cookie, time).verify_truncated_left(seal).is_ok()
    }

    fn seal(&self, cookie: &str, time: &[u8; 8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(time);
        mac.update(cookie.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_for_its_own_page_and_an_hour() {
        let nonces = Nonces::new([7; 64]);
        let made = Timestamp(1_790_000_000_000);
        let nonce = nonces.make("cookie", made);
        let later = |ms| Timestamp(made.0 + ms);
        assert!(nonces.is_good(&nonce, "cookie", made));
        assert!(nonces.is_good(&nonce, "cookie", later(GOOD_FOR_MS)));
        assert!(!nonces.is_good(&nonce, "cookie", later(GOOD_FOR_MS + 1)));
        assert!(!nonces.is_good(&nonce, "cookie", later(-1)));
        assert!(!nonces.is_good(&nonce, "another", made));
        assert!(!Nonces::new([8; 64]).is_good(&nonce, "cookie", made));
        let longer = [&nonce[..], &[0]].concat();
        for rubbish in [
            &[][..],
            &[0; 24],
            &nonce[1..],
            &nonce[..8],
            &nonce[..23],
            &longer,
        ] {
            assert!(!nonces.is_good(rubbish, "cookie", made), "{rubbish:?}");
        }
    }
}
