//! The port to the relay: what one leg of a call may use to find its way.

use crate::event::IceConfig;
use crate::id::{AccountId, CallKey};

/// Hands out STUN and TURN servers.
pub trait Paths: Send + Sync + 'static {
    /// For one leg of a call; credentials are made for it and expire. `here` = the far end is a media endpoint of this
    /// server.
    fn ice(&self, key: CallKey, leg: AccountId, here: bool, relay_only: bool) -> IceConfig;

    /// The call is over: its credentials and allocations end.
    fn end(&self, key: CallKey);

    /// An account was blocked or deleted: all credentials made for it end, also those of calls that never began.
    fn end_account(&self, account: AccountId);
}
