//! Objects, grants and the room they take, as a batch knows them.

use std::collections::{BTreeSet, HashMap};

use super::{Fault, World};
use crate::id::{AccountId, ClientId, DeviceId, MessageId, ObjectId, StreamId};
use crate::model::{Grant, Object, ObjectState, Usage};
use crate::store::{Keys, Rows};

/// What a batch knows of them. Nothing of it is kept for the next one.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    objects: HashMap<ObjectId, Option<Object>>,
    clients: HashMap<(DeviceId, ClientId), Option<ObjectId>>,
    grants: HashMap<ObjectId, Vec<Grant>>,
    usages: HashMap<AccountId, Usage>,
}

impl Shelf {
    /// Take in what the store gave for `keys`; what this batch has already changed is kept.
    pub(super) fn learn(&mut self, keys: &Keys, rows: &mut Rows) {
        for object in rows.objects.drain(..) {
            let name = (object.device, object.client.clone());
            self.clients.entry(name).or_insert(Some(object.id));
            self.objects.entry(object.id).or_insert(Some(object));
        }
        let mut grants: HashMap<ObjectId, Vec<Grant>> = HashMap::new();
        for grant in rows.grants.drain(..) {
            grants.entry(grant.object).or_default().push(grant);
        }
        for &id in &keys.objects {
            self.objects.entry(id).or_insert(None);
        }
        for key in &keys.object_clients {
            self.clients.entry(key.clone()).or_insert(None);
        }
        for id in &keys.grants {
            let found = grants.remove(id).unwrap_or_default();
            self.grants.entry(*id).or_insert(found);
        }
        for usage in rows.usages.drain(..) {
            self.usages.entry(usage.owner).or_insert(usage);
        }
        for &owner in &keys.usages {
            let none = Usage::none(owner);
            self.usages.entry(owner).or_insert(none);
        }
    }

    /// Rows that this batch has decided.
    pub(super) fn take(&mut self, rows: &mut Rows) {
        for object in rows.objects.drain(..) {
            let name = (object.device, object.client.clone());
            if object.state == ObjectState::Gone {
                self.clients.insert(name, None);
                self.grants.insert(object.id, Vec::new());
                self.objects.insert(object.id, None);
            } else {
                self.clients.insert(name, Some(object.id));
                self.objects.insert(object.id, Some(object));
            }
        }
        for grant in rows.grants.drain(..) {
            let kept = self.grants.entry(grant.object).or_default();
            let same = |g: &Grant| (g.stream, g.message) == (grant.stream, grant.message);
            kept.retain(|g| !same(g));
            if grant.on {
                kept.push(grant);
            }
        }
        for usage in rows.usages.drain(..) {
            self.usages.insert(usage.owner, usage);
        }
    }
}

impl World {
    /// An object.
    pub(super) fn object(&self, id: ObjectId) -> Result<Option<&Object>, Fault> {
        match self.shelf.objects.get(&id) {
            Some(found) => Ok(found.as_ref()),
            None => Err(need(Keys {
                objects: BTreeSet::from([id]),
                ..Keys::default()
            })),
        }
    }

    /// The object that a device called so.
    pub(super) fn object_called(
        &self,
        device: DeviceId,
        client: &ClientId,
    ) -> Result<Option<&Object>, Fault> {
        match self.shelf.clients.get(&(device, client.clone())) {
            Some(Some(id)) => self.object(*id),
            Some(None) => Ok(None),
            None => Err(need(Keys {
                object_clients: BTreeSet::from([(device, client.clone())]),
                ..Keys::default()
            })),
        }
    }

    /// All grants of an object.
    pub(super) fn grants(&self, id: ObjectId) -> Result<&[Grant], Fault> {
        match self.shelf.grants.get(&id) {
            Some(found) => Ok(found),
            None => Err(need(Keys {
                grants: BTreeSet::from([id]),
                ..Keys::default()
            })),
        }
    }

    /// The room that the objects of somebody take.
    pub(super) fn usage(&self, owner: AccountId) -> Result<Usage, Fault> {
        match self.shelf.usages.get(&owner) {
            Some(found) => Ok(*found),
            None => Err(need(Keys {
                usages: BTreeSet::from([owner]),
                ..Keys::default()
            })),
        }
    }
}

/// A grant that begins or ends.
pub(super) fn grant(object: ObjectId, stream: StreamId, message: MessageId, on: bool) -> Grant {
    Grant {
        object,
        stream,
        message,
        on,
    }
}

fn need(keys: Keys) -> Fault {
    Fault::Need(Box::new(keys))
}
