//! A connection against a server that answers when the test says so.

use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, header};
use webapi::skein::{EndpointId, SUBPROTOCOL, Value};

use super::*;
use crate::server::json;

/// The server's end of one link.
struct Far(WebSocketStream<TcpStream>);

impl Far {
    /// The next one that comes, welcomed.
    #[expect(
        clippy::result_large_err,
        reason = "the library says which refusal it takes"
    )]
    async fn welcome(listener: &TcpListener) -> Self {
        let (tcp, _) = listener.accept().await.expect("it connects");
        let agree = |_: &Request, mut response: Response| -> Result<Response, ErrorResponse> {
            let protocol = HeaderValue::from_static(SUBPROTOCOL);
            let headers = response.headers_mut();
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
            Ok(response)
        };
        let socket = tokio_tungstenite::accept_hdr_async(tcp, agree).await;
        let mut far = Self(socket.expect("a WebSocket"));
        far.say(&ServerFrame::Welcome {
            endpoint: EndpointId("e".into()),
            head: Position::default(),
            now: 0,
            snapshot: false,
        })
        .await;
        far
    }

    async fn say(&mut self, frame: &ServerFrame) {
        let sent = self.0.send(Message::text(json(frame))).await;
        sent.expect("the client reads");
    }

    /// The next command that comes.
    async fn asked(&mut self) -> (u32, Command) {
        loop {
            let frame = self.0.next().await.expect("a frame").expect("sound");
            let frame = serde_json::from_str(frame.to_text().expect("text"));
            if let ClientFrame::Command { id, command } = frame.expect("a frame of the client") {
                return (id, command);
            }
        }
    }

    async fn done(&mut self, id: u32) {
        let done = Done {
            pos: None,
            value: Value::None,
        };
        self.say(&ServerFrame::Done { id, done }).await;
    }
}

/// One of many commands that can be told apart.
fn numbered(number: usize) -> Command {
    Command::Ack {
        upto: Position(number.to_string()),
    }
}

async fn connected() -> (TcpListener, Connection, Far) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("bound"));
    let server = Server::new(&address, None).expect("an address");
    let (connection, far) = tokio::join!(Connection::open(&server), Far::welcome(&listener));
    (listener, connection.expect("welcomed"), far)
}

#[tokio::test]
async fn what_belongs_to_a_link_that_broke_is_said_by_no_other_one() {
    let (listener, mut connection, mut far) = connected().await;
    // As many as may wait: what comes after them stands in the queue.
    let kept: Vec<_> = (0..MAX_PENDING)
        .map(|number| connection.command(numbered(number)))
        .collect();
    for _ in 0..MAX_PENDING {
        far.asked().await;
    }
    let queued = connection.command_now(numbered(1_000));
    let behind = connection.command(numbered(1_001));
    drop(far);
    assert!(matches!(connection.next().await, News::Lost));
    let while_away = connection.command_now(numbered(1_002));
    assert!(while_away.await.is_err(), "there is no link that it is for");
    let mut far = Far::welcome(&listener).await;
    assert!(matches!(connection.next().await, News::Back));
    let now = connection.command_now(numbered(1_003));
    let mut asked = Vec::new();
    for _ in 0..MAX_PENDING + 2 {
        let (id, command) = far.asked().await;
        far.done(id).await;
        asked.push(command);
    }
    let expected: Vec<Command> = (0..MAX_PENDING)
        .chain([1_001, 1_003])
        .map(numbered)
        .collect();
    assert_eq!(asked, expected);
    assert!(join_all(kept).await.iter().all(Result::is_ok));
    assert!(behind.await.is_ok() && now.await.is_ok());
    assert!(queued.await.is_err());
}
