//! What an endpoint hears, in this API's words; the same for sockets and polls.

use std::collections::BTreeSet;

use hub::Session;
use hub::event::{Event, Heard, Why};
use hub::id::Pos;
use webapi::skein::{self as api, ByeWhy};

use super::translate;

/// What an endpoint hears next.
#[derive(Debug)]
pub(super) enum Shown {
    /// Something durable.
    Placed(Pos, api::Placed),
    /// Something that is not kept.
    Passing(api::Placed),
    /// Nothing at or below it is missing.
    Reached(Pos),
    /// Take a snapshot first.
    Behind,
    /// Over.
    Ended(Why),
}

/// Translates what was heard.
pub(super) async fn show(session: &Session, heard: Heard) -> Shown {
    match heard {
        Heard::Placed(pos, event) => Shown::Placed(pos, placed(session, pos, &event).await),
        Heard::Passing(event) => Shown::Passing(api::Placed {
            pos: None,
            event: translate::ephemeral(&event),
        }),
        Heard::Reached(pos) => Shown::Reached(pos),
        Heard::Behind => Shown::Behind,
        Heard::Detached(why) => Shown::Ended(why),
    }
}

/// A durable event at its place.
pub(super) async fn placed(session: &Session, pos: Pos, event: &Event) -> api::Placed {
    // How many connections a device has is not in its row; a device that just came has at least the one that asks.
    let connections = match event {
        Event::Device(row) => session
            .devices()
            .await
            .ok()
            .and_then(|devices| {
                devices
                    .iter()
                    .find(|(device, _)| device.id == row.id)
                    .map(|d| d.1)
            })
            .unwrap_or(0),
        _ => 0,
    };
    let mut shown = translate::event(event, session.account(), session.device(), connections);
    // Nor are the names of those who are shown with it. Every device of a group hears a message, so beside one stands who they
    // are, as of its author, and no detail that would have to be asked for again for each.
    let named = match event {
        Event::Conversation(view) => {
            let people: Vec<_> = view.people().collect::<BTreeSet<_>>().into_iter().collect();
            session.accounts(&people).await
        }
        Event::Message(view) => {
            let others = view.people().filter(|who| *who != view.author.id);
            session.names(others.collect()).await
        }
        _ => Ok(Vec::new()),
    };
    if let api::Event::Conversation { profiles, .. } | api::Event::Message { profiles, .. } =
        &mut shown
    {
        profiles.extend(
            named
                .unwrap_or_default()
                .iter()
                .map(|one| translate::profile(one)),
        );
    }
    api::Placed {
        pos: Some(pos.to_string().into()),
        event: shown,
    }
}

/// Why an endpoint ended, for a socket.
pub(super) fn bye(why: Why) -> (ByeWhy, Option<i64>) {
    match why {
        Why::TooSlow => (ByeWhy::TooSlow, Some(0)),
        Why::SignedOut => (ByeWhy::SignedOut, None),
        Why::Blocked => (ByeWhy::Blocked, None),
        Why::TooMany => (ByeWhy::TooMany, None),
        Why::Stopping => (ByeWhy::Restart, Some(1000)),
    }
}
