//! Uploads that are cut, meet each other, or are not as long as was said (case C10).

use reqwest::StatusCode;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use webapi::skein as api;

use crate::objects::{finish, text};
use crate::support::{Person, Server};

/// A piece of `whole` bytes of which only `sent` come before the connection goes.
async fn cut(server: &Server, who: &Person, id: &str, at: usize, whole: usize, sent: &[u8]) {
    let mut stream = TcpStream::connect(server.http()).await.expect("connected");
    let head = format!(
        "PATCH /v1/skein/objects/{id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Upload-Offset: {at}\r\nContent-Length: {whole}\r\n\r\n",
        who.token
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(sent).await.expect("sent");
    stream.shutdown().await.expect("closed");
}

async fn offset(server: &Server, who: &Person, id: &str) -> usize {
    let answer = who.fetch(server, &format!("objects/{id}")).await;
    text(answer.headers(), "upload-offset")
        .parse()
        .expect("a number")
}

async fn ready(who: &Person, begun: &api::ObjectInfo, bytes: &[u8]) -> api::ObjectInfo {
    match who.command(finish(begun, bytes)).await.value {
        api::Value::Object { object } => object,
        other => panic!("an object: {other:?}"),
    }
}

#[tokio::test]
async fn an_upload_that_is_cut_anywhere_goes_on_where_the_server_is() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let bytes: Vec<u8> = (0_u32..2_300_000).flat_map(u32::to_le_bytes).collect();
    let begun = ana.begins("numbers.bin", bytes.len(), "u").await;
    let id = &begun.id.0;
    for at in (0..bytes.len()).step_by(api::MAX_PIECE) {
        let piece = &bytes[at..bytes.len().min(at + api::MAX_PIECE)];
        let is_last = at + piece.len() == bytes.len();
        let cuts: &[usize] = match at / api::MAX_PIECE {
            0 => &[0, 1],
            8 => &[0, api::MAX_PIECE / 2],
            _ if is_last => &[piece.len() - 1],
            _ => &[],
        };
        for &length in cuts {
            cut(&server, &ana, id, at, piece.len(), &piece[..length]).await;
            assert_eq!(offset(&server, &ana, id).await, at, "{length} bytes of it");
        }
        let answer = ana.piece(&server, id, at, piece).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            text(answer.headers(), "upload-offset"),
            (at + piece.len()).to_string()
        );
    }
    let object = ready(&ana, &begun, &bytes).await;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    assert_eq!(object.sha256.as_deref(), Some(sha256.as_str()));
    let content = ana.fetch(&server, &format!("objects/{id}/content")).await;
    let content = content.bytes().await.expect("bytes");
    assert_eq!(hex::encode(Sha256::digest(&content)), sha256);
    server.stop().await;
}

#[tokio::test]
async fn of_two_pieces_for_one_place_one_is_kept_and_the_other_is_told_where_it_stands() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let (odd, even) = (vec![1; 300_000], vec![2; 300_000]);
    let begun = ana.begins("either.bin", 900_000, "u").await;
    let id = &begun.id.0;
    let mut kept = Vec::new();
    for _ in 0..3 {
        let at = kept.len();
        let (first, second) = tokio::join!(
            ana.piece(&server, id, at, &odd),
            ana.piece(&server, id, at, &even)
        );
        let (won, lost, piece) = match first.status() {
            StatusCode::OK => (first, second, &odd),
            _ => (second, first, &even),
        };
        kept.extend_from_slice(piece);
        assert_eq!(
            (won.status(), lost.status()),
            (StatusCode::OK, StatusCode::CONFLICT)
        );
        for answer in [won, lost] {
            let offset = text(answer.headers(), "upload-offset");
            assert_eq!(offset, kept.len().to_string());
        }
    }
    let object = ready(&ana, &begun, &kept).await;
    let sha256 = hex::encode(Sha256::digest(&kept));
    assert_eq!(
        object.sha256,
        Some(sha256),
        "nothing of the other one is in it"
    );
    server.stop().await;
}

#[tokio::test]
async fn what_is_longer_or_shorter_than_it_was_said_to_be_is_not_finished() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let long = ana.begins("long", 10, "long").await;
    let answer = ana.piece(&server, &long.id.0, 0, &[7; 11]).await;
    assert!(answer.status().is_client_error(), "{}", answer.status());
    assert_eq!(offset(&server, &ana, &long.id.0).await, 0);
    let short = ana.begins("short", 10, "short").await;
    let answer = ana.piece(&server, &short.id.0, 0, &[7; 9]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let (status, refusal) = ana.refused(finish(&short, &[7; 9])).await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::CONFLICT, "object_unfinished")
    );
    let send = json!({ "type": "send", "to": { "account": ana.id }, "client": "1", "body": { "type": "objects", "ids": [short.id] } });
    assert!(ana.refused(send).await.0.is_client_error(), "nor sent");
    // And both go on.
    for (begun, at) in [(&long, 0), (&short, 9)] {
        let answer = ana.piece(&server, &begun.id.0, at, &vec![7; 10 - at]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            ready(&ana, begun, &[7; 10]).await.state,
            api::ObjectState::Ready
        );
    }
    server.stop().await;
}

/// A proxy sends what it has before it reads, and says 502 if it cannot.
#[tokio::test]
async fn whoever_sends_much_that_is_refused_can_send_it_and_reads_why() {
    let server = Server::start().await;
    let length = 16 * 1024 * 1024;
    // Nobody is signed in; there is no such address; what is sent is not what belongs there.
    for (path, status) in [("objects/1", "401"), ("nothing", "404"), ("sign-in", "400")] {
        let mut stream = TcpStream::connect(server.http()).await.expect("connected");
        let method = if path == "objects/1" { "PATCH" } else { "POST" };
        let head = format!(
            "{method} /v1/skein/{path} HTTP/1.1\r\nHost: localhost\r\nUpload-Offset: 0\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream
            .write_all(&vec![0; length])
            .await
            .expect("all of it is taken");
        let mut answer = String::new();
        stream
            .read_to_string(&mut answer)
            .await
            .expect("the answer");
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{path}: {answer}"
        );
    }
    // Whoever asks first is answered at once, and sends nothing.
    let mut stream = TcpStream::connect(server.http()).await.expect("connected");
    let head = format!(
        "PATCH /v1/skein/objects/1 HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .await
        .expect("the answer");
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    server.stop().await;
}
