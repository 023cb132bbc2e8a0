//! From places of the log to events as one account may see them: the same for live events and for catching up.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::known::Profile;
use super::profiles::contact_view;
use super::{Hub, OwnAccount, tail};
use crate::error::Error;
use crate::event::Event;
use crate::id::{AccountId, ConversationId, DeviceId, MessageId, Pos};
use crate::model::{Account, CallEnd, Message, OwnSettings, Relation};
use crate::store::{Change, ChangeKind, ConversationView, Happened, Keys, Unread};
use crate::writer::refuse;

impl Hub {
    /// Draw a page of the log for `viewer`. What the viewer may not see any more is left out.
    pub(super) async fn draw(
        &self,
        viewer: AccountId,
        page: Vec<Happened>,
    ) -> Result<Vec<(Pos, Event)>, Error> {
        let keys = self.keys_for(viewer, &page);
        let generation = self.inner.known.generation();
        let rows = if keys.is_empty() {
            crate::store::Rows::default()
        } else {
            self.load(&keys).await?
        };
        // Whole rows are drawn as oneself or as a contact; all else shows people from `profiles`.
        let mut accounts: HashMap<AccountId, Account> = HashMap::new();
        let mut profiles: HashMap<AccountId, Profile> = HashMap::new();
        let own = page.iter().any(is_own_account).then(|| {
            let account = rows.accounts.iter().find(|a| a.id == viewer)?;
            Some(OwnAccount::of(Arc::new(account.clone()), &rows))
        });
        let own = own.flatten().map(Arc::new);
        for account in rows.accounts {
            let profile = self.inner.known.keep_profile(generation, &account);
            profiles.insert(account.id, profile);
            accounts.insert(account.id, account);
        }
        let relations: HashMap<(AccountId, AccountId), Relation> = rows
            .relations
            .into_iter()
            .map(|r| ((r.owner, r.other), r))
            .collect();
        let changed = self.changed(viewer, &page).await?;
        // Authors of changed messages are known only now.
        self.complete(&mut profiles, changed.values().map(|m| m.author))
            .await?;
        let whole = page.iter().filter_map(|happened| match happened {
            Happened::Message(message) => Some(message.as_ref()),
            Happened::Change(_) => None,
        });
        let company = self
            .company(viewer, whole.chain(changed.values().map(Arc::as_ref)))
            .await?;
        let left = self.left(viewer, &page).await?;

        let view = |message: Arc<Message>, profiles: &HashMap<AccountId, Profile>| {
            let author = profiles
                .get(&message.author)
                .cloned()
                .or_else(|| self.inner.known.profile(message.author))?;
            Some(Arc::new(company.view(viewer, message, author)))
        };
        let mut out = Vec::with_capacity(page.len());
        for happened in page {
            let pos = happened.pos();
            let event = match happened {
                Happened::Message(message) => view(message, &profiles).map(Event::Message),
                Happened::Change(
                    change @ Change {
                        kind, stream, what, ..
                    },
                ) => match kind {
                    ChangeKind::Message => changed
                        .get(&Pos(what))
                        .and_then(|m| view(m.clone(), &profiles))
                        .map(Event::Message),
                    ChangeKind::Conversation => {
                        let view = self
                            .conversation_for(viewer, ConversationId(stream.0))
                            .await?;
                        view.map(|view| Event::Conversation(Arc::new(view)))
                    }
                    ChangeKind::Membership => {
                        let view = self.conversation_for(viewer, ConversationId(what)).await?;
                        view.map(|view| Event::Conversation(Arc::new(view)))
                    }
                    ChangeKind::Read => self
                        .draw_read(viewer, &change, &rows.members, &left)
                        .filter(|event| self.may_hear(viewer, event, &profiles)),
                    ChangeKind::Account => own.clone().map(Event::Account),
                    ChangeKind::Device => {
                        rows.devices
                            .iter()
                            .find(|d| d.id == DeviceId(what))
                            .map(|device| {
                                if device.revoked.is_some() {
                                    Event::DeviceEnded(device.id)
                                } else {
                                    Event::Device(Arc::new(device.clone()))
                                }
                            })
                    }
                    ChangeKind::Contact => {
                        let other = AccountId(what);
                        accounts.get(&other).map(|account| {
                            Event::Contact(Arc::new(contact_view(viewer, account, |a, b| {
                                relations
                                    .get(&(a, b))
                                    .cloned()
                                    .unwrap_or_else(|| Relation::nothing(a, b))
                            })))
                        })
                    }
                    ChangeKind::Call => rows
                        .calls
                        .iter()
                        .find(|c| c.id.0 == what && c.end != CallEnd::Superseded)
                        .map(|c| Event::Call(Arc::new(c.clone().as_seen_by(viewer)))),
                    ChangeKind::Own => {
                        let member = rows.members.iter().find(|m| {
                            (m.conversation, m.account) == (ConversationId(what), viewer)
                        });
                        member.map(|member| Event::Own {
                            conversation: member.conversation,
                            own: Arc::new(member.own.clone()),
                        })
                    }
                },
            };
            if let Some(event) = event {
                out.push((pos, event));
            }
        }
        Ok(out)
    }

