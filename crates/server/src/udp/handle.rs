//! The async side's hold on the UDP threads.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use stun::ListenAddress;
use thiserror::Error;
use tokio::sync::mpsc;

use super::common::{Common, Mailbox};
use super::counters::UdpCounters;

/// Commands that may wait for the thread.
const MAX_COMMANDS: usize = 1024;
/// Datagrams that may wait for the thread, from all media endpoints together.
const MAX_OUTGOING: usize = 2048;
/// Datagrams that may wait for one media endpoint: a third of a second of video at 10 Mbit/s.
const MAX_INBOX: usize = 512;

/// Why the UDP side did not take a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UdpError {
    /// Too many commands wait already.
    #[error("the UDP side has too much to do")]
    Busy,
    /// It has been shut down.
    #[error("the UDP side has been shut down")]
    Down,
}

/// A datagram for a media endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaDatagram {
    /// Whom it comes from; a relayed address of this server if it was handed over inside.
    pub source: SocketAddr,
    /// The address of ours that it was sent to, as advertised.
    pub destination: SocketAddr,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What the async side wants.
#[derive(Debug)]
pub(super) enum Command {
    Register {
        endpoint: u64,
        ufrag: String,
        inbox: mpsc::Sender<MediaDatagram>,
    },
    AddUfrag {
        endpoint: u64,
        ufrag: String,
    },
    Unregister {
        endpoint: u64,
    },
}

/// A datagram from a media endpoint.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) endpoint: u64,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) bytes: Vec<u8>,
}

/// The ends of the queues that the first thread empties: media endpoints live with it.
#[derive(Debug)]
pub(super) struct Queues {
    pub(super) commands: Receiver<Command>,
    pub(super) outgoing: Receiver<Outgoing>,
}

/// A cheap copy for everybody who wants something of the UDP side.
#[derive(Debug, Clone)]
pub struct UdpHandle {
    commands: SyncSender<Command>,
    outgoing: SyncSender<Outgoing>,
    common: Arc<Common>,
}

impl UdpHandle {
    /// The listening addresses: where they are bound, and what the world calls them. A media endpoint's host
    /// candidates are the advertised ones.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.common.addresses
    }

    /// Become a media endpoint: STUN checks for `ufrag` come to the port from now on, and with them everything from
    /// the addresses that such checks came from.
    pub fn register(&self, ufrag: &str) -> Result<MediaPort, UdpError> {
        let endpoint = self.common.next_endpoint.fetch_add(1, Ordering::Relaxed);
        let (inbox, receiver) = mpsc::channel(MAX_INBOX);
        self.command(Command::Register {
            endpoint,
            ufrag: ufrag.to_owned(),
            inbox,
        })?;
        let sender = MediaSender {
            endpoint,
            handle: self.clone(),
        };
        Ok(MediaPort {
            sender,
            inbox: receiver,
        })
    }

    /// A call is over or a device is revoked: end the allocations of `name`, which is the NAME of its credentials or
    /// any leading part of that path, and refuse credentials that were made before. However much else waits, this is
    /// not lost.
    pub fn end_user(&self, name: &str) -> Result<(), UdpError> {
        if !self.is_running() {
            return Err(UdpError::Down);
        }
        let full = self.threads().filter(|thread| !thread.end_user(name));
        if full.count() == 0 {
            Ok(())
        } else {
            Err(UdpError::Busy)
        }
    }

    /// Whether all threads are there: they serve until somebody ends them, or until a fault of ours does.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.threads().all(Mailbox::is_running)
    }

    /// End all threads, each with its next round.
    pub fn stop(&self) {
        self.threads().for_each(Mailbox::stop);
    }

    /// Figures as of the last round of each thread, all together.
    #[must_use]
    pub fn counters(&self) -> UdpCounters {
        let mut all = UdpCounters::default();
        for thread in self.threads() {
            all += thread.counters();
        }
        all.dropped.outgoing_full = self.common.overflow.load(Ordering::Relaxed);
        all
    }

    /// Figures of each thread: whether clients are shared out.
    #[must_use]
    pub fn counters_by_thread(&self) -> Vec<UdpCounters> {
        self.threads().map(Mailbox::counters).collect()
    }

    fn threads(&self) -> impl Iterator<Item = &Mailbox> {
        self.common.threads.iter()
    }

    /// The one that media endpoints live with.
    fn home(&self) -> &Mailbox {
        &self.common.threads[0]
    }

    fn command(&self, command: Command) -> Result<(), UdpError> {
        use std::sync::mpsc::TrySendError;
        let sent = self
            .commands
            .try_send(command)
            .map_err(|error| match error {
                TrySendError::Full(_) => UdpError::Busy,
                TrySendError::Disconnected(_) => UdpError::Down,
            });
        self.home().wake();
        sent
    }
}

