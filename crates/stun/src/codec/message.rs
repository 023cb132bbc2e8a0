//! The STUN message: header, a walk over the attributes, integrity (RFC 8489 §5).

use std::net::SocketAddr;

use super::attribute::{Attribute, attribute_type as ty};
use super::integrity::{Key, fingerprint};
use crate::error::{DecodeError, IntegrityError};

/// Length of the header in bytes.
pub const HEADER: usize = 20;
/// What tells RFC 8489 from RFC 3489.
pub const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// More attributes than this no honest message has; a bound on the work one datagram can cause.
const MAX_ATTRIBUTES: usize = 64;

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// The good answer.
    Success,
    /// The other answer.
    Error,
}

/// What is asked for. Numbers from RFC 8489 §18.2 and RFC 8656 §17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the RFC's method names")]
pub enum Method {
    Binding,
    Allocate,
    Refresh,
    Send,
    Data,
    CreatePermission,
    ChannelBind,
    /// A number that we do not speak, 0 to 0xFFF.
    Other(u16),
}

impl Method {
    fn number(self) -> u16 {
        match self {
            Self::Binding => 0x001,
            Self::Allocate => 0x003,
            Self::Refresh => 0x004,
            Self::Send => 0x006,
            Self::Data => 0x007,
            Self::CreatePermission => 0x008,
            Self::ChannelBind => 0x009,
            Self::Other(number) => number & 0xFFF,
        }
    }

    fn from_number(number: u16) -> Self {
        match number {
            0x001 => Self::Binding,
            0x003 => Self::Allocate,
            0x004 => Self::Refresh,
            0x006 => Self::Send,
            0x007 => Self::Data,
            0x008 => Self::CreatePermission,
            0x009 => Self::ChannelBind,
            number => Self::Other(number),
        }
    }
}

/// The 14 bits of the type: method and class interleaved (RFC 8489 §5, figure 3).
pub(crate) fn type_number(class: Class, method: Method) -> u16 {
    let method = method.number();
    let class = match class {
        Class::Request => 0x000,
        Class::Indication => 0x010,
        Class::Success => 0x100,
        Class::Error => 0x110,
    };
    (method & 0x00F) | (method & 0x070) << 1 | (method & 0xF80) << 2 | class
}

fn split_type(number: u16) -> (Class, Method) {
    let class = match number & 0x110 {
        0x000 => Class::Request,
        0x010 => Class::Indication,
        0x100 => Class::Success,
        _ => Class::Error,
    };
    let method = (number & 0x00F) | (number & 0x0E0) >> 1 | (number & 0x3E00) >> 2;
    (class, Method::from_number(method))
}

/// What ties an answer to its question: 96 random bits after the magic cookie, or the 128 bits of RFC 3489.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TransactionId([u8; 16]);

impl TransactionId {
    /// An id of today's kind.
    #[must_use]
    pub fn new(id: [u8; 12]) -> Self {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&MAGIC_COOKIE);
        bytes[4..].copy_from_slice(&id);
        Self(bytes)
    }

    /// An id drawn from `rng`.
    pub fn random(rng: &mut impl rand::Rng) -> Self {
        let mut id = [0; 12];
        rng.fill_bytes(&mut id);
        Self::new(id)
    }

    /// Bytes 4 to 20 of the header: cookie and id, which XORed addresses are masked with.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Whether it comes from a client of RFC 3489, which knows no cookie.
    #[must_use]
    pub fn is_classic(&self) -> bool {
        self.0[..4] != MAGIC_COOKIE
    }
}

/// A message in a datagram, checked from end to end: every attribute's length and value, and the fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'a> {
    bytes: &'a [u8],
    class: Class,
    method: Method,
    id: TransactionId,
    /// Where the attributes that integrity protects end.
    protected: usize,
    sha1: Option<usize>,
    sha256: Option<usize>,
    has_fingerprint: bool,
}

