//! Other names to sign in with, and what old programs need to sign in at all.

use std::sync::Arc;

use super::{Hub, Session};
use crate::command::Done;
use crate::decide::{NewDerived, Work};
use crate::error::{Error, Kind};
use crate::handle;
use crate::id::AccountId;
use crate::model::{Account, AccountState, ContactState, HandleKind, Secret, SecretKind};
use crate::store::{Keys, Rows};
use crate::writer::refuse;

/// What a door makes of a name (canonical, or a handle) and a password, so that a program that sends only this can sign in.
/// The hub keeps a hash of it and never looks.
pub type Derive = fn(name: &str, password: &str) -> String;

/// One's own account, with what nobody else sees of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAccount {
    /// The account.
    pub account: Arc<Account>,
    /// Its handles in the form of mail, in order of their letters; at most [`handle::MAX_HANDLES`].
    pub handles: Vec<String>,
    /// Whether old programs may sign in with what they derive from the password.
    pub old_programs: bool,
}

impl OwnAccount {
    /// From rows with all handles and secrets of the account.
    pub(super) fn of(account: Arc<Account>, rows: &Rows) -> Self {
        let own = rows.handles.iter().filter(|h| h.account == account.id);
        let mail = own.filter(|h| h.kind == HandleKind::Mail);
        let mut handles: Vec<String> = mail.map(|h| h.value.clone()).collect();
        handles.sort_unstable();
        let mut secrets = rows.secrets.iter().filter(|s| s.account == account.id);
        Self {
            old_programs: secrets.any(|s| s.kind == SecretKind::Derived),
            handles,
            account,
        }
    }

    /// All names it signs in with.
    fn names(&self) -> Vec<&str> {
        let handles = self.handles.iter().map(String::as_str);
        std::iter::once(self.account.name.as_str())
            .chain(handles)
            .collect()
    }

    /// What has to be asked for.
    pub(super) fn keys(account: AccountId) -> Keys {
        Keys {
            accounts: [account].into(),
            handles_of: [account].into(),
            secrets: [account].into(),
            ..Keys::default()
        }
    }
}

/// Who a name is.
struct Sought {
    found: Option<AccountId>,
    /// Whether it counts as a search: neither oneself nor somebody one knows.
    is_search: bool,
}

