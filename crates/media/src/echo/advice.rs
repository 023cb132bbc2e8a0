//! What the sound test found, and what to do about it.

use super::returned::Returned;
use super::score::{self, Cause, Score};
use crate::report::Measurements;
use crate::voice::Voice;

/// What was measured in a sound test. Words for it are found where the reader's language is known.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundCheck {
    /// The recording.
    pub voice: Voice,
    /// The way it came.
    pub network: Network,
    /// The greeting, if it came back through the caller's microphone.
    pub returned: Option<Returned>,
    /// Estimated opinion; absent where nobody spoke, as there is nothing to have an opinion of.
    pub score: Option<Score>,
    /// What to do, the most useful first; never empty.
    pub advice: Vec<Advice>,
}

/// The network's part, from the measurements of the call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Network {
    /// Packets that came.
    pub received: u64,
    /// Share of packets lost from the caller to `echo`, 0 to 1.
    pub loss: f64,
    /// Share of packets lost from `echo` to the caller, if the caller's side said so, 0 to 1.
    pub far_loss: Option<f64>,
    /// How much longer losses were than those of chance, 1 and more.
    pub burst_ratio: f64,
    /// Jitter from the caller to `echo`, in ms.
    pub jitter_ms: f64,
    /// Round trip, in ms.
    pub rtt_ms: Option<f64>,
    /// One way from mouth to ear, in ms, as far as it is known here: without the far jitter buffer and the devices.
    pub delay_ms: f64,
    /// Share of the sound that was guessed, 0 to 1.
    pub concealment: f64,
}

impl Network {
    fn of(measured: &Measurements) -> Self {
        let audio = &measured.audio;
        let far_loss = match (audio.far_lost, audio.sent) {
            (Some(lost), sent @ 1..) => Some((lost as f64 / sent as f64).min(1.0)),
            _ => audio.far_loss,
        };
        Self {
            received: audio.received,
            loss: audio.loss,
            far_loss,
            burst_ratio: audio.burst_ratio.max(1.0),
            jitter_ms: audio.jitter_ms,
            rtt_ms: measured.rtt_ms,
            delay_ms: score::one_way(measured.rtt_ms, audio.delay_ms),
            concealment: audio.concealment,
        }
    }

    /// What got lost in either direction: a talk needs both.
    #[must_use]
    pub fn lost(&self) -> f64 {
        self.loss.max(self.far_loss.unwrap_or(0.0))
    }

    /// What came too late is lost, too.
    pub(super) fn worst_loss(&self) -> f64 {
        self.lost().max(self.concealment)
    }
}

/// What only the caller's program knows of its microphone, as it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Source {
    /// The system, or a switch on the device, keeps it silent.
    pub muted: bool,
    /// It is no microphone: what the machine plays.
    pub monitor: bool,
    /// Of two channels one is dead.
    pub one_sided: bool,
}

/// One finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Advice {
    /// No packet with sound came, though the call stands.
    OneWay,
    /// The caller's system keeps the microphone silent.
    Muted,
    /// There is sound, and no voice: another device than the one that is spoken into.
    Device,
    /// Nothing was heard: wrong microphone, or muted.
    Silent,
    /// One of two channels is dead.
    OneSided,
    /// The caller is far too loud; the sound is torn.
    Clipped,
    /// The caller is louder than anybody likes.
    Loud,
    /// The caller is hard to hear.
    Quiet,
    /// The device leaves pieces out.
    Choppy,
    /// The others hear themselves, or the caller twice.
    Echoing,
    /// The mains hum at 50 or 60 Hz.
    Hum,
    /// Much noise around the caller.
    Noisy,
    /// Packets get lost.
    Lossy,
    /// Packets come unevenly.
    Jittery,
    /// The way is long.
    Slow,
    /// All is well.
    Good,
}

impl Advice {
    /// All of it.
    pub const ALL: [Self; 16] = [
        Self::OneWay,
        Self::Muted,
        Self::Device,
        Self::Silent,
        Self::OneSided,
        Self::Clipped,
        Self::Loud,
        Self::Quiet,
        Self::Choppy,
        Self::Echoing,
        Self::Hum,
        Self::Noisy,
        Self::Lossy,
        Self::Jittery,
        Self::Slow,
        Self::Good,
    ];

