//! Conversations and messages, as one account sees them.

use hub::event::{MessageView, Quoted, Reacted};
use hub::id::AccountId;
use hub::model::{Body, CallRow, ConversationKind, Message, Object, OwnSettings, Upto};
use hub::store::{ConversationView, Unread};
use webapi::skein as api;

use super::groups::{group, line, member};
use super::outgoing::{call_record, object};
use crate::translate::blocks;

/// A conversation as `reader` sees it.
pub fn conversation(view: &ConversationView, reader: AccountId) -> api::Conversation {
    let delivered = |who: AccountId| {
        view.delivered
            .iter()
            .find(|(account, _)| *account == who)
            .map(|(_, mark)| *mark)
    };
    let named = view.conversation.is_named();
    let mine = view.members.iter().find(|m| m.account == reader);
    api::Conversation {
        id: id!(view.conversation.id),
        kind: match view.conversation.kind {
            ConversationKind::Cast => api::ConversationKind::Cast,
            ConversationKind::Named => api::ConversationKind::Named,
        },
        members: hub::event::present(&view.members)
            .map(|one| member(one, delivered(one.account), named))
            .collect(),
        group: named.then(|| group(&view.conversation, mine)),
        picture: view.conversation.picture.map(|id| id!(id)),
        head: id!(view.conversation.head),
        last: view.last.as_ref().map(|last| written(last, None, reader)),
        unread: view.unread.messages,
        mentions: view.unread.mentions,
        mentioned: view.unread.mentioned.map(|id| id!(id)),
        own: mine.map(|member| own(&member.own)).unwrap_or_default(),
    }
}

/// One's own settings of a conversation.
pub(super) fn own(of: &OwnSettings) -> api::Own {
    api::Own {
        muted_until: of.muted_until.map(|at| at.0),
        pinned: of.pinned,
        archived: of.archived,
        draft: (!of.draft.is_empty()).then(|| of.draft.clone()),
    }
}

/// A mark.
pub(super) fn upto(mark: Upto) -> api::Upto {
    api::Upto {
        message: id!(mark.message),
        stamp: mark.stamp.0,
    }
}

/// What is left unread.
pub(super) fn unread(left: Unread) -> api::Unread {
    api::Unread {
        messages: left.messages,
        mentions: left.mentions,
        mentioned: left.mentioned.map(|id| id!(id)),
    }
}

/// A message as `reader` sees it, with all that goes along.
pub fn message(view: &MessageView, reader: AccountId) -> api::Message {
    let MessageView {
        message: of,
        author: _,
        call,
        quoted: answered,
        objects,
        reactions,
        mentions_reader,
    } = view;
    let mut written = written(of, call.as_deref(), reader);
    if let api::Body::Objects { objects: known, .. } = &mut written.body {
        let size = |object: &Object| object.size.unsigned_abs();
        known.extend(objects.iter().map(|of| object(of, size(of))));
    }
    api::Message {
        quoted: answered.as_deref().map(quoted),
        reactions: reactions.iter().map(reaction).collect(),
        names_reader: *mentions_reader,
        ..written
    }
}

/// What a message itself says.
fn written(of: &Message, call: Option<&CallRow>, reader: AccountId) -> api::Message {
    let empty = || api::Body::Text { blocks: Vec::new() };
    api::Message {
        id: id!(of.id),
        conversation: id!(of.conversation),
        author: id!(of.author),
        stamp: of.stamp.0,
        body: if of.deleted {
            empty()
        } else {
            body(&of.body, call, reader)
        },
        edited: of.edited.map(|at| at.0),
        deleted: of.deleted,
        reply_to: of.reply_to.map(|id| id!(id)),
        quoted: None,
        forwarded: of.forwarded.as_ref().map(|from| api::Forwarded {
            author: id!(from.author),
            name: from.name.clone(),
            stamp: from.stamp.0,
        }),
        reactions: Vec::new(),
        names_reader: false,
        client: (of.author == reader).then(|| of.client.as_str().to_owned()),
    }
}

fn quoted(of: &Quoted) -> api::Quoted {
    api::Quoted {
        message: id!(of.message),
        author: id!(of.author),
        name: of.name.clone(),
        stamp: of.stamp.0,
        words: of.words.clone(),
        cut: of.cut,
        deleted: of.deleted,
    }
}

fn reaction(of: &Reacted) -> api::Reaction {
    api::Reaction {
        key: of.key.clone(),
        count: of.count,
        mine: of.mine,
        people: of.people.iter().map(|who| id!(who)).collect(),
    }
}

fn body(of: &Body, call: Option<&CallRow>, reader: AccountId) -> api::Body {
    match of {
        Body::Text(rich) => api::Body::Text {
            blocks: blocks(rich),
        },
        Body::Call(key) => api::Body::Call {
            key: id!(key),
            record: call.map(|row| call_record(row, reader)),
        },
        Body::System(said) => api::Body::System { line: line(said) },
        Body::Card { json, words } => match serde_json::from_str(json) {
            Ok(card) => api::Body::Card {
                card,
                blocks: blocks(words),
            },
            Err(_) => api::Body::Text {
                blocks: blocks(words),
            },
        },
        // Their own shapes come with the commands that make them; until then, their words.
        Body::Objects(ids, words) => api::Body::Objects {
            ids: ids.iter().map(|id| id!(id)).collect(),
            objects: Vec::new(),
            blocks: blocks(words),
        },
        Body::Location { words, .. } => api::Body::Text {
            blocks: blocks(words),
        },
        Body::Foreign { plain, .. } => api::Body::Text {
            blocks: blocks(plain),
        },
        Body::Contacts(_) | Body::Nudge => api::Body::Text { blocks: Vec::new() },
    }
}
