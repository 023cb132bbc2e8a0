//! Signing in by SOAP, `POST login.live.com/RST.srf`: the envelope of a request is read with a real XML library, and the two
//! answers are written byte for byte as programs take them apart. (Section 2.1(d).)

use quick_xml::Reader;
use quick_xml::events::Event;

use super::markup::escape;
use super::tokens::security_token;

/// How deep elements may be nested.
const MAX_DEPTH: usize = 32;
/// Longest name or password, in bytes.
const MAX_FIELD: usize = 1_024;

/// What a request for a token says.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Who.
    pub username: String,
    /// The password itself.
    pub password: String,
}

impl std::fmt::Debug for TokenRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenRequest")
    }
}

/// Why an envelope is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadEnvelope {
    /// It is larger than is read.
    #[error("the envelope is too large")]
    TooLarge,
    /// It is no XML, or uses what no envelope needs: a document type, an entity of its own, a hundred levels.
    #[error("the envelope cannot be read")]
    Unreadable,
    /// It has no name or no password where they belong.
    #[error("the envelope names no user and password")]
    Incomplete,
}

/// Reads `Username` and `Password` inside `Envelope/Header/Security/UsernameToken`, by their local names. White space may
/// stand in front.
pub fn read(body: &[u8]) -> Result<TokenRequest, BadEnvelope> {
    if body.len() > super::MAX_BODY {
        return Err(BadEnvelope::TooLarge);
    }
    let text = std::str::from_utf8(body).map_err(|_| BadEnvelope::Unreadable)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let (mut username, mut password) = (None::<String>, None::<String>);
    loop {
        match reader.read_event().map_err(|_| BadEnvelope::Unreadable)? {
            Event::Start(tag) => {
                if path.len() == MAX_DEPTH {
                    return Err(BadEnvelope::Unreadable);
                }
                path.push(tag.local_name().as_ref().to_owned());
                if let Some(field) = field(&path, &mut username, &mut password) {
                    field.get_or_insert_default();
                }
            }
            Event::End(_) => {
                path.pop();
            }
            Event::Text(text) => add(&path, &text.xml10_content(), &mut username, &mut password)?,
            Event::CData(text) => add(&path, &text.xml10_content(), &mut username, &mut password)?,
            Event::GeneralRef(name) => {
                let c = reference(&name).ok_or(BadEnvelope::Unreadable)?;
                add(
                    &path,
                    c.encode_utf8(&mut [0; 4]),
                    &mut username,
                    &mut password,
                )?;
            }
            Event::DocType(_) | Event::PI(_) => return Err(BadEnvelope::Unreadable),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) => {}
            Event::Eof => break,
        }
    }
    if !path.is_empty() {
        return Err(BadEnvelope::Unreadable);
    }
    let username = username
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    match (username, password) {
        (Some(username), Some(password)) => Ok(TokenRequest { username, password }),
        _ => Err(BadEnvelope::Incomplete),
    }
}

/// Which field the letters at this place belong to.
fn field<'a>(
    path: &[String],
    username: &'a mut Option<String>,
    password: &'a mut Option<String>,
) -> Option<&'a mut Option<String>> {
    const TO: [&str; 4] = ["Envelope", "Header", "Security", "UsernameToken"];
    let (last, above) = path.split_last()?;
    if above != TO {
        return None;
    }
    match last.as_str() {
        "Username" => Some(username),
        "Password" => Some(password),
        _ => None,
    }
}

fn add(
    path: &[String],
    text: &str,
    username: &mut Option<String>,
    password: &mut Option<String>,
) -> Result<(), BadEnvelope> {
    let Some(field) = field(path, username, password) else {
        return Ok(());
    };
    let field = field.get_or_insert_default();
    field.push_str(text);
    if field.len() > MAX_FIELD {
        Err(BadEnvelope::TooLarge)
    } else {
        Ok(())
    }
}

/// A character by its number, or one of the five that XML knows.
fn reference(name: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if name.is_char_ref() {
        return name.resolve_char_ref().ok().flatten();
    }
    Some(match &**name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

/// The answer with a token of opaque bytes, `t=…&p=`. Status 200.
#[must_use]
pub fn granted(opaque: &[u8]) -> String {
    let mut token = String::new();
    escape(&security_token(opaque), &mut token);
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><wst:RequestSecurityTokenResponseCollection xmlns:wst="http://schemas.xmlsoap.org/ws/2004/04/trust" xmlns:wsse="http://schemas.xmlsoap.org/ws/2003/06/secext"><wst:RequestSecurityTokenResponse><wst:RequestedSecurityToken><wsse:BinarySecurityToken Id="Compact0">{token}</wsse:BinarySecurityToken></wst:RequestedSecurityToken></wst:RequestSecurityTokenResponse></wst:RequestSecurityTokenResponseCollection></S:Body></S:Envelope>"#
    )
}

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Name and password do not go together.
    FailedAuthentication,
    /// The request cannot be read.
    InvalidRequest,
    /// Too many attempts.
    RequestFailed,
}

impl Fault {
    fn code(self) -> &'static str {
        match self {
            Self::FailedAuthentication => "wsse:FailedAuthentication",
            Self::InvalidRequest => "wst:InvalidRequest",
            Self::RequestFailed => "wst:RequestFailed",
        }
    }
}

