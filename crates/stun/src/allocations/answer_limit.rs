//! How many answers an address gets before it has proved who it is.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::Instant;

/// Places in the table; two addresses that share one share its allowance.
const PLACES: usize = 8192;

/// A token bucket per source address in a table that never grows. The port is ignored: one host, one allowance; an
/// IPv6 host is its /64.
#[derive(Debug)]
pub(super) struct AnswerLimit {
    hasher: RandomState,
    places: Box<[Place]>,
    begin: Instant,
    per_second: u32,
    burst: u32,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    tag: u32,
    tokens: u32,
    /// Milliseconds since the beginning when tokens were last added.
    filled: u64,
}

impl AnswerLimit {
    pub(super) fn new(begin: Instant, per_second: u32, burst: u32) -> Self {
        let empty = Place {
            tag: 0,
            tokens: burst,
            filled: 0,
        };
        Self {
            hasher: RandomState::new(),
            places: vec![empty; PLACES].into_boxed_slice(),
            begin,
            per_second: per_second.max(1),
            burst: burst.max(1),
        }
    }

    /// Whether one more answer may go to `ip`.
    pub(super) fn take(&mut self, now: Instant, ip: IpAddr) -> bool {
        let hash = self.hasher.hash_one(network_of(ip));
        let place = &mut self.places[hash as usize % PLACES];
        let tag = (hash >> 32) as u32;
        let millis = now.saturating_duration_since(self.begin).as_millis() as u64;
        if place.tag != tag {
            *place = Place {
                tag,
                tokens: self.burst,
                filled: millis,
            };
        }
        let earned = millis.saturating_sub(place.filled) * u64::from(self.per_second) / 1000;
        if earned > 0 {
            place.tokens = place
                .tokens
                .saturating_add(earned.min(u64::from(self.burst)) as u32);
            place.tokens = place.tokens.min(self.burst);
            place.filled = millis;
        }
        if place.tokens == 0 {
            return false;
        }
        place.tokens -= 1;
        true
    }
}

fn network_of(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits() >> 64 << 64,
    }
}
