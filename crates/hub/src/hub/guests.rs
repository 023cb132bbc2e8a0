//! Guests: how they come by the link of a group, and how they go.

use std::sync::Arc;

use super::{Admitted, DeviceHello, Hub, Inner, Origin, Session, lock};
use crate::decide::{self, Answer, Leaving, Work, guest_refusal};
use crate::error::Error;
use crate::id::{AccountId, DeviceId, Timestamp};
use crate::model::AccountKind;
use crate::name;
use crate::secret;
use crate::writer::refuse;

/// How long a guest is kept who is not here: a day.
const IDLE_MS: i64 = 24 * 3_600 * 1_000;
/// Guests looked for at once.
const TOGETHER: u32 = 100;

impl Hub {
    /// Somebody comes by a group's link, without an account of their own: one is made that belongs to this group alone.
    pub(super) async fn admit_guest(
        &self,
        from: Origin,
        token: &str,
        display: &str,
        hello: DeviceHello,
    ) -> Result<Admitted, Error> {
        // An account is made, as by registering.
        self.spend(from, |b| &mut b.register)?;
        let display = name::display(display)?;
        let (account, device) = {
            let mut mint = lock(&self.inner.mint);
            let wall = self.inner.clock.wall();
            (AccountId(mint.next(wall)), DeviceId(mint.next(wall)))
        };
        let (called, (own, token_hash)) = {
            let mut rng = lock(&self.inner.rng);
            (secret::new_guest(&mut rng), secret::new_token(&mut rng))
        };
        let new = decide::NewGuest {
            account: decide::NewAccount {
                name: called,
                display,
                kind: AccountKind::Guest,
                language: "en".to_owned(),
                password: None,
                recovery: None,
                invite: None,
                mail: None,
            },
            device: decide::NewDevice {
                account,
                id: device,
                label: hello.label,
                kind: hello.kind,
                public_key: hello.public_key,
                token_hash,
                takes_up: None,
            },
            link: secret::token_hash(token),
        };
        match self.write(Work::Guest(Box::new(new))).await?.1 {
            Answer::Device(account, device) => Ok(Admitted {
                account: Arc::new(*account),
                device,
                token: own,
                recovery_code: None,
            }),
            Answer::Value(_) | Answer::Account(_) | Answer::Begun(_) => {
                Err(Error::unavailable("the guest was not let in: try again"))
            }
        }
    }
}

impl Hub {
    /// Look now for guests who are gone, as the server does every ten minutes.
    ///
    /// # Errors
    /// If the store does not answer.
    pub async fn end_guests(&self) -> Result<(), Error> {
        self.inner.end_guests().await
    }
}

impl Session {
    /// Refuses what only somebody with an account of their own may ask for.
    pub(super) async fn no_guest(&self) -> Result<(), Error> {
        let me = self.hub.profiles([self.who.account].into()).await?;
        if me.first().is_some_and(|me| me.kind == AccountKind::Guest) {
            return Err(guest_refusal());
        }
        Ok(())
    }
}

impl Inner {
    /// Guests who belong to no group any more, or have not been here for a day, are deleted. Whoever is connected stays.
    pub(super) async fn end_guests(&self) -> Result<(), Error> {
        let before = Timestamp(self.clock.wall().0 - IDLE_MS);
        let late = self.store.late_guests(before, TOGETHER).await;
        for guest in late.map_err(|e| refuse(&e))? {
            let is_here = self.with_live(|live, _, _| live.people.contains_key(&guest));
            let stays = self.store.stays(guest).await.map_err(|e| refuse(&e))?;
            if is_here && !stays.is_empty() {
                continue;
            }
            self.write(Work::Leaving(guest, Leaving::Begin)).await?;
        }
        Ok(())
    }
}
