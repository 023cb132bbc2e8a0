//! A call that lost its way, its other end, or the server: another way is looked for, and it is known when to give up.

use std::time::{Duration, Instant};

use media::session::{LocalCandidate, State};
use rand::RngExt as _;
use sansio::rng::seeded;
use webapi::skein::{DescriptionKind, IceConfig, LeaveWhy, MarkName, Signal, Step};

use super::{Asked, MEDIA, Running, Stage, look_for_ways, new_peer};
use crate::call::sockets::{Sockets, own_addresses};
use crate::call::ways::Ways;
use crate::call::{Ended, Progress};
use crate::error::Error;

/// How long a way may be lost.
const GAP: Duration = Duration::from_secs(30);
/// No sound for so long means that the way is lost: the engine takes much longer to be sure.
const SILENCE: Duration = Duration::from_secs(2);
/// An attempt that has led nowhere is made again after this time.
const AGAIN: Duration = Duration::from_secs(4);
/// The other end is waited for a little longer than the server does: it is the server that gives it up.
const LATE: Duration = Duration::from_secs(5);

/// The way is lost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lost {
    since: Instant,
    /// When another one is looked for next.
    look_at: Instant,
}

/// Sockets and relays of the network of now.
pub(super) struct Fresh {
    sockets: Sockets,
    ways: Ways,
}

impl std::fmt::Debug for Fresh {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fresh").finish_non_exhaustive()
    }
}

impl<P: FnMut(Progress) + Send> Running<P> {
    /// Nothing comes through any more.
    pub(super) fn lost_sight(&mut self) {
        if self.stage == Stage::Answered && self.lost.is_none() {
            let now = Instant::now();
            self.lost = Some(Lost {
                since: now,
                look_at: now,
            });
            (self.progress)(Progress::Searching);
        }
    }

    /// Sound came in.
    pub(super) fn sound_came(&mut self) {
        self.heard_at = Some(Instant::now());
        if self.peer.session().state() == State::Connected {
            self.found_again();
        }
    }

    /// When silence is too long, if sound should be coming in.
    fn silence_ends(&self) -> Option<Instant> {
        let expected = self.theirs.audio && !self.theirs.held && !self.theirs.no_microphone;
        let waits = expected && self.lost.is_none() && self.stage == Stage::Answered;
        self.heard_at.filter(|_| waits).map(|at| at + SILENCE)
    }

    /// Media flow again.
    pub(super) fn found_again(&mut self) {
        if let Some(lost) = self.lost.take() {
            (self.progress)(Progress::BackAfter(lost.since.elapsed()));
        }
    }

    /// When something is to be done about it.
    pub(super) fn lost_wake(&self) -> Option<Instant> {
        let Some(lost) = self.lost.filter(|_| self.stage == Stage::Answered) else {
            return self.silence_ends();
        };
        Some(lost.look_at.min(self.patience_ends(lost)))
    }

    fn patience_ends(&self, lost: Lost) -> Instant {
        self.away_until
            .map_or(lost.since + GAP, |until| until + LATE)
    }

    pub(super) fn lost_timeout(&mut self) -> Result<(), Error> {
        if self.silence_ends().is_some_and(|at| at <= Instant::now()) {
            self.lost_sight();
        }
        let Some(lost) = self.lost.filter(|_| self.stage == Stage::Answered) else {
            return Ok(());
        };
        let now = Instant::now();
        if now >= self.patience_ends(lost) {
            self.leave(Ended::Lost, LeaveWhy::NoPath);
        } else if now >= lost.look_at {
            self.lost = Some(Lost {
                look_at: now + AGAIN,
                ..lost
            });
            // Nobody answers while the other end is away.
            if self.away_until.is_none() {
                self.look_again()?;
            }
        }
        Ok(())
    }

