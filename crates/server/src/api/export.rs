//! A copy of one's own data: a ZIP file of JSON and one's own files, made while it is sent. `docs/protocols/export.md` tells
//! what is in it.
//!
//! Read page by page as the client takes it; nothing is kept on the server. What breaks ends without the table of contents, so
//! that half a copy is never taken for a whole one.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{Stream, stream};
use hub::Session;
use hub::blobs::Part;
use hub::id::{AccountId, ConversationId, MessageId, ObjectId, Pos};
use hub::store::Around;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use webapi::skein::ErrorKind;

use super::query::ApiQuery;
use super::zip::{self, Zip};
use super::{Door, SignedIn, translate};
use crate::http::Refusal;

/// Copies that are made at the same time; each holds a few pages and chunks, about a megabyte.
const AT_ONCE: usize = 64;
/// Of those, how many read at the same moment. Who waits for a slow client does not.
const READING: usize = 2;
/// Chunks that wait for the client.
const WAITING: usize = 4;
/// How long a client may take nothing.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rows of one page.
const PAGE: u32 = 200;
/// Bytes that are read from a file at once.
const CHUNK: u32 = 256 * 1024;
/// Bytes of lines that are sent together.
const GATHERED: usize = 64 * 1024;
/// People whose names are told, at most.
const MAX_PEOPLE: usize = 100_000;

/// Copies that are made at this moment: few in all, one of each account.
#[derive(Debug, Clone)]
pub struct Exports {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    running: Arc<Mutex<BTreeSet<AccountId>>>,
}

impl Default for Exports {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            turns: Arc::new(Semaphore::new(READING)),
            running: Arc::default(),
        }
    }
}

/// A place among them.
struct Place {
    of: AccountId,
    running: Arc<Mutex<BTreeSet<AccountId>>>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.of);
    }
}

impl Exports {
    fn place(&self, of: AccountId) -> Result<Place, Refusal> {
        let busy = |message: &str| {
            let mut refusal = Refusal::new(ErrorKind::TooMany, "too_many", message);
            refusal.0.retry_after = Some(30_000);
            refusal
        };
        let permit = self.places.clone().try_acquire_owned().map_err(|_| {
            busy("the server makes copies for others at this moment: try again in a minute")
        })?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if !running.insert(of) {
            let message = "a copy of your data is being made already: wait until it is there";
            return Err(busy(message));
        }
        Ok(Place {
            of,
            running: self.running.clone(),
            _permit: permit,
        })
    }
}

/// What of it is asked for.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct What {
    /// The bytes of files too, unless it says no.
    files: Option<bool>,
}

