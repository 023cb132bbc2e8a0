//! What `skein login` keeps: which server, who, and the device's token. One file that only its owner can read.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::server::Server;

/// The largest profile that is read.
const MAX_BYTES: u64 = 64 * 1024;

/// A device that is signed in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The server's address.
    pub server: String,
    /// The account's name.
    pub name: String,
    /// The device's token.
    pub token: String,
    /// The pinned certificate's SHA-256, where the system does not vouch for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Profile {
    /// Where it is kept: `skein/profile.json` in the XDG configuration folder.
    ///
    /// # Errors
    /// [`Error::File`] when neither `XDG_CONFIG_HOME` nor `HOME` names a folder.
    pub fn path() -> Result<PathBuf, Error> {
        // XDG Base Directory Specification: an empty or relative value counts as unset.
        let folder = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let config =
            folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")));
        config
            .map(|config| config.join("skein/profile.json"))
            .ok_or_else(|| Error::File {
                path: "profile.json".into(),
                why: "set HOME or XDG_CONFIG_HOME to say where it is kept".into(),
            })
    }

    /// Read it; `None` when nobody has signed in.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read or understood.
    pub fn load(path: &Path) -> Result<Option<Self>, Error> {
        let refuse = |why: String| Error::File {
            path: path.to_owned(),
            why,
        };
        match std::fs::metadata(path) {
            Ok(data) if data.len() > MAX_BYTES => {
                return Err(refuse("too large for a profile".into()));
            }
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refuse(error.to_string())),
        }
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        serde_json::from_str(&text).map(Some).map_err(|error| {
            refuse(format!(
                "not a profile ({error}): sign in again with `skein login`"
            ))
        })
    }

    /// Keep it, readable by its owner only, whole or not at all.
    ///
    /// # Errors
    /// [`Error::File`] when the folder or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let refuse = |error: std::io::Error| Error::File {
            path: path.to_owned(),
            why: error.to_string(),
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(refuse)?;
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let text = serde_json::to_string_pretty(self).expect("a profile is plain data");
        let written = write_private(&beside, &text).and_then(|()| std::fs::rename(&beside, path));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written.map_err(refuse)
    }

    /// The server, as this profile's device.
    ///
    /// # Errors
    /// [`Error::Address`] when the profile was tampered with.
    pub fn server(&self) -> Result<Server, Error> {
        let pin = self
            .fingerprint
            .as_ref()
            .map(|text| text.parse())
            .transpose();
        let pin =
            pin.map_err(|_| Error::Protocol("the profile's fingerprint is not one".into()))?;
        Ok(Server::new(&self.server, pin)?.with_token(&self.token))
    }
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    // What an interrupted run left there may be readable by others.
    let _ = std::fs::remove_file(path);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            server: "https://skein.example".into(),
            name: "ann".into(),
            token: "secret".into(),
            fingerprint: Some("ab".repeat(32)),
        }
    }

    #[test]
    fn a_profile_is_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/profile.json");
        assert_eq!(Profile::load(&path).expect("nothing there"), None);
        profile().save(&path).expect("saved");
        profile().save(&path).expect("saved over it");
        assert_eq!(Profile::load(&path).expect("read"), Some(profile()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path)
                .expect("there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let left = std::fs::read_dir(path.parent().expect("a folder"))
            .expect("listed")
            .count();
        assert_eq!(left, 1, "nothing is left beside it");
        assert!(!format!("{:?}", profile()).contains("secret"));
    }

    #[test]
    fn a_broken_profile_says_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("profile.json");
        std::fs::write(&path, "{").expect("written");
        let error = Profile::load(&path).expect_err("broken").to_string();
        assert!(error.contains("skein login"), "{error}");
    }
}
