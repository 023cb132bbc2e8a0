//! What older and rarer programs do at the gateway: docs/protocols/skype.md names whose habit each is.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use super::lab::{HOST, Lab};

#[tokio::test]
async fn a_wrong_answer_to_the_challenge_keeps_nobody_out() {
    let lab = Lab::new().await;
    let ann = lab.person("ann").await;
    for lock in [
        "appId=msmsgs@msnmsgr.com; time=1800000600; lockAndKeyResponse=00000000000000000000000000000000",
        "appId=msmsgs@msnmsgr.com; time=1; lockAndKeyResponse=1",
        "rubbish",
        "",
    ] {
        let request = Request::post("/gateway/v1/users/ME/endpoints")
            .header("Authentication", format!("skypetoken={}", ann.skypetoken))
            .header("LockAndKey", lock);
        let request = request.body(Body::empty()).expect("a request");
        assert_eq!(
            lab.call(request).await.status,
            StatusCode::CREATED,
            "{lock}"
        );
    }
}

#[tokio::test]
async fn asking_for_ones_endpoints_with_a_skypetoken_registers() {
    let lab = Lab::new().await;
    let mut ann = lab.person("ann").await;
    let request = Request::get("/gateway/v1/users/ME/endpoints")
        .header("Authentication", format!("skypetoken={}", ann.skypetoken));
    let answer = lab
        .call(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    let token = answer.headers["set-registrationtoken"].to_str();
    ann.registration = token.expect("text").to_owned();
    let (_, id) = ann.registration.rsplit_once("endpointId=").expect("the id");
    assert_eq!(answer.body[0]["id"], id, "it is in the list");
    let place = answer.headers[header::LOCATION].to_str().expect("text");
    assert!(place.starts_with(&format!("https://{HOST}/v1/users/ME/endpoints/%7B")));
    ann.subscribe(&super::lab::ALL).await;
    let answer = ann
        .ask(Method::GET, "/v1/users/ME/endpoints", Value::Null)
        .await;
    assert_eq!(
        answer.body.as_array().map(Vec::len),
        Some(1),
        "no second one"
    );
    assert_eq!(answer.headers.get("set-registrationtoken"), None);
    for _ in 0..3 {
        let request = Request::get("/gateway/v1/users/ME/endpoints")
            .header("Authentication", format!("skypetoken={}", ann.skypetoken));
        let again = lab
            .call(request.body(Body::empty()).expect("a request"))
            .await;
        assert!(again.headers.contains_key("set-registrationtoken"));
        let ids: Vec<_> = (again.body.as_array().expect("a list").iter())
            .map(|endpoint| &endpoint["id"])
            .collect();
        assert_eq!(ids, [id], "whoever asks often leaves no crowd");
    }

    // Programs of 2023 post to the address that they were given.
    let (_, path) = place.split_once(HOST).expect("our host");
    let request = Request::post(format!("/gateway{path}"))
        .header("Authentication", format!("skypetoken={}", ann.skypetoken));
    let answer = lab
        .call(request.body(Body::from("{}")).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.headers.contains_key("set-registrationtoken"));
    assert!(answer.headers.contains_key(header::LOCATION));
}

#[tokio::test]
async fn several_are_added_to_a_thread_at_once() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let mut eva = lab.person("eva").await;
    eva.register().await;
    lab.befriend(&ann, &eva).await;
    let new = json!({ "members": [], "properties": { "topic": "Rules" } });
    let made = ann.ask(Method::POST, "/v1/threads", new).await;
    let place = made.headers[header::LOCATION].to_str().expect("text");
    let (_, id) = place.rsplit_once('/').expect("the id");
    let path = format!("/v1/threads/{id}/members");
    let both = json!({ "members": [{ "id": "8:bob", "role": "User" }, { "id": "8:eva", "role": "Admin" }] });
    let added = ann.ask(Method::POST, &path, both.clone()).await;
    assert_eq!((added.status, added.body), (StatusCode::OK, json!({})));
    let thread = bob.get(&format!("/v1/threads/{id}")).await;
    let roles: Vec<String> = thread["members"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| format!("{}{}", one["id"], one["role"]).replace('"', " "))
        .collect();
    for one in [" 8:ann  Admin ", " 8:bob  User ", " 8:eva  Admin "] {
        assert!(roles.contains(&one.to_owned()), "{one} in {roles:?}");
    }
    let again = ann.ask(Method::POST, &path, both.clone()).await;
    assert_eq!(again.status, StatusCode::OK, "who is there stays");
    let mallory = bob.ask(
        Method::POST,
        &path,
        json!({ "members": [{ "id": "8:eva", "role": "User" }] }),
    );
    assert_eq!(mallory.await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn presence_is_told_with_the_address_of_a_contact() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let path = "/v1/users/ME/presenceDocs/messagingService";
    ann.done(Method::PUT, path, json!({ "status": "Busy" }))
        .await;
    let link = bob
        .find(|event| {
            let is_it = event["resourceType"] == "UserPresence";
            is_it.then(|| event["resourceLink"].clone())
        })
        .await;
    let ann = format!("https://{HOST}/v1/users/ME/contacts/8:ann/presenceDocs/messagingService");
    assert_eq!(link, ann);
}

#[tokio::test]
async fn an_endpoint_that_says_of_itself_is_told_its_address() {
    let lab = Lab::new().await;
    let (ann, _) = lab.friends().await;
    let path = "/v1/users/ME/endpoints/SELF/presenceDocs/messagingService";
    let said = json!({ "id": "messagingService", "selfLink": "uri", "publicInfo": { "typ": "1" } });
    let told = ann.done(Method::PUT, path, said).await;
    let (id, name) = (&ann.endpoint, ann.mri());
    assert_eq!(
        told["selfLink"],
        format!("https://{HOST}/v1/users/{name}/endpoints/{id}/presenceDocs/messagingService")
    );
    assert_eq!(told["publicInfo"], json!({ "typ": "1" }));
}

#[tokio::test]
async fn a_conversation_that_was_never_opened_has_a_mark_to_go_on_from() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let history = ann
        .get("/v1/users/ME/conversations/8:bob/messages?startTime=0&pageSize=50")
        .await;
    assert_eq!(
        (&history["messages"], &history["_metadata"]["totalCount"]),
        (&json!([]), &json!(0))
    );
    let mark = history["_metadata"]["syncState"].as_str().expect("a mark");
    assert!(history["_metadata"].get("backwardLink").is_none());
    bob.say("8:ann", "the first", "1").await;
    let (_, path) = mark.split_once(HOST).expect("our host");
    let next = ann.get(path).await;
    assert_eq!(next["messages"][0]["content"], "the first");
}

