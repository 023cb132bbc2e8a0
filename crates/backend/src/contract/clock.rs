//! A clock that is stepped by hand.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use hub::clock::Clock;
use hub::id::Timestamp;
use tokio::sync::watch;

/// Both clocks of the hub, moved only by the test. The wall's may also step alone, forth and back.
#[derive(Debug)]
pub struct ManualClock {
    time: watch::Sender<Time>,
}

#[derive(Debug, Clone, Copy)]
struct Time {
    wall: Timestamp,
    now: Instant,
}

impl ManualClock {
    /// A clock whose wall shows `wall`.
    #[must_use]
    pub fn new(wall: Timestamp) -> Self {
        Self {
            time: watch::Sender::new(Time {
                wall,
                now: Instant::now(),
            }),
        }
    }

    /// How many sleep by it.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.time.receiver_count()
    }

    /// Lets `by` pass; whoever sleeps no longer than that wakes.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.time.send_modify(|time| {
            time.wall = time.wall.plus_ms(ms);
            time.now += by;
        });
    }

    /// Steps the wall's clock alone by `ms` milliseconds, back if negative: what an operator or a time server does.
    pub fn step_wall(&self, ms: i64) {
        self.time
            .send_modify(|time| time.wall = time.wall.plus_ms(ms));
    }
}

impl Clock for ManualClock {
    fn wall(&self) -> Timestamp {
        self.time.borrow().wall
    }

    fn now(&self) -> Instant {
        self.time.borrow().now
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let mut time = self.time.subscribe();
        Box::pin(async move {
            // The sender lives as long as this borrow of the clock.
            let _ = time.wait_for(|time| time.now >= at).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_its_time_has_come_and_not_before() {
        let clock = ManualClock::new(Timestamp(1_000));
        let mut sleep = clock.sleep_until(clock.now() + Duration::from_secs(5));
        clock.step_wall(3_600_000);
        assert!(
            futures_util::poll!(&mut sleep).is_pending(),
            "the wall does not wake"
        );
        clock.advance(Duration::from_secs(4));
        assert!(futures_util::poll!(&mut sleep).is_pending());
        clock.advance(Duration::from_secs(1));
        sleep.await;
        assert_eq!(clock.wall(), Timestamp(1_000 + 3_600_000 + 5_000));
    }
}
