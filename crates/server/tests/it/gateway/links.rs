//! Links by which people join a thread.

use axum::http::{Method, Request, StatusCode};
use hub::command::{Command, Value as Given};
use hub::id::ConversationId;
use serde_json::json;

use super::lab::{Lab, Robot};
use super::threads::{line, make, three};

/// The token of a new link of a thread.
async fn token(of: &Robot, thread: &str) -> String {
    let asked = json!({ "threadId": thread });
    let made = of.at("/apijoin/v1/meetings", &asked).await;
    let url = made["url"].as_str().expect("an address");
    let token = url.strip_prefix("https://join.skype.com/");
    token.expect("as people know it").to_owned()
}

#[tokio::test]
async fn a_thread_has_four_links_of_each_who_asks_until_joining_ends_and_their_tokens_lie_nowhere()
{
    let lab = Lab::new().await;
    let (ann, bob, eva) = three(&lab).await;
    let id = make(
        &ann,
        &[(&bob, "User")],
        json!({ "topic": "Open", "joiningenabled": true }),
    )
    .await;
    let told = line(&bob, "JoiningEnabledUpdate").await;
    let content = told["content"].as_str().expect("text");
    assert!(content.contains("<value>true</value>"), "{content}");
    // The one that joining began with is among the four.
    let mut tokens = Vec::new();
    for _ in 0..5 {
        tokens.push(token(&ann, &id).await);
    }
    let lost = lab.person("lost").await;
    let preview = async |token: &str| {
        let found = lost.session().preview(token).await;
        found.map(drop).map_err(|error| error.code)
    };
    assert_eq!(preview(&tokens[0]).await, Err("link_unknown"), "the oldest");
    for token in &tokens[1..] {
        assert_eq!(preview(token).await, Ok(()), "those before hold on");
    }
    let older = ann
        .at(
            "/scheduler/threads",
            &json!({ "baseDomain": "https://join.skype.com/launch/", "threadId": id }),
        )
        .await;
    assert_eq!(older["ThreadId"], json!(id));
    let newest = older["Id"].as_str().expect("a token");
    assert_eq!(older["JoinUrl"], format!("https://join.skype.com/{newest}"));
    assert_eq!(preview(newest).await, Ok(()));
    assert_eq!(preview(&tokens[1]).await, Err("link_unknown"));
    let kept = ann
        .session()
        .door_states("skype", "")
        .await
        .expect("states");
    for token in tokens.iter().map(String::as_str).chain([newest]) {
        let lies = |bytes: &[u8]| bytes.windows(token.len()).any(|w| w == token.as_bytes());
        assert!(!kept.iter().any(|state| lies(&state.value)), "{token}");
    }
    assert!(kept.iter().any(|state| state.value.len() == 4 * 32));

    eva.command(Command::Join {
        token: newest.into(),
    })
    .await;
    let told = line(&ann, "AddMember").await;
    assert!(
        told["content"]
            .as_str()
            .expect("text")
            .contains("<target>8:"),
        "{told}"
    );
    let thread = bob.get(&format!("/v1/threads/{id}")).await;
    assert_eq!(
        thread["properties"]["joiningenabled"], "true",
        "for members"
    );
    let end = format!("/v1/threads/{id}/properties?name=joiningenabled");
    ann.done(Method::PUT, &end, json!({ "joiningenabled": false }))
        .await;
    let told = line(&bob, "JoiningEnabledUpdate").await;
    let content = told["content"].as_str().expect("text");
    assert!(content.contains("<value>false</value>"), "{content}");
    for who in [&ann, &bob] {
        let thread = who.get(&format!("/v1/threads/{id}")).await;
        assert_eq!(thread["properties"]["joiningenabled"], "false");
    }
    assert_eq!(preview(newest).await, Err("link_unknown"));
}

#[tokio::test]
async fn links_of_programs_make_way_in_a_group_that_has_no_room_for_one_more() {
    let lab = Lab::new().await;
    let (ann, ..) = three(&lab).await;
    let id = make(&ann, &[], json!({ "topic": "Open" })).await;
    let hex = id
        .trim_start_matches("19:")
        .trim_end_matches("@thread.skype");
    let group = ConversationId(i64::from_str_radix(hex, 16).expect("a number"));
    let first = token(&ann, &id).await;
    let own = fill(&ann, group).await;
    let second = token(&ann, &id).await;
    let preview = async |token: &str| {
        let found = ann.session().preview(token).await;
        found.map(drop).map_err(|error| error.code)
    };
    assert_eq!(preview(&first).await, Err("link_unknown"));
    assert_eq!(preview(&second).await, Ok(()));
    for token in &own {
        assert_eq!(preview(token).await, Ok(()), "it is not of this door");
    }
    // None of this door is left to make way.
    let link = hub::link_hash(&second);
    ann.command(Command::DropLink {
        conversation: group,
        link,
    })
    .await;
    assert_eq!(fill(&ann, group).await.len(), 1);
    let asked = json!({ "threadId": id }).to_string();
    let request = Request::post("/apijoin/v1/meetings").header("X-Skypetoken", &ann.skypetoken);
    let answer = lab
        .call(request.body(asked.into()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{answer:?}");
}

/// As many links of our own API as there is room for.
async fn fill(of: &Robot, group: ConversationId) -> Vec<String> {
    let mut tokens = Vec::new();
    loop {
        let put = Command::PutLink {
            conversation: group,
            expires: None,
            uses: None,
        };
        match of.session().command(put).await {
            Ok(done) => match done.value {
                Given::LinkToken(token) => tokens.push(token),
                other => panic!("no link: {other:?}"),
            },
            Err(error) => {
                assert_eq!(error.code, "links_full");
                return tokens;
            }
        }
    }
}
