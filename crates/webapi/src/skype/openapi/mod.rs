//! The description of this dialect as an OpenAPI 3.1 document.
//!
//! The old services were some thirty hosts whose paths collide, so an address stands here as every server of ours takes it on its
//! own name: `/_/HOST` and the path of that host. Whoever leads the old names here leaves the prefix out.

mod around;
mod entry;
mod files;
mod gateway;
mod people;
mod sign_in;

use serde_json::{Map, Value, json};

use self::entry::{Entry, Refuses, Schemas};

/// What stands in front of a host in a path.
const PREFIX: &str = "/_/";

const ABOUT: &str = "The dialect of Skype's web generation, for programs that others have written. The old services were some \
    thirty hosts whose paths collide. Here each address is `/_/HOST` and the path of that host, which is how any server of ours takes it \
    on its own name; programs that are led here by the old names leave the prefix out. Bodies are read as JSON whatever their content type \
    says, and as a form where that is named; keys may be missing, and text, numbers and truth values stand for each other. What programs must \
    hear, and why, is told in docs/protocols/skype.md.";

/// A service: its host, how it refuses, what it answers.
type Service = (&'static str, Refuses, Vec<Entry>);

/// The document, as pretty JSON with a line feed at its end.
#[must_use]
pub fn document() -> String {
    let mut text = serde_json::to_string_pretty(&api()).expect("a description is plain data");
    text.push('\n');
    text
}

fn services() -> Vec<Service> {
    let rooms = [
        sign_in::services(),
        gateway::services(),
        people::services(),
        files::services(),
        around::services(),
    ];
    rooms.into_iter().flatten().collect()
}

fn api() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let (mut asked, mut given) = (Schemas::new(), Schemas::new());
    for (host, refuses, entries) in services() {
        for entry in entries {
            let operation = entry.operation(host, refuses, &mut given);
            let path = format!("{PREFIX}{host}{}", entry.path);
            paths.entry(path).or_insert_with(|| json!({}))[entry.method] = operation;
            asked.extend(entry.asked.0);
            given.extend(entry.given.0);
        }
    }
    let plain = |(name, schema)| (name, json!(schema));
    let mut schemas: Map<String, Value> = given.into_iter().map(plain).collect();
    for (name, schema) in asked {
        let mut schema = json!(schema);
        loosen(&mut schema);
        schemas.insert(name, schema);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Skein: Skype's web generation",
            "description": ABOUT,
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" },
            "version": env!("CARGO_PKG_VERSION"),
        },
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": schemes() },
    })
}

/// What may be missing may also be of another kind: see [`loose`](super::loose).
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(all) => {
            all.remove("default");
            if let Some(Value::Array(kinds)) = all.get_mut("type")
                && kinds.contains(&json!("null"))
                && !kinds.iter().any(|kind| kind == "object" || kind == "array")
            {
                *kinds = ["string", "number", "boolean", "null"]
                    .map(Value::from)
                    .into();
                all.remove("format");
            }
            all.values_mut().for_each(loosen);
        }
        Value::Array(all) => all.iter_mut().for_each(loosen),
        _ => {}
    }
}

/// How a program shows who it is.
fn schemes() -> Value {
    let key = |at: &str, name: &str, words: &str| {
        json!({
            "type": "apiKey", "in": at, "name": name, "description": words,
        })
    };
    json!({
        "skypetoken": key("header", "X-Skypetoken", "The skypetoken."),
        "authorization": key("header", "Authorization", "`skype_token` and the skypetoken; also `skypetoken=` in front of it."),
        "authentication": key("header", "Authentication", "`skypetoken=` and the skypetoken."),
        "registration": key("header", "RegistrationToken", "`registrationToken=` and the token; what follows a semicolon is not looked at."),
        "skypetoken_asm": key("cookie", "skypetoken_asm", "What `skypetokenauth` gave, or the skypetoken; for files alone, where nothing changes."),
        "look": key("query", "t", "Who looks at a picture: it stands in the addresses that this server gives out."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/protocols/openapi-skype.json"
    );

    /// `SKEIN_UPDATE=1 cargo test -p webapi openapi` writes it anew.
    #[test]
    fn the_kept_document_of_the_second_dialect_is_what_the_types_say() {
        let text = document();
        if std::env::var_os("SKEIN_UPDATE").is_some() {
            std::fs::write(PATH, &text).expect("docs can be written");
        }
        let kept = std::fs::read_to_string(PATH).unwrap_or_default();
        assert!(
            kept == text,
            "docs/protocols/openapi-skype.json is stale: run with SKEIN_UPDATE=1"
        );
    }

    #[test]
    fn everything_that_the_document_names_is_in_it_and_has_words() {
        let api = api();
        let text = api.to_string();
        let ours = "#/components/schemas/";
        for (at, _) in text.match_indices(ours) {
            let name = &text[at + ours.len()..];
            let name = &name[..name.find('"').expect("a string ends")];
            assert!(api["components"]["schemas"].get(name).is_some(), "{name}");
        }
        let entries = api["paths"].as_object().expect("paths").iter();
        let entries = entries.flat_map(|(path, item)| {
            let methods = item.as_object().expect("methods").iter();
            methods.map(move |(method, entry)| (format!("{method} {path}"), entry))
        });
        for (name, entry) in entries {
            assert_ne!(entry["summary"], "", "{name}");
            for parameter in entry["parameters"].as_array().into_iter().flatten() {
                assert_ne!(parameter["description"], "", "{name}: {parameter}");
            }
            for way in entry["security"].as_array().into_iter().flatten() {
                let way = way.as_object().and_then(|way| way.keys().next());
                let scheme = &api["components"]["securitySchemes"][way.expect("a scheme")];
                assert!(scheme.is_object(), "{name}");
            }
        }
    }

    #[test]
    fn what_may_be_missing_may_also_be_of_another_kind() {
        let api = api();
        let schemas = &api["components"]["schemas"];
        let asked = &schemas["NewMessage"]["properties"]["clientmessageid"]["type"];
        assert_eq!(*asked, json!(["string", "number", "boolean", "null"]));
        let given = &schemas["Profile"]["properties"]["mood"]["type"];
        assert_eq!(*given, json!(["string", "null"]));
    }
}
