//! Refusals as each service wrote them. (Sections 1.4 and 3.5.)

use super::wire;

wire! {
    /// A refusal of the gateway. skypeweb shows `message` to people.
    pub struct GatewayError {
        /// For programs.
        #[serde(rename = "errorCode")]
        pub error_code: u16,
        /// For people, in English.
        pub message: String,
    }

    /// A refusal of `api`, `edge`, `contacts` and the other services.
    pub struct ApiError {
        /// What is wrong.
        pub status: ApiStatus,
    }

    /// What is wrong.
    pub struct ApiStatus {
        /// For programs.
        pub code: u32,
        /// For people, in English.
        pub text: String,
    }
}

impl GatewayError {
    /// With a code of [`gateway`].
    #[must_use]
    pub fn new(error_code: u16, message: impl Into<String>) -> Self {
        Self {
            error_code,
            message: message.into(),
        }
    }
}

impl ApiError {
    /// With a code of [`api`].
    #[must_use]
    pub fn new(code: u32, text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            status: ApiStatus { code, text },
        }
    }
}

/// Codes of the gateway, and the HTTP status that goes with each.
pub mod gateway {
    /// 400: a request that cannot be read.
    pub const BAD_REQUEST: u16 = 400;
    /// 400: a `syncState` that we have not given out.
    pub const BAD_SYNC_STATE: u16 = 230;
    /// 401: no token, or none that is good.
    pub const UNAUTHENTICATED: u16 = 911;
    /// 403: not a member, or another's.
    pub const FORBIDDEN: u16 = 403;
    /// 404: the endpoint is not there; skypeweb registers again at this code alone.
    pub const NO_ENDPOINT: u16 = 729;
    /// 404: the endpoint has no subscription.
    pub const NO_SUBSCRIPTION: u16 = 450;
    /// 404: there is no such conversation.
    pub const NO_CONVERSATION: u16 = 730;
    /// 429: too many requests.
    pub const TOO_MANY: u16 = 800;
    /// 429: too many registrations.
    pub const TOO_MANY_SIGN_INS: u16 = 803;

    /// What the service said of [`NO_ENDPOINT`].
    pub const NO_ENDPOINT_WORDS: &str =
        "You must create an endpoint before performing this operation.";
    /// What the service said of [`NO_SUBSCRIPTION`].
    pub const NO_SUBSCRIPTION_WORDS: &str = "Subscription requested could not be found.";
}

/// Codes of the other services.
pub mod api {
    /// Name and password do not go together.
    pub const BAD_PASSWORD: u32 = 40_120;
    /// Too many attempts.
    pub const TOO_MANY: u32 = 40_121;
    /// A request that cannot be read.
    pub const BAD_REQUEST: u32 = 40_000;
    /// No token, or none that is good.
    pub const UNAUTHENTICATED: u32 = 40_101;
    /// Not allowed.
    pub const FORBIDDEN: u32 = 40_301;
    /// There is no such thing.
    pub const NOT_FOUND: u32 = 40_400;
    /// There is no such person.
    pub const NO_PROFILE: u32 = 40_401;
    /// Something stands against it.
    pub const CONFLICT: u32 = 40_900;
    /// The server cannot do it now.
    pub const UNAVAILABLE: u32 = 50_300;
}
