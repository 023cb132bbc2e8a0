//! Reading: one chunk at a time, whatever the length of the file.

use std::collections::VecDeque;
use std::io::Read;

use rubato::{
    Resampler, SincFixedIn, SincInterpolationParameters, SincInterpolationType, WindowFunction,
};

use super::WavError;
use crate::pcm::{FRAME_SAMPLES, Frame, SAMPLE_RATE, SILENCE};

/// Input samples handed to the resampler at once.
const CHUNK: usize = 1_024;

/// A WAV file as a stream of 48 kHz mono frames. Holds a few thousand samples at most.
pub struct WavReader<R: Read> {
    samples: Samples<R>,
    channels: u16,
    resampler: Option<Resampling>,
    ready: VecDeque<f32>,
    ended: bool,
    /// Energy of each channel so far.
    energy: [f64; 2],
}

enum Samples<R> {
    Int {
        samples: hound::WavIntoSamples<R, i32>,
        scale: f32,
    },
    Float(hound::WavIntoSamples<R, f32>),
}

/// A resampler with the book-keeping that makes its output exactly as long as its input.
struct Resampling {
    sinc: SincFixedIn<f32>,
    input: Vec<f32>,
    rate: u64,
    /// Filter delay at the beginning, still to be dropped.
    skip: usize,
    taken: u64,
    given: u64,
}

impl<R: Read> std::fmt::Debug for WavReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WavReader")
            .field("channels", &self.channels)
            .field("ready", &self.ready.len())
            .finish()
    }
}

impl<R: Read> WavReader<R> {
    /// Read the header.
    ///
    /// # Errors
    /// [`WavError`] says what is wrong with the file.
    pub fn new(reader: R) -> Result<Self, WavError> {
        let wav = hound::WavReader::new(reader)?;
        let spec = wav.spec();
        if !(1..=2).contains(&spec.channels) {
            return Err(WavError::Channels(spec.channels));
        }
        if !(4_000..=384_000).contains(&spec.sample_rate) {
            return Err(WavError::Rate(spec.sample_rate));
        }
        let samples = match (spec.sample_format, spec.bits_per_sample) {
            (hound::SampleFormat::Float, 32) => Samples::Float(wav.into_samples()),
            (hound::SampleFormat::Int, bits @ (8 | 16 | 24 | 32)) => Samples::Int {
                samples: wav.into_samples(),
                scale: 1.0 / (1u64 << (bits - 1)) as f32,
            },
            _ => return Err(WavError::Coding),
        };
        let resampler =
            (spec.sample_rate != SAMPLE_RATE).then(|| Resampling::new(spec.sample_rate));
        Ok(Self {
            samples,
            channels: spec.channels,
            resampler,
            ready: VecDeque::new(),
            ended: false,
            energy: [0.0; 2],
        })
    }

    /// Whether of two channels one was dead so far: nothing in it, or 40 dB less than in the other.
    #[must_use]
    pub fn is_one_sided(&self) -> bool {
        let [left, right] = self.energy;
        self.channels == 2 && left.min(right) * 1e4 < left.max(right)
    }

    /// The next 20 ms and how many of its samples are from the file: the last frame is filled up with silence.
    /// `None` at the end.
    ///
    /// # Errors
    /// [`WavError::Truncated`] or [`WavError::Io`] when the file ends early or cannot be read.
    pub fn next_frame(&mut self) -> Result<Option<(Frame, usize)>, WavError> {
        while self.ready.len() < FRAME_SAMPLES && !self.ended {
            self.fill()?;
        }
        if self.ready.is_empty() {
            return Ok(None);
        }
        let used = self.ready.len().min(FRAME_SAMPLES);
        let mut frame = SILENCE;
        for (slot, sample) in frame.iter_mut().zip(self.ready.drain(..used)) {
            *slot = sample;
        }
        Ok(Some((frame, used)))
    }

    fn fill(&mut self) -> Result<(), WavError> {
        let mut mono = Vec::with_capacity(CHUNK);
        while mono.len() < CHUNK {
            match self.samples.mono(self.channels, &mut self.energy)? {
                Some(sample) => mono.push(sample),
                None => {
                    self.ended = true;
                    break;
                }
            }
        }
        match &mut self.resampler {
            None => self.ready.extend(mono),
            Some(resampling) => {
                resampling.push(&mono, &mut self.ready);
                if self.ended {
                    resampling.finish(&mut self.ready);
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Samples<R> {
    /// One sample of every channel, averaged.
    fn mono(&mut self, channels: u16, energy: &mut [f64; 2]) -> Result<Option<f32>, WavError> {
        let mut sum = 0.0;
        for channel in 0..channels {
            match self.next()? {
                Some(sample) => {
                    sum += sample;
                    energy[usize::from(channel)] += f64::from(sample * sample);
                }
                None if channel == 0 => return Ok(None),
                None => return Err(WavError::Truncated),
            }
        }
        Ok(Some(sum / f32::from(channels)))
    }

    fn next(&mut self) -> Result<Option<f32>, WavError> {
        Ok(match self {
            Self::Int { samples, scale } => samples.next().transpose()?.map(|s| s as f32 * *scale),
            // A file may hold NaN or infinity; neither may reach a filter, which would remember it for ever.
            Self::Float(samples) => samples.next().transpose()?.map(|s| {
                if s.is_finite() {
                    s.clamp(-4.0, 4.0)
                } else {
                    0.0
                }
            }),
        })
    }
}

impl Resampling {
    fn new(rate: u32) -> Self {
        let parameters = SincInterpolationParameters {
            sinc_len: 128,
            f_cutoff: 0.95,
            oversampling_factor: 128,
            interpolation: SincInterpolationType::Cubic,
            window: WindowFunction::BlackmanHarris2,
        };
        let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
        let sinc = SincFixedIn::new(ratio, 1.0, parameters, CHUNK, 1)
            .expect("the rate was checked, so the ratio is positive and finite");
        let skip = sinc.output_delay();
        Self {
            sinc,
            input: Vec::with_capacity(2 * CHUNK),
            rate: u64::from(rate),
            skip,
            taken: 0,
            given: 0,
        }
    }

    fn push(&mut self, samples: &[f32], out: &mut VecDeque<f32>) {
        self.taken += samples.len() as u64;
        self.input.extend_from_slice(samples);
        while self.input.len() >= CHUNK {
            let rest = self.input.split_off(CHUNK);
            let chunk = std::mem::replace(&mut self.input, rest);
            self.run(&chunk, out);
        }
    }

    /// Push silence through the filter until everything that went in has come out.
    fn finish(&mut self, out: &mut VecDeque<f32>) {
        let total = (self.taken * u64::from(SAMPLE_RATE)).div_ceil(self.rate);
        // The filter is shorter than a chunk, so two chunks of silence flush it; the bound is for certainty.
        for _ in 0..8 {
            if self.given >= total {
                break;
            }
            let mut chunk = std::mem::take(&mut self.input);
            chunk.resize(CHUNK, 0.0);
            self.run(&chunk, out);
        }
        let surplus = self.given.saturating_sub(total) as usize;
        out.truncate(out.len().saturating_sub(surplus));
        self.given = total;
    }

    fn run(&mut self, chunk: &[f32], out: &mut VecDeque<f32>) {
        let result = self
            .sinc
            .process(&[chunk], None)
            .expect("one channel of the promised length");
        let fresh = &result[0];
        let skipped = self.skip.min(fresh.len());
        self.skip -= skipped;
        self.given += (fresh.len() - skipped) as u64;
        out.extend(&fresh[skipped..]);
    }
}
