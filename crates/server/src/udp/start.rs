//! Starting the threads.

use std::io;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use stun::{AllocationsConfig, Shard};

use super::common::Common;
use super::handle::channels;
use super::round::Round;
use super::send::Sender;
use super::shell::Shell;
use super::sockets::{SocketTable, Sockets};
use super::{UdpConfig, UdpShell};

/// Descriptors to count on where the limit cannot be read: POSIX promises no more.
const FEW_DESCRIPTORS: u64 = 256;

pub(super) fn spawn(
    config: UdpConfig,
    sockets: Sockets,
    sender: impl Fn() -> Box<dyn Sender>,
) -> io::Result<UdpShell> {
    let threads = sockets.listeners.len();
    let common = Arc::new(Common::new(sockets.addresses.clone(), threads)?);
    let (handle, queues) = channels(Arc::clone(&common));
    let relay = relay_config(&config, &sockets, threads);
    let mut queues = Some(queues);
    // All of them are made before the first datagram is read: a socket that came late would move clients about.
    let mut shells = Vec::new();
    let shards = Shard::group(u8::try_from(threads).unwrap_or(Shard::MAX));
    for (listeners, shard) in sockets.listeners.into_iter().zip(shards) {
        let relay = AllocationsConfig {
            shard,
            ..relay.clone()
        };
        let table = SocketTable::new(listeners, &common.addresses);
        let round = Round::new(sender());
        let shell = Shell::new(relay, table, round, Arc::clone(&common), queues.take())?;
        shells.push(shell.waiting(config.coalesce));
    }
    let mut running = UdpShell::new(handle);
    for shell in shells {
        let thread = std::thread::Builder::new()
            .name(format!("udp-{}", shell.place))
            .spawn(move || shell.run())?;
        running.started(thread);
    }
    Ok(running)
}

/// What the machines of all `threads` are told.
fn relay_config(config: &UdpConfig, sockets: &Sockets, threads: usize) -> AllocationsConfig {
    let mut limits = config.limits;
    limits.allocations = limits.allocations.min(descriptors() / 4);
    // Clients are shared out evenly, and so are the answers that an address may have without saying who it is.
    let share = |all: u32| all.div_ceil(u32::try_from(threads).unwrap_or(1).max(1));
    limits.answers_per_second = share(limits.answers_per_second);
    limits.answer_burst = share(limits.answer_burst);
    AllocationsConfig {
        realm: config.realm.clone(),
        software: config.software.clone(),
        listeners: sockets.addresses.clone(),
        relays: sockets.relays.clone(),
        ports: config.relay_ports.clone(),
        own: sockets.own.iter().chain(&config.public).copied().collect(),
        allow_peers: config.allow_peers.clone(),
        credentials: config.credentials.clone(),
        old_channels: config.old_channels,
        lifetimes: config.lifetimes,
        limits,
        dont_fragment: true,
        shard: Shard::default(),
    }
}

/// How many files this process may have open, after raising that to what the system allows.
fn descriptors() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    usize::try_from(current.unwrap_or(FEW_DESCRIPTORS)).unwrap_or(usize::MAX)
}
