//! What is known of people, and finding them. (Sections 7.3 and 7.4.)

use serde::{Deserialize, Serialize};

use super::error::ApiStatus;
use super::id::bare_name;
use super::{ask, loose, wire};

/// Most names that one request may ask for.
pub const MAX_NAMES: usize = 100;

wire! {
    /// `GET api.skype.com/users/{name}/displayname`.
    pub struct DisplayName {
        /// Without a prefix.
        pub username: String,
        pub displayname: String,
        pub firstname: String,
        /// Always empty: a name has one part here.
        pub lastname: String,
    }

    /// A profile: all nineteen keys, `null` where nothing is known; skype-http looks for each. `firstname` and `username` are
    /// never `null`: skypeweb asks for ever without the latter.
    pub struct Profile {
        pub firstname: String,
        pub lastname: Option<String>,
        /// `YYYY-MM-DD`.
        pub birthday: Option<String>,
        pub gender: Option<String>,
        pub language: Option<String>,
        pub country: Option<String>,
        pub province: Option<String>,
        pub city: Option<String>,
        pub homepage: Option<String>,
        pub about: Option<String>,
        pub emails: Vec<String>,
        pub jobtitle: Option<String>,
        #[serde(rename = "phoneMobile")]
        pub phone_mobile: Option<String>,
        #[serde(rename = "phoneHome")]
        pub phone_home: Option<String>,
        #[serde(rename = "phoneOffice")]
        pub phone_office: Option<String>,
        pub mood: Option<String>,
        #[serde(rename = "richMood")]
        pub rich_mood: Option<String>,
        #[serde(rename = "avatarUrl")]
        pub avatar_url: Option<String>,
        /// Without a prefix.
        pub username: String,
        /// The whole name. In a batch always; else left out where there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub displayname: Option<String>,
    }

    /// Somebody whom nobody knows, in `profile.skype.com`'s batch.
    pub struct NoProfile {
        /// As it was asked.
        pub username: String,
        /// Code 40401.
        pub status: ApiStatus,
    }

    /// What a search has found.
    pub struct Found {
        /// As it was asked; text.
        #[serde(rename = "requestId")]
        pub request_id: String,
        /// People.
        pub results: Vec<FoundEntry>,
    }

    /// Somebody who was found.
    pub struct FoundEntry {
        /// They.
        #[serde(rename = "nodeProfileData")]
        pub node_profile_data: FoundPerson,
    }

    /// Somebody who was found.
    pub struct FoundPerson {
        /// Without a prefix.
        #[serde(rename = "skypeId")]
        pub skype_id: String,
        /// What they call themselves.
        pub name: String,
        /// Their picture.
        #[serde(rename = "avatarUrl")]
        pub avatar_url: String,
        pub city: String,
        pub state: String,
        pub country: String,
        #[serde(rename = "countryCode")]
        pub country_code: String,
        pub gender: String,
        /// `Skype4Consumer`.
        #[serde(rename = "contactType")]
        pub contact_type: String,
    }
}

/// One answer of `profile.skype.com`'s batch.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Looked {
    /// Somebody.
    Known(Box<Profile>),
    /// Nobody.
    Unknown(NoProfile),
}

impl Profile {
    /// Somebody of this name, with what everybody must have.
    #[must_use]
    pub fn new(username: &str, displayname: &str) -> Self {
        Self {
            firstname: displayname.to_owned(),
            lastname: None,
            birthday: None,
            gender: None,
            language: None,
            country: None,
            province: None,
            city: None,
            homepage: None,
            about: None,
            emails: Vec::new(),
            jobtitle: None,
            phone_mobile: None,
            phone_home: None,
            phone_office: None,
            mood: None,
            rich_mood: None,
            avatar_url: None,
            username: username.to_owned(),
            displayname: Some(displayname.to_owned()),
        }
    }
}

impl NoProfile {
    /// For a name that nobody has.
    #[must_use]
    pub fn new(username: &str) -> Self {
        Self {
            username: username.to_owned(),
            status: ApiStatus {
                code: super::error::api::NO_PROFILE,
                text: "there is no such person".to_owned(),
            },
        }
    }
}

impl Found {
    /// People that were found.
    #[must_use]
    pub fn new(request_id: &str, people: Vec<FoundPerson>) -> Self {
        let entry = |node_profile_data| FoundEntry { node_profile_data };
        Self {
            request_id: request_id.to_owned(),
            results: people.into_iter().map(entry).collect(),
        }
    }
}

impl FoundPerson {
    /// Somebody of this name.
    #[must_use]
    pub fn new(name: &str, display: &str, avatar_url: String) -> Self {
        Self {
            skype_id: name.to_owned(),
            name: display.to_owned(),
            avatar_url,
            city: String::new(),
            state: String::new(),
            country: String::new(),
            country_code: String::new(),
            gender: String::new(),
            contact_type: "Skype4Consumer".to_owned(),
        }
    }
}

