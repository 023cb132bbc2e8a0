//! The long-term credential mechanism, from the server's side (RFC 8489 §9.2.4).

use std::time::Instant;

use super::reply::{Question, Refusal};
use super::state::Auth;
use super::{Allocations, slab};
use crate::codec::{Attribute, Key, Message, PasswordAlgorithm};
use crate::credentials::{Found, name_of};

/// A request whose sender has proved who it is.
#[derive(Debug)]
pub(super) struct Authenticated {
    pub(super) username: Box<str>,
    pub(super) auth: Auth,
    /// The allocation of its 5-tuple.
    pub(super) allocation: Option<slab::Key>,
}

impl Allocations {
    /// Who sent `message`; `None` if that has not been proved, and then it has been answered.
    pub(super) fn authenticate(
        &mut self,
        now: Instant,
        question: &Question,
        message: &Message<'_>,
    ) -> Option<Authenticated> {
        if !message.has_integrity() {
            self.challenge(now, question, 401);
            return None;
        }
        let (Some(username), Some(realm), Some(nonce)) =
            (message.username(), message.realm(), message.nonce())
        else {
            if self.may_answer(now, question.from.client) {
                self.refuse_with(question, None, Refusal::bare(400), &[]);
            }
            return None;
        };
        let allocation = self.by_tuple.get(&question.from).copied();
        let key = (realm == self.config.realm)
            .then(|| self.fitting_key(now, username, message, allocation))
            .flatten();
        let Some(key) = key else {
            self.challenge(now, question, 401);
            return None;
        };
        if !self.nonces.is_fresh(now, question.from.client.ip(), nonce) {
            self.challenge(now, question, 438);
            return None;
        }
        let auth = Auth {
            key,
            sha256: message.has_sha256(),
        };
        Some(Authenticated {
            username: username.into(),
            auth,
            allocation,
        })
    }

    /// The key of `username` that fits the message's integrity.
    fn fitting_key(
        &self,
        now: Instant,
        username: &str,
        message: &Message<'_>,
        allocation: Option<slab::Key>,
    ) -> Option<Key> {
        // Whoever has an allocation keeps it although its name runs out meanwhile: a long call goes on.
        if let Some(known) = allocation.and_then(|key| self.slab.get(key))
            && *known.username == *username
        {
            return message
                .verify(&known.auth.key)
                .is_ok()
                .then(|| known.auth.key.clone());
        }
        let algorithm = message
            .attributes()
            .find_map(|attribute| match attribute {
                Attribute::PasswordAlgorithm(algorithm) => Some(algorithm),
                _ => None,
            })
            .unwrap_or(Some(PasswordAlgorithm::Md5))?;
        let key_of = |password: &str| {
            let key = Key::long_term(algorithm, username, &self.config.realm, password);
            message.verify(&key).is_ok().then_some(key)
        };
        let unix = self.unix(now);
        match self.config.credentials.find(username, unix) {
            Found::Nobody => None,
            Found::Fixed { password } => key_of(&password),
            Found::TimeLimited { expires, passwords } => {
                let issued = expires.saturating_sub(self.config.lifetimes.credential);
                let ended = leading_parts(name_of(username))
                    .filter_map(|part| self.ended.get(part))
                    .any(|ended| issued <= *ended);
                if ended {
                    return None;
                }
                passwords.iter().find_map(|password| key_of(password))
            }
        }
    }
}

/// `a`, `a/b` and `a/b/c` of `a/b/c`.
fn leading_parts(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('/')
        .map(|(at, _)| &name[..at])
        .chain(std::iter::once(name))
}
