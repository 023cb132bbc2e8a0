//! WebP (RFC 9649): which chunks show the picture.

use super::picture::Stripped;

/// §2.7.1: bits of the extended head that announce Exif and XMP.
const ANNOUNCED: u8 = 0x08 | 0x04;

/// The picture without metadata, and without what stands behind its end; `None` if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Stripped> {
    let length = usize::try_from(u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?)).ok()?;
    let whole = bytes.get(8..length.checked_add(8)?)?;
    if !bytes.starts_with(b"RIFF") {
        return None;
    }
    let mut rest = whole.strip_prefix(b"WEBP")?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(b"RIFF\0\0\0\0WEBP");
    let (mut frames, mut pictures) = (0_u32, 0_u32);
    while !rest.is_empty() {
        let (name, data, after) = chunk(rest)?;
        rest = after;
        match name {
            b"VP8X" => {
                let mut head = data.to_vec();
                *head.first_mut()? &= !ANNOUNCED;
                put(&mut out, name, &head)?;
            }
            b"VP8 " | b"VP8L" => {
                pictures += 1;
                put(&mut out, name, data)?;
            }
            b"ICCP" | b"ALPH" | b"ANIM" => put(&mut out, name, data)?,
            b"ANMF" => {
                frames = frames.saturating_add(1);
                put(&mut out, name, &frame(data)?)?;
            }
            _ => {}
        }
    }
    if frames == 0 && pictures != 1 {
        return None;
    }
    let length = u32::try_from(out.len() - 8).ok()?;
    out[4..8].copy_from_slice(&length.to_le_bytes());
    Some(Stripped {
        bytes: out,
        frames: frames.max(1),
        largest: 0,
    })
}

/// A frame of an animation: a head and chunks of its own.
fn frame(data: &[u8]) -> Option<Vec<u8>> {
    let (head, mut rest) = data.split_at_checked(16)?;
    let mut out = head.to_vec();
    while !rest.is_empty() {
        let (name, data, after) = chunk(rest)?;
        rest = after;
        if matches!(name, b"VP8 " | b"VP8L" | b"ALPH") {
            put(&mut out, name, data)?;
        }
    }
    Some(out)
}

/// §2.3: a name, a length, the data, and one byte more if their number is odd.
fn chunk(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (name, rest) = bytes.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (data, rest) = rest.split_at_checked(length)?;
    let rest = if length % 2 == 1 {
        // Some programs leave the last one out.
        rest.get(1..).unwrap_or_default()
    } else {
        rest
    };
    Some((name, data, rest))
}

fn put(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) -> Option<()> {
    out.extend_from_slice(name);
    out.extend_from_slice(&u32::try_from(data.len()).ok()?.to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
    Some(())
}
