//! One at a time for each account: what costs so much that nobody else should wait for several of one person.

use tokio::sync::{Mutex, MutexGuard};

use crate::id::AccountId;

/// Accounts that do not wait for each other, about.
const TURNS: usize = 256;

/// Whose turn it is.
#[derive(Debug)]
pub(super) struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..TURNS).map(|_| Mutex::default()).collect())
    }
}

impl Turns {
    /// Waits for the account's turn, in the order of asking.
    pub(super) async fn turn(&self, account: AccountId) -> MutexGuard<'_, ()> {
        // The low bits are a count that is mostly 0, those above are milliseconds (`crate::id::Mint`).
        let id = account.0.unsigned_abs();
        let number = (id ^ (id >> 21)) % TURNS as u64;
        self.0[usize::try_from(number).unwrap_or(0)].lock().await
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn one_account_waits_for_itself_and_for_nobody_else() {
        let turns = Turns::default();
        let (ann, bob) = (AccountId(1 << 21), AccountId(2 << 21));
        let first = turns.turn(ann).now_or_never().expect("nobody was before");
        let mut second = Box::pin(turns.turn(ann));
        assert!((&mut second).now_or_never().is_none());
        assert!(turns.turn(bob).now_or_never().is_some());
        drop(first);
        assert!(second.now_or_never().is_some());
    }
}