/// A media endpoint's way to the network through the shared port. Dropping it gives the ufrag back.
#[derive(Debug)]
pub struct MediaPort {
    sender: MediaSender,
    inbox: mpsc::Receiver<MediaDatagram>,
}

impl MediaPort {
    /// The next datagram; `None` when the UDP side is gone.
    pub async fn receive(&mut self) -> Option<MediaDatagram> {
        self.inbox.recv().await
    }

    /// A datagram that is there already.
    pub fn try_receive(&mut self) -> Option<MediaDatagram> {
        self.inbox.try_recv().ok()
    }

    /// The way out, also for other tasks.
    #[must_use]
    pub fn sender(&self) -> &MediaSender {
        &self.sender
    }

    /// Checks for this ufrag are ours too: after an ICE restart.
    pub fn add_ufrag(&self, ufrag: &str) -> Result<(), UdpError> {
        let endpoint = self.sender.endpoint;
        self.sender.handle.command(Command::AddUfrag {
            endpoint,
            ufrag: ufrag.to_owned(),
        })
    }
}

impl Drop for MediaPort {
    fn drop(&mut self) {
        // Busy: the thread finds the closed inbox with the next datagram and cleans up then.
        let _ = self.sender.handle.command(Command::Unregister {
            endpoint: self.sender.endpoint,
        });
    }
}

/// Sends for a media endpoint.
#[derive(Debug, Clone)]
pub struct MediaSender {
    endpoint: u64,
    handle: UdpHandle,
}

impl MediaSender {
    /// Send `bytes` from `source`, an advertised listening address, to `destination`. `false` if it was dropped
    /// because too much waits already; UDP loses datagrams, so does this.
    pub fn send(&self, source: SocketAddr, destination: SocketAddr, bytes: Vec<u8>) -> bool {
        let handle = &self.handle;
        let endpoint = self.endpoint;
        let outgoing = Outgoing {
            endpoint,
            source,
            destination,
            bytes,
        };
        let taken = handle.outgoing.try_send(outgoing).is_ok();
        if !taken {
            handle.common.overflow.fetch_add(1, Ordering::Relaxed);
        }
        handle.home().wake();
        taken
    }
}

/// The running threads. Dropping it ends them.
#[derive(Debug)]
pub struct UdpShell {
    handle: UdpHandle,
    threads: Vec<JoinHandle<()>>,
}

impl UdpShell {
    pub(super) fn new(handle: UdpHandle) -> Self {
        let threads = Vec::new();
        Self { handle, threads }
    }

    /// One more thread to wait for at the end.
    pub(super) fn started(&mut self, thread: JoinHandle<()>) {
        self.threads.push(thread);
    }

    /// A handle for others.
    #[must_use]
    pub fn handle(&self) -> UdpHandle {
        self.handle.clone()
    }

    /// The listening addresses.
    #[must_use]
    pub fn addresses(&self) -> &[ListenAddress] {
        self.handle.addresses()
    }

    /// End the threads and close all sockets. Takes as long as a round, about a millisecond at most.
    pub fn shutdown(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.handle.stop();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a UDP thread panicked");
            }
        }
    }
}

impl Drop for UdpShell {
    fn drop(&mut self) {
        self.end();
    }
}

/// The handle for the async side and the ends of the queues for the first thread.
pub(super) fn channels(common: Arc<Common>) -> (UdpHandle, Queues) {
    let (command_sender, commands) = sync_channel(MAX_COMMANDS);
    let (outgoing_sender, outgoing) = sync_channel(MAX_OUTGOING);
    let handle = UdpHandle {
        commands: command_sender,
        outgoing: outgoing_sender,
        common,
    };
    (handle, Queues { commands, outgoing })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ending_a_user_gets_past_a_full_queue() {
        let common = Arc::new(Common::new(Vec::new(), 2).expect("descriptors"));
        let (handle, _queues) = channels(Arc::clone(&common));
        let mut ports = Vec::new();
        let full = loop {
            match handle.register("ufrag") {
                Ok(port) => ports.push(port),
                Err(error) => break error,
            }
        };
        assert_eq!(full, UdpError::Busy);
        assert_eq!(handle.end_user("1/call"), Ok(()));
        for thread in &common.threads {
            assert_eq!(thread.take_ends(), HashSet::from(["1/call".to_owned()]));
        }
    }
}
