//! Which peers a relay may reach (RFC 8656 §10.2, §11.2, §12.2, §21).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// A range of addresses, `10.0.0.0/8` or `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Why a text is not a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a prefix like 10.0.0.0/8 or fd00::/8")]
pub struct PrefixError;

impl Prefix {
    /// The addresses that share the first `length` bits with `address`.
    pub fn new(address: IpAddr, length: u8) -> Result<Self, PrefixError> {
        let most = if address.is_ipv4() { 32 } else { 128 };
        if length > most {
            Err(PrefixError)
        } else {
            Ok(Self { address, length })
        }
    }

    /// Whether `ip`, as it is written, lies in it: a mapped or translated address is in no IPv4 prefix.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip) {
            (IpAddr::V4(net), IpAddr::V4(ip)) => {
                let shift = 32 - u32::from(self.length);
                (net.to_bits() ^ ip.to_bits())
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(net), IpAddr::V6(ip)) => {
                let shift = 128 - u32::from(self.length);
                (net.to_bits() ^ ip.to_bits())
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Self, PrefixError> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| PrefixError)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length
            .map_or(Ok(most), str::parse)
            .map_err(|_| PrefixError)?;
        Self::new(address, length)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// How a peer's address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// It is one of this server's own: look in the table of relayed addresses and media endpoints first.
    pub(super) own: bool,
    /// Datagrams may go to it, and come from it, through the network.
    pub(super) network: bool,
}

/// The operator's rules about peers.
#[derive(Debug, Clone, Default)]
pub(super) struct PeerRules {
    pub(super) allowed: Vec<Prefix>,
    /// Every address of this host that we know of, inside and outside.
    pub(super) own: Vec<IpAddr>,
    /// Those of `own` that relayed addresses and media endpoints are advertised with.
    pub(super) served: Vec<IpAddr>,
}

impl PeerRules {
    /// How `ip` may be reached; `None` is 403.
    pub(super) fn reach(&self, ip: IpAddr) -> Option<Reach> {
        if is_never_a_peer(ip) {
            return None;
        }
        let own = self.own.contains(&ip) || self.served.contains(&ip);
        if self.is_allowed(ip) {
            return Some(Reach { own, network: true });
        }
        if own {
            // Our own address reaches what the table knows and nothing else on this host.
            return self.served.contains(&ip).then_some(Reach {
                own,
                network: false,
            });
        }
        let internal = match embedded(ip) {
            Some(inner) => {
                let inner = IpAddr::V4(inner);
                is_never_a_peer(inner)
                    || self.own.contains(&inner)
                    || (is_internal(inner) && !self.is_allowed(inner))
            }
            None => is_internal(ip),
        };
        (!internal).then_some(Reach { own, network: true })
    }

    fn is_allowed(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|prefix| prefix.contains(ip))
    }
}

/// Whether `ip` lies in a range that is not the public Internet's, so that the relay refuses it unless the operator
/// names its prefix. IPv6 spellings of an IPv4 address count as that address.
#[must_use]
pub fn is_internal(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => INTERNAL_V4
            .iter()
            .any(|(net, length)| in_v4(ip, *net, *length)),
        IpAddr::V6(ip) => match embedded(IpAddr::V6(ip)) {
            Some(inner) => is_internal(IpAddr::V4(inner)),
            None => INTERNAL_V6
                .iter()
                .any(|(net, length)| in_v6(ip, *net, *length)),
        },
    }
}

/// Not even a prefix of the operator opens these: no host, many hosts, or a spelling that must not be on the wire.
fn is_never_a_peer(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            in_v4(ip, Ipv4Addr::UNSPECIFIED, 8) || ip.is_multicast() || ip.is_broadcast()
        }
        // ::/96 holds the unspecified address and IPv4-compatible ones; ::1 can be opened like 127.0.0.1.
        IpAddr::V6(ip) => {
            ip.is_multicast()
                || ip.to_ipv4_mapped().is_some()
                || (in_v6(ip, Ipv6Addr::UNSPECIFIED, 96) && !ip.is_loopback())
        }
    }
}

/// Private, shared, link-local, loopback and reserved ranges (IANA special-purpose registry). Documentation ranges
/// are missing on purpose: nobody lives there.
const INTERNAL_V4: [(Ipv4Addr, u32); 11] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

const INTERNAL_V6: [(Ipv6Addr, u32); 8] = [
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48), // local-use NAT64
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),     // discard
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32),    // Teredo hides an IPv4 address
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),     // unique local
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),    // link-local
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),    // site-local, deprecated
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),     // multicast
];

/// The IPv4 address that a translator or tunnel would take out of `ip`: mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return None };
    let s = ip.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        [0x2002, high, low, ..] => Some(join(high, low)),
        // ISATAP (RFC 5214 §6.1): the interface id is 0000:5efe or 0200:5efe and the address.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(join(high, low)),
        _ => None,
    }
}

fn in_v4(ip: Ipv4Addr, net: Ipv4Addr, length: u32) -> bool {
    (ip.to_bits() ^ net.to_bits()) >> (32 - length) == 0
}

fn in_v6(ip: Ipv6Addr, net: Ipv6Addr, length: u32) -> bool {
    (ip.to_bits() ^ net.to_bits()) >> (128 - length) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn prefixes_are_read_and_hold_what_they_say() {
        let ten: Prefix = "10.0.0.0/8".parse().expect("a prefix");
        assert!(ten.contains(ip("10.255.1.2")) && !ten.contains(ip("11.0.0.1")));
        assert!(!ten.contains(ip("::ffff:10.1.1.1")));
        let all: Prefix = "::/0".parse().expect("a prefix");
        assert!(all.contains(ip("fd00::1")) && !all.contains(ip("1.2.3.4")));
        let one: Prefix = "192.168.1.7".parse().expect("a single address");
        assert!(one.contains(ip("192.168.1.7")) && !one.contains(ip("192.168.1.6")));
        for bad in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "fd00::/129",
            "10.0.0.0/-1",
            "x/8",
        ] {
            assert_eq!(bad.parse::<Prefix>(), Err(PrefixError), "{bad}");
        }
    }

    #[test]
    fn a_prefix_opens_a_range_but_never_nobody_everybody_or_a_second_spelling() {
        let rules = PeerRules {
            allowed: vec![
                "0.0.0.0/0".parse().expect("all"),
                "::/0".parse().expect("all"),
            ],
            ..PeerRules::default()
        };
        let network = Some(Reach {
            own: false,
            network: true,
        });
        for open in ["127.0.0.1", "10.1.1.1", "::1", "fd00::1", "64:ff9b::7f00:1"] {
            assert_eq!(rules.reach(ip(open)), network, "{open}");
        }
        for shut in [
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "::ffff:8.8.8.8",
            "::8.8.8.8",
            "224.0.0.1",
            "ff02::1",
        ] {
            assert_eq!(rules.reach(ip(shut)), None, "{shut}");
        }
    }

    #[test]
    fn translated_spellings_follow_the_address_inside() {
        let closed = PeerRules::default();
        for shut in [
            "64:ff9b::a00:1",
            "2002:a00:1::1",
            "2001:db8::5efe:10.0.0.1",
            "2001::1",
        ] {
            assert_eq!(closed.reach(ip(shut)), None, "{shut}");
        }
        assert!(closed.reach(ip("64:ff9b::808:808")).is_some());
        let lan = PeerRules {
            allowed: vec!["10.0.0.0/8".parse().expect("ten")],
            ..closed
        };
        assert!(lan.reach(ip("64:ff9b::a00:1")).is_some());
    }
}
