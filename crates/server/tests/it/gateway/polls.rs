//! Registration, subscription and the long poll.

#![expect(
    clippy::disallowed_methods,
    reason = "a held poll waits beside the test, and ends with it"
)]

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::lab::{ALL, HOST, Lab, MESSAGES, contents, events};
use super::messages::{plain, write};

#[tokio::test]
async fn a_registration_satisfies_all_programs() {
    let lab = Lab::new().await;
    let ann = lab.person("ann").await;
    let answer = ann.ask_to_register().await;
    assert_eq!(
        (answer.status, &answer.body),
        (StatusCode::CREATED, &json!({}))
    );
    let token = answer.headers["set-registrationtoken"]
        .to_str()
        .expect("text");
    let parts: Vec<(&str, &str)> = token
        .split("; ")
        .filter_map(|part| part.split_once('='))
        .collect();
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["registrationToken", "expires", "endpointId"]);
    let letters = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    assert!(
        parts[0].1.chars().all(letters),
        "SkPy stops at any other letter: {token}"
    );
    let day = 24 * 3_600;
    assert_eq!(
        parts[1].1.parse::<i64>().expect("seconds"),
        1_800_000_000 + day
    );
    let bare = parts[2].1.trim_matches(['{', '}']);
    assert_eq!(bare, bare.to_lowercase());
    let place = answer.headers[header::LOCATION].to_str().expect("text");
    assert_eq!(
        place,
        format!("https://{HOST}/v1/users/ME/endpoints/%7B{bare}%7D")
    );
}

#[tokio::test]
async fn a_refused_registration_is_no_bare_404() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    ann.skypetoken = "a.b.c".into();
    let answer = ann.ask_to_register().await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::UNAUTHORIZED, &json!(911))
    );
    ann.sign_in();
    ann.register().await;
}

#[tokio::test]
async fn an_endpoint_is_there_in_every_spelling_at_once() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    ann.register().await;
    let bare = ann.endpoint.trim_matches(['{', '}']).to_owned();
    let document = json!({ "id": "messagingService", "publicInfo": { "typ": 1, "capabilities": "video|audio" } });
    for spelling in [
        bare.clone(),
        bare.to_uppercase(),
        format!("%7B{bare}%7D"),
        format!("%7b{}%7d", bare.to_uppercase()),
        "SELF".into(),
        "self".into(),
    ] {
        let endpoint = format!("/v1/users/ME/endpoints/{spelling}");
        let path = format!("{endpoint}/presenceDocs/messagingService");
        let mut put = ann.ask(Method::PUT, &path, document.clone()).await;
        put.body["selfLink"].take().as_str().expect("where it lies");
        put.body
            .as_object_mut()
            .expect("an object")
            .remove("selfLink");
        assert_eq!(
            (put.status, &put.body),
            (StatusCode::OK, &document),
            "{spelling}"
        );
        let body = json!({ "interestedResources": MESSAGES });
        let made = ann
            .ask(
                Method::POST,
                &format!("{endpoint}/subscriptions"),
                body.clone(),
            )
            .await;
        assert_eq!(
            (made.status, &made.body),
            (StatusCode::CREATED, &json!({})),
            "{spelling}"
        );
        let place = made.headers[header::LOCATION].to_str().expect("text");
        assert!(
            place.ends_with("/v1/users/ME/endpoints/SELF/subscriptions/0"),
            "{place}"
        );
        let changed = format!("{endpoint}/subscriptions/0?name=interestedResources");
        assert_eq!(
            ann.ask(Method::PUT, &changed, body).await.status,
            StatusCode::OK
        );
        let active = ann
            .ask(
                Method::POST,
                &format!("{endpoint}/active"),
                json!({ "timeout": 12 }),
            )
            .await;
        assert_eq!(active.status, StatusCode::CREATED);
    }
    let unknown = "/v1/users/ME/endpoints/%7B00000000-0000-4000-8000-000000000000%7D/active";
    let answer = ann.ask(Method::POST, unknown, Value::Null).await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!(729))
    );
    let mut eva = lab.person("eva").await;
    eva.register().await;
    let foreign = format!("/v1/users/ME/endpoints/{}/active", bare);
    let answer = eva.ask(Method::POST, &foreign, Value::Null).await;
    assert_eq!(
        answer.body["errorCode"], 729,
        "somebody else's is none of hers"
    );
    let answer = eva
        .ask(Method::GET, "/v1/users/8:ann/endpoints", Value::Null)
        .await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::FORBIDDEN, &json!(403))
    );
    for own in ["ME", "SELF", "8:eva", "8%3AEVA", "eva", "live:eva"] {
        let list = eva.get(&format!("/v1/users/{own}/endpoints")).await;
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{own}: {list}");
    }
}

