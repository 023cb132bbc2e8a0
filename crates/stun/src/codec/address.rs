//! Addresses in attributes, plain and XORed (RFC 8489 §14.1, §14.2).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const FAMILY_IPV4: u8 = 1;
const FAMILY_IPV6: u8 = 2;

/// Read a MAPPED-ADDRESS value; `None` if the family is unknown or the length is not the family's.
pub(super) fn read_address(value: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes([*value.get(2)?, *value.get(3)?]);
    let ip: IpAddr = match (*value.get(1)?, value.len()) {
        (FAMILY_IPV4, 8) => <[u8; 4]>::try_from(&value[4..]).ok()?.into(),
        (FAMILY_IPV6, 20) => <[u8; 16]>::try_from(&value[4..]).ok()?.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Read an XOR-MAPPED-ADDRESS value; `mask` is cookie and transaction id, bytes 4 to 20 of the header.
pub(super) fn read_xor_address(value: &[u8], mask: &[u8; 16]) -> Option<SocketAddr> {
    read_address(value).map(|address| mask_address(address, mask))
}

/// Append the value of a MAPPED-ADDRESS.
pub(super) fn write_address(out: &mut Vec<u8>, address: SocketAddr) {
    let mut value = [0; 20];
    let length = put_address(&mut value, address);
    out.extend_from_slice(&value[..length]);
}

/// Append the value of an XOR-MAPPED-ADDRESS.
pub(super) fn write_xor_address_value(out: &mut Vec<u8>, address: SocketAddr, mask: &[u8; 16]) {
    write_address(out, mask_address(address, mask));
}

/// Write an XORed address into the front of `out`, which has room for 20 bytes; returns its length, 8 or 20.
pub(crate) fn write_xor_address(out: &mut [u8], address: SocketAddr, mask: &[u8; 16]) -> usize {
    put_address(out, mask_address(address, mask))
}

fn put_address(out: &mut [u8], address: SocketAddr) -> usize {
    out[0] = 0;
    out[2..4].copy_from_slice(&address.port().to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => {
            out[1] = FAMILY_IPV4;
            out[4..8].copy_from_slice(&ip.octets());
            8
        }
        IpAddr::V6(ip) => {
            out[1] = FAMILY_IPV6;
            out[4..20].copy_from_slice(&ip.octets());
            20
        }
    }
}

/// XOR is its own inverse, so one function masks and unmasks.
fn mask_address(address: SocketAddr, mask: &[u8; 16]) -> SocketAddr {
    let port = address.port() ^ u16::from_be_bytes([mask[0], mask[1]]);
    let ip = match address.ip() {
        IpAddr::V4(ip) => {
            let cookie = u32::from_be_bytes([mask[0], mask[1], mask[2], mask[3]]);
            IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() ^ cookie))
        }
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(
            ip.to_bits() ^ u128::from_be_bytes(*mask),
        )),
    };
    SocketAddr::new(ip, port)
}
