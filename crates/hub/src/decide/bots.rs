//! Bots: accounts that a person owns. They have no password; each of their tokens is a device of theirs, which the owner makes
//! and ends.

use std::collections::BTreeSet;

use super::account::{self, MAX_LABEL, close};
use super::{Answer, Effects, Fault, Identity, NewAccount, NewDevice, World, active};
use crate::command::{AccountPatch, Value, Which};
use crate::error::{Error, Kind};
use crate::id::{AccountId, DeviceId};
use crate::model::{Account, AccountKind};
use crate::store::{ChangeKind, Keys};

impl World {
    /// The bots that somebody owns.
    pub(super) fn bots_of(&self, owner: AccountId) -> Result<Vec<&Account>, Fault> {
        if !self.owners.contains(&owner) {
            return Err(Fault::Need(Box::new(Keys {
                bots_of: BTreeSet::from([owner]),
                ..Keys::default()
            })));
        }
        Ok(self.bots(owner).collect())
    }
}

/// Make a bot; the owner may have `most`.
pub(super) fn make(
    world: &World,
    who: Identity,
    new: &NewAccount,
    most: u32,
) -> Result<(Effects, Answer), Fault> {
    let owner = active(world, who.account)?.clone();
    if owner.kind != AccountKind::Person {
        let message = "only people own bots";
        return Err(Error::new(Kind::Forbidden, "no_bots", message).into());
    }
    if world.bots_of(who.account)?.len() >= most as usize {
        let message = format!("you have {most} bots, and that is the most here: delete one");
        return Err(Error::new(Kind::Full, "bots", message)
            .with_limit(most.into())
            .into());
    }
    let (mut fx, answer) = account::register(world, new)?;
    let mut id = None;
    for bot in &mut fx.rows.accounts {
        bot.owner = Some(who.account);
        id = Some(bot.id);
    }
    tell(&mut fx, owner);
    let value = id.map_or(answer, |id| Answer::Value(Value::Bot(id)));
    Ok((fx, value))
}

/// Change what others see of a bot.
pub(super) fn rename(
    world: &World,
    who: Identity,
    bot: AccountId,
    display: &str,
) -> Result<Effects, Fault> {
    let owner = active(world, who.account)?.clone();
    own(world, who, bot)?;
    let as_bot = Identity {
        account: bot,
        device: who.device,
    };
    let patch = AccountPatch {
        display: Some(display.to_owned()),
        ..AccountPatch::default()
    };
    let mut fx = account::update(world, as_bot, &patch)?;
    if fx.last().is_some() {
        tell(&mut fx, owner);
    }
    Ok(fx)
}

/// Make a token: a device of the bot, which may have `most`.
pub(super) fn token(
    world: &World,
    who: Identity,
    new: &NewDevice,
    most: u32,
) -> Result<(Effects, Answer), Fault> {
    active(world, who.account)?;
    own(world, who, new.account)?;
    if world.devices_of(new.account)?.len() >= most as usize {
        let message = format!("this bot has {most} tokens, and that is the most here: revoke one");
        return Err(Error::new(Kind::Full, "bot_tokens", message)
            .with_limit(most.into())
            .into());
    }
    if new.label.chars().count() > MAX_LABEL {
        let message = format!("a token is called by at most {MAX_LABEL} characters");
        return Err(Error::new(Kind::TooLarge, "label", message)
            .with_limit(MAX_LABEL as u64)
            .into());
    }
    account::add_device(world, new)
}

/// End a token: whoever uses it is out at once.
pub(super) fn end_token(
    world: &World,
    who: Identity,
    bot: AccountId,
    device: DeviceId,
) -> Result<Effects, Fault> {
    active(world, who.account)?;
    own(world, who, bot)?;
    let as_bot = Identity {
        account: bot,
        device,
    };
    account::end_devices(world, as_bot, Which::Device(device))
}

/// Raise the limits of a bot, or set them back.
pub(super) fn raise(world: &World, bot: AccountId, raised: bool) -> Result<Effects, Fault> {
    let found = world.account(bot)?.filter(|bot| !bot.state.is_gone());
    let before = found.ok_or_else(|| Error::not_found("bot"))?;
    if before.kind != AccountKind::Bot {
        let message = "only limits of bots are raised: make the program a bot of its owner";
        return Err(Error::new(Kind::Forbidden, "no_bot", message).into());
    }
    let mut fx = world.effects();
    if before.raised != raised {
        fx.change(bot, ChangeKind::Account, 0);
        let bot = Account {
            raised,
            ..before.clone()
        };
        close(&mut fx, bot);
    }
    Ok(fx)
}

/// Whether this bot is one's own to be deleted.
pub(crate) fn own(world: &World, who: Identity, bot: AccountId) -> Result<&Account, Fault> {
    let found = world.account(bot)?;
    found
        .filter(|bot| bot.kind == AccountKind::Bot && bot.owner == Some(who.account))
        .filter(|bot| !bot.state.is_gone())
        .ok_or_else(|| Error::not_found("bot").into())
}

/// The owner's devices look again.
fn tell(fx: &mut Effects, owner: Account) {
    fx.change(owner.id, ChangeKind::Account, 0);
    close(fx, owner);
}
