use super::super::thread::Role;
use super::super::{AsmId, Client, loose};
use super::*;
use crate::content::{Block, Inline};

fn links() -> Links {
    Links::new("https://gw.example")
}

fn facts(content: &Content) -> Facts<'_> {
    Facts {
        stamp: 1_714_557_600_123,
        composed: 1_714_557_600_120,
        from: Mri::skype("bob"),
        name: Some("Bob Builder".into()),
        conversation: Mri::skype("bob"),
        content,
        client: Some("1714557599871".into()),
        edited: None,
        deleted: false,
        hints: Hints::default(),
        topic: None,
        call: None,
    }
}

fn json(facts: Facts<'_>) -> Value {
    serde_json::to_value(Message::new(&links(), facts, Wording::default())).expect("plain data")
}

fn words(text: &str) -> Content {
    Content::Words(vec![Block::Paragraph {
        inline: vec![Inline::Text { text: text.into() }],
    }])
}

#[test]
fn a_message_is_what_the_sheet_shows() {
    let content = Content::read("RichText", "hello <b>you</b>");
    let message = json(facts(&content));
    assert_eq!(
        message,
        serde_json::json!({
            "id": "1714557600123", "version": "1714557600123", "type": "Message", "messagetype": "RichText", "contenttype": "text",
            "content": "hello <b raw_pre=\"*\" raw_post=\"*\">you</b>", "clientmessageid": "1714557599871",
            "imdisplayname": "Bob Builder",
            "composetime": "2024-05-01T10:00:00.120Z", "originalarrivaltime": "2024-05-01T10:00:00.123Z",
            "from": "https://gw.example/v1/users/ME/contacts/8:bob",
            "conversationLink": "https://gw.example/v1/users/ME/conversations/8:bob", "isactive": true,
            "ackrequired": "https://gw.example/v1/users/ME/conversations/ALL/messages/1714557600123/ack",
        })
    );
}

