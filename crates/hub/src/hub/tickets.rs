//! Tickets: what a door gives a device instead of its token, so that nothing is stored for each of them.
//!
//! A ticket says which device it was given to, for what, and until when, under a seal that only this installation can make
//! (HMAC-SHA-256, RFC 2104). Redeeming it asks whether the device is still signed in, so that signing it out ends them all.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::Rng as _;
use sansio::rng::Rng;
use sha2::{Digest as _, Sha256};

use super::{Hub, refuse_device};
use crate::decide::Identity;
use crate::error::{Error, Kind};
use crate::id::{AccountId, DeviceId, Timestamp};
use crate::store::{Keys, Store};
use crate::writer::refuse;

/// Most bytes that a door puts into a ticket.
pub const MAX_TICKET_EXTRA: usize = 64;
/// Where the installation keeps what it seals with.
const SETTING: &str = "ticket_key";
/// The form of a ticket: this byte, account, device and end (eight bytes each, the largest first), what the door put in, and
/// the seal.
const FORM: u8 = 1;
/// Bytes in front of what the door put in.
const HEAD: usize = 1 + 3 * 8;
/// Bytes of the seal.
const SEAL: usize = 32;

/// What a ticket said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redeemed {
    /// Whom it was given to; still signed in.
    pub who: Identity,
    /// What the door put in.
    pub extra: Vec<u8>,
    /// Until when it holds.
    pub ends: Timestamp,
}

/// What an installation seals tickets with.
#[derive(Clone)]
pub(super) struct TicketKey(Hmac<Sha256>);

impl TicketKey {
    /// The key of the installation; made at its first start.
    pub(super) async fn of(store: &dyn Store, rng: &mut Rng) -> Result<Self, Error> {
        let kept = store.setting(SETTING).await.map_err(|e| refuse(&e))?;
        let key = match kept {
            Some(key) => key,
            None => {
                let mut fresh = [0; 32];
                rng.fill_bytes(&mut fresh);
                let kept = store.keep_setting(SETTING, &fresh).await;
                kept.map_err(|e| refuse(&e))?
            }
        };
        let made = Hmac::new_from_slice(&key);
        made.map(Self)
            .map_err(|_| Error::unavailable("the key of the tickets cannot be used"))
    }

    /// The seal over a purpose and what is sealed for it. The purpose's length comes first, so that no two are alike.
    fn seal(&self, purpose: &str, sealed: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&(purpose.len() as u64).to_be_bytes());
        mac.update(purpose.as_bytes());
        mac.update(sealed);
        mac
    }
}

impl Hub {
    /// A ticket for a device: holds for `purpose` until `ends`, or until the device is signed out. At most 121 bytes. Whoever
    /// shows it is taken for that device, so a door asks for the proof first; nothing is stored for it.
    ///
    /// # Errors
    /// `extra` if there are more than [`MAX_TICKET_EXTRA`] bytes of it.
    pub fn ticket(
        &self,
        who: Identity,
        purpose: &'static str,
        extra: &[u8],
        ends: Timestamp,
    ) -> Result<Vec<u8>, Error> {
        if extra.len() > MAX_TICKET_EXTRA {
            let message = format!("a ticket carries up to {MAX_TICKET_EXTRA} bytes");
            return Err(
                Error::new(Kind::TooLarge, "extra", message).with_limit(MAX_TICKET_EXTRA as u64)
            );
        }
        let mut ticket = Vec::with_capacity(HEAD + extra.len() + SEAL);
        ticket.push(FORM);
        for number in [who.account.0, who.device.0, ends.0] {
            ticket.extend_from_slice(&number.to_be_bytes());
        }
        ticket.extend_from_slice(extra);
        let seal = self.inner.ticket_key.seal(purpose, &ticket).finalize();
        ticket.extend_from_slice(&seal.into_bytes());
        Ok(ticket)
    }

    /// What a ticket says, if this installation made it for `purpose`, it has not ended, and its device is still signed in:
    /// the same rule as [`Hub::authenticate`].
    ///
    /// # Errors
    /// `unauthorized` if it was not made here or not for this, `ticket_ended` if its time has passed, `not_signed_in` if the
    /// device was signed out, `blocked_account` if the operator blocked the account. All but the last are of the kind
    /// [`Kind::Unauthorized`].
    pub async fn redeem(&self, purpose: &'static str, ticket: &[u8]) -> Result<Redeemed, Error> {
        let opened = self.opened(purpose, ticket).ok_or_else(|| {
            let message = "this ticket was not made here, or not for this: sign in again";
            Error::new(Kind::Unauthorized, "unauthorized", message)
        })?;
        if opened.ends <= self.inner.clock.wall() {
            let message = "this ticket has ended: sign in again";
            return Err(Error::new(Kind::Unauthorized, "ticket_ended", message));
        }
        self.still_in(opened.who).await?;
        Ok(opened)
    }

    /// What stands in a ticket whose seal is right.
    fn opened(&self, purpose: &str, ticket: &[u8]) -> Option<Redeemed> {
        if !(HEAD + SEAL..=HEAD + MAX_TICKET_EXTRA + SEAL).contains(&ticket.len()) {
            return None;
        }
        let (sealed, seal) = ticket.split_at(ticket.len() - SEAL);
        let mac = self.inner.ticket_key.seal(purpose, sealed);
        // Compared in constant time.
        mac.verify_slice(seal).ok()?;
        let (head, extra) = sealed.split_at(HEAD);
        let number = |at: usize| {
            let bytes = head.get(at..at + 8)?;
            bytes.try_into().ok().map(i64::from_be_bytes)
        };
        (head[0] == FORM).then_some(())?;
        Some(Redeemed {
            who: Identity {
                account: AccountId(number(1)?),
                device: DeviceId(number(9)?),
            },
            extra: extra.to_vec(),
            ends: Timestamp(number(17)?),
        })
    }

    /// Refuses a device that was signed out, or whose account may not be used. Kept beside the tokens that are known, so that
    /// whoever polls costs no read each time.
    async fn still_in(&self, who: Identity) -> Result<(), Error> {
        let name: [u8; 32] = {
            let mut hash = Sha256::new_with_prefix(b"device of a ticket");
            hash.update(who.account.0.to_be_bytes());
            hash.update(who.device.0.to_be_bytes());
            hash.finalize().into()
        };
        if self.inner.known.token(&name).is_some() {
            return Ok(());
        }
        let generation = self.inner.known.generation();
        let keys = Keys {
            accounts: [who.account].into(),
            devices: [who.device].into(),
            ..Keys::default()
        };
        let rows = self.load(&keys).await?;
        let device = rows.devices.first();
        let belongs = device.is_some_and(|device| device.account == who.account);
        let revoked = device.is_none_or(|device| device.revoked.is_some());
        refuse_device(rows.accounts.first(), who, revoked || !belongs)?;
        self.inner.known.keep_token(generation, name, who);
        Ok(())
    }
}
