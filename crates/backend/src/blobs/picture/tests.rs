//! Pictures made here, with what they must not keep.

use image::codecs::gif::GifEncoder;
use image::codecs::png::PngEncoder;
use image::{Frame, ImageBuffer, Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

const MAX: u64 = 1_000_000;
/// Stands in everything that must go.
const SECRET: &[u8] = b"38.7223N 9.1393W";

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|part| part == what)
}

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> RgbImage {
    ImageBuffer::from_fn(width, height, |x, _| {
        if x < width / 2 {
            Rgb([250, 5, 5])
        } else {
            Rgb([5, 5, 250])
        }
    })
}

fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut out, 95);
    halves(width, height)
        .write_with_encoder(encoder)
        .expect("encoded");
    out
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let encoder = PngEncoder::new(&mut out);
    halves(width, height)
        .write_with_encoder(encoder)
        .expect("encoded");
    out
}

/// TIFF, little-endian: the orientation, and a GPS directory with the secret as its area (tags 0x0112, 0x8825, 0x001c).
fn exif(orientation: u8) -> Vec<u8> {
    let mut out = b"Exif\0\0II*\0\x08\0\0\0\x02\0".to_vec();
    out.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    out.extend([0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]);
    out.extend([0; 4]);
    out.extend([1, 0, 0x1c, 0, 7, 0, 16, 0, 0, 0, 56, 0, 0, 0]);
    out.extend([0; 4]);
    out.extend(SECRET);
    out
}

fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0xff, marker];
    out.extend(u16::try_from(data.len() + 2).expect("short").to_be_bytes());
    out.extend(data);
    out
}

/// With metadata behind its beginning, and more behind its end.
fn marked_jpeg(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let plain = jpeg(width, height);
    let mut out = plain[..2].to_vec();
    out.extend(segment(0xe1, &exif(orientation)));
    out.extend(segment(
        0xe1,
        &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat(),
    ));
    out.extend(segment(0xed, &[b"Photoshop 3.0\0", SECRET].concat()));
    out.extend(segment(0xe2, b"ICC_PROFILE\0\x01\x01colours"));
    out.extend(segment(0xfe, SECRET));
    out.extend(&plain[2..]);
    out.extend(SECRET);
    out
}

#[test]
fn a_jpeg_loses_its_metadata_and_not_a_pixel() {
    let sent = marked_jpeg(64, 32, 1);
    assert!(holds(&sent, SECRET));
    let kept = clean(&sent, Raster::Jpeg, MAX).expect("a picture");
    assert!(!holds(&kept.bytes, SECRET));
    assert!(!holds(&kept.bytes, b"Exif") && !holds(&kept.bytes, b"Photoshop"));
    assert!(holds(&kept.bytes, b"ICC_PROFILE"), "colours stay right");
    assert_eq!((kept.width, kept.height), (64, 32));
    assert_eq!(kept.preview, None);
    let pixels = |bytes: &[u8]| image::load_from_memory(bytes).expect("decoded").to_rgb8();
    assert_eq!(pixels(&kept.bytes), pixels(&jpeg(64, 32)));
    // What was cleaned once stays as it is: two people who pass it on share one blob.
    let again = clean(&kept.bytes, Raster::Jpeg, MAX).expect("a picture");
    assert_eq!(again, kept);
}

#[test]
fn a_jpeg_that_exif_turns_is_turned() {
    // 6: the camera was held upright, so what is on the left belongs to the top.
    let kept = clean(&marked_jpeg(64, 32, 6), Raster::Jpeg, MAX).expect("a picture");
    assert_eq!((kept.width, kept.height), (32, 64));
    assert!(!holds(&kept.bytes, SECRET));
    let image = image::load_from_memory(&kept.bytes)
        .expect("decoded")
        .to_rgb8();
    assert_eq!(image.dimensions(), (32, 64));
    let (top, bottom) = (image.get_pixel(16, 8).0, image.get_pixel(16, 56).0);
    assert!(top[0] > 200 && top[2] < 60, "red is on top: {top:?}");
    assert!(bottom[2] > 200 && bottom[0] < 60, "blue below: {bottom:?}");
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(data.len())
        .expect("short")
        .to_be_bytes()
        .to_vec();
    out.extend(name);
    out.extend(data);
    out.extend(crc(&out[4..]).to_be_bytes());
    out
}

