//! Messages: sent, changed, removed; and their ids.

use axum::http::{Method, StatusCode, header};
use hub::command::{Command, MessageRef, Target, Value as Given};
use hub::id::ClientId;
use hub::model::{Block, Body, Inline, Rich};
use serde_json::{Value, json};

use super::lab::{HOST, Lab, MESSAGES, Robot, contents, is_words};

/// As a browser of theirs; the message's id in the hub.
pub(super) async fn write(who: &Robot, to: &Robot, body: Body, client: &str) -> hub::id::MessageId {
    let send = Command::Send {
        to: Target::Cast(vec![to.who.account]),
        body,
        client: ClientId::new(client).expect("an id"),
        reply_to: None,
        hints: Vec::new(),
    };
    match who.command(send).await.value {
        Given::Message { id, .. } => id,
        other => panic!("a message: {other:?}"),
    }
}

pub(super) fn plain(text: &str) -> Body {
    Body::Text(Rich::plain(text))
}

#[tokio::test]
async fn a_message_comes_to_every_endpoint_as_its_viewer_names_the_conversation() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let id = ann
        .say(
            "8:bob",
            "hello <b raw_pre=\"*\" raw_post=\"*\">you</b>",
            "1714557599871",
        )
        .await;
    for (who, other) in [(&ann, "8:bob"), (&bob, "8:ann")] {
        let event = who.hears(1).await.remove(0);
        assert_eq!(
            (&event["type"], event["time"].as_str().map(str::len)),
            (&json!("EventMessage"), Some(20))
        );
        let link = format!("https://{HOST}/v1/users/ME/conversations/{other}");
        assert_eq!(event["resourceLink"], format!("{link}/messages/{id}"));
        let message = &event["resource"];
        assert_eq!(
            (&message["id"], &message["version"]),
            (&json!(id), &json!(id))
        );
        assert_eq!(
            message["content"],
            "hello <b raw_pre=\"*\" raw_post=\"*\">you</b>"
        );
        assert_eq!(message["clientmessageid"], "1714557599871");
        assert_eq!(message["imdisplayname"], "ann");
        assert_eq!(
            message["from"],
            format!("https://{HOST}/v1/users/ME/contacts/8:ann")
        );
        assert_eq!(message["conversationLink"], link);
        assert_eq!(
            message["ackrequired"],
            format!("https://{HOST}/v1/users/ME/conversations/ALL/messages/{id}/ack")
        );
        assert!(!message.to_string().contains("null"), "{message}");
        let ack = format!("/v1/users/ME/conversations/ALL/messages/{id}/ack");
        assert_eq!(who.done(Method::POST, &ack, Value::Null).await, json!({}));
    }
}

#[tokio::test]
async fn a_line_from_a_browser_comes_by_poll_and_the_answer_goes_back() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    write(&ann, &bob, plain("from a browser"), "b1").await;
    assert_eq!(contents(&bob.hears(1).await), ["from a browser"]);
    let id = bob.say("8:ann", "and back", "c1").await;
    let view = ann
        .session()
        .cast(&[bob.who.account])
        .await
        .expect("a view")
        .expect("opened");
    let last = view.last.expect("a message");
    assert_eq!(
        (last.body.words().as_str(), last.stamp.0.to_string()),
        ("and back", id)
    );
    assert_eq!(last.author, bob.who.account);
}

#[tokio::test]
async fn a_retried_send_gives_the_first_result() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let first = ann.say("8:bob", "once", "17").await;
    assert_eq!(ann.say("8:bob", "once", "17").await, first);
    assert_eq!(ann.say("8%3ABOB", "once", "17").await, first);
    assert_eq!(bob.history("8:ann").await.len(), 1);
    let number = json!({ "content": "with a number", "messagetype": "Text", "clientmessageid": 1_714_557_599_871_i64 });
    let id = ann.send("8:bob", number.clone()).await;
    assert_eq!(ann.send("8:bob", number).await, id);
    let kept = json!({ "content": "x", "messagetype": "Text", "Has-Mentions": "false", "skypeemoteoffset": 4, "odd": {"a": 1} });
    ann.send("8:bob", kept).await;
    let newest = bob.history("8:ann").await.remove(0);
    assert_eq!(
        (&newest["skypeemoteoffset"], &newest["Has-Mentions"]),
        (&json!("4"), &json!("false"))
    );
    assert_eq!(newest["odd"], json!({ "a": 1 }));
}

