//! The ends of a call.

use std::collections::BTreeSet;

use super::Place;
use crate::event::Media;
use crate::id::{AccountId, DeviceId, EndpointId};

/// Where an end is of which only the person is known: the process that knew its device is gone.
pub(super) fn nowhere(account: AccountId) -> Place {
    Place {
        account,
        device: DeviceId(0),
        endpoint: EndpointId(0),
    }
}

/// An end that is in the call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg {
    pub(super) place: Place,
    /// Its connection dropped, or its page went away.
    pub(super) absent: bool,
    /// What it sends, as it said last.
    pub(super) media: Media,
    /// It makes a new connection, and the other end, which is absent, has not heard of it.
    pub(super) fresh: bool,
}

impl Leg {
    pub(super) fn new(place: Place, media: Media) -> Self {
        Self {
            place,
            absent: false,
            media,
            fresh: false,
        }
    }

    /// An end whose device is not known, of a call that an earlier process began.
    pub(super) fn vacant(account: AccountId) -> Self {
        Self {
            place: nowhere(account),
            absent: true,
            media: Media::default(),
            fresh: false,
        }
    }

    pub(super) fn is_vacant(&self) -> bool {
        self.place == nowhere(self.place.account)
    }

    /// Whether a device is this end, as far as is known.
    pub(super) fn may_be(&self, account: AccountId, device: DeviceId) -> bool {
        self.place.account == account && (self.place.device == device || self.is_vacant())
    }

    /// The same device with a new connection goes on where the old one dropped.
    pub(super) fn take_up(&mut self, from: Place) -> bool {
        let same = self.absent && self.may_be(from.account, from.device);
        if same {
            (self.place, self.absent) = (from, false);
        }
        same
    }
}

/// How far a ringing endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RingState {
    /// The offer went out.
    Offered,
    /// It says that it rings.
    Ringing,
    /// It is not there any more.
    Gone,
}

/// An endpoint of the callee that rings.
#[derive(Debug, Clone, Copy)]
pub(super) struct RingLeg {
    pub(super) place: Place,
    pub(super) state: RingState,
}

impl RingLeg {
    /// How many devices ring; the pages of one browser count once.
    pub(super) fn devices(legs: &[Self]) -> u32 {
        let devices: BTreeSet<_> = legs
            .iter()
            .filter(|l| l.state == RingState::Ringing)
            .map(|l| l.place.device)
            .collect();
        u32::try_from(devices.len()).unwrap_or(u32::MAX)
    }
}
