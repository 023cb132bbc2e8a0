//! How late packets are, and how long they should therefore wait.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Never wait less: the redundancy for a packet is in the one after it, which must be here by then.
const MIN_TARGET: i64 = 40_000;

/// Never wait more, in µs: a conversation ends there.
const MAX_TARGET: i64 = 400_000;

/// What to wait before anything is known, in µs.
const FIRST_TARGET: i64 = 50_000;

/// Beyond the latest packets of the window, in µs: one packet for redundancy and half a tick of the playout clock.
const MARGIN: i64 = 30_000;

/// Packets looked back at: five seconds.
const WINDOW: usize = 250;

/// Of the window, the share that may come too late.
const TOLERATED: f32 = 0.01;

/// Seconds over which the fastest packet counts as the way's own delay.
const BASE_SECONDS: usize = 10;

/// Microseconds of media at 48 kHz; exact enough for delays.
pub(super) fn media_micros(timestamp: i64) -> i64 {
    timestamp * 125 / 6
}

/// Knows the network's delay from arrival times alone.
#[derive(Debug)]
pub(super) struct Delay {
    epoch: Option<Instant>,
    /// Smallest transit of each of the last seconds, newest last.
    minima: VecDeque<(u64, i64)>,
    /// How much later than the fastest each recent packet was.
    lateness: VecDeque<i64>,
    last_transit: Option<i64>,
    /// RFC 3550 jitter in µs.
    jitter: f64,
    target: f64,
}

impl Delay {
    pub(super) fn new() -> Self {
        Self {
            epoch: None,
            minima: VecDeque::new(),
            lateness: VecDeque::new(),
            last_transit: None,
            jitter: 0.0,
            target: FIRST_TARGET as f64,
        }
    }

    /// Another stream begins: its clock says nothing about the old one. What was learned of the jitter stays.
    pub(super) fn restart(&mut self) {
        self.minima.clear();
        self.last_transit = None;
    }

    pub(super) fn arrived(&mut self, now: Instant, timestamp: i64) {
        let arrival = self.micros(now);
        let transit = arrival - media_micros(timestamp);
        if let Some(last) = self.last_transit.replace(transit) {
            // RFC 3550 §6.4.1: J += (|D| - J) / 16
            self.jitter += ((transit - last).abs() as f64 - self.jitter) / 16.0;
        }
        self.note_minimum(arrival, transit);
        let base = self.base().unwrap_or(transit);
        self.lateness.push_back(transit - base);
        if self.lateness.len() > WINDOW {
            self.lateness.pop_front();
        }
        self.adapt();
    }

    /// How long what is played at `at` has waited, from the fastest way; in µs. `None` before the first packet.
    pub(super) fn waited(&mut self, at: Instant, timestamp: i64) -> Option<i64> {
        let base = self.base()?;
        Some(self.micros(at) - media_micros(timestamp) - base)
    }

    pub(super) fn target(&self) -> i64 {
        self.target as i64
    }

    pub(super) fn jitter(&self) -> Duration {
        Duration::from_micros(self.jitter as u64)
    }

    fn micros(&mut self, at: Instant) -> i64 {
        let epoch = *self.epoch.get_or_insert(at);
        match at.checked_duration_since(epoch) {
            Some(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX / 4),
            None => -i64::try_from(epoch.duration_since(at).as_micros()).unwrap_or(i64::MAX / 4),
        }
    }

    fn note_minimum(&mut self, arrival: i64, transit: i64) {
        let second = (arrival / 1_000_000).max(0) as u64;
        match self.minima.back_mut() {
            Some((last, least)) if *last >= second => *least = transit.min(*least),
            _ => self.minima.push_back((second, transit)),
        }
        while self.minima.len() > 1 && self.minima[0].0 + BASE_SECONDS as u64 <= second {
            self.minima.pop_front();
        }
    }

    fn base(&self) -> Option<i64> {
        self.minima.iter().map(|(_, transit)| *transit).min()
    }

    /// Up at once, down slowly.
    fn adapt(&mut self) {
        let mut sorted: Vec<i64> = self.lateness.iter().copied().collect();
        let tolerated = ((sorted.len() as f32 * TOLERATED) as usize).min(sorted.len() - 1);
        let index = sorted.len() - 1 - tolerated;
        let (_, latest, _) = sorted.select_nth_unstable(index);
        let wanted = (*latest + MARGIN).clamp(MIN_TARGET, MAX_TARGET) as f64;
        // The first packets say little, so the careful start lasts a second.
        let wanted = if self.lateness.len() < 50 {
            wanted.max(FIRST_TARGET as f64)
        } else {
            wanted
        };
        self.target = if wanted > self.target {
            wanted
        } else {
            self.target + (wanted - self.target) * 0.01
        };
    }
}
