//! How people stand to each other: one row per direction, everything else follows.

use super::{Account, AccountKind, AccountState, stored_enum};
use crate::id::{AccountId, Timestamp};

stored_enum! {
    /// What one allows the other.
    Standing {
        /// Nothing was said.
        Neutral = 0,
        /// Allowed to see, write and call.
        Allowed = 1,
        /// Kept away; never told.
        Blocked = 2,
    }
}

/// `owner`'s side of a relation to `other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Whose side.
    pub owner: AccountId,
    /// Towards whom.
    pub other: AccountId,
    /// On the owner's list.
    pub listed: bool,
    /// What the owner allows.
    pub standing: Standing,
    /// The other's request was put away.
    pub dismissed: bool,
    /// The line sent with a request.
    pub greeting: String,
    /// The owner's own name for the other.
    pub nickname: String,
    /// The owner's note about the other.
    pub note: String,
    /// Among the owner's favourites.
    pub favourite: bool,
    /// When it last changed.
    pub since: Timestamp,
}

impl Relation {
    /// The relation of two who have nothing to do with each other.
    #[must_use]
    pub fn nothing(owner: AccountId, other: AccountId) -> Self {
        Self {
            owner,
            other,
            listed: false,
            standing: Standing::Neutral,
            dismissed: false,
            greeting: String::new(),
            nickname: String::new(),
            note: String::new(),
            favourite: false,
            since: Timestamp(0),
        }
    }

    /// Whether it says nothing: then nothing is kept.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::nothing(self.owner, self.other)
    }
}

/// What follows from the two directions, for the owner of `mine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContactState {
    /// Nothing, or a request that was put away.
    None,
    /// The reader asked.
    Outgoing,
    /// The other asked.
    Incoming,
    /// Both agreed.
    Contact,
}

/// Where the owner of `mine` stands to the owner of `theirs`.
#[must_use]
pub fn contact_state(mine: &Relation, theirs: &Relation) -> ContactState {
    // A block is not told: for the one who is kept away the two stand as before.
    if mine.listed && theirs.standing != Standing::Neutral && theirs.listed {
        ContactState::Contact
    } else if mine.listed {
        ContactState::Outgoing
    } else if theirs.listed
        && theirs.standing == Standing::Allowed
        && mine.standing == Standing::Neutral
        && !mine.dismissed
    {
        ContactState::Incoming
    } else {
        ContactState::None
    }
}

/// Whether `viewer` may see `subject`'s presence and mood; `towards` is the subject's side of the relation.
#[must_use]
pub fn may_see(subject: &Account, towards: &Relation) -> bool {
    subject.state == AccountState::Active
        && (subject.kind == AccountKind::Service || allows(towards, subject.strangers.see))
}

/// Whether somebody may write to `subject`; `towards` is the subject's side of the relation.
#[must_use]
pub fn may_write(subject: &Account, towards: &Relation) -> bool {
    subject.state == AccountState::Active
        && (subject.kind == AccountKind::Service || allows(towards, subject.strangers.write))
}

/// Whether somebody may call `subject`; `towards` is the subject's side of the relation.
#[must_use]
pub fn may_call(subject: &Account, towards: &Relation) -> bool {
    subject.state == AccountState::Active
        && (subject.kind == AccountKind::Service || allows(towards, subject.strangers.call))
}

fn allows(towards: &Relation, strangers: bool) -> bool {
    match towards.standing {
        Standing::Blocked => false,
        Standing::Allowed => true,
        Standing::Neutral => strangers,
    }
}

/// What one does about the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RelationChange {
    /// List and allow, and ask for the same.
    Ask,
    /// List and allow: the answer to a request.
    Accept,
    /// Put the request away.
    Decline,
    /// Put on the list without allowing.
    List,
    /// Take off the list; what is allowed stays.
    Unlist,
    /// Allow without listing.
    Allow,
    /// Take the permission back.
    Disallow,
    /// Keep away. The place on the list is kept.
    Block,
    /// End a block.
    Unblock,
    /// Off the list, nothing allowed, and old requests stay away.
    Remove,
}

