//! Threads: made, changed, entered and left; casts of three, which stay as they are.

use axum::http::{Method, StatusCode, header};
use hub::command::{Command, Target, Value as Given};
use hub::id::ClientId;
use hub::model::{Body, Rich};
use serde_json::{Value, json};

use super::lab::{ALL, HOST, Lab, Robot};

/// A thread of its maker and these; its id.
pub(super) async fn make(maker: &Robot, members: &[(&Robot, &str)], properties: Value) -> String {
    let mut list = vec![json!({ "id": maker.mri(), "role": "Admin" })];
    list.extend(
        members
            .iter()
            .map(|(who, role)| json!({ "id": who.mri(), "role": role })),
    );
    let body = json!({ "members": list, "properties": properties });
    let answer = maker.ask(Method::POST, "/v1/threads", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let place = answer.headers[header::LOCATION].to_str().expect("text");
    let id = place
        .strip_prefix(&format!("https://{HOST}/v1/threads/"))
        .expect("absolute");
    let hex = id
        .strip_prefix("19:")
        .and_then(|id| id.strip_suffix("@thread.skype"))
        .expect("a thread");
    assert!(
        hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()),
        "{id}"
    );
    id.to_owned()
}

/// The next line of what became of the thread.
pub(super) async fn line(at: &Robot, kind: &str) -> Value {
    let kind = format!("ThreadActivity/{kind}");
    at.find(|event| (event["resource"]["messagetype"] == kind).then(|| event["resource"].clone()))
        .await
}

pub(super) async fn three(lab: &Lab) -> (Robot, Robot, Robot) {
    let (ann, bob) = lab.friends().await;
    let mut eva = lab.person("eva").await;
    lab.befriend(&ann, &eva).await;
    eva.listen(&ALL).await;
    (ann, bob, eva)
}

#[tokio::test]
async fn a_thread_is_made_told_and_shown() {
    let lab = Lab::new().await;
    let (ann, bob, _) = three(&lab).await;
    let id = make(
        &ann,
        &[(&bob, "User")],
        json!({ "topic": "Geese", "moderatedthread": false }),
    )
    .await;
    let first = line(&bob, "AddMember").await;
    assert_eq!(
        first["from"],
        format!("https://{HOST}/v1/users/ME/contacts/{id}")
    );
    assert_eq!(
        first["conversationLink"],
        format!("https://{HOST}/v1/users/ME/conversations/{id}")
    );
    assert_eq!(first["threadtopic"], "Geese");
    let content = first["content"].as_str().expect("text");
    for part in [
        "<initiator>8:ann</initiator>",
        "<target>8:ann</target>",
        "<target>8:bob</target>",
        "<eventtime>",
    ] {
        assert!(content.contains(part), "{part} in {content}");
    }
    let thread = bob
        .get(&format!("/v1/threads/{id}?view=msnp24Equivalent"))
        .await;
    assert_eq!(
        (&thread["id"], &thread["type"]),
        (&json!(id), &json!("Thread"))
    );
    let properties = &thread["properties"];
    assert_eq!(
        (&properties["topic"], &properties["creator"]),
        (&json!("Geese"), &json!("8:ann"))
    );
    for flag in ["joiningenabled", "historydisclosed", "moderatedthread"] {
        assert_eq!(properties[flag], "false", "{flag} is text");
    }
    let roles: Vec<(&str, &str)> = thread["members"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            (
                one["id"].as_str().expect("text"),
                one["role"].as_str().expect("text"),
            )
        })
        .collect();
    assert_eq!(roles, [("8:ann", "Admin"), ("8:bob", "User")]);
    let conversation = bob.get(&format!("/v1/users/ME/conversations/{id}")).await;
    let facts = &conversation["threadProperties"];
    assert_eq!(
        (&facts["topic"], &facts["membercount"]),
        (&json!("Geese"), &json!("2"))
    );
    let encoded = id.replace(':', "%3A").replace('@', "%40");
    assert_eq!(
        bob.get(&format!("/v1/threads/{encoded}")).await,
        thread,
        "in every spelling"
    );
    let list = bob
        .get("/v1/users/ME/conversations?startTime=0&pageSize=100&targetType=Thread")
        .await;
    let ids: Vec<&Value> = list["conversations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, [&json!(id)], "groups alone");
}

