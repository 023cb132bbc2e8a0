//! Which program it is, and what it can take. (Sections 12.3, 13.3 and 14.)

use super::conversation::LastMessage;
use super::event::Resource;
use super::message::Message;
use super::text;

/// A program of this dialect, as far as they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Client {
    /// SkPy.
    SkPy,
    /// skype-http: an event that it does not know costs it the rest of the answer.
    SkypeHttp,
    /// skypeweb, of Pidgin: it takes an answer's events from the last to the first.
    SkypeWeb,
    /// Any other.
    #[default]
    Other,
}

impl Client {
    /// By the headers `ClientInfo` and `User-Agent` of a registration, and by the name under which the endpoint put its
    /// document (`endpointMessagingService` is skype-http's).
    #[must_use]
    pub fn recognise(client_info: Option<&str>, user_agent: Option<&str>) -> Self {
        let name = client_info.and_then(|info| {
            let mut parts = info.split(';').filter_map(|part| part.split_once('='));
            parts
                .find(|(key, _)| key.trim().eq_ignore_ascii_case("clientName"))
                .map(|(_, value)| value.trim())
        });
        match name {
            Some("skype.com") => Self::SkypeHttp,
            Some("swx-skype.com") => Self::SkypeWeb,
            _ if user_agent.is_some_and(|agent| agent.contains("SkPy")) => Self::SkPy,
            _ => Self::Other,
        }
    }

    /// How many events one answer may hold.
    #[must_use]
    pub fn batch(self) -> usize {
        match self {
            Self::SkypeWeb => 1,
            Self::SkPy | Self::SkypeHttp | Self::Other => 100,
        }
    }

    /// The event as this program can take it: itself, the nearest thing that it knows, or `None`.
    #[must_use]
    pub fn fit(self, resource: Resource) -> Option<Resource> {
        match self {
            Self::SkypeHttp => fit_skype_http(resource),
            Self::SkPy | Self::SkypeWeb | Self::Other => Some(resource),
        }
    }
}

fn fit_skype_http(resource: Resource) -> Option<Resource> {
    match resource {
        Resource::NewMessage(message) => {
            plainer(*message).map(|fit| Resource::NewMessage(Box::new(fit)))
        }
        // It reads `lastMessage` without looking whether there is one.
        Resource::ConversationUpdate(of) => matches!(of.last_message, LastMessage::Message(_))
            .then_some(Resource::ConversationUpdate(of)),
        Resource::UserPresence(_) | Resource::EndpointPresence(_) => Some(resource),
        Resource::ThreadUpdate(_) => None,
    }
}

/// The message as one of the ten types that skype-http knows.
fn plainer(message: Message) -> Option<Message> {
    const TAKEN: [&str; 9] = [
        "Text",
        "RichText",
        "RichText/UriObject",
        "RichText/Media_Video",
        "RichText/Media_GenericFile",
        "RichText/Location",
        "Control/Typing",
        "Control/ClearTyping",
        "Signal/Flamingo",
    ];
    let kind = message.messagetype.as_str();
    if TAKEN.contains(&kind) {
        return Some(message);
    }
    let fit = match kind {
        "RichText/Media_AudioMsg" | "RichText/Media_FlikMsg" => Message {
            messagetype: "RichText/Media_GenericFile".to_owned(),
            ..message
        },
        // Started and ended it knows; who missed a call sees one that ended without a duration.
        "Event/Call" => Message {
            content: message
                .content
                .replacen(r#"type="missed""#, r#"type="ended""#, 1),
            ..message
        },
        _ if kind.starts_with("RichText/") => Message {
            messagetype: "RichText".to_owned(),
            content: text::escaped(&text::bare_words(&message.content)),
            ..message
        },
        _ => return None,
    };
    Some(fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_what_they_say() {
        let http = "os=Windows; osVer=10; proc=Win32; lcid=en-us; deviceType=1; country=n/a; clientName=skype.com; clientVer=908/1.30";
        let web = "os=Windows; osVer=8.1; proc=Win32; lcid=en-us; deviceType=1; country=n/a; clientName=swx-skype.com; clientVer=908/1.85.0.29";
        for (info, agent, client) in [
            (Some(http), None, Client::SkypeHttp),
            (Some(web), None, Client::SkypeWeb),
            (None, Some("SkPy/0.11 (requests)"), Client::SkPy),
            (Some("clientName=skype4life"), Some("SkPy"), Client::SkPy),
            (Some("clientName=notskype.com"), None, Client::Other),
            (None, None, Client::Other),
        ] {
            assert_eq!(Client::recognise(info, agent), client);
        }
        assert_eq!(Client::SkypeWeb.batch(), 1);
    }
}
