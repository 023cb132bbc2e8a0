//! A ZIP file that is written while it is sent (APPNOTE 6.3.10): entries are stored, each with its length behind it, so that
//! nothing has to be known beforehand and nothing is kept but the table of contents.

use crc32fast::Hasher;
use time::OffsetDateTime;

/// Lengths follow the data, names are UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// Marks a number that stands in a wider field.
const WIDE: u32 = u32::MAX;
/// Version 4.5 knows wide numbers.
const NEEDS_WIDE: u16 = 45;
const NEEDS: u16 = 20;
/// Bytes of an entry from which on its lengths are wide.
const LARGE: u64 = WIDE as u64;

/// What has been written so far.
#[derive(Debug, Default)]
pub(super) struct Zip {
    offset: u64,
    entries: Vec<Entry>,
    open: Option<(Entry, Hasher)>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    at: u64,
    size: u64,
    crc: u32,
    stamp: (u16, u16),
    is_large: bool,
}

impl Zip {
    /// Begins an entry of about so many bytes; from 4 GiB on it must be said.
    pub(super) fn begin(&mut self, name: &str, modified: i64, size: u64) -> Vec<u8> {
        debug_assert!(self.open.is_none(), "one entry after the other");
        let entry = Entry {
            name: name.chars().take(200).collect(),
            at: self.offset,
            size: 0,
            crc: 0,
            stamp: dos(modified),
            is_large: size >= LARGE,
        };
        let mut out = Out::default();
        out.u32(0x0403_4b50);
        entry.head(&mut out);
        out.u32(0);
        let unknown = if entry.is_large { WIDE } else { 0 };
        out.u32(unknown);
        out.u32(unknown);
        out.u16(u16::try_from(entry.name.len()).unwrap_or(u16::MAX));
        out.u16(if entry.is_large { 20 } else { 0 });
        out.bytes(entry.name.as_bytes());
        if entry.is_large {
            out.u16(1);
            out.u16(16);
            out.u64(0);
            out.u64(0);
        }
        self.offset += out.0.len() as u64;
        self.open = Some((entry, Hasher::new()));
        out.0
    }

    /// Counts bytes of the open entry that are sent.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if let Some((entry, hasher)) = &mut self.open {
            hasher.update(bytes);
            entry.size += bytes.len() as u64;
            self.offset += bytes.len() as u64;
        }
    }

    /// Ends the open entry.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let Some((mut entry, hasher)) = self.open.take() else {
            return Vec::new();
        };
        entry.crc = hasher.finalize();
        let mut out = Out::default();
        out.u32(0x0807_4b50);
        out.u32(entry.crc);
        for _ in 0..2 {
            if entry.is_large {
                out.u64(entry.size);
            } else {
                out.u32(narrow(entry.size));
            }
        }
        self.offset += out.0.len() as u64;
        self.entries.push(entry);
        out.0
    }

    /// The table of contents: without it no program opens the file.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut out = Out::default();
        for entry in &self.entries {
            entry.listed(&mut out);
        }
        let (at, size) = (self.offset, out.0.len() as u64);
        let count = self.entries.len() as u64;
        if at >= LARGE || size >= LARGE || count >= u64::from(u16::MAX) {
            out.u32(0x0606_4b50);
            out.u64(44);
            out.u16(NEEDS_WIDE);
            out.u16(NEEDS_WIDE);
            out.u32(0);
            out.u32(0);
            out.u64(count);
            out.u64(count);
            out.u64(size);
            out.u64(at);
            out.u32(0x0706_4b50);
            out.u32(0);
            out.u64(at + size);
            out.u32(1);
        }
        out.u32(0x0605_4b50);
        out.u32(0);
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        out.u16(count);
        out.u16(count);
        out.u32(narrow(size));
        out.u32(narrow(at));
        out.u16(0);
        out.0
    }
}

impl Entry {
    fn is_wide(&self) -> bool {
        self.is_large || self.at >= LARGE
    }

    /// What an entry and its line in the table have in common.
    fn head(&self, out: &mut Out) {
        out.u16(if self.is_wide() { NEEDS_WIDE } else { NEEDS });
        out.u16(FLAGS);
        out.u16(0);
        out.u16(self.stamp.1);
        out.u16(self.stamp.0);
    }

