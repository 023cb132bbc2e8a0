//! Files and pictures through the door: pieces, ranges, headers, and what a full disk answers.

use std::os::unix::fs::symlink;

use reqwest::header::{HeaderMap, HeaderName};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use webapi::skein as api;

use crate::support::{Person, Server};

impl Person {
    fn ask(&self, server: &Server, method: Method, path: &str) -> RequestBuilder {
        reqwest::Client::new()
            .request(method, server.url(path))
            .bearer_auth(&self.token)
    }

    pub(super) async fn begins(&self, name: &str, size: usize, client: &str) -> api::ObjectInfo {
        let command =
            json!({ "type": "begin_object", "name": name, "size": size, "client": client });
        match self.command(command).await.value {
            api::Value::Object { object } => object,
            other => panic!("an object: {other:?}"),
        }
    }

    pub(super) async fn piece(
        &self,
        server: &Server,
        id: &str,
        at: usize,
        bytes: &[u8],
    ) -> Response {
        self.ask(server, Method::PATCH, &format!("objects/{id}"))
            .header("Upload-Offset", at)
            .body(bytes.to_vec())
            .send()
            .await
            .expect("an answer")
    }

    pub(super) async fn upload(
        &self,
        server: &Server,
        name: &str,
        bytes: &[u8],
    ) -> api::ObjectInfo {
        let begun = self.begins(name, bytes.len(), name).await;
        for (n, piece) in bytes.chunks(api::MAX_PIECE).enumerate() {
            let at = n * api::MAX_PIECE;
            let answer = self.piece(server, &begun.id.0, at, piece).await;
            assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.text().await);
        }
        match self.command(finish(&begun, bytes)).await.value {
            api::Value::Object { object } => object,
            other => panic!("an object: {other:?}"),
        }
    }

    pub(super) async fn fetch(&self, server: &Server, path: &str) -> Response {
        let answer = self.ask(server, Method::GET, path).send().await;
        answer.expect("an answer")
    }
}

pub(super) fn finish(object: &api::ObjectInfo, bytes: &[u8]) -> Value {
    let sha256 = hex::encode(Sha256::digest(bytes));
    json!({ "type": "finish_object", "object": object.id, "sha256": sha256 })
}

fn send(to: &Person, ids: &[&api::ObjectInfo], client: &str) -> Value {
    let ids: Vec<&str> = ids.iter().map(|object| object.id.0.as_str()).collect();
    json!({ "type": "send", "to": { "account": to.id }, "client": client, "body": { "type": "objects", "ids": ids } })
}

pub(super) fn text(headers: &HeaderMap, name: &'static str) -> String {
    let value = headers.get(HeaderName::from_static(name));
    value.map_or_else(String::new, |value| {
        value.to_str().expect("text").to_owned()
    })
}

/// A PNG of one pixel.
fn png() -> Vec<u8> {
    let mut out = hex::decode(concat!(
        "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de",
        "0000000c49444154789c63f8cfc0000003010100c9fe92ef",
    ))
    .expect("digits");
    out.extend(hex::decode("0000000049454e44ae426082").expect("digits"));
    out
}

