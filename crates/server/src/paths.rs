//! The hub's port to the relay: which STUN and TURN servers one leg of a call may use.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub::clock::Clock;
use hub::event::{IceConfig, IceServer};
use hub::id::{AccountId, CallKey, Timestamp};
use hub::paths::Paths;
use stun::Credentials;

use crate::lock::lock;

/// Credentials work so long: longer than any call, and they end with it.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);
/// Calls whose credentials are remembered. Beyond it those that expired are forgotten, then the oldest end: what nobody
/// remembers could not end with its call.
const REMEMBERED: usize = 16_384;
/// Legs of one call that are remembered: more than any call here has.
const MAX_LEGS: usize = 8;
/// Hosts named to a client: more only slow its search for candidates down.
const MAX_HOSTS: usize = 3;

/// Ends what a relay user still has; its name as the relay knows it.
pub type EndUser = Box<dyn Fn(&str) + Send + Sync>;

/// Names the relay of this server to the ends of calls.
pub struct OwnRelay {
    clock: Arc<dyn Clock>,
    secret: [u8; 32],
    /// Hosts and ports as the world knows them.
    hosts: Vec<String>,
    end_user: EndUser,
    issued: Mutex<HashMap<CallKey, (Vec<AccountId>, Timestamp)>>,
}

impl fmt::Debug for OwnRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnRelay")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

impl OwnRelay {
    /// A relay that is reached at `hosts` and accepts what `secret` issues. Without hosts no relay is named.
    #[must_use]
    pub fn new(
        clock: Arc<dyn Clock>,
        secret: [u8; 32],
        hosts: Vec<String>,
        end_user: EndUser,
    ) -> Arc<Self> {
        Arc::new(Self {
            clock,
            secret,
            hosts,
            end_user,
            issued: Mutex::default(),
        })
    }

    fn remember(&self, key: CallKey, leg: AccountId, now: Timestamp, until: Timestamp) {
        let mut issued = lock(&self.issued);
        let mut given_up = None;
        if issued.len() >= REMEMBERED && !issued.contains_key(&key) {
            issued.retain(|_, (_, until)| *until > now);
            if issued.len() >= REMEMBERED {
                let oldest = issued.iter().min_by_key(|(_, (_, until))| *until);
                let oldest = oldest.map(|(oldest, _)| *oldest);
                given_up = oldest.and_then(|oldest| Some((oldest, issued.remove(&oldest)?)));
            }
        }
        let (legs, expires) = issued.entry(key).or_insert_with(|| (Vec::new(), until));
        *expires = until;
        if !legs.contains(&leg) && legs.len() < MAX_LEGS {
            legs.push(leg);
        }
        drop(issued);
        if let Some((oldest, (legs, _))) = given_up {
            self.end_legs(oldest, &legs);
        }
    }

    fn end_legs(&self, key: CallKey, legs: &[AccountId]) {
        for leg in legs {
            (self.end_user)(&user(*leg, key));
        }
    }
}

impl Paths for OwnRelay {
    fn ice(&self, key: CallKey, leg: AccountId, here: bool, relay_only: bool) -> IceConfig {
        // The media endpoints of this server share the relay's port. A browser hands every datagram from its TURN
        // server's address to its TURN client, media of an endpoint there too; and needs no help to reach it.
        if self.hosts.is_empty() || (here && !relay_only) {
            return IceConfig {
                servers: Vec::new(),
                relay_only,
            };
        }
        let now = self.clock.wall();
        let good_for = i64::try_from(GOOD_FOR.as_millis()).unwrap_or(i64::MAX);
        let until = now.plus_ms(good_for);
        self.remember(key, leg, now, until);
        let expires = Duration::from_millis(u64::try_from(until.0).unwrap_or(0));
        let credential = Credentials::issue(&self.secret, &user(leg, key), expires);
        let stun = IceServer {
            urls: self
                .hosts
                .iter()
                .map(|host| format!("stun:{host}"))
                .collect(),
            credentials: None,
        };
        let turn = IceServer {
            urls: self
                .hosts
                .iter()
                .map(|host| format!("turn:{host}?transport=udp"))
                .collect(),
            credentials: Some((credential.username, credential.password)),
        };
        let servers = if relay_only {
            vec![turn]
        } else {
            vec![stun, turn]
        };
        IceConfig {
            servers,
            relay_only,
        }
    }

    fn end(&self, key: CallKey) {
        let ended = lock(&self.issued).remove(&key);
        if let Some((legs, _)) = ended {
            self.end_legs(key, &legs);
        }
    }

    fn end_account(&self, account: AccountId) {
        (self.end_user)(&account.to_string());
    }
}

/// A relay user of one leg of one call; the first part is who is counted.
fn user(leg: AccountId, key: CallKey) -> String {
    format!("{leg}/{key}")
}