impl<'a> Message<'a> {
    /// Read a datagram, which holds one message and nothing else.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let header = bytes.first_chunk::<HEADER>().ok_or(DecodeError::TooShort)?;
        if header[0] & 0xC0 != 0 {
            return Err(DecodeError::NotStun);
        }
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        if !length.is_multiple_of(4) || HEADER + length != bytes.len() {
            return Err(DecodeError::WrongLength);
        }
        let (class, method) = split_type(u16::from_be_bytes([header[0], header[1]]));
        let mut id = [0; 16];
        id.copy_from_slice(&header[4..]);
        let id = TransactionId(id);
        // RFC 3489 had Binding (and a Shared Secret nobody uses); anything else without a cookie is not for us.
        if id.is_classic() && method != Method::Binding {
            return Err(DecodeError::NoCookie);
        }
        let mut message = Self {
            bytes,
            class,
            method,
            id,
            protected: bytes.len(),
            sha1: None,
            sha256: None,
            has_fingerprint: false,
        };
        message.walk()?;
        Ok(message)
    }

    /// Whether `datagram` begins like a STUN message with a cookie; says nothing about the rest.
    #[must_use]
    pub fn has_cookie(datagram: &[u8]) -> bool {
        datagram.len() >= HEADER && datagram[0] & 0xC0 == 0 && datagram[4..8] == MAGIC_COOKIE
    }

    /// Check all attributes once and note where integrity and fingerprint stand.
    fn walk(&mut self) -> Result<(), DecodeError> {
        let mut at = HEADER;
        let mut count = 0;
        while at < self.bytes.len() {
            count += 1;
            if count > MAX_ATTRIBUTES {
                return Err(DecodeError::TooManyAttributes);
            }
            let (number, value, next) = raw_attribute(self.bytes, at)?;
            let attribute = Attribute::decode(number, value, self.id.as_bytes())?;
            if self.has_fingerprint {
                return Err(DecodeError::Fingerprint); // it has to be the last (RFC 8489 §14.7)
            }
            match attribute.number() {
                ty::MESSAGE_INTEGRITY if self.sha1.is_none() && self.sha256.is_none() => {
                    self.protected = self.protected.min(at);
                    self.sha1 = Some(at);
                }
                ty::MESSAGE_INTEGRITY_SHA256 if self.sha256.is_none() => {
                    if value.len() % 4 != 0 {
                        return Err(DecodeError::AttributeLength(number)); // RFC 8489 §14.6
                    }
                    self.protected = self.protected.min(at);
                    self.sha256 = Some(at);
                }
                ty::FINGERPRINT => {
                    let claimed = u32::from_be_bytes([value[0], value[1], value[2], value[3]]);
                    if claimed != fingerprint(&[&self.bytes[..at]]) {
                        return Err(DecodeError::Fingerprint);
                    }
                    self.protected = self.protected.min(at);
                    self.has_fingerprint = true;
                }
                _ => {}
            }
            at = next;
        }
        Ok(())
    }

    /// Request, indication or answer.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// What it is about.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// Its transaction.
    #[must_use]
    pub fn id(&self) -> TransactionId {
        self.id
    }

    /// Whether a (correct) FINGERPRINT came with it.
    #[must_use]
    pub fn has_fingerprint(&self) -> bool {
        self.has_fingerprint
    }

    /// The attributes in order, up to the first integrity or fingerprint: what follows those is not protected and has
    /// to be ignored (RFC 8489 §14.5).
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let (bytes, end, id) = (self.bytes, self.protected, self.id);
        let mut at = HEADER;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let (number, value, next) = raw_attribute(bytes, at).ok()?;
            at = next;
            Attribute::decode(number, value, id.as_bytes()).ok()
        })
    }

    /// Numbers of the comprehension-required attributes that nothing in this crate knows (RFC 8489 §6.3.1).
    pub fn unknown_required(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.attributes().filter_map(|attribute| match attribute {
            Attribute::Unknown { number, .. } if Attribute::is_comprehension_required(number) => {
                Some(number)
            }
            _ => None,
        })
    }

    /// Whether it carries MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256.
    #[must_use]
    pub fn has_integrity(&self) -> bool {
        self.sha1.is_some() || self.sha256.is_some()
    }

    /// Whether it carries MESSAGE-INTEGRITY-SHA256.
    #[must_use]
    pub fn has_sha256(&self) -> bool {
        self.sha256.is_some()
    }

    /// Check the integrity with `key`: the stronger one if both are there (RFC 8489 §9.2.4).
    pub fn verify(&self, key: &Key) -> Result<(), IntegrityError> {
        let raw = |at| raw_attribute(self.bytes, at).map_err(|_| IntegrityError::Missing);
        let fits = if let Some(at) = self.sha256 {
            let (_, tag, next) = raw(at)?;
            key.fits_sha256(
                &[&self.bytes[..2], &length_until(next), &self.bytes[4..at]],
                tag,
            )
        } else if let Some(at) = self.sha1 {
            let (_, tag, next) = raw(at)?;
            key.fits_sha1(
                &[&self.bytes[..2], &length_until(next), &self.bytes[4..at]],
                tag,
            )
        } else {
            return Err(IntegrityError::Missing);
        };
        if fits {
            Ok(())
        } else {
            Err(IntegrityError::Wrong)
        }
    }

    /// The first attribute that `pick` wants.
    fn find<T>(&self, pick: impl Fn(Attribute<'a>) -> Option<T>) -> Option<T> {
        self.attributes().find_map(pick)
    }

    /// USERNAME.
    #[must_use]
    pub fn username(&self) -> Option<&'a str> {
        self.find(|a| {
            if let Attribute::Username(text) = a {
                Some(text)
            } else {
                None
            }
        })
    }

    /// REALM.
    #[must_use]
    pub fn realm(&self) -> Option<&'a str> {
        self.find(|a| {
            if let Attribute::Realm(text) = a {
                Some(text)
            } else {
                None
            }
        })
    }

    /// NONCE.
    #[must_use]
    pub fn nonce(&self) -> Option<&'a str> {
        self.find(|a| {
            if let Attribute::Nonce(text) = a {
                Some(text)
            } else {
                None
            }
        })
    }

    /// ERROR-CODE's number.
    #[must_use]
    pub fn error_code(&self) -> Option<u16> {
        self.find(|a| {
            if let Attribute::ErrorCode { code, .. } = a {
                Some(code)
            } else {
                None
            }
        })
    }

    /// LIFETIME in seconds.
    #[must_use]
    pub fn lifetime(&self) -> Option<u32> {
        self.find(|a| {
            if let Attribute::Lifetime(seconds) = a {
                Some(seconds)
            } else {
                None
            }
        })
    }

    /// The first XOR-PEER-ADDRESS.
    #[must_use]
    pub fn peer_address(&self) -> Option<SocketAddr> {
        self.find(|a| {
            if let Attribute::XorPeerAddress(peer) = a {
                Some(peer)
            } else {
                None
            }
        })
    }

    /// The address the other side saw: XOR-MAPPED-ADDRESS, else MAPPED-ADDRESS of an older server.
    #[must_use]
    pub fn mapped_address(&self) -> Option<SocketAddr> {
        self.find(|a| {
            if let Attribute::XorMappedAddress(mapped) = a {
                Some(mapped)
            } else {
                None
            }
        })
        .or_else(|| {
            self.find(|a| {
                if let Attribute::MappedAddress(mapped) = a {
                    Some(mapped)
                } else {
                    None
                }
            })
        })
    }

    /// DATA, with where it stands in the datagram.
    #[must_use]
    pub fn data(&self) -> Option<(&'a [u8], usize)> {
        let data = self.find(|a| {
            if let Attribute::Data(data) = a {
                Some(data)
            } else {
                None
            }
        })?;
        Some((data, data.as_ptr().addr() - self.bytes.as_ptr().addr()))
    }
}

/// The header's length field as if the message ended at `next`: what integrity is computed with (RFC 8489 §14.5).
fn length_until(next: usize) -> [u8; 2] {
    u16::try_from(next - HEADER)
        .expect("a message is shorter than 64 KiB")
        .to_be_bytes()
}

/// Number and value of the attribute at `at`, and where the next one begins. Never reads beyond `bytes`.
fn raw_attribute(bytes: &[u8], at: usize) -> Result<(u16, &[u8], usize), DecodeError> {
    let rest = bytes.get(at..).unwrap_or_default();
    let (head, rest) = rest
        .split_first_chunk::<4>()
        .ok_or(DecodeError::AttributeTooLong(0))?;
    let number = u16::from_be_bytes([head[0], head[1]]);
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let padded = length.next_multiple_of(4);
    if padded > rest.len() {
        return Err(DecodeError::AttributeTooLong(number));
    }
    Ok((number, &rest[..length], at + 4 + padded))
}
