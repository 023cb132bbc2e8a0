//! Reading the configuration: the file, then the environment over it.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::{Config, MANUAL, Secret, SectionManual};
use crate::udp::MAX_THREADS;

/// The longest wait of the relay, µs: beyond it speech suffers.
const MAX_COALESCE_US: u64 = 10_000;

/// Pictures that are cleaned at the same time: each takes the memory of a decoded one.
const MAX_PICTURES: usize = 16;

/// Why the configuration cannot be used. The text names the place and what to change.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file says something that cannot be.
    #[error("{place}, line {line}: {message}")]
    File {
        /// Which file.
        place: String,
        /// The line, from 1.
        line: usize,
        /// What is the matter.
        message: String,
    },
    /// A variable of the environment says something that cannot be.
    #[error("environment variable {name}: {message}")]
    Environment {
        /// Which variable.
        name: String,
        /// What is the matter.
        message: String,
    },
    /// Keys contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

/// The configuration of `file` (if given) under `environment`, with secrets read from their `…_file`s.
pub fn read(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut table = toml::Table::new();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let place = path.display().to_string();
        known_keys(&place, &text)?;
        // Read once by itself, so that a wrong value is reported with its line.
        toml::from_str::<Config>(&text).map_err(|error| in_file(&place, &text, &error))?;
        table = text
            .parse()
            .map_err(|error| in_file(&place, &text, &error))?;
    }
    let mut variables: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with("SKEIN_") && name.contains("__"))
        .collect();
    variables.sort();
    for (name, value) in variables {
        overlay(&mut table, &name, &value)?;
    }
    let mut config: Config = table
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Contradiction(error.message().to_owned()))?;
    secrets(&mut config)?;
    Ok(config)
}

/// Refuses keys that the manual does not hold, by line and with the nearest that it does.
fn known_keys(place: &str, text: &str) -> Result<(), ConfigError> {
    let table = DeTable::parse(text).map_err(|error| in_file(place, text, &error))?;
    for (name, value) in table.get_ref() {
        let wrong = |message, at| ConfigError::File {
            place: place.to_owned(),
            line: line(text, at),
            message,
        };
        let Some(section) = section(name.get_ref()) else {
            let message = format!(
                "there is no section or key {:?}{}",
                name.get_ref(),
                nearest_section(name.get_ref())
            );
            return Err(wrong(message, name.span().start));
        };
        let DeValue::Table(keys) = value.get_ref() else {
            let message = format!("{:?} is a section: write [{}]", section.name, section.name);
            return Err(wrong(message, name.span().start));
        };
        for (key, _) in keys {
            if !section.keys.iter().any(|known| known.name == key.get_ref()) {
                let message = format!(
                    "there is no key {:?} in [{}]{}",
                    key.get_ref(),
                    section.name,
                    nearest(key.get_ref(), section.keys.iter().map(|known| known.name))
                );
                return Err(wrong(message, key.span().start));
            }
        }
    }
    Ok(())
}

fn section(name: &str) -> Option<&'static SectionManual> {
    MANUAL.iter().find(|section| section.name == name)
}

fn nearest_section(name: &str) -> String {
    // A key written outside of its section is the commoner slip.
    let home = MANUAL
        .iter()
        .find(|section| section.keys.iter().any(|key| key.name == name));
    match home {
        Some(section) => format!("; {name} belongs below [{}]", section.name),
        None => nearest(name, MANUAL.iter().map(|section| section.name)),
    }
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or_else(String::new, |(_, candidate)| {
            format!("; the nearest is {candidate:?}")
        })
}

fn in_file(place: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError::File {
        place: place.to_owned(),
        line: error.span().map_or(1, |span| line(text, span.start)),
        message: error.message().trim().replace('\n', ", "),
    }
}

fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count()
}

