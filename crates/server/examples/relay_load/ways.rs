//! The ways that datagrams go, and their sockets.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use quinn_udp::{RecvMeta, UdpSockRef, UdpSocketState};
use rustix::event::epoll;
use stun::{ChannelData, Credential};

use crate::client::Client;
use crate::figures::Figures;
use crate::{Arguments, Failed, Topology};

/// Datagrams received by one call.
const BATCH: usize = 32;
/// Longer than any that we send.
const CAPACITY: usize = 2048;

/// From one socket to one other. Nothing else arrives there.
#[derive(Debug)]
pub(crate) struct Way {
    from: Arc<UdpSocket>,
    to: SocketAddr,
    at: Arc<UdpSocket>,
    /// What is sent: the header of the channel, if there is one, then the time, then zeros.
    datagram: Vec<u8>,
    /// Where the time is in what is sent, and in what arrives.
    sent_stamp: usize,
    arrived_stamp: usize,
    pub(crate) sent: u64,
    pub(crate) arrived: u64,
}

/// All of them, with what waits for and receives datagrams.
#[derive(Debug)]
pub(crate) struct Ways {
    pub(crate) all: Vec<Way>,
    epoll: OwnedFd,
    batching: UdpSocketState,
    buffers: Box<[[u8; CAPACITY]; BATCH]>,
    /// Stamps are nanoseconds since then.
    begin: Instant,
}

/// A socket that sends, or receives, for a way, and its channel there.
struct End {
    socket: Arc<UdpSocket>,
    to: SocketAddr,
    channel: Option<u16>,
}

pub(crate) fn open(arguments: &Arguments) -> Result<Ways, Failed> {
    let server = arguments.server;
    let credential = || Credential {
        username: arguments.user.clone(),
        password: arguments.password.clone(),
    };
    let client = |number| Client::allocate(server, credential(), number);
    let mut ends = Vec::new();
    if arguments.topology == Topology::Pair {
        for number in 0..arguments.legs / 2 {
            let (mut one, mut other) = (client(2 * number)?, client(2 * number + 1)?);
            let channels = (one.bind(other.relayed)?, other.bind(one.relayed)?);
            let end = |client: Client, channel| End {
                socket: Arc::new(client.socket),
                to: server,
                channel: Some(channel),
            };
            ends.push((end(one, channels.0), end(other, channels.1)));
        }
    } else {
        for number in 0..arguments.legs {
            let mut client = client(number)?;
            let peer = UdpSocket::bind((server.ip(), 0))?;
            let channel = Some(client.bind(peer.local_addr()?)?);
            let (socket, to) = (Arc::new(peer), client.relayed);
            let peer = End {
                socket,
                to,
                channel: None,
            };
            let (socket, to) = (Arc::new(client.socket), server);
            ends.push((
                End {
                    socket,
                    to,
                    channel,
                },
                peer,
            ));
        }
    }
    let size = usize::from(arguments.size);
    let mut all = Vec::new();
    for (one, other) in &ends {
        if arguments.topology != Topology::Down {
            all.push(Way::new(one, other, size));
        }
        if arguments.topology != Topology::Up {
            all.push(Way::new(other, one, size));
        }
    }
    Ok(Ways::new(all, server)?)
}

impl Way {
    fn new(from: &End, at: &End, size: usize) -> Self {
        let mut datagram = Vec::new();
        let data = vec![0; size];
        match from.channel {
            Some(channel) => ChannelData {
                channel,
                data: &data,
            }
            .encode(&mut datagram),
            None => datagram = data,
        }
        let header = |end: &End| if end.channel.is_some() { 4 } else { 0 };
        Self {
            from: Arc::clone(&from.socket),
            to: from.to,
            at: Arc::clone(&at.socket),
            datagram,
            sent_stamp: header(from),
            arrived_stamp: header(at),
            sent: 0,
            arrived: 0,
        }
    }
}

impl Ways {
    fn new(all: Vec<Way>, server: SocketAddr) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (number, way) in all.iter().enumerate() {
            way.at.set_nonblocking(true)?;
            way.from.set_nonblocking(true)?;
            let data = epoll::EventData::new_u64(number as u64);
            epoll::add(&epoll, &*way.at, data, epoll::EventFlags::IN)?;
        }
        // Made on another socket, because making it switches on receive offload: ours are plain receivers.
        let throw_away = UdpSocket::bind((server.ip(), 0))?;
        Ok(Self {
            all,
            epoll,
            batching: UdpSocketState::new(UdpSockRef::from(&throw_away))?,
            buffers: Box::new([[0; CAPACITY]; BATCH]),
            begin: Instant::now(),
        })
    }

    /// Send one datagram by way `number`. What the kernel does not take is lost.
    pub(crate) fn send(&mut self, number: usize, now: Instant) {
        let stamp = now.duration_since(self.begin).as_nanos() as u64;
        let way = &mut self.all[number];
        way.datagram[way.sent_stamp..way.sent_stamp + 8].copy_from_slice(&stamp.to_ne_bytes());
        let _ = way.from.send_to(&way.datagram, way.to);
        way.sent += 1;
    }

    /// Ways for which something has arrived, after at most `patience`.
    pub(crate) fn wait(
        &self,
        patience: std::time::Duration,
        ready: &mut Vec<usize>,
    ) -> io::Result<()> {
        let timeout = rustix::event::Timespec {
            tv_sec: patience.as_secs() as i64,
            tv_nsec: patience.subsec_nanos().into(),
        };
        let mut events = [epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        }; 256];
        ready.clear();
        match epoll::wait(&self.epoll, &mut events, Some(&timeout)) {
            Ok(count) => {
                ready.extend(
                    events[..count]
                        .iter()
                        .map(|event| event.data.u64() as usize),
                );
                Ok(())
            }
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Receive what has arrived by way `number`, up to [`BATCH`]: how many.
    pub(crate) fn receive_batch(&mut self, number: usize, figures: &mut Figures) -> usize {
        let mut meta = [RecvMeta::default(); BATCH];
        let mut buffers = self
            .buffers
            .each_mut()
            .map(|buffer| IoSliceMut::new(buffer));
        let way = &mut self.all[number];
        let received = self
            .batching
            .recv(UdpSockRef::from(&*way.at), &mut buffers, &mut meta);
        let count = received.unwrap_or(0);
        let now = Instant::now();
        for (buffer, meta) in self.buffers.iter().zip(&meta[..count]) {
            let datagram = &buffer[..meta.len];
            arrived(way, datagram, now, self.begin, figures);
        }
        count
    }

    /// Receive one, for cheaper.
    pub(crate) fn receive_one(&mut self, number: usize, figures: &mut Figures) {
        let way = &mut self.all[number];
        let buffer = &mut self.buffers[0];
        if let Ok((length, _)) = way.at.recv_from(buffer) {
            let datagram = &buffer[..length];
            arrived(way, datagram, Instant::now(), self.begin, figures);
        }
    }
}

fn arrived(way: &mut Way, datagram: &[u8], now: Instant, begin: Instant, figures: &mut Figures) {
    let Some(stamp) = datagram.get(way.arrived_stamp..way.arrived_stamp + 8) else {
        return;
    };
    way.arrived += 1;
    let stamp = u64::from_ne_bytes(stamp.try_into().expect("8 bytes"));
    let sent = begin + std::time::Duration::from_nanos(stamp);
    figures.arrived(now.saturating_duration_since(sent));
}
