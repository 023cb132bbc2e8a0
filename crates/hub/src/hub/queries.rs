//! What a session may read.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::profiles::contact_view;
use super::{OwnAccount, Session};
use crate::error::Error;
use crate::event::{ContactView, Event, MessageView, Presence};
use crate::id::{AccountId, CallId, CallKey, ConversationId, Pos, Timestamp};
use crate::live;
use crate::model::{
    Account, AccountState, CallReport, CallRow, CastKey, ContactGroup, Device, Relation,
};
use crate::name;
use crate::store::{Around, ContactRow, ConversationView, Happened, Keys};
use crate::writer::refuse;

/// Conversations of a snapshot.
const SNAPSHOT_CONVERSATIONS: u32 = 50;
/// Contacts of a snapshot.
const SNAPSHOT_CONTACTS: u32 = 500;
/// Most entries of a page.
const MAX_PAGE: u32 = 500;

/// What catching up gives.
#[derive(Debug, Clone)]
pub enum Sync {
    /// Events in order; go on from `next` while `more`.
    Events {
        /// The events.
        events: Vec<(Pos, Event)>,
        /// Where to go on.
        next: Pos,
        /// Whether there are more.
        more: bool,
    },
    /// The state at a position.
    Snapshot(Box<Snapshot>),
}

/// Everything a client shows first.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Go on from here.
    pub at: Pos,
    /// One's own account.
    pub account: OwnAccount,
    /// The newest conversations.
    pub conversations: Vec<ConversationView>,
    /// Whether there are more.
    pub more_conversations: bool,
    /// Contacts and requests.
    pub contacts: Vec<ContactView>,
    /// Whether there are more.
    pub more_contacts: bool,
    /// Profiles of everybody in the conversations, and in their newest messages.
    pub profiles: Vec<Arc<Account>>,
}

impl Session {
    /// One's own account.
    pub async fn me(&self) -> Result<Arc<Account>, Error> {
        self.hub
            .account(self.who.account)
            .await?
            .ok_or_else(Error::unauthorized)
    }

    /// The newest position.
    pub async fn head(&self) -> Result<Pos, Error> {
        self.hub.inner.store.head().await.map_err(|e| refuse(&e))
    }

    /// Events after a position; a snapshot if it is too old or none.
    pub async fn since(&self, after: Option<Pos>, limit: u32) -> Result<Sync, Error> {
        let limit = limit.clamp(1, MAX_PAGE);
        let account = self.who.account;
        let Some(after) = after else {
            return self.snapshot().await;
        };
        if self.hub.is_behind(account, after).await? {
            return self.snapshot().await;
        }
        let head = self.head().await?;
        let page = self
            .hub
            .inner
            .store
            .since(account, after, head, limit)
            .await
            .map_err(|e| refuse(&e))?;
        let more = page.len() >= limit as usize;
        let next = if more {
            page.last().map_or(head, Happened::pos)
        } else {
            head.max(after)
        };
        let events = self.hub.draw(account, page).await?;
        Ok(Sync::Events { events, next, more })
    }

    async fn snapshot(&self) -> Result<Sync, Error> {
        // The position first: what changes while the rest is read comes again as an event.
        let at = self.head().await?;
        let account = self.own().await?;
        let conversations = self.conversations(None, SNAPSHOT_CONVERSATIONS).await?;
        let contacts = self.contacts(AccountId(0), SNAPSHOT_CONTACTS).await?;
        let people: BTreeSet<AccountId> = conversations
            .iter()
            .flat_map(ConversationView::people)
            .collect();
        let people: Vec<AccountId> = people.into_iter().collect();
        let profiles = self.accounts(&people).await?;
        Ok(Sync::Snapshot(Box::new(Snapshot {
            at,
            account,
            more_conversations: conversations.len() >= SNAPSHOT_CONVERSATIONS as usize,
            conversations,
            more_contacts: contacts.len() >= SNAPSHOT_CONTACTS as usize,
            contacts,
            profiles,
        })))
    }

