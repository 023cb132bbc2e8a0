//! The hub's words and this API's words, one table each way. Enums are matched without `_`: what is new in the hub does
//! not compile until this door has said how it shows it.

/// An id, as clients see it.
macro_rules! id {
    ($id:expr) => {
        $id.to_string().into()
    };
}

mod groups;
mod incoming;
mod messages;
mod outgoing;

pub use groups::{link, member, preview};
pub use incoming::{command, device_hello, position, target};
pub use messages::{conversation, message};
pub use outgoing::{
    account, call_record, card, contact, device, ephemeral, event, ice, name_check, object,
    presence, profile, snapshot,
};
