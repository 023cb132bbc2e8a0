//! Attributes: their numbers, the lengths they can have, and their values.

use std::net::{IpAddr, SocketAddr};

use super::address::{read_address, read_xor_address, write_address, write_xor_address_value};
use crate::error::DecodeError;

/// Attribute numbers (RFC 8489 §18.3, RFC 8656 §18, RFC 8445 §16.1, RFC 3489).
pub mod attribute_type {
    #![allow(missing_docs, reason = "a table of names that the registry explains")]
    pub const MAPPED_ADDRESS: u16 = 0x0001;
    pub const CHANGE_REQUEST: u16 = 0x0003;
    pub const USERNAME: u16 = 0x0006;
    pub const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub const ERROR_CODE: u16 = 0x0009;
    pub const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
    pub const CHANNEL_NUMBER: u16 = 0x000C;
    pub const LIFETIME: u16 = 0x000D;
    pub const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub const DATA: u16 = 0x0013;
    pub const REALM: u16 = 0x0014;
    pub const NONCE: u16 = 0x0015;
    pub const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub const EVEN_PORT: u16 = 0x0018;
    pub const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub const DONT_FRAGMENT: u16 = 0x001A;
    pub const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
    pub const PASSWORD_ALGORITHM: u16 = 0x001D;
    pub const USERHASH: u16 = 0x001E;
    pub const XOR_MAPPED_ADDRESS: u16 = 0x0020;
    pub const RESERVATION_TOKEN: u16 = 0x0022;
    pub const PRIORITY: u16 = 0x0024;
    pub const USE_CANDIDATE: u16 = 0x0025;
    pub const ADDITIONAL_ADDRESS_FAMILY: u16 = 0x8000;
    pub const ADDRESS_ERROR_CODE: u16 = 0x8001;
    pub const PASSWORD_ALGORITHMS: u16 = 0x8002;
    pub const ALTERNATE_DOMAIN: u16 = 0x8003;
    pub const ICMP: u16 = 0x8004;
    pub const SOFTWARE: u16 = 0x8022;
    pub const ALTERNATE_SERVER: u16 = 0x8023;
    pub const FINGERPRINT: u16 = 0x8028;
    pub const ICE_CONTROLLED: u16 = 0x8029;
    pub const ICE_CONTROLLING: u16 = 0x802A;
}
use attribute_type as ty;

/// The least and the greatest length a value can have; `None` for attributes we do not know.
///
/// This table alone decides about lengths, before any value is looked at.
pub(super) fn length_bounds(attribute: u16) -> Option<(usize, usize)> {
    Some(match attribute {
        ty::MAPPED_ADDRESS
        | ty::XOR_MAPPED_ADDRESS
        | ty::XOR_PEER_ADDRESS
        | ty::XOR_RELAYED_ADDRESS
        | ty::ALTERNATE_SERVER => (8, 20),
        ty::CHANGE_REQUEST | ty::LIFETIME | ty::CHANNEL_NUMBER | ty::PRIORITY => (4, 4),
        ty::REQUESTED_ADDRESS_FAMILY | ty::ADDITIONAL_ADDRESS_FAMILY => (4, 4),
        ty::REQUESTED_TRANSPORT | ty::FINGERPRINT => (4, 4),
        ty::EVEN_PORT => (1, 1),
        ty::DONT_FRAGMENT | ty::USE_CANDIDATE => (0, 0),
        ty::RESERVATION_TOKEN | ty::ICE_CONTROLLED | ty::ICE_CONTROLLING | ty::ICMP => (8, 8),
        ty::MESSAGE_INTEGRITY => (20, 20),
        ty::MESSAGE_INTEGRITY_SHA256 => (16, 32),
        ty::USERHASH => (32, 32),
        ty::USERNAME => (1, 513),
        ty::ERROR_CODE | ty::ADDRESS_ERROR_CODE => (4, 4 + 763),
        ty::UNKNOWN_ATTRIBUTES => (0, 512),
        ty::DATA => (0, 65_535),
        ty::REALM | ty::NONCE => (1, 763),
        ty::SOFTWARE => (0, 763),
        ty::ALTERNATE_DOMAIN => (1, 255),
        ty::PASSWORD_ALGORITHM => (4, 255),
        ty::PASSWORD_ALGORITHMS => (4, 255),
        _ => return None,
    })
}

/// How long the value of an XORed address is.
pub(crate) fn address_length(ip: IpAddr) -> usize {
    if ip.is_ipv4() { 8 } else { 20 }
}

/// An address family (RFC 8656 §18.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// 0x01.
    Ipv4,
    /// 0x02.
    Ipv6,
}

