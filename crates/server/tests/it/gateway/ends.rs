//! What ends, at each step on the way from a password to a poll, and what is bounded on that way.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use hub::clock::Clock as _;
use hub::command::{Command, Which};
use hub::limits::Rate;
use serde_json::{Value, json};

use super::lab::{Answer, Lab, MESSAGES, contents};
use crate::skype::{between, envelope};
use crate::support::PASSWORD;

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// Status, cookies and text.
async fn page(lab: &Lab, request: Request<Body>) -> (StatusCode, Vec<String>, String) {
    let (parts, body) = lab.raw(request).await.into_parts();
    let cookies = parts.headers.get_all(header::SET_COOKIE).iter();
    let cookies = cookies.map(|one| one.to_str().expect("text").to_owned());
    let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (parts.status, cookies.collect(), text)
}

fn post(path: &str, body: String) -> Request<Body> {
    Request::post(path)
        .body(Body::from(body))
        .expect("a request")
}

fn again(path: &str, refresh: &str) -> Request<Body> {
    Request::get(path)
        .header(header::COOKIE, format!("refresh-token={refresh}"))
        .body(Body::empty())
        .expect("a request")
}

/// The refresh token and the skypetoken of a page that signed somebody in.
fn given((_, cookies, text): &(StatusCode, Vec<String>, String)) -> Option<(String, String)> {
    let kept = cookies
        .iter()
        .find(|one| one.starts_with("refresh-token="))?;
    let refresh = between(kept, "refresh-token=", ";").to_owned();
    let token = between(text, r#"name="skypetoken" value=""#, "\"").to_owned();
    Some((refresh, token))
}

async fn by_the_form(lab: &Lab) -> (String, String) {
    let filled = format!("username=ann&password={}", PASSWORD.replace(' ', "+"));
    let answered = page(lab, post("/login/login", filled)).await;
    given(&answered).unwrap_or_else(|| panic!("signed in: {answered:?}"))
}

/// What SOAP gives.
async fn by_soap(lab: &Lab) -> String {
    let (_, _, text) = page(lab, post("/live/RST.srf", envelope("ann", PASSWORD))).await;
    between(&text, "Id=\"Compact0\">", "<").replace("&amp;", "&")
}

async fn edge(lab: &Lab, token: &str) -> Answer {
    let asked = json!({ "partner": 999, "access_token": token, "scopes": "client" });
    lab.call(post("/edge/rps/v1/rps/skypetoken", asked.to_string()))
        .await
}

#[tokio::test]
async fn refreshing_ends_a_year_after_the_password_by_whatever_it_is_refreshed() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    let (mut refresh, mut token) = by_the_form(&lab).await;
    let begin = lab.clock.wall().0;
    // A program that refreshes each day: with its cookie, with its skypetoken, and through the last step.
    for day in 1..365 {
        lab.clock.advance(DAY - Duration::from_secs(60));
        let answered = match day % 3 {
            0 => page(&lab, again("/login/login", &refresh)).await,
            1 => page(&lab, again("/login/login", &token)).await,
            _ => {
                let (_, _, text) = page(&lab, again("/login/login/login", &token)).await;
                let t = between(&text, "id=\"t\" value=\"", "\"");
                page(&lab, post("/login/login/microsoft", format!("t={t}"))).await
            }
        };
        (refresh, token) = given(&answered).unwrap_or_else(|| panic!("day {day}: {answered:?}"));
    }
    // A skypetoken of the last day is good for a day, and for no refresh beyond the year.
    let left = 365 * DAY - 364 * (DAY - Duration::from_secs(60));
    lab.clock.advance(left / 2);
    (refresh, token) = given(&page(&lab, again("/login/login", &token)).await).expect("in");
    lab.clock.advance(left / 2);
    assert_eq!(lab.clock.wall().0 - begin, 365 * 24 * 3_600_000);
    ann.skypetoken.clone_from(&token);
    assert_eq!(ann.ask_to_register().await.status, StatusCode::CREATED);
    for (path, kept) in [
        ("/login/login", &refresh),
        ("/login/login", &token),
        ("/login/login/login", &token),
    ] {
        let answered = page(&lab, again(path, kept)).await;
        assert!(given(&answered).is_none(), "{path}: {answered:?}");
        assert!(!answered.2.contains("id=\"t\" value="), "{path}");
    }
    by_the_form(&lab).await;
}

