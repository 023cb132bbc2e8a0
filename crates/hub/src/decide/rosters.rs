//! Who belongs to conversations, as far as a batch has asked: all of a cast, and of a named group those who matter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Fault, World};
use crate::id::{AccountId, ConversationId};
use crate::model::Member;
use crate::store::Keys;

/// Members by conversation.
#[derive(Debug, Default)]
pub(super) struct Rosters(HashMap<ConversationId, Roster>);

#[derive(Debug, Default)]
struct Roster {
    /// Who is absent below does not belong to it.
    whole: bool,
    /// `None` = known not to belong to it.
    known: BTreeMap<AccountId, Option<Member>>,
}

impl Rosters {
    /// These keys were asked for: who is not found does not belong.
    pub(super) fn asked(&mut self, keys: &Keys) {
        for &(conversation, account) in &keys.members {
            let roster = self.0.entry(conversation).or_default();
            roster.known.entry(account).or_insert(None);
        }
        for &conversation in &keys.rosters {
            self.complete(conversation);
        }
    }

    /// Who belongs is kept for the next batch; that somebody does not is let go, for anybody may ask for anything.
    pub(super) fn settle(mut self) -> Self {
        self.0.retain(|_, roster| {
            roster.known.retain(|_, member| member.is_some());
            !roster.known.is_empty()
        });
        self
    }

    /// Everybody of this conversation is known, or comes with the rows that follow.
    pub(super) fn complete(&mut self, conversation: ConversationId) {
        self.0.entry(conversation).or_default().whole = true;
    }

    pub(super) fn put(&mut self, member: Member) {
        let roster = self.0.entry(member.conversation).or_default();
        roster.known.insert(member.account, Some(member));
    }

    /// Whether this member's row is here, whether or not it may be newer in the store.
    pub(super) fn knows(&self, conversation: ConversationId, account: AccountId) -> bool {
        let roster = self.0.get(&conversation);
        roster.is_some_and(|roster| matches!(roster.known.get(&account), Some(Some(_))))
    }
}

impl World {
    /// Somebody's membership.
    pub(crate) fn member(
        &self,
        conversation: ConversationId,
        account: AccountId,
    ) -> Result<Option<&Member>, Fault> {
        if let Some(roster) = self.rosters.0.get(&conversation) {
            match roster.known.get(&account) {
                Some(found) => return Ok(found.as_ref()),
                None if roster.whole => return Ok(None),
                None => {}
            }
        }
        Err(Fault::Need(Box::new(Keys {
            members: BTreeSet::from([(conversation, account)]),
            ..Keys::default()
        })))
    }

    /// Everybody who ever belonged to a conversation, by account.
    pub(crate) fn members(
        &self,
        conversation: ConversationId,
    ) -> Result<impl Iterator<Item = &Member> + Clone, Fault> {
        match self.rosters.0.get(&conversation) {
            Some(roster) if roster.whole => Ok(roster.known.values().flatten()),
            _ => Err(Fault::Need(Box::new(Keys {
                rosters: BTreeSet::from([conversation]),
                ..Keys::default()
            }))),
        }
    }
}
