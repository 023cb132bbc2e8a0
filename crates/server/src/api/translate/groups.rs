//! Named groups, both ways.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub::command::Membership;
use hub::event::LinkPreview;
use hub::model::{Account, Allowed, Conversation, Link, Member, Policy, Role, SystemLine, Upto};
use webapi::skein as api;

use super::messages::upto;
use super::outgoing::profile;
use crate::http::Refusal;

/// Somebody in a conversation.
pub fn member(of: &Member, delivered: Option<Upto>, in_group: bool) -> api::Member {
    api::Member {
        account: id!(of.account),
        role: in_group.then(|| role(of.role)),
        read: of.read.map(upto),
        delivered: delivered.map(upto),
    }
}

/// What a group has beyond a conversation.
pub(super) fn group(of: &Conversation, mine: Option<&Member>) -> api::Group {
    let policy = Policy::of(of);
    api::Group {
        title: of.title.clone(),
        people: of.people.unsigned_abs(),
        role: mine.filter(|m| m.is_in()).map(|m| role(m.role)),
        rules: api::GroupRules {
            post: allowed(policy.post),
            add: allowed(policy.add),
            history: policy.history,
        },
    }
}

fn role(of: Role) -> api::Role {
    match of {
        Role::Owner => api::Role::Owner,
        Role::Admin => api::Role::Admin,
        Role::Member => api::Role::Member,
    }
}

fn allowed(of: Allowed) -> api::Allowed {
    match of {
        Allowed::Everybody => api::Allowed::Everybody,
        Allowed::Admins => api::Allowed::Admins,
    }
}

/// Who may do something, as it was asked for.
pub(super) fn who_may(of: api::Allowed) -> Allowed {
    match of {
        api::Allowed::Everybody => Allowed::Everybody,
        api::Allowed::Admins => Allowed::Admins,
    }
}

/// What people become, as it was asked for.
pub(super) fn membership(of: api::Membership) -> Membership {
    match of {
        api::Membership::Added => Membership::Added,
        api::Membership::Removed => Membership::Removed,
        api::Membership::Banned => Membership::Banned,
        api::Membership::Unbanned => Membership::Unbanned,
        api::Membership::Owner => Membership::Ranked(Role::Owner),
        api::Membership::Admin => Membership::Ranked(Role::Admin),
        api::Membership::Member => Membership::Ranked(Role::Member),
    }
}

/// A link in the list.
pub fn link(of: &Link) -> api::Link {
    api::Link {
        id: URL_SAFE_NO_PAD.encode(of.token_hash),
        by: id!(of.account),
        expires: of.expires.unwrap_or_default().0,
        uses: of.uses_left.map(|uses| u32::try_from(uses).unwrap_or(0)),
    }
}

/// Which link, as it was listed.
pub(super) fn link_id(text: &str) -> Result<[u8; 32], Refusal> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| Refusal::from(hub::Error::not_found("link")))
}

/// Where a link leads.
pub fn preview(of: &LinkPreview, by: &Account) -> api::LinkPreview {
    api::LinkPreview {
        conversation: of.conversation.map(|id| id!(id)),
        by: profile(by),
        title: of.title.clone(),
        picture: of.picture.map(|id| id.to_string()),
        people: of.people.unsigned_abs(),
    }
}

/// A line of the system.
pub(super) fn line(of: &SystemLine) -> api::SystemLine {
    let ids = |people: &[hub::id::AccountId]| -> Vec<api::AccountId> {
        people.iter().map(|who| id!(who)).collect()
    };
    match of {
        SystemLine::BecameContacts => api::SystemLine::BecameContacts,
        SystemLine::Created(title) => api::SystemLine::Created {
            title: title.clone(),
        },
        SystemLine::Titled(title) => api::SystemLine::Titled {
            title: title.clone(),
        },
        SystemLine::Pictured(present) => api::SystemLine::Pictured { present: *present },
        SystemLine::Ruled => api::SystemLine::Ruled,
        SystemLine::Disclosed(on) => api::SystemLine::Disclosed { on: *on },
        SystemLine::Joinable(on) => api::SystemLine::Joinable { on: *on },
        SystemLine::Added(people) => api::SystemLine::Added {
            people: ids(people),
        },
        SystemLine::Joined => api::SystemLine::Joined,
        SystemLine::Left => api::SystemLine::Left,
        SystemLine::Removed(people) => api::SystemLine::Removed {
            people: ids(people),
        },
        SystemLine::Banned(people) => api::SystemLine::Banned {
            people: ids(people),
        },
        SystemLine::Unbanned(people) => api::SystemLine::Unbanned {
            people: ids(people),
        },
        SystemLine::Ranked(people, to) => api::SystemLine::Ranked {
            people: ids(people),
            role: role(*to),
        },
        SystemLine::Inherited(who) => api::SystemLine::Inherited { account: id!(who) },
    }
}