#[tokio::test]
async fn a_hundred_messages_a_second_have_a_hundred_rising_ids() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    bob.subscribe(&MESSAGES).await;
    let mut ids: Vec<i64> = Vec::new();
    for index in 0..100 {
        if index == 50 {
            lab.clock.step_wall(-2_000);
        }
        let from = if index % 3 == 0 { &bob } else { &ann };
        let to = if index % 3 == 0 { "8:ann" } else { "8:bob" };
        ids.push(
            from.say(to, &index.to_string(), &format!("c{index}"))
                .await
                .parse()
                .expect("digits"),
        );
    }
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    let heard = bob.hears(100).await;
    let told: Vec<i64> = heard
        .iter()
        .map(|event| {
            event["resource"]["id"]
                .as_str()
                .expect("text")
                .parse()
                .expect("digits")
        })
        .collect();
    assert_eq!(told, ids);
    let times: Vec<&str> = heard
        .iter()
        .map(|event| event["resource"]["composetime"].as_str().expect("text"))
        .collect();
    assert!(times.is_sorted(), "no time runs backwards");
    let path = format!(
        "/v1/users/ME/conversations/8:ann/messages?startTime={}&pageSize=200",
        ids[50]
    );
    let page = bob.get(&path).await;
    let list = page["messages"].as_array().expect("a list");
    let seen: Vec<i64> = list
        .iter()
        .rev()
        .map(|one| one["id"].as_str().expect("text").parse().expect("digits"))
        .collect();
    assert_eq!(seen, ids[50..], "startTime is inclusive");
    let same = heard
        .iter()
        .find(|event| event["resource"]["id"] == list[0]["id"])
        .expect("heard");
    assert_eq!(
        same["resource"], list[0],
        "repeated ids are the same object"
    );
}

/// Marks of an edit in a message.
fn marks(message: &Value) -> usize {
    message["content"]
        .as_str()
        .expect("text")
        .matches("<e_m ")
        .count()
}

