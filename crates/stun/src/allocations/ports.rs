//! Ports of one relay address: which are owned, and which is next (RFC 8656 §7.2, §21.1.4: unpredictable).

use std::ops::RangeInclusive;

use rand::RngExt;
use sansio::rng::Rng;

use super::group::PortOwners;

/// What a client may ask of its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PortWish {
    Any,
    Even,
    /// An even port whose successor is free too; both are taken.
    EvenAndNext,
    /// The one that was reserved, and no other.
    Reserved,
}

/// The ports of one address, as one shard sees them.
#[derive(Debug)]
pub(super) struct Ports {
    range: RangeInclusive<u16>,
    owners: PortOwners,
    shard: u8,
}

impl Ports {
    pub(super) fn new(range: RangeInclusive<u16>, owners: PortOwners, shard: u8) -> Self {
        Self {
            range,
            owners,
            shard,
        }
    }

    /// The other shard that owns `port`.
    pub(super) fn sibling(&self, port: u16) -> Option<u8> {
        let owner = self.owners.of(port);
        (owner != 0 && owner != self.shard).then_some(owner)
    }

    /// Take a port (and its successor, for [`PortWish::EvenAndNext`]) that is neither owned nor in `avoid`.
    pub(super) fn take(&mut self, rng: &mut Rng, wish: PortWish, avoid: &[u16]) -> Option<u16> {
        let (first, last) = (u32::from(*self.range.start()), u32::from(*self.range.end()));
        let count = last.checked_sub(first)? + 1;
        let begin = rng.random_range(0..count);
        // From a random beginning once around: unpredictable, and it finds the last free port too.
        (0..count)
            .map(|step| (first + (begin + step) % count) as u16)
            .find(|port| self.fits(*port, wish) && !avoid.contains(port) && self.claim(*port, wish))
    }

    /// One that was reserved, by whichever shard.
    pub(super) fn adopt(&mut self, port: u16) {
        self.owners.hand_over(port, self.shard);
    }

    pub(super) fn give_back(&mut self, port: u16) {
        self.owners.release(port);
    }

    fn fits(&self, port: u16, wish: PortWish) -> bool {
        let next_fits = || {
            port.checked_add(1)
                .is_some_and(|next| self.range.contains(&next))
        };
        match wish {
            PortWish::Any => true,
            PortWish::Even => port.is_multiple_of(2),
            PortWish::EvenAndNext => port.is_multiple_of(2) && next_fits(),
            PortWish::Reserved => false,
        }
    }

    /// All that `wish` needs from `port` on, or nothing: another shard may be taking ports right now.
    fn claim(&self, port: u16, wish: PortWish) -> bool {
        if !self.owners.claim(port, self.shard) {
            return false;
        }
        let is_whole = wish != PortWish::EvenAndNext || self.owners.claim(port + 1, self.shard);
        if !is_whole {
            self.owners.release(port);
        }
        is_whole
    }
}
