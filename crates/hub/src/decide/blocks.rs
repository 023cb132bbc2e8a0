//! The operator keeps somebody out, and their bots with them.

use super::account::{close, refuse_built_in};
use super::{Effects, Fault, World};
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::model::{Account, AccountState};
use crate::store::ChangeKind;

/// Block or unblock an account. Its bots go with it and come back with it, but for those that were blocked by themselves.
pub(super) fn block(world: &World, id: AccountId, blocked: bool) -> Result<Effects, Fault> {
    let account = world.account(id)?.filter(|a| !a.state.is_gone());
    let account = account.ok_or_else(|| Error::not_found("account"))?;
    refuse_built_in(account)?;
    let owner = match account.owner {
        Some(owner) => world.account(owner)?.filter(|o| o.state.is_blocked()),
        None => None,
    };
    let bots = world.bots_of(id)?;
    let state = match (blocked, owner) {
        (true, _) => AccountState::Blocked,
        (false, None) => AccountState::Active,
        (false, Some(owner)) if account.state == AccountState::BlockedWithOwner => {
            let name = &owner.name;
            let message = format!("its owner {name} is blocked: unblock {name}, and it is back");
            return Err(Error::new(Kind::Conflict, "owner_blocked", message).into());
        }
        (false, Some(_)) => AccountState::BlockedWithOwner,
    };
    let mut fx = world.effects();
    put(&mut fx, account, state);
    for bot in bots {
        let state = match (bot.state, blocked) {
            (AccountState::Active, true) => AccountState::BlockedWithOwner,
            (AccountState::BlockedWithOwner, false) => AccountState::Active,
            (state, _) => state,
        };
        put(&mut fx, bot, state);
    }
    Ok(fx)
}

fn put(fx: &mut Effects, before: &Account, state: AccountState) {
    if before.state == state {
        return;
    }
    let profile_pos = fx.change(before.id, ChangeKind::Account, 0);
    let account = Account {
        state,
        profile_pos,
        ..before.clone()
    };
    close(fx, account);
}
