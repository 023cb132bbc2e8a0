//! Named groups: their rules, who belongs to them, and links by which people join.

use super::{AccountId, ConversationId, Member, Profile, wire};

wire! {
    /// What a named group has beyond a conversation.
    pub struct Group {
        /// Its title.
        pub title: String,
        /// How many people are in it; `members` of the conversation names the first 50 of them.
        pub people: u32,
        /// What the reader may do in it; absent if they are not in it any more. Then nothing of it but the title is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub role: Option<Role>,
        /// Its rules.
        pub rules: GroupRules,
    }

    /// The rules of a named group.
    #[derive(Copy, Eq)]
    pub struct GroupRules {
        /// Who writes.
        pub post: Allowed,
        /// Who adds people.
        pub add: Allowed,
        /// Whether newcomers see what was said before they came.
        pub history: bool,
    }

    /// Who may do something in a named group.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Allowed {
        /// Everybody in it.
        Everybody,
        /// Owners and admins.
        Admins,
    }

    /// What somebody may do in a named group.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Role {
        /// Everything.
        Owner,
        /// Title, links, and who belongs to it.
        Admin,
        /// Write, and add people, as far as the rules let everybody.
        Member,
    }

    /// What people become in a named group.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum Membership {
        /// In it; only contacts of whoever adds them.
        Added,
        /// Not in it.
        Removed,
        /// Not in it, and may not come back.
        Banned,
        /// May come back.
        Unbanned,
        /// In it, with this role.
        Owner,
        /// In it, with this role.
        Admin,
        /// In it, with this role.
        Member,
    }

    /// `GET /v1/skein/conversations/{id}/members?banned=&after=&limit=`, by role.
    pub struct MemberPage {
        pub members: Vec<Member>,
        pub profiles: Vec<Profile>,
        /// Give this as `after` for the next page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub next: Option<String>,
    }

    /// `GET /v1/skein/conversations/{id}/links`; for owners and admins.
    pub struct LinkList {
        pub links: Vec<Link>,
    }

    /// A link by which people join. Its token was shown once, when it was made.
    pub struct Link {
        /// What it is revoked by.
        pub id: String,
        /// Who made it.
        pub by: AccountId,
        /// When it ends, in ms.
        pub expires: i64,
        /// How often it may still be used; absent: any number of times.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub uses: Option<u32>,
    }

    /// `POST /v1/skein/link`: where this link leads, before joining.
    pub struct LinkToken {
        pub token: String,
    }

    /// The answer.
    pub struct LinkPreview {
        /// The group, if the reader is in it already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub conversation: Option<ConversationId>,
        /// Who made the link.
        pub by: Profile,
        /// Its title.
        pub title: String,
        /// Its picture: the id of an object.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub picture: Option<String>,
        /// How many people are in it.
        pub people: u32,
    }
}
