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
use crate::skype::{GatewayRefusal, NOT_SIGNED_IN, Outside, Skype, names};

/// How far the clock of a program may be off, in seconds.
const SKEW: i64 = 24 * 3_600;
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
    let id = EndpointId(rand::random());
    check(&headers, skype.now())?;
    let (token, ends) = skype.registration(user.who, &id.0)?;
    let about = about(&headers, new, ends);
    open(&skype, user.who, origin(&user.caller), id, about).await?;
    Ok(registered(&outside, id, &token, ends, StatusCode::CREATED))
}

/// `PUT /v1/users/ME/endpoints/{id}`: an endpoint that is known, registered again; with a skypetoken also one that is not.
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
    Ok(registered(&outside, id, &token, ends, StatusCode::OK))
}

/// The challenge proves nothing but that a program knows a published key: one that was answered is answered right, with a clock
/// that is not quite wrong (section 2.2). Programs that leave it out are let in.
fn check(headers: &HeaderMap, now: Timestamp) -> Result<(), GatewayRefusal> {
    let Some(lock) = headers.get("lockandkey") else {
        return Ok(());
    };
    let text = lock.to_str().unwrap_or("");
    let time = text
        .split(';')
        .find_map(|part| part.trim().strip_prefix("time="));
    let time: Option<i64> = time.and_then(|time| time.trim().parse().ok());
    let skew = time.map_or(i64::MAX, |time| {
        (now.0 / 1000).saturating_sub(time).saturating_abs()
    });
    let refuse = |message: &str| {
        Err(GatewayRefusal::new(
            StatusCode::UNAUTHORIZED,
            NOT_SIGNED_IN,
            message,
        ))
    };
    if !lock_and_key::is_right(text) {
        return refuse("the answer of LockAndKey is wrong: see section 2.2 of the dialect");
    }
    if skew > SKEW {
        return refuse("the clock of this device is more than a day off: set it, then try again");
    }
    Ok(())
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
    status: StatusCode,
) -> Response {
    let seconds = ends.0 / 1000;
    let token = set_registration(token, seconds, id);
    let mut response = (status, Json(json!({}))).into_response();
    let location = outside.is_plain().then(|| links(outside).endpoint(id));
    let lines = [(TOKEN, Some(token)), (header::LOCATION, location)];
    for (name, text) in lines {
        if let Some(value) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// `GET /v1/users/ME/endpoints`: one's own endpoints at this door.
pub(super) async fn list(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
) -> Json<Vec<EndpointEntry>> {
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
