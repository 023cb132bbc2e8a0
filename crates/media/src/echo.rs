//! `echo`: the sound test. Greets, listens for ten seconds, plays back what came, says what it measured, hangs up.
//!
//! [`SoundTest`] is the conversation alone, on decoded sound; [`EchoCall`] is a whole call with it inside, video
//! returned as it came.

mod advice;
mod call;
mod greeting;
mod packets;
mod returned;
mod score;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use sansio::Machine;

pub use advice::{Advice, Network, SoundCheck, Source};
pub use call::{EchoCall, Input as CallInput, Output as CallOutput};
pub use greeting::Language;
pub use packets::{MAX_PACKETS, PacketsError, decode, encode};
pub use returned::Returned;
pub use score::{Cause, METHOD, Score};

use crate::opus::OpusError;
use crate::pcm::{FRAME_TIME, Frame, SILENCE};
use crate::voice::{Ear, Voice};

/// How long `echo` listens.
pub const LISTENING: Duration = Duration::from_secs(10);

/// What is still recorded after that: it was said in time and is on its way.
const GRACE: u32 = 25;

/// Silence before the greeting, in frames: loudspeakers and jitter buffers wake up.
const LEAD_IN: u32 = 25;

/// Silence between the tone and listening, in frames, so that the tone's own echo is not recorded.
const AFTER_TONE: u32 = 10;

/// Silence before hanging up, in frames: the last sound is still in the far jitter buffer.
const FAREWELL: u32 = 40;

const LISTENING_FRAMES: u32 = (LISTENING.as_millis() / FRAME_TIME.as_millis()) as u32;

/// Where the sound test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestPhase {
    /// `echo` speaks.
    Greeting,
    /// The caller speaks, for [`LISTENING`].
    Listening,
    /// The caller's sound is played back.
    Playing,
    /// Over; `echo` hangs up.
    Done,
}

impl TestPhase {
    /// How long it lasts, where that is known beforehand.
    #[must_use]
    pub fn lasts(self) -> Option<Duration> {
        match self {
            Self::Greeting => None,
            // What comes in the grace after it was said in time.
            Self::Listening => Some(LISTENING),
            Self::Playing => Some(FRAME_TIME * (LISTENING_FRAMES + GRACE)),
            Self::Done => Some(FRAME_TIME * FAREWELL),
        }
    }
}

/// What can happen to a sound test: 20 ms of the caller's sound, every 20 ms.
#[derive(Debug)]
pub struct Heard(pub Box<Frame>);

/// What a sound test wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Another phase begins.
    Phase(TestPhase),
    /// Send 20 ms of sound.
    Say(Box<Frame>),
    /// What the recording was like, and whether the greeting came back; with [`TestPhase::Done`].
    Recorded(Voice, Option<Returned>),
    /// End the call.
    HangUp,
}

/// The conversation with `echo`. Its clock is the sound itself.
#[derive(Debug)]
pub struct SoundTest {
    step: Step,
    recording: Vec<Frame>,
    ear: Ear,
    compared: returned::Compared,
    outputs: VecDeque<Output>,
}

#[derive(Debug)]
enum Step {
    Greeting {
        greeting: greeting::Greeting,
        lead_in: u32,
        after: u32,
    },
    Listening,
    Playing {
        next: usize,
    },
    Farewell {
        left: u32,
    },
    Over,
}

impl SoundTest {
    /// A sound test that greets in `language`.
    ///
    /// # Errors
    /// [`OpusError::Library`] when libopus has no memory.
    pub fn new(language: Language) -> Result<Self, OpusError> {
        let greeting = greeting::Greeting::new(language)?;
        let outputs = VecDeque::from([Output::Phase(TestPhase::Greeting)]);
        Ok(Self {
            step: Step::Greeting {
                greeting,
                lead_in: LEAD_IN,
                after: AFTER_TONE,
            },
            recording: Vec::new(),
            ear: Ear::new(),
            compared: returned::Compared::default(),
            outputs,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn phase(&self) -> TestPhase {
        match self.step {
            Step::Greeting { .. } => TestPhase::Greeting,
            Step::Listening => TestPhase::Listening,
            Step::Playing { .. } => TestPhase::Playing,
            Step::Farewell { .. } | Step::Over => TestPhase::Done,
        }
    }

    fn enter(&mut self, step: Step) {
        self.step = step;
        self.outputs.push_back(Output::Phase(self.phase()));
    }

    /// What to say while `heard` is heard.
    fn tick(&mut self, heard: &Frame) -> Frame {
        match &mut self.step {
            Step::Greeting {
                lead_in: left @ 1..,
                ..
            } => *left -= 1,
            Step::Greeting {
                greeting, after, ..
            } => {
                if let Some(frame) = greeting.next_frame() {
                    self.compared.note(&frame, heard);
                    return frame;
                }
                self.compared.note(&SILENCE, heard);
                *after -= 1;
                if *after == 0 {
                    self.enter(Step::Listening);
                }
            }
            Step::Listening => {
                self.recording.push(*heard);
                self.ear.hear(heard);
                if self.recording.len() as u32 >= LISTENING_FRAMES + GRACE {
                    self.enter(Step::Playing { next: 0 });
                }
            }
            Step::Playing { next } => {
                if let Some(frame) = self.recording.get(*next) {
                    *next += 1;
                    return *frame;
                }
                // Nothing of it is kept.
                self.recording = Vec::new();
                self.enter(Step::Farewell { left: FAREWELL });
                let (voice, returned) = (self.ear.voice(), self.compared.found());
                self.outputs.push_back(Output::Recorded(voice, returned));
            }
            Step::Farewell { left: 0 } => {
                self.step = Step::Over;
                self.outputs.push_back(Output::HangUp);
            }
            Step::Farewell { left } => *left -= 1,
            Step::Over => {}
        }
        SILENCE
    }
}

impl Machine for SoundTest {
    type Input = Heard;
    type Output = Output;
    type Error = std::convert::Infallible;

    fn handle(&mut self, _now: Instant, Heard(heard): Heard) -> Result<(), Self::Error> {
        if !matches!(self.step, Step::Over) {
            let frame = self.tick(&heard);
            self.outputs.push_back(Output::Say(Box::new(frame)));
        }
        Ok(())
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The sound itself is the clock.
    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

#[cfg(test)]
mod tests;
