//! How far one has read, as a program wrote it (section 5.5 of the dialect): the hub knows the message, this door keeps the words.

use std::collections::HashMap;

use hub::Session;
use hub::command::{Command, MessageRef};
use hub::event::MessageView;
use hub::id::{ConversationId, MessageId};
use hub::model::{SeenBy, Upto};
use hub::store::Around;
use webapi::skype::conversation::Horizon;

use crate::skype::DOOR;

/// How the keys of these states begin.
const KEY: &str = "horizon:";
/// Longest text that is kept, in bytes.
const MAX_TEXT: usize = 256;
/// Messages among which the one is looked for that a program means.
const LOOKED: u32 = 200;

/// What programs wrote of one's own marks.
#[derive(Debug, Clone, Default)]
pub(super) struct Horizons(HashMap<ConversationId, (MessageId, String)>);

impl Horizons {
    /// All of one's own.
    pub(super) async fn load(session: &Session) -> Result<Self, hub::Error> {
        let states = session.door_states(DOOR, KEY).await?;
        let read = states.iter().filter_map(|state| {
            let conversation = state.key.strip_prefix(KEY)?.parse().ok()?;
            let text = String::from_utf8(state.value.clone()).ok()?;
            let (message, text) = text.split_once(' ')?;
            Some((conversation, (message.parse().ok()?, text.to_owned())))
        });
        Ok(Self(read.collect()))
    }

    /// What to show for one's mark: the words of the program that set it, or our own if it was set elsewhere since.
    pub(super) fn of(&self, conversation: ConversationId, read: Option<Upto>) -> Option<String> {
        let read = read?;
        match self.0.get(&conversation) {
            Some((message, text)) if *message == read.message => Some(text.clone()),
            _ => Some(usual(read)),
        }
    }
}

/// A mark that no program of this dialect set.
pub(super) fn usual(read: Upto) -> String {
    let stamp = read.stamp.0;
    Horizon::of(stamp, stamp, &stamp.to_string()).to_string()
}

/// Everything up to what a program means was read.
///
/// # Errors
/// `horizon` if it cannot be understood.
pub(super) async fn put(
    session: &Session,
    conversation: ConversationId,
    text: &str,
) -> Result<(), hub::Error> {
    let horizon = Horizon::parse(text).filter(|_| text.len() <= MAX_TEXT);
    let horizon = horizon.ok_or_else(|| {
        hub::Error::invalid(
            "horizon",
            "consumptionhorizon wants three numbers with semicolons",
        )
    })?;
    let (newest, ..) = session
        .messages(conversation, Around::Newest, LOOKED)
        .await?;
    let Some(message) = meant(&newest, &horizon) else {
        return Ok(());
    };
    let (id, upto) = (message.message.id, MessageRef::Id(message.message.id));
    session
        .command(Command::MarkRead { conversation, upto })
        .await?;
    let keep = Command::PutDoorState {
        door: DOOR,
        key: format!("{KEY}{conversation}"),
        value: format!("{id} {text}").into_bytes(),
        seen_by: SeenBy::Own,
    };
    session.command(keep).await.map(drop)
}

/// Which message a program means: skypeweb names our id, SkPy what the sender's program called it, the official ones when it came
/// (section 5.5). If none is called so, the newest that is not newer than the time in front.
fn meant<'m>(newest: &'m [MessageView], horizon: &Horizon) -> Option<&'m MessageView> {
    let called = |view: &&MessageView| {
        let (stamp, client) = (
            view.message.stamp.0.to_string(),
            view.message.client.as_str(),
        );
        stamp == horizon.first || client == horizon.first || client == horizon.third
    };
    let came: Option<i64> = horizon.first.parse().ok();
    let by_name = newest.iter().rev().find(called);
    by_name.or_else(|| {
        newest
            .iter()
            .rev()
            .find(|view| came.is_some_and(|at| view.message.stamp.0 <= at))
    })
}
