//! Cards: words with buttons, as JSON in base64 in an attribute. (Section 5.3.)

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::markup::{Token, in_attribute, tokens};

/// Most buttons that are read.
const MAX_BUTTONS: usize = 20;
const HERO: &str = "application/vnd.microsoft.card.hero";

/// A card.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// Its heading.
    pub title: String,
    /// Its words.
    pub text: String,
    /// Its buttons; there may be none.
    pub buttons: Vec<Button>,
}

/// A button that opens an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub title: String,
    /// What it opens.
    pub value: String,
}

impl Card {
    /// The first card of a message.
    #[must_use]
    pub fn read(content: &str) -> Option<Self> {
        let data = tokens(content).find_map(|token| match token {
            Token::Open(tag) if tag.is("Swift") => tag.attribute("b64"),
            _ => None,
        })?;
        let data: Value = serde_json::from_slice(&STANDARD.decode(data.trim()).ok()?).ok()?;
        let card = data.get("attachments")?.get(0)?.get("content")?;
        let text = |of: &Value, key: &str| {
            of.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let buttons = card.get("buttons").and_then(Value::as_array);
        let buttons = buttons
            .into_iter()
            .flatten()
            .take(MAX_BUTTONS)
            .map(|button| Button {
                title: text(button, "title"),
                value: text(button, "value"),
            });
        Some(Self {
            title: text(card, "title"),
            text: text(card, "text"),
            buttons: buttons.collect(),
        })
    }

    /// The element. It always has an attachment, and that always a list of buttons: SkPy crashes without either.
    #[must_use]
    pub fn write(&self) -> String {
        let button = |of: &Button| json!({"type": "openUrl", "title": of.title, "value": of.value});
        let buttons: Vec<Value> = self.buttons.iter().map(button).collect();
        let content = json!({"title": self.title, "text": self.text, "buttons": buttons});
        let card = json!({
            "type": "message/card",
            "attachments": [{"contentType": HERO, "content": content}],
        });
        let data = STANDARD.encode(card.to_string());
        let title = in_attribute(&self.title);
        format!(
            r#"<URIObject type="SWIFT.1" url_thumbnail=""><Title>{title}</Title><Description>{}</Description><Swift b64="{data}"/></URIObject>"#,
            in_attribute(&self.text),
        )
    }
}
