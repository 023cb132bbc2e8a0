//! What programs of this dialect write, as bodies of the hub (section 5.3). Whatever is sent becomes a tree of allowed elements;
//! people, quoted messages and files in it get our ids.

use std::collections::HashMap;

use hub::command::Command;
use hub::id::{AccountId, ClientId, ConversationId, MessageId, ObjectId, Timestamp};
use hub::model::{Body, MAX_QUOTES, Rich};
use hub::store::Around;
use hub::{Kind, Session};
use serde::{Deserialize, Serialize};
use webapi::content::{self, Block, Inline};
use webapi::skein;
use webapi::skype::message::{Content, Hints, NewMessage};
use webapi::skype::{Source, Stamp, text};

use super::place::Named;
use crate::skype::names;
use crate::skype::objects::NAMELESS;
use crate::translate;

/// The key of hints under which lies what no tree holds: a place, people, a card. It is nobody's to send.
const SAID: &str = "skein:said";
/// People of one message that are looked for; whatever is beyond is letters.
const NAMED: usize = 50;
/// Messages of one second that are looked at for the one that is quoted.
const IN_A_SECOND: u32 = 20;

/// Where a message goes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goes {
    /// There.
    At(ConversationId),
    /// There, if it was opened: it is looked for when something of it is needed, for most messages go without.
    To(Named),
}

impl Goes {
    async fn at(self, session: &Session) -> Result<Option<ConversationId>, hub::Error> {
        match self {
            Self::At(id) => Ok(Some(id)),
            Self::To(named) => Ok(named.view(session).await?.map(|view| view.conversation.id)),
        }
    }
}

/// A body, and what a tree does not hold of it.
///
/// # Errors
/// `not_yours` for what only the server says; what the hub says of the rest.
pub(super) async fn body(
    session: &Session,
    goes: Goes,
    new: &NewMessage,
) -> Result<(Body, Vec<u8>), hub::Error> {
    let mut hints = new.hints();
    hints.more.remove(SAID);
    let body = match new.read() {
        Content::Words(blocks) => Body::Text(tree(session, goes, blocks).await?),
        Content::Object(object) => match object.id() {
            Some(id) => {
                called(session, ObjectId(id.0), object.name.as_deref()).await?;
                // SkPy describes a file by its name, which is shown already.
                let described = object.description.as_deref();
                let words = described.filter(|of| Some(*of) != object.name.as_deref());
                let words = words.unwrap_or("");
                Body::Objects(vec![ObjectId(id.0)], Rich::plain(words))
            }
            // It lies at some other place.
            None => {
                let name = object.name.clone().unwrap_or_else(|| object.uri.clone());
                Body::Text(tree(session, goes, vec![link(object.uri, name)]).await?)
            }
        },
        Content::Call(_) | Content::Activity(_) => {
            let message = "calls and changes of a thread are told by the server alone";
            return Err(hub::Error::new(Kind::Forbidden, "not_yours", message));
        }
        Content::Typing(_) | Content::Passing => {
            return Err(hub::Error::invalid(
                "body",
                "this kind of message is not kept",
            ));
        }
        Content::People(_) | Content::Location(_) | Content::Card(_) | Content::Unknown { .. } => {
            let said = Said {
                kind: new.messagetype.clone().unwrap_or_default(),
                content: new.content.clone().unwrap_or_default(),
            };
            let words = text::bare_words(&said.content);
            let words = if words.trim().is_empty() {
                said.kind.clone()
            } else {
                words
            };
            said.put(&mut hints);
            Body::Text(Rich::plain(&words))
        }
    };
    Ok((body, hints.to_bytes()))
}

/// A picture is made without a name; what it is called stands in the message that shows it.
async fn called(session: &Session, id: ObjectId, name: Option<&str>) -> Result<(), hub::Error> {
    let Some(name) = name.filter(|name| !name.trim().is_empty()) else {
        return Ok(());
    };
    // What cannot be read cannot be sent either, which is said there.
    let Ok((object, _)) = session.object(id).await else {
        return Ok(());
    };
    if object.owner != session.account() || object.name != NAMELESS || name == NAMELESS {
        return Ok(());
    }
    let name = name.to_owned();
    match session.command(Command::NameObject { id, name }).await {
        // It was sent before, as what it is called there.
        Err(error) if error.code == "object_in_use" => Ok(()),
        done => done.map(drop),
    }
}

fn link(href: String, name: String) -> Block {
    let inline = vec![Inline::Text { text: name }];
    Block::Paragraph {
        inline: vec![Inline::Link { href, inline }],
    }
}

/// What no tree holds, as it was written; it is read again before anybody sees it, so that nothing in it is trusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    kind: String,
    content: String,
}

