//! Signing in: every way, every spelling, and what is said when it fails or ends.

use std::collections::BTreeSet;

use reqwest::header::{COOKIE, LOCATION, RETRY_AFTER, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use webapi::skein as api;

use super::{Form as _, Later, Skyper, answer, ask, between, json_of, soap};
use crate::support::{PASSWORD, Person, Server};

const DAY: i64 = 24 * 3_600 * 1_000;

async fn edge(server: &Server, body: Value) -> (StatusCode, Value) {
    let request = ask(
        server,
        Method::POST,
        "edge.skype.com",
        "/rps/v1/rps/skypetoken",
    );
    json_of(request.body(body.to_string())).await
}

#[tokio::test]
async fn a_password_becomes_a_skypetoken_by_soap_and_the_edge_takes_forms_and_json() {
    let server = Server::start().await;
    Person::register(&server, "alice.tester").await;
    let (status, text) = soap(&server, "alice.tester", PASSWORD).await;
    assert_eq!(status, StatusCode::OK);
    let token = between(&text, "Id=\"Compact0\">", "<").replace("&amp;", "&");
    let (status, given) = edge(
        &server,
        json!({ "partner": 999, "access_token": token, "scopes": "client" }),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    let alice = Skyper::of(&server, &given);
    assert_eq!(alice.skypeid, "alice.tester");
    assert_eq!(alice.token.split('.').count(), 3, "like a JWT");
    Skyper::sign_in(&server, "alice.tester").await; // sends a form
    let (status, profile) = alice.get("api.skype.com", "/users/self/profile").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(profile["username"], "alice.tester");
    let (status, refused) = edge(&server, json!({ "access_token": "t=rubbish&p=" })).await;
    assert_eq!(
        (status, refused["status"]["code"].as_u64()),
        (StatusCode::OK, Some(40_120))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_password_is_a_fault_directly_under_the_envelope_with_success() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    for (name, password) in [("alice", "wrong & <wrong>"), ("nobody", PASSWORD)] {
        let (status, text) = soap(&server, name, password).await;
        assert_eq!(status, StatusCode::OK);
        let flat: String = text.split('>').map(str::trim).collect::<Vec<_>>().join(">");
        let (before, _) = flat.split_once(":Fault>").expect("a fault");
        assert!(!before.contains("Body"), "{text}");
        assert!(text.contains("wsse:FailedAuthentication"), "{text}");
    }
    server.stop().await;
}

/// The form as the three programs go through it. Gives the page that came last.
async fn through_the_form(server: &Server, name: &str, password: &str) -> String {
    let begin = ask(
        server,
        Method::GET,
        "login.skype.com",
        "/login/oauth/microsoft?client_id=578134&redirect_uri=https%3A%2F%2Fweb.skype.com",
    );
    let (status, headers, _) = answer(begin).await;
    assert!(status.is_redirection());
    let location = headers[LOCATION].to_str().expect("text");
    let path = location
        .strip_prefix("http://login.live.com")
        .expect("the other host");
    let (status, headers, page) = answer(ask(server, Method::GET, "login.live.com", path)).await;
    assert_eq!(status, StatusCode::OK);
    let cookies: Vec<&str> = headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|value| {
            value
                .to_str()
                .expect("text")
                .split(';')
                .next()
                .expect("a pair")
        })
        .collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("MSPOK=")));
    let nonce = between(
        &page,
        r#"<input type="hidden" name="PPFT" id="i0327" value=""#,
        "\"/>",
    );
    assert!(nonce.ends_with('$'));
    let post = ask(
        server,
        Method::POST,
        "login.live.com",
        "/ppsecure/post.srf?wa=wsignin1.0",
    )
    .header(COOKIE, format!("{}; CkTst=G1", cookies.join("; ")))
    .form(&[
        ("login", name),
        ("passwd", password),
        ("PPFT", nonce),
        ("loginoptions", "3"),
    ]);
    let (status, _, page) = answer(post).await;
    assert_eq!(status, StatusCode::OK);
    page
}