#[tokio::test]
async fn conversations_from_now_on_are_all_of_them() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.say("8:ann", "hello", "1").await;
    let now = lab.skype.now().0;
    for (start, wanted) in [(now + 30_000, 1), (now + 86_400_000, 1), (now - 600_000, 1)] {
        let path = format!("/v1/users/ME/conversations?startTime={start}&pageSize=1");
        let list = ann.get(&path).await;
        let found = list["conversations"].as_array().map(Vec::len);
        assert_eq!(found, Some(wanted), "{}", start - now);
    }
    lab.clock.advance(Duration::from_secs(3600));
    let start = lab.skype.now().0 - 600_000;
    let path = format!("/v1/users/ME/conversations?startTime={start}&pageSize=1");
    let list = ann.get(&path).await;
    assert_eq!(list["conversations"], json!([]), "nothing since");
}

#[tokio::test]
async fn an_older_way_leads_from_a_link_to_its_thread_and_out_of_it() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let new = json!({
        "members": [{ "id": "8:bob", "role": "User" }],
        "properties": { "topic": "Open", "joiningenabled": true },
    });
    let made = ann.ask(Method::POST, "/v1/threads", new).await;
    let place = made.headers[header::LOCATION].to_str().expect("text");
    let (_, id) = place.rsplit_once('/').expect("the id");
    let asked = json!({ "threadId": id });
    let made = ann.at("/apijoin/v1/meetings", &asked).await;
    let url = made["url"].as_str().expect("an address");
    let (_, code) = url.rsplit_once('/').expect("a code");
    let get = async |path: String, token: &str| {
        let request = Request::get(path).header("X-Skypetoken", token);
        let request = request.body(Body::empty()).expect("a request");
        lab.call(request).await
    };
    let found = get(format!("/join/api/v1/meetings/{code}"), "").await.body;
    let long = found["longId"].as_str().expect("a long name").to_owned();
    let led = get(format!("/scheduler/conversation/{long}"), "")
        .await
        .body;
    assert_eq!(led["ThreadId"], id);
    let unknown = get("/scheduler/conversation/nothing".into(), "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let leave = format!("/join/guests/leave?threadId={id}");
    let nobody = get(leave.clone(), "a.b.c").await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let left = get(leave, &bob.skypetoken).await;
    assert_eq!((left.status, left.body), (StatusCode::OK, json!({})));
    let thread = format!("/v1/threads/{id}");
    let gone = bob.ask(Method::GET, &thread, Value::Null).await;
    assert!(gone.status.is_client_error());
}
