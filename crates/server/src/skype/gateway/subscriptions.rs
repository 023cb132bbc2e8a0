//! Subscriptions: what an endpoint wants to hear (section 3.3 of the dialect). Each endpoint has one, number 0.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use webapi::skype::endpoint::{Interests, Subscribe};

use super::endpoints::Endpoint;
use super::input::{Loose, OfEndpoint, Parsed, links};
use super::presence;
use super::registered::Registered;
use crate::skype::{GatewayRefusal, Outside, Skype};

/// `POST …/endpoints/{id}/subscriptions`: a second one replaces the first.
pub(super) async fn subscribe(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
    Loose(asked): Loose<Subscribe>,
) -> Result<Response, GatewayRefusal> {
    let endpoint = asks.endpoint(&skype, &of.endpoint)?;
    set(&skype, &outside, &endpoint, &asked).await?;
    let mut response = (StatusCode::CREATED, Json(json!({}))).into_response();
    if let Ok(place) = HeaderValue::try_from(links(&outside).subscription()) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `PUT …/subscriptions/0?name=interestedResources`.
pub(super) async fn change(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
    Loose(asked): Loose<Subscribe>,
) -> Result<Json<Value>, GatewayRefusal> {
    let endpoint = asks.endpoint(&skype, &of.endpoint)?;
    if endpoint.about().interests.is_none() {
        return Err(GatewayRefusal::no_subscription());
    }
    set(&skype, &outside, &endpoint, &asked).await?;
    Ok(Json(json!({})))
}

/// `DELETE …/subscriptions/0`.
pub(super) async fn end(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfEndpoint>,
) -> Result<Json<Value>, GatewayRefusal> {
    let endpoint = asks.endpoint(&skype, &of.endpoint)?;
    endpoint.change(|about| about.interests = None);
    Ok(Json(json!({})))
}

/// Who subscribes to people is told how they are now.
async fn set(
    skype: &Skype,
    outside: &Outside,
    endpoint: &Endpoint,
    asked: &Subscribe,
) -> Result<(), GatewayRefusal> {
    let interests = Interests::read(&asked.interested_resources);
    endpoint.change(|about| about.interests = Some(interests));
    tell(skype, outside, endpoint).await
}

/// How everybody is whom the endpoint watches, into its queue.
pub(super) async fn tell(
    skype: &Skype,
    outside: &Outside,
    endpoint: &Endpoint,
) -> Result<(), GatewayRefusal> {
    let about = endpoint.about();
    let watches = about.interests.as_ref();
    if !watches.is_some_and(|of| of.all_contacts || !of.contacts.is_empty()) {
        return Ok(());
    }
    let session = endpoint.session();
    let events = presence::now(skype, &session, &links(outside), &about).await?;
    // A held poll has the queue: it gives way, and the program's next poll tells.
    let turn = endpoint.turns.take(skype.door.clock.now());
    let mut queue = endpoint.queue.lock().await;
    drop(turn);
    queue.tell(events);
    Ok(())
}
