//! One direction of a link: what arrives, and when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use rand::RngExt;

use crate::rng::{self, Rng};

/// How a link treats what is sent over it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkConfig {
    /// Time from one end to the other, one way.
    pub delay: Duration,
    /// Added to `delay`: a uniform draw between nothing and this. Order is kept, as in a queue.
    pub jitter: Duration,
    /// Share of packets lost, 0 to 1.
    pub loss: f64,
    /// Mean number of packets lost in a row (two-state Gilbert model); 1 or less means each loss stands alone.
    pub burst: f64,
    /// Share of packets that are held back by `reorder_by`, so that later ones overtake them.
    pub reorder: f64,
    /// How long a reordered packet is held back.
    pub reorder_by: Duration,
    /// Share of packets that arrive twice.
    pub duplicate: f64,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self::delayed(Duration::ZERO)
    }
}

impl LinkConfig {
    /// A link without faults that takes `delay`, one way.
    #[must_use]
    pub const fn delayed(delay: Duration) -> Self {
        Self {
            delay,
            jitter: Duration::ZERO,
            loss: 0.0,
            burst: 1.0,
            reorder: 0.0,
            reorder_by: Duration::from_millis(30),
            duplicate: 0.0,
        }
    }
}

/// The fate of packets on one direction of a link, without the packets.
#[derive(Debug)]
pub struct Path {
    config: LinkConfig,
    rng: Rng,
    in_burst: bool,
    last_arrival: Option<Instant>,
    sent: u64,
    lost: u64,
}

impl Path {
    /// A path whose chances are drawn from `seed`.
    #[must_use]
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Self {
            config,
            rng: rng::seeded(seed),
            in_burst: false,
            last_arrival: None,
            sent: 0,
            lost: 0,
        }
    }

    /// Change the conditions from now on; packets under way keep theirs.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    /// When a packet sent at `now` arrives, and when its duplicate does; both `None` when it is lost.
    pub fn carry(&mut self, now: Instant) -> (Option<Instant>, Option<Instant>) {
        self.sent += 1;
        if self.draw_loss() {
            self.lost += 1;
            return (None, None);
        }
        let mut arrival =
            now + self.config.delay + self.config.jitter.mul_f64(self.rng.random::<f64>());
        if self.chance(self.config.reorder) {
            arrival += self.config.reorder_by;
        } else {
            arrival = self.last_arrival.map_or(arrival, |last| last.max(arrival));
            self.last_arrival = Some(arrival);
        }
        let twin = self.chance(self.config.duplicate).then_some(arrival);
        (Some(arrival), twin)
    }

    /// Packets given to it so far.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Packets lost so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    fn chance(&mut self, share: f64) -> bool {
        // A draw is made even for 0, so that changing one figure does not shift the other draws.
        self.rng.random::<f64>() < share
    }

    /// Gilbert: leave the burst with 1/burst, enter it so that the long-run share of lost packets is `loss`.
    fn draw_loss(&mut self) -> bool {
        let LinkConfig { loss, burst, .. } = self.config;
        if burst <= 1.0 || loss >= 1.0 {
            self.in_burst = self.chance(loss);
            return self.in_burst;
        }
        let leave = 1.0 / burst;
        let enter = (leave * loss / (1.0 - loss)).min(1.0);
        let share = if self.in_burst { 1.0 - leave } else { enter };
        self.in_burst = self.chance(share);
        self.in_burst
    }
}

/// One direction of a link that holds the packets themselves, in virtual time.
#[derive(Debug)]
pub struct Link<T> {
    path: Path,
    under_way: BinaryHeap<Reverse<Due>>,
    packets: Vec<Option<T>>,
    free: Vec<usize>,
    counter: u64,
}

/// Ordered by time, then by the order of sending: equal arrival times keep their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    order: u64,
    place: usize,
}

