//! People: profiles, pictures, finding, and the list of contacts (section 7).

mod avatars;
mod contacts;
mod old;
mod profiles;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use hub::model::Account;
use hub::{Error, Identity};
use webapi::skype::Links;

use super::{Outside, Service, Skype, below, names, peripheral};

/// The addresses of these services.
pub(super) fn router() -> Router<Arc<Skype>> {
    let api = Router::new()
        .route("/users/{who}/profile", get(profiles::own))
        .route("/users/{who}/profile/partial", post(profiles::change))
        .route("/users/{who}/profile/public", get(profiles::public))
        .route(
            "/users/{who}/profile/avatar",
            get(avatars::old_show).put(avatars::put),
        )
        .route("/users/{who}/displayname", get(profiles::display_name))
        .route("/users/{who}/contacts", get(old::list))
        .route(
            "/users/{who}/contacts/{name}",
            put(contacts::remove).delete(contacts::remove),
        )
        .route("/users/batch/profiles", post(profiles::batch))
        .route("/users/{who}/contacts/profiles", post(profiles::batch))
        .route("/users/{who}/contacts/auth-request", get(old::requests))
        .route("/users/{who}/contacts/auth-request/{name}", put(old::ask))
        .route(
            "/users/{who}/contacts/auth-request/{name}/{answer}",
            put(old::answer),
        )
        .route("/users/{who}/contacts/{name}/{change}", put(old::change))
        .route(
            "/users/{who}/options/{name}",
            get(peripheral::old_option).post(peripheral::set_old_option),
        )
        .route("/search/users/any", get(old::search));
    let edge = Router::new().route(
        "/profile/v1/users/{who}/profile/partial",
        post(profiles::change),
    );
    let profile = Router::new()
        .route("/profile/v1/users/{who}/profile", get(profiles::own))
        .route("/profile/v1/batch/profiles", post(profiles::looked));
    let avatar = Router::new()
        .route("/v1/avatars/{name}", put(avatars::put))
        .route("/v1/avatars/{name}/public", get(avatars::show));
    let graph = Router::new()
        .route("/v2.0/search", get(profiles::search))
        .route("/search/v1.1/namesearch/swx", get(profiles::search));
    Router::new()
        .nest(&below(Service::Api), api)
        .nest(&below(Service::Contacts), contacts::router())
        .nest(&below(Service::Edge), edge)
        .nest(&below(Service::Profile), profile)
        .nest(&below(Service::Avatar), avatar)
        .nest(&below(Service::Graph), graph)
}

/// Where `viewer` finds somebody's picture, if it may be seen. The address says who looks, since programs ask for pictures
/// without any token.
fn avatar_of(
    skype: &Skype,
    outside: &Outside,
    viewer: Identity,
    account: &Account,
) -> Result<Option<String>, Error> {
    match account.picture {
        Some(_) => avatar(skype, outside, viewer, account).map(Some),
        None => Ok(None),
    }
}

/// The same where an address has to stand: there may be no picture behind it.
pub(super) fn avatar(
    skype: &Skype,
    outside: &Outside,
    viewer: Identity,
    account: &Account,
) -> Result<String, Error> {
    let links = Links::new(&outside.base(Service::Avatar));
    let name = names::skype_name(account);
    let ticket = skype.look(viewer)?;
    Ok(format!(
        "{}?returnDefaultImage=false&t={ticket}",
        links.avatar(&name)
    ))
}
