//! A ZIP file that is written while it is sent (APPNOTE 6.3.10): entries are stored, each with its length behind it, so that
//! nothing has to be known beforehand and nothing is kept but the table of contents. Numbers are wide (ZIP64) throughout: nobody
//! knows how long a list becomes before its end is there.
//!
//! Our own, because what is needed of the format is one page, and the crate `zip` writes into something that can wait: it brings its own
//! buffers, `nix` and a dozen features for reading, of which a stream of stored entries needs none.

use std::io::{self, Read, Seek, SeekFrom};

use crc32fast::Hasher;
use time::OffsetDateTime;

/// Lengths follow the data, names are UTF-8.
const FLAGS: u16 = 1 << 3 | 1 << 11;
/// Marks a number that stands in a wider field.
const WIDE: u32 = u32::MAX;
/// Version 4.5 knows wide numbers.
const NEEDS_WIDE: u16 = 45;
/// Bytes of the wide end of a table, of what leads to it, and of the narrow end.
const ENDS: [u64; 3] = [56, 20, 22];
/// The longest table of contents that is read back, in bytes: half a million entries.
const MAX_TABLE: u64 = 64 * 1024 * 1024;
/// Bytes of an entry's head before and behind its name.
const HEAD: u64 = 30 + 20;
/// Bytes of a line of the table before and behind its name.
const LINE: [usize; 2] = [46, 28];

/// What has been written so far.
#[derive(Debug, Default)]
pub(crate) struct Zip {
    offset: u64,
    entries: Vec<Entry>,
    open: Option<(Entry, Hasher)>,
    waiting: Out,
}

#[derive(Debug)]
struct Entry {
    name: String,
    at: u64,
    size: u64,
    crc: u32,
    stamp: (u16, u16),
}

impl Zip {
    /// An archive that this module wrote and ended, without its end: more entries can follow. Its own are the bytes up to
    /// [`Zip::offset`].
    ///
    /// # Errors
    /// What reading gives; `InvalidData` if it is none of ours, or not whole.
    pub(crate) fn go_on(archive: &mut (impl Read + Seek)) -> io::Result<Self> {
        let end = archive.seek(SeekFrom::End(0))?;
        let Some(begin) = end.checked_sub(ENDS.iter().sum()) else {
            return Err(foreign());
        };
        archive.seek(SeekFrom::Start(begin))?;
        let mut ends = [0; 56];
        archive.read_exact(&mut ends)?;
        let (size, at) = (u64_at(&ends, 40)?, u64_at(&ends, 48)?);
        let is_ours = ends.starts_with(&0x0606_4b50_u32.to_le_bytes());
        if !is_ours || size > MAX_TABLE || at.checked_add(size) != Some(begin) {
            return Err(foreign());
        }
        archive.seek(SeekFrom::Start(at))?;
        let mut table = vec![0; usize::try_from(size).map_err(|_| foreign())?];
        archive.read_exact(&mut table)?;
        let (mut entries, mut rest) = (Vec::new(), &table[..]);
        while !rest.is_empty() {
            let (entry, behind) = Entry::read(rest)?;
            entries.push(entry);
            rest = behind;
        }
        Ok(Self {
            offset: at,
            entries,
            ..Self::default()
        })
    }

    /// How many bytes have been written, or were there.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the bytes of an entry are that has ended: where they begin, and how many they are.
    pub(crate) fn find(&self, name: &str) -> Option<(u64, u64)> {
        let entry = self.entries.iter().find(|entry| entry.name == name)?;
        Some((entry.at + HEAD + entry.name.len() as u64, entry.size))
    }

    /// Begins an entry, and ends the one before it. `modified` in ms since 1970.
    pub(crate) fn begin(&mut self, name: &str, modified: i64) {
        self.end();
        let entry = Entry {
            name: name.chars().take(200).collect(),
            at: self.offset,
            size: 0,
            crc: 0,
            stamp: dos(modified),
        };
        let mut out = Out::default();
        out.u32(0x0403_4b50);
        entry.head(&mut out);
        out.u32(0);
        out.u32(WIDE);
        out.u32(WIDE);
        out.length(&entry.name);
        out.u16(20);
        out.bytes(entry.name.as_bytes());
        out.u16(1);
        out.u16(16);
        out.u64(0);
        out.u64(0);
        self.put(&out);
        self.open = Some((entry, Hasher::new()));
    }