    /// Another network, or a server that started anew, wants other sockets and relays; else those that are there are tried.
    fn look_again(&mut self) -> Result<(), Error> {
        let known: Vec<_> = self.sockets.addresses().iter().map(|a| a.ip()).collect();
        let of_now = own_addresses(self.with_loopback);
        if of_now == known && !self.relays_are_old {
            return self.offer_again(&[]);
        }
        if self.renewing.is_empty() {
            self.relays_are_old = false;
            let (ice, relay_only) = (self.ice.clone(), self.relay_only);
            let (with_loopback, seed) = (self.with_loopback, self.rng.random());
            self.renewing
                .push(Box::pin(fresh(ice, with_loopback, relay_only, seed)));
        }
        Ok(())
    }

    /// The network of now is known.
    pub(super) fn renewed(&mut self, fresh: Result<Fresh, Error>) -> Result<(), Error> {
        let Fresh { sockets, ways } = match fresh {
            Ok(fresh) => fresh,
            Err(error) => {
                tracing::debug!(%error, "no network yet");
                self.relays_are_old = true;
                return Ok(());
            }
        };
        let gone = std::mem::take(&mut self.locals);
        (self.sockets, self.ways) = (sockets, ways);
        let now = Instant::now();
        if !self.relay_only {
            for address in self.sockets.addresses().to_vec() {
                let host = LocalCandidate::Host(address);
                match self.peer.session().add_local_candidate(now, host) {
                    Ok(_) => self.locals.push(host),
                    Err(error) => tracing::debug!(%error, "an address of ours is of no use"),
                }
            }
        }
        self.permit_all_again();
        self.offer_again(&gone)
    }

    fn offer_again(&mut self, gone: &[LocalCandidate]) -> Result<(), Error> {
        match self.peer.session().restart(Instant::now(), gone) {
            Ok(sdp) => self.signal(Signal::Description {
                kind: DescriptionKind::Offer,
                sdp,
            }),
            // Descriptions are on the way still.
            Err(error) => tracing::debug!(%error, "nothing is offered"),
        }
        Ok(())
    }

    /// The connection to the server is back, as another one: this end takes its place again.
    pub(super) fn take_place(&mut self) {
        self.away_until = None; // the server says so again if it still is
        match self.stage {
            Stage::Answered => self.ask(
                Asked::Join,
                Step::Join {
                    media: MEDIA,
                    still_connected: true,
                },
            ),
            Stage::Ringing => self.ring_again(),
            Stage::Over { .. } => {}
        }
    }

    /// What still rings is rung once more: a server that started anew knows of it no more than its key.
    fn ring_again(&mut self) {
        if self.awaited.is_some() {
            return;
        }
        self.unsent
            .get_or_insert_default()
            .splice(0..0, self.early.iter().cloned());
        self.ask(Asked::InviteAgain, self.invitation.clone());
    }

    /// This end's place is its own again.
    pub(super) fn placed(&mut self, ice: Option<IceConfig>) {
        if let Some(ice) = ice {
            self.ice = ice;
            // A server that started anew has forgotten what its relay gave.
            self.relays_are_old = true;
        }
        if let Some(lost) = &mut self.lost {
            lost.look_at = Instant::now();
        }
    }

    /// The other end comes back without a connection: what there was is over, and its offer is on the way.
    pub(super) fn begin_anew(&mut self) -> Result<(), Error> {
        self.lost_sight();
        self.peer = new_peer(&self.locals, &mut self.rng)?;
        self.said_connected = false;
        self.selected = None;
        let now = Instant::now();
        self.marks.add(
            MarkName::PathChanged,
            now,
            Some("they come back".to_owned()),
        );
        Ok(())
    }
}

async fn fresh(
    ice: IceConfig,
    with_loopback: bool,
    relay_only: bool,
    seed: u64,
) -> Result<Fresh, Error> {
    let sockets = Sockets::open(with_loopback)
        .map_err(|error| Error::Media(format!("no UDP socket can be had: {error}")))?;
    let ways = look_for_ways(&ice, &sockets, relay_only, &mut seeded(seed)).await?;
    Ok(Fresh { sockets, ways })
}
