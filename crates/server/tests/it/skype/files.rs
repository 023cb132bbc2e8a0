//! The store of files: what programs really send, and who may read it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::people::picture;
use super::{Form as _, Skyper, answer, ask, json_of};
use crate::support::{Person, Server};

const STORE: &str = "api.asm.skype.com";

impl Skyper<'_> {
    fn file(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        ask(self.server, method, STORE, path)
            .header("Authorization", format!("skype_token {}", self.token))
    }

    async fn make(&self, body: Value) -> (StatusCode, String) {
        let (status, made) = json_of(
            self.file(Method::POST, "/v1/objects")
                .body(body.to_string()),
        )
        .await;
        (status, made["id"].as_str().unwrap_or_default().to_owned())
    }

    async fn fill(&self, id: &str, bytes: &[u8]) -> StatusCode {
        let put = self.file(Method::PUT, &format!("/v1/objects/{id}/content/original"));
        answer(put.body(bytes.to_vec())).await.0
    }

    async fn read(&self, id: &str, view: &str) -> (StatusCode, Vec<u8>) {
        let answer = self
            .file(Method::GET, &format!("/v1/objects/{id}/{view}"))
            .send()
            .await
            .expect("an answer");
        (
            answer.status(),
            answer.bytes().await.expect("a body").to_vec(),
        )
    }
}

async fn three(server: &Server) -> [Skyper<'_>; 3] {
    for name in ["alice", "bob", "eve"] {
        Person::register(server, name).await;
    }
    [
        Skyper::sign_in(server, "alice").await,
        Skyper::sign_in(server, "bob").await,
        Skyper::sign_in(server, "eve").await,
    ]
}

#[tokio::test]
async fn a_file_is_read_by_those_it_was_given_to_and_by_nobody_else() {
    let server = Server::start().await;
    let [alice, bob, eve] = three(&server).await;
    let (status, id) = alice
        .make(json!({ "type": "sharing/file", "permissions": { "8:BOB": ["read"], "8:nobody-here": ["read"] }, "filename": "é.tar.gz" }))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(
        id.starts_with("0-") && id.len() == "0-eu-d1-".len() + 32,
        "{id}"
    );
    let status_path = format!("/v1/objects/{id}/views/original/status");
    let (_, before) = json_of(alice.file(Method::GET, &status_path)).await;
    assert_eq!(
        (&before["content_state"], &before["view_state"]),
        (&json!("no content"), &json!("none"))
    );
    assert!(before["status_location"].is_string() && before["view_location"].is_string());
    assert_eq!(
        bob.fill(&id, b"mine").await,
        StatusCode::FORBIDDEN,
        "another's object"
    );
    assert_eq!(alice.fill(&id, b"seven geese").await, StatusCode::CREATED);
    assert_eq!(
        alice.fill(&id, b"seven geese").await,
        StatusCode::CONFLICT,
        "twice"
    );
    for who in [&alice, &bob] {
        for view in [
            "views/original",
            "view/original",
            "views/video",
            "views/imgpsh_fullsize",
        ] {
            assert_eq!(
                who.read(&id, view).await,
                (StatusCode::OK, b"seven geese".to_vec()),
                "{view}"
            );
        }
        let (_, after) = json_of(who.file(Method::GET, &status_path)).await;
        assert_eq!(
            (&after["content_state"], &after["content_length"]),
            (&json!("ready"), &json!(11))
        );
        assert_eq!(after["original_filename"], "é.tar.gz");
        let location = after["view_location"].as_str().expect("an address");
        assert_eq!(
            location,
            format!("http://{STORE}/v1/objects/{id}/views/original")
        );
    }
    // A refusal has no body: skypeweb takes any object for a status.
    assert_eq!(
        eve.read(&id, "views/original").await,
        (StatusCode::FORBIDDEN, Vec::new())
    );
    assert_eq!(
        eve.read(&id, "views/original/status").await,
        (StatusCode::FORBIDDEN, Vec::new())
    );
    assert_eq!(
        bob.read(&id, "views/nowhere").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        bob.read("0-eu-d1-ffffffffffffffffffffffffffffffff", "views/original")
            .await,
        (StatusCode::NOT_FOUND, Vec::new())
    );
    server.stop().await;
}

