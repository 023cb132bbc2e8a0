//! Values of the configuration that are more than a string or a number.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;
use serde::de::Error as _;

/// A text that no log and no message may show.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("‹hidden›")
    }
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registration {
    /// Everybody.
    Open,
    /// Whoever has an invitation.
    Invite,
    /// Nobody; the operator makes accounts.
    Closed,
}

/// The shape of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// So many at once, and one more each so many ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// Then one more each so many ms.
    pub every_ms: u64,
}

impl Rate {
    /// One of the hub's own defaults.
    pub(super) fn of(which: impl Fn(&hub::limits::Limits) -> hub::limits::Rate) -> Self {
        let rate = which(&hub::limits::Limits::default());
        let every_ms = u64::try_from(rate.every.as_millis()).unwrap_or(u64::MAX);
        Self {
            burst: rate.burst,
            every_ms,
        }
    }
}

impl From<Rate> for hub::limits::Rate {
    fn from(rate: Rate) -> Self {
        Self::new(rate.burst, std::time::Duration::from_millis(rate.every_ms))
    }
}

/// An address with the number of its leading bits that count: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
/// IPv4 addresses that are written as IPv6 (`::ffff:10.0.0.1`) count as IPv4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Why a prefix could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an address or a prefix such as 10.0.0.0/8 or 2001:db8::/32")]
pub struct NotAPrefix;

impl Prefix {
    /// The address, with the bits that do not count set to zero.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// How many leading bits count.
    #[must_use]
    pub fn length(self) -> u8 {
        self.length
    }

    /// Whether `address` lies in it.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.address.is_ipv4() && masked(address, self.length) == self.address
    }
}

/// `address` with all but its first `length` bits set to zero.
#[must_use]
pub fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(length.min(32)))
                .unwrap_or(0);
            IpAddr::V4((u32::from(v4) & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(length.min(128)))
                .unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}

impl FromStr for Prefix {
    type Err = NotAPrefix;

    fn from_str(text: &str) -> Result<Self, NotAPrefix> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => {
                (address, Some(length.parse::<u8>().map_err(|_| NotAPrefix)?))
            }
            None => (text, None),
        };
        let written: IpAddr = address
            .trim_matches(['[', ']'])
            .parse()
            .map_err(|_| NotAPrefix)?;
        let canonical = written.to_canonical();
        let bits = if canonical.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => bits,
            // ::ffff:10.0.0.0/104 says 10.0.0.0/8.
            Some(length) if written.is_ipv6() && canonical.is_ipv4() => {
                length.checked_sub(96).ok_or(NotAPrefix)?
            }
            Some(length) => length,
        };
        if length > bits {
            return Err(NotAPrefix);
        }
        Ok(Self {
            address: masked(canonical, length),
            length,
        })
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_holds_what_it_says() {
        let table = [
            ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("::ffff:10.0.0.0/104", "10.9.9.9", true),
            ("203.0.113.5", "203.0.113.5", true),
            ("203.0.113.5", "203.0.113.6", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("0.0.0.0/0", "1.2.3.4", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
        ];
        for (prefix, address, inside) in table {
            let prefix: Prefix = prefix.parse().expect(prefix);
            assert_eq!(
                prefix.contains(address.parse().expect(address)),
                inside,
                "{prefix} {address}"
            );
        }
        for wrong in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/-1",
            "::ffff:1.2.3.4/90",
        ] {
            assert!(wrong.parse::<Prefix>().is_err(), "{wrong}");
        }
    }
}
