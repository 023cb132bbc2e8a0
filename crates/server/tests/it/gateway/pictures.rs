//! Pictures, which programs make without a name and call by one when they send them.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::lab::{Lab, Robot};
use crate::skype::picture;

/// A picture of the store, of which all is there.
async fn made(lab: &Lab, who: &Robot) -> String {
    let token = format!("skype_token {}", who.skypetoken);
    let asked = json!({ "type": "pic/imgt1", "permissions": { "8:bob": ["read"] } }).to_string();
    let request = Request::post("/store/v1/objects").header("Authorization", &token);
    let made = lab.call(request.body(asked.into()).expect("one")).await;
    let id = made.body["id"].as_str().expect("an id").to_owned();
    let put = Request::put(format!("/store/v1/objects/{id}/content/imgpsh"));
    let put = put.header("Authorization", &token);
    let put = lab.raw(put.body(Body::from(picture())).expect("one")).await;
    assert_eq!(put.status(), StatusCode::CREATED);
    id
}

fn shown(id: &str, name: &str) -> Value {
    let uri = format!("https://api.asm.skype.com/v1/objects/{id}");
    let content = format!(
        r#"<URIObject type="Picture.1" uri="{uri}" url_thumbnail="{uri}/views/imgt1">x<OriginalName v="{name}"/></URIObject>"#
    );
    json!({ "messagetype": "RichText/UriObject", "contenttype": "text", "content": content })
}

#[tokio::test]
async fn a_picture_is_called_as_the_message_that_first_shows_it_says() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let id = made(&lab, &ann).await;
    for name in ["goose &amp; duck.png", "another.png"] {
        let path = "/v1/users/ME/conversations/8:bob/messages";
        ann.done(Method::POST, path, shown(&id, name)).await;
        let is_shown = |event: &Value| {
            let content = event["resource"]["content"].as_str()?;
            content.contains("<URIObject").then(|| content.to_owned())
        };
        let content = bob.find(is_shown).await;
        let first = r#"<OriginalName v="goose &amp; duck.png"/>"#;
        assert!(content.contains(first), "{name}: {content}");
    }
}
