//! What is done by the clock and waits for the store: nobody waits for it.

use std::sync::Weak;
use std::time::Duration;

use super::{BEAT, Inner, LEASE_MS, sleep_until};
use crate::id::Pos;

/// How long the log of changes is kept: 90 days. Who was away longer gets a snapshot.
const KEEP_MS: i64 = 90 * 24 * 3_600 * 1_000;
/// How often older changes are pruned.
const PRUNE: Duration = Duration::from_secs(3_600);

/// Holds the process number.
pub(super) async fn lessee(inner: Weak<Inner>) {
    loop {
        let Some(hub) = inner.upgrade() else { return };
        let next = hub.clock.now() + BEAT;
        if let Err(error) = hub.store.lease_node(hub.clock.wall(), LEASE_MS).await {
            tracing::warn!(%error, "the process number was not renewed");
        }
        tokio::select! {
            () = sleep_until(hub.clock.as_ref(), Some(next)) => {}
            () = hub.jobs.closed() => return,
        }
    }
}

/// Lets go of changes that nobody can be waiting for any more; messages are history and stay.
pub(super) async fn pruner(inner: Weak<Inner>) {
    loop {
        let Some(hub) = inner.upgrade() else { return };
        let next = hub.clock.now() + PRUNE;
        let upto = Pos(hub.clock.wall().plus_ms(-KEEP_MS).0.max(0) << 21);
        // What the index of words has not read yet stays.
        let upto = upto.min(*hub.indexed.borrow());
        if let Err(error) = hub.store.prune(upto).await {
            tracing::warn!(%error, "old changes were not pruned");
        }
        tokio::select! {
            () = sleep_until(hub.clock.as_ref(), Some(next)) => {}
            () = hub.jobs.closed() => return,
        }
    }
}