/// PNG annex D.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

#[test]
fn a_png_loses_text_times_and_exif() {
    let plain = png(16, 16);
    let (head, rest) = plain.split_at(8 + 25);
    let extra = [
        chunk(b"tEXt", &[b"Comment\0", SECRET].concat()),
        chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat()),
        chunk(b"eXIf", &exif(1)[6..]),
        chunk(b"tIME", &[7, 0xea, 1, 1, 1, 1, 1]),
        chunk(b"prIv", SECRET),
    ];
    let sent = [head, &extra.concat(), rest, SECRET].concat();
    let kept = clean(&sent, Raster::Png, MAX).expect("a picture");
    assert_eq!(kept.bytes, plain);
    // What is unknown and critical cannot be left out.
    let strange = [head, &chunk(b"ABCD", b"x"), rest].concat();
    let refused = clean(&strange, Raster::Png, MAX).expect_err("unknown");
    assert!(matches!(refused, BlobError::Refused("picture_broken", _)));
}

fn gif(frames: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = GifEncoder::new(&mut out);
    encoder
        .set_repeat(image::codecs::gif::Repeat::Infinite)
        .expect("set");
    for n in 0..frames {
        let shade = u8::try_from(n * 80).expect("small");
        let frame = RgbaImage::from_pixel(8, 8, Rgba([shade, 0, 0, 255]));
        encoder.encode_frame(Frame::new(frame)).expect("encoded");
    }
    drop(encoder);
    out
}

#[test]
fn a_gif_keeps_its_frames_and_loses_comments_and_foreign_data() {
    let plain = gif(3);
    let (before, end) = plain.split_at(plain.len() - 1);
    assert_eq!(end, [0x3b]);
    let length = u8::try_from(SECRET.len()).expect("short");
    let comment = [&[0x21, 0xfe, length], SECRET, &[0]].concat();
    let xmp = [b"\x21\xff\x0bXMP DataXMP", &[length][..], SECRET, &[0]].concat();
    let sent = [before, &comment, &xmp, end, SECRET].concat();
    let kept = clean(&sent, Raster::Gif, MAX).expect("a picture");
    assert!(!holds(&kept.bytes, SECRET) && !holds(&kept.bytes, b"XMP"));
    assert!(holds(&kept.bytes, b"NETSCAPE2.0"), "it is repeated");
    let stripped = gif::strip(&kept.bytes).expect("a picture");
    assert_eq!(stripped.frames, 3);
    let decoder = GifDecoder::new(Cursor::new(&kept.bytes)).expect("a picture");
    let frames = image::AnimationDecoder::into_frames(decoder).count();
    assert_eq!(frames, 3);
}

#[test]
fn a_webp_loses_exif_and_xmp_and_what_announces_them() {
    let mut plain = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut plain);
    halves(16, 8).write_with_encoder(encoder).expect("encoded");
    let part = |name: &[u8; 4], data: &[u8]| {
        let mut out = name.to_vec();
        out.extend(u32::try_from(data.len()).expect("short").to_le_bytes());
        out.extend(data);
        out.extend(vec![0; data.len() % 2]);
        out
    };
    let parts = [
        b"WEBP".to_vec(),
        part(b"VP8X", &[0x0c, 0, 0, 0, 15, 0, 0, 7, 0, 0]),
        plain[12..].to_vec(),
        part(b"EXIF", &exif(1)[6..]),
        part(b"XMP ", SECRET),
    ]
    .concat();
    let length = u32::try_from(parts.len()).expect("short").to_le_bytes();
    let sent = [b"RIFF", &length[..], &parts, SECRET].concat();
    let kept = clean(&sent, Raster::Webp, MAX).expect("a picture");
    assert!(!holds(&kept.bytes, SECRET) && !holds(&kept.bytes, b"EXIF"));
    assert_eq!(kept.bytes[20], 0, "nothing is announced");
    assert_eq!((kept.width, kept.height), (16, 8));
}

