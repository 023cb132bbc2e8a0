//! Packets in media order, numbers made endless.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use super::Packet;
use crate::opus;

/// The most packets that wait.
pub(super) const MAX_PACKETS: usize = 256;

/// The most media time that waits, in samples: two seconds.
const MAX_SPAN: i64 = 96_000;

/// A time stamp this far from where it should be is not believed at once, in samples: three seconds.
const JUMP: i64 = 144_000;

/// Largest payload taken; RFC 6716 packets for one stream stay below.
const MAX_PAYLOAD: usize = 4_000;

/// Time stamps of packets played lately, to tell a duplicate from a late one.
const REMEMBERED: usize = 64;

/// A packet that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) sequence: i64,
    pub(super) samples: i64,
    pub(super) payload: Arc<[u8]>,
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inserted {
    /// It waits; its endless time stamp, how many others it pushed out, and whether a new stream began with it.
    Kept {
        timestamp: i64,
        pushed_out: u64,
        restarted: bool,
    },
    /// It was here before.
    Duplicate,
    /// Its moment has passed; its endless time stamp.
    Late(i64),
    /// It is no Opus, or from somewhere else in time.
    Refused,
}

#[derive(Debug, Default)]
pub(super) struct Buffer {
    stream: Option<Stream>,
    waiting: BTreeMap<i64, Waiting>,
    played: VecDeque<i64>,
    /// A packet far from the others; a second one beside it would prove a jump.
    suspect: Option<u32>,
}

#[derive(Debug)]
struct Stream {
    ssrc: u32,
    newest: i64,
    newest_arrival: Instant,
    newest_sequence: i64,
}

impl Buffer {
    /// Take a packet in; what lies before `next` is too late.
    pub(super) fn insert(&mut self, now: Instant, packet: Packet, next: Option<i64>) -> Inserted {
        let Some(samples) =
            opus::samples_in(&packet.payload).filter(|_| packet.payload.len() <= MAX_PAYLOAD)
        else {
            return Inserted::Refused;
        };
        let restarted = match self.place(now, &packet) {
            Place::Known => false,
            Place::Unlikely => {
                self.suspect = Some(packet.timestamp);
                return Inserted::Refused;
            }
            Place::New => {
                let first = self.stream.is_none();
                self.begin(now, &packet);
                !first
            }
        };
        self.suspect = None;
        let stream = self.stream.as_mut().expect("placed in a stream just now");
        let timestamp =
            stream.newest + i64::from(packet.timestamp.wrapping_sub(stream.newest as u32) as i32);
        let sequence = stream.newest_sequence
            + i64::from(packet.sequence.wrapping_sub(stream.newest_sequence as u16) as i16);
        if timestamp >= stream.newest {
            stream.newest = timestamp;
            stream.newest_arrival = now;
            stream.newest_sequence = sequence;
        }
        if self.waiting.contains_key(&timestamp) || self.played.contains(&timestamp) {
            return Inserted::Duplicate;
        }
        if !restarted && next.is_some_and(|next| timestamp < next) {
            return Inserted::Late(timestamp);
        }
        self.waiting.insert(
            timestamp,
            Waiting {
                sequence,
                samples: samples as i64,
                payload: packet.payload,
            },
        );
        let mut pushed_out = 0;
        while self.waiting.len() > MAX_PACKETS || self.span() > MAX_SPAN {
            self.waiting.pop_first();
            pushed_out += 1;
        }
        Inserted::Kept {
            timestamp,
            pushed_out,
            restarted,
        }
    }

    /// The packet that is first in media time.
    pub(super) fn first(&self) -> Option<(i64, &Waiting)> {
        self.waiting
            .first_key_value()
            .map(|(timestamp, waiting)| (*timestamp, waiting))
    }

    pub(super) fn take_first(&mut self) -> Option<(i64, Waiting)> {
        let (timestamp, waiting) = self.waiting.pop_first()?;
        self.played.push_back(timestamp);
        if self.played.len() > REMEMBERED {
            self.played.pop_front();
        }
        Some((timestamp, waiting))
    }

    /// Media time that waits, in samples.
    pub(super) fn span(&self) -> i64 {
        match (
            self.waiting.first_key_value(),
            self.waiting.last_key_value(),
        ) {
            (Some((first, _)), Some((last, waiting))) => last - first + waiting.samples,
            _ => 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    fn place(&self, now: Instant, packet: &Packet) -> Place {
        let Some(stream) = &self.stream else {
            return Place::New;
        };
        if stream.ssrc != packet.ssrc {
            return Place::New;
        }
        // A pause in sending moves the time stamps on by its length: that is no jump.
        let paused =
            crate::pcm::samples_in(now.saturating_duration_since(stream.newest_arrival)) as i64;
        let step = i64::from(packet.timestamp.wrapping_sub(stream.newest as u32) as i32);
        if step.abs() <= JUMP || (step - paused).abs() <= JUMP {
            return Place::Known;
        }
        match self.suspect {
            Some(suspect)
                if packet.timestamp.wrapping_sub(suspect).wrapping_sub(1) < JUMP as u32 =>
            {
                Place::New
            }
            _ => Place::Unlikely,
        }
    }

    fn begin(&mut self, now: Instant, packet: &Packet) {
        self.waiting.clear();
        self.played.clear();
        self.stream = Some(Stream {
            ssrc: packet.ssrc,
            // Room below, because the first packet to come need not be the first one sent.
            newest: (1 << 32) + i64::from(packet.timestamp),
            newest_arrival: now,
            newest_sequence: (1 << 16) + i64::from(packet.sequence),
        });
    }
}

enum Place {
    /// Where the stream goes on.
    Known,
    /// The first of another stream.
    New,
    /// Far away, and the first one there.
    Unlikely,
}
