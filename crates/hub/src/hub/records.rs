//! Writes down what no command carries: how calls went, when people were last seen, how far devices are.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Inner, sleep_until};
use crate::error::Kind;
use crate::live::Taken;

/// Records that are written at once.
const TOGETHER: usize = 256;
/// When a record is tried again that the store refused for now.
const RETRY: Duration = Duration::from_secs(1);

impl Inner {
    /// Writes down all that waits, many at once and calls first; `false` if some of it has to be tried again.
    pub(super) async fn record(&self) -> bool {
        let _turn = self.recording.lock().await;
        loop {
            let works = self.with_live(|live, _, _| live.records.take(TOGETHER)).0;
            if works.is_empty() {
                return true;
            }
            let outcomes = join_all(works.iter().map(|(_, work)| self.write(work.clone()))).await;
            let refused = works.into_iter().zip(outcomes);
            let again: Vec<_> = refused
                .filter_map(|(work, outcome)| {
                    let error = outcome.err()?;
                    let later = matches!(error.kind, Kind::Unavailable | Kind::TooMany);
                    if !later {
                        tracing::debug!(%error, "a record was refused");
                    }
                    later.then_some(work)
                })
                .collect();
            let whole = again.is_empty();
            let upto = self.with_live(|live, _, _| live.records.put_back(Taken(again)));
            self.recorded.send_replace(upto);
            if !whole {
                return false;
            }
        }
    }

    /// Until the records of calls are on disk up to this number, by whoever writes them; may be given up. While the store does not
    /// take them this takes as long.
    pub(super) async fn written_down(&self, number: u64) {
        let mut recorded = self.recorded.subscribe();
        // The sender lives as long as `self`.
        let _ = recorded.wait_for(|upto| *upto >= number).await;
    }
}

/// Has written down what waits. A record that the store refuses for now is kept and tried again.
pub(super) async fn recorder(inner: std::sync::Weak<Inner>) {
    loop {
        let Some(hub) = inner.upgrade() else { return };
        let whole = hub.record().await;
        let retry = (!whole).then(|| hub.clock.now() + RETRY);
        tokio::select! {
            () = hub.to_record.notified(), if whole => {}
            () = sleep_until(hub.clock.as_ref(), retry) => {}
            () = hub.jobs.closed() => return,
        }
    }
}
