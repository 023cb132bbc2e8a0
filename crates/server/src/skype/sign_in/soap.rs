//! `POST login.live.com/RST.srf`: a token for a name and a password, by SOAP (section 2.1(d)).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use hub::{Error, Kind, Proof};
use webapi::skype::soap::{self, Fault};

use super::admit;
use crate::http::Caller;
use crate::skype::{Raw, Skype, refusal};

/// Answers with a token, or with a fault. Programs read either only if it comes with success.
pub(super) async fn rst(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Response {
    match token(&skype, &caller, &headers, &body).await {
        Ok(token) => xml(soap::granted(&token)),
        Err(error) => {
            let fault = match error.kind {
                Kind::Unauthorized => Fault::FailedAuthentication,
                Kind::Invalid => Fault::InvalidRequest,
                _ => Fault::RequestFailed,
            };
            refusal::with_success(&error, xml(soap::refused(fault, &error.message)))
        }
    }
}

async fn token(
    skype: &Skype,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<u8>, Error> {
    let asked = soap::read(body).map_err(|error| Error::invalid("envelope", error.to_string()))?;
    let proof = Proof::Password(asked.password);
    let who = admit(skype, caller, headers, &asked.username, proof).await?;
    skype.step(who)
}

fn xml(text: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], text).into_response()
}
