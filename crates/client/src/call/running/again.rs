//! A call that lost its way, its other end, or the server: another way is looked for, and it is known when to give up.

use std::time::{Duration, Instant};

use media::session::{LocalCandidate, State};
use rand::RngExt as _;
use sansio::Machine as _;
use sansio::rng::seeded;
use webapi::skein::{DescriptionKind, IceConfig, MarkName, Signal, Step};

use super::loss::{Due, Loss};
use super::{Asked, MEDIA, Running, Stage, look_for_ways, new_peer};
use crate::call::sockets::Sockets;
use crate::call::ways::{self, Ways};
use crate::call::{Ended, Progress};
use crate::error::Error;

/// No sound for so long means that the way is lost: the engine takes much longer to be sure.
const SILENCE: Duration = Duration::from_secs(2);
/// Candidates that are said again with an offer.
const MAX_FOUND: usize = 64;

/// An offer to look for ways anew, as it was said, with what was found since.
#[derive(Debug)]
pub(super) struct Offered {
    sdp: String,
    found: Vec<Signal>,
}

impl Offered {
    pub(super) fn found(&mut self, candidate: Signal) {
        if self.found.len() < MAX_FOUND {
            self.found.push(candidate);
        }
    }
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
            self.lost = Some(Loss::way(Instant::now()));
            (self.progress)(Progress::Searching);
        }
    }

    /// They said goodbye to the connection. Whether to the call, too, is the server's word: a page that is loaded again does the
    /// same.
    pub(super) fn they_parted(&mut self) {
        if self.stage == Stage::Answered {
            self.lost = Some(Loss::goodbye(Instant::now()));
        }
    }

    /// How the call ended, if the server knows of it no more.
    pub(super) fn ended_unheard(&self) -> Ended {
        self.lost.map_or(Ended::Lost, |lost| lost.ended())
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
            (self.progress)(Progress::BackAfter(lost.since().elapsed()));
        }
    }

    /// When something is to be done about it.
    pub(super) fn lost_wake(&self) -> Option<Instant> {
        let Some(lost) = self.lost.filter(|_| self.stage == Stage::Answered) else {
            return self.silence_ends();
        };
        Some(lost.wake(self.away_until))
    }

    pub(super) fn lost_timeout(&mut self) -> Result<(), Error> {
        let now = Instant::now();
        if self.silence_ends().is_some_and(|at| at <= now) {
            self.lost_sight();
        }
        if self.stage != Stage::Answered {
            return Ok(());
        }
        let Some(due) = self
            .lost
            .as_mut()
            .map(|lost| lost.due(now, self.away_until))
        else {
            return Ok(());
        };
        match due {
            Due::GiveUp(ended, why) => self.leave(ended, why),
            Due::Do { watch, look } => {
                let moved = watch && self.watch();
                if let Some(lost) = self.lost.as_mut().filter(|_| moved) {
                    lost.looks(now);
                }
                // Nobody answers while the other end is away; of another network use is made all the same.
                if moved || (look && (self.away_until.is_none() || self.has_moved())) {
                    self.look_again();
                }
            }
        }
        Ok(())
    }

    /// The connection to the server may be gone with the way; a network that is another one is made use of at once: whether it is.
    fn watch(&mut self) -> bool {
        let another = self.sockets.another_network(self.with_loopback);
        let Ok(()) = self.ways.handle(Instant::now(), ways::Input::AskAgain);
        let moved = another.is_some() && self.renewing.is_empty();
        let is_news = another.is_some() && another != self.told_of;
        self.told_of = another;
        if is_news {
            self.connection.moved();
        } else {
            self.connection.hurry();
        }
        moved
    }

    fn has_moved(&self) -> bool {
        self.sockets.another_network(self.with_loopback).is_some()
    }

    /// A NAT in front of this device gave other ports: it is as if the network were another one.
    pub(super) fn seen_elsewhere(&mut self) {
        if self.stage == Stage::Answered
            && let Some(lost) = &mut self.lost
            && lost.seen_elsewhere(Instant::now())
        {
            self.relays_are_old = true;
        }
    }

    /// Another network, or a server that started anew, wants other sockets and relays; else those that are there are tried.
    fn look_again(&mut self) {
        if !self.relays_are_old && !self.has_moved() {
            return self.offer_again();
        }
        if self.renewing.is_empty() {
            self.relays_are_old = false;
            let (ice, relay_only) = (self.ice.clone(), self.relay_only);
            let (with_loopback, seed) = (self.with_loopback, self.rng.random());
            self.renewing
                .push(Box::pin(fresh(ice, with_loopback, relay_only, seed)));
        }
    }

    /// The network of now is known.
    pub(super) fn renewed(&mut self, fresh: Result<Fresh, Error>) {
        let Fresh { sockets, ways } = match fresh {
            Ok(fresh) => fresh,
            Err(error) => {
                tracing::debug!(%error, "no network yet");
                self.relays_are_old = true;
                return;
            }
        };
        let gone = std::mem::take(&mut self.locals);
        (self.sockets, self.ways) = (sockets, ways);
        // Of a peer that has said nothing yet there is nothing to keep.
        if self.peer.session().state() == State::New
            && let Ok(peer) = new_peer(&[], &mut self.rng)
        {
            self.peer = peer;
        }
        let now = Instant::now();
        if !self.relay_only {
            for address in self.sockets.addresses().to_vec() {
                let host = LocalCandidate::Host(address);
                // A peer that is over takes none; the next one is given all of them.
                self.locals.push(host);
                if let Err(error) = self.peer.session().add_local_candidate(now, host) {
                    tracing::debug!(%error, "an address of ours is of no use");
                }
            }
        }
        self.permit_all_again();
        self.offer_anew(&gone);
    }

    /// An offer that nobody answered is said again, as it was: its answer may be on the way, and belongs to it alone.
    fn offer_again(&mut self) {
        match &self.offer {
            Some(Offered { sdp, found }) if self.peer.session().is_offering() => {
                self.say(&described(sdp.clone(), self.offers));
                for candidate in found {
                    self.say(candidate);
                }
            }
            _ => self.offer_anew(&[]),
        }
    }

    /// Offers to look for ways anew, from the addresses of now: those in `gone` are no more.
    fn offer_anew(&mut self, gone: &[LocalCandidate]) {
        match self.peer.session().restart(Instant::now(), gone) {
            Ok(sdp) => {
                self.offer = Some(Offered {
                    sdp: sdp.clone(),
                    found: Vec::new(),
                });
                self.offers = self.offers.wrapping_add(1);
                self.say(&described(sdp, self.offers));
            }
            Err(error) => tracing::debug!(%error, "nothing is offered"),
        }
    }

    /// The connection to the server is back, as another one: this end takes its place again.
    pub(super) fn take_place(&mut self) {
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
    pub(super) fn placed(&mut self) {
        self.has_place = true;
        // A server that started anew has forgotten what its relay gave.
        self.relays_are_old = true;
        self.they_are_back();
    }

    /// Both ends are there: what is missing is looked for at once, and an offer that was not heard is said again.
    pub(super) fn they_are_back(&mut self) {
        match &mut self.lost {
            Some(lost) => lost.look_now(Instant::now()),
            None if self.offer.is_some() => self.offer_again(),
            None => {}
        }
    }

    /// The other end comes back without a connection: what there was is over, and its offer is on the way.
    pub(super) fn begin_anew(&mut self) -> Result<(), Error> {
        match &mut self.lost {
            Some(lost) if !lost.is_searching() => {
                lost.search(Instant::now());
                (self.progress)(Progress::Searching);
            }
            _ => self.lost_sight(),
        }
        self.peer = new_peer(&self.locals, &mut self.rng)?;
        self.offer = None;
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

fn described(sdp: String, offer: u32) -> Signal {
    Signal::Description {
        kind: DescriptionKind::Offer,
        sdp,
        offer: Some(offer),
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
