//! Names of people, endpoints, threads and objects, as this dialect spells them.

use std::fmt;

/// Longest name behind the colon of an MRI, in bytes.
pub const MAX_NAME: usize = 256;

/// Whose names these are: the number in front of an MRI's first colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// `1`: a mail address of the older messenger.
    Passport,
    /// `2`: Lync.
    Lync,
    /// `4`: a telephone number.
    Telephone,
    /// `8`: a Skype name.
    Skype,
    /// `19`: a thread.
    Thread,
    /// `28`: a bot.
    Bot,
    /// `48`: a stream of the system.
    System,
}

impl Network {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Passport, "1"),
        (Self::Lync, "2"),
        (Self::Telephone, "4"),
        (Self::Skype, "8"),
        (Self::Thread, "19"),
        (Self::Bot, "28"),
        (Self::System, "48"),
    ];

    /// Its number.
    #[must_use]
    pub fn number(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(network, _)| *network == self)
            .map_or("", |(_, number)| number)
    }

    /// By its number.
    #[must_use]
    pub fn numbered(number: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, of)| *of == number)
            .map(|(network, _)| *network)
    }
}

/// Who or what is named: a network and a name in it. Names have no capitals, but for threads, whose ids are compared as they are.
///
/// ```
/// use webapi::skype::{Mri, Network};
///
/// let alice = Mri::parse("8:Live:Alice_1").expect("the first colon divides");
/// assert_eq!((alice.network, alice.name.as_str()), (Network::Skype, "live:alice_1"));
/// assert_eq!(alice.to_string(), "8:live:alice_1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mri {
    /// Whose.
    pub network: Network,
    /// The name; never empty, at most [`MAX_NAME`] bytes.
    pub name: String,
}

impl Mri {
    /// Somebody by their Skype name.
    #[must_use]
    pub fn skype(name: &str) -> Self {
        Self {
            network: Network::Skype,
            name: name.to_lowercase(),
        }
    }

    /// A thread by its whole id, `19:…`.
    #[must_use]
    pub fn thread(id: ThreadId) -> Self {
        Self {
            network: Network::Thread,
            name: id.to_string().split_off("19:".len()),
        }
    }

    /// Reads one. The first colon divides, since names hold colons too; white space around it is forgiven. `None` for an
    /// unknown network, for no name, and for a name that is too long or holds white space or control characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, name) = text.trim().split_once(':')?;
        let network = Network::numbered(number)?;
        let unseen = |c: char| c.is_whitespace() || c.is_control();
        let name = match network {
            Network::Thread => name.to_owned(),
            _ => name.to_lowercase(),
        };
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(unseen) {
            return None;
        }
        Some(Self { network, name })
    }

    /// The Skype name of a person, or `None` for anything else.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        (self.network == Network::Skype).then_some(self.name.as_str())
    }

    /// The thread that is named, if it is one of ours.
    #[must_use]
    pub fn as_thread(&self) -> Option<ThreadId> {
        match self.network {
            Network::Thread => ThreadId::parse(&self.to_string()),
            _ => None,
        }
    }
}

impl fmt::Display for Mri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.network.number(), self.name)
    }
}

impl std::str::FromStr for Mri {
    type Err = NotAnMri;

    fn from_str(text: &str) -> Result<Self, NotAnMri> {
        Self::parse(text).ok_or(NotAnMri)
    }
}

/// What was given names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no MRI: write a network, a colon and a name, as in 8:alice")]
pub struct NotAnMri;

impl serde::Serialize for Mri {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Mri {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(NotAnMri))
    }
}

/// A whole Skype name as it stands in a path or a form: percent signs decoded, a prefix `8:` taken off, in small letters.
#[must_use]
pub fn bare_name(text: &str) -> String {
    let text = percent_decoded(text);
    let text = text.trim();
    text.strip_prefix("8:").unwrap_or(text).to_lowercase()
}

/// One client's place at the gateway: 16 bytes, written `{` and a UUID in small letters `}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndpointId(pub [u8; 16]);

impl EndpointId {
    /// Reads one in any spelling that was seen: with or without braces, in capitals, percent-encoded.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = percent_decoded(text);
        let text = text.trim();
        let bare = match text.strip_prefix('{') {
            Some(rest) => rest.strip_suffix('}')?,
            None => text,
        };
        let digits: Vec<u8> = bare.bytes().filter(|b| *b != b'-').collect();
        if !matches!(bare.len(), 32 | 36) {
            return None;
        }
        let mut bytes = [0; 16];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// As it stands in a path of an answer: `%7B…%7D`.
    #[must_use]
    pub fn in_path(self) -> String {
        format!("%7B{}%7D", self.bare())
    }

    fn bare(self) -> String {
        let digits = hex::encode(self.0);
        let (a, rest) = digits.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        format!("{a}-{b}-{c}-{d}-{e}")
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.bare())
    }
}

/// What kind of conversation a thread is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThreadKind {
    /// `@thread.skype`: a named group, whose members change.
    Group,
    /// `@p2p.thread.skype`: three or more who simply talk; they stay the same.
    Cast,
}

/// A thread's id: `19:`, 32 hexadecimal digits that hold our own id, and its kind.
///
/// ```
/// use webapi::skype::{ThreadId, ThreadKind};
///
/// let id = ThreadId { kind: ThreadKind::Group, id: 77 };
/// assert_eq!(id.to_string(), "19:0000000000000000000000000000004d@thread.skype");
/// assert_eq!(ThreadId::parse("19%3A0000000000000000000000000000004D%40thread.skype"), Some(id));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId {
    /// Which kind.
    pub kind: ThreadKind,
    /// Our own id of the conversation; never negative.
    pub id: i64,
}

