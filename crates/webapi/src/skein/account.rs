//! Registering, signing in, devices, and one's own account.

use super::{AccountId, Availability, DeviceId, ObjectId, Privacy, wire};

wire! {
    /// `GET /v1/skein/server`: what a client shows before anybody signs in.
    pub struct ServerInfo {
        /// The name people see for this server: its public host, or what the operator called it.
        pub name: String,
        /// The program's version.
        pub version: String,
        /// Who may `POST /register`.
        pub registration: Registration,
        /// Whether members may invite people to this server.
        #[serde(default)]
        pub members_invite: bool,
        /// Whether there is a door for old programs, which people allow with `allow_old_programs`.
        #[serde(default)]
        pub old_programs: bool,
        /// Lower-case hexadecimal SHA-256 of the TLS certificate, if this server has a TLS listener.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub fingerprint: Option<String>,
        /// Named limits that a client should know beforehand.
        pub limits: Limits,
        /// Now, by the server's clock, in ms.
        pub now: i64,
    }

    /// Who may register: everybody, whoever has an invitation, or nobody.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Registration { Open, Invite, Closed }

    /// Named limits.
    pub struct Limits {
        /// Bytes of a message's text.
        pub message_bytes: u32,
        /// Code points of a message's text.
        pub message_chars: u32,
        /// Shortest password, in code points.
        pub password_min: u32,
        /// Longest display name, in code points.
        pub display_max: u32,
        /// Longest mood, in code points.
        pub mood_max: u32,
        /// Seconds that a call rings.
        pub ring_seconds: u32,
        /// Bytes of a file.
        pub object_bytes: i64,
        /// Bytes of one piece of an upload.
        pub piece_bytes: u32,
        /// Files of one message.
        pub objects: u32,
    }

    /// `GET /v1/skein/names/{name}`: whether a name can be registered.
    pub struct NameCheck {
        /// The canonical spelling, if the name is allowed.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub canonical: Option<String>,
        /// What is the matter, or `free`.
        pub verdict: NameVerdict,
        /// A free name close to the one asked for, when there is a reason to offer one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub suggestion: Option<String>,
    }

    /// Why a name can or cannot be registered.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum NameVerdict { Free, Taken, Reserved, TooShort, TooLong, Characters }

    /// What a device says of itself when it signs in.
    pub struct DeviceHello {
        /// For people: "Firefox on Linux". At most 60 code points.
        pub label: String,
        /// What kind of device it is.
        pub kind: DeviceKind,
        /// Ed25519 public key of the device, base64 of 32 bytes, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub public_key: Option<String>,
    }

    /// Kinds of devices, for a picture beside the label.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    /// `program` is one that signed in by the door for programs of Skype's web generation; who signs in here as one is `other`.
    pub enum DeviceKind { Browser, Terminal, Phone, Bot, Other, Program }

    /// How the client keeps its credential.
    #[derive(Copy, Eq, Default)]
    #[serde(rename_all = "snake_case")]
    pub enum SessionKind {
        /// An HttpOnly, SameSite cookie; the answer carries no token.
        Cookie,
        /// A bearer token in the answer.
        #[default]
        Token,
    }

    /// `POST /v1/skein/register`.
    pub struct Register {
        /// The account name; any spelling with an allowed canonical form.
        pub name: String,
        /// The name others see.
        pub display: String,
        /// At least `password_min` code points, and not one of the easily guessed.
        pub password: String,
        /// The device that signs in with it.
        pub device: DeviceHello,
        /// Cookie or token.
        #[serde(default)]
        pub session: SessionKind,
        /// The language of the person: `en`, `pt-BR` or `pt-PT`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub language: Option<String>,
        /// The code of an invitation, where one is needed: with or without spaces and dashes, in either case.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub invite: Option<String>,
    }

    /// `POST /v1/skein/sign-in`.
    pub struct SignIn {
        /// Any spelling of the account name, or of one of its handles.
        pub name: String,
        /// The password.
        pub password: String,
        /// The device.
        pub device: DeviceHello,
        /// Cookie or token.
        #[serde(default)]
        pub session: SessionKind,
    }

    /// `POST /v1/skein/recover`: the recovery code sets a new password and is replaced by a new code.
    pub struct Recover {
        /// Any spelling of the account name.
        pub name: String,
        /// The code, with or without spaces and dashes, in either case.
        pub code: String,
        /// The new password.
        pub password: String,
        /// The device.
        pub device: DeviceHello,
        /// Cookie or token.
        #[serde(default)]
        pub session: SessionKind,
        /// Sign out all other devices.
        #[serde(default)]
        pub end_others: bool,
    }

    /// The answer to the three above.
    pub struct SignedIn {
        /// The account.
        pub account: Account,
        /// The device that was made.
        pub device: DeviceId,
        /// The bearer token, unless a cookie was asked for. Shown once.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub token: Option<String>,
        /// A new recovery code after `register` and `recover`: eight groups of four. Shown once.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub recovery_code: Option<String>,
    }

    /// One's own account.
    pub struct Account {
        /// Its id.
        pub id: AccountId,
        /// Its canonical name.
        pub name: String,
        /// The name others see.
        pub display: String,
        /// A short line others see.
        pub mood: String,
        /// One's picture.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub picture: Option<ObjectId>,
        /// What the person chose; absent when they follow their devices.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub chosen: Option<Availability>,
        /// Until when the choice holds, in ms; then the devices are followed again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub chosen_until: Option<i64>,
        /// Whom the person shows what to.
        pub privacy: Privacy,
        /// Whether others are told what was read.
        pub receipts: bool,
        /// Language for messages from the built-in accounts.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub language: Option<String>,
        /// Other names to sign in with, in the form of mail; at most 5. Nobody else sees them.
        #[serde(default)]
        pub handles: Vec<String>,
        /// Whether old programs may sign in with what they derive from the password.
        #[serde(default)]
        pub old_programs: bool,
        /// When it was made, in ms.
        pub created: i64,
    }

    /// One device of one's own.
    pub struct Device {
        /// Its id.
        pub id: DeviceId,
        /// Its label.
        pub label: String,
        /// Its kind.
        pub kind: DeviceKind,
        /// When it signed in, in ms.
        pub created: i64,
        /// When it was last used, in ms.
        pub last_used: i64,
        /// Whether it is the one that asks.
        pub this: bool,
        /// How many of its connections are open.
        pub connections: u32,
        /// Whether it carries a public key.
        pub has_key: bool,
    }
}
