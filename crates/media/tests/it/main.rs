//! Whole calls in virtual time: two ends, a seeded network between them, no socket.

mod call;
mod echo;
mod recordings;
mod restart;
mod score;
mod trickle;
mod video;
mod world;
