//! What is to be written down that no command carries: how calls went, when people were last seen, how far devices are.

use std::collections::VecDeque;

use crate::decide::Work;

/// Records that are not written yet, while the store is away or slow.
pub(crate) const MAX_RECORDS: usize = 65_536;

/// Records that wait. How calls went comes first and by number, so that a step can wait for its own; the rest may be lost.
#[derive(Debug, Default)]
pub(crate) struct Records {
    calls: VecDeque<(u64, Work)>,
    rest: VecDeque<Work>,
    newest: u64,
}

/// Some of them on their way to the writer, and the numbers of those that have one.
#[derive(Debug)]
pub(crate) struct Taken(pub(crate) Vec<(Option<u64>, Work)>);

impl Records {
    /// One more. Beyond [`MAX_RECORDS`] the oldest goes that may be lost: when somebody was last seen, or how far a device is.
    /// How calls went stays; there is no more of it than calls.
    pub(crate) fn note(&mut self, work: Work) {
        if self.len() >= MAX_RECORDS {
            self.rest.pop_front();
        }
        if matches!(work, Work::LastSeen(..) | Work::Acknowledge(_)) {
            self.rest.push_back(work);
        } else {
            self.newest += 1;
            self.calls.push_back((self.newest, work));
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.calls.len() + self.rest.len()
    }

    /// Whether none waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the newest record of a call.
    pub(crate) fn newest(&self) -> u64 {
        self.newest
    }

    /// Up to `most` of them, the most urgent first.
    pub(crate) fn take(&mut self, most: usize) -> Taken {
        let calls = self.calls.len().min(most);
        let rest = self.rest.len().min(most - calls);
        let numbered = self.calls.drain(..calls).map(|(n, work)| (Some(n), work));
        let others = self.rest.drain(..rest).map(|work| (None, work));
        Taken(numbered.chain(others).collect())
    }

    /// Those of the last that were taken which the store did not take: they are the next again. Gives up to which number all that
    /// was taken is dealt with.
    pub(crate) fn put_back(&mut self, again: Taken) -> u64 {
        for (number, work) in again.0.into_iter().rev() {
            match number {
                Some(number) => self.calls.push_front((number, work)),
                None => self.rest.push_front(work),
            }
        }
        self.calls.front().map_or(self.newest, |(next, _)| next - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::FinishCall;
    use crate::id::{AccountId, CallKey, Timestamp};
    use crate::model::CallEnd;

    fn call(n: u8) -> Work {
        Work::FinishCall(Box::new(FinishCall {
            key: CallKey([n; 16]),
            answered: None,
            ended: None,
            end: CallEnd::NoAnswer,
            marks: Vec::new(),
        }))
    }

    fn seen(at: usize) -> Work {
        let at = i64::try_from(at).expect("small");
        Work::LastSeen(AccountId(1), Timestamp(at))
    }

    #[test]
    fn what_may_be_lost_makes_room_for_what_must_be_written() {
        let mut records = Records::default();
        records.note(call(1));
        for n in 0..=MAX_RECORDS {
            records.note(seen(n));
        }
        records.note(call(2));
        assert_eq!(records.len(), MAX_RECORDS);
        let taken = records.take(MAX_RECORDS).0;
        let first: Vec<_> = taken.iter().map_while(|(number, _)| *number).collect();
        assert_eq!(first, [1, 2], "calls first, however many wait");
        let newest = taken.last().map(|(_, work)| work);
        assert!(matches!(newest, Some(Work::LastSeen(_, at)) if at.0 == MAX_RECORDS as i64));
    }

    #[test]
    fn what_is_written_is_known_by_number_whatever_comes_meanwhile() {
        let mut records = Records::default();
        records.note(call(1));
        records.note(call(2));
        records.note(seen(1));
        let mut taken = records.take(2);
        assert_eq!(records.len(), 1);
        records.note(call(3));
        // The second was refused for now: the first is written, and the order stays.
        taken.0.remove(0);
        assert_eq!(records.put_back(taken), 1);
        let numbers: Vec<_> = records.take(9).0.into_iter().map(|(n, _)| n).collect();
        assert_eq!(numbers, [Some(2), Some(3), None]);
        assert_eq!(
            (records.put_back(Taken(Vec::new())), records.newest()),
            (3, 3)
        );
    }
}
