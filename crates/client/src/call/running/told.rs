//! What the server tells of a call, and what the other side says through it.

use std::time::{Duration, Instant};

use media::session::{CandidateText, decode_candidate};
use sansio::Machine as _;
use webapi::skein::{
    Block, Body, CallEvent, CallKey, DescriptionKind, Done, EchoPhase, Event, Inline, LeaveWhy,
    MarkName, Media, Outcome as ServerOutcome, Side, Signal, Step, Value,
};

use super::{Asked, MAX_RINGS, MEDIA, Running, Stage, new_peer};
use crate::call::{Ended, Progress, ways};
use crate::connection::News;
use crate::error::Error;

impl<P: FnMut(Progress) + Send> Running<P> {
    pub(super) fn answered(
        &mut self,
        asked: Asked,
        answer: Result<Done, Error>,
    ) -> Result<(), Error> {
        match (asked, answer) {
            (
                Asked::Invite | Asked::InviteAgain,
                Ok(Done {
                    value: Value::Superseded { by },
                    ..
                }),
            ) => self.give_way(by),
            (Asked::Invite | Asked::InviteAgain, Ok(_)) => {
                self.send_signals();
                Ok(())
            }
            (Asked::Invite, Err(error)) => Err(error),
            (Asked::InviteAgain, Err(Error::Refused(refused))) => {
                tracing::debug!(%refused, "it rings no more");
                self.over(Ended::NotAnswered);
                Ok(())
            }
            (Asked::Join, Ok(Done { value, .. })) => {
                if let Value::Ice { ice } = value {
                    self.ice = ice;
                }
                self.placed();
                Ok(())
            }
            (Asked::Join, Err(Error::Refused(refused))) => {
                tracing::debug!(%refused, "the server does not know the call any more");
                self.over(self.ended_unheard());
                Ok(())
            }
            // With the next connection it is said again.
            (Asked::InviteAgain | Asked::Join, Err(_)) | (Asked::Other, Ok(_)) => Ok(()),
            (Asked::Other, Err(error)) => {
                tracing::debug!(%error, "a step was refused");
                Ok(())
            }
        }
    }

    pub(super) fn news(&mut self, news: News) -> Result<(), Error> {
        match news {
            News::Event(placed) => match placed.event {
                Event::Call { call } => return self.call_event(call),
                Event::Message { message, .. } if message.author == self.callee.id => {
                    if let Body::Card { card, blocks } = message.body
                        && self.tested
                        && card["type"] == "sound_test"
                    {
                        self.sound_test = Some((card, words_of(&blocks)));
                    }
                }
                _ => {}
            },
            News::Lost => {
                self.has_place = false;
                (self.progress)(Progress::ServerLost);
            }
            // What was missed is told by `Join`, too.
            News::Back | News::Behind => {
                (self.progress)(Progress::ServerBack);
                self.take_place();
            }
            News::Ended(error) if self.stage == Stage::Ringing => return Err(error),
            News::Ended(_) => self.over(self.ended_unheard()),
        }
        Ok(())
    }

