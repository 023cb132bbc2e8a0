//! Pictures: freed of what is not needed to show them, turned upright, and made small.

use std::io::Cursor;

use hub::blobs::BlobError;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::{gif::GifDecoder, jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, Limits};

use super::{gif, jpeg, png, webp};

/// Pixels on a side.
const MAX_SIDE: u32 = 16_384;
/// Frames of an animated picture.
const MAX_FRAMES: u32 = 1_000;
/// Pixels on the longer side of a preview.
const PREVIEW_SIDE: u32 = 640;
/// Bytes up to which a picture that stands still and is no larger than a preview needs none.
const SMALL: usize = 100_000;
/// Quality of a JPEG that had to be turned.
const TURNED_QUALITY: u8 = 92;
/// Quality of a preview.
const PREVIEW_QUALITY: u8 = 80;

/// Kinds of pictures that are cleaned and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raster {
    /// ITU-T T.81.
    Jpeg,
    /// W3C PNG, animated ones too.
    Png,
    /// GIF 87a and 89a.
    Gif,
    /// RFC 9649.
    Webp,
}

impl Raster {
    /// What these first bytes begin, if it is a picture.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        if head.starts_with(b"\xff\xd8\xff") {
            Some(Self::Jpeg)
        } else if head.starts_with(b"\x89PNG\r\n\x1a\n") {
            Some(Self::Png)
        } else if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
            Some(Self::Gif)
        } else if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
            Some(Self::Webp)
        } else {
            None
        }
    }

    /// Its type.
    #[must_use]
    pub fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

/// A container without what is not needed to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stripped {
    pub(super) bytes: Vec<u8>,
    /// How many frames it has.
    pub(super) frames: u32,
    /// Pixels of its largest frame, where frames have a size of their own.
    pub(super) largest: u64,
}

/// A picture that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Pixels across, as it is shown.
    pub width: u32,
    /// Pixels down, as it is shown.
    pub height: u32,
    /// A smaller picture, JPEG or PNG, where the picture is not small itself.
    pub preview: Option<Vec<u8>>,
}

/// Cleans a picture of at most `max_pixels` pixels: RFC 9649, PNG §11, T.81 annex B and GIF89a say which parts show it, and only
/// these are kept.
///
/// # Errors
/// A rule by name with what to do: it is damaged, or too large.
pub fn clean(bytes: &[u8], raster: Raster, max_pixels: u64) -> Result<Picture, BlobError> {
    let stripped = match raster {
        Raster::Jpeg => jpeg::strip(bytes),
        Raster::Png => png::strip(bytes),
        Raster::Gif => gif::strip(bytes),
        Raster::Webp => webp::strip(bytes),
    };
    let stripped = stripped.ok_or_else(broken)?;
    if stripped.frames > MAX_FRAMES {
        let message = format!(
            "an animated picture has up to {MAX_FRAMES} frames: make it shorter, or send it in an archive"
        );
        return Err(BlobError::Refused("picture_frames", message));
    }
    if stripped.largest > max_pixels {
        return Err(too_many(max_pixels));
    }
    // The turn is read from what was sent; the pixels from what is kept.
    let frames = stripped.frames;
    let turn = turn_of(bytes, raster, max_pixels)?.filter(|_| frames == 1);
    let (image, profile) = decode(&stripped.bytes, raster, max_pixels)?;
    let (image, kept) = match turn {
        None => (image, stripped.bytes),
        Some(turn) => {
            let mut image = image;
            image.apply_orientation(turn);
            let turned = encode(&image, raster, profile)?;
            (image, turned)
        }
    };
    let (width, height) = (image.width(), image.height());
    // What moves has a picture that does not.
    let small = width.max(height) <= PREVIEW_SIDE && kept.len() <= SMALL && frames == 1;
    let preview = if small { None } else { Some(preview(image)?) };
    Ok(Picture {
        bytes: kept,
        width,
        height,
        preview,
    })
}

/// How Exif says that the picture is to be turned, if it is.
fn turn_of(
    bytes: &[u8],
    raster: Raster,
    max_pixels: u64,
) -> Result<Option<Orientation>, BlobError> {
    let mut decoder = open(bytes, raster, max_pixels)?;
    // Unreadable Exif turns nothing.
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((turn != Orientation::NoTransforms).then_some(turn))
}

