//! Sound every 20 ms, from what is there.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::buffer::{Buffer, Inserted};
use super::delay::Delay;
use super::{Packet, Stats};
use crate::levels;
use crate::opus::{Decoder, OpusError};
use crate::pcm::{self, FRAME_SAMPLES, Frame, SILENCE};

/// One packet's worth when nothing else is known.
const STEP: i64 = FRAME_SAMPLES as i64;

/// A hole shorter than this is rounding of a foreign clock, not a missing packet (2.5 ms).
const NEGLIGIBLE: i64 = 120;

/// Delay may be this much off before silence is used to mend it, in µs.
const TOLERANCE: i64 = 30_000;

/// Delay beyond the target by more than this is cut even in speech, in µs.
const RUNAWAY: i64 = 300_000;

/// Concealment sounds natural for this long, in samples: 60 ms.
const FADE_FROM: usize = 2_880;

/// After this it is silence, in samples: 240 ms.
const FADE_TO: usize = 11_520;

/// Samples over which two pieces are joined: 5 ms.
const JOIN: usize = 240;

/// Packets in, 20 ms of sound out. See [the module](super).
#[derive(Debug)]
pub struct Playout {
    buffer: Buffer,
    delay: Delay,
    decoder: Decoder,
    stats: Stats,
    phase: Phase,
    /// Decoded and not yet given out.
    ready: VecDeque<f32>,
    /// The beginning of a frame that was left out, to be blended into the next.
    tail: Option<Vec<f32>>,
    /// Samples concealed in one go, for the fade.
    run: usize,
    /// Loudness of the last concealed sample, 1 when none was.
    gain: f32,
}

#[derive(Debug)]
enum Phase {
    /// Nothing played yet; since when a first packet waits.
    Filling(Option<Instant>),
    Playing(Playing),
}

#[derive(Debug, Clone, Copy)]
struct Playing {
    /// Media time of the next sample to decode.
    next: i64,
    /// Sequence number of the packet decoded last.
    sequence: Option<i64>,
    /// Samples made up while nothing was there, not yet charged to a hole in the media time.
    owed: i64,
    /// Holes before this media time are in the statistics already.
    counted: i64,
}

impl Playout {
    /// An empty buffer.
    ///
    /// # Errors
    /// [`OpusError::Library`] when libopus has no memory.
    pub fn new() -> Result<Self, OpusError> {
        Ok(Self {
            buffer: Buffer::default(),
            delay: Delay::new(),
            decoder: Decoder::new()?,
            stats: Stats::default(),
            phase: Phase::Filling(None),
            ready: VecDeque::new(),
            tail: None,
            run: 0,
            gain: 1.0,
        })
    }

    /// A packet came.
    pub fn insert(&mut self, now: Instant, packet: Packet) {
        let next = match &self.phase {
            Phase::Filling(_) => None,
            Phase::Playing(playing) => Some(playing.next),
        };
        match self.buffer.insert(now, packet, next) {
            Inserted::Kept {
                timestamp,
                pushed_out,
                restarted,
            } => {
                self.stats.received += 1;
                self.stats.overflow += pushed_out;
                if restarted {
                    self.stats.restarts += 1;
                    self.delay.restart();
                    self.decoder.reset();
                    self.phase = Phase::Filling(None);
                }
                self.delay.arrived(now, timestamp);
                if let Phase::Filling(since @ None) = &mut self.phase {
                    *since = Some(now);
                }
            }
            Inserted::Late(timestamp) => {
                self.stats.received += 1;
                self.stats.late += 1;
                // What came too late is the best reason to wait longer.
                self.delay.arrived(now, timestamp);
            }
            Inserted::Duplicate => self.stats.duplicates += 1,
            Inserted::Refused => self.stats.malformed += 1,
        }
    }

    /// The next 20 ms, to be asked for every 20 ms.
    pub fn pull(&mut self, now: Instant) -> Frame {
        while self.ready.len() < FRAME_SAMPLES {
            self.step(now);
        }
        let mut frame = SILENCE;
        for (slot, sample) in frame.iter_mut().zip(self.ready.drain(..FRAME_SAMPLES)) {
            *slot = sample;
        }
        if matches!(self.phase, Phase::Playing(_)) {
            self.stats.played_samples += FRAME_SAMPLES as u64;
        }
        frame
    }

