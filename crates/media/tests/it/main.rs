//! Whole calls in virtual time: two ends, a seeded network between them, no socket.

mod call;
mod echo;
mod restart;
mod trickle;
mod video;
mod world;
