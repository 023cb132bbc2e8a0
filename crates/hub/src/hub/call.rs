//! Steps of calls: what needs the store first, then the table.

use std::collections::HashSet;
use std::time::Duration;

use super::{Hub, Session};
use crate::call::{Input, Place, description_fits};
use crate::command::{Done, LeaveWhy, Step, Target, Value};
use crate::decide::{Answer, Begun};
use crate::error::Error;
use crate::event::Media;
use crate::id::{AccountId, CallKey, EndpointId, Pos};
use crate::live::{CallRequest, Ready, begin_work};
use crate::model::AccountKind;
use crate::store::Keys;
use crate::writer::refuse;

/// How long an answer waits at most until what it means for the histories is written down: people do not wait for a store.
const WRITTEN: Duration = Duration::from_secs(2);

impl Session {
    /// The others hear of a step at once. Its answer says that the histories have it too, so that a server that dies after it knows
    /// what was answered and what was ended; only while the store is away it does not.
    pub(super) async fn call_step(&self, key: CallKey, step: Step) -> Result<Done, Error> {
        let is_kept = matches!(
            step,
            Step::Invite { .. } | Step::Accept { .. } | Step::Decline | Step::Leave(_)
        );
        let done = self.take_step(key, step).await?;
        if is_kept {
            let clock = &self.hub.inner.clock;
            let newest = self.hub.with_live(|live, _, _| live.records.newest());
            tokio::select! {
                biased;
                () = self.hub.inner.written_down(newest) => {}
                () = clock.sleep_until(clock.now() + WRITTEN) => {}
            }
        }
        Ok(done)
    }

    async fn take_step(&self, key: CallKey, step: Step) -> Result<Done, Error> {
        match step {
            Step::Prepare { to, relay_only } => self.call_prepare(key, to, relay_only).await,
            Step::Invite {
                to,
                media,
                offer,
                relay_only,
            } => {
                self.call_invite(
                    key,
                    CallRequest {
                        to,
                        media,
                        offer,
                        relay_only,
                    },
                )
                .await
            }
            Step::Accept { media, answer } => {
                let from = self.place(key)?;
                self.step(key, Input::Accept(from, media, answer))?;
                Ok(self.ways(key))
            }
            Step::Join {
                media,
                still_connected,
            } => {
                let Some(endpoint) = self.endpoint() else {
                    return Err(Self::needs_connection());
                };
                let from = Place {
                    account: self.who.account,
                    device: self.who.device,
                    endpoint,
                };
                self.step(key, Input::Join(from, media, still_connected))?;
                Ok(self.ways(key))
            }
            Step::Away { endpoint } => self.step(key, Input::Away(self.place(key)?, endpoint)),
            Step::Ringing => self.step(key, Input::Ringing(self.place(key)?)),
            Step::Decline => self.step(key, Input::Decline(self.place(key)?)),
            Step::Signal { data } => self.step(key, Input::Signal(self.place(key)?, data)),
            Step::Media(media) => self.step(key, Input::Media(self.place(key)?, media)),
            Step::Connected => self.step(key, Input::Connected(self.place(key)?)),
            Step::Leave(why) => {
                self.step(key, Input::Leave(self.place(key)?, why == LeaveWhy::Failed))
            }
        }
    }

    fn step(&self, key: CallKey, input: Input) -> Result<Done, Error> {
        self.hub
            .with_live(|live, now, wall| live.step(now, wall, key, input))
            .map(|()| Done::default())
    }

    /// How this leg may look for paths.
    fn ways(&self, key: CallKey) -> Done {
        let ice = self
            .hub
            .with_live(|live, _, _| live.leg_ice(key, self.who.account));
        Done {
            pos: None,
            value: ice.map_or(Value::None, Value::Ice),
        }
    }

    /// From where a step comes. A single request (the last words of a page that closes) speaks for its device's leg.
    fn place(&self, key: CallKey) -> Result<Place, Error> {
        let endpoint = match self.endpoint() {
            Some(endpoint) => Some(endpoint),
            None => self.hub.with_live(|live, _, _| {
                live.calls
                    .get(&key)?
                    .call
                    .leg_of(self.who.account, self.who.device)
            }),
        };
        let endpoint: EndpointId = endpoint.ok_or_else(Self::needs_connection)?;
        Ok(Place {
            account: self.who.account,
            device: self.who.device,
            endpoint,
        })
    }

    async fn call_prepare(
        &self,
        key: CallKey,
        to: Target,
        relay_only: bool,
    ) -> Result<Done, Error> {
        let request = CallRequest {
            to,
            media: Media::default(),
            offer: String::new(),
            relay_only,
        };
        let begun = match self
            .hub
            .dry_run(&begin_work(self.who, key, &request, self.hub.inner.node))
            .await?
        {
            Answer::Begun(begun) => begun,
            Answer::Value(_) | Answer::Account(_) | Answer::Device(..) => {
                return Err(Error::not_found("call"));
            }
        };
        let relay_only = relay_only || self.hub.inner.config.relay_only || !begun.known;
        let account = self.who.account;
        let ice = self.hub.with_live(|live, _, _| {
            live.paths
                .ice(key, account, live.is_here(begun.callee), relay_only)
        });
        Ok(Done {
            pos: None,
            value: Value::Ice(ice),
        })
    }

    async fn call_invite(&self, key: CallKey, request: CallRequest) -> Result<Done, Error> {
        let Some(endpoint) = self.endpoint() else {
            return Err(Self::needs_connection());
        };
        description_fits(&request.offer)?;
        self.spend(|b| &mut b.calls)?;
        let from = Place {
            account: self.who.account,
            device: self.who.device,
            endpoint,
        };
        let begun: Begun = match self
            .hub
            .write(begin_work(self.who, key, &request, self.hub.inner.node))
            .await?
            .1
        {
            Answer::Begun(begun) => begun,
            Answer::Value(_) | Answer::Account(_) | Answer::Device(..) => {
                return Err(Error::not_found("call"));
            }
        };
        let ready = Ready {
            key,
            from,
            request,
            begun,
        };
        let value = self
            .hub
            .with_live(|live, now, wall| live.call_begin(now, wall, ready))?;
        Ok(Done { pos: None, value })
    }
}

impl Hub {
    /// Calls that were open when an earlier process ended: their ends may still talk.
    pub(super) async fn adopt_calls(&self, head: Pos) -> Result<(), Error> {
        let store = &self.inner.store;
        let open = store.open_calls(None).await.map_err(|e| refuse(&e))?;
        let keys = Keys {
            accounts: open
                .iter()
                .flat_map(|row| [row.caller, row.callee])
                .collect(),
            ..Keys::default()
        };
        let built_in: HashSet<AccountId> = self
            .load(&keys)
            .await?
            .accounts
            .iter()
            .filter(|account| account.kind == AccountKind::Service)
            .map(|account| account.id)
            .collect();
        self.with_live(|live, now, wall| {
            for row in open {
                // An end inside a server went with it.
                let ends_here = built_in.contains(&row.caller) || built_in.contains(&row.callee);
                live.adopt(now, wall, row, ends_here, head);
            }
        });
        Ok(())
    }
}

impl std::fmt::Debug for Ready {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ready")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