#[tokio::test]
async fn what_becomes_of_a_thread_is_told_as_a_line_and_as_its_new_state() {
    let lab = Lab::new().await;
    let (ann, bob, eva) = three(&lab).await;
    let id = make(&ann, &[(&bob, "User")], Value::Null).await;
    let thread = ann.get(&format!("/v1/threads/{id}")).await;
    assert_eq!(
        thread["properties"]["topic"], "ann, bob",
        "without a topic it is called by its people"
    );
    let put = |name: &str, value: Value| {
        let (ann, path) = (
            ann.clone(),
            format!("/v1/threads/{id}/properties?name={name}"),
        );
        let body = json!({ name: value });
        async move { ann.done(Method::PUT, &path, body).await }
    };
    line(&bob, "AddMember").await;
    put("topic", json!("Swans & <ducks>")).await;
    let told = line(&bob, "TopicUpdate").await;
    assert!(
        told["content"]
            .as_str()
            .expect("text")
            .contains("<value>Swans &amp; &lt;ducks&gt;</value>")
    );
    let update = bob
        .find(|event| (event["resourceType"] == "ThreadUpdate").then(|| event["resource"].clone()))
        .await;
    assert_eq!(
        (&update["id"], &update["properties"]["topic"]),
        (&json!(id), &json!("Swans & <ducks>"))
    );
    assert!(update["members"].is_array());
    for (name, on, off) in [
        ("historydisclosed", json!(true), json!("false")),
        ("moderatedthread", json!("true"), json!(false)),
    ] {
        put(name, on).await;
        if name == "historydisclosed" {
            let told = line(&bob, "HistoryDisclosedUpdate").await;
            let content = told["content"].as_str().expect("text");
            assert!(content.contains("<value>true</value>"), "{content}");
        }
        let thread = ann.get(&format!("/v1/threads/{id}")).await;
        assert_eq!(thread["properties"][name], "true");
        put(name, off).await;
        let thread = ann.get(&format!("/v1/threads/{id}")).await;
        assert_eq!(thread["properties"][name], "false");
    }
    let members = format!("/v1/threads/{id}/members");
    ann.done(
        Method::PUT,
        &format!("{members}/8:eva"),
        json!({ "role": "User" }),
    )
    .await;
    let told = line(&eva, "AddMember").await;
    assert!(
        told["content"]
            .as_str()
            .expect("text")
            .contains("<target>8:eva</target>")
    );
    ann.done(
        Method::PUT,
        &format!("{members}/8:eva"),
        json!({ "role": "Admin" }),
    )
    .await;
    let told = line(&eva, "RoleUpdate").await;
    assert!(
        told["content"]
            .as_str()
            .expect("text")
            .contains("<target><id>8:eva</id><role>admin</role></target>")
    );
    eva.done(Method::PUT, &format!("{members}/8:eva"), json!({}))
        .await;
    let thread = eva.get(&format!("/v1/threads/{id}")).await;
    let role = thread["members"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["id"] == "8:eva")
        .map(|one| &one["role"]);
    assert_eq!(role, Some(&json!("Admin")), "an empty body keeps the role");
    // skype-http has the two the wrong way round.
    ann.done(
        Method::DELETE,
        &format!("/v1/threads/8:eva/members/{id}"),
        Value::Null,
    )
    .await;
    let told = line(&eva, "DeleteMember").await;
    assert!(
        told["content"]
            .as_str()
            .expect("text")
            .contains("<initiator>8:ann</initiator><target>8:eva</target>")
    );
    let answer = eva
        .ask(Method::GET, &format!("/v1/threads/{id}"), Value::Null)
        .await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::FORBIDDEN, &json!(403)),
        "it is left"
    );
    bob.done(Method::DELETE, &format!("{members}/8:bob"), Value::Null)
        .await;
    let told = line(&ann, "DeleteMember").await;
    assert!(
        told["content"].as_str().expect("text").contains("8:"),
        "{told}"
    );
    let left = bob.get(&format!("/v1/users/ME/conversations/{id}")).await;
    assert!(
        left["threadProperties"]["lastleaveat"].is_string(),
        "{left}"
    );
}

#[tokio::test]
async fn whoever_was_removed_between_two_polls_hears_the_rest() {
    let lab = Lab::new().await;
    let (ann, bob, eva) = three(&lab).await;
    let members = [(&bob, "User"), (&eva, "User")];
    let id = make(&ann, &members, json!({ "topic": "Geese" })).await;
    let path = format!("/v1/threads/{id}/members/{}", bob.mri());
    ann.done(Method::DELETE, &path, Value::Null).await;
    ann.say(&bob.mri(), "sorry", "1").await;
    let heard = bob.hears(1).await;
    assert_eq!(heard[0]["resource"]["content"], "sorry");
    bob.history(&id).await;
}