    fn keys_for(&self, viewer: AccountId, page: &[Happened]) -> Keys {
        let mut keys = Keys {
            calls: tail::calls_of(page),
            ..Keys::default()
        };
        for happened in page {
            match happened {
                Happened::Message(message) => {
                    if self.inner.known.profile(message.author).is_none() {
                        keys.accounts.insert(message.author);
                    }
                }
                Happened::Change(Change {
                    kind, stream, what, ..
                }) => match kind {
                    ChangeKind::Own => {
                        keys.members.insert((ConversationId(*what), viewer));
                    }
                    ChangeKind::Read => {
                        let own = stream.0 == viewer.0;
                        let reader = AccountId(*what);
                        keys.members.insert(if own {
                            (ConversationId(*what), viewer)
                        } else {
                            (ConversationId(stream.0), reader)
                        });
                        if !own && self.inner.known.profile(reader).is_none() {
                            keys.accounts.insert(reader);
                        }
                    }
                    ChangeKind::Account => {
                        keys.extend(OwnAccount::keys(viewer));
                    }
                    ChangeKind::Device => {
                        keys.devices.insert(DeviceId(*what));
                    }
                    ChangeKind::Contact => {
                        let other = AccountId(*what);
                        keys.accounts.insert(other);
                        keys.relations.extend([(viewer, other), (other, viewer)]);
                    }
                    // Messages are asked for as the viewer may see them.
                    ChangeKind::Message
                    | ChangeKind::Conversation
                    | ChangeKind::Call
                    | ChangeKind::Membership => {}
                },
            }
        }
        keys
    }

    /// The messages that changed, as they are now; those that the viewer may not see are left out.
    async fn changed(
        &self,
        viewer: AccountId,
        page: &[Happened],
    ) -> Result<HashMap<MessageId, Arc<Message>>, Error> {
        let ids: BTreeSet<MessageId> = page
            .iter()
            .filter_map(|happened| match happened {
                Happened::Change(change) if change.kind == ChangeKind::Message => {
                    Some(Pos(change.what))
                }
                Happened::Change(_) | Happened::Message(_) => None,
            })
            .collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let store = &self.inner.store;
        let found = store.visible(viewer, &ids).await.map_err(|e| refuse(&e))?;
        Ok(found.into_iter().map(|m| (m.id, Arc::new(m))).collect())
    }

    /// What is left unread where the viewer's own mark moved.
    async fn left(
        &self,
        viewer: AccountId,
        page: &[Happened],
    ) -> Result<HashMap<ConversationId, Unread>, Error> {
        let ids: BTreeSet<ConversationId> = page
            .iter()
            .filter_map(|happened| match happened {
                Happened::Change(change) if change.kind == ChangeKind::Read => {
                    let (conversation, reader) = read_by(viewer, change);
                    (reader == viewer).then_some(conversation)
                }
                Happened::Change(_) | Happened::Message(_) => None,
            })
            .collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let store = &self.inner.store;
        let found = store.unread(viewer, &ids).await.map_err(|e| refuse(&e))?;
        Ok(found.into_iter().collect())
    }

