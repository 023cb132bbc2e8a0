//! Conversations and messages.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::targets::{may_post, target};
use super::{Answer, Effects, Fault, Identity, World, active, names, objects, together};
use crate::command::{MessageRef, Target, Value};
use crate::error::{Error, Kind};
use crate::id::{AccountId, ClientId, ConversationId, DeviceId, MessageId, Timestamp};
use crate::model::{Body, Conversation, Forwarded, Message, Rich};
use crate::store::ChangeKind;

/// Bytes of hints.
const MAX_HINTS: usize = 2 * 1024;
/// Bytes of a card's JSON.
const MAX_CARD: usize = 16 * 1024;

/// A message to be sent.
pub(super) struct Draft<'a> {
    pub(super) to: &'a Target,
    pub(super) body: &'a Body,
    pub(super) client: &'a ClientId,
    pub(super) reply_to: Option<MessageId>,
    pub(super) hints: &'a [u8],
}

pub(super) fn open(world: &World, who: Identity, to: &Target) -> Result<(Effects, Answer), Fault> {
    active(world, who.account)?;
    let mut fx = world.effects();
    let conversation = target(world, &mut fx, who.account, to)?;
    let id = conversation.id;
    if fx.last().is_some() {
        fx.rows.conversations.push(conversation);
    }
    Ok((fx, Answer::Value(Value::Conversation(id))))
}

pub(super) fn send(
    world: &World,
    who: Identity,
    draft: &Draft<'_>,
) -> Result<(Effects, Answer), Fault> {
    if draft.hints.len() > MAX_HINTS {
        return Err(
            Error::new(Kind::TooLarge, "hints", "too many bytes beside the message").into(),
        );
    }
    // What every message needs is asked for at once, and found before anything that costs more than a look.
    let conversation = match draft.to {
        Target::Conversation(id) => [
            world.conversation(*id).err(),
            world.member(*id, who.account).err(),
        ],
        Target::Cast(_) => [None, None],
    };
    let always = [
        world.account(who.account).err(),
        world.client(who.device, draft.client).err(),
    ];
    together(always.into_iter().chain(conversation))?;
    let me = active(world, who.account)?;
    let mut fx = world.effects();
    let conversation = target(world, &mut fx, who.account, draft.to)?;
    let digest = || digest(draft.body, draft.reply_to);
    if let Some(first) = repeated(world, who, draft.client, digest, conversation.id)? {
        return Ok((world.effects(), first));
    }
    // One that this very command opens was looked at when it was, and the store cannot know its number.
    if fx.last().is_none() {
        may_post(world, who.account, &conversation)?;
    }
    if let Some(reply) = draft.reply_to {
        let unknown = || Fault::from(Error::not_found("message to reply to"));
        match names::find(world, who.account, &MessageRef::Id(reply)) {
            Ok(message) if message.conversation == conversation.id => {}
            Err(Fault::Need(keys)) => return Err(Fault::Need(keys)),
            Ok(_) | Err(Fault::Refused(_)) => return Err(unknown()),
        }
    }
    let mut body = checked(
        draft.body.clone(),
        me.kind == crate::model::AccountKind::Service,
    )?;
    if let Body::Objects(ids, _) = &body {
        objects::sendable(world, who, ids)?;
    }
    names::attribute(world, who.account, conversation.id, &mut body)?;
    let placing = Placing {
        author: who.account,
        device: who.device,
        client: draft.client.clone(),
        body,
        reply_to: draft.reply_to,
        hints: draft.hints.to_vec(),
        digest: digest(),
        hidden_from: None,
        forwarded: None,
    };
    post(world, fx, conversation, placing)
}

