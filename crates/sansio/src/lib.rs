//! The ground under every protocol: machines without I/O, redaction, seeded chance.
//!
//! A [`Machine`] is fed bytes and time and answers with bytes and wishes. It owns no socket, reads no clock and
//! spawns no task; a thin *shell* does that for it. So hours of protocol run in milliseconds of a test, and every
//! run can be repeated from its seed.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use sansio::Machine;
//!
//! /// Says "late" when nobody spoke for a second.
//! struct Watchdog { deadline: Instant, said: Option<&'static str> }
//!
//! impl Machine for Watchdog {
//!     type Input = Option<()>;
//!     type Output = &'static str;
//!     type Error = std::convert::Infallible;
//!     fn handle(&mut self, now: Instant, input: Option<()>) -> Result<(), Self::Error> {
//!         match input {
//!             Some(()) => self.deadline = now + Duration::from_secs(1),
//!             None if now >= self.deadline => {
//!                 self.said = Some("late");
//!                 self.deadline = now + Duration::from_secs(1);
//!             }
//!             None => {}
//!         }
//!         Ok(())
//!     }
//!     fn poll_output(&mut self) -> Option<&'static str> { self.said.take() }
//!     fn poll_timeout(&self) -> Option<Instant> { Some(self.deadline) }
//! }
//!
//! # fn main() {
//! # #[allow(clippy::disallowed_methods, reason = "a test has to begin somewhere")]
//! let begin = Instant::now();
//! let mut dog = Watchdog { deadline: begin + Duration::from_secs(1), said: None };
//! let later = dog.poll_timeout().expect("always armed");
//! dog.handle(later, None).expect("infallible");
//! assert_eq!(dog.poll_output(), Some("late"));
//! # }
//! ```

mod redacted;
pub mod rng;
mod timers;

#[cfg(feature = "sim")]
pub mod sim;

pub use redacted::{Redacted, reveal_redacted};
pub use timers::Timers;

use std::time::Instant;

/// Bytes and time go in, bytes and wishes come out. No I/O, no clock, no tasks.
///
/// The one rule: feed exactly one thing, then drain [`poll_output`](Machine::poll_output) until it is empty, then ask
/// [`poll_timeout`](Machine::poll_timeout) when to come back.
pub trait Machine {
    /// What can happen to it: a datagram, a command, an answer, a timeout.
    type Input;
    /// What it wants done: send, ask, tell, close.
    type Output;
    /// Why an input was refused. A peer's rubbish is not an error; misuse by the shell is.
    type Error;

    /// Feed exactly one thing that happened at `now`; then drain `poll_output` before feeding the next.
    fn handle(&mut self, now: Instant, input: Self::Input) -> Result<(), Self::Error>;

    /// The next thing to do, oldest first; `None` when there is nothing left.
    fn poll_output(&mut self) -> Option<Self::Output>;

    /// When to feed a timeout if nothing else happens first.
    fn poll_timeout(&self) -> Option<Instant>;
}
