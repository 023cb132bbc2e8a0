//! A second call for somebody who talks: where it rings.

use super::Live;
use super::calls::Running;
use crate::call::Place;
use crate::id::AccountId;
use crate::model::AccountKind;

impl Live {
    /// Where a call rings for somebody who talks in one call and is in no other: at the end that can hold it and answer
    /// another. The person is there, so their other devices stay silent. Nowhere: they are busy.
    pub(super) fn waiting(&self, account: AccountId) -> Vec<Place> {
        let mut calls = self.calls.values().filter(|r| r.call.occupies(account));
        let (Some(one), None) = (calls.next(), calls.next()) else {
            return Vec::new();
        };
        if one.call.is_ringing() {
            return Vec::new();
        }
        let mut places = one.call.places();
        places.retain(|p| {
            let endpoint = self.endpoints.get(&p.endpoint);
            p.account == account
                && endpoint.is_some_and(|e| e.abilities.voice && e.abilities.waiting)
        });
        places
    }

    /// Whether an endpoint that came just now rings with the others of its person: of somebody who talks, only the one
    /// they talk at.
    pub(super) fn rings_now(&self, place: Place) -> bool {
        let Some(abilities) = self.endpoints.get(&place.endpoint).map(|e| e.abilities) else {
            return false;
        };
        let service = self
            .people
            .get(&place.account)
            .is_some_and(|p| p.account.kind == AccountKind::Service);
        let mut talks = self
            .calls
            .values()
            .filter(|r| !r.call.is_ringing() && r.call.occupies(place.account))
            .peekable();
        let waits = |r: &Running| r.call.leg_of(place.account, place.device).is_some();
        abilities.voice
            && (service || talks.peek().is_none() || (abilities.waiting && talks.any(waits)))
    }
}
