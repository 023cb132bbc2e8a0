//! What the web asks of this door: other origins, hosts that lie, and refusals that programs can read.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Skyper, answer, ask, json_of};
use crate::support::{Person, Server};

const API: &str = "api.skype.com";
const GATEWAY: &str = "client-s.gateway.messenger.live.com";
const ELSEWHERE: &str = "https://bots.example";

#[tokio::test]
async fn any_page_may_ask_with_a_token_and_only_our_own_with_cookies_or_for_a_form() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let preflight = |host: &str, path: &str, origin: &str| {
        ask(&server, Method::OPTIONS, host, path)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "PUT")
            .header(
                "Access-Control-Request-Headers",
                "x-skypetoken, content-type",
            )
    };
    let read = |host: &'static str, path: &'static str, origin: &'static str| {
        answer(alice.ask(Method::GET, host, path).header("Origin", origin))
    };
    let (status, headers, _) = answer(preflight(API, "/users/self/profile", ELSEWHERE)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    assert_eq!(
        headers["access-control-allow-headers"],
        "x-skypetoken, content-type"
    );
    let methods = headers["access-control-allow-methods"].to_str();
    assert!(methods.expect("text").contains("PUT"));
    let (status, headers, _) = read(API, "/users/self/profile", ELSEWHERE).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["access-control-allow-origin"], "*");
    // A refusal can be read as well: it says what to do.
    let refused = ask(&server, Method::GET, API, "/users/self/profile");
    let (status, headers, _) = answer(refused.header("Origin", ELSEWHERE)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(headers["access-control-allow-origin"], "*");
    let exposed = headers["access-control-expose-headers"].to_str();
    assert!(exposed.expect("text").contains("Set-RegistrationToken"));
    let own = "https://web.skype.com";
    for (host, path) in [
        (API, "/users/self/profile"),
        ("login.live.com", "/login.srf"),
    ] {
        let (_, headers, _) = read(host, path, own).await;
        assert_eq!(headers["access-control-allow-origin"], own, "{host}");
        assert_eq!(headers["access-control-allow-credentials"], "true");
    }
    let (status, headers, _) = answer(preflight("login.live.com", "/RST.srf", ELSEWHERE)).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert!(!headers.contains_key("access-control-allow-origin"));
    for (host, path, origin) in [
        ("login.live.com", "/login.srf", ELSEWHERE),
        ("login.skype.com", "/login", "null"),
    ] {
        let (_, headers, _) = read(host, path, origin).await;
        assert!(
            !headers.contains_key("access-control-allow-origin"),
            "{host}"
        );
    }
    // Without an origin too: what is kept of this answer is not for a page.
    let (_, headers, _) = answer(alice.ask(Method::GET, API, "/users/self/profile")).await;
    let vary = headers["vary"].to_str().expect("text");
    assert!(vary.contains("Origin"), "{vary}");
    server.stop().await;
}