#[tokio::test]
async fn an_edited_message_stays_one_message_with_its_formatting() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let bold =
        "<b raw_pre=\"*\" raw_post=\"*\">first</b> <a href=\"https://example.org/\">link</a>";
    let id = ann.say("8:bob", bold, "e1").await;
    assert_eq!(marks(&bob.hears(1).await[0]["resource"]), 0);
    let path = format!("/v1/users/ME/conversations/8:bob/messages/{id}");
    let italic = "<i raw_pre=\"_\" raw_post=\"_\">second</i>";
    lab.clock.advance(std::time::Duration::from_secs(5));
    // SkPy sends the mark of the edit before with the words.
    let body = json!({ "content": format!("{italic}<e_m ts=\"1\" ts_ms=\"1\" a=\"ann\" t=\"61\"></e_m>"), "messagetype": "RichText" });
    let done = ann.done(Method::PUT, &path, body).await;
    assert!(done["edittime"].is_i64(), "{done}");
    let edited = bob.hears(1).await.remove(0)["resource"].clone();
    assert_eq!(
        (&edited["id"], &edited["skypeeditedid"]),
        (&json!(id), &json!("e1"))
    );
    assert!(
        edited["version"].as_str() > Some(id.as_str()) && edited.get("clientmessageid").is_none()
    );
    assert!(
        edited["content"]
            .as_str()
            .expect("text")
            .starts_with(italic)
            && marks(&edited) == 1,
        "{edited}"
    );
    // By its own name, as older programs do; then in a browser.
    lab.clock.advance(std::time::Duration::from_secs(5));
    let third = json!({ "content": "<s raw_pre=\"~\" raw_post=\"~\">third</s>", "messagetype": "RichText", "skypeeditedid": "e1" });
    assert_eq!(ann.send("8:bob", third).await, id);
    let view = ann
        .session()
        .cast(&[bob.who.account])
        .await
        .expect("a view")
        .expect("opened");
    let row = view.last.expect("a message");
    let tree = Rich(vec![Block::Paragraph(vec![Inline::Strike(vec![
        Inline::Text("third".into()),
    ])])]);
    assert_eq!(
        row.body,
        Body::Text(tree),
        "the author's words alone are kept"
    );
    lab.clock.advance(std::time::Duration::from_secs(5));
    ann.command(Command::Edit {
        of: MessageRef::Id(row.id),
        body: plain("fourth"),
    })
    .await;
    // Two edits that were heard at once are the newest.
    let heard = bob.hears(1).await.remove(0)["resource"].clone();
    assert!(
        heard["content"]
            .as_str()
            .expect("text")
            .starts_with("fourth<e_m ")
            && marks(&heard) == 1,
        "{heard}"
    );
    assert_eq!(heard["id"], json!(id));
    let history = bob.history("8:ann").await;
    assert_eq!(history.len(), 1);
    assert!(
        history[0]["content"]
            .as_str()
            .expect("text")
            .starts_with("fourth<e_m "),
        "{history:?}"
    );
    // Not by others; and what is removed stays so.
    let foreign = format!("/v1/users/ME/conversations/8:ann/messages/{id}");
    let answer = bob
        .ask(
            Method::PUT,
            &foreign,
            json!({ "content": "mine", "messagetype": "Text" }),
        )
        .await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::FORBIDDEN, &json!(403))
    );
    for _ in 0..2 {
        let done = ann.done(Method::DELETE, &path, Value::Null).await;
        assert!(done["deletetime"].is_i64(), "{done}");
    }
    let answer = ann
        .ask(
            Method::PUT,
            &path,
            json!({ "content": "again", "messagetype": "Text" }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    let gone = bob.hears(1).await.remove(0)["resource"].clone();
    assert_eq!(
        (&gone["id"], &gone["content"], &gone["skypeeditedid"]),
        (&json!(id), &json!(""), &json!("e1"))
    );
    assert!(gone["version"].as_str() > history[0]["version"].as_str());
}

#[tokio::test]
async fn an_edit_without_words_removes_and_a_reaction_is_no_edit() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let id = ann.say("8:bob", "short-lived", "d1").await;
    let react = format!("/v1/users/ME/conversations/8:ann/messages/{id}/properties?name=emotions");
    let heart = json!({ "emotions": { "key": "heart", "value": 1 } });
    bob.done(Method::PUT, &react, heart.clone()).await;
    bob.done(Method::DELETE, &react, heart).await;
    ann.send(
        "8:bob",
        json!({ "content": "", "messagetype": "RichText", "skypeeditedid": "d1" }),
    )
    .await;
    ann.say("8:bob", "after", "d2").await;
    assert_eq!(contents(&bob.hears(3).await), ["short-lived", "", "after"]);
    let answer = ann
        .ask(
            Method::PUT,
            "/v1/users/ME/conversations/8:bob/messages/17",
            json!({ "content": "x" }),
        )
        .await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!(730))
    );
}

#[tokio::test]
async fn what_is_written_is_escaped_once_in_each_direction() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    // What is typed, as official programs write it, and its letters.
    let typed = [
        ("a &lt; b &amp;&amp; c", "a < b && c"),
        ("&amp;amp;", "&amp;"),
        ("&amp;#39;", "&#39;"),
        ("&lt;3", "<3"),
        ("&lt;b&gt;x&lt;/b&gt;", "<b>x</b>"),
        ("one\ntwo", "one\ntwo"),
        ("one\ttwo", "one\ttwo"),
    ];
    for (index, (wire, letters)) in typed.into_iter().enumerate() {
        for kind in ["Text", "RichText"] {
            let client = format!("{kind}{index}");
            let body = json!({ "content": wire, "messagetype": kind, "clientmessageid": client });
            ann.send("8:bob", body).await;
            let view = bob
                .session()
                .cast(&[ann.who.account])
                .await
                .expect("a view")
                .expect("opened");
            assert_eq!(
                view.last.expect("a message").body.words(),
                letters,
                "{kind} {wire}"
            );
            assert_eq!(contents(&bob.hears(1).await), [wire], "{kind}");
        }
        write(&ann, &bob, plain(letters), &format!("browser{index}")).await;
        assert_eq!(contents(&bob.hears(1).await), [wire], "from a browser");
    }
    for (wire, shown) in [
        ("<at id=\"8:bob\">Bob</at>", "<at id=\"8:bob\">Bob</at>"),
        ("<at id=\"8:nobody\">x</at>", "x"),
        ("<at id=\"8:live:.cid.1\">Bob</at>", "Bob"),
        ("<i>open", "&lt;i&gt;open"),
        ("<ss type=\"smile\">:)</ss>", "<ss type=\"smile\">:)</ss>"),
    ] {
        ann.say("8:bob", wire, wire).await;
        assert_eq!(contents(&bob.hears(1).await), [shown], "{wire}");
    }
    for wire in [
        "<a href=\"javascript:alert(1)\">x</a>",
        "<img src=x onerror=alert(1)>",
    ] {
        ann.say("8:bob", wire, wire).await;
        let shown = contents(&bob.hears(1).await).remove(0);
        assert!(!shown.contains("<a ") && !shown.contains("<img"), "{shown}");
    }
}

