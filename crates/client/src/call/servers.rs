//! STUN and TURN servers as the server names them: `stun:` and `turn:` addresses (RFC 7064, RFC 7065).

use std::net::SocketAddr;
use std::time::Duration;

use stun::Credential;
use webapi::skein::{IceConfig, IceServer};

/// How long a name may take to be looked up.
const LOOK_UP: Duration = Duration::from_secs(3);
/// Servers of each kind that are used; more only slow the call down.
const MAX_SERVERS: usize = 8;
/// The port of both when none is named (RFC 8489 §18.4).
const PORT: u16 = 3478;

/// What a URI says, over UDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stun,
    Turn,
}

/// Servers, looked up.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Servers {
    pub(super) stun: Vec<SocketAddr>,
    pub(super) turn: Vec<(SocketAddr, Credential)>,
}

impl Servers {
    /// Look everything up; names that cannot be found are left out.
    pub(super) async fn look_up(config: &IceConfig) -> Self {
        let mut servers = Self::default();
        for server in &config.servers {
            for url in &server.urls {
                match parse(url) {
                    Some((kind, host, port)) => servers.add(kind, server, host, port).await,
                    None => {
                        tracing::debug!(url, "a server that is not reached over UDP is left out")
                    }
                }
            }
        }
        servers
    }

    async fn add(&mut self, kind: Kind, server: &IceServer, host: &str, port: u16) {
        let found = match tokio::time::timeout(LOOK_UP, tokio::net::lookup_host((host, port))).await
        {
            Ok(Ok(found)) => found.collect::<Vec<_>>(),
            _ => {
                tracing::debug!(host, "a server's name cannot be looked up");
                return;
            }
        };
        // One address of each family: the others lead to the same server.
        let first = |v4: bool| {
            found
                .iter()
                .find(|address| address.is_ipv4() == v4)
                .copied()
        };
        for address in [first(true), first(false)].into_iter().flatten() {
            match (kind, &server.username, &server.credential) {
                (Kind::Stun, ..) => {
                    if self.stun.len() < MAX_SERVERS && !self.stun.contains(&address) {
                        self.stun.push(address);
                    }
                }
                (Kind::Turn, Some(username), Some(password)) => {
                    if self.turn.len() < MAX_SERVERS
                        && self.turn.iter().all(|(known, _)| *known != address)
                    {
                        let credential = Credential {
                            username: username.clone(),
                            password: password.clone(),
                        };
                        self.turn.push((address, credential));
                    }
                }
                (Kind::Turn, ..) => {
                    tracing::debug!(host, "a relay without credentials is left out")
                }
            }
        }
    }
}

fn parse(url: &str) -> Option<(Kind, &str, u16)> {
    let (scheme, rest) = url.split_once(':')?;
    let kind = match scheme {
        "stun" => Kind::Stun,
        "turn" => Kind::Turn,
        _ => return None,
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if query.split('&').any(|pair| {
        pair.strip_prefix("transport=")
            .is_some_and(|transport| transport != "udp")
    }) {
        return None;
    }
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']')?;
            (host, port.strip_prefix(':'))
        }
        None => match place.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    if host.is_empty() {
        return None;
    }
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None => PORT,
    };
    Some((kind, host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_read_as_the_rfcs_write_them() {
        for (url, want) in [
            ("stun:example.org", Some((Kind::Stun, "example.org", 3478))),
            ("stun:192.0.2.1:9", Some((Kind::Stun, "192.0.2.1", 9))),
            (
                "turn:[2001:db8::1]:3479?transport=udp",
                Some((Kind::Turn, "2001:db8::1", 3479)),
            ),
            (
                "turn:[2001:db8::1]",
                Some((Kind::Turn, "2001:db8::1", 3478)),
            ),
            ("turn:example.org:1?transport=tcp", None),
            ("turns:example.org", None),
            ("turn:", None),
            ("turn::1", None),
            ("stun:example.org:0", None),
            ("stun:example.org:99999", None),
            ("https://example.org", None),
            ("", None),
        ] {
            assert_eq!(parse(url), want, "{url}");
        }
    }

    #[tokio::test]
    async fn relays_need_credentials_and_nothing_is_taken_twice() {
        let server = |urls: &[&str], known: bool| IceServer {
            urls: urls.iter().map(|u| (*u).to_owned()).collect(),
            username: known.then(|| "u".to_owned()),
            credential: known.then(|| "p".to_owned()),
        };
        let config = IceConfig {
            servers: vec![
                server(
                    &["stun:127.0.0.1:1", "stun:127.0.0.1:1", "turn:127.0.0.1:2"],
                    false,
                ),
                server(
                    &[
                        "turn:127.0.0.1:3",
                        "turn:127.0.0.1:3?transport=udp",
                        "turn:no-such-name.invalid",
                    ],
                    true,
                ),
            ],
            relay_only: false,
        };
        let servers = Servers::look_up(&config).await;
        assert_eq!(servers.stun.len(), 1);
        assert_eq!(
            servers
                .turn
                .iter()
                .map(|(a, _)| a.port())
                .collect::<Vec<_>>(),
            [3]
        );
    }
}
