//! The example file: the manual as a configuration that changes nothing.

use std::fmt::Write as _;

use super::MANUAL;

/// The text of `docs/skein.example.toml`: every key with its manual, each commented out.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(
        "# Skein, every key and its default (or an example, where the default is \"none\").\n\
         # A flag wins over SKEIN_SECTION__KEY in the environment, which wins over this file.\n",
    );
    for section in MANUAL {
        text.push('\n');
        for line in section.doc {
            let _ = writeln!(text, "#{line}");
        }
        let _ = writeln!(text, "[{}]", section.name);
        for key in section.keys {
            text.push('\n');
            for line in key.doc {
                let _ = writeln!(text, "#{line}");
            }
            let _ = writeln!(text, "# {} = {}", key.name, key.example);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, read};

    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/skein.example.toml");

    /// `SKEIN_UPDATE=1 cargo test -p server the_example` writes it anew.
    #[test]
    fn the_example_file_is_what_the_docs_say() {
        let text = example();
        if std::env::var_os("SKEIN_UPDATE").is_some() {
            std::fs::write(PATH, &text).expect("docs can be written");
        }
        let kept = std::fs::read_to_string(PATH).unwrap_or_default();
        assert_eq!(
            kept, text,
            "docs/skein.example.toml is stale: run with SKEIN_UPDATE=1"
        );
    }

    #[test]
    fn the_example_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("skein.toml");
        std::fs::write(&path, example()).expect("written");
        assert_eq!(read(Some(&path), []).expect("readable"), Config::default());
    }

    #[test]
    fn every_key_of_the_example_can_be_used_and_defaults_are_told_truly() {
        for section in MANUAL {
            for key in section.keys {
                let text = format!("[{}]\n{} = {}\n", section.name, key.name, key.example);
                let config: Config =
                    toml::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
                let has_default = matches!(
                    key.name,
                    "http"
                        | "tls"
                        | "udp"
                        | "offline_shell"
                        | "registration"
                        | "ports"
                        | "allocations"
                        | "allocations_per_user"
                        | "threads"
                        | "coalesce_us"
                        | "relay_only"
                        | "file_bytes"
                        | "account_bytes"
                        | "total_bytes"
                        | "keep_free_bytes"
                        | "picture_pixels"
                        | "picture_threads"
                        | "connections"
                        | "connections_per_address"
                        | "level"
                        | "format"
                        | "reveal"
                        | "sign_in_account"
                        | "sign_in_address"
                        | "register_address"
                        | "names_address"
                        | "search"
                        | "messages"
                        | "calls"
                        | "requests"
                );
                if has_default {
                    assert_eq!(config, Config::default(), "{text}");
                }
            }
        }
    }
}
