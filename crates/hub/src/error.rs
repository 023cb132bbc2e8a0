//! Why the hub refuses.

use std::time::Duration;

use crate::id::Pos;

/// The few kinds of refusal; each door has one function from here to its own codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// There is no such thing, or the asker may not know of it.
    NotFound,
    /// Who asks is not signed in, or not any more.
    Unauthorized,
    /// Not allowed.
    Forbidden,
    /// It contradicts what is.
    Conflict,
    /// It cannot be meant.
    Invalid,
    /// It is larger than a limit.
    TooLarge,
    /// There is no room for it: a quota, or the disk.
    Full,
    /// Too often, or too many.
    TooMany,
    /// Not now: the store is away, or the hub is full.
    Unavailable,
}

/// A refusal: its kind, the rule by name, and a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The kind.
    pub kind: Kind,
    /// The rule, for programs: `name_taken`, `not_contacts`, …
    pub code: &'static str,
    /// The sentence, for people.
    pub message: String,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// The limit that was met.
    pub limit: Option<u64>,
    /// Where the thing stands that contradicts.
    pub at: Option<Pos>,
}

impl Error {
    /// A refusal by a rule.
    #[must_use]
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            message: message.into(),
            retry_after: None,
            limit: None,
            at: None,
        }
    }

    /// The same, naming the limit.
    #[must_use]
    pub fn with_limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Too often: come back after `wait`.
    #[must_use]
    pub fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs().max(1);
        let mut error = Self::new(
            Kind::TooMany,
            "too_many",
            format!("too many tries: wait {seconds} s, then try again"),
        );
        error.retry_after = Some(wait);
        error
    }

    /// No such thing, or none that the asker may know of.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(
            Kind::NotFound,
            "not_found",
            format!("there is no such {what}"),
        )
    }

    /// It cannot be meant.
    #[must_use]
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, code, message)
    }

    /// Not signed in.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(
            Kind::Unauthorized,
            "not_signed_in",
            "sign in first: this device is not signed in, or not any more",
        )
    }

    /// The hub cannot do it now.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        let mut error = Self::new(Kind::Unavailable, "unavailable", message);
        error.retry_after = Some(Duration::from_secs(2));
        error
    }
}
