//! `GET /socket`: commands up, events down, over one WebSocket.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{FuturesUnordered, SplitSink, SplitStream};
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use hub::event::Heard;
use hub::id::Pos;
use hub::{Abilities, Events, Hello, Session};
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tracing::debug;
use webapi::skein::{ByeWhy, ClientFrame, Command, MAX_FRAME, SUBPROTOCOL, ServerFrame};

use super::auth::origin;
use super::feed::{Shown, bye, show};
use super::{Door, SignedIn, run, translate};
use crate::http::Refusal;

/// The first frame must come by then.
const HELLO: Duration = Duration::from_secs(10);
/// Bytes read at once; each connection holds so many while it says nothing. Most frames are shorter.
const READ_BUFFER: usize = 1024;
/// Commands of one socket that may wait for their answers; more are not read until one is answered.
const IN_FLIGHT: usize = 64;
/// A sign of life goes out this often: proxies cut what is quiet for 60 s, some after 30.
const SIGN_OF_LIFE: Duration = Duration::from_secs(20);
/// A peer that says nothing for so long, not even a pong, is gone.
const DEAD: Duration = Duration::from_secs(55);
/// While it calls somebody: a sign of life goes out this often, and who says nothing for so long is gone. The hub ends the ring 10 s
/// after the last word.
const CLOSE_LOOK: Duration = Duration::from_secs(2);
const DEAD_CALLER: Duration = Duration::from_secs(6);
/// Events sent together before the socket is flushed.
const TOGETHER: usize = 64;
/// How long a closed socket waits for the other side to close too.
const LINGER: Duration = Duration::from_secs(1);

type Sink = SplitSink<WebSocket, Message>;
type Answer = Pin<Box<dyn Future<Output = ServerFrame> + Send>>;

/// Upgrades; everything else happens in [`Socket`].
pub(super) async fn socket(
    State(door): State<Arc<Door>>,
    signed_in: SignedIn,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        return Refusal::bad_request("this address is a WebSocket: upgrade (RFC 6455 §4.1)")
            .into_response();
    };
    if door.stop.is_cancelled() {
        return Refusal::restarting().into_response();
    }
    // Shutdown waits for this token, and with it for the last word.
    let token = door.tasks.token();
    upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .max_write_buffer_size(4 * MAX_FRAME)
        .on_upgrade(move |websocket| async move {
            serve(websocket, &door, signed_in).await;
            drop(token);
        })
}

async fn serve(websocket: WebSocket, door: &Door, signed_in: SignedIn) {
    let (mut sink, mut stream) = websocket.split();
    // What does not last as long as the connection is on the heap while it does: else the room for it is held until the end, by
    // tens of thousands who only wait.
    let begun = Box::pin(begin(&mut sink, &mut stream, door, &signed_in)).await;
    let end = match begun {
        Ok((session, events, reached)) => {
            let mut socket = Socket {
                door,
                session,
                events,
                sink: &mut sink,
                waiting: FuturesUnordered::new(),
                reached,
                next: None,
                calls: false,
                last_heard: Instant::now(),
            };
            let end = socket.run(&mut stream).await;
            let quiet = socket.last_heard.elapsed();
            socket.events.was_quiet(quiet);
            end
        }
        Err(end) => end,
    };
    debug!(?end, "a socket ended");
    if let End::Bye(why, retry_after, code) = end {
        let frame = ServerFrame::Bye { why, retry_after };
        let _ = timeout(LINGER, Box::pin(last_word(sink, stream, frame, code))).await;
    }
}

async fn last_word(
    mut sink: Sink,
    mut stream: SplitStream<WebSocket>,
    frame: ServerFrame,
    code: u16,
) -> Result<(), axum::Error> {
    let close = Message::Close(Some(CloseFrame {
        code,
        reason: "".into(),
    }));
    sink.send(text(&frame)).await?;
    sink.send(close).await?;
    // Closing with unread bytes would reset the connection before the last word is read.
    while let Some(Ok(_)) = stream.next().await {}
    Ok(())
}

/// Why a socket ends.
#[derive(Debug)]
enum End {
    /// The other side closed, or is gone.
    Gone,
    /// This side closes, and says why.
    Bye(ByeWhy, Option<i64>, u16),
}

impl End {
    fn protocol(code: u16) -> Self {
        Self::Bye(ByeWhy::Protocol, None, code)
    }

    fn from_hub(why: hub::event::Why) -> Self {
        let (why, retry_after) = bye(why);
        let code = match why {
            ByeWhy::Restart => close_code::AWAY,
            ByeWhy::TooSlow => close_code::AGAIN,
            ByeWhy::SignedOut | ByeWhy::Blocked | ByeWhy::TooMany | ByeWhy::Protocol => {
                close_code::POLICY
            }
        };
        Self::Bye(why, retry_after, code)
    }
}

