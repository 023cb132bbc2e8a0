//! Opening listening sockets.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tracing::warn;

/// Why the server cannot listen. The text names the key to change.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Not an address with a port.
    #[error(
        "[{section}] {key}: {text:?} is no address with a port, such as 127.0.0.1:8080 or [::1]:8080"
    )]
    Address {
        /// The section.
        section: &'static str,
        /// The key.
        key: &'static str,
        /// What stands there.
        text: String,
    },
    /// Another program listens there, or it is not allowed.
    #[error("cannot listen on {address}: {source}; change {setting}, or --{key}", setting = setting(key))]
    Bind {
        /// The key.
        key: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// What to change in the configuration, by the name of the flag.
fn setting(key: &str) -> String {
    match key {
        "metrics" => "[metrics] listen".to_owned(),
        key => format!("[server] {key}"),
    }
}

/// The addresses of `[server] key`.
pub fn addresses(key: &'static str, list: &[String]) -> Result<Vec<SocketAddr>, ListenError> {
    addresses_of("server", key, list)
}

/// The addresses of `[section] key`.
pub fn addresses_of(
    section: &'static str,
    key: &'static str,
    list: &[String],
) -> Result<Vec<SocketAddr>, ListenError> {
    list.iter()
        .map(|text| {
            text.parse().map_err(|_| ListenError::Address {
                section,
                key,
                text: text.clone(),
            })
        })
        .collect()
}

/// Listens on each address. One whose family this machine does not have is left out with a line in the log, unless
/// nothing would be left.
pub fn tcp(key: &'static str, addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ListenError> {
    let mut listeners = Vec::new();
    let mut missing = None;
    for &address in addresses {
        match bind(address) {
            Ok(listener) => listeners.push(listener),
            Err(source) if is_missing_family(&source) => {
                warn!(%address, %source, "this machine does not have the address family");
                missing = Some(ListenError::Bind {
                    key,
                    address,
                    source,
                });
            }
            Err(source) => {
                return Err(ListenError::Bind {
                    key,
                    address,
                    source,
                });
            }
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ => Ok(listeners),
    }
}

/// Whether the error says that there is no such address (family) on this machine.
#[must_use]
pub fn is_missing_family(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if address.is_ipv6() {
        // Each family has its own socket, whatever the system's default is.
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for connections of the last run to time out; on Linux this never shares a port.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

/// Raises the limit of open files to what the system allows, and gives it.
#[must_use]
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if setrlimit(Resource::Nofile, raised).is_err() {
        warn!(limit = ?limit.current, "the limit of open files stays as it is");
    }
    getrlimit(Resource::Nofile).current
}