    /// Contacts and requests by account id above `after`.
    pub async fn contacts(&self, after: AccountId, limit: u32) -> Result<Vec<ContactView>, Error> {
        // Whoever asks for one more than a page learns whether there are more.
        let limit = limit.clamp(1, MAX_PAGE + 1);
        let rows = self
            .hub
            .inner
            .store
            .contacts(self.who.account, after, limit)
            .await
            .map_err(|e| refuse(&e))?;
        Ok(rows.into_iter().map(|row| self.view(row)).collect())
    }

    fn view(&self, row: ContactRow) -> ContactView {
        let ContactRow {
            mine,
            theirs,
            account,
        } = row;
        contact_view(self.who.account, &account, |owner, _| {
            if owner == self.who.account {
                mine.clone()
            } else {
                theirs.clone()
            }
        })
    }

    /// The groups into which one has sorted one's contacts, by their numbers.
    pub async fn contact_groups(&self) -> Result<Vec<ContactGroup>, Error> {
        let keys = Keys {
            contact_groups: [self.who.account].into(),
            ..Keys::default()
        };
        Ok(self.hub.load(&keys).await?.contact_groups)
    }

    /// How somebody stands to oneself.
    pub async fn contact(&self, other: AccountId) -> Result<ContactView, Error> {
        let me = self.who.account;
        let keys = Keys {
            accounts: [other].into(),
            relations: [(me, other), (other, me)].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        let account = rows.accounts.into_iter().find(|a| !a.state.is_gone());
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        Ok(contact_view(me, &account, |a, b| {
            let found = rows.relations.iter().find(|r| (r.owner, r.other) == (a, b));
            found.cloned().unwrap_or_else(|| Relation::nothing(a, b))
        }))
    }

    /// Somebody by exact name.
    pub async fn find(&self, spelling: &str) -> Result<Option<ContactView>, Error> {
        self.spend(|b| &mut b.search)?;
        self.no_guest().await?;
        let Ok(canonical) = name::canonical(spelling) else {
            return Ok(None);
        };
        let keys = Keys {
            names: [canonical].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        match rows
            .accounts
            .into_iter()
            .find(|a| a.state == AccountState::Active)
        {
            Some(account) => self.contact(account.id).await.map(Some),
            None => Ok(None),
        }
    }

    /// Everybody among the contacts whom one may see: those who are there, and when the others were last seen.
    pub async fn presence(&self) -> Result<Vec<Presence>, Error> {
        let me = self.who.account;
        self.hub.caught_up().await?;
        let mut seen = self.hub.with_live(|live, _, _| live.visible_to(me));
        let there: BTreeSet<AccountId> = seen.iter().map(|p| p.account).collect();
        let mut after = AccountId(0);
        loop {
            let page = self
                .hub
                .inner
                .store
                .contacts(me, after, 1_000)
                .await
                .map_err(|e| refuse(&e))?;
            let whole = page.len() < 1_000;
            after = page.last().map_or(after, |row| row.account.id);
            for view in page.into_iter().map(|row| self.view(row)) {
                let account = &view.account;
                if view.visible && view.mine.listed && !there.contains(&account.id) {
                    let since = (account.last_seen.0 > 0).then_some(account.last_seen);
                    seen.push(live::offline(account.id, since));
                }
            }
            if whole {
                return Ok(seen);
            }
        }
    }

    /// One's conversations, newest first, below `before`.
    pub async fn conversations(
        &self,
        before: Option<(Pos, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationView>, Error> {
        let me = self.who.account;
        let limit = limit.clamp(1, MAX_PAGE);
        let views = self
            .hub
            .inner
            .store
            .conversations(me, before, limit)
            .await
            .map_err(|e| refuse(&e))?;
        self.hub.discreet(me, views).await
    }

    /// One's conversations in which something changed at `since` or later, newest first, below `before`: the last one of a page is
    /// where the next one goes on.
    pub async fn conversations_since(
        &self,
        since: Timestamp,
        before: Option<(Pos, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationView>, Error> {
        let mut views = self.conversations(before, limit).await?;
        // A position is never earlier than its time says.
        views.retain(|view| view.conversation.head.time() >= since);
        Ok(views)
    }

    /// One conversation.
    pub async fn conversation(&self, id: ConversationId) -> Result<ConversationView, Error> {
        let view = self.hub.conversation_for(self.who.account, id).await?;
        view.ok_or_else(|| Error::not_found("conversation"))
    }

    /// The conversation of oneself and exactly these, if it was opened.
    pub async fn cast(&self, others: &[AccountId]) -> Result<Option<ConversationView>, Error> {
        let me = self.who.account;
        let people: Vec<AccountId> = others.iter().copied().chain([me]).collect();
        let keys = Keys {
            casts: [CastKey::of(&people)].into(),
            ..Keys::default()
        };
        let found = self.hub.load(&keys).await?.conversations.into_iter().next();
        match found {
            Some(row) => self.hub.conversation_for(me, row.id).await,
            None => Ok(None),
        }
    }

    /// Draw messages with their authors, as `messages` does.
    pub async fn draw(
        &self,
        messages: Vec<crate::model::Message>,
    ) -> Result<Vec<MessageView>, Error> {
        self.hub.draw_messages(self.who.account, messages).await
    }

    /// A page of history, oldest first, and whether there is more on either side.
    pub async fn messages(
        &self,
        id: ConversationId,
        around: Around,
        limit: u32,
    ) -> Result<(Vec<MessageView>, bool, bool), Error> {
        self.conversation(id).await?;
        let limit = limit.clamp(1, MAX_PAGE);
        let page = self
            .hub
            .inner
            .store
            .messages(self.who.account, id, around, limit)
            .await
            .map_err(|e| refuse(&e))?;
        Ok((
            self.hub
                .draw_messages(self.who.account, page.messages)
                .await?,
            page.earlier,
            page.later,
        ))
    }

    /// One's devices, each with how many of its connections are open.
    pub async fn devices(&self) -> Result<Vec<(Device, u32)>, Error> {
        let me = self.who.account;
        let keys = Keys {
            devices_of: [me].into(),
            ..Keys::default()
        };
        let mut devices = self.hub.load(&keys).await?.devices;
        devices.retain(|d| d.revoked.is_none());
        devices.sort_by_key(|d| std::cmp::Reverse(d.last_used));
        Ok(self.hub.with_live(|live, _, _| {
            let open = |device: &Device| {
                live.endpoints
                    .values()
                    .filter(|e| e.place.device == device.id)
                    .count()
            };
            devices
                .into_iter()
                .map(|d| {
                    let n = open(&d);
                    (d, u32::try_from(n).unwrap_or(u32::MAX))
                })
                .collect()
        }))
    }

    /// One's calls, newest first, below `before`.
    pub async fn calls(&self, before: Option<CallId>, limit: u32) -> Result<Vec<CallRow>, Error> {
        let limit = limit.clamp(1, MAX_PAGE);
        let me = self.who.account;
        let rows = self
            .hub
            .inner
            .store
            .calls(me, before, limit)
            .await
            .map_err(|e| refuse(&e))?;
        Ok(rows.into_iter().map(|row| row.as_seen_by(me)).collect())
    }

    /// A call one took part in, with the reports that one may see.
    pub async fn call(&self, key: CallKey) -> Result<(CallRow, Vec<CallReport>), Error> {
        let keys = Keys {
            call_keys: [key].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        let me = self.who.account;
        let row = rows.calls.into_iter().find(|c| c.is_of(me));
        let row = row.ok_or_else(|| Error::not_found("call"))?;
        let mut reports = self
            .hub
            .inner
            .store
            .reports(row.id)
            .await
            .map_err(|e| refuse(&e))?;
        if row.hides_callee_from(me) {
            reports.retain(|report| report.account == me);
        }
        Ok((row.as_seen_by(me), reports))
    }
}
