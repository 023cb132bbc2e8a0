use std::time::Duration;

use stun::{
    Allocations, AllocationsConfig, Credentials, FiveTuple, Flow, ListenAddress, ListenerId,
    RelayAddress, Slot, Verdict,
};

use super::*;

const SECRET: &[u8] = b"of this test";
const UNIX: Duration = Duration::from_secs(1_800_000_000);

fn server() -> SocketAddr {
    "192.0.2.1:3478".parse().expect("an address")
}

fn local() -> SocketAddr {
    "198.51.100.7:5000".parse().expect("an address")
}

/// How a NAT shows us.
fn mapped() -> SocketAddr {
    "203.0.113.9:6000".parse().expect("an address")
}

/// Ways, a relay, and a peer of the relay that keeps what it gets; no time passes between them.
struct World {
    now: Instant,
    ways: Ways,
    relay: Allocations,
    /// Where the relay sees us.
    client: SocketAddr,
    /// Beyond the relay: to whom, what.
    beyond: Vec<(SocketAddr, Vec<u8>)>,
    said: Vec<Output>,
}

impl World {
    fn new(password: &str) -> Self {
        Self::asking(password, &[(local(), server())])
    }

    fn asking(password: &str, questions: &[(SocketAddr, SocketAddr)]) -> Self {
        let now = Instant::now();
        let listen = ListenAddress {
            bound: server(),
            advertised: server(),
        };
        let config = AllocationsConfig {
            listeners: vec![listen],
            relays: vec![RelayAddress {
                bound: server().ip(),
                advertised: server().ip(),
            }],
            credentials: Credentials::new().with_secret(SECRET),
            ..AllocationsConfig::default()
        };
        let relay = Allocations::new(config, now, UNIX, seeded(1));
        let mut credential =
            Credentials::issue(SECRET, "ann/1/call", UNIX + Duration::from_secs(60));
        if !password.is_empty() {
            credential.password = password.to_owned();
        }
        let relays = [Relay {
            server: server(),
            local: local(),
            credential,
        }];
        let ways = Ways::new(now, questions, &relays, &mut seeded(2));
        let mut world = Self {
            now,
            ways,
            relay,
            client: mapped(),
            beyond: Vec::new(),
            said: Vec::new(),
        };
        world.run();
        world
    }

    fn give(&mut self, input: Input) {
        self.ways.handle(self.now, input).expect("infallible");
        self.run();
    }

    /// Carry datagrams until nobody has anything to say.
    fn run(&mut self) {
        for _ in 0..1_000 {
            if let Some(output) = self.ways.poll_output() {
                match output {
                    Output::Transmit {
                        local: from,
                        to,
                        bytes,
                    } if to == server() && from == local() => self.tell_relay(&bytes),
                    other => self.said.push(other),
                }
            } else if let Some(output) = self.relay.poll_output() {
                self.relay_says(output);
            } else {
                return;
            }
        }
        panic!("they never stop talking");
    }

    fn tell_relay(&mut self, bytes: &[u8]) {
        let from = FiveTuple {
            listener: ListenerId(0),
            client: self.client,
        };
        let mut slot = Slot::new(2_048);
        slot.fill(bytes);
        match self.relay.relay(self.now, Flow::Client(from), &mut slot) {
            Verdict::Control => {
                let input = stun::Input::Datagram {
                    from,
                    bytes: bytes.to_vec(),
                };
                self.relay.handle(self.now, input).expect("infallible");
            }
            Verdict::Forward { to, .. } => self.beyond.push((to, slot.content().to_vec())),
            Verdict::Drop(why) => panic!("dropped: {}", why.label()),
        }
    }

    fn relay_says(&mut self, output: stun::Output) {
        match output {
            stun::Output::Transmit { bytes, .. } => {
                let input = Input::Datagram {
                    local: local(),
                    source: server(),
                    bytes,
                };
                self.ways.handle(self.now, input).expect("infallible");
            }
            stun::Output::Open { relay, .. } => {
                self.relay
                    .handle(
                        self.now,
                        stun::Input::Opened {
                            relay,
                            result: Ok(()),
                        },
                    )
                    .expect("infallible");
            }
            stun::Output::Close { .. } => {}
        }
    }

    fn relayed(&self) -> SocketAddr {
        let found = self.said.iter().find_map(|said| match said {
            Output::Found(LocalCandidate::Relayed { address, .. }) => Some(*address),
            _ => None,
        });
        found.expect("a relayed address")
    }
}

#[test]
fn both_kinds_of_addresses_are_found_and_then_it_is_complete() {
    let world = World::new("");
    let reflexive = Output::Found(LocalCandidate::ServerReflexive {
        address: mapped(),
        base: local(),
    });
    assert!(world.said.contains(&reflexive), "{:?}", world.said);
    assert_eq!(world.relayed().ip(), server().ip());
    assert_eq!(world.said.last(), Some(&Output::Complete));
}

