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

/// How long to wait when the system has no descriptor left; connections wait in the kernel's queue meanwhile.
const PAUSE: Duration = Duration::from_millis(250);
/// At most one line of each kind in this time.
const LOG_EVERY: Duration = Duration::from_secs(10);

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
                    refusals.line(|missed| {
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

/// Says a line at most once in [`LOG_EVERY`], and how many were left out.
#[derive(Debug, Default)]
struct Quiet {
    last: Option<Instant>,
    missed: u64,
}

impl Quiet {
    fn line(&mut self, say: impl FnOnce(u64)) {
        let now = Instant::now();
        if self.last.is_some_and(|last| now - last < LOG_EVERY) {
            self.missed += 1;
            return;
        }
        say(std::mem::take(&mut self.missed));
        self.last = Some(now);
    }
}