#[tokio::test]
async fn the_form_of_a_microsoft_account_ends_in_a_skypetoken_and_a_cookie_that_gives_it_again() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let page = through_the_form(&server, "alice", PASSWORD).await;
    let t = between(&page, "id=\"t\" value=\"", "\"").replace("&amp;", "&");
    let last = ask(&server, Method::POST, "login.skype.com", "/login/microsoft").form(&[
        ("t", t.as_str()),
        ("client_id", "578134"),
        ("oauthPartner", "999"),
    ]);
    let (status, headers, page) = answer(last).await;
    assert_eq!(status, StatusCode::OK);
    let token = between(&page, r#"name="skypetoken" value=""#, "\"").to_owned();
    assert_eq!(
        between(&page, r#"name="expires_in" value=""#, "\""),
        "86400"
    );
    let refresh = headers[SET_COOKIE].to_str().expect("text");
    let refresh = between(refresh, "refresh-token=", ";").to_owned();
    let of = |token: String| Skyper {
        server: &server,
        token,
        skypeid: String::new(),
    };
    let alice = of(token.clone());
    assert_eq!(
        alice.get("api.skype.com", "/users/self/profile").await.0,
        StatusCode::OK
    );
    // skypeweb sends the cookie to `login`, SkPy its skypetoken to `login/login` and goes through the last step again.
    let again = ask(
        &server,
        Method::GET,
        "login.skype.com",
        "/login?client_id=578134",
    )
    .header(COOKIE, format!("refresh-token={refresh}"));
    let (_, _, page) = answer(again).await;
    let fresh = of(between(&page, r#"name="skypetoken" value=""#, "\"").to_owned());
    assert_eq!(
        fresh.get("api.skype.com", "/users/self/profile").await.0,
        StatusCode::OK
    );
    let again = ask(&server, Method::GET, "login.skype.com", "/login/login")
        .header(COOKIE, format!("refresh-token={token}"));
    let (_, _, page) = answer(again).await;
    assert!(page.contains("id=\"t\" value=\""), "{page}");
    server.stop().await;
}

#[tokio::test]
async fn the_form_refuses_a_wrong_password_and_a_page_of_somebody_else() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let page = through_the_form(&server, "alice", "wrong wrong wrong").await;
    assert!(!page.contains("id=\"t\""));
    let text = between(&page, ",sErrTxt:'", "',Am:'");
    assert!(
        text.starts_with("Your account or password is incorrect. If you don"),
        "{text}"
    );
    assert_eq!(between(&page, ",sErrorCode:'", "',Ag:"), "80041012");
    for cookie in ["MSPRequ=another", ""] {
        let (_, headers, page) =
            answer(ask(&server, Method::GET, "login.live.com", "/login.srf")).await;
        assert!(headers.contains_key(SET_COOKIE));
        let nonce = between(&page, r#"name="PPFT" id="i0327" value=""#, "\"/>");
        let post = ask(
            &server,
            Method::POST,
            "login.live.com",
            "/ppsecure/post.srf",
        )
        .header(COOKIE, cookie)
        .form(&[("login", "alice"), ("passwd", PASSWORD), ("PPFT", nonce)]);
        let (_, _, page) = answer(post).await;
        assert!(!page.contains("id=\"t\""), "{cookie:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn every_sign_in_name_is_one_account_and_others_names_are_nobodys() {
    let server = Server::start().await;
    let alice = Person::register(&server, "a.lice_x-1").await;
    Person::register(&server, "bob").await;
    alice
        .command(json!({ "type": "set_handle", "value": "Alice@example.org", "on": true }))
        .await;
    for name in [
        "a.lice_x-1",
        "A.Lice_X-1",
        "alice@example.org",
        "ALICE@Example.org",
        "live:a.lice_x-1",
        "8:a.lice_x-1",
        "a.lice_x-1 ",
    ] {
        let signed_in = Skyper::sign_in(&server, name).await;
        assert_eq!(signed_in.skypeid, "a.lice_x-1", "{name}");
        let (_, profile) = signed_in.get("api.skype.com", "/users/self/profile").await;
        assert_eq!(profile["username"], "a.lice_x-1", "{name}");
    }
    let own = Skyper::sign_in(&server, "a.lice_x-1").await;
    for version in ["v1", "v2"] {
        let end = if version == "v1" { "/contacts" } else { "" };
        for (who, wanted) in [
            ("SELF", StatusCode::OK),
            ("self", StatusCode::OK),
            ("a.lice_x-1", StatusCode::OK),
            ("A.LICE_X-1", StatusCode::OK),
            ("8:a.lice_x-1", StatusCode::OK),
            ("8%3Aa.lice_x-1", StatusCode::OK),
            ("live:a.lice_x-1", StatusCode::OK),
            ("live%3Aa.lice_x-1", StatusCode::OK),
            ("alice@example.org", StatusCode::OK),
            ("alice%40example.org", StatusCode::OK),
            ("bob", StatusCode::FORBIDDEN),
            ("nobody", StatusCode::FORBIDDEN),
        ] {
            let path = format!("/contacts/{version}/users/{who}{end}");
            let (status, body) = own.get("contacts.skype.com", &path).await;
            assert_eq!(status, wanted, "{path}: {body}");
        }
    }
    let (status, body) = own
        .get("api.skype.com", "/users/nobody/profile/public")
        .await;
    assert_eq!(
        (status, body["status"]["code"].as_u64()),
        (StatusCode::NOT_FOUND, Some(40_401))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_device_token_of_our_own_needs_no_password() {
    let server = Server::start().await;
    let bot = Person::register(&server, "helper").await;
    let (status, given) = edge(&server, json!({ "access_token": bot.token })).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    let helper = Skyper::of(&server, &given);
    assert_eq!(
        helper.get("api.skype.com", "/users/self/profile").await.0,
        StatusCode::OK
    );
    // Signing the device out ends what was made for it.
    let other = Person::sign_in(&server, "helper").await;
    other
        .command(json!({ "type": "end_device", "device": bot.device }))
        .await;
    let (status, body) = helper.get("api.skype.com", "/users/self/profile").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{body}");
    server.stop().await;
}

#[tokio::test]
async fn a_program_that_signs_in_daily_stays_one_device() {
    let server = Server::start().await;
    let alice = Person::register(&server, "alice").await;
    let mut tokens = BTreeSet::new();
    for _ in 0..4 {
        tokens.insert(Skyper::sign_in(&server, "alice").await.token);
    }
    let devices: api::DeviceList = alice.get("devices").await;
    assert_eq!(
        devices.devices.len(),
        2,
        "one of ours, one of the program: {devices:?}"
    );
    server.stop().await;
}

#[tokio::test]
async fn the_old_hash_signs_in_whoever_allows_old_programs() {
    let server = Server::start().await;
    let alice = Person::register(&server, "alice").await;
    let hash = webapi::skype::password_hash("alice", PASSWORD);
    let body = json!({ "username": "alice", "passwordHash": hash, "scopes": "client" });
    let send =
        || ask(&server, Method::POST, "api.skype.com", "/login/skypetoken").body(body.to_string());
    let (status, refused) = json_of(send()).await;
    assert_eq!(
        (status, refused["status"]["code"].as_u64()),
        (StatusCode::UNAUTHORIZED, Some(40_120))
    );
    alice
        .command(json!({ "type": "allow_old_programs", "on": true, "password": PASSWORD }))
        .await;
    let (status, _, given) = answer(send()).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    let token = between(&given, r#"{"skypetoken":""#, r#"","expiresIn":86400}"#);
    let alice = Skyper {
        server: &server,
        token: token.to_owned(),
        skypeid: "alice".into(),
    };
    let (_, own) = alice.get("api.skype.com", "/users/self/profile").await;
    assert_eq!(own["username"], "alice");
    let form = [
        ("username", "alice"),
        ("passwordHash", hash.as_str()),
        ("scopes", "client"),
    ];
    let request = ask(&server, Method::POST, "api.skype.com", "/login/skypetoken").form(&form);
    assert_eq!(json_of(request).await.0, StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn a_skypetoken_ends_after_a_day_and_says_so_at_every_service() {
    let later = Later::default();
    let server = Server::start_at(later.clone(), |_| {}).await;
    Person::register(&server, "alice").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    later.by(DAY - 60_000);
    assert_eq!(
        alice.get("api.skype.com", "/users/self/profile").await.0,
        StatusCode::OK
    );
    later.by(60_000);
    for (host, path) in [
        ("api.skype.com", "/users/self/profile"),
        ("contacts.skype.com", "/contacts/v2/users/SELF"),
        ("flagsapi.skype.com", "/flags/v1"),
    ] {
        let (status, body) = alice.get(host, path).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{host}");
        assert!(
            body["status"]["text"]
                .as_str()
                .expect("words")
                .contains("sign in"),
            "{body}"
        );
    }
    let file = alice.ask(
        Method::GET,
        "api.asm.skype.com",
        "/v1/objects/0-eu-d1-0000000000000000000000000000004d/views/original",
    );
    let (status, _, text) = answer(file).await;
    assert_eq!((status, text.as_str()), (StatusCode::UNAUTHORIZED, ""));
    let alice = Skyper::sign_in(&server, "alice").await;
    assert_eq!(
        alice.get("api.skype.com", "/users/self/profile").await.0,
        StatusCode::OK
    );
    server.stop().await;
}

#[tokio::test]
async fn too_many_tries_are_said_in_each_services_own_way() {
    let server = Server::start_with(|config| {
        config.limits.exempt = Vec::new();
        config.limits.sign_in_account.burst = 2;
    })
    .await;
    Person::register(&server, "alice").await;
    Person::register(&server, "bob").await;
    for _ in 0..2 {
        soap(&server, "alice", "wrong wrong wrong").await;
    }
    let request = ask(&server, Method::POST, "login.live.com", "/RST.srf")
        .body(super::envelope("alice", "wrong"));
    let (status, headers, text) = answer(request).await;
    assert_eq!(status, StatusCode::OK, "SOAP keeps its own fault");
    assert!(text.contains("Fault") && text.contains("wait"), "{text}");
    assert!(headers.contains_key(RETRY_AFTER));
    let page = through_the_form_limited(&server).await;
    assert!(page.0.is_some_and(|seconds| seconds >= 1), "{page:?}");
    let body = json!({ "username": "alice", "passwordHash": "x" });
    let request =
        ask(&server, Method::POST, "api.skype.com", "/login/skypetoken").body(body.to_string());
    let answered = request.send().await.expect("an answer");
    assert_eq!(answered.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(answered.headers().contains_key(RETRY_AFTER));
    let refused: Value = answered.json().await.expect("JSON");
    assert_eq!(
        (
            refused["status"]["code"].as_u64(),
            refused["errorCode"].as_u64()
        ),
        (Some(40_121), Some(803))
    );
    // Another account at the same address feels nothing of it.
    Skyper::sign_in(&server, "bob").await;
    server.stop().await;
}

async fn through_the_form_limited(server: &Server) -> (Option<u64>, String) {
    let (_, headers, page) = answer(ask(server, Method::GET, "login.live.com", "/login.srf")).await;
    let cookie = headers[SET_COOKIE]
        .to_str()
        .expect("text")
        .split(';')
        .next()
        .expect("a pair")
        .to_owned();
    let nonce = between(&page, r#"name="PPFT" id="i0327" value=""#, "\"/>");
    let post = ask(server, Method::POST, "login.live.com", "/ppsecure/post.srf")
        .header(COOKIE, cookie)
        .form(&[
            ("login", "alice"),
            ("passwd", "wrong wrong"),
            ("PPFT", nonce),
        ]);
    let (_, headers, page) = answer(post).await;
    let wait = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    (wait, page)
}

#[tokio::test]
async fn whether_a_name_is_there_is_told_and_whose_a_mail_address_is_not() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    for (name, wanted) in [
        ("alice", 0),
        ("Live:Alice", 0),
        ("nobody-here", 1),
        ("a@example.org", 0),
    ] {
        let request = ask(
            &server,
            Method::POST,
            "login.live.com",
            "/GetCredentialType.srf",
        )
        .body(json!({ "username": name }).to_string());
        let (status, said) = json_of(request).await;
        assert_eq!(
            (status, said["IfExistsResult"].as_u64()),
            (StatusCode::OK, Some(wanted)),
            "{name}"
        );
    }
    server.stop().await;
}
