//! Accounts, secrets, devices, availability.

use super::{Privacy, stored_enum};
use crate::id::{AccountId, DeviceId, ObjectId, Pos, Timestamp};

stored_enum! {
    /// Kinds of accounts.
    AccountKind {
        /// A person.
        Person = 0,
        /// A program that a person owns.
        Bot = 1,
        /// Somebody who came by a link.
        Guest = 2,
        /// Built in: `echo`, `skein`.
        Service = 3,
        /// A telephone number.
        Telephone = 4,
    }
}

stored_enum! {
    /// Whether an account may be used.
    AccountState {
        /// Yes.
        Active = 0,
        /// The operator blocked it.
        Blocked = 1,
        /// It was deleted; its name stays taken.
        Deleted = 2,
        /// It was deleted, and what belonged to it is still being removed.
        Leaving = 3,
        /// A bot whose owner the operator blocked: it comes back with the owner.
        BlockedWithOwner = 4,
    }
}

impl AccountState {
    /// Whether it was deleted: nobody is behind it any more.
    #[must_use]
    pub fn is_gone(self) -> bool {
        matches!(self, Self::Deleted | Self::Leaving)
    }

    /// Whether the operator keeps it out, by itself or with its owner.
    #[must_use]
    pub fn is_blocked(self) -> bool {
        matches!(self, Self::Blocked | Self::BlockedWithOwner)
    }
}

/// What a deleted account is called where what it wrote stays; clients that know that it is gone say so in their own words.
pub const DELETED_NAME: &str = "Deleted account";

/// Who makes invitations besides members: the operator, who is no account.
pub const OPERATOR: AccountId = AccountId(0);

stored_enum! {
    /// Where somebody is, as they chose or as their devices show.
    Availability {
        /// There.
        Online = 0,
        /// Away from the device.
        Away = 1,
        /// There, but not to be disturbed.
        Busy = 2,
        /// Looks offline to others.
        Invisible = 3,
        /// Not there.
        Offline = 4,
    }
}

/// What people who are no contacts may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strangers {
    /// See presence and mood.
    pub see: bool,
    /// Write.
    pub write: bool,
    /// Call.
    pub call: bool,
}

impl Strangers {
    /// The number it is kept as.
    #[must_use]
    pub fn stored(self) -> i16 {
        i16::from(self.see) | i16::from(self.write) << 1 | i16::from(self.call) << 2
    }

    /// From the number it is kept as.
    #[must_use]
    pub fn from_stored(value: i16) -> Self {
        Self {
            see: value & 1 != 0,
            write: value & 2 != 0,
            call: value & 4 != 0,
        }
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id; also the stream of its own events.
    pub id: AccountId,
    /// Its canonical name, unique.
    pub name: String,
    /// The name others see.
    pub display: String,
    /// A short line others see.
    pub mood: String,
    /// A longer text others see.
    pub about: String,
    /// Its picture.
    pub picture: Option<ObjectId>,
    /// What kind it is.
    pub kind: AccountKind,
    /// Who owns it, if it is a bot.
    pub owner: Option<AccountId>,
    /// Whether it may be used.
    pub state: AccountState,
    /// Whether the operator raised its limits; of bots alone.
    pub raised: bool,
    /// What its person chose; `None` follows the devices.
    pub chosen: Option<Availability>,
    /// Until when the choice holds.
    pub chosen_until: Option<Timestamp>,
    /// What strangers may do.
    pub strangers: Strangers,
    /// Whom they show what to.
    pub privacy: Privacy,
    /// Whether others are told what was read.
    pub receipts: bool,
    /// The language in which built-in accounts speak to it (BCP 47).
    pub language: String,
    /// The newest position of its own stream.
    pub head: Pos,
    /// When its profile (name, mood, picture) last changed.
    pub profile_pos: Pos,
    /// Everything up to here has reached one of its devices.
    pub delivered: Pos,
    /// When it was made.
    pub created: Timestamp,
    /// When its last endpoint left.
    pub last_seen: Timestamp,
}

impl Account {
    /// What people call it.
    #[must_use]
    pub fn shown_name(&self) -> &str {
        if self.display.is_empty() {
            &self.name
        } else {
            &self.display
        }
    }
}

stored_enum! {
    /// Kinds of secrets.
    SecretKind {
        /// The password's argon2id hash.
        Password = 0,
        /// The recovery code's argon2id hash.
        Recovery = 1,
        /// What an old program needs instead of the password; made by a door's function when a password is set.
        Derived = 2,
    }
}

/// A secret; unique by account, kind and spelling.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// Whose.
    pub account: AccountId,
    /// What for.
    pub kind: SecretKind,
    /// Which door and name it was derived for ([`Secret::derived`]); empty for passwords and codes.
    pub spelling: String,
    /// The hash, in PHC form for argon2id.
    pub hash: String,
}

impl Secret {
    /// The spelling under which what a door derived for one of somebody's names is kept. No name has a blank in it.
    #[must_use]
    pub fn derived(door: &str, name: &str) -> String {
        format!("{door} {name}")
    }

    /// Whether it was derived for this name, by whatever door.
    #[must_use]
    pub fn is_of(&self, name: &str) -> bool {
        self.spelling
            .split_once(' ')
            .is_some_and(|(_, spelling)| spelling == name)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret")
            .field("account", &self.account)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Another name of an account: a mail form, a telephone number, a former name. Unique by kind and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    /// Whose.
    pub account: AccountId,
    /// What kind.
    pub kind: HandleKind,
    /// Its canonical form.
    pub value: String,
    /// Whether; `false` removes the row when written.
    pub on: bool,
}

stored_enum! {
    /// Kinds of handles.
    HandleKind {
        /// A mail form, not verified.
        Mail = 0,
        /// A telephone number (E.164).
        Phone = 1,
        /// A former name.
        Former = 2,
    }
}

stored_enum! {
    /// Kinds of devices.
    DeviceKind {
        /// A browser.
        Browser = 0,
        /// The program `skein`.
        Terminal = 1,
        /// A phone.
        Phone = 2,
        /// A bot.
        Bot = 3,
        /// Anything else.
        Other = 4,
        /// A program that signs in by another door than that of our own programs.
        Program = 5,
    }
}

/// A device that signed in once and holds a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose.
    pub account: AccountId,
    /// For people.
    pub label: String,
    /// What kind.
    pub kind: DeviceKind,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Its Ed25519 public key, if it has one.
    pub public_key: Option<[u8; 32]>,
    /// Everything up to here was stored or shown by it.
    pub acked: Pos,
    /// When it signed in.
    pub created: Timestamp,
    /// When it was last used.
    pub last_used: Timestamp,
    /// Where it was signed out.
    pub revoked: Option<Pos>,
}