impl ThreadId {
    /// Reads one, raw or percent-encoded; `None` for what we have not made.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = percent_decoded(text);
        let (digits, domain) = text.trim().strip_prefix("19:")?.split_once('@')?;
        let kind = match domain.to_ascii_lowercase().as_str() {
            "thread.skype" => ThreadKind::Group,
            "p2p.thread.skype" => ThreadKind::Cast,
            _ => return None,
        };
        Some(Self {
            kind,
            id: id_of_digits(digits)?,
        })
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = match self.kind {
            ThreadKind::Group => "thread.skype",
            ThreadKind::Cast => "p2p.thread.skype",
        };
        write!(f, "19:{:032x}@{domain}", self.id)
    }
}

/// A file's id at the store of objects: `0-eu-d1-` and 32 hexadecimal digits that hold our own id. SkPy makes the name of a
/// second host of its middle part, `eu1-api.asm.skype.com`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AsmId(pub i64);

impl AsmId {
    /// Reads one, wherever it is said to lie; `None` for what we have not made.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().strip_prefix("0-")?.splitn(3, '-');
        let (_place, disk) = (parts.next()?, parts.next()?);
        if !disk.starts_with('d') {
            return None;
        }
        id_of_digits(parts.next()?).map(Self)
    }

    /// The id in an address such as `https://api.asm.skype.com/v1/objects/ID/views/original`.
    #[must_use]
    pub fn in_url(url: &str) -> Option<Self> {
        let (_, rest) = url.split_once("/objects/")?;
        Self::parse(rest.split(['/', '?', '#']).next()?)
    }
}

impl fmt::Display for AsmId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0-eu-d1-{:032x}", self.0)
    }
}

/// The id in 32 hexadecimal digits; the first 16 are nought, and no id is negative.
fn id_of_digits(digits: &str) -> Option<i64> {
    let plain = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    let value = u128::from_str_radix(digits, 16).ok()?;
    i64::try_from(value).ok().filter(|_| plain)
}

/// A path segment with its percent signs decoded; what is no UTF-8 afterwards stays as it was.
#[must_use]
pub fn percent_decoded(text: &str) -> std::borrow::Cow<'_, str> {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .unwrap_or(std::borrow::Cow::Borrowed(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_colon_divides_and_capitals_fold() {
        for (text, written) in [
            ("8:bob", "8:bob"),
            ("8:BOB", "8:bob"),
            ("8:live:.cid.1A", "8:live:.cid.1a"),
            ("1:Ann@Example.org", "1:ann@example.org"),
            ("4:+15550100", "4:+15550100"),
            ("28:Concierge", "28:concierge"),
            ("19:AbC@thread.skype", "19:AbC@thread.skype"),
            ("48:calllogs", "48:calllogs"),
            (" 8:bob ", "8:bob"),
        ] {
            assert_eq!(
                Mri::parse(text).map(|m| m.to_string()).as_deref(),
                Some(written),
                "{text}"
            );
        }
        for text in [
            "", ":", "8:", "bob", "9:bob", "08:bob", "8:a b", "8:\u{7}", "live:bob",
        ] {
            assert_eq!(Mri::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_spelling_of_an_endpoint_is_one() {
        let plain = "0f9d2c1e-1111-4222-8333-444455556666";
        let id = EndpointId::parse(plain).expect("a UUID");
        assert_eq!(id.to_string(), format!("{{{plain}}}"));
        assert_eq!(id.in_path(), format!("%7B{plain}%7D"));
        for text in [
            format!("{{{plain}}}"),
            format!("%7B{plain}%7D"),
            format!("%7b{plain}%7d").to_uppercase(),
            plain.to_uppercase(),
            plain.replace('-', ""),
            format!(" {{{}}} ", plain.to_uppercase()),
        ] {
            assert_eq!(EndpointId::parse(&text), Some(id), "{text}");
        }
        for text in [
            "",
            "SELF",
            "{}",
            "{0f9d2c1e-1111-4222-8333-444455556666",
            "0f9d2c1e-1111-4222-8333-44445555666g",
        ] {
            assert_eq!(EndpointId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn threads_and_objects_hold_our_ids() {
        for id in [0, 1, 77, i64::MAX] {
            for kind in [ThreadKind::Group, ThreadKind::Cast] {
                let thread = ThreadId { kind, id };
                assert_eq!(ThreadId::parse(&thread.to_string()), Some(thread));
                assert_eq!(Mri::thread(thread).as_thread(), Some(thread));
                assert_eq!(Mri::thread(thread).to_string(), thread.to_string());
            }
            assert_eq!(AsmId::parse(&AsmId(id).to_string()), Some(AsmId(id)));
        }
        let url = format!(
            "https://api.asm.skype.com/v1/objects/{}/views/imgt1?a=b",
            AsmId(9)
        );
        assert_eq!(AsmId::in_url(&url), Some(AsmId(9)));
        for text in [
            "19:0000000000000000000000000000004d@thread.v2",
            "19:4d@thread.skype",
            "19:+000000000000000000000000000004d@thread.skype",
            "19:ffffffffffffffffffffffffffffffff@thread.skype",
            "8:bob",
        ] {
            assert_eq!(ThreadId::parse(text), None, "{text}");
        }
    }
}
