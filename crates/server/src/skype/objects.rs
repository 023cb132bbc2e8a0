//! The store of files and pictures, `api.asm.skype.com`: objects of the hub by the addresses of the dialect (section 9).
//!
//! A program makes an object before it says how large it will be, then sends the bytes in one request, whose content type may be a
//! lie. What is not given is answered without a body: skypeweb takes any JSON object for the state of a file, and breaks.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use bytes::BytesMut;
use hub::blobs::Part;
use hub::command::{Command, Value};
use hub::id::{ClientId, ObjectId};
use hub::model::{MAX_GRANTS, Object, ObjectState};
use hub::{Error, Kind, MAX_PIECE, Session, Written};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use webapi::skype::asm::{NewObject, ObjectMade, ObjectStatus, TokenAuth, View};
use webapi::skype::loose::{self, json_or_form};
use webapi::skype::{AsmId, Links};

use super::tokens::COOKIE;
use super::{Outside, Raw, Service, Skype, SkypeUser, StoreRefusal, below, names};
use crate::api::give;
use crate::http::{Paced, UPLOAD};

/// What an object is called whose program gave it no name; pictures have none.
pub(super) const NAMELESS: &str = "picture";

/// The addresses of the store.
pub(super) fn router() -> Router<Arc<Skype>> {
    let store = Router::new()
        .route("/v1/objects", post(make))
        .route("/v1/objects/{id}/content/{view}", put(fill))
        .route("/v1/objects/{id}/views/{view}", get(show))
        .route("/v1/objects/{id}/view/{view}", get(show))
        .route("/v1/objects/{id}/views/{view}/status", get(status))
        .route("/v1/objects/{id}/view/{view}/status", get(status))
        .route("/v1/skypetokenauth", post(cookie))
        .route("/s/i", get(short));
    Router::new().nest(&below(Service::Store), store)
}

/// `POST /v1/objects`. Whoever is not known here is left out of the permissions: programs name people of other networks too.
async fn make(user: SkypeUser, Raw(body): Raw) -> Result<Response, StoreRefusal> {
    let new: NewObject = loose::json(&body).map_err(|_| malformed())?;
    let readers = new.readers();
    if readers.len() > MAX_GRANTS {
        let message = format!("a file is shared with up to {MAX_GRANTS} at once");
        return Err(Error::new(Kind::TooLarge, "grants", message).into());
    }
    let name = new.filename.filter(|name| !name.is_empty());
    let mut to = Vec::new();
    for reader in &readers {
        to.extend(names::target(&user.session, reader).await?);
    }
    let id = begin(&user.session, name.as_deref().unwrap_or(NAMELESS)).await?;
    if !to.is_empty() {
        let grant = Command::GrantObject { id, to };
        if let Err(error) = user.session.command(grant).await {
            let _gone = user.session.command(Command::DropObject(id)).await;
            return Err(error.into());
        }
    }
    let id = AsmId(id.0).to_string();
    Ok((StatusCode::CREATED, Json(ObjectMade { id })).into_response())
}

