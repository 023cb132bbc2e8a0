//! Search: the follower that keeps the index of words, and what a session may find by it.

use std::sync::Weak;
use std::time::Duration;

use super::{Hub, Inner, Session, sleep_until};
use crate::error::{Error, Kind};
use crate::event::MessageView;
use crate::id::{ConversationId, MessageId, Pos};
use crate::search;
use crate::store::{Sought, StoreError};
use crate::writer::refuse;

/// Places of the log that one step of the follower takes: the writer waits no longer than for these.
const STEP: u32 = 64;
/// The follower lets the log grow so long, unless somebody searches: then it goes on at once.
const PAUSE: Duration = Duration::from_secs(1);
/// After each step it rests so many times as long as the step took, unless somebody searches: writers come first.
const COURTESY: u32 = 9;
/// A search waits so long for the follower, and then finds what there is.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a question.
const MAX_QUESTION: usize = 400;
/// Messages with the right words that one search looks at: whether they may be seen, and still say so.
const CANDIDATES: u32 = 256;
/// Those that are loaded at once.
const LOADED: usize = 32;
/// Most messages of a page.
const MAX_FOUND: u32 = 50;

/// A page of what was found, newest first.
#[derive(Debug, Clone)]
pub struct Found {
    /// The messages.
    pub messages: Vec<MessageView>,
    /// Where to go on: below this.
    pub next: Option<MessageId>,
    /// Whether everything that was answered before the question was looked at; else the index is behind.
    pub whole: bool,
}

impl Session {
    /// Messages with all these words, or words that begin so, in one conversation or in all; older than `before` if given. A
    /// page may be shorter than `limit` and still have a next one.
    pub async fn search(
        &self,
        question: &str,
        conversation: Option<ConversationId>,
        before: Option<MessageId>,
        limit: u32,
    ) -> Result<Found, Error> {
        self.spend(|b| &mut b.search)?;
        if question.len() > MAX_QUESTION {
            let message = format!("a question holds up to {MAX_QUESTION} bytes");
            return Err(Error::new(Kind::TooLarge, "question_too_long", message)
                .with_limit(MAX_QUESTION as u64));
        }
        let words = search::asked(question);
        if words.is_empty() {
            let message = "write a word to look for: letters or digits";
            return Err(Error::invalid("question_empty", message));
        }
        if let Some(id) = conversation {
            self.conversation(id).await?;
        }
        let _turn = self.hub.inner.searching.turn(self.who.account).await;
        let whole = self.hub.is_indexed().await;
        let sought = Sought {
            conversation,
            words,
            before,
        };
        let limit = limit.clamp(1, MAX_FOUND) as usize;
        let (found, next) = self.seek(&sought, limit).await?;
        let messages = self.hub.draw_messages(self.who.account, found).await?;
        Ok(Found {
            messages,
            next,
            whole,
        })
    }

    /// What the index has is older than what is stored: every message is asked for as the reader may see it now, and read.
    async fn seek(
        &self,
        sought: &Sought,
        limit: usize,
    ) -> Result<(Vec<crate::model::Message>, Option<MessageId>), Error> {
        let (store, me) = (&self.hub.inner.store, self.who.account);
        let ids = store
            .search(me, sought, CANDIDATES)
            .await
            .map_err(|e| refuse(&e))?;
        let mut found = Vec::new();
        for chunk in ids.chunks(LOADED) {
            let asked = chunk.iter().copied().collect();
            let mut seen = store.visible(me, &asked).await.map_err(|e| refuse(&e))?;
            seen.retain(|m| !m.deleted && search::has_all(&m.body.words(), &sought.words));
            seen.sort_by_key(|message| std::cmp::Reverse(message.id));
            found.append(&mut seen);
            if found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        let last_found = found.last().map(|m| m.id).filter(|_| found.len() == limit);
        let last_looked_at = ids.last().copied();
        let next = match last_found {
            Some(last) if last_looked_at != Some(last) => Some(last),
            _ => last_looked_at.filter(|_| ids.len() == CANDIDATES as usize),
        };
        Ok((found, next))
    }
}

impl Hub {
    /// Wait until the index has everything that was answered before; `false` if that takes too long.
    async fn is_indexed(&self) -> bool {
        let inner = &self.inner;
        let committed = Pos(inner.committed.load(std::sync::atomic::Ordering::Acquire));
        let mut indexed = inner.indexed.subscribe();
        inner.to_index.notify_one();
        let clock = inner.clock.as_ref();
        tokio::select! {
            biased;
            found = indexed.wait_for(|indexed| *indexed >= committed) => found.is_ok(),
            () = clock.sleep_until(clock.now() + PATIENCE) => false,
        }
    }
}

/// Follows the log and keeps the index, from where it stood when the program ended.
pub(super) async fn follower(inner: Weak<Inner>) {
    loop {
        let Some(hub) = inner.upgrade() else { return };
        if let Err(error) = catch_up(&hub).await {
            tracing::warn!(%error, "the index of words is behind; it will be tried again");
        }
        let next = hub.clock.now() + PAUSE;
        tokio::select! {
            () = hub.to_index.notified() => {}
            () = sleep_until(hub.clock.as_ref(), Some(next)) => {}
            () = hub.jobs.closed() => return,
        }
    }
}

async fn catch_up(hub: &Inner) -> Result<(), StoreError> {
    while !hub.jobs.is_closed() {
        let indexed = *hub.indexed.borrow();
        if hub.store.head().await? <= indexed {
            break;
        }
        let began = hub.clock.now();
        let reached = hub.store.index(STEP).await?;
        let ended = hub.clock.now();
        hub.indexed.send_replace(reached);
        let rest = ended.saturating_duration_since(began) * COURTESY;
        // Whoever searches holds a receiver until they are told.
        if hub.indexed.receiver_count() == 0 && !rest.is_zero() {
            tokio::select! {
                () = hub.to_index.notified() => {}
                () = sleep_until(hub.clock.as_ref(), Some(ended + rest)) => {}
                () = hub.jobs.closed() => {}
            }
        }
    }
    Ok(())
}