    fn call_event(&mut self, event: CallEvent) -> Result<(), Error> {
        match event {
            CallEvent::Ring {
                key, from, offer, ..
            } if from == self.callee.id => {
                if self.awaited.as_ref() == Some(&key) {
                    return self.answer(key, &offer);
                }
                if self.rings.len() < MAX_RINGS {
                    self.rings.push((key, offer));
                }
            }
            CallEvent::Superseded { key, by } if key == self.key => return self.give_way(by),
            CallEvent::Ringing { key, devices } if key == self.key => {
                self.marks
                    .add(MarkName::Ring, Instant::now(), Some(devices.to_string()));
                (self.progress)(Progress::Ringing(devices));
            }
            CallEvent::Accepted {
                key, answer, media, ..
            } if key == self.key => {
                self.theirs = media;
                self.accepted(&answer);
            }
            CallEvent::Signal { key, data, .. } if key == self.key => {
                match serde_json::from_str(&data) {
                    Ok(signal) => self.signalled(signal),
                    Err(error) => tracing::debug!(%error, "a signal was not understood"),
                }
            }
            CallEvent::Media { key, media, .. } if key == self.key => self.they_send(media),
            CallEvent::Away {
                key, expires_in, ..
            } if key == self.key => {
                let lasts = Duration::from_millis(u64::try_from(expires_in).unwrap_or(0));
                self.away_until = Some(Instant::now() + lasts);
                (self.progress)(Progress::Waiting(lasts));
            }
            CallEvent::Joined {
                key,
                still_connected,
                media,
                ..
            } if key == self.key => {
                self.away_until = None;
                if let Some(lost) = &mut self.lost {
                    lost.they_are_back(Instant::now());
                }
                self.they_send(media);
                if still_connected {
                    self.they_are_back();
                } else {
                    return self.begin_anew();
                }
            }
            CallEvent::Ended { key, outcome } if key == self.key => self.over(match outcome {
                ServerOutcome::Completed => Ended::FarHangUp,
                ServerOutcome::Failed => Ended::NoPath,
                ServerOutcome::Lost => Ended::Lost,
                ServerOutcome::Cancelled => Ended::Cancelled,
                ServerOutcome::Open
                | ServerOutcome::NotAnswered
                | ServerOutcome::Missed
                | ServerOutcome::MissedBusy
                | ServerOutcome::Declined => Ended::NotAnswered,
            }),
            CallEvent::RingStopped { key, .. }
                if self.stage == Stage::Ringing && key == self.key =>
            {
                self.over(Ended::NotAnswered);
            }
            _ => {}
        }
        Ok(())
    }

    /// Both called at once, and theirs lives: answer it.
    fn give_way(&mut self, by: CallKey) -> Result<(), Error> {
        if self.stage != Stage::Ringing {
            return Ok(());
        }
        match self.rings.iter().position(|(key, _)| *key == by) {
            Some(at) => {
                let (key, offer) = self.rings.swap_remove(at);
                self.answer(key, &offer)
            }
            None => {
                self.awaited = Some(by);
                Ok(())
            }
        }
    }

    fn answer(&mut self, key: CallKey, offer: &str) -> Result<(), Error> {
        self.key = key;
        self.side = Side::Callee;
        self.awaited = None;
        self.unsent = None;
        // What was offered is void; the addresses are the same.
        self.peer = new_peer(&self.locals, &mut self.rng)?;
        match self.peer.session().accept_offer(Instant::now(), offer) {
            Ok(answer) => {
                self.ask(
                    Asked::Other,
                    Step::Accept {
                        media: MEDIA,
                        answer,
                    },
                );
                self.permit_all(offer);
                self.begin_talking();
            }
            Err(error) => {
                tracing::debug!(%error, "their offer cannot be accepted");
                self.leave(Ended::NoSeal, LeaveWhy::NoSeal);
            }
        }
        Ok(())
    }

    fn accepted(&mut self, answer: &str) {
        if self.stage != Stage::Ringing {
            return;
        }
        self.begin_talking();
        self.permit_all(answer);
        if let Err(error) = self.peer.session().accept_answer(Instant::now(), answer) {
            tracing::debug!(%error, "their answer cannot be accepted");
            self.leave(Ended::NoSeal, LeaveWhy::NoSeal);
        }
    }

    fn begin_talking(&mut self) {
        self.stage = Stage::Answered;
        self.marks.add(MarkName::Answer, Instant::now(), None);
        (self.progress)(Progress::Answered);
        // A built-in account says when it listens.
        if !self.is_service() {
            self.sound.speak();
        }
    }

    pub(super) fn permit_all(&mut self, description: &str) {
        for line in description
            .lines()
            .filter(|line| line.starts_with("a=candidate:"))
        {
            self.permit(line);
        }
    }