#[tokio::test]
async fn typing_comes_and_goes_and_is_kept_nowhere() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    ann.say("8:bob", "hello", "1").await;
    for kind in ["Control/Typing", "Control/ClearTyping"] {
        ann.send(
            "8:bob",
            json!({ "content": null, "messagetype": kind, "contenttype": "text" }),
        )
        .await;
        let told = bob
            .find(|event| (event["resource"]["messagetype"] == kind).then(|| event.clone()))
            .await;
        let message = &told["resource"];
        assert_eq!(
            message["conversationLink"],
            format!("https://{HOST}/v1/users/ME/conversations/8:ann")
        );
        assert!(message["id"].as_str().expect("text").parse::<i64>().is_ok());
    }
    ann.say("8:bob", "done", "2").await;
    assert_eq!(bob.history("8:ann").await.len(), 2);
    let own = ann.hears(2).await;
    assert!(own.iter().all(is_words), "no echo of one's own typing");
}

#[tokio::test]
async fn what_only_this_dialect_knows_comes_back_whole_and_is_words_elsewhere() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    let people = r#"<contacts><c t="s" s="carol" f="Carol Cook"/></contacts>"#;
    ann.send(
        "8:bob",
        json!({ "content": people, "messagetype": "RichText/Contacts" }),
    )
    .await;
    let view = bob
        .session()
        .cast(&[ann.who.account])
        .await
        .expect("a view")
        .expect("opened");
    assert_eq!(view.last.expect("a message").body.words(), "Carol Cook");
    let newest = bob.history("8:ann").await.remove(0);
    assert_eq!(newest["messagetype"], "RichText/Contacts");
    assert!(
        newest["content"]
            .as_str()
            .expect("text")
            .contains("s=\"carol\""),
        "{newest}"
    );
    assert!(!newest.to_string().contains("skein:"), "{newest}");
    for kind in ["Event/Call", "ThreadActivity/TopicUpdate"] {
        let content = if kind == "Event/Call" {
            r#"<partlist type="started" alt=""><part identity="ann"><name>Ann</name></part></partlist>"#
        } else {
            "<topicupdate><eventtime>1</eventtime><initiator>8:ann</initiator><value>x</value></topicupdate>"
        };
        let path = "/v1/users/ME/conversations/8:bob/messages";
        let answer = ann
            .ask(
                Method::POST,
                path,
                json!({ "content": content, "messagetype": kind }),
            )
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{kind}");
    }
    let path = "/v1/users/ME/conversations/8:nobody.here/messages";
    let answer = ann
        .ask(
            Method::POST,
            path,
            json!({ "content": "x", "messagetype": "Text" }),
        )
        .await;
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::NOT_FOUND, &json!(730))
    );
}

