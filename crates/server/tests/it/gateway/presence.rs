//! Who is there, as programs are told.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::lab::{ALL, HOST, Lab, MESSAGES, Robot};

/// The next state of somebody that is told.
async fn told(at: &Robot, of: &str) -> Value {
    let link = format!("https://{HOST}/v1/users/{of}/presenceDocs/messagingService");
    at.find(|event| {
        let is_it =
            event["resourceType"] == "UserPresence" && event["resource"]["selfLink"] == link;
        is_it.then(|| event["resource"].clone())
    })
    .await
}

async fn choose(who: &Robot, status: &str) -> Value {
    let path = "/v1/users/ME/presenceDocs/messagingService";
    who.done(Method::PUT, path, json!({ "status": status }))
        .await
}

#[tokio::test]
async fn a_status_is_chosen_and_told_to_contacts() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let now = told(&bob, "8:ann").await;
    assert_eq!(
        (&now["status"], &now["availability"], &now["capabilities"]),
        (&json!("Online"), &json!("Online"), &json!(""))
    );
    for (status, shown) in [
        ("Busy", "Busy"),
        ("Away", "Away"),
        ("Hidden", "Offline"),
        ("Online", "Online"),
    ] {
        assert_eq!(choose(&ann, status).await["status"], status, "one's own");
        let now = told(&bob, "8:ann").await;
        assert_eq!(now["status"], shown, "{status}");
        let path =
            "/v1/users/ME/contacts/ALL/presenceDocs/messagingService?cMri=8:ann&cMri=8%3Anobody";
        let list = bob.get(path).await;
        assert_eq!(list["Responses"][0]["Payload"]["status"], shown);
        assert_eq!(
            (
                &list["Responses"][1]["Status"],
                list["Responses"][1].get("Payload")
            ),
            (&json!(404), None)
        );
        let one = bob
            .get("/v1/users/8:ann/presenceDocs/messagingService")
            .await;
        assert_eq!(one["status"], shown);
    }
    let answer = ann
        .ask(
            Method::PUT,
            "/v1/users/ME/presenceDocs/messagingService",
            json!({ "status": "Sleepy" }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let http = ann
        .ask(
            Method::PUT,
            "/v1/users/ME/presenceDocs/endpointMessagingService",
            json!({ "status": "Idle" }),
        )
        .await;
    assert_eq!(
        (http.status, &http.body["status"]),
        (StatusCode::OK, &json!("Idle"))
    );
    assert_eq!(
        told(&bob, "8:ann").await["status"],
        "Away",
        "nothing of hers is used"
    );
}

#[tokio::test]
async fn one_who_goes_is_offline_and_the_choice_survives() {
    let lab = Lab::new().await;
    let (mut ann, bob) = lab.friends().await;
    choose(&ann, "Busy").await;
    let path = format!(
        "/v1/users/ME/endpoints/{}",
        ann.endpoint.trim_matches(['{', '}'])
    );
    ann.done(Method::DELETE, &path, Value::Null).await;
    // Whoever goes may come back at once: the hub waits a little.
    let gone = async {
        loop {
            let now = told(&bob, "8:ann").await;
            if now["status"] == "Offline" {
                return now;
            }
        }
    };
    let now = lab.passing(gone).await;
    assert_eq!(now["availability"], "Offline");
    ann.listen(&MESSAGES).await;
    assert_eq!(told(&bob, "8:ann").await["status"], "Busy");
}

#[tokio::test]
async fn strangers_are_not_told_of_and_may_not_ask() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let mut eva = lab.person("eva").await;
    eva.listen(&ALL).await;
    let answer = eva
        .ask(
            Method::GET,
            "/v1/users/8:ann/presenceDocs/messagingService",
            Value::Null,
        )
        .await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    eva.subscribe(&["/v1/users/ME/contacts/8:ann", MESSAGES[0]])
        .await;
    lab.befriend(&bob, &eva).await;
    choose(&ann, "Busy").await;
    bob.say("8:eva", "after it", "1").await;
    let heard = loop {
        let heard = eva.poll().await;
        if heard.iter().any(super::lab::is_words) {
            break heard;
        }
        assert!(
            heard
                .iter()
                .all(|event| !event.to_string().contains("8:ann/")),
            "{heard:?}"
        );
    };
    assert!(
        heard
            .iter()
            .all(|event| event["resourceType"] == "NewMessage"),
        "{heard:?}"
    );
}

#[tokio::test]
async fn whoever_watches_one_more_is_told_how_they_are() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&MESSAGES).await;
    bob.done(
        Method::POST,
        "/v1/users/ME/contacts",
        json!({ "contacts": [{ "id": "8:ann" }] }),
    )
    .await;
    assert_eq!(told(&bob, "8:ann").await["status"], "Online");
    bob.done(Method::DELETE, "/v1/users/ME/contacts/8:ann", Value::Null)
        .await;
    choose(&ann, "Away").await;
    ann.say("8:bob", "unwatched", "1").await;
    let heard = bob.hears(1).await;
    assert_eq!(super::lab::contents(&heard), ["unwatched"]);
    bob.done(Method::PUT, "/v1/users/ME/contacts/8:ann", Value::Null)
        .await;
    assert_eq!(told(&bob, "8:ann").await["status"], "Away");
}

#[tokio::test]
async fn what_an_endpoint_says_of_itself_is_told_and_its_name_is_its_owners() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let document = json!({ "id": "messagingService", "type": "EndpointPresenceDoc", "selfLink": "uri",
        "privateInfo": { "epname": "my-laptop" },
        "publicInfo": { "capabilities": "video|audio", "type": 1, "typ": 1, "skypeNameVersion": "908/1.30", "nodeInfo": "xx", "version": "908" } });
    let path = "/v1/users/ME/endpoints/SELF/presenceDocs/messagingService";
    let mut said = ann.done(Method::PUT, path, document.clone()).await;
    said["selfLink"] = document["selfLink"].clone();
    assert_eq!(said, document);
    bob.subscribe(&ALL).await;
    let told = bob
        .find(|event| {
            (event["resourceType"] == "EndpointPresence").then(|| event["resource"].clone())
        })
        .await;
    assert_eq!(
        told["selfLink"],
        format!(
            "https://{HOST}/v1/users/8:ann/endpoints/{}/presenceDocs/messagingService",
            ann.endpoint
        )
    );
    assert_eq!(
        (
            &told["publicInfo"]["typ"],
            &told["publicInfo"]["capabilities"]
        ),
        (&json!("1"), &json!("video | audio"))
    );
    assert_eq!(told["privateInfo"], json!({}));
    let own = ann
        .get("/v1/users/ME/presenceDocs/messagingService?view=expanded")
        .await;
    let link = own["endpointPresenceDocs"][0]["link"]
        .as_str()
        .expect("text");
    assert_eq!(
        link.split('/').nth(7),
        Some(ann.endpoint.as_str()),
        "as SkPy takes it apart"
    );
    let list = ann.get("/v1/users/ME/endpoints").await;
    assert_eq!(
        (&list[0]["id"], &list[0]["epname"]),
        (&json!(ann.endpoint), &json!("my-laptop"))
    );
}