#[test]
fn an_edit_keeps_the_id_and_loses_the_senders_own() {
    let content = words("again");
    let hints = Hints {
        emote: Some("4".into()),
        more: BTreeMap::new(),
    };
    let edited = json(Facts {
        edited: Some(1_714_557_660_000),
        hints: hints.clone(),
        ..facts(&content)
    });
    assert_eq!(edited["id"], "1714557600123");
    assert_eq!(edited["version"], "1714557660000");
    assert_eq!(edited["skypeeditedid"], "1714557599871");
    assert!(edited.get("clientmessageid").is_none() && edited.get("skypeemoteoffset").is_none());
    assert!(
        edited["content"]
            .as_str()
            .expect("text")
            .ends_with(r#"a="bob" t="61"></e_m>"#)
    );
    let gone = json(Facts {
        edited: Some(1_714_557_660_000),
        deleted: true,
        hints: hints.clone(),
        ..facts(&content)
    });
    assert_eq!(
        (&gone["content"], &gone["skypeeditedid"]),
        (&Value::from(""), &Value::from("1714557599871"))
    );
    let nameless = json(Facts {
        edited: Some(1),
        client: None,
        ..facts(&content)
    });
    assert_eq!(nameless["skypeeditedid"], "1714557600123");
    let plain = json(Facts {
        hints,
        ..facts(&content)
    });
    assert_eq!(plain["skypeemoteoffset"], "4");
    for message in [edited, gone, nameless, plain] {
        assert!(!message.to_string().contains("null"), "{message}");
    }
}

#[test]
fn a_send_is_forgiven_its_types_and_keeps_what_it_does_not_know() {
    let body = br#"{"content":"Alice waves","messagetype":"Text","contenttype":"text","clientmessageid":1714557599871,
        "imdisplayname":"Alice","Has-Mentions":"false","skypeemoteoffset":13,"from":"8:mallory","x":null}"#;
    let sent: NewMessage = loose::json(body).expect("a message");
    assert_eq!(sent.clientmessageid.as_deref(), Some("1714557599871"));
    let hints = sent.hints();
    assert_eq!(hints.emote.as_deref(), Some("13"));
    assert_eq!(hints.more.keys().collect::<Vec<_>>(), ["Has-Mentions"]);
    assert_eq!(Hints::from_bytes(&hints.to_bytes()), hints);
    assert_eq!(Hints::from_bytes(b"of another door"), Hints::default());
    assert!(Hints::default().to_bytes().is_empty());
    let large = Hints {
        more: [("x".to_owned(), Value::from("y".repeat(MAX_HINTS)))].into(),
        ..hints
    };
    let kept = Hints::from_bytes(&large.to_bytes());
    assert_eq!((kept.emote.as_deref(), kept.more.len()), (Some("13"), 0));

    let deletion: NewMessage =
        loose::json(br#"{"content":null,"messagetype":"Text","skypeeditedid":"17"}"#)
            .expect("a message");
    assert!(deletion.deletes());
    let edit: NewMessage =
        loose::json(br#"{"content":"x","skypeeditedid":17}"#).expect("a message");
    assert_eq!((edit.edits(), edit.deletes()), (Some("17"), false));
    let typing: NewMessage =
        loose::json(br#"{"content":null,"messagetype":"Control/Typing","clientmessageid":5}"#)
            .expect("a message");
    assert_eq!(typing.read(), Content::Typing(true));
    assert!(!typing.read().is_kept());
}

#[test]
fn files_are_read_as_programs_write_them() {
    let id = AsmId(40_708);
    let base = format!("https://api.asm.skype.com/v1/objects/{id}");
    // skype-http: a thumbnail by /view/, an unescaped ampersand in the link.
    let picture = format!(
        r#"<URIObject type="Picture.1" uri="{base}" url_thumbnail="{base}/view/imgt1">MyLegacy pic <a href="https://api.asm.skype.com/s/i?a&b={id}">{base}</a><Title/><Description/><OriginalName v="a &amp; b.jpg"/><meta type="photo" originalName="a.jpg"/></URIObject>"#
    );
    let Content::Object(object) = Content::read("RichText/UriObject", &picture) else {
        panic!("no object")
    };
    assert_eq!(
        (object.kind, object.id(), object.name.as_deref()),
        (ObjectKind::Picture, Some(id), Some("a & b.jpg"))
    );
    // SkPy.
    let file = format!(
        r#"<URIObject type="File.1" uri="{base}" url_thumbnail="{base}/views/thumbnail"><Title>Title: notes.txt</Title><Description>Description: notes.txt</Description><a href="https://login.skype.com/login/sso?go=webclient.xmm&docid={id}">x</a><OriginalName v="notes.txt"/><FileSize v="40708"/></URIObject>"#
    );
    let Content::Object(object) = Content::read("RichText/Media_GenericFile", &file) else {
        panic!("no object")
    };
    assert_eq!(
        (object.name.as_deref(), object.size),
        (Some("notes.txt"), Some(40_708))
    );
    assert_eq!(object.description.as_deref(), Some("notes.txt"));
    assert!(
        object
            .link
            .as_deref()
            .is_some_and(|link| link.ends_with(&format!("&docid={id}")))
    );
    assert!(matches!(
        Content::read("RichText", &file),
        Content::Object(_)
    ));
    // What is no object is words.
    let words = Content::read(
        "RichText/UriObject",
        "<URIObject type=\"File.1\">lost</URIObject>",
    );
    assert!(matches!(words, Content::Words(_)), "{words:?}");
}

#[test]
fn everything_that_is_written_is_read_again() {
    let asm = Links::new("https://api.asm.skype.com");
    let (alice, bob) = (Mri::skype("alice"), Mri::skype("bob"));
    let activity = |what| {
        Content::Activity(Activity {
            at: 1_714_557_600_123,
            by: alice.clone(),
            what,
        })
    };
    let part = |identity: &str, duration| Part {
        identity: identity.into(),
        name: "A <b>".into(),
        duration,
    };
    let contents = [
        words("a < b"),
        Content::Object(UriObject {
            description: Some("what & why".into()),
            ..UriObject::new(&asm, AsmId(7), ObjectKind::File, "é <&>\".tar.gz", 9)
        }),
        Content::Object(UriObject {
            description: Some("it".into()),
            ..UriObject::new(&asm, AsmId(8), ObjectKind::Picture, "a.jpg", 1)
        }),
        Content::Object(UriObject {
            description: Some("it".into()),
            ..UriObject::new(&asm, AsmId(9), ObjectKind::Video, "a.webm", 1)
        }),
        Content::Object(UriObject {
            description: Some("it".into()),
            ..UriObject::new(&asm, AsmId(10), ObjectKind::Audio, "a.ogg", 1)
        }),
        Content::People(vec![
            Person {
                who: Mri::skype("carol"),
                name: Some("Carol \"C\" Cook".into()),
            },
            Person {
                who: Mri::parse("4:+15550100").expect("a number"),
                name: Some("+15550100".into()),
            },
        ]),
        Content::Location(Location {
            latitude: 51_500_000,
            longitude: -120_000,
            address: "10 \"Downing\" St & co".into(),
            map: Some("https://maps.example/?a=1&b=2".into()),
        }),
        Content::Card(Card {
            title: "A <title>".into(),
            text: "words".into(),
            buttons: vec![Button {
                title: "Go".into(),
                value: "https://x.example/".into(),
            }],
        }),
        Content::Call(PartList {
            state: CallState::Started,
            parts: vec![part("alice", None)],
        }),
        Content::Call(PartList {
            state: CallState::Ended,
            parts: vec![part("alice", Some(63)), part("bob", None)],
        }),
        Content::Call(PartList {
            state: CallState::Missed,
            parts: vec![part("alice", None)],
        }),
        activity(What::Added(vec![bob.clone(), Mri::skype("carol")])),
        activity(What::Removed(vec![bob.clone()])),
        activity(What::Ranked(vec![bob.clone()], Role::Admin)),
        activity(What::Titled("New <topic> & more".into())),
        activity(What::Pictured("https://x.example/?a&b".into())),
        activity(What::Joining(true)),
        activity(What::History(false)),
        Content::Typing(true),
        Content::Typing(false),
    ];
    for content in contents {
        let (kind, written) = content.write(Wording::default(), None);
        assert_eq!(Content::read(&kind, &written), content, "{kind}: {written}");
    }
}

#[test]
fn what_no_program_can_do_without_is_always_there() {
    let part = Part {
        identity: "alice".into(),
        name: String::new(),
        duration: None,
    };
    let call = PartList {
        state: CallState::Missed,
        parts: vec![part],
    }
    .write();
    assert_eq!(
        call,
        r#"<partlist type="missed" alt=""><part identity="alice"><name>alice</name></part></partlist>"#
    );
    let old = PartList::read(r#"<partlist alt=""></partlist>"#).expect("a call");
    assert_eq!(old.state, CallState::Started);
    let place = Location {
        latitude: -1,
        longitude: 0,
        address: String::new(),
        map: None,
    }
    .write();
    assert!(
        place.contains("<a href=\"https://") && place.contains("-0.000001, 0.000000</a>"),
        "{place}"
    );
    assert_eq!(
        Location::read(r#"<location latitude="90000001" longitude="0"/>"#),
        None
    );
    let card = Card::read(&Card::default().write()).expect("a card");
    assert_eq!(card, Card::default());
    let role = Activity {
        at: 5,
        by: Mri::skype("alice"),
        what: What::Ranked(vec![Mri::skype("bob")], Role::Admin),
    };
    let (kind, content) = role.write();
    assert_eq!(kind, "ThreadActivity/RoleUpdate");
    assert_eq!(
        content,
        "<roleupdate><eventtime>5</eventtime><initiator>8:alice</initiator><target><id>8:bob</id><role>admin</role></target></roleupdate>"
    );
    assert_eq!(
        Content::read("ThreadActivity/AddMember", "<addmember></addmember>"),
        Content::Passing
    );
    assert_eq!(Content::read("Signal/Flamingo", "x"), Content::Passing);
    let sms = Content::read("RichText/Sms", "<sms><body>hello &amp; bye</body></sms>");
    let Content::Unknown { kind, .. } = &sms else {
        panic!("{sms:?}")
    };
    assert_eq!(kind, "RichText/Sms");
    assert_eq!(
        sms.write(Wording::default(), None),
        ("RichText".to_owned(), "hello &amp; bye".to_owned())
    );
}

/// What skype-http does not know ends its reading of the whole answer.
#[test]
fn skype_http_gets_only_what_it_knows() {
    use super::super::conversation::Conversation;
    use super::super::event::Resource;
    use super::super::presence::{Status, UserPresence};
    use super::super::thread::{Thread, ThreadFacts};

    let thread = Mri::parse("19:11@thread.skype").expect("a thread");
    let message = |content: &Content| {
        let message = Message::new(&links(), facts(content), Wording::default());
        Resource::NewMessage(Box::new(message))
    };
    let kind = |content: &Content| match Client::SkypeHttp.fit(message(content)) {
        Some(Resource::NewMessage(message)) => Some((message.messagetype, message.content)),
        _ => None,
    };
    assert_eq!(kind(&words("x")), Some(("RichText".into(), "x".into())));
    let people = Content::People(vec![Person {
        who: Mri::skype("carol"),
        name: Some("Carol <C>".into()),
    }]);
    assert_eq!(
        kind(&people),
        Some(("RichText".into(), "Carol &lt;C&gt;".into()))
    );
    let sound = UriObject::new(&links(), AsmId(1), ObjectKind::Audio, "a.ogg", 1);
    assert_eq!(
        kind(&Content::Object(sound)).map(|(kind, _)| kind),
        Some("RichText/Media_GenericFile".into())
    );
    let part = Part {
        identity: "bob".into(),
        name: "Bob".into(),
        duration: None,
    };
    let missed = Content::Call(PartList {
        state: CallState::Missed,
        parts: vec![part],
    });
    let (_, content) = kind(&missed).expect("a call");
    assert!(
        content.starts_with(r#"<partlist type="ended""#),
        "{content}"
    );
    let what = What::Titled("x".into());
    assert_eq!(
        kind(&Content::Activity(Activity {
            at: 1,
            by: thread.clone(),
            what
        })),
        None
    );

    let update = Resource::ThreadUpdate(Box::new(Thread::new(
        &links(),
        &thread,
        1,
        ThreadFacts::default(),
        Vec::new(),
    )));
    assert_eq!(Client::SkypeHttp.fit(update.clone()), None);
    assert_eq!(Client::SkPy.fit(update.clone()), Some(update));
    let empty =
        Resource::ConversationUpdate(Box::new(Conversation::new(&links(), &thread, 1, None)));
    assert_eq!(Client::SkypeHttp.fit(empty), None);
    let last = Message::new(&links(), facts(&missed), Wording::default());
    let full = Resource::ConversationUpdate(Box::new(Conversation::new(
        &links(),
        &thread,
        1,
        Some(last),
    )));
    assert!(Client::SkypeHttp.fit(full).is_some());
    let presence = UserPresence::new(&links(), &Mri::skype("bob"), Status::Online, "", None);
    assert!(
        Client::SkypeHttp
            .fit(Resource::UserPresence(Box::new(presence)))
            .is_some()
    );
}

#[test]
fn typing_is_a_message_that_asks_for_nothing() {
    let typing = Message::typing(
        &links(),
        &Mri::skype("bob"),
        &Mri::skype("bob"),
        true,
        1_714_557_600_123,
    );
    let typing = serde_json::to_value(typing).expect("plain data");
    assert_eq!(
        (&typing["messagetype"], &typing["content"]),
        (&Value::from("Control/Typing"), &Value::from(""))
    );
    assert!(typing.get("ackrequired").is_none());
}

proptest::proptest! {
    #[test]
    fn any_content_is_read(kind in "(Text|RichText|RichText/UriObject|RichText/Contacts|RichText/Location|RichText/Media_Card|Event/Call|ThreadActivity/AddMember|x/y)", content in "([<>&;/=\"' a-z0-9]|<URIObject uri=\"|<c s=\"|<location latitude=\"|<partlist>|<part identity=\"|<target>8:|</target>|\">){0,40}") {
        let read = Content::read(&kind, &content);
        let (kind, written) = read.write(Wording::default(), None);
        let _ = Content::read(&kind, &written);
    }
}