/// `GET /export`.
pub(super) async fn export(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
    ApiQuery(what): ApiQuery<What>,
) -> Result<Response, Refusal> {
    let session = signed_in.session;
    let place = door.exports.place(session.account())?;
    session.spend_export()?;
    let own = session.me().await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let about = About {
        format: "skein-export",
        version: 1,
        server: door.name.clone(),
        made: door.clock.wall().0,
    };
    let (stop, turns) = (door.stop.clone(), door.exports.turns.clone());
    door.tasks.spawn(async move {
        let _place = place;
        let mut copy = Copy {
            zip: Zip::default(),
            people: BTreeSet::new(),
            turns,
            turn: None,
            made: about.made,
            files: what.files.unwrap_or(true),
            session,
            sender,
        };
        let made = tokio::select! {
            made = copy.make(&about) => made,
            () = stop.cancelled() => Err(Broken::Refused("the server stops: try again".to_owned())),
        };
        if let Err(Broken::Refused(why)) = made {
            tracing::warn!(%why, "a copy of somebody's data was not finished");
        }
    });
    let mut response = Response::new(Body::from_stream(chunks(receiver)));
    let fixed = [
        (header::CONTENT_TYPE, "application/zip"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    // Names of accounts are letters, digits, dots, hyphens and underscores.
    let named = format!("attachment; filename=\"skein-{}.zip\"", own.name);
    if let Ok(value) = named.parse() {
        response
            .headers_mut()
            .insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// What arrives, until an empty chunk says that this was all. If nothing more comes before that, the connection ends in the
/// middle of the answer: whoever reads it knows that it is not whole.
fn chunks(receiver: mpsc::Receiver<Bytes>) -> impl Stream<Item = io::Result<Bytes>> {
    stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(chunk) if chunk.is_empty() => None,
            Some(chunk) => Some((Ok(chunk), Some(receiver))),
            None => Some((Err(io::ErrorKind::UnexpectedEof.into()), None)),
        }
    })
}

/// `about.json`.
#[derive(Debug, Serialize)]
struct About {
    format: &'static str,
    version: u32,
    server: String,
    made: i64,
}

/// Why a copy was not finished.
enum Broken {
    /// The client went, or took nothing any more.
    Gone,
    /// The server could not.
    Refused(String),
}

impl From<hub::Error> for Broken {
    fn from(error: hub::Error) -> Self {
        Self::Refused(error.message)
    }
}

struct Copy {
    session: Session,
    /// It holds what is not given yet: lines are small.
    zip: Zip,
    sender: mpsc::Sender<Bytes>,
    /// Among all copies, those whose turn it is read.
    turns: Arc<Semaphore>,
    turn: Option<OwnedSemaphorePermit>,
    /// Whose names are told at the end.
    people: BTreeSet<AccountId>,
    made: i64,
    /// Whether the bytes of files are in it.
    files: bool,
}

impl Copy {
    async fn make(&mut self, about: &About) -> Result<(), Broken> {
        self.take_turn().await?;
        self.file("about.json", about).await?;
        let own = self.session.own().await?;
        self.file("account.json", &translate::account(&own)).await?;
        let this = self.session.device();
        let devices: Vec<_> = self
            .session
            .devices()
            .await?
            .iter()
            .map(|(row, open)| translate::device(row, row.id == this, *open))
            .collect();
        self.file("devices.json", &devices).await?;
        self.contacts().await?;
        let conversations = self.conversations().await?;
        for id in conversations {
            self.messages(id).await?;
        }
        self.calls().await?;
        let objects = self.objects().await?;
        self.names().await?;
        if self.files {
            for object in objects {
                self.object(object).await?;
            }
        }
        let end = std::mem::take(&mut self.zip).finish();
        self.give(end.into()).await?;
        self.give(Bytes::new()).await
    }

    async fn contacts(&mut self) -> Result<(), Broken> {
        self.begin("contacts.jsonl").await?;
        let mut after = AccountId(0);
        loop {
            let page = self.session.contacts(after, PAGE).await?;
            for contact in &page {
                self.line(&translate::contact(contact)).await?;
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = last.account.id,
                _ => return Ok(()),
            }
        }
    }

    /// All of them, each once.
    async fn conversations(&mut self) -> Result<Vec<ConversationId>, Broken> {
        self.begin("conversations.jsonl").await?;
        let me = self.session.account();
        let mut ids = BTreeSet::new();
        let mut walk = Walk::default();
        loop {
            let page = self.session.conversations(walk.before, PAGE).await?;
            let places = page.iter().map(|view| &view.conversation);
            let places: Vec<_> = places.map(|row| (row.head, row.id)).collect();
            let (count, is_end) = walk.turn(&places);
            for view in &page[..count] {
                if ids.insert(view.conversation.id) {
                    self.line(&translate::conversation(view, me)).await?;
                    self.meet(view.members.iter().map(|member| member.account));
                }
            }
            if is_end {
                return Ok(ids.into_iter().collect());
            }
        }
    }

    async fn messages(&mut self, id: ConversationId) -> Result<(), Broken> {
        let me = self.session.account();
        let mut after: MessageId = Pos(0);
        let mut begun = false;
        loop {
            self.session.still_signed_in().await?;
            let around = Around::After(after);
            let (page, _, later) = self.session.messages(id, around, PAGE).await?;
            if !page.is_empty() && !begun {
                self.begin(&format!("messages/{id}.jsonl")).await?;
                begun = true;
            }
            for view in &page {
                self.line(&translate::message(view, me)).await?;
                self.meet([view.author.id]);
            }
            match page.last() {
                Some(last) if later => after = last.message.id,
                _ => return Ok(()),
            }
        }
    }

    async fn calls(&mut self) -> Result<(), Broken> {
        self.begin("calls.jsonl").await?;
        let me = self.session.account();
        let mut before = None;
        loop {
            let page = self.session.calls(before, PAGE).await?;
            for row in &page {
                self.line(&translate::call_record(row, me)).await?;
                self.meet([row.caller, row.callee]);
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => before = Some(last.id),
                _ => return Ok(()),
            }
        }
    }

    /// The list of one's own files; their bytes come last.
    async fn objects(&mut self) -> Result<Vec<ObjectId>, Broken> {
        self.begin("files.jsonl").await?;
        let mut ids = Vec::new();
        let mut after = ObjectId(0);
        loop {
            let page = self.session.own_objects(after, PAGE).await?;
            for object in &page {
                let kept = object.size.unsigned_abs();
                self.line(&translate::object(object, kept)).await?;
                ids.push(object.id);
            }
            match page.last() {
                Some(last) if page.len() == PAGE as usize => after = last.id,
                _ => return Ok(ids),
            }
        }
    }

    async fn names(&mut self) -> Result<(), Broken> {
        self.begin("people.jsonl").await?;
        let people: Vec<AccountId> = std::mem::take(&mut self.people).into_iter().collect();
        for some in people.chunks(PAGE as usize) {
            for account in self.session.accounts(some).await? {
                self.line(&translate::profile(&account)).await?;
            }
        }
        Ok(())
    }

    async fn object(&mut self, id: ObjectId) -> Result<(), Broken> {
        self.session.still_signed_in().await?;
        let object = match self.session.object(id).await {
            Ok((object, _)) => object,
            // It was removed since the list was made.
            Err(error) if error.kind == hub::Kind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let size = self.session.object_size(&object, Part::Whole).await?;
        let name = zip::file_name(&object.id.to_string(), &object.name);
        self.zip.begin(&name, object.created.0);
        let mut at = 0;
        while at < size {
            let length = u32::try_from(size - at).unwrap_or(CHUNK).min(CHUNK);
            let read = self.session.read_object(&object, Part::Whole, at, length);
            let bytes = read.await?;
            if bytes.is_empty() {
                return Err(Broken::Refused("a file ended too early".to_owned()));
            }
            at += bytes.len() as u64;
            self.zip.add(&bytes);
            self.flush().await?;
        }
        Ok(())
    }

    fn meet(&mut self, people: impl IntoIterator<Item = AccountId>) {
        for account in people {
            if self.people.len() < MAX_PEOPLE {
                self.people.insert(account);
            }
        }
    }

    async fn file(&mut self, name: &str, what: &impl Serialize) -> Result<(), Broken> {
        self.begin(name).await?;
        self.line(what).await
    }

    /// Between two files is asked whether the device may still read.
    async fn begin(&mut self, name: &str) -> Result<(), Broken> {
        self.session.still_signed_in().await?;
        self.zip.begin(name, self.made);
        Ok(())
    }

    async fn line(&mut self, what: &impl Serialize) -> Result<(), Broken> {
        let mut line = serde_json::to_vec(what).map_err(|e| Broken::Refused(e.to_string()))?;
        line.push(b'\n');
        self.zip.add(&line);
        if self.zip.waiting() < GATHERED {
            return Ok(());
        }
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), Broken> {
        let waiting = self.zip.take();
        self.give(waiting.into()).await?;
        // Whoever takes fast lets others read in between, too.
        self.turn = None;
        self.take_turn().await
    }

    async fn take_turn(&mut self) -> Result<(), Broken> {
        let turn = self.turns.clone().acquire_owned().await;
        self.turn = Some(turn.map_err(|closed| Broken::Refused(closed.to_string()))?);
        Ok(())
    }

    /// Hands on what the client takes next. Whoever takes slowly keeps nobody else waiting: while there is no room, others read.
    async fn give(&mut self, bytes: Bytes) -> Result<(), Broken> {
        let bytes = match self.sender.try_send(bytes) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Closed(_)) => return Err(Broken::Gone),
            Err(TrySendError::Full(bytes)) => bytes,
        };
        self.turn = None;
        let sent = self.sender.send_timeout(bytes, PATIENCE).await;
        sent.map_err(|_| Broken::Gone)?;
        self.take_turn().await
    }
}