/// What to call the UDP sockets at `bound` towards clients: the public names with the first socket's port, else the
/// addresses of this machine that others can reach, else loopback.
#[must_use]
pub fn relay_hosts(public: &[String], bound: &[SocketAddr], machine: &[IpAddr]) -> Vec<String> {
    let Some(first) = bound.first() else {
        return Vec::new();
    };
    if !public.is_empty() {
        return public
            .iter()
            .take(MAX_HOSTS)
            .map(|name| host_port(name, first.port()))
            .collect();
    }
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for socket in bound {
        if !socket.ip().is_unspecified() {
            addresses.push(*socket);
            continue;
        }
        let own = machine
            .iter()
            .filter(|address| address.is_ipv4() == socket.is_ipv4());
        addresses.extend(own.map(|address| SocketAddr::new(*address, socket.port())));
    }
    // Others cannot use loopback, and link-local addresses need a zone that no URI carries.
    let (near, mut far): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .filter(|a| !is_link_local(a.ip()))
        .partition(|a| a.ip().is_loopback());
    if far.is_empty() {
        far = near;
    }
    far.sort_by_key(|address| address.is_ipv6());
    far.dedup();
    far.iter()
        .take(MAX_HOSTS)
        .map(ToString::to_string)
        .collect()
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn host_port(name: &str, port: u16) -> String {
    match name.parse::<IpAddr>() {
        Ok(address) => SocketAddr::new(address, port).to_string(),
        Err(_) => format!("{name}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;

    const KEY: CallKey = CallKey([7; 16]);

    fn relay(ended: Arc<Mutex<Vec<String>>>) -> Arc<OwnRelay> {
        let end = Box::new(move |user: &str| ended.lock().expect("whole").push(user.to_owned()));
        OwnRelay::new(
            Arc::new(SystemClock),
            [1; 32],
            vec!["192.0.2.1:3478".to_owned()],
            end,
        )
    }

    #[test]
    fn a_media_endpoint_here_needs_no_relay_unless_nothing_else_is_allowed() {
        let relay = relay(Arc::default());
        assert_eq!(relay.ice(KEY, AccountId(1), true, false).servers, []);
        let only = relay.ice(KEY, AccountId(1), true, true);
        assert!(only.relay_only && only.servers.len() == 1);
        assert_eq!(only.servers[0].urls, ["turn:192.0.2.1:3478?transport=udp"]);
        let far = relay.ice(KEY, AccountId(1), false, false);
        assert_eq!(far.servers[0].urls, ["stun:192.0.2.1:3478"]);
        let (user, _) = far.servers[1].credentials.clone().expect("for TURN");
        assert!(user.ends_with(&format!(":1/{KEY}")), "{user}");
    }

    #[test]
    fn credentials_end_with_the_call_once_for_each_leg() {
        let ended = Arc::default();
        let relay = relay(Arc::clone(&ended));
        relay.ice(KEY, AccountId(1), false, false);
        relay.ice(KEY, AccountId(1), false, false);
        relay.ice(KEY, AccountId(2), false, true);
        relay.end(KEY);
        relay.end(KEY);
        assert_eq!(
            *ended.lock().expect("whole"),
            [format!("1/{KEY}"), format!("2/{KEY}")]
        );
    }

    #[test]
    fn what_is_forgotten_for_want_of_room_ends_first() {
        let ended = Arc::default();
        let relay = relay(Arc::clone(&ended));
        let key = |number: u32| {
            let mut key = [0; 16];
            key[..4].copy_from_slice(&number.to_be_bytes());
            CallKey(key)
        };
        for number in 0..REMEMBERED {
            relay.ice(key(number as u32), AccountId(1), false, false);
        }
        assert!(ended.lock().expect("whole").is_empty());
        relay.ice(KEY, AccountId(2), false, false);
        let first = ended.lock().expect("whole").clone();
        assert_eq!(first.len(), 1, "one for one, not all");
        // Everybody else's still end with their calls.
        relay.end(KEY);
        (0..REMEMBERED).for_each(|number| relay.end(key(number as u32)));
        let all = ended.lock().expect("whole");
        assert_eq!(all.len(), REMEMBERED + 1);
        assert_eq!(
            all.iter().collect::<std::collections::HashSet<_>>().len(),
            all.len()
        );
    }

    #[test]
    fn all_that_was_made_for_an_account_ends_with_it() {
        let ended = Arc::default();
        let relay = relay(Arc::clone(&ended));
        relay.ice(KEY, AccountId(1), false, false);
        relay.end_account(AccountId(1));
        assert_eq!(*ended.lock().expect("whole"), ["1"]);
    }

    #[test]
    fn the_relay_is_named_so_that_others_reach_it() {
        let bound: Vec<SocketAddr> = ["0.0.0.0:3478", "[::]:3478"]
            .iter()
            .map(|a| a.parse().expect("an address"))
            .collect();
        let machine: Vec<IpAddr> = ["127.0.0.1", "192.168.1.7", "::1", "fe80::1", "2001:db8::7"]
            .iter()
            .map(|a| a.parse().expect("an address"))
            .collect();
        assert_eq!(
            relay_hosts(&[], &bound, &machine),
            ["192.168.1.7:3478", "[2001:db8::7]:3478"]
        );
        assert_eq!(relay_hosts(&[], &bound, &machine[..1]), ["127.0.0.1:3478"]);
        let public = ["skein.example".to_owned(), "2001:db8::9".to_owned()];
        assert_eq!(
            relay_hosts(&public, &bound, &machine),
            ["skein.example:3478", "[2001:db8::9]:3478"]
        );
        let one: Vec<SocketAddr> = vec!["127.0.0.1:4000".parse().expect("an address")];
        assert_eq!(relay_hosts(&[], &one, &machine), ["127.0.0.1:4000"]);
        assert!(relay_hosts(&[], &[], &machine).is_empty());
    }
}
