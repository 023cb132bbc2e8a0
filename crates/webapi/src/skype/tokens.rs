//! The three credentials: how programs send them, and the clothes in which we give them. What is inside is opaque here; the
//! door redeems it. (Section 1.3.)

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::id::EndpointId;

/// Longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 4_096;

/// Every way in which a skypetoken comes: whatever of these headers a request has.
#[derive(Debug, Clone, Copy, Default)]
pub struct Presented<'a> {
    /// `X-Skypetoken: T`
    pub skypetoken: Option<&'a str>,
    /// `Authorization: skype_token T`
    pub authorization: Option<&'a str>,
    /// `Authentication: skypetoken=T`
    pub authentication: Option<&'a str>,
    /// `Cookie: skypetoken_asm=T`
    pub cookie: Option<&'a str>,
}

impl<'a> Presented<'a> {
    /// The skypetoken, from the first header that holds one.
    #[must_use]
    pub fn token(self) -> Option<&'a str> {
        self.skypetoken
            .and_then(bounded)
            .or_else(|| self.authorization.and_then(of_authorization))
            .or_else(|| self.authentication.and_then(of_authentication))
            .or_else(|| self.cookie.and_then(|jar| cookie(jar, "skypetoken_asm")))
    }
}

fn bounded(token: &str) -> Option<&str> {
    let token = token.trim();
    (1..=MAX_TOKEN).contains(&token.len()).then_some(token)
}

/// Of `skype_token T`; other programs write `skypetoken T` or `skypetoken=T`, in any case.
#[must_use]
pub fn of_authorization(header: &str) -> Option<&str> {
    let header = header.trim();
    let (scheme, token) = header
        .split_once(|c: char| c.is_ascii_whitespace())
        .or_else(|| header.split_once('='))?;
    let known = ["skype_token", "skypetoken"];
    known
        .iter()
        .any(|name| scheme.eq_ignore_ascii_case(name))
        .then(|| bounded(token))?
}

/// Of `skypetoken=T`; what follows a `;` is not looked at.
#[must_use]
pub fn of_authentication(header: &str) -> Option<&str> {
    part(header, "skypetoken")
}

/// One cookie of a jar, `a=1; b=2`; quotation marks around it are taken off.
#[must_use]
pub fn cookie<'a>(jar: &'a str, name: &str) -> Option<&'a str> {
    jar.split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.trim() == name)
        .and_then(|(_, value)| bounded(value.trim().trim_matches('"')))
}

/// The value behind `name=`, up to the first `;`. A token may end in `=`, so only the first one divides.
fn part<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    header
        .split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .and_then(|(_, value)| bounded(value))
}

/// What a program sends back to the gateway: `registrationToken=R`, and perhaps `; expires=N; endpointId={…}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration<'a> {
    /// The token, up to the first `;`.
    pub token: &'a str,
    /// The endpoint, if it is named and can be read.
    pub endpoint: Option<EndpointId>,
}

/// Reads the header `RegistrationToken`.
#[must_use]
pub fn registration(header: &str) -> Option<Registration<'_>> {
    Some(Registration {
        token: part(header, "registrationToken")?,
        endpoint: part(header, "endpointId").and_then(EndpointId::parse),
    })
}

/// The header `Set-RegistrationToken` of a registration. All three parts must be there and the endpoint last: skypeweb
/// reads it to the end of the line and crashes where there is no `;`.
#[must_use]
pub fn set_registration(token: &str, expires: i64, endpoint: EndpointId) -> String {
    format!("registrationToken={token}; expires={expires}; endpointId={endpoint}")
}

/// A registration token of opaque bytes, in the only alphabet that SkPy does not cut short: `A–Z a–z 0–9 + / =`.
#[must_use]
pub fn registration_token(opaque: &[u8]) -> String {
    STANDARD.encode(opaque)
}

/// The opaque bytes of a registration token, if it is one of ours.
#[must_use]
pub fn registration_bytes(token: &str) -> Option<Vec<u8>> {
    STANDARD.decode(bounded(token)?).ok()
}

/// A skypetoken: opaque bytes in the shape of a JWT, because one library reads `exp` and `skypeid` of it. Neither is
/// believed when it comes back: the opaque bytes say who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skypetoken {
    /// Whose, without `8:`.
    pub skypeid: String,
    /// Its end, in Unix seconds.
    pub exp: i64,
    /// What the door made and redeems.
    pub opaque: Vec<u8>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Claims {
    exp: i64,
    skypeid: String,
}

/// `{"alg":"none","typ":"JWT"}`: nobody but ourselves can tell whether it is genuine.
const HEADER: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";

