use proptest::prelude::*;

use super::*;
use crate::content::{Block, Inline};
use crate::skein::AccountId;

fn nobody(_: &Mri) -> Option<String> {
    None
}

fn written(blocks: &[Block]) -> String {
    write_rich(blocks, &nobody, None)
}

fn text(text: &str) -> Inline {
    Inline::Text { text: text.into() }
}

fn line(inline: Vec<Inline>) -> Vec<Block> {
    vec![Block::Paragraph { inline }]
}

/// What somebody reads, whatever the marks.
fn shown(blocks: &[Block]) -> String {
    bare_words(&written(blocks))
}

#[test]
fn elements_are_read_and_what_is_not_allowed_is_letters() {
    let bob = Some(AccountId("8:live:.cid.1".into()));
    for (content, inline) in [
        ("a < b && c", vec![text("a < b && c")]),
        ("&amp;", vec![text("&")]),
        ("&amp;amp;", vec![text("&amp;")]),
        ("&#39;", vec![text("'")]),
        ("<3", vec![text("<3")]),
        ("&lt;b&gt;x&lt;/b&gt;", vec![text("<b>x</b>")]),
        (
            "<b>x</b>",
            vec![Inline::Bold {
                inline: vec![text("x")],
            }],
        ),
        (
            r#"<at id="8:live:.cid.1">Bob</at>"#,
            vec![Inline::Mention {
                account: bob,
                name: "Bob".into(),
            }],
        ),
        (
            r#"<at id="*">all</at>"#,
            vec![Inline::Mention {
                account: None,
                name: "all".into(),
            }],
        ),
        (r#"<at id="nobody">x</at>"#, vec![text("x")]),
        ("<i>never closed", vec![text("<i>never closed")]),
        (
            "<b><i>x</b></i>",
            vec![
                Inline::Bold {
                    inline: vec![text("<i>x")],
                },
                text("</i>"),
            ],
        ),
        (
            r#"<a href="javascript:alert(1)">x</a>"#,
            vec![text(r#"<a href="javascript:alert(1)">x</a>"#)],
        ),
        (
            r#"<a href="https://x.example/?a=1&b=2">x</a>"#,
            vec![Inline::Link {
                href: "https://x.example/?a=1&b=2".into(),
                inline: vec![text("x")],
            }],
        ),
        (
            r#"<ss type="smile">:)</ss>"#,
            vec![Inline::Emoticon {
                name: "slightly_smiling_face".into(),
            }],
        ),
        (r#"<ss type="a b">:)</ss>"#, vec![text(":)")]),
        (
            "<img src=x onerror=alert(1)>",
            vec![text("<img src=x onerror=alert(1)>")],
        ),
        (
            "one\r\ntwo\tthree",
            vec![text("one"), Inline::Break, text("two\tthree")],
        ),
        (r##"<font color="#f00">red</font>"##, vec![text("red")]),
        (
            r#"gone<e_m ts="1" ts_ms="1000" a="bob" t="61"/>"#,
            vec![text("gone")],
        ),
        (r#"gone<e_m ts="1" a="bob"></e_m>"#, vec![text("gone")]),
        (
            "a <pre raw_pre=\"{code}\" raw_post=\"{code}\">x</pre>",
            vec![text("a "), Inline::Mono { text: "x".into() }],
        ),
        (
            "<B RAW_PRE='*'>x</B>",
            vec![Inline::Bold {
                inline: vec![text("x")],
            }],
        ),
    ] {
        assert_eq!(read_rich(content), line(inline), "{content}");
    }
}

#[test]
fn text_is_never_mark_up() {
    for (content, letters) in [
        ("<b>x</b>", "<b>x</b>"),
        ("a < b && c", "a < b && c"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        (r#"<at id="8:bob">Bob</at>"#, r#"<at id="8:bob">Bob</at>"#),
        ("<e_m/>", "<e_m/>"),
    ] {
        assert_eq!(read_plain(content), line(vec![text(letters)]), "{content}");
        assert_eq!(shown(&read_plain(content)), letters);
    }
}

/// The list of letters that were once seen wrong, through both kinds of messages and back: escaped once, read once.
#[test]
fn letters_are_escaped_once() {
    for letters in [
        "a < b && c",
        "&amp;",
        "&#39;",
        "<3",
        "<b>x</b>",
        r#"<at id="8:live:.cid.1">Bob</at>"#,
        "<i>",
        r#"<a href="javascript:alert(1)">"#,
        r#"<ss type="smile">:)</ss>"#,
        "<img src=x onerror=alert(1)>",
        "tab\there",
        "\"quoted\" 'so'",
    ] {
        let tree = line(vec![text(letters)]);
        let once = written(&tree);
        assert_eq!(read_rich(&once), tree, "{once}");
        assert_eq!(read_plain(&once), tree, "{once}");
        assert!(!once.contains("&amp;lt;"), "{once}");
        let bold = line(vec![Inline::Bold {
            inline: vec![text(letters)],
        }]);
        assert_eq!(read_rich(&written(&bold)), bold);
    }
}

#[test]
fn a_quote_says_whose_words_and_from_where() {
    let content = concat!(
        r#"<quote author="bob" authorname="Bob B" conversation="19:11@thread.skype" timestamp="1714557600">"#,
        "<legacyquote>[10:00:00] Bob B: </legacyquote>first\n\nsecond<legacyquote>\n\n&lt;&lt;&lt; </legacyquote></quote>yes",
    );
    let tree = read_rich(content);
    let Some(Block::Quote {
        author,
        message,
        blocks,
    }) = tree.first()
    else {
        panic!("no quote in {tree:?}")
    };
    assert_eq!(author, &Some(AccountId("8:bob".into())));
    let source = Source::read(message.as_ref().expect("a message")).expect("a source");
    assert_eq!(
        (source.conversation.to_string().as_str(), source.at),
        ("19:11@thread.skype", Stamp::Second(1_714_557_600))
    );
    assert_eq!(blocks.len(), 2);
    assert_eq!(tree.get(1..), Some(&line(vec![text("yes")])[..]));
    let names = |who: &Mri| (who.name == "bob").then(|| "Bob B".to_owned());
    assert_eq!(write_rich(&tree, &names, None), content);
}

#[test]
fn a_quote_in_a_chat_of_two_names_it_with_or_without_its_network() {
    for conversation in ["bob", "8:bob"] {
        let content = format!(
            r#"<quote author="bob" conversation="{conversation}" timestamp="1714557600">first</quote>yes"#
        );
        let tree = read_rich(&content);
        let Some(Block::Quote { message, .. }) = tree.first() else {
            panic!("no quote in {tree:?}")
        };
        let source = Source::read(message.as_ref().expect("a message")).expect("a source");
        assert_eq!(source.conversation.to_string(), "8:bob");
    }
}

#[test]
fn an_edit_is_marked_once_and_at_the_end() {
    let edited = Some(Edited {
        at: 1_714_557_660_000,
        by: "ann",
    });
    let mut tree = read_rich("hello");
    for _ in 0..3 {
        let once = write_rich(&tree, &nobody, edited);
        assert_eq!(
            once,
            r#"hello<e_m ts="1714557660" ts_ms="1714557660000" a="ann" t="61"></e_m>"#
        );
        tree = read_rich(&once);
    }
    assert_eq!(tree, line(vec![text("hello")]));
}

#[test]
fn lists_and_code_can_be_read_by_people() {
    let item = |words: &str| line(vec![text(words)]);
    let nested = Block::List {
        ordered: false,
        items: vec![item("x"), item("y")],
    };
    let tree = vec![
        Block::List {
            ordered: true,
            items: vec![item("one"), [item("two"), vec![nested]].concat()],
        },
        Block::Code {
            text: "if a < b {\n}".into(),
        },
    ];
    assert_eq!(
        shown(&tree),
        "1. one\n2. two\n   • x\n   • y\n\nif a < b {\n}"
    );
    let back = read_rich(&written(&tree));
    assert_eq!(back.last(), tree.last());
}

#[test]
fn a_mention_of_nobody_and_a_link_to_nowhere_are_letters_on_the_way_out() {
    let tree = line(vec![
        Inline::Mention {
            account: Some(AccountId("17".into())),
            name: "Bob".into(),
        },
        Inline::Link {
            href: "javascript:x".into(),
            inline: vec![text("<y>")],
        },
        Inline::Emoticon {
            name: "party".into(),
        },
    ]);
    assert_eq!(written(&tree), "Bob&lt;y&gt;:party:");
}

#[test]
fn depth_is_bounded_and_hostile_input_is_quick() {
    let deep = format!("{}x{}", "<b>".repeat(5_000), "</b>".repeat(5_000));
    let mut depth = 0;
    let mut inside = read_rich(&deep);
    assert_eq!(shown(&inside), "x");
    let Some(Block::Paragraph { inline }) = inside.pop() else {
        panic!("a paragraph")
    };
    let mut inline = inline;
    while let Some(Inline::Bold { inline: inner }) = inline.pop() {
        inline = inner;
        depth += 1;
    }
    assert_eq!(depth, MAX_DEPTH);
    for hostile in [
        "<b>",
        "<i></b>",
        "<",
        "&",
        "<a b=\"",
        "<quote>",
        "<b><i></b>",
        "\n",
        "<pre>",
        "<b><i><s></b>",
    ] {
        let _ = written(&read_rich(&hostile.repeat(20_000)));
    }
}

fn word() -> impl Strategy<Value = String> {
    // Letters that mean something in mark-up are as likely as others.
    "[a-z<>&;\"'#/ é😀]{1,12}"
}

fn inline(depth: u32) -> BoxedStrategy<Vec<Inline>> {
    let account = prop_oneof![
        Just("8:bob"),
        Just("8:live:.cid.1"),
        Just("28:concierge"),
        Just("1:a@b.example")
    ];
    let leaf = prop_oneof![
        4 => word().prop_map(|text| Inline::Text { text }),
        1 => word().prop_map(|text| Inline::Mono { text }),
        1 => (proptest::option::of(account), word()).prop_map(|(account, name)| Inline::Mention {
            account: account.map(AccountId::from),
            name,
        }),
        1 => prop_oneof![Just("slightly_smiling_face"), Just("llama"), Just("+1"), Just("smile")]
            .prop_map(|name| Inline::Emoticon { name: name.into() }),
        1 => Just(Inline::Break),
    ];
    let part = if depth == 0 {
        leaf.boxed()
    } else {
        prop_oneof![
            4 => leaf,
            1 => inline(depth - 1).prop_map(|inline| Inline::Bold { inline }),
            1 => inline(depth - 1).prop_map(|inline| Inline::Italic { inline }),
            1 => inline(depth - 1).prop_map(|inline| Inline::Strike { inline }),
            1 => (inline(0), "[a-z&=?\"]{1,8}").prop_map(|(inline, path)| Inline::Link {
                href: format!("https://x.example/{path}"),
                inline,
            }),
        ]
        .boxed()
    };
    proptest::collection::vec(part, 1..5)
        .prop_map(joined)
        .boxed()
}

/// Letters beside letters are one text.
fn joined(parts: Vec<Inline>) -> Vec<Inline> {
    let mut out: Vec<Inline> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (Some(Inline::Text { text }), Inline::Text { text: more }) => text.push_str(&more),
            (_, part) => out.push(part),
        }
    }
    out
}

/// A paragraph as people write it: no line feeds at its ends, and never two together.
fn paragraph() -> impl Strategy<Value = Block> {
    inline(2).prop_filter_map("only line feeds", |parts| {
        let mut inline: Vec<Inline> = Vec::new();
        for part in parts {
            let doubled = matches!(part, Inline::Break)
                && matches!(inline.last(), None | Some(Inline::Break));
            if !doubled {
                inline.push(part);
            }
        }
        if matches!(inline.last(), Some(Inline::Break)) {
            inline.pop();
        }
        let inline = joined(inline);
        (!inline.is_empty()).then_some(Block::Paragraph { inline })
    })
}

/// Trees that this dialect can say: all but lists.
fn tree() -> impl Strategy<Value = Vec<Block>> {
    let code = "[a-z<>& \n]{1,20}".prop_map(|text| Block::Code { text });
    let source = prop_oneof![
        Just("19:11@thread.skype/1714557600"),
        Just("8:bob/1714557600123")
    ];
    let quote = (
        proptest::option::of(Just("8:bob")),
        proptest::option::of(source),
        proptest::collection::vec(
            prop_oneof![3 => paragraph(), 1 => "[a-z\n]{1,9}".prop_map(|text| Block::Code { text })],
            1..3,
        ),
    );
    let quote = quote.prop_map(|(author, message, blocks)| Block::Quote {
        author: author.map(AccountId::from),
        message: message.map(MessageId::from),
        blocks,
    });
    proptest::collection::vec(prop_oneof![4 => paragraph(), 1 => code, 1 => quote], 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_comes_back_as_it_went(tree in tree()) {
        let once = written(&tree);
        prop_assert_eq!(read_rich(&once), tree, "{}", once);
    }

    #[test]
    fn what_was_read_once_stays(content in "([<>&;/=\"' a-zé\n]|<b>|</b>|<i>|</i>|<pre>|</pre>|<quote>|</quote>|<br>|<a href=\"https://x/\">|</a>|&lt;|<ss type=\"smile\">|</ss>|<at id=\"8:bob\">|</at>|<e_m/>){0,40}") {
        let once = read_rich(&content);
        let again = read_rich(&written(&once));
        let third = read_rich(&written(&again));
        prop_assert_eq!(&third, &again);
        prop_assert_eq!(shown(&again), shown(&once));
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let content = String::from_utf8_lossy(&bytes);
        let _ = written(&read_rich(&content));
        let plain = read_plain(&content);
        let _ = written(&plain);
    }
}
