//! A hash for the maps that every datagram is looked up in.
//!
//! Addresses are chosen by strangers, so the hash has a secret; it is one multiplication per word, for a datagram has
//! little time. Whoever guesses collisions without knowing the secret has to see them first, and nothing shows them.

use std::hash::{BuildHasher, Hasher};

use rand::Rng as _;
use sansio::rng::Rng;

/// The secret of one machine's maps.
#[derive(Debug, Clone)]
pub(super) struct Keyed {
    begin: u64,
    factor: u64,
}

impl Keyed {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self {
            begin: rng.next_u64(),
            factor: rng.next_u64() | 1,
        }
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded {
            state: self.begin,
            factor: self.factor,
        }
    }
}

/// A sum that is multiplied and folded with every word.
#[derive(Debug)]
pub(super) struct Folded {
    state: u64,
    factor: u64,
}

impl Folded {
    fn word(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.factor);
        // Rotated, or a word that meets its own state would wipe out all that was before it.
        self.state =
            (product as u64 ^ (product >> 64) as u64).wrapping_add(self.state.rotate_left(23));
    }
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.word(value.into());
    }

    fn write_u16(&mut self, value: u16) {
        self.word(value.into());
    }

    fn write_u32(&mut self, value: u32) {
        self.word(value.into());
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.word(value as u64);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::SocketAddr;

    use super::*;

    #[test]
    fn neighbours_do_not_collide_and_the_secret_matters() {
        let (one, other) = (
            Keyed::new(&mut sansio::rng::seeded(1)),
            Keyed::new(&mut sansio::rng::seeded(2)),
        );
        let addresses: Vec<SocketAddr> = (0..200_u8)
            .flat_map(|host| (0..100).map(move |port| ([10, 0, host, 7], 5000 + port).into()))
            .chain((0..5000).map(|port| ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1_u16], port).into()))
            .collect();
        let full: HashSet<u64> = addresses.iter().map(|a| one.hash_one(a)).collect();
        assert_eq!(full.len(), addresses.len());
        // The bits that a table of 1024 places looks at: no place far above its share of 24.
        let mut places = vec![0_usize; 1024];
        for address in &addresses {
            places[one.hash_one(address) as usize % 1024] += 1;
        }
        assert!(
            places.iter().all(|count| *count < 60),
            "{:?}",
            places.iter().max()
        );
        assert_ne!(one.hash_one(addresses[0]), other.hash_one(addresses[0]));
    }
}