/// Waits for `hello`, attaches, and welcomes.
async fn begin(
    sink: &mut Sink,
    stream: &mut SplitStream<WebSocket>,
    door: &Door,
    signed_in: &SignedIn,
) -> Result<(Session, Events, Pos), End> {
    let first = tokio::select! {
        first = timeout(HELLO, next_text(stream)) => first.map_err(|_| End::protocol(close_code::POLICY))??,
        () = door.stop.cancelled() => return Err(End::from_hub(hub::event::Why::Stopping)),
    };
    let Ok(ClientFrame::Hello { since, abilities }) = serde_json::from_str(&first) else {
        return Err(End::protocol(close_code::PROTOCOL));
    };
    let Ok(since) = since
        .as_ref()
        .map(|pos| translate::position(&pos.0))
        .transpose()
    else {
        return Err(End::protocol(close_code::PROTOCOL));
    };
    let hello = Hello {
        door: "skein",
        abilities: Abilities {
            voice: abilities.voice,
            video: abilities.video,
            waiting: abilities.waiting,
        },
        here: false,
        since,
        from: origin(&signed_in.caller),
    };
    let (session, mut events) = match door.hub.attach(signed_in.who, hello).await {
        Ok(attached) => attached,
        Err(error) => return Err(refused(&error)),
    };
    let head = events.reached();
    // That a position is too old is heard at once, before anything else.
    let heard = events.next().now_or_never();
    let snapshot = since.is_none() || matches!(heard, Some(Heard::Behind));
    let endpoint = session
        .endpoint()
        .map_or_else(String::new, |id| id.to_string())
        .into();
    let welcome = ServerFrame::Welcome {
        endpoint,
        head: head.to_string().into(),
        now: door.clock.wall().0,
        snapshot,
    };
    send(sink, &welcome).await?;
    let mut reached = since.unwrap_or(head);
    if let Some(heard) = heard {
        match show(&session, heard).await {
            Shown::Placed(pos, placed) => {
                reached = pos;
                send(sink, &ServerFrame::Event { placed }).await?;
            }
            Shown::Passing(placed) => send(sink, &ServerFrame::Event { placed }).await?,
            Shown::Reached(pos) => {
                reached = pos;
                send(
                    sink,
                    &ServerFrame::Reached {
                        pos: pos.to_string().into(),
                    },
                )
                .await?;
            }
            Shown::Behind => reached = head,
            Shown::Ended(why) => return Err(End::from_hub(why)),
        }
    }
    Ok((session, events, reached))
}

fn refused(error: &hub::Error) -> End {
    match error.kind {
        hub::Kind::Unauthorized => End::from_hub(hub::event::Why::SignedOut),
        hub::Kind::Forbidden => End::from_hub(hub::event::Why::Blocked),
        hub::Kind::TooMany => End::from_hub(hub::event::Why::TooMany),
        _ => End::from_hub(hub::event::Why::Stopping),
    }
}

/// A socket in use.
struct Socket<'a> {
    door: &'a Door,
    session: Session,
    events: Events,
    sink: &'a mut Sink,
    waiting: FuturesUnordered<Answer>,
    reached: Pos,
    /// Taken out of the queue, not sent yet.
    next: Option<Heard>,
    /// It may be calling somebody.
    calls: bool,
    last_heard: Instant,
}