impl Skypetoken {
    /// In its clothes.
    #[must_use]
    pub fn write(&self) -> String {
        let claims = serde_json::json!({"exp": self.exp, "skypeid": self.skypeid}).to_string();
        let (claims, opaque) = (
            URL_SAFE_NO_PAD.encode(claims),
            URL_SAFE_NO_PAD.encode(&self.opaque),
        );
        format!("{HEADER}.{claims}.{opaque}")
    }

    /// Takes them off; `None` for anything that we cannot have written.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = bounded(text)?.split('.');
        let (header, claims, opaque) = (parts.next()?, parts.next()?, parts.next()?);
        if header != HEADER || parts.next().is_some() {
            return None;
        }
        let Claims { exp, skypeid } =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        Some(Self {
            skypeid,
            exp,
            opaque: URL_SAFE_NO_PAD.decode(opaque).ok()?,
        })
    }
}

/// The token that step (d) carries from the SOAP answer to the edge: `t=OPAQUE&p=`.
#[must_use]
pub fn security_token(opaque: &[u8]) -> String {
    format!("t={}&p=", URL_SAFE_NO_PAD.encode(opaque))
}

/// The opaque bytes of one, with or without what stands around them.
#[must_use]
pub fn security_bytes(token: &str) -> Option<Vec<u8>> {
    let token = bounded(token)?;
    let token = token.strip_prefix("t=").unwrap_or(token);
    URL_SAFE_NO_PAD.decode(token.split('&').next()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_skypetoken_comes_by_four_ways() {
        let none = Presented::default();
        for (presented, token) in [
            (
                Presented {
                    skypetoken: Some(" T.1-_ "),
                    ..none
                },
                Some("T.1-_"),
            ),
            (
                Presented {
                    authorization: Some("skype_token T"),
                    ..none
                },
                Some("T"),
            ),
            (
                Presented {
                    authorization: Some("Skype_Token   T="),
                    ..none
                },
                Some("T="),
            ),
            (
                Presented {
                    authorization: Some("skypetoken=T"),
                    ..none
                },
                Some("T"),
            ),
            (
                Presented {
                    authorization: Some("Bearer T"),
                    ..none
                },
                None,
            ),
            (
                Presented {
                    authentication: Some("skypetoken=a=b="),
                    ..none
                },
                Some("a=b="),
            ),
            (
                Presented {
                    cookie: Some("a=1; skypetoken_asm=T; b=2"),
                    ..none
                },
                Some("T"),
            ),
            (
                Presented {
                    cookie: Some("skypetoken_asm="),
                    ..none
                },
                None,
            ),
            (
                Presented {
                    authorization: Some("Bearer x"),
                    cookie: Some("skypetoken_asm=\"T\""),
                    ..none
                },
                Some("T"),
            ),
            (none, None),
        ] {
            assert_eq!(presented.token(), token, "{presented:?}");
        }
        let long = "x".repeat(MAX_TOKEN + 1);
        assert_eq!(
            Presented {
                skypetoken: Some(&long),
                ..none
            }
            .token(),
            None
        );
    }

    #[test]
    fn a_registration_token_ends_at_the_first_semicolon() {
        let endpoint = EndpointId::parse("0f9d2c1e-1111-4222-8333-444455556666");
        let id = endpoint.expect("a UUID");
        let whole = set_registration("cmVnVG9r==", 1_767_225_600, id);
        assert_eq!(
            whole,
            "registrationToken=cmVnVG9r==; expires=1767225600; endpointId={0f9d2c1e-1111-4222-8333-444455556666}"
        );
        let token = "cmVnVG9r==";
        assert_eq!(registration(&whole), Some(Registration { token, endpoint }));
        let alone = "registrationToken=cmVnVG9r==";
        assert_eq!(
            registration(alone),
            Some(Registration {
                token,
                endpoint: None
            })
        );
        assert_eq!(registration("expires=1; endpointId={}"), None);
        assert_eq!(registration("registrationToken="), None);
    }

    proptest! {
        #[test]
        fn tokens_come_back_as_they_went(opaque in proptest::collection::vec(any::<u8>(), 0..300), exp: i64) {
            let skypetoken = Skypetoken { skypeid: "live:alice_1".into(), exp, opaque: opaque.clone() };
            let written = skypetoken.write();
            prop_assert_eq!(Skypetoken::read(&written), Some(skypetoken));
            let alphabet = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
            let token = registration_token(&opaque);
            prop_assert!(token.chars().all(alphabet));
            prop_assert_eq!(security_bytes(&security_token(&opaque)), Some(opaque.clone()));
            if !opaque.is_empty() {
                prop_assert_eq!(registration_bytes(&token), Some(opaque));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = Skypetoken::read(&text);
            let _ = registration(&text).map(|found| registration_bytes(found.token));
            let _ = (security_bytes(&text), cookie(&text, "a"), of_authorization(&text));
        }
    }
}
