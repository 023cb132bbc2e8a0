//! Profiles, pictures, contacts, and what stands around them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use webapi::skein as api;

use super::{Form as _, Skyper, answer, ask, json_of};
use crate::support::{Person, Server};

const CONTACTS: &str = "contacts.skype.com";
const LIST: &str = "/contacts/v2/users/SELF";

/// Looks for a `null` anywhere.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(keys) => keys.values().any(has_null),
        _ => false,
    }
}

#[tokio::test]
async fn ones_own_profile_has_nineteen_keys_and_what_one_says_of_oneself() {
    let server = Server::start().await;
    let alice = Person::register(&server, "alice").await;
    alice
        .command(json!({ "type": "set_handle", "value": "alice@example.org", "on": true }))
        .await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let partial = "/users/self/profile/partial";
    let (status, _) = alice
        .send(
            Method::POST,
            "api.skype.com",
            partial,
            json!({ "payload": { "mood": "busy <building>" } }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    let (_, profile) = alice.get("api.skype.com", "/users/alice/profile").await;
    for key in [
        "firstname",
        "lastname",
        "birthday",
        "gender",
        "language",
        "country",
        "province",
        "city",
        "homepage",
        "about",
        "emails",
        "jobtitle",
        "phoneMobile",
        "phoneHome",
        "phoneOffice",
        "mood",
        "richMood",
        "avatarUrl",
        "username",
    ] {
        assert!(profile.get(key).is_some(), "{key} in {profile}");
    }
    assert_eq!(profile["mood"], "busy <building>");
    assert_eq!(profile["emails"], json!(["alice@example.org"]));
    assert!(profile["firstname"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn profiles_of_others_come_by_json_and_by_form_with_what_they_show() {
    let server = Server::start().await;
    let [alice, bob] = [
        Person::register(&server, "alice").await,
        Person::register(&server, "bob").await,
    ];
    bob.command(json!({ "type": "update_account", "mood": "here" }))
        .await;
    alice.befriend(&bob).await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let batch = "/users/batch/profiles";
    let (status, found) = alice
        .send(
            Method::POST,
            "api.skype.com",
            batch,
            json!({ "usernames": ["8:Bob"] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        (&found[0]["username"], &found[0]["mood"]),
        (&json!("bob"), &json!("here"))
    );
    assert!(found[0]["displayname"].is_string());
    let form = alice
        .ask(Method::POST, "api.skype.com", batch)
        .form(&[("usernames[0]", "bob")]);
    assert_eq!(json_of(form).await.1[0]["username"], "bob");
    // SkPy takes 403 for nobody, and breaks at an empty list.
    let (status, _) = alice
        .send(
            Method::POST,
            "api.skype.com",
            batch,
            json!({ "usernames": ["nobody-here"] }),
        )
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let looked = "/profile/v1/batch/profiles";
    let (status, found) = alice
        .send(
            Method::POST,
            "profile.skype.com",
            looked,
            json!({ "usernames": ["bob", "nobody-here"] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(found[0]["username"], "bob");
    assert_eq!(
        (&found[1]["username"], &found[1]["status"]["code"]),
        (&json!("nobody-here"), &json!(40_401))
    );
    server.stop().await;
}

#[tokio::test]
async fn a_request_is_seen_accepted_and_becomes_a_contact_with_no_null_anywhere() {
    let server = Server::start().await;
    for name in ["alice", "bob", "carol"] {
        Person::register(&server, name).await;
    }
    let [alice, bob, carol] = [
        Skyper::sign_in(&server, "alice").await,
        Skyper::sign_in(&server, "bob").await,
        Skyper::sign_in(&server, "carol").await,
    ];
    let add = json!({ "mri": "8:live:Bob", "greeting": "hi <you>" });
    assert_eq!(
        alice
            .send(
                Method::POST,
                CONTACTS,
                "/contacts/v2/users/SELF/contacts",
                add
            )
            .await
            .0,
        StatusCode::OK
    );
    carol
        .send(
            Method::POST,
            CONTACTS,
            "/contacts/v2/users/SELF/contacts",
            json!({ "mri": "8:bob" }),
        )
        .await;
    let (_, list) = alice
        .get(CONTACTS, "/contacts/v2/users/SELF?delta=&reason=default")
        .await;
    assert_eq!(
        (
            &list["contacts"][0]["mri"],
            &list["contacts"][0]["authorized"]
        ),
        (&json!("8:bob"), &json!(false))
    );
    let (_, invites) = bob.get(CONTACTS, "/contacts/v2/users/SELF/invites").await;
    let entries = invites["invite_list"].as_array().expect("a list");
    assert_eq!(entries.len(), 2, "{invites}");
    let of_alice = entries
        .iter()
        .find(|entry| entry["mri"] == "8:alice")
        .expect("alice asks");
    assert_eq!(of_alice["invites"][0]["message"], "hi <you>");
    let time = of_alice["invites"][0]["time"].as_str().expect("text");
    assert!(time.len() == 20 && time.ends_with('Z'), "{time}");
    let answer =
        |who: &str, word: &str| format!("/contacts/v2/users/SELF/invites/8%3A{who}/{word}");
    assert_eq!(
        bob.send(Method::PUT, CONTACTS, &answer("alice", "accept"), json!({}))
            .await
            .0,
        StatusCode::OK
    );
    assert_eq!(
        bob.send(
            Method::PUT,
            CONTACTS,
            &answer("carol", "decline"),
            json!({})
        )
        .await
        .0,
        StatusCode::OK
    );
    assert_eq!(
        bob.get(CONTACTS, "/contacts/v2/users/SELF/invites").await.1["invite_list"],
        json!([])
    );
    let (_, list) = alice.get(CONTACTS, LIST).await;
    let keys: Vec<&String> = list.as_object().expect("an object").keys().collect();
    assert_eq!(keys, ["blocklist", "contacts", "groups", "scope"]);
    assert!(!has_null(&list), "{list}");
    assert_eq!(list["contacts"][0]["authorized"], true);
    assert_eq!(list["contacts"][0]["person_id"], "8:bob");
    let (status, refused) = alice
        .send(
            Method::POST,
            CONTACTS,
            "/contacts/v2/users/SELF/contacts",
            json!({ "mri": "8:nobody-here" }),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{refused}");
    server.stop().await;
}

#[tokio::test]
async fn blocking_and_removing_hold_and_show() {
    let server = Server::start().await;
    let [alice, bob] = [
        Person::register(&server, "alice").await,
        Person::register(&server, "bob").await,
    ];
    alice.befriend(&bob).await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let block = "/contacts/v2/users/SELF/contacts/blocklist/8:bob";
    let body = json!({ "report_abuse": "false", "ui_version": "skype.com" });
    assert_eq!(
        alice.send(Method::PUT, CONTACTS, block, body).await.0,
        StatusCode::OK
    );
    let (_, list) = alice.get(CONTACTS, LIST).await;
    assert_eq!(list["blocklist"], json!([{ "mri": "8:bob" }]));
    assert_eq!(list["contacts"][0]["blocked"], true);
    let (_, alone) = alice
        .get(CONTACTS, "/contacts/v2/users/SELF/blocklist")
        .await;
    assert_eq!(
        (&alone["count"], &alone["scope"]),
        (&json!(1), &json!("full"))
    );
    assert_eq!(
        json_of(alice.ask(Method::DELETE, CONTACTS, block)).await.0,
        StatusCode::OK
    );
    let one = "/contacts/v2/users/SELF/contacts/8:bob";
    assert_eq!(
        json_of(alice.ask(Method::DELETE, CONTACTS, one)).await.0,
        StatusCode::OK
    );
    let (_, list) = alice.get(CONTACTS, LIST).await;
    assert_eq!(
        (&list["blocklist"], &list["contacts"]),
        (&json!([]), &json!([]))
    );
    server.stop().await;
}

#[tokio::test]
async fn the_calls_for_contacts_of_2014_answer_201() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    Person::register(&server, "bob").await;
    let [alice, bob] = [
        Skyper::sign_in(&server, "alice").await,
        Skyper::sign_in(&server, "bob").await,
    ];
    let ask_bob = alice
        .ask(
            Method::PUT,
            "api.skype.com",
            "/users/self/contacts/auth-request/bob",
        )
        .form(&[("greeting", "hello there")]);
    assert_eq!(json_of(ask_bob).await.0, StatusCode::CREATED);
    let (_, asked) = bob
        .get("api.skype.com", "/users/self/contacts/auth-request")
        .await;
    assert_eq!(
        (&asked[0]["sender"], &asked[0]["greeting"]),
        (&json!("alice"), &json!("hello there"))
    );
    let accept = "/users/bob/contacts/auth-request/alice/accept";
    assert_eq!(
        bob.send(Method::PUT, "api.skype.com", accept, json!({}))
            .await
            .0,
        StatusCode::CREATED
    );
    let others = "/users/alice/contacts/auth-request/alice/accept";
    assert_eq!(
        bob.send(Method::PUT, "api.skype.com", others, json!({}))
            .await
            .0,
        StatusCode::FORBIDDEN
    );
    let (_, list) = bob.get("contacts.skype.com", LIST).await;
    assert_eq!(list["contacts"][0]["authorized"], true);
    for (word, blocked) in [("block", true), ("unblock", false)] {
        let path = format!("/users/self/contacts/alice/{word}");
        assert_eq!(
            bob.send(Method::PUT, "api.skype.com", &path, json!({}))
                .await
                .0,
            StatusCode::CREATED
        );
        let (_, list) = bob.get("contacts.skype.com", LIST).await;
        assert_eq!(list["contacts"][0]["blocked"], blocked);
    }
    server.stop().await;
}

#[tokio::test]
async fn people_are_found_by_their_whole_name() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    Person::register(&server, "carol").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    for path in [
        "/v2.0/search/?requestId=7&searchstring=Carol",
        "/search/v1.1/namesearch/swx/?searchstring=carol&requestId=7&",
    ] {
        let (status, found) = alice.get("skypegraph.skype.com", path).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(found["requestId"], "7");
        assert_eq!(found["results"][0]["nodeProfileData"]["skypeId"], "carol");
    }
    let (_, found) = alice
        .get(
            "skypegraph.skype.com",
            "/v2.0/search?searchstring=not%20a%20name&requestId=0",
        )
        .await;
    assert_eq!(found["results"], json!([]));
    let (_, cards) = alice
        .get(
            "api.skype.com",
            "/search/users/any?keyWord=carol&contactTypes[]=skype",
        )
        .await;
    assert_eq!(cards[0]["ContactCards"]["Skype"]["SkypeName"], "carol");
    server.stop().await;
}

/// One grey pixel.
pub(crate) fn picture() -> Vec<u8> {
    let pixel = image::RgbImage::from_pixel(2, 2, image::Rgb([90, 90, 90]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    pixel
        .write_to(&mut bytes, image::ImageFormat::Png)
        .expect("a picture");
    bytes.into_inner()
}

#[tokio::test]
async fn a_picture_is_put_and_shown_to_those_whose_address_says_that_they_may_see_it() {
    let server = Server::start().await;
    let [alice, bob] = [
        Person::register(&server, "alice").await,
        Person::register(&server, "bob").await,
    ];
    Person::register(&server, "eve").await;
    alice.befriend(&bob).await;
    let [alice, bob, eve] = [
        Skyper::sign_in(&server, "alice").await,
        Skyper::sign_in(&server, "bob").await,
        Skyper::sign_in(&server, "eve").await,
    ];
    let put = alice
        .ask(Method::PUT, "avatar.skype.com", "/v1/avatars/alice")
        .header("Content-Type", "image/jpeg")
        .body(picture());
    assert_eq!(json_of(put).await.0, StatusCode::OK);
    let others = bob
        .ask(Method::PUT, "avatar.skype.com", "/v1/avatars/alice")
        .body(picture());
    assert_eq!(answer(others).await.0, StatusCode::FORBIDDEN);
    let (_, list) = bob.get("contacts.skype.com", LIST).await;
    let url = list["contacts"][0]["profile"]["avatar_url"]
        .as_str()
        .expect("an address");
    let path = url
        .strip_prefix("http://avatar.skype.com")
        .expect("as the request came");
    // Programs ask for it without any token.
    let (status, headers, _) = answer(ask(&server, Method::GET, "avatar.skype.com", path)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "image/png");
    assert!(
        headers["content-security-policy"]
            .to_str()
            .expect("text")
            .contains("sandbox")
    );
    let bare = "/v1/avatars/alice/public?returnDefaultImage=false";
    assert_eq!(
        answer(ask(&server, Method::GET, "avatar.skype.com", bare))
            .await
            .0,
        StatusCode::UNAUTHORIZED
    );
    // Somebody who is no contact of hers sees what she shows to everyone: nothing, at first.
    let strange = answer(eve.ask(Method::GET, "avatar.skype.com", bare))
        .await
        .0;
    let me: api::Account = Person::sign_in(&server, "alice").await.get("me").await;
    let shown = serde_json::to_value(me.privacy).expect("plain")["picture"].clone();
    let wanted = if shown == "everyone" {
        StatusCode::OK
    } else {
        StatusCode::NOT_FOUND
    };
    assert_eq!(strange, wanted, "{shown}");
    server.stop().await;
}

#[tokio::test]
async fn flags_and_settings_are_kept_and_what_is_not_here_says_so() {
    let server = Server::start().await;
    Person::register(&server, "alice").await;
    let alice = Skyper::sign_in(&server, "alice").await;
    let flags = "flagsapi.skype.com";
    for flag in [28, 12] {
        assert_eq!(
            alice
                .send(Method::PUT, flags, &format!("/flags/v1/{flag}"), json!({}))
                .await
                .0,
            StatusCode::OK
        );
    }
    assert_eq!(alice.get(flags, "/flags/v1").await.1, json!([12, 28]));
    assert_eq!(
        json_of(alice.ask(Method::DELETE, flags, "/flags/v1/12"))
            .await
            .0,
        StatusCode::OK
    );
    let again = Skyper::sign_in(&server, "alice").await;
    assert_eq!(again.get(flags, "/flags/v1").await.1, json!([28]));
    let old = "/users/alice/options/X_LEGACY";
    assert_eq!(
        alice.get("api.skype.com", old).await.1,
        json!({ "optionInt": 0 })
    );
    let set = alice
        .ask(Method::POST, "api.skype.com", old)
        .form(&[("integerValue", "7")]);
    assert_eq!(json_of(set).await.0, StatusCode::OK);
    assert_eq!(
        alice.get("api.skype.com", old).await.1,
        json!({ "optionInt": 7 })
    );
    let policy = "/options/v1/users/self/options/calling.skype-call-policy";
    let (_, said) = alice.get("options.skype.com", policy).await;
    let other = if said["value"] == "EVERYONE_CAN_CALL" {
        "AUTHORIZED_CAN_CALL"
    } else {
        "EVERYONE_CAN_CALL"
    };
    assert_eq!(
        alice
            .send(Method::PUT, "options.skype.com", policy, said)
            .await
            .0,
        StatusCode::OK
    );
    let (status, _) = alice
        .send(
            Method::PUT,
            "options.skype.com",
            policy,
            json!({ "value": other }),
        )
        .await;
    assert_eq!(
        status,
        StatusCode::FORBIDDEN,
        "nothing is said to be so that is not"
    );
    assert_eq!(
        alice
            .get("consumer.entitlement.skype.com", "/users/alice/services")
            .await
            .1,
        json!([])
    );
    let (_, agents) = alice.get("api.aps.skype.com", "/v1/agents").await;
    assert_eq!(agents["agentDescriptions"][0]["agentId"], "echo");
    let (_, config) = alice
        .get(
            "a.config.skype.com",
            "/config/v1/Skype/0_0.0.0.0/SkypePersonalization",
        )
        .await;
    let list = config["pes_config"].as_str().expect("an address");
    let path = list
        .strip_prefix("http://static.asm.skype.com")
        .expect("as the request came");
    assert!(alice.get("static.asm.skype.com", path).await.1["items"].is_array());
    assert!(alice.get("static.asm.skype.com", "/pes/v1/petoken").await.1["token"].is_string());
    let (status, _) = alice
        .get(
            "dev.microsofttranslator.com",
            "/api/skype/translate?to=fr&text=x",
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    server.stop().await;
}
