//! Who a client really is, when proxies stand in front.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::config::Prefix;

/// At most so many hops are read from the right.
const MAX_HOPS: usize = 32;

/// The client behind trusted proxies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its address, as far as it can be believed.
    pub address: IpAddr,
    /// Whether a trusted proxy says that the client speaks HTTPS to it.
    pub secure: bool,
    /// The host, perhaps with a port, that a trusted proxy says the client has named.
    pub host: Option<String>,
}

/// The client of a request that came from `peer`. Headers count only when `peer` is a trusted proxy, and are read from
/// the right: each trusted hop is believed about the hop before it, and nothing further (RFC 7239 §8.1).
#[must_use]
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[Prefix]) -> Client {
    let is_trusted = |address: IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    let mut address = peer.to_canonical();
    if !is_trusted(address) {
        return Client {
            address,
            secure: false,
            host: None,
        };
    }
    let hops = if headers.contains_key("forwarded") {
        forwarded_for(headers)
    } else {
        list(headers, "x-forwarded-for")
            .map(|hop| node(&hop))
            .collect()
    };
    for hop in hops.into_iter().rev().take(MAX_HOPS) {
        // "unknown", "_hidden" or rubbish: nothing to the left of it can be believed either.
        let Some(hop) = hop else { break };
        address = hop;
        if !is_trusted(address) {
            break;
        }
    }
    Client {
        address,
        secure: is_https(headers),
        host: host(headers),
    }
}

/// What is counted as one client: an IPv4 address, or an IPv6 /64.
#[must_use]
pub fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        v6 @ IpAddr::V6(_) => crate::config::masked(v6, 64),
    }
}

