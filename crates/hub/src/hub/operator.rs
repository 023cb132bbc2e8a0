//! What the operator may do, from the command line.

use std::sync::Arc;

use super::{DeviceHello, Hub, NewAccount, lock};
use crate::decide::{self, Answer, Identity, Work};
use crate::error::Error;
use crate::handle;
use crate::id::{AccountId, DeviceId};
use crate::model::{Account, AccountKind, DeviceKind};
use crate::name;
use crate::secret;
use crate::store::Keys;
use crate::writer::refuse;

impl Hub {
    /// Make an account, with a handle in the form of mail if one is given; gives it and its recovery code.
    pub async fn operator_add(
        &self,
        who: NewAccount,
        mail: Option<&str>,
    ) -> Result<(Arc<Account>, String), Error> {
        let mail = mail.map(handle::mail).transpose()?;
        let canonical = name::canonical(&who.name).map_err(name::refusal)?;
        if name::is_reserved(&canonical) {
            return Err(name::refusal(name::Verdict::Reserved));
        }
        self.make_account(canonical, who, None, mail).await
    }

    /// Set somebody's password and sign all their devices out; gives a new recovery code.
    pub async fn operator_password(
        &self,
        spelling: &str,
        password: String,
    ) -> Result<String, Error> {
        let account = self.named(spelling).await?;
        secret::judge_password(&password, &account.name, &account.display)?;
        let code = self
            .set_secrets(account.id, Some(password), true, Some(None))
            .await?;
        code.ok_or_else(|| Error::unavailable("no code was made: try again"))
    }

    /// Block or unblock somebody and their bots; their connections end at once. A bot that was blocked by itself stays blocked.
    pub async fn operator_block(&self, spelling: &str, blocked: bool) -> Result<(), Error> {
        let account = self.named(spelling).await?;
        self.write(Work::Block(account.id, blocked)).await?;
        // What is remembered of the bots is forgotten by the reader of the log.
        self.caught_up().await
    }

    /// Raise the limits of a bot by [`BotLimits::raised`](crate::limits::BotLimits), or set them back; it holds at once.
    pub async fn operator_raise(&self, spelling: &str, raised: bool) -> Result<(), Error> {
        let account = self.named(spelling).await?;
        self.write(Work::Raise(account.id, raised)).await?;
        self.caught_up().await
    }

    /// Delete an account. Its name stays taken; what it wrote to others stays with them.
    pub async fn operator_delete(&self, spelling: &str) -> Result<(), Error> {
        let account = self.named(spelling).await?;
        self.delete(account.id).await
    }

    /// Accounts by name, above `after`.
    pub async fn operator_list(&self, after: &str, limit: u32) -> Result<Vec<Account>, Error> {
        self.inner
            .store
            .accounts(after, limit.min(1_000))
            .await
            .map_err(|e| refuse(&e))
    }

    async fn named(&self, spelling: &str) -> Result<Account, Error> {
        let canonical = name::canonical(spelling).map_err(name::refusal)?;
        let keys = Keys {
            names: [canonical].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        let found = rows.accounts.into_iter().find(|a| !a.state.is_gone());
        found.ok_or_else(|| Error::not_found("account"))
    }

    /// A built-in account and its device; both are made on first use.
    pub async fn service(&self, name: &'static str) -> Result<Identity, Error> {
        let keys = Keys {
            names: [name.to_owned()].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        let account = match rows.accounts.into_iter().next() {
            Some(account) => account.id,
            None => self.make_service(name).await?,
        };
        let keys = Keys {
            devices_of: [account].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        if let Some(device) = rows.devices.into_iter().find(|d| d.revoked.is_none()) {
            return Ok(Identity {
                account,
                device: device.id,
            });
        }
        let hello = DeviceHello {
            label: "Built in".into(),
            kind: DeviceKind::Bot,
            public_key: None,
            takes_up: false,
        };
        let (_, token_hash) = secret::new_token(&mut lock(&self.inner.rng));
        let id = DeviceId(lock(&self.inner.mint).next(self.inner.clock.wall()));
        let DeviceHello {
            label,
            kind,
            public_key,
            takes_up: _,
        } = hello;
        let new = decide::NewDevice {
            account,
            id,
            label,
            kind,
            public_key,
            token_hash,
            takes_up: None,
        };
        self.write(Work::AddDevice(Box::new(new))).await?;
        Ok(Identity {
            account,
            device: id,
        })
    }

    async fn make_service(&self, name: &'static str) -> Result<AccountId, Error> {
        let new = decide::NewAccount {
            name: name.to_owned(),
            display: name.to_owned(),
            kind: AccountKind::Service,
            language: "en".into(),
            password: None,
            recovery: None,
            invite: None,
            mail: None,
        };
        match self.write(Work::Register(Box::new(new))).await?.1 {
            Answer::Account(account) => Ok(account.id),
            Answer::Value(_) | Answer::Device(..) | Answer::Begun(_) => {
                Err(Error::unavailable("the account was not made: try again"))
            }
        }
    }
}
