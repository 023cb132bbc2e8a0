//! Named groups: who may do what, and which stays are kept.

use serde::{Deserialize, Serialize};

use super::{Conversation, ConversationKind, Link, Member, MemberState, Role, Window};
use crate::id::{Pos, Timestamp};

/// Most people of a named group.
pub const MAX_GROUP: i32 = 1_000;
/// Most people of a named group in which only owners and admins post.
pub const MAX_ANNOUNCING: i32 = 5_000;
/// People that one command adds, removes or ranks.
pub const MAX_AT_ONCE: usize = 100;
/// Most people of a group that is told what each of them has read.
pub const TOLD_READ: i32 = 200;
/// Stays of one member that are kept.
pub const MAX_WINDOWS: usize = 16;
/// Code points of a title.
pub const MAX_TITLE: usize = 100;
/// Links of one group.
pub const MAX_LINKS: usize = 20;
/// Uses of one link.
pub const MAX_LINK_USES: i32 = 10_000;

/// The longest time for which a link holds, in ms.
pub const MAX_LINK_TIME: i64 = 366 * 86_400_000;

/// Why a link leads nowhere any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEnd {
    /// Its time is over.
    Expired,
    /// It was used as often as it may be.
    UsedUp,
}

impl Link {
    /// Why it leads nowhere, if so.
    #[must_use]
    pub fn end(&self, now: Timestamp) -> Option<LinkEnd> {
        if self.expires.is_some_and(|at| at <= now) {
            return Some(LinkEnd::Expired);
        }
        self.uses_left
            .is_some_and(|uses| uses <= 0)
            .then_some(LinkEnd::UsedUp)
    }

    /// Written, it removes the row.
    #[must_use]
    pub fn dropped(&self) -> Self {
        Self {
            expires: Some(Timestamp(0)),
            uses_left: Some(0),
            ..self.clone()
        }
    }

    /// Whether it is to be removed when written.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        (self.expires, self.uses_left) == (Some(Timestamp(0)), Some(0))
    }
}

/// Who may do something in a named group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// Everybody in it.
    #[default]
    Everybody,
    /// Owners and admins.
    Admins,
}

impl Allowed {
    /// Whether somebody with this role may.
    #[must_use]
    pub fn includes(self, role: Role) -> bool {
        self == Self::Everybody || role <= Role::Admin
    }
}

/// The rules of a named group. Kept as JSON; what is absent there has its default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Who posts.
    pub post: Allowed,
    /// Who adds people.
    pub add: Allowed,
    /// Newcomers see what was said before they came.
    pub history: bool,
}

impl Policy {
    /// The rules of a conversation; the defaults for a cast.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Self {
        serde_json::from_str(&conversation.policy).unwrap_or_default()
    }

    /// As it is kept.
    #[must_use]
    pub fn kept(self) -> String {
        serde_json::to_string(&self).unwrap_or_default()
    }

    /// Most people under these rules.
    #[must_use]
    pub fn most_people(self) -> i32 {
        match self.post {
            Allowed::Everybody => MAX_GROUP,
            Allowed::Admins => MAX_ANNOUNCING,
        }
    }
}

impl Member {
    /// Whether they are in it now.
    #[must_use]
    pub fn is_in(&self) -> bool {
        self.state == MemberState::In
    }

    /// Whether they may remove, ban or let in somebody with this role.
    #[must_use]
    pub fn outranks(&self, other: Role) -> bool {
        match self.role {
            Role::Owner => true,
            Role::Admin => other == Role::Member,
            Role::Member => false,
        }
    }

    /// Where the stay that lasts began.
    #[must_use]
    pub fn since(&self) -> Option<Pos> {
        let open = self.windows.iter().rev().find(|w| w.until.is_none());
        open.map(|window| window.from)
    }

    /// A stay begins at `pos`; with `history`, what was said before is seen too. One that lasts goes on.
    pub fn enter(&mut self, pos: Pos, history: bool) {
        if self.windows.iter().any(|window| window.until.is_none()) {
            return;
        }
        if history {
            self.windows.clear();
        }
        while self.windows.len() >= MAX_WINDOWS {
            self.windows.remove(0);
        }
        self.windows.push(Window {
            from: if history { Pos(0) } else { pos },
            until: None,
        });
    }

    /// The stay ends before `pos`.
    pub fn exit(&mut self, pos: Pos) {
        for window in self.windows.iter_mut().filter(|w| w.until.is_none()) {
            window.until = Some(pos);
        }
    }
}

impl Conversation {
    /// A named group.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.kind == ConversationKind::Named
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AccountId, ConversationId};
    use crate::model::OwnSettings;

    fn member(role: Role) -> Member {
        Member {
            conversation: ConversationId(1),
            account: AccountId(1),
            state: MemberState::In,
            role,
            read: None,
            own: OwnSettings::default(),
            windows: Vec::new(),
        }
    }

    #[test]
    fn ranks_decide_who_may_remove_whom() {
        let may = |role: Role| {
            let all = [Role::Owner, Role::Admin, Role::Member];
            all.map(|other| member(role).outranks(other))
        };
        assert_eq!(may(Role::Owner), [true, true, true]);
        assert_eq!(may(Role::Admin), [false, false, true]);
        assert_eq!(may(Role::Member), [false, false, false]);
    }

    #[test]
    fn stays_follow_each_other_and_the_oldest_is_forgotten() {
        let mut one = member(Role::Member);
        for stay in 0..20 {
            one.enter(Pos(stay * 10), false);
            one.enter(Pos(stay * 10 + 1), false);
            one.exit(Pos(stay * 10 + 5));
        }
        assert_eq!(one.windows.len(), MAX_WINDOWS);
        assert!(!one.sees(Pos(32)) && one.sees(Pos(42)) && !one.sees(Pos(45)));
        one.enter(Pos(500), true);
        assert_eq!(one.windows.len(), 1);
        assert!(one.sees(Pos(1)) && one.sees(Pos(499)));
    }

    #[test]
    fn rules_that_are_not_kept_have_their_defaults() {
        let policy: Policy = serde_json::from_str(r#"{"post":"admins","later":1}"#).expect("rules");
        assert_eq!(
            (policy.post, policy.add),
            (Allowed::Admins, Allowed::Everybody)
        );
        assert!(!policy.history);
        assert_eq!(
            serde_json::from_str::<Policy>(&policy.kept()).expect("kept"),
            policy
        );
    }
}
