//! One server by its address, over HTTP: sign in, find somebody, catch up.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use webapi::skein::{
    ApiError, Command, Contact, DeviceHello, DeviceKind, Done, Found, ObjectId, PREFIX, Position,
    ServerInfo, SessionKind, SignIn, SignedIn, Sync,
};

use crate::error::Error;
use crate::tls::{Fingerprint, Trust};

/// The longest answer that is read, in bytes: a snapshot of the longest lists.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a request may take in all.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a copy of one's own data may take in all: everything that an account may have, over a slow line.
const PATIENCE_FOR_A_COPY: Duration = Duration::from_secs(2 * 86_400);
/// How long nothing of it may come.
const SILENCE: Duration = Duration::from_secs(60);
const SILENT: &str = "nothing came for a minute";
/// How a ZIP file without a comment ends: so many bytes, which begin so (APPNOTE 6.3.10 §4.3.16).
const ZIP_END: usize = 22;
const ZIP_END_BEGINS: &[u8] = b"PK\x05\x06";

/// A server. Cheap to clone.
#[derive(Clone)]
pub struct Server {
    url: Url,
    trust: Arc<Trust>,
    http: reqwest::Client,
    token: Option<String>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
}

impl Server {
    /// A server at `https://…`, or at `http://` on this very machine. With `pin` only that certificate is believed.
    ///
    /// # Errors
    /// [`Error::Address`] says what is the matter with the address.
    pub fn new(address: &str, pin: Option<Fingerprint>) -> Result<Self, Error> {
        let url = parse(address)?;
        let trust = Trust::new(pin);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.config(&["h2", "http/1.1"]))
            .connect_timeout(CONNECT)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            // The WebSocket does not pass a proxy; both take the same way.
            .no_proxy()
            .user_agent(concat!("skein/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Error::Address {
                address: address.into(),
                why: error.to_string(),
            })?;
        Ok(Self {
            url,
            trust,
            http,
            token: None,
        })
    }

    /// The same server, as the device with this token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Which certificate is believed.
    #[must_use]
    pub fn trust(&self) -> &Arc<Trust> {
        &self.trust
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// What it says of itself before anybody signs in.
    ///
    /// # Errors
    /// [`Error`] says why it cannot be reached or believed.
    pub async fn info(&self) -> Result<ServerInfo, Error> {
        self.answer(self.request(Method::GET, "server", &[])).await
    }

    /// Sign in as a new device called `label`; the server as that device, and what it said.
    ///
    /// # Errors
    /// [`Error::Refused`] when name and password do not match, and the rest of [`Error`].
    pub async fn sign_in(
        self,
        name: &str,
        password: &str,
        label: &str,
    ) -> Result<(Self, SignedIn), Error> {
        let device = DeviceHello {
            label: label.to_owned(),
            kind: DeviceKind::Terminal,
            public_key: None,
        };
        let body = SignIn {
            name: name.to_owned(),
            password: password.to_owned(),
            device,
            session: SessionKind::Token,
        };
        let signed_in: SignedIn = self
            .answer(self.request(Method::POST, "sign-in", &[]).json(&body))
            .await?;
        let token = signed_in
            .token
            .clone()
            .ok_or_else(|| Error::Protocol("no token came".into()))?;
        Ok((self.with_token(&token), signed_in))
    }

    /// Sign this device out.
    ///
    /// # Errors
    /// [`Error`] says why not.
    pub async fn sign_out(&self) -> Result<(), Error> {
        self.answer::<Done>(
            self.request(Method::POST, "sign-out", &[])
                .json(&serde_json::json!({})),
        )
        .await?;
        Ok(())
    }

    /// Somebody by the exact name, as the account stands to them.
    ///
    /// # Errors
    /// [`Error::UnknownName`] when there is nobody, and the rest of [`Error`].
    pub async fn find(&self, name: &str) -> Result<Contact, Error> {
        let found: Found = self
            .answer(self.request(Method::GET, "find", &[("name", name)]))
            .await?;
        found
            .contact
            .ok_or_else(|| Error::UnknownName(name.to_owned()))
    }

    /// Ask for something by a single request.
    ///
    /// # Errors
    /// [`Error::Refused`] when the server refuses, and the rest of [`Error`].
    pub async fn command(&self, command: &Command) -> Result<Done, Error> {
        self.answer(self.request(Method::POST, "command", &[]).json(command))
            .await
    }

    /// Durable events after a position, or a snapshot.
    ///
    /// # Errors
    /// [`Error`] says why not.
    pub async fn sync(&self, since: Option<&Position>) -> Result<Sync, Error> {
        let query: Vec<_> = since
            .iter()
            .map(|since| ("since", since.0.as_str()))
            .collect();
        self.answer(self.request(Method::GET, "sync", &query)).await
    }

    /// A copy of one's own data, a ZIP file, given piece by piece to `take`; how many bytes it has. With `files` the bytes of files
    /// are in it; else they are asked for by [`Server::content`]. What was taken before an error is no copy: throw it away.
    ///
    /// # Errors
    /// [`Error`] says why it did not come whole; [`Error::File`] is what `take` gave.
    pub async fn export(
        &self,
        files: bool,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<u64, Error> {
        let files = if files { "true" } else { "false" };
        let request = self.request(Method::GET, "export", &[("files", files)]);
        let mut response = self.long(request).await?;
        let (mut length, mut tail) = (0, Vec::new());
        while let Some(chunk) = self.next(&mut response).await? {
            take(&chunk)?;
            length += chunk.len() as u64;
            tail.extend_from_slice(&chunk[chunk.len().saturating_sub(ZIP_END)..]);
            tail.drain(..tail.len().saturating_sub(ZIP_END));
        }
        // Something in between may have ended a broken answer in order.
        if tail.len() < ZIP_END || !tail.starts_with(ZIP_END_BEGINS) {
            return Err(self.unreachable("the copy broke off"));
        }
        Ok(length)
    }

    /// The bytes of a file from the place `from` on, given piece by piece to `take`, each with its place. A server may begin at 0 all
    /// the same.
    ///
    /// # Errors
    /// [`Error`] says why they did not all come; [`Error::File`] is what `take` gave.
    pub async fn content(
        &self,
        id: &ObjectId,
        from: u64,
        mut take: impl FnMut(u64, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = format!("objects/{}/content", id.0);
        let mut request = self.request(Method::GET, &path, &[]);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let mut response = self.long(request).await?;
        let mut at = if response.status() == StatusCode::PARTIAL_CONTENT {
            from
        } else {
            0
        };
        while let Some(chunk) = self.next(&mut response).await? {
            take(at, &chunk)?;
            at += chunk.len() as u64;
        }
        Ok(())
    }

    /// An answer that may take long, as long as something comes.
    async fn long(&self, request: RequestBuilder) -> Result<Response, Error> {
        let request = request.timeout(PATIENCE_FOR_A_COPY);
        let silent = |_| self.unreachable(SILENT);
        let sent = tokio::time::timeout(SILENCE, request.send()).await;
        let mut response = sent.map_err(silent)?.map_err(|error| self.broken(&error))?;
        if !response.status().is_success() {
            let body = tokio::time::timeout(SILENCE, self.read(&mut response)).await;
            let body = body.map_err(silent)??;
            return Err(refusal(response.status(), &body));
        }
        Ok(response)
    }

    async fn next(&self, response: &mut Response) -> Result<Option<Bytes>, Error> {
        let chunk = tokio::time::timeout(SILENCE, response.chunk()).await;
        let chunk = chunk.map_err(|_| self.unreachable(SILENT))?;
        chunk.map_err(|error| self.broken(&error))
    }

    fn request(&self, method: Method, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.url.clone();
        url.set_path(&format!("{PREFIX}/{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let mut response = request.send().await.map_err(|error| self.broken(&error))?;
        let status = response.status();
        let body = self.read(&mut response).await?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| Error::Protocol(error.to_string()));
        }
        Err(refusal(status, &body))
    }

    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| self.broken(&error))?
        {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Error::Protocol(format!(
                    "the answer has more than {MAX_ANSWER} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, error: &reqwest::Error) -> Error {
        self.trust
            .refused()
            .unwrap_or_else(|| self.unreachable(&innermost(error)))
    }

    pub(crate) fn unreachable(&self, why: &str) -> Error {
        Error::Unreachable {
            server: self.url.as_str().trim_end_matches('/').to_owned(),
            why: why.to_owned(),
        }
    }
}

/// What an answer that is none says.
fn refusal(status: StatusCode, body: &[u8]) -> Error {
    match serde_json::from_slice::<ApiError>(body) {
        Ok(refusal) => Error::Refused(refusal),
        Err(_) => Error::Protocol(format!("HTTP status {status}; is this a Skein server?")),
    }
}

/// What really happened, below the layers that only say that something did.
pub(crate) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

fn parse(address: &str) -> Result<Url, Error> {
    let refuse = |why: &str| Error::Address {
        address: address.to_owned(),
        why: why.to_owned(),
    };
    let with_scheme = if address.contains("://") {
        address.to_owned()
    } else {
        format!("https://{address}")
    };
    let mut url = Url::parse(&with_scheme).map_err(|error| refuse(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("a name belongs beside the address, not into it"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            return Err(refuse(
                "plain HTTP would show the password to the network; use https",
            ));
        }
        _ => {
            return Err(refuse(
                "it begins with https://, or http:// on this machine",
            ));
        }
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse("it names no host"));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// Whether a server is on this very machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    // RFC 6761 §6.3: localhost and names below it are this machine.
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// What is sent as JSON; kept here so that frames and bodies are made the same way.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the API's types are plain data")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_kindly_and_plain_http_stays_at_home() {
        for (given, want) in [
            ("https://skein.example", "https://skein.example/"),
            ("skein.example:8443", "https://skein.example:8443/"),
            ("https://skein.example/invite?x#y", "https://skein.example/"),
            ("http://localhost:8080", "http://localhost:8080/"),
            ("http://[::1]:8080/", "http://[::1]:8080/"),
            ("http://127.0.0.2", "http://127.0.0.2/"),
        ] {
            assert_eq!(parse(given).expect(given).as_str(), want);
        }
        for (given, why) in [
            ("http://skein.example", "use https"),
            ("http://192.0.2.1:8080", "use https"),
            ("ftp://skein.example", "begins with"),
            ("https://ann@skein.example", "beside"),
            ("https://", "host"),
            ("", "host"),
        ] {
            let error = parse(given).expect_err(given).to_string();
            assert!(error.contains(why), "{given}: {error}");
        }
    }
}
