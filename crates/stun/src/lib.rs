//! STUN and TURN: codec, binding client, TURN client, and the allocation machine of the relay.
//!
//! | What | Where | Spoken |
//! |---|---|---|
//! | messages, attributes, integrity | [`Message`], [`MessageWriter`], [`Attribute`], [`Key`] | RFC 8489, RFC 3489 Binding without cookie, RFC 8445's attributes |
//! | ChannelData, frames in a stream | [`ChannelData`], [`FrameStream`] | RFC 8656 §12 |
//! | "what is my address?" | [`BindingClient`] | RFC 8489 §6.2.1 |
//! | an address on a relay | [`TurnClient`] | RFC 8656, long-term credentials with both hashes, USERHASH |
//! | the relay | [`Allocations`] | RFC 8656 over UDP, IPv4 and IPv6, both at once |
//! | who may use it | [`Credentials`] | fixed users, `EXPIRY:NAME` names |
//!
//! Not spoken: RFC 6062 (TCP allocations), RFC 8016 (mobility), ALTERNATE-SERVER redirects, ICMP attributes,
//! RFC 5780 (behaviour discovery).
//!
//! Everything is a [`Machine`](sansio::Machine) or a pure function: no socket, no clock, no global chance. This is
//! the whole life of an allocation, client and relay in one thread:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use sansio::Machine;
//! use stun::*;
//!
//! # fn main() {
//! # #[allow(clippy::disallowed_methods, reason = "an example has to begin somewhere")]
//! let now = Instant::now();
//! let unix = Duration::from_secs(1_800_000_000);
//! let server = "192.0.2.1:3478".parse().unwrap();
//! let mut relay = Allocations::new(
//!     AllocationsConfig {
//!         listeners: vec![ListenAddress { bound: server, advertised: server }],
//!         relays: vec![RelayAddress { bound: server.ip(), advertised: server.ip() }],
//!         credentials: Credentials::new().with_secret(b"of this server"),
//!         ..AllocationsConfig::default()
//!     },
//!     now,
//!     unix,
//!     sansio::rng::seeded(1),
//! );
//!
//! // Whoever knows the secret makes a name for a call, good for an hour.
//! let credential = Credentials::issue(b"of this server", "ann/laptop/call-7", unix + Duration::from_secs(3600));
//! let mut client = TurnClient::new(now, TurnClientConfig::new(server, credential), sansio::rng::seeded(2));
//!
//! let from = FiveTuple { listener: ListenerId(0), client: "198.51.100.7:5000".parse().unwrap() };
//! let relayed = loop {
//!     match client.poll_output() {
//!         Some(TurnOutput::Transmit(bytes)) => {
//!             let mut slot = Slot::new(2048);
//!             slot.fill(&bytes);
//!             match relay.relay(now, Flow::Client(from), &mut slot) {
//!                 Verdict::Control => { relay.handle(now, Input::Datagram { from, bytes }).unwrap(); }
//!                 Verdict::Forward { .. } => println!("send {:?}", slot.content()),
//!                 Verdict::Drop(why) => println!("dropped: {}", why.label()),
//!             }
//!         }
//!         Some(TurnOutput::Allocated { relayed, .. }) => break relayed,
//!         Some(other) => panic!("unexpected: {other:?}"),
//!         None => match relay.poll_output().expect("an answer") {
//!             Output::Transmit { bytes, .. } => client.handle(now, TurnInput::Datagram(bytes)).unwrap(),
//!             // A real shell binds a socket here.
//!             Output::Open { relay: id, .. } => {
//!                 relay.handle(now, Input::Opened { relay: id, result: Ok(()) }).unwrap();
//!             }
//!             Output::Close { .. } => {}
//!         },
//!     }
//! };
//! assert_eq!(relayed.ip(), server.ip());
//! # }
//! ```
//!
//! Sources: [RFC 8489](https://www.rfc-editor.org/rfc/rfc8489), [RFC 8656](https://www.rfc-editor.org/rfc/rfc8656),
//! [RFC 3489](https://www.rfc-editor.org/rfc/rfc3489), [RFC 5769](https://www.rfc-editor.org/rfc/rfc5769) (vectors),
//! [RFC 7983](https://www.rfc-editor.org/rfc/rfc7983) (many protocols on one port).

mod allocations;
mod binding;
mod client;
mod codec;
mod credentials;
pub mod error;
mod transaction;

pub use allocations::*;
pub use binding::{BindingClient, BindingError, BindingInput, BindingOutput};
pub use client::{TurnClient, TurnClientConfig, TurnError, TurnInput, TurnOutput};
pub use codec::*;
pub use credentials::{Credential, Credentials};
