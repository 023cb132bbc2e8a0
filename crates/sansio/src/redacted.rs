//! Values that must not reach a log by accident.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

static REVEAL: AtomicBool = AtomicBool::new(false);

/// Let [`Redacted`] values show themselves: the operator's decision, made once at start.
pub fn reveal_redacted(yes: bool) {
    REVEAL.store(yes, Ordering::Relaxed);
}

/// A name, address or key that prints as `‹hidden›` unless the operator asked to see such values.
///
/// ```
/// let name = sansio::Redacted("ana".to_owned());
/// assert_eq!(format!("{name} {name:?}"), "‹hidden› ‹hidden›");
/// assert_eq!(name.0, "ana");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Redacted<T>(pub T);

impl<T: fmt::Display> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if REVEAL.load(Ordering::Relaxed) {
            self.0.fmt(f)
        } else {
            f.write_str("‹hidden›")
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if REVEAL.load(Ordering::Relaxed) {
            self.0.fmt(f)
        } else {
            f.write_str("‹hidden›")
        }
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}
