//! Signing in (section 2.1): by SOAP, by the form of a Microsoft account, by the older form, by a hash, by what was given before,
//! and by a token of our own.
//!
//! All of them end in a skypetoken. The names that people type are their account's name in any spelling, or one of its handles.

mod form;
mod nonce;
mod soap;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use hub::model::DeviceKind;
use hub::name::Verdict;
use hub::{DeviceHello, Error, Identity, Kind, Proof};
use webapi::skype::Client;
use webapi::skype::loose::json_or_form;
use webapi::skype::sign_in::{
    CredentialAsked, CredentialType, EdgeLogin, HashLogin, TOKEN_SECONDS, TokenGiven,
};
use webapi::skype::tokens::security_bytes;

pub(super) use nonce::Nonces;

use super::tokens::SignIn;
use super::{DOOR, Raw, Service, Skype, StatusRefusal, below, names};
use crate::api::origin;
use crate::http::Caller;

/// Longest name of a program that stands in a list of devices, in characters.
const MAX_PROGRAM: usize = 40;

/// The addresses of these services.
pub(super) fn router() -> Router<Arc<Skype>> {
    let login = Router::new()
        .route("/login", get(form::login).post(form::older))
        .route("/login/login", get(form::again))
        .route("/login/oauth/microsoft", get(form::begin))
        .route("/login/microsoft", post(form::exchange))
        .route("/login/oauth", post(form::exchange))
        .route("/login/sso", get(form::sso))
        .route("/logout", get(form::logout).post(form::logout));
    let live = Router::new()
        .route("/login.srf", get(form::page))
        .route("/ppsecure/post.srf", post(form::post))
        .route("/RST.srf", post(soap::rst))
        .route("/RST2.srf", post(soap::rst))
        .route("/GetCredentialType.srf", post(credential));
    let edge = Router::new().route("/rps/v1/rps/skypetoken", post(edge));
    let api = Router::new().route("/login/skypetoken", post(hash));
    let web = Router::new().route("/login/oauth/proxy", post(form::proxy));
    Router::new()
        .nest(&below(Service::Login), login)
        .nest(&below(Service::Live), live)
        .nest(&below(Service::Edge), edge)
        .nest(&below(Service::Api), api)
        .nest(&below(Service::Web), web)
}

/// Signs a program in. It takes up the device that the same program left, so that a list of devices stays short.
async fn admit(
    skype: &Skype,
    caller: &Caller,
    headers: &HeaderMap,
    spelling: &str,
    proof: Proof,
) -> Result<SignIn, Error> {
    let hub = &skype.door.hub;
    let admitted = hub
        .admit(
            origin(caller),
            &names::spelling(spelling),
            proof,
            device(headers),
        )
        .await?;
    caller.ticket.prove();
    Ok(skype.fresh(Identity {
        account: admitted.account.id,
        device: admitted.device,
    }))
}

/// What the device of a program is called.
fn device(headers: &HeaderMap) -> DeviceHello {
    DeviceHello {
        label: program(headers),
        kind: DeviceKind::Program,
        public_key: None,
        takes_up: true,
    }
}

/// The name of the program, by the first word of its `User-Agent`, without its version: with it, each update would be another device.
fn program(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let agent = text("user-agent").unwrap_or_default();
    match Client::recognise(text("clientinfo"), Some(agent)) {
        Client::SkPy => return "SkPy".to_owned(),
        Client::SkypeHttp => return "skype-http".to_owned(),
        Client::SkypeWeb => return "skypeweb".to_owned(),
        Client::Other => {}
    }
    let first = agent.split(['/', ' ', '(']).next().unwrap_or_default();
    match first {
        "" | "Mozilla" => "Skype for Web".to_owned(),
        name => name.chars().take(MAX_PROGRAM).collect(),
    }
}