ask! {
    /// Whose profiles are wanted; a form says `usernames[0]=…&usernames[1]=…`.
    pub(super) struct Names {
        #[serde(deserialize_with = "loose::list")]
        usernames: Vec<String>,
        #[serde(deserialize_with = "loose::list")]
        contacts: Vec<String>,
    }

    /// `POST …/profile/partial`; a body without `payload` is taken for it.
    pub(super) struct Partial {
        #[schema(default = json!(null))]
        payload: Option<Change>,
    }

    /// What somebody says anew of themselves, in `profile/partial`; what is absent stays.
    pub struct Change {
        #[serde(deserialize_with = "loose::text")]
        pub mood: Option<String>,
        #[serde(rename = "richMood", deserialize_with = "loose::text")]
        pub rich_mood: Option<String>,
        #[serde(deserialize_with = "loose::text")]
        pub firstname: Option<String>,
        #[serde(deserialize_with = "loose::text")]
        pub lastname: Option<String>,
        #[serde(deserialize_with = "loose::text")]
        pub language: Option<String>,
    }
}

impl DisplayName {
    /// What somebody is called.
    #[must_use]
    pub fn new(username: &str, shown: &str) -> Self {
        Self {
            username: username.to_owned(),
            displayname: shown.to_owned(),
            firstname: shown.to_owned(),
            lastname: String::new(),
        }
    }
}

impl Change {
    /// Reads `{"payload": {…}}`; a body without `payload` is taken for it.
    pub fn read(body: &[u8]) -> Result<Self, loose::BadBody> {
        match loose::json::<Partial>(body)?.payload {
            Some(change) => Ok(change),
            None => loose::json(body),
        }
    }

    /// The new name of two parts, if either was said.
    #[must_use]
    pub fn display(&self) -> Option<String> {
        if self.firstname.is_none() && self.lastname.is_none() {
            return None;
        }
        let parts = [self.firstname.as_deref(), self.lastname.as_deref()];
        let parts: Vec<&str> = parts
            .into_iter()
            .flatten()
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        Some(parts.join(" "))
    }
}

/// Whose profiles a batch asks for: JSON `{"usernames": […]}`, or a form `usernames[0]=bob` or `contacts[]=bob`. Names come
/// back without a prefix and in small letters, at most [`MAX_NAMES`].
pub fn names_asked(body: &[u8]) -> Result<Vec<String>, loose::BadBody> {
    let names = if loose::is_json(body) {
        let asked: Names = loose::json(body)?;
        [asked.usernames, asked.contacts].concat()
    } else {
        let wanted = |key: &str| key.starts_with("usernames") || key.starts_with("contacts");
        let pairs = loose::form(body).into_iter();
        pairs
            .filter(|(key, _)| wanted(key))
            .map(|(_, value)| value)
            .collect()
    };
    Ok(names
        .iter()
        .take(MAX_NAMES)
        .map(|name| bare_name(name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_all_its_keys() {
        let json = serde_json::to_value(Profile {
            displayname: None,
            ..Profile::new("alice.tester", "Alice")
        })
        .expect("plain data");
        let keys = json.as_object().expect("an object");
        assert_eq!(keys.len(), 19);
        for key in [
            "firstname",
            "lastname",
            "birthday",
            "gender",
            "language",
            "country",
            "province",
            "city",
            "homepage",
            "about",
            "emails",
            "jobtitle",
            "phoneMobile",
            "phoneHome",
            "phoneOffice",
            "mood",
            "richMood",
            "avatarUrl",
            "username",
        ] {
            assert!(keys.contains_key(key), "{key}");
        }
        assert!(
            json["firstname"].is_string()
                && json["emails"].is_array()
                && json["username"].is_string()
        );
    }

    #[test]
    fn names_are_asked_in_three_ways() {
        for body in [
            r#"{"usernames":["Bob","8:carol"]}"#,
            "usernames[0]=Bob&usernames[1]=8%3Acarol",
            "usernames%5B0%5D=bob&usernames%5B1%5D=carol",
            "contacts[]=bob&contacts[]=carol",
        ] {
            assert_eq!(
                names_asked(body.as_bytes()).expect("names"),
                ["bob", "carol"],
                "{body}"
            );
        }
        assert!(names_asked(b"{\"usernames\":7}").is_err());
        assert_eq!(names_asked(b"").expect("none"), Vec::<String>::new());
    }

    #[test]
    fn a_change_says_only_what_is_new() {
        let change = Change::read(br#"{"payload":{"mood":"busy"}}"#).expect("a change");
        assert_eq!(
            change,
            Change {
                mood: Some("busy".into()),
                ..Change::default()
            }
        );
        assert_eq!(change.display(), None);
        let change =
            Change::read(br#"{"firstname":"Alice","lastname":"Tester"}"#).expect("a change");
        assert_eq!(change.display().as_deref(), Some("Alice Tester"));
    }
}
