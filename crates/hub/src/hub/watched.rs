//! The hub for whoever watches it.

use super::{Hub, PASSWORD_QUEUE};
use crate::error::Error;
use crate::figures::{Figures, Queue};
use crate::live::MAX_RECORDS;
use crate::model::{ALL, Usage};
use crate::store::Keys;
use crate::writer::{QUEUE, refuse};

impl Hub {
    /// How it stands now.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let inner = &self.inner;
        let counts = inner.figures.counts();
        let mut figures = Figures {
            commands: counts.commands,
            commits: counts.commits,
            written: counts.written,
            failed: counts.failed,
            ..Figures::default()
        };
        let records = self.with_live(|live, _, _| {
            for endpoint in live.endpoints.values() {
                *figures.sessions.entry(endpoint.door).or_default() += 1;
            }
            let here = live.people.values().filter(|p| !p.endpoints.is_empty());
            figures.people = here.count();
            figures.calls = live.calls.len();
            live.records.len()
        });
        figures.queues = vec![
            Queue {
                name: "writer",
                length: QUEUE - inner.jobs.capacity(),
                limit: QUEUE,
            },
            Queue {
                name: "records",
                length: records,
                limit: MAX_RECORDS,
            },
            Queue {
                name: "passwords",
                length: inner.pool.waiting(),
                limit: PASSWORD_QUEUE,
            },
        ];
        figures
    }

    /// Bytes of the database, and of what people uploaded.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn sizes(&self) -> Result<(u64, Usage), Error> {
        let bytes = self.inner.store.size().await.map_err(|e| refuse(&e))?;
        let keys = Keys {
            usages: [ALL].into(),
            ..Keys::default()
        };
        let usage = self.load(&keys).await?.usages.into_iter().next();
        Ok((bytes, usage.unwrap_or_else(|| Usage::none(ALL))))
    }
}
