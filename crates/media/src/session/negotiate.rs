//! Descriptions and candidates: how two sessions come to know each other.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::Candidate;
use str0m::change::{SdpAnswer, SdpOffer};
use str0m::media::{Direction, MediaKind};

use super::candidates::{self, CandidateText, LocalCandidate, Verdict};
use super::engine::{Session, Timer};
use super::phases::Phase;
use super::{SessionError, State, sdp};

/// Local candidates of one session.
const MAX_LOCAL: usize = 64;

/// How often a lost way is looked for again.
const RETRY: Duration = Duration::from_secs(2);

impl Session {
    /// Make an offer: audio, and video if asked; a later one adds video.
    ///
    /// # Errors
    /// [`SessionError::Order`] when an offer is out already, there is nothing new to offer, or the session is over.
    pub fn create_offer(&mut self, now: Instant, video: bool) -> Result<String, SessionError> {
        self.advance(now);
        self.alive()?;
        if self.pending.is_some() {
            return Err(SessionError::Order("an offer is waiting for its answer"));
        }
        let (has_audio, has_video) = self.tracks.present();
        let mut change = self.rtc.sdp_api();
        let audio = (!has_audio)
            .then(|| change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None));
        let video = (video && !has_video)
            .then(|| change.add_media(MediaKind::Video, Direction::SendRecv, None, None, None));
        let (offer, pending) = change
            .apply()
            .ok_or(SessionError::Order("there is nothing new to offer"))?;
        self.tracks.offered(audio, video);
        self.pending = Some(pending);
        self.phases.mark(Phase::LocalDescription, self.now);
        self.drain();
        Ok(sdp::without(&offer.to_sdp_string(), &self.hidden))
    }

    /// Offer to look for ways anew (RFC 8445 §9), with the addresses of now: `gone` are of a network that is no more. An
    /// earlier offer that nobody answered is void. Media go on where they can until the answer comes.
    ///
    /// # Errors
    /// [`SessionError::Order`] before the first descriptions, or when the session is over.
    pub fn restart(
        &mut self,
        now: Instant,
        gone: &[LocalCandidate],
    ) -> Result<String, SessionError> {
        self.advance(now);
        self.alive()?;
        if self.state() == State::New {
            return Err(SessionError::Order("there is nothing to look for anew yet"));
        }
        self.forget_locals(gone);
        self.pending = None;
        let mut change = self.rtc.sdp_api();
        let credentials = change.ice_restart(true);
        let (offer, pending) = change
            .apply()
            .ok_or(SessionError::Order("there is nothing new to offer"))?;
        self.pending = Some(pending);
        // Candidates that are found from now on belong to this offer.
        self.ufrag = credentials.ufrag;
        self.drain();
        Ok(sdp::without(&offer.to_sdp_string(), &self.hidden))
    }

    /// Whether an offer of ours waits for its answer.
    #[must_use]
    pub fn is_offering(&self) -> bool {
        self.pending.is_some()
    }

    /// Addresses that are no more: nothing is sent from them, and their place is free for others.
    fn forget_locals(&mut self, gone: &[LocalCandidate]) {
        self.locals.retain(|local| !gone.contains(local));
        for candidate in gone.iter().filter_map(|local| made(*local).ok()) {
            self.rtc.direct_api().invalidate_candidate(&candidate);
        }
        for base in self.hidden.extract_if(.., |base| {
            let through = |local: &LocalCandidate| {
                matches!(local, LocalCandidate::ServerReflexive { base: b, .. } if b == base)
            };
            !self.locals.iter().any(through)
        }) {
            if let Ok(host) = Candidate::host(base, "udp") {
                self.rtc.direct_api().invalidate_candidate(&host);
            }
        }
        self.drain();
    }

    /// Take an offer, also a later one, and answer it.
    ///
    /// # Errors
    /// [`SessionError::Description`] when it cannot be read or agreed with.
    pub fn accept_offer(&mut self, now: Instant, offer: &str) -> Result<String, SessionError> {
        self.advance(now);
        self.alive()?;
        let description = sdp::take_apart(offer)?;
        let offer = SdpOffer::from_sdp_string(&description.text).map_err(unreadable)?;
        self.pending = None;
        let result = self
            .rtc
            .sdp_api()
            .accept_offer(offer)
            .map(|answer| answer.to_sdp_string());
        let answer = self.described(result, description)?;
        // An ICE restart of theirs gives us new credentials, too.
        self.ufrag = self.rtc.direct_api().local_ice_credentials().ufrag;
        self.phases.mark(Phase::LocalDescription, self.now);
        Ok(sdp::without(&answer, &self.hidden))
    }

    /// Take the answer to our offer.
    ///
    /// # Errors
    /// [`SessionError::Description`] when it cannot be read or agreed with, [`SessionError::Order`] without offer.
    pub fn accept_answer(&mut self, now: Instant, answer: &str) -> Result<(), SessionError> {
        self.advance(now);
        self.alive()?;
        let description = sdp::take_apart(answer)?;
        let answer = SdpAnswer::from_sdp_string(&description.text).map_err(unreadable)?;
        let pending = self
            .pending
            .take()
            .ok_or(SessionError::Order("there is no offer to answer"))?;
        let result = self.rtc.sdp_api().accept_answer(pending, answer);
        self.described(result, description)
    }

    /// One of our addresses. What to tell the far side is returned; `None` when it knows already.
    ///
    /// # Errors
    /// [`SessionError::Candidate`] when the address cannot be a candidate.
    pub fn add_local_candidate(
        &mut self,
        now: Instant,
        local: LocalCandidate,
    ) -> Result<Option<CandidateText>, SessionError> {
        self.advance(now);
        self.alive()?;
        if self.locals.len() >= MAX_LOCAL {
            return Err(SessionError::Candidate("too many of our own".to_owned()));
        }
        let candidate = made(local)?;
        if let LocalCandidate::ServerReflexive { base, .. } = local {
            self.add_hidden_base(base)?;
        }
        let own = candidate.to_sdp_string();
        let mut line = self
            .rtc
            .add_local_candidate(candidate)
            .map(Candidate::to_sdp_string);
        self.drain();
        if let LocalCandidate::Host(address) = local
            && let Some(hidden) = self.hidden.iter().position(|h| *h == address)
        {
            self.hidden.swap_remove(hidden);
            line = line.or(Some(own));
        }
        let Some(line) = line else { return Ok(None) };
        self.locals.push(local);
        let mid = self.tracks.first_mid();
        Ok(Some(CandidateText {
            candidate: line,
            mid,
            ufrag: Some(self.ufrag.clone()),
        }))
    }

    /// The engine takes checks only at sockets it knows (RFC 8445 §7.3), so it gets the base, too.
    fn add_hidden_base(&mut self, base: SocketAddr) -> Result<(), SessionError> {
        let known =
            self.hidden.contains(&base) || self.locals.contains(&LocalCandidate::Host(base));
        if !known {
            let host =
                Candidate::host(base, "udp").map_err(|e| SessionError::Candidate(e.to_string()))?;
            self.rtc.add_local_candidate(host);
            self.drain();
            self.hidden.push(base);
        }
        Ok(())
    }

    /// A candidate of the far side, at any time, in any shape. Never ends the session.
    pub fn add_remote_candidate(&mut self, now: Instant, text: &CandidateText) -> Verdict {
        self.advance(now);
        let (verdict, parsed) = self.remote.judge(text);
        if let Some(parsed) = parsed {
            match Candidate::from_sdp_string(&parsed.line) {
                Ok(candidate) if self.rtc.is_alive() => {
                    self.rtc.add_remote_candidate(candidate);
                    self.drain();
                }
                _ => return Verdict::Malformed,
            }
        }
        verdict
    }

    fn described<T>(
        &mut self,
        result: Result<T, str0m::RtcError>,
        description: sdp::Description,
    ) -> Result<T, SessionError> {
        self.drain();
        let value = result.map_err(unreadable)?;
        self.phases.mark(Phase::RemoteDescription, self.now);
        if self.state() == State::New {
            self.timers
                .set(Timer::Connect, self.now + self.limits.connect);
            self.enter(State::Connecting);
        }
        let early = self.remote.described(description.ufrag, description.mids);
        for candidate in description.candidates.iter().chain(&early) {
            self.add_remote_candidate(self.now, candidate);
        }
        Ok(value)
    }

    /// The engine forgets pairs that failed. As long as the far side may come back they are tried again.
    pub(super) fn look_again(&mut self) {
        self.timers.set(Timer::Retry, self.now + RETRY);
        for (address, kind) in self.pairs.remotes(self.remote.taken()) {
            if let Ok(candidate) = Candidate::from_sdp_string(&candidates::line(address, kind)) {
                self.rtc.add_remote_candidate(candidate);
                self.drain();
            }
        }
    }
}

/// The engine's own candidate for an address.
fn made(local: LocalCandidate) -> Result<Candidate, SessionError> {
    match local {
        LocalCandidate::Host(address) => Candidate::host(address, "udp"),
        LocalCandidate::ServerReflexive { address, base } => {
            Candidate::server_reflexive(address, base, "udp")
        }
        LocalCandidate::Relayed { address, local } => Candidate::relayed(address, local, "udp"),
    }
    .map_err(|error| SessionError::Candidate(error.to_string()))
}

fn unreadable(error: impl std::fmt::Display) -> SessionError {
    SessionError::Description(error.to_string())
}
