//! Messages of the hub as programs of this dialect get them (section 5). What the hub holds becomes a tree in
//! `server::translate`; here people, messages and files in it get the names that they have in this dialect.

use hub::event::MessageView;
use hub::id::{AccountId, Pos, Timestamp};
use hub::model::{Body, CallRow, Message as Row, Object, Rich, Role as HubRole, SystemLine};
use webapi::content::{self, Block, Inline};
use webapi::skype::message::{
    Activity, CallState, Content, Facts, Hints, Message, ObjectKind, Part, PartList, UriObject,
    What, Wording,
};
use webapi::skype::thread::Role;
use webapi::skype::{AsmId, Links, Mri, Source, Stamp};

use super::input::links;
use super::place::{People, Place};
use super::read::Said;
use super::threads;
use crate::skype::{Outside, Service};
use crate::translate::blocks;

/// Whether a message is shown at all. That two became contacts is told elsewhere; for who writes and who adds the dialect has no line,
/// but the thread itself.
pub(super) fn is_shown(message: &Row) -> bool {
    !matches!(
        message.body,
        Body::System(SystemLine::BecameContacts | SystemLine::Ruled | SystemLine::Unbanned(_))
    )
}

/// Whose names are needed to show a message.
pub(super) fn people(view: &MessageView) -> impl Iterator<Item = AccountId> {
    let body = &view.message.body;
    let call = view.call.iter().flat_map(|call| [call.caller, call.callee]);
    let named = body.rich().map(|rich| content::accounts(&blocks(rich)));
    let named = named
        .into_iter()
        .flatten()
        .filter_map(|who| who.0.parse().ok());
    let quoted = view.quoted.iter().map(|quoted| quoted.author);
    let first = view.message.forwarded.iter().map(|of| of.author);
    let all: Vec<AccountId> = call.chain(named).chain(quoted).chain(first).collect();
    view.message
        .people()
        .chain(all)
        .collect::<Vec<_>>()
        .into_iter()
}

/// What is needed to write a message for somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Writer<'a> {
    /// How links are written.
    pub(super) outside: &'a Outside,
    /// Everybody whose name is needed.
    pub(super) people: &'a People,
    /// Who is in the thread, where its first line is shown: it is told as all of them coming (section 6.3).
    pub(super) members: &'a [AccountId],
}

