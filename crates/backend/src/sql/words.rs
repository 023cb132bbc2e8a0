//! The index of words: a follower of the log with a position of its own. Each message is kept as the words that
//! `hub::search` finds in it and one more that stands for its conversation, so that a search costs by what its
//! reader has and not by what everybody has.

use std::fmt::Write as _;
use std::sync::Arc;

use hub::id::{AccountId, ConversationId, MessageId, Pos};
use hub::model::Message;
use hub::store::{ChangeKind, Happened, Sought};

use super::field::{Cursor, Put};
use super::save::execute;
use super::{Answer, Conn, Db, Dialect, history, log};

/// Conversations that one search looks into.
const MOST_CONVERSATIONS: u32 = 1_000;

/// The next places of the log as the index keeps them: made while others write.
pub(super) struct Step {
    from: Pos,
    reached: Pos,
    /// Each message with its words, or with none if it has none any more.
    rows: Vec<(MessageId, Option<String>)>,
}

impl Step {
    /// Where the index will stand.
    pub(super) fn reached(&self) -> Pos {
        self.reached
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.reached <= self.from
    }
}

/// What the next `limit` places of the log bring.
pub(super) async fn prepare(conn: &mut Conn, limit: u32) -> Answer<Step> {
    let from = indexed(conn).await?;
    let head = log::head(conn).await?;
    let page = log::log(conn, from, head, limit).await?;
    let reached = if page.len() < limit as usize {
        head
    } else {
        page.last().map_or(head, Happened::pos)
    };
    let changed = page.iter().filter_map(|happened| match happened {
        Happened::Change(change) if change.kind == ChangeKind::Message => Some(Pos(change.what)),
        Happened::Change(_) | Happened::Message(_) => None,
    });
    let changed: Vec<Message> = super::rows::find(conn, "id IN (#)", changed).await?;
    let new = page.into_iter().filter_map(|happened| match happened {
        Happened::Message(message) => Some(message),
        Happened::Change(_) => None,
    });
    let rows = new.chain(changed.into_iter().map(Arc::new));
    Ok(Step {
        from,
        reached,
        rows: rows.map(|message| (message.id, text(&message))).collect(),
    })
}

/// Writes a step, unless another process was there first; where the index stands then.
pub(super) async fn keep(conn: &mut Conn, step: &Step) -> Answer<Pos> {
    let statement = "UPDATE hub SET indexed = $1 WHERE one = 1 AND indexed = $2";
    if execute(conn, statement, &[&step.reached, &step.from]).await? == 0 {
        return indexed(conn).await;
    }
    for (id, text) in &step.rows {
        match text {
            Some(text) => execute(conn, Db::KEEP_WORDS, &[id, text]).await?,
            None => execute(conn, "DELETE FROM message_word WHERE rowid = $1", &[id]).await?,
        };
    }
    Ok(step.reached)
}

/// Where the index stands.
pub(super) async fn indexed(conn: &mut Conn) -> Answer<Pos> {
    let row = sqlx::query("SELECT indexed FROM hub WHERE one = 1")
        .fetch_one(conn)
        .await?;
    Cursor::new(&row).take()
}

/// What is kept of a message: its words, and the one of its conversation.
fn text(message: &Message) -> Option<String> {
    if message.deleted {
        return None;
    }
    let words = hub::search::words(&message.body.words());
    let conversation = (!words.is_empty()).then(|| conversation_word(message.conversation))?;
    Some(words.into_iter().fold(conversation, |mut text, word| {
        text.push(' ');
        text.push_str(&word);
        text
    }))
}

/// No word of a text begins with this letter: it is of private use.
fn conversation_word(id: ConversationId) -> String {
    format!("\u{e000}{id}")
}

/// Ids of messages with all these words, newest first, at most `limit`; whether the reader may see them is not asked here.
pub(super) async fn search(
    conn: &mut Conn,
    reader: AccountId,
    sought: &Sought,
    limit: u32,
) -> Answer<Vec<MessageId>> {
    let places = match sought.conversation {
        Some(id) => vec![id],
        None => history::newest_ids(conn, reader, MOST_CONVERSATIONS).await?,
    };
    if places.is_empty() || sought.words.is_empty() {
        return Ok(Vec::new());
    }
    let before = sought.before.unwrap_or(Pos(i64::MAX));
    let limit = i64::from(limit);
    let expression = expression(&places, &sought.words);
    let bounds: [&(dyn Put + Sync); 3] = [&expression, &before, &limit];
    let mut binder = super::field::Binder::new(bounds.len());
    bounds.iter().for_each(|value| value.put(&mut binder));
    let rows = sqlx::query_with(Db::FIND_WORDS, binder.finish()?)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Cursor::new(row).take()).collect()
}

/// One of these conversations, and for every word one that begins so. Words are letters and digits alone, which mean
/// nothing else between quotation marks.
fn expression(places: &[ConversationId], words: &[String]) -> String {
    let mut out = String::from("(");
    for (n, &place) in places.iter().enumerate() {
        let or = if n == 0 { "" } else { Db::OR };
        let quote = Db::QUOTE;
        let _ = write!(out, "{or}{quote}{}{quote}", conversation_word(place));
    }
    out.push(')');
    for word in words {
        let (quote, and, begins) = (Db::QUOTE, Db::AND, Db::BEGINS);
        let _ = write!(out, "{and}{quote}{word}{quote}{begins}");
    }
    out
}
