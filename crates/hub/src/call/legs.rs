//! The ends of a call.

use std::collections::BTreeSet;

use super::Place;
use crate::event::Media;

/// An end that is in the call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leg {
    pub(super) place: Place,
    /// Its connection dropped.
    pub(super) absent: bool,
    /// What it sends, as it said last.
    pub(super) media: Media,
}

impl Leg {
    pub(super) fn new(place: Place, media: Media) -> Self {
        Self {
            place,
            absent: false,
            media,
        }
    }

    /// The same device with a new connection goes on where the old one dropped.
    pub(super) fn take_up(&mut self, from: Place) -> bool {
        let same =
            self.absent && self.place.account == from.account && self.place.device == from.device;
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
