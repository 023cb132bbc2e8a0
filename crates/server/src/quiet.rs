//! Lines of the log that a stranger could cause without end.

use std::time::{Duration, Instant};

/// At most one line of each kind in this time.
const EVERY: Duration = Duration::from_secs(10);

/// Says a line at most once in ten seconds, and how many were left out.
#[derive(Debug, Default)]
pub(crate) struct Quiet {
    last: Option<Instant>,
    missed: u64,
}

impl Quiet {
    /// Calls `say` with how many were left out before it, or counts one more.
    pub(crate) fn line(&mut self, now: Instant, say: impl FnOnce(u64)) {
        if self.last.is_some_and(|last| now - last < EVERY) {
            self.missed += 1;
            return;
        }
        say(std::mem::take(&mut self.missed));
        self.last = Some(now);
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_once_in_ten_seconds_and_says_how_many_did_not() {
        let begin = Instant::now();
        let (mut quiet, mut said) = (Quiet::default(), Vec::new());
        for second in 0..25 {
            let now = begin + Duration::from_secs(second);
            quiet.line(now, |missed| said.push((second, missed)));
        }
        assert_eq!(said, [(0, 0), (10, 9), (20, 9)]);
    }
}
