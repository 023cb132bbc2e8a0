//! Calls as they are kept.

use super::stored_enum;
use crate::id::{AccountId, CallId, CallKey, ConversationId, EndpointId, Timestamp};

stored_enum! {
    /// How a call ended, with everything the hub knows. What the caller is told of it is less: see [`outcome_for`].
    CallEnd {
        /// It rings or runs.
        Open = 0,
        /// People talked, then one hung up.
        Completed = 1,
        /// It rang out.
        NoAnswer = 2,
        /// The callee declined.
        Declined = 3,
        /// The callee was in another call.
        Busy = 4,
        /// None of the callee's devices was there.
        NobodyThere = 5,
        /// The caller gave up, or vanished while it rang.
        Cancelled = 6,
        /// Answered, but no media came through.
        Failed = 7,
        /// It broke off.
        Lost = 8,
        /// The callee keeps the caller away; nothing rang.
        Refused = 9,
        /// Both sides called at once; the other call stands for this one, which is in no history.
        Superseded = 10,
    }
}

/// A call. Unique by id and by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// Its id inside the hub.
    pub id: CallId,
    /// Its name, made by the caller.
    pub key: CallKey,
    /// Where it belongs.
    pub conversation: ConversationId,
    /// Who called.
    pub caller: AccountId,
    /// Who was called.
    pub callee: AccountId,
    /// The process that runs it.
    pub owner: i32,
    /// With video from the beginning.
    pub video: bool,
    /// When it began to ring.
    pub started: Timestamp,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How.
    pub end: CallEnd,
    /// What the hub saw, as JSON; at most 64 marks.
    pub marks: Vec<CallMark>,
    /// How many reports are kept.
    pub reports: i32,
    /// The callee keeps the caller away: nothing rang, and for the callee there is no such call, however it ended.
    pub unheard: bool,
    /// Only relayed candidates may be used, whatever the hub's own rule.
    pub relay_only: bool,
}

impl CallRow {
    /// Whether the call exists for `viewer`.
    #[must_use]
    pub fn is_of(&self, viewer: AccountId) -> bool {
        viewer == self.caller || (viewer == self.callee && !self.unheard)
    }

    /// Whether `viewer` must not learn what the callee's side did: to the caller all reasons for which nobody answered
    /// look alike, by whatever field.
    #[must_use]
    pub fn hides_callee_from(&self, viewer: AccountId) -> bool {
        viewer == self.caller && outcome_for(self.end, true) == Outcome::NotAnswered
    }

    /// The record as `viewer` may know it.
    #[must_use]
    pub fn as_seen_by(mut self, viewer: AccountId) -> Self {
        if self.hides_callee_from(viewer) {
            self.end = CallEnd::NoAnswer;
            self.marks
                .retain(|mark| mark.side == CallSide::Caller || mark.name == "end");
            for mark in self.marks.iter_mut().filter(|mark| mark.name == "end") {
                mark.side = CallSide::Server;
            }
            self.reports = i32::from(self.marks.iter().any(|mark| mark.name == "report"));
        }
        self
    }
}

/// A moment that the hub itself saw.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct CallMark {
    /// What.
    pub name: String,
    /// Who caused it.
    pub side: CallSide,
    /// When.
    pub at: Timestamp,
    /// How often in a row.
    pub count: u32,
}

/// Who caused a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallSide {
    /// The caller.
    Caller,
    /// The callee.
    Callee,
    /// The hub: a timer, a restart.
    Server,
}

/// A report, byte for byte as an end sent it. One per call and device; a repeat replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallReport {
    /// Of which call.
    pub call: CallId,
    /// Whose.
    pub account: AccountId,
    /// By which end; a device has one id for all its connections here.
    pub endpoint: EndpointId,
    /// When it came.
    pub received: Timestamp,
    /// The format it names, 0 if none.
    pub format: i32,
    /// As sent, at most 64 KiB.
    pub text: String,
    /// The device's signature over the text, when devices sign.
    pub signature: Option<Vec<u8>>,
}

/// What somebody may know of how a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It rings or runs.
    Open,
    /// People talked.
    Completed,
    /// To the caller: not answered, for whatever reason.
    NotAnswered,
    /// To the caller: they gave up.
    Cancelled,
    /// To the callee: it rang out, or nobody was there.
    Missed,
    /// To the callee: missed, in a call.
    MissedBusy,
    /// To the callee: they declined.
    Declined,
    /// No media came through.
    Failed,
    /// It broke off.
    Lost,
}

/// What the caller (`caller = true`) or the callee may know of an end. Busy, declined, unanswered and refused look
/// alike to the caller.
#[must_use]
pub fn outcome_for(end: CallEnd, caller: bool) -> Outcome {
    match (end, caller) {
        (CallEnd::Open, _) => Outcome::Open,
        (CallEnd::Completed, _) => Outcome::Completed,
        (CallEnd::Failed, _) => Outcome::Failed,
        (CallEnd::Lost, _) => Outcome::Lost,
        (CallEnd::Cancelled | CallEnd::Superseded, true) => Outcome::Cancelled,
        (
            CallEnd::NoAnswer
            | CallEnd::Declined
            | CallEnd::Busy
            | CallEnd::NobodyThere
            | CallEnd::Refused,
            true,
        ) => Outcome::NotAnswered,
        (CallEnd::Busy, false) => Outcome::MissedBusy,
        (CallEnd::Declined, false) => Outcome::Declined,
        (
            CallEnd::NoAnswer
            | CallEnd::NobodyThere
            | CallEnd::Cancelled
            | CallEnd::Refused
            | CallEnd::Superseded,
            false,
        ) => Outcome::Missed,
    }
}
