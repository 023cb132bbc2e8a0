//! Conversations and history, as programs page through them; how far one has read.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::lab::{HOST, Lab, contents};

/// The path of an absolute address at the gateway, as a program asks for it again.
fn path(url: &Value) -> String {
    let url = url.as_str().expect("an address");
    url.strip_prefix(&format!("https://{HOST}"))
        .expect("absolute")
        .to_owned()
}

#[tokio::test]
async fn a_page_goes_on_with_what_is_new_and_then_with_what_is_older() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    for index in 0..7 {
        ann.say("8:bob", &index.to_string(), &format!("a{index}"))
            .await;
    }
    let first = bob.get("/v1/users/ME/conversations/8:ann/messages?startTime=0&pageSize=3&view=msnp24Equivalent").await;
    assert_eq!(
        contents(first["messages"].as_array().expect("a list")),
        ["6", "5", "4"]
    );
    for index in 7..9 {
        ann.say("8:bob", &index.to_string(), &format!("a{index}"))
            .await;
    }
    let second = bob.get(&path(&first["_metadata"]["syncState"])).await;
    assert_eq!(
        contents(second["messages"].as_array().expect("a list")),
        ["8", "7", "3"]
    );
    let third = bob.get(&path(&second["_metadata"]["syncState"])).await;
    assert_eq!(
        contents(third["messages"].as_array().expect("a list")),
        ["2", "1", "0"]
    );
    let fourth = bob.get(&path(&third["_metadata"]["syncState"])).await;
    assert_eq!(fourth["messages"], json!([]), "nothing is left");
    assert!(!fourth.to_string().contains("null"));
    // More that is new than fits leaves no hole.
    for index in 9..14 {
        ann.say("8:bob", &index.to_string(), &format!("a{index}"))
            .await;
    }
    let fifth = bob.get(&path(&fourth["_metadata"]["syncState"])).await;
    assert_eq!(
        contents(fifth["messages"].as_array().expect("a list")),
        ["11", "10", "9"]
    );
    let sixth = bob.get(&path(&fifth["_metadata"]["syncState"])).await;
    assert_eq!(
        contents(sixth["messages"].as_array().expect("a list")),
        ["13", "12"]
    );
}

#[tokio::test]
async fn a_mark_that_was_not_given_out_for_this_is_refused() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    ann.say("8:bob", "one", "1").await;
    let page = bob.get("/v1/users/ME/conversations/8:ann/messages").await;
    let given = path(&page["_metadata"]["syncState"]);
    let (_, query) = given.split_once('?').expect("a query");
    for refused in [
        "/v1/users/ME/conversations/8:ann/messages?syncState=abc".to_owned(),
        format!("/v1/users/ME/conversations?{query}"),
    ] {
        let answer = bob.ask(Method::GET, &refused, Value::Null).await;
        assert_eq!(
            (answer.status, &answer.body["errorCode"]),
            (StatusCode::BAD_REQUEST, &json!(230)),
            "{refused}"
        );
    }
    let answer = ann
        .ask(Method::GET, &given.replace("8:ann", "8:bob"), Value::Null)
        .await;
    assert_eq!(answer.body["errorCode"], 230, "it was another device's");
}

#[tokio::test]
async fn conversations_are_listed_newest_first_and_page_on() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let mut others = Vec::new();
    for name in ["carl", "dora", "emil", "fred"] {
        let other = lab.person(name).await;
        lab.befriend(&ann, &other).await;
        lab.clock.advance(std::time::Duration::from_secs(1));
        ann.say(&other.mri(), "hello", name).await;
        others.push(other);
    }
    lab.clock.advance(std::time::Duration::from_secs(1));
    bob.say("8:ann", "newest", "b").await;
    let ids = |page: &Value| -> Vec<String> {
        let list = page["conversations"].as_array().expect("a list");
        list.iter()
            .map(|one| one["id"].as_str().expect("text").to_owned())
            .collect()
    };
    let first = ann.get("/v1/users/ME/conversations?startTime=0&pageSize=2&view=msnp24Equivalent&targetType=Passport|Skype|Lync|Thread").await;
    assert_eq!(ids(&first), ["8:bob", "8:fred"]);
    let one = &first["conversations"][0];
    assert_eq!(
        (&one["type"], &one["properties"]["alerts"]),
        (&json!("Conversation"), &json!("true"))
    );
    assert_eq!(one["lastMessage"]["content"], "newest");
    assert_eq!(
        one["targetLink"],
        format!("https://{HOST}/v1/users/ME/contacts/8:bob")
    );
    assert!(one.get("threadProperties").is_none());
    ann.say("8:carl", "again", "carl2").await;
    let second = ann.get(&path(&first["_metadata"]["syncState"])).await;
    assert_eq!(ids(&second), ["8:carl", "8:emil"], "what came since first");
    let third = ann.get(&path(&second["_metadata"]["syncState"])).await;
    assert_eq!(ids(&third)[0], "8:dora");
    let since = hub::clock::Clock::wall(lab.clock.as_ref()).0 - 500;
    // Who asks for the last minute asks for all.
    lab.clock.advance(std::time::Duration::from_secs(61));
    let recent = ann
        .get(&format!(
            "/v1/users/ME/conversations?startTime={since}&pageSize=10"
        ))
        .await;
    assert_eq!(ids(&recent), ["8:carl", "8:bob"]);
    let none = ann
        .get("/v1/users/ME/conversations?targetType=Thread")
        .await;
    assert_eq!(none["conversations"], json!([]));
}