impl<T: Clone> Link<T> {
    /// A link whose chances are drawn from `seed`.
    #[must_use]
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Self {
            path: Path::new(config, seed),
            under_way: BinaryHeap::new(),
            packets: Vec::new(),
            free: Vec::new(),
            counter: 0,
        }
    }

    /// Change the conditions from now on.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.path.set_config(config);
    }

    /// Send `packet` at `now`.
    pub fn send(&mut self, now: Instant, packet: T) {
        let (first, twin) = self.path.carry(now);
        if let Some(at) = twin {
            self.hold(at, packet.clone());
        }
        if let Some(at) = first {
            self.hold(at, packet);
        }
    }

    /// When the next packet arrives.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Instant> {
        self.under_way.peek().map(|Reverse(due)| due.at)
    }

    /// Take the next packet that has arrived by `now`.
    pub fn receive(&mut self, now: Instant) -> Option<T> {
        if self.next_arrival()? > now {
            return None;
        }
        let Reverse(due) = self.under_way.pop()?;
        self.free.push(due.place);
        self.packets[due.place].take()
    }

    /// Packets sent so far, the lost ones included.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.path.sent()
    }

    /// Packets lost so far.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.path.lost()
    }

    fn hold(&mut self, at: Instant, packet: T) {
        let place = match self.free.pop() {
            Some(place) => {
                self.packets[place] = Some(packet);
                place
            }
            None => {
                self.packets.push(Some(packet));
                self.packets.len() - 1
            }
        };
        self.under_way.push(Reverse(Due {
            at,
            order: self.counter,
            place,
        }));
        self.counter += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Clock;

    const MS: Duration = Duration::from_millis(1);

    fn run(config: LinkConfig, seed: u64, packets: u32) -> Vec<u32> {
        let mut clock = Clock::new();
        let mut link = Link::new(config, seed);
        let mut arrived = Vec::new();
        for number in 0..packets {
            link.send(clock.now(), number);
            clock.advance(20 * MS);
            while let Some(packet) = link.receive(clock.now()) {
                arrived.push(packet);
            }
        }
        clock.advance(Duration::from_secs(10));
        while let Some(packet) = link.receive(clock.now()) {
            arrived.push(packet);
        }
        arrived
    }

    #[test]
    fn the_same_seed_gives_the_same_run_and_another_seed_another() {
        let config = LinkConfig {
            loss: 0.2,
            jitter: 50 * MS,
            reorder: 0.1,
            ..LinkConfig::delayed(30 * MS)
        };
        assert_eq!(run(config, 1, 500), run(config, 1, 500));
        assert_ne!(run(config, 1, 500), run(config, 2, 500));
    }

    #[test]
    fn a_clean_link_keeps_everything_in_order_and_takes_its_delay() {
        let mut clock = Clock::new();
        let mut link = Link::new(
            LinkConfig {
                jitter: 90 * MS,
                ..LinkConfig::delayed(40 * MS)
            },
            3,
        );
        link.send(clock.now(), 0);
        assert!(link.next_arrival().expect("under way") >= clock.now() + 40 * MS);
        clock.advance(39 * MS);
        assert_eq!(link.receive(clock.now()), None);
        let all: Vec<_> = (0..200).collect();
        assert_eq!(
            run(
                LinkConfig {
                    jitter: 90 * MS,
                    ..LinkConfig::delayed(40 * MS)
                },
                3,
                200
            ),
            all
        );
    }

    #[test]
    fn loss_comes_in_bursts_when_asked_and_keeps_its_share() {
        for burst in [1.0, 4.0] {
            let config = LinkConfig {
                loss: 0.05,
                burst,
                ..LinkConfig::default()
            };
            let arrived = run(config, 11, 40_000);
            let lost = 40_000 - arrived.len();
            assert!(
                (1_700..2_300).contains(&lost),
                "{lost} lost at burst {burst}"
            );
            let gaps = arrived
                .windows(2)
                .filter(|pair| pair[1] - pair[0] > 1)
                .count();
            let mean = lost as f64 / gaps as f64;
            assert!(
                (mean - burst).abs() < 0.4,
                "mean burst {mean}, wanted {burst}"
            );
        }
    }

    #[test]
    fn reordering_and_duplicates_happen_as_often_as_asked() {
        let config = LinkConfig {
            reorder: 0.1,
            duplicate: 0.1,
            ..LinkConfig::delayed(10 * MS)
        };
        let arrived = run(config, 5, 5_000);
        let backwards = arrived.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let twice = arrived.len() - 5_000;
        assert!((300..700).contains(&backwards), "{backwards} out of order");
        assert!((400..600).contains(&twice), "{twice} twice");
    }
}