#[tokio::test]
async fn whoever_is_signed_out_from_afar_is_refreshed_no_more() {
    let lab = Lab::new().await;
    let ann = lab.person("ann").await;
    let (refresh, _) = by_the_form(&lab).await;
    lab.clock.advance(80 * DAY);
    let (_, token) = given(&page(&lab, again("/login/login", &refresh)).await).expect("in");
    ann.command(Command::EndDevice(Which::Others)).await;
    for path in ["/login/login", "/login/login/login"] {
        for kept in [&refresh, &token] {
            let answered = page(&lab, again(path, kept)).await;
            assert!(given(&answered).is_none(), "{path}: {answered:?}");
        }
    }
}

#[tokio::test]
async fn each_step_of_signing_in_says_when_what_it_was_given_has_ended() {
    let lab = Lab::new().await;
    let ann = lab.person("ann").await;
    // Between SOAP and the exchange: too late, then signed out.
    let step = by_soap(&lab).await;
    lab.clock.advance(Duration::from_secs(10 * 60));
    let late = edge(&lab, &step).await;
    assert!(late.body.get("skypetoken").is_none(), "{late:?}");
    assert!(late.body["status"]["code"].is_number(), "{late:?}");
    let step = by_soap(&lab).await;
    ann.command(Command::EndDevice(Which::Others)).await;
    let out = edge(&lab, &step).await;
    assert!(out.body["status"]["code"].is_number(), "{out:?}");
    // Between the exchange and the registration.
    let step = by_soap(&lab).await;
    let token = edge(&lab, &step).await.body["skypetoken"].clone();
    let mut program = ann.clone();
    program.skypetoken = token.as_str().expect("a token").to_owned();
    lab.clock.advance(DAY);
    is_refused(&program.ask_to_register().await, 401, 911);
    let step = by_soap(&lab).await;
    let token = edge(&lab, &step).await.body["skypetoken"].clone();
    program.skypetoken = token.as_str().expect("a token").to_owned();
    // Between the registration and what is below it; then the poll.
    program.register().await;
    lab.clock.advance(DAY);
    let path = "/v1/users/ME/endpoints/SELF/subscriptions";
    let subscribed = program.ask(Method::POST, path, json!({})).await;
    is_refused(&subscribed, 404, 729);
    is_refused(&lab.call(program.poll_request()).await, 404, 729);
    let step = by_soap(&lab).await;
    let token = edge(&lab, &step).await.body["skypetoken"].clone();
    program.skypetoken = token.as_str().expect("a token").to_owned();
    program.listen(&MESSAGES).await;
    ann.command(Command::EndDevice(Which::Others)).await;
    is_refused(&program.ask(Method::POST, path, json!({})).await, 401, 911);
    is_refused(&lab.call(program.poll_request()).await, 401, 911);
    is_refused(&program.ask_to_register().await, 401, 911);
}

fn is_refused(answer: &Answer, status: u16, code: u16) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["errorCode"]),
        (status, &json!(code)),
        "{answer:?}"
    );
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert!(!answer.headers.contains_key(header::LOCATION), "{answer:?}");
    assert!(answer.body["message"].is_string());
}

