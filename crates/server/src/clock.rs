//! The system's clocks, behind the hub's port.

use std::pin::Pin;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hub::clock::Clock;
use hub::id::Timestamp;

/// The wall's time and the monotonic time of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        // A clock before 1970 is a clock that was never set: 0 says so.
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep_until(at.into()))
    }
}
