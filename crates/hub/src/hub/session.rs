//! A session: somebody's device at one door, and what it may ask.

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

use super::{Events, Hub, Origin, lock, refuse_device};
use crate::call::Place;
use crate::command::{Command, Done, PrivacyPatch, Target, Value};
use crate::decide::{Answer, Identity, NewReport, Work};
use crate::error::{Error, Kind};
use crate::figures::kind_of;
use crate::id::{AccountId, ConversationId, DeviceId, EndpointId, Pos};
use crate::live::{Abilities, Belongings, Between, Endpoint, SESSION_QUEUE};
use crate::model::{AccountKind, CastKey, DoorState};
use crate::store::Keys;
use crate::writer::refuse;

/// Contacts read at once when somebody attaches.
const CONTACTS_PAGE: u32 = 1_000;
/// Events missed beyond which a snapshot is cheaper than catching up.
const MAX_MISSED: u32 = 20_000;

/// What a connection says when it attaches.
#[derive(Debug, Clone, Copy)]
pub struct Hello {
    /// Which door it came through.
    pub door: &'static str,
    /// What it can do.
    pub abilities: Abilities,
    /// It is a media endpoint of this server.
    pub here: bool,
    /// Catch up from here; `None` = only what happens from now on.
    pub since: Option<Pos>,
    /// Where it comes from.
    pub from: Origin,
}

/// Somebody's device at one door. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Session {
    pub(super) hub: Hub,
    pub(super) who: Identity,
    pub(super) from: Origin,
    endpoint: Option<EndpointId>,
    /// What kind of account it is, once somebody had to know.
    pub(super) kind: Arc<OnceLock<AccountKind>>,
}

impl Hub {
    /// A session for single requests, without an endpoint: it hears nothing and does not count as being there.
    #[must_use]
    pub fn session(&self, who: Identity, from: Origin) -> Session {
        Session {
            hub: self.clone(),
            who,
            from,
            endpoint: None,
            kind: Arc::default(),
        }
    }

    /// A connection comes: from now on it is there, and hears.
    pub async fn attach(&self, who: Identity, hello: Hello) -> Result<(Session, Events), Error> {
        let account = self
            .account(who.account)
            .await?
            .ok_or_else(Error::unauthorized)?;
        let kind = account.kind;
        let endpoint = EndpointId(lock(&self.inner.mint).next(self.inner.clock.wall()));
        let place = Place {
            account: who.account,
            device: who.device,
            endpoint,
        };
        let (queue, receiver) = mpsc::channel(SESSION_QUEUE);
        // First be in the table, then read the store: what is committed in between is heard or read, never neither.
        self.with_live(|live, now, wall| {
            let endpoint = Endpoint {
                place,
                door: hello.door,
                abilities: hello.abilities,
                here: hello.here,
                idle: false,
                idle_since: wall,
                used: now,
                quiet_since: None,
                queue,
            };
            live.attach(now, wall, account, endpoint);
        });
        let events = Events::new(self.clone(), who.account, endpoint, receiver);
        let events = self.introduce(who, hello, events).await?;
        self.with_live(|live, now, wall| {
            live.acknowledge(now, wall, who, Pos(0));
            live.call_arrived(now, wall, place);
        });
        tracing::debug!(door = hello.door, "attached");
        Ok((
            Session {
                hub: self.clone(),
                who,
                from: hello.from,
                endpoint: Some(endpoint),
                kind: Arc::new(kind.into()),
            },
            events,
        ))
    }

    /// Conversations and contacts of an account, for the table.
    async fn belongings(&self, account: AccountId) -> Result<Belongings, Error> {
        let store = &self.inner.store;
        let conversations = store.stays(account).await.map_err(|e| refuse(&e))?;
        let mut contacts = Vec::new();
        let mut after = AccountId(0);
        loop {
            let page = store
                .contacts(account, after, CONTACTS_PAGE)
                .await
                .map_err(|e| refuse(&e))?;
            let whole = page.len() < CONTACTS_PAGE as usize;
            after = page.last().map_or(after, |row| row.account.id);
            let sides = page.into_iter().map(|r| {
                (
                    r.account.id,
                    Between {
                        mine: r.mine,
                        theirs: r.theirs,
                    },
                )
            });
            contacts.extend(sides);
            if whole {
                break;
            }
        }
        Ok(Belongings {
            conversations,
            contacts,
        })
    }

