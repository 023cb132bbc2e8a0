//! Who asks at the gateway: the registration token, or the skypetoken it was given for.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use hub::{Identity, Origin, Session};
use webapi::skype::EndpointId;

use super::endpoints::Endpoint;
use crate::api::origin;
use crate::skype::tokens::{SkypeUser, caller, outside};
use crate::skype::{GatewayRefusal, Skype, names};

/// A request of a program that is registered, below its own user's addresses.
#[derive(Debug, Clone)]
pub(super) struct Registered {
    /// Which account and device.
    pub(super) who: Identity,
    /// What it asks through; without an endpoint.
    pub(super) session: Session,
    /// Where it comes from.
    pub(super) from: Origin,
    /// The endpoint that its token names, which may be over; none if it came with a skypetoken.
    own: Option<EndpointId>,
}

/// The same where the address may name somebody else.
#[derive(Debug, Clone)]
pub(super) struct Anywhere(pub(super) Registered);

impl FromRequestParts<Arc<Skype>> for Anywhere {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, skype: &Arc<Skype>) -> Result<Self, Response> {
        let Some(token) = registration(&parts.headers) else {
            // skypeweb asks before it has any token, and registers when it is told so (section 3.2).
            let tokens = ["x-skypetoken", "authentication", "authorization"];
            if !tokens.iter().any(|name| parts.headers.contains_key(*name)) {
                return Err(GatewayRefusal::no_endpoint().into_response());
            }
            let user = SkypeUser::from_request_parts(parts, skype).await?;
            return Ok(Self(Registered {
                who: user.who,
                session: user.session,
                from: origin(&user.caller),
                own: None,
            }));
        };
        let redeemed = skype.redeem_registration(&token).await;
        let redeemed = redeemed.map_err(|error| too_late(error).into_response())?;
        let caller = caller(parts, &outside(parts)?)?;
        caller.ticket.prove();
        let from = origin(&caller);
        Ok(Self(Registered {
            who: redeemed.who,
            session: skype.door.hub.session(redeemed.who, from),
            from,
            own: redeemed.extra.try_into().ok().map(EndpointId),
        }))
    }
}

impl FromRequestParts<Arc<Skype>> for Registered {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, skype: &Arc<Skype>) -> Result<Self, Response> {
        let Anywhere(registered) = Anywhere::from_request_parts(parts, skype).await?;
        let path = RawPathParams::from_request_parts(parts, skype).await;
        if let Ok(path) = path
            && let Some((_, user)) = path.iter().find(|(name, _)| *name == "user")
        {
            let own = names::own(&registered.session, user).await;
            own.map_err(|error| GatewayRefusal::from(error).into_response())?;
        }
        Ok(registered)
    }
}

impl Registered {
    /// The endpoint of an address: `SELF`, or by its name in any spelling (section 3).
    pub(super) fn endpoint(
        &self,
        skype: &Skype,
        named: &str,
    ) -> Result<Arc<Endpoint>, GatewayRefusal> {
        let id = self.endpoint_id(named)?;
        let found = skype.endpoints.find(self.who.account, &id);
        let endpoint = found.filter(|of| of.who.device == self.who.device);
        let endpoint = endpoint.ok_or_else(GatewayRefusal::no_endpoint)?;
        endpoint.turns.touch(skype.door.clock.now());
        Ok(endpoint)
    }

    /// Which endpoint an address names, whether or not there is one.
    pub(super) fn endpoint_id(&self, named: &str) -> Result<EndpointId, GatewayRefusal> {
        let id = if named.eq_ignore_ascii_case("SELF") {
            self.own
        } else {
            EndpointId::parse(named)
        };
        id.ok_or_else(GatewayRefusal::no_endpoint)
    }

    /// The endpoint that its token names, if it is there still.
    pub(super) fn own_endpoint(&self, skype: &Skype) -> Option<Arc<Endpoint>> {
        let id = self.own?;
        skype.endpoints.find(self.who.account, &id)
    }

    /// Whether it came with a skypetoken rather than with a registration.
    pub(super) fn is_unregistered(&self) -> bool {
        self.own.is_none()
    }
}

fn registration(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("registrationtoken")?.to_str().ok()?;
    Some(value.to_owned())
}

/// A registration whose time is over is told apart from one that never was: programs then register again by themselves.
fn too_late(error: hub::Error) -> GatewayRefusal {
    match error.code {
        "ticket_ended" => GatewayRefusal::no_endpoint(),
        _ => error.into(),
    }
}
