//! Media without a network: the WebRTC session, Opus, jitter buffer, levels, WAV, and the sound test.
//!
//! No sockets, no clock, no tasks, no signalling: datagrams, text and time go in; datagrams, sound and text come out.
//! The programs own the sockets and the microphone.
//!
//! | Module | One line |
//! |---|---|
//! | [`session`] | one WebRTC session (ICE, DTLS-SRTP, frames); the only place that names the engine |
//! | [`jitter`] | packets in at any time, 20 ms of sound out every 20 ms |
//! | [`opus`] | the codec, with redundancy and concealment |
//! | [`peer`] | one end of a call: the three above behind one 20 ms clock |
//! | [`echo`] | the sound test, alone and as a whole call |
//! | [`report`] | what one end measured, as plain data |
//! | [`voice`], [`emodel`] | what a recording of speech is like; what people would think of it (ITU-T G.107) |
//! | [`levels`], [`wav`], [`pcm`] | how loud; files; the one sound format inside |
//!
//! Two ends that talk, in virtual time and without a network:
//!
//! ```
//! use std::time::{Duration, Instant};
//! use media::peer::{Input, Output, Peer};
//! use media::session::{Config, LocalCandidate, State};
//! use sansio::Machine;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # #[allow(clippy::disallowed_methods, reason = "an example has to begin somewhere")]
//! let mut now = Instant::now();
//! let mut rng = sansio::rng::seeded(1);
//! let mut ana = Peer::new(now, Config::default(), &mut rng)?;
//! let mut bob = Peer::new(now, Config::default(), &mut rng)?;
//! ana.session().add_local_candidate(now, LocalCandidate::Host("10.0.0.1:4000".parse()?))?;
//! bob.session().add_local_candidate(now, LocalCandidate::Host("10.0.0.2:5000".parse()?))?;
//!
//! // Signalling carries three texts: offer, answer, and candidates that come later.
//! let offer = ana.session().create_offer(now, false)?;
//! let answer = bob.session().accept_offer(now, &offer)?;
//! ana.session().accept_answer(now, &answer)?;
//!
//! // Ana says a second of 400 Hz.
//! let tone: Vec<f32> = (0..48_000).map(|n| (n as f32 * 400.0 * 6.2832 / 48_000.0).sin() * 0.3).collect();
//! ana.play(&tone);
//!
//! let mut loudest = f32::MIN;
//! for _ in 0..300 {
//!     // The shell's loop: drain, then feed what happened. Here the network is a function call.
//!     while let Some(said) = ana.poll_output() {
//!         if let Output::Transmit { source, destination, bytes } = said {
//!             bob.handle(now, Input::Datagram { source, destination, bytes })?;
//!         }
//!     }
//!     while let Some(said) = bob.poll_output() {
//!         match said {
//!             Output::Transmit { source, destination, bytes } => {
//!                 ana.handle(now, Input::Datagram { source, destination, bytes })?;
//!             }
//!             Output::Heard(frame) => loudest = loudest.max(media::levels::rms_dbfs(&*frame)),
//!             Output::State(_) | Output::Video(_) | Output::KeyframeRequested => {}
//!         }
//!     }
//!     now += Duration::from_millis(5);
//!     ana.handle(now, Input::Timeout)?;
//!     bob.handle(now, Input::Timeout)?;
//! }
//! assert_eq!(bob.session().state(), State::Connected);
//! assert!(loudest > -16.0, "Bob hears Ana");
//! assert!(bob.measurements().path().is_some());
//! # Ok(())
//! # }
//! ```
//!
//! What is deliberately absent: encoding video (it passes through), devices (they are the programs'), and NAT
//! traversal servers (relayed candidates come from outside, see [`session::LocalCandidate`]).

pub mod echo;
pub mod emodel;
pub mod jitter;
pub mod levels;
pub mod opus;
pub mod pcm;
pub mod peer;
pub mod report;
pub mod session;
pub mod voice;
pub mod wav;

#[cfg(test)]
mod test_sound;
