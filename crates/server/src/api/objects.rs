//! The bytes of objects: pieces of uploads in, whole things and ranges out.
//!
//! What people upload never runs in this origin (RFC 6266, RFC 8187; WHATWG MIME Sniffing): see [`Shown`].

use std::fmt::Write as _;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use backend::blobs::Raster;
use futures_util::stream;
use hub::blobs::Part;
use hub::id::ObjectId;
use hub::model::Object;
use hub::{MAX_PIECE, Session, Written};
use serde::Deserialize;
use webapi::skein::{self as api, ErrorKind};

use super::query::{ApiPath, ApiQuery};
use super::{Door, SignedIn, translate};
use crate::http::Refusal;
use crate::http::range::{Asked, asked};

/// Bytes that are read from a blob at once.
const CHUNK: u32 = 256 * 1024;
/// Bytes that say what a picture is.
const HEAD: u32 = 16;
const OFFSET: HeaderName = HeaderName::from_static(api::UPLOAD_OFFSET);
/// Nothing of it runs, loads anything, or stands in a frame.
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";
/// Kept by the browser, and asked for again each time: whoever lost the right to read it reads it no more.
const CACHE: &str = "private, no-cache";

/// `GET /objects/{id}`.
pub(super) async fn object(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
) -> Result<Response, Refusal> {
    let (object, kept) = signed_in.session.object(named(&id)?).await?;
    let mut response = Json(translate::object(&object, kept)).into_response();
    response.headers_mut().insert(OFFSET, kept.into());
    Ok(response)
}

/// `PATCH /objects/{id}`.
pub(super) async fn write(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let id = named(&id)?;
    let offset = headers.get(OFFSET).and_then(|value| value.to_str().ok());
    let offset = offset
        .and_then(|text| text.parse::<u64>().ok())
        .ok_or_else(|| {
            Refusal::bad_request("the header Upload-Offset says where this piece begins")
        })?;
    let _place = door.pieces.take(signed_in.who.account)?;
    let piece = crate::http::piece(body, MAX_PIECE).await?;
    match signed_in.session.write_object(id, offset, piece).await? {
        Written::To(kept) => {
            let offset = i64::try_from(kept).unwrap_or(i64::MAX);
            let mut response = Json(api::Written { offset }).into_response();
            response.headers_mut().insert(OFFSET, kept.into());
            Ok(response)
        }
        Written::GoOnAt(kept) => {
            let message = format!("{kept} bytes of this upload are here: go on there");
            let refusal = Refusal::new(ErrorKind::Conflict, "offset", message);
            let mut response = refusal.into_response();
            response.headers_mut().insert(OFFSET, kept.into());
            Ok(response)
        }
    }
}

/// Whether a picture is to be kept rather than shown.
#[derive(Debug, Deserialize)]
pub(super) struct How {
    download: Option<String>,
}

/// `GET /objects/{id}/content`.
pub(super) async fn content(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
    ApiQuery(how): ApiQuery<How>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let is_kept = how.download.is_some();
    give(
        signed_in.session,
        named(&id)?,
        Part::Whole,
        is_kept,
        &headers,
    )
    .await
}

/// `GET /objects/{id}/preview`.
pub(super) async fn preview(
    signed_in: SignedIn,
    ApiPath(id): ApiPath<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    give(
        signed_in.session,
        named(&id)?,
        Part::Preview,
        false,
        &headers,
    )
    .await
}

/// The bytes of an object that `session` may read, whole or in a range.
pub(crate) async fn give(
    session: Session,
    id: ObjectId,
    part: Part,
    is_kept: bool,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let (object, _) = session.object(id).await?;
    // A picture that is small already is its own preview.
    let part = match part {
        Part::Preview if object.is_picture() && !object.preview => Part::Whole,
        part => part,
    };
    let size = session.object_size(&object, part).await?;
    let head = session.read_object(&object, part, 0, HEAD).await?;
    let shown = Shown::of(&object, part, &head, is_kept);
    let tag = tag_of(&object, part);
    let range = match asked(headers, &tag, size) {
        Asked::Known => {
            return Ok(dressed(
                StatusCode::NOT_MODIFIED,
                Body::empty(),
                &shown,
                &tag,
            ));
        }
        Asked::Nowhere => {
            let refusal = Refusal::new(
                ErrorKind::Invalid,
                "range",
                format!("this file has {size} bytes, and the range lies outside"),
            );
            let mut response = (StatusCode::RANGE_NOT_SATISFIABLE, Json(refusal.0)).into_response();
            put(
                &mut response,
                header::CONTENT_RANGE,
                &format!("bytes */{size}"),
            );
            return Ok(response);
        }
        Asked::Whole => None,
        Asked::Bytes(range) => Some(range),
    };
    let (status, bytes) = match &range {
        None => (StatusCode::OK, 0..size),
        Some(range) => (StatusCode::PARTIAL_CONTENT, range.clone()),
    };
    let length = bytes.end - bytes.start;
    let body = Body::from_stream(chunks(session, object, part, bytes));
    let mut response = dressed(status, body, &shown, &tag);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    if let Some(Range { start, end }) = range {
        let range = format!("bytes {start}-{}/{size}", end - 1);
        put(&mut response, header::CONTENT_RANGE, &range);
    }
    Ok(response)
}

