//! What doors keep of an account, as a session reads it: opaque bytes.

use super::Session;
use crate::error::Error;
use crate::id::AccountId;
use crate::model::{DoorState, SeenBy};
use crate::writer::refuse;

impl Session {
    /// What a door keeps of one's own account, under keys that begin with `prefix`, in order of the keys. It is at most as much
    /// as an account may keep ([`MAX_DOOR_STATES`](crate::model::MAX_DOOR_STATES)).
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn door_states(&self, door: &str, prefix: &str) -> Result<Vec<DoorState>, Error> {
        let store = &self.hub.inner.store;
        let found = store.door_states(self.who.account, door, prefix).await;
        found.map_err(|e| refuse(&e))
    }

    /// What a door keeps of somebody else and shows their contacts; of whoever does not let oneself see them, nothing.
    ///
    /// # Errors
    /// `not_found` if there is no such account.
    pub async fn door_states_of(
        &self,
        other: AccountId,
        door: &str,
        prefix: &str,
    ) -> Result<Vec<DoorState>, Error> {
        if other == self.who.account {
            return self.door_states(door, prefix).await;
        }
        let contact = self.contact(other).await?;
        if !contact.visible {
            return Ok(Vec::new());
        }
        let store = &self.hub.inner.store;
        let found = store.door_states(other, door, prefix).await;
        let mut found = found.map_err(|e| refuse(&e))?;
        found.retain(|state| state.seen_by == SeenBy::Contacts);
        Ok(found)
    }
}
