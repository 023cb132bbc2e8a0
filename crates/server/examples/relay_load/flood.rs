//! A flood that clocks itself.

use std::io;
use std::time::{Duration, Instant};

use crate::figures::Figures;
use crate::ways::Ways;

/// A way where nothing has arrived for so long has lost all that was under way, and begins anew.
const STALLED: Duration = Duration::from_millis(50);

pub(crate) fn run(ways: &mut Ways, window: usize, figures: &mut Figures) -> io::Result<()> {
    let mut ready = Vec::new();
    let mut heard = vec![Instant::now(); ways.all.len()];
    for number in 0..ways.all.len() {
        burst(ways, number, window);
    }
    let mut look = Instant::now() + STALLED;
    while figures.goes_on(Instant::now())? {
        ways.wait(STALLED, &mut ready)?;
        for &number in &ready {
            let count = ways.receive_batch(number, figures);
            heard[number] = Instant::now();
            burst(ways, number, count);
        }
        let now = Instant::now();
        if now < look {
            continue;
        }
        look = now + STALLED;
        for (number, heard) in heard.iter_mut().enumerate() {
            if now.duration_since(*heard) > STALLED {
                *heard = now;
                burst(ways, number, window);
            }
        }
    }
    // What is still under way is not lost.
    for way in &mut ways.all {
        way.sent = way.sent.saturating_sub(window as u64).max(way.arrived);
    }
    Ok(())
}

fn burst(ways: &mut Ways, number: usize, count: usize) {
    let now = Instant::now();
    for _ in 0..count {
        ways.send(number, now);
    }
}
