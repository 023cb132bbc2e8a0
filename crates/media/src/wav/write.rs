//! Writing: 48 kHz, mono, 16 bits.

use std::io::{Seek, Write};

use super::WavError;
use crate::pcm::{SAMPLE_RATE, to_i16};

/// The header is brought up to date this often, so that a killed program leaves a readable file.
const FLUSH_SAMPLES: u32 = SAMPLE_RATE;

/// The most samples a WAV header can describe, less the header.
const MAX_SAMPLES: u64 = (u32::MAX as u64 - 128) / 2;

/// A WAV file being written.
pub struct WavWriter<W: Write + Seek> {
    wav: hound::WavWriter<W>,
    unflushed: u32,
    written: u64,
}

impl<W: Write + Seek> std::fmt::Debug for WavWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WavWriter")
            .field("written", &self.written)
            .finish()
    }
}

impl<W: Write + Seek> WavWriter<W> {
    /// Write the header.
    ///
    /// # Errors
    /// [`WavError::Io`] when `writer` refuses.
    pub fn new(writer: W) -> Result<Self, WavError> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::new(writer, spec)?;
        wav.flush()?;
        Ok(Self {
            wav,
            unflushed: 0,
            written: 0,
        })
    }

    /// Append samples.
    ///
    /// # Errors
    /// [`WavError::Io`] when the writer refuses, [`WavError::TooLong`] at 4 GiB.
    pub fn write(&mut self, samples: &[f32]) -> Result<(), WavError> {
        if self.written + samples.len() as u64 > MAX_SAMPLES {
            return Err(WavError::TooLong);
        }
        for &sample in samples {
            self.wav.write_sample(to_i16(sample))?;
        }
        self.written += samples.len() as u64;
        self.unflushed += samples.len() as u32;
        if self.unflushed >= FLUSH_SAMPLES {
            self.unflushed = 0;
            self.wav.flush()?;
        }
        Ok(())
    }

    /// Samples written so far.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Bring the header up to date and end the file.
    ///
    /// # Errors
    /// [`WavError::Io`] when the writer refuses.
    pub fn finish(self) -> Result<(), WavError> {
        Ok(self.wav.finalize()?)
    }
}