/// Pass a message on: its words, who said them and when. Where that was, and what it answered, stays behind.
pub(super) fn forward(
    world: &World,
    who: Identity,
    of: &MessageRef,
    to: &Target,
    client: &ClientId,
) -> Result<(Effects, Answer), Fault> {
    active(world, who.account)?;
    let found = match names::find(world, who.account, of) {
        Err(need @ Fault::Need(_)) => return Err(need),
        found => found,
    };
    let mut fx = world.effects();
    let conversation = target(world, &mut fx, who.account, to)?;
    let digest = |id: MessageId| {
        let mut hash = Sha256::new_with_prefix(b"forward");
        hash.update(id.0.to_be_bytes());
        hash.finalize().into()
    };
    // A repeat is the same whatever became of the source meanwhile.
    if let Some(id) = names::id_of(world, of)?
        && let Some(first) = repeated(world, who, client, || digest(id), conversation.id)?
    {
        return Ok((world.effects(), first));
    }
    let message = found?;
    let digest = digest(message.id);
    // One that this very command opens was looked at when it was, and the store cannot know its number.
    if fx.last().is_none() {
        may_post(world, who.account, &conversation)?;
    }
    if message.deleted {
        return Err(Error::new(Kind::Conflict, "deleted", "this message was removed").into());
    }
    match &message.body {
        Body::Text(_) => {}
        Body::Objects(ids, _) => objects::forwardable(world, who, message.conversation, ids)?,
        _ => {
            let message = "this kind of message cannot be passed on";
            return Err(Error::invalid("body", message).into());
        }
    }
    let mut body = message.body.clone();
    // Whoever reads the copy may not have seen what it quotes, and nobody is called by what was said elsewhere.
    if let Some(rich) = body.rich_mut() {
        rich.attribute(|_| None);
        rich.name_only(|_| false);
    }
    let forwarded = match &message.forwarded {
        Some(first) => first.clone(),
        None => {
            let author = world
                .account(message.author)?
                .ok_or_else(|| Error::not_found("account"))?;
            Forwarded {
                author: author.id,
                name: author.shown_name().to_owned(),
                stamp: message.stamp,
            }
        }
    };
    let placing = Placing {
        author: who.account,
        device: who.device,
        client: client.clone(),
        body,
        reply_to: None,
        hints: Vec::new(),
        digest,
        hidden_from: None,
        forwarded: Some(forwarded),
    };
    post(world, fx, conversation, placing)
}

/// The first result, if this device has sent this before under this id; refuses the id for anything else.
fn repeated(
    world: &World,
    who: Identity,
    client: &ClientId,
    digest: impl FnOnce() -> [u8; 32],
    conversation: ConversationId,
) -> Result<Option<Answer>, Fault> {
    let Some(first) = world.client(who.device, client)? else {
        return Ok(None);
    };
    if first.conversation == conversation && first.digest == digest() {
        return Ok(Some(Answer::Value(Value::Message {
            id: first.id,
            conversation: first.conversation,
            stamp: first.stamp,
        })));
    }
    let mut error = Error::new(
        Kind::Conflict,
        "client_id_reused",
        "this device has already sent another message under this id: make a new id",
    );
    error.at = Some(first.id);
    Err(error.into())
}

/// The message at its place, with who is named in it.
fn post(
    world: &World,
    mut fx: Effects,
    mut conversation: Conversation,
    mut placing: Placing,
) -> Result<(Effects, Answer), Fault> {
    names::members_only(world, &fx, conversation.id, &mut placing.body)?;
    let named = names::named(&placing.body, placing.author);
    let carried = match &placing.body {
        Body::Objects(ids, _) => ids.clone(),
        _ => Vec::new(),
    };
    let (id, conversation_id, stamp) = place(world, &mut fx, &mut conversation, placing);
    fx.rows.conversations.push(conversation);
    names::note(&mut fx, conversation_id, id, &named, true);
    objects::refer(world, &mut fx, conversation_id.into(), id, &carried)?;
    let value = Value::Message {
        id,
        conversation: conversation_id,
        stamp,
    };
    Ok((fx, Answer::Value(value)))
}

/// Edit (`Some`) or remove (`None`) one's own message.
pub(super) fn edit(
    world: &World,
    who: Identity,
    of: &MessageRef,
    body: Option<&Body>,
) -> Result<Effects, Fault> {
    active(world, who.account)?;
    let message = names::find(world, who.account, of)?;
    let of_hub = message.device == DeviceId(0) || matches!(message.body, Body::System(_));
    if message.author != who.account || of_hub {
        return Err(Error::new(
            Kind::Forbidden,
            "not_yours",
            "only who wrote a message can change it",
        )
        .into());
    }
    let mut new = Message::clone(message);
    match body {
        Some(_) if message.deleted => {
            return Err(Error::new(Kind::Conflict, "deleted", "this message was removed").into());
        }
        Some(body) => {
            let same_kind = match (&message.body, body) {
                (Body::Text(_), Body::Text(_)) => true,
                (Body::Objects(before, _), Body::Objects(after, _)) => before == after,
                _ => false,
            };
            if !same_kind {
                let message = "only words can be changed: with files, name the same ones again";
                return Err(Error::invalid("not_text", message).into());
            }
            if message.forwarded.is_some() {
                let message = "what was passed on is somebody else's: remove it, or write anew";
                return Err(Error::invalid("forwarded", message).into());
            }
            new.body = checked(body.clone(), false)?;
            names::attribute(world, who.account, message.conversation, &mut new.body)?;
            names::members_only(world, &world.effects(), message.conversation, &mut new.body)?;
            if new.body != message.body {
                new.edited = Some(world.now);
            }
        }
        None => {
            new.deleted = true;
            new.body = Body::Text(Rich::default());
            new.hints.clear();
            new.forwarded = None;
            new.reacted = false;
        }
    }
    let mut fx = world.effects();
    if new == **message {
        return Ok(fx);
    }
    let Some(conversation) = world.conversation(message.conversation)? else {
        return Err(Error::not_found("conversation").into());
    };
    if body.is_some() {
        // New words are words to somebody; taking old ones back is not.
        may_post(world, who.account, conversation)?;
    }
    let mut conversation = conversation.clone();
    fx.change_in(&mut conversation, ChangeKind::Message, message.id.0);
    fx.rows.conversations.push(conversation);
    let (before, after) = (
        names::named(&message.body, message.author),
        names::named(&new.body, message.author),
    );
    let gone: Vec<AccountId> = before.difference(&after).copied().collect();
    let fresh: Vec<AccountId> = after.difference(&before).copied().collect();
    names::note(&mut fx, message.conversation, message.id, &gone, false);
    names::note(&mut fx, message.conversation, message.id, &fresh, true);
    if let (true, Body::Objects(ids, _)) = (new.deleted, &message.body) {
        objects::let_go(world, &mut fx, message.conversation.into(), message.id, ids)?;
    }
    fx.rows.messages.push(Arc::new(new));
    Ok(fx)
}

