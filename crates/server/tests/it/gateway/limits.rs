//! Limits as they are set when nobody sets them: each is said, with a time to come back, and then it goes on.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::lab::{Lab, MESSAGES, contents, events, is_words};
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
    ann.listen(&MESSAGES).await;
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

/// An answer is acknowledged by the next poll, and a poll that a newer one has superseded gives nothing away: each message stands
/// in one answer, whichever that is, while twenty polls overtake each other again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_polls_at_once_are_answered_and_nothing_is_lost_or_told_twice() {
    let lab = Lab::new().await;
    let (ann, mut bob) = lab.friends().await;
    bob.listen(&MESSAGES).await;
    let mut told: Vec<Value> = Vec::new();
    let mut said = Vec::new();
    for round in 10..15 {
        let mut polls = JoinSet::new();
        for _ in 0..20 {
            let (lab, request) = (lab.clone(), bob.poll_request());
            polls.spawn(async move { lab.call(request).await });
        }
        said.push(format!("{round} while they come"));
        ann.say("8:bob", &said[said.len() - 1], &said.len().to_string())
            .await;
        while let Some(answer) = polls.join_next().await {
            let answer = answer.expect("no panic");
            assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
            told.extend(events(&answer.body));
            // The newest may be waiting still; nothing else is there that could take what comes now.
            if polls.len() == 1 {
                said.push(format!("{round} while one waits"));
                ann.say("8:bob", &said[said.len() - 1], &said.len().to_string())
                    .await;
            }
        }
    }
    let lines = |told: &[Value]| contents(told.iter().filter(|one| is_words(one)));
    while lines(&told).len() < said.len() {
        told.extend(bob.poll().await);
    }
    said.push("99 and on".to_owned());
    ann.say("8:bob", "99 and on", "last").await;
    told.extend(bob.hears(1).await);
    let mut lines = lines(&told);
    lines.sort_unstable();
    said.sort_unstable();
    assert_eq!(lines, said);
}

#[tokio::test]
async fn a_list_of_a_hundred_names_is_one_search_and_is_answered_again_and_again() {
    let lab = Lab::new().await;
    let (ann, _) = lab.friends().await;
    let mut names: Vec<_> = (0..99).map(|n| format!("nobody{n}")).collect();
    names.push("bob".to_owned());
    let asked = json!({ "usernames": names });
    for _ in 0..10 {
        let found = ann.at("/api/users/batch/profiles", &asked).await;
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
        assert_eq!(found[0]["username"], "bob");
        let looked = ann.at("/profile/profile/v1/batch/profiles", &asked).await;
        assert_eq!(looked.as_array().map(Vec::len), Some(100));
    }
    let mut searches = 20;
    while lab.call(alone(&ann.skypetoken, "nobody")).await.status != StatusCode::TOO_MANY_REQUESTS {
        searches += 1;
        assert!(searches <= 30, "each of them is a search");
    }
    assert_eq!(searches, 30);
    let answer = lab.call(alone(&ann.skypetoken, "bob")).await;
    assert_eq!(
        answer.status,
        StatusCode::OK,
        "whom one knows costs nothing"
    );
}

fn alone(skypetoken: &str, name: &str) -> Request<Body> {
    let request = Request::get(format!("/api/users/{name}/profile/public"));
    let request = request.header("X-Skypetoken", skypetoken);
    request.body(Body::empty()).expect("a request")
}