    /// Load what belongs to who attached, and where its events begin. On an error `events` is dropped, which detaches.
    async fn introduce(
        &self,
        who: Identity,
        hello: Hello,
        mut events: Events,
    ) -> Result<Events, Error> {
        let store = &self.inner.store;
        // Whose other devices are here is known already, and kept up to date by the reader of the log.
        let known = self.with_live(|live, _, _| live.is_introduced(who.account));
        let belongings = if known {
            None
        } else {
            Some(self.belongings(who.account).await?)
        };
        // Whoever was signed out while this went on is not in: the table was entered before this is read.
        let keys = Keys {
            devices: [who.device].into(),
            accounts: [who.account].into(),
            ..Keys::default()
        };
        let rows = store.load(&keys).await.map_err(|e| refuse(&e))?;
        let revoked = rows.devices.first().is_none_or(|d| d.revoked.is_some());
        refuse_device(rows.accounts.first(), who, revoked)?;
        let account = rows
            .accounts
            .into_iter()
            .next()
            .ok_or_else(Error::unauthorized)?;
        self.with_live(|live, now, wall| {
            live.introduce(wall, account, belongings);
            live.choice_ends(now, wall, who.account);
        });
        let head = store.head().await.map_err(|e| refuse(&e))?;
        let (missed, behind) = match hello.since {
            Some(since) if since < head => {
                if self.is_behind(who.account, since).await? {
                    (None, true)
                } else {
                    (Some((since, head)), false)
                }
            }
            _ => (None, false),
        };
        events.begin(missed, head, behind);
        Ok(events)
    }

    /// Whether a position is too old to catch up from.
    pub(super) async fn is_behind(&self, account: AccountId, since: Pos) -> Result<bool, Error> {
        let store = &self.inner.store;
        let floor = store.floor().await.map_err(|e| refuse(&e))?;
        if since < floor || since == Pos(0) {
            return Ok(true);
        }
        let missed = store
            .count_since(account, since, MAX_MISSED + 1)
            .await
            .map_err(|e| refuse(&e))?;
        Ok(missed > MAX_MISSED)
    }
}

