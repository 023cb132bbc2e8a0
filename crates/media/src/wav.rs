//! WAV files: any usual PCM in, 48 kHz mono 16-bit out.

mod read;
mod write;

pub use read::WavReader;
pub use write::WavWriter;

/// What can be wrong with a WAV file.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// Not RIFF/WAVE, or its header contradicts itself.
    #[error("this is not a readable WAV file: {0}")]
    Malformed(&'static str),
    /// A WAV file, but with a coding that is not plain PCM (A-law, ADPCM, 64-bit float …).
    #[error("this WAV file is not plain PCM (8, 16, 24 or 32 bits, or 32-bit float)")]
    Coding,
    /// Neither mono nor stereo.
    #[error("this WAV file has {0} channels; one or two are understood")]
    Channels(u16),
    /// A sample rate outside 4–384 kHz.
    #[error("this WAV file has a sample rate of {0} Hz; 4,000 to 384,000 are understood")]
    Rate(u32),
    /// The file ends before its header says so.
    #[error("this WAV file is cut short")]
    Truncated,
    /// Reading or writing failed.
    #[error("the file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    /// The file would pass the 4 GiB a WAV header can describe.
    #[error("the recording is too long for a WAV file")]
    TooLong,
}

impl From<hound::Error> for WavError {
    fn from(error: hound::Error) -> Self {
        match error {
            // hound says it in three ways, depending on where the file ends.
            hound::Error::IoError(error)
                if error.kind() == std::io::ErrorKind::UnexpectedEof
                    || error.to_string() == "Failed to read enough bytes." =>
            {
                Self::Truncated
            }
            hound::Error::FormatError("Failed to read enough bytes.") => Self::Truncated,
            hound::Error::IoError(error) => Self::Io(error),
            hound::Error::FormatError(reason) => Self::Malformed(reason),
            hound::Error::UnfinishedSample => Self::Malformed("a sample is missing in one channel"),
            hound::Error::TooWide
            | hound::Error::Unsupported
            | hound::Error::InvalidSampleFormat => Self::Coding,
        }
    }
}

/// All of a WAV file in memory, as 48 kHz mono: for tests, assets and fuzzing. `limit` bounds the seconds taken.
///
/// # Errors
/// [`WavError`] says what is wrong with the file.
pub fn decode(bytes: &[u8], limit: u32) -> Result<Vec<f32>, WavError> {
    let mut reader = WavReader::new(bytes)?;
    let most = limit as usize * crate::pcm::SAMPLE_RATE as usize;
    let mut samples = Vec::new();
    while samples.len() < most {
        match reader.next_frame()? {
            Some((frame, used)) => samples.extend_from_slice(&frame[..used]),
            None => break,
        }
    }
    samples.truncate(most);
    Ok(samples)
}

#[cfg(test)]
mod tests;
