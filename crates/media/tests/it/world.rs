//! Two ends of a call and the network between them.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::echo::{CallInput, CallOutput, EchoCall};
use media::peer::{self, Peer};
use media::session::{LocalCandidate, Session, State};
use sansio::Machine;
use sansio::sim::{Clock, Link, LinkConfig};

/// One of the two ends, whatever it is.
pub(crate) trait End {
    type Event;
    fn session(&mut self) -> &mut Session;
    fn datagram(&mut self, now: Instant, datagram: Datagram);
    fn timeout(&mut self, now: Instant);
    fn next_timeout(&self) -> Option<Instant>;
    fn poll(&mut self) -> Option<Said<Self::Event>>;
}

pub(crate) enum Said<E> {
    Datagram(Datagram),
    Event(E),
}

#[derive(Debug, Clone)]
pub(crate) struct Datagram {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) bytes: Bytes,
}

impl End for Peer {
    type Event = peer::Output;
    fn session(&mut self) -> &mut Session {
        self.session()
    }
    fn datagram(
        &mut self,
        now: Instant,
        Datagram {
            source,
            destination,
            bytes,
        }: Datagram,
    ) {
        self.handle(
            now,
            peer::Input::Datagram {
                source,
                destination,
                bytes,
            },
        )
        .expect("a peer takes any datagram");
    }
    fn timeout(&mut self, now: Instant) {
        self.handle(now, peer::Input::Timeout)
            .expect("a peer takes time");
    }
    fn next_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }
    fn poll(&mut self) -> Option<Said<peer::Output>> {
        Some(match self.poll_output()? {
            peer::Output::Transmit {
                source,
                destination,
                bytes,
            } => Said::Datagram(Datagram {
                source,
                destination,
                bytes,
            }),
            event => Said::Event(event),
        })
    }
}

impl End for EchoCall {
    type Event = CallOutput;
    fn session(&mut self) -> &mut Session {
        self.session()
    }
    fn datagram(
        &mut self,
        now: Instant,
        Datagram {
            source,
            destination,
            bytes,
        }: Datagram,
    ) {
        self.handle(
            now,
            CallInput::Datagram {
                source,
                destination,
                bytes,
            },
        )
        .expect("echo takes any datagram");
    }
    fn timeout(&mut self, now: Instant) {
        self.handle(now, CallInput::Timeout)
            .expect("echo takes time");
    }
    fn next_timeout(&self) -> Option<Instant> {
        self.poll_timeout()
    }
    fn poll(&mut self) -> Option<Said<CallOutput>> {
        Some(match self.poll_output()? {
            CallOutput::Transmit {
                source,
                destination,
                bytes,
            } => Said::Datagram(Datagram {
                source,
                destination,
                bytes,
            }),
            event => Said::Event(event),
        })
    }
}

/// What one end said, and when.
pub(crate) type Events<E> = Vec<(Duration, E)>;

pub(crate) struct World<A: End, B: End> {
    pub(crate) clock: Clock,
    pub(crate) a: A,
    pub(crate) b: B,
    pub(crate) a_said: Events<A::Event>,
    pub(crate) b_said: Events<B::Event>,
    /// From `a` to `b`, and back.
    pub(crate) links: [Link<Datagram>; 2],
    /// Which addresses lead to which end.
    pub(crate) addresses: [Vec<SocketAddr>; 2],
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub(crate) fn host(text: &str) -> LocalCandidate {
    LocalCandidate::Host(address(text))
}

impl<A: End, B: End> World<A, B> {
    /// Two ends, each with one address, and nothing said between them yet.
    pub(crate) fn new(clock: Clock, a: A, b: B, link: LinkConfig, seed: u64) -> Self {
        println!("seed {seed}");
        let addresses = [
            vec![address("10.0.0.1:4000")],
            vec![address("10.0.0.2:5000")],
        ];
        let links = [Link::new(link, seed), Link::new(link, seed ^ 0xffff)];
        Self {
            clock,
            a,
            b,
            a_said: Vec::new(),
            b_said: Vec::new(),
            links,
            addresses,
        }
    }

