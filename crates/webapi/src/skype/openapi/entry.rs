//! One address with one method, as it stands in the document.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::{Ref, RefOr};

/// Types by their names.
pub(super) type Schemas = Vec<(String, RefOr<Schema>)>;

/// Parts of addresses that mean the same wherever they stand.
const PARTS: &[(&str, &str)] = &[
    ("answer", "`accept` or `decline`."),
    ("code", "The last part of a link by which people join."),
    ("contact", "Somebody, by their MRI."),
    (
        "conversation",
        "The other one, `8:name`, or a thread, `19:…@thread.skype`.",
    ),
    (
        "document",
        "`messagingService`; skype-http says `endpointMessagingService` for that of an endpoint.",
    ),
    (
        "endpoint",
        "`SELF` for the one that the token was made for, or its id in braces.",
    ),
    ("id", "Of a file: `0-eu-d1-` and 32 hexadecimal digits."),
    ("member", "Somebody, by their MRI."),
    (
        "message",
        "Its stamp in ms, or what its sender's program called it.",
    ),
    ("mri", "Somebody, by their MRI."),
    ("number", "`0`: an endpoint has one subscription."),
    (
        "thread",
        "`19:…@thread.skype`. skype-http gives thread and member the wrong way round; both are taken.",
    ),
    ("user", "`ME`, or one's own name in any spelling."),
    (
        "view",
        "`original` is the whole file; of pictures also `imgpsh`, `imgpsh_fullsize`, `imgt1`, `thumbnail` and others.",
    ),
    ("who", "`self`, or one's own name in any spelling."),
];

/// An address with a method.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    operation: Map<String, Value>,
    parts: Vec<(&'static str, &'static str)>,
    parameters: Vec<Value>,
    responses: Map<String, Value>,
    /// What its requests are made of.
    pub(super) asked: Types,
    /// What its answers are made of.
    pub(super) given: Types,
}

/// Types by their names; they have no `Debug` of their own.
#[derive(Default)]
pub(super) struct Types(pub(super) Schemas);

impl std::fmt::Debug for Types {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// An address that is read.
pub(super) fn get(path: &'static str, summary: &str) -> Entry {
    Entry::new("get", path, summary)
}

/// An address to which something is given.
pub(super) fn post(path: &'static str, summary: &str) -> Entry {
    Entry::new("post", path, summary)
}

/// An address where something is put.
pub(super) fn put(path: &'static str, summary: &str) -> Entry {
    Entry::new("put", path, summary)
}

/// An address where something ends.
pub(super) fn delete(path: &'static str, summary: &str) -> Entry {
    Entry::new("delete", path, summary)
}

/// How a service refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refuses {
    /// `{"errorCode", "message"}`.
    AsGateway,
    /// `{"status": {"code", "text"}}`.
    WithStatus,
    /// Without a body.
    Bare,
    /// A page for people.
    WithPage,
}

impl Entry {
    fn new(method: &'static str, path: &'static str, summary: &str) -> Self {
        let operation = [("summary".to_owned(), json!(summary))];
        Self {
            method,
            path,
            operation: operation.into_iter().collect(),
            parts: Vec::new(),
            parameters: Vec::new(),
            responses: Map::new(),
            asked: Types::default(),
            given: Types::default(),
        }
    }

    /// By a skypetoken, in one of its headers.
    pub(super) fn by_skypetoken(self) -> Self {
        self.by(&["skypetoken", "authorization", "authentication"])
    }

    /// By a registration, or by the skypetoken that it is made with.
    pub(super) fn by_registration(self) -> Self {
        let ways = [
            "registration",
            "skypetoken",
            "authorization",
            "authentication",
        ];
        self.by(&ways)
    }

    /// By any of these.
    pub(super) fn by(mut self, schemes: &[&str]) -> Self {
        let ways: Vec<Value> = schemes.iter().map(|name| json!({ *name: [] })).collect();
        self.operation.insert("security".to_owned(), ways.into());
        self
    }

    /// What a part of its address means here.
    pub(super) fn part(mut self, name: &'static str, words: &'static str) -> Self {
        self.parts.push((name, words));
        self
    }

    /// What may stand behind the question mark.
    pub(super) fn query(self, name: &str, words: &str) -> Self {
        self.parameter("query", name, words, false)
    }

    /// What must stand behind the question mark.
    pub(super) fn wanted(self, name: &str, words: &str) -> Self {
        self.parameter("query", name, words, true)
    }

    /// A header that may come.
    pub(super) fn header(self, name: &str, words: &str) -> Self {
        self.parameter("header", name, words, false)
    }

    /// A cookie that may come.
    pub(super) fn cookie(self, name: &str, words: &str) -> Self {
        self.parameter("cookie", name, words, false)
    }

    fn parameter(mut self, at: &str, name: &str, words: &str, required: bool) -> Self {
        self.parameters.push(json!({
            "name": name, "in": at, "description": words, "required": required,
            "schema": { "type": "string" },
        }));
        self
    }

    /// A body of JSON, whatever its content type says; nothing at all stands for `{}`.
    pub(super) fn asks<T: ToSchema>(self) -> Self {
        self.takes::<T>(&["application/json"])
    }

    /// The same, or a form of its keys.
    pub(super) fn asks_or_form<T: ToSchema>(self) -> Self {
        self.takes::<T>(&["application/json", "application/x-www-form-urlencoded"])
    }

    /// A form of these keys.
    pub(super) fn asks_form(mut self, keys: &[&str]) -> Self {
        let text = |key: &&str| ((*key).to_owned(), json!({ "type": "string" }));
        let keys: Map<String, Value> = keys.iter().map(text).collect();
        let schema = json!({ "type": "object", "properties": keys });
        let content = json!({ "application/x-www-form-urlencoded": { "schema": schema } });
        let body = json!({ "content": content, "required": false });
        self.operation.insert("requestBody".to_owned(), body);
        self
    }

