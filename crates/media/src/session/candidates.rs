//! Candidates as they come: early, late, twice, from an old generation, with names nobody can look up.
//!
//! RFC 8838 (trickle), RFC 8839 §5.1 (grammar), draft-ietf-mmusic-mdns-ice-candidates §3.2.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use super::pairs::CandidateKind;

/// Candidates kept until the description comes.
const MAX_EARLY: usize = 64;

/// Candidates taken for one generation.
const MAX_TAKEN: usize = 128;

/// User fragments of past generations remembered.
const MAX_PAST: usize = 8;

/// The longest candidate line read.
const MAX_LENGTH: usize = 1_024;

/// A candidate as signalling carries it: the three members of the browser's `RTCIceCandidateInit` that matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CandidateText {
    /// `candidate:…`; empty says that there are no more.
    pub candidate: String,
    /// To which media section it belongs, if said.
    pub mid: Option<String>,
    /// To which ICE generation it belongs, if said.
    pub ufrag: Option<String>,
}

/// One of our own addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalCandidate {
    /// A socket of this machine.
    Host(SocketAddr),
    /// How the world sees a socket of this machine.
    ServerReflexive {
        /// As seen from outside.
        address: SocketAddr,
        /// The socket.
        base: SocketAddr,
    },
    /// An address on a TURN server; datagrams from it are sent through the TURN client.
    Relayed {
        /// The relayed address.
        address: SocketAddr,
        /// The socket that speaks to the TURN server.
        local: SocketAddr,
    },
}

impl LocalCandidate {
    /// What `address` is, if it is what this candidate sends from.
    pub(super) fn kind_of(&self, address: SocketAddr) -> Option<CandidateKind> {
        match *self {
            Self::Host(own) => (own == address).then_some(CandidateKind::Host),
            // Checks leave from the base (RFC 8445 §6.1.2.4).
            Self::ServerReflexive { base, .. } => {
                (base == address).then_some(CandidateKind::ServerReflexive)
            }
            Self::Relayed { address: own, .. } => {
                (own == address).then_some(CandidateKind::Relayed)
            }
        }
    }
}

/// What became of a remote candidate. None of these ends a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// In use.
    Taken,
    /// Kept until its description comes.
    Kept,
    /// No more will come.
    End,
    /// Left out: a name that cannot be looked up (`.local`); a peer-reflexive pair will stand in.
    Unresolvable,
    /// Left out: of a past generation.
    Stale,
    /// Left out: for a media section that does not exist.
    UnknownMid,
    /// Left out: not UDP, not the RTP component, or an address that cannot be reached.
    Unusable,
    /// Left out: not a candidate line.
    Malformed,
    /// Left out: there were too many.
    TooMany,
    /// Left out: known already.
    Duplicate,
}

/// A candidate line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    pub(super) address: SocketAddr,
    pub(super) kind: CandidateKind,
    /// The line without its trimmings, for the engine.
    pub(super) line: String,
    pub(super) ufrag: Option<String>,
}

/// Remote candidates over all generations.
#[derive(Debug, Default)]
pub(super) struct Remote {
    ufrag: Option<String>,
    mids: Vec<String>,
    past: VecDeque<String>,
    early: VecDeque<CandidateText>,
    taken: Vec<(SocketAddr, CandidateKind)>,
}

impl Remote {
    /// A description is in force: those that waited for it are returned in the order they came.
    pub(super) fn described(&mut self, ufrag: String, mids: Vec<String>) -> Vec<CandidateText> {
        self.mids = mids;
        if self.ufrag.as_deref() != Some(ufrag.as_str()) {
            if let Some(old) = self.ufrag.replace(ufrag) {
                self.past.push_back(old);
                if self.past.len() > MAX_PAST {
                    self.past.pop_front();
                }
            }
            self.taken.clear();
        }
        self.early.drain(..).collect()
    }

