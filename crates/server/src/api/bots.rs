//! Bots, for their owner.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use hub::OwnBot;
use webapi::skein as api;

use super::{Door, SignedIn};
use crate::http::Refusal;

/// `GET /bots`.
pub(super) async fn list(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
) -> Result<Json<api::Bots>, Refusal> {
    let found = signed_in.session.bots().await?;
    let limits = door.hub.bot_limits();
    Ok(Json(api::Bots {
        bots: found.iter().map(bot).collect(),
        most: limits.bots,
        most_tokens: limits.tokens,
    }))
}

fn bot(of: &OwnBot) -> api::Bot {
    let token = |device: &hub::model::Device| api::BotToken {
        id: device.id.to_string().into(),
        label: device.label.clone(),
        created: device.created.0,
        last_used: device.last_used.0,
    };
    api::Bot {
        id: of.account.id.to_string().into(),
        name: of.account.name.clone(),
        display: of.account.display.clone(),
        created: of.account.created.0,
        tokens: of.tokens.iter().map(token).collect(),
    }
}