#[tokio::test]
async fn bytes_come_as_programs_send_them() {
    let server = Server::start().await;
    let [alice, bob, _] = three(&server).await;
    let large: Vec<u8> = (0..5_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    for bytes in [&b""[..], &b"1"[..], &large[..]] {
        let (_, id) = alice.make(json!({ "type": "sharing/file", "permissions": { "8:bob": ["read"] }, "filename": "a.bin" })).await;
        assert_eq!(
            alice.fill(&id, bytes).await,
            StatusCode::CREATED,
            "{} bytes",
            bytes.len()
        );
        let (status, read) = bob.read(&id, "views/original").await;
        assert_eq!((status, read.len()), (StatusCode::OK, bytes.len()));
        assert!(read == bytes);
    }
    // A multipart type without a boundary is a lie of two programs; the body is the file all the same.
    let (_, id) = alice
        .make(json!({ "type": "sharing/file", "permissions": {}, "filename": "a.txt" }))
        .await;
    let put = alice.file(Method::PUT, &format!("/v1/objects/{id}/content/original"));
    let lie = put
        .header("Content-Type", "multipart/form-data")
        .body("--no boundary");
    assert_eq!(answer(lie).await.0, StatusCode::CREATED);
    assert_eq!(alice.read(&id, "views/original").await.1, b"--no boundary");
    // Chunked: nobody says how many bytes there will be.
    let (_, id) = alice.make(json!({ "type": "sharing/file" })).await;
    let pieces = large
        .chunks(700_000)
        .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
        .collect::<Vec<_>>();
    let put = alice.file(Method::PUT, &format!("/v1/objects/{id}/content/imgpsh"));
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    assert_eq!(answer(put.body(body)).await.0, StatusCode::CREATED);
    assert!(alice.read(&id, "views/original").await.1 == large);
    server.stop().await;
}

#[tokio::test]
async fn a_file_is_asked_for_in_ranges_by_its_head_and_by_a_cookie_that_opens_nothing_else() {
    let server = Server::start().await;
    let [alice, _, eve] = three(&server).await;
    let (_, id) = alice
        .make(json!({ "type": "sharing/file", "filename": "x.svg" }))
        .await;
    assert_eq!(
        alice.fill(&id, b"<svg onload='alert(1)'/>").await,
        StatusCode::CREATED
    );
    let path = format!("/v1/objects/{id}/views/original");
    let range = alice.file(Method::GET, &path).header("Range", "bytes=1-3");
    let (status, headers, text) = answer(range).await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::PARTIAL_CONTENT, "svg")
    );
    assert_eq!(headers["content-range"], "bytes 1-3/24");
    assert_eq!(
        headers["content-type"], "application/octet-stream",
        "it runs nowhere"
    );
    assert!(
        headers["content-disposition"]
            .to_str()
            .expect("text")
            .starts_with("attachment")
    );
    let head = alice
        .file(Method::HEAD, &path)
        .send()
        .await
        .expect("an answer");
    assert_eq!(head.headers()["content-length"], "24");
    let beyond = alice.file(Method::GET, &path).header("Range", "bytes=100-");
    let (status, _, text) = answer(beyond).await;
    assert_eq!(
        (status, text.as_str()),
        (StatusCode::RANGE_NOT_SATISFIABLE, "")
    );
    let auth = ask(&server, Method::POST, STORE, "/v1/skypetokenauth")
        .form(&[("skypetoken", &alice.token)]);
    let (status, headers, _) = answer(auth).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let cookie = headers["set-cookie"].to_str().expect("text");
    assert!(
        cookie.contains("Path=/v1/objects") && cookie.contains("HttpOnly"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    let (_, ticket) = cookie.split_once('=').expect("a pair");
    assert_ne!(ticket, alice.token, "not all that a skypetoken opens");
    let as_header = ask(&server, Method::GET, STORE, &path)
        .header("Authorization", format!("skype_token {ticket}"));
    assert_eq!(
        answer(as_header).await.0,
        StatusCode::UNAUTHORIZED,
        "no header takes it"
    );
    // A program that makes the cookie itself puts its skypetoken in.
    let own = ask(&server, Method::GET, STORE, &path)
        .header("Cookie", format!("skypetoken_asm={}", alice.token));
    assert_eq!(answer(own).await.0, StatusCode::OK);
    let by_cookie =
        |method, path: &str| ask(&server, method, STORE, path).header("Cookie", &cookie);
    assert_eq!(
        answer(by_cookie(Method::GET, &path)).await.0,
        StatusCode::OK
    );
    let put = by_cookie(Method::PUT, &format!("/v1/objects/{id}/content/original")).body("x");
    assert_eq!(
        answer(put).await.0,
        StatusCode::UNAUTHORIZED,
        "a cookie changes nothing"
    );
    let profile =
        ask(&server, Method::GET, "api.skype.com", "/users/self/profile").header("Cookie", &cookie);
    assert_eq!(answer(profile).await.0, StatusCode::UNAUTHORIZED);
    // The header goes before the cookie.
    let both = eve.file(Method::GET, &path).header("Cookie", &cookie);
    assert_eq!(answer(both).await.0, StatusCode::FORBIDDEN);
    for bad in ["skype_token a.b.c", "Basic eA=="] {
        let (status, headers, text) =
            answer(ask(&server, Method::GET, STORE, &path).header("Authorization", bad)).await;
        assert_eq!((status, text.as_str()), (StatusCode::UNAUTHORIZED, ""));
        assert!(!headers.contains_key("location"));
    }
    server.stop().await;
}

#[tokio::test]
async fn nothing_that_an_old_program_uploads_runs_anywhere() {
    let server = Server::start().await;
    let [alice, bob, _] = three(&server).await;
    let script = "<script>alert(1)</script>";
    let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{script}</svg>");
    // The name, the type that the program declares, and the bytes.
    let active = [
        ("x.svg", Some("image/svg+xml; charset=x"), svg),
        (
            "x.html",
            Some("text/html"),
            format!("<!DOCTYPE html><html>{script}</html>"),
        ),
        (
            "x.xhtml",
            None,
            format!("<html xmlns='http://www.w3.org/1999/xhtml'>{script}</html>"),
        ),
        ("x.png", Some("text/html"), format!("<html>{script}")),
        (
            "x.pdf",
            Some("application/pdf"),
            "%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>".to_owned(),
        ),
        ("a\"; filename=\"b.html", None, script.to_owned()),
        ("a\r\nSet-Cookie: b=c", None, script.to_owned()),
        ("\u{e9}.html", Some(""), script.to_owned()),
    ];
    for (name, declared, body) in active {
        let given = json!({ "type": "sharing/file", "permissions": { "8:bob": ["read"] }, "filename": name });
        let (status, id) = alice.make(given).await;
        assert_eq!(status, StatusCode::CREATED, "{name:?}");
        let put = alice.file(Method::PUT, &format!("/v1/objects/{id}/content/original"));
        let put = match declared {
            Some(declared) => put.header("Content-Type", declared),
            None => put,
        };
        assert_eq!(
            answer(put.body(body)).await.0,
            StatusCode::CREATED,
            "{name:?}"
        );
        for view in [
            "views/original",
            "views/imgpsh_fullsize",
            "views/original?download",
        ] {
            let asked = bob.file(Method::GET, &format!("/v1/objects/{id}/{view}"));
            let (status, headers, _) = answer(asked).await;
            assert_eq!(status, StatusCode::OK, "{name:?} {view}");
            let said = |header: &str| headers[header].to_str().expect("ASCII").to_owned();
            let harmless = ["application/octet-stream", "application/pdf"];
            assert!(
                harmless.contains(&said("content-type").as_str()),
                "{name:?}"
            );
            let place = said("content-disposition");
            assert!(place.starts_with("attachment"), "{name:?}: {place}");
            assert!(!place.contains("\"b.html"), "{place}");
            assert_eq!(said("x-content-type-options"), "nosniff", "{name:?}");
            assert!(said("content-security-policy").starts_with("sandbox; default-src 'none'"));
            assert!(!headers.contains_key("set-cookie"));
        }
    }
    a_picture_of_somebody_runs_nowhere(&alice).await;
    server.stop().await;
}

async fn a_picture_of_somebody_runs_nowhere(alice: &Skyper<'_>) {
    let put = async |body: Vec<u8>| {
        let request = alice.ask(Method::PUT, "avatar.skype.com", "/v1/avatars/alice");
        answer(request.header("Content-Type", "image/png").body(body))
            .await
            .0
    };
    let show = || answer(alice.ask(Method::GET, "avatar.skype.com", "/v1/avatars/alice/public"));
    for active in ["<svg onload='alert(1)'/>", "GIF89a/*<html>*/=1;alert(1)"] {
        assert_eq!(
            put(active.into()).await,
            StatusCode::BAD_REQUEST,
            "{active}"
        );
        assert_eq!(show().await.0, StatusCode::NOT_FOUND, "{active}");
    }
    // What is a picture, and a page behind it, is the picture alone.
    let both = [picture(), b"<html><script>alert(1)</script>".to_vec()].concat();
    assert!(put(both).await.is_success());
    let (status, headers, bytes) = show().await;
    assert_eq!(status, StatusCode::OK);
    let said = |header: &str| headers[header].to_str().expect("ASCII");
    assert_eq!(said("x-content-type-options"), "nosniff");
    assert!(said("content-security-policy").starts_with("sandbox; default-src 'none'"));
    assert_eq!(said("content-type"), "image/png");
    assert!(!bytes.contains("<script"));
}