#[tokio::test]
async fn nothing_that_a_client_calls_this_server_comes_back_in_a_link() {
    let named = ["skein.example".to_owned(), "203.0.113.5".to_owned()];
    let server = Server::start_with(|config| config.server.public = named.to_vec()).await;
    Person::register(&server, "alice").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let store = "/_/api.asm.skype.com";
    let object = "/v1/objects/0-eu-d1-0000000000000000000000000000004d";
    for (host, leads) in [
        ("198.51.100.66:8443", "http://skein.example:8443/_/"),
        ("127.0.0.1", "http://skein.example/_/"),
        ("203.0.113.5:444", "http://203.0.113.5:444/_/"),
        ("SKEIN.example", "http://skein.example/_/"),
    ] {
        let begin = "/_/login.skype.com/login/oauth/microsoft";
        let (status, headers, _) = answer(ask(&server, Method::GET, host, begin)).await;
        assert!(status.is_redirection(), "{host}");
        let place = headers["location"].to_str().expect("text");
        assert!(place.starts_with(leads), "{host}: {place}");
        let short = format!("{store}/s/i?{}", object.rsplit('/').next().expect("an id"));
        let (_, headers, _) = answer(ask(&server, Method::GET, host, &short)).await;
        let place = headers["location"].to_str().expect("text");
        assert!(place.starts_with(leads), "{host}: {place}");
        let form = "/_/login.live.com/login.srf";
        let (_, headers, page) = answer(ask(&server, Method::GET, host, form)).await;
        assert!(page.contains(leads), "{host}: {page}");
        let cookies = headers.get_all("set-cookie").iter();
        for cookie in cookies.map(|cookie| cookie.to_str().expect("text")) {
            assert!(
                !cookie.contains("198.51") && !cookie.contains("omain="),
                "{cookie}"
            );
        }
        let profile = alice.ask(Method::GET, host, "/v1/users/ME/conversations");
        let (_, text) = json_of(profile).await;
        assert!(!text.to_string().contains("198.51.100.66"), "{text}");
    }
    for (host, path) in [
        ("evil.example", "/v1/users/ME/endpoints"),
        ("evil.example", "/_/login.skype.com/login/oauth/microsoft"),
        ("skein.example.evil.example", "/_/api.asm.skype.com/s/i?x"),
    ] {
        let (status, headers, text) = answer(ask(&server, Method::GET, host, path)).await;
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(
            !headers.contains_key("location") && !text.contains("evil"),
            "{text}"
        );
    }
    server.stop().await;
    // Behind a NAT without a name: the address outside is none of this machine's.
    let server = Server::start().await;
    let begin = "/_/login.skype.com/login/oauth/microsoft";
    let (status, headers, _) = answer(ask(&server, Method::GET, "203.0.113.9:8443", begin)).await;
    assert!(status.is_redirection());
    let place = headers["location"].to_str().expect("text");
    assert!(place.starts_with("http://203.0.113.9:8443/_/"), "{place}");
    server.stop().await;
}

#[tokio::test]
async fn every_refusal_speaks_as_its_service_does() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let large = json!({ "endpointFeatures": "x".repeat(300 * 1024) });
    let table = [
        (Method::GET, API, "/users/%FF/profile", Value::Null, 400),
        (
            Method::GET,
            API,
            "/search/users/any?keyWord=%FF&keyWord=%FF",
            Value::Null,
            400,
        ),
        (Method::GET, API, "/nowhere", Value::Null, 404),
        (Method::DELETE, API, "/users/self/profile", Value::Null, 405),
        (
            Method::GET,
            GATEWAY,
            "/v1/users/ME/conversations/%FF",
            Value::Null,
            400,
        ),
        (Method::GET, GATEWAY, "/v1/nowhere", Value::Null, 404),
        (Method::DELETE, GATEWAY, "/v1/threads", Value::Null, 405),
        (
            Method::POST,
            GATEWAY,
            "/v1/users/ME/endpoints",
            large.clone(),
            413,
        ),
        (
            Method::POST,
            API,
            "/users/batch/profiles",
            json!({ "usernames": ["x".repeat(300 * 1024)] }),
            413,
        ),
        (
            Method::GET,
            "api.aps.skype.com",
            "/v1/agents?agentId=a&agentId=b",
            Value::Null,
            400,
        ),
        (
            Method::GET,
            "127.0.0.1",
            "/v1/users/ME/nowhere",
            Value::Null,
            404,
        ),
        (
            Method::GET,
            "evil.example",
            "/v1/users/ME/endpoints",
            Value::Null,
            421,
        ),
    ];
    for (method, host, path, body, wanted) in table {
        let request = alice.ask(method.clone(), host, path);
        let request = match body {
            Value::Null => request,
            body => request.body(body.to_string()),
        };
        let (status, headers, text) = answer(request).await;
        assert_eq!(status.as_u16(), wanted, "{method} {host} {path}: {text}");
        let said: Value = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("JSON: {method} {host} {path}: {text}"));
        let is_gateway = said["errorCode"].is_number() && said["message"].is_string();
        let is_other = said["status"]["code"].is_number() && said["status"]["text"].is_string();
        assert!(is_gateway || is_other, "{said}");
        assert_eq!(
            is_gateway,
            host != API && !host.contains("aps"),
            "{host}: {said}"
        );
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(wanted == 405, headers.contains_key("allow"), "{path}");
    }
    // The store refuses without a body, since skypeweb takes any object for a state.
    let refused = alice.ask(
        Method::GET,
        "api.asm.skype.com",
        "/v1/objects/%FF/views/original",
    );
    let (status, _, text) = answer(refused).await;
    assert_eq!((status, text.as_str()), (StatusCode::BAD_REQUEST, ""));
    server.stop().await;
}
