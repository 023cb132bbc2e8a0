//! The accept loop: survives every error, stops when told.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::admission::{Admission, Ticket};
use crate::quiet::Quiet;

/// How long to wait when the system has no descriptor left; connections wait in the kernel's queue meanwhile.
const PAUSE: Duration = Duration::from_millis(250);

/// Accepts until `stop`, and closes the listener then. `serve` must not wait: it starts a task of its own.
pub async fn accept(
    listener: TcpListener,
    admission: Arc<Admission>,
    stop: CancellationToken,
    serve: impl Fn(TcpStream, SocketAddr, Arc<Ticket>),
) {
    let mut errors = Quiet::default();
    let mut refusals = Quiet::default();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match admission.admit(peer.ip()) {
                Some(ticket) => serve(stream, peer, ticket),
                None => {
                    admission.count_refused();
                    refusals.line(Instant::now().into_std(), |missed| {
                        warn!(
                            missed,
                            open = admission.open(),
                            "too many connections: one is refused"
                        );
                    });
                }
            },
            // The peer went away between the kernel's accept and ours.
            Err(error) if is_about_the_peer(&error) => {
                debug!(%error, "a connection ended before it began")
            }
            Err(error) => {
                admission.count_error();
                errors.line(
                    Instant::now().into_std(),
                    |missed| warn!(missed, %error, "cannot accept connections; trying again"),
                );
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }
}

fn is_about_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionReset | ConnectionRefused
    ) || error.raw_os_error() == Some(rustix::io::Errno::PROTO.raw_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case F2.
    #[test]
    fn what_is_about_one_peer_makes_nobody_else_wait() {
        use rustix::io::Errno;

        for errno in [Errno::CONNABORTED, Errno::CONNRESET, Errno::PROTO] {
            let error = io::Error::from_raw_os_error(errno.raw_os_error());
            assert!(is_about_the_peer(&error), "{error}");
        }
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
            let error = io::Error::from_raw_os_error(errno.raw_os_error());
            assert!(!is_about_the_peer(&error), "{error}");
        }
    }
}
