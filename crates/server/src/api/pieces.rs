//! Places for pieces of uploads on their way in: each may take up to [`hub::MAX_PIECE`] bytes of memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use hub::id::AccountId;
use hub::{Error, Kind};

use crate::lock::lock;

/// Pieces that are read at the same time.
const PIECES: usize = 64;
/// Of these, one account may have so many: whoever sends slowly holds up nobody else.
const PIECES_OF_ONE: usize = 8;

/// Who has how many places.
#[derive(Debug, Default)]
pub struct Pieces(Mutex<BTreeMap<AccountId, usize>>);

impl Pieces {
    /// A place for a piece of `who`, until it is dropped.
    ///
    /// # Errors
    /// All places are taken, or all that one may have: come back in a second.
    pub fn take(&self, who: AccountId) -> Result<Place<'_>, Error> {
        let mut taken = lock(&self.0);
        let of_all: usize = taken.values().sum();
        let of_one = taken.get(&who).copied().unwrap_or(0);
        let message = if of_one >= PIECES_OF_ONE {
            "you send many files at this moment: wait until one of them is here"
        } else if of_all >= PIECES {
            "the server takes in many files at this moment: try again"
        } else {
            taken.insert(who, of_one + 1);
            return Ok(Place { pieces: self, who });
        };
        let mut error = Error::new(Kind::TooMany, "too_many", message);
        error.retry_after = Some(Duration::from_secs(1));
        Err(error)
    }
}

/// One place.
#[derive(Debug)]
pub struct Place<'a> {
    pieces: &'a Pieces,
    who: AccountId,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = lock(&self.pieces.0);
        if let Some(count) = taken.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_sends_much_or_slowly_keeps_nobody_else_from_sending() {
        let pieces = Pieces::default();
        let account = |n| AccountId(n);
        let mut held: Vec<_> = (0..PIECES_OF_ONE)
            .map(|_| pieces.take(account(1)).expect("a place"))
            .collect();
        let refused = pieces.take(account(1)).expect_err("all of theirs");
        assert_eq!((refused.kind, refused.code), (Kind::TooMany, "too_many"));
        assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
        for n in 2..=8 {
            held.extend((0..PIECES_OF_ONE).map(|_| pieces.take(account(n)).expect("a place")));
        }
        assert!(pieces.take(account(9)).is_err(), "all of them");
        held.remove(0);
        let place = pieces.take(account(9)).expect("one came back");
        drop((place, held));
        assert!(lock(&pieces.0).is_empty(), "nobody is remembered");
    }
}