    /// Candidates, offer and answer, as fast as thought; gives the offer.
    pub(crate) fn negotiate(&mut self, video: bool) -> String {
        let now = self.clock.now();
        let [ours, theirs] = [self.addresses[0][0], self.addresses[1][0]];
        self.a
            .session()
            .add_local_candidate(now, LocalCandidate::Host(ours))
            .expect("an address");
        self.b
            .session()
            .add_local_candidate(now, LocalCandidate::Host(theirs))
            .expect("an address");
        let offer = self.a.session().create_offer(now, video).expect("an offer");
        let answer = self
            .b
            .session()
            .accept_offer(now, &offer)
            .expect("an answer");
        self.a
            .session()
            .accept_answer(now, &answer)
            .expect("agreement");
        offer
    }

    /// Let time pass until `until` says so, or `limit` is over; whether it did.
    pub(crate) fn run(&mut self, limit: Duration, until: impl FnMut(&mut Self) -> bool) -> bool {
        self.run_through(limit, |_| true, until)
    }

    /// The same, where not everything that `a` sends `passes`.
    pub(crate) fn run_through(
        &mut self,
        limit: Duration,
        passes: impl Fn(&Datagram) -> bool,
        mut until: impl FnMut(&mut Self) -> bool,
    ) -> bool {
        let end = self.clock.now() + limit;
        loop {
            self.drain();
            if until(self) {
                return true;
            }
            let arrivals = self.links.iter().map(Link::next_arrival);
            let timeouts = [self.a.next_timeout(), self.b.next_timeout()];
            let Some(next) = arrivals
                .chain(timeouts)
                .flatten()
                .min()
                .filter(|next| *next <= end)
            else {
                self.clock.advance_to(end);
                return false;
            };
            self.clock.advance_to(next);
            let now = self.clock.now();
            while let Some(datagram) = self.links[0].receive(now) {
                if self.addresses[1].contains(&datagram.destination) && passes(&datagram) {
                    self.b.datagram(now, datagram);
                }
            }
            while let Some(datagram) = self.links[1].receive(now) {
                if self.addresses[0].contains(&datagram.destination) {
                    self.a.datagram(now, datagram);
                }
            }
            if self.a.next_timeout().is_some_and(|at| at <= now) {
                self.a.timeout(now);
            }
            if self.b.next_timeout().is_some_and(|at| at <= now) {
                self.b.timeout(now);
            }
        }
    }

    pub(crate) fn run_for(&mut self, time: Duration) {
        self.run(time, |_| false);
    }

    pub(crate) fn connected(&mut self) -> bool {
        self.a.session().state() == State::Connected && self.b.session().state() == State::Connected
    }

    pub(crate) fn drain(&mut self) {
        let now = self.clock.now();
        while let Some(said) = self.a.poll() {
            match said {
                Said::Datagram(datagram) => self.links[0].send(now, datagram),
                Said::Event(event) => self.a_said.push((self.clock.elapsed(), event)),
            }
        }
        while let Some(said) = self.b.poll() {
            match said {
                Said::Datagram(datagram) => self.links[1].send(now, datagram),
                Said::Event(event) => self.b_said.push((self.clock.elapsed(), event)),
            }
        }
    }
}

/// A peer on `clock` with default settings.
pub(crate) fn peer(clock: &Clock, video: bool) -> Peer {
    let config = media::session::Config {
        video,
        ..Default::default()
    };
    Peer::new(clock.now(), config, &mut sansio::rng::seeded(1)).expect("a peer")
}

/// Sound heard, in order.
pub(crate) fn heard(said: &[(Duration, peer::Output)]) -> Vec<f32> {
    said.iter()
        .filter_map(|(_, event)| match event {
            peer::Output::Heard(frame) => Some(&frame[..]),
            _ => None,
        })
        .flatten()
        .copied()
        .collect()
}

/// A tone of `seconds` at `frequency` Hz.
pub(crate) fn tone(frequency: f32, seconds: f32) -> Vec<f32> {
    (0..(seconds * 48_000.0) as usize)
        .map(|n| 0.25 * (std::f32::consts::TAU * frequency * n as f32 / 48_000.0).sin())
        .collect()
}

/// Amplitude of `frequency` in `samples`.
pub(crate) fn amplitude(samples: &[f32], frequency: f32) -> f32 {
    let (mut sin, mut cos) = (0.0f64, 0.0f64);
    for (n, sample) in samples.iter().enumerate() {
        let phase = std::f64::consts::TAU * f64::from(frequency) * n as f64 / 48_000.0;
        sin += f64::from(*sample) * phase.sin();
        cos += f64::from(*sample) * phase.cos();
    }
    (2.0 * sin.hypot(cos) / samples.len() as f64) as f32
}