impl Session {
    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.who.account
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.who.device
    }

    /// The endpoint, if it is attached.
    #[must_use]
    pub fn endpoint(&self) -> Option<EndpointId> {
        self.endpoint
    }

    /// Whether it calls somebody, and it rings there still: then its door watches closely whether it is there.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        self.endpoint
            .is_some_and(|id| self.hub.with_live(|live, _, _| live.awaits_answer(id)))
    }

    /// Ask for something; answered when it is on disk.
    pub async fn command(&self, command: Command) -> Result<Done, Error> {
        let kind = kind_of(&command);
        let mut outcome = self.obey(command).await;
        if let Err(error) = &mut outcome {
            self.explain(error).await;
        }
        self.hub.inner.figures.command(kind, &outcome);
        outcome
    }

    async fn obey(&self, command: Command) -> Result<Done, Error> {
        let who = self.who;
        self.touch();
        // What only says how far one is must get through, however busy one was.
        if !matches!(command, Command::Ack(_)) {
            self.spend(|b| &mut b.commands)?;
        }
        // From the answer on nobody is told what is kept back, nor rung out loud: the table of what happens now must know it.
        let at_once = match &command {
            Command::UpdateAccount(patch) => patch.privacy != PrivacyPatch::default(),
            Command::SetAvailability { .. } => true,
            Command::Relate { change, .. } => {
                use crate::model::RelationChange::{Block, Disallow, Remove};
                matches!(change, Block | Disallow | Remove)
            }
            _ => false,
        };
        let work = match command {
            Command::UpdateAccount(patch) => Work::UpdateAccount(who, patch),
            Command::SetAvailability { value, until } => Work::SetAvailability(who, value, until),
            Command::EndDevice(which) => Work::EndDevice(who, which),
            Command::SetPassword {
                current,
                new,
                end_others,
            } => {
                return self.set_password(current, new, end_others).await;
            }
            Command::NewRecoveryCode { password } => return self.new_recovery_code(password).await,
            Command::SetHandle {
                value,
                on,
                password,
            } => {
                return Box::pin(self.set_handle(&value, on, password)).await;
            }
            Command::AllowOldPrograms { on, password } => {
                return Box::pin(self.allow_old_programs(on, password)).await;
            }
            Command::MakeBot { name, display } => return self.make_bot(&name, &display).await,
            Command::RenameBot { bot, display } => Work::RenameBot(who, bot, display),
            Command::DeleteBot(bot) => return self.delete_bot(bot).await,
            Command::MakeBotToken { bot, label } => return self.make_bot_token(bot, label).await,
            Command::EndBotToken { bot, token } => Work::EndBotToken(who, bot, token),
            Command::SetIdle(idle) => return Ok(self.set_idle(idle)),
            Command::Ack(upto) => return self.acknowledge(upto).await,
            Command::Relate {
                other,
                change,
                greeting,
            } => {
                if change == crate::model::RelationChange::Ask {
                    self.spend(|b| &mut b.requests)?;
                }
                Work::Relate {
                    who,
                    other,
                    change,
                    greeting,
                }
            }
            Command::SetContact { other, patch } => Work::SetContact(who, other, patch),
            Command::PutContactGroup {
                slot,
                name,
                members,
            } => Work::PutContactGroup(who, slot, name, members),
            Command::DropContactGroup { slot } => Work::DropContactGroup(who, slot),
            Command::ReportAbuse {
                about,
                reason,
                text,
                messages,
                client,
            } => {
                let new = NewReport {
                    about,
                    reason,
                    text,
                    messages: messages.into_iter().collect(),
                    quotes: None,
                    client,
                };
                return Box::pin(self.report_abuse(new)).await;
            }
            Command::CreateGroup(new) => {
                self.spend(|b| &mut b.requests)?;
                Work::CreateGroup(who, new)
            }
            Command::UpdateGroup {
                conversation,
                patch,
            } => {
                self.spend(|b| &mut b.messages)?;
                Work::UpdateGroup(who, conversation, patch)
            }
            Command::SetMembers {
                conversation,
                who: people,
                to,
            } => {
                self.spend(|b| &mut b.messages)?;
                Work::SetMembers(who, conversation, people, to)
            }
            Command::Leave { conversation } => Work::Leave(who, conversation),
            Command::PutLink {
                conversation,
                expires,
                uses,
            } => return self.put_link(conversation, expires, uses).await,
            Command::DropLink { conversation, link } => Work::DropLink(who, conversation, link),
            Command::Join { token } => {
                self.spend(|b| &mut b.search)?;
                Work::Join(who, crate::secret::token_hash(&token))
            }
            Command::PutDoorState {
                door,
                key,
                value,
                seen_by,
            } => Work::PutDoorState(
                who,
                DoorState {
                    account: who.account,
                    door: door.to_owned(),
                    key,
                    value,
                    seen_by,
                },
            ),
            Command::Open(to) => Work::Open(who, to),
            Command::Send {
                to,
                body,
                client,
                reply_to,
                hints,
            } => {
                self.spend(|b| &mut b.messages)?;
                Work::Send {
                    who,
                    to,
                    body,
                    client,
                    reply_to,
                    hints,
                }
            }
            Command::Forward { of, to, client } => {
                self.spend(|b| &mut b.messages)?;
                Work::Forward {
                    who,
                    of,
                    to,
                    client,
                }
            }
            Command::React { of, key, on } => {
                self.spend(|b| &mut b.messages)?;
                Work::React { who, of, key, on }
            }
            Command::SetOwn {
                conversation,
                patch,
            } => Work::SetOwn(who, conversation, patch),
            Command::Edit { of, body } => {
                self.spend(|b| &mut b.messages)?;
                Work::Edit(who, of, body)
            }
            Command::Delete { of } => Work::Delete(who, of),
            Command::MarkRead { conversation, upto } => Work::MarkRead(who, conversation, upto),
            Command::Typing { to, typing } => return self.typing(&to, typing).await,
            Command::BeginObject { name, size, client } => {
                return self.begin_object(name, size, client).await;
            }
            Command::SizeObject { id, size } => return self.size_object(id, size).await,
            Command::FinishObject { id, sha256 } => return self.finish_object(id, sha256).await,
            Command::GrantObject { id, to } => Work::GrantObject(who, id, to),
            Command::NameObject { id, name } => Work::NameObject(who, id, name),
            Command::DropObject(id) => return self.drop_object(id).await,
            Command::Call { key, step } => return self.call_step(key, step).await,
            Command::ReportCall { key, report } => Work::ReportCall {
                who,
                // One report a device, however often it connects: else reports could fill the store.
                endpoint: EndpointId(who.device.0),
                key,
                text: report,
            },
        };
        let (pos, answer) = self.hub.write(work).await?;
        if at_once {
            self.hub.caught_up().await?;
        }
        let value = match answer {
            Answer::Value(value) => value,
            Answer::Account(_) | Answer::Device(..) | Answer::Begun(_) => Value::None,
        };
        Ok(Done { pos, value })
    }

    /// Counts as a command what a door keeps by itself.
    ///
    /// # Errors
    /// `too_many` with the time to wait.
    pub fn spend_command(&self) -> Result<(), Error> {
        self.spend(|b| &mut b.commands)
    }

    pub(super) fn spend(
        &self,
        bucket: impl FnOnce(&mut super::Budgets) -> &mut crate::limits::Buckets<AccountId>,
    ) -> Result<(), Error> {
        if self.from.exempt || self.from.address.is_none() {
            return Ok(());
        }
        let now = self.hub.inner.clock.now();
        let account = self.who.account;
        let times = if self.hub.inner.known.is_raised(account) {
            self.hub.inner.config.bots.raised
        } else {
            1
        };
        bucket(&mut lock(&self.hub.inner.budgets)).take_of(&account, times, now)
    }

    fn touch(&self) {
        if let Some(id) = self.endpoint {
            self.hub.with_live(|live, now, _| {
                if let Some(endpoint) = live.endpoints.get_mut(&id) {
                    endpoint.used = now;
                }
            });
        }
    }

    async fn set_password(
        &self,
        current: String,
        new: String,
        end_others: bool,
    ) -> Result<Done, Error> {
        let account = self.me().await?;
        crate::secret::judge_password(&new, &account.name, &account.display)?;
        self.hub.recheck(self.who, self.from, current).await?;
        let end = end_others.then_some(Some(self.who.device));
        self.hub
            .set_secrets(self.who.account, Some(new), false, end)
            .await?;
        Ok(Done::default())
    }

    async fn new_recovery_code(&self, password: String) -> Result<Done, Error> {
        self.hub.recheck(self.who, self.from, password).await?;
        let code = self
            .hub
            .set_secrets(self.who.account, None, true, None)
            .await?;
        let code = code.ok_or_else(|| Error::unavailable("no code was made: try again"))?;
        Ok(Done {
            pos: None,
            value: Value::RecoveryCode(code),
        })
    }

    fn set_idle(&self, idle: bool) -> Done {
        if let Some(id) = self.endpoint {
            self.hub.with_live(|live, _, wall| {
                if let Some(endpoint) = live.endpoints.get_mut(&id)
                    && endpoint.idle != idle
                {
                    endpoint.idle = idle;
                    endpoint.idle_since = wall;
                }
                live.refresh(wall, self.who.account);
            });
        }
        Done::default()
    }

    async fn acknowledge(&self, upto: Pos) -> Result<Done, Error> {
        // Nobody can have stored what does not exist.
        let head = self.hub.inner.store.head().await.map_err(|e| refuse(&e))?;
        let who = self.who;
        self.hub
            .with_live(|live, now, wall| live.acknowledge(now, wall, who, upto.min(head)));
        Ok(Done::default())
    }

    async fn typing(&self, to: &Target, typing: bool) -> Result<Done, Error> {
        let account = self.who.account;
        let conversation = match to {
            Target::Conversation(id) => Some(*id),
            Target::Cast(people) => {
                let mut people = people.clone();
                people.push(account);
                let keys = Keys {
                    casts: [CastKey::of(&people)].into(),
                    ..Keys::default()
                };
                let rows = self.hub.load(&keys).await?;
                rows.conversations.first().map(|c| c.id)
            }
        };
        let Some(conversation) = conversation else {
            return Ok(Done::default());
        };
        if !self.belongs(conversation).await? {
            return Err(Error::not_found("conversation"));
        }
        self.hub
            .with_live(|live, now, _| live.set_typing(now, conversation, account, typing));
        Ok(Done::default())
    }

    async fn belongs(&self, conversation: ConversationId) -> Result<bool, Error> {
        let account = self.who.account;
        let known = self.hub.with_live(|live, _, _| {
            live.people
                .get(&account)
                .map(|p| p.conversations.contains(&conversation))
        });
        match known {
            Some(true) => Ok(true),
            _ => {
                let view = self
                    .hub
                    .inner
                    .store
                    .conversation(account, conversation)
                    .await
                    .map_err(|e| refuse(&e))?;
                Ok(view.is_some_and(|view| {
                    let mut members = view.members.iter();
                    members.any(|m| m.account == account && m.is_in())
                }))
            }
        }
    }

    /// What a passing problem of the session looks like to its door.
    pub(crate) fn needs_connection() -> Error {
        Error::new(
            Kind::Invalid,
            "needs_connection",
            "a call needs a connection: use the socket, or name an endpoint that polls",
        )
    }
}
