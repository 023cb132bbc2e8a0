//! Other names of an account by which it signs in: today the form of a mail address. Nobody writes to it and nobody verifies
//! it; it is a name that old programs and their people know by heart.

use crate::error::Error;

/// Most handles of one account.
pub const MAX_HANDLES: usize = 5;
/// Longest mail form, in bytes (RFC 5321 §4.5.3.1.3: a path of 256 with its brackets).
pub const MAX_MAIL: usize = 254;
/// Longest part in front of the `@`, in bytes (RFC 5321 §4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest part between two dots behind it, in bytes (RFC 1035 §2.3.4).
const MAX_LABEL: usize = 63;

/// The canonical form of a mail address in any capitals: small letters, `local@domain` in ASCII with at least one dot in the
/// domain, and in the local part the characters of an unquoted one (RFC 5321 §4.1.2, Dot-string).
///
/// # Errors
/// `handle_form` if it does not look so.
pub fn mail(spelling: &str) -> Result<String, Error> {
    let spelling = spelling.trim_matches(' ');
    let refused = || {
        Error::invalid(
            "handle_form",
            format!(
                "write it as name@example.org, in at most {MAX_MAIL} letters, digits and signs"
            ),
        )
    };
    if spelling.len() > MAX_MAIL {
        return Err(refused());
    }
    let mail = spelling.to_ascii_lowercase();
    let (local, domain) = mail.rsplit_once('@').ok_or_else(refused)?;
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    let label = |part: &str| {
        (1..=MAX_LABEL).contains(&part.len())
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let fits = local.len() <= MAX_LOCAL
        && local.split('.').all(atom)
        && domain.contains('.')
        && domain.split('.').all(label);
    if fits { Ok(mail) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mail_form_is_one_handle() {
        for spelling in ["Ana@Example.org", "ana@example.org", " ANA@EXAMPLE.ORG "] {
            assert_eq!(
                mail(spelling).as_deref(),
                Ok("ana@example.org"),
                "{spelling}"
            );
        }
        for fine in ["a.b+c@x-y.example.org", "a@1.pt", "o'neil_x@example.org"] {
            assert_eq!(mail(fine).as_deref(), Ok(fine));
        }
        let long = format!("{}@example.org", "a".repeat(65));
        let label = format!("a@{}.org", "x".repeat(64));
        let whole = format!("a@{}org", "x.".repeat(126));
        for wrong in [
            "",
            "ana",
            "@example.org",
            "ana@",
            "ana@org",
            "ana@.org",
            "ana@example..org",
            "ana@-x.org",
            "ana@x-.org",
            ".ana@x.org",
            "ana.@x.org",
            "a..b@x.org",
            "a b@x.org",
            "a@b@x.org",
            "josé@x.org",
            "ana@josé.org",
            "ana@x.org\n",
            "8:ana@x.org",
            "\"a\"@x.org",
            "ana@[127.0.0.1]",
            &long,
            &label,
            &whole,
        ] {
            assert_eq!(
                mail(wrong).expect_err(wrong).code,
                "handle_form",
                "{wrong:?}"
            );
        }
    }
}
