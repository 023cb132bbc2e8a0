//! One TCP connection, from its first byte to the dialect that it speaks.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, trace};

use super::admission::Ticket;
use super::paced::Paced;
use super::{FIRST_BYTE, HANDSHAKE, WRITE};
use crate::http::{Connection, Http};

/// The first byte of a TLS record that holds a ClientHello (RFC 8446 §5.1).
const TLS_HANDSHAKE: u8 = 0x16;
/// What tells the methods of HTTP from each other and from everything else.
const TELLING: usize = 4;

/// What a listener expects.
#[derive(Clone)]
pub(crate) enum Entrance {
    /// Plain HTTP.
    Plain,
    /// TLS; `advice` is where people should go who speak plain HTTP here.
    Tls {
        acceptor: TlsAcceptor,
        advice: Arc<str>,
    },
}

/// Serves one connection until it ends, is too slow, or has to give way.
pub(crate) async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    ticket: Arc<Ticket>,
    entrance: Entrance,
    http: Http,
) {
    // Small frames must not wait for the answer to the last one.
    let _ = stream.set_nodelay(true);
    let given_way = ticket.clone();
    let served = async {
        match entrance {
            Entrance::Plain => plain(stream, peer, ticket, http).await,
            Entrance::Tls { acceptor, advice } => {
                tls(stream, peer, ticket, acceptor, &advice, http).await
            }
        }
    };
    tokio::select! {
        served = served => if let Err(error) = served { trace!(%error, "a connection ended"); },
        () = given_way.gives_way() => debug!("a connection gave way to a newer one"),
    }
}

async fn plain(
    stream: TcpStream,
    peer: SocketAddr,
    ticket: Arc<Ticket>,
    http: Http,
) -> io::Result<()> {
    first_byte(&stream).await?;
    let connection = Connection {
        peer,
        tls: false,
        ticket,
    };
    http.serve_http1(Paced::new(stream, WRITE), connection)
        .await
}

async fn tls(
    mut stream: TcpStream,
    peer: SocketAddr,
    ticket: Arc<Ticket>,
    acceptor: TlsAcceptor,
    advice: &str,
    http: Http,
) -> io::Result<()> {
    match first_byte(&stream).await? {
        TLS_HANDSHAKE => {}
        // On the heap while it lasts: else each connection has room for it.
        letter if letter.is_ascii_uppercase() => {
            return Box::pin(advise(&mut stream, advice)).await;
        }
        _ => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "neither TLS nor HTTP",
            ));
        }
    }
    let stream = within(HANDSHAKE, acceptor.accept(Paced::new(stream, WRITE))).await?;
    let connection = Connection {
        peer,
        tls: true,
        ticket,
    };
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http.serve_http2(stream, connection).await,
        Some(_) => http.serve_http1(stream, connection).await,
        None => Box::pin(by_first_bytes(stream, connection, http)).await,
    }
}

/// No ALPN: the first decrypted bytes say which dialect it is. Further dialects join here.
async fn by_first_bytes<S>(mut stream: S, connection: Connection, http: Http) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut read = BytesMut::with_capacity(TELLING);
    within(FIRST_BYTE, async {
        while read.len() < TELLING {
            if stream.read_buf(&mut read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    })
    .await?;
    let stream_with = |read| Prefixed {
        read,
        inner: stream,
    };
    match &read[..TELLING] {
        b"PRI " => http.serve_http2(stream_with(read), connection).await,
        b"GET " | b"HEAD" | b"POST" | b"PUT " | b"DELE" | b"OPTI" | b"PATC" => {
            http.serve_http1(stream_with(read), connection).await
        }
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "no dialect of this server",
        )),
    }
}

/// Waits for the first byte without taking it.
async fn first_byte(stream: &TcpStream) -> io::Result<u8> {
    let mut byte = [0];
    match within(FIRST_BYTE, stream.peek(&mut byte)).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(byte[0]),
    }
}

/// Plain HTTP on the TLS port: one line that says where to go (RFC 9110 §15.5.1).
async fn advise(stream: &mut TcpStream, advice: &str) -> io::Result<()> {
    let body = format!("This port speaks https: open {advice}\n");
    let answer = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    within(WRITE, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        // Closing with unread bytes would reset the connection before the answer is read; take a few.
        let mut rest = [0; 4096];
        for _ in 0..16 {
            if stream.read(&mut rest).await? == 0 {
                break;
            }
        }
        Ok(())
    })
    .await
}

async fn within<T>(limit: Duration, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the peer is too slow",
        ))
    })
}

/// A stream some of whose bytes were read already.
struct Prefixed<S> {
    read: BytesMut,
    inner: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Prefixed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read.is_empty() {
            return Pin::new(&mut self.inner).poll_read(cx, buffer);
        }
        let length = self.read.len().min(buffer.remaining());
        buffer.put_slice(&self.read[..length]);
        self.read.advance(length);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prefixed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
