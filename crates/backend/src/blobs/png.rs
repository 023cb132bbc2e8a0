//! PNG (W3C, third edition): which chunks show the picture.

use super::picture::Stripped;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// §11.2, §11.3: the picture, its colours, transparency and animation. Text, times and Exif are not in it.
const KEPT: [&[u8; 4]; 17] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"bKGD", b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

/// The picture without metadata, and without what stands behind its end; `None` if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Stripped> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(SIGNATURE);
    let (mut count, mut frames, mut animated) = (0_u64, 0_u32, false);
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let whole = rest.get(..length.checked_add(12)?)?;
        let name: &[u8; 4] = whole[4..].first_chunk()?;
        rest = &rest[whole.len()..];
        if (count == 0) != (name == b"IHDR") {
            return None;
        }
        count += 1;
        if KEPT.contains(&name) {
            out.extend_from_slice(whole);
        } else if name[0].is_ascii_uppercase() {
            // §5.4: what is critical and unknown cannot be left out.
            return None;
        }
        match name {
            b"acTL" => animated = true,
            b"fcTL" => frames = frames.saturating_add(1),
            b"IEND" => {
                return Some(Stripped {
                    bytes: out,
                    frames: if animated { frames.max(1) } else { 1 },
                    largest: 0,
                });
            }
            _ => {}
        }
    }
}