    /// Judge one candidate; [`Verdict::Taken`] comes with what the engine is to be told.
    pub(super) fn judge(&mut self, text: &CandidateText) -> (Verdict, Option<Parsed>) {
        let line = text.candidate.trim();
        if line.is_empty() || line == "a=end-of-candidates" {
            return (Verdict::End, None);
        }
        let parsed = match decode_line(line) {
            Ok(parsed) => parsed,
            Err(verdict) => return (verdict, None),
        };
        let ufrag = text
            .ufrag
            .as_deref()
            .filter(|u| !u.is_empty())
            .or(parsed.ufrag.as_deref());
        if ufrag.is_some_and(|ufrag| self.past.iter().any(|past| past == ufrag)) {
            return (Verdict::Stale, None);
        }
        let of_now = match (&self.ufrag, ufrag) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(now), Some(ufrag)) => now == ufrag,
        };
        if !of_now {
            // Its description is still on the way (RFC 8838 §13).
            if self.early.len() >= MAX_EARLY {
                return (Verdict::TooMany, None);
            }
            self.early.push_back(text.clone());
            return (Verdict::Kept, None);
        }
        if text
            .mid
            .as_ref()
            .is_some_and(|mid| !mid.is_empty() && !self.mids.contains(mid))
        {
            return (Verdict::UnknownMid, None);
        }
        if self
            .taken
            .iter()
            .any(|(address, kind)| *address == parsed.address && *kind == parsed.kind)
        {
            return (Verdict::Duplicate, None);
        }
        if self.taken.len() >= MAX_TAKEN {
            return (Verdict::TooMany, None);
        }
        self.taken.push((parsed.address, parsed.kind));
        (Verdict::Taken, Some(parsed))
    }

    pub(super) fn taken(&self) -> &[(SocketAddr, CandidateKind)] {
        &self.taken
    }
}

/// A candidate line for an address that is known already.
pub(super) fn line(address: SocketAddr, kind: CandidateKind) -> String {
    let (typ, priority) = match kind {
        CandidateKind::Host => ("host", 2_130_706_431),
        CandidateKind::PeerReflexive => ("prflx", 1_862_270_975),
        CandidateKind::ServerReflexive => ("srflx", 1_694_498_815),
        CandidateKind::Relayed => ("relay", 16_777_215),
    };
    format!(
        "candidate:1 1 udp {priority} {} {} typ {typ}",
        address.ip(),
        address.port()
    )
}

/// Read one candidate line; its address and kind, or why it is of no use. What fuzzing calls.
///
/// # Errors
/// [`Verdict`] says why the candidate is left out.
pub fn decode_candidate(line: &str) -> Result<(SocketAddr, CandidateKind), Verdict> {
    decode_line(line).map(|parsed| (parsed.address, parsed.kind))
}

