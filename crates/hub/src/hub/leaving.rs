//! Deleting an account: at once it is nobody's; then what belonged to it is removed, also if the process ends meanwhile.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;

use super::{Hub, Inner, Session};
use crate::decide::{Leaving, Work};
use crate::error::Error;
use crate::id::{AccountId, ConversationId, MessageId};
use crate::model::Conversation;
use crate::store::{Around, Keys};
use crate::writer::refuse;

/// Pieces that are given to the writer at once.
const TOGETHER: usize = 32;
/// Contacts and messages read at once.
const PAGE: u32 = 200;
/// Deleted accounts that are looked for at once.
const ACCOUNTS: u32 = 100;
/// How often is looked whether guests have gone.
const GUESTS: Duration = Duration::from_secs(600);
/// When it is tried again what the store refused.
const RETRY: Duration = Duration::from_secs(5);

impl Session {
    /// Deletes one's own account; `password` is checked first. Everybody who is signed in with it is signed out at once.
    ///
    /// # Errors
    /// If the password is wrong, or the store does not answer.
    pub async fn delete_account(&self, password: String) -> Result<(), Error> {
        self.hub.recheck(self.who, self.from, password).await?;
        self.hub.delete(self.who.account).await
    }
}

impl Hub {
    pub(super) async fn delete(&self, account: AccountId) -> Result<(), Error> {
        self.write(Work::Leaving(account, Leaving::Begin)).await?;
        if self.inner.config.serves {
            self.inner.to_leave.notify_one();
            return Ok(());
        }
        // Nobody else does it here; what is left after an error the server does at its next start.
        if let Err(error) = self.inner.remove(account).await {
            tracing::warn!(%error, "the rest of a deleted account is removed when the server starts");
        }
        Ok(())
    }
}

impl Inner {
    /// Removes what belonged to an account that was deleted, its bots too.
    async fn remove(&self, account: AccountId) -> Result<(), Error> {
        let keys = Keys {
            bots_of: [account].into(),
            ..Keys::default()
        };
        let bots = self.store.load(&keys).await.map_err(|e| refuse(&e))?;
        for bot in bots.accounts.iter().filter(|bot| !bot.state.is_gone()) {
            self.write(Work::Leaving(bot.id, Leaving::Begin)).await?;
            Box::pin(self.remove(bot.id)).await?;
        }
        let stays = self.store.stays(account).await.map_err(|e| refuse(&e))?;
        let conversations: Vec<ConversationId> = stays.into_iter().map(|(id, _)| id).collect();
        for some in conversations.chunks(TOGETHER) {
            let keys = Keys {
                conversations: some.iter().copied().collect(),
                ..Keys::default()
            };
            let rows = self.store.load(&keys).await.map_err(|e| refuse(&e))?;
            let alone = |row: &&Conversation| !row.is_named() && row.people == 1;
            for notes in rows.conversations.iter().filter(alone) {
                self.remove_notes(account, notes.id).await?;
            }
            let steps = some.iter().copied().map(Leaving::Conversation);
            self.steps(account, steps.collect()).await?;
        }
        let mut after = AccountId(0);
        loop {
            let page = self.store.contacts(account, after, PAGE).await;
            let page = page.map_err(|e| refuse(&e))?;
            let Some(last) = page.last() else { break };
            after = last.account.id;
            let others: Vec<AccountId> = page.iter().map(|row| row.account.id).collect();
            for some in others.chunks(TOGETHER) {
                let steps = some.iter().copied().map(Leaving::Contact);
                self.steps(account, steps.collect()).await?;
            }
        }
        self.steps(account, vec![Leaving::Finish]).await
    }

    /// Removes what somebody wrote to themselves.
    async fn remove_notes(&self, account: AccountId, notes: ConversationId) -> Result<(), Error> {
        let mut around = Around::Newest;
        loop {
            let page = self.store.messages(account, notes, around, PAGE).await;
            let page = page.map_err(|e| refuse(&e))?;
            let Some(oldest) = page.messages.first().map(|message| message.id) else {
                return Ok(());
            };
            let ids: BTreeSet<MessageId> = page.messages.iter().map(|m| m.id).collect();
            self.steps(account, vec![Leaving::Notes(ids)]).await?;
            if !page.earlier {
                return Ok(());
            }
            around = Around::Before(oldest);
        }
    }

    /// Does some steps in one batch, if the writer has room for them.
    async fn steps(&self, account: AccountId, steps: Vec<Leaving>) -> Result<(), Error> {
        let works = steps.into_iter().map(|step| Work::Leaving(account, step));
        let outcomes = join_all(works.map(|work| self.write(work))).await;
        outcomes
            .into_iter()
            .try_for_each(|outcome| outcome.map(drop))
    }
}

/// Removes what belonged to deleted accounts, at the start and whenever somebody was deleted.
pub(super) async fn remover(inner: Weak<Inner>) {
    loop {
        let Some(hub) = inner.upgrade() else { return };
        if let Err(error) = hub.end_guests().await {
            tracing::warn!(%error, "guests who are gone are deleted later");
        }
        let done = match hub.store.leaving(ACCOUNTS).await {
            Ok(accounts) => remove_all(&hub, accounts).await,
            Err(error) => {
                tracing::warn!(%error, "whether deleted accounts left something was not found out yet");
                false
            }
        };
        let wait = if done { GUESTS } else { RETRY };
        let again = hub.clock.now() + wait;
        tokio::select! {
            () = hub.to_leave.notified() => {}
            () = super::sleep_until(hub.clock.as_ref(), Some(again)) => {}
            () = hub.jobs.closed() => return,
        }
    }
}

/// `false` if not everything is removed.
async fn remove_all(hub: &Arc<Inner>, accounts: Vec<AccountId>) -> bool {
    let mut done = accounts.len() < ACCOUNTS as usize;
    for account in accounts {
        if let Err(error) = hub.remove(account).await {
            tracing::warn!(%error, "what belonged to a deleted account is not all removed yet");
            done = false;
        }
    }
    done
}
