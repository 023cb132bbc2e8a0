//! Two small caches: profiles of authors, and identities of tokens; the reader of the log clears what changed. Beside them, whose
//! limits are raised: all of them, which it keeps true.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::decide::Identity;
use crate::error::Error;
use crate::id::AccountId;
use crate::model::{Account, AccountKind};
use crate::store::Store;
use crate::writer::refuse;

/// Somebody as others may have them at once, without asking how they stand: who they are, and no detail that may be kept back.
/// It is all that is cached, so that nothing drawn from here can tell more.
pub(super) type Profile = Arc<Account>;

/// Entries of each cache; a full cache is emptied, which costs one read each.
const MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct Known {
    /// Rises with every change, so that what was read before it is not put in after it.
    generation: AtomicU64,
    profiles: Mutex<HashMap<AccountId, Profile>>,
    tokens: Mutex<HashMap<[u8; 32], Identity>>,
    raised: Mutex<HashSet<AccountId>>,
}

/// Most bots whose limits are raised at one time; those beyond it have the usual ones. The operator marks each by hand.
const MAX_RAISED: u32 = 10_000;

impl Known {
    /// Begins with the bots whose limits are raised.
    pub(super) async fn of(store: &dyn Store) -> Result<Self, Error> {
        let raised = store.raised(MAX_RAISED).await.map_err(|e| refuse(&e))?;
        Ok(Self {
            raised: Mutex::new(raised.into_iter().collect()),
            ..Self::default()
        })
    }

    pub(super) fn is_raised(&self, account: AccountId) -> bool {
        lock(&self.raised).contains(&account)
    }

    /// Whether an account's limits are raised from now on.
    pub(super) fn set_raised(&self, account: &Account) {
        let mut raised = lock(&self.raised);
        if !account.raised {
            raised.remove(&account.id);
        } else if raised.len() < MAX_RAISED as usize {
            raised.insert(account.id);
        }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(super) fn profile(&self, id: AccountId) -> Option<Profile> {
        lock(&self.profiles).get(&id).cloned()
    }

    /// Keeps an account that was read when it was `generation`; gives it as others may have it.
    pub(super) fn keep_profile(&self, generation: u64, account: &Account) -> Profile {
        // What is built in keeps nothing back.
        let is_built_in = account.kind == AccountKind::Service;
        let profile = Arc::new(account.as_known(|_| is_built_in));
        let mut profiles = lock(&self.profiles);
        if self.generation() == generation {
            make_room(&mut profiles);
            profiles.insert(account.id, profile.clone());
        }
        profile
    }

    pub(super) fn token(&self, hash: &[u8; 32]) -> Option<Identity> {
        lock(&self.tokens).get(hash).copied()
    }

    pub(super) fn keep_token(&self, generation: u64, hash: [u8; 32], who: Identity) {
        let mut tokens = lock(&self.tokens);
        if self.generation() == generation {
            make_room(&mut tokens);
            tokens.insert(hash, who);
        }
    }

    /// An account, its profile or one of its devices changed.
    pub(super) fn forget(&self, account: AccountId) {
        let (mut profiles, mut tokens) = (lock(&self.profiles), lock(&self.tokens));
        self.generation.fetch_add(1, Ordering::AcqRel);
        profiles.remove(&account);
        tokens.retain(|_, who| who.account != account);
    }
}

fn make_room<K, V>(map: &mut HashMap<K, V>) {
    if map.len() >= MAX {
        map.clear();
    }
}
