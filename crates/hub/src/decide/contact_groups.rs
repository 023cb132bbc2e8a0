//! Groups into which somebody sorts their contacts, for themselves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::account::close;
use super::{Answer, Effects, Fault, Identity, World, active, together};
use crate::command::Value;
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::model::{ContactGroup, MAX_GROUP_MEMBERS, MAX_GROUP_NAME, MAX_SLOT, clean_text};
use crate::store::{ChangeKind, Keys, Rows};

/// What a batch knows of them: all of an owner. Nothing of it is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct ContactGroups(HashMap<AccountId, BTreeMap<i16, ContactGroup>>);

impl ContactGroups {
    /// Take in what the store gave for `keys`; what this batch has already changed is kept.
    pub(super) fn learn(&mut self, keys: &Keys, rows: &mut Rows) {
        let mut found: HashMap<AccountId, BTreeMap<i16, ContactGroup>> = HashMap::new();
        for group in rows.contact_groups.drain(..) {
            found
                .entry(group.owner)
                .or_default()
                .insert(group.slot, group);
        }
        for owner in &keys.contact_groups {
            let groups = found.remove(owner).unwrap_or_default();
            self.0.entry(*owner).or_insert(groups);
        }
    }

    /// Rows that this batch has decided.
    pub(super) fn take(&mut self, rows: &mut Rows) {
        for group in rows.contact_groups.drain(..) {
            let Some(groups) = self.0.get_mut(&group.owner) else {
                continue;
            };
            if group.is_dropped() {
                groups.remove(&group.slot);
            } else {
                groups.insert(group.slot, group);
            }
        }
    }
}

impl World {
    fn contact_groups(&self, owner: AccountId) -> Result<&BTreeMap<i16, ContactGroup>, Fault> {
        self.contact_groups.0.get(&owner).ok_or_else(|| {
            Fault::Need(Box::new(Keys {
                contact_groups: BTreeSet::from([owner]),
                ..Keys::default()
            }))
        })
    }
}

/// Make a group or change it. Whoever is not on the list is left out.
pub(super) fn put(
    world: &World,
    who: Identity,
    slot: Option<i16>,
    name: &str,
    members: &[AccountId],
) -> Result<(Effects, Answer), Fault> {
    active(world, who.account)?;
    let name = clean_text(name, false);
    let name = name.trim();
    if !(1..=MAX_GROUP_NAME).contains(&name.chars().count()) {
        let message = format!("a group of contacts has a name of 1 to {MAX_GROUP_NAME} characters");
        return Err(Error::invalid("group_name", message)
            .with_limit(MAX_GROUP_NAME as u64)
            .into());
    }
    if members.len() > MAX_GROUP_MEMBERS {
        let message = format!("a group of contacts has at most {MAX_GROUP_MEMBERS} people");
        return Err(Error::new(Kind::TooLarge, "group_members", message)
            .with_limit(MAX_GROUP_MEMBERS as u64)
            .into());
    }
    if slot.is_some_and(|slot| !(1..=MAX_SLOT).contains(&slot)) {
        let message = format!("groups of contacts have the numbers 1 to {MAX_SLOT}");
        return Err(Error::invalid("group_slot", message).into());
    }
    let looks = members.iter();
    let looks = looks.map(|id| world.relation(who.account, *id).err());
    together(looks.chain([world.contact_groups(who.account).err()]))?;
    let groups = world.contact_groups(who.account)?;
    let free = || (1..=MAX_SLOT).find(|slot| !groups.contains_key(slot));
    let slot = slot.or_else(free).ok_or_else(|| {
        let message = format!("you have {MAX_SLOT} groups of contacts, and that is the most");
        Error::new(Kind::Full, "contact_groups", message).with_limit(MAX_SLOT.unsigned_abs().into())
    })?;
    let mut listed = BTreeSet::new();
    for &other in members {
        if world.relation(who.account, other)?.listed {
            listed.insert(other);
        }
    }
    let group = ContactGroup {
        owner: who.account,
        slot,
        name: name.to_owned(),
        members: listed.into_iter().collect(),
    };
    let mut fx = world.effects();
    if groups.get(&slot) != Some(&group) {
        fx.rows.contact_groups.push(group);
        tell(world, &mut fx, who.account)?;
    }
    Ok((fx, Answer::Value(Value::ContactGroup(slot))))
}

/// Let go of a group; its people stay contacts.
pub(super) fn drop_group(world: &World, who: Identity, slot: i16) -> Result<Effects, Fault> {
    active(world, who.account)?;
    let mut fx = world.effects();
    if let Some(group) = world.contact_groups(who.account)?.get(&slot) {
        fx.rows.contact_groups.push(ContactGroup {
            name: String::new(),
            members: Vec::new(),
            ..group.clone()
        });
        tell(world, &mut fx, who.account)?;
    }
    Ok(fx)
}

/// Somebody is on the owner's list no longer, and so in none of its groups. The caller tells of it.
pub(super) fn unlist(
    world: &World,
    fx: &mut Effects,
    owner: AccountId,
    other: AccountId,
) -> Result<(), Fault> {
    for group in world.contact_groups(owner)?.values() {
        if group.members.contains(&other) {
            let mut group = group.clone();
            group.members.retain(|member| *member != other);
            fx.rows.contact_groups.push(group);
        }
    }
    Ok(())
}

/// Only one's own devices hear of it.
fn tell(world: &World, fx: &mut Effects, owner: AccountId) -> Result<(), Fault> {
    fx.change(owner, ChangeKind::Account, 0);
    close(fx, active(world, owner)?.clone());
    Ok(())
}