#[tokio::test]
async fn several_are_added_at_once_or_none_is() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let eva = lab.person("eva").await;
    lab.befriend(&ann, &eva).await;
    let id = make(&ann, &[], json!({ "topic": "Geese" })).await;
    let path = format!("/v1/threads/{id}/members");
    let wrong = json!({ "members": [{ "id": "8:bob" }, { "id": "8:nobody" }] });
    let answer = ann.ask(Method::POST, &path, wrong).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let roles = async || -> Vec<String> {
        let thread = ann.get(&format!("/v1/threads/{id}")).await;
        let members = thread["members"].as_array().expect("a list").clone();
        members
            .iter()
            .map(|one| format!("{} {}", one["id"], one["role"]).replace('"', ""))
            .collect()
    };
    assert_eq!(roles().await, ["8:ann Admin"]);
    let both = json!({ "members": [
        { "id": "8:bob", "role": "Admin" }, { "id": "8:eva", "role": "User" }, { "id": "8:bob", "role": "Admin" },
    ] });
    ann.done(Method::POST, &path, both).await;
    let mut found = roles().await;
    found.sort();
    assert_eq!(found, ["8:ann Admin", "8:bob Admin", "8:eva User"]);
    let lines = bob.history(&id).await;
    let added = (lines.iter()).filter(|line| line["messagetype"] == "ThreadActivity/AddMember");
    assert_eq!(added.count(), 1, "one line for all of them");
}

