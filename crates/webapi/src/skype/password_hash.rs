//! The hash that programs of 2014 sent in place of a password: whoever has it can sign in. (Section 2.1(b).)

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};

/// `base64(md5(name ⏎ skyper ⏎ password))`, over the name as the program was given it.
///
/// ```
/// assert_eq!(webapi::skype::password_hash("alice.tester", "correct horse"), "VXb7d7euWMFI8grAcAJ4Ww==");
/// ```
#[must_use]
pub fn password_hash(name: &str, password: &str) -> String {
    STANDARD.encode(Md5::digest(format!("{name}\nskyper\n{password}")))
}

/// Whether this can be such a hash: the base64 of 16 bytes.
#[must_use]
pub fn is_password_hash(text: &str) -> bool {
    STANDARD.decode(text).is_ok_and(|bytes| bytes.len() == 16)
}
