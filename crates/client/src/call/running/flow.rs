//! What the machines of a call say: addresses, sound, states.

use std::time::Instant;

use bytes::Bytes;
use media::peer;
use media::session::{self, CandidateText, Failure, LocalCandidate, State};
use sansio::Machine as _;
use webapi::skein::{LeaveWhy, MarkName, Signal, Step};

use super::{AHEAD, Asked, LOOK, Running, Stage, TAIL_FRAMES};
use crate::call::{Ended, Progress, ways};
use crate::error::Error;
use crate::report::kind_word;

impl<P: FnMut(Progress) + Send> Running<P> {
    pub(super) fn way(&mut self, output: ways::Output) {
        match output {
            ways::Output::Transmit { local, to, bytes } => self.sockets.send(local, to, &bytes),
            ways::Output::Found(candidate) => self.found(candidate),
            ways::Output::Arrived {
                source,
                destination,
                bytes,
            } => {
                // RFC 7983 §7: from 128 on it is RTP or RTCP.
                let is_media = bytes.first().is_some_and(|first| *first >= 128);
                self.feed(peer::Input::Datagram {
                    source,
                    destination,
                    bytes: Bytes::from(bytes),
                });
                if is_media {
                    self.sound_came();
                }
            }
            ways::Output::NoRelay { server, why } => {
                (self.progress)(Progress::NoRelay(format!("{server}: {why}")))
            }
            ways::Output::Complete => self.signal(Signal::EndOfCandidates),
            ways::Output::SeenElsewhere => self.seen_elsewhere(),
        }
    }

    fn found(&mut self, candidate: LocalCandidate) {
        if self.relay_only && !matches!(candidate, LocalCandidate::Relayed { .. }) {
            return;
        }
        let now = Instant::now();
        self.marks.add(
            MarkName::FirstCandidate,
            now,
            Some(word(candidate).to_owned()),
        );
        self.locals.push(candidate);
        match self.peer.session().add_local_candidate(now, candidate) {
            Ok(told) => {
                if let Some(CandidateText {
                    candidate,
                    mid,
                    ufrag,
                }) = told
                {
                    let signal = Signal::Candidate {
                        candidate,
                        mid,
                        ufrag,
                    };
                    if let Some(offered) = &mut self.offer {
                        offered.found(signal.clone());
                    }
                    self.signal(signal);
                }
            }
            Err(error) => tracing::debug!(%error, "an address of ours is of no use"),
        }
    }

    pub(super) fn said(&mut self, output: peer::Output) -> Result<(), Error> {
        match output {
            peer::Output::Transmit {
                source,
                destination,
                bytes,
            } => {
                let input = ways::Input::Send {
                    source,
                    destination,
                    bytes: bytes.to_vec(),
                };
                let Ok(()) = self.ways.handle(Instant::now(), input);
            }
            peer::Output::Heard(frame) => self.heard(&frame)?,
            // This end shows no pictures; it made none that could be asked for either.
            peer::Output::Video(_) | peer::Output::KeyframeRequested => {}
            peer::Output::State(state) => self.state(state),
        }
        Ok(())
    }

    fn state(&mut self, state: State) {
        match state {
            State::Connected => {
                self.connected.get_or_insert_with(Instant::now);
                self.found_again();
                if !std::mem::replace(&mut self.said_connected, true) {
                    self.ask(Asked::Other, Step::Connected);
                }
                self.look();
            }
            State::Disconnected => self.lost_sight(),
            State::Failed(Failure::Dtls) => self.leave(Ended::NoSeal, LeaveWhy::NoSeal),
            State::Failed(Failure::Lost) => self.leave(Ended::Lost, LeaveWhy::NoPath),
            State::Failed(Failure::NoWay | Failure::Engine) => {
                self.leave(Ended::NoPath, LeaveWhy::NoPath)
            }
            State::Closed => self.they_parted(),
            State::New | State::Connecting => {}
        }
    }

    /// 20 ms were heard: time to say the next 20 ms.
    fn heard(&mut self, frame: &media::pcm::Frame) -> Result<(), Error> {
        if matches!(self.stage, Stage::Over { .. }) {
            return Ok(());
        }
        if self.heard_frames == 0
            && let (Some(answer), Some(connected)) =
                (self.marks.at(MarkName::Answer), self.connected)
        {
            self.sound
                .heard_nothing(connected.saturating_duration_since(answer))?;
        }
        self.heard_frames = self.heard_frames.saturating_add(1);
        self.sound.heard(frame)?;
        self.meter.hear(frame);
        while !self.held
            && self.peer.queued() < AHEAD
            && let Some(frame) = self.sound.next()?
        {
            self.peer.play(&frame);
        }
        if self.sound.is_spoken() && self.peer.queued() == 0 && !self.is_service() {
            self.tail += 1;
            if self.tail >= TAIL_FRAMES {
                self.leave(Ended::HangUp, LeaveWhy::HangUp);
            }
        }
        if self.heard_frames.is_multiple_of(LOOK) {
            self.look();
        }
        Ok(())
    }

    /// Which way do the media take?
    fn look(&mut self) {
        let pairs = self.peer.session().pairs();
        let Some(pair) = pairs.into_iter().find(|pair| pair.selected) else {
            return;
        };
        let now = (pair.local, pair.remote);
        if self.selected == Some(now) {
            return;
        }
        let kinds = (
            kind_word(pair.local_kind.into()),
            kind_word(pair.remote_kind.into()),
        );
        if self.selected.replace(now).is_some() {
            self.marks.add(
                MarkName::PathChanged,
                Instant::now(),
                Some(format!("{} to {}", kinds.0, kinds.1)),
            );
        }
        (self.progress)(Progress::Connected {
            local: kinds.0,
            remote: kinds.1,
        });
        if pair.local_kind == session::CandidateKind::Relayed {
            // RFC 8656 §12: a channel costs 4 bytes a datagram, an indication 36.
            let input = ways::Input::Bind {
                relayed: pair.local,
                peer: pair.remote,
            };
            let Ok(()) = self.ways.handle(Instant::now(), input);
        }
    }
}

fn word(candidate: LocalCandidate) -> &'static str {
    match candidate {
        LocalCandidate::Host(_) => "host",
        LocalCandidate::ServerReflexive { .. } => "srflx",
        LocalCandidate::Relayed { .. } => "relay",
    }
}