fn decode(
    bytes: &[u8],
    raster: Raster,
    max_pixels: u64,
) -> Result<(DynamicImage, Option<Vec<u8>>), BlobError> {
    let mut decoder = open(bytes, raster, max_pixels)?;
    // What is encoded again has other colours than such a profile describes.
    let is_cmyk = decoder.original_color_type() == ExtendedColorType::Cmyk8;
    let profile = decoder.icc_profile().ok().flatten().filter(|_| !is_cmyk);
    let image = DynamicImage::from_decoder(decoder).map_err(|_| broken())?;
    Ok((image, profile))
}

/// A decoder that has read the head and nothing else, if what it says is not too large.
fn open<'b>(
    bytes: &'b [u8],
    raster: Raster,
    max_pixels: u64,
) -> Result<Box<dyn ImageDecoder + 'b>, BlobError> {
    let reader = Cursor::new(bytes);
    let opened: image::ImageResult<Box<dyn ImageDecoder>> = match raster {
        Raster::Jpeg => JpegDecoder::new(reader).map(|d| Box::new(d) as _),
        Raster::Png => PngDecoder::new(reader).map(|d| Box::new(d) as _),
        Raster::Gif => GifDecoder::new(reader).map(|d| Box::new(d) as _),
        Raster::Webp => WebPDecoder::new(reader).map(|d| Box::new(d) as _),
    };
    let mut decoder = opened.map_err(|_| broken())?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let depth = decoder.total_bytes() > max_pixels.saturating_mul(4);
    if pixels > max_pixels || width.max(height) > MAX_SIDE || depth {
        return Err(too_many(max_pixels));
    }
    if pixels == 0 {
        return Err(broken());
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(max_pixels.saturating_mul(8).max(16 << 20));
    decoder
        .set_limits(limits)
        .map_err(|_| too_many(max_pixels))?;
    Ok(decoder)
}

fn encode(
    image: &DynamicImage,
    raster: Raster,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, BlobError> {
    let mut out = Vec::new();
    let encoded = match raster {
        Raster::Jpeg => {
            let mut encoder = JpegEncoder::new_with_quality(&mut out, TURNED_QUALITY);
            if let Some(profile) = profile {
                let _without = encoder.set_icc_profile(profile);
            }
            let image = match image {
                DynamicImage::ImageLuma8(_) => image.clone(),
                other => other.to_rgb8().into(),
            };
            image.write_with_encoder(encoder)
        }
        Raster::Webp => {
            let mut encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut out);
            if let Some(profile) = profile {
                let _without = encoder.set_icc_profile(profile);
            }
            DynamicImage::from(image.to_rgba8()).write_with_encoder(encoder)
        }
        Raster::Png | Raster::Gif => {
            let mut encoder = image::codecs::png::PngEncoder::new(&mut out);
            if let Some(profile) = profile {
                let _without = encoder.set_icc_profile(profile);
            }
            image.write_with_encoder(encoder)
        }
    };
    encoded.map_err(|_| broken())?;
    Ok(out)
}

fn preview(image: DynamicImage) -> Result<Vec<u8>, BlobError> {
    let small = if image.width().max(image.height()) > PREVIEW_SIDE {
        image.thumbnail(PREVIEW_SIDE, PREVIEW_SIDE)
    } else {
        image
    };
    let is_clear = small.color().has_alpha() && small.to_rgba8().pixels().any(|p| p.0[3] < 255);
    let mut out = Vec::new();
    let encoded = if is_clear {
        let encoder = image::codecs::png::PngEncoder::new(&mut out);
        DynamicImage::from(small.to_rgba8()).write_with_encoder(encoder)
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut out, PREVIEW_QUALITY);
        DynamicImage::from(small.to_rgb8()).write_with_encoder(encoder)
    };
    encoded.map_err(|_| broken())?;
    Ok(out)
}

fn broken() -> BlobError {
    let message = "this picture is damaged or no picture, and so cannot be freed of hidden data: send it anew, or in an archive";
    BlobError::Refused("picture_broken", message.into())
}

fn too_many(max_pixels: u64) -> BlobError {
    let message = format!(
        "a picture has up to {max_pixels} pixels here, and {MAX_SIDE} on a side: make it smaller, or send it in an archive"
    );
    BlobError::Refused("picture_pixels", message)
}

#[cfg(test)]
mod tests;
