//! A server, and people who use it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use hub::clock::Clock;
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use server::clock::SystemClock;
use server::config::Config;
use server::program::Program;
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use webapi::skein as api;

/// Nothing here takes so long; what does is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
/// Good enough for everybody here.
pub(crate) const PASSWORD: &str = "seven geese over the lake";

/// A server of its own folder and ports.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start_in(folder, change).await
    }

    pub(crate) async fn start_in(folder: TempDir, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_by(folder, Arc::new(SystemClock), change).await
    }

    /// By another clock than the system's.
    pub(crate) async fn start_at(clock: impl Clock, change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start_by(folder, Arc::new(clock), change).await
    }

    async fn start_by(
        folder: TempDir,
        clock: Arc<dyn Clock>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::default();
        config.server.data = Some(folder.path().to_owned());
        for list in [
            &mut config.server.http,
            &mut config.server.tls,
            &mut config.server.udp,
        ] {
            *list = vec!["127.0.0.1:0".to_owned()];
        }
        config.metrics.listen = Some(Vec::new());
        config.password_cost = hub::PasswordCost::Least;
        config.limits.exempt = vec!["127.0.0.0/8".parse().expect("a prefix")];
        change(&mut config);
        let program = Program::start_by(config, clock)
            .await
            .expect("the server starts");
        Self { program, folder }
    }

    pub(crate) fn http(&self) -> SocketAddr {
        self.program.ready.http[0]
    }

    pub(crate) fn tls(&self) -> SocketAddr {
        self.program.ready.tls[0]
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/v1/skein/{path}", self.http())
    }

    pub(crate) async fn stop(self) -> TempDir {
        self.program.stop().await;
        self.folder
    }
}

pub(crate) fn device() -> Value {
    json!({ "label": "test", "kind": "bot" })
}

/// Somebody with a token.
#[derive(Clone)]
pub(crate) struct Person {
    http: reqwest::Client,
    address: SocketAddr,
    pub(crate) token: String,
    pub(crate) id: String,
    pub(crate) device: String,
    pub(crate) recovery_code: Option<String>,
}

impl Person {
    pub(crate) async fn register(server: &Server, name: &str) -> Self {
        let body =
            json!({ "name": name, "display": name, "password": PASSWORD, "device": device() });
        Self::begin(server, "register", &body).await
    }

    pub(crate) async fn sign_in(server: &Server, name: &str) -> Self {
        let body = json!({ "name": name, "password": PASSWORD, "device": device() });
        Self::begin(server, "sign-in", &body).await
    }

