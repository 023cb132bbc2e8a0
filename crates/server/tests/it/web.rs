//! What browsers are told and asked.

use reqwest::StatusCode;
use serde_json::json;
use webapi::skein as api;

use crate::support::{PASSWORD, Person, Server};

fn register(name: &str) -> serde_json::Value {
    json!({
        "name": name, "display": name, "password": PASSWORD, "session": "cookie",
        "device": { "label": "a browser", "kind": "browser" },
    })
}

#[tokio::test]
async fn every_answer_carries_the_strict_policy() {
    let server = Server::start().await;
    for path in [
        "/",
        "/v1/skein/server",
        "/v1/skein/me",
        "/nothing",
        "/healthz",
        "/readyz",
        "/openapi.json",
    ] {
        let answer = reqwest::get(format!("http://{}{path}", server.http()))
            .await
            .expect("an answer");
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().expect("text");
        for part in [
            "default-src 'self'",
            "script-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path}: {part}");
        }
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(
            headers.contains_key("permissions-policy") && headers.contains_key("cache-control"),
            "{path}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_cookie_is_only_for_pages_of_this_server() {
    let server = Server::start().await;
    let client = reqwest::Client::new();
    let own = format!("http://{}", server.http());
    let post = |path: &str, origin: Option<&str>, cookie: Option<&str>, body: serde_json::Value| {
        let mut request = client.post(server.url(path)).json(&body);
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        if let Some(cookie) = cookie {
            request = request.header("Cookie", cookie);
        }
        async move { request.send().await.expect("an answer") }
    };
    for foreign in [None, Some("https://evil.example"), Some("null")] {
        assert_eq!(
            post("register", foreign, None, register("ana"))
                .await
                .status(),
            StatusCode::FORBIDDEN,
            "{foreign:?}"
        );
    }
    let answer = post("register", Some(&own), None, register("ana")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let set = answer.headers()["set-cookie"]
        .to_str()
        .expect("text")
        .to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="] {
        assert!(set.contains(part), "{part} in {set}");
    }
    let signed_in: api::SignedIn = answer.json().await.expect("JSON");
    assert_eq!(signed_in.token, None, "scripts never see it");
    let cookie = set.split(';').next().expect("a pair").to_owned();

    let me = client
        .get(server.url("me"))
        .header("Cookie", &cookie)
        .send()
        .await
        .expect("an answer");
    assert_eq!(me.status(), StatusCode::OK);
    let command = json!({ "type": "update_account", "mood": "here" });
    for foreign in [
        None,
        Some("https://evil.example"),
        Some("null"),
        Some("http://localhost:1"),
    ] {
        let answer = post("command", foreign, Some(&cookie), command.clone()).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{foreign:?}");
        assert_eq!(
            answer
                .json::<api::ApiError>()
                .await
                .expect("a refusal")
                .code,
            "foreign_origin"
        );
    }
    assert_eq!(
        post("command", Some(&own), Some(&cookie), command)
            .await
            .status(),
        StatusCode::OK
    );

    // The WebSocket of another site's page.
    for (origin, status) in [
        (Some("https://evil.example"), 403),
        (None, 403),
        (Some(own.as_str()), 101),
    ] {
        let mut request = client
            .get(server.url("socket"))
            .header("Cookie", &cookie)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Protocol", "skein.v1")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        if let Some(origin) = origin {
            request = request.header("Origin", origin);
        }
        assert_eq!(
            request.send().await.expect("an answer").status().as_u16(),
            status,
            "{origin:?}"
        );
    }

    let out = post("sign-out", Some(&own), Some(&cookie), json!({})).await;
    assert_eq!(out.status(), StatusCode::OK);
    assert!(
        out.headers()["set-cookie"]
            .to_str()
            .expect("text")
            .contains("Max-Age=0")
    );
    let me = client
        .get(server.url("me"))
        .header("Cookie", &cookie)
        .send()
        .await
        .expect("an answer");
    assert_eq!(me.status(), StatusCode::UNAUTHORIZED);
    server.stop().await;
}

