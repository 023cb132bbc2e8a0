//! Parameters of an address; every way to fail answers with an `ApiError`.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::http::Refusal;

/// What stands behind the question mark.
#[derive(Debug, Clone, Copy)]
pub(super) struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(value)| Self(value))
            .map_err(|_| {
                Refusal::bad_request(
                    "the parameters of this address cannot be understood; see /openapi.json",
                )
            })
    }
}

/// What stands in the path.
#[derive(Debug, Clone, Copy)]
pub(super) struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ApiPath<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Path::from_request_parts(parts, state)
            .await
            .map(|Path(value)| Self(value))
            .map_err(|_| {
                Refusal::bad_request("this address cannot be understood; see /openapi.json")
            })
    }
}

/// How many are asked for, between 1 and `most`.
pub(super) fn limit(asked: Option<u32>, default: u32, most: u32) -> u32 {
    asked.unwrap_or(default).clamp(1, most)
}
