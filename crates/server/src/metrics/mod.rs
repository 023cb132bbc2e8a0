//! Figures for whoever watches the server, on a listener of their own.
//!
//! Everything is asked for when somebody reads the page: the hub, the relay and the connections count by themselves. Labels
//! come from closed sets, and nothing is told by account.

mod figures;
mod text;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hub::Hub;

use crate::net::admission::Admission;
use crate::net::tls::Certificates;
use crate::udp::UdpHandle;

/// What the figures are of.
pub(crate) struct Watched {
    /// The hub.
    pub(crate) hub: Hub,
    /// The connections.
    pub(crate) admission: Arc<Admission>,
    /// The UDP side, if it is not turned off.
    pub(crate) udp: Option<UdpHandle>,
    /// The certificate, if there is one.
    pub(crate) certificates: Option<Arc<Certificates>>,
    /// The data folder.
    pub(crate) folder: PathBuf,
    /// When the server began, in ms.
    pub(crate) began: i64,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// The addresses of this listener.
pub(crate) fn router(watched: Arc<Watched>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .fallback(async || {
            (
                axum::http::StatusCode::NOT_FOUND,
                "the figures are at /metrics\n",
            )
        })
        .with_state(watched)
}

async fn metrics(State(watched): State<Arc<Watched>>) -> Response {
    let page = figures::page(&watched).await;
    ([(header::CONTENT_TYPE, text::CONTENT_TYPE)], page).into_response()
}
