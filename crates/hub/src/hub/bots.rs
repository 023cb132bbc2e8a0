//! Bots as their owner uses them.

use super::{Hub, Session, lock};
use crate::command::{Done, Value};
use crate::decide::{self, Answer, Work};
use crate::error::Error;
use crate::id::{AccountId, DeviceId};
use crate::limits::BotLimits;
use crate::model::{Account, AccountKind, Device, DeviceKind};
use crate::name;
use crate::secret;
use crate::store::Keys;

/// One of one's own bots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBot {
    /// Its account.
    pub account: Account,
    /// Its tokens, the newest first: each is a device of the bot.
    pub tokens: Vec<Device>,
}

impl Session {
    /// One's own bots, by name.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn bots(&self) -> Result<Vec<OwnBot>, Error> {
        let bots = self.hub.bots_of(self.who.account).await?;
        let keys = Keys {
            devices_of: bots.iter().map(|bot| bot.id).collect(),
            ..Keys::default()
        };
        let mut devices = if keys.is_empty() {
            Vec::new()
        } else {
            self.hub.load(&keys).await?.devices
        };
        devices.retain(|device| device.revoked.is_none());
        devices.sort_by_key(|device| std::cmp::Reverse((device.created, device.id)));
        let of = |bot: Account| {
            let own = devices.iter().filter(|device| device.account == bot.id);
            OwnBot {
                tokens: own.cloned().collect(),
                account: bot,
            }
        };
        Ok(bots.into_iter().map(of).collect())
    }

    pub(super) async fn make_bot(&self, name: &str, display: &str) -> Result<Done, Error> {
        self.spend(|b| &mut b.requests)?;
        let canonical = name::canonical(name).map_err(name::refusal)?;
        if name::is_reserved(&canonical) {
            return Err(name::refusal(name::Verdict::Reserved));
        }
        let new = decide::NewAccount {
            name: canonical,
            display: name::display(display)?,
            kind: AccountKind::Bot,
            language: "en".to_owned(),
            password: None,
            recovery: None,
            invite: None,
            mail: None,
        };
        let most = self.hub.inner.config.bots.bots;
        self.bot_done(Work::MakeBot(self.who, Box::new(new), most))
            .await
    }

    /// Its name stays taken, as that of any account.
    pub(super) async fn delete_bot(&self, bot: AccountId) -> Result<Done, Error> {
        let bots = self.hub.bots_of(self.who.account).await?;
        if !bots.iter().any(|own| own.id == bot) {
            return Err(Error::not_found("bot"));
        }
        self.hub.delete(bot).await?;
        Ok(Done::default())
    }

    pub(super) async fn make_bot_token(
        &self,
        bot: AccountId,
        label: String,
    ) -> Result<Done, Error> {
        let (token, token_hash) = secret::new_token(&mut lock(&self.hub.inner.rng));
        let id = DeviceId(lock(&self.hub.inner.mint).next(self.hub.inner.clock.wall()));
        let new = decide::NewDevice {
            account: bot,
            id,
            label,
            kind: DeviceKind::Bot,
            public_key: None,
            token_hash,
            takes_up: None,
        };
        let most = self.hub.inner.config.bots.tokens;
        let work = Work::MakeBotToken(self.who, Box::new(new), most);
        let (pos, _) = self.hub.write(work).await?;
        Ok(Done {
            pos,
            value: Value::BotToken { device: id, token },
        })
    }

    /// A bot that did too much is told that its limits may be raised.
    pub(super) async fn explain(&self, error: &mut Error) {
        if error.code != "too_many" || self.hub.inner.known.is_raised(self.who.account) {
            return;
        }
        // Whoever is refused a thousand times is looked for once.
        if self.kind.get().is_none()
            && let Ok(Some(account)) = self.hub.account(self.who.account).await
        {
            self.kind.get_or_init(|| account.kind);
        }
        if self.kind.get() == Some(&AccountKind::Bot) {
            error
                .message
                .push_str("; the operator of this server can raise the limits of a bot");
        }
    }

    async fn bot_done(&self, work: Work) -> Result<Done, Error> {
        let (pos, answer) = self.hub.write(work).await?;
        let value = match answer {
            Answer::Value(value) => value,
            Answer::Account(_) | Answer::Device(..) | Answer::Begun(_) => Value::None,
        };
        Ok(Done { pos, value })
    }
}

impl Hub {
    /// How many bots people may have here.
    #[must_use]
    pub fn bot_limits(&self) -> BotLimits {
        self.inner.config.bots
    }

    /// The bots of somebody, by name; none that was deleted.
    pub(super) async fn bots_of(&self, owner: AccountId) -> Result<Vec<Account>, Error> {
        let keys = Keys {
            bots_of: [owner].into(),
            ..Keys::default()
        };
        let mut bots = self.load(&keys).await?.accounts;
        bots.retain(|bot| !bot.state.is_gone());
        bots.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(bots)
    }
}
