//! The domain core: accounts, contacts, presence, conversations, calls. Commands in, events out.
//!
//! The hub speaks people, not protocols. Every protocol is a *door* that turns bytes into a [`Command`] and an
//! [`Event`] into bytes. What is decided here is decided once, for all doors.
//!
//! - [`model`]: the rows and the pure rules over them.
//! - [`store`], [`blobs`], [`bus`], [`clock`]: the ports; `backend` and the program plug into them.
//! - [`command`], [`event`]: what goes in and what comes out.

pub mod blobs;
pub mod bus;
pub mod call;
pub mod clock;
pub mod command;
mod decide;
pub mod error;
pub mod event;
pub mod figures;
pub mod handle;
mod hub;
pub mod id;
pub mod limits;
mod live;
pub mod model;
pub mod name;
pub mod paths;
pub mod search;
mod secret;
pub mod store;
mod writer;

pub use command::Command;
pub use decide::Identity;
pub use error::{Error, Kind};
pub use event::Event;
pub use hub::{
    Admitted, Card, Config, Derive, DeviceHello, Events, Found, Hello, Hub, MAX_PIECE,
    MAX_TICKET_EXTRA, NameCheck, NewAccount, Origin, OwnAccount, OwnBot, Ports, Proof, Redeemed,
    Registration, Reported, Session, Snapshot, Sync, Written,
};
pub use live::Abilities;
pub use secret::{MAX_PASSWORD, MIN_PASSWORD, PasswordCost, link_hash};

/// Longest mood, in code points.
pub const MAX_MOOD: usize = decide::MAX_MOOD;