#[tokio::test]
async fn more_than_one_may_do_or_than_a_hundred_at_once_adds_nobody() {
    let lab = Lab::new().await;
    let (ann, bob, eva) = three(&lab).await;
    lab.befriend(&bob, &eva).await;
    let id = make(&ann, &[(&bob, "User")], json!({ "topic": "Geese" })).await;
    let path = format!("/v1/threads/{id}/members");
    let as_admin = json!({ "members": [{ "id": "8:eva", "role": "Admin" }] });
    let answer = bob.ask(Method::POST, &path, as_admin).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    let many: Vec<Value> = (0..101).map(|_| json!({ "id": "8:eva" })).collect();
    let answer = ann
        .ask(Method::POST, &path, json!({ "members": many }))
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
    let thread = ann.get(&format!("/v1/threads/{id}")).await;
    assert_eq!(thread["members"].as_array().map(Vec::len), Some(2));
    // What he may do, he does.
    let as_user = json!({ "members": [{ "id": "8:eva", "role": "User" }] });
    bob.done(Method::POST, &path, as_user).await;
    let thread = ann.get(&format!("/v1/threads/{id}")).await;
    assert_eq!(thread["members"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn members_are_theirs_to_change_who_may() {
    let lab = Lab::new().await;
    let (ann, bob, eva) = three(&lab).await;
    let id = make(
        &ann,
        &[(&bob, "User"), (&eva, "Admin")],
        json!({ "topic": "Rules" }),
    )
    .await;
    let thread = ann.get(&format!("/v1/threads/{id}")).await;
    let admins = thread["members"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["role"] == "Admin")
        .count();
    assert_eq!(admins, 2);
    for (path, body) in [
        ("members/8:eva", Value::Null),
        ("properties?name=topic", json!({ "topic": "mine" })),
        (
            "properties?name=joiningenabled",
            json!({ "joiningenabled": true }),
        ),
    ] {
        let method = if body.is_null() {
            Method::DELETE
        } else {
            Method::PUT
        };
        let answer = bob
            .ask(method, &format!("/v1/threads/{id}/{path}"), body)
            .await;
        assert_eq!(
            (answer.status, &answer.body["errorCode"]),
            (StatusCode::FORBIDDEN, &json!(403)),
            "{path}"
        );
    }
    let answer = bob
        .ask(
            Method::GET,
            "/v1/threads/19:0000000000000000000000000000004d@thread.skype",
            Value::Null,
        )
        .await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!(730))
    );
    ann.done(
        Method::PUT,
        &format!("/v1/threads/{id}/properties?name=joiningenabled"),
        json!({ "joiningenabled": "true" }),
    )
    .await;
    let thread = ann.get(&format!("/v1/threads/{id}")).await;
    assert_eq!(thread["properties"]["joiningenabled"], "true");
}

#[tokio::test]
async fn a_cast_of_three_is_a_thread_whose_members_stay() {
    let lab = Lab::new().await;
    let (ann, bob, eva) = three(&lab).await;
    let send = Command::Send {
        to: Target::Cast(vec![bob.who.account, eva.who.account]),
        body: Body::Text(Rich::plain("the three of us")),
        client: ClientId::new("1").expect("an id"),
        reply_to: None,
        hints: Vec::new(),
    };
    let Given::Message { conversation, .. } = ann.command(send).await.value else {
        panic!("a message");
    };
    let told = bob.hears(1).await.remove(0)["resource"].clone();
    let link = told["conversationLink"].as_str().expect("text");
    let (_, id) = link.rsplit_once('/').expect("an id");
    assert_eq!(id, format!("19:{:032x}@p2p.thread.skype", conversation.0));
    bob.say(id, "an answer", "2").await;
    assert_eq!(ann.history(id).await.len(), 2);
    let thread = bob.get(&format!("/v1/threads/{id}")).await;
    assert_eq!(thread["members"].as_array().map(Vec::len), Some(3));
    for (method, path) in [
        (Method::PUT, "members/8:carl"),
        (Method::DELETE, "members/8:eva"),
        (Method::DELETE, "members/8:bob"),
    ] {
        let answer = bob
            .ask(method, &format!("/v1/threads/{id}/{path}"), json!({}))
            .await;
        assert_eq!(
            (answer.status, &answer.body["errorCode"]),
            (StatusCode::FORBIDDEN, &json!(403)),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_call_is_a_line_of_who_was_in_it_and_for_how_long() {
    use hub::command::Step;
    use hub::event::Media;
    use hub::id::CallKey;
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let media = Media {
        audio: true,
        ..Media::default()
    };
    let invite = Step::Invite {
        to: Target::Cast(vec![bob.who.account]),
        media,
        offer: "v=0".into(),
        relay_only: false,
    };
    let hello = hub::Hello {
        door: "test",
        abilities: hub::Abilities::default(),
        here: false,
        since: None,
        from: hub::Origin::default(),
    };
    // Nobody there can carry voice, so it ends at once.
    let (caller, _events) = lab.hub.attach(ann.who, hello).await.expect("attached");
    caller
        .command(Command::Call {
            key: CallKey([7; 16]),
            step: invite,
        })
        .await
        .expect("invited");
    let told = bob
        .find(|event| {
            (event["resource"]["messagetype"] == "Event/Call").then(|| event["resource"].clone())
        })
        .await;
    assert_eq!(
        told["content"],
        r#"<partlist type="missed" alt=""><part identity="ann"><name>ann</name></part></partlist>"#
    );
    assert_eq!(told["skypeguid"], "07".repeat(16));
}

#[tokio::test]
async fn a_thread_that_is_asked_for_again_after_a_cut_is_the_same_thread() {
    let lab = Lab::new().await;
    let (ann, bob, _) = three(&lab).await;
    let geese = || json!({ "topic": "Geese", "joiningenabled": true });
    let first = make(&ann, &[(&bob, "Admin")], geese()).await;
    let again = make(&ann, &[(&bob, "Admin")], geese()).await;
    assert_eq!(first, again);
    let other = make(&ann, &[(&bob, "Admin")], json!({ "topic": "Ducks" })).await;
    assert_ne!(first, other, "another title");
    let theirs = make(&bob, &[(&ann, "Admin")], geese()).await;
    assert_ne!(first, theirs, "another device");
    lab.clock.advance(std::time::Duration::from_secs(30));
    let later = make(&ann, &[(&bob, "Admin")], geese()).await;
    assert_ne!(first, later, "another time");
    let path = format!("/v1/threads/{later}/members/8:ann");
    ann.done(Method::DELETE, &path, Value::Null).await;
    let after = make(&ann, &[(&bob, "Admin")], geese()).await;
    assert_ne!(later, after, "what one left is not what one asks for");
    let same = make(&ann, &[(&bob, "Admin")], geese()).await;
    assert_eq!(after, same);
    let lines = bob.history(&first).await;
    let kinds = lines
        .iter()
        .filter(|line| line["messagetype"] == "ThreadActivity/AddMember");
    assert_eq!(kinds.count(), 1, "{lines:?}");
}
