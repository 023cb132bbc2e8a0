//! What the documents promise.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where refusals are made: the code is the first text behind one of these.
const MADE_BY: [&str; 3] = ["Error::new(", "Error::invalid(", "Refusal::new("];

#[test]
fn every_code_of_a_refusal_is_in_the_documents_list() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut codes = BTreeSet::new();
    for folder in ["hub/src", "server/src/api", "server/src/http"] {
        collect(&crates.join(folder), &mut codes);
    }
    assert!(codes.len() > 40, "the search finds them: {codes:?}");
    let document = fs::read_to_string(crates.join("../docs/protocols/api.md")).expect("readable");
    let (_, list) = document
        .split_once("## Codes")
        .expect("the document has a list");
    let missing: Vec<_> = codes
        .iter()
        .filter(|code| !list.contains(&format!("`{code}`")))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/protocols/api.md does not list {missing:?}"
    );
}

fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            collect(&path, codes);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let source = fs::read_to_string(&path).expect("readable");
            // What tests make is not what clients get.
            let source = source.split("#[cfg(test)]").next().unwrap_or_default();
            for made_by in MADE_BY {
                codes.extend(source.split(made_by).skip(1).filter_map(code));
            }
        }
    }
}

fn code(behind: &str) -> Option<String> {
    let (before, rest) = behind.split_once('"')?;
    let (code, _) = rest.split_once('"')?;
    // Between the bracket and the code stands the kind at most.
    let is_kind = before
        .chars()
        .all(|c| c.is_alphanumeric() || c.is_whitespace() || ":,_".contains(c));
    let is_code = !code.is_empty() && code.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    (is_kind && is_code).then(|| code.to_owned())
}