impl Socket<'_> {
    async fn run(&mut self, stream: &mut SplitStream<WebSocket>) -> End {
        let mut ticks = tokio::time::interval_at(Instant::now() + SIGN_OF_LIFE, SIGN_OF_LIFE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut close_look = tokio::time::interval(CLOSE_LOOK);
        close_look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let done = tokio::select! {
                heard = next_heard(&mut self.next, &mut self.events) => Box::pin(self.tell(heard)).await,
                frame = stream.next(), if self.waiting.len() < IN_FLIGHT => {
                    self.last_heard = Instant::now();
                    Box::pin(self.take(frame)).await
                }
                Some(frame) = self.waiting.next() => Box::pin(self.answer(frame)).await,
                _ = ticks.tick() => match self.is_silent(DEAD) {
                    true => Err(End::Gone),
                    false => Box::pin(self.live()).await,
                },
                _ = close_look.tick(), if self.calls => {
                    self.calls = self.session.awaits_answer();
                    match self.calls && self.is_silent(DEAD_CALLER) {
                        true => Err(End::Gone),
                        false => self.ping().await,
                    }
                }
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// While answers are awaited nothing is read: then silence is our own.
    fn is_silent(&self, patience: Duration) -> bool {
        self.last_heard.elapsed() > patience && self.waiting.len() < IN_FLIGHT
    }

    /// Something was heard: sends it, and what else is there already, in one go.
    async fn tell(&mut self, heard: Heard) -> Result<(), End> {
        let mut next = Some(heard);
        for _ in 0..TOGETHER {
            let Some(heard) = next else { break };
            let frame = match show(&self.session, heard).await {
                Shown::Placed(pos, placed) => {
                    self.reached = pos;
                    ServerFrame::Event { placed }
                }
                Shown::Passing(placed) => ServerFrame::Event { placed },
                Shown::Reached(pos) => {
                    self.reached = pos;
                    ServerFrame::Reached {
                        pos: pos.to_string().into(),
                    }
                }
                // Too much was missed to send it by frames: come back, and the welcome will ask for a snapshot.
                Shown::Behind => return Err(End::from_hub(hub::event::Why::TooSlow)),
                Shown::Ended(why) => return Err(End::from_hub(why)),
            };
            self.sink.feed(text(&frame)).await.map_err(|_| End::Gone)?;
            next = self.events.next().now_or_never();
        }
        // One was taken out of the queue beyond the bundle: it opens the next. In between, frames are read and answers
        // sent, however much there is to hear.
        self.next = next;
        self.sink.flush().await.map_err(|_| End::Gone)
    }

    /// A command was answered: sends it, and what else was answered with it, in one go.
    async fn answer(&mut self, frame: ServerFrame) -> Result<(), End> {
        let mut next = Some(frame);
        while let Some(frame) = next {
            self.sink.feed(text(&frame)).await.map_err(|_| End::Gone)?;
            next = self.waiting.next().now_or_never().flatten();
        }
        self.sink.flush().await.map_err(|_| End::Gone)
    }

    /// A frame came, or the other side is gone.
    async fn take(&mut self, frame: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let frame = match frame {
            Some(Ok(Message::Text(frame))) => frame,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return Err(End::protocol(close_code::UNSUPPORTED)),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(error)),
        };
        match serde_json::from_str(&frame) {
            Ok(ClientFrame::Command { id, command }) => {
                self.calls |= matches!(command, Command::Call { .. });
                let session = self.session.clone();
                let mut answer: Answer = Box::pin(async move {
                    match run(&session, command).await {
                        Ok(done) => ServerFrame::Done { id, done },
                        Err(Refusal(error)) => ServerFrame::Error { id, error },
                    }
                });
                // Begun in the order in which they came: what is sent first stands first.
                match futures_util::poll!(&mut answer) {
                    Poll::Ready(frame) => send(self.sink, &frame).await,
                    Poll::Pending => {
                        self.waiting.push(answer);
                        Ok(())
                    }
                }
            }
            Ok(ClientFrame::Ping { t }) => {
                send(
                    self.sink,
                    &ServerFrame::Pong {
                        t,
                        now: self.door.clock.wall().0,
                    },
                )
                .await
            }
            Ok(ClientFrame::Hello { .. }) => Err(End::protocol(close_code::PROTOCOL)),
            Err(error) => match id_of(&frame) {
                // A command of a newer client: refused by its id, the socket goes on.
                Some(id) => {
                    let message = format!(
                        "the command cannot be understood: {}",
                        crate::http::clear(&error)
                    );
                    let Refusal(error) = Refusal::bad_request(message);
                    send(self.sink, &ServerFrame::Error { id, error }).await
                }
                None => Err(End::protocol(close_code::PROTOCOL)),
            },
        }
    }

    /// A sign of life, for proxies and for the client; the pong to it tells that the client is there.
    async fn live(&mut self) -> Result<(), End> {
        send(
            self.sink,
            &ServerFrame::Reached {
                pos: self.reached.to_string().into(),
            },
        )
        .await?;
        self.ping().await
    }

    async fn ping(&mut self) -> Result<(), End> {
        self.sink
            .send(Message::Ping(Default::default()))
            .await
            .map_err(|_| End::Gone)
    }
}

/// What is heard next. Cancel-safe: what was taken already is given at the first poll.
async fn next_heard(next: &mut Option<Heard>, events: &mut Events) -> Heard {
    match next.take() {
        Some(heard) => heard,
        None => events.next().await,
    }
}

fn text(frame: &ServerFrame) -> Message {
    Message::text(serde_json::to_string(frame).expect("frames are plain data"))
}

async fn send(sink: &mut Sink, frame: &ServerFrame) -> Result<(), End> {
    sink.send(text(frame)).await.map_err(|_| End::Gone)
}

/// The next text; pings before it are answered by the WebSocket itself.
async fn next_text(
    stream: &mut SplitStream<WebSocket>,
) -> Result<axum::extract::ws::Utf8Bytes, End> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(End::protocol(close_code::UNSUPPORTED)),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
            Some(Err(error)) => return Err(broken(error)),
        }
    }
}

/// A frame that is too large is told apart from a connection that is gone.
fn broken(error: axum::Error) -> End {
    use tokio_tungstenite::tungstenite::Error;
    match error.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => End::protocol(close_code::SIZE),
        Some(Error::Protocol(_) | Error::Utf8(_)) => End::protocol(close_code::PROTOCOL),
        _ => End::Gone,
    }
}

/// The id of a command whose content is not understood.
fn id_of(frame: &str) -> Option<u32> {
    #[derive(serde::Deserialize)]
    struct Envelope {
        r#type: String,
        id: u32,
    }
    serde_json::from_str::<Envelope>(frame)
        .ok()
        .filter(|envelope| envelope.r#type == "command")
        .map(|envelope| envelope.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of<T>(_: fn(WebSocket, &'static Door, SignedIn) -> T) -> usize {
        size_of::<T>()
    }

    /// Whoever says nothing costs little: 100,000 of them in a gigabyte have 10.7 KiB each for everything.
    #[test]
    fn a_connection_that_waits_holds_no_room_for_what_it_does_not_do() {
        let bytes = bytes_of(serve);
        assert!(bytes <= 2_560, "{bytes}");
    }
}
