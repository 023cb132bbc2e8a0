//! The one shape of every refusal.

use super::wire;

wire! {
    /// Why something was refused, and what to do.
    pub struct ApiError {
        /// For programs.
        pub kind: ErrorKind,
        /// Which rule: `name_taken`, `password_weak`, `wrong_password`, `not_contacts`… A closed list is in `docs/protocols/api.md`.
        pub code: String,
        /// For people, in English; clients translate by `code`.
        pub message: String,
        /// Wait so many ms before trying again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub retry_after: Option<i64>,
        /// The limit that was reached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub limit: Option<i64>,
    }

    /// Kinds of refusal, and their HTTP status.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum ErrorKind {
        /// 404
        NotFound,
        /// 401
        Unauthorized,
        /// 403
        Forbidden,
        /// 409
        Conflict,
        /// 400
        Invalid,
        /// 413
        TooLarge,
        /// 507
        Full,
        /// 429
        TooMany,
        /// 503
        Unavailable,
    }
}

impl ErrorKind {
    /// The HTTP status (RFC 9110 §15, RFC 6585 §4, RFC 4918 §11.5).
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::Conflict => 409,
            Self::Invalid => 400,
            Self::TooLarge => 413,
            Self::Full => 507,
            Self::TooMany => 429,
            Self::Unavailable => 503,
        }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