    /// Adds to the open entry.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if let Some((entry, hasher)) = &mut self.open {
            hasher.update(bytes);
            entry.size += bytes.len() as u64;
            self.offset += bytes.len() as u64;
            self.waiting.bytes(bytes);
        }
    }

    fn end(&mut self) {
        let Some((mut entry, hasher)) = self.open.take() else {
            return;
        };
        entry.crc = hasher.finalize();
        let mut out = Out::default();
        out.u32(0x0807_4b50);
        out.u32(entry.crc);
        out.u64(entry.size);
        out.u64(entry.size);
        self.put(&out);
        self.entries.push(entry);
    }

    fn put(&mut self, out: &Out) {
        self.offset += out.0.len() as u64;
        self.waiting.bytes(&out.0);
    }

    /// Bytes that wait to be sent.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.0.len()
    }

    /// What was written since this was asked last.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.waiting.0)
    }

    /// The end, with the table of contents: without it no program opens the file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.end();
        let mut out = self.waiting;
        let before = out.0.len();
        for entry in &self.entries {
            entry.listed(&mut out);
        }
        let (at, size) = (self.offset, (out.0.len() - before) as u64);
        let count = self.entries.len() as u64;
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
    /// What an entry and its line in the table have in common.
    fn head(&self, out: &mut Out) {
        out.u16(NEEDS_WIDE);
        out.u16(FLAGS);
        out.u16(0);
        out.u16(self.stamp.1);
        out.u16(self.stamp.0);
    }

    /// A line of the table, as [`Entry::listed`] writes it, and what stands behind it.
    fn read(table: &[u8]) -> io::Result<(Self, &[u8])> {
        let name = usize::from(u16_at(table, 28)?);
        let length = LINE[0] + name + LINE[1];
        let is_ours = table.starts_with(&0x0201_4b50_u32.to_le_bytes());
        let (Some(line), true) = (table.get(..length), is_ours) else {
            return Err(foreign());
        };
        let (named, wide) = line[LINE[0]..].split_at(name);
        let crc = u32::from(u16_at(line, 16)?) | u32::from(u16_at(line, 18)?) << 16;
        let entry = Self {
            name: String::from_utf8(named.to_vec()).map_err(|_| foreign())?,
            at: u64_at(wide, 20)?,
            size: u64_at(wide, 4)?,
            crc,
            stamp: (u16_at(line, 14)?, u16_at(line, 12)?),
        };
        Ok((entry, &table[length..]))
    }

    /// Its line in the table.
    fn listed(&self, out: &mut Out) {
        out.u32(0x0201_4b50);
        out.u16(3 << 8 | NEEDS_WIDE);
        self.head(out);
        out.u32(self.crc);
        out.u32(WIDE);
        out.u32(WIDE);
        out.length(&self.name);
        out.u16(28);
        out.u16(0);
        out.u16(0);
        out.u16(0);
        // A plain file that its owner may read and write.
        out.u32(0o100_600 << 16);
        out.u32(WIDE);
        out.bytes(self.name.as_bytes());
        out.u16(1);
        out.u16(24);
        out.u64(self.size);
        out.u64(self.size);
        out.u64(self.at);
    }
}

/// Little-endian numbers.
#[derive(Debug, Default)]
struct Out(Vec<u8>);

impl Out {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// How long a name is; it has 200 letters at most.
    fn length(&mut self, name: &str) {
        self.u16(u16::try_from(name.len()).unwrap_or(u16::MAX));
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

fn u16_at(bytes: &[u8], at: usize) -> io::Result<u16> {
    let two = bytes.get(at..).and_then(|rest| rest.first_chunk());
    two.map(|two| u16::from_le_bytes(*two)).ok_or_else(foreign)
}

fn u64_at(bytes: &[u8], at: usize) -> io::Result<u64> {
    let eight = bytes.get(at..).and_then(|rest| rest.first_chunk());
    eight
        .map(|eight| u64::from_le_bytes(*eight))
        .ok_or_else(foreign)
}

fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a whole copy")
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

/// Where a file of somebody lies in a copy of their data.
pub(crate) fn file_name(id: &str, name: &str) -> String {
    format!("files/{id} {}", tame(name))
}

/// A name that stays inside its folder on every system, whatever it was called.
fn tame(name: &str) -> String {
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
    fn an_archive_that_goes_on_is_the_one_that_was_written_at_once() {
        let write = |zip: &mut Zip, names: &[&str]| {
            for name in names {
                zip.begin(name, 1_795_747_510_000);
                zip.add(name.as_bytes());
            }
        };
        let mut zip = Zip::default();
        write(&mut zip, &["one", "drei é"]);
        let first = zip.finish();
        let mut again = Zip::go_on(&mut io::Cursor::new(&first)).expect("ours");
        let (at, size) = again.find("drei é").expect("there");
        assert_eq!(&first[at as usize..][..size as usize], "drei é".as_bytes());
        assert_eq!(again.find("four"), None);
        let mut joint = first[..again.offset() as usize].to_vec();
        write(&mut again, &["four"]);
        joint.extend(again.finish());
        let mut zip = Zip::default();
        write(&mut zip, &["one", "drei é", "four"]);
        assert_eq!(joint, zip.finish());
        for cut in 0..joint.len() {
            let broken = Zip::go_on(&mut io::Cursor::new(&joint[..cut]));
            assert!(broken.is_err(), "cut at {cut}");
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
    fn a_list_may_become_as_long_as_it_likes() {
        let mut zip = Zip::default();
        zip.begin("messages/1.jsonl", 0);
        let head = zip.take();
        assert_eq!(head[18..26], [0xff; 8], "the lengths are wide, and follow");
        zip.add(b"honk");
        assert_eq!((zip.waiting(), zip.take()), (4, b"honk".to_vec()));
        let long = 5 << 30;
        zip.open.as_mut().expect("open").0.size += long;
        zip.offset += long;
        zip.begin("note", 0);
        let behind = zip.take();
        assert_eq!(behind[..4], 0x0807_4b50_u32.to_le_bytes());
        assert_eq!(behind[8..16], (long + 4).to_le_bytes());
        let at = zip.offset + 24;
        let table = zip.finish();
        let end = table.len() - 22 - 20 - 56;
        assert_eq!(table[end..end + 4], 0x0606_4b50_u32.to_le_bytes());
        assert_eq!(table[end + 48..end + 56], at.to_le_bytes());
        assert_eq!(table[table.len() - 6..table.len() - 2], [0xff; 4]);
    }
}
