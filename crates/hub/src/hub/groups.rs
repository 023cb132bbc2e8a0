//! Named groups for a session: what it may ask for, and what it may read.

use super::{Hub, Origin, Session, lock};
use crate::command::{Done, Value};
use crate::decide::{Work, link_error, maker_may, usual_end};
use crate::error::{Error, Kind};
use crate::event::LinkPreview;
use crate::id::{AccountId, ConversationId, Timestamp};
use crate::model::{Link, Member, MemberState, OwnSettings, Role};
use crate::secret;
use crate::store::Keys;
use crate::writer::refuse;

/// Most members of a page.
const MAX_MEMBERS: u32 = 201;

impl Session {
    /// Make a link; its token is told once.
    pub(super) async fn put_link(
        &self,
        group: ConversationId,
        expires: Option<Timestamp>,
        uses: Option<i32>,
    ) -> Result<Done, Error> {
        let (token, token_hash) = secret::new_token(&mut lock(&self.hub.inner.rng));
        let now = self.hub.inner.clock.wall();
        let link = Link {
            token_hash,
            account: self.who.account,
            conversation: Some(group),
            expires: Some(expires.unwrap_or_else(|| usual_end(now))),
            uses_left: uses,
            approval: false,
        };
        let (pos, _) = self.hub.write(Work::PutLink(self.who, link)).await?;
        Ok(Done {
            pos,
            value: Value::LinkToken(token),
        })
    }

    /// Oneself in a group that one is in.
    async fn membership(&self, group: ConversationId) -> Result<Member, Error> {
        let me = self.who.account;
        let keys = Keys {
            members: [(group, me)].into(),
            ..Keys::default()
        };
        let found = self.hub.load(&keys).await?.members.into_iter().next();
        found
            .filter(Member::is_in)
            .ok_or_else(|| Error::not_found("conversation"))
    }

    /// Those who are in a conversation, by role and account, after `after`; at most 201.
    pub async fn members(
        &self,
        id: ConversationId,
        after: Option<(Role, AccountId)>,
        limit: u32,
    ) -> Result<Vec<Member>, Error> {
        self.membership(id).await?;
        let store = &self.hub.inner.store;
        let limit = limit.clamp(1, MAX_MEMBERS);
        let found = store.members(id, MemberState::In, after, limit).await;
        let mut found = found.map_err(|e| refuse(&e))?;
        let people = found.iter().map(|m| m.account).collect();
        let profiles = self.hub.profiles(people).await?;
        for member in &mut found {
            let of = |account: AccountId| profiles.iter().find(|a| a.id == account);
            if member.account != self.who.account {
                member.own = OwnSettings::default();
                member.read = member
                    .read
                    .filter(|_| of(member.account).is_some_and(|account| account.receipts));
            }
        }
        Ok(found)
    }

    /// Those who may not come back to a group, by account, after `after`; at most 201. For owners and admins.
    pub async fn banned(
        &self,
        id: ConversationId,
        after: Option<(Role, AccountId)>,
        limit: u32,
    ) -> Result<Vec<Member>, Error> {
        self.leads(id).await?;
        let store = &self.hub.inner.store;
        let limit = limit.clamp(1, MAX_MEMBERS);
        let found = store.members(id, MemberState::Banned, after, limit).await;
        let mut found = found.map_err(|e| refuse(&e))?;
        for member in &mut found {
            member.own = OwnSettings::default();
            member.read = None;
        }
        Ok(found)
    }

    /// Whether one is an owner or admin of a group.
    async fn leads(&self, group: ConversationId) -> Result<(), Error> {
        if self.membership(group).await?.role > Role::Admin {
            let message = "only owners and admins of the group may do this";
            return Err(Error::new(Kind::Forbidden, "admins_only", message));
        }
        Ok(())
    }

    /// The links of a group, those that lead nowhere any more too; for owners and admins.
    pub async fn links(&self, group: ConversationId) -> Result<Vec<Link>, Error> {
        self.leads(group).await?;
        let keys = Keys {
            links_to: [group].into(),
            ..Keys::default()
        };
        let mut links = self.hub.load(&keys).await?.links;
        links.sort_by_key(|link| (link.expires, link.token_hash));
        Ok(links)
    }

    /// Whether a link leads into a group, without saying which; for its members.
    ///
    /// # Errors
    /// `not_found` for who is no member; if the store does not answer.
    pub async fn is_joinable(&self, group: ConversationId) -> Result<bool, Error> {
        let me = self.who.account;
        let keys = Keys {
            links_to: [group].into(),
            members: [(group, me)].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        if !rows.members.iter().any(Member::is_in) {
            return Err(Error::not_found("group"));
        }
        let now = self.hub.inner.clock.wall();
        Ok(rows.links.iter().any(|link| link.end(now).is_none()))
    }

    /// Where a link leads, before joining.
    pub async fn preview(&self, token: &str) -> Result<LinkPreview, Error> {
        self.spend(|b| &mut b.search)?;
        let (link, group) = self.hub.link(token).await?;
        let me = self.who.account;
        let keys = Keys {
            conversations: [group].into(),
            members: [(group, me), (group, link.account)].into(),
            ..Keys::default()
        };
        let rows = self.hub.load(&keys).await?;
        let row = rows.conversations.first().ok_or_else(|| link_error(None))?;
        let member = |account| rows.members.iter().find(|m| m.account == account);
        let inside = member(me).is_some_and(Member::is_in);
        if !inside {
            self.hub.leads_in(&link, member(link.account))?;
        }
        Ok(LinkPreview {
            conversation: inside.then_some(group),
            by: link.account,
            title: row.title.clone(),
            picture: row.picture,
            people: row.people,
        })
    }
}

impl Hub {
    /// The group behind a link, for somebody without an account who may come by it. Counted as a look at a name.
    ///
    /// # Errors
    /// If there is no such link, it leads nowhere any more, or too many were asked for.
    pub async fn behind_link(&self, from: Origin, token: &str) -> Result<ConversationId, Error> {
        self.spend(from, |b| &mut b.names)?;
        let (link, group) = self.link(token).await?;
        let keys = Keys {
            members: [(group, link.account)].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        self.leads_in(&link, rows.members.first())?;
        Ok(group)
    }

    /// The link of a token, and its group.
    async fn link(&self, token: &str) -> Result<(Link, ConversationId), Error> {
        let keys = Keys {
            links: [secret::token_hash(token)].into(),
            ..Keys::default()
        };
        let link = self.load(&keys).await?.links.into_iter().next();
        let link = link.ok_or_else(|| link_error(None))?;
        let group = link.conversation.ok_or_else(|| link_error(None))?;
        Ok((link, group))
    }

    /// Whether whoever comes by this link gets in: its maker still may, and it holds.
    fn leads_in(&self, link: &Link, maker: Option<&Member>) -> Result<(), Error> {
        if !maker_may(maker) {
            return Err(link_error(None));
        }
        match link.end(self.inner.clock.wall()) {
            Some(end) => Err(link_error(Some(end))),
            None => Ok(()),
        }
    }
}