impl Session {
    /// One's own account, with what nobody else sees of it.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn own(&self) -> Result<OwnAccount, Error> {
        self.hub.own(self.who.account).await
    }

    /// Whose name or handle this is, exactly; `None` for nobody, for an account that is blocked or deleted, and for the handle of
    /// whoever is no contact. For what a door is asked about by name. Oneself and people one knows cost nothing; all others, and
    /// nobody, are a search.
    ///
    /// # Errors
    /// `too_many` after too many searches, `guest` for others than oneself; if the store does not answer.
    pub async fn identify(&self, spelling: &str) -> Result<Option<AccountId>, Error> {
        let sought = self.sought(spelling).await?;
        if sought.is_search {
            self.spend(|b| &mut b.search)?;
        }
        Ok(sought.found)
    }

    /// The same for a list of names, each in its place; it is one search at most, so that a list that is longer than one may
    /// search at once is answered too. Whoever lets somebody ask bounds the list.
    ///
    /// # Errors
    /// As of [`identify`](Self::identify).
    pub async fn identify_each(
        &self,
        spellings: &[String],
    ) -> Result<Vec<Option<AccountId>>, Error> {
        let mut each = Vec::with_capacity(spellings.len());
        let mut is_paid = false;
        for spelling in spellings {
            let sought = self.sought(spelling).await?;
            if sought.is_search && !is_paid {
                self.spend(|b| &mut b.search)?;
                is_paid = true;
            }
            each.push(sought.found);
        }
        Ok(each)
    }

    async fn sought(&self, spelling: &str) -> Result<Sought, Error> {
        let found = self.hub.called(spelling).await?;
        let active = found.filter(|account| account.state == AccountState::Active);
        let found = active.map(|account| account.id);
        let mut sought = Sought {
            found,
            is_search: false,
        };
        if found == Some(self.who.account) {
            return Ok(sought);
        }
        self.no_guest().await?;
        let is_mail = spelling.contains('@');
        if let Some(other) = found
            && self.is_near(other, is_mail).await?
        {
            return Ok(sought);
        }
        sought.is_search = true;
        sought.found = found.filter(|_| !is_mail);
        Ok(sought)
    }

    /// Whether somebody is known already to whoever names them: by their mail to contacts alone; by their name also to whoever
    /// asked or was asked, shares a group, or has a conversation with them.
    async fn is_near(&self, other: AccountId, by_mail: bool) -> Result<bool, Error> {
        let state = self.contact(other).await?.state;
        if by_mail || state != ContactState::None {
            return Ok(state == ContactState::Contact || !by_mail);
        }
        let store = &self.hub.inner.store;
        let common = store.common(self.who.account, other, 1).await;
        let is_beside = !common.map_err(|e| refuse(&e))?.is_empty();
        Ok(is_beside || self.cast(&[other]).await?.is_some())
    }

    /// A handle begins or ends. Where old programs are allowed they sign in by a new one at once, by the password.
    pub(super) async fn set_handle(
        &self,
        value: &str,
        on: bool,
        password: Option<String>,
    ) -> Result<Done, Error> {
        // Whose they are could be tried out.
        self.spend(|b| &mut b.search)?;
        let mail = handle::mail(value)?;
        let derived = match password.filter(|_| on) {
            Some(password) => Some(self.derived_for(&mail, password).await?),
            None => None,
        };
        let work = Work::SetHandle(self.who.account, mail, on, derived);
        let (pos, _) = self.hub.write(work).await?;
        Ok(Done {
            pos,
            ..Done::default()
        })
    }

    /// What all doors derive from one's password for a new handle, if old programs are allowed; once the password was checked.
    async fn derived_for(&self, mail: &str, password: String) -> Result<NewDerived, Error> {
        let seen = self.hub.password_hash(self.who.account).await?;
        self.hub
            .recheck(self.who, self.from, password.clone())
            .await?;
        let own = self.hub.own(self.who.account).await?;
        let derived = if own.old_programs {
            self.hub.derived(&[mail], &password).await?
        } else {
            Vec::new()
        };
        Ok(NewDerived { seen, derived })
    }

    /// Lets in what old programs derive from the password, or does not any more.
    pub(super) async fn allow_old_programs(
        &self,
        on: bool,
        password: String,
    ) -> Result<Done, Error> {
        if on && !self.hub.has_old_programs() {
            let message = "this server has no door for old programs";
            return Err(Error::new(Kind::Forbidden, "no_old_programs", message));
        }
        // Read before it is checked: it holds only if it is still the password when this is written.
        let seen = self.hub.password_hash(self.who.account).await?;
        self.hub
            .recheck(self.who, self.from, password.clone())
            .await?;
        let derived = if on {
            let own = self.hub.own(self.who.account).await?;
            self.hub.derived(&own.names(), &password).await?
        } else {
            Vec::new()
        };
        let work = Work::SetDerived(self.who.account, NewDerived { seen, derived });
        let (pos, _) = self.hub.write(work).await?;
        Ok(Done {
            pos,
            ..Done::default()
        })
    }
}

impl Hub {
    /// Whether some door signs in what old programs derive from the password.
    #[must_use]
    pub fn has_old_programs(&self) -> bool {
        !self.inner.config.derive.is_empty()
    }

    /// An account with what nobody else sees of it.
    pub(super) async fn own(&self, account: AccountId) -> Result<OwnAccount, Error> {
        let mut rows = self.load(&OwnAccount::keys(account)).await?;
        let account = rows.accounts.pop().ok_or_else(Error::unauthorized)?;
        Ok(OwnAccount::of(Arc::new(account), &rows))
    }

    /// The hash of an account's password as it stands now; empty for who has none.
    async fn password_hash(&self, account: AccountId) -> Result<String, Error> {
        let keys = Keys {
            secrets: [account].into(),
            ..Keys::default()
        };
        let mut secrets = self.load(&keys).await?.secrets.into_iter();
        let password = secrets.find(|secret| secret.kind == SecretKind::Password);
        Ok(password.map(|secret| secret.hash).unwrap_or_default())
    }

    /// What all doors derive from a new password, hashed; nothing for whoever does not allow old programs.
    pub(super) async fn derived_anew(
        &self,
        account: AccountId,
        password: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let own = self.own(account).await?;
        if own.old_programs {
            self.derived(&own.names(), password).await
        } else {
            Ok(Vec::new())
        }
    }

    /// What all doors derive from a password for each of these names, hashed one after the other, so that others who
    /// sign in at this moment have their turn.
    async fn derived(
        &self,
        names: &[&str],
        password: &str,
    ) -> Result<Vec<(String, String)>, Error> {
        let mut derived = Vec::new();
        for (door, make) in &self.inner.config.derive {
            for name in names {
                let hash = self.inner.pool.hash(make(name, password)).await?;
                derived.push((Secret::derived(door, name), hash));
            }
        }
        Ok(derived)
    }
}
