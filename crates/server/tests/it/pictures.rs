//! Pictures through the door: what they lose, and what is made of them.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageBuffer, Rgb};
use reqwest::StatusCode;
use serde_json::json;
use webapi::skein as api;

use crate::objects::{finish, text};
use crate::support::{Person, Server};

/// Stands where a camera writes where it was.
const PLACE: &[u8] = b"38.7223N 9.1393W";

/// A JPEG that Exif turns by a quarter and that says where it was taken (TIFF 6.0; Exif tags 0x0112, 0x8825, 0x001c).
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut plain = Vec::new();
    ImageBuffer::from_pixel(width, height, Rgb([9_u8, 99, 199]))
        .write_with_encoder(JpegEncoder::new(&mut plain))
        .expect("encoded");
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    exif.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend([1, 0, 0x1c, 0, 7, 0, 16, 0, 0, 0, 56, 0, 0, 0, 0, 0, 0, 0]);
    exif.extend(PLACE);
    let length = u16::try_from(exif.len() + 2).expect("short");
    let mut out = plain[..2].to_vec();
    out.extend([0xff, 0xe1]);
    out.extend(length.to_be_bytes());
    out.extend(exif);
    out.extend(&plain[2..]);
    out
}

#[tokio::test]
async fn a_photograph_is_upright_and_says_nowhere_where_it_was_taken() {
    let server = Server::start().await;
    let ana = Person::register(&server, "ana").await;
    let sent = jpeg(1_200, 300);
    let holds = |bytes: &[u8]| bytes.windows(PLACE.len()).any(|part| part == PLACE);
    assert!(holds(&sent));
    let picture = ana.upload(&server, "lake.jpg", &sent).await;
    assert_eq!(picture.mime.as_deref(), Some("image/jpeg"));
    assert_eq!((picture.width, picture.height), (Some(300), Some(1_200)));
    let path = format!("objects/{}", picture.id);
    let whole = ana.fetch(&server, &format!("{path}/content")).await;
    let whole = whole.bytes().await.expect("bytes");
    assert_eq!(i64::try_from(whole.len()), Ok(picture.size));
    assert!(!holds(&whole) && !whole.windows(4).any(|part| part == b"Exif"));
    let image = image::load_from_memory(&whole).expect("a picture");
    assert_eq!((image.width(), image.height()), (300, 1_200));

    assert!(picture.preview);
    let preview = ana.fetch(&server, &format!("{path}/preview")).await;
    assert_eq!(text(preview.headers(), "content-type"), "image/jpeg");
    assert!(text(preview.headers(), "content-disposition").starts_with("inline; "));
    let small = preview.bytes().await.expect("bytes");
    let small = image::load_from_memory(&small).expect("a picture");
    assert_eq!((small.width(), small.height()), (160, 640));

    // Nothing of what was sent lies on the disk.
    let shelves = std::fs::read_dir(server.folder.path().join("blobs")).expect("readable");
    for shelf in shelves {
        let files = std::fs::read_dir(shelf.expect("readable").path()).expect("readable");
        for file in files {
            let path = file.expect("readable").path();
            assert!(
                !holds(&std::fs::read(&path).expect("readable")),
                "{}",
                path.display()
            );
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_picture_that_is_too_large_when_it_is_unpacked_is_refused() {
    let server = Server::start_with(|config| config.objects.picture_pixels = 10_000).await;
    let ana = Person::register(&server, "ana").await;
    ana.upload(&server, "fits.jpg", &jpeg(100, 100)).await;
    let bomb = jpeg(101, 100);
    let begun = ana.begins("bomb.jpg", bomb.len(), "b").await;
    ana.piece(&server, &begun.id.0, 0, &bomb).await;
    let (status, refusal) = ana.refused(finish(&begun, &bomb)).await;
    assert_eq!(
        (status, refusal.code.as_str()),
        (StatusCode::BAD_REQUEST, "picture_pixels")
    );
    server.stop().await;
}

#[tokio::test]
async fn a_group_shows_a_picture_and_a_small_one_is_its_own_preview() {
    let server = Server::start().await;
    let (ana, bob) = (
        Person::register(&server, "ana").await,
        Person::register(&server, "bob").await,
    );
    ana.befriend(&bob).await;
    let create =
        json!({ "type": "create_group", "title": "Geese", "members": [bob.id], "client": "g1" });
    let api::Value::Conversation { conversation } = ana.command(create).await.value else {
        panic!("a group");
    };
    let id = conversation.id.0;
    let small = jpeg(30, 40);
    let picture = ana.upload(&server, "flock.jpg", &small).await;
    assert!(!picture.preview);
    let update =
        |picture: &str| json!({ "type": "update_group", "conversation": id, "picture": picture });
    ana.command(update(&picture.id.0)).await;
    let seen: api::Conversation = bob.get(&format!("conversations/{id}")).await;
    assert_eq!(seen.picture, Some(picture.id.clone()));
    let line = api::SystemLine::Pictured { present: true };
    assert_eq!(seen.last.expect("a line").body, api::Body::System { line });
    let path = format!("objects/{}", picture.id);
    let preview = bob.fetch(&server, &format!("{path}/preview")).await;
    assert_eq!(preview.status(), StatusCode::OK);
    assert!(text(preview.headers(), "content-disposition").starts_with("inline; "));
    assert_eq!(
        preview.bytes().await.expect("bytes"),
        bob.fetch(&server, &format!("{path}/content"))
            .await
            .bytes()
            .await
            .expect("bytes")
    );
    ana.command(update("")).await;
    let gone = bob.fetch(&server, &format!("{path}/preview")).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let seen: api::Conversation = bob.get(&format!("conversations/{id}")).await;
    assert_eq!(seen.picture, None);
}
