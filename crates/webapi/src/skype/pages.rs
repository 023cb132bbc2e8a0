//! The pages of the web sign-in. Programs look for byte patterns in them, so these stand here exactly, and nobody sees the rest.
//! (Section 2.1(a), (c), (f).)

use super::markup::in_attribute;

/// The value of the field `PPFT` for opaque bytes: letters, digits and a dollar sign at its end.
#[must_use]
pub fn ppft(opaque: &[u8]) -> String {
    format!("D{}$", hex::encode(opaque))
}

/// The opaque bytes of one.
#[must_use]
pub fn ppft_bytes(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix('D')?.trim_end_matches('$');
    hex::decode(text.get(..4_096).unwrap_or(text)).ok()
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head><body>{body}</body></html>"
    )
}

/// Step 1 of (c): the form of `login.live.com`. `action` is where it is posted: an address without quotation marks. The nonce has
/// a line for itself, since some patterns take all that follows it there; some programs look for the address in a script.
#[must_use]
pub fn start(action: &str, ppft: &str) -> String {
    let script = action.replace(['\'', '\\', '<'], "");
    let action = in_attribute(action);
    page(
        "Sign in",
        &format!(
            r#"<script>var ServerData={{urlPost:'{script}',a:0}};</script><form name="f1" method="post" action="{action}">
<input type="hidden" name="PPFT" id="i0327" value="{ppft}"/>
<label>Name <input name="login" autocomplete="username"/></label><label>Password <input type="password" name="passwd" autocomplete="current-password"/></label><button>Sign in</button></form>"#
        ),
    )
}

/// Step 2 of (c): the password was right. `t` is what step 3 redeems; `action` is where it is posted. The other two fields stand there
/// for programs that go no further without them.
#[must_use]
pub fn go_on(action: &str, t: &str) -> String {
    let (action, t) = (in_attribute(action), in_attribute(t));
    page(
        "Signed in",
        &format!(
            r#"<form name="fmHF" id="fmHF" method="post" action="{action}"><input type="hidden" name="NAP" id="NAP" value="0"><input type="hidden" name="ANON" id="ANON" value="0"><input type="hidden" name="t" id="t" value="{t}"><noscript><button>Go on</button></noscript></form>"#
        ),
    )
}

/// Between steps 2 and 3 for programs that go by `lw.skype.com`: what step 3 redeems.
#[must_use]
pub fn pass_on(action: &str, t: &str) -> String {
    let (action, t) = (in_attribute(action), in_attribute(t));
    page(
        "Signed in",
        &format!(
            r#"<form name="redirectForm" method="post" action="{action}"><input type="hidden" name="t" value="{t}"/></form>"#
        ),
    )
}

/// Step 3 of (c), and the answers of (a) and (f): a skypetoken, and whose it is.
#[must_use]
pub fn token(skypetoken: &str, expires_in: i64, skypeid: &str) -> String {
    let (token, skypeid) = (in_attribute(skypetoken), in_attribute(skypeid));
    page(
        "Signed in",
        &format!(
            r#"<input type="hidden" name="skypetoken" value="{token}"/><input type="hidden" name="expires_in" value="{expires_in}"/><input type="hidden" name="skypeid" value="{skypeid}"/>"#
        ),
    )
}

/// The first page of (a), with its two fields that nobody needs.
#[must_use]
pub fn old_start(action: &str) -> String {
    let action = in_attribute(action);
    page(
        "Sign in",
        &format!(
            r#"<form id="loginForm" name="loginForm" method="post" action="{action}"><input type="hidden" name="pie" id="pie" value="1"/><input type="hidden" name="etm" id="etm" value="1"/><label>Name <input name="username"/></label><label>Password <input type="password" name="password"/></label><button>Sign in</button></form>"#
        ),
    )
}

/// Why nobody was signed in. Each has the opening words that programs know it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Name and password do not go together.
    WrongPassword,
    /// Too many attempts.
    TooMany,
    /// The account asks for a second factor, which this form cannot give.
    SecondFactor,
    /// The page is too old, or the server cannot do it now.
    Unavailable,
}

impl Failure {
    /// The words, with one apostrophe at least: SkPy finds only words in which something is escaped.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::WrongPassword => (
                r"Your account or password is incorrect. If you don\'t remember it, ask whoever runs this server.",
                "80041012",
            ),
            Self::TooMany => (
                r"You\'ve tried to sign in too many times with an incorrect account or password.",
                "80041101",
            ),
            Self::SecondFactor => (
                r"This account asks for a second factor, and this program can\'t give one. Make a password for it in the browser.",
                "80045801",
            ),
            Self::Unavailable => (
                r"The server can\'t sign anybody in now. Try again in a minute.",
                "80041017",
            ),
        }
    }
}

