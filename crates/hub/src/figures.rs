//! What the hub counts, for whoever watches it. Labels come from closed sets; nothing is counted by account.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::command::Command;
use crate::error::{Error, Kind};

/// Upper bounds of the buckets of a commit's time, in seconds.
pub const COMMIT_BOUNDS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// Times, counted by how long they were.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Histogram {
    /// How many fell into each bucket, and above the last bound.
    pub counts: [u64; COMMIT_BOUNDS.len() + 1],
    /// All of them together, in seconds.
    pub sum: f64,
}

impl Histogram {
    fn observe(&mut self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = COMMIT_BOUNDS.iter().position(|bound| seconds <= *bound);
        self.counts[bucket.unwrap_or(COMMIT_BOUNDS.len())] += 1;
        self.sum += seconds;
    }
}

/// A queue and how much of it is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: &'static str,
    /// How much waits in it.
    pub length: usize,
    /// How much may.
    pub limit: usize,
}

/// How a hub stands.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Sessions that are attached, by door.
    pub sessions: BTreeMap<&'static str, usize>,
    /// Accounts that have one.
    pub people: usize,
    /// Calls that ring or run.
    pub calls: usize,
    /// Commands since the start, by kind and outcome: `ok`, or the kind of refusal.
    pub commands: BTreeMap<(&'static str, &'static str), u64>,
    /// How long transactions took.
    pub commits: Histogram,
    /// Pieces of work in them.
    pub written: u64,
    /// Transactions that the store did not take.
    pub failed: u64,
    /// The queues.
    pub queues: Vec<Queue>,
}

/// What is counted on the way.
#[derive(Debug, Default)]
pub(crate) struct Counting(Mutex<Counts>);

#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) commands: BTreeMap<(&'static str, &'static str), u64>,
    pub(crate) commits: Histogram,
    pub(crate) written: u64,
    pub(crate) failed: u64,
}

impl Counting {
    pub(crate) fn command<T>(&self, kind: &'static str, outcome: &Result<T, Error>) {
        let outcome = match outcome {
            Ok(_) => "ok",
            Err(error) => refusal(error.kind),
        };
        *self.lock().commands.entry((kind, outcome)).or_default() += 1;
    }

    pub(crate) fn commit(&self, works: usize, took: Duration, taken: bool) {
        let mut counts = self.lock();
        if taken {
            counts.commits.observe(took);
            counts.written += works as u64;
        } else {
            counts.failed += 1;
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn refusal(kind: Kind) -> &'static str {
    match kind {
        Kind::NotFound => "not_found",
        Kind::Unauthorized => "unauthorized",
        Kind::Forbidden => "forbidden",
        Kind::Conflict => "conflict",
        Kind::Invalid => "invalid",
        Kind::TooLarge => "too_large",
        Kind::Full => "full",
        Kind::TooMany => "too_many",
        Kind::Unavailable => "unavailable",
    }
}

/// What a command is counted as.
pub(crate) fn kind_of(command: &Command) -> &'static str {
    match command {
        Command::UpdateAccount(_) => "update_account",
        Command::SetPassword { .. } => "set_password",
        Command::NewRecoveryCode { .. } => "new_recovery_code",
        Command::SetHandle { .. } => "set_handle",
        Command::AllowOldPrograms { .. } => "allow_old_programs",
        Command::MakeBot { .. } => "make_bot",
        Command::RenameBot { .. } => "rename_bot",
        Command::DeleteBot(_) => "delete_bot",
        Command::MakeBotToken { .. } => "make_bot_token",
        Command::EndBotToken { .. } => "end_bot_token",
        Command::EndDevice(_) => "end_device",
        Command::SetAvailability { .. } => "set_availability",
        Command::SetIdle(_) => "set_idle",
        Command::Ack(_) => "ack",
        Command::Relate { .. } => "relate",
        Command::SetContact { .. } => "set_contact",
        Command::PutContactGroup { .. } => "put_contact_group",
        Command::DropContactGroup { .. } => "drop_contact_group",
        Command::ReportAbuse { .. } => "report_abuse",
        Command::PutDoorState { .. } => "put_door_state",
        Command::Open(_) => "open",
        Command::Send { .. } => "send",
        Command::Forward { .. } => "forward",
        Command::Edit { .. } => "edit",
        Command::Delete { .. } => "delete",
        Command::React { .. } => "react",
        Command::SetOwn { .. } => "set_own",
        Command::MarkRead { .. } => "mark_read",
        Command::Typing { .. } => "typing",
        Command::CreateGroup(_) => "create_group",
        Command::UpdateGroup { .. } => "update_group",
        Command::SetMembers { .. } => "set_members",
        Command::Leave { .. } => "leave",
        Command::PutLink { .. } => "put_link",
        Command::DropLink { .. } => "drop_link",
        Command::Join { .. } => "join",
        Command::BeginObject { .. } => "begin_object",
        Command::SizeObject { .. } => "size_object",
        Command::FinishObject { .. } => "finish_object",
        Command::GrantObject { .. } => "grant_object",
        Command::NameObject { .. } => "name_object",
        Command::DropObject(_) => "drop_object",
        Command::Call { .. } => "call",
        Command::ReportCall { .. } => "report_call",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_the_bucket_whose_bound_it_meets() {
        let mut times = Histogram::default();
        for ms in [0, 1, 2, 10, 11, 60_000] {
            times.observe(Duration::from_millis(ms));
        }
        assert_eq!(times.counts[0], 2);
        assert_eq!(times.counts[1], 1);
        assert_eq!(times.counts[3], 1);
        assert_eq!(times.counts[4], 1);
        assert_eq!(times.counts[COMMIT_BOUNDS.len()], 1);
        assert!((times.sum - 60.024).abs() < 1e-9);
    }
}
