//! The report of a native end: what the media measured, and when what happened, by the server's clock.

use std::time::Instant;

use media::report::{Kind, Measurements, PairFigures};
use media::session::{Phase, Phases};
use webapi::skein::{
    CallReport, Candidate, Mark, MarkName, Pair, Path, Side, SoundTest, StreamFigures,
};

use crate::clock::{LocalClock, ServerClock};

/// Marks that one report holds.
const MAX_MARKS: usize = 64;

/// When what happened at this end: the first time of each, in the order in which it came.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    marks: Vec<(MarkName, Instant, Option<String>)>,
}

impl Marks {
    /// It happened now, unless it had happened before; with what belongs to it.
    pub fn add(&mut self, name: MarkName, at: Instant, note: Option<String>) {
        let again = name != MarkName::PathChanged && self.at(name).is_some();
        if !again && self.marks.len() < MAX_MARKS {
            self.marks.push((name, at, note));
        }
    }

    /// When it happened first.
    #[must_use]
    pub fn at(&self, name: MarkName) -> Option<Instant> {
        self.marks
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, at, _)| *at)
    }

    /// What the media session saw.
    fn add_phases(&mut self, side: Side, phases: &Phases) {
        let (local, remote) = match side {
            Side::Caller => (MarkName::OfferSet, MarkName::AnswerSet),
            Side::Callee => (MarkName::AnswerSet, MarkName::OfferSet),
        };
        for (phase, name) in [
            (Phase::LocalDescription, local),
            (Phase::RemoteDescription, remote),
            (Phase::FirstCheckSent, MarkName::FirstCheck),
            (Phase::ValidPair, MarkName::ValidPair),
            (Phase::Nominated, MarkName::IceConnected),
            (Phase::Dtls, MarkName::DtlsConnected),
            (Phase::FirstAudioSent, MarkName::FirstAudioSent),
            (Phase::FirstAudioReceived, MarkName::FirstAudio),
            (Phase::FirstVideoSent, MarkName::FirstVideoSent),
            (Phase::FirstVideoReceived, MarkName::FirstVideo),
            (Phase::Ended, MarkName::Ended),
        ] {
            if let Some(at) = phases.at(phase) {
                self.add(name, at, None);
            }
        }
    }
}

/// Everything that a report is made of.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Which end.
    pub side: Side,
    /// This machine's clock.
    pub local: LocalClock,
    /// The server's, as far as it is known; the default where this end is the server itself.
    pub server: ServerClock,
    /// What happened outside of the media session.
    pub marks: Marks,
    /// What the media session saw.
    pub phases: &'a Phases,
    /// What was measured.
    pub measured: &'a Measurements,
    /// Whether one end is a media endpoint of the server.
    pub at_server: bool,
    /// Mean level of what came in, in dBFS.
    pub level: Option<f64>,
    /// What `echo` measured.
    pub sound_test: Option<SoundTest>,
    /// How the call ended for this end.
    pub ended: &'a str,
}

/// The report, format 1.
#[must_use]
pub fn report(evidence: Evidence<'_>) -> CallReport {
    let Evidence {
        side,
        local,
        server,
        mut marks,
        phases,
        measured,
        at_server,
        level,
        sound_test,
        ended,
    } = evidence;
    marks.add_phases(side, phases);
    marks.marks.sort_by_key(|(_, at, _)| *at);
    let marks = marks.marks.into_iter().map(|(name, at, note)| Mark {
        name: word(name).to_owned(),
        at: to_microseconds(server.map(local.at(at))),
        note,
    });
    let audio = &measured.audio;
    CallReport {
        format: 1,
        side,
        agent: concat!("native ", env!("CARGO_PKG_VERSION")).to_owned(),
        clock: server.report(),
        marks: marks.collect(),
        pairs: measured
            .pairs
            .iter()
            .map(|pair| pair_of(pair, measured))
            .collect(),
        path: measured.path().map(|pair| path_of(pair, at_server)),
        audio: StreamFigures {
            packets_sent: audio.sent as f64,
            packets_received: audio.received as f64,
            packets_lost: audio.lost as f64,
            packets_recovered: audio.recovered as f64,
            concealed: audio.concealed_ms,
            jitter: (audio.received > 0).then_some(audio.jitter_ms),
            rtt: measured.rtt_ms,
            level: level.filter(|level| level.is_finite()),
            frames: None,
            codec: Some("opus".to_owned()),
        },
        video: None,
        sound_test,
        ended: ended.to_owned(),
    }
}

/// The way that media took through this pair.
fn path_of(pair: &PairFigures, at_server: bool) -> Path {
    if pair.local_kind == Kind::Relay || pair.remote_kind == Kind::Relay {
        Path::Relay
    } else if at_server {
        Path::Server
    } else {
        Path::Direct
    }
}

fn pair_of(pair: &PairFigures, measured: &Measurements) -> Pair {
    let state = match (pair.checks_answered, pair.checks_sent) {
        (1.., _) => "succeeded",
        (0, 1..) => "failed",
        (0, 0) => "waiting",
    };
    let candidate = |kind: Kind, address: std::net::SocketAddr| Candidate {
        kind: kind_word(kind).to_owned(),
        protocol: "udp".to_owned(),
        address: Some(address.ip().to_string()),
        port: Some(address.port()),
    };
    // Bytes are counted for the whole session; nearly all of them take the selected pair.
    let bytes = |all: u64| if pair.selected { all as f64 } else { 0.0 };
    Pair {
        local: candidate(pair.local_kind, pair.local),
        remote: candidate(pair.remote_kind, pair.remote),
        state: state.to_owned(),
        selected: pair.selected,
        rtt: pair.rtt_ms,
        checks: Some(pair.checks_sent),
        bytes_sent: bytes(measured.bytes_sent),
        bytes_received: bytes(measured.bytes_received),
    }
}

