//! Limits as they are set when nobody sets them: each is said, with a time to come back, and then it goes on.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::json;

use super::lab::{Lab, contents};
use crate::skype::envelope;
use crate::support::PASSWORD;

fn wait(headers: &HeaderMap) -> Duration {
    let seconds = headers[header::RETRY_AFTER].to_str().expect("text");
    Duration::from_secs(seconds.parse().expect("seconds"))
}

#[tokio::test]
async fn two_hundred_messages_at_once_are_refused_at_some_time_and_go_on_after_the_pause() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let path = "/v1/users/ME/conversations/8:bob/messages";
    let mut pause = None;
    for index in 0..200 {
        let body = json!({ "content": "x", "messagetype": "Text", "clientmessageid": index });
        let answer = ann.ask(Method::POST, path, body).await;
        if answer.status == StatusCode::CREATED {
            assert!(pause.is_none(), "no time has passed");
            continue;
        }
        assert_eq!(
            (answer.status, &answer.body["errorCode"]),
            (StatusCode::TOO_MANY_REQUESTS, &json!(800))
        );
        pause = Some(wait(&answer.headers));
    }
    bob.say("8:ann", "not touched", "1").await;
    lab.clock.advance(pause.expect("200 are too many"));
    ann.say("8:bob", "goes on", "again").await;
}

#[tokio::test]
async fn twenty_endpoints_a_minute_are_let_in_and_the_last_one_hears() {
    let lab = Lab::new().await;
    let (mut ann, bob) = lab.friends().await;
    for _ in 0..20 {
        lab.clock.advance(Duration::from_secs(3));
        let answer = ann.ask_to_register().await;
        if answer.status != StatusCode::CREATED {
            assert_eq!(answer.body["errorCode"], 803);
            lab.clock.advance(wait(&answer.headers));
        }
    }
    ann.listen(&super::lab::MESSAGES).await;
    bob.say("8:ann", "to the last", "1").await;
    assert_eq!(contents(&ann.hears(1).await), ["to the last"]);
}

#[tokio::test]
async fn thirty_wrong_passwords_by_soap_and_by_the_form_are_slowed_and_the_right_one_comes_in() {
    let mut config = hub::Config::default();
    // Each that is tried is hashed: a few are enough before the rest are refused.
    config.limits.sign_in_account.burst = 2;
    let lab = Lab::with(config).await;
    let _ann = lab.person("ann").await;
    let ask = async |path: &str, body: String| {
        let request = Request::post(path).body(Body::from(body)).expect("one");
        let (parts, body) = lab.raw(request).await.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        assert_eq!(parts.status, StatusCode::OK, "programs read it only so");
        (parts.headers, text)
    };
    for tried in 0..30 {
        let (headers, text) = ask("/live/RST.srf", envelope("ann", "wrong wrong")).await;
        assert!(text.contains("Fault"), "{text}");
        let filled = "username=ann&password=wrong+wrong".to_owned();
        let (formed, page) = ask("/login/login", filled).await;
        assert!(page.contains("sErrTxt"), "{page}");
        if tried > 0 {
            assert!(wait(&headers) > Duration::ZERO && wait(&formed) > Duration::ZERO);
            assert!(text.contains("wait"), "{text}");
        }
    }
    // Whoever waits as long as they are told comes in: first the address may ask again, then the account.
    for _ in 0..5 {
        let (headers, text) = ask("/live/RST.srf", envelope("ann", PASSWORD)).await;
        if text.contains("BinarySecurityToken") {
            return;
        }
        lab.clock.advance(wait(&headers));
    }
    panic!("the pause has no end");
}
