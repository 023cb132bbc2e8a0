//! A network in memory: virtual time, links with delay, jitter, loss and reordering, and NATs. For tests.
//!
//! Everything here is seeded: the same seed gives the same run, on every machine. Print the seed when a test fails.
//!
//! A lossy link alone, for media:
//!
//! ```
//! use std::time::Duration;
//! use sansio::sim::{Clock, Link, LinkConfig};
//!
//! let mut clock = Clock::new();
//! let config = LinkConfig { loss: 0.05, ..LinkConfig::delayed(Duration::from_millis(40)) };
//! let mut link = Link::new(config, 7);
//! for number in 0..100 {
//!     link.send(clock.now(), number);
//!     clock.advance(Duration::from_millis(20));
//! }
//! clock.advance(Duration::from_secs(1));
//! let arrived = std::iter::from_fn(|| link.receive(clock.now())).count();
//! assert_eq!(arrived as u64 + link.lost(), 100);
//! ```

mod clock;
mod link;
mod nat;
mod network;

pub use clock::Clock;
pub use link::{Link, LinkConfig, Path};
pub use nat::{Dependence, Nat, NatConfig};
pub use network::{Delivery, HostId, Network, Realm};