impl Family {
    /// The family of `ip`.
    #[must_use]
    pub fn of(ip: IpAddr) -> Self {
        if ip.is_ipv4() { Self::Ipv4 } else { Self::Ipv6 }
    }

    fn number(self) -> u8 {
        match self {
            Self::Ipv4 => 1,
            Self::Ipv6 => 2,
        }
    }
}

/// How the long-term key is made from the password (RFC 8489 §18.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PasswordAlgorithm {
    /// 0x0001, of every server before RFC 8489.
    Md5,
    /// 0x0002.
    Sha256,
}

impl PasswordAlgorithm {
    fn number(self) -> u16 {
        match self {
            Self::Md5 => 1,
            Self::Sha256 => 2,
        }
    }

    fn from_number(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Md5),
            2 => Some(Self::Sha256),
            _ => None,
        }
    }
}

/// The value of PASSWORD-ALGORITHMS, kept as bytes because a client has to repeat it unchanged (RFC 8489 §9.2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordAlgorithmList<'a>(pub &'a [u8]);

impl<'a> PasswordAlgorithmList<'a> {
    /// The algorithms that we know, in the server's order of preference.
    pub fn known(self) -> impl Iterator<Item = PasswordAlgorithm> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            let parameters = usize::from(u16::from_be_bytes([head[2], head[3]]));
            rest = tail
                .get(parameters.next_multiple_of(4)..)
                .unwrap_or_default();
            Some(PasswordAlgorithm::from_number(u16::from_be_bytes([
                head[0], head[1],
            ])))
        })
        .flatten()
    }
}

