//! The machines and codecs of STUN and TURN, from outside, in virtual time.

mod channels;
mod client;
mod client_trouble;
mod codec;
mod peers;
mod release;
mod requests;
mod reservations;
mod rig;
mod shards;
mod unauthenticated;
mod vectors;
mod world;