    /// The word it is known by in messages and catalogues.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::OneWay => "one-way",
            Self::Muted => "muted",
            Self::Device => "device",
            Self::Silent => "silent",
            Self::OneSided => "one-sided",
            Self::Clipped => "clipped",
            Self::Loud => "loud",
            Self::Quiet => "quiet",
            Self::Choppy => "choppy",
            Self::Echoing => "echoing",
            Self::Hum => "hum",
            Self::Noisy => "noisy",
            Self::Lossy => "lossy",
            Self::Jittery => "jittery",
            Self::Slow => "slow",
            Self::Good => "good",
        }
    }
}

/// A cause is named when it alone would take this much from a perfect score: people notice a quarter of a point.
const NAMED: f64 = 0.3;

/// Speech above this is too loud, whatever the model says, in dBFS: its peaks stand 12 dB higher, and there is no room.
const LOUD: f32 = -15.0;

/// A steady sound below this is nothing, in dBFS: an input with nothing on it.
const NOTHING: f32 = -75.0;

/// The greeting, come back by itself and hardly quieter, is what the machine plays, in dB.
const MONITOR: f32 = 6.0;

/// More jitter than this makes the delay long, in ms.
const MOST_JITTER: f64 = 30.0;

impl SoundCheck {
    /// Judge a recording, the network it came over, and what the caller's program says of its microphone.
    #[must_use]
    pub fn new(
        voice: Voice,
        returned: Option<Returned>,
        measured: &Measurements,
        source: Source,
    ) -> Self {
        let network = Network::of(measured);
        let score = voice.speaks.then(|| Score::new(&voice, &network, returned));
        let mut check = Self {
            voice,
            network,
            returned,
            score,
            advice: Vec::new(),
        };
        check.advice = check.judge(source);
        check
    }

    fn judge(&self, source: Source) -> Vec<Advice> {
        let mut advice = match &self.score {
            Some(score) => self.of_speech(score, source),
            None => self.of_silence(source),
        };
        let lost = self.network.worst_loss();
        let network = |cause| Score::new(&Voice::PERFECT, &self.network, None).cost(cause) >= NAMED;
        advice.extend(
            [
                (Advice::Lossy, lost > 0.0 && network(Cause::Loss)),
                (Advice::Jittery, self.network.jitter_ms > MOST_JITTER),
                (Advice::Slow, network(Cause::Delay)),
            ]
            .into_iter()
            .filter_map(|(advice, holds)| holds.then_some(advice)),
        );
        if advice.is_empty() {
            advice.push(Advice::Good);
        }
        advice
    }

    fn of_speech(&self, score: &Score, source: Source) -> Vec<Advice> {
        let costs = |cause| score.cost(cause) >= NAMED;
        let voice = &self.voice;
        let clipped = costs(Cause::Clipping);
        let loud = voice.level_dbfs > LOUD;
        let hums = voice.hum.is_some();
        // What is in the pauses is the hum, or the echo, and has its name already.
        let noisy = costs(Cause::Noise) && !hums && voice.repeat.is_none();
        [
            (Advice::Device, source.monitor),
            (Advice::OneSided, source.one_sided),
            (Advice::Clipped, clipped),
            (Advice::Loud, loud && !clipped),
            (
                Advice::Quiet,
                costs(Cause::Level) && !loud && !source.one_sided,
            ),
            (Advice::Choppy, costs(Cause::Gaps)),
            (Advice::Echoing, costs(Cause::Echo)),
            (Advice::Hum, hums),
            (Advice::Noisy, noisy),
        ]
        .into_iter()
        .filter_map(|(advice, holds)| holds.then_some(advice))
        .collect()
    }

    fn of_silence(&self, source: Source) -> Vec<Advice> {
        let plays = self.returned.is_some_and(|back| back.below_db < MONITOR);
        let first = if self.network.received == 0 {
            Advice::OneWay
        } else if source.muted {
            Advice::Muted
        } else if source.monitor || plays || self.voice.level_dbfs > NOTHING {
            Advice::Device
        } else {
            Advice::Silent
        };
        let hum = self.voice.hum.map(|_| Advice::Hum);
        [Some(first), hum].into_iter().flatten().collect()
    }
}
