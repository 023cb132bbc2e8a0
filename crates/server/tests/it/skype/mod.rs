//! The door of Skype's web dialect, as its programs knock: by the old hosts' names, over real sockets.

mod files;
mod habits;
mod people;
mod sign_in;
mod web;

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use hub::clock::Clock;
use hub::id::Timestamp;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use server::clock::SystemClock;

use crate::support::{PASSWORD, Server};

pub(super) use people::picture;

/// The system's clock, some time later.
#[derive(Debug, Clone, Default)]
pub(super) struct Later(Arc<AtomicI64>);

impl Later {
    pub(super) fn by(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Later {
    fn wall(&self) -> Timestamp {
        Timestamp(SystemClock.wall().0 + self.0.load(Ordering::SeqCst))
    }

    fn now(&self) -> Instant {
        SystemClock.now()
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep_until(at.into()))
    }
}

pub(super) fn ask(server: &Server, method: Method, host: &str, path: &str) -> RequestBuilder {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    client
        .request(method, format!("http://{}{path}", server.http()))
        .header("Host", host)
}

/// A body as a form sends it.
pub(super) trait Form {
    fn form<V: AsRef<str>>(self, pairs: &[(&str, V)]) -> Self;
}

impl Form for RequestBuilder {
    fn form<V: AsRef<str>>(self, pairs: &[(&str, V)]) -> Self {
        let encoded = |text: &str| {
            let one = |byte: u8| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            };
            text.bytes().map(one).collect::<String>()
        };
        let pair =
            |(key, value): &(&str, V)| format!("{}={}", encoded(key), encoded(value.as_ref()));
        let body: Vec<String> = pairs.iter().map(pair).collect();
        self.header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.join("&"))
    }
}

/// Sends it, and gives the status, the headers and the text.
pub(super) async fn answer(
    request: RequestBuilder,
) -> (StatusCode, reqwest::header::HeaderMap, String) {
    let answer = request.send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.text().await.expect("a body"))
}

/// Sends it, and gives the status and the JSON.
pub(super) async fn json_of(request: RequestBuilder) -> (StatusCode, Value) {
    let (status, _, text) = answer(request).await;
    let value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("JSON: {status} {text:?}"));
    (status, value)
}

/// What stands between two words.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("{before} in {text}"));
    rest.split_once(after)
        .map(|(found, _)| found)
        .unwrap_or_else(|| panic!("{after} in {rest}"))
}

/// An envelope as SkPy writes it.
pub(super) fn envelope(name: &str, password: &str) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    format!(
        r#"
<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/' xmlns:wsse='http://schemas.xmlsoap.org/ws/2003/06/secext'>
  <Header><wsse:Security><wsse:UsernameToken Id='user'>
    <wsse:Username>{}</wsse:Username><wsse:Password>{}</wsse:Password>
  </wsse:UsernameToken></wsse:Security></Header>
  <Body><RequestSecurityToken><AppliesTo><EndpointReference><Address>wl.skype.com</Address></EndpointReference></AppliesTo>
  <wsse:PolicyReference URI='MBI_SSL'/></RequestSecurityToken></Body>
</Envelope>"#,
        escape(name),
        escape(password)
    )
}

/// What SOAP answers to a name and a password.
pub(super) async fn soap(server: &Server, name: &str, password: &str) -> (StatusCode, String) {
    let request =
        ask(server, Method::POST, "login.live.com", "/RST.srf").body(envelope(name, password));
    let (status, _, text) = answer(request).await;
    (status, text)
}

/// Somebody who has signed in by SOAP.
#[derive(Clone)]
pub(super) struct Skyper<'a> {
    pub(super) server: &'a Server,
    pub(super) token: String,
    pub(super) skypeid: String,
}

impl<'a> Skyper<'a> {
    pub(super) async fn sign_in(server: &'a Server, name: &str) -> Self {
        let (status, text) = soap(server, name, PASSWORD).await;
        assert_eq!(status, StatusCode::OK);
        let token = between(&text, "Id=\"Compact0\">", "<").replace("&amp;", "&");
        let request = ask(
            server,
            Method::POST,
            "edge.skype.com",
            "/rps/v1/rps/skypetoken",
        );
        let form = [
            ("partner", "999"),
            ("access_token", token.as_str()),
            ("scopes", "client"),
        ];
        let (status, given) = json_of(request.form(&form)).await;
        assert_eq!(status, StatusCode::OK, "{given}");
        Self::of(server, &given)
    }

    pub(super) fn of(server: &'a Server, given: &Value) -> Self {
        let text = |key: &str| {
            given[key]
                .as_str()
                .unwrap_or_else(|| panic!("{key} in {given}"))
                .to_owned()
        };
        assert_eq!(given["expiresIn"], 86_400, "{given}");
        Self {
            server,
            token: text("skypetoken"),
            skypeid: text("skypeid"),
        }
    }

    pub(super) fn ask(&self, method: Method, host: &str, path: &str) -> RequestBuilder {
        ask(self.server, method, host, path).header("X-Skypetoken", &self.token)
    }

    pub(super) async fn get(&self, host: &str, path: &str) -> (StatusCode, Value) {
        json_of(self.ask(Method::GET, host, path)).await
    }

    pub(super) async fn send(
        &self,
        method: Method,
        host: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        // Without a content type, as some programs send it.
        json_of(self.ask(method, host, path).body(body.to_string())).await
    }
}

#[tokio::test]
async fn nothing_but_the_old_names_and_prefixes_leads_to_this_door() {
    let server = Server::start().await;
    let own = ask(&server, Method::GET, "127.0.0.1", "/v1/skein/server");
    assert_eq!(answer(own).await.0, StatusCode::OK);
    for (host, path, wanted) in [
        (
            "client-s.gateway.messenger.live.com",
            "/v1/ng/ping",
            StatusCode::OK,
        ),
        ("127.0.0.1", "/v1/ng/ping", StatusCode::OK),
        (
            "127.0.0.1",
            "/_/bn1-client-s.gateway.messenger.live.com/v1//ng/ping/",
            StatusCode::OK,
        ),
        (
            "evil.example",
            "/v1/ng/ping",
            StatusCode::MISDIRECTED_REQUEST,
        ),
        ("api.skype.com", "/v1/skein/server", StatusCode::NOT_FOUND),
        (
            "api.skype.com",
            "/users/self/profile",
            StatusCode::UNAUTHORIZED,
        ),
    ] {
        let (status, headers, text) = answer(ask(&server, Method::GET, host, path)).await;
        assert_eq!(status, wanted, "{host} {path}: {text}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
    let (_, refusal) = json_of(ask(&server, Method::GET, "api.skype.com", "/nowhere")).await;
    assert!(refusal["status"]["code"].is_number(), "{refusal}");
    let gateway = "client-s.gateway.messenger.live.com";
    let (_, refusal) = json_of(ask(&server, Method::GET, gateway, "/nowhere")).await;
    assert!(refusal["errorCode"].is_number(), "{refusal}");
    server.stop().await;
}

#[tokio::test]
async fn an_operator_who_wants_no_old_programs_has_no_such_door() {
    let server = Server::start_with(|config| config.skype.enabled = false).await;
    let ping = ask(&server, Method::GET, "api.skype.com", "/users/self/profile");
    assert_eq!(answer(ping).await.0, StatusCode::NOT_FOUND);
    server.stop().await;
}
