//! Whether a browser's request comes from a page of this server.

use axum::http::{HeaderMap, Uri, header};

/// Whether `Origin` names this server: the host that was asked (`Host`), or one of its public names. A request
/// without `Origin` is not from a page; whether that is enough, the caller decides.
#[must_use]
pub fn same_origin(
    headers: &HeaderMap,
    uri: &Uri,
    secure: bool,
    public: &[String],
) -> Option<bool> {
    let origin = headers.get(header::ORIGIN)?;
    // `null`, several, or rubbish: some other place.
    let Some((scheme, authority)) = origin.to_str().ok().and_then(|text| text.split_once("://"))
    else {
        return Some(false);
    };
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Some(false),
    };
    let Some(origin) = host_port(authority, default_port) else {
        return Some(false);
    };
    // RFC 9113 §8.3.1: HTTP/2 carries the host in the address.
    let host = match uri.authority() {
        Some(authority) => Some(authority.as_str().to_owned()),
        None => headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .map(str::to_owned),
    };
    let own_port = if secure { 443 } else { 80 };
    let asked = host.and_then(|host| host_port(&host, own_port));
    let same_scheme = (scheme == "https") == secure;
    Some((same_scheme && asked.as_ref() == Some(&origin)) || public.contains(&origin.0))
}

fn host_port(authority: &str, default: u16) -> Option<(String, u16)> {
    let authority: axum::http::uri::Authority = authority.parse().ok()?;
    if authority.as_str().contains('@') {
        return None;
    }
    let host = authority
        .host()
        .trim_matches(['[', ']'])
        .trim_end_matches('.')
        .to_lowercase();
    Some((host, authority.port_u16().unwrap_or(default)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origin: Option<&str>, host: &str, secure: bool) -> Option<bool> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a host"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
        }
        same_origin(
            &headers,
            &Uri::from_static("/v1/skein/command"),
            secure,
            &["skein.example".to_owned()],
        )
    }

    #[test]
    fn only_pages_of_this_server_are_its_own() {
        let table = [
            (
                Some("http://localhost:8080"),
                "localhost:8080",
                false,
                Some(true),
            ),
            (
                Some("http://LOCALHOST:8080"),
                "localhost:8080",
                false,
                Some(true),
            ),
            (
                Some("http://localhost:8081"),
                "localhost:8080",
                false,
                Some(false),
            ),
            (Some("http://[::1]:8080"), "[::1]:8080", false, Some(true)),
            (Some("https://192.0.2.7"), "192.0.2.7:443", true, Some(true)),
            (
                Some("https://192.0.2.7:8443"),
                "192.0.2.7:8443",
                true,
                Some(true),
            ),
            (
                Some("http://192.0.2.7:8443"),
                "192.0.2.7:8443",
                true,
                Some(false),
            ),
            (
                Some("https://evil.example"),
                "192.0.2.7:8443",
                true,
                Some(false),
            ),
            (
                Some("https://skein.example"),
                "127.0.0.1:8080",
                false,
                Some(true),
            ),
            (
                Some("https://skein.example.evil.example"),
                "127.0.0.1:8080",
                false,
                Some(false),
            ),
            (Some("null"), "localhost:8080", false, Some(false)),
            (
                Some("https://a@skein.example"),
                "localhost:8080",
                false,
                Some(false),
            ),
            (Some("file://"), "localhost:8080", false, Some(false)),
            (None, "localhost:8080", false, None),
        ];
        for (origin, host, secure, want) in table {
            assert_eq!(check(origin, host, secure), want, "{origin:?} {host}");
        }
    }
}
