//! Descriptions: their candidates are taken out, so that a bad one cannot spoil the rest.

use std::net::SocketAddr;

use super::SessionError;
use super::candidates::CandidateText;

/// The longest description read.
const MAX_LENGTH: usize = 64 * 1024;

/// The most media sections understood; a call has two.
const MAX_SECTIONS: usize = 16;

/// A remote description, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    /// Without candidates.
    pub(super) text: String,
    pub(super) ufrag: String,
    pub(super) mids: Vec<String>,
    pub(super) candidates: Vec<CandidateText>,
}

/// Read a description; how many media sections and candidates it has. What fuzzing calls.
///
/// # Errors
/// [`SessionError::Description`] when it is too long or lacks what a session needs.
pub fn decode_description(text: &str) -> Result<(usize, usize), SessionError> {
    let description = take_apart(text)?;
    let _ = str0m::change::SdpOffer::from_sdp_string(&description.text);
    Ok((description.mids.len(), description.candidates.len()))
}

/// Our own description without the host candidates of `hidden` sockets.
pub(super) fn without(text: &str, hidden: &[SocketAddr]) -> String {
    let is_hidden = |line: &str| {
        let mut words = line
            .strip_prefix("a=candidate:")
            .into_iter()
            .flat_map(str::split_ascii_whitespace)
            .skip(4);
        match (words.next(), words.next(), words.nth(1)) {
            (Some(ip), Some(port), Some("host")) => hidden
                .iter()
                .any(|h| h.ip().to_string() == ip && h.port().to_string() == port),
            _ => false,
        }
    };
    text.split_inclusive('\n')
        .filter(|line| !is_hidden(line))
        .collect()
}

pub(super) fn take_apart(text: &str) -> Result<Description, SessionError> {
    let bad = |reason: &str| Err(SessionError::Description(reason.to_owned()));
    if text.len() > MAX_LENGTH {
        return bad("longer than 64 KiB");
    }
    if !text.starts_with("v=0") {
        return bad("it does not begin with v=0");
    }
    let mut out = String::with_capacity(text.len());
    let (mut ufrag, mut mids, mut candidates, mut sections) =
        (None, Vec::new(), Vec::<(usize, String)>::new(), 0usize);
    let mut mid_of = Vec::<(usize, String)>::new();
    for line in text.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            sections += 1;
        }
        if let Some(mid) = line.strip_prefix("a=mid:") {
            mids.push(mid.to_owned());
            mid_of.push((sections, mid.to_owned()));
        } else if let Some(value) = line.strip_prefix("a=ice-ufrag:") {
            ufrag.get_or_insert_with(|| value.to_owned());
        } else if line.starts_with("a=candidate:") {
            candidates.push((sections, line.to_owned()));
            continue;
        } else if line == "a=end-of-candidates" || line.is_empty() {
            continue;
        }
        out.push_str(line);
        out.push_str("\r\n");
    }
    if sections == 0 {
        return bad("it has no media");
    }
    if sections > MAX_SECTIONS {
        return bad("it has too many media sections");
    }
    let Some(ufrag) = ufrag else {
        return bad("it has no a=ice-ufrag");
    };
    let candidates = candidates
        .into_iter()
        .map(|(section, candidate)| CandidateText {
            candidate,
            mid: mid_of
                .iter()
                .find(|(s, _)| *s == section)
                .map(|(_, mid)| mid.clone()),
            ufrag: None,
        })
        .collect();
    Ok(Description {
        text: out,
        ufrag,
        mids,
        candidates,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn candidates_come_out_with_their_section() {
        let text = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\nm=audio 9 UDP/TLS/RTP/SAVPF 111\n\
            a=candidate:1 1 udp 1 x.local 9 typ host\na=ice-ufrag:abcd\na=mid:zero\na=end-of-candidates\n\
            m=video 9 UDP/TLS/RTP/SAVPF 96\na=mid:one\na=candidate:2 1 udp 1 192.0.2.1 9 typ host\n";
        let description = take_apart(text).expect("readable");
        assert_eq!(description.ufrag, "abcd");
        assert_eq!(description.mids, ["zero", "one"]);
        let sections: Vec<_> = description
            .candidates
            .iter()
            .map(|c| c.mid.as_deref())
            .collect();
        assert_eq!(sections, [Some("zero"), Some("one")]);
        assert!(!description.text.contains("candidate"));
    }

    #[test]
    fn what_is_no_description_is_refused_with_a_reason() {
        for bad in [
            "",
            "hello",
            "v=0\r\n",
            "v=0\r\nm=audio 9 X 1\r\n",
            &format!("v=0\r\n{}", "a=x\r\n".repeat(20_000)),
        ] {
            assert!(matches!(
                decode_description(bad),
                Err(SessionError::Description(_))
            ));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(
            lines in proptest::collection::vec("(v=0|m=audio 9 UDP/TLS/RTP/SAVPF 111|a=mid:[a-z]{0,3}|a=ice-ufrag:[a-z]{0,5}|a=candidate:[ -~]{0,40}|a=rtpmap:111 opus/48000/2|[a-z]=[ -~]{0,30})", 0..20)
        ) {
            let _ = decode_description(&format!("v=0\r\n{}", lines.join("\r\n")));
        }
    }
}
