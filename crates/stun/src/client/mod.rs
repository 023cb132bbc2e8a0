//! The TURN client: an address on a relay, kept alive (RFC 8656 §7 to §12, from the client's side).

mod answers;
mod peers;
mod requests;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use sansio::Machine;
use sansio::rng::Rng;
use thiserror::Error;

use crate::codec::Family;
use crate::credentials::Credential;
use crate::transaction::{Due, FIRST_INTERVAL, Transaction};

use peers::{Bindings, Permissions};
use requests::Session;

/// Requests that may be under way at once; more wait for their turn.
const MAX_PENDING: usize = 64;
/// Allocations made anew in a row, before we give up.
const MAX_RESTARTS: u32 = 2;

/// What a [`TurnClient`] has to be told.
#[derive(Debug, Clone)]
pub struct TurnClientConfig {
    /// The relay.
    pub server: SocketAddr,
    /// Who we are to it.
    pub credential: Credential,
    /// The family of the relayed address; `None` leaves it to the relay, which means IPv4.
    pub family: Option<Family>,
    /// The first interval of retransmission.
    pub first_interval: Duration,
}

impl TurnClientConfig {
    /// The usual: an IPv4 relayed address.
    #[must_use]
    pub fn new(server: SocketAddr, credential: Credential) -> Self {
        Self {
            server,
            credential,
            family: None,
            first_interval: FIRST_INTERVAL,
        }
    }
}

/// What can happen to a [`TurnClient`].
#[derive(Debug)]
pub enum TurnInput {
    /// A datagram came in from the relay's address.
    Datagram(Vec<u8>),
    /// Let this peer send to us, and us to it.
    Permit(IpAddr),
    /// Use a channel to this peer (and permit it); for peers that much will be sent to.
    Bind(SocketAddr),
    /// This peer is of no interest any more: let its channel run out.
    Forget(SocketAddr),
    /// Send to a peer, by its channel if it has one. Without a permission it is dropped, as the relay would.
    Send {
        /// The peer.
        peer: SocketAddr,
        /// The datagram.
        data: Vec<u8>,
    },
    /// Give the allocation back.
    Close,
    /// [`Machine::poll_timeout`] has come.
    Timeout,
}

/// What a [`TurnClient`] wants done, and says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnOutput {
    /// Send these bytes to the relay.
    Transmit(Vec<u8>),
    /// There is an allocation, for the first time or anew.
    Allocated {
        /// Our address on the relay.
        relayed: SocketAddr,
        /// Our address as the relay sees it.
        mapped: SocketAddr,
    },
    /// A peer may send now.
    Permitted(IpAddr),
    /// The relay refuses this peer, with an error code: 403 for an internal address, 443 for the other family.
    Refused(IpAddr, u16),
    /// A channel carries what is sent to this peer from now on.
    Bound(SocketAddr),
    /// A peer sent this.
    Data {
        /// The peer.
        peer: SocketAddr,
        /// The datagram.
        data: Vec<u8>,
    },
    /// The allocation is gone and another one is being made: the relayed address will change.
    Lost,
    /// The end, after [`TurnInput::Close`].
    Closed,
    /// The end: no allocation, and none to be had.
    Failed(TurnError),
}

/// Why there is no allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TurnError {
    /// The relay did not answer.
    #[error("the relay did not answer")]
    TimedOut,
    /// The relay does not know the user or the password.
    #[error("the relay refused the credentials")]
    Unauthorized,
    /// The relay refused with another error code.
    #[error("the relay answered with error {0}")]
    Refused(u16),
    /// The relay's answers make no sense, or cannot be trusted.
    #[error("the relay's answer cannot be used")]
    BadAnswer,
}

/// How far we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Allocating,
    Allocated {
        relayed: SocketAddr,
        refresh: Instant,
    },
    /// The old allocation is being deleted; then comes the next.
    Restarting,
    Closing,
    Ended,
}

/// What a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Allocate,
    Refresh,
    Delete,
    Permit(IpAddr),
    Bind { number: u16, peer: SocketAddr },
}

#[derive(Debug)]
struct Pending {
    purpose: Purpose,
    transaction: Transaction,
    /// How often the relay made us ask again with another nonce.
    challenges: u32,
}

/// Holds one allocation on one relay.
///
/// Everything that the relay forgets after a while is refreshed a minute before; a stale nonce is renewed; a channel
/// number is never given to another peer until five minutes after it ran out (RFC 8656 §12); an unexpected 400 means
/// that both sides disagree about the state, so the allocation is deleted and made anew.
#[derive(Debug)]
pub struct TurnClient {
    config: TurnClientConfig,
    rng: Rng,
    stage: Stage,
    session: Option<Session>,
    pending: Vec<Pending>,
    permissions: Permissions,
    bindings: Bindings,
    restarts: u32,
    outputs: VecDeque<TurnOutput>,
}

impl TurnClient {
    /// Ask for an allocation; the first request is due at once, so poll for it.
    #[must_use]
    pub fn new(now: Instant, config: TurnClientConfig, rng: Rng) -> Self {
        let mut client = Self {
            config,
            rng,
            stage: Stage::Allocating,
            session: None,
            pending: Vec::new(),
            permissions: Permissions::default(),
            bindings: Bindings::default(),
            restarts: 0,
            outputs: VecDeque::new(),
        };
        client.ask(now, Purpose::Allocate, 0);
        client
    }

