//! People passed on in a message: the element `contacts`. (Section 5.3.)

use super::super::Network;
use super::super::id::Mri;
use super::super::markup::{Token, in_attribute, tokens};

/// Most people that one message passes on.
const MAX_PEOPLE: usize = 100;

/// Somebody who is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who: a person or a telephone number.
    pub who: Mri,
    /// What they are called.
    pub name: Option<String>,
}

/// The people of `<contacts><c t="s" s="carol" f="Carol Cook"/>…</contacts>`.
#[must_use]
pub fn read_people(content: &str) -> Vec<Person> {
    tokens(content)
        .filter_map(|token| {
            let tag = match token {
                Token::Open(tag) if tag.is("c") => tag,
                _ => return None,
            };
            let who = match tag.attribute("p").filter(|number| !number.is_empty()) {
                Some(number) => Mri::parse(&format!("4:{number}"))?,
                None => {
                    let name = tag.attribute("s")?;
                    Mri::parse(&name).or_else(|| Mri::parse(&format!("8:{name}")))?
                }
            };
            let name = tag.attribute("f").filter(|name| !name.is_empty());
            Some(Person {
                who,
                name: name.map(std::borrow::Cow::into_owned),
            })
        })
        .take(MAX_PEOPLE)
        .collect()
}

/// The element.
#[must_use]
pub fn write_people(people: &[Person]) -> String {
    let mut out = String::from("<contacts>");
    for Person { who, name } in people.iter().take(MAX_PEOPLE) {
        let id = in_attribute(&who.name);
        let name = in_attribute(name.as_deref().unwrap_or(&who.name));
        out.push_str(&match who.network {
            Network::Telephone => format!(r#"<c t="p" p="{id}" f="{name}"/>"#),
            _ => format!(r#"<c t="s" s="{id}" f="{name}"/>"#),
        });
    }
    out.push_str("</contacts>");
    out
}
