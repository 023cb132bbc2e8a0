//! What programs of this dialect write, as bodies of the hub (section 5.3). Whatever is sent becomes a tree of allowed elements;
//! people, quoted messages and files in it get our ids.

use std::collections::HashMap;

use hub::command::Target;
use hub::id::{AccountId, ClientId, ConversationId, MessageId, ObjectId, Timestamp};
use hub::model::{Body, MAX_QUOTES, Rich};
use hub::store::Around;
use hub::{Kind, Session};
use serde::{Deserialize, Serialize};
use webapi::content::{self, Block, Inline};
use webapi::skein;
use webapi::skype::message::{Content, Hints, NewMessage};
use webapi::skype::{Source, Stamp, text};

use crate::skype::names;
use crate::translate;

/// The key of hints under which lies what no tree holds: a place, people, a card. It is nobody's to send.
const SAID: &str = "skein:said";
/// People of one message that are looked for; whatever is beyond is letters.
const NAMED: usize = 50;
/// Messages of one second that are looked at for the one that is quoted.
const IN_A_SECOND: u32 = 20;

/// A body, and what a tree does not hold of it. `at` is where it goes, if that was opened.
///
/// # Errors
/// `not_yours` for what only the server says; what the hub says of the rest.
pub(super) async fn body(
    session: &Session,
    at: Option<ConversationId>,
    new: &NewMessage,
) -> Result<(Body, Vec<u8>), hub::Error> {
    let mut hints = new.hints();
    hints.more.remove(SAID);
    let body = match new.read() {
        Content::Words(blocks) => Body::Text(tree(session, at, blocks).await?),
        Content::Object(object) => match object.id() {
            Some(id) => {
                // SkPy describes a file by its name, which is shown already.
                let described = object.description.as_deref();
                let words = described.filter(|of| Some(*of) != object.name.as_deref());
                let words = words.unwrap_or("");
                Body::Objects(vec![ObjectId(id.0)], Rich::plain(words))
            }
            // It lies at some other place.
            None => {
                let name = object.name.clone().unwrap_or_else(|| object.uri.clone());
                Body::Text(tree(session, at, vec![link(object.uri, name)]).await?)
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
async fn tree(
    session: &Session,
    at: Option<ConversationId>,
    mut blocks: Vec<Block>,
) -> Result<Rich, hub::Error> {
    let mut people: HashMap<skein::AccountId, skein::AccountId> = HashMap::new();
    for who in content::accounts(&blocks).into_iter().take(NAMED) {
        if let Ok(account) = names::somebody(session, &who.0).await {
            people.insert(who, account.to_string().into());
        }
    }
    let mut quoted: HashMap<skein::MessageId, skein::MessageId> = HashMap::new();
    let mut here: HashMap<String, bool> = HashMap::new();
    for of in content::messages(&blocks).into_iter().take(MAX_QUOTES) {
        let (Some(at), Some(source)) = (at, Source::read(&of)) else {
            continue;
        };
        // Each costs as much as a command.
        session.spend_command()?;
        let place = source.conversation.to_string();
        let is_here = match here.get(&place) {
            Some(known) => *known,
            None => is_at(session, &source, at).await?,
        };
        here.insert(place, is_here);
        let author = author(&blocks, &of).and_then(|who| people.get(who)?.0.parse().ok());
        if is_here && let Some(id) = find(session, at, &source, author).await? {
            quoted.insert(of, id.to_string().into());
        }
    }
    content::rename(&mut blocks, &|who| people.get(who).cloned(), &|of| {
        quoted.get(of).cloned()
    });
    translate::rich(blocks)
}

/// Whether it is from this conversation: what was said elsewhere is quoted by its words alone.
async fn is_at(session: &Session, of: &Source, at: ConversationId) -> Result<bool, hub::Error> {
    Ok(match names::target(session, &of.conversation).await? {
        Some(Target::Conversation(id)) => id == at,
        Some(Target::Cast(who)) => {
            (session.cast(&who).await?).is_some_and(|view| view.conversation.id == at)
        }
        _ => false,
    })
}

/// Whose words a tree quotes as that message.
fn author<'a>(blocks: &'a [Block], of: &skein::MessageId) -> Option<&'a skein::AccountId> {
    blocks.iter().find_map(|block| match block {
        Block::Quote {
            author: who,
            message,
            blocks,
        } => match message {
            Some(message) if message == of => who.as_ref(),
            _ => author(blocks, of),
        },
        Block::List { items, .. } => items.iter().find_map(|item| author(item, of)),
        Block::Paragraph { .. } | Block::Code { .. } => None,
    })
}

/// The message of a conversation that a quote means: by its time, exactly or to the second. Of those of one second it is the one of
/// the author that the quote names, and the first only where nobody here has that name.
async fn find(
    session: &Session,
    at: ConversationId,
    source: &Source,
    author: Option<AccountId>,
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
    let found = match (source.at, author) {
        (Stamp::Second(_), Some(author)) => meant.find(|message| message.author == author),
        _ => meant.next(),
    };
    Ok(found.map(|message| message.id))
}

/// What a program calls a message.
pub(super) fn client_id(text: &str) -> Result<ClientId, hub::Error> {
    let invalid = |_| hub::Error::invalid("client_id", "clientmessageid has 1 to 64 bytes");
    ClientId::new(text).map_err(invalid)
}
