//! JPEG (ITU-T T.81, annex B): which segments show the picture.

use super::picture::Stripped;

/// The picture without metadata, and without what stands behind its end; `None` if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Stripped> {
    let mut rest = bytes.strip_prefix(b"\xff\xd8")?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(b"\xff\xd8");
    let (mut frames, mut scans) = (0_u32, 0_u32);
    loop {
        let Some((marker, after)) = marker(rest) else {
            // Cut off behind a whole scan: it can be shown, and browsers do.
            return (scans > 0).then(|| end(out));
        };
        if marker == 0xd9 {
            return (scans > 0).then(|| end(out));
        }
        // B.1.1.4: these have no length, and none of them belongs here.
        if matches!(marker, 0x01 | 0xd0..=0xd8) {
            return None;
        }
        let length = usize::from(u16::from_be_bytes(*after.first_chunk()?));
        let segment = after.get(2..length)?;
        rest = &after[length..];
        match marker {
            // Frames of a hierarchical picture: nobody shows them.
            0xc5..=0xc7 | 0xcd..=0xcf | 0xde | 0xdf => return None,
            0xc0..=0xc3 | 0xc9..=0xcb => {
                frames += 1;
                if frames > 1 {
                    return None;
                }
                put(&mut out, marker, segment);
            }
            // Tables and intervals.
            0xc4 | 0xcc | 0xdb | 0xdc | 0xdd => put(&mut out, marker, segment),
            0xda => {
                if frames == 0 {
                    return None;
                }
                put(&mut out, marker, segment);
                let end = scan_end(rest);
                out.extend_from_slice(&rest[..end]);
                rest = &rest[end..];
                scans += 1;
            }
            // JFIF: its own thumbnail stays behind.
            0xe0 if segment.starts_with(b"JFIF\0") && segment.len() >= 14 => {
                let mut head = segment[..14].to_vec();
                head[12..].fill(0);
                put(&mut out, marker, &head);
            }
            0xe2 if segment.starts_with(b"ICC_PROFILE\0") => put(&mut out, marker, segment),
            // How colours are to be read.
            0xee if segment.starts_with(b"Adobe") && segment.len() == 12 => {
                put(&mut out, marker, segment);
            }
            _ => {}
        }
    }
}

/// The next marker, behind any filling.
fn marker(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let after = bytes.strip_prefix(b"\xff")?;
    let fill = after.iter().take_while(|byte| **byte == 0xff).count();
    let (marker, after) = after[fill..].split_first()?;
    (*marker != 0).then_some((*marker, after))
}

/// Where the coded data end: before a marker that is neither stuffing nor a restart.
fn scan_end(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == 0xff) {
        at += found;
        match bytes.get(at + 1) {
            Some(0 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    // Without an end: the last byte may be half a marker.
    if bytes.last() == Some(&0xff) {
        bytes.len() - 1
    } else {
        bytes.len()
    }
}

fn put(out: &mut Vec<u8>, marker: u8, segment: &[u8]) {
    let length = u16::try_from(segment.len() + 2).unwrap_or(u16::MAX);
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(segment);
}

fn end(mut out: Vec<u8>) -> Stripped {
    out.extend_from_slice(b"\xff\xd9");
    Stripped {
        bytes: out,
        frames: 1,
        largest: 0,
    }
}
