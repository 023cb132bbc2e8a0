//! Which datagrams are for which media endpoint: by ufrag first, then by 5-tuple.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Instant;

use stun::{Class, Message, Method};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use super::MediaDatagram;

/// Addresses that one endpoint may hear from; the one that has been silent longest makes room. Whoever knows a ufrag
/// can make entries (only the endpoint can check the signature), so there have to be few.
const MAX_TUPLES: usize = 64;
/// Names that one endpoint may have, after many ICE restarts.
const MAX_UFRAGS: usize = 16;

/// A far address and the listening address of ours, as advertised.
type Tuple = (SocketAddr, SocketAddr);

#[derive(Debug)]
struct Endpoint {
    inbox: mpsc::Sender<MediaDatagram>,
    ufrags: Vec<String>,
    tuples: Vec<Tuple>,
}

#[derive(Debug)]
struct Heard {
    endpoint: u64,
    last: Instant,
}

/// What became of a datagram for an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Done,
    Full,
    /// The endpoint has gone without saying so.
    Gone,
}

/// All media endpoints of this server.
#[derive(Debug, Default)]
pub(super) struct Endpoints {
    all: HashMap<u64, Endpoint>,
    by_ufrag: HashMap<String, u64>,
    by_tuple: HashMap<Tuple, Heard>,
}

impl Endpoints {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn register(
        &mut self,
        endpoint: u64,
        ufrag: String,
        inbox: mpsc::Sender<MediaDatagram>,
    ) {
        self.by_ufrag.insert(ufrag.clone(), endpoint);
        let ufrags = vec![ufrag];
        self.all.insert(
            endpoint,
            Endpoint {
                inbox,
                ufrags,
                tuples: Vec::new(),
            },
        );
    }

    pub(super) fn add_ufrag(&mut self, endpoint: u64, ufrag: String) {
        let Some(known) = self.all.get_mut(&endpoint) else {
            return;
        };
        if known.ufrags.len() >= MAX_UFRAGS {
            let oldest = known.ufrags.remove(0);
            self.by_ufrag.remove(&oldest);
        }
        known.ufrags.push(ufrag.clone());
        self.by_ufrag.insert(ufrag, endpoint);
    }

    pub(super) fn unregister(&mut self, endpoint: u64) {
        let Some(known) = self.all.remove(&endpoint) else {
            return;
        };
        for ufrag in known.ufrags {
            if self.by_ufrag.get(&ufrag) == Some(&endpoint) {
                self.by_ufrag.remove(&ufrag);
            }
        }
        for tuple in known.tuples {
            if self
                .by_tuple
                .get(&tuple)
                .is_some_and(|heard| heard.endpoint == endpoint)
            {
                self.by_tuple.remove(&tuple);
            }
        }
    }

    /// Whose STUN message this is, if it is a media endpoint's at all: a check by its ufrag, everything else by whom
    /// it comes from.
    pub(super) fn claim_stun(&mut self, now: Instant, tuple: Tuple, bytes: &[u8]) -> Option<u64> {
        if self.all.is_empty() {
            return None;
        }
        let message = Message::decode(bytes).ok()?;
        if message.method() != Method::Binding {
            return None;
        }
        if message.class() != Class::Request {
            return self.claim(now, tuple);
        }
        // RFC 8445 §7.2.2: the receiver's ufrag, a colon, the sender's.
        let (local, _) = message.username()?.split_once(':')?;
        let endpoint = *self.by_ufrag.get(local)?;
        self.learn(now, tuple, endpoint);
        Some(endpoint)
    }

    /// Whose peer this is.
    pub(super) fn claim(&mut self, now: Instant, tuple: Tuple) -> Option<u64> {
        let heard = self.by_tuple.get_mut(&tuple)?;
        heard.last = now;
        Some(heard.endpoint)
    }

    /// `endpoint` hears from, or speaks to, this address.
    pub(super) fn learn(&mut self, now: Instant, tuple: Tuple, endpoint: u64) {
        if let Some(heard) = self.by_tuple.get_mut(&tuple)
            && heard.endpoint == endpoint
        {
            heard.last = now;
            return;
        }
        let Some(known) = self.all.get_mut(&endpoint) else {
            return;
        };
        if known.tuples.len() >= MAX_TUPLES {
            let by_tuple = &self.by_tuple;
            let silence = |tuple: &Tuple| by_tuple.get(tuple).map(|heard| heard.last);
            let oldest = (0..known.tuples.len()).min_by_key(|at| silence(&known.tuples[*at]));
            let oldest = known.tuples.swap_remove(oldest.expect("there are some"));
            if self
                .by_tuple
                .get(&oldest)
                .is_some_and(|heard| heard.endpoint == endpoint)
            {
                self.by_tuple.remove(&oldest);
            }
        }
        known.tuples.push(tuple);
        self.by_tuple.insert(
            tuple,
            Heard {
                endpoint,
                last: now,
            },
        );
    }