/// The answer without a token. Status 200, and the fault stands directly in the envelope: skypeweb says nothing of one that
/// stands in a body.
#[must_use]
pub fn refused(fault: Fault, words: &str) -> String {
    let mut told = String::new();
    escape(words, &mut told);
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Fault><faultcode>{}</faultcode><faultstring>{told}</faultstring></S:Fault></S:Envelope>"#,
        fault.code()
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tokens::security_bytes;
    use super::*;

    fn envelope(name: &str, password: &str) -> String {
        format!(
            r#"
    <Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'
       xmlns:wsse='http://schemas.xmlsoap.org/ws/2003/06/secext'
       xmlns:wst='http://schemas.xmlsoap.org/ws/2004/04/trust'>
       <Header>
           <wsse:Security>
               <wsse:UsernameToken Id='user'>
                   <wsse:Username>{name}</wsse:Username>
                   <wsse:Password>{password}</wsse:Password>
               </wsse:UsernameToken>
           </wsse:Security>
       </Header>
       <Body>
           <wst:RequestSecurityToken Id='RST0'>
               <wst:RequestType>http://schemas.xmlsoap.org/ws/2004/04/security/trust/Issue</wst:RequestType>
               <Username>not this one</Username>
           </wst:RequestSecurityToken>
       </Body>
    </Envelope>
    "#
        )
    }

    #[test]
    fn the_name_and_password_are_found() {
        for (written, password) in [
            ("p\"'&amp;&lt;&gt;ä", "p\"'&<>ä"),
            (" two spaces ", " two spaces "),
            ("", ""),
            ("<![CDATA[a<b]]>&#65;", "a<bA"),
        ] {
            let read = read(envelope(" Alice ", written).as_bytes()).expect("an envelope");
            assert_eq!(
                (read.username.as_str(), read.password.as_str()),
                ("Alice", password)
            );
        }
    }

    #[test]
    fn what_no_envelope_needs_is_refused() {
        let bomb = format!(r#"<!DOCTYPE a [<!ENTITY x "y">]>{}"#, envelope("&x;", "b"));
        assert_eq!(read(bomb.as_bytes()), Err(BadEnvelope::Unreadable));
        assert_eq!(
            read(envelope("&x;", "b").as_bytes()),
            Err(BadEnvelope::Unreadable)
        );
        assert_eq!(
            read(envelope("", "b").as_bytes()),
            Err(BadEnvelope::Incomplete)
        );
        assert_eq!(read(b"<Envelope/>"), Err(BadEnvelope::Incomplete));
        assert_eq!(read(b""), Err(BadEnvelope::Incomplete));
        assert_eq!(read(b"<a><b></a></b>"), Err(BadEnvelope::Unreadable));
        assert_eq!(read(b"<Envelope>"), Err(BadEnvelope::Unreadable));
        assert_eq!(
            read("<a>".repeat(40).as_bytes()),
            Err(BadEnvelope::Unreadable)
        );
        assert_eq!(
            read(&[b' '; super::super::MAX_BODY + 1]),
            Err(BadEnvelope::TooLarge)
        );
        let long = "x".repeat(MAX_FIELD + 1);
        assert_eq!(
            read(envelope("alice", &long).as_bytes()),
            Err(BadEnvelope::TooLarge)
        );
        assert_eq!(
            format!("{:?}", read(envelope("alice", "secret").as_bytes())),
            "Ok(TokenRequest)"
        );
    }

    #[test]
    fn answers_are_xml_that_says_what_was_meant() {
        let token = text_of(&granted(b"\x00\xffopaque"), "BinarySecurityToken", 5);
        assert_eq!(
            security_bytes(&token).as_deref(),
            Some(&b"\x00\xffopaque"[..])
        );
        assert!(token.starts_with("t=") && token.ends_with("&p="));
        let fault = refused(Fault::FailedAuthentication, "no <such> & user");
        assert_eq!(text_of(&fault, "faultcode", 2), "wsse:FailedAuthentication");
        assert_eq!(text_of(&fault, "faultstring", 2), "no <such> & user");
    }

    /// The letters of the element of this local name at this depth.
    fn text_of(xml: &str, name: &str, depth: usize) -> String {
        let mut reader = Reader::from_str(xml);
        let (mut path, mut out) = (Vec::new(), String::new());
        loop {
            match reader.read_event().expect("our own XML") {
                Event::Start(tag) => path.push(tag.local_name().as_ref().to_owned()),
                Event::End(_) => drop(path.pop()),
                Event::Text(text)
                    if path.len() == depth + 1 && path.last().is_some_and(|last| last == name) =>
                {
                    out.push_str(&text.xml10_content());
                }
                Event::GeneralRef(of) if path.last().is_some_and(|last| last == name) => {
                    out.extend(reference(&of))
                }
                Event::Eof => return out,
                _ => {}
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&body);
        }

        #[test]
        fn any_name_and_password_come_through(name in "[a-z@.]{1,20}", password in "[ -~äß€]{0,40}") {
            let escaped = |text: &str| {
                let mut out = String::new();
                escape(text, &mut out);
                out
            };
            let asked = read(envelope(&escaped(&name), &escaped(&password)).as_bytes());
            prop_assert_eq!(asked, Ok(TokenRequest { username: name, password }));
        }
    }
}
