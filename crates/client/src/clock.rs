//! Two clocks: this machine's, which never jumps, and the server's, known by round trips.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use webapi::skein::ClockMap;

/// This machine's time in ms since 1970 as it was at the start, carried on by the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct LocalClock {
    started: Instant,
    unix_ms: f64,
}

impl LocalClock {
    /// Read the wall once.
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            started: Instant::now(),
            unix_ms: millis(wall),
        }
    }

    /// A moment, in ms since 1970.
    #[must_use]
    pub fn at(&self, moment: Instant) -> f64 {
        match moment.checked_duration_since(self.started) {
            Some(after) => self.unix_ms + millis(after),
            None => self.unix_ms - millis(self.started.duration_since(moment)),
        }
    }

    /// Now, in ms since 1970.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.at(Instant::now())
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// How this machine's clock relates to the server's: the shortest round trip says it best.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerClock {
    /// The shortest round trip and the offset it gave, in ms.
    best: Option<(f64, f64)>,
    samples: u32,
}

impl ServerClock {
    /// This machine is the server.
    #[must_use]
    pub fn own() -> Self {
        Self {
            best: Some((0.0, 0.0)),
            samples: 1,
        }
    }
}

/// The server shows whole ms, rounded down: in the mean its time is half of one later.
const HALF_MILLISECOND: f64 = 0.5;

impl ServerClock {
    /// A question that left at `sent` was answered with the server's time `server` and came back at `received`; all
    /// in ms.
    pub fn measured(&mut self, sent: f64, server: i64, received: f64) {
        let round_trip = received - sent;
        if !round_trip.is_finite() || round_trip < 0.0 {
            return;
        }
        self.samples = self.samples.saturating_add(1);
        if self.best.is_none_or(|(best, _)| round_trip < best) {
            let offset = server as f64 + HALF_MILLISECOND - (sent + round_trip / 2.0);
            self.best = Some((round_trip, offset));
        }
    }

    /// A moment of this machine, in ms by the server's clock; as it is when nothing was measured yet.
    #[must_use]
    pub fn map(&self, local: f64) -> f64 {
        local + self.best.map_or(0.0, |(_, offset)| offset)
    }

    /// For a report: half of the shortest round trip is as far as it can be wrong, and half of the millisecond that
    /// the server shows.
    #[must_use]
    pub fn report(&self) -> ClockMap {
        let (round_trip, offset) = self.best.unwrap_or((0.0, 0.0));
        let error = round_trip / 2.0
            + if self.samples > 0 {
                HALF_MILLISECOND
            } else {
                0.0
            };
        ClockMap {
            offset,
            error,
            samples: self.samples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_round_trip_decides_and_the_error_is_its_half() {
        let mut clock = ServerClock::default();
        // The server is 1,000 ms ahead; the first answer is slow on its way back.
        clock.measured(0.0, 1_010, 100.0);
        assert!((clock.map(0.0) - 960.5).abs() < 0.01);
        clock.measured(200.0, 1_205, 210.0);
        assert!((clock.map(0.0) - 1_000.5).abs() < 0.01);
        clock.measured(300.0, 1_900, 360.0);
        let map = clock.report();
        assert!(
            (map.error - 5.5).abs() < 0.01 && map.samples == 3,
            "{map:?}"
        );
    }

    #[test]
    fn answers_from_before_their_question_count_for_nothing() {
        let mut clock = ServerClock::default();
        clock.measured(10.0, 5, 9.0);
        clock.measured(f64::NAN, 5, 9.0);
        assert_eq!(clock.report().samples, 0);
        assert_eq!(clock.map(7.0), 7.0);
    }

    #[test]
    fn moments_before_the_start_are_before_it() {
        let clock = LocalClock::start();
        let later = clock.started + Duration::from_millis(1_500);
        assert!((clock.at(later) - clock.at(clock.started) - 1_500.0).abs() < 0.01);
    }
}
