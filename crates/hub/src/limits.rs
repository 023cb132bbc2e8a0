//! Budgets: so many tries, then wait. Counted per account and per address, apart from each other.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::error::Error;

/// So many at once, and one more every so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// Then one more every so often.
    pub every: Duration,
}

impl Rate {
    /// `burst` at once, then `count` in each `per`.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every }
    }
}

/// How much room objects may take, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// One object.
    pub object: i64,
    /// All objects of one account.
    pub account: i64,
    /// All objects.
    pub all: i64,
}

impl Default for Room {
    fn default() -> Self {
        const MIB: i64 = 1 << 20;
        Self {
            object: 256 * MIB,
            account: 2_048 * MIB,
            all: 20_480 * MIB,
        }
    }
}

/// How many bots people may have, and what these may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BotLimits {
    /// Of one owner.
    pub bots: u32,
    /// Tokens of one bot; never more than devices of an account.
    pub tokens: u32,
    /// How many times as often a bot may do things whose limits the operator raised.
    pub raised: u32,
}

impl Default for BotLimits {
    fn default() -> Self {
        Self {
            bots: 10,
            tokens: 5,
            raised: 10,
        }
    }
}

/// All budgets of the hub.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Failed sign-ins and recoveries per account.
    pub sign_in_account: Rate,
    /// Sign-ins and recoveries per address.
    pub sign_in_address: Rate,
    /// Registrations per address.
    pub register_address: Rate,
    /// Name checks per address.
    pub names_address: Rate,
    /// Searches per account.
    pub search: Rate,
    /// Messages per account.
    pub messages: Rate,
    /// Calls per account.
    pub calls: Rate,
    /// Contact requests per account.
    pub requests: Rate,
    /// Commands of all kinds per account, those above included.
    pub commands: Rate,
    /// Copies of one's own data per account.
    pub exports: Rate,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            sign_in_account: Rate::new(10, s(30)),
            sign_in_address: Rate::new(30, s(6)),
            register_address: Rate::new(10, s(60)),
            names_address: Rate::new(60, s(1)),
            search: Rate::new(30, s(2)),
            messages: Rate::new(120, Duration::from_millis(200)),
            calls: Rate::new(20, s(6)),
            requests: Rate::new(30, s(30)),
            commands: Rate::new(600, Duration::from_millis(50)),
            exports: Rate::new(5, s(3_600)),
        }
    }
}

/// Token buckets by key, as theoretical arrival times (GCRA): one instant per key, nothing to refill.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    rate: Rate,
    arrivals: HashMap<K, Instant>,
}

/// How many keys are kept; beyond it, those that are full again are swept, then the fuller half goes: who has used up
/// their budget stays counted, however many others come.
const MAX_KEYS: usize = 65_536;

impl<K: Eq + Hash + Clone> Buckets<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            // So that no number of an operator overflows a sum.
            rate: Rate {
                burst: rate.burst.clamp(1, 1_000_000),
                every: rate.every.min(Duration::from_secs(86_400)),
            },
            arrivals: HashMap::new(),
        }
    }

    /// Take one; or say how long to wait.
    pub(crate) fn take(&mut self, key: &K, now: Instant) -> Result<(), Error> {
        self.take_of(key, 1, now)
    }

    /// The same for whoever may take `times` as many: each counts for so much less.
    pub(crate) fn take_of(&mut self, key: &K, times: u32, now: Instant) -> Result<(), Error> {
        let arrival = self.arrivals.get(key).copied().unwrap_or(now).max(now);
        let next = arrival + self.rate.every / times.max(1);
        let allowed = now + self.rate.every * self.rate.burst;
        if next > allowed {
            return Err(Error::too_many(next - allowed));
        }
        if self.arrivals.len() >= MAX_KEYS && !self.arrivals.contains_key(key) {
            self.arrivals.retain(|_, at| *at > now);
            if self.arrivals.len() >= MAX_KEYS {
                let mut all: Vec<Instant> = self.arrivals.values().copied().collect();
                let (_, &mut middle, _) = all.select_nth_unstable(MAX_KEYS / 2);
                self.arrivals.retain(|_, at| *at > middle);
            }
        }
        self.arrivals.insert(key.clone(), next);
        Ok(())
    }

    /// Give one back that was taken.
    pub(crate) fn give_back(&mut self, key: &K) {
        if let Some(arrival) = self.arrivals.get_mut(key) {
            *arrival = arrival.checked_sub(self.rate.every).unwrap_or(*arrival);
        }
    }
}

/// An address as budgets count it: IPv4 singly (also when mapped into IPv6), IPv6 by /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Neighbourhood(u128);

impl From<IpAddr> for Neighbourhood {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u128::from(v4.to_bits())),
            IpAddr::V6(v6) => Self(v6.to_bits() >> 64 << 64),
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
mod tests {
    use super::*;

    #[test]
    fn a_budget_refills_and_says_when() {
        let t0 = Instant::now();
        let mut buckets = Buckets::new(Rate::new(3, Duration::from_secs(10)));
        for _ in 0..3 {
            buckets.take(&1, t0).expect("within the burst");
        }
        let error = buckets.take(&1, t0).expect_err("used up");
        assert_eq!(error.retry_after, Some(Duration::from_secs(10)));
        buckets.take(&2, t0).expect("another key");
        buckets
            .take(&1, t0 + Duration::from_secs(10))
            .expect("one more");
        buckets
            .take(&1, t0 + Duration::from_secs(10))
            .expect_err("and no more");
    }

    #[test]
    fn whoever_may_do_more_does_so_much_more_often() {
        let t0 = Instant::now();
        let mut buckets = Buckets::new(Rate::new(2, Duration::from_secs(10)));
        for _ in 0..6 {
            buckets.take_of(&1, 3, t0).expect("three times two");
        }
        buckets.take_of(&1, 3, t0).expect_err("used up");
        let third = t0 + Duration::from_secs(10) / 3;
        buckets.take_of(&1, 3, third).expect("a third of the time");
        buckets.take(&2, t0).expect("another");
        buckets.take_of(&2, 0, t0).expect("nought is once");
        buckets.take(&2, t0).expect_err("as before");
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let t0 = Instant::now();
        let mut buckets = Buckets::new(Rate::new(1, Duration::from_secs(10)));
        buckets.take(&1, t0).expect("the first");
        buckets.give_back(&1);
        buckets.take(&1, t0).expect("given back");
        buckets.take(&1, t0).expect_err("used up");
    }

    #[test]
    fn a_flood_of_others_frees_nobody_who_has_used_up_their_budget() {
        let t0 = Instant::now();
        let mut buckets = Buckets::new(Rate::new(3, Duration::from_secs(10)));
        for _ in 0..3 {
            buckets.take(&usize::MAX, t0).expect("within the burst");
        }
        for other in 0..2 * MAX_KEYS {
            buckets.take(&other, t0).expect("each its first");
            assert!(buckets.arrivals.len() <= MAX_KEYS);
        }
        buckets.take(&usize::MAX, t0).expect_err("still used up");
    }

    #[test]
    fn a_network_of_ipv6_is_one_neighbour() {
        let of = |text: &str| Neighbourhood::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