/// Puts `SKEIN_SECTION__KEY=value` over the table. The value may be TOML, a bare text, or a list with commas.
fn overlay(table: &mut toml::Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let wrong = |message| ConfigError::Environment {
        name: name.to_owned(),
        message,
    };
    let path = name.trim_start_matches("SKEIN_").to_lowercase();
    let Some((section_name, key)) = path.split_once("__") else {
        return Ok(());
    };
    let Some(section) = section(section_name) else {
        let known = MANUAL.iter().map(|section| section.name);
        return Err(wrong(format!(
            "there is no section {section_name:?}{}",
            nearest(section_name, known)
        )));
    };
    if !section.keys.iter().any(|known| known.name == key) {
        let known = section.keys.iter().map(|known| known.name);
        return Err(wrong(format!(
            "there is no key {key:?} in [{section_name}]{}",
            nearest(key, known)
        )));
    }
    let text = toml::Value::String(value.to_owned());
    let list = value
        .split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty());
    let list = toml::Value::Array(
        list.map(|item| toml::Value::String(item.to_owned()))
            .collect(),
    );
    let parsed = format!("v = {value}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut t| t.remove("v"));
    let mut last = String::new();
    for candidate in parsed.into_iter().chain([text, list]) {
        let mut trial = toml::Table::new();
        let keys = toml::Table::from_iter([(key.to_owned(), candidate.clone())]);
        trial.insert(section_name.to_owned(), toml::Value::Table(keys));
        match trial.try_into::<Config>() {
            Ok(_) => {
                let entry = table
                    .entry(section_name.to_owned())
                    .or_insert_with(|| toml::Value::Table(toml::Table::new()));
                if let toml::Value::Table(keys) = entry {
                    keys.insert(key.to_owned(), candidate);
                }
                return Ok(());
            }
            // Nothing of a secret may be quoted back.
            Err(error) if last.is_empty() => last = error.message().trim().replace('\n', ", "),
            Err(_) => {}
        }
    }
    Err(wrong(last))
}

/// Reads the secrets that are kept in files of their own.
fn secrets(config: &mut Config) -> Result<(), ConfigError> {
    from_file(
        "store.postgres",
        &mut config.store.postgres,
        config.store.postgres_file.as_deref(),
    )?;
    from_file(
        "turn.shared_secret",
        &mut config.turn.shared_secret,
        config.turn.shared_secret_file.as_deref(),
    )?;
    if let Some(path) = &config.turn.users_file {
        let text = file_text(path)?;
        let users: std::collections::BTreeMap<String, Secret> =
            toml::from_str(&text).map_err(|error| ConfigError::File {
                place: path.display().to_string(),
                line: error.span().map_or(1, |span| line(&text, span.start)),
                message: "expected lines of name = \"password\"".to_owned(),
            })?;
        config.turn.users.extend(users);
    }
    if config.turn.threads > MAX_THREADS || config.turn.coalesce_us > MAX_COALESCE_US {
        return Err(ConfigError::Contradiction(format!(
            "[turn] threads may be 0 to {MAX_THREADS}, and coalesce_us 0 to {MAX_COALESCE_US}"
        )));
    }
    let objects = &config.objects;
    let bytes = [
        objects.file_bytes,
        objects.account_bytes,
        objects.total_bytes,
    ];
    if bytes.iter().any(|bytes| *bytes < 0)
        || !(1..=MAX_PICTURES).contains(&objects.picture_threads)
    {
        return Err(ConfigError::Contradiction(format!(
            "[objects] sizes are not below 0 bytes, and picture_threads may be 1 to {MAX_PICTURES}"
        )));
    }
    if config.server.certificate.is_some() != config.server.certificate_key.is_some() {
        return Err(ConfigError::Contradiction(
            "[server] certificate and certificate_key belong together: set both or neither"
                .to_owned(),
        ));
    }
    if config.turn.ports[0] == 0 || config.turn.ports[0] > config.turn.ports[1] {
        return Err(ConfigError::Contradiction(
            "[turn] ports wants the lowest and the highest port, such as [49152, 65535]".to_owned(),
        ));
    }
    Ok(())
}

fn from_file(
    key: &str,
    value: &mut Option<Secret>,
    file: Option<&Path>,
) -> Result<(), ConfigError> {
    let Some(path) = file else {
        return Ok(());
    };
    if value.is_some() {
        return Err(ConfigError::Contradiction(format!(
            "{key} and {key}_file are both set: keep one"
        )));
    }
    *value = Some(Secret(
        file_text(path)?.trim_end_matches(['\r', '\n']).to_owned(),
    ));
    Ok(())
}