/// One piece after the other, as the client takes them.
fn chunks(
    session: Session,
    object: Object,
    part: Part,
    range: Range<u64>,
) -> impl futures_util::Stream<Item = io::Result<bytes::Bytes>> {
    stream::try_unfold(
        (session, object, range),
        move |(session, object, range)| async move {
            if range.is_empty() {
                return Ok(None);
            }
            let length = u32::try_from(range.end - range.start)
                .unwrap_or(CHUNK)
                .min(CHUNK);
            let read = session
                .read_object(&object, part, range.start, length)
                .await;
            let bytes = read.map_err(io::Error::other)?;
            if bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let rest = range.start + bytes.len() as u64..range.end;
            Ok(Some((bytes, (session, object, rest))))
        },
    )
}

/// How bytes of people are given to a browser.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    mime: &'static str,
    disposition: String,
}

impl Shown {
    /// Inline is only what its first bytes, read again now, say to be the picture that it was.
    fn of(object: &Object, part: Part, head: &[u8], is_kept: bool) -> Self {
        let raster = Raster::of(head)
            .map(Raster::mime)
            .filter(|mime| match part {
                Part::Whole => object.mime == *mime,
                Part::Preview => matches!(*mime, "image/jpeg" | "image/png"),
            });
        let place = if raster.is_some() && !is_kept {
            "inline"
        } else {
            "attachment"
        };
        let name = match part {
            Part::Whole => object.name.as_str(),
            Part::Preview => "preview",
        };
        Self {
            mime: raster.unwrap_or_else(|| harmless(&object.mime)),
            disposition: format!("{place}; {}", file_name(name)),
        }
    }
}

/// Types that a browser plays or opens beside the page; what it might run is only bytes.
fn harmless(mime: &str) -> &'static str {
    const PLAYED: [&str; 12] = [
        "audio/mpeg",
        "audio/ogg",
        "audio/x-wav",
        "audio/m4a",
        "audio/x-flac",
        "audio/aac",
        "video/mp4",
        "video/webm",
        "video/quicktime",
        "video/x-matroska",
        "application/pdf",
        "application/zip",
    ];
    PLAYED
        .into_iter()
        .find(|known| *known == mime)
        .unwrap_or("application/octet-stream")
}

/// The name in letters that every program reads, and in full (RFC 6266 §4.3, RFC 8187 §3.2).
fn file_name(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | ' ' | '.' | '-' | '_' => c,
            _ => '_',
        })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                full.push(char::from(byte))
            }
            other => {
                let _ = write!(full, "%{other:02X}");
            }
        }
    }
    format!("filename=\"{plain}\"; filename*=UTF-8''{full}")
}

/// The strong tag of what is given: blobs never change.
fn tag_of(object: &Object, part: Part) -> String {
    let hash = hex::encode(object.sha256.unwrap_or_default());
    match part {
        Part::Whole => format!("\"{hash}\""),
        Part::Preview => format!("\"{hash}-preview\""),
    }
}

fn dressed(status: StatusCode, body: Body, shown: &Shown, tag: &str) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let fixed = [
        (header::CONTENT_TYPE, shown.mime),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, CACHE),
        (header::ACCEPT_RANGES, "bytes"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    put(
        &mut response,
        header::CONTENT_DISPOSITION,
        &shown.disposition,
    );
    put(&mut response, header::ETAG, tag);
    response
}

fn put(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = value.parse() {
        response.headers_mut().insert(name, value);
    }
}

fn named(text: &str) -> Result<ObjectId, Refusal> {
    text.parse()
        .map_err(|_| Refusal::from(hub::Error::not_found("file")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_reaches_a_header_as_it_is() {
        let table = [
            (
                "goose.png",
                "filename=\"goose.png\"; filename*=UTF-8''goose.png",
            ),
            (
                "a\"; filename=\"b.html",
                "filename=\"a__ filename__b.html\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.html",
            ),
            (
                "a\r\nX: y",
                "filename=\"a__X_ y\"; filename*=UTF-8''a%0D%0AX%3A%20y",
            ),
            (
                "é 100%",
                "filename=\"_ 100_\"; filename*=UTF-8''%C3%A9%20100%25",
            ),
        ];
        for (name, wanted) in table {
            assert_eq!(file_name(name), wanted);
            HeaderValue::from_str(wanted).expect("a value");
        }
    }

    #[test]
    fn what_might_run_is_only_bytes() {
        for mime in [
            "text/html",
            "image/svg+xml",
            "text/xml",
            "application/xhtml+xml",
            "",
            "image/png",
        ] {
            assert_eq!(harmless(mime), "application/octet-stream", "{mime}");
        }
        assert_eq!(harmless("application/pdf"), "application/pdf");
    }
}
