//! The browser client inside the program.
//!
//! The web build writes `.br` and `.gz` beside every text file; they are sent as they are. Files below `/assets/` carry
//! a hash of their content in their name and may be kept for ever; all others are asked for again by their ETag, the
//! service worker (`/sw.js`) and the page before all: who is online is never on an old one.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `npm run build` made. Missing, if it was not run.
#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Built;

/// Kept for ever: the name changes with the content.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Kept, but asked for again each time.
const ASK: HeaderValue = HeaderValue::from_static("no-cache");

const NOT_BUILT: &str = include_str!("not_built.html");

/// Answers a request that no other route took.
pub async fn site(request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, HEAD")],
        )
            .into_response();
    }
    let path = match request.uri().path() {
        "/" => "index.html",
        path => path.trim_start_matches('/'),
    };
    file(path, request.headers()).unwrap_or_else(|| match path {
        "index.html" => (
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            NOT_BUILT,
        )
            .into_response(),
        _ => (StatusCode::NOT_FOUND, "there is nothing here\n").into_response(),
    })
}

/// In place of the service worker: one that forgets what the other has kept, and ends. It must be a script that runs:
/// where a browser finds nothing, it goes on with the worker that it has.
pub async fn no_worker(request: Request) -> Response {
    file("sw-off.js", request.headers()).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
}

/// The file at `path`, in the best encoding that the client takes.
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    // The compressed twins are not files of their own.
    if path.ends_with(".br") || path.ends_with(".gz") {
        return None;
    }
    let plain = Built::get(path)?;
    let twins = [("br", ".br"), ("gzip", ".gz")];
    let mut has_twins = false;
    let mut chosen: Option<(&'static str, EmbeddedFile)> = None;
    for (coding, ending) in twins {
        let Some(twin) = Built::get(&format!("{path}{ending}")) else {
            continue;
        };
        has_twins = true;
        if chosen.is_none() && accepts(headers, coding) {
            chosen = Some((coding, twin));
        }
    }
    let mime = mime_of(path, &plain);
    let (coding, file) = match chosen {
        Some((coding, file)) => (Some(coding), file),
        None => (None, plain),
    };
    // RFC 9110 §8.8.3: each encoding is a representation of its own, with its own tag.
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let is_known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| matches!(known.trim().trim_start_matches("W/"), known if known == tag || known == "*"));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut response = Response::new(Body::from(file.data.into_owned()));
        response.headers_mut().insert(header::CONTENT_TYPE, mime);
        response
    };
    let out = response.headers_mut();
    out.insert(
        header::CACHE_CONTROL,
        if path.starts_with("assets/") {
            FOREVER
        } else {
            ASK
        },
    );
    if let Ok(tag) = tag.parse() {
        out.insert(header::ETAG, tag);
    }
    if has_twins {
        out.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    if let (Some(coding), false) = (coding, is_known) {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

fn mime_of(path: &str, file: &EmbeddedFile) -> HeaderValue {
    let mime = file.metadata.mimetype();
    let text = mime.starts_with("text/") || path.ends_with(".js");
    let full = if text && !mime.contains("charset") {
        format!("{mime}; charset=utf-8")
    } else {
        mime.to_owned()
    };
    full.parse()
        .unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

/// Whether `Accept-Encoding` takes `coding` (RFC 9110 §12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let mut any = false;
    for item in headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let refused = parts
            .filter_map(|part| part.strip_prefix("q="))
            .any(|quality| quality.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
        if name.eq_ignore_ascii_case(coding) {
            return !refused;
        }
        any |= name == "*" && !refused;
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_taken_as_they_are_offered() {
        let offers = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, text.parse().expect("a value"));
            (accepts(&headers, "br"), accepts(&headers, "gzip"))
        };
        assert_eq!(offers("gzip, deflate, br, zstd"), (true, true));
        assert_eq!(offers("gzip;q=1.0, br;q=0"), (false, true));
        assert_eq!(offers("identity"), (false, false));
        assert_eq!(offers("*"), (true, true));
        assert_eq!(offers("br;q=0, *"), (false, true));
    }

    #[tokio::test]
    async fn the_root_is_always_a_page_and_the_rest_is_not_found() {
        let of = |path: &str| site(Request::get(path).body(Body::empty()).expect("a request"));
        let root = of("/").await;
        assert_eq!(root.status(), StatusCode::OK);
        assert_eq!(
            root.headers()[header::CONTENT_TYPE],
            "text/html; charset=utf-8"
        );
        assert_eq!(of("/no/such/page").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(of("/index.html.br").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(of("/../Cargo.toml").await.status(), StatusCode::NOT_FOUND);
        let post = site(Request::post("/").body(Body::empty()).expect("a request")).await;
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