/// `PUT /v1/objects/{id}/content/{view}`: all of the bytes.
async fn fill(
    State(skype): State<Arc<Skype>>,
    user: SkypeUser,
    Path((id, _)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, StoreRefusal> {
    let id = named(&id)?;
    let object = readable(&user.session, id).await?;
    if object.owner != user.who.account {
        let message = "this file is somebody else's";
        return Err(Error::new(Kind::Forbidden, "not_yours", message).into());
    }
    take(&skype, &user.session, id, &headers, body).await?;
    Ok((StatusCode::CREATED, Json(json!({}))).into_response())
}

/// An object whose bytes come in one request.
pub(super) async fn upload(
    skype: &Skype,
    session: &Session,
    name: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<ObjectId, Error> {
    let id = begin(session, name).await?;
    match take(skype, session, id, headers, body).await {
        Ok(()) => Ok(id),
        Err(error) => {
            // What is left of it goes after a day all the same.
            let _gone = session.command(Command::DropObject(id)).await;
            Err(error)
        }
    }
}

/// Begins an object of which it is not known yet how many bytes it has.
async fn begin(session: &Session, name: &str) -> Result<ObjectId, Error> {
    let client: [u8; 16] = rand::random();
    let begin = Command::BeginObject {
        name: name.to_owned(),
        size: 1,
        client: ClientId::new(hex::encode(client)).map_err(|_| malformed())?,
    };
    match session.command(begin).await?.value {
        Value::Object(object) => Ok(object.id),
        _ => Err(Error::unavailable("the upload was not begun: try again")),
    }
}

/// Takes the bytes of an object that was begun. Those that came before a cut are passed over when they come again.
async fn take(
    skype: &Skype,
    session: &Session,
    id: ObjectId,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), Error> {
    let (object, kept) = session.object(id).await?;
    if object.state != ObjectState::Uploading {
        let message = "this upload is finished: begin another one";
        return Err(Error::new(Kind::Conflict, "object_finished", message));
    }
    let _place = skype.door.pieces.take(object.owner)?;
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let mut upload = Upload {
        session,
        id,
        size: object.size.unsigned_abs(),
        kept,
        at: 0,
        hash: Sha256::new(),
    };
    upload.make_room(length.unwrap_or(0)).await?;
    upload.read(body).await?;
    upload.finish().await
}

/// Bytes on their way into an object.
struct Upload<'a> {
    session: &'a Session,
    id: ObjectId,
    /// What the hub was told.
    size: u64,
    /// Bytes that are kept.
    kept: u64,
    /// Bytes that came in this request.
    at: u64,
    hash: Sha256,
}

impl Upload<'_> {
    async fn read(&mut self, body: Body) -> Result<(), Error> {
        let mut body = Paced::new(body, UPLOAD);
        let mut piece = BytesMut::new();
        loop {
            let next = body.next().await;
            let next = next.map_err(|why| Error::invalid(why.code(), why.message()))?;
            let Some(mut chunk) = next else { break };
            self.hash.update(&chunk);
            while !chunk.is_empty() {
                let room = MAX_PIECE - piece.len();
                piece.extend_from_slice(&chunk.split_to(room.min(chunk.len())));
                if piece.len() == MAX_PIECE {
                    self.write(piece.split().freeze()).await?;
                    body.begin_piece();
                }
            }
        }
        // An empty one too, so that there is something to be finished.
        self.write(piece.freeze()).await
    }

    async fn write(&mut self, mut piece: Bytes) -> Result<(), Error> {
        let begins = self.at;
        self.at += piece.len() as u64;
        self.make_room(self.at).await?;
        if self.at <= self.kept && self.kept > 0 {
            return Ok(()); // it is here already
        }
        let known = self.kept.saturating_sub(begins);
        let _known = piece.split_to(usize::try_from(known).unwrap_or(0).min(piece.len()));
        match self.session.write_object(self.id, self.kept, piece).await? {
            Written::To(kept) => {
                self.kept = kept;
                Ok(())
            }
            Written::GoOnAt(_) => {
                let message = "this file is sent twice at the same time: send it once";
                Err(Error::invalid("broken", message))
            }
        }
    }

    /// Tells the hub that there will be so many bytes at least.
    async fn make_room(&mut self, size: u64) -> Result<(), Error> {
        if size <= self.size {
            return Ok(());
        }
        self.say(size).await
    }

    async fn say(&mut self, size: u64) -> Result<(), Error> {
        let bytes = i64::try_from(size).unwrap_or(i64::MAX);
        let sized = Command::SizeObject {
            id: self.id,
            size: bytes,
        };
        self.session.command(sized).await?;
        self.size = size;
        Ok(())
    }

    async fn finish(mut self) -> Result<(), Error> {
        if self.size != self.at {
            self.say(self.at).await?;
        }
        let finish = Command::FinishObject {
            id: self.id,
            sha256: self.hash.finalize().into(),
        };
        self.session.command(finish).await.map(drop)
    }
}

fn malformed() -> Error {
    Error::invalid("bad_request", "this cannot be understood")
}

/// What of an object a view is.
fn part(view: &str) -> Result<Part, Error> {
    match View::named(view) {
        Some(View::Original | View::Full) => Ok(Part::Whole),
        Some(View::Thumbnail) => Ok(Part::Preview),
        None => Err(Error::not_found("view")),
    }
}

/// `GET` and `HEAD /v1/objects/{id}/views/{view}`.
async fn show(
    user: SkypeUser,
    Path((id, view)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, StoreRefusal> {
    let id = named(&id)?;
    let part = part(&view)?;
    readable(&user.session, id).await?;
    let given = give(user.session, id, part, false, &headers).await;
    Ok(bare(given.into_response()))
}

/// A refusal without its body.
pub(super) fn bare(response: Response) -> Response {
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

/// `GET /v1/objects/{id}/views/{view}/status`.
async fn status(
    user: SkypeUser,
    Path((id, view)): Path<(String, String)>,
) -> Result<Response, StoreRefusal> {
    let id = named(&id)?;
    part(&view)?;
    let object = readable(&user.session, id).await?;
    let ready = object.state == ObjectState::Ready;
    let size = ready.then(|| object.size.unsigned_abs());
    let links = Links::new(&user.outside.base(Service::Store));
    let status = ObjectStatus::new(&links, AsmId(id.0), &view, size, Some(&object.name));
    Ok(Json(status).into_response())
}

/// An object that one may read. Whether one that one may not read is there, nobody is told: all of them are forbidden.
async fn readable(session: &Session, id: ObjectId) -> Result<Object, Error> {
    match session.object(id).await {
        Ok((object, _)) => Ok(object),
        Err(error) if error.kind == Kind::NotFound => {
            let message = "this file is not shared with you, or is not here any more";
            Err(Error::new(Kind::Forbidden, "not_shared", message))
        }
        Err(error) => Err(error),
    }
}

fn named(text: &str) -> Result<ObjectId, Error> {
    let id = AsmId::parse(text).ok_or_else(|| Error::not_found("file"))?;
    Ok(ObjectId(id.0))
}

/// `POST /v1/skypetokenauth`. The cookie goes to files alone, and is not the skypetoken: whoever gets hold of it reads files and no more.
async fn cookie(
    State(skype): State<Arc<Skype>>,
    outside: Outside,
    Raw(body): Raw,
) -> Result<Response, StoreRefusal> {
    let shown: TokenAuth = json_or_form(&body).map_err(|_| malformed())?;
    let token = shown.skypetoken.unwrap_or_default();
    let redeemed = skype.redeem_skypetoken(&token).await?;
    let ticket = skype.files(&redeemed)?;
    let left = skype.seconds_until(redeemed.ends);
    let secure = if outside.scheme == "https" {
        "; Secure"
    } else {
        ""
    };
    let cookie = format!(
        "{COOKIE}={ticket}; Path={}/v1/objects; Max-Age={left}; HttpOnly; SameSite=Lax{secure}",
        outside.prefix,
    );
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// `GET /s/i?{id}`: the link that a picture's message shows to people.
async fn short(outside: Outside, RawQuery(query): RawQuery) -> Result<Redirect, StoreRefusal> {
    let id = AsmId::parse(query.as_deref().unwrap_or_default());
    let id = id.ok_or_else(|| Error::not_found("file"))?;
    Ok(Redirect::to(&picture(&outside, id)))
}

/// Where a file is in full.
pub(super) fn original(outside: &Outside, id: AsmId) -> String {
    Links::new(&outside.base(Service::Store)).view(id, "original")
}

/// Where a picture is seen in full.
fn picture(outside: &Outside, id: AsmId) -> String {
    Links::new(&outside.base(Service::Store)).view(id, "imgpsh_fullsize")
}
