//! Every candidate pair that was tried, seen from the datagrams.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::candidates::LocalCandidate;

/// The most pairs remembered.
const MAX_PAIRS: usize = 128;

/// What kind of address a candidate is (RFC 8445 §5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CandidateKind {
    /// A socket of the machine itself.
    Host,
    /// How a STUN server sees it.
    ServerReflexive,
    /// How the far side sees it; found only by a check.
    PeerReflexive,
    /// An address on a TURN server.
    Relayed,
}

/// One pair and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairReport {
    /// Our address.
    pub local: SocketAddr,
    /// What our address is.
    pub local_kind: CandidateKind,
    /// Their address.
    pub remote: SocketAddr,
    /// What their address is.
    pub remote_kind: CandidateKind,
    /// Checks sent.
    pub sent: u32,
    /// Checks answered by them.
    pub answered: u32,
    /// Checks of theirs that came.
    pub received: u32,
    /// Newest round trip of a check.
    pub rtt: Option<Duration>,
    /// Whether media takes this way now.
    pub selected: bool,
}

#[derive(Debug)]
struct Pair {
    local: SocketAddr,
    remote: SocketAddr,
    sent: u32,
    answered: u32,
    received: u32,
    rtt: Option<Duration>,
    /// The newest check: its transaction and when it left.
    check: Option<([u8; 12], Instant)>,
}

/// What a datagram is to ICE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    Request,
    Success,
}

#[derive(Debug, Default)]
pub(super) struct Pairs {
    pairs: Vec<Pair>,
    selected: Option<(SocketAddr, SocketAddr)>,
}

impl Pairs {
    /// A datagram leaves.
    pub(super) fn sent(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &[u8],
    ) -> Option<Check> {
        let Some((check, transaction)) = check(bytes) else {
            // Only media and DTLS are no STUN, and they take the chosen pair.
            if !is_stun(bytes) {
                self.selected = Some((local, remote));
            }
            return None;
        };
        if check == Check::Request
            && let Some(pair) = self.pair(local, remote)
        {
            pair.sent = pair.sent.saturating_add(1);
            pair.check = Some((transaction, now));
        }
        Some(check)
    }

    /// A datagram came.
    pub(super) fn received(
        &mut self,
        now: Instant,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &[u8],
    ) -> Option<Check> {
        let (check, transaction) = check(bytes)?;
        let pair = self.pair(local, remote)?;
        match check {
            Check::Request => pair.received = pair.received.saturating_add(1),
            Check::Success => {
                // An answer to nothing we asked is somebody else's.
                let (_, sent) = pair.check.take_if(|(asked, _)| *asked == transaction)?;
                pair.answered = pair.answered.saturating_add(1);
                pair.rtt = Some(now.saturating_duration_since(sent));
            }
        }
        Some(check)
    }

    pub(super) fn report(
        &self,
        locals: &[LocalCandidate],
        remotes: &[(SocketAddr, CandidateKind)],
    ) -> Vec<PairReport> {
        let report = |pair: &Pair| PairReport {
            local: pair.local,
            local_kind: locals
                .iter()
                .find_map(|l| l.kind_of(pair.local))
                .unwrap_or(CandidateKind::PeerReflexive),
            remote: pair.remote,
            remote_kind: remotes
                .iter()
                .find(|(address, _)| *address == pair.remote)
                .map_or(CandidateKind::PeerReflexive, |(_, kind)| *kind),
            sent: pair.sent,
            answered: pair.answered,
            received: pair.received,
            rtt: pair.rtt,
            selected: self.selected == Some((pair.local, pair.remote)),
        };
        self.pairs.iter().map(report).collect()
    }

    /// Every address of theirs that was seen or told.
    pub(super) fn remotes(
        &self,
        told: &[(SocketAddr, CandidateKind)],
    ) -> Vec<(SocketAddr, CandidateKind)> {
        let mut remotes = told.to_vec();
        for pair in &self.pairs {
            if remotes.iter().all(|(address, _)| *address != pair.remote) {
                remotes.push((pair.remote, CandidateKind::PeerReflexive));
            }
        }
        remotes
    }

    fn pair(&mut self, local: SocketAddr, remote: SocketAddr) -> Option<&mut Pair> {
        let found = self
            .pairs
            .iter()
            .position(|p| p.local == local && p.remote == remote);
        let index = match found {
            Some(index) => index,
            None if self.pairs.len() < MAX_PAIRS => {
                self.pairs.push(Pair {
                    local,
                    remote,
                    sent: 0,
                    answered: 0,
                    received: 0,
                    rtt: None,
                    check: None,
                });
                self.pairs.len() - 1
            }
            None => return None,
        };
        Some(&mut self.pairs[index])
    }
}

/// Whether the first byte is STUN's (RFC 7983 §7).
fn is_stun(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|first| *first < 4)
}

/// Binding request or success response with the magic cookie (RFC 8489 §5).
fn check(bytes: &[u8]) -> Option<(Check, [u8; 12])> {
    let (head, _) = bytes.split_first_chunk::<20>()?;
    if head[4..8] != [0x21, 0x12, 0xa4, 0x42] {
        return None;
    }
    let check = match [head[0], head[1]] {
        [0x00, 0x01] => Check::Request,
        [0x01, 0x01] => Check::Success,
        _ => return None,
    };
    let (_, transaction) = head.split_last_chunk::<12>()?;
    Some((check, *transaction))
}
