//! Who is meant by a name of the dialect, and how somebody is named in it (section 1.2).
//!
//! The token says who asks; a name in a path only has to be one of theirs. Everybody is `8:name` in every answer, however they were
//! spelled in the request.

use hub::command::Target;
use hub::id::{AccountId, ConversationId};
use hub::model::{Account, AccountKind};
use hub::{Error, Kind, Session};
use webapi::skype::{Mri, Network};

/// How names of guests begin in the hub, and in the dialect.
const GUEST: (&str, &str) = ("guest-", "guest:");
/// What newer names of the old service began with.
const LIVE: &str = "live:";
/// What stands for oneself in a path.
const ONESELF: [&str; 2] = ["self", "me"];

/// The Skype name of an account, without a network.
#[must_use]
pub fn skype_name(account: &Account) -> String {
    match (account.kind, account.name.strip_prefix(GUEST.0)) {
        (AccountKind::Guest, Some(rest)) => format!("{}{rest}", GUEST.1),
        _ => account.name.clone(),
    }
}

/// The MRI of an account.
#[must_use]
pub fn mri(account: &Account) -> Mri {
    Mri::skype(&skype_name(account))
}

/// A name as the hub reads it: without a network, and without `live:`.
#[must_use]
pub fn spelling(text: &str) -> String {
    let text = text.trim();
    let bare = match Mri::parse(text) {
        Some(mri) if is_of_people(mri.network) => mri.name,
        _ => text.to_owned(),
    };
    let begins = |with: &str| {
        bare.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    if begins(LIVE) {
        return bare[LIVE.len()..].to_owned();
    }
    if begins(GUEST.1) {
        return format!("{}{}", GUEST.0, &bare[GUEST.1.len()..]);
    }
    bare
}

fn is_of_people(network: Network) -> bool {
    matches!(network, Network::Skype | Network::Passport | Network::Bot)
}

/// Somebody by any of their names.
///
/// # Errors
/// `not_found` if nobody is called so.
pub async fn somebody(session: &Session, text: &str) -> Result<AccountId, Error> {
    let found = session.identify(&spelling(text)).await?;
    found.ok_or_else(|| Error::not_found("person"))
}

/// The same, and whoever asks by the words for oneself.
///
/// # Errors
/// `not_found` if nobody is called so.
pub async fn anybody(session: &Session, text: &str) -> Result<AccountId, Error> {
    match own(session, text).await {
        Ok(()) => Ok(session.account()),
        Err(_) => somebody(session, text).await,
    }
}

/// Whom an MRI names as a target: a person by `8:` and its like, the conversation of a thread's id. `None` for oneself, and for whoever
/// is not known here.
///
/// # Errors
/// If the store does not answer.
pub async fn target(session: &Session, mri: &Mri) -> Result<Option<Target>, Error> {
    if let Some(thread) = mri.as_thread() {
        return Ok(Some(Target::Conversation(ConversationId(thread.id))));
    }
    if !is_of_people(mri.network) {
        return Ok(None);
    }
    let found = session.identify(&spelling(&mri.to_string())).await?;
    let other = found.filter(|id| *id != session.account());
    Ok(other.map(|id| Target::Cast(vec![id])))
}

/// Checks a name that stands where one's own has to: `SELF`, `ME`, and every name of one's own.
///
/// # Errors
/// `not_yours` for everything else, whether somebody is called so or not.
pub async fn own(session: &Session, text: &str) -> Result<(), Error> {
    let bare = text.trim();
    if ONESELF.iter().any(|word| bare.eq_ignore_ascii_case(word))
        || session.identify(&spelling(bare)).await? == Some(session.account())
    {
        return Ok(());
    }
    let message = "this name is not yours: the token says who asks, SELF stands for it";
    Err(Error::new(Kind::Forbidden, "not_yours", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_is_the_name() {
        for (text, wanted) in [
            ("alice", "alice"),
            ("8:alice", "alice"),
            ("8:live:alice", "alice"),
            ("live:alice", "alice"),
            (" LIVE:Alice ", "Alice"),
            ("1:alice@example.org", "alice@example.org"),
            ("Alice@Example.org", "Alice@Example.org"),
            ("28:alice", "alice"),
            ("8:guest:x1y2", "guest-x1y2"),
            ("19:abc@thread.skype", "19:abc@thread.skype"),
            ("", ""),
            ("ж", "ж"),
        ] {
            assert_eq!(spelling(text), wanted, "{text:?}");
        }
    }
}
