//! The public dialects of Skein over HTTP and WebSocket, as types.
//!
//! [`skein`] is our own API: what the browser client, the program `skein` and new bots speak. It has string ids,
//! content trees, and one way to catch up: *events since a position*. From these types come the OpenAPI document and
//! the browser's TypeScript; neither server nor client lives here, so both sides read the same page.
//!
//! [`skype`] is the dialect of Skype's web generation, for programs that other people have written. The two share what a
//! message says, the tree in [`content`], and nothing else.
//!
//! ```
//! use webapi::skein::{ClientFrame, Command, SendBody, Target};
//!
//! let frame = ClientFrame::Command {
//!     id: 7,
//!     command: Command::Send {
//!         to: Target::Account("12".into()),
//!         body: SendBody::Plain { text: "Back from the lake".into() },
//!         client: "a1".into(),
//!         reply_to: None,
//!     },
//! };
//! let json = serde_json::to_string(&frame).expect("plain data");
//! assert_eq!(serde_json::from_str::<ClientFrame>(&json).expect("its own output"), frame);
//! ```

pub mod content;
pub mod skein;
pub mod skype;