#[tokio::test]
async fn an_upload_goes_on_after_a_restart_of_the_server() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    // More than two pieces.
    let bytes: Vec<u8> = (0_u32..500_000).flat_map(u32::to_le_bytes).collect();
    let begun = ana.begins("numbers.bin", bytes.len(), "u").await;
    assert_eq!(
        (begun.state, begun.offset),
        (api::ObjectState::Uploading, 0)
    );
    let id = begun.id.0.clone();
    let first = api::MAX_PIECE;
    let answer = ana.piece(&server, &id, 0, &bytes[..first]).await;
    let written: api::Written = answer.json().await.expect("JSON");
    assert_eq!(written.offset, i64::try_from(first).expect("small"));
    let large = ana.piece(&server, &id, first, &bytes[..=first]).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let nameless = ana.ask(&server, Method::PATCH, &format!("objects/{id}"));
    let nameless = nameless.body("x").send().await.expect("an answer");
    assert_eq!(nameless.status(), StatusCode::BAD_REQUEST);

    let folder = server.stop().await;
    let server = Server::start_in(folder, |_| {}).await;
    let ana = Person::sign_in(&server, "ana").await;
    let head = ana.ask(&server, Method::HEAD, &format!("objects/{id}"));
    let head = head.send().await.expect("an answer");
    assert_eq!(text(head.headers(), "upload-offset"), first.to_string());
    // At any other offset: refused, with the right one.
    for at in [0, first - 1, first + 1] {
        let answer = ana.piece(&server, &id, at, b"x").await;
        assert_eq!(answer.status(), StatusCode::CONFLICT);
        assert_eq!(text(answer.headers(), "upload-offset"), first.to_string());
        let refusal: api::ApiError = answer.json().await.expect("JSON");
        assert_eq!(refusal.code, "offset");
    }
    for at in [first, 2 * first] {
        let end = bytes.len().min(at + first);
        let answer = ana.piece(&server, &id, at, &bytes[at..end]).await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    let done = ana.command(finish(&begun, &bytes)).await;
    let api::Value::Object { object } = done.value else {
        panic!("an object");
    };
    assert_eq!(object.state, api::ObjectState::Ready);
    assert_eq!(object.mime.as_deref(), Some("application/octet-stream"));
    let answer = ana.fetch(&server, &format!("objects/{id}/content")).await;
    assert_eq!(answer.bytes().await.expect("bytes"), bytes);
    server.stop().await;
}

#[tokio::test]
async fn a_file_reaches_who_has_its_message_and_nobody_else() {
    let server = Server::start().await;
    let (ana, bob, eva) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
        Person::register(&server, "eva").await,
    );
    ana.befriend(&bob).await;
    let mut at_bob = bob.socket(None).await;
    let file = ana.upload(&server, "goose.txt", b"grey goose").await;
    let path = format!("objects/{}/content", file.id);
    assert_eq!(
        bob.fetch(&server, &path).await.status(),
        StatusCode::NOT_FOUND
    );
    let api::Value::Message { id, .. } = ana.command(send(&bob, &[&file], "1")).await.value else {
        panic!("a message");
    };
    let body = at_bob
        .find_event(|event| match event {
            api::Event::Message { message, .. } if message.id == id => Some(message.body.clone()),
            _ => None,
        })
        .await;
    let api::Body::Objects {
        ids,
        objects,
        blocks,
    } = body
    else {
        panic!("files: {body:?}");
    };
    assert_eq!(ids, std::slice::from_ref(&file.id));
    assert_eq!(objects, std::slice::from_ref(&file));
    assert!(blocks.is_empty());
    let answer = bob.fetch(&server, &path).await;
    assert_eq!(answer.bytes().await.expect("bytes"), "grey goose");
    let ends = ["", "/content", "/preview", "/content?download"];
    for end in ends {
        let path = format!("objects/{}{end}", file.id);
        let (status, refusal) = eva.get_raw(&path).await;
        assert_eq!(
            (status, &refusal["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found"))
        );
        let stranger = reqwest::get(server.url(&path)).await.expect("an answer");
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
        let in_address = format!("{}?token={}", server.url(&path), bob.token);
        let in_address = reqwest::get(in_address).await.expect("an answer");
        assert_eq!(in_address.status(), StatusCode::UNAUTHORIZED);
    }
    let delete = json!({ "type": "delete", "message": id });
    ana.command(delete).await;
    assert_eq!(
        bob.fetch(&server, &path).await.status(),
        StatusCode::NOT_FOUND
    );
    server.stop().await;
}