impl Writer<'_> {
    /// A message, if it is shown.
    pub(super) fn message(&self, place: &Place, view: &MessageView) -> Option<Message> {
        let of = &view.message;
        if !is_shown(of) {
            return None;
        }
        let mut hints = Hints::from_bytes(&of.hints);
        let said = Said::take(&mut hints).filter(|_| of.edited.is_none());
        let content = match said {
            _ if of.deleted => Content::Words(Vec::new()),
            Some(said) => said.read(),
            None => self.content(place, view),
        };
        let from = match content {
            Content::Activity(_) => place.mri.clone(),
            _ => self.people.mri(of.author),
        };
        // That it was taken away is newer than all its versions.
        let edited = if of.deleted {
            Some(of.edited.unwrap_or(of.stamp).plus_ms(1))
        } else {
            of.edited
        };
        let facts = Facts {
            stamp: of.stamp.0,
            composed: of.stamp.0,
            from,
            name: Some(view.author.shown_name().to_owned()),
            conversation: place.mri.clone(),
            content: &content,
            client: Some(of.client.as_str().to_owned()).filter(|_| of.device.0 != 0),
            edited: edited.map(|at| at.0),
            deleted: of.deleted,
            hints,
            topic: place.topic.clone(),
            call: view.call.as_ref().map(|call| call.key.to_string()),
        };
        let names = |who: &Mri| self.people.called(who);
        Some(Message::new(
            &links(self.outside),
            facts,
            Wording { names: &names },
        ))
    }

    /// That somebody types, or no longer does.
    pub(super) fn typing(
        &self,
        place: &Place,
        who: AccountId,
        typing: bool,
        at: Timestamp,
    ) -> Message {
        let who = self.people.mri(who);
        Message::typing(&links(self.outside), &who, &place.mri, typing, at.0)
    }

    fn content(&self, place: &Place, view: &MessageView) -> Content {
        match &view.message.body {
            Body::Text(words) => Content::Words(self.words(place, view, words)),
            Body::Objects(_, words) => self.objects(place, view, words),
            Body::Call(_) => match &view.call {
                Some(call) => Content::Call(self.call(call)),
                None => Content::Words(Vec::new()),
            },
            Body::System(line) => self.line(place, view, line),
            Body::Location { words, .. } | Body::Card { words, .. } => {
                Content::Words(self.tree(place, words))
            }
            Body::Foreign { plain, .. } => Content::Words(self.tree(place, plain)),
            Body::Contacts(_) | Body::Nudge => Content::Words(Vec::new()),
        }
    }

    /// A tree with the names of this dialect.
    fn tree(&self, place: &Place, words: &Rich) -> Vec<Block> {
        let mut tree = blocks(words);
        content::rename(
            &mut tree,
            &|who| {
                let who = who.0.parse().ok()?;
                Some(self.people.mri(who).to_string().into())
            },
            &|of, _| of.0.parse().ok().map(|id| source(place, id).id()),
        );
        tree
    }

    /// Words, under what they answer or whose they are.
    fn words(&self, place: &Place, view: &MessageView, words: &Rich) -> Vec<Block> {
        let tree = self.tree(place, words);
        let name = |who: AccountId| Some(self.people.mri(who).to_string().into());
        if let Some(from) = &view.message.forwarded {
            return vec![Block::Quote {
                author: name(from.author),
                message: None,
                blocks: tree,
            }];
        }
        let Some(quoted) = view.quoted.as_deref().filter(|quoted| !quoted.deleted) else {
            return tree;
        };
        let first = Block::Quote {
            author: name(quoted.author),
            message: Some(exact(place, quoted.stamp).id()),
            blocks: blocks(&Rich::plain(&quoted.words)),
        };
        std::iter::once(first).chain(tree).collect()
    }

    /// One file is an object of its own; several are links to each.
    fn objects(&self, place: &Place, view: &MessageView, words: &Rich) -> Content {
        let store = Links::new(&self.outside.link(Service::Store, ""));
        if let [one] = view.objects.as_slice() {
            let size = one.size.unsigned_abs();
            let mut object = UriObject::new(&store, AsmId(one.id.0), kind_of(one), &one.name, size);
            object.description = Some(words.words()).filter(|words| !words.is_empty());
            return Content::Object(object);
        }
        let mut tree = self.words(place, view, words);
        tree.extend(view.objects.iter().map(|one| {
            let text = one.name.clone();
            let link = Inline::Link {
                href: store.view(AsmId(one.id.0), "original"),
                inline: vec![Inline::Text { text }],
            };
            Block::Paragraph { inline: vec![link] }
        }));
        Content::Words(tree)
    }

    fn call(&self, call: &CallRow) -> PartList {
        let ms = call
            .answered
            .zip(call.ended)
            .map(|(from, to)| to.0.saturating_sub(from.0));
        let duration = ms.map(|ms| u64::try_from(ms / 1000).unwrap_or(0));
        let part = |who: AccountId| Part {
            identity: self.people.mri(who).name,
            name: self.people.display(who),
            duration,
        };
        let (state, parts) = match (call.ended, duration) {
            (None, _) => (CallState::Started, vec![part(call.caller)]),
            (Some(_), Some(_)) => (CallState::Ended, vec![part(call.caller), part(call.callee)]),
            (Some(_), None) => (CallState::Missed, vec![part(call.caller)]),
        };
        PartList { state, parts }
    }

    fn line(&self, place: &Place, view: &MessageView, line: &SystemLine) -> Content {
        let author = view.message.author;
        let named = |people: &[AccountId]| people.iter().map(|who| self.people.mri(*who)).collect();
        let what = match line {
            SystemLine::Created(_) => What::Added(named(self.members)),
            SystemLine::Titled(title) => What::Titled(title.clone()),
            SystemLine::Pictured(present) => {
                let url = place.picture.filter(|_| *present);
                What::Pictured(
                    url.map(|id| threads::picture(self.outside, id))
                        .unwrap_or_default(),
                )
            }
            SystemLine::Added(people) => What::Added(named(people)),
            SystemLine::Joined => What::Added(named(&[author])),
            SystemLine::Left => What::Removed(named(&[author])),
            SystemLine::Removed(people) | SystemLine::Banned(people) => {
                What::Removed(named(people))
            }
            SystemLine::Ranked(people, HubRole::Owner | HubRole::Admin) => {
                What::Ranked(named(people), Role::Admin)
            }
            SystemLine::Ranked(people, HubRole::Member) => What::Ranked(named(people), Role::User),
            SystemLine::Inherited(who) => What::Ranked(named(&[*who]), Role::Admin),
            SystemLine::Disclosed(on) => What::History(*on),
            SystemLine::Joinable(on) => What::Joining(*on),
            SystemLine::BecameContacts | SystemLine::Ruled | SystemLine::Unbanned(_) => {
                return Content::Passing;
            }
        };
        Content::Activity(Activity {
            at: view.message.stamp.0,
            by: self.people.mri(author),
            what,
        })
    }
}

/// A message by its time, which its position tells nearly: quotes are written in whole seconds.
fn source(place: &Place, id: Pos) -> Source {
    exact(place, id.time())
}

fn exact(place: &Place, stamp: Timestamp) -> Source {
    Source {
        conversation: place.mri.clone(),
        at: Stamp::Exact(stamp.0),
    }
}

fn kind_of(object: &Object) -> ObjectKind {
    if object.is_picture() {
        return ObjectKind::Picture;
    }
    match ObjectKind::of_media_type(&object.mime) {
        // A picture that the server could not read is only bytes.
        ObjectKind::Picture => ObjectKind::File,
        kind => kind,
    }
}
