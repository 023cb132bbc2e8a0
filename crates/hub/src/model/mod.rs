//! What the hub knows: plain rows, and the pure rules over them. Nothing here waits, and nothing is named after a
//! protocol.

mod abuse;
mod account;
mod call;
mod content;
mod conversation;
mod group;
mod object;
mod privacy;
mod reaction;
mod relation;
mod shelf;

pub use abuse::*;
pub use account::*;
pub use call::*;
pub use content::*;
pub use conversation::*;
pub use group::*;
pub use object::*;
pub use privacy::*;
pub use reaction::*;
pub use relation::*;
pub use shelf::*;

/// Enums that are kept as small numbers in the store.
macro_rules! stored_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant = $value,)* }

        impl $name {
            /// The number it is kept as.
            #[must_use]
            pub fn stored(self) -> i16 { self as i16 }

            /// From the number it is kept as.
            #[must_use]
            pub fn from_stored(value: i16) -> Option<Self> {
                match value { $($value => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use stored_enum;
