//! How much an account has of what is bounded: what the store counted, and what the batch has done since.

use std::collections::{BTreeSet, HashMap};

use super::{Fault, World};
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::store::{Keys, Tally};

/// Most people on a list; a conversation with each of them is beside what one opens.
pub(super) const MAX_CONTACTS: u32 = 5_000;
/// Most conversations of an account that still opens one.
pub(super) const MAX_CONVERSATIONS: u32 = 5_000;

/// Counts of a batch.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    stored: HashMap<AccountId, Tally>,
    /// People listed and conversations entered by this batch, which the store does not count yet.
    since: HashMap<AccountId, (i64, i64)>,
}

impl Tallies {
    /// What the store has counted. It counts the same until the batch is written.
    pub(super) fn learn(&mut self, tallies: Vec<Tally>) {
        self.stored
            .extend(tallies.into_iter().map(|tally| (tally.account, tally)));
    }

    /// Somebody came onto a list, stayed on it, or went.
    pub(super) fn listed(&mut self, owner: AccountId, was: bool, is: bool) {
        self.since.entry(owner).or_default().0 += i64::from(is) - i64::from(was);
    }

    /// Somebody came into a conversation.
    pub(super) fn joined(&mut self, account: AccountId) {
        self.since.entry(account).or_default().1 += 1;
    }
}

impl World {
    /// Whether one more person fits on an account's list.
    pub(super) fn room_on_list(&self, owner: AccountId) -> Result<(), Fault> {
        if self.tally(owner)?.0 < i64::from(MAX_CONTACTS) {
            return Ok(());
        }
        let message =
            format!("you have {MAX_CONTACTS} contacts, and that is the most: remove one first");
        Err(Error::new(Kind::TooMany, "contacts_full", message)
            .with_limit(MAX_CONTACTS.into())
            .into())
    }

    /// Whether an account can open one more conversation. What others open with it is counted and never refused: nobody
    /// can use up what somebody else has.
    pub(super) fn room_to_talk(&self, opener: AccountId) -> Result<(), Fault> {
        if self.tally(opener)?.1 < i64::from(MAX_CONVERSATIONS) {
            return Ok(());
        }
        let message = format!(
            "you belong to {MAX_CONVERSATIONS} conversations, and that is the most that one can open: write in one of them"
        );
        Err(Error::new(Kind::TooMany, "conversations_full", message)
            .with_limit(MAX_CONVERSATIONS.into())
            .into())
    }

    /// People listed and conversations, with what this batch has done.
    fn tally(&self, account: AccountId) -> Result<(i64, i64), Fault> {
        let Some(stored) = self.tallies.stored.get(&account) else {
            return Err(Fault::Need(Box::new(Keys {
                tallies: BTreeSet::from([account]),
                ..Keys::default()
            })));
        };
        let (listed, joined) = self
            .tallies
            .since
            .get(&account)
            .copied()
            .unwrap_or_default();
        Ok((
            i64::from(stored.contacts) + listed,
            i64::from(stored.conversations) + joined,
        ))
    }
}
