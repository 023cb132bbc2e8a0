//! Files and pictures inside a message: the element `URIObject`. (Section 9.)

use super::super::id::AsmId;
use super::super::link::Links;
use super::super::markup::{Token, attribute, decoded, escape, in_attribute, tokens};

/// Longest name, title or address that is read, in code points.
const MAX_FIELD: usize = 2_048;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// `File.1`.
    File,
    /// `Picture.1`.
    Picture,
    /// `Video.1`, `Video.1/Flik.1`.
    Video,
    /// `Audio.1`.
    Audio,
}

impl ObjectKind {
    /// By the element's attribute `type`; what is none of these is a file.
    #[must_use]
    pub fn named(text: &str) -> Self {
        let main = text.split(['.', '/']).next().unwrap_or_default();
        match main.to_ascii_lowercase().as_str() {
            "picture" => Self::Picture,
            "video" => Self::Video,
            "audio" => Self::Audio,
            _ => Self::File,
        }
    }

    /// By what a file's content type says.
    #[must_use]
    pub fn of_media_type(text: &str) -> Self {
        match text.split('/').next() {
            Some("image") => Self::Picture,
            Some("video") => Self::Video,
            Some("audio") => Self::Audio,
            _ => Self::File,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::File => "File.1",
            Self::Picture => "Picture.1",
            Self::Video => "Video.1",
            Self::Audio => "Audio.1",
        }
    }

    /// The view that shows it small. skypeweb fetches a picture by exactly this address.
    #[must_use]
    pub fn thumbnail(self) -> &'static str {
        match self {
            Self::Picture => "imgt1",
            Self::File | Self::Video | Self::Audio => "thumbnail",
        }
    }
}

/// A file or picture at the store of objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriObject {
    /// What kind.
    pub kind: ObjectKind,
    /// Where it lies.
    pub uri: String,
    /// Where its small picture lies.
    pub thumbnail: Option<String>,
    /// What the file is called.
    pub name: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// A page for people that shows it.
    pub link: Option<String>,
    /// What stands with it, without `Description: `.
    pub description: Option<String>,
}

impl UriObject {
    /// An object of ours; `links` begin with the store's own host.
    #[must_use]
    pub fn new(links: &Links, id: AsmId, kind: ObjectKind, name: &str, size: u64) -> Self {
        Self {
            kind,
            uri: links.object(id),
            thumbnail: Some(links.view(id, kind.thumbnail())),
            name: Some(name.to_owned()),
            size: Some(size),
            link: Some(format!("{}/s/i?{id}", links.base())),
            description: None,
        }
    }

    /// Which object of ours it is.
    #[must_use]
    pub fn id(&self) -> Option<AsmId> {
        AsmId::in_url(&self.uri)
    }

    /// The first such element of `content`, forgiving what no XML forgives; `None` if there is none, or it does not say where.
    #[must_use]
    pub fn read(content: &str) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut title = None;
        let mut inside = "";
        for token in tokens(content) {
            match (&mut found, token) {
                (None, Token::Open(tag)) if tag.is("URIObject") => {
                    found = Some(Self {
                        kind: ObjectKind::named(&tag.attribute("type").unwrap_or_default()),
                        uri: field(&tag.attribute("uri")?),
                        thumbnail: tag.attribute("url_thumbnail").map(|url| field(&url)),
                        name: None,
                        size: None,
                        link: None,
                        description: None,
                    });
                }
                (Some(object), Token::Open(tag)) => {
                    let value = || tag.attribute("v").map(|value| field(&value));
                    if tag.is("OriginalName") {
                        object.name = value();
                    } else if tag.is("FileSize") {
                        object.size = value().and_then(|size| size.trim().parse().ok());
                    } else if tag.is("a") {
                        object.link = tag.attribute("href").map(|href| field(&href));
                    }
                    inside = if tag.closed { "" } else { tag.name };
                }
                (Some(_), Token::Close(tag)) if tag.is("URIObject") => break,
                (Some(_), Token::Close(_)) => inside = "",
                (Some(object), Token::Text(text)) => {
                    let text = decoded(text);
                    if inside.eq_ignore_ascii_case("Title") {
                        title = Some(without(&text, "Title:"));
                    } else if inside.eq_ignore_ascii_case("Description") {
                        object.description = Some(without(&text, "Description:"));
                    }
                }
                (None, _) => {}
            }
        }
        let mut object = found.filter(|object| !object.uri.is_empty())?;
        object.name = object.name.or(title).filter(|name| !name.is_empty());
        object.description = object.description.filter(|text| !text.is_empty());
        Some(object)
    }

    /// The element.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = format!(
            r#"<URIObject type="{}" uri="{}""#,
            self.kind.name(),
            in_attribute(&self.uri)
        );
        if let Some(thumbnail) = &self.thumbnail {
            out.push_str(&format!(r#" url_thumbnail="{}""#, in_attribute(thumbnail)));
        }
        out.push('>');
        element(&mut out, "Title", self.name.as_deref());
        element(
            &mut out,
            "Description",
            self.description.as_deref().or(self.name.as_deref()),
        );
        let name = self.name.as_deref().map(in_attribute);
        if let Some(name) = &name {
            out.push_str(&format!(r#"<OriginalName v="{name}"/>"#));
        }
        if let Some(size) = self.size {
            out.push_str(&format!(r#"<FileSize v="{size}"/>"#));
        }
        if let Some(link) = &self.link {
            out.push_str(match self.kind {
                ObjectKind::Picture => "To view this shared photo, go to: ",
                _ => "To view this file, go to: ",
            });
            out.push_str(r#"<a href=""#);
            attribute(link, &mut out);
            out.push_str(r#"">"#);
            escape(link, &mut out);
            out.push_str("</a>");
        }
        if self.kind == ObjectKind::Picture {
            let name = name.unwrap_or_default();
            out.push_str(&format!(r#"<meta type="photo" originalName="{name}"/>"#));
        }
        out.push_str("</URIObject>");
        out
    }
}

fn field(text: &str) -> String {
    text.chars().take(MAX_FIELD).collect()
}

fn without(text: &str, prefix: &str) -> String {
    field(text.strip_prefix(prefix).unwrap_or(text).trim())
}

fn element(out: &mut String, name: &str, text: Option<&str>) {
    match text {
        Some(text) => {
            out.push_str(&format!("<{name}>{name}: "));
            escape(text, out);
            out.push_str(&format!("</{name}>"));
        }
        None => out.push_str(&format!("<{name}/>")),
    }
}