    /// Our address on the relay, while there is one.
    #[must_use]
    pub fn relayed(&self) -> Option<SocketAddr> {
        match self.stage {
            Stage::Allocated { relayed, .. } => Some(relayed),
            _ => None,
        }
    }

    /// Whether this machine has come to its end and can be thrown away.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    fn on_time(&mut self, now: Instant) {
        let mut at = 0;
        while let Some(pending) = self.pending.get_mut(at) {
            match pending.transaction.poll(now) {
                Due::Nothing => {}
                Due::Send => {
                    self.outputs
                        .push_back(TurnOutput::Transmit(pending.transaction.bytes.clone()));
                }
                Due::GiveUp if self.stage == Stage::Closing => return self.end(TurnOutput::Closed),
                Due::GiveUp => return self.fail(TurnError::TimedOut),
            }
            at += 1;
        }
        let Stage::Allocated { refresh, .. } = self.stage else {
            return;
        };
        if now >= refresh && !self.is_pending(|purpose| purpose == Purpose::Refresh) {
            self.ask(now, Purpose::Refresh, 0);
        }
        while self.pending.len() < MAX_PENDING
            && let Some(ip) = self.permissions.take_due(now)
        {
            self.ask(now, Purpose::Permit(ip), 0);
        }
        while self.pending.len() < MAX_PENDING
            && let Some((number, peer)) = self.bindings.take_due(now)
        {
            self.ask(now, Purpose::Bind { number, peer }, 0);
        }
    }

    fn close(&mut self, now: Instant) {
        match self.stage {
            Stage::Ended | Stage::Closing => {}
            Stage::Allocated { .. } => {
                self.stage = Stage::Closing;
                self.pending.clear();
                self.ask(now, Purpose::Delete, 0);
            }
            // A relay may have given us an allocation whose answer is still under way: delete it all the same, if we
            // ever got far enough to be able to sign that.
            Stage::Allocating if self.session.is_some() => {
                self.stage = Stage::Closing;
                self.pending.clear();
                self.ask(now, Purpose::Delete, 0);
            }
            Stage::Restarting => self.stage = Stage::Closing,
            Stage::Allocating => self.end(TurnOutput::Closed),
        }
    }

    /// Both sides disagree: delete what there is and begin again (RFC 8656 §12.3).
    fn restart(&mut self, now: Instant) {
        if self.restarts >= MAX_RESTARTS {
            return self.fail(TurnError::BadAnswer);
        }
        self.restarts += 1;
        self.stage = Stage::Restarting;
        self.pending.clear();
        self.outputs.push_back(TurnOutput::Lost);
        self.ask(now, Purpose::Delete, 0);
    }

    fn allocate_again(&mut self, now: Instant) {
        self.stage = Stage::Allocating;
        self.pending.clear();
        self.permissions.renew_all(now);
        self.bindings.renew_all(now);
        self.ask(now, Purpose::Allocate, 0);
    }

    fn fail(&mut self, error: TurnError) {
        self.end(TurnOutput::Failed(error));
    }

    fn end(&mut self, last: TurnOutput) {
        self.stage = Stage::Ended;
        self.pending.clear();
        self.outputs.push_back(last);
    }

    fn is_pending(&self, which: impl Fn(Purpose) -> bool) -> bool {
        self.pending.iter().any(|pending| which(pending.purpose))
    }
}

impl Machine for TurnClient {
    type Input = TurnInput;
    type Output = TurnOutput;
    type Error = Infallible;

    fn handle(&mut self, now: Instant, input: TurnInput) -> Result<(), Infallible> {
        if self.stage == Stage::Ended {
            return Ok(());
        }
        match input {
            TurnInput::Datagram(bytes) => self.on_datagram(now, &bytes),
            TurnInput::Permit(ip) => self.permissions.want(now, ip),
            TurnInput::Bind(peer) => {
                self.permissions.want(now, peer.ip());
                self.bindings.want(now, peer);
            }
            TurnInput::Forget(peer) => self.bindings.forget(peer),
            TurnInput::Send { peer, data } => self.send(now, peer, &data),
            TurnInput::Close => self.close(now),
            TurnInput::Timeout => {}
        }
        self.on_time(now);
        Ok(())
    }

    fn poll_output(&mut self) -> Option<TurnOutput> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let requests = self
            .pending
            .iter()
            .map(|pending| pending.transaction.due())
            .min();
        let Stage::Allocated { refresh, .. } = self.stage else {
            return requests;
        };
        let refresh = (!self.is_pending(|p| p == Purpose::Refresh)).then_some(refresh);
        // With all places taken the next request waits for one of them, not for its time.
        let has_room = self.pending.len() < MAX_PENDING;
        let peers = self
            .permissions
            .next_due()
            .into_iter()
            .chain(self.bindings.next_due())
            .min();
        requests
            .into_iter()
            .chain(refresh)
            .chain(peers.filter(|_| has_room))
            .min()
    }
}
