//! What an endpoint hears, in the words of this dialect (section 4), as far as its subscription and its program take it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use hub::Session;
use hub::event::{Ephemeral, Event, MessageView, Presence};
use hub::id::{AccountId, ConversationId, MessageId, Pos, Timestamp};
use hub::model::{Availability, Message};
use hub::store::ConversationView;
use webapi::skype::endpoint::Interests;
use webapi::skype::event::{EventMessage, Resource};

use super::conversations;
use super::endpoints::About;
use super::input::links;
use super::place::{People, Place};
use super::presence;
use super::threads;
use super::write::{self, Writer};
use crate::skype::{Outside, Skype};

/// Conversations whose names an endpoint remembers; beyond it all are asked for anew.
const PLACES: usize = 1_000;
/// Edits that an endpoint remembers, so that a reaction to an edited message is no second edit.
const EDITS: usize = 256;

/// As whom and for whom events are drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Viewer<'a> {
    /// The door.
    pub(super) skype: &'a Skype,
    /// As whom.
    pub(super) session: &'a Session,
    /// How links are written.
    pub(super) outside: &'a Outside,
    /// What is known of the endpoint.
    pub(super) about: &'a About,
}

/// A message that was changed: when it was edited, or that it was removed.
type Version = (MessageId, Option<Timestamp>);

/// What an endpoint remembers of what it was told.
#[derive(Debug, Default)]
pub(super) struct Memory {
    places: HashMap<ConversationId, Arc<Place>>,
    edits: VecDeque<Version>,
}

impl Memory {
    /// Something durable.
    pub(super) async fn placed(
        &mut self,
        viewer: &Viewer<'_>,
        pos: Pos,
        event: &Event,
    ) -> Result<Vec<EventMessage>, hub::Error> {
        let drawn = match event {
            Event::Message(view) => self.message(viewer, pos, view).await,
            Event::Conversation(view) => {
                self.places.remove(&view.conversation.id);
                self.conversation(viewer, pos, view).await
            }
            Event::Read {
                conversation,
                account,
                ..
            } if *account == viewer.session.account() => {
                self.update(viewer, pos, *conversation).await
            }
            Event::Own { conversation, .. } => self.update(viewer, pos, *conversation).await,
            Event::Account(_) if viewer.wants(|of| of.all_contacts) => {
                viewer.me(None).await.map(|event| vec![event])
            }
            // A call's line in the conversation tells of it; devices, and who is a contact, are asked for elsewhere.
            Event::Read { .. }
            | Event::Account(_)
            | Event::Device(_)
            | Event::DeviceEnded(_)
            | Event::Contact(_)
            | Event::Call(_) => Ok(Vec::new()),
        };
        drawn.map(|events| viewer.fitting(events))
    }

    /// Something that is not kept.
    pub(super) async fn passing(
        &mut self,
        viewer: &Viewer<'_>,
        event: &Ephemeral,
    ) -> Result<Vec<EventMessage>, hub::Error> {
        let drawn = match event {
            Ephemeral::Presence(of) => viewer.presence(of).await,
            Ephemeral::Typing {
                conversation,
                account,
                typing,
            } => self.typing(viewer, *conversation, *account, *typing).await,
            // Programs of this dialect neither show what has arrived nor take calls.
            Ephemeral::Delivered { .. } | Ephemeral::Call(_) => Ok(Vec::new()),
        };
        drawn.map(|events| viewer.fitting(events))
    }

    async fn message(
        &mut self,
        viewer: &Viewer<'_>,
        pos: Pos,
        view: &MessageView,
    ) -> Result<Vec<EventMessage>, hub::Error> {
        if !viewer.wants(|of| of.messages) || !self.is_news(pos, &view.message) {
            return Ok(Vec::new());
        }
        let Some(place) = self.place(viewer, view.message.conversation).await? else {
            return Ok(Vec::new());
        };
        let session = viewer.session;
        let id = view.message.conversation;
        let members = threads::members_if_made(session, id, std::slice::from_ref(view)).await?;
        let people = write::people(view).chain(members.iter().copied());
        let people = People::load(session, people).await?;
        let writer = Writer {
            outside: viewer.outside,
            people: &people,
            members: &members,
        };
        let Some(message) = writer.message(&place, view) else {
            return Ok(Vec::new());
        };
        self.remember(&view.message);
        let link = links(viewer.outside).message(&place.mri, view.message.stamp.0);
        let at = view.message.edited.unwrap_or(view.message.stamp);
        let resource = Resource::NewMessage(Box::new(message));
        Ok(vec![EventMessage::new(0, at.0, link, resource)])
    }

    /// Whether there is anything to tell: a new message, an edit, or a removal; no reaction.
    fn is_news(&self, pos: Pos, message: &Message) -> bool {
        pos == message.id || version(message).is_some_and(|of| !self.edits.contains(&of))
    }

    /// An edit or a removal that is told now. Not before: a poll that is given up in between has told nothing.
    fn remember(&mut self, message: &Message) {
        let Some(version) = version(message) else {
            return;
        };
        if self.edits.len() >= EDITS {
            self.edits.pop_front();
        }
        self.edits.push_back(version);
    }

