//! Every way at its own even pace.

use std::io;
use std::time::{Duration, Instant};

use crate::figures::Figures;
use crate::ways::Ways;

/// How often what is due is sent, and what has arrived is taken: as a network card that spares its host interrupts hands
/// datagrams over. What has arrived is seen so much later at most, and by what sleeping is inexact (50 µs on Linux).
const TICK: Duration = Duration::from_micros(50);
/// After the last datagram, for what is still under way.
const DRAIN: Duration = Duration::from_millis(200);

pub(crate) fn run(ways: &mut Ways, rate: f64, figures: &mut Figures) -> io::Result<()> {
    let count = ways.all.len();
    let gap = 1.0 / (rate * count as f64);
    let begin = Instant::now();
    let due_of = |datagram: u64| begin + Duration::from_secs_f64(gap * datagram as f64);
    let mut ready = Vec::new();
    let mut next = 0_u64;
    while figures.goes_on(Instant::now())? {
        let now = Instant::now();
        while due_of(next) <= now {
            figures.late(now.duration_since(due_of(next)));
            ways.send((next % count as u64) as usize, Instant::now());
            next += 1;
        }
        receive(ways, &mut ready, figures)?;
        std::thread::sleep(TICK);
    }
    let end = Instant::now() + DRAIN;
    while Instant::now() < end {
        receive(ways, &mut ready, figures)?;
        std::thread::sleep(TICK);
    }
    Ok(())
}

/// All that has arrived.
fn receive(ways: &mut Ways, ready: &mut Vec<usize>, figures: &mut Figures) -> io::Result<()> {
    loop {
        ways.wait(Duration::ZERO, ready)?;
        if ready.is_empty() {
            return Ok(());
        }
        for &number in &*ready {
            ways.receive_one(number, figures);
        }
    }
}