/// The owner's side after a change, by the table of `docs/decisions/0001`. `Err` is a contradiction: allowing somebody
/// who is blocked.
pub fn changed(
    mut relation: Relation,
    change: RelationChange,
    greeting: Option<&str>,
) -> Result<Relation, Contradiction> {
    use RelationChange as C;
    use Standing::{Allowed, Blocked, Neutral};
    match change {
        C::Ask | C::Accept | C::Allow if relation.standing == Blocked => return Err(Contradiction),
        C::Ask => {
            relation.listed = true;
            relation.standing = Allowed;
            relation.greeting = greeting.unwrap_or_default().to_owned();
        }
        C::Accept => {
            relation.listed = true;
            relation.standing = Allowed;
        }
        C::Decline => relation.dismissed = true,
        C::List => relation.listed = true,
        C::Unlist => relation.listed = false,
        C::Allow => relation.standing = Allowed,
        C::Disallow if relation.standing == Allowed => relation.standing = Neutral,
        C::Disallow => {}
        C::Block => relation.standing = Blocked,
        C::Unblock if relation.standing == Blocked => {
            relation.standing = if relation.listed { Allowed } else { Neutral };
        }
        C::Unblock => {}
        C::Remove => {
            relation.listed = false;
            relation.dismissed = true;
            relation.nickname.clear();
            relation.note.clear();
            relation.favourite = false;
            if relation.standing != Blocked {
                relation.standing = Neutral;
            }
        }
    }
    Ok(relation)
}

/// Somebody who is blocked cannot be asked or allowed: unblock first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unblock them first")]
pub struct Contradiction;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change() -> impl Strategy<Value = RelationChange> {
        use RelationChange as C;
        proptest::sample::select(vec![
            C::Ask,
            C::Accept,
            C::Decline,
            C::List,
            C::Unlist,
            C::Allow,
            C::Disallow,
            C::Block,
            C::Unblock,
            C::Remove,
        ])
    }

    proptest! {
        #[test]
        fn repeating_a_change_changes_nothing(changes in proptest::collection::vec(change(), 0..12), last in change()) {
            let mut row = Relation::nothing(AccountId(1), AccountId(2));
            for c in changes {
                if let Ok(next) = changed(row.clone(), c, None) { row = next; }
            }
            if let Ok(once) = changed(row, last, Some("hello")) {
                prop_assert_eq!(changed(once.clone(), last, Some("hello")), Ok(once));
            }
        }

        #[test]
        fn a_block_holds_until_it_is_ended(changes in proptest::collection::vec(change(), 0..12)) {
            let mut row = changed(Relation::nothing(AccountId(1), AccountId(2)), RelationChange::Block, None).expect("from nothing");
            for c in changes {
                if c == RelationChange::Unblock { break; }
                if let Ok(next) = changed(row.clone(), c, None) { row = next; }
                prop_assert_eq!(row.standing, Standing::Blocked);
            }
        }
    }

    #[test]
    fn asking_and_accepting_makes_two_contacts() {
        let (a, b) = (AccountId(1), AccountId(2));
        let ab = changed(
            Relation::nothing(a, b),
            RelationChange::Ask,
            Some("it is me"),
        )
        .expect("free");
        let ba = Relation::nothing(b, a);
        assert_eq!(contact_state(&ab, &ba), ContactState::Outgoing);
        assert_eq!(contact_state(&ba, &ab), ContactState::Incoming);
        let ba = changed(ba, RelationChange::Accept, None).expect("free");
        assert_eq!(contact_state(&ab, &ba), ContactState::Contact);
        assert_eq!(contact_state(&ba, &ab), ContactState::Contact);
    }

    #[test]
    fn a_declined_request_does_not_come_up_again() {
        let (a, b) = (AccountId(1), AccountId(2));
        let ab = changed(Relation::nothing(a, b), RelationChange::Ask, None).expect("free");
        let ba = changed(Relation::nothing(b, a), RelationChange::Decline, None).expect("free");
        assert_eq!(contact_state(&ba, &ab), ContactState::None);
        assert_eq!(
            contact_state(&ab, &ba),
            ContactState::Outgoing,
            "the asker is not told"
        );
    }
}
