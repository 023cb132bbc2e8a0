//! Users to be ended whom the thread has not heard of yet.
//!
//! They do not wait in the queue of commands: that can be full for a moment, and credentials of a call that is over must
//! end whatever else there is to do.

use std::collections::HashSet;

/// Names that may wait. The thread takes all of them with every round, so so many calls would have to end within one.
const MAX_NAMES: usize = 16_384;

/// A set of names with a bound.
#[derive(Debug, Default)]
pub(super) struct PendingEnds {
    names: HashSet<String>,
}

impl PendingEnds {
    /// End `name` with the next round; `false` if not even its owner's name has room.
    pub(super) fn add(&mut self, name: &str) -> bool {
        if self.names.contains(name) {
            return true;
        }
        if self.names.len() >= MAX_NAMES {
            // Too much rather than too little: what an owner has in other calls ends with it.
            let all = std::mem::take(&mut self.names);
            self.names = all.iter().map(|name| owner(name).to_owned()).collect();
            return self.names.contains(owner(name)) || self.insert(owner(name));
        }
        self.insert(name)
    }

    /// All that wait, which are the thread's now.
    pub(super) fn take(&mut self) -> HashSet<String> {
        std::mem::take(&mut self.names)
    }

    fn insert(&mut self, name: &str) -> bool {
        let has_room = self.names.len() < MAX_NAMES;
        if has_room {
            self.names.insert(name.to_owned());
        }
        has_room
    }
}

/// The first part of a path-like name.
fn owner(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_one_by_one_ends_by_its_owner() {
        let mut pending = PendingEnds::default();
        for call in 0..MAX_NAMES {
            assert!(pending.add(&format!("{}/{call}", call % 10)));
        }
        assert!(pending.add("7/7") && pending.names.len() == MAX_NAMES);
        assert!(pending.add("ann/1"));
        let names = pending.take();
        assert_eq!(names.len(), 11);
        assert!(names.contains("0") && names.contains("9") && names.contains("ann"));
        assert!(pending.take().is_empty());
    }

    #[test]
    fn more_owners_than_there_is_room_for_are_refused_and_not_forgotten() {
        let mut pending = PendingEnds::default();
        for owner in 0..MAX_NAMES {
            assert!(pending.add(&format!("{owner}/1")));
        }
        assert!(!pending.add("ann/1"));
        assert_eq!(pending.take().len(), MAX_NAMES);
    }
}
