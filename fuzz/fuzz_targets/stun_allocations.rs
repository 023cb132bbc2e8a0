//! A relay that is sent anything, by anybody, at any time, goes on and stays within its bounds.
//!
//! The input is a script: a byte that says what happens, a length, and that many bytes.
#![no_main]

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use sansio::Machine;
use stun::{
    Allocations, AllocationsConfig, Attribute, Class, Credentials, FiveTuple, Flow, Input, Key,
    ListenAddress, ListenerId, Message, MessageWriter, Method, OpenError, Output,
    PasswordAlgorithm, RelayAddress, RelayId, Slot, TransactionId, Verdict,
};

struct World {
    relay: Allocations,
    now: Instant,
    sockets: HashSet<RelayId>,
    nonces: Vec<String>,
    counter: u8,
}

impl World {
    fn handle(&mut self, input: Input, fail: bool) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.relay.handle(self.now, input).expect("infallible");
            while let Some(output) = self.relay.poll_output() {
                match output {
                    Output::Transmit { bytes, .. } => {
                        let answer = Message::decode(&bytes).expect("the relay writes good messages");
                        if let Some(nonce) = answer.nonce() {
                            self.nonces = vec![nonce.to_owned()];
                        }
                    }
                    Output::Open { relay, .. } => {
                        let result = if fail { Err(OpenError::PortTaken) } else { Ok(()) };
                        if result.is_ok() {
                            assert!(self.sockets.insert(relay), "opened twice");
                        }
                        inputs.push(Input::Opened { relay, result });
                    }
                    Output::Close { relay } => {
                        self.sockets.remove(&relay);
                    }
                }
            }
        }
        assert!(self.relay.live_allocations() <= 8);
        assert!(self.sockets.len() <= 24);
    }

    /// A request that is signed well, with attributes made of the script.
    fn signed(&mut self, method: Method, material: &[u8]) -> Vec<u8> {
        self.counter = self.counter.wrapping_add(1);
        let id = TransactionId::new([self.counter; 12]);
        let mut writer = MessageWriter::new(Class::Request, method, id);
        for part in material.chunks(3) {
            let byte = |at: usize| part.get(at).copied().unwrap_or(0);
            let peer = SocketAddr::from(([byte(1), 51, 100, byte(2)], 9));
            writer.attribute(&match byte(0) % 8 {
                0 => Attribute::RequestedTransport(17),
                1 => Attribute::XorPeerAddress(peer),
                2 => Attribute::ChannelNumber(0x4000 + u16::from(byte(1))),
                3 => Attribute::Lifetime(u32::from(byte(1)) * 60),
                4 => Attribute::EvenPort { reserve_next: byte(1) > 127 },
                5 => Attribute::XorPeerAddress(SocketAddr::from(([203, 0, 113, 5], 50_000 + u16::from(byte(1) % 8)))),
                6 => Attribute::DontFragment,
                _ => Attribute::ReservationToken([byte(1); 8]),
            });
        }
        let nonce = self.nonces.first().cloned().unwrap_or_else(|| "x".to_owned());
        writer
            .attribute(&Attribute::Username("ann"))
            .attribute(&Attribute::Realm("skein"))
            .attribute(&Attribute::Nonce(&nonce))
            .integrity(&Key::long_term(PasswordAlgorithm::Md5, "ann", "skein", "north"));
        writer.finish()
    }
}

fuzz_target!(|script: &[u8]| {
    let now = Instant::now();
    let listen: SocketAddr = ([192, 0, 2, 1], 3478).into();
    let mut config = AllocationsConfig {
        listeners: vec![ListenAddress { bound: listen, advertised: listen }],
        relays: vec![RelayAddress { bound: [10, 0, 0, 5].into(), advertised: [203, 0, 113, 5].into() }],
        ports: 50_000..=50_007,
        credentials: Credentials::new().with_user("ann", "north"),
        ..AllocationsConfig::default()
    };
    config.limits.allocations = 8;
    let relay = Allocations::new(config, now, Duration::from_secs(1 << 30), sansio::rng::seeded(1));
    let mut world =
        World { relay, now, sockets: HashSet::new(), nonces: Vec::new(), counter: 0 };
    let mut slot = Slot::new(512);
    let mut rest = script;
    while let Some((&[what, length], tail)) = rest.split_first_chunk::<2>() {
        let (bytes, tail) = tail.split_at(tail.len().min(usize::from(length)));
        rest = tail;
        let client = SocketAddr::from(([198, 51, 100, 1], 5000 + u16::from(what >> 5)));
        let from = FiveTuple { listener: ListenerId(0), client };
        let methods =
            [Method::Allocate, Method::Refresh, Method::CreatePermission, Method::ChannelBind];
        match what % 12 {
            0..=3 => {
                let request = world.signed(methods[usize::from(what % 4)], bytes);
                world.handle(Input::Datagram { from, bytes: request }, false);
            }
            4 => {
                let request = world.signed(Method::Allocate, bytes);
                world.handle(Input::Datagram { from, bytes: request }, true);
            }
            5 => world.handle(Input::Datagram { from, bytes: bytes.to_vec() }, false),
            6 | 7 => {
                slot.fill(bytes);
                let verdict = world.relay.relay(world.now, Flow::Client(from), &mut slot);
                if let Verdict::Forward { .. } = verdict {
                    assert!(slot.content().len() <= bytes.len() + 48); // a Data indication's header at most
                }
            }
            8 | 9 => {
                let peer = SocketAddr::from(([what, 51, 100, length], 9));
                if let Some(socket) = world.sockets.iter().min().copied() {
                    slot.fill(bytes);
                    world.relay.relay(world.now, Flow::Peer(socket, peer), &mut slot);
                }
            }
            10 => {
                world.now += Duration::from_secs(u64::from(length) * 4);
                world.handle(Input::Timeout, false);
            }
            _ => world.handle(Input::Gone(from), false),
        }
    }
    world.now += Duration::from_secs(7200);
    world.handle(Input::Timeout, false);
    assert_eq!((world.relay.live_allocations(), world.sockets.len()), (0, 0));
});
