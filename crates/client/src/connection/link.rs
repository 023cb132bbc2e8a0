//! One WebSocket, from its handshake to its end.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::Url;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};
use webapi::skein::{
    Abilities, ApiError, ClientFrame, MAX_FRAME, PREFIX, Position, SUBPROTOCOL, ServerFrame,
};

use crate::error::Error;
use crate::server::{Server, innermost, json};

/// How long connecting, and being welcomed, may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long closing may take.
const CLOSE: Duration = Duration::from_millis(500);

/// Bytes both ways, with or without TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A WebSocket in use.
pub(super) struct Link {
    socket: WebSocketStream<Box<dyn Stream>>,
    /// The newest position when it began.
    pub(super) head: Position,
    /// What was missed is to be taken from a snapshot.
    pub(super) snapshot: bool,
}

impl Link {
    /// Connect, say hello, and wait for the welcome.
    pub(super) async fn open(
        server: &Server,
        since: Option<&Position>,
        abilities: Abilities,
    ) -> Result<Self, Error> {
        let opened = tokio::time::timeout(CONNECT, Self::begin(server, since, abilities)).await;
        opened.unwrap_or_else(|_| Err(server.unreachable("no answer within 10 s")))
    }

    async fn begin(
        server: &Server,
        since: Option<&Position>,
        abilities: Abilities,
    ) -> Result<Self, Error> {
        let stream = connect(server).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(4 * MAX_FRAME))
            .max_frame_size(Some(4 * MAX_FRAME));
        let request = request(server)?;
        let (socket, _) =
            tokio_tungstenite::client_async_with_config(request, stream, Some(config))
                .await
                .map_err(|error| refused(server, error))?;
        let mut link = Self {
            socket,
            head: Position::default(),
            snapshot: false,
        };
        link.send(&ClientFrame::Hello {
            since: since.cloned(),
            abilities,
        })
        .await?;
        match link.next().await {
            Some(ServerFrame::Welcome { head, snapshot, .. }) => {
                link.head = head;
                link.snapshot = snapshot && since.is_some();
                Ok(link)
            }
            Some(ServerFrame::Bye { why, .. }) => Err(Error::Ended(why)),
            Some(_) => Err(Error::Protocol("the first frame is no welcome".into())),
            None => Err(server.unreachable("it closed the connection")),
        }
    }

    /// The next frame; `None` when the link is broken. Nothing is lost if the wait is given up.
    pub(super) async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => match serde_json::from_str(&text) {
                    Ok(frame) => return Some(frame),
                    // A newer server has events that this client does not know; they are none of its business.
                    Err(error) => tracing::debug!(%error, "a frame was not understood"),
                },
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(super) async fn send(&mut self, frame: &ClientFrame) -> Result<(), Error> {
        self.socket
            .send(Message::text(json(frame)))
            .await
            .map_err(|error| Error::Protocol(innermost(&error)))
    }

    pub(super) async fn close(mut self) {
        let _ = tokio::time::timeout(CLOSE, self.socket.close(None)).await;
    }
}

/// A connection to a server, whose certificate is believed.
pub(crate) async fn connect(server: &Server) -> Result<Box<dyn Stream>, Error> {
    let url = server.url();
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let tcp = TcpStream::connect((host, port))
        .await
        .map_err(|error| server.unreachable(&error.to_string()))?;
    tcp.set_nodelay(true)
        .map_err(|error| server.unreachable(&error.to_string()))?;
    if url.scheme() != "https" {
        return Ok(Box::new(tcp));
    }
    let name = ServerName::try_from(host.to_owned())
        .map_err(|error| server.unreachable(&error.to_string()))?;
    let connector = TlsConnector::from(Arc::new(server.trust().config(&["http/1.1"])));
    match connector.connect(name, tcp).await {
        Ok(tls) => Ok(Box::new(tls)),
        Err(error) => Err(server
            .trust()
            .refused()
            .unwrap_or_else(|| server.unreachable(&innermost(&error)))),
    }
}

fn request(server: &Server) -> Result<tungstenite::handshake::client::Request, Error> {
    let mut url: Url = server.url().clone();
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    url.set_scheme(scheme)
        .map_err(|()| Error::Protocol("no WebSocket address".into()))?;
    url.set_path(&format!("{PREFIX}/socket"));
    let mut request = url
        .as_str()
        .into_client_request()
        .map_err(|error| refused(server, error))?;
    let headers = request.headers_mut();
    headers.insert(
        header::SEC_WEBSOCKET_PROTOCOL,
        HeaderValue::from_static(SUBPROTOCOL),
    );
    if let Some(token) = server.token() {
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut bearer = bearer
            .map_err(|_| Error::Protocol("the token holds characters that no token has".into()))?;
        bearer.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, bearer);
    }
    Ok(request)
}

/// Why the handshake failed: a refusal in the API's shape where there is one.
fn refused(server: &Server, error: tungstenite::Error) -> Error {
    let tungstenite::Error::Http(response) = error else {
        return server.unreachable(&innermost(&error));
    };
    let refusal = response
        .body()
        .as_deref()
        .and_then(|body| serde_json::from_slice::<ApiError>(body).ok());
    match refusal {
        Some(refusal) => Error::Refused(refusal),
        None => Error::Protocol(format!(
            "HTTP status {}; is this a Skein server?",
            response.status()
        )),
    }
}
