//! What became of a thread, as messages from the thread itself. (Section 5.6.)

use super::super::id::Mri;
use super::super::markup::{Token, decoded, escape, tokens};
use super::super::thread::Role;

/// Most people that one such message names.
const MAX_TARGETS: usize = 1_000;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// When, in ms.
    pub at: i64,
    /// Who did it.
    pub by: Mri,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// These came in.
    Added(Vec<Mri>),
    /// These were removed; who leaves removes themselves.
    Removed(Vec<Mri>),
    /// These have this role.
    Ranked(Vec<Mri>, Role),
    /// It is called so.
    Titled(String),
    /// Its picture lies there; empty for none.
    Pictured(String),
    /// Whether one may join by a link.
    Joining(bool),
    /// Whether newcomers see what was before them.
    History(bool),
}

impl What {
    /// The `messagetype`'s second part; in small letters it is the element.
    fn name(&self) -> &'static str {
        match self {
            Self::Added(_) => "AddMember",
            Self::Removed(_) => "DeleteMember",
            Self::Ranked(..) => "RoleUpdate",
            Self::Titled(_) => "TopicUpdate",
            Self::Pictured(_) => "PictureUpdate",
            Self::Joining(_) => "JoiningEnabledUpdate",
            Self::History(_) => "HistoryDisclosedUpdate",
        }
    }
}

impl Activity {
    /// Its `messagetype` and content. Every child has its text: SkPy asks for each.
    #[must_use]
    pub fn write(&self) -> (String, String) {
        let name = self.what.name();
        let element = name.to_ascii_lowercase();
        let mut out = format!(
            "<{element}><eventtime>{}</eventtime><initiator>{}</initiator>",
            self.at,
            escaped(&self.by.to_string())
        );
        match &self.what {
            What::Added(people) | What::Removed(people) => {
                for who in people.iter().take(MAX_TARGETS) {
                    child(&mut out, "target", &who.to_string());
                }
            }
            What::Ranked(people, role) => {
                for who in people.iter().take(MAX_TARGETS) {
                    out.push_str("<target>");
                    child(&mut out, "id", &who.to_string());
                    child(&mut out, "role", role.in_activity());
                    out.push_str("</target>");
                }
            }
            What::Titled(value) => child(&mut out, "value", value),
            What::Pictured(url) => child(&mut out, "value", &format!("URL@{url}")),
            What::Joining(on) | What::History(on) => child(&mut out, "value", &on.to_string()),
        }
        out.push_str(&format!("</{element}>"));
        (format!("ThreadActivity/{name}"), out)
    }

    /// Reads one; `None` for what is unknown or lacks a part.
    #[must_use]
    pub fn read(messagetype: &str, content: &str) -> Option<Self> {
        let mut found = Found::default();
        let mut open: Vec<&str> = Vec::new();
        for token in tokens(content) {
            match token {
                Token::Open(tag) if !tag.closed && open.len() < 8 => open.push(tag.name),
                Token::Open(_) => {}
                Token::Close(_) => {
                    open.pop();
                }
                Token::Text(text) => {
                    found.take(open.last().copied().unwrap_or_default(), &decoded(text))
                }
            }
        }
        let people = || (!found.targets.is_empty()).then(|| found.targets.clone());
        let value = found.value.clone().unwrap_or_default();
        let what = match messagetype.strip_prefix("ThreadActivity/")? {
            "AddMember" => What::Added(people()?),
            "DeleteMember" => What::Removed(people()?),
            "RoleUpdate" => What::Ranked(people()?, found.role?),
            "TopicUpdate" => What::Titled(value),
            "PictureUpdate" => {
                What::Pictured(value.strip_prefix("URL@").unwrap_or(&value).to_owned())
            }
            "JoiningEnabledUpdate" => What::Joining(super::super::loose::is_true(&value)),
            "HistoryDisclosedUpdate" => What::History(super::super::loose::is_true(&value)),
            _ => return None,
        };
        Some(Self {
            at: found.at?,
            by: found.by?,
            what,
        })
    }
}

#[derive(Default)]
struct Found {
    at: Option<i64>,
    by: Option<Mri>,
    targets: Vec<Mri>,
    role: Option<Role>,
    value: Option<String>,
}

impl Found {
    fn take(&mut self, element: &str, text: &str) {
        match element {
            "eventtime" => self.at = text.trim().parse().ok(),
            "initiator" => self.by = Mri::parse(text),
            "target" | "id" if self.targets.len() < MAX_TARGETS => {
                self.targets.extend(Mri::parse(text))
            }
            "role" => self.role = Role::parse(text.trim()),
            "value" => self.value = Some(text.to_owned()),
            _ => {}
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(text, &mut out);
    out
}

fn child(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>"));
    escape(text, out);
    out.push_str(&format!("</{name}>"));
}