#[tokio::test]
async fn over_tls_the_cookie_is_sealed() {
    let server = Server::start().await;
    let pem = std::fs::read(server.folder.path().join("tls/certificate.pem")).expect("made");
    let certificate = reqwest::Certificate::from_pem(&pem).expect("a certificate");
    let client = reqwest::Client::builder()
        .tls_certs_only([certificate])
        .build()
        .expect("a client");
    let base = format!("https://127.0.0.1:{}", server.tls().port());
    let request = client
        .post(format!("{base}/v1/skein/register"))
        .header("Origin", &base)
        .json(&register("ana"));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let set = answer.headers()["set-cookie"].to_str().expect("text");
    assert!(
        set.starts_with("__Host-skein=") && set.contains("Secure"),
        "{set}"
    );
    server.stop().await;
}

#[tokio::test]
async fn plain_http_serves_only_this_machine_and_trusted_proxies() {
    let open =
        Server::start_with(|config| config.server.http = vec!["127.0.0.1:0".to_owned()]).await;
    open.stop().await;
    let mut config = server::config::Config::default();
    let folder = tempfile::tempdir().expect("a folder");
    config.server.data = Some(folder.path().to_owned());
    config.server.http = vec!["0.0.0.0:0".to_owned()];
    config.server.tls = Vec::new();
    config.server.udp = Vec::new();
    let refused = server::program::Program::start(config)
        .await
        .expect_err("passwords in clear");
    assert!(refused.to_string().contains("trusted_proxies"), "{refused}");
}

#[tokio::test]
async fn the_description_and_the_state_are_there() {
    let server = Server::start().await;
    let url = |path: &str| format!("http://{}{path}", server.http());
    let document = reqwest::get(url("/openapi.json"))
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    assert_eq!(document, api::openapi::document());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            reqwest::get(url(path)).await.expect("an answer").status(),
            StatusCode::OK
        );
    }
    // Every described address is served: nothing of it says that there is no such address.
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    let person = Person::register(&server, "ana").await;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path
            .replace("{name}", "free")
            .replace("{id}", "1")
            .replace("{key}", "0");
        for method in methods.as_object().expect("methods").keys() {
            let method: reqwest::Method = method.to_uppercase().parse().expect("a method");
            let request = reqwest::Client::new()
                .request(method.clone(), url(&path))
                .bearer_auth(&person.token);
            let answer = request.send().await.expect("an answer");
            let (status, text) = (answer.status(), answer.text().await.expect("text"));
            assert_ne!(status, 405, "{method} {path}");
            assert!(!text.contains("no such address"), "{method} {path}: {text}");
            if path.ends_with("sign-out") {
                break;
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_browser_keeps_nothing_that_would_make_it_old_and_loses_its_worker_where_the_operator_wants_none()
 {
    let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/dist/sw.js");
    if !built.exists() {
        eprintln!("skipped: the browser client is not built");
        return;
    }
    let server = Server::start().await;
    let off = Server::start_with(|config| config.server.offline_shell = false).await;
    let get = async |server: &Server, path: &str| {
        let url = format!("http://{}{path}", server.http());
        reqwest::get(url).await.expect("an answer")
    };
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/sw.js", "text/javascript; charset=utf-8"),
        ("/build-id.json", "application/json"),
        ("/app.pt-PT.webmanifest", "application/manifest+json"),
        ("/icon-192.png", "image/png"),
    ] {
        let answer = get(&server, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.headers()["content-type"], kind, "{path}");
        assert_eq!(answer.headers()["cache-control"], "no-cache", "{path}");
    }
    let page = get(&server, "/").await.text().await.expect("text");
    let worker = get(&server, "/sw.js").await.text().await.expect("text");
    let id: serde_json::Value = get(&server, "/build-id.json")
        .await
        .json()
        .await
        .expect("JSON");
    let build = id["build"].as_str().expect("a name");
    assert!(page.contains(&format!("data-build=\"{build}\"")) && worker.contains(build));
    // Whatever the page begins with is kept, and nothing but files that never change.
    for part in page
        .split('"')
        .filter_map(|part| part.strip_prefix("/assets/"))
    {
        assert!(worker.contains(&format!("\"assets/{part}\"")), "{part}");
    }
    assert!(!worker.contains("\"index.html\"") && !worker.contains("/v1/"));

    let answer = get(&off, "/sw.js").await;
    assert_eq!(answer.headers()["cache-control"], "no-cache");
    let retired = answer.text().await.expect("text");
    assert!(
        retired.contains("unregister") && !retired.contains("assets/"),
        "{retired}"
    );
    off.stop().await;
    server.stop().await;
}
