//! Lists of contacts, requests to become one, and blocked people. (Sections 7.1 and 7.2.)
//!
//! skype-http takes no `null` here and no key at the top that it does not know; SkPy crashes at an empty list of places.

use serde::{Deserialize, Serialize};

use super::id::Mri;
use super::{ask, loose, wire};

wire! {
    /// `GET /contacts/v2/users/{name}`: exactly these four keys.
    pub struct ContactList {
        /// Contacts, and whom one has asked.
        pub contacts: Vec<Contact>,
        /// Groups of them.
        pub groups: Vec<ContactGroup>,
        /// Who is blocked.
        pub blocklist: Vec<Blocked>,
        /// `full`.
        pub scope: String,
    }

    /// A contact.
    pub struct Contact {
        /// The same as `mri`.
        pub person_id: String,
        /// Who.
        pub mri: String,
        /// What to call them.
        pub display_name: String,
        /// Where that is from.
        pub display_name_source: NameSource,
        /// What they say of themselves.
        pub profile: ContactProfile,
        /// Whether they have agreed.
        pub authorized: bool,
        /// Whether one has blocked them.
        pub blocked: bool,
        /// Whether one has asked for them oneself.
        pub explicit: bool,
        /// Since when, whole seconds.
        pub creation_time: String,
        /// Whether they are kept on top.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub favorite: Option<bool>,
        /// That it is a bot; never for people.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub agent: Option<Agent>,
    }

    /// Where a contact's name is from.
    #[derive(Copy, Eq)]
    #[serde(rename_all = "snake_case")]
    pub enum NameSource {
        /// It is the Skype name.
        Identifier,
        /// They call themselves so.
        Profile,
        /// One calls them so.
        UserEdits,
    }

    /// What a contact says of themselves.
    #[derive(Default)]
    pub struct ContactProfile {
        /// Their name.
        pub name: ContactName,
        /// Their picture.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub avatar_url: Option<String>,
        /// Their mood.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub mood: Option<String>,
        /// Two letters.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub language: Option<String>,
        /// Words about themselves.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub about: Option<String>,
        /// Their page.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub website: Option<String>,
        /// Where they live; absent rather than empty.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub locations: Vec<Place>,
        /// Where to call them; absent rather than empty.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pub phones: Vec<Phone>,
    }

    /// A name in parts.
    #[derive(Default)]
    pub struct ContactName {
        /// The first part, or all of it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub first: Option<String>,
        /// The second part.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub surname: Option<String>,
        /// What one calls them oneself.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub nickname: Option<String>,
    }

    /// Where somebody lives.
    pub struct Place {
        /// `home`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Two letters.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub country: Option<String>,
        /// The city.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub city: Option<String>,
    }

    /// Where to call somebody.
    pub struct Phone {
        /// `mobile`, `home`, `office`.
        #[serde(rename = "type")]
        pub kind: String,
        /// The number.
        pub number: String,
    }

    /// That a contact is a bot.
    pub struct Agent {
        /// `Participant`.
        #[serde(rename = "type")]
        pub kind: String,
        /// `Trusted` or `NotTrusted`.
        pub trust: String,
        /// The same again.
        pub info: AgentInfo,
    }

    /// That a bot is trusted.
    pub struct AgentInfo {
        /// `Participant`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Whether.
        pub trusted: bool,
    }

    /// Contacts under one heading.
    pub struct ContactGroup {
        /// Which.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Who, by their MRIs.
        pub contacts: Vec<String>,
        /// Whether it is the favourites.
        pub is_favorite: bool,
    }

    /// Somebody who is blocked.
    pub struct Blocked {
        /// Who.
        pub mri: String,
    }

    /// `GET …/invites`: who asks. Exactly this key, and all four in each entry.
    pub struct Invites {
        /// They.
        pub invite_list: Vec<InviteEntry>,
    }

    /// Somebody who asks.
    pub struct InviteEntry {
        /// Who.
        pub mri: String,
        /// What they call themselves.
        pub displayname: String,
        /// Their picture.
        pub avatar_url: String,
        /// What they wrote: at least one.
        pub invites: Vec<Invite>,
    }

    /// What one wrote who asks.
    pub struct Invite {
        /// The words.
        pub message: String,
        /// When, in whole seconds: SkPy crashes at a fraction.
        pub time: String,
    }

    /// One who asks, in the old way: `GET api.skype.com/users/self/contacts/auth-request`.
    pub struct AuthRequest {
        /// Who, without a prefix.
        pub sender: String,
        /// The words.
        pub greeting: String,
        /// When, with a fraction and without a zone.
        pub event_time: String,
        /// The same.
        pub event_time_iso: String,
    }

    /// A contact, in the oldest way: `GET api.skype.com/users/self/contacts`.
    pub struct OldContact {
        /// Without a prefix.
        pub skypename: String,
        pub displayname: String,
        pub authorized: bool,
        pub blocked: bool,
    }

    /// Asked, in the old way: programs look for the number in one of these places.
    pub struct OldDone {
        pub status: OldStatus,
        pub code: u32,
    }

    /// The number alone.
    pub struct OldStatus {
        pub code: u32,
    }
}

/// One of the lists alone: `…/contacts`, `…/groups`, `…/blocklist`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OneList<T> {
    /// What is in it, under its own name.
    #[serde(flatten)]
    pub list: std::collections::BTreeMap<String, Vec<T>>,
    /// How many.
    pub count: usize,
    /// `full`.
    pub scope: String,
}