impl Said {
    fn put(&self, hints: &mut Hints) {
        if let Ok(value) = serde_json::to_value(self) {
            hints.more.insert(SAID.to_owned(), value);
        }
    }

    /// Takes it out of what a message carries.
    pub(super) fn take(hints: &mut Hints) -> Option<Self> {
        serde_json::from_value(hints.more.remove(SAID)?).ok()
    }

    /// What it says.
    pub(super) fn read(&self) -> Content {
        Content::read(&self.kind, &self.content)
    }
}

/// A tree with our ids in the place of names of this dialect.
async fn tree(session: &Session, goes: Goes, mut blocks: Vec<Block>) -> Result<Rich, hub::Error> {
    let mut people: HashMap<skein::AccountId, Option<AccountId>> = HashMap::new();
    for who in content::accounts(&blocks).into_iter().take(NAMED) {
        match names::somebody(session, &who.0).await {
            Ok(account) => people.insert(who, Some(account)),
            Err(error) if error.kind == Kind::NotFound => people.insert(who, None),
            Err(error) if error.kind == Kind::Unavailable => return Err(error),
            // One is not told who that is: it may be anybody.
            Err(_) => None,
        };
    }
    let mut quoted = HashMap::new();
    let mut here: HashMap<String, bool> = HashMap::new();
    let quotes = content::quotes(&blocks);
    let at = match quotes.first() {
        Some(_) => goes.at(session).await?,
        None => None,
    };
    for (of, author) in quotes.into_iter().take(MAX_QUOTES) {
        let (Some(at), Some(source)) = (at, Source::read(&of)) else {
            continue;
        };
        let whose = match &author {
            None => Whose::Anybody,
            Some(who) => match people.get(who) {
                Some(Some(account)) => Whose::Theirs(*account),
                Some(None) => Whose::Anybody,
                None => Whose::Unclear,
            },
        };
        // Each costs as much as a command.
        session.spend_command()?;
        let place = source.conversation.to_string();
        let is_here = match here.get(&place) {
            Some(known) => *known,
            None => is_at(session, &source, at).await?,
        };
        here.insert(place, is_here);
        if is_here && let Some(id) = find(session, at, &source, whose).await? {
            quoted.insert((of, author), skein::MessageId::from(id.to_string()));
        }
    }
    let account = |who: &skein::AccountId| Some(people.get(who)?.as_ref()?.to_string().into());
    let message = |of: &skein::MessageId, author: Option<&skein::AccountId>| {
        quoted.get(&(of.clone(), author.cloned())).cloned()
    };
    content::rename(&mut blocks, &account, &message);
    translate::rich(blocks)
}

/// Whose words a quote says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// It names nobody, or nobody is called so here.
    Anybody,
    Theirs(AccountId),
    /// It names somebody of whom whoever writes is told nothing.
    Unclear,
}

/// Whether it is from this conversation: what was said elsewhere, or who knows where, is quoted by its words alone.
async fn is_at(session: &Session, of: &Source, at: ConversationId) -> Result<bool, hub::Error> {
    let unknown = [Kind::NotFound, Kind::TooMany, Kind::Forbidden];
    let named = match Named::of(session, &of.conversation.to_string()).await {
        Ok(named) => named,
        Err(error) if unknown.contains(&error.kind) => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(match named {
        Named::Thread(id, _) => id == at,
        Named::With(_) => {
            let view = named.view(session).await?;
            view.is_some_and(|view| view.conversation.id == at)
        }
    })
}

/// The message of a conversation that a quote means: by its time, exactly or to the second. Of those of one second it is the one of
/// the author that the quote names, and the first only where nobody here has that name.
async fn find(
    session: &Session,
    at: ConversationId,
    source: &Source,
    whose: Whose,
) -> Result<Option<MessageId>, hub::Error> {
    let (from, until, most) = match source.at {
        Stamp::Exact(ms) => (ms, ms, 1),
        Stamp::Second(seconds) => (seconds * 1000, seconds * 1000 + 999, IN_A_SECOND),
    };
    let around = Around::Since(Timestamp(from));
    let (found, ..) = session.messages(at, around, most).await?;
    // Nobody quotes a line of the system.
    let mut meant = (found.iter().map(|view| &view.message))
        .filter(|message| message.stamp.0 <= until && !matches!(message.body, Body::System(_)));
    let found = match (source.at, whose) {
        (Stamp::Second(_), Whose::Theirs(author)) => meant.find(|message| message.author == author),
        (Stamp::Second(_), Whose::Unclear) => None,
        _ => meant.next(),
    };
    Ok(found.map(|message| message.id))
}

/// What a program calls a message.
pub(super) fn client_id(text: &str) -> Result<ClientId, hub::Error> {
    let invalid = |_| hub::Error::invalid("client_id", "clientmessageid has 1 to 64 bytes");
    ClientId::new(text).map_err(invalid)
}
