//! Requests and answers by which one gets a skypetoken, but for the pages and SOAP. (Section 2.1.)

use serde::Deserialize;

use super::{ask, loose, wire};

/// How long a skypetoken lives, in seconds.
pub const TOKEN_SECONDS: i64 = 86_400;

ask! {
    /// `POST api.skype.com/login/skypetoken`, JSON or a form.
    pub struct HashLogin {
        pub username: String,
        /// See [`password_hash`](super::password_hash).
        #[serde(rename = "passwordHash")]
        pub password_hash: String,
    }

    /// `POST edge.skype.com/rps/v1/rps/skypetoken`, a form from SkPy and JSON from skypeweb.
    pub struct EdgeLogin {
        /// What SOAP gave; see [`security_bytes`](super::tokens::security_bytes).
        pub access_token: String,
        #[serde(deserialize_with = "loose::text")]
        pub partner: Option<String>,
    }

    /// `POST login.live.com/GetCredentialType.srf`.
    pub struct CredentialAsked {
        pub username: String,
    }
}

wire! {
    /// A skypetoken. SkPy cannot do without `expiresIn`.
    pub struct TokenGiven {
        pub skypetoken: String,
        /// In seconds.
        #[serde(rename = "expiresIn")]
        pub expires_in: i64,
        /// Whose, without a prefix.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub skypeid: Option<String>,
        /// As they signed in.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub signinname: Option<String>,
    }

    /// Whether there is such an account.
    pub struct CredentialType {
        /// 0 if there is, 1 if not.
        #[serde(rename = "IfExistsResult")]
        pub if_exists_result: u8,
    }
}

impl CredentialType {
    /// Says it.
    #[must_use]
    pub fn of(exists: bool) -> Self {
        Self {
            if_exists_result: u8::from(!exists),
        }
    }
}
