//! Presence: per endpoint, merged per account, shown to those who may see it.

use super::{Between, Live, Person};
use crate::decide::Work;
use crate::event::{Ephemeral, Presence};
use crate::id::{AccountId, Timestamp};
use crate::model::{Account, Availability, Detail, Relation, Standing, may_know, may_see};

/// What is told of a presence to somebody: the times only if they may know when the other was last seen.
fn as_told(presence: Presence, of: &Account, towards: &Relation) -> Presence {
    Presence {
        since: presence
            .since
            .filter(|_| may_know(of, towards, Detail::LastSeen)),
        ..presence
    }
}

/// Nobody there.
pub(crate) fn offline(account: AccountId, since: Option<Timestamp>) -> Presence {
    Presence {
        account,
        availability: Availability::Offline,
        in_call: false,
        since,
    }
}

impl Live {
    /// What an account's endpoints and its own choice come to, as others see it.
    pub(crate) fn merged(&self, wall: Timestamp, person: &Person) -> Presence {
        let id = person.account.id;
        let there = !person.endpoints.is_empty() || person.gone.is_some();
        if !there {
            return offline(
                id,
                Some(
                    person
                        .account
                        .last_seen
                        .max(person.announced.since.unwrap_or_default()),
                ),
            );
        }
        let chosen = person.chosen(wall);
        let endpoints = || {
            person
                .endpoints
                .iter()
                .filter_map(|e| self.endpoints.get(e))
        };
        let idle_since = endpoints()
            .map(|e| e.idle.then_some(e.idle_since))
            .min()
            .flatten();
        let all_idle = endpoints().count() > 0 && endpoints().all(|e| e.idle);
        let availability = match chosen {
            Some(chosen) => chosen,
            None if all_idle => Availability::Away,
            None => Availability::Online,
        };
        if availability == Availability::Invisible {
            return offline(id, Some(person.account.last_seen));
        }
        let since = (availability == Availability::Away)
            .then_some(idle_since)
            .flatten();
        Presence {
            account: id,
            availability,
            in_call: self.in_call(id),
            since,
        }
    }

    /// Compute an account's presence anew, and tell who may see it if it changed.
    pub(crate) fn refresh(&mut self, wall: Timestamp, id: AccountId) {
        let Some(person) = self.people.get(&id).filter(|p| p.introduced) else {
            return;
        };
        let mut presence = self.merged(wall, person);
        let is_offline = |p: &Presence| p.availability == Availability::Offline;
        if presence == person.announced || (is_offline(&presence) && is_offline(&person.announced))
        {
            // Who is not there stays so: nothing that an invisible person does is a sign of them.
            return;
        }
        if is_offline(&presence) {
            presence.since = Some(wall);
            if !person.endpoints.is_empty() {
                self.records.note(Work::LastSeen(id, wall));
            }
        }
        let person = &self.people[&id];
        let watchers = person.contacts.iter().filter(|(_, between)| {
            between.theirs.listed && may_see(&person.account, &between.mine)
        });
        for (other, between) in watchers {
            let told = as_told(presence, &person.account, &between.mine);
            self.tell_account(*other, &Ephemeral::Presence(told), None);
        }
        // One's own devices see the same; invisible is drawn from one's own account.
        self.tell_account(id, &Ephemeral::Presence(presence), None);
        if let Some(person) = self.people.get_mut(&id) {
            person.announced = presence;
        }
    }

    /// The presence of `subject` as `viewer` may see it, if the subject is attached.
    pub(crate) fn seen_by(&self, viewer: &Person, subject: AccountId) -> Option<Presence> {
        if self.services.contains(&subject) {
            return self.people.get(&subject).map(|p| p.announced);
        }
        let between = viewer.contacts.get(&subject)?;
        let person = self.people.get(&subject)?;
        let visible = between.mine.listed && may_see(&person.account, &between.theirs);
        visible.then(|| as_told(person.announced, &person.account, &between.theirs))
    }

    /// Somebody's profile changed, and with it perhaps whom they show what to: everybody who may see them is told anew, also
    /// of somebody who is not there.
    pub(crate) fn tell_anew(&self, account: &Account) {
        let announced = self.people.get(&account.id).map(|p| p.announced);
        let presence = announced.unwrap_or_else(|| offline(account.id, Some(account.last_seen)));
        for viewer in self.acquainted.get(&account.id).into_iter().flatten() {
            let person = self.people.get(viewer);
            let between = person.and_then(|person| person.contacts.get(&account.id));
            if let Some(between) = between
                && between.mine.listed
                && may_see(account, &between.theirs)
            {
                let told = as_told(presence, account, &between.theirs);
                self.tell_account(*viewer, &Ephemeral::Presence(told), None);
            }
        }
    }

    /// Everybody that `id` may see and who is attached.
    pub(crate) fn visible_to(&self, id: AccountId) -> Vec<Presence> {
        let Some(viewer) = self.people.get(&id) else {
            return Vec::new();
        };
        let others = viewer
            .contacts
            .keys()
            .chain(&self.services)
            .chain(std::iter::once(&id));
        others
            .filter_map(|other| {
                if *other == id {
                    Some(viewer.announced)
                } else {
                    self.seen_by(viewer, *other)
                }
            })
            .collect()
    }

    /// A relation changed: what each sees of the other begins or ends.
    pub(crate) fn related(
        &mut self,
        wall: Timestamp,
        a: AccountId,
        b: AccountId,
        between: &Between,
    ) {
        let mirror = Between {
            mine: between.theirs.clone(),
            theirs: between.mine.clone(),
        };
        for (viewer, subject, sides) in [(a, b, between), (b, a, &mirror)] {
            let Some(person) = self.people.get_mut(&viewer) else {
                continue;
            };
            // Somebody who is being introduced keeps even nothing: else an older state would be taken for the newest.
            let nothing = person.introduced
                && !sides.mine.listed
                && !sides.theirs.listed
                && sides.mine.standing == Standing::Neutral
                && sides.theirs.standing == Standing::Neutral;
            let before = if nothing {
                let before = person.contacts.remove(&subject);
                self.no_longer_acquainted(subject, viewer);
                before
            } else {
                self.acquainted.entry(subject).or_default().insert(viewer);
                person.contacts.insert(subject, sides.clone())
            };
            let saw = before
                .as_ref()
                .is_some_and(|b| b.mine.listed && b.theirs.standing == Standing::Allowed);
            let stands = |b: &Between| {
                let of = |r: &Relation| (r.listed, r.standing);
                (of(&b.mine), of(&b.theirs))
            };
            if before.as_ref().is_some_and(|b| stands(b) == stands(sides)) {
                // A nickname or a request put away: nobody sees more or less than before.
                continue;
            }
            // Who ends it is not told either, so the time is told to those only who could see it until now.
            let subject_now = self.people.get(&subject).map(|person| &person.account);
            let knew = before.as_ref().is_some_and(|b| {
                subject_now.is_some_and(|of| may_know(of, &b.theirs, Detail::LastSeen))
            });
            let Some(viewer_now) = self.people.get(&viewer) else {
                continue;
            };
            match self.seen_by(viewer_now, subject) {
                Some(presence) => self.tell_account(viewer, &Ephemeral::Presence(presence), None),
                // Who is blocked is not told: to them the other has simply gone.
                None if saw => self.tell_account(
                    viewer,
                    &Ephemeral::Presence(offline(subject, knew.then_some(wall))),
                    None,
                ),
                None => {}
            }
        }
    }
}