#[test]
fn a_picture_with_too_many_pixels_is_refused_by_its_head() {
    // 30,000 × 30,000 in some bytes: nothing of it is decoded.
    let mut head = Vec::new();
    head.extend(30_000_u32.to_be_bytes());
    head.extend(30_000_u32.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    let bomb = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &head),
        chunk(b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]),
        chunk(b"IEND", b""),
    ]
    .concat();
    let refused = |bytes: &[u8], raster, max| match clean(bytes, raster, max) {
        Err(BlobError::Refused(code, _)) => code,
        other => panic!("refused: {other:?}"),
    };
    assert_eq!(refused(&bomb, Raster::Png, 50_000_000), "picture_pixels");
    // A long thin one is within the pixels and over the side.
    let mut thin = bomb.clone();
    thin[16..20].copy_from_slice(&20_000_u32.to_be_bytes());
    thin[20..24].copy_from_slice(&1_u32.to_be_bytes());
    let check = crc(&thin[12..29]).to_be_bytes();
    thin[29..33].copy_from_slice(&check);
    assert_eq!(refused(&thin, Raster::Png, 50_000_000), "picture_pixels");
    assert_eq!(
        refused(&png(101, 100), Raster::Png, 10_000),
        "picture_pixels"
    );
    clean(&png(100, 100), Raster::Png, 10_000).expect("as many as there may be");
    // A frame of 65,535 × 65,535 in a GIF of 8 × 8.
    let mut gif = gif(1);
    let frame = gif
        .windows(5)
        .position(|w| w == [0x2c, 0, 0, 0, 0])
        .expect("a frame");
    gif[frame + 5..frame + 9].fill(0xff);
    assert_eq!(refused(&gif, Raster::Gif, 50_000_000), "picture_pixels");
}

#[test]
fn what_is_damaged_or_no_picture_is_refused() {
    let script = b"GIF89a/*\0\0\0\0*/=1;alert(1)".as_slice();
    let cut = &jpeg(64, 64)[..200];
    let sent = [
        (script, Raster::Gif),
        (cut, Raster::Jpeg),
        (b"\xff\xd8\xff\xd9", Raster::Jpeg),
        (b"\x89PNG\r\n\x1a\n", Raster::Png),
        (b"RIFF\x04\0\0\0WEBP", Raster::Webp),
        (b"", Raster::Webp),
    ];
    for (bytes, raster) in sent {
        let refused = clean(bytes, raster, MAX).expect_err("no picture");
        assert!(
            matches!(refused, BlobError::Refused("picture_broken", _)),
            "{raster:?}"
        );
    }
}

#[test]
fn a_large_picture_has_a_preview_that_is_no_larger_than_one() {
    let kept = clean(&jpeg(1_280, 320), Raster::Jpeg, MAX).expect("a picture");
    let preview = kept.preview.expect("it is large");
    assert_eq!(Raster::of(&preview), Some(Raster::Jpeg));
    let small = image::load_from_memory(&preview).expect("decoded");
    assert_eq!((small.width(), small.height()), (640, 160));
    // What is clear stays clear.
    let mut sent = Vec::new();
    RgbaImage::from_pixel(800, 10, Rgba([9, 9, 9, 100]))
        .write_with_encoder(PngEncoder::new(&mut sent))
        .expect("encoded");
    let preview = clean(&sent, Raster::Png, MAX).expect("a picture").preview;
    assert_eq!(Raster::of(&preview.expect("large")), Some(Raster::Png));
}

#[test]
fn the_seeds_of_fuzzing_are_pictures_and_stay_as_they_are() {
    let seeds = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fuzz/corpus/backend_pictures"
    );
    let mut kinds = std::collections::BTreeSet::new();
    for seed in std::fs::read_dir(seeds).expect("readable") {
        let bytes = std::fs::read(seed.expect("readable").path()).expect("readable");
        let raster = Raster::of(&bytes).expect("a picture");
        let kept = clean(&bytes, raster, MAX).expect("a picture");
        let again = clean(&kept.bytes, raster, MAX).expect("a picture");
        assert_eq!(again, kept);
        kinds.insert(raster.mime());
    }
    assert_eq!(kinds.len(), 4, "one of each kind: {kinds:?}");
}
