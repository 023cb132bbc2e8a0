//! Opaque names of things.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default,
                 serde::Serialize, serde::Deserialize, utoipa::ToSchema, ts_rs::TS)]
        #[serde(transparent)]
        #[ts(export)]
        pub struct $name(pub String);

        impl From<&str> for $name {
            fn from(value: &str) -> Self { Self(value.to_owned()) }
        }
        impl From<String> for $name {
            fn from(value: String) -> Self { Self(value) }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
    )* };
}

ids! {
    /// An account: a person, a bot, or a built-in one such as `echo`.
    AccountId
    /// A device that signed in once and holds a token.
    DeviceId
    /// One connection of a device.
    EndpointId
    /// A conversation.
    ConversationId
    /// A file or picture.
    ObjectId
    /// A message; also its place in the order of all events.
    MessageId
    /// A place in the order of all events.
    Position
    /// A call: 32 hexadecimal digits (16 random bytes) made by the caller.
    CallKey
}