/// A page without a token that all three programs can tell the reason of. Status 200. It has no form, since one without a
/// name crashes SkPy.
#[must_use]
pub fn failure(why: Failure) -> String {
    let (words, code) = why.words();
    // skype-http knows this one in double quotes alone.
    let doubled = match why {
        Failure::TooMany => format!("var ServerText={{a:1,sErrTxt:\"{words}\",Am:''}};"),
        _ => String::new(),
    };
    let told = words.replace('\\', "");
    page(
        "Sign in",
        &format!(
            "<script>var ServerData={{a:1,sErrTxt:'{words}',Am:'',sErrorCode:'{code}',Ag:0}};{doubled}</script><div class=\"message_error\"><span></span><span>{told}</span></div>"
        ),
    )
}

/// What a form of the sign-in says; keys that a step does not need are `None`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Who: `login` in (c), `username` in (a).
    pub name: Option<String>,
    /// `passwd` in (c), `password` in (a).
    pub password: Option<String>,
    /// See [`ppft`].
    pub ppft: Option<String>,
    /// What step 2 gave.
    pub t: Option<String>,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Form")
    }
}

impl Form {
    /// Reads the body of a post, by its content type.
    #[must_use]
    pub fn read(kind: Option<&str>, body: &[u8]) -> Self {
        let mut form = Self::default();
        for (key, value) in super::loose::posted(kind, body) {
            match key.as_str() {
                "login" | "username" => form.name = Some(value.trim().to_owned()),
                "passwd" | "password" => form.password = Some(value),
                "PPFT" => form.ppft = Some(value),
                "t" => form.t = Some(value),
                _ => {}
            }
        }
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_the_patterns_that_programs_look_for() {
        let ppft_value = ppft(&[1, 0xfe]);
        assert_eq!(ppft_value, "D01fe$");
        assert_eq!(ppft_bytes(&ppft_value), Some(vec![1, 0xfe]));
        let start = start(
            "https://login.live.com/ppsecure/post.srf?a=b&c=d",
            &ppft_value,
        );
        assert!(
            start.contains(r#"<input type="hidden" name="PPFT" id="i0327" value="D01fe$"/>"#),
            "{start}"
        );
        let go_on = go_on("https://login.skype.com/login/microsoft", "T.1");
        assert!(
            go_on.contains(r#"<input type="hidden" name="t" id="t" value="T.1">"#),
            "{go_on}"
        );
        let token = token("a.b.c", 86_400, "alice");
        assert!(
            token.contains(r#"<input type="hidden" name="skypetoken" value="a.b.c"/>"#),
            "{token}"
        );
        assert!(
            token.contains(r#"<input type="hidden" name="expires_in" value="86400"/>"#),
            "{token}"
        );
        let old = old_start("https://login.skype.com/login");
        assert!(old.contains(r#"name="pie" id="pie" value=""#), "{old}");
        assert!(old.contains(r#"name="etm" id="etm" value=""#), "{old}");
        for page in [start, old] {
            assert!(
                !page.contains("<form method"),
                "a form without a name crashes SkPy"
            );
        }
    }

    #[test]
    fn a_failure_is_known_for_what_it_is() {
        for why in [
            Failure::WrongPassword,
            Failure::TooMany,
            Failure::SecondFactor,
            Failure::Unavailable,
        ] {
            let page = failure(why);
            // skypeweb, then SkPy's own pattern: an escape inside the quotation marks.
            let (_, rest) = page.split_once(",sErrTxt:'").expect("skypeweb's opening");
            let (words, rest) = rest.split_once("',Am:'").expect("skypeweb's closing");
            assert!(words.contains("\\'"), "{words}");
            assert!(
                rest.starts_with("',sErrorCode:'") && rest.contains("',Ag:"),
                "{rest}"
            );
            assert!(
                !page.contains("<form") && !page.contains("skypetoken"),
                "{page}"
            );
        }
        assert!(
            failure(Failure::WrongPassword)
                .contains("sErrTxt:'Your account or password is incorrect.")
        );
        let limit = r#"sErrTxt:"You\'ve tried to sign in too many times with an incorrect account or password.""#;
        assert!(failure(Failure::TooMany).contains(limit));
    }

    #[test]
    fn forms_are_read_in_both_spellings() {
        let read = |body: &[u8]| Form::read(None, body);
        let form = read(b"login=Alice%40example.test+&passwd=a+b%26c&PPFT=D01fe%24&loginoptions=3");
        let wanted = Form {
            name: Some("Alice@example.test".into()),
            password: Some("a b&c".into()),
            ppft: Some("D01fe$".into()),
            t: None,
        };
        assert_eq!(form, wanted);
        let old = read(b"username=alice&password=x&timezone_field=%2B%7C1%7C0&pie=1&etm=1");
        assert_eq!(
            (old.name.as_deref(), old.password.as_deref()),
            (Some("alice"), Some("x"))
        );
        assert_eq!(read(b"t=T.1&client_id=578134").t.as_deref(), Some("T.1"));
        assert_eq!(format!("{wanted:?}"), "Form");
    }
}