/// The word of ICE for a kind of candidate.
#[must_use]
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Host => "host",
        Kind::Srflx => "srflx",
        Kind::Prflx => "prflx",
        Kind::Relay => "relay",
    }
}

fn to_microseconds(ms: f64) -> f64 {
    (ms * 1_000.0).round() / 1_000.0
}

fn word(name: MarkName) -> &'static str {
    match name {
        MarkName::Invite => "invite",
        MarkName::Ring => "ring",
        MarkName::Answer => "answer",
        MarkName::OfferSet => "offer_set",
        MarkName::AnswerSet => "answer_set",
        MarkName::FirstCandidate => "first_candidate",
        MarkName::FirstCheck => "first_check",
        MarkName::ValidPair => "valid_pair",
        MarkName::IceConnected => "ice_connected",
        MarkName::DtlsConnected => "dtls_connected",
        MarkName::FirstAudioSent => "first_audio_sent",
        MarkName::FirstAudio => "first_audio",
        MarkName::FirstVideoSent => "first_video_sent",
        MarkName::FirstVideo => "first_video",
        MarkName::PathChanged => "path_changed",
        MarkName::Leave => "leave",
        MarkName::Ended => "ended",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn words_are_those_of_the_api() {
        for name in [
            MarkName::Invite,
            MarkName::OfferSet,
            MarkName::FirstCheck,
            MarkName::DtlsConnected,
            MarkName::FirstVideoSent,
            MarkName::PathChanged,
            MarkName::Ended,
        ] {
            assert_eq!(serde_json::to_value(name).expect("a word"), word(name));
        }
        for kind in [Kind::Host, Kind::Srflx, Kind::Prflx, Kind::Relay] {
            assert_eq!(serde_json::to_value(kind).expect("a word"), kind_word(kind));
        }
    }

    #[test]
    fn a_mark_keeps_its_first_moment_and_only_the_path_may_change_often() {
        let (mut marks, now) = (Marks::default(), Instant::now());
        marks.add(MarkName::Answer, now, None);
        marks.add(MarkName::Answer, now + Duration::from_secs(1), None);
        assert_eq!(marks.at(MarkName::Answer), Some(now));
        for _ in 0..1_000 {
            marks.add(MarkName::PathChanged, now, None);
        }
        assert_eq!(marks.marks.len(), MAX_MARKS);
    }

    fn measured(local_kind: Kind, remote_kind: Kind) -> Measurements {
        let mut rng = sansio::rng::seeded(1);
        let mut peer =
            media::peer::Peer::new(Instant::now(), media::session::Config::default(), &mut rng)
                .expect("a peer");
        let mut measured = peer.measurements();
        measured.bytes_sent = 77;
        measured.pairs.push(PairFigures {
            local: "192.0.2.1:1".parse().expect("an address"),
            local_kind,
            remote: "192.0.2.2:2".parse().expect("an address"),
            remote_kind,
            checks_sent: 2,
            checks_answered: 1,
            checks_received: 0,
            rtt_ms: Some(1.5),
            selected: true,
        });
        measured
    }

    #[test]
    fn the_path_is_named_after_what_the_media_went_through() {
        for (local, remote, at_server, want) in [
            (Kind::Host, Kind::Prflx, false, Path::Direct),
            (Kind::Host, Kind::Host, true, Path::Server),
            (Kind::Relay, Kind::Host, true, Path::Relay),
            (Kind::Srflx, Kind::Relay, false, Path::Relay),
        ] {
            assert_eq!(path_of(&measured(local, remote).pairs[0], at_server), want);
        }
    }

    #[test]
    fn a_report_tells_times_by_the_servers_clock() {
        let peer_started = Instant::now();
        let session = media::session::Session::new(peer_started, media::session::Config::default());
        let local = LocalClock::start();
        let mut server = ServerClock::default();
        let now = Instant::now();
        // The server is an hour ahead.
        server.measured(
            local.at(now),
            local.at(now) as i64 + 3_600_000,
            local.at(now),
        );
        let mut marks = Marks::default();
        marks.add(MarkName::Leave, now + Duration::from_millis(20), None);
        marks.add(MarkName::Invite, now, Some("echo".into()));
        let made = report(Evidence {
            side: Side::Caller,
            local,
            server,
            marks,
            phases: session.phases(),
            measured: &measured(Kind::Host, Kind::Host),
            at_server: true,
            level: Some(f64::NAN),
            sound_test: None,
            ended: "hang_up",
        });
        assert_eq!(made.marks[0].name, "invite");
        assert!((made.marks[1].at - made.marks[0].at - 20.0).abs() < 0.01);
        assert!((made.marks[0].at - local.at(now) - 3_600_000.0).abs() < 2.0);
        assert_eq!(
            (made.pairs[0].bytes_sent, made.pairs[0].state.as_str()),
            (77.0, "succeeded")
        );
        assert_eq!((made.path, made.audio.level), (Some(Path::Server), None));
    }
}