/// The skypetoken of somebody who is in.
async fn given(skype: &Skype, caller: &Caller, signed_in: SignIn) -> Result<TokenGiven, Error> {
    let session = skype.door.hub.session(signed_in.who, origin(caller));
    let name = names::skype_name(&*session.me().await?);
    let (skypetoken, _) = skype.skypetoken_of(signed_in, &name)?;
    Ok(TokenGiven {
        expires_in: TOKEN_SECONDS,
        skypetoken,
        signinname: Some(name.clone()),
        skypeid: Some(name),
    })
}

/// `POST edge.skype.com/rps/v1/rps/skypetoken`: what SOAP gave becomes a skypetoken. A device token of our own does as well, so that
/// a bot needs no password.
async fn edge(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Raw(body): Raw,
) -> Result<Json<TokenGiven>, StatusRefusal> {
    let asked: EdgeLogin = json_or_form(&body).map_err(malformed)?;
    // What SOAP gave comes in whole, or without what stands around it.
    let token = asked.access_token.trim();
    let who = match skype.redeem_step(security_bytes(token)).await {
        Err(error) if error.kind == Kind::Unauthorized && !token.starts_with("t=") => {
            let token = token.split('&').next().unwrap_or_default();
            let who = skype.door.hub.authenticate(token).await;
            who.map(|who| skype.fresh(who))
        }
        who => who,
    };
    let who = who.map_err(|error| {
        let is_wrong = error.kind == Kind::Unauthorized;
        let mut refusal = StatusRefusal::of_sign_in(error);
        if is_wrong {
            // As the old service did: programs look for the number in a body that came with success.
            refusal.status = StatusCode::OK;
        }
        refusal
    })?;
    caller.ticket.prove();
    Ok(Json(given(&skype, &caller, who).await?))
}

/// `POST api.skype.com/login/skypetoken`: a hash of the name and the password, for whoever allows old programs. The answer is these
/// two keys and no other: a program takes it apart by a pattern.
async fn hash(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    headers: HeaderMap,
    Raw(body): Raw,
) -> Result<Json<TokenGiven>, StatusRefusal> {
    let asked: HashLogin = json_or_form(&body).map_err(malformed)?;
    let proof = Proof::Derived {
        door: DOOR,
        spelling: names::spelling(&asked.username),
        value: asked.password_hash,
    };
    let admitted = admit(&skype, &caller, &headers, &asked.username, proof).await;
    let who = admitted.map_err(StatusRefusal::of_sign_in)?;
    let given = given(&skype, &caller, who).await?;
    Ok(Json(TokenGiven {
        skypeid: None,
        signinname: None,
        ..given
    }))
}

/// `POST login.live.com/GetCredentialType.srf`. Whether a name is taken, everybody may ask here; whose a mail address is, nobody is
/// told: of those it is said that they are there, and the password decides.
async fn credential(
    State(skype): State<Arc<Skype>>,
    caller: Caller,
    Raw(body): Raw,
) -> Result<Json<CredentialType>, StatusRefusal> {
    let asked: CredentialAsked = json_or_form(&body).map_err(malformed)?;
    let spelling = names::spelling(&asked.username);
    if spelling.contains('@') {
        return Ok(Json(CredentialType::of(true)));
    }
    let check = skype
        .door
        .hub
        .check_name(origin(&caller), &spelling)
        .await?;
    Ok(Json(CredentialType::of(check.verdict == Verdict::Taken)))
}

fn malformed(error: impl std::fmt::Display) -> StatusRefusal {
    StatusRefusal::malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_called_the_same_after_an_update() {
        for (agent, wanted) in [
            ("SkPy/0.11", "SkPy"),
            (
                "Mozilla/5.0 (X11; Linux) AppleWebKit/537.36",
                "Skype for Web",
            ),
            ("python-requests/2.32.3", "python-requests"),
            ("Miranda NG 0.96", "Miranda"),
            ("", "Skype for Web"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("user-agent", agent.parse().expect("a value"));
            assert_eq!(program(&headers), wanted, "{agent}");
        }
    }
}
