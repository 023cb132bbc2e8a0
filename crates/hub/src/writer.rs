//! Group commit: many commands, one transaction, each answered after it.
//!
//! One task per process takes what waits, at most [`MAX_BATCH`] pieces of work, and never waits for more: while one batch
//! commits, the next gathers. A piece that is refused leaves nothing behind; a batch that the store refuses is answered
//! `unavailable` as a whole, and its senders may repeat by their own ids.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::bus::{Batch, Bus, Packet};
use crate::clock::Clock;
use crate::decide::{Answer, Effects, Fault, Pile, Work, World, decide};
use crate::error::Error;
use crate::figures::Counting;
use crate::id::{Mint, Pos};
use crate::store::{Happened, Keys, Rows, Store, StoreError};

/// Pieces of work in one transaction.
const MAX_BATCH: usize = 500;
/// Pieces of work that may wait.
pub(crate) const QUEUE: usize = 8_192;
/// How often a decision may ask for more rows. The longest chain is name → account → relation → conversation → message.
const MAX_ROUNDS: usize = 12;

/// What a piece of work came to: its last position, if it has one, and the answer.
pub(crate) type Outcome = Result<(Option<Pos>, Answer), Error>;

/// One piece of work.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) work: Work,
    pub(crate) reply: oneshot::Sender<Outcome>,
}

/// The task that writes.
pub(crate) struct Writer {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) mint: Mint,
    /// What the batch before this one knew, and the version of the store at which it holds.
    pub(crate) known: Option<(i64, World)>,
    pub(crate) figures: Arc<Counting>,
}

impl Writer {
    /// Write until nobody is left who could ask.
    pub(crate) async fn run(mut self) {
        let mut jobs = Vec::with_capacity(MAX_BATCH);
        while self.jobs.recv_many(&mut jobs, MAX_BATCH).await > 0 {
            let (works, replies): (Vec<_>, Vec<_>) =
                jobs.drain(..).map(|job| (job.work, job.reply)).unzip();
            let began = self.clock.now();
            let committed = self.commit(&works).await;
            let took = self.clock.now().saturating_duration_since(began);
            self.figures.commit(works.len(), took, committed.is_ok());
            match committed {
                Ok((outcomes, batch)) => {
                    if let Some(batch) = batch {
                        self.bus.publish(Packet::Batch(Arc::new(batch)));
                    }
                    for (reply, outcome) in replies.into_iter().zip(outcomes) {
                        let _gone = reply.send(outcome);
                    }
                }
                Err(error) => {
                    let refusal = refuse(&error);
                    for reply in replies {
                        let _gone = reply.send(Err(refusal.clone()));
                    }
                }
            }
        }
    }

    async fn commit(
        &mut self,
        works: &[Work],
    ) -> Result<(Vec<Outcome>, Option<Batch>), StoreError> {
        let mut transaction = self.store.begin().await?;
        let (prev, version) = (transaction.head(), transaction.version());
        let mint = std::mem::take(&mut self.mint);
        let known = self.known.take().filter(|(at, _)| *at == version);
        let known = known.map_or_else(World::default, |(_, world)| world);
        let mut world = known.begin(prev, self.clock.wall(), mint);
        let result = Self::decide_all(transaction.as_mut(), &mut world, works).await;
        let head = world.head();
        self.mint = world.take_mint();
        let (outcomes, rows) = result?;
        if rows == Rows::default() {
            self.known = Some((version, world.settle()));
            return Ok((outcomes, None));
        }
        let events = happened(&rows, prev);
        let last = if events.is_empty() { prev } else { head };
        transaction.save(&rows, last).await?;
        transaction.commit().await?;
        self.known = Some((version + 1, world.settle()));
        Ok((
            outcomes,
            (!events.is_empty()).then_some(Batch { prev, last, events }),
        ))
    }

    async fn decide_all(
        transaction: &mut dyn crate::store::Transaction,
        world: &mut World,
        works: &[Work],
    ) -> Result<(Vec<Outcome>, Rows), StoreError> {
        // First ask everybody what they need and load it for all at once; nothing is done yet.
        let mut asking: Vec<&Work> = works.iter().collect();
        for _ in 0..MAX_ROUNDS {
            let mut keys = Keys::default();
            asking.retain(|work| match decide(world, work) {
                Err(Fault::Need(need)) => {
                    keys.extend(*need);
                    true
                }
                _ => false,
            });
            if keys.is_empty() {
                break;
            }
            let rows = transaction.load(&keys).await?;
            world.learn(&keys, rows);
        }
        // Then decide in order; each sees what those before it did.
        let mut outcomes = Vec::with_capacity(works.len());
        let mut pile = Pile::default();
        for work in works {
            outcomes.push(match Self::decide_one(transaction, world, work).await? {
                Ok((effects, answer)) => {
                    world.apply(&effects);
                    let pos = effects.last();
                    pile.add(effects.rows);
                    Ok((pos, answer))
                }
                Err(error) => Err(error),
            });
        }
        Ok((outcomes, pile.into_rows()))
    }

    async fn decide_one(
        transaction: &mut dyn crate::store::Transaction,
        world: &mut World,
        work: &Work,
    ) -> Result<Result<(Effects, Answer), Error>, StoreError> {
        for _ in 0..MAX_ROUNDS {
            match decide(world, work) {
                Ok(done) => return Ok(Ok(done)),
                Err(Fault::Refused(error)) => return Ok(Err(error)),
                Err(Fault::Need(keys)) => {
                    let rows = transaction.load(&keys).await?;
                    world.learn(&keys, rows);
                }
            }
        }
        // Its own fault alone: the others of the batch are written.
        Ok(Err(refuse(&StoreError::Broken(
            "a decision never had all the rows it needs".into(),
        ))))
    }
}

/// The places of a batch, in order. A message that was changed has its place by the change, not by its row.
fn happened(rows: &Rows, prev: Pos) -> Vec<Happened> {
    let new = rows
        .messages
        .iter()
        .filter(|m| m.id > prev)
        .map(|m| Happened::Message(m.clone()));
    let mut events: Vec<Happened> = new
        .chain(rows.changes.iter().map(|c| Happened::Change(*c)))
        .collect();
    events.sort_by_key(Happened::pos);
    events
}

/// What the askers hear when the store fails.
pub(crate) fn refuse(error: &StoreError) -> Error {
    match error {
        StoreError::Away(why) => {
            tracing::warn!(%why, "the store does not answer");
            Error::unavailable(
                "the server cannot write at this moment: try again; nothing that was accepted is lost",
            )
        }
        StoreError::Broken(why) => {
            tracing::error!(%why, "the store and the program disagree");
            Error::unavailable(
                "the server met a fault of its own and wrote it down: try again, or tell its operator",
            )
        }
    }
}