#[tokio::test]
async fn registrations_whose_answers_were_lost_leave_no_crowd() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    ann.listen(&MESSAGES).await;
    let first = ann.clone();
    for _ in 0..25 {
        lab.clock.advance(Duration::from_millis(10));
        ann.register().await;
    }
    let list = ann.get("/v1/users/ME/endpoints").await;
    assert_eq!(list.as_array().expect("a list").len(), 20);
    let answer = lab.call(first.poll_request()).await;
    assert_eq!(answer.body["errorCode"], 729, "the longest unused went");
    let gone = format!(
        "/v1/users/ME/endpoints/{}",
        ann.endpoint.replace('{', "%7B").replace('}', "%7D")
    );
    assert_eq!(
        ann.ask(Method::DELETE, &gone, Value::Null).await.status,
        StatusCode::OK
    );
    assert_eq!(lab.call(ann.poll_request()).await.body["errorCode"], 729);
}

#[tokio::test]
async fn a_poll_without_events_is_held_and_ends_as_an_empty_object() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    ann.register().await;
    let answer = lab.call(ann.poll_request()).await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!(450))
    );
    ann.subscribe(&MESSAGES).await;
    let begin = hub::clock::Clock::wall(lab.clock.as_ref());
    let answer = lab.passing(lab.call(ann.poll_request())).await;
    let took = hub::clock::Clock::wall(lab.clock.as_ref()).0 - begin.0;
    assert_eq!((answer.status, &answer.body), (StatusCode::OK, &json!({})));
    assert!((25_000..60_000).contains(&took), "{took} ms");
}

#[tokio::test]
async fn the_newest_poll_wins_and_the_older_gets_nothing() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&MESSAGES).await;
    let held = tokio::spawn({
        let (lab, bob) = (lab.clone(), bob.clone());
        async move { lab.call(bob.poll_request()).await }
    });
    let second = async {
        tokio::task::yield_now().await;
        bob.hears(1).await
    };
    let said = async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        ann.say("8:bob", "one", "1").await
    };
    let (heard, _) = tokio::join!(second, said);
    assert_eq!(contents(&heard), ["one"]);
    let older = held.await.expect("it ends");
    let older = events(&older.body);
    assert!(
        older.iter().all(|event| !super::lab::is_words(event)),
        "{older:?}"
    );
}

#[tokio::test]
async fn an_answer_that_no_connection_took_is_given_again_and_one_that_was_taken_is_not() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    ann.say("8:bob", "one", "1").await;
    // The connection is gone before the body: as hyper drops it.
    for _ in 0..3 {
        drop(lab.raw(bob.poll_request()).await);
    }
    let first = bob.hears(1).await;
    assert_eq!(contents(&first), ["one"]);
    ann.say("8:bob", "two", "2").await;
    let second = bob.hears(1).await;
    assert_eq!(
        contents(&second),
        ["two"],
        "what was taken does not come again"
    );
    let number = |event: &Value| event["id"].as_u64().expect("a number");
    assert!(number(&first[0]) >= 1000 && number(&second[0]) > number(&first[0]));
}

#[tokio::test]
async fn a_poll_that_was_hung_up_loses_nothing() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&MESSAGES).await;
    for round in 0..5 {
        let held = tokio::spawn({
            let (lab, bob) = (lab.clone(), bob.clone());
            async move { lab.raw(bob.poll_request()).await.status() }
        });
        for _ in 0..round * 3 {
            tokio::task::yield_now().await;
        }
        ann.say("8:bob", &format!("line {round}"), &round.to_string())
            .await;
        held.abort();
        let _ = held.await;
    }
    let heard = bob.hears(5).await;
    assert_eq!(
        contents(&heard),
        ["line 0", "line 1", "line 2", "line 3", "line 4"]
    );
}

#[tokio::test]
async fn an_answer_overtaken_by_a_newer_poll_gives_its_events_to_that_one() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    ann.say("8:bob", "once", "1").await;
    let older = lab.raw(bob.poll_request()).await;
    let heard = bob.hears(1).await;
    assert_eq!(contents(&heard), ["once"]);
    let bytes = axum::body::to_bytes(older.into_body(), 1 << 20)
        .await
        .expect("a body");
    assert_eq!(&bytes[..], b"{}", "the older answer is empty");
}

