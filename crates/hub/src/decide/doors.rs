//! What doors keep of an account: opaque bytes, within bounds.

use std::collections::{BTreeSet, HashMap};

use super::{Effects, Fault, Identity, World, active, together};
use crate::error::{Error, Kind};
use crate::id::AccountId;
use crate::model::{DoorState, MAX_DOOR_KEY, MAX_DOOR_STATES, MAX_DOOR_VALUE};
use crate::store::{Keys, Rows};

/// Which state: account, door, key.
type Name = (AccountId, String, String);

/// What a batch knows of them. Nothing of it is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct DoorStates {
    /// How much each one takes; 0 for one that is not there.
    known: HashMap<Name, i64>,
    /// How much all of an account take.
    all: HashMap<AccountId, i64>,
}

impl DoorStates {
    /// Take in what the store gave for `keys`; what this batch has already changed is kept.
    pub(super) fn learn(&mut self, keys: &Keys, rows: &mut Rows) {
        for state in rows.door_states.drain(..) {
            let room = state.room();
            self.known.entry(name(state)).or_insert(room);
        }
        for name in &keys.door_states {
            self.known.entry(name.clone()).or_insert(0);
        }
        for (account, bytes) in rows.door_rooms.drain(..) {
            self.all.entry(account).or_insert(bytes);
        }
        for &account in &keys.door_rooms {
            self.all.entry(account).or_insert(0);
        }
    }

    /// Rows that this batch has decided: whoever decided knew what stood there.
    pub(super) fn take(&mut self, rows: &mut Rows) {
        for state in rows.door_states.drain(..) {
            let (account, room) = (state.account, state.room());
            let before = self.known.insert(name(state), room).unwrap_or(0);
            if let Some(all) = self.all.get_mut(&account) {
                *all += room - before;
            }
        }
    }
}

fn name(state: DoorState) -> Name {
    (state.account, state.door, state.key)
}

impl World {
    /// How much room this state takes.
    fn door_state(&self, name: &Name) -> Result<i64, Fault> {
        match self.doors.known.get(name) {
            Some(room) => Ok(*room),
            None => Err(Fault::Need(Box::new(Keys {
                door_states: BTreeSet::from([name.clone()]),
                ..Keys::default()
            }))),
        }
    }

    /// How much room all states of an account take.
    fn door_room(&self, account: AccountId) -> Result<i64, Fault> {
        match self.doors.all.get(&account) {
            Some(room) => Ok(*room),
            None => Err(Fault::Need(Box::new(Keys {
                door_rooms: BTreeSet::from([account]),
                ..Keys::default()
            }))),
        }
    }
}

/// A door keeps this, or lets go of it if there are no bytes. Nobody hears of it.
pub(super) fn put(world: &World, who: Identity, state: &DoorState) -> Result<Effects, Fault> {
    active(world, who.account)?;
    let state = DoorState {
        account: who.account,
        ..state.clone()
    };
    let bounds = [
        ("door_key", state.key.len(), MAX_DOOR_KEY),
        ("door_value", state.value.len(), MAX_DOOR_VALUE),
    ];
    for (code, length, most) in bounds {
        if length > most {
            let message = format!("this holds up to {most} bytes; it has {length}");
            return Err(Error::new(Kind::TooLarge, code, message)
                .with_limit(most as u64)
                .into());
        }
    }
    if state.key.is_empty() || state.key.contains('\0') {
        return Err(Error::invalid("door_key", "a key has letters, and no zero byte").into());
    }
    let named = name(state.clone());
    together([
        world.door_state(&named).err(),
        world.door_room(who.account).err(),
    ])?;
    let (before, all) = (world.door_state(&named)?, world.door_room(who.account)?);
    let after = all - before + state.room();
    if state.room() > before && after > MAX_DOOR_STATES {
        let message =
            format!("programs keep up to {MAX_DOOR_STATES} bytes here: let go of something");
        return Err(Error::new(Kind::Full, "door_states", message)
            .with_limit(MAX_DOOR_STATES.unsigned_abs())
            .into());
    }
    let mut fx = world.effects();
    if !(before == 0 && state.value.is_empty()) {
        fx.rows.door_states.push(state);
    }
    Ok(fx)
}
