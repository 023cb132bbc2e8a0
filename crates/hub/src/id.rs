//! Ids, positions and times.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why an id could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this hub")]
pub struct NotAnId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.len() > 19 || !text.bytes().all(|b| b.is_ascii_digit()) { return Err(NotAnId); }
                text.parse().map(Self).map_err(|_| NotAnId)
            }
        }
    )* };
}

ids! {
    /// An account.
    AccountId
    /// A device of an account.
    DeviceId
    /// One connection of a device; lives in one process.
    EndpointId
    /// A conversation.
    ConversationId
    /// A call, inside the hub; people know it by its [`CallKey`].
    CallId
    /// A report to the operator.
    ReportId
    /// A stored object (a file, a picture).
    ObjectId
    /// A place in the one log of the hub, in commit order. Monotone, not dense.
    Pos
}

/// A message's id is its position.
pub type MessageId = Pos;

/// The log an event belongs to: the id of an account or of a conversation. Ids are unique across both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(pub i64);

impl From<AccountId> for StreamId {
    fn from(id: AccountId) -> Self {
        Self(id.0)
    }
}

impl From<ConversationId> for StreamId {
    fn from(id: ConversationId) -> Self {
        Self(id.0)
    }
}

/// Milliseconds since 1970, UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment plus `ms` milliseconds.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Pos {
    /// The first position that a batch committed at `now` may use: above `last`, and never behind the clock.
    #[must_use]
    pub fn next(last: Self, now: Timestamp) -> Self {
        Self((last.0 + 1).max(now.0.max(0) << 21))
    }

    /// When it was given out, unless the clock was behind.
    #[must_use]
    pub fn time(self) -> Timestamp {
        Timestamp(self.0 >> 21)
    }
}

/// A call's name: 16 random bytes made by the caller, 32 hexadecimal digits in text. The smaller of two survives when
/// both sides call at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallKey(pub [u8; 16]);

impl fmt::Display for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for CallKey {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let mut key = [0; 16];
        hex::decode_to_slice(text, &mut key).map_err(|_| NotAnId)?;
        Ok(Self(key))
    }
}

/// What a device called the thing it makes: 1 to 64 bytes, kept and echoed as sent, unique per device.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(String);

impl ClientId {
    /// Accepts 1 to 64 bytes.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAnId> {
        let text = text.into();
        if (1..=64).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err(NotAnId)
        }
    }

    /// As it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Mints ids: 42 bits of milliseconds, 10 bits of node, 11 bits of count; never backwards, whatever the clock does.
#[derive(Debug, Default)]
pub struct Mint {
    node: u16,
    last: i64,
}

impl Mint {
    /// A mint for process `node` (0–1023) of an installation whose newest position is `head`: whatever was minted before
    /// stands at or below it, so that a clock that was set back between two starts gives no id twice.
    #[must_use]
    pub fn new(node: u16, head: Pos) -> Self {
        Self {
            node: node & 0x3ff,
            last: ((head.0 >> 21) + 1) << 11,
        }
    }

    /// The next id at `now`.
    pub fn next(&mut self, now: Timestamp) -> i64 {
        // `last` holds ms·2¹¹ + count: a hybrid clock that runs ahead of the wall clock when it must.
        self.last = (now.0.max(0) << 11).max(self.last + 1);
        let (ms, count) = (self.last >> 11, self.last & 0x7ff);
        (ms << 21) | (i64::from(self.node) << 11) | count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_even_when_the_clock_steps_back() {
        let mut mint = Mint::new(3, Pos(0));
        let mut last = 0;
        for now in [5_000, 5_000, 1_000, 9_000, 8_000] {
            for _ in 0..3_000 {
                let id = mint.next(Timestamp(now));
                assert!(id > last, "{id} after {last}");
                last = id;
            }
        }
    }

    #[test]
    fn a_clock_set_back_between_two_starts_gives_no_id_twice() {
        let now = Timestamp(9_000);
        let before = Mint::new(1, Pos(0)).next(now);
        let head = Pos::next(Pos(0), now);
        assert!(Mint::new(1, head).next(Timestamp(1_000)) > before);
    }

    #[test]
    fn ids_of_two_nodes_differ() {
        let (mut a, mut b) = (Mint::new(1, Pos(0)), Mint::new(2, Pos(0)));
        assert_ne!(a.next(Timestamp(7)), b.next(Timestamp(7)));
    }

    #[test]
    fn a_signed_or_padded_number_is_not_an_id() {
        for text in ["", "-1", "+1", " 1", "1 ", "99999999999999999999", "0x1"] {
            assert!(text.parse::<AccountId>().is_err(), "{text:?}");
        }
        assert_eq!("42".parse(), Ok(AccountId(42)));
    }
}