    fn takes<T: ToSchema>(mut self, kinds: &[&str]) -> Self {
        let schema = schema::<T>(&mut self.asked.0);
        let each = |kind: &&str| ((*kind).to_owned(), json!({ "schema": schema }));
        let content: Map<String, Value> = kinds.iter().map(each).collect();
        let body = json!({ "content": content, "required": false });
        self.operation.insert("requestBody".to_owned(), body);
        self
    }

    /// A body of another kind.
    pub(super) fn asks_bytes(mut self, kind: &str, words: &str) -> Self {
        let schema = match kind {
            "application/octet-stream" => json!({}),
            _ => json!({ "type": "string" }),
        };
        let body = json!({
            "description": words, "content": { kind: { "schema": schema } }, "required": true,
        });
        self.operation.insert("requestBody".to_owned(), body);
        self
    }

    /// An answer of JSON.
    pub(super) fn gives<T: ToSchema>(mut self, status: u16, words: &str) -> Self {
        let schema = schema::<T>(&mut self.given.0);
        self.gives_json(status, words, schema)
    }

    /// One list under its own name, with how many stand in it.
    pub(super) fn gives_list<T: ToSchema>(mut self, name: &str) -> Self {
        let of = schema::<T>(&mut self.given.0);
        let list = json!({
            "type": "object",
            "required": [name, "count", "scope"],
            "properties": {
                name: { "type": "array", "items": of },
                "count": { "type": "integer", "minimum": 0 },
                "scope": { "type": "string" },
            },
        });
        self.gives_json(200, "They.", list)
    }

    /// An answer of JSON for which the dialect has no type.
    pub(super) fn gives_json(self, status: u16, words: &str, schema: Value) -> Self {
        let content = json!({ "application/json": { "schema": schema } });
        self.answers(status, words, Some(content))
    }

    /// `{}`: programs parse every answer.
    pub(super) fn gives_nothing(self, status: u16) -> Self {
        let schema = json!({ "type": "object", "maxProperties": 0 });
        self.gives_json(status, "Done.", schema)
    }

    /// An answer of another kind.
    pub(super) fn gives_text(self, status: u16, words: &str, kind: &str) -> Self {
        let content = json!({ kind: { "schema": { "type": "string" } } });
        self.answers(status, words, Some(content))
    }

    /// Bytes, of whatever kind they are.
    pub(super) fn gives_bytes(self) -> Self {
        let bytes = || Some(json!({ "*/*": { "schema": {} } }));
        self.answers(200, "All of it.", bytes())
            .answers(206, "The range that was asked for.", bytes())
            .answers(304, "The program has it.", None)
    }

    /// An answer, perhaps with content by its kinds.
    pub(super) fn answers(mut self, status: u16, words: &str, content: Option<Value>) -> Self {
        let mut answer = json!({ "description": words });
        if let Some(content) = content {
            answer["content"] = content;
        }
        self.responses.insert(status.to_string(), answer);
        self
    }

    /// With a header in an answer that stands already.
    pub(super) fn with_header(mut self, status: u16, name: &str, words: &str) -> Self {
        if let Some(answer) = self.responses.get_mut(&status.to_string()) {
            let header = json!({ "description": words, "schema": { "type": "string" } });
            answer["headers"][name] = header;
        }
        self
    }

    /// What it says in the document of the service of this host.
    pub(super) fn operation(&self, host: &str, refuses: Refuses, given: &mut Schemas) -> Value {
        let mut operation = self.operation.clone();
        operation.insert("tags".to_owned(), json!([host]));
        let parts = parts(self.path).map(|name| {
            let own = self.parts.iter().find(|(of, _)| *of == name);
            let words = own.or_else(|| PARTS.iter().find(|(of, _)| *of == name));
            json!({
                "name": name, "in": "path", "required": true, "schema": { "type": "string" },
                "description": words.map_or("", |(_, words)| words),
            })
        });
        let parameters: Vec<Value> = parts.chain(self.parameters.iter().cloned()).collect();
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        let mut responses = self.responses.clone();
        responses.insert("default".to_owned(), refuses.answer(given));
        operation.insert("responses".to_owned(), responses.into());
        operation.into()
    }
}

impl Refuses {
    fn answer(self, given: &mut Schemas) -> Value {
        let schema = match self {
            Self::AsGateway => schema::<super::super::error::GatewayError>(given),
            Self::WithStatus => schema::<super::super::error::ApiError>(given),
            Self::Bare => return json!({ "description": "Refused, without a body." }),
            Self::WithPage => {
                let content = json!({ "text/html": { "schema": { "type": "string" } } });
                return json!({ "description": "A page that says why.", "content": content });
            }
        };
        json!({ "description": "Refused.", "content": { "application/json": { "schema": schema } } })
    }
}

/// The names of the parts of an address.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// How a type is referred to; what it is made of goes to the others.
fn schema<T: ToSchema>(all: &mut Schemas) -> Value {
    T::schemas(all);
    let name = T::name();
    let own = T::schema();
    // Lists and plain values stand where they are, types of ours by their names.
    let is_named = matches!(
        &own,
        RefOr::T(Schema::Object(_) | Schema::OneOf(_) | Schema::AllOf(_) | Schema::AnyOf(_))
    ) && name.starts_with(char::is_uppercase)
        && !["Vec", "Value", "String", "BTreeMap", "BTreeSet"].contains(&&*name);
    if is_named {
        all.push((name.to_string(), own));
        return json!(Ref::from_schema_name(name));
    }
    json!(own)
}