    /// Its line in the table.
    fn listed(&self, out: &mut Out) {
        out.u32(0x0201_4b50);
        out.u16(3 << 8 | NEEDS_WIDE);
        self.head(out);
        out.u32(self.crc);
        let wide = self.is_wide();
        let shown = |number| if wide { WIDE } else { narrow(number) };
        out.u32(shown(self.size));
        out.u32(shown(self.size));
        out.u16(u16::try_from(self.name.len()).unwrap_or(u16::MAX));
        out.u16(if wide { 28 } else { 0 });
        out.u16(0);
        out.u16(0);
        out.u16(0);
        // A plain file that its owner may read and write.
        out.u32(0o100_600 << 16);
        out.u32(shown(self.at));
        out.bytes(self.name.as_bytes());
        if wide {
            out.u16(1);
            out.u16(24);
            out.u64(self.size);
            out.u64(self.size);
            out.u64(self.at);
        }
    }
}

/// Little-endian numbers.
#[derive(Debug, Default)]
struct Out(Vec<u8>);

impl Out {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn u16(&mut self, number: u16) {
        self.bytes(&number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.bytes(&number.to_le_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(WIDE)
}

/// Date and time as a ZIP file has them, in steps of two seconds, from 1980 to 2107; in UTC.
fn dos(ms: i64) -> (u16, u16) {
    let Ok(at) = OffsetDateTime::from_unix_timestamp(ms.div_euclid(1_000)) else {
        return (1 << 5 | 1, 0);
    };
    let Ok(years) = u16::try_from(at.year() - 1980) else {
        return (1 << 5 | 1, 0);
    };
    let date = years.min(127) << 9 | u16::from(u8::from(at.month())) << 5 | u16::from(at.day());
    let time =
        u16::from(at.hour()) << 11 | u16::from(at.minute()) << 5 | (u16::from(at.second()) / 2);
    (date, time)
}

/// A name that stays inside its folder on every system, whatever it was called.
pub(super) fn tame(name: &str) -> String {
    let tamed: String = name
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c => c,
        })
        .take(100)
        .collect();
    // Windows drops what stands at the end.
    tamed.trim_end_matches(['.', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder() {
        for (name, wanted) in [
            ("goose.png", "goose.png"),
            ("../../etc/passwd", ".._.._etc_passwd"),
            ("C:\\x\u{0}.exe. .", "C__x.exe"),
            ("ganso é 🦆", "ganso é 🦆"),
        ] {
            assert_eq!(tame(name), wanted);
        }
    }

    #[test]
    fn a_date_is_that_of_the_calendar() {
        // 2026-11-27 02:45:10 UTC.
        let (date, time) = dos(1_795_747_510_000);
        assert_eq!((date >> 9, date >> 5 & 15, date & 31), (46, 11, 27));
        assert_eq!((time >> 11, time >> 5 & 63, (time & 31) * 2), (2, 45, 10));
        assert_eq!(dos(-1), (1 << 5 | 1, 0), "before there were ZIP files");
    }

    #[test]
    fn what_is_large_or_far_away_has_wide_numbers() {
        let mut zip = Zip::default();
        let large = zip.begin("film", 0, LARGE);
        assert_eq!(large[18..26], [0xff; 8], "the lengths follow");
        zip.open.as_mut().expect("open").0.size = LARGE + 5;
        zip.offset += LARGE + 5;
        let behind = zip.end();
        assert_eq!(behind.len(), 24);
        assert_eq!(behind[8..16], (LARGE + 5).to_le_bytes());
        zip.begin("note", 0, 1);
        zip.add(b"x");
        assert_eq!(zip.end().len(), 16);
        let at = zip.offset;
        let table = zip.finish();
        let end = table.len() - 22 - 20 - 56;
        assert_eq!(table[end..end + 4], 0x0606_4b50_u32.to_le_bytes());
        assert_eq!(table[end + 48..end + 56], at.to_le_bytes());
        assert_eq!(table[table.len() - 6..table.len() - 2], [0xff; 4]);
    }
}
