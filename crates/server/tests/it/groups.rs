//! Named groups through the door: what comes and goes as JSON.

use reqwest::StatusCode;
use serde_json::json;
use webapi::skein as api;

use crate::support::{Person, Server};

#[tokio::test]
async fn a_group_is_made_joined_by_a_link_and_left_through_the_door() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    let eva = Person::register(&server, "eva").await;
    ana.befriend(&bob).await;
    let mut at_bob = bob.socket(None).await;
    let create =
        json!({ "type": "create_group", "title": "Geese", "members": [bob.id], "client": "g1" });
    let api::Value::Conversation { conversation } = ana.command(create.clone()).await.value else {
        panic!("a group");
    };
    let id = conversation.id.0.clone();
    let group = conversation.group.expect("what a group has");
    assert_eq!(
        (group.title.as_str(), group.people, group.role),
        ("Geese", 2, Some(api::Role::Owner))
    );
    let heard = at_bob
        .find_event(|event| match event {
            api::Event::Conversation { conversation, .. } if conversation.id.0 == id => {
                conversation.group.clone()
            }
            _ => None,
        })
        .await;
    assert_eq!(heard.role, Some(api::Role::Member));
    let api::Value::Conversation {
        conversation: again,
    } = ana.command(create).await.value
    else {
        panic!("the same group");
    };
    assert_eq!(again.id.0, id, "made once");

    let (status, refusal) = bob
        .refused(json!({ "type": "update_group", "conversation": id, "title": "Ducks" }))
        .await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::FORBIDDEN, "admins_only")
    );
    ana.command(
        json!({ "type": "update_group", "conversation": id, "title": "Ducks",
        "rules": { "post": "everybody", "add": "admins", "history": true } }),
    )
    .await;
    let line = at_bob
        .find_event(|event| match event {
            api::Event::Message { message, .. } => match &message.body {
                api::Body::System {
                    line: api::SystemLine::Titled { title },
                } => Some(title.clone()),
                _ => None,
            },
            _ => None,
        })
        .await;
    assert_eq!(line, "Ducks");

    let make = json!({ "type": "make_link", "conversation": id, "uses": 1 });
    let api::Value::Link { token } = ana.command(make).await.value else {
        panic!("a token");
    };
    let (status, seen) = eva.post_raw("link", &json!({ "token": token })).await;
    let by = json!({ "id": ana.id, "name": "ana", "display": "ana", "kind": "person" });
    assert_eq!(
        (status, &seen),
        (
            StatusCode::OK,
            &json!({ "title": "Ducks", "people": 2, "by": by })
        )
    );
    eva.command(json!({ "type": "join_group", "token": token }))
        .await;
    let page: api::MemberPage = eva
        .get(&format!("conversations/{id}/members?limit=2"))
        .await;
    assert_eq!((page.members.len(), page.profiles.len()), (2, 2));
    assert_eq!(page.members[0].role, Some(api::Role::Owner));
    let next = page.next.expect("one more");
    let rest: api::MemberPage = eva
        .get(&format!("conversations/{id}/members?after={next}"))
        .await;
    assert_eq!((rest.members.len(), rest.next), (1, None));
    let (status, _) = eva
        .get_raw(&format!("conversations/{id}/members?after=x.y"))
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let (status, _) = eva.get_raw(&format!("conversations/{id}/links")).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let links: api::LinkList = ana.get(&format!("conversations/{id}/links")).await;
    assert_eq!(links.links[0].uses, Some(0));
    let revoke = json!({ "type": "revoke_link", "conversation": id, "link": links.links[0].id });
    ana.command(revoke).await;
    let (status, refusal) = bob.post_raw("link", &json!({ "token": token })).await;
    assert_eq!(
        (status, &refusal["code"]),
        (StatusCode::NOT_FOUND, &json!("link_unknown"))
    );

    let people = json!([bob.id]);
    let mut at_eva = eva.socket(None).await;
    ana.command(
        json!({ "type": "set_members", "conversation": id, "people": people, "to": "banned" }),
    )
    .await;
    let banned: api::MemberPage = ana
        .get(&format!("conversations/{id}/members?banned=true"))
        .await;
    assert_eq!(banned.profiles[0].id.0, bob.id);
    let (status, _) = eva
        .get_raw(&format!("conversations/{id}/members?banned=true"))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let named = at_eva
        .find_event(|event| match event {
            api::Event::Message { profiles, .. } => profiles.first().map(|one| one.id.clone()),
            _ => None,
        })
        .await;
    assert_eq!(named.0, bob.id, "who went has a name still");
    let page: api::MessagePage = eva.get(&format!("conversations/{id}/messages")).await;
    let known = |id: &str| page.profiles.iter().any(|one| one.id.0 == id);
    assert!(known(&bob.id) && known(&ana.id), "live and in the log");
    let first: api::ConversationPage = eva.get("conversations").await;
    assert!(first.profiles.iter().any(|one| one.id.0 == bob.id));
    let out = at_bob
        .find_event(|event| match event {
            api::Event::Conversation { conversation, .. } => {
                let group = conversation.group.clone()?;
                group
                    .role
                    .is_none()
                    .then_some((group.people, conversation.members.len()))
            }
            _ => None,
        })
        .await;
    assert_eq!(out, (0, 0), "nothing of who stays");
    let call = json!({ "type": "call", "key": "00112233445566778899aabbccddeeff", "step": {
        "type": "prepare", "to": { "conversation": id }, "media": { "audio": true, "video": false }, "relay_only": false } });
    let (status, refusal) = ana.refused(call).await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::CONFLICT, "group_call")
    );
    ana.command(json!({ "type": "leave_group", "conversation": id }))
        .await;
    let left: api::Conversation = eva.get(&format!("conversations/{id}")).await;
    assert_eq!(
        left.group.expect("a group").role,
        Some(api::Role::Owner),
        "inherited"
    );
}