#[tokio::test]
async fn a_program_that_polls_too_slowly_loses_nothing() {
    let mut config = hub::Config::default();
    config.limits.messages = hub::limits::Rate::new(2_000, Duration::from_secs(1));
    config.limits.commands = config.limits.messages;
    let lab = Lab::with(config).await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&MESSAGES).await;
    // More than the hub keeps for one connection.
    for index in 0..1_300 {
        let text = index.to_string();
        write(&ann, &bob, plain(&text), &text).await;
    }
    let heard = contents(&bob.hears(1_300).await);
    let wanted: Vec<String> = (0..1_300).map(|index| index.to_string()).collect();
    assert_eq!(heard, wanted);
}

#[tokio::test]
async fn an_answer_of_long_messages_ends_early_and_the_next_one_goes_on() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&MESSAGES).await;
    let long = "goose ".repeat(1_000);
    for index in 0..60 {
        ann.say("8:bob", &format!("{index} {long}"), &index.to_string())
            .await;
    }
    let first = bob.poll().await;
    let bytes: usize = first.iter().map(|event| event.to_string().len()).sum();
    assert!((250_000..280_000).contains(&bytes), "{bytes} bytes");
    let rest = bob.poll().await;
    let words = |of: &[Value]| {
        of.iter()
            .filter(|event| super::lab::is_words(event))
            .count()
    };
    assert!(words(&first) < 60, "not all at once");
    assert_eq!(words(&first) + words(&rest), 60);
}

#[tokio::test]
async fn what_is_not_subscribed_to_is_not_told() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&["/v1/threads/ALL"]).await;
    ann.say("8:bob", "unheard", "1").await;
    bob.subscribe(&MESSAGES).await;
    let put = "/v1/users/ME/presenceDocs/messagingService";
    ann.done(Method::PUT, put, json!({ "status": "Busy" }))
        .await;
    ann.say("8:bob", "heard", "2").await;
    let heard = bob
        .find(|event| super::lab::is_words(event).then(|| event.clone()))
        .await;
    assert!(contents(&[heard])[0].contains("heard"));
    bob.subscribe(&ALL).await;
}

#[tokio::test]
async fn an_endpoint_that_nobody_uses_ends_and_its_person_is_away() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let sweeping = {
        let lab = lab.clone();
        tokio::spawn(async move { lab.skype.endpoints.sweep(lab.clock.as_ref()).await })
    };
    let gone = async {
        loop {
            let list = ann
                .ask(Method::GET, "/v1/users/ME/endpoints", Value::Null)
                .await;
            assert!(list.status.is_success());
            if ann
                .session()
                .presence()
                .await
                .expect("presence")
                .iter()
                .all(|one| {
                    one.account != bob.who.account
                        || one.availability == hub::model::Availability::Offline
                })
            {
                return;
            }
        }
    };
    lab.passing(gone).await;
    assert_eq!(lab.call(bob.poll_request()).await.body["errorCode"], 729);
    sweeping.abort();
}

#[tokio::test]
async fn too_many_registrations_have_a_number_of_their_own() {
    let mut config = hub::Config::default();
    config.limits.commands = hub::limits::Rate::new(20, Duration::from_secs(2));
    let lab = Lab::with(config).await;
    let (ann, bob) = (lab.person("ann").await, lab.person("bob").await);
    for _ in 0..20 {
        assert_eq!(ann.ask_to_register().await.status, StatusCode::CREATED);
    }
    let answer = ann.ask_to_register().await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!(803))
    );
    assert_eq!(answer.headers[header::RETRY_AFTER], "2");
    assert_eq!(
        bob.ask_to_register().await.status,
        StatusCode::CREATED,
        "only its own account"
    );
    lab.clock.advance(Duration::from_secs(2));
    assert_eq!(ann.ask_to_register().await.status, StatusCode::CREATED);
    let request = Request::get("/gateway/v1/users/ME/properties").body(Body::empty());
    let answer = lab.call(request.expect("a request")).await;
    assert_eq!(
        answer.body["errorCode"], 729,
        "who has no token yet registers"
    );
}

#[tokio::test]
async fn a_poll_that_is_held_when_the_server_stops_ends_with_nothing() {
    let lab = Lab::new().await;
    let (ann, _) = lab.friends().await;
    while !lab.passing(ann.poll()).await.is_empty() {}
    let sleepers = lab.clock.sleepers();
    let stop = async {
        while lab.clock.sleepers() == sleepers {
            tokio::task::yield_now().await;
        }
        lab.hub.stop().await;
    };
    let (answer, ()) = tokio::join!(lab.call(ann.poll_request()), stop);
    assert_eq!(
        (answer.status, answer.body),
        (StatusCode::OK, json!({})),
        "not that it failed"
    );
}
