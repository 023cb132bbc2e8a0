//! The UDP port over real sockets: coturn's tools, internal peers, media endpoints, bounds.

mod coturn;
mod media;
mod peers;
pub(crate) mod rig;
mod strangers;
mod threads;
