//! One session's stream of events: first what was missed, then what happens.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Hub;
use crate::event::{Heard, Why};
use crate::id::{AccountId, EndpointId, Pos};
use crate::live::Queued;
use crate::store::Happened;
use crate::writer::refuse;

/// Places read at once when catching up.
const PAGE: u32 = 500;
/// Places drawn at once when live.
const BURST: usize = 64;

/// What a session hears, in order. Dropping it detaches the endpoint.
pub struct Events {
    hub: Hub,
    viewer: AccountId,
    endpoint: EndpointId,
    queue: mpsc::Receiver<Queued>,
    /// Read from the store: everything above the first and up to the second.
    missed: Option<(Pos, Pos)>,
    /// Taken from the queue, not drawn yet.
    taken: Vec<Happened>,
    /// Drawn, not given yet.
    drawn: VecDeque<Heard>,
    /// Everything up to here was drawn.
    reached: Pos,
    ended: bool,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("endpoint", &self.endpoint)
            .field("reached", &self.reached)
            .finish_non_exhaustive()
    }
}

impl Events {
    pub(super) fn new(
        hub: Hub,
        viewer: AccountId,
        endpoint: EndpointId,
        queue: mpsc::Receiver<Queued>,
    ) -> Self {
        let (taken, drawn) = (Vec::new(), VecDeque::new());
        Self {
            hub,
            viewer,
            endpoint,
            queue,
            missed: None,
            taken,
            drawn,
            reached: Pos(0),
            ended: false,
        }
    }

    /// Where its events begin: `missed` is read from the store, then everything above `reached` as it happens.
    pub(super) fn begin(&mut self, missed: Option<(Pos, Pos)>, reached: Pos, behind: bool) {
        self.missed = missed;
        self.reached = reached;
        if behind {
            self.drawn.push_back(Heard::Behind);
        }
    }

    /// The newest position when it was attached, then the newest that was drawn.
    #[must_use]
    pub fn reached(&self) -> Pos {
        self.reached
    }

    /// Its connection is about to be given up, and nothing was heard on it for so long: timers of its calls count from then.
    pub fn was_quiet(&self, quiet: Duration) {
        let endpoint = self.endpoint;
        self.hub.with_live(|live, now, _| {
            if let Some(endpoint) = live.endpoints.get_mut(&endpoint) {
                endpoint.quiet_since = now.checked_sub(quiet);
            }
        });
    }

    /// The next thing; waits for it. Nothing is lost if the wait is given up. After `Detached` it is always `Detached`.
    pub async fn next(&mut self) -> Heard {
        loop {
            // Each on the heap while it lasts: thousands wait here, and wait for the queue alone.
            if !self.taken.is_empty() {
                Box::pin(self.draw_taken()).await;
            }
            if let Some(heard) = self.drawn.pop_front() {
                return heard;
            }
            if self.ended {
                return Heard::Detached(Why::TooSlow);
            }
            if let Some((after, upto)) = self.missed {
                Box::pin(self.catch_up(after, upto)).await;
                continue;
            }
            match self.queue.recv().await {
                Some(Queued::Happened(happened)) => {
                    self.taken.push(happened);
                    self.take_more();
                }
                Some(Queued::Passing(what)) => return Heard::Passing(*what),
                Some(Queued::Reached(pos)) => return Heard::Reached(pos.max(self.reached)),
                Some(Queued::Detached(why)) => {
                    self.ended = true;
                    return Heard::Detached(why);
                }
                // The hub dropped a queue that was full.
                None => self.ended = true,
            }
        }
    }

    fn take_more(&mut self) {
        while self.taken.len() < BURST {
            match self.queue.try_recv() {
                Ok(Queued::Happened(happened)) => self.taken.push(happened),
                // What stands behind durable events must not overtake them: it is given after they were drawn.
                Ok(Queued::Passing(what)) => {
                    self.drawn_later(Heard::Passing(*what));
                    return;
                }
                Ok(Queued::Reached(pos)) => {
                    self.drawn_later(Heard::Reached(pos.max(self.reached)));
                    return;
                }
                Ok(Queued::Detached(why)) => {
                    self.drawn_later(Heard::Detached(why));
                    self.ended = true;
                    return;
                }
                Err(_) => return,
            }
        }
    }

    fn drawn_later(&mut self, heard: Heard) {
        // `draw_taken` puts what it draws in front of this.
        self.drawn.push_back(heard);
    }

    async fn draw_taken(&mut self) {
        // They are let go once drawn: if this wait is given up, the next one draws them again.
        let page: Vec<Happened> = self
            .taken
            .iter()
            .filter(|h| h.pos() > self.reached)
            .cloned()
            .collect();
        let last = page.last().map(Happened::pos);
        if !page.is_empty() {
            match self.hub.draw(self.viewer, page).await {
                Ok(events) => {
                    for (pos, event) in events.into_iter().rev() {
                        self.drawn.push_front(Heard::Placed(pos, event));
                    }
                }
                Err(_) => {
                    // The store is away: end the session, so that it catches up when the store is back.
                    self.ended = true;
                    self.drawn.clear();
                }
            }
        }
        self.taken.clear();
        self.reached = self.reached.max(last.unwrap_or_default());
    }

    async fn catch_up(&mut self, after: Pos, upto: Pos) {
        let page = self
            .hub
            .inner
            .store
            .since(self.viewer, after, upto, PAGE)
            .await;
        let drawn = match page {
            Ok(page) => {
                let next = if page.len() < PAGE as usize {
                    None
                } else {
                    page.last().map(Happened::pos)
                };
                self.hub
                    .draw(self.viewer, page)
                    .await
                    .map(|events| (next, events))
            }
            Err(error) => Err(refuse(&error)),
        };
        match drawn {
            Ok((next, events)) => {
                self.drawn.extend(
                    events
                        .into_iter()
                        .map(|(pos, event)| Heard::Placed(pos, event)),
                );
                self.missed = next.map(|next| (next, upto));
                if next.is_none() {
                    self.drawn.push_back(Heard::Reached(upto));
                }
            }
            Err(_) => self.ended = true,
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let endpoint = self.endpoint;
        self.hub
            .with_live(|live, now, wall| live.detach(now, wall, endpoint, None));
    }
}