    pub(super) fn deliver(&mut self, endpoint: u64, datagram: MediaDatagram) -> Delivery {
        let Some(known) = self.all.get(&endpoint) else {
            return Delivery::Gone;
        };
        match known.inbox.try_send(datagram) {
            Ok(()) => Delivery::Done,
            Err(TrySendError::Full(_)) => Delivery::Full,
            Err(TrySendError::Closed(_)) => Delivery::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use stun::{Attribute, MessageWriter, TransactionId};

    use super::*;

    fn at(port: u16) -> Tuple {
        (
            ([198, 51, 100, 1], port).into(),
            ([192, 0, 2, 1], 3478).into(),
        )
    }

    fn check(username: &str) -> Vec<u8> {
        let id = TransactionId::new([1; 12]);
        let mut writer = MessageWriter::new(Class::Request, Method::Binding, id);
        writer.attribute(&Attribute::Username(username));
        writer.finish()
    }

    fn with_one() -> (Endpoints, mpsc::Receiver<MediaDatagram>) {
        let (inbox, receiver) = mpsc::channel(1);
        let mut endpoints = Endpoints::default();
        endpoints.register(1, "ours".to_owned(), inbox);
        (endpoints, receiver)
    }

    #[test]
    fn a_check_names_its_endpoint_and_the_address_is_known_from_then_on() {
        let (mut endpoints, _receiver) = with_one();
        let now = Instant::now();
        assert_eq!(endpoints.claim(now, at(1)), None);
        for foreign in ["theirs:ours", "ours", "our:s", "ours2:x"] {
            assert_eq!(
                endpoints.claim_stun(now, at(1), &check(foreign)),
                None,
                "{foreign}"
            );
        }
        assert_eq!(
            endpoints.claim_stun(now, at(1), &check("ours:theirs")),
            Some(1)
        );
        assert_eq!(endpoints.claim(now, at(1)), Some(1));
        assert_eq!(endpoints.claim(now, at(2)), None);
        let restarted = check("again:theirs");
        assert_eq!(endpoints.claim_stun(now, at(1), &restarted), None);
        endpoints.add_ufrag(1, "again".to_owned());
        assert_eq!(endpoints.claim_stun(now, at(1), &restarted), Some(1));
    }

    #[test]
    fn an_endpoint_that_left_leaves_nothing_behind() {
        let (mut endpoints, receiver) = with_one();
        let now = Instant::now();
        endpoints.claim_stun(now, at(1), &check("ours:theirs"));
        drop(receiver);
        let datagram = MediaDatagram {
            source: at(1).0,
            destination: at(1).1,
            bytes: Vec::new(),
        };
        assert_eq!(endpoints.deliver(1, datagram), Delivery::Gone);
        endpoints.unregister(1);
        assert_eq!(endpoints.claim(now, at(1)), None);
        assert!(endpoints.by_ufrag.is_empty() && endpoints.by_tuple.is_empty());
    }

    #[test]
    fn forged_addresses_never_push_out_the_one_that_speaks() {
        let (mut endpoints, _receiver) = with_one();
        let mut now = Instant::now();
        for port in 0..10_000 {
            now += Duration::from_millis(1);
            endpoints.claim_stun(now, at(port + 1), &check("ours:forged"));
            if port % 10 == 0 {
                endpoints.learn(now, at(0), 1);
            }
        }
        assert_eq!(endpoints.claim(now, at(0)), Some(1));
        assert_eq!(endpoints.by_tuple.len(), MAX_TUPLES);
    }

    #[test]
    fn a_full_inbox_drops_and_says_so() {
        let (mut endpoints, _receiver) = with_one();
        let datagram = MediaDatagram {
            source: at(1).0,
            destination: at(1).1,
            bytes: Vec::new(),
        };
        assert_eq!(endpoints.deliver(1, datagram.clone()), Delivery::Done);
        assert_eq!(endpoints.deliver(1, datagram), Delivery::Full);
    }
}
