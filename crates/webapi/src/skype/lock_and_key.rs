//! The header `LockAndKey` of a registration: the challenge of the older messenger with SHA-256 in the place of MD5.
//!
//! It proves nothing about the user, only that the program knows a published key. (Section 2.2 of the dialect.)

use sha2::{Digest, Sha256};

/// What names the program.
pub const APP_ID: &str = "msmsgs@msnmsgr.com";
const KEY: &str = "Q1P7W2E4J9R8U3S5";
const MODULUS: u64 = 0x7fff_ffff;
const MULTIPLIER: u64 = 0x0e79_a9c1;
/// Longest time that is answered, in characters.
const MAX_TIME: usize = 32;

/// How the text is filled up to a multiple of eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// To the next multiple, as skype-http and skypeweb do.
    Minimal,
    /// By eight more where it is a multiple already, as SkPy does. With the ten digits of a time of our century the two are the same.
    ExtraBlock,
}

/// The answer to `time`, Unix seconds in decimal: 32 hexadecimal digits. `None` for a time that is no number of 1 to 32 digits.
///
/// ```
/// use webapi::skype::lock_and_key::{Padding, answer};
///
/// let answer = answer("1451606400", Padding::Minimal);
/// assert_eq!(answer.as_deref(), Some("362420c48750c8e5db6ec9bcdf79e32c"));
/// ```
#[must_use]
pub fn answer(time: &str, padding: Padding) -> Option<String> {
    let digits = time.bytes().all(|b| b.is_ascii_digit());
    if time.is_empty() || time.len() > MAX_TIME || !digits {
        return None;
    }
    let digest = Sha256::digest(format!("{time}{KEY}").as_bytes());
    let keys: Vec<u64> = words(digest.get(..16)?);
    let [h0, h1, h2, h3] = *keys.as_slice() else {
        return None;
    };
    let [a, b, c, d] = [h0, h1, h2, h3].map(|h| h & MODULUS);

    let mut text = format!("{time}{APP_ID}").into_bytes();
    let full = match padding {
        Padding::Minimal => text.len().next_multiple_of(8),
        Padding::ExtraBlock => (text.len() + 1).next_multiple_of(8),
    };
    text.resize(full, b'0');

    let (mut low, mut high) = (0, 0);
    for pair in words(&text).chunks_exact(2) {
        let [first, second] = *pair else { break };
        low = ((low + (first * MULTIPLIER % MODULUS)) * a + b) % MODULUS;
        high += low;
        low = ((low + second) * c + d) % MODULUS;
        high += low;
    }
    let (low, high) = ((low + b) % MODULUS, (high + d) % MODULUS);
    let answer: String = [h0 ^ low, h1 ^ high, h2 ^ low, h3 ^ high]
        .into_iter()
        .map(|word| {
            format!(
                "{:08x}",
                u32::try_from(word).unwrap_or_default().swap_bytes()
            )
        })
        .collect();
    Some(answer)
}

fn words(bytes: &[u8]) -> Vec<u64> {
    bytes
        .chunks_exact(4)
        .map(|word| {
            word.iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
        })
        .collect()
}

/// Whether a header `appId=…; time=…; lockAndKeyResponse=…` holds the right answer, with either padding.
#[must_use]
pub fn is_right(header: &str) -> bool {
    let parts = header
        .split(';')
        .filter_map(|part| part.trim().split_once('='));
    let of = |key: &str| {
        parts
            .clone()
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(key))
            .map(|(_, value)| value.trim())
    };
    let (Some(app), Some(time), Some(given)) = (of("appId"), of("time"), of("lockAndKeyResponse"))
    else {
        return false;
    };
    app == APP_ID
        && [Padding::Minimal, Padding::ExtraBlock]
            .into_iter()
            .filter_map(|padding| answer(time, padding))
            .any(|right| right.eq_ignore_ascii_case(given))
}
