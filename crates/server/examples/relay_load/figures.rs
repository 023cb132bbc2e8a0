//! What was measured.

use std::io;
use std::time::{Duration, Instant};

use crate::Failed;
use crate::ways::Ways;

/// Delays are counted by the microsecond up to here; beyond, they are the last one's.
const LONGEST_US: usize = 200_000;

/// Of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spans {
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
}

#[derive(Debug)]
pub(crate) struct Figures {
    pid: u32,
    spans: Spans,
    start: Instant,
    /// Set as long as it is measured: when that began, and the processor time of the relay then.
    began: Option<(Instant, Duration)>,
    /// What it took.
    took: Option<(Duration, Duration)>,
    count: u64,
    delays_us: Vec<u32>,
    late_us: Vec<u32>,
}

impl Figures {
    pub(crate) fn new(pid: u32, spans: Spans) -> Self {
        Self {
            pid,
            spans,
            start: Instant::now(),
            began: None,
            took: None,
            count: 0,
            delays_us: vec![0; LONGEST_US + 1],
            late_us: vec![0; LONGEST_US + 1],
        }
    }

    /// Whether the run is not over. Begins and ends the measuring.
    pub(crate) fn goes_on(&mut self, now: Instant) -> io::Result<bool> {
        let elapsed = now.duration_since(self.start);
        match self.began {
            None if elapsed >= self.spans.warm_up && self.took.is_none() => {
                self.began = Some((now, cpu_time(self.pid)?));
            }
            Some((began, cpu)) if now.duration_since(began) >= self.spans.measured => {
                self.took = Some((now.duration_since(began), cpu_time(self.pid)? - cpu));
                self.began = None;
            }
            _ => {}
        }
        Ok(self.took.is_none())
    }

    /// A datagram has arrived.
    pub(crate) fn arrived(&mut self, delay: Duration) {
        if self.began.is_some() {
            self.count += 1;
            count(&mut self.delays_us, delay);
        }
    }

    /// A datagram was sent so long after it was due.
    pub(crate) fn late(&mut self, by: Duration) {
        if self.began.is_some() {
            count(&mut self.late_us, by);
        }
    }

    pub(crate) fn report(&self, ways: &Ways) -> Result<serde_json::Value, Failed> {
        let (seconds, cpu) = self.took.ok_or("nothing was measured")?;
        let sent: u64 = ways.all.iter().map(|way| way.sent).sum();
        let arrived: u64 = ways.all.iter().map(|way| way.arrived).sum();
        Ok(serde_json::json!({
            "datagrams": self.count,
            "seconds": seconds.as_secs_f64(),
            "cpu_seconds": cpu.as_secs_f64(),
            "per_cpu_second": self.count as f64 / cpu.as_secs_f64(),
            "p50_us": percentile(&self.delays_us, 0.5),
            "p99_us": percentile(&self.delays_us, 0.99),
            "late_p99_us": percentile(&self.late_us, 0.99),
            "lost": sent.saturating_sub(arrived),
        }))
    }
}

fn count(buckets: &mut [u32], delay: Duration) {
    let bucket = usize::try_from(delay.as_micros()).unwrap_or(LONGEST_US);
    buckets[bucket.min(LONGEST_US)] += 1;
}

fn percentile(buckets: &[u32], part: f64) -> Option<usize> {
    let all: u64 = buckets.iter().map(|count| u64::from(*count)).sum();
    let mut rest = (all as f64 * part) as u64;
    buckets.iter().position(|count| {
        let is_here = rest < u64::from(*count);
        rest = rest.saturating_sub(u64::from(*count));
        is_here
    })
}

/// Processor time that a process has used, its threads together, in user and kernel mode (proc_pid_stat(5), fields 14
/// and 15). In steps of 10 ms.
fn cpu_time(pid: u32) -> io::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |number: usize| -> io::Result<u64> {
        let field = fields.get(number - 3).and_then(|field| field.parse().ok());
        field.ok_or_else(|| io::Error::other("cannot read the relay's processor time"))
    };
    let ticks = ticks(14)? + ticks(15)?;
    Ok(Duration::from_secs_f64(
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64,
    ))
}