    /// Load the accounts among `ids` that are neither in `accounts` nor known.
    async fn complete(
        &self,
        known: &mut HashMap<AccountId, Profile>,
        ids: impl Iterator<Item = AccountId>,
    ) -> Result<(), Error> {
        for account in self
            .profiles(ids.filter(|id| !known.contains_key(id)).collect())
            .await?
        {
            known.insert(account.id, account);
        }
        Ok(())
    }

    fn draw_read(
        &self,
        viewer: AccountId,
        change: &Change,
        members: &[crate::model::Member],
        left: &HashMap<ConversationId, Unread>,
    ) -> Option<Event> {
        let (conversation, account) = read_by(viewer, change);
        let member = members
            .iter()
            .find(|m| (m.conversation, m.account) == (conversation, account))?;
        Some(Event::Read {
            conversation,
            account,
            upto: member.read?,
            left: left
                .get(&conversation)
                .filter(|_| account == viewer)
                .copied(),
        })
    }

    /// Whether the mark of somebody else may be told: they may have ceased to tell what they read since it moved.
    fn may_hear(
        &self,
        viewer: AccountId,
        event: &Event,
        profiles: &HashMap<AccountId, Profile>,
    ) -> bool {
        let Event::Read { account: of, .. } = event else {
            return true;
        };
        *of == viewer
            || profiles
                .get(of)
                .cloned()
                .or_else(|| self.inner.known.profile(*of))
                .is_some_and(|account| account.receipts)
    }

    /// A conversation as `viewer` may see it: marks of people who do not tell what they read are left out.
    pub(super) async fn conversation_for(
        &self,
        viewer: AccountId,
        id: ConversationId,
    ) -> Result<Option<ConversationView>, Error> {
        let view = self
            .inner
            .store
            .conversation(viewer, id)
            .await
            .map_err(|e| refuse(&e))?;
        match view {
            Some(view) => Ok(self.discreet(viewer, vec![view]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Take out the marks of people who do not tell what they read, and what others set for themselves.
    pub(super) async fn discreet(
        &self,
        viewer: AccountId,
        mut views: Vec<ConversationView>,
    ) -> Result<Vec<ConversationView>, Error> {
        let people = views
            .iter()
            .flat_map(|v| v.members.iter().map(|m| m.account))
            .filter(|a| *a != viewer)
            .collect();
        let quiet: Vec<AccountId> = self
            .profiles(people)
            .await?
            .iter()
            .filter(|a| !a.receipts)
            .map(|a| a.id)
            .collect();
        for view in views.iter_mut().filter(|view| view.conversation.is_named()) {
            let members = &view.members;
            if !members.iter().any(|m| m.account == viewer && m.is_in()) {
                // Of what goes on in it now, whoever went learns nothing.
                view.conversation.policy.clear();
                view.conversation.picture = None;
                view.conversation.people = 0;
                view.members.retain(|member| member.account == viewer);
            }
        }
        for member in views.iter_mut().flat_map(|v| v.members.iter_mut()) {
            if quiet.contains(&member.account) {
                member.read = None;
            }
            // What others keep for themselves is nobody's business.
            if member.account != viewer {
                member.own = OwnSettings::default();
            }
        }
        Ok(views)
    }
}

/// In which conversation whose mark moved.
fn read_by(viewer: AccountId, change: &Change) -> (ConversationId, AccountId) {
    if change.stream.0 == viewer.0 {
        (ConversationId(change.what), viewer)
    } else {
        (ConversationId(change.stream.0), AccountId(change.what))
    }
}

/// Whether a page of the log says that the reader's own account changed.
fn is_own_account(happened: &Happened) -> bool {
    matches!(
        happened,
        Happened::Change(Change {
            kind: ChangeKind::Account,
            ..
        })
    )
}