    /// Other relays know nobody yet.
    pub(super) fn permit_all_again(&mut self) {
        for pair in self.peer.session().pairs() {
            let ip = pair.remote.ip();
            let Ok(()) = self.ways.handle(Instant::now(), ways::Input::Permit(ip));
        }
    }

    /// Whoever this candidate is may reach us through our relays.
    fn permit(&mut self, line: &str) {
        if let Ok((address, _)) = decode_candidate(line) {
            let Ok(()) = self
                .ways
                .handle(Instant::now(), ways::Input::Permit(address.ip()));
        }
    }

    fn signalled(&mut self, signal: Signal) {
        let now = Instant::now();
        match signal {
            Signal::Candidate {
                candidate,
                mid,
                ufrag,
            } => {
                self.permit(&candidate);
                let verdict = self.peer.session().add_remote_candidate(
                    now,
                    &CandidateText {
                        candidate,
                        mid,
                        ufrag,
                    },
                );
                tracing::trace!(?verdict, "a candidate of theirs");
            }
            Signal::EndOfCandidates => {}
            Signal::Description {
                kind: DescriptionKind::Offer,
                sdp,
                offer,
            } => self.offered(now, &sdp, offer),
            Signal::Description {
                kind: DescriptionKind::Answer,
                sdp,
                offer,
            } => {
                if offer.is_some_and(|offer| offer != self.offers) {
                    tracing::debug!("an answer to an offer that was given up");
                    return;
                }
                self.permit_all(&sdp);
                self.offer = None;
                if let Err(error) = self.peer.session().accept_answer(now, &sdp) {
                    tracing::debug!(%error, "a later answer cannot be accepted");
                }
            }
            Signal::Phase { phase, .. } => {
                if phase == EchoPhase::Listening {
                    self.sound.speak();
                }
                // Now all of it was said, and what the file is like is known.
                if phase == EchoPhase::Playing && self.sound.is_one_sided() {
                    self.signal(Signal::Source {
                        muted: false,
                        monitor: false,
                        one_sided: true,
                    });
                }
                self.tested =
                    self.tested || phase == EchoPhase::Done || phase == EchoPhase::Playing;
                (self.progress)(Progress::Phase(phase));
            }
            // This end tests nobody's sound.
            Signal::Source { .. } => {}
        }
    }
}

impl<P: FnMut(Progress) + Send> Running<P> {
    fn they_send(&mut self, media: Media) {
        self.theirs = media;
        // What was missed while nothing was to be heard is no silence.
        self.heard_at = self.heard_at.map(|_| Instant::now());
        if media.held != self.held {
            self.held = media.held;
            (self.progress)(Progress::Held(media.held));
        }
    }

    /// They look for another way, or come back without a connection.
    fn offered(&mut self, now: Instant, sdp: &str, offer: Option<u32>) {
        // Perfect negotiation (WebRTC 1.0 §10.7): the caller is the impolite one, and its own offer counts.
        if self.side == Side::Caller && self.peer.session().is_offering() {
            return;
        }
        self.permit_all(sdp);
        self.offer = None; // ours is void
        match self.peer.session().accept_offer(now, sdp) {
            Ok(sdp) => self.signal(Signal::Description {
                kind: DescriptionKind::Answer,
                sdp,
                offer,
            }),
            Err(error) => tracing::debug!(%error, "a later offer cannot be accepted"),
        }
    }
}

/// The words of a card, one line a paragraph.
fn words_of(blocks: &[Block]) -> String {
    let lines = blocks.iter().filter_map(|block| match block {
        Block::Paragraph { inline } => {
            let text = |inline: &Inline| match inline {
                Inline::Text { text } => text.clone(),
                Inline::Break => "\n".to_owned(),
                _ => String::new(),
            };
            Some(inline.iter().map(text).collect::<String>())
        }
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}
