//! Tokens that end: said in time and in words.

#![expect(
    clippy::disallowed_methods,
    reason = "a held poll waits beside the test, and ends with it"
)]

use std::time::Duration;

use axum::http::{Method, StatusCode};
use hub::clock::Clock as _;
use hub::command::{Command, Which};
use serde_json::{Value, json};

use super::lab::{Lab, MESSAGES, contents};

const DAY: Duration = Duration::from_secs(24 * 3_600);

#[tokio::test]
async fn a_held_poll_ends_before_its_registration_and_the_next_one_says_so() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    ann.listen(&MESSAGES).await;
    lab.clock.advance(DAY - Duration::from_secs(10));
    let begin = lab.clock.wall().0;
    let answer = lab.passing(lab.call(ann.poll_request())).await;
    assert_eq!((answer.status, &answer.body), (StatusCode::OK, &json!({})));
    assert!(lab.clock.wall().0 - begin <= 10_000, "before its end");
    lab.clock.advance(Duration::from_secs(10));
    let answer = lab.call(ann.poll_request()).await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!(729))
    );
    let answer = ann
        .ask(Method::GET, "/v1/users/ME/conversations", Value::Null)
        .await;
    assert_eq!(answer.body["errorCode"], 729, "not on a poll alone");
    let answer = ann.ask_to_register().await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::UNAUTHORIZED, &json!(911))
    );
    ann.sign_in();
    assert_eq!(ann.ask_to_register().await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_program_over_three_days_misses_nothing() {
    let lab = Lab::new().await;
    let (ann, mut bob) = lab.friends().await;
    bob.listen(&MESSAGES).await;
    let (mut heard, mut last) = (Vec::new(), 0_i64);
    let mut said = 0;
    for hour in 0..72 {
        lab.clock.advance(Duration::from_secs(3_600));
        // Its skypetoken and its registration end at different times.
        if hour % 17 == 0 {
            bob.sign_in();
        }
        for _ in 0..2 {
            let to = hub::command::Target::Cast(vec![bob.who.account]);
            let body = hub::model::Body::Text(hub::model::Rich::plain(&format!("line {said}")));
            let client = hub::id::ClientId::new(said.to_string()).expect("an id");
            ann.command(Command::Send {
                to,
                body,
                client,
                reply_to: None,
                hints: Vec::new(),
            })
            .await;
            said += 1;
        }
        let answer = lab.call(bob.poll_request()).await;
        let told = match answer.status {
            StatusCode::OK => super::lab::events(&answer.body),
            StatusCode::NOT_FOUND => {
                assert_eq!(answer.body["errorCode"], 729);
                bob.listen(&MESSAGES).await;
                let since = format!(
                    "/v1/users/ME/conversations/8:ann/messages?startTime={}",
                    last + 1
                );
                let page = bob.get(&since).await;
                let mut list = page["messages"].as_array().expect("a list").clone();
                list.reverse();
                list
            }
            status => panic!("{status}: {:?}", answer.body),
        };
        for one in &told {
            let message = one.get("resource").unwrap_or(one);
            if message["messagetype"] == "RichText" {
                heard.extend(contents([one]));
                last = message["id"]
                    .as_str()
                    .expect("an id")
                    .parse()
                    .expect("digits");
            }
        }
    }
    let wanted: Vec<String> = (0..said).map(|index| format!("line {index}")).collect();
    assert_eq!(heard, wanted);
}

#[tokio::test]
async fn a_device_that_was_signed_out_is_refused_at_once() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    ann.listen(&MESSAGES).await;
    let held = tokio::spawn({
        let (lab, ann) = (lab.clone(), ann.clone());
        async move { lab.call(ann.poll_request()).await }
    });
    tokio::task::yield_now().await;
    ann.command(Command::EndDevice(Which::This)).await;
    let answer = held.await.expect("it ends");
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::UNAUTHORIZED, &json!(911))
    );
    let answer = lab.call(ann.poll_request()).await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::UNAUTHORIZED, &json!(911))
    );
    assert_eq!(ann.ask_to_register().await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_known_endpoint_is_registered_again_and_keeps_what_it_has() {
    let lab = Lab::new().await;
    let (ann, mut bob) = lab.friends().await;
    ann.say("8:bob", "before", "1").await;
    let path = format!(
        "/gateway/v1/users/ME/endpoints/{}",
        bob.endpoint.trim_matches(['{', '}'])
    );
    let request = axum::http::Request::put(path)
        .header("Authentication", format!("skypetoken={}", bob.skypetoken))
        .body(axum::body::Body::empty());
    let answer = lab.call(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::OK);
    bob.registration = answer.headers["set-registrationtoken"]
        .to_str()
        .expect("text")
        .into();
    assert_eq!(contents(&bob.hears(1).await), ["before"]);
}