    /// What was seen and done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            jitter: self.delay.jitter(),
            target: Duration::from_micros(self.delay.target().max(0) as u64),
            ..self.stats
        }
    }

    /// Packets that wait; bounded.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// Add at least one sample to `ready`.
    fn step(&mut self, now: Instant) {
        let playing = match self.phase {
            Phase::Playing(playing) => playing,
            Phase::Filling(since) => match self.buffer.first() {
                Some((first, _)) if self.full_enough(now, since) => Playing {
                    next: first,
                    sequence: None,
                    owed: 0,
                    counted: first,
                },
                _ => {
                    self.ready.extend(SILENCE);
                    return;
                }
            },
        };
        let playing = self.play(now, playing);
        self.phase = Phase::Playing(playing);
    }

    fn full_enough(&self, now: Instant, since: Option<Instant>) -> bool {
        let target = Duration::from_micros(self.delay.target().max(0) as u64);
        since.is_some_and(|since| now.saturating_duration_since(since) >= target)
            || pcm::time_of(self.buffer.span().max(0) as u64) >= target + pcm::FRAME_TIME
    }

    fn play(&mut self, now: Instant, mut playing: Playing) -> Playing {
        let Some((first, waiting)) = self.buffer.first() else {
            // Late or lost, nobody knows yet: make something up and owe it.
            playing.owed += STEP;
            self.conceal(FRAME_SAMPLES);
            return playing;
        };
        let (samples, sequence) = (waiting.samples, waiting.sequence);
        let hole = (first - playing.next).max(0);
        if hole < NEGLIGIBLE {
            playing.owed = 0;
            return self.play_packet(now, playing);
        }
        if playing.counted < first && playing.sequence.is_none_or(|last| sequence != last + 1) {
            // Numbers without a hole mean that the sender paused; all else is missing.
            let hole = first - playing.counted.max(playing.next);
            self.stats.missing += ((hole + samples / 2) / samples.max(1)).max(1) as u64;
            self.stats.losses += 1;
            playing.counted = first;
        }
        if playing.owed > 0 {
            // What was made up meanwhile stood for what is missing here.
            let paid = hole.min(playing.owed);
            playing.owed -= paid;
            playing.next += paid;
            return playing;
        }
        if hole > samples {
            let guess = (hole - samples).min(STEP);
            playing.next += guess;
            self.conceal(guess as usize);
        } else {
            playing.next = first;
            self.recover(hole as usize);
        }
        playing
    }

    /// The packet whose moment has come.
    fn play_packet(&mut self, now: Instant, mut playing: Playing) -> Playing {
        let Some((timestamp, waiting)) = self.buffer.take_first() else {
            return playing;
        };
        if timestamp < playing.counted {
            // Counted as missing, and here in time after all.
            self.stats.missing = self.stats.missing.saturating_sub(1);
        }
        playing.next = timestamp + waiting.samples;
        playing.sequence = Some(waiting.sequence);
        let at = now + pcm::time_of(self.ready.len() as u64);
        let waited = self.delay.waited(at, timestamp).unwrap_or(0);
        self.stats.delay = Duration::from_micros(waited.max(0) as u64);
        let decoded = match self.decoder.decode(&waiting.payload) {
            Ok(decoded) => decoded.to_vec(),
            Err(_) => {
                self.stats.malformed += 1;
                self.conceal(waiting.samples as usize);
                return playing;
            }
        };
        let excess = waited - self.delay.target();
        let more = self.buffer.len() > 0;
        let quiet = levels::is_silence(&decoded);
        if more && ((quiet && excess > TOLERANCE) || excess > RUNAWAY) {
            self.stats.dropped_samples += decoded.len() as u64;
            self.tail.get_or_insert(decoded);
            return playing;
        }
        let stretch = quiet && excess < -TOLERANCE;
        self.sound(decoded);
        if stretch && let Ok(more) = self.decoder.conceal(FRAME_SAMPLES) {
            self.ready.extend(more);
            self.stats.stretched_samples += FRAME_SAMPLES as u64;
        }
        playing
    }

    /// Real sound: blend it into what was left out or faded before it.
    fn sound(&mut self, mut decoded: Vec<f32>) {
        if let Some(tail) = self.tail.take() {
            for (n, (new, old)) in decoded.iter_mut().zip(&tail).take(JOIN).enumerate() {
                let share = (n + 1) as f32 / JOIN as f32;
                *new = *new * share + old * (1.0 - share);
            }
        }
        if self.gain < 1.0 {
            for (n, new) in decoded.iter_mut().take(JOIN).enumerate() {
                *new *= self.gain + (1.0 - self.gain) * (n + 1) as f32 / JOIN as f32;
            }
        }
        self.gain = 1.0;
        self.run = 0;
        self.ready.extend(decoded);
    }

    /// Fill the hole before the first waiting packet from that packet's redundancy.
    fn recover(&mut self, samples: usize) {
        let recovered = self.buffer.first().and_then(|(_, next)| {
            let sound = self.decoder.recover(&next.payload, samples).ok()?;
            Some(sound[..samples.min(sound.len())].to_vec())
        });
        match recovered {
            Some(sound) => {
                self.stats.recovered += 1;
                self.sound(sound);
            }
            None => self.conceal(samples),
        }
    }

    /// Continue what was heard last, fading out when it takes long.
    fn conceal(&mut self, samples: usize) {
        let guessed = match self.decoder.conceal(samples) {
            Ok(guessed) => guessed,
            Err(_) => &SILENCE[..],
        };
        for n in 0..samples {
            let gone = (self.run + n).saturating_sub(FADE_FROM) as f32;
            self.gain = (1.0 - gone / (FADE_TO - FADE_FROM) as f32).max(0.0);
            self.ready
                .push_back(guessed.get(n).copied().unwrap_or(0.0) * self.gain);
        }
        self.run += samples;
        self.stats.concealed_samples += samples as u64;
    }
}