/// One attribute with its value. Integrity and fingerprint are not among them: see
/// [`Message::verify`](super::Message::verify) and [`MessageWriter`](super::MessageWriter).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "each variant is the RFC's attribute of the same name"
)]
pub enum Attribute<'a> {
    MappedAddress(SocketAddr),
    /// RFC 3489 §11.2.4: the two flags, change IP (0x04) and change port (0x02).
    ChangeRequest(u32),
    Username(&'a str),
    ErrorCode {
        code: u16,
        reason: &'a str,
    },
    /// Pairs of bytes, each an attribute number.
    UnknownAttributes(&'a [u8]),
    ChannelNumber(u16),
    /// In seconds.
    Lifetime(u32),
    XorPeerAddress(SocketAddr),
    Data(&'a [u8]),
    Realm(&'a str),
    Nonce(&'a str),
    XorRelayedAddress(SocketAddr),
    /// `None` for a family number that RFC 8656 does not know: the answer is 440.
    RequestedAddressFamily(Option<Family>),
    EvenPort {
        reserve_next: bool,
    },
    /// The IP protocol number, 17 for UDP.
    RequestedTransport(u8),
    DontFragment,
    /// `None` for an algorithm we do not know.
    PasswordAlgorithm(Option<PasswordAlgorithm>),
    UserHash([u8; 32]),
    XorMappedAddress(SocketAddr),
    ReservationToken([u8; 8]),
    Priority(u32),
    UseCandidate,
    /// `None` for anything but IPv4 and IPv6.
    AdditionalAddressFamily(Option<Family>),
    /// The family is `None` when it is neither IPv4 nor IPv6.
    AddressErrorCode {
        family: Option<Family>,
        code: u16,
        reason: &'a str,
    },
    PasswordAlgorithms(PasswordAlgorithmList<'a>),
    AlternateDomain(&'a str),
    Icmp {
        kind: u8,
        code: u8,
        data: u32,
    },
    Software(&'a str),
    AlternateServer(SocketAddr),
    IceControlled(u64),
    IceControlling(u64),
    /// Known to others, perhaps; kept as it came.
    Unknown {
        number: u16,
        value: &'a [u8],
    },
}

impl<'a> Attribute<'a> {
    /// Whether a receiver that does not know `number` must refuse the message (RFC 8489 §14).
    #[must_use]
    pub fn is_comprehension_required(number: u16) -> bool {
        number < 0x8000
    }

    /// Read the value of attribute `number`; `mask` is bytes 4 to 20 of the header.
    pub(super) fn decode(
        number: u16,
        value: &'a [u8],
        mask: &[u8; 16],
    ) -> Result<Self, DecodeError> {
        if let Some((least, most)) = length_bounds(number)
            && !(least..=most).contains(&value.len())
        {
            return Err(DecodeError::AttributeLength(number));
        }
        Self::read(number, value, mask).ok_or(DecodeError::AttributeValue(number))
    }

    fn read(number: u16, value: &'a [u8], mask: &[u8; 16]) -> Option<Self> {
        let text = || std::str::from_utf8(value).ok();
        Some(match number {
            ty::MAPPED_ADDRESS => Self::MappedAddress(read_address(value)?),
            ty::CHANGE_REQUEST => Self::ChangeRequest(u32::from_be_bytes(value.try_into().ok()?)),
            ty::USERNAME => Self::Username(text()?),
            ty::ERROR_CODE => {
                let (_, code, reason) = read_error(value)?;
                Self::ErrorCode { code, reason }
            }
            ty::UNKNOWN_ATTRIBUTES if value.len().is_multiple_of(2) => {
                Self::UnknownAttributes(value)
            }
            ty::UNKNOWN_ATTRIBUTES => return None,
            ty::CHANNEL_NUMBER => Self::ChannelNumber(u16::from_be_bytes([value[0], value[1]])),
            ty::LIFETIME => Self::Lifetime(u32::from_be_bytes(value.try_into().ok()?)),
            ty::XOR_PEER_ADDRESS => Self::XorPeerAddress(read_xor_address(value, mask)?),
            ty::DATA => Self::Data(value),
            ty::REALM => Self::Realm(text()?),
            ty::NONCE => Self::Nonce(text()?),
            ty::XOR_RELAYED_ADDRESS => Self::XorRelayedAddress(read_xor_address(value, mask)?),
            ty::REQUESTED_ADDRESS_FAMILY => Self::RequestedAddressFamily(family(value[0])),
            ty::EVEN_PORT => Self::EvenPort {
                reserve_next: value[0] & 0x80 != 0,
            },
            ty::REQUESTED_TRANSPORT => Self::RequestedTransport(value[0]),
            ty::DONT_FRAGMENT => Self::DontFragment,
            ty::PASSWORD_ALGORITHM => {
                Self::PasswordAlgorithm(PasswordAlgorithm::from_number(u16::from_be_bytes([
                    value[0], value[1],
                ])))
            }
            ty::USERHASH => Self::UserHash(value.try_into().ok()?),
            ty::XOR_MAPPED_ADDRESS => Self::XorMappedAddress(read_xor_address(value, mask)?),
            ty::RESERVATION_TOKEN => Self::ReservationToken(value.try_into().ok()?),
            ty::PRIORITY => Self::Priority(u32::from_be_bytes(value.try_into().ok()?)),
            ty::USE_CANDIDATE => Self::UseCandidate,
            ty::ADDITIONAL_ADDRESS_FAMILY => Self::AdditionalAddressFamily(family(value[0])),
            ty::ADDRESS_ERROR_CODE => {
                let (family_number, code, reason) = read_error(value)?;
                Self::AddressErrorCode {
                    family: family(family_number),
                    code,
                    reason,
                }
            }
            ty::PASSWORD_ALGORITHMS => Self::PasswordAlgorithms(PasswordAlgorithmList(value)),
            ty::ALTERNATE_DOMAIN => Self::AlternateDomain(text()?),
            ty::ICMP => Self::Icmp {
                kind: value[2],
                code: value[3],
                data: u32::from_be_bytes(value[4..8].try_into().ok()?),
            },
            ty::SOFTWARE => Self::Software(text()?),
            ty::ALTERNATE_SERVER => Self::AlternateServer(read_address(value)?),
            ty::ICE_CONTROLLED => Self::IceControlled(u64::from_be_bytes(value.try_into().ok()?)),
            ty::ICE_CONTROLLING => Self::IceControlling(u64::from_be_bytes(value.try_into().ok()?)),
            number => Self::Unknown { number, value },
        })
    }

    /// The number of this attribute.
    #[must_use]
    pub fn number(&self) -> u16 {
        match self {
            Self::MappedAddress(_) => ty::MAPPED_ADDRESS,
            Self::ChangeRequest(_) => ty::CHANGE_REQUEST,
            Self::Username(_) => ty::USERNAME,
            Self::ErrorCode { .. } => ty::ERROR_CODE,
            Self::UnknownAttributes(_) => ty::UNKNOWN_ATTRIBUTES,
            Self::ChannelNumber(_) => ty::CHANNEL_NUMBER,
            Self::Lifetime(_) => ty::LIFETIME,
            Self::XorPeerAddress(_) => ty::XOR_PEER_ADDRESS,
            Self::Data(_) => ty::DATA,
            Self::Realm(_) => ty::REALM,
            Self::Nonce(_) => ty::NONCE,
            Self::XorRelayedAddress(_) => ty::XOR_RELAYED_ADDRESS,
            Self::RequestedAddressFamily(_) => ty::REQUESTED_ADDRESS_FAMILY,
            Self::EvenPort { .. } => ty::EVEN_PORT,
            Self::RequestedTransport(_) => ty::REQUESTED_TRANSPORT,
            Self::DontFragment => ty::DONT_FRAGMENT,
            Self::PasswordAlgorithm(_) => ty::PASSWORD_ALGORITHM,
            Self::UserHash(_) => ty::USERHASH,
            Self::XorMappedAddress(_) => ty::XOR_MAPPED_ADDRESS,
            Self::ReservationToken(_) => ty::RESERVATION_TOKEN,
            Self::Priority(_) => ty::PRIORITY,
            Self::UseCandidate => ty::USE_CANDIDATE,
            Self::AdditionalAddressFamily(_) => ty::ADDITIONAL_ADDRESS_FAMILY,
            Self::AddressErrorCode { .. } => ty::ADDRESS_ERROR_CODE,
            Self::PasswordAlgorithms(_) => ty::PASSWORD_ALGORITHMS,
            Self::AlternateDomain(_) => ty::ALTERNATE_DOMAIN,
            Self::Icmp { .. } => ty::ICMP,
            Self::Software(_) => ty::SOFTWARE,
            Self::AlternateServer(_) => ty::ALTERNATE_SERVER,
            Self::IceControlled(_) => ty::ICE_CONTROLLED,
            Self::IceControlling(_) => ty::ICE_CONTROLLING,
            Self::Unknown { number, .. } => *number,
        }
    }

    /// Append the value, without header and padding.
    pub(super) fn encode(&self, out: &mut Vec<u8>, mask: &[u8; 16]) {
        match *self {
            Self::MappedAddress(address) | Self::AlternateServer(address) => {
                write_address(out, address);
            }
            Self::XorPeerAddress(address)
            | Self::XorRelayedAddress(address)
            | Self::XorMappedAddress(address) => write_xor_address_value(out, address, mask),
            Self::Username(text)
            | Self::Realm(text)
            | Self::Nonce(text)
            | Self::AlternateDomain(text)
            | Self::Software(text) => out.extend_from_slice(text.as_bytes()),
            Self::ErrorCode { code, reason } => write_error(out, 0, code, reason),
            Self::AddressErrorCode {
                family,
                code,
                reason,
            } => {
                write_error(out, family.map_or(0, Family::number), code, reason);
            }
            Self::UnknownAttributes(value)
            | Self::Data(value)
            | Self::PasswordAlgorithms(PasswordAlgorithmList(value))
            | Self::Unknown { value, .. } => out.extend_from_slice(value),
            Self::ChannelNumber(number) => {
                out.extend_from_slice(&number.to_be_bytes());
                out.extend_from_slice(&[0, 0]);
            }
            Self::ChangeRequest(value) | Self::Lifetime(value) | Self::Priority(value) => {
                out.extend_from_slice(&value.to_be_bytes());
            }
            Self::RequestedAddressFamily(family) | Self::AdditionalAddressFamily(family) => {
                out.extend_from_slice(&[family.map_or(0, Family::number), 0, 0, 0]);
            }
            Self::EvenPort { reserve_next } => out.push(if reserve_next { 0x80 } else { 0 }),
            Self::RequestedTransport(protocol) => out.extend_from_slice(&[protocol, 0, 0, 0]),
            Self::DontFragment | Self::UseCandidate => {}
            Self::PasswordAlgorithm(algorithm) => {
                let number = algorithm.map_or(0, PasswordAlgorithm::number);
                out.extend_from_slice(&number.to_be_bytes());
                out.extend_from_slice(&[0, 0]);
            }
            Self::UserHash(hash) => out.extend_from_slice(&hash),
            Self::ReservationToken(token) => out.extend_from_slice(&token),
            Self::Icmp { kind, code, data } => {
                out.extend_from_slice(&[0, 0, kind, code]);
                out.extend_from_slice(&data.to_be_bytes());
            }
            Self::IceControlled(value) | Self::IceControlling(value) => {
                out.extend_from_slice(&value.to_be_bytes());
            }
        }
    }
}

fn family(number: u8) -> Option<Family> {
    match number {
        1 => Some(Family::Ipv4),
        2 => Some(Family::Ipv6),
        _ => None,
    }
}

/// The first byte, the code and the reason. The class has to be 3 to 6, the number 0 to 99 (RFC 8489 §14.8).
fn read_error(value: &[u8]) -> Option<(u8, u16, &str)> {
    let (head, reason) = value.split_first_chunk::<4>()?;
    let (class, number) = (head[2] & 0x07, head[3]);
    let plausible = (3..=6).contains(&class) && number < 100;
    plausible.then_some((
        head[0],
        u16::from(class) * 100 + u16::from(number),
        std::str::from_utf8(reason).ok()?,
    ))
}

fn write_error(out: &mut Vec<u8>, first: u8, code: u16, reason: &str) {
    let class = u8::try_from(code / 100).unwrap_or(5);
    out.extend_from_slice(&[first, 0, class, (code % 100) as u8]);
    out.extend_from_slice(reason.as_bytes());
}
