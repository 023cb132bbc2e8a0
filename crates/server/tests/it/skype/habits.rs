//! What older and rarer programs do otherwise than the three that are tried: docs/protocols/skype.md names whose habit each is.

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Form as _, Skyper, answer, ask, between, json_of};
use crate::support::{PASSWORD, Person, Server};

const API: &str = "api.skype.com";
const LIVE: &str = "login.live.com";
const LOGIN: &str = "login.skype.com";
const POST: &str = "/ppsecure/post.srf?wa=wsignin1.0";

/// Two people who are contacts.
async fn friends(server: &Server) -> [Skyper<'_>; 2] {
    Person::register(server, "alice").await;
    Person::register(server, "bob").await;
    let alice = Skyper::sign_in(server, "alice").await;
    let bob = Skyper::sign_in(server, "bob").await;
    let asked = "/users/self/contacts/auth-request/bob";
    alice.send(Method::PUT, API, asked, json!({})).await;
    let accepted = "/users/self/contacts/auth-request/alice/accept";
    bob.send(Method::PUT, API, accepted, json!({})).await;
    [alice, bob]
}

/// The page of the form: its text, its nonce, and the cookies by their names.
async fn opened(server: &Server) -> (String, String, Vec<(String, String)>) {
    let (status, headers, page) = answer(ask(server, Method::GET, LIVE, "/login.srf")).await;
    assert_eq!(status, StatusCode::OK);
    let nonce = between(&page, r#"name="PPFT" id="i0327" value=""#, "\"").to_owned();
    (page, nonce, cookies(&headers))
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let pair = |value: &reqwest::header::HeaderValue| {
        let text = value.to_str().expect("text");
        let (pair, _) = text.split_once(';').expect("a pair");
        let (name, value) = pair.split_once('=').expect("a value");
        (name.to_owned(), value.to_owned())
    };
    headers.get_all(SET_COOKIE).iter().map(pair).collect()
}

fn jar(cookies: &[(String, String)]) -> String {
    let pairs: Vec<String> = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("; ")
}

/// The last step of the form, from the page with `t`; gives the page with the token.
async fn exchanged(server: &Server, page: &str, path: &str) -> String {
    let t = between(page, r#"name="t" id="t" value=""#, "\"");
    let last = ask(server, Method::POST, LOGIN, path).form(&[("t", t)]);
    let (status, _, page) = answer(last).await;
    assert_eq!(status, StatusCode::OK);
    between(&page, r#"name="skypetoken" value=""#, "\"");
    page
}

fn multipart(pairs: &[(&str, &str)]) -> (String, String) {
    let mut body = String::new();
    for (name, value) in pairs {
        body += &format!(
            "----------------7\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body += "----------------7--\r\n";
    (
        "multipart/form-data; boundary=--------------7".to_owned(),
        body,
    )
}

#[tokio::test]
async fn the_form_is_filled_in_in_two_posts_by_parts_and_with_cookies_as_headers() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let begin = ask(&server, Method::GET, LOGIN, "/login/oauth/microsoft");
    assert_eq!(answer(begin).await.0, StatusCode::FOUND);

    // skype-web-api: the field stands on a line of its own, and the form comes in parts.
    let (page, nonce, given) = opened(&server).await;
    let line = page.lines().find(|line| line.contains("PPFT"));
    let line = line.expect("a line");
    assert!(
        line.starts_with("<input ") && line.ends_with("/>") && !line.contains("passwd"),
        "{line}"
    );
    let fields = [
        ("login", "alice"),
        ("passwd", PASSWORD),
        ("PPFT", nonce.as_str()),
    ];
    let (kind, body) = multipart(&fields);
    let parts = ask(&server, Method::POST, LIVE, POST).header("Content-Type", kind);
    let (_, headers, page) = answer(parts.header(COOKIE, jar(&given)).body(body)).await;
    exchanged(&server, &page, "/login/microsoft").await;
    let t = between(&page, r#"name="t" id="t" value=""#, "\"");
    let (kind, body) = multipart(&[("t", t)]);
    let last = ask(&server, Method::POST, LOGIN, "/login/microsoft");
    let (_, _, page) = answer(last.header("Content-Type", kind).body(body)).await;
    between(&page, r#"name="skypetoken" value=""#, "\"");

    // Programs of 2023: a second post has the cookie of the first in the place of name and password.
    let mut later = given.clone();
    later.extend(cookies(&headers));
    let again = [
        ("opid", "undefined"),
        ("PPFT", nonce.as_str()),
        ("type", "28"),
    ];
    let again = ask(&server, Method::POST, LIVE, POST).form(&again);
    let (_, _, page) = answer(again.header(COOKIE, jar(&later))).await;
    let page = exchanged(&server, &page, "/login/microsoft").await;
    let token = between(&page, r#"name="skypetoken" value=""#, "\"");
    let registrar = ask(
        &server,
        Method::POST,
        "prod.registrar.skype.com",
        "/v2/registrations",
    );
    let registered = registrar.header("X-Skypetoken", token).body("{}");
    assert_eq!(
        json_of(registered).await,
        (StatusCode::ACCEPTED, json!({})),
        "nothing is pushed, and the program goes on"
    );
    let forged = ask(&server, Method::POST, LIVE, POST).form(&[("PPFT", nonce.as_str())]);
    let forged = forged.header(COOKIE, format!("{}; __Host-MSAAUTH=00", jar(&given)));
    let (_, _, page) = answer(forged).await;
    assert!(page.contains(",sErrTxt:'"), "{page}");

    // go-skypeapi: cookies come as headers of their names.
    let mut bare = ask(&server, Method::POST, LIVE, POST).form(&fields);
    for (name, value) in &given {
        bare = bare.header(name, value);
    }
    let (_, _, page) = answer(bare).await;
    // The oldest skypeweb: the last step goes to the address of the first.
    exchanged(&server, &page, "/login/oauth").await;
    server.stop().await;
}

#[tokio::test]
async fn old_forms_and_pages_hold_what_old_programs_look_for() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let (_, _, old) = answer(ask(&server, Method::GET, LOGIN, "/login")).await;
    for field in [
        r#"<form id="loginForm" name="loginForm" "#,
        r#"<input type="hidden" name="pie" id="pie" value="1"/><input type="hidden" name="etm" id="etm" value="1"/>"#,
    ] {
        assert!(old.contains(field), "{field} in {old}");
    }
    let wrong = ask(&server, Method::POST, LOGIN, "/login");
    let wrong = wrong.form(&[("username", "alice"), ("password", "wrong")]);
    let (_, _, page) = answer(wrong).await;
    let words = between(
        &page,
        r#"<div class="message_error"><span></span><span>"#,
        "</span></div>",
    );
    assert!(words.starts_with("Your account or password is incorrect."));

    // A class of PHP: where to post stands in a script; two more fields come with `t`, and all go to a third host.
    let (page, nonce, given) = opened(&server).await;
    let action = between(&page, "urlPost:'", "',");
    assert_eq!(action, between(&page, "action=\"", "\""));
    let fields = [
        ("login", "alice"),
        ("passwd", PASSWORD),
        ("PPFT", nonce.as_str()),
    ];
    let post = ask(&server, Method::POST, LIVE, POST).form(&fields);
    let (_, _, page) = answer(post.header(COOKIE, jar(&given))).await;
    let field = |name: &str| {
        let before = format!(r#"<input type="hidden" name="{name}" id="{name}" value=""#);
        between(&page, &before, "\">").to_owned()
    };
    let fields = [
        ("NAP", field("NAP")),
        ("ANON", field("ANON")),
        ("t", field("t")),
    ];
    assert!(fields.iter().all(|(_, value)| !value.is_empty()));
    let path = "/login/oauth/proxy?client_id=578134&wa=wsignin1.0";
    let through = ask(&server, Method::POST, "lw.skype.com", path).form(&fields);
    let (_, _, page) = answer(through).await;
    let t = between(&page, r#"<input type="hidden" name="t" value=""#, "\"/>");
    let last = ask(&server, Method::POST, LOGIN, "/login/microsoft").form(&[("t", t)]);
    let (_, _, page) = answer(last).await;
    assert_eq!(between(&page, r#"name="skypeid" value=""#, "\"/>"), "alice");
    let rubbish = ask(&server, Method::POST, "lw.skype.com", path).form(&[("t", "00")]);
    let (_, _, page) = answer(rubbish).await;
    assert!(page.contains(",sErrTxt:'"), "{page}");

    // Skype4J: signing out ends at the form, without the cookie.
    let (status, headers, _) = answer(ask(&server, Method::GET, LOGIN, "/logout")).await;
    assert_eq!(
        (status, headers[LOCATION].to_str().expect("text")),
        (StatusCode::FOUND, "http://login.skype.com/login")
    );
    let gone = cookies(&headers);
    assert!(gone.contains(&("refresh-token".into(), String::new())));
    server.stop().await;
}

#[tokio::test]
async fn the_edge_takes_a_token_of_soap_as_it_stood_in_the_xml() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let (_, text) = super::soap(&server, "alice", PASSWORD).await;
    let token = between(&text, "Id=\"Compact0\">t=", "<");
    assert!(token.ends_with("&amp;p="), "{token}");
    let edge = ask(
        &server,
        Method::POST,
        "edge.skype.com",
        "/rps/v1/rps/skypetoken",
    );
    let (status, given) = json_of(edge.form(&[("access_token", token)])).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(Skyper::of(&server, &given).skypeid, "alice");
    server.stop().await;
}

#[tokio::test]
async fn what_is_asked_of_people_by_other_addresses_is_the_same() {
    let server = Server::start().await;
    let [alice, bob] = friends(&server).await;
    for (of, name) in [("self", "alice"), ("bob", "bob")] {
        let path = format!("/users/{of}/displayname");
        let wanted =
            json!({ "username": name, "displayname": name, "firstname": name, "lastname": "" });
        assert_eq!(alice.get(API, &path).await, (StatusCode::OK, wanted));
    }
    let nobody = alice.get(API, "/users/nobody/displayname").await;
    assert_eq!(nobody.0, StatusCode::NOT_FOUND);
    let (_, list) = alice
        .get(API, "/users/self/contacts?hideDetails=true")
        .await;
    assert_eq!(
        list,
        json!([{ "skypename": "bob", "displayname": "bob", "authorized": true, "blocked": false }])
    );
    let (_, own) = alice.get(API, "/users/self/profile").await;
    let path = "/profile/v1/users/self/profile";
    assert_eq!(
        alice.get("profile.skype.com", path).await,
        (StatusCode::OK, own)
    );
    let change = "/profile/v1/users/self/profile/partial";
    let mood = json!({ "payload": { "mood": "by the edge" } });
    let changed = alice.send(Method::POST, "edge.skype.com", change, mood);
    assert_eq!(changed.await, (StatusCode::OK, json!({})));
    let (_, own) = alice.get(API, "/users/self/profile").await;
    assert_eq!(own["mood"], "by the edge");
    let others = "/profile/v1/users/bob/profile/partial";
    let refused = alice.send(Method::POST, "edge.skype.com", others, json!({}));
    assert_eq!(refused.await.0, StatusCode::FORBIDDEN);

    let put = alice.ask(Method::PUT, API, "/users/self/profile/avatar");
    let put = put.header("Content-Type", "image/png");
    assert_eq!(
        json_of(put.body(super::people::picture())).await,
        (StatusCode::OK, json!({}))
    );
    for (who, of) in [(&alice, "alice"), (&alice, "self"), (&bob, "alice")] {
        let shown = who.ask(Method::GET, API, &format!("/users/{of}/profile/avatar"));
        assert_eq!(answer(shown).await.0, StatusCode::OK, "{of}");
    }
    let none = alice.get(API, "/users/bob/profile/avatar").await;
    assert_eq!(none.0, StatusCode::NOT_FOUND);

    for path in ["/api/v2/eligibility-check", "/v1/api/eligibility-check"] {
        let eligible = json_of(ask(&server, Method::GET, "web.skype.com", path)).await;
        assert_eq!(eligible, (StatusCode::OK, json!({})));
    }
    server.stop().await;
}

#[tokio::test]
async fn contacts_are_filtered_removed_and_asked_for_as_old_programs_do_it() {
    let server = Server::start().await;
    let [alice, bob] = friends(&server).await;
    let carol = Person::register(&server, "carol").await;
    carol
        .command(json!({ "type": "set_handle", "value": "carol@example.org", "on": true }))
        .await;
    let carol = Skyper::sign_in(&server, "carol").await;
    let asks = "/users/self/contacts/auth-request/alice";
    let asked = carol.send(Method::PUT, API, asks, json!({ "greeting": "hi" }));
    let done = json!({ "status": { "code": 20100 }, "code": 20100 });
    assert_eq!(asked.await, (StatusCode::CREATED, done));
    let (_, requests) = alice.get(API, "/users/self/contacts/auth-request").await;
    let (time, iso) = (&requests[0]["event_time"], &requests[0]["event_time_iso"]);
    let (time, iso) = (time.as_str().expect("text"), iso.as_str().expect("text"));
    let spelled = iso.replace('T', " ").replace('Z', ".000000");
    assert_eq!((time, iso.len()), (spelled.as_str(), 20));
    let accept = "/users/self/contacts/auth-request/carol/accept";
    alice.send(Method::PUT, API, accept, json!({})).await;

    let v1 = "/contacts/v1/users/alice/contacts";
    let names = async |filter: &str| {
        let path = format!("{v1}?$filter={filter}");
        let (status, list) = alice.get("contacts.skype.com", &path).await;
        assert_eq!(status, StatusCode::OK);
        let list = list["contacts"].as_array().expect("a list").clone();
        let name = |one: &Value| one["id"].as_str().expect("text").to_owned();
        let mut names: Vec<String> = list.iter().map(name).collect();
        names.sort();
        names.join(" ")
    };
    for (filter, wanted) in [
        ("type%20eq%20'skype'%20or%20type%20eq%20'msn'", "bob carol"),
        ("id%20eq%20'bob'", "bob"),
        ("id+eq+'8:Carol'%20or%20id%20eq%20'nobody'", "carol"),
        ("id%20eq%20'bob'%20or%20id%20eq%20'carol'", "bob carol"),
        ("id%20eq%20'8:live:Bob'", "bob"),
        ("id%20eq%20'carol@example.org'", "carol"),
        ("id%20eq%20'nobody'", ""),
    ] {
        assert_eq!(names(filter).await, wanted, "{filter}");
    }

    for (who, method, host, path, left) in [
        (
            &alice,
            Method::DELETE,
            API,
            "/users/self/contacts/bob",
            "carol",
        ),
        (
            &alice,
            Method::DELETE,
            "contacts.skype.com",
            "/contacts/v1/users/alice/contacts/skype/carol",
            "",
        ),
        (&bob, Method::PUT, API, "/users/self/contacts/alice", ""),
    ] {
        let removed = who.send(method, host, path, json!({})).await;
        assert_eq!(removed, (StatusCode::OK, json!({})), "{path}");
        assert_eq!(names("type%20eq%20'skype'").await, left, "{path}");
    }
    let (_, list) = bob.get(API, "/users/self/contacts").await;
    assert_eq!(list, json!([]));
    server.stop().await;
}

/// What a server answers to a request that is written letter by letter, and closes the connection after.
async fn raw(server: &Server, request: &str) -> String {
    let mut socket = tokio::net::TcpStream::connect(server.http())
        .await
        .expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.expect("text");
    answer
}

#[tokio::test]
async fn names_of_headers_have_their_capitals_and_methods_may_lack_them() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let page = format!("get /login.srf HTTP/1.1\r\nHost: {LIVE}\r\nConnection: close\r\n\r\n");
    let page = raw(&server, &page).await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for line in ["\r\nSet-Cookie: MSPRequ=", "\r\nContent-Type: text/html"] {
        assert!(page.contains(line), "{line:?} in {page}");
    }
    let head = |method: &str, last: &str| {
        format!(
            "{method} /v1/users/ME/endpoints HTTP/1.1\r\nHost: client-s.gateway.messenger.live.com\r\n\
             Authentication: skypetoken={}\r\n{last}Content-Length: 2\r\n\r\n{{}}",
            alice.token
        )
    };
    let twice = head("POST", "") + &head("post", "Connection: close\r\n");
    let answers = raw(&server, &twice).await;
    assert_eq!(answers.matches("HTTP/1.1 201").count(), 2, "{answers}");
    let token = "\r\nSet-RegistrationToken: registrationToken=";
    assert_eq!(answers.matches(token).count(), 2, "{answers}");
    assert!(
        !answers
            .to_ascii_lowercase()
            .contains("set-registrationtoken: \r\n")
    );
    server.stop().await;
}
