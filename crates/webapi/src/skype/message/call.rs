//! Calls in a conversation's history: the element `partlist`. (Section 10.)

use super::super::markup::{Token, decoded, escape, in_attribute, tokens};

/// Most parts that are read.
const MAX_PARTS: usize = 500;

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// It rings, or goes on.
    Started,
    /// It is over.
    Ended,
    /// Nobody answered.
    Missed,
}

impl CallState {
    fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Ended => "ended",
            Self::Missed => "missed",
        }
    }
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartList {
    /// What became of it.
    pub state: CallState,
    /// Who was in it. skypeweb takes an ended call in which the viewer has no duration to be missed.
    pub parts: Vec<Part>,
}

/// Somebody in a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// A Skype name without its network.
    pub identity: String,
    /// What they are called. It is always written: SkPy cannot do without.
    pub name: String,
    /// How long they were in it, in seconds; nothing if they never were.
    pub duration: Option<u64>,
}

impl PartList {
    /// Reads one; an older one has no `type`, and then it has started.
    #[must_use]
    pub fn read(content: &str) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut inside = "";
        for token in tokens(content) {
            match (&mut found, token) {
                (None, Token::Open(tag)) if tag.is("partlist") => {
                    let state = match tag.attribute("type").as_deref() {
                        Some("ended") => CallState::Ended,
                        Some("missed") => CallState::Missed,
                        _ => CallState::Started,
                    };
                    found = Some(Self {
                        state,
                        parts: Vec::new(),
                    });
                }
                (None, Token::Open(tag)) if tag.is("ended") => {
                    found = Some(Self {
                        state: CallState::Ended,
                        parts: Vec::new(),
                    });
                }
                (Some(list), Token::Open(tag))
                    if tag.is("part") && list.parts.len() < MAX_PARTS =>
                {
                    let identity = tag.attribute("identity").unwrap_or_default();
                    list.parts.push(Part {
                        identity: identity
                            .strip_prefix("8:")
                            .unwrap_or(&identity)
                            .to_lowercase(),
                        name: String::new(),
                        duration: None,
                    });
                }
                (_, Token::Open(tag)) => inside = tag.name,
                (_, Token::Close(_)) => inside = "",
                (Some(list), Token::Text(text)) => {
                    let Some(part) = list.parts.last_mut() else {
                        continue;
                    };
                    if inside.eq_ignore_ascii_case("name") {
                        part.name = decoded(text).trim().to_owned();
                    } else if inside.eq_ignore_ascii_case("duration") {
                        part.duration = text
                            .trim()
                            .parse::<f64>()
                            .ok()
                            .filter(|s| *s >= 0.0)
                            .map(|s| s as u64);
                    }
                }
                (None, Token::Text(_)) => {}
            }
        }
        found
    }

    /// The element.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = format!(r#"<partlist type="{}" alt="">"#, self.state.name());
        for part in &self.parts {
            out.push_str(&format!(
                r#"<part identity="{}"><name>"#,
                in_attribute(&part.identity)
            ));
            let name = if part.name.is_empty() {
                &part.identity
            } else {
                &part.name
            };
            escape(name, &mut out);
            out.push_str("</name>");
            if let Some(duration) = part.duration {
                out.push_str(&format!("<duration>{duration}</duration>"));
            }
            out.push_str("</part>");
        }
        out.push_str("</partlist>");
        out
    }
}
