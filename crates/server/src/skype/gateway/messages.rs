//! Writing, changing and removing what one has written (sections 5.2 and 5.4 of the dialect), typing and reactions.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hub::Session;
use hub::command::{Command, MessageRef, Value as Given};
use hub::id::{ClientId, ConversationId, Timestamp};
use hub::store::Around;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use webapi::skype::Mri;
use webapi::skype::message::{Content, Deletion, Edit, NewMessage, Sent};

use super::input::{Asked, Loose, Named as Property, OfConversation, OfMessage, Parsed, links};
use super::place::{Named, People};
use super::read::{self, Goes};
use super::registered::Registered;
use super::threads::fresh;
use crate::skype::{GatewayRefusal, Outside, Skype};

/// Messages among which one is looked for that its writer's program names.
const LOOKED: u32 = 200;
/// Longest name of a message that the hub keeps as it is, in bytes.
const MAX_CLIENT: usize = 64;

/// `POST /v1/users/ME/conversations/{id}/messages`.
pub(super) async fn send(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    asks: Registered,
    Parsed(of): Parsed<OfConversation>,
    Loose(new): Loose<NewMessage>,
) -> Result<Response, GatewayRefusal> {
    let session = &asks.session;
    let named = Named::of(session, &of.conversation).await?;
    let now = skype.now();
    if let Some(edited) = new.edits() {
        let conversation = named.known(session).await?.conversation.id;
        let (message, stamp) = called(session, conversation, edited).await?;
        change(session, conversation, message, &new).await?;
        return sent(session, &outside, named, stamp.unwrap_or(now)).await;
    }
    match new.read() {
        Content::Typing(typing) => {
            let to = named.target();
            session.command(Command::Typing { to, typing }).await?;
            return sent(session, &outside, named, now).await;
        }
        // It passes by, and nobody here has use for it.
        Content::Passing => return sent(session, &outside, named, now).await,
        _ => {}
    }
    let (body, hints) = read::body(session, Goes::To(named), &new).await?;
    let command = Command::Send {
        to: named.target(),
        body,
        client: client(new.clientmessageid.as_deref())?,
        reply_to: None,
        hints,
    };
    let done = session.command(command).await?;
    let Given::Message { stamp, .. } = done.value else {
        return Err(
            hub::Error::unavailable("it is not known whether this was sent: try again").into(),
        );
    };
    sent(session, &outside, named, stamp).await
}

