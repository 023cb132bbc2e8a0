//! The system calls that send.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, UdpSocket};

use quinn_udp::{Transmit, UdpSockRef, UdpSocketState};

use super::MAX_SEGMENTS;
use crate::udp::sockets::batching;

/// The system calls, so that tests can fail them.
pub(in crate::udp) trait Sender: Debug + Send {
    /// One datagram.
    fn one(&self, socket: &UdpSocket, to: SocketAddr, contents: &[u8]) -> io::Result<()>;
    /// `contents` as datagrams of `segment` bytes each, the last perhaps shorter.
    fn cut(
        &self,
        socket: &UdpSocket,
        to: SocketAddr,
        contents: &[u8],
        segment: usize,
    ) -> io::Result<()>;
    /// Whether this kernel cuts at all.
    fn can_cut(&self, is_ipv4: bool) -> bool;
}

/// The kernel.
#[derive(Debug)]
pub(in crate::udp) struct Kernel {
    ipv4: Option<UdpSocketState>,
    ipv6: Option<UdpSocketState>,
}

impl Kernel {
    pub(in crate::udp) fn new() -> Self {
        let able = |calls: &UdpSocketState| calls.max_gso_segments() >= MAX_SEGMENTS;
        Self {
            ipv4: batching(true).ok().filter(able),
            ipv6: batching(false).ok().filter(able),
        }
    }

    fn calls(&self, is_ipv4: bool) -> Option<&UdpSocketState> {
        if is_ipv4 { &self.ipv4 } else { &self.ipv6 }.as_ref()
    }
}

impl Sender for Kernel {
    fn one(&self, socket: &UdpSocket, to: SocketAddr, contents: &[u8]) -> io::Result<()> {
        socket.send_to(contents, to).map(drop)
    }

    fn cut(
        &self,
        socket: &UdpSocket,
        to: SocketAddr,
        contents: &[u8],
        segment: usize,
    ) -> io::Result<()> {
        let Some(calls) = self.calls(to.is_ipv4()) else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        // Fixed DSCP, Not-ECT (RFC 8656 §14 allows it); the socket itself says where from.
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents,
            segment_size: Some(segment),
            src_ip: None,
        };
        calls.try_send(UdpSockRef::from(socket), &transmit)
    }

    fn can_cut(&self, is_ipv4: bool) -> bool {
        self.calls(is_ipv4).is_some()
    }
}