#[tokio::test]
async fn a_conversation_with_somebody_is_always_there() {
    let lab = Lab::new().await;
    let (ann, _) = lab.friends().await;
    let empty = ann
        .get("/v1/users/ME/conversations/8%3ABOB?view=msnp24Equivalent")
        .await;
    assert_eq!(
        (&empty["id"], &empty["lastMessage"]),
        (&json!("8:bob"), &json!({}))
    );
    assert_eq!(ann.history("8:bob").await, Vec::<Value>::new());
    for nobody in [
        "8:nobody.here",
        "19:0000000000000000000000000000004d@thread.skype",
        "rubbish",
    ] {
        let answer = ann
            .ask(
                Method::GET,
                &format!("/v1/users/ME/conversations/{nobody}"),
                Value::Null,
            )
            .await;
        assert_eq!(
            (answer.status, &answer.body["errorCode"]),
            (StatusCode::NOT_FOUND, &json!(730)),
            "{nobody}"
        );
    }
}

#[tokio::test]
async fn properties_of_ones_own_are_kept_and_told_to_ones_own_devices() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let id = ann.say("8:bob", "read me", "c17").await;
    let put = |name: &'static str, value: Value| {
        let bob = bob.clone();
        async move {
            let path = format!("/v1/users/ME/conversations/8:ann/properties?name={name}");
            bob.done(Method::PUT, &path, json!({ name: value })).await
        }
    };
    let horizon = format!("{id};1800000001000;c17");
    put("consumptionhorizon", json!(horizon)).await;
    let told = bob
        .find(|event| {
            (event["resourceType"] == "ConversationUpdate").then(|| event["resource"].clone())
        })
        .await;
    assert_eq!(
        told["properties"]["consumptionhorizon"], horizon,
        "as it was written"
    );
    assert!(
        told["lastMessage"]["from"].is_string()
            && told["lastMessage"]["conversationLink"].is_string()
    );
    let view = ann
        .session()
        .cast(&[bob.who.account])
        .await
        .expect("a view")
        .expect("opened");
    let read = view
        .members
        .iter()
        .find(|member| member.account == bob.who.account)
        .and_then(|member| member.read);
    assert_eq!(
        read.map(|mark| mark.stamp.0.to_string()),
        Some(id.clone()),
        "the other one is told that it was read"
    );
    // SkPy names a message by what its sender called it.
    let second = ann.say("8:bob", "and me", "c18").await;
    put("consumptionhorizon", json!("c18;1800000002000;c18")).await;
    let view = ann
        .session()
        .cast(&[bob.who.account])
        .await
        .expect("a view")
        .expect("opened");
    let read = view
        .members
        .iter()
        .find(|member| member.account == bob.who.account)
        .and_then(|member| member.read);
    assert_eq!(read.map(|mark| mark.stamp.0.to_string()), Some(second));
    for (name, value, shown) in [
        ("alerts", json!("false"), json!("false")),
        ("favorite", json!("true"), json!("true")),
        ("alerts", json!(true), json!("true")),
    ] {
        put(name, value).await;
        let one = bob.get("/v1/users/ME/conversations/8:ann").await;
        assert_eq!(one["properties"][name], shown);
    }
    let path = "/v1/users/ME/conversations/8:ann/properties?name=nonsense";
    assert_eq!(
        bob.ask(Method::PUT, path, json!({ "nonsense": "x" }))
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
    let path = "/v1/users/ME/conversations/8:ann/properties?name=consumptionhorizon";
    assert_eq!(
        bob.ask(Method::PUT, path, json!({ "consumptionhorizon": "x" }))
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn what_one_clears_is_gone_for_oneself_alone() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    ann.say("8:bob", "before", "1").await;
    bob.done(
        Method::DELETE,
        "/v1/users/ME/conversations/8:ann/messages",
        Value::Null,
    )
    .await;
    assert_eq!(bob.history("8:ann").await, Vec::<Value>::new());
    let one = bob.get("/v1/users/ME/conversations/8:ann").await;
    assert!(
        one["properties"]["clearedat"].is_string() && one["lastMessage"] == json!({}),
        "{one}"
    );
    ann.say("8:bob", "after", "2").await;
    assert_eq!(contents(&bob.history("8:ann").await), ["after"]);
    assert_eq!(contents(&ann.history("8:bob").await), ["after", "before"]);
}