    async fn begin(server: &Server, how: &str, body: &Value) -> Self {
        let http = reqwest::Client::new();
        let answer = http
            .post(server.url(how))
            .json(body)
            .send()
            .await
            .expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert_eq!(status, StatusCode::OK, "{text}");
        let signed_in: api::SignedIn = serde_json::from_str(&text).expect("the promised shape");
        Self {
            http,
            address: server.http(),
            token: signed_in.token.expect("a token was asked for"),
            id: signed_in.account.id.0,
            device: signed_in.device.0,
            recovery_code: signed_in.recovery_code,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/v1/skein/{path}", self.address)
    }

    pub(crate) async fn get_raw(&self, path: &str) -> (StatusCode, Value) {
        let answer = self
            .http
            .get(self.url(path))
            .bearer_auth(&self.token)
            .send()
            .await
            .expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let (status, value) = self.get_raw(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        serde_json::from_value(value).expect("the promised shape")
    }

    pub(crate) async fn post_raw(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = self
            .http
            .post(self.url(path))
            .bearer_auth(&self.token)
            .json(body);
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    pub(crate) async fn command(&self, command: Value) -> api::Done {
        let (status, value) = self.post_raw("command", &command).await;
        assert_eq!(status, StatusCode::OK, "{command}: {value}");
        serde_json::from_value(value).expect("the promised shape")
    }

    pub(crate) async fn refused(&self, command: Value) -> (StatusCode, api::ApiError) {
        let (status, value) = self.post_raw("command", &command).await;
        (status, serde_json::from_value(value).expect("a refusal"))
    }

    pub(crate) async fn send(&self, to: &Self, text: &str, client: &str) -> String {
        match self.command(send(&to.id, text, client)).await.value {
            api::Value::Message { id, .. } => id.0,
            other => panic!("a message was stored: {other:?}"),
        }
    }

    pub(crate) async fn befriend(&self, other: &Self) {
        self.command(
            json!({ "type": "relate", "other": other.id, "change": "ask", "greeting": "it is me" }),
        )
        .await;
        other
            .command(json!({ "type": "relate", "other": self.id, "change": "accept" }))
            .await;
    }

    pub(crate) async fn socket(&self, since: Option<&str>) -> Socket {
        let socket = self.open().await.expect("the socket opens");
        self.greet(socket, since).await
    }

    async fn greet(&self, mut socket: Socket, since: Option<&str>) -> Socket {
        let mut hello = json!({ "type": "hello", "abilities": { "voice": false, "video": false } });
        if let Some(since) = since {
            hello["since"] = since.into();
        }
        socket.send(&hello).await;
        match socket.next().await {
            Some(api::ServerFrame::Welcome { head, snapshot, .. }) => {
                socket.head = head.0;
                socket.snapshot = snapshot;
            }
            other => panic!("a welcome: {other:?}"),
        }
        socket
    }

    pub(crate) async fn open(&self) -> Result<Socket, Error> {
        let stream = TcpStream::connect(self.address).await?;
        self.open_over(stream).await
    }

    /// A socket whose network holds little when it is not read; less than a segment of loopback would stall it.
    pub(crate) async fn narrow_socket(&self) -> Socket {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(128 * 1024).expect("small");
        let stream = socket.connect(self.address).await.expect("connected");
        let socket = self.open_over(stream).await.expect("the socket opens");
        self.greet(socket, None).await
    }

    async fn open_over(&self, stream: TcpStream) -> Result<Socket, Error> {
        let mut request = format!("ws://{}/v1/skein/socket", self.address).into_client_request()?;
        let headers = request.headers_mut();
        headers.insert(
            "Authorization",
            format!("Bearer {}", self.token).parse().expect("a value"),
        );
        headers.insert(
            "Sec-WebSocket-Protocol",
            "skein.v1".parse().expect("a value"),
        );
        let (stream, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Socket {
            stream,
            head: String::new(),
            snapshot: false,
        })
    }
}

pub(crate) fn send(to: &str, text: &str, client: &str) -> Value {
    json!({ "type": "send", "to": { "account": to }, "body": { "type": "plain", "text": text }, "client": client })
}

/// The words of a message.
pub(crate) fn words(message: &api::Message) -> String {
    let api::Body::Text { blocks } = &message.body else {
        return String::new();
    };
    blocks
        .iter()
        .map(|block| match block {
            api::Block::Paragraph { inline } => inline
                .iter()
                .map(|part| match part {
                    api::Inline::Text { text } => text.as_str(),
                    _ => "",
                })
                .collect::<String>(),
            _ => String::new(),
        })
        .collect()
}

/// A WebSocket in use.
pub(crate) struct Socket {
    pub(crate) stream: WebSocketStream<TcpStream>,
    pub(crate) head: String,
    pub(crate) snapshot: bool,
}

impl Socket {
    pub(crate) async fn send(&mut self, frame: &Value) {
        self.stream
            .send(Message::text(frame.to_string()))
            .await
            .expect("sent");
    }

    /// The next frame; `None` when the socket closed.
    pub(crate) async fn next(&mut self) -> Option<api::ServerFrame> {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("a frame in time");
            match next {
                Some(Ok(Message::Text(text))) => {
                    return Some(serde_json::from_str(&text).expect("the promised shape"));
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame that `pick` takes; others are skipped.
    pub(crate) async fn find<T>(
        &mut self,
        mut pick: impl FnMut(api::ServerFrame) -> Option<T>,
    ) -> T {
        loop {
            let frame = self.next().await.expect("the socket is open");
            if let Some(found) = pick(frame) {
                return found;
            }
        }
    }

    pub(crate) async fn find_event<T>(
        &mut self,
        mut pick: impl FnMut(&api::Event) -> Option<T>,
    ) -> T {
        self.find(|frame| match frame {
            api::ServerFrame::Event { placed } => pick(&placed.event),
            _ => None,
        })
        .await
    }

    pub(crate) async fn message(&mut self) -> api::Message {
        self.find_event(|event| match event {
            api::Event::Message { message, .. }
                if matches!(message.body, api::Body::Text { .. }) =>
            {
                Some(message.clone())
            }
            _ => None,
        })
        .await
    }

    /// What the server says last, and the code it closes with.
    pub(crate) async fn bye(&mut self) -> (Option<api::ByeWhy>, Option<CloseCode>) {
        let mut why = None;
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stream.next())
                .await
                .expect("a frame in time");
            match next {
                Some(Ok(Message::Text(text))) => {
                    if let api::ServerFrame::Bye { why: said, .. } =
                        serde_json::from_str(&text).expect("a frame")
                    {
                        why = Some(said);
                    }
                }
                Some(Ok(Message::Close(frame))) => return (why, frame.map(|frame| frame.code)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (why, None),
            }
        }
    }
}
