//! Endpoints: registered, listed, kept awake, ended (sections 3.1 and 3.2 of the dialect).
//!
//! A program that is refused here must not get a bare 404: SkPy takes any 404 for *register again* and does so at full speed.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hub::command::Command;
use hub::id::Timestamp;
use hub::{Identity, Origin};
use serde_json::{Value, json};
use webapi::skype::endpoint::{EndpointEntry, NewEndpoint, OwnProperties};
use webapi::skype::tokens::set_registration;
use webapi::skype::{Client, EndpointId, lock_and_key};

use super::endpoints::{About, Endpoint};
use super::input::{Loose, OfEndpoint, Parsed, links};
use super::registered::Registered;
use crate::api::origin;
use crate::skype::tokens::SkypeUser;
use crate::skype::{GatewayRefusal, Outside, Skype, names};

/// Letters that are kept of what a program says that it can do.
const MAX_FEATURES: usize = 200;
const TOKEN: HeaderName = HeaderName::from_static("set-registrationtoken");

/// `POST /v1/users/ME/endpoints`.
pub(super) async fn register(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    user: SkypeUser,
    headers: HeaderMap,
    Loose(new): Loose<NewEndpoint>,
) -> Result<Response, GatewayRefusal> {
    note(&headers);
    let from = origin(&user.caller);
    let about = |ends| about(&headers, new, ends);
    let (id, token, ends) = begin(&skype, user.who, from, about).await?;
    let done = (StatusCode::CREATED, Json(json!({}))).into_response();
    Ok(registered(&outside, id, &token, ends, done))
}

/// `PUT /v1/users/ME/endpoints/{id}`: an endpoint that is known, registered again; with a skypetoken also one that is not. Some programs
/// post.
pub(super) async fn again(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
    headers: HeaderMap,
    Loose(new): Loose<NewEndpoint>,
) -> Result<Response, GatewayRefusal> {
    let id = asks.endpoint_id(&of.endpoint)?;
    let known = asks.endpoint(&skype, &of.endpoint);
    if !asks.is_unregistered() {
        known?;
        return Ok(Json(json!({})).into_response());
    }
    let (token, ends) = skype.registration(asks.who, &id.0)?;
    match known {
        Ok(endpoint) => endpoint.change(|about| about.ends = ends),
        Err(_) => open(&skype, asks.who, asks.from, id, about(&headers, new, ends)).await?,
    }
    let done = Json(json!({})).into_response();
    Ok(registered(&outside, id, &token, ends, done))
}

/// The challenge proves nothing but that a program knows a published key, and many answer it wrongly: nobody is refused for it.
fn note(headers: &HeaderMap) {
    let lock = headers.get("lockandkey").map(|lock| lock.to_str());
    if lock.is_some_and(|text| !text.is_ok_and(lock_and_key::is_right)) {
        tracing::debug!("a program answers LockAndKey wrongly, and is let in");
    }
}

/// A new endpoint: its name, the token by which it is asked for, and until when.
async fn begin(
    skype: &Skype,
    who: Identity,
    from: Origin,
    about: impl FnOnce(Timestamp) -> About,
) -> Result<(EndpointId, String, Timestamp), GatewayRefusal> {
    let id = EndpointId(rand::random());
    let (token, ends) = skype.registration(who, &id.0)?;
    open(skype, who, from, id, about(ends)).await?;
    Ok((id, token, ends))
}

async fn open(
    skype: &Skype,
    who: Identity,
    from: Origin,
    id: EndpointId,
    about: About,
) -> Result<(), GatewayRefusal> {
    if skype.door.stop.is_cancelled() {
        return Err(hub::Error::unavailable("the server restarts: come back in a moment").into());
    }
    // A program that registers without end is told to wait, as for all that it asks too often.
    let session = skype.door.hub.session(who, from);
    let counted = session.command(Command::SetIdle(false)).await;
    counted.map_err(GatewayRefusal::of_sign_in)?;
    let opened = Endpoint::open(
        &skype.door.hub,
        who,
        from,
        id,
        about,
        skype.door.clock.now(),
    )
    .await;
    skype
        .endpoints
        .put(opened.map_err(GatewayRefusal::of_sign_in)?);
    Ok(())
}