#[tokio::test]
async fn ranges_conditions_and_heads_are_answered() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let file = ana.upload(&server, "ten.bin", b"0123456789").await;
    let path = format!("objects/{}/content", file.id);
    let ask = async |method: Method, pairs: &[(&str, &str)]| {
        let mut request = ana.ask(&server, method, &path);
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    };
    let whole = ask(Method::GET, &[]).await;
    let tag = text(whole.headers(), "etag");
    assert_eq!(tag, format!("\"{}\"", file.sha256.expect("ready")));
    assert_eq!(text(whole.headers(), "accept-ranges"), "bytes");
    assert_eq!(text(whole.headers(), "cache-control"), "private, no-cache");
    let head = ask(Method::HEAD, &[]).await;
    assert_eq!(text(head.headers(), "content-length"), "10");
    assert_eq!(head.bytes().await.expect("nothing").len(), 0);
    let part = ask(Method::GET, &[("range", "bytes=3-5")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(text(part.headers(), "content-range"), "bytes 3-5/10");
    assert_eq!(part.bytes().await.expect("bytes"), "345");
    let last = ask(Method::GET, &[("range", "bytes=-2"), ("if-range", &tag)]).await;
    assert_eq!(last.bytes().await.expect("bytes"), "89");
    let stale = ask(
        Method::GET,
        &[("range", "bytes=-2"), ("if-range", "\"old\"")],
    )
    .await;
    assert_eq!(stale.bytes().await.expect("bytes"), "0123456789");
    let outside = ask(Method::GET, &[("range", "bytes=10-")]).await;
    assert_eq!(outside.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(text(outside.headers(), "content-range"), "bytes */10");
    let known = ask(Method::GET, &[("if-none-match", &tag)]).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    server.stop().await;
}

/// Case: active content.
#[tokio::test]
async fn nothing_that_is_uploaded_runs_in_our_origin() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let script = "<script>alert(1)</script>";
    let active = [
        (
            "x.svg",
            format!("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>{script}</svg>"),
        ),
        (
            "y.svg",
            format!("<?xml version='1.0'?><svg onload='alert(1)'>{script}</svg>"),
        ),
        ("x.html", format!("<!DOCTYPE html><html>{script}</html>")),
        (
            "x.xhtml",
            format!("<html xmlns='http://www.w3.org/1999/xhtml'>{script}</html>"),
        ),
        // What the name says counts for nothing.
        ("x.png", format!("<html>{script}")),
        ("x.js", "alert(1)".to_owned()),
        ("x.pdf", "%PDF-1.7\n1 0 obj<</JS(app.alert(1))>>".to_owned()),
    ];
    for (name, body) in &active {
        let file = ana.upload(&server, name, body.as_bytes()).await;
        assert!(!file.picture, "{name}");
        for how in ["", "?download"] {
            let path = format!("objects/{}/content{how}", file.id);
            let answer = ana.fetch(&server, &path).await;
            let headers = answer.headers();
            let mime = text(headers, "content-type");
            let harmless = ["application/octet-stream", "application/pdf"];
            assert!(harmless.contains(&mime.as_str()), "{name}: {mime}");
            let place = text(headers, "content-disposition");
            assert!(
                place.starts_with("attachment; filename="),
                "{name}: {place}"
            );
            guarded(headers);
        }
    }
    // A picture may be shown, and is guarded as well.
    let picture = ana.upload(&server, "a\"; filename=\"b.html", &png()).await;
    assert!(picture.picture);
    assert_eq!((picture.width, picture.height), (Some(1), Some(1)));
    let path = format!("objects/{}/content", picture.id);
    let answer = ana.fetch(&server, &path).await;
    assert_eq!(text(answer.headers(), "content-type"), "image/png");
    assert_eq!(
        text(answer.headers(), "content-disposition"),
        "inline; filename=\"a__ filename__b.html\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.html"
    );
    guarded(answer.headers());
    let answer = ana.fetch(&server, &format!("{path}?download")).await;
    assert!(text(answer.headers(), "content-disposition").starts_with("attachment; "));
    // Its bytes on the disk are something else now: it is no picture any more.
    let hash = picture.sha256.expect("ready");
    let blob = server
        .folder
        .path()
        .join("blobs")
        .join(&hash[..2])
        .join(&hash);
    std::fs::write(&blob, script).expect("written");
    let answer = ana.fetch(&server, &path).await;
    assert_eq!(
        text(answer.headers(), "content-type"),
        "application/octet-stream"
    );
    assert!(text(answer.headers(), "content-disposition").starts_with("attachment; "));
    // A page of ours has the policy of pages.
    let page = reqwest::get(format!("http://{}/", server.http()))
        .await
        .expect("a page");
    assert!(text(page.headers(), "content-security-policy").starts_with("default-src 'self'"));
    // What is no whole picture is no picture, whatever it begins with.
    let polyglot = b"GIF89a/*\0\0\0\0*/=1;alert(1)";
    let begun = ana.begins("p.gif", polyglot.len(), "p").await;
    ana.piece(&server, &begun.id.0, 0, polyglot).await;
    let (status, refusal) = ana.refused(finish(&begun, polyglot)).await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::BAD_REQUEST, "picture_broken")
    );
    server.stop().await;
}

