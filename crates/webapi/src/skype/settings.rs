//! Small things around: flags, options, services, bots, configuration, previews of links. (Section 7.5.)

use serde::Deserialize;

use super::{ask, loose, wire};

/// Flags of an account, by their numbers in `flags/v1`.
pub mod flag {
    /// No preview of links.
    pub const NO_LINK_PREVIEW: u32 = 11;
    /// No notice at a mention.
    pub const NO_MENTION_NOTICE: u32 = 13;
    /// Calls with pictures from contacts alone.
    pub const VIDEO_CONTACTS_ONLY: u32 = 15;
    /// Calls with pictures from nobody.
    pub const VIDEO_NOBODY: u32 = 16;
    /// Not to show that one is typing.
    pub const NO_TYPING: u32 = 20;
    /// The largest number that is kept.
    pub const LAST: u32 = 255;
}

/// The value of `calling.skype-call-policy`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
pub enum CallPolicy {
    /// Who likes.
    #[serde(rename = "EVERYONE_CAN_CALL")]
    Everyone,
    /// Contacts.
    #[serde(rename = "AUTHORIZED_CAN_CALL")]
    Contacts,
}

wire! {
    /// `GET …/options/calling.skype-call-policy`.
    pub struct CallOption {
        pub value: CallPolicy,
    }

    /// `GET api.skype.com/users/{me}/options/{opt}`.
    pub struct OldOption {
        #[serde(rename = "optionInt")]
        pub option_int: i64,
    }

    /// `GET api.aps.skype.com/v1/agents`.
    pub struct Agents {
        #[serde(rename = "agentDescriptions")]
        pub agent_descriptions: Vec<AgentDescription>,
    }

    /// A bot.
    pub struct AgentDescription {
        /// Without a prefix.
        #[serde(rename = "agentId")]
        pub agent_id: String,
        #[serde(rename = "displayName")]
        pub display_name: String,
        pub developer: String,
        #[serde(rename = "isTrusted")]
        pub is_trusted: bool,
        #[serde(rename = "supportedLocales")]
        pub supported_locales: Vec<String>,
        #[serde(rename = "starRating")]
        pub star_rating: u8,
        pub description: String,
        #[serde(rename = "userTileStaticUrl")]
        pub user_tile_static_url: String,
    }

    /// `GET …/SkypePersonalization`: where the emoticons are listed.
    pub struct Personalization {
        /// Absolute.
        pub pes_config: String,
    }

    /// The list at that address.
    pub struct EmoticonList {
        pub items: Vec<EmoticonItem>,
    }

    /// An emoticon.
    pub struct EmoticonItem {
        /// Its name in `<ss type="…">`.
        pub id: String,
        /// How it is typed; never empty.
        pub shortcuts: Vec<String>,
    }

    /// `GET static.asm.skype.com/pes/v1/petoken`.
    pub struct PeToken {
        /// Any word.
        pub token: String,
    }

    /// `GET dev.microsofttranslator.com/api/languages`: none, since this server translates nothing.
    #[derive(Default)]
    pub struct Languages {
        pub text: std::collections::BTreeMap<String, serde_json::Value>,
    }
}

impl EmoticonList {
    /// All that we know.
    #[must_use]
    pub fn known() -> Self {
        let item = |(id, shortcut): (&str, &str)| EmoticonItem {
            id: id.to_owned(),
            shortcuts: vec![shortcut.to_owned()],
        };
        Self {
            items: super::text::emoticons().map(item).collect(),
        }
    }
}

impl AgentDescription {
    /// A bot of this server.
    #[must_use]
    pub fn new(name: &str, display: &str, developer: &str, picture: String) -> Self {
        Self {
            agent_id: name.to_owned(),
            display_name: display.to_owned(),
            developer: developer.to_owned(),
            is_trusted: true,
            supported_locales: Vec::new(),
            star_rating: 5,
            description: String::new(),
            user_tile_static_url: picture,
        }
    }
}

ask! {
    /// `PUT …/options/{option}`.
    pub struct PutOption {
        /// JSON says `value`.
        #[serde(deserialize_with = "loose::text")]
        pub value: Option<String>,
        /// An old form says this.
        #[serde(rename = "integerValue", deserialize_with = "loose::number")]
        pub integer_value: Option<i64>,
        /// An old form for text says this.
        #[serde(rename = "stringValue", deserialize_with = "loose::text")]
        pub string_value: Option<String>,
    }
}

impl PutOption {
    /// The policy that it asks for.
    #[must_use]
    pub fn call_policy(&self) -> Option<CallPolicy> {
        match self.value.as_deref().or(self.string_value.as_deref())? {
            "EVERYONE_CAN_CALL" => Some(CallPolicy::Everyone),
            "AUTHORIZED_CAN_CALL" => Some(CallPolicy::Contacts),
            _ => None,
        }
    }
}

/// The number of a flag, as it stands in a path.
#[must_use]
pub fn flag_number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number <= flag::LAST)
}