#[tokio::test]
async fn too_many_messages_are_refused_with_a_number_json_and_a_time_to_come_back() {
    let mut config = hub::Config::default();
    config.limits.messages = hub::limits::Rate::new(5, std::time::Duration::from_secs(3));
    let lab = Lab::with(config).await;
    let (ann, bob) = lab.friends().await;
    let path = "/v1/users/ME/conversations/8:bob/messages";
    let mut refused = None;
    for index in 0..10 {
        let body = json!({ "content": "x", "messagetype": "Text", "clientmessageid": index });
        let answer = ann.ask(Method::POST, path, body).await;
        if answer.status != StatusCode::CREATED {
            refused = Some((index, answer));
            break;
        }
    }
    let (index, answer) = refused.expect("at some time");
    assert_eq!(index, 5);
    assert_eq!(
        (answer.status, &answer.body["errorCode"]),
        (StatusCode::TOO_MANY_REQUESTS, &json!(800))
    );
    assert_eq!(answer.headers[header::RETRY_AFTER], "3");
    bob.say("8:ann", "another account is not touched", "1")
        .await;
    lab.clock.advance(std::time::Duration::from_secs(3));
    ann.say("8:bob", "and after the pause it goes on", "99")
        .await;
}

/// The message that the first block of a body quotes, in the hub.
fn quoted(body: &Body) -> Option<hub::id::MessageId> {
    let Body::Text(rich) = body else {
        return None;
    };
    match rich.0.first() {
        Some(Block::Quote { message, .. }) => *message,
        _ => None,
    }
}

#[tokio::test]
async fn a_quote_by_the_second_is_of_whom_it_names_and_of_the_first_if_that_is_nobody() {
    let lab = Lab::new().await;
    let (ann, bob) = lab.friends().await;
    lab.person("carl").await;
    let ids = [
        write(&ann, &bob, plain("hers"), "1").await,
        write(&bob, &ann, plain("his"), "2").await,
        write(&ann, &bob, plain("hers again"), "3").await,
    ];
    let stamps: Vec<i64> = (bob.history("8:ann").await.iter().rev())
        .map(|message| message["id"].as_str().expect("an id").parse().expect("ms"))
        .collect();
    let second = stamps[0] / 1000;
    assert!(stamps.iter().all(|ms| ms / 1000 == second), "{stamps:?}");
    for (number, (author, place, meant)) in [
        ("ann", "8:bob", Some(ids[0])),
        ("bob", "8:bob", Some(ids[1])),
        ("nobody", "8:bob", Some(ids[0])),
        ("carl", "8:bob", None),
        ("ann", "8:carl", None),
        ("ann", "8:nobody", None),
    ]
    .into_iter()
    .enumerate()
    {
        let attributes =
            format!("author=\"{author}\" conversation=\"{place}\" timestamp=\"{second}\"");
        let text = format!("<quote {attributes}>words</quote>so");
        ann.say("8:bob", &text, &format!("quote {number}")).await;
        let view = (ann.session().cast(&[bob.who.account]).await)
            .expect("a view")
            .expect("opened");
        let last = view.last.expect("a message");
        assert_eq!(quoted(&last.body), meant, "{author} at {place}");
    }
    let two = ["ann", "bob"].map(|author| {
        format!(
            "<quote author=\"{author}\" conversation=\"8:bob\" timestamp=\"{second}\">words</quote>"
        )
    });
    ann.say("8:bob", &two.concat(), "two of one second").await;
    let view = (ann.session().cast(&[bob.who.account]).await)
        .expect("a view")
        .expect("opened");
    let Body::Text(rich) = view.last.expect("a message").body else {
        panic!("no words");
    };
    let of = |block: &Block| match block {
        Block::Quote { message, .. } => Some(*message),
        _ => None,
    };
    let found: Vec<_> = rich.0.iter().filter_map(of).collect();
    assert_eq!(
        found,
        [Some(ids[0]), Some(ids[1])],
        "each is of its own author"
    );
}

#[tokio::test]
async fn a_note_to_oneself_quotes_another_one() {
    let lab = Lab::new().await;
    let ann = lab.person("ann").await;
    let mut ann = ann;
    ann.register().await;
    ann.say("8:ann", "milk", "1").await;
    let history = ann.history("8:ann").await;
    let stamp = history[0]["id"].as_str().expect("an id").to_owned();
    let second = stamp.parse::<i64>().expect("ms") / 1000;
    let attributes = format!("author=\"ann\" conversation=\"8:ann\" timestamp=\"{second}\"");
    ann.say(
        "8:ann",
        &format!("<quote {attributes}>milk</quote>bought"),
        "2",
    )
    .await;
    let view = (ann.session().cast(&[ann.who.account]).await)
        .expect("a view")
        .expect("opened");
    assert!(quoted(&view.last.expect("a message").body).is_some());
}
