//! Bounds, links, names and quotes of a tree.

use super::clean::leads_somewhere;
use super::*;

#[test]
fn plain_words_come_back_as_they_were() {
    for text in [
        "hello",
        "a < b && c",
        "one\ntwo",
        "one\n\ntwo\nthree",
        "<b>x</b>",
    ] {
        let words = Rich::plain(text).words();
        assert_eq!(words.replace("\n\n", "\n"), text.replace("\n\n", "\n"));
    }
}

#[test]
fn text_that_only_looks_like_something_is_refused() {
    for text in ["", " \n ", "\u{202e}\u{0}"] {
        assert_eq!(
            Rich::plain(text).cleaned().expect_err("empty").code,
            "text_empty"
        );
    }
    let long = "x".repeat(MAX_BODY_CHARS + 1);
    assert_eq!(
        Rich::plain(&long).cleaned().expect_err("long").code,
        "text_too_long"
    );
    let script = Rich(vec![Block::Paragraph(vec![Inline::Link {
        href: "javascript:alert(1)".into(),
        inline: vec![Inline::Text("x".into())],
    }])]);
    assert_eq!(script.cleaned().expect_err("script").code, "link_refused");
}

fn paragraph(inline: Vec<Inline>) -> Rich {
    Rich(vec![Block::Paragraph(inline)])
}

fn letters(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.into())]
}

fn refusal(rich: Rich) -> &'static str {
    rich.cleaned().expect_err("refused").code
}

#[test]
fn a_tree_is_bounded_in_every_direction() {
    let mut deep = letters("x");
    for _ in 0..MAX_DEPTH {
        deep = vec![Inline::Bold(deep)];
    }
    assert!(paragraph(deep.clone()).cleaned().is_ok());
    assert_eq!(
        refusal(paragraph(vec![Inline::Italic(deep)])),
        "text_too_deep"
    );
    let mut nested = vec![Block::Code("x".into())];
    for _ in 0..=MAX_DEPTH {
        let items = vec![nested];
        nested = vec![Block::List {
            ordered: true,
            items,
        }];
    }
    assert_eq!(refusal(Rich(nested)), "text_too_deep");

    let mut wide = vec![Inline::Bold(Vec::new()); MAX_NODES];
    wide.extend(letters("x"));
    assert_eq!(refusal(paragraph(wide)), "text_parts");
    let items = vec![Vec::new(); MAX_NODES];
    assert_eq!(
        refusal(Rich(vec![Block::List {
            ordered: false,
            items
        }])),
        "text_parts"
    );

    let link = Inline::Link {
        href: format!("https://{}", "x".repeat(MAX_HREF - 8)),
        inline: letters("x"),
    };
    assert!(paragraph(vec![link.clone()]).cleaned().is_ok());
    assert_eq!(refusal(paragraph(vec![link; 70])), "text_marks");

    let mention = Inline::Mention {
        account: None,
        name: "all".into(),
    };
    assert!(
        paragraph(vec![mention.clone(); MAX_MENTIONS])
            .cleaned()
            .is_ok()
    );
    assert_eq!(
        refusal(paragraph(vec![mention; MAX_MENTIONS + 1])),
        "mentions"
    );
}

#[test]
fn links_lead_to_pages_mailboxes_and_telephones_only() {
    for href in [
        "https://skein.example/a?b=c#d",
        "HTTP://x",
        "mailto:ann@x.org",
        "tel:+351123",
    ] {
        assert!(leads_somewhere(href), "{href}");
    }
    let long = format!("https://{}", "x".repeat(MAX_HREF));
    for href in [
        "",
        "skein.example",
        "//skein.example",
        "https:",
        "https://",
        "https:///x",
        "https:skein.example",
        "mailto:",
        "javascript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "https://a b",
        "https://a\u{202e}b",
        "https://a\u{0}b",
        &long,
    ] {
        assert!(!leads_somewhere(href), "{href:?}");
    }
}

#[test]
fn who_is_named_and_not_known_is_letters() {
    let mention = |account: Option<i64>| Inline::Mention {
        account: account.map(AccountId),
        name: "x".into(),
    };
    let mut rich = Rich(vec![Block::List {
        ordered: false,
        items: vec![vec![Block::Paragraph(vec![
            mention(Some(1)),
            Inline::Bold(vec![mention(Some(2)), mention(None)]),
        ])]],
    }]);
    assert_eq!(
        rich.mentions(),
        [None, Some(AccountId(1)), Some(AccountId(2))].into()
    );
    rich.name_only(|who| who.is_none_or(|who| who == AccountId(1)));
    assert_eq!(rich.mentions(), [None, Some(AccountId(1))].into());
    assert_eq!(rich.words(), "@x@x@x");
    rich.name_only(|_| false);
    assert_eq!(rich.mentions(), BTreeSet::new());
}

#[test]
fn a_quote_holds_the_words_of_whom_is_known_to_have_said_them() {
    let quote = |author: Option<i64>, message: Option<i64>| Block::Quote {
        author: author.map(AccountId),
        message: message.map(crate::id::Pos),
        blocks: vec![Block::Code("x".into())],
    };
    let mut rich = Rich(vec![
        quote(Some(7), Some(1)),
        quote(Some(7), Some(2)),
        quote(Some(7), None),
    ]);
    rich.attribute(|id| (id.0 == 1).then_some(AccountId(9)));
    assert_eq!(
        rich.0,
        [
            quote(Some(9), Some(1)),
            quote(None, None),
            quote(None, None)
        ]
    );
}

#[test]
fn a_body_survives_the_store() {
    let body = Body::Call(CallKey([7; 16]));
    let json = serde_json::to_string(&body).expect("plain data");
    assert_eq!(serde_json::from_str::<Body>(&json).expect("its own"), body);
}