/// A line of the hub in `author`'s name; `name` makes a repeat find the first; for `hidden_from` it does not exist. The caller
/// writes the conversation.
pub(super) fn line(
    world: &World,
    fx: &mut Effects,
    conversation: &mut Conversation,
    author: AccountId,
    body: Body,
    name: &str,
    hidden_from: Option<AccountId>,
) -> Result<(), Fault> {
    let client =
        ClientId::new(name).map_err(|_| Error::invalid("client_id", "an id has 1 to 64 bytes"))?;
    if world.client(DeviceId(0), &client)?.is_some() {
        return Ok(());
    }
    let digest = digest(&body, None);
    let device = DeviceId(0);
    place(
        world,
        fx,
        conversation,
        Placing {
            author,
            device,
            client,
            body,
            reply_to: None,
            hints: Vec::new(),
            digest,
            hidden_from,
            forwarded: None,
        },
    );
    Ok(())
}

pub(super) struct Placing {
    pub(super) author: AccountId,
    pub(super) device: DeviceId,
    pub(super) client: ClientId,
    pub(super) body: Body,
    pub(super) reply_to: Option<MessageId>,
    pub(super) hints: Vec<u8>,
    pub(super) digest: [u8; 32],
    pub(super) hidden_from: Option<AccountId>,
    pub(super) forwarded: Option<Forwarded>,
}

pub(super) fn place(
    world: &World,
    fx: &mut Effects,
    conversation: &mut Conversation,
    what: Placing,
) -> (MessageId, ConversationId, Timestamp) {
    let id = fx.place();
    let stamp = world.now.max(conversation.last_stamp.plus_ms(1));
    conversation.head = id;
    conversation.last_message = Some(id);
    conversation.last_stamp = stamp;
    fx.rows.messages.push(Arc::new(Message {
        id,
        conversation: conversation.id,
        author: what.author,
        device: what.device,
        client: what.client,
        stamp,
        body: what.body,
        reply_to: what.reply_to,
        expires: None,
        hints: what.hints,
        digest: what.digest,
        sent_earlier: None,
        edited: None,
        deleted: false,
        hidden_from: what.hidden_from,
        forwarded: what.forwarded,
        reacted: false,
    }));
    (id, conversation.id, stamp)
}

fn checked(body: Body, service: bool) -> Result<Body, Error> {
    match body {
        Body::Text(rich) => rich.cleaned().map(Body::Text),
        // A picture speaks for itself.
        Body::Objects(ids, words) if words.0.is_empty() => Ok(Body::Objects(ids, words)),
        Body::Objects(ids, words) => words.cleaned().map(|words| Body::Objects(ids, words)),
        Body::Card { json, words } if service => {
            if json.len() > MAX_CARD {
                return Err(Error::new(Kind::TooLarge, "card", "a card holds 16 KiB")
                    .with_limit(MAX_CARD as u64));
            }
            Ok(Body::Card {
                json,
                words: words.cleaned()?,
            })
        }
        _ => Err(Error::invalid(
            "body",
            "this kind of message cannot be sent",
        )),
    }
}

/// What makes two sends the same.
fn digest(body: &Body, reply_to: Option<MessageId>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(body).unwrap_or_default());
    hash.update(reply_to.unwrap_or_default().0.to_be_bytes());
    hash.finalize().into()
}