fn about(headers: &HeaderMap, new: NewEndpoint, ends: Timestamp) -> About {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let features = new.endpoint_features.unwrap_or_default();
    About {
        client: Client::recognise(text("clientinfo"), text("user-agent")),
        features: features.chars().take(MAX_FEATURES).collect(),
        ends,
        ..About::default()
    }
}

/// The answer that satisfies all programs: token, end and name in this order, the name last; and where the endpoint is, but only
/// if that address looks as the service wrote it, for SkPy breaks at any other.
fn registered(
    outside: &Outside,
    id: EndpointId,
    token: &str,
    ends: Timestamp,
    mut response: Response,
) -> Response {
    let seconds = ends.0 / 1000;
    let token = set_registration(token, seconds, id);
    let location = outside.is_plain().then(|| links(outside).endpoint(id));
    let lines = [(TOKEN, Some(token)), (header::LOCATION, location)];
    for (name, text) in lines {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// `GET /v1/users/ME/endpoints`: one's own endpoints at this door. Who comes with a skypetoken is registered by it.
pub(super) async fn list(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    headers: HeaderMap,
) -> Result<Response, GatewayRefusal> {
    if !asks.is_unregistered() {
        return Ok(own(&skype, &asks).into_response());
    }
    // Whoever asks every ten seconds has one endpoint all the same.
    let before = (skype.endpoints.of(asks.who.account).into_iter())
        .find(|endpoint| endpoint.who.device == asks.who.device && endpoint.about().by_list);
    let (id, token, ends) = if let Some(endpoint) = before {
        let (token, ends) = skype.registration(asks.who, &endpoint.id.0)?;
        endpoint.change(|about| about.ends = ends);
        endpoint.turns.touch(skype.door.clock.now());
        (endpoint.id, token, ends)
    } else {
        let about = |ends| About {
            by_list: true,
            ..about(&headers, NewEndpoint::default(), ends)
        };
        begin(&skype, asks.who, asks.from, about).await?
    };
    let list = own(&skype, &asks).into_response();
    Ok(registered(&outside, id, &token, ends, list))
}

fn own(skype: &Skype, asks: &Registered) -> Json<Vec<EndpointEntry>> {
    let own = skype.endpoints.of(asks.who.account);
    let shown = own.iter().map(|endpoint| {
        let about = endpoint.about();
        EndpointEntry {
            id: endpoint.id.to_string(),
            endpoint_features: about.features,
            epname: about.said.private_info.and_then(|private| private.epname),
        }
    });
    Json(shown.collect())
}

/// `DELETE /v1/users/ME/endpoints/{id}`.
pub(super) async fn end(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
) -> Result<Json<Value>, GatewayRefusal> {
    let endpoint = asks.endpoint(&skype, &of.endpoint)?;
    skype.endpoints.end(asks.who.account, &endpoint.id);
    Ok(Json(json!({})))
}

/// `POST /v1/users/ME/endpoints/{id}/active`: somebody sits there.
pub(super) async fn active(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
) -> Result<Response, GatewayRefusal> {
    let endpoint = asks.endpoint(&skype, &of.endpoint)?;
    endpoint.session().command(Command::SetIdle(false)).await?;
    Ok((StatusCode::CREATED, Json(json!({}))).into_response())
}

/// `PUT …/endpoints/{id}/properties`: what a program says it can do, which changes nothing here.
pub(super) async fn properties(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
) -> Result<Json<Value>, GatewayRefusal> {
    asks.endpoint(&skype, &of.endpoint)?;
    Ok(Json(json!({})))
}

/// `GET /v1/users/ME/properties`: what one is called, without a prefix.
pub(super) async fn about_me(asks: Registered) -> Result<Json<OwnProperties>, GatewayRefusal> {
    let me = asks.session.me().await?;
    let name = names::skype_name(&me);
    Ok(Json(OwnProperties {
        primary_member_name: name.clone(),
        skype_name: name,
    }))
}
