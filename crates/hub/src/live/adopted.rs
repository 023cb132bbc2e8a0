//! Calls that outlive the process they ran in: their media go on without it.

use std::time::Instant;

use super::Live;
use super::calls::Running;
use crate::call::{Adopt, CALLER_LOST, Call, Input};
use crate::decide::{FinishCall, Work};
use crate::error::{Error, Kind};
use crate::id::{CallKey, Pos, Timestamp};
use crate::model::{CallEnd, CallMark, CallRow, CallSide};

impl Live {
    /// The hub stops. What rings is rung again by its caller, what runs goes on and is taken up again by its ends; only
    /// what has an end inside this server is lost.
    pub(crate) fn call_stop_all(&mut self, now: Instant, wall: Timestamp) {
        let keys: Vec<CallKey> = self.calls.keys().copied().collect();
        for key in keys {
            let ends_here = self.calls.get(&key).is_some_and(|running| {
                let sides = running.sides();
                self.is_here(sides.caller) || self.is_here(sides.callee)
            });
            if ends_here {
                let _over = self.step(now, wall, key, Input::Stop);
                continue;
            }
            let answered = self.calls.get(&key).and_then(|running| running.answered);
            if answered.is_some() {
                // With what the hub saw until now.
                self.record(key, answered, None, CallEnd::Open);
            }
        }
        self.calls.clear();
    }

    /// The hub starts, and finds a call that was open when an earlier process ended, before the log's position `head`.
    pub(crate) fn adopt(
        &mut self,
        now: Instant,
        wall: Timestamp,
        row: CallRow,
        ends_here: bool,
        head: Pos,
    ) {
        let Some(answered) = row.answered else {
            // Its caller may ring again under the same key.
            self.due_at(now + CALLER_LOST);
            let known_until = row.started.max(head.time()).min(wall);
            let until = now + CALLER_LOST;
            self.silenced.insert(row.key, (until, known_until, row));
            return;
        };
        let known_until = answered.max(head.time()).min(wall);
        if ends_here {
            let ended = finish(row, known_until, CallEnd::Lost, wall);
            self.records.note(ended);
            return;
        }
        let adopt = Adopt {
            key: row.key,
            caller: row.caller,
            callee: row.callee,
            marks: row.marks,
            known_until,
        };
        let running = Running {
            call: Call::adopt(now, wall, adopt),
            conversation: row.conversation,
            relay_only: self.relay_only || row.relay_only,
            answered: Some(answered),
            crossed: None,
        };
        self.calls.insert(row.key, running);
        self.drain(now, wall, row.key);
    }

    /// A step of a call that rang when an earlier process ended, and that its caller has not rung again yet.
    pub(super) fn step_silenced(
        &mut self,
        wall: Timestamp,
        key: CallKey,
        input: &Input,
    ) -> Result<(), Error> {
        let gone = || Error::new(Kind::NotFound, "call_gone", "this call is over");
        let (_, _, row) = self.silenced.get(&key).ok_or_else(gone)?;
        let end = match input {
            Input::Leave(from, _) if from.account == row.caller => CallEnd::Cancelled,
            Input::Decline(from) if from.account == row.callee => CallEnd::Declined,
            Input::Accept(from, ..) | Input::Ringing(from) if from.account == row.callee => {
                let message = "the server has just started and waits for the caller: try again";
                return Err(Error::new(Kind::Unavailable, "call_waits", message));
            }
            _ => return Err(gone()),
        };
        if let Some((_, _, row)) = self.silenced.remove(&key) {
            self.records.note(finish(row, wall, end, wall));
        }
        Ok(())
    }

    /// Calls that their callers do not ring again were not answered.
    pub(super) fn stay_silent(&mut self, now: Instant) {
        let over: Vec<CallKey> = self
            .silenced
            .iter()
            .filter(|(_, (until, _, _))| *until <= now)
            .map(|(key, _)| *key)
            .collect();
        for key in over {
            if let Some((_, at, row)) = self.silenced.remove(&key) {
                self.records.note(finish(row, at, CallEnd::NoAnswer, at));
            }
        }
    }
}

/// How a call is written down that ended with its process.
fn finish(row: CallRow, ended: Timestamp, end: CallEnd, wall: Timestamp) -> Work {
    let mut marks = row.marks;
    marks.push(CallMark {
        name: "restart".into(),
        side: CallSide::Server,
        at: wall,
        count: 1,
    });
    Work::FinishCall(Box::new(FinishCall {
        key: row.key,
        answered: row.answered,
        ended: Some(ended),
        end,
        marks,
    }))
}
