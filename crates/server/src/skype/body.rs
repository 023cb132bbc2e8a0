//! Bodies of requests, whatever their content type says: programs of the dialect say it wrongly or not at all.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hub::{Error, Kind};
use webapi::skein::ErrorKind;
use webapi::skype::MAX_BODY;

use super::tokens::outside;
use super::{Skype, refusal};

/// A body of at most [`MAX_BODY`] bytes.
#[derive(Debug, Clone)]
pub struct Raw(pub Bytes);

impl FromRequest<Arc<Skype>> for Raw {
    type Rejection = Response;

    async fn from_request(request: Request, _: &Arc<Skype>) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let service = outside(&parts)?.service;
        let read = crate::http::piece(body, MAX_BODY).await;
        read.map(Self).map_err(|refused| {
            let (kind, code) = match (refused.0.kind, refused.status()) {
                (ErrorKind::TooLarge, _) => (Kind::TooLarge, "body"),
                (_, StatusCode::REQUEST_TIMEOUT) => (Kind::Invalid, "too_slow"),
                _ => (Kind::Invalid, "body"),
            };
            refusal::of(service, Error::new(kind, code, refused.0.message)).into_response()
        })
    }
}