/// The answer of whatever was sent: where it is, absolute, and when it came.
async fn sent(
    session: &Session,
    outside: &Outside,
    named: Named,
    stamp: Timestamp,
) -> Result<Response, GatewayRefusal> {
    let conversation = name(session, named).await?;
    let sent = Sent {
        original_arrival_time: stamp.0,
    };
    let mut response = (StatusCode::CREATED, Json(sent)).into_response();
    let place = links(outside).message(&conversation, stamp.0);
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// The one name of a conversation, however it was spelled.
async fn name(session: &Session, named: Named) -> Result<Mri, hub::Error> {
    match named {
        Named::With(other) => Ok(People::load(session, [other]).await?.mri(other)),
        Named::Thread(_, thread) => Ok(Mri::thread(thread)),
    }
}

/// What the program calls it; by its hash, if that is longer than the hub keeps.
fn client(given: Option<&str>) -> Result<ClientId, hub::Error> {
    match given.filter(|text| !text.is_empty()) {
        None => fresh(),
        Some(text) if text.len() <= MAX_CLIENT => read::client_id(text),
        Some(text) => read::client_id(&hex::encode(Sha256::digest(text))),
    }
}

/// Which message a program means by what it called it once, or by our id; and when it came, if that is known.
async fn called(
    session: &Session,
    conversation: ConversationId,
    text: &str,
) -> Result<(MessageRef, Option<Timestamp>), hub::Error> {
    let (newest, ..) = session
        .messages(conversation, Around::Newest, LOOKED)
        .await?;
    let me = session.account();
    let client = client(Some(text))?;
    let own = newest.iter().rev().map(|view| &view.message);
    let found = own
        .clone()
        .find(|message| message.author == me && message.client == client)
        .or_else(|| {
            own.clone()
                .find(|message| message.stamp.0.to_string() == text)
        });
    if let Some(message) = found {
        return Ok((MessageRef::Id(message.id), Some(message.stamp)));
    }
    Ok((MessageRef::Client(me, client), None))
}

/// An edit, or a removal if it says nothing.
async fn change(
    session: &Session,
    conversation: ConversationId,
    of: MessageRef,
    new: &NewMessage,
) -> Result<(), hub::Error> {
    if new.content.as_deref().unwrap_or("").is_empty() {
        return session.command(Command::Delete { of }).await.map(drop);
    }
    let (body, _) = read::body(session, Goes::At(conversation), new).await?;
    session.command(Command::Edit { of, body }).await.map(drop)
}

/// The message of an address: its stamp, or what its writer's program called it.
async fn at(session: &Session, of: &OfMessage) -> Result<(ConversationId, MessageRef), hub::Error> {
    let named = Named::of(session, &of.conversation).await?;
    let conversation = named.known(session).await?.conversation.id;
    let stamp: Option<i64> = of.message.parse().ok();
    let (message, _) = match stamp {
        Some(stamp) => {
            let around = Around::Since(Timestamp(stamp));
            let (found, ..) = session.messages(conversation, around, 1).await?;
            match found.first().filter(|view| view.message.stamp.0 == stamp) {
                Some(view) => (MessageRef::Id(view.message.id), None),
                None => called(session, conversation, &of.message).await?,
            }
        }
        None => called(session, conversation, &of.message).await?,
    };
    Ok((conversation, message))
}

/// `PUT …/messages/{id}`: an edit by id; what has no content removes.
pub(super) async fn edit(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfMessage>,
    Loose(new): Loose<NewMessage>,
) -> Result<Json<Edit>, GatewayRefusal> {
    let (conversation, message) = at(&asks.session, &of).await?;
    change(&asks.session, conversation, message, &new).await?;
    Ok(Json(Edit {
        edittime: skype.now().0,
    }))
}

/// `DELETE …/messages/{id}`.
pub(super) async fn delete(
    State(skype): State<Arc<Skype>>,
    asks: Registered,
    Parsed(of): Parsed<OfMessage>,
) -> Result<Json<Deletion>, GatewayRefusal> {
    let (_, of) = at(&asks.session, &of).await?;
    asks.session.command(Command::Delete { of }).await?;
    Ok(Json(Deletion {
        deletetime: skype.now().0,
    }))
}

/// `POST …/messages/{id}/ack`: the next poll says it for all.
pub(super) async fn acknowledge(_: Registered) -> Json<Value> {
    Json(json!({}))
}

/// `PUT …/messages/{id}/properties?name=emotions`.
pub(super) async fn react(
    asks: Registered,
    Parsed(of): Parsed<OfMessage>,
    Asked(asked): Asked<Property>,
    Loose(body): Loose<Value>,
) -> Result<Json<Value>, GatewayRefusal> {
    reacted(&asks.session, &of, &asked, &body, true).await
}

/// `DELETE …/messages/{id}/properties?name=emotions`.
pub(super) async fn react_no_more(
    asks: Registered,
    Parsed(of): Parsed<OfMessage>,
    Asked(asked): Asked<Property>,
    Loose(body): Loose<Value>,
) -> Result<Json<Value>, GatewayRefusal> {
    reacted(&asks.session, &of, &asked, &body, false).await
}

async fn reacted(
    session: &Session,
    of: &OfMessage,
    asked: &Property,
    body: &Value,
    on: bool,
) -> Result<Json<Value>, GatewayRefusal> {
    let key = body["emotions"]["key"]
        .as_str()
        .filter(|_| asked.name.as_deref() == Some("emotions"));
    let key =
        key.ok_or_else(|| GatewayRefusal::malformed("a reaction wants name=emotions and a key"))?;
    let (_, of) = at(session, of).await?;
    let key = emotion(key);
    session.command(Command::React { of, key, on }).await?;
    Ok(Json(json!({})))
}

/// The names of the first reactions, which every program had; other emoticons go by their names.
fn emotion(key: &str) -> String {
    match key {
        "like" | "yes" => "👍".into(),
        "heart" => "❤️".into(),
        "laugh" => "😂".into(),
        "surprised" => "😮".into(),
        "sad" => "😢".into(),
        "angry" => "😠".into(),
        other if other.is_ascii() => format!(":{other}:"),
        emoji => emoji.to_owned(),
    }
}
