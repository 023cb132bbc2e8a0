//! Invitations to this server: by the operator, and by members if the operator lets them.

use super::{Hub, Session, lock};
use crate::decide::{Work, invite_error};
use crate::error::{Error, Kind};
use crate::id::Timestamp;
use crate::model::{Link, OPERATOR};
use crate::secret;
use crate::store::Keys;
use crate::writer::refuse;

/// How long an invitation holds if nothing else was said.
const USUAL_MS: i64 = 7 * 86_400_000;
/// Invitations of one page of the operator's list.
const PAGE: u32 = 500;

impl Hub {
    /// Whether this invitation holds now; the one who decides is the batch that uses it.
    pub(super) async fn look_at_invite(&self, hash: [u8; 32]) -> Result<(), Error> {
        let keys = Keys {
            links: [hash].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        let invite = rows.links.iter().find(|link| link.conversation.is_none());
        let invite = invite.ok_or_else(|| invite_error(None))?;
        if invite.account != OPERATOR {
            self.members_invite()?;
        }
        match invite.end(self.inner.clock.wall()) {
            Some(end) => Err(invite_error(Some(end))),
            None => Ok(()),
        }
    }

    /// Refuses where only the operator invites people; what members made before that holds no more.
    fn members_invite(&self) -> Result<(), Error> {
        if self.inner.config.members_invite {
            return Ok(());
        }
        let message = "on this server the person who runs it invites people: ask them";
        Err(Error::new(Kind::Forbidden, "invites_by_operator", message))
    }

    async fn invite(
        &self,
        maker: crate::id::AccountId,
        expires: Option<Timestamp>,
        uses: Option<i32>,
    ) -> Result<(String, Link), Error> {
        let (code, token_hash) = secret::new_invite(&mut lock(&self.inner.rng));
        let now = self.inner.clock.wall();
        let link = Link {
            token_hash,
            account: maker,
            conversation: None,
            expires: Some(expires.unwrap_or_else(|| now.plus_ms(USUAL_MS))),
            uses_left: Some(uses.unwrap_or(1)),
            approval: false,
        };
        self.write(Work::PutInvite(link.clone())).await?;
        Ok((code, link))
    }

    /// An invitation of the operator, which holds until `expires` (a week if nothing is said) and `uses` times (once); its
    /// code is told once. `lasts_ms` counts from now.
    pub async fn operator_invite(
        &self,
        lasts_ms: Option<i64>,
        uses: Option<i32>,
    ) -> Result<(String, Link), Error> {
        let now = self.inner.clock.wall();
        let expires = lasts_ms.map(|ms| Timestamp(now.0.saturating_add(ms)));
        self.invite(OPERATOR, expires, uses).await
    }

    /// All invitations above `after`, with who made them; an empty name is the operator's.
    pub async fn operator_invites(&self, after: [u8; 32]) -> Result<Vec<(Link, String)>, Error> {
        let found = self.inner.store.invites(after, PAGE).await;
        let found = found.map_err(|e| refuse(&e))?;
        let makers = found.iter().map(|link| link.account);
        let makers = self.profiles(makers.filter(|id| *id != OPERATOR).collect());
        let makers = makers.await?;
        let named = |link: Link| {
            let maker = makers.iter().find(|account| account.id == link.account);
            let name = maker.map(|account| account.name.clone());
            (link, name.unwrap_or_default())
        };
        Ok(found.into_iter().map(named).collect())
    }

    /// Revokes the invitation whose hash begins so, in hexadecimal.
    pub async fn operator_uninvite(&self, begins: &str) -> Result<(), Error> {
        let begins = begins.to_ascii_lowercase();
        if begins.len() < 8 || !begins.bytes().all(|b| b.is_ascii_hexdigit()) {
            let message =
                "name the invitation by at least eight digits of its id, as the list shows it";
            return Err(Error::invalid("invite_id", message));
        }
        let mut after = [0; 32];
        let mut met = Vec::new();
        loop {
            let page = self.inner.store.invites(after, PAGE).await;
            let page = page.map_err(|e| refuse(&e))?;
            let Some(last) = page.last() else { break };
            after = last.token_hash;
            let whole = page.len() < PAGE as usize;
            let hashes = page.iter().map(|link| link.token_hash);
            met.extend(hashes.filter(|hash| hex::encode(hash).starts_with(&begins)));
            if whole {
                break;
            }
        }
        match met.as_slice() {
            [] => Err(invite_error(None)),
            [hash] => self
                .write(Work::DropInvite(OPERATOR, *hash))
                .await
                .map(drop),
            _ => {
                let message = "several invitations begin so: give more digits";
                Err(Error::new(Kind::Conflict, "invite_id", message))
            }
        }
    }
}

impl Session {
    /// Invites somebody to this server: the code, told once, and the invitation.
    ///
    /// # Errors
    /// If members do not invite here, or have as many invitations as they may.
    pub async fn invite(
        &self,
        expires: Option<Timestamp>,
        uses: Option<i32>,
    ) -> Result<(String, Link), Error> {
        self.hub.members_invite()?;
        self.spend(|b| &mut b.requests)?;
        self.hub.invite(self.who.account, expires, uses).await
    }

    /// One's own invitations, those that hold no more too.
    pub async fn invites(&self) -> Result<Vec<Link>, Error> {
        let keys = Keys {
            invites_of: [self.who.account].into(),
            ..Keys::default()
        };
        let mut links = self.hub.load(&keys).await?.links;
        links.sort_by_key(|link| (link.expires, link.token_hash));
        Ok(links)
    }

    /// Revokes one of one's own invitations.
    pub async fn uninvite(&self, hash: [u8; 32]) -> Result<(), Error> {
        self.spend(|b| &mut b.commands)?;
        let work = Work::DropInvite(self.who.account, hash);
        self.hub.write(work).await.map(drop)
    }
}