/// Through a list that has what was written in last at its front, while others write. What moves to the front goes past the place
/// where this reads; so what has moved since is read again, until that is one page.
#[derive(Debug, Default)]
struct Walk {
    /// The next page begins below this; the first one if absent.
    before: Option<(Pos, ConversationId)>,
    /// Everything up to here was met, unless it has moved.
    known: Pos,
    /// Where the front was when this time through began.
    front: Pos,
}

impl Walk {
    /// How many of this page, from its top, are to be looked at; and whether that was all.
    fn turn(&mut self, page: &[(Pos, ConversationId)]) -> (usize, bool) {
        if self.before.is_none() {
            self.front = page.first().map_or(self.known, |(head, _)| *head);
        }
        let known = self.known;
        let count = page.iter().take_while(|(head, _)| *head > known).count();
        if count == PAGE as usize {
            self.before = page.last().copied();
            return (count, false);
        }
        self.known = self.front;
        (count, self.before.take().is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_to_the_front_meanwhile_is_met_all_the_same() {
        let mut list: Vec<(Pos, ConversationId)> = (1..=950)
            .map(|n| (Pos(n), ConversationId(n)))
            .rev()
            .collect();
        let (mut walk, mut met, mut pages) = (Walk::default(), BTreeSet::new(), 0);
        loop {
            let below = |place: &&(Pos, ConversationId)| walk.before.is_none_or(|b| **place < b);
            let page: Vec<_> = list.iter().filter(below).take(200).copied().collect();
            let (count, is_end) = walk.turn(&page);
            met.extend(page[..count].iter().map(|(_, id)| *id));
            if is_end {
                break;
            }
            // Somebody writes into the oldest ones, as many as two pages and a half, then fewer and fewer.
            pages += 1;
            for n in 1..=500 / (pages * pages) {
                let (_, last) = list.pop().expect("some");
                list.insert(0, (Pos(1_000 * pages + n), last));
            }
        }
        assert_eq!(met.len(), 950);
        assert!(pages < 20, "it ends: {pages}");
    }

    #[test]
    fn few_copies_are_made_at_once_and_one_of_each_account() {
        let exports = Exports::default();
        let first = exports.place(AccountId(1));
        assert!(first.is_ok());
        assert!(exports.place(AccountId(1)).is_err(), "one of each");
        let second = exports.place(AccountId(2));
        assert!(second.is_ok());
        let others: Vec<_> = (3..=64).map(|id| exports.place(AccountId(id))).collect();
        assert!(others.iter().all(Result::is_ok));
        assert!(exports.place(AccountId(65)).is_err(), "64 in all");
        drop(first);
        assert!(exports.place(AccountId(1)).is_ok(), "a place is given back");
    }
}
