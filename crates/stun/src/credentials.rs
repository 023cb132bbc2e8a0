//! Who may use the relay: names with passwords, and time-limited names that carry their own proof.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// A user name with its password, as a client is given it.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// What goes into USERNAME.
    pub username: String,
    /// What the key is made from.
    pub password: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credential(‹hidden›)")
    }
}

/// What the relay knows of its users, without asking anybody.
///
/// Besides fixed users there are shared secrets: with one, a program hands out names of the form `EXPIRY:NAME`, whose
/// password is `base64(HMAC-SHA1(secret, "EXPIRY:NAME"))`, and the relay needs no list of them (the "REST API" of
/// draft-uberti-behave-turn-rest-00, which other relays and programs speak too). EXPIRY is in seconds of UNIX time.
///
/// NAME may be a path, `owner/device/call`: allocations are counted per *owner*, its first part, and
/// [`end_user`](crate::Allocations::end_user) takes any leading part of it.
#[derive(Clone, Default)]
pub struct Credentials {
    users: HashMap<String, String>,
    secrets: Vec<Vec<u8>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Credentials({} users, {} secrets)",
            self.users.len(),
            self.secrets.len()
        )
    }
}

/// What is known of a user name.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing, or it has expired.
    Nobody,
    /// A fixed user.
    Fixed { password: String },
    /// A time-limited name; one password for each secret that could have made it.
    TimeLimited {
        expires: Duration,
        passwords: Vec<String>,
    },
}

impl Credentials {
    /// Nobody at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Add a fixed user.
    #[must_use]
    pub fn with_user(mut self, username: &str, password: &str) -> Self {
        self.users.insert(username.to_owned(), password.to_owned());
        self
    }

    /// Add a secret that makes time-limited names.
    #[must_use]
    pub fn with_secret(mut self, secret: &[u8]) -> Self {
        self.secrets.push(secret.to_vec());
        self
    }

    /// A name that `secret` vouches for until `expires`, counted from the UNIX epoch and rounded down to seconds.
    #[must_use]
    pub fn issue(secret: &[u8], name: &str, expires: Duration) -> Credential {
        let username = format!("{}:{name}", expires.as_secs());
        let password = password_of(secret, &username);
        Credential { username, password }
    }

    /// Whether `username` is a fixed user.
    pub(crate) fn is_fixed(&self, username: &str) -> bool {
        self.users.contains_key(username)
    }

    /// Look `username` up at UNIX time `unix`.
    pub(crate) fn find(&self, username: &str, unix: Duration) -> Found {
        if let Some(password) = self.users.get(username) {
            return Found::Fixed {
                password: password.clone(),
            };
        }
        let Some(expires) = expiry_of(username) else {
            return Found::Nobody;
        };
        if expires <= unix || self.secrets.is_empty() {
            return Found::Nobody;
        }
        let passwords = self
            .secrets
            .iter()
            .map(|secret| password_of(secret, username))
            .collect();
        Found::TimeLimited { expires, passwords }
    }
}

/// The NAME of `EXPIRY:NAME`, or the whole of a fixed user's name.
pub(crate) fn name_of(username: &str) -> &str {
    match username.split_once(':') {
        Some((expiry, name)) if expiry.parse::<u64>().is_ok() => name,
        _ => username,
    }
}

/// Whom allocations are counted for: the first part of a path-like name.
pub(crate) fn owner_of(username: &str) -> &str {
    let name = name_of(username);
    name.split_once('/').map_or(name, |(owner, _)| owner)
}

/// Whether `name` is `ended` or lies below it.
pub(crate) fn lies_below(name: &str, ended: &str) -> bool {
    name.strip_prefix(ended)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn expiry_of(username: &str) -> Option<Duration> {
    let (expiry, _) = username.split_once(':')?;
    expiry.parse().ok().map(Duration::from_secs)
}

fn password_of(secret: &[u8], username: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("HMAC takes keys of every length");
    mac.update(username.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_limited_name_is_good_until_its_second() {
        let made = Credentials::issue(b"north", "ann/1/call-7", Duration::from_secs(1_000));
        assert_eq!(made.username, "1000:ann/1/call-7");
        let known = Credentials::new()
            .with_secret(b"south")
            .with_secret(b"north");
        let Found::TimeLimited { passwords, .. } =
            known.find(&made.username, Duration::from_secs(999))
        else {
            panic!("not found")
        };
        assert!(passwords.contains(&made.password));
        assert!(matches!(
            known.find(&made.username, Duration::from_secs(1_000)),
            Found::Nobody
        ));
    }

    #[test]
    fn names_are_paths() {
        assert_eq!(owner_of("1000:ann/1/call-7"), "ann");
        assert_eq!(owner_of("robot"), "robot");
        assert_eq!(name_of("x:y"), "x:y");
        assert!(lies_below("ann/1/call-7", "ann/1"));
        assert!(lies_below("ann", "ann"));
        assert!(!lies_below("anna/1", "ann"));
    }

    #[test]
    fn the_password_is_the_one_that_other_programs_compute() {
        // printf 1433895918:ilya | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(
            password_of(b"north", "1433895918:ilya"),
            PASSWORD_BY_OPENSSL
        );
    }

    const PASSWORD_BY_OPENSSL: &str = "S3ea6MVFB8QXS2UKrEyaereWnZk=";
}
