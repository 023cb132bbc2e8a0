//! GIF 89a: which blocks show the picture.

use super::picture::Stripped;

/// The picture without comments and foreign data, and without what stands behind its end; `None` if it is damaged.
pub(super) fn strip(bytes: &[u8]) -> Option<Stripped> {
    let mut at = Reader { rest: bytes };
    let head = at.take(13)?;
    if !head.starts_with(b"GIF87a") && !head.starts_with(b"GIF89a") {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(head);
    out.extend_from_slice(at.take(table(head[10]))?);
    let mut found = Stripped {
        bytes: Vec::new(),
        frames: 0,
        largest: 0,
    };
    loop {
        match at.take(1).map(|byte| byte[0]) {
            // Cut off behind a whole frame: it can be shown.
            None | Some(0x3b) if found.frames > 0 => {
                out.push(0x3b);
                found.bytes = out;
                return Some(found);
            }
            Some(0x2c) => {
                let head = at.take(9)?;
                let side = |low: usize| u64::from(u16::from_le_bytes([head[low], head[low + 1]]));
                found.largest = found.largest.max(side(4) * side(6));
                found.frames = found.frames.saturating_add(1);
                out.push(0x2c);
                out.extend_from_slice(head);
                out.extend_from_slice(at.take(table(head[8]))?);
                out.extend_from_slice(at.take(1)?);
                out.extend_from_slice(at.blocks()?);
            }
            Some(0x21) => extension(&mut at, &mut out)?,
            _ => return None,
        }
    }
}

fn extension(at: &mut Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
    let label = at.take(1)?[0];
    let blocks = at.blocks()?;
    match label {
        // §23: how the next frame is shown.
        0xf9 if blocks.len() == 6 && blocks[0] == 4 => {
            out.extend_from_slice(&[0x21, 0xf9]);
            out.extend_from_slice(blocks);
        }
        // How often it is repeated; nothing else that an application has put in.
        0xff if blocks.len() == 17
            && matches!(&blocks[..12], b"\x0bNETSCAPE2.0" | b"\x0bANIMEXTS1.0")
            && blocks[12..14] == [3, 1] =>
        {
            out.extend_from_slice(&[0x21, 0xff]);
            out.extend_from_slice(blocks);
        }
        _ => {}
    }
    Some(())
}

/// Bytes of the colour table that these flags announce (§18, §20).
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    /// Blocks with their lengths, up to and with the empty one that ends them (§15, §16).
    fn blocks(&mut self) -> Option<&'b [u8]> {
        let begin = self.rest;
        loop {
            let length = usize::from(self.take(1)?[0]);
            if length == 0 {
                return begin.get(..begin.len() - self.rest.len());
            }
            self.take(length)?;
        }
    }
}
