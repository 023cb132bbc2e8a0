//! What the documents of both dialects say of their addresses.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::support::Server;

/// A path with a word for each of its parts.
fn filled(path: &str) -> String {
    let words = path
        .split('/')
        .map(|part| if part.starts_with('{') { "1" } else { part });
    words.collect::<Vec<_>>().join("/")
}

/// What an address takes, as its refusal of another method tells; `HEAD` goes with `GET` (RFC 9110 §9.3.2).
async fn taken(server: &Server, path: &str) -> BTreeSet<String> {
    let other: Method = "BREW".parse().expect("a method");
    let url = format!("http://{}{}", server.http(), filled(path));
    let answer = reqwest::Client::new().request(other, url).send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 405, "{path}");
    let allow = answer.headers().get("allow").expect("what it takes");
    let methods = allow.to_str().expect("text").split(',').map(str::trim);
    methods
        .filter(|method| *method != "HEAD")
        .map(str::to_lowercase)
        .collect()
}

#[tokio::test]
async fn every_address_takes_the_methods_that_its_document_says_and_no_other() {
    let server = Server::start().await;
    for document in [
        webapi::skein::openapi::document(),
        webapi::skype::openapi::document(),
    ] {
        let document: Value = serde_json::from_str(&document).expect("JSON");
        for (path, methods) in document["paths"].as_object().expect("paths") {
            let described: BTreeSet<String> = methods
                .as_object()
                .expect("methods")
                .keys()
                .cloned()
                .collect();
            assert_eq!(taken(&server, path).await, described, "{path}");
        }
    }
    server.stop().await;
}
