//! Chance as an argument: one seeded generator for tests, simulations and machines alike.

use rand::SeedableRng;

/// The generator that machines are given. ChaCha12: reproducible across platforms and releases, strong enough for
/// transaction ids and ICE credentials when seeded by [`from_system`].
pub type Rng = rand::rngs::ChaCha12Rng;

/// A generator that gives the same numbers in every run.
#[must_use]
pub fn seeded(seed: u64) -> Rng {
    Rng::seed_from_u64(seed)
}

/// A generator seeded by the operating system, for shells that start a machine for real.
#[must_use]
pub fn from_system() -> Rng {
    rand::make_rng()
}
