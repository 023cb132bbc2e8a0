//! People as one account may know them: profiles, cards, how they stand. Here, and nowhere else, a row of somebody else
//! becomes what is shown of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::known::Profile;
use super::{Hub, Session};
use crate::error::Error;
use crate::event::{ContactView, Presence};
use crate::id::{AccountId, Timestamp};
use crate::model::{
    Account, AccountKind, AccountState, ContactState, Conversation, Relation, contact_state,
    may_see,
};
use crate::store::Keys;
use crate::writer::refuse;

/// Profiles that the store is asked for at once.
const AT_ONCE: usize = 500;
/// Common groups that a card shows.
const CARD_GROUPS: u32 = 50;

/// What the profile card of somebody shows.
#[derive(Debug, Clone)]
pub struct Card {
    /// How they stand to the reader.
    pub contact: ContactView,
    /// Whether they are there, as far as the reader may know it.
    pub presence: Option<Presence>,
    /// When they were last seen, if the reader may know it.
    pub last_seen: Option<Timestamp>,
    /// Groups in which both are, at most 50, those with the newest messages first.
    pub common: Vec<Conversation>,
}

impl Hub {
    /// Profiles without any detail that may be kept back, from the cache where it has them.
    pub(super) async fn profiles(&self, ids: BTreeSet<AccountId>) -> Result<Vec<Profile>, Error> {
        let mut found = Vec::with_capacity(ids.len());
        let mut missing = Keys::default();
        for id in ids {
            match self.inner.known.profile(id) {
                Some(account) => found.push(account),
                None => {
                    missing.accounts.insert(id);
                }
            }
        }
        if !missing.is_empty() {
            let generation = self.inner.known.generation();
            let rows = self.load(&missing).await?;
            for account in &rows.accounts {
                found.push(self.inner.known.keep_profile(generation, account));
            }
        }
        Ok(found)
    }

    /// Profiles with what their people show everyone; to whom they keep away, as if they showed nothing.
    pub(super) async fn profiles_for(
        &self,
        viewer: AccountId,
        ids: BTreeSet<AccountId>,
    ) -> Result<Vec<Arc<Account>>, Error> {
        let mut found = self.profiles(ids).await?;
        let open: BTreeSet<AccountId> = found
            .iter()
            .filter(|profile| profile.shows_everyone())
            .map(|profile| profile.id)
            .collect();
        if open.is_empty() {
            return Ok(found);
        }
        let keys = Keys {
            relations: open.iter().map(|id| (*id, viewer)).collect(),
            accounts: open,
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        for profile in &mut found {
            let Some(account) = rows.accounts.iter().find(|a| a.id == profile.id) else {
                continue;
            };
            let theirs = rows.relations.iter().find(|r| r.owner == account.id);
            let nothing = || Relation::nothing(account.id, viewer);
            let theirs = theirs.cloned().unwrap_or_else(nothing);
            *profile = Arc::new(account.as_known_to(&theirs));
        }
        Ok(found)
    }
}

impl Session {
    /// Profiles by id, with what their people show everyone; what they show their contacts comes with [`Session::contacts`].
    pub async fn accounts(&self, ids: &[AccountId]) -> Result<Vec<Arc<Account>>, Error> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            let some = some.iter().copied().collect();
            found.extend(self.hub.profiles_for(self.who.account, some).await?);
        }
        Ok(found)
    }

    /// Who these are, without any detail that may be kept back: the store is asked for those alone whom nobody has needed yet.
    pub async fn names(&self, ids: BTreeSet<AccountId>) -> Result<Vec<Arc<Account>>, Error> {
        self.hub.profiles(ids).await
    }

    /// Somebody's profile card.
    ///
    /// # Errors
    /// `not_found` if there is no such account.
    pub async fn card(&self, other: AccountId) -> Result<Card, Error> {
        self.spend(|b| &mut b.search)?;
        if other != self.who.account {
            self.no_guest().await?;
        }
        let contact = self.contact(other).await?;
        let me = self.who.account;
        self.hub.caught_up().await?;
        let presence = self.hub.with_live(|live, _, _| {
            let viewer = live.people.get(&me)?;
            live.seen_by(viewer, other)
        });
        let shown = (contact.account.last_seen.0 > 0).then_some(contact.account.last_seen);
        let store = &self.hub.inner.store;
        let common = store.common(me, other, CARD_GROUPS).await;
        Ok(Card {
            presence,
            last_seen: shown.filter(|_| contact.account.kind != AccountKind::Service),
            common: common.map_err(|e| refuse(&e))?,
            contact,
        })
    }
}

/// How `account` stands to `viewer`, with the details of it that the viewer may know.
pub(super) fn contact_view(
    viewer: AccountId,
    account: &Account,
    relation: impl Fn(AccountId, AccountId) -> Relation,
) -> ContactView {
    let mine = relation(viewer, account.id);
    let theirs = relation(account.id, viewer);
    let state = contact_state(&mine, &theirs);
    ContactView {
        state,
        greeting: theirs.greeting.clone(),
        // What the other one did counts only where it is shown: that a request was put away is not.
        since: match state {
            ContactState::Contact => mine.since.max(theirs.since),
            ContactState::Incoming => theirs.since,
            ContactState::Outgoing | ContactState::None => mine.since,
        },
        visible: account.state == AccountState::Active && may_see(account, &theirs),
        account: Arc::new(if viewer == account.id {
            account.clone()
        } else {
            account.as_known_to(&theirs)
        }),
        mine,
    }
}