#[test]
fn a_relay_that_does_not_know_us_is_said_and_the_rest_goes_on() {
    let world = World::new("wrong");
    let no_relay = Output::NoRelay {
        server: server(),
        why: TurnError::Unauthorized,
    };
    assert!(world.said.contains(&no_relay), "{:?}", world.said);
    assert_eq!(world.said.last(), Some(&Output::Complete));
    assert!(world.ways.is_closed());
}

#[test]
fn the_first_datagram_to_a_peer_waits_for_its_permission_and_is_not_lost() {
    let mut world = World::new("");
    let (source, peer) = (
        world.relayed(),
        "203.0.113.50:7000".parse().expect("an address"),
    );
    world.give(Input::Send {
        source,
        destination: peer,
        bytes: b"check".to_vec(),
    });
    assert_eq!(world.beyond, [(peer, b"check".to_vec())]);
    // Once bound to a channel it goes the same way with less around it.
    world.give(Input::Bind {
        relayed: source,
        peer,
    });
    world.give(Input::Send {
        source,
        destination: peer,
        bytes: b"media".to_vec(),
    });
    assert_eq!(world.beyond[1], (peer, b"media".to_vec()));
}

#[test]
fn a_media_endpoint_at_the_relays_own_address_is_told_apart() {
    let mut world = World::new("");
    world.said.clear();
    // DTLS and RTP are never the relay's.
    for first in [22, 128] {
        world.give(Input::Datagram {
            local: local(),
            source: server(),
            bytes: vec![first; 40],
        });
    }
    // A connectivity check, and an answer to a question that is not ours.
    for class in [Class::Request, Class::Success] {
        let id = stun::TransactionId::random(&mut seeded(9));
        let bytes = stun::MessageWriter::new(class, Method::Binding, id).finish();
        world.give(Input::Datagram {
            local: local(),
            source: server(),
            bytes,
        });
    }
    let arrived = world.said.iter().filter(
        |said| matches!(said, Output::Arrived { destination, .. } if *destination == local()),
    );
    assert_eq!(arrived.count(), 4, "{:?}", world.said);
}

#[test]
fn closing_gives_the_address_back() {
    let mut world = World::new("");
    assert!(!world.ways.is_closed());
    world.give(Input::Close);
    assert!(world.ways.is_closed());
    assert_eq!(world.ways.poll_timeout(), None);
}

#[test]
fn what_waits_for_a_permission_has_a_bound() {
    let now = Instant::now();
    let credential = Credential {
        username: "u".into(),
        password: "p".into(),
    };
    let relays = [Relay {
        server: server(),
        local: local(),
        credential,
    }];
    let mut ways = Ways::new(now, &[], &relays, &mut seeded(3));
    let relayed: SocketAddr = "192.0.2.1:50000".parse().expect("an address");
    ways.relayed[0].address = Some(relayed);
    for n in 0..1_000_u16 {
        let destination = SocketAddr::new([203, 0, 113, 1].into(), 1 + n);
        ways.handle(
            now,
            Input::Send {
                source: relayed,
                destination,
                bytes: vec![1; 100],
            },
        )
        .expect("infallible");
    }
    assert_eq!(ways.relayed[0].held.len(), MAX_HELD);
}

#[test]
fn other_ports_of_a_nat_are_noticed_by_asking_again() {
    // A call that may use relays only asks no server but the relay.
    for questions in [vec![(local(), server())], Vec::new()] {
        let mut world = World::asking("", &questions);
        world.said.clear();
        world.give(Input::AskAgain);
        assert_eq!(world.said, [], "nothing has changed");
        world.client.set_port(6001);
        world.give(Input::AskAgain);
        assert_eq!(world.said, [Output::SeenElsewhere]);
        world.give(Input::AskAgain);
        assert_eq!(
            world.said,
            [Output::SeenElsewhere],
            "nothing has changed since"
        );
    }
}

#[test]
fn a_question_without_an_answer_is_asked_anew_and_a_server_that_never_answered_is_not() {
    let mut world = World::new("");
    let silent = "192.0.2.99:3478".parse().expect("an address");
    let asked = |world: &mut World, after: u64| {
        world.now += Duration::from_millis(after);
        world
            .ways
            .handle(world.now, Input::AskAgain)
            .expect("infallible");
        let outputs: Vec<_> = std::iter::from_fn(|| world.ways.poll_output()).collect();
        outputs
            .iter()
            .filter(|said| matches!(said, Output::Transmit { to, .. } if *to == server()))
            .count()
    };
    // Nothing is carried: the way is cut.
    assert_eq!(
        [0, 500, 500, 500, 500].map(|after| asked(&mut world, after)),
        [1, 0, 0, 0, 1]
    );
    let mut ways = Ways::new(world.now, &[(local(), silent)], &[], &mut seeded(4));
    while ways.poll_output().is_some() {}
    ways.handle(world.now, Input::AskAgain).expect("infallible");
    assert_eq!(ways.poll_output(), None);
}