#[tokio::test]
async fn a_guest_who_comes_late_reads_page_by_page_and_only_what_newcomers_may() {
    let mut config = hub::Config::default();
    config.limits.messages = Rate::new(1_000, Duration::from_millis(1));
    config.limits.commands = Rate::new(10_000, Duration::from_millis(1));
    let lab = Lab::with(config).await;
    let mut ann = lab.person("ann").await;
    ann.listen(&MESSAGES).await;
    for (is_open, lines, wanted) in [(true, 250, 250), (false, 3, 0)] {
        let about = json!({ "topic": "Open", "joiningenabled": true, "historydisclosed": is_open });
        let id = super::threads::make(&ann, &[], about).await;
        for line in 0..lines {
            ann.say(&id, &format!("line {line}"), &format!("{id}{line}"))
                .await;
        }
        let link = ann
            .at("/apijoin/v1/meetings", &json!({ "threadId": id }))
            .await;
        let url = link["url"].as_str().expect("an address");
        let (_, code) = url.rsplit_once('/').expect("a code");
        let comes = json!({ "name": "Gil", "shortId": code, "threadId": id });
        let came = lab
            .call(post("/join/api/v1/users/guests", comes.to_string()))
            .await;
        assert_eq!(came.status, StatusCode::CREATED, "{came:?}");
        let mut guest = ann.clone();
        guest.skypetoken = came.body["skypetoken"].as_str().expect("a token").into();
        guest.listen(&MESSAGES).await;
        let first = guest
            .get(&format!("/v1/users/ME/conversations/{id}/messages"))
            .await;
        let first = first["messages"].as_array().expect("a list").len();
        assert!(first <= 30, "{first} at once");
        let mut next = format!("/v1/users/ME/conversations/{id}/messages?pageSize=100000");
        let mut read: Vec<Value> = Vec::new();
        for _ in 0..10 {
            let page = guest.get(&next).await;
            let list = page["messages"].as_array().expect("a list").clone();
            assert!(list.len() <= 200, "{} at once", list.len());
            read.extend(list);
            let Some(link) = page["_metadata"]["backwardLink"].as_str() else {
                break;
            };
            let (_, path) = link.split_once("/v1/").expect("an address of the gateway");
            next = format!("/v1/{path}");
        }
        let words = read.iter().filter(|one| one["messagetype"] == "RichText");
        assert_eq!(contents(words).len(), wanted, "{is_open}");
    }
}

#[tokio::test]
async fn an_upload_that_a_token_began_is_finished_and_the_clock_of_a_program_may_be_wrong() {
    let lab = Lab::new().await;
    let ann = lab.person("ann").await;
    let made = Request::post("/store/v1/objects")
        .header("Authorization", format!("skype_token {}", ann.skypetoken))
        .body(Body::from(r#"{"type":"sharing/file","filename":"a.bin"}"#));
    let made = lab.call(made.expect("a request")).await;
    let id = made.body["id"].as_str().expect("an id").to_owned();
    lab.clock.advance(DAY - Duration::from_secs(60));
    let clock = lab.clock.clone();
    let bytes = futures_util::stream::iter((0..3).map(move |_| {
        clock.advance(Duration::from_secs(60));
        Ok::<_, std::io::Error>("piece ")
    }));
    let put = Request::put(format!("/store/v1/objects/{id}/content/original"))
        .header("Authorization", format!("skype_token {}", ann.skypetoken))
        .body(Body::from_stream(bytes));
    assert_eq!(
        page(&lab, put.expect("a request")).await.0,
        StatusCode::CREATED
    );
    let read = Request::get(format!("/store/v1/objects/{id}/views/original"))
        .header("Authorization", format!("skype_token {}", ann.skypetoken))
        .body(Body::empty());
    assert_eq!(
        page(&lab, read.expect("a request")).await.0,
        StatusCode::UNAUTHORIZED
    );
    let mut ann = ann;
    ann.sign_in();
    for minutes in [-10_i64, 10] {
        let time = lab.clock.wall().0 / 1000 + minutes * 60;
        let padding = webapi::skype::lock_and_key::Padding::Minimal;
        let right = webapi::skype::lock_and_key::answer(&time.to_string(), padding);
        let right = right.expect("an answer");
        let lock = format!("appId=msmsgs@msnmsgr.com; time={time}; lockAndKeyResponse={right}");
        let request = Request::post("/gateway/v1/users/ME/endpoints")
            .header("Authentication", format!("skypetoken={}", ann.skypetoken))
            .header("LockAndKey", lock)
            .body(Body::from("{}"));
        let answered = lab.call(request.expect("a request")).await;
        assert_eq!(answered.status, StatusCode::CREATED, "{minutes} minutes");
    }
}
