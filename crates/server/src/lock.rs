//! Short locks.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Takes a lock whose holders leave nothing half done: one that panicked is no reason to stop.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
