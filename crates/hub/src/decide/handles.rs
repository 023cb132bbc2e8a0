//! Other names of an account by which it signs in: [`crate::handle`].

use std::collections::{BTreeSet, HashMap};

use super::account::{NewDerived, close, still_the_password};
use super::{Effects, Fault, World, active, together};
use crate::error::{Error, Kind};
use crate::handle::MAX_HANDLES;
use crate::id::AccountId;
use crate::model::{AccountKind, Handle, HandleKind, Secret, SecretKind};
use crate::store::{ChangeKind, Keys, Rows};

/// What a batch knows of them. Nothing of it is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Handles {
    /// Who has it.
    known: HashMap<(HandleKind, String), Option<AccountId>>,
    /// Of whom all are known.
    whole: BTreeSet<AccountId>,
}

impl Handles {
    /// Take in what the store gave for `keys`; what this batch has already changed is kept.
    pub(super) fn learn(&mut self, keys: &Keys, rows: &mut Rows) {
        for handle in rows.handles.drain(..) {
            let name = (handle.kind, handle.value);
            self.known.entry(name).or_insert(Some(handle.account));
        }
        for name in &keys.handles {
            self.known.entry(name.clone()).or_insert(None);
        }
        self.whole.extend(&keys.handles_of);
    }

    /// Rows that this batch has decided.
    pub(super) fn take(&mut self, rows: &mut Rows) {
        for handle in rows.handles.drain(..) {
            let owner = handle.on.then_some(handle.account);
            self.known.insert((handle.kind, handle.value), owner);
        }
    }
}

impl World {
    /// Who has this handle.
    pub(super) fn handle(&self, kind: HandleKind, value: &str) -> Result<Option<AccountId>, Fault> {
        let name = (kind, value.to_owned());
        match self.handles.known.get(&name) {
            Some(owner) => Ok(*owner),
            None => Err(Fault::Need(Box::new(Keys {
                handles: BTreeSet::from([name]),
                ..Keys::default()
            }))),
        }
    }

    /// How many handles somebody has.
    fn handle_count(&self, account: AccountId) -> Result<usize, Fault> {
        if !self.handles.whole.contains(&account) {
            return Err(Fault::Need(Box::new(Keys {
                handles_of: BTreeSet::from([account]),
                ..Keys::default()
            })));
        }
        let owners = self.handles.known.values();
        Ok(owners.filter(|owner| **owner == Some(account)).count())
    }
}

/// A mail form belongs to an account, or no more; `value` is canonical. Whoever lets one go lets go of what old programs
/// signed in with under it.
pub(super) fn set(
    world: &World,
    account: AccountId,
    value: &str,
    on: bool,
    derived: Option<&NewDerived>,
) -> Result<Effects, Fault> {
    let me = active(world, account)?;
    if me.kind != AccountKind::Person {
        let message = "only people have other names to sign in with";
        return Err(Error::new(Kind::Forbidden, "no_handles", message).into());
    }
    together([
        world.handle(HandleKind::Mail, value).err(),
        world.handle_count(account).err(),
        world.secrets(account).err(),
    ])?;
    let mut fx = world.effects();
    let owner = world.handle(HandleKind::Mail, value)?;
    if on == (owner == Some(account)) {
        return Ok(fx);
    }
    if on && owner.is_some() {
        return Err(taken().into());
    }
    if on && world.handle_count(account)? >= MAX_HANDLES {
        let message =
            format!("you have {MAX_HANDLES} other names, and that is the most: remove one");
        return Err(Error::new(Kind::Full, "handles", message)
            .with_limit(MAX_HANDLES as u64)
            .into());
    }
    if !on && owner.is_none() {
        return Ok(fx);
    }
    fx.rows.handles.push(mail(account, value, on));
    if on {
        let secrets = derived_for(world, account, derived)?;
        fx.rows.secrets.extend(secrets);
    }
    for secret in world.secrets(account)? {
        if !on && secret.kind == SecretKind::Derived && secret.is_of(value) {
            fx.rows.secrets.push(Secret {
                hash: String::new(),
                ..secret.clone()
            });
        }
    }
    fx.change(account, ChangeKind::Account, 0);
    close(&mut fx, me.clone());
    Ok(fx)
}

/// What old programs sign in with by a new handle: nothing where they are not allowed, else it cannot be without.
fn derived_for(
    world: &World,
    account: AccountId,
    derived: Option<&NewDerived>,
) -> Result<Vec<Secret>, Fault> {
    let mut secrets = world.secrets(account)?.iter();
    if !secrets.any(|secret| secret.kind == SecretKind::Derived) {
        return Ok(Vec::new());
    }
    let Some(new) = derived else {
        let message =
            "old programs are allowed: give the password, so that they sign in by this name too";
        return Err(Error::new(Kind::Forbidden, "password_needed", message).into());
    };
    still_the_password(world, account, &new.seen)?;
    if new.derived.is_empty() {
        let message = "old programs were allowed a moment ago: try again";
        return Err(Error::new(Kind::Forbidden, "password_needed", message).into());
    }
    let secret = |(spelling, hash): &(String, String)| Secret {
        account,
        kind: SecretKind::Derived,
        spelling: spelling.clone(),
        hash: hash.clone(),
    };
    Ok(new.derived.iter().map(secret).collect())
}

/// A mail form of an account.
pub(super) fn mail(account: AccountId, value: &str, on: bool) -> Handle {
    Handle {
        account,
        kind: HandleKind::Mail,
        value: value.to_owned(),
        on,
    }
}

/// Somebody has it already.
pub(super) fn taken() -> Error {
    let message = "somebody on this server signs in with this already: use another";
    Error::new(Kind::Conflict, "handle_taken", message)
}