fn is_https(headers: &HeaderMap) -> bool {
    if let Some(scheme) = list(headers, "x-forwarded-proto").last() {
        return scheme.eq_ignore_ascii_case("https");
    }
    list(headers, "forwarded")
        .last()
        .and_then(|element| parameter(&element, "proto"))
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// `X-Forwarded-Host`, else the `host` of `Forwarded` (RFC 7239 §5.3); the nearest proxy is the one that is believed.
fn host(headers: &HeaderMap) -> Option<String> {
    list(headers, "x-forwarded-host").last().or_else(|| {
        list(headers, "forwarded")
            .last()
            .and_then(|element| parameter(&element, "host"))
    })
}

/// The `for` of every element of `Forwarded` (RFC 7239 §4), left to right.
fn forwarded_for(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    list(headers, "forwarded")
        .map(|element| parameter(&element, "for").and_then(|value| node(&value)))
        .collect()
}

fn parameter(element: &str, name: &str) -> Option<String> {
    element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// All elements of a list header, over all its lines.
fn list(headers: &HeaderMap, name: &'static str) -> impl Iterator<Item = String> {
    headers
        .get_all(HeaderName::from_static(name))
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(|element| element.trim().to_owned())
        .filter(|element| !element.is_empty())
}

/// A node of RFC 7239 §6, or an element of `X-Forwarded-For`: an address, perhaps with brackets and a port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    text.parse::<SocketAddr>()
        .ok()
        .map(|socket| socket.ip().to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The other end, the headers, the trusted proxies, and who it really is.
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

    const NONE: &[(&str, &str)] = &[];

    fn seen(peer: &str, lines: &[(&str, &str)], trusted: &[&str]) -> (String, bool) {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                value.parse().expect("a value"),
            );
        }
        let trusted: Vec<Prefix> = trusted
            .iter()
            .map(|p| p.parse().expect("a prefix"))
            .collect();
        let client = client(peer.parse().expect("an address"), &headers, &trusted);
        (client.address.to_string(), client.secure)
    }

    #[test]
    fn headers_count_only_from_trusted_proxies_and_from_the_right() {
        let xff = "x-forwarded-for";
        let table: &[Row<'_>] = &[
            // Nobody in front.
            ("198.51.100.9", NONE, &[], "198.51.100.9"),
            ("198.51.100.9", &[(xff, "9.9.9.1")], &[], "198.51.100.9"),
            (
                "198.51.100.9",
                &[(xff, "9.9.9.1")],
                &["127.0.0.1"],
                "198.51.100.9",
            ),
            (
                "198.51.100.9",
                &[("forwarded", "for=9.9.9.1")],
                &["127.0.0.1"],
                "198.51.100.9",
            ),
            // One proxy; what the client itself claims stands on the left.
            (
                "127.0.0.1",
                &[(xff, "evil, 203.0.113.5")],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
            (
                "127.0.0.1",
                &[(xff, "9.9.9.9, 203.0.113.5")],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
            (
                "127.0.0.1",
                &[(xff, "9.9.9.9"), (xff, "203.0.113.5")],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
            (
                "127.0.0.1",
                &[(xff, "203.0.113.5:4711")],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
            (
                "127.0.0.1",
                &[(xff, "garbage")],
                &["127.0.0.1"],
                "127.0.0.1",
            ),
            ("127.0.0.1", NONE, &["127.0.0.1"], "127.0.0.1"),
            // Two proxies.
            (
                "10.0.0.2",
                &[(xff, "9.9.9.9, 203.0.113.5, 10.0.0.1")],
                &["10.0.0.0/8"],
                "203.0.113.5",
            ),
            (
                "10.0.0.2",
                &[(xff, "203.0.113.5, 192.0.2.1")],
                &["10.0.0.2"],
                "192.0.2.1",
            ),
            // All hops trusted: a client on the inside.
            (
                "10.0.0.2",
                &[(xff, "10.0.0.9, 10.0.0.1")],
                &["10.0.0.0/8"],
                "10.0.0.9",
            ),
            // RFC 7239.
            (
                "127.0.0.1",
                &[("forwarded", "for=\"[2001:db8::1]:4711\"")],
                &["127.0.0.1"],
                "2001:db8::1",
            ),
            (
                "127.0.0.1",
                &[(
                    "forwarded",
                    "for=9.9.9.9, for=203.0.113.5;proto=https;by=10.0.0.1",
                )],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
            (
                "127.0.0.1",
                &[("forwarded", "for=9.9.9.9, for=unknown")],
                &["127.0.0.1"],
                "127.0.0.1",
            ),
            (
                "127.0.0.1",
                &[("forwarded", "for=9.9.9.9, for=_secret")],
                &["127.0.0.1"],
                "127.0.0.1",
            ),
            (
                "127.0.0.1",
                &[("Forwarded", "For=\"203.0.113.5\""), (xff, "9.9.9.9")],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
            // IPv4 written as IPv6.
            (
                "::ffff:127.0.0.1",
                &[(xff, "::ffff:203.0.113.5")],
                &["127.0.0.1"],
                "203.0.113.5",
            ),
        ];
        for (peer, lines, trusted, want) in table {
            assert_eq!(
                seen(peer, lines, trusted).0,
                *want,
                "{peer} {lines:?} {trusted:?}"
            );
        }
    }

    #[test]
    fn https_is_believed_from_trusted_proxies_only() {
        let https = &[("x-forwarded-proto", "https")];
        assert!(seen("127.0.0.1", https, &["127.0.0.1"]).1);
        assert!(!seen("198.51.100.9", https, &["127.0.0.1"]).1);
        assert!(
            !seen(
                "127.0.0.1",
                &[("x-forwarded-proto", "https, http")],
                &["127.0.0.1"]
            )
            .1
        );
        assert!(
            seen(
                "127.0.0.1",
                &[("forwarded", "for=1.1.1.1;proto=https")],
                &["127.0.0.1"]
            )
            .1
        );
    }

    #[test]
    fn sixty_five_thousand_addresses_of_one_64_are_one_client() {
        let one = counted("2001:db8:1:2::".parse().expect("v6"));
        for last in 0..=u16::MAX {
            let address: IpAddr = format!("2001:db8:1:2:ffff:0:0:{last:x}")
                .parse()
                .expect("v6");
            assert_eq!(counted(address), one);
        }
        assert_ne!(counted("2001:db8:1:3::1".parse().expect("v6")), one);
        let v4: IpAddr = "203.0.113.5".parse().expect("v4");
        assert_eq!(counted("::ffff:203.0.113.5".parse().expect("mapped")), v4);
    }
}
