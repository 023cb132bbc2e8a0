//! The headless client: sign in, keep a connection, call. Speaks Skein's own API; ICE and TURN meet the media here.
//!
//! | Module | One line |
//! |---|---|
//! | [`Server`] | one server by its address: sign in, find somebody, catch up |
//! | [`tls`] | which certificate is the right one: a public one, or the pinned one |
//! | [`Connection`] | the WebSocket: commands up, events down, back by itself after a break |
//! | [`call`] | a call from this side: paths, sound in and out |
//! | [`report`] | what a native end says of a call afterwards |
//! | [`profile`] | what `skein login` keeps |
//!
//! ```no_run
//! # async fn example() -> Result<(), client::Error> {
//! use client::{Connection, Server, call};
//!
//! let server = Server::new("https://skein.example", None)?;
//! let (server, _signed_in) = server.sign_in("ann", "a quiet lake", "ann's robot").await?;
//! let connection = Connection::open(&server).await?;
//! let wanted = call::Wanted { to: "echo".into(), ..call::Wanted::default() };
//! let result = call::place(&server, connection, wanted, |_| {}, std::future::pending()).await?;
//! println!("{:?}", result.report.path);
//! # Ok(())
//! # }
//! ```

pub mod call;
mod clock;
mod connection;
mod error;
pub mod profile;
pub mod report;
mod server;
mod through;
pub mod tls;

pub use clock::{LocalClock, ServerClock};
pub use connection::{Connection, News};
pub use error::Error;
pub use server::Server;
