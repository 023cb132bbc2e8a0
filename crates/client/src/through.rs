//! How large a request may be before something between this client and its server refuses it (RFC 9110 §15.5.14).

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use webapi::skein::{ApiError, PREFIX};

use crate::connection::connect;
use crate::error::Error;
use crate::server::Server;

/// How long one request may take in all: 16 MiB over a slow line.
const PATIENCE: Duration = Duration::from_secs(120);
/// The longest answer that is looked at, in bytes; an error page of a proxy is shorter.
const MAX_ANSWER: u64 = 64 * 1024;
const CHUNK: usize = 64 * 1024;

impl Server {
    /// Whether a request with a body of so many bytes reaches the server. It goes where nobody may write who is not signed in, so that
    /// nothing of it is kept; who refuses it in words that are not the server's own stands in between.
    ///
    /// # Errors
    /// [`Error`] says what else happened: no connection, or an answer that is about something else than the size.
    pub async fn lets_through(&self, bytes: usize) -> Result<bool, Error> {
        let tried = tokio::time::timeout(PATIENCE, async {
            let mut stream = connect(self).await?;
            Ok(ask(&mut stream, &self.head(bytes), bytes).await)
        });
        let answer = tried
            .await
            .map_err(|_| self.unreachable("no answer within two minutes"))??;
        understand(&answer)
    }

    fn head(&self, bytes: usize) -> String {
        let url = self.url();
        let host = url.host_str().unwrap_or_default();
        let port = url
            .port()
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        format!(
            "PATCH {PREFIX}/objects/0 HTTP/1.1\r\nHost: {host}{port}\r\nUpload-Offset: 0\r\nConnection: close\r\n\
             Expect: 100-continue\r\nContent-Type: application/octet-stream\r\nContent-Length: {bytes}\r\n\r\n"
        )
    }
}

/// The answer, as far as it came: whoever refuses a body may well close the connection while it is being sent.
async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    head: &str,
    bytes: usize,
) -> Vec<u8> {
    let mut answer = Vec::new();
    if stream.write_all(head.as_bytes()).await.is_err() || stream.flush().await.is_err() {
        return answer;
    }
    // RFC 9110 §10.1.1: who wants the body says 100 first; who does not answers for good.
    if !header(stream, &mut answer).await || status(&answer) != Some(100) {
        let _ = stream.take(MAX_ANSWER).read_to_end(&mut answer).await;
        return answer;
    }
    answer.clear();
    let chunk = vec![0; CHUNK.min(bytes)];
    let mut left = bytes;
    while left > 0 {
        let some = left.min(chunk.len());
        if stream.write_all(&chunk[..some]).await.is_err() {
            break;
        }
        left -= some;
    }
    let _ = stream.flush().await;
    let _ = stream.take(MAX_ANSWER).read_to_end(&mut answer).await;
    answer
}

/// Reads up to the end of the header section; whether it came.
async fn header(stream: &mut (impl AsyncRead + Unpin), answer: &mut Vec<u8>) -> bool {
    while !answer.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) if (answer.len() as u64) < MAX_ANSWER => answer.push(byte),
            _ => return false,
        }
    }
    true
}

/// RFC 9112 §4.
fn status(answer: &[u8]) -> Option<u16> {
    let line = answer.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(line.get(2..5)?).ok()?.parse().ok()
}

/// The server's own refusal says that the body came through; 413, or an end without a word, that it did not.
fn understand(answer: &[u8]) -> Result<bool, Error> {
    let json = answer
        .iter()
        .position(|byte| *byte == b'{')
        .map(|at| &answer[at..]);
    let own = json.and_then(|json| {
        serde_json::Deserializer::from_slice(json)
            .into_iter::<ApiError>()
            .next()
    });
    if matches!(own, Some(Ok(_))) {
        return Ok(true);
    }
    match status(answer) {
        Some(413) | None => Ok(false),
        Some(status) => Err(Error::Protocol(format!(
            "HTTP status {status} for a request of a certain size; is this a Skein server?"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\r\n\
                           {\"kind\":\"unauthorized\",\"code\":\"not_signed_in\",\"message\":\"sign in first\"}";
    const TOO_LARGE: &str =
        "HTTP/1.1 413 Request Entity Too Large\r\nServer: nginx\r\n\r\n<html>{a style}</html>";

    /// Asks somebody who says `first` to the header section, takes `takes` bytes of the body, and says `last`.
    async fn asked(first: &str, takes: usize, last: &str) -> Result<bool, Error> {
        let (mut near, mut far) = duplex(1024);
        let (first, last) = (first.to_owned(), last.to_owned());
        let there = async move {
            let mut head = Vec::new();
            assert!(header(&mut far, &mut head).await);
            let _ = far.write_all(first.as_bytes()).await;
            let mut body = vec![0; takes];
            let _ = far.read_exact(&mut body).await;
            let _ = far.write_all(last.as_bytes()).await;
        };
        let (answer, ()) = tokio::join!(ask(&mut near, "PATCH / HTTP/1.1\r\n\r\n", 300_000), there);
        understand(&answer)
    }

    #[tokio::test]
    async fn whoever_answers_in_the_words_of_the_server_let_it_through() {
        assert!(asked(REFUSED, 0, "").await.expect("answered"));
        assert!(
            asked("HTTP/1.1 100 Continue\r\n\r\n", 300_000, REFUSED)
                .await
                .expect("answered")
        );
    }

    #[tokio::test]
    async fn a_proxy_refuses_at_once_in_the_middle_or_without_a_word() {
        assert!(!asked(TOO_LARGE, 0, "").await.expect("answered"));
        assert!(
            !asked("HTTP/1.1 100 Continue\r\n\r\n", 200_000, TOO_LARGE)
                .await
                .expect("answered")
        );
        assert!(
            !asked("HTTP/1.1 100 Continue\r\n\r\n", 200_000, "")
                .await
                .expect("cut")
        );
        assert!(!asked("", 0, "").await.expect("cut"));
    }

    #[tokio::test]
    async fn another_answer_says_nothing_of_the_size() {
        let error = asked("HTTP/1.1 502 Bad Gateway\r\n\r\n<html>", 0, "")
            .await
            .expect_err("no answer");
        assert!(error.to_string().contains("502"), "{error}");
    }
}
