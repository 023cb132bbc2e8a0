//! The table of what is said in the dialect of Skype's web generation, in both directions. `ci/lab/skype` sends the same rows from a
//! browser to a program of another maker and back.

use serde_json::Value;
use webapi::content::{Block, Inline};
use webapi::skype::Mri;
use webapi::skype::message::{Content, Wording};
use webapi::skype::text::{escaped, read_plain, read_rich, write_rich};

fn table(part: &str) -> Vec<Value> {
    let table: Value =
        serde_json::from_str(include_str!("vectors/skype-table.json")).expect("a file of rows");
    table[part].as_array().expect("a list").clone()
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {of}"))
}

/// Pairs of a `messagetype` and what a program writes there.
fn pairs(row: &Value, key: &str) -> Vec<(String, String)> {
    let pair = |each: &Value| {
        let part = |index: usize| each[index].as_str().expect("text").to_owned();
        (part(0), part(1))
    };
    row[key]
        .as_array()
        .map(|all| all.iter().map(pair).collect())
        .unwrap_or_default()
}

struct Row {
    tree: Vec<Block>,
    rich: Option<String>,
    back: Vec<Block>,
    sends: Vec<(String, String)>,
}

impl Row {
    fn read(row: &Value) -> Self {
        let blocks = |of: &Value| -> Vec<Block> {
            serde_json::from_value(of.clone()).unwrap_or_else(|error| panic!("{error} in {row}"))
        };
        if let Some(letters) = row["letters"].as_str() {
            let once = escaped(letters);
            let tree = vec![Block::Paragraph {
                inline: vec![Inline::Text {
                    text: letters.to_owned(),
                }],
            }];
            let kinds = ["Text", "RichText"].map(|kind| (kind.to_owned(), once.clone()));
            return Self {
                back: tree.clone(),
                tree,
                rich: Some(once),
                sends: kinds.into_iter().chain(pairs(row, "also")).collect(),
            };
        }
        let tree = blocks(&row["tree"]);
        Self {
            back: row.get("back").map_or_else(|| tree.clone(), blocks),
            tree,
            rich: row["rich"].as_str().map(str::to_owned),
            sends: pairs(row, "sends"),
        }
    }
}

fn nobody(_: &Mri) -> Option<String> {
    None
}

#[test]
fn what_programs_write_is_read_as_the_table_says() {
    for row in table("texts") {
        let Row { tree, sends, .. } = Row::read(&row);
        for (kind, content) in sends {
            let read = match kind.as_str() {
                "Text" => read_plain(&content),
                _ => read_rich(&content),
            };
            assert_eq!(read, tree, "{kind} {content}");
            assert_eq!(Content::read(&kind, &content), Content::Words(read));
        }
    }
}

#[test]
fn a_tree_is_written_as_the_table_says_and_comes_back() {
    for row in table("texts") {
        let Row {
            tree, rich, back, ..
        } = Row::read(&row);
        let written = write_rich(&tree, &nobody, None);
        if let Some(rich) = rich {
            assert_eq!(written, rich, "{}", row["name"]);
        }
        assert_eq!(read_rich(&written), back, "{written}");
        // However often it goes there and back, it stays.
        assert_eq!(read_rich(&write_rich(&back, &nobody, None)), back);
    }
}

#[test]
fn every_kind_of_message_is_read_and_written_by_its_name() {
    for row in table("messages") {
        let object = "0-eu-d1-0000000000000000000000000000009f";
        let content = text(&row, "content").replace("OBJECT", object);
        let messagetype = text(&row, "messagetype");
        let read = Content::read(messagetype, &content);
        if row["of"] == "nobody" {
            assert_eq!(read, Content::Passing, "{messagetype}");
            continue;
        }
        let (kind, written) = read.write(Wording::default(), None);
        assert_eq!(kind, row["written"].as_str().unwrap_or(messagetype));
        let again = Content::read(&kind, &written);
        assert_eq!(
            again.write(Wording::default(), None),
            (kind, written),
            "{row}"
        );
        let is_words = matches!(read, Content::Words(_) | Content::Unknown { .. });
        assert!(is_words == row.get("written").is_some(), "{read:?}");
    }
}