fn decode_line(line: &str) -> Result<Parsed, Verdict> {
    if line.len() > MAX_LENGTH {
        return Err(Verdict::Malformed);
    }
    let line = line.trim();
    let line = line.strip_prefix("a=").unwrap_or(line);
    let body = line.strip_prefix("candidate:").ok_or(Verdict::Malformed)?;
    let mut words = body.split_ascii_whitespace();
    let mut word = || words.next().ok_or(Verdict::Malformed);
    let foundation = word()?;
    let component: u16 = word()?.parse().map_err(|_| Verdict::Malformed)?;
    let transport = word()?;
    let priority: u32 = word()?.parse().map_err(|_| Verdict::Malformed)?;
    let host = word()?;
    let port: u16 = word()?.parse().map_err(|_| Verdict::Malformed)?;
    if word()? != "typ" {
        return Err(Verdict::Malformed);
    }
    let typ = word()?;
    let kind = match typ {
        "host" => CandidateKind::Host,
        "srflx" => CandidateKind::ServerReflexive,
        "prflx" => CandidateKind::PeerReflexive,
        "relay" => CandidateKind::Relayed,
        _ => return Err(Verdict::Unusable),
    };
    // Extensions come in pairs of name and value; the only one of interest says the generation.
    let mut ufrag = None;
    while let (Some(name), Some(value)) = (words.next(), words.next()) {
        if name == "ufrag" {
            ufrag = Some(value.to_owned());
        }
    }
    if component != 1 || !transport.eq_ignore_ascii_case("udp") {
        return Err(Verdict::Unusable);
    }
    let Ok(ip) = host.parse::<IpAddr>() else {
        // A name. Looking it up would tell the far side's network about us, and `.local` needs multicast anyway.
        return Err(Verdict::Unresolvable);
    };
    if port == 0
        || ip.is_unspecified()
        || ip.is_multicast()
        || ip == IpAddr::from([255, 255, 255, 255])
    {
        return Err(Verdict::Unusable);
    }
    let line = format!("candidate:{foundation} 1 udp {priority} {ip} {port} typ {typ}");
    Ok(Parsed {
        address: SocketAddr::new(ip, port),
        kind,
        line,
        ufrag,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(candidate: &str) -> CandidateText {
        CandidateText {
            candidate: candidate.to_owned(),
            mid: Some("0".to_owned()),
            ufrag: None,
        }
    }

    fn host(n: u8) -> String {
        format!("candidate:1 1 udp 2113929471 192.0.2.{n} 5000 typ host")
    }

    fn described() -> Remote {
        let mut remote = Remote::default();
        assert!(
            remote
                .described("first".to_owned(), vec!["0".to_owned(), "1".to_owned()])
                .is_empty()
        );
        remote
    }

    #[test]
    fn early_candidates_wait_in_order_and_not_without_bound() {
        let mut remote = Remote::default();
        for n in 0..100u8 {
            let (verdict, _) = remote.judge(&text(&host(n)));
            assert_eq!(
                verdict,
                if n < 64 {
                    Verdict::Kept
                } else {
                    Verdict::TooMany
                }
            );
        }
        let waited = remote.described("u".to_owned(), vec!["0".to_owned()]);
        assert_eq!(waited.len(), 64);
        assert_eq!(waited[0].candidate, host(0));
        assert_eq!(waited[63].candidate, host(63));
        assert_eq!(remote.judge(&waited[0]).0, Verdict::Taken);
        assert_eq!(remote.judge(&waited[0]).0, Verdict::Duplicate);
    }

    #[test]
    fn old_generations_are_ignored_and_coming_ones_are_kept() {
        let mut remote = described();
        remote.described("second".to_owned(), vec!["0".to_owned()]);
        let of = |ufrag: &str| CandidateText {
            ufrag: Some(ufrag.to_owned()),
            ..text(&host(1))
        };
        assert_eq!(remote.judge(&of("first")).0, Verdict::Stale);
        assert_eq!(
            remote.judge(&text(&format!("{} ufrag first", host(2)))).0,
            Verdict::Stale
        );
        assert_eq!(remote.judge(&of("third")).0, Verdict::Kept);
        assert_eq!(remote.judge(&of("second")).0, Verdict::Taken);
        assert_eq!(remote.described("third".to_owned(), vec![]).len(), 1);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        for (line, want) in [
            ("", Verdict::End),
            ("a=end-of-candidates", Verdict::End),
            ("candidate:", Verdict::Malformed),
            ("nonsense", Verdict::Malformed),
            (
                "candidate:1 1 udp 1 3f2a-11.local 50000 typ host",
                Verdict::Unresolvable,
            ),
            (
                "candidate:1 1 udp 1 example.org 50000 typ host",
                Verdict::Unresolvable,
            ),
            (
                "candidate:1 2 udp 1 192.0.2.1 50000 typ host",
                Verdict::Unusable,
            ),
            (
                "candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active",
                Verdict::Unusable,
            ),
            (
                "candidate:1 1 udp 1 0.0.0.0 50000 typ host",
                Verdict::Unusable,
            ),
            (
                "candidate:1 1 udp 1 192.0.2.1 0 typ host",
                Verdict::Unusable,
            ),
            (
                "candidate:1 1 udp 1 192.0.2.1 99999 typ host",
                Verdict::Malformed,
            ),
            (
                "a=candidate:1 1 UDP 1 2001:db8::1 50000 typ srflx raddr 10.0.0.1 rport 9",
                Verdict::Taken,
            ),
        ] {
            assert_eq!(described().judge(&text(line)).0, want, "{line}");
        }
        let unknown = CandidateText {
            mid: Some("video7".to_owned()),
            ..text(&host(1))
        };
        assert_eq!(described().judge(&unknown).0, Verdict::UnknownMid);
        let without = CandidateText {
            mid: None,
            ..text(&host(1))
        };
        assert_eq!(described().judge(&without).0, Verdict::Taken);
    }

    proptest! {
        #[test]
        fn any_text_gets_a_verdict(line in ".{0,200}", words in "(candidate:)?([a-z0-9.:]{0,12} ){0,12}") {
            let _ = decode_candidate(&line);
            if let Ok((address, _)) = decode_candidate(&words) {
                prop_assert!(address.port() != 0);
            }
        }

        #[test]
        fn a_good_candidate_is_read_as_it_was_written(ip: [u8; 4], port in 1u16.., priority: u32) {
            prop_assume!(ip[0] != 0 && ip[0] < 224);
            let address = SocketAddr::from((ip, port));
            let line = format!("candidate:f 1 udp {priority} {} {port} typ relay raddr 0.0.0.0 rport 0", address.ip());
            prop_assert_eq!(decode_candidate(&line), Ok((address, CandidateKind::Relayed)));
            let parsed = decode_line(&line).expect("read above");
            prop_assert!(str0m::Candidate::from_sdp_string(&parsed.line).is_ok());
        }
    }
}
