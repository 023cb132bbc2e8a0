//! Who of those who are attached hears what is said in a conversation: by position, for the table learns of comings and
//! goings in steps of whole batches, and what stands between two of a batch must reach whom it concerns and nobody else.

use std::collections::BTreeMap;

use super::Live;
use crate::id::{AccountId, ConversationId, Pos};
use crate::model::{Member, Window, visible};

/// The attached accounts of a conversation, with the windows through which they see it.
#[derive(Debug, Default)]
pub(crate) struct Audience(BTreeMap<AccountId, Vec<Window>>);

impl Audience {
    /// Everybody to whom `pos` is visible.
    pub(crate) fn at(&self, pos: Pos) -> impl Iterator<Item = AccountId> {
        let seeing = self.0.iter();
        seeing
            .filter(move |(_, windows)| visible(windows, pos))
            .map(|(account, _)| *account)
    }

    /// Everybody who is in it now.
    pub(crate) fn now(&self) -> impl Iterator<Item = AccountId> {
        let there = self.0.iter();
        there
            .filter(|(_, windows)| is_open(windows))
            .map(|(account, _)| *account)
    }

    /// What was read of somebody when they came; what the reader of the log brought meanwhile is newer, and stays. Whether
    /// they are in it.
    pub(super) fn introduce(&mut self, account: AccountId, window: Window) -> bool {
        let windows = self.0.entry(account).or_insert_with(|| vec![window]);
        is_open(windows)
    }

    pub(super) fn remove(&mut self, account: AccountId) {
        self.0.remove(&account);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn is_open(windows: &[Window]) -> bool {
    windows.iter().any(|window| window.until.is_none())
}

impl Live {
    /// The members of a conversation as they were committed, before what is said there is handed out.
    pub(crate) fn learn_members<'m>(
        &mut self,
        conversation: ConversationId,
        members: impl Iterator<Item = &'m Member>,
    ) {
        let reached = self.reached;
        // The store may be ahead: of what is still to be handed out, somebody may have come and gone by now.
        let is_to_come = |window: &Window| window.until.is_none_or(|until| until > reached);
        for member in members {
            let Some(person) = self.people.get_mut(&member.account) else {
                continue;
            };
            let was_in = if is_open(&member.windows) {
                person.conversations.insert(conversation);
                true
            } else {
                person.conversations.remove(&conversation)
            };
            if !was_in && person.is_introduced() && !member.windows.iter().any(is_to_come) {
                continue; // went long ago
            }
            let audience = self.audience.entry(conversation).or_default();
            audience.0.insert(member.account, member.windows.clone());
        }
    }

    /// Everything up to `last` is handed out: whoever went before that needs not be known any more.
    pub(crate) fn let_go(&mut self, conversation: ConversationId, last: Pos) {
        let Some(audience) = self.audience.get_mut(&conversation) else {
            return;
        };
        let people = &self.people;
        // Somebody whose belongings are being read keeps the newer word.
        let coming = |account: &AccountId| people.get(account).is_some_and(|p| !p.is_introduced());
        let lasts = |window: &Window| window.until.is_none_or(|until| until > last);
        audience
            .0
            .retain(|account, windows| windows.iter().any(lasts) || coming(account));
        if audience.is_empty() {
            self.audience.remove(&conversation);
        }
    }
}
