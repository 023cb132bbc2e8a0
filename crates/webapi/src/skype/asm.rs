//! The store of files and pictures. (Section 9.)

use std::collections::BTreeMap;

use serde::Deserialize;

use super::id::{AsmId, Mri};
use super::link::Links;
use super::{ask, loose, wire};

/// Most names that the permissions of one object may hold.
pub const MAX_PERMISSIONS: usize = 500;

ask! {
    /// `POST /v1/objects`.
    pub struct NewObject {
        /// `sharing/file`, `pish/image`, `avatar/group`…
        #[serde(rename = "type", deserialize_with = "loose::text")]
        pub kind: Option<String>,
        /// Who may do what, by MRI or by the id of a thread.
        pub permissions: Option<BTreeMap<String, Vec<String>>>,
        /// What the file is called; pictures have none.
        #[serde(deserialize_with = "loose::text")]
        pub filename: Option<String>,
    }

    /// The form of `POST /v1/skypetokenauth`.
    pub struct TokenAuth {
        /// The token that becomes a cookie.
        #[serde(deserialize_with = "loose::text")]
        pub skypetoken: Option<String>,
    }
}

impl NewObject {
    /// Who may read it: what can be read of the keys. SkPy writes `8:19:…@thread.skype` too.
    #[must_use]
    pub fn readers(&self) -> Vec<Mri> {
        let keys = self.permissions.iter().flatten().take(MAX_PERMISSIONS);
        keys.filter(|(_, may)| may.iter().any(|right| right.eq_ignore_ascii_case("read")))
            .filter_map(|(key, _)| {
                let key = super::id::percent_decoded(key);
                let nested = key.strip_prefix("8:").and_then(Mri::parse);
                nested
                    .filter(|who| who.network != super::Network::Skype)
                    .or_else(|| Mri::parse(&key))
            })
            .collect()
    }

    /// Whether it is a picture.
    #[must_use]
    pub fn is_picture(&self) -> bool {
        self.kind
            .as_deref()
            .is_some_and(|kind| kind.starts_with("pish/") || kind.starts_with("avatar/"))
    }
}

/// What of an object is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The bytes as they came.
    Original,
    /// A picture of a size that fills a screen.
    Full,
    /// A small picture.
    Thumbnail,
}

impl View {
    /// By its name in `views/{name}` or `content/{name}`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "original" | "video" | "audio" | "imgo" => Self::Original,
            "imgpsh"
            | "imgpsh_fullsize"
            | "imgpsh_fullsize_anim"
            | "imgpsh_mobile_save"
            | "imgpsh_mobile_save_anim"
            | "avatar"
            | "avatar_fullsize" => Self::Full,
            "imgt1" | "imgt1_anim" | "imgt2" | "thumbnail" | "thumbr" => Self::Thumbnail,
            _ => return None,
        })
    }
}

wire! {
    /// The answer of `POST /v1/objects`.
    pub struct ObjectMade {
        /// See [`AsmId`].
        pub id: String,
    }

    /// `GET …/views/{view}/status`. It always has both addresses: skypeweb crashes at an object that is not ready and
    /// says no address.
    pub struct ObjectStatus {
        pub content_length: u64,
        pub content_full_length: u64,
        pub view_length: u64,
        /// `ready` or `no content`.
        pub content_state: String,
        /// `ready` or `none`.
        pub view_state: String,
        pub view_location: String,
        pub status_location: String,
        pub scan: Scan,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub original_filename: Option<String>,
    }

    /// That nothing bad was found.
    pub struct Scan {
        /// `passed`.
        pub status: String,
    }
}

impl ObjectStatus {
    /// Of the view `view`; `size` in bytes once the bytes are there.
    #[must_use]
    pub fn new(
        links: &Links,
        id: AsmId,
        view: &str,
        size: Option<u64>,
        name: Option<&str>,
    ) -> Self {
        let length = size.unwrap_or(0);
        let (content, viewed) = match size {
            Some(_) => ("ready", "ready"),
            None => ("no content", "none"),
        };
        let view_location = links.view(id, view);
        Self {
            content_length: length,
            content_full_length: length,
            view_length: length,
            content_state: content.to_owned(),
            view_state: viewed.to_owned(),
            status_location: format!("{view_location}/status"),
            view_location,
            scan: Scan {
                status: "passed".to_owned(),
            },
            original_filename: name.map(str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_as_they_come() {
        let body = br#"{"type":"sharing/file","permissions":{"8:Bob":["read"],"19:0011@thread.skype":["read"],
            "8:19:22@thread.skype":["read","write"],"8:eve":["write"],"junk":["read"]},"filename":"notes.txt"}"#;
        let asked: NewObject = loose::json(body).expect("an object");
        let readers: Vec<String> = asked.readers().iter().map(ToString::to_string).collect();
        assert_eq!(
            readers,
            ["19:0011@thread.skype", "19:22@thread.skype", "8:bob"]
        );
        assert!(!asked.is_picture());
        let none: NewObject = loose::json(b"{}").expect("an empty one");
        assert!(none.readers().is_empty());
    }

    #[test]
    fn a_status_always_says_where() {
        let links = Links::new("https://api.asm.skype.com");
        for size in [None, Some(40_708)] {
            let status = serde_json::to_value(ObjectStatus::new(
                &links,
                AsmId(7),
                "original",
                size,
                Some("notes.txt"),
            ))
            .expect("plain data");
            let location = format!(
                "https://api.asm.skype.com/v1/objects/{}/views/original",
                AsmId(7)
            );
            assert_eq!(status["view_location"], location);
            assert_eq!(status["status_location"], format!("{location}/status"));
            assert_eq!(status["content_state"] == "ready", size.is_some());
        }
        assert_eq!(View::named("imgpsh"), Some(View::Full));
        assert_eq!(View::named("../etc"), None);
    }
}