    async fn conversation(
        &mut self,
        viewer: &Viewer<'_>,
        pos: Pos,
        view: &ConversationView,
    ) -> Result<Vec<EventMessage>, hub::Error> {
        let is_thread = view.conversation.is_named() || view.members.len() > 2;
        if !is_thread || !viewer.wants(|of| of.threads) {
            return Ok(Vec::new());
        }
        let thread = threads::thread(viewer.session, viewer.outside, view).await?;
        let link = format!("{}/v1/threads/{}", links(viewer.outside).base(), thread.id);
        let resource = Resource::ThreadUpdate(Box::new(thread));
        Ok(vec![EventMessage::new(0, pos.time().0, link, resource)])
    }

    /// One's own mark or settings in a conversation.
    async fn update(
        &mut self,
        viewer: &Viewer<'_>,
        pos: Pos,
        id: ConversationId,
    ) -> Result<Vec<EventMessage>, hub::Error> {
        if !viewer.wants(|of| of.conversations) {
            return Ok(Vec::new());
        }
        let view = viewer.session.conversation(id).await?;
        let views = [view];
        let objects = conversations::objects(viewer.skype, viewer.session, viewer.outside, &views);
        let Some(object) = objects.await?.pop() else {
            return Ok(Vec::new());
        };
        let link = format!(
            "{}/v1/users/ME/conversations/{}",
            links(viewer.outside).base(),
            object.id
        );
        let resource = Resource::ConversationUpdate(Box::new(object));
        Ok(vec![EventMessage::new(0, pos.time().0, link, resource)])
    }

    async fn typing(
        &mut self,
        viewer: &Viewer<'_>,
        conversation: ConversationId,
        who: AccountId,
        typing: bool,
    ) -> Result<Vec<EventMessage>, hub::Error> {
        let session = viewer.session;
        if who == session.account() || !viewer.wants(|of| of.messages) {
            return Ok(Vec::new());
        }
        let Some(place) = self.place(viewer, conversation).await? else {
            return Ok(Vec::new());
        };
        let people = People::load(session, [who]).await?;
        let writer = Writer {
            outside: viewer.outside,
            people: &people,
            members: &[],
        };
        let now = viewer.skype.now();
        let message = writer.typing(&place, who, typing, now);
        let link = links(viewer.outside).message(&place.mri, now.0);
        let resource = Resource::NewMessage(Box::new(message));
        Ok(vec![EventMessage::new(0, now.0, link, resource)])
    }

    /// How the viewer names a conversation; none if it may not see it any more.
    async fn place(
        &mut self,
        viewer: &Viewer<'_>,
        id: ConversationId,
    ) -> Result<Option<Arc<Place>>, hub::Error> {
        if let Some(place) = self.places.get(&id) {
            return Ok(Some(Arc::clone(place)));
        }
        let session = viewer.session;
        let view = match session.conversation(id).await {
            Ok(view) => view,
            Err(error) if error.kind == hub::Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let people = People::load(session, view.people()).await?;
        let place = Arc::new(Place::of(&view, session.account(), &people));
        if self.places.len() >= PLACES {
            self.places.clear();
        }
        self.places.insert(id, Arc::clone(&place));
        Ok(Some(place))
    }
}

/// Which change of a message this is; none if it is as it was written.
fn version(message: &Message) -> Option<Version> {
    let is_changed = message.edited.is_some() || message.deleted;
    is_changed.then(|| (message.id, message.edited.filter(|_| !message.deleted)))
}

impl Viewer<'_> {
    fn wants(&self, what: impl Fn(&Interests) -> bool) -> bool {
        self.about.interests.as_ref().is_some_and(what)
    }

    /// Only what the program can take.
    fn fitting(&self, events: Vec<EventMessage>) -> Vec<EventMessage> {
        let fit = |event: EventMessage| {
            let resource = self.about.client.fit(event.resource)?;
            Some(EventMessage { resource, ..event })
        };
        events.into_iter().filter_map(fit).collect()
    }

    async fn me(&self, seen: Option<Presence>) -> Result<EventMessage, hub::Error> {
        let me = self.session.me().await?;
        let now = self.skype.now();
        Ok(presence::own_told(
            &links(self.outside),
            &me,
            seen,
            self.about.idle,
            now,
        ))
    }

    async fn presence(&self, of: &Presence) -> Result<Vec<EventMessage>, hub::Error> {
        let session = self.session;
        let me = session.account();
        if of.account == me {
            if !self.wants(|of| of.all_contacts) {
                return Ok(Vec::new());
            }
            return Ok(vec![self.me(Some(*of)).await?]);
        }
        let people = People::load(session, [of.account]).await?;
        let who = people.mri(of.account);
        if !self.wants(|of| of.watches(&who)) {
            return Ok(Vec::new());
        }
        let links = links(self.outside);
        let now = self.skype.now();
        let document = presence::document(&links, &who, of);
        let mut events = vec![presence::told(&links, &who, document, now)];
        if of.availability != Availability::Offline {
            events.extend(presence::endpoints(
                self.skype, &links, &who, of.account, me, now,
            ));
        }
        Ok(events)
    }
}
