//! The port to time, so that tests step it by hand.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use crate::id::Timestamp;

/// Two clocks: the wall's, which people see and which may step; and a monotonic one, which timers obey.
pub trait Clock: Send + Sync + 'static {
    /// The wall's time.
    fn wall(&self) -> Timestamp;

    /// Monotonic time.
    fn now(&self) -> Instant;

    /// Comes back when `now() ≥ at`.
    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}