fn guarded(headers: &HeaderMap) {
    assert_eq!(text(headers, "x-content-type-options"), "nosniff");
    let policy = text(headers, "content-security-policy");
    assert_eq!(
        policy,
        "sandbox; default-src 'none'; frame-ancestors 'none'"
    );
    assert_eq!(headers.get_all("content-security-policy").iter().count(), 1);
    assert_eq!(text(headers, "cross-origin-resource-policy"), "same-origin");
}

#[tokio::test]
async fn room_that_is_used_up_is_said_and_costs_nothing_that_was_accepted() {
    let server = Server::start_with(|config| {
        config.objects.file_bytes = 100;
        config.objects.account_bytes = 150;
    })
    .await;
    let ana = Person::register(&server, "ana").await;
    let info: api::ServerInfo = ana.get("server").await;
    assert_eq!(info.limits.object_bytes, 100);
    let begin = |size: u32, client: &str| json!({ "type": "begin_object", "name": "x", "size": size, "client": client });
    let (status, refusal) = ana.refused(begin(101, "1")).await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "object_too_large")
    );
    let kept = ana.begins("kept.txt", 100, "2").await;
    let (status, refusal) = ana.refused(begin(51, "3")).await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::INSUFFICIENT_STORAGE, "quota")
    );
    assert_eq!(refusal.kind, api::ErrorKind::Full);

    // `/dev/full` answers as a full disk does.
    let full = ana.begins("full.txt", 50, "4").await;
    ana.piece(&server, &kept.id.0, 0, &[7; 60]).await;
    let part = server
        .folder
        .path()
        .join(format!("blobs/uploads/{}.part", full.id));
    symlink("/dev/full", &part).expect("linked");
    let answer = ana.piece(&server, &full.id.0, 0, &[7; 50]).await;
    assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
    let refusal: api::ApiError = answer.json().await.expect("JSON");
    assert_eq!(refusal.code, "disk_full");
    let answer = ana.piece(&server, &kept.id.0, 60, &[7; 40]).await;
    assert_eq!(answer.status(), StatusCode::OK, "others go on");
    ana.command(finish(&kept, &[7; 100])).await;
    std::fs::remove_file(&part).expect("removed");
    let answer = ana.piece(&server, &full.id.0, 0, &[7; 50]).await;
    assert_eq!(answer.status(), StatusCode::OK, "there is room again");
    server.stop().await;
}

#[tokio::test]
async fn a_picture_of_oneself_is_seen_by_contacts_only() {
    let server = Server::start().await;
    let (ana, bob, eva) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
        Person::register(&server, "eva").await,
    );
    ana.befriend(&bob).await;
    let picture = ana.upload(&server, "me.png", &png()).await;
    ana.command(json!({ "type": "update_account", "picture": picture.id }))
        .await;
    let me: api::Account = ana.get("me").await;
    assert_eq!(me.picture, Some(picture.id.clone()));
    let contacts: api::ContactPage = bob.get("contacts").await;
    assert_eq!(
        contacts.contacts[0].profile.picture,
        Some(picture.id.clone())
    );
    let found: api::Found = eva.get("find?name=ana").await;
    assert_eq!(found.contact.expect("found").profile.picture, None);
    let path = format!("objects/{}/content", picture.id);
    assert_eq!(bob.fetch(&server, &path).await.status(), StatusCode::OK);
    assert_eq!(
        eva.fetch(&server, &path).await.status(),
        StatusCode::NOT_FOUND
    );
    ana.command(json!({ "type": "update_account", "picture": "" }))
        .await;
    assert_eq!(
        bob.fetch(&server, &path).await.status(),
        StatusCode::NOT_FOUND
    );
    server.stop().await;
}