fn file_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Registration;

    fn of(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("skein.toml");
        std::fs::write(&path, text).expect("written");
        let environment = environment
            .iter()
            .map(|&(k, v)| (k.to_owned(), v.to_owned()));
        read(Some(&path), environment).map_err(|error| {
            error
                .to_string()
                .replace(&path.display().to_string(), "skein.toml")
        })
    }

    #[test]
    fn an_empty_file_is_the_default() {
        assert_eq!(of("", &[]).expect("fine"), Config::default());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
        let error = of("# mine\n[server]\npubic = [\"a.example\"]\n", &[]).expect_err("wrong");
        assert_eq!(
            error,
            "skein.toml, line 3: there is no key \"pubic\" in [server]; the nearest is \"public\""
        );
        let error = of("[acounts]\n", &[]).expect_err("wrong");
        assert!(
            error.contains("line 1") && error.contains("\"accounts\""),
            "{error}"
        );
        let error = of("\nregistration = \"open\"\n", &[]).expect_err("wrong");
        assert!(
            error.contains("line 2") && error.contains("[accounts]"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_line() {
        let error = of("[accounts]\nregistration = \"maybe\"\n", &[]).expect_err("wrong");
        assert!(
            error.contains("line 2") && error.contains("open"),
            "{error}"
        );
        let error = of("[turn]\n\nallow_peers = [\"10.0.0.0/40\"]\n", &[]).expect_err("wrong");
        assert!(
            error.contains("line 3") && error.contains("10.0.0.0/8"),
            "{error}"
        );
        let error = of("[server\n", &[]).expect_err("wrong");
        assert!(error.contains("line 1"), "{error}");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = of(
            "[accounts]\nregistration = \"open\"\n[server]\npublic = [\"old.example\"]\n",
            &[
                ("SKEIN_ACCOUNTS__REGISTRATION", "closed"),
                ("SKEIN_SERVER__PUBLIC", "new.example, 203.0.113.5"),
                ("SKEIN_CALLS__RELAY_ONLY", "true"),
                ("SKEIN_TURN__USERS", "{ a = \"b\" }"),
                ("SKEIN_LIMITS__CONNECTIONS", "12"),
                ("SKEIN_OTHER", "ignored"),
            ],
        )
        .expect("fine");
        assert_eq!(config.accounts.registration, Registration::Closed);
        assert_eq!(config.server.public, ["new.example", "203.0.113.5"]);
        assert!(config.calls.relay_only);
        assert_eq!(config.turn.users["a"], Secret("b".into()));
        assert_eq!(config.limits.connections, 12);
    }

    #[test]
    fn a_wrong_variable_is_named() {
        let error = of("", &[("SKEIN_SERVER__PUBIC", "x")]).expect_err("wrong");
        assert!(
            error.contains("SKEIN_SERVER__PUBIC") && error.contains("\"public\""),
            "{error}"
        );
        let error = of("", &[("SKEIN_CALLS__RELAY_ONLY", "perhaps")]).expect_err("wrong");
        assert!(error.contains("SKEIN_CALLS__RELAY_ONLY"), "{error}");
    }

    #[test]
    fn what_the_relay_cannot_do_is_said_at_the_start() {
        let said = of("[turn]\nthreads = 2\ncoalesce_us = 0\n", &[]).expect("fine");
        assert_eq!((said.turn.threads, said.turn.coalesce_us), (2, 0));
        for wrong in ["threads = 65", "coalesce_us = 10001"] {
            let error = of(&format!("[turn]\n{wrong}\n"), &[]).expect_err("too much");
            assert!(
                error.contains("0 to 64") && error.contains("0 to 10000"),
                "{error}"
            );
        }
    }

    #[test]
    fn secrets_come_from_files_and_never_show() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "hush-hush\n").expect("written");
        let text = format!(
            "[turn]\nshared_secret_file = {:?}\n",
            path.display().to_string()
        );
        let config = of(&text, &[]).expect("fine");
        assert_eq!(config.turn.shared_secret, Some(Secret("hush-hush".into())));
        assert!(!format!("{config:?}").contains("hush"));
        let error = of(&format!("{text}shared_secret = \"x\"\n"), &[]).expect_err("both");
        assert!(error.contains("keep one"), "{error}");
    }
}
