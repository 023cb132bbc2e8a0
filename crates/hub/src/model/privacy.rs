//! What others may know of somebody, detail by detail. `docs/decisions/0014` says where this is asked.

use super::{Account, AccountKind, AccountState, Relation, Standing, Strangers, stored_enum};
use crate::id::{Pos, Timestamp};

stored_enum! {
    /// Whom somebody shows a detail to. Who is kept away sees none of them.
    Shown {
        /// Whoever has an account here.
        Everyone = 0,
        /// Whom they allow: their contacts, and whom they asked.
        Contacts = 1,
        /// Nobody.
        Nobody = 2,
    }
}

/// Details of an account that it may keep to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// When they were last there, and since when they are away.
    LastSeen,
    /// Their picture.
    Picture,
    /// The line beside their name.
    Mood,
}

/// Whom somebody shows what to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privacy {
    /// When they were last seen.
    pub last_seen: Shown,
    /// Their picture.
    pub picture: Shown,
    /// Their mood.
    pub mood: Shown,
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            last_seen: Shown::Contacts,
            picture: Shown::Contacts,
            mood: Shown::Contacts,
        }
    }
}

impl Privacy {
    /// Whom a detail is shown to.
    #[must_use]
    pub fn of(self, detail: Detail) -> Shown {
        match detail {
            Detail::LastSeen => self.last_seen,
            Detail::Picture => self.picture,
            Detail::Mood => self.mood,
        }
    }

    /// The number it is kept as: two bits for each.
    #[must_use]
    pub fn stored(self) -> i16 {
        self.last_seen.stored() | self.picture.stored() << 2 | self.mood.stored() << 4
    }

    /// From the number it is kept as; what cannot be is shown to nobody.
    #[must_use]
    pub fn from_stored(value: i16) -> Self {
        let at = |shift: i16| Shown::from_stored(value >> shift & 3).unwrap_or(Shown::Nobody);
        Self {
            last_seen: at(0),
            picture: at(2),
            mood: at(4),
        }
    }
}

/// Whether somebody may know a detail of `subject`; `towards` is the subject's side of the relation.
#[must_use]
pub fn may_know(subject: &Account, towards: &Relation, detail: Detail) -> bool {
    if subject.state != AccountState::Active {
        return false;
    }
    if subject.kind == AccountKind::Service {
        return true;
    }
    match (towards.standing, subject.privacy.of(detail)) {
        (Standing::Blocked, _) | (_, Shown::Nobody) => false,
        (_, Shown::Everyone) => true,
        (standing, Shown::Contacts) => standing == Standing::Allowed,
    }
}

impl Account {
    /// Of it what others may have: who it is, and the details that `knows` grants. What is kept back is empty, absent, or a
    /// time of 0.
    #[must_use]
    pub fn as_known(&self, knows: impl Fn(Detail) -> bool) -> Self {
        let (mood, about) = if knows(Detail::Mood) {
            (self.mood.clone(), self.about.clone())
        } else {
            Default::default()
        };
        Self {
            id: self.id,
            name: self.name.clone(),
            display: self.display.clone(),
            mood,
            about,
            picture: self.picture.filter(|_| knows(Detail::Picture)),
            kind: self.kind,
            owner: self.owner,
            state: self.state,
            raised: false,
            chosen: None,
            chosen_until: None,
            strangers: Strangers::default(),
            // The hub asks it of a profile; doors show it to nobody but its owner.
            privacy: self.privacy,
            receipts: self.receipts,
            language: String::new(),
            head: Pos(0),
            profile_pos: self.profile_pos,
            delivered: Pos(0),
            created: self.created,
            last_seen: if knows(Detail::LastSeen) {
                self.last_seen
            } else {
                Timestamp(0)
            },
        }
    }

    /// Of it what the other side of `towards` may have.
    #[must_use]
    pub fn as_known_to(&self, towards: &Relation) -> Self {
        self.as_known(|detail| may_know(self, towards, detail))
    }

    /// Whether it says of some detail that everyone is shown it.
    #[must_use]
    pub fn shows_everyone(&self) -> bool {
        [Detail::LastSeen, Detail::Picture, Detail::Mood]
            .map(|detail| self.privacy.of(detail))
            .contains(&Shown::Everyone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_privacy_comes_back_from_its_number() {
        let all = [Shown::Everyone, Shown::Contacts, Shown::Nobody];
        for (last_seen, picture, mood) in all
            .iter()
            .flat_map(|a| all.iter().map(move |b| (a, b)))
            .flat_map(|(a, b)| all.iter().map(move |c| (*a, *b, *c)))
        {
            let privacy = Privacy {
                last_seen,
                picture,
                mood,
            };
            assert_eq!(Privacy::from_stored(privacy.stored()), privacy);
        }
        let unknown = Privacy::from_stored(-1);
        assert_eq!(unknown.mood, Shown::Nobody);
    }
}