impl ContactList {
    /// All there is.
    #[must_use]
    pub fn full(contacts: Vec<Contact>, groups: Vec<ContactGroup>, blocked: &[Mri]) -> Self {
        let one = |who: &Mri| Blocked {
            mri: who.to_string(),
        };
        Self {
            contacts,
            groups,
            blocklist: blocked.iter().map(one).collect(),
            scope: "full".to_owned(),
        }
    }
}

impl<T> OneList<T> {
    /// The list `name` alone.
    #[must_use]
    pub fn new(name: &str, list: Vec<T>) -> Self {
        Self {
            count: list.len(),
            list: [(name.to_owned(), list)].into(),
            scope: "full".to_owned(),
        }
    }
}

impl InviteEntry {
    /// Somebody asks since `at`, in ms.
    #[must_use]
    pub fn new(who: &Mri, name: &str, avatar_url: String, message: &str, at: i64) -> Self {
        Self {
            mri: who.to_string(),
            displayname: name.to_owned(),
            avatar_url,
            invites: vec![Invite {
                message: message.to_owned(),
                time: super::time::seconds(at),
            }],
        }
    }
}

impl Contact {
    /// Somebody, with what everybody must have; `since` in ms.
    #[must_use]
    pub fn new(who: &Mri, display_name: &str, source: NameSource, since: i64) -> Self {
        Self {
            person_id: who.to_string(),
            mri: who.to_string(),
            display_name: display_name.to_owned(),
            display_name_source: source,
            profile: ContactProfile {
                name: ContactName {
                    first: Some(display_name.to_owned()),
                    ..ContactName::default()
                },
                ..ContactProfile::default()
            },
            authorized: true,
            blocked: false,
            explicit: true,
            creation_time: super::time::seconds(since),
            favorite: None,
            agent: None,
        }
    }
}

impl Default for OldDone {
    fn default() -> Self {
        let code = 20_100;
        Self {
            status: OldStatus { code },
            code,
        }
    }
}

/// Who is named by `id eq 'name' or id eq '8:name'` in the `$filter` of version 1, as they are spelled; at most 1,000.
pub fn named_in(filter: &str) -> impl Iterator<Item = &str> {
    let quoted = filter.split("id eq '").skip(1).take(1_000);
    quoted.filter_map(|rest| rest.split_once('\'').map(|(name, _)| name))
}

impl Agent {
    /// A bot of this server.
    #[must_use]
    pub fn trusted() -> Self {
        let kind = "Participant".to_owned();
        Self {
            kind: kind.clone(),
            trust: "Trusted".to_owned(),
            info: AgentInfo {
                kind,
                trusted: true,
            },
        }
    }
}

ask! {
    /// `POST …/contacts`: a request.
    pub struct AddContact {
        /// Whom.
        pub mri: String,
        /// With what words.
        #[serde(deserialize_with = "loose::text")]
        pub greeting: Option<String>,
    }

    /// `PUT …/contacts/blocklist/{mri}`.
    pub struct Block {
        /// Whether the operator should look at it.
        #[serde(deserialize_with = "loose::truth")]
        pub report_abuse: Option<bool>,
    }

    /// The form of the old `PUT …/contacts/auth-request/{name}`.
    pub struct OldRequest {
        /// With what words.
        #[serde(deserialize_with = "loose::text")]
        pub greeting: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_contacts_has_four_keys_and_no_null() {
        let bob = Contact::new(
            &Mri::skype("Bob"),
            "Bob Builder",
            NameSource::Profile,
            1_451_606_400_000,
        );
        let group = ContactGroup {
            id: "g1".into(),
            name: "Friends".into(),
            contacts: vec!["8:bob".into()],
            is_favorite: false,
        };
        let list = ContactList::full(vec![bob], vec![group], &[Mri::skype("mallory")]);
        let json = serde_json::to_value(&list).expect("plain data");
        let keys: Vec<&str> = json
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(keys, ["blocklist", "contacts", "groups", "scope"]);
        assert!(!json.to_string().contains("null"));
        assert_eq!(json["contacts"][0]["display_name_source"], "profile");
        assert_eq!(json["contacts"][0]["creation_time"], "2016-01-01T00:00:00Z");
        assert!(json["contacts"][0]["profile"].get("locations").is_none());
        let alone =
            serde_json::to_value(OneList::new("blocklist", list.blocklist)).expect("plain data");
        assert_eq!(
            alone,
            serde_json::json!({"blocklist": [{"mri": "8:mallory"}], "count": 1, "scope": "full"})
        );
    }

    #[test]
    fn an_invitation_has_whole_seconds() {
        let entry = InviteEntry::new(
            &Mri::skype("carol"),
            "Carol Cook",
            "https://x/".into(),
            "hi",
            1_515_508_937_999,
        );
        let json = serde_json::to_value(Invites {
            invite_list: vec![entry],
        })
        .expect("plain data");
        assert_eq!(
            json["invite_list"][0]["invites"][0]["time"],
            "2018-01-09T14:42:17Z"
        );
        assert_eq!(
            json["invite_list"][0].as_object().expect("an object").len(),
            4
        );
    }

    #[test]
    fn truth_comes_as_text_too() {
        for body in [r#"{"report_abuse":"true"}"#, r#"{"report_abuse":true}"#] {
            let asked: Block = loose::json(body.as_bytes()).expect("a block");
            assert_eq!(asked.report_abuse, Some(true));
        }
        let asked: OldRequest = loose::json_or_form(b"greeting=hello+there").expect("a form");
        assert_eq!(asked.greeting.as_deref(), Some("hello there"));
    }
}
