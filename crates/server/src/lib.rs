//! The program `skein`: doors, shells, configuration and command line.
//!
//! - [`config`]: what an operator can set.
//! - [`net`]: sockets, admission, TLS, and which dialect a connection speaks.
//! - [`http`]: connections to requests; what every answer carries; the browser client.
//! - [`api`]: the door of Skein's own API.
//! - [`skype`]: the door of programs that speak Skype's web dialect.
//! - [`echo`]: the door of the built-in account that answers with a sound test.
//! - `metrics`: figures for whoever watches.
//! - [`program`]: the server as a whole.
//! - [`command`]: the command line.
//! - [`udp`]: the one UDP port: STUN, TURN and media, on a thread of its own.

pub mod api;
pub mod clock;
pub mod command;
pub mod config;
pub mod control;
pub mod echo;
pub mod http;
mod lock;
pub mod log;
mod longpoll;
pub mod machine;
mod metrics;
pub mod net;
pub mod paths;
pub mod program;
mod quiet;
pub mod skype;
mod translate;
pub mod udp;
