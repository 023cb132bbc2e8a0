//! Where programs differ (section 14 of the dialect).

use axum::http::Method;
use hub::command::{Command, NewGroup};
use hub::id::ClientId;
use hub::model::Policy;
use serde_json::{Value, json};

use super::lab::{ALL, Lab, Robot, contents, is_words};

async fn group(maker: &Robot, member: &Robot) {
    let new = NewGroup {
        title: "Geese".into(),
        members: vec![member.who.account],
        policy: Policy::default(),
        client: ClientId::new("group").expect("an id"),
    };
    maker.command(Command::CreateGroup(Box::new(new))).await;
}

#[tokio::test]
async fn skype_http_is_told_nothing_that_it_breaks_at() {
    let lab = Lab::new().await;
    let (ann, mut bob) = lab.friends().await;
    bob.client_info =
        Some("os=Windows; deviceType=1; clientName=skype.com; clientVer=908/1.30.0.128");
    bob.listen(&ALL).await;
    group(&ann, &bob).await;
    ann.say("8:bob", "one", "1").await;
    let contacts = r#"<contacts><c t="s" s="carol" f="Carol Cook"/></contacts>"#;
    ann.send(
        "8:bob",
        json!({ "content": contacts, "messagetype": "RichText/Contacts" }),
    )
    .await;
    bob.done(
        Method::DELETE,
        "/v1/users/ME/conversations/8:ann/messages",
        Value::Null,
    )
    .await;
    ann.say("8:bob", "last", "2").await;
    let mut told = Vec::new();
    while !told
        .iter()
        .any(|event: &Value| event["resource"]["content"] == "last")
    {
        told.extend(bob.poll().await);
    }
    const TAKEN: [&str; 3] = ["Text", "RichText", "Event/Call"];
    for event in &told {
        match event["resourceType"].as_str() {
            Some("NewMessage") => {
                let kind = event["resource"]["messagetype"].as_str().expect("text");
                assert!(TAKEN.contains(&kind), "{event}");
            }
            Some("UserPresence" | "EndpointPresence") => {}
            Some("ConversationUpdate") => assert!(
                event["resource"]["lastMessage"]["from"].is_string(),
                "{event}"
            ),
            other => panic!("{other:?}: {event}"),
        }
    }
    let words: Vec<&Value> = told.iter().filter(|event| is_words(event)).collect();
    assert_eq!(contents(words), ["one", "Carol Cook", "last"]);
}

#[tokio::test]
async fn a_document_named_as_skype_http_names_it_makes_an_endpoint_one() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let path = "/v1/users/ME/endpoints/SELF/presenceDocs/endpointMessagingService";
    bob.done(Method::PUT, path, json!({ "publicInfo": {} }))
        .await;
    group(&ann, &bob).await;
    ann.say("8:bob", "after the group", "1").await;
    loop {
        let told = bob.poll().await;
        assert!(
            told.iter()
                .all(|event| event["resourceType"] != "ThreadUpdate"),
            "{told:?}"
        );
        if told.iter().any(is_words) {
            break;
        }
    }
}

#[tokio::test]
async fn skypeweb_gets_what_is_written_one_at_a_time() {
    let lab = Lab::new().await;
    let (ann, mut bob) = lab.friends().await;
    bob.client_info = Some("os=Windows; clientName=swx-skype.com; clientVer=908/1.85.0.29");
    bob.listen(&ALL).await;
    for index in 0..5 {
        ann.say("8:bob", &index.to_string(), &index.to_string())
            .await;
    }
    let mut heard = Vec::new();
    while heard.len() < 5 {
        let told = bob.poll().await;
        let written: Vec<&Value> = told
            .iter()
            .filter(|event| event["resourceType"] == "NewMessage")
            .collect();
        assert!(written.len() <= 1, "{told:?}");
        heard.extend(contents(written));
    }
    assert_eq!(heard, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn others_get_many_at_once_in_order() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    for index in 0..20 {
        ann.say("8:bob", &index.to_string(), &index.to_string())
            .await;
    }
    let mut answers = 0;
    let mut heard = Vec::new();
    while heard.len() < 20 {
        let told = bob.poll().await;
        answers += 1;
        heard.extend(contents(told.iter().filter(|event| is_words(event))));
    }
    let wanted: Vec<String> = (0..20).map(|index| index.to_string()).collect();
    assert_eq!(heard, wanted);
    assert!(answers <= 3, "{answers} answers");
}
